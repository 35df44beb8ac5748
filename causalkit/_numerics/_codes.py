"""Several columns of integer codes as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from numpy.typing import NDArray

    from causalkit._typing import IntArray

    AnyIntArray: TypeAlias = NDArray[np.integer[Any]] | NDArray[np.bool_]

__all__ = ["combine_codes"]

# A lookup table of combined codes may have this many entries before sorting takes over.
_DENSE = 1 << 24


def combine_codes(codes: Sequence[AnyIntArray], levels: Sequence[int]) -> tuple[IntArray, IntArray]:
    """Number the combinations of several integer codes that occur.

    Parameters
    ----------
    codes : sequence of (n,) arrays of int
        Codes from 0 to ``levels[k] - 1``.
    levels : sequence of int
        Number of levels of each code.

    Returns
    -------
    combined : (n,) array of int
        Code of the combination, numbered in lexicographic order.
    table : (m, k) array of int
        The code of each column in each combination that occurs.
    """
    key = codes[0].astype(np.int64)
    key, seen = _compact(key, levels[0])
    table = seen[:, None]
    for code, size in zip(codes[1:], levels[1:], strict=True):
        key *= size
        key += code
        key, seen = _compact(key, len(table) * size)
        parent, last = np.divmod(seen, size)
        table = np.column_stack([table[parent], last])
    return key, table


def _compact(key: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Renumber keys in [0, size) to those that occur, in order."""
    if size > max(_DENSE, 4 * len(key)):
        seen, codes = np.unique(key, return_inverse=True)
        return codes.astype(np.int64), seen
    present = np.zeros(size, dtype=bool)
    present[key] = True
    seen = np.flatnonzero(present)
    if len(seen) == size:
        return key, seen
    rank = np.cumsum(present) - 1
    return rank[key], seen
