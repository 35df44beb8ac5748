"""p-values adjusted for having looked at several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = ["benjamini_hochberg", "holm"]


def holm(p_values: FloatArray) -> FloatArray:
    """Holm's step-down p-values: reject those at most alpha, and the chance of any false rejection is alpha.

    The i-th smallest of m is multiplied by m - i + 1, made monotone, and capped at 1. Holds under any dependence.

    Parameters
    ----------
    p_values : (m,) array
        Raw p-values. NaN is a test that was not done: it does not count, and stays NaN.

    Returns
    -------
    (m,) array
        Adjusted p-values, in the order given.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics
    6(2), 65-70.

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, 0.03])).round(6).tolist()
    [0.03, 0.06, 0.06]
    """
    out = np.full(p_values.shape, np.nan)
    done = np.flatnonzero(~np.isnan(p_values))
    ascending = done[np.argsort(p_values[done], kind="stable")]
    factors = np.arange(done.size, 0, -1)
    out[ascending] = np.minimum(np.maximum.accumulate(factors * p_values[ascending]), 1.0)
    return out


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's step-up p-values: the expected share of false among the rejected is at most alpha.

    The i-th smallest of m is multiplied by m / i, made monotone from above, and capped at 1. Holds for independent
    or positively dependent tests.

    Parameters
    ----------
    p_values : (m,) array
        Raw p-values. NaN is a test that was not done: it does not count, and stays NaN.

    Returns
    -------
    (m,) array
        Adjusted p-values, in the order given.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57(1), 289-300.

    Examples
    --------
    >>> import numpy as np
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(6).tolist()
    [0.03, 0.04, 0.04]
    """
    out = np.full(p_values.shape, np.nan)
    done = np.flatnonzero(~np.isnan(p_values))
    descending = done[np.argsort(-p_values[done], kind="stable")]
    factors = done.size / np.arange(done.size, 0, -1)
    out[descending] = np.minimum(np.minimum.accumulate(factors * p_values[descending]), 1.0)
    return out
