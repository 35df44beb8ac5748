"""Strata of several columns: numbers cut into intervals, and every combination that occurs as one code."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import FloatArray, IntArray

__all__ = ["BinRule", "bin_codes", "cross_codes", "number_of_bins"]

BinRule = Literal["sturges", "scott", "freedman-diaconis"]


def number_of_bins(values: FloatArray, rule: BinRule) -> int:
    """How many equal-width bins a rule gives a column.

    Parameters
    ----------
    values : (n,) array
        The column.
    rule : {"sturges", "scott", "freedman-diaconis"}
        Sturges: ``ceil(log2 n + 1)``. Scott: bins of width ``3.49 s n^(-1/3)``. Freedman-Diaconis: of width
        ``2 IQR n^(-1/3)``.

    Returns
    -------
    int
        At least one, and at most the number of rows.

    References
    ----------
    Iacus, S., King, G. and Porro, G. (2012). Causal inference without balance checking: coarsened exact matching.
    Political Analysis 20(1), 1-24.
    """
    n = values.size
    if rule == "sturges":
        return math.ceil(math.log2(n) + 1)
    if rule == "scott":
        width = 3.49 * float(values.std(ddof=1)) * n ** (-1 / 3) if n > 1 else 0.0
    else:
        low, high = np.quantile(values, (0.25, 0.75))
        width = 2 * float(high - low) * n ** (-1 / 3)
    span = float(np.ptp(values))
    return min(n, max(1, math.ceil(span / width))) if width > 0 else 1


def bin_codes(values: FloatArray, bins: int | FloatArray) -> IntArray:
    """Which interval each value lies in; intervals are closed on the left, the outer ones unbounded.

    Parameters
    ----------
    values : (n,) array
        The column.
    bins : int or (b - 1,) array
        Number of equal-width intervals between the smallest and the largest value, or ascending inner cut points.

    Returns
    -------
    (n,) array of int
        Codes from zero.
    """
    cuts = np.linspace(values.min(), values.max(), bins + 1)[1:-1] if isinstance(bins, int) else bins
    return np.searchsorted(cuts, values, side="right").astype(np.int64)


def cross_codes(columns: Sequence[IntArray]) -> IntArray:
    """One code per combination of codes that occurs, numbered without gaps in the order of the columns.

    Parameters
    ----------
    columns : sequence of (n,) arrays of int
        Codes from zero.

    Returns
    -------
    (n,) array of int
        Codes from zero.
    """
    crossed = columns[0]
    for column in columns[1:]:
        crossed = _dense(crossed * (int(column.max(initial=0)) + 1) + column)
    return _dense(crossed)


def _dense(codes: IntArray) -> IntArray:
    """Renumber codes without gaps, keeping their order."""
    top = int(codes.max(initial=-1)) + 1
    if top <= max(4 * codes.size, 1_000_000):
        used = np.bincount(codes, minlength=top) > 0
        return (np.cumsum(used) - 1)[codes]
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)
