"""How many bins show a regression discontinuity.

Calonico, Cattaneo and Titiunik (2015, JASA 110): numbers of bins that minimise the integrated mean squared error
of the bin means, or that make their scatter as variable as the data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._local_polynomial import local_window

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray

__all__ = ["BinCounts", "bin_counts", "evenly_spaced", "quantile_spaced"]

# Windows that end at a row are widened by it, so that the row is inside.
_WIDER = 1.0 + 1e-9


@dataclass(frozen=True, slots=True)
class BinCounts:
    """Numbers of bins on one side; ``imse`` minimises the error, ``mimic`` matches the variability.

    Attributes
    ----------
    imse, mimic : int
        With variances from neighbouring scores.
    imse_fit, mimic_fit : int
        With variances from polynomial fits.
    """

    imse: int
    mimic: int
    imse_fit: int
    mimic_fit: int


def bin_counts(side: Side, n: int, order: int, *, quantile: bool) -> BinCounts:
    """Numbers of bins on one side.

    Parameters
    ----------
    side : Side
        The rows, with the outcome as the first column.
    n : int
        Rows on both sides.
    order : int
        Degree of the polynomials.
    quantile : bool
        Whether bins hold equally many rows, rather than being equally wide.

    Returns
    -------
    BinCounts
        By each rule.
    """
    y, at, n_side, width = side.columns[0], side.distance, len(side), side.range
    window = local_window(side, width * _WIDER, order, "uniform")
    pair = np.stack([y, y * y])
    between = (at[1:] + at[:-1]) / 2
    step, change = np.diff(at), np.diff(y)
    level, square = window.predicted(pair, between, order)
    noise = square - level**2
    if quantile:
        slope = window.slope(y, between, order)
        bias = n_side**2 / (24 * n) * float((step**2) @ slope**2)
        variance = float((change**2).sum()) / (2 * n_side)
        fitted_level, fitted_square = window.predicted(pair, at, order)
        fitted = float((fitted_square - fitted_level**2).sum()) / n_side
    else:
        slope = window.slope(y, at, order)
        bias = width**2 / (12 * n) * float((slope**2).sum())
        variance = 0.5 / width * float(step @ change**2)
        fitted = float(step @ noise) / width
    spread = float(y.var(ddof=1)) if n_side > 1 else 0.0
    return BinCounts(
        imse=_least_error(bias, variance, n),
        mimic=_as_variable(spread, variance, n),
        imse_fit=_least_error(bias, fitted, n),
        mimic_fit=_as_variable(spread, fitted, n),
    )


def _least_error(bias: float, variance: float, n: int) -> int:
    return math.ceil((2 * bias * n / variance) ** (1 / 3)) if variance > 0 else 1


def _as_variable(spread: float, variance: float, n: int) -> int:
    return math.ceil(spread / variance * n / math.log(n) ** 2) if variance > 0 else 1


def evenly_spaced(side: Side, count: int) -> FloatArray:
    """Ends of bins of equal width, by distance from the cutoff, (count + 1,)."""
    return np.linspace(0.0, side.range, count + 1)


def quantile_spaced(side: Side, count: int) -> FloatArray:
    """Ends of bins with equally many rows, by distance from the cutoff, (count + 1,)."""
    ends = np.quantile(side.distance, np.linspace(0.0, 1.0, count + 1))
    ends[0] = 0.0
    return np.unique(ends)
