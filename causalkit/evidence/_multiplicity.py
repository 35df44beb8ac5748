"""p-values for those who looked at several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._multiplicity import benjamini_hochberg, holm
from causalkit._validate import choice
from causalkit.errors import DataError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import FloatArray

__all__ = ["adjust"]


def adjust(
    p_values: Sequence[float] | FloatArray, *, method: Literal["holm", "benjamini_hochberg"] = "holm"
) -> FloatArray:
    """Adjust p-values for their number.

    Parameters
    ----------
    p_values : (m,) sequence of float
        Raw p-values of all tests that were looked at. NaN is a test that could not be done: it is not counted.
    method : {"holm", "benjamini_hochberg"}
        Holm keeps the chance of any false finding at the level, whatever the dependence; Benjamini-Hochberg keeps
        the expected share of false among the findings there, for independent or positively dependent tests.

    Returns
    -------
    (m,) array
        Adjusted p-values in the order given.

    Raises
    ------
    OptionError
        The method is not known, or the p-values are not a flat sequence of numbers.
    DataError
        A p-value is outside [0, 1].

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70. Benjamini and Hochberg (1995), JRSS B 57(1), 289-300.

    Examples
    --------
    >>> from causalkit.evidence import adjust
    >>> adjust([0.001, 0.012, 0.034, 0.047, 0.2]).round(6).tolist()
    [0.005, 0.048, 0.102, 0.102, 0.2]
    """
    choice("method", method, ("holm", "benjamini_hochberg"))
    try:
        raw = np.asarray(p_values, dtype=np.float64)
    except (TypeError, ValueError):
        raise OptionError("p_values must be a flat sequence of numbers.") from None
    if raw.ndim != 1:
        raise OptionError(f"p_values must be a flat sequence of numbers; got {raw.ndim} dimensions.")
    outside = (raw < 0) | (raw > 1)
    if outside.any():
        first = int(outside.argmax())
        raise DataError(
            f"p_values[{first}]={raw[first]!r} is not a probability; {int(outside.sum())} are not in [0, 1]."
        )
    return holm(raw) if method == "holm" else benjamini_hochberg(raw)
