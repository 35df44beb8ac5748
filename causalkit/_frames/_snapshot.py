"""A hold on the caller's rows for a later step of the same analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, IntoDataFrame


def snapshot(data: IntoDataFrame, keep: BoolArray) -> Any:
    """Return the rows kept, with all columns, as a frame of the caller's own kind.

    Nothing is copied if all rows are kept: adding, dropping or sorting columns and rows of the caller's frame
    later does not reach the snapshot. (Overwriting single values in place does, before pandas 3.)

    Parameters
    ----------
    data : data frame
        A frame that :func:`read_rows` has accepted.
    keep : (n,) array of bool
        Rows kept.

    Returns
    -------
    data frame
        Of the same library.
    """
    frame: Any = data
    if hasattr(frame, "iloc"):
        return frame.copy(deep=False) if keep.all() else frame.iloc[np.flatnonzero(keep)]
    if keep.all():
        return frame
    return nw.to_native(nw.from_native(frame, eager_only=True)[np.flatnonzero(keep)])
