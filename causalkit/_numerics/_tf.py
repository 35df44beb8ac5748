"""The tF procedure: a critical value for t that grows as the first-stage F falls, for one instrument at 5 percent."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

__all__ = ["tf_critical"]

# Critical values at square roots of F of 2.0, 2.1, ..., 10.3, published to two decimals.
_START: Final = 2.0
_STEP: Final = 0.1
_CRITICAL: Final = """
18.66 9.74 7.37 6.18 5.43 4.92 4.54 4.25 4.01 3.82 3.65 3.51 3.39 3.29 3.19 3.11 3.03 2.97 2.91 2.85 2.80 2.75 2.71
2.67 2.63 2.60 2.57 2.54 2.51 2.48 2.46 2.43 2.41 2.39 2.37 2.35 2.33 2.32 2.30 2.29 2.27 2.26 2.24 2.23 2.22 2.21
2.20 2.19 2.17 2.16 2.16 2.15 2.14 2.13 2.12 2.11 2.10 2.10 2.09 2.08 2.08 2.07 2.06 2.06 2.05 2.04 2.04 2.03 2.03
2.02 2.02 2.01 2.01 2.00 2.00 1.99 1.99 1.99 1.98 1.98 1.97 1.97 1.97 1.96
"""


def tf_critical(f: float) -> float:
    """Critical value of a 5 percent t test with one instrument, given the first-stage F.

    Parameters
    ----------
    f : float
        First-stage F under the same covariance as the t.

    Returns
    -------
    float
        Linear in the square root of F between published values; infinite up to F of 3.84, the published value of 4
        up to there, and 1.96 above 104.7.

    References
    ----------
    Lee, D. S., McCrary, J., Moreira, M. J. and Porter, J. (2022). American Economic Review 112(10), 3260-3290, table 3.

    Examples
    --------
    >>> tf_critical(1e6), round(tf_critical(10.0), 2), tf_critical(1.0)
    (1.959963984540054, 3.43, inf)
    """
    values = np.array(_CRITICAL.split(), dtype=np.float64)
    grid = _START + _STEP * np.arange(values.size)
    if math.isnan(f) or f <= 3.841458820694124:
        return math.nan if math.isnan(f) else math.inf
    if f >= 104.7:
        return 1.959963984540054
    return float(np.interp(math.sqrt(f), grid, values))
