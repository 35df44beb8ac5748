"""A logistic score of one normal index with a given share treated and a given overlap."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._typing import FloatArray

# The trapezoid rule on the whole line errs by about exp(-2 pi a / step) for a function analytic within a of the line
# (Trefethen and Weideman 2014, theorem 5.1). A logistic curve of slope g is so within pi / g, and an overlap of 0.05
# keeps g below 60. The normal mass beyond the ends is below 1e-32.
_STEP = 0.01
_END = 12.0
_STEEPEST = 200.0
_FARTHEST = 50_000.0
_HALVINGS = 70

LEAST_OVERLAP = 0.05


@lru_cache(maxsize=1)
def normal_nodes() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights that integrate over a standard normal variable."""
    nodes = np.linspace(-_END, _END, round(2 * _END / _STEP) + 1)
    weights = np.exp(-(nodes**2) / 2)
    weights /= weights.sum()
    nodes.setflags(write=False)
    weights.setflags(write=False)
    return nodes, weights


def hermite(u: FloatArray) -> FloatArray:
    """(u**2 - 1) / sqrt(2): mean 0, variance 1 and uncorrelated with u for a standard normal u."""
    return (u**2 - 1) / math.sqrt(2.0)


def score_index(u: FloatArray, curvature: float) -> FloatArray:
    """Return the index that the score rises with: mean 0 and variance 1 for a standard normal u."""
    return (u + curvature * hermite(u)) / math.hypot(1.0, curvature)


def expit(z: FloatArray) -> FloatArray:
    """Logistic function, without overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


@lru_cache(maxsize=64)
def score_coefficients(share: float, overlap: float, curvature: float) -> tuple[float, float]:
    """Intercept and slope of the logit.

    Parameters
    ----------
    share : float
        E[e], the share treated.
    overlap : float
        E[e (1 - e)] / (share (1 - share)); 1 gives a slope of 0.
    curvature : float
        Weight of the quadratic part of the index.

    Returns
    -------
    tuple of float
        a and g of ``expit(a + g * score_index(u, curvature))``.
    """
    nodes, weights = normal_nodes()
    index = score_index(nodes, curvature)

    def intercept(slope: float) -> float:
        return _root(lambda a: float(weights @ expit(a + slope * index)) - share, -_FARTHEST, _FARTHEST)

    def too_little(slope: float) -> float:
        e = expit(intercept(slope) + slope * index)
        return overlap - float(weights @ (e * (1 - e))) / (share * (1 - share))

    slope = 0.0 if overlap == 1 else _root(too_little, 0.0, _STEEPEST)
    return intercept(slope), slope


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Zero of an increasing function between ``low`` and ``high``, by bisection to the last bits."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
