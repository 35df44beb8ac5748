"""The Anderson-Rubin test and its confidence set, solved exactly for any number of instruments.

With ``b`` and ``a`` the coordinates of outcome and treatment on orthonormal instruments and ``V(beta)`` the
covariance of ``g(beta) = b - beta a``, a quadratic in ``beta``, the set is ``{beta: g' V^-1 g <= c}``. Its ends are
among the ``beta`` at which ``c V(beta) - g(beta) g(beta)'`` is singular: the real eigenvalues of a quadratic matrix
polynomial. No grid is needed, and rays and unions come out as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, optimize, special

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._typing import FloatArray

__all__ = ["MomentLine", "below", "critical_form", "not_rejected", "quadratic_form"]

# An eigenvalue counts as real when its imaginary part is below this part of its size; a false one does no harm.
NEARLY_REAL = 1e-5
TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MomentLine:
    """Moments ``g(beta) = b - beta a`` and their covariance ``V(beta) = v0 - beta v1 + beta^2 v2``.

    Attributes
    ----------
    b, a : (L,) arrays
        Coordinates of the outcome and of the treatment.
    v0, v1, v2 : (L, L) arrays
        Covariance of ``b``; covariance of ``b`` with ``a`` plus its transpose; covariance of ``a``.
    """

    b: FloatArray
    a: FloatArray
    v0: FloatArray
    v1: FloatArray
    v2: FloatArray

    def gap(self, beta: float) -> FloatArray:
        """Moments at a value, (L,)."""
        return self.b - beta * self.a

    def cov(self, beta: float) -> FloatArray:
        """Covariance of the moments at a value, (L, L)."""
        return self.v0 - beta * self.v1 + beta * beta * self.v2

    def statistic(self, beta: float) -> float:
        """Quadratic form ``g' V^-1 g``, chi-squared with L degrees of freedom in large samples."""
        return quadratic_form(self.cov(beta), self.gap(beta))

    def limit(self) -> float:
        """Statistic at infinity: that of irrelevant instruments."""
        return quadratic_form(self.v2, self.a)

    def shifted(self, center: float, unit: float) -> MomentLine:
        """Return the same line in ``t``, with ``beta = center + unit t``."""
        return MomentLine(
            b=self.gap(center),
            a=unit * self.a,
            v0=self.cov(center),
            v1=unit * (self.v1 - 2.0 * center * self.v2),
            v2=unit * unit * self.v2,
        )


def quadratic_form(cov: FloatArray, gap: FloatArray) -> float:
    """``gap' cov^-1 gap``; infinite when a moment without variance is not zero."""
    scale = np.sqrt(np.maximum(np.diagonal(cov), 0.0))
    if not np.all(scale > 0):
        return math.inf if np.any(gap[scale <= 0] != 0) else 0.0
    values, vectors = np.linalg.eigh(cov / np.outer(scale, scale))
    rotated = vectors.T @ (gap / scale)
    kept = values > values[-1] * 1e-14
    return float(np.sum(rotated[kept] ** 2 / values[kept]))


def not_rejected(line: MomentLine, critical: float) -> list[tuple[float, float]]:
    """Values at which the Anderson-Rubin statistic does not exceed a critical value.

    Parameters
    ----------
    line : MomentLine
        Moments and covariance.
    critical : float
        Critical value of the quadratic form.

    Returns
    -------
    list of (low, high)
        Disjoint intervals in increasing order, ends at infinity included; empty when every value is rejected.

    References
    ----------
    Anderson, T. W. and Rubin, H. (1949). Annals of Mathematical Statistics 20(1), 46-63.
    Tisseur, F. and Meerbergen, K. (2001). SIAM Review 43(2), 235-286 (the quadratic eigenvalue problem).
    """
    center, unit = _natural_scale(line)
    local = line.shifted(center, unit)
    ends = _boundary(local, critical)
    pieces = below(local.statistic, ends, critical, at_infinity=local.limit())
    return [(center + unit * low, center + unit * high) for low, high in pieces]


def below(
    statistic: Callable[[float], float], candidates: list[float], critical: float, *, at_infinity: float
) -> list[tuple[float, float]]:
    """Where a continuous function is at most ``critical``, given points that contain all its crossings.

    Parameters
    ----------
    statistic : callable
        The function.
    candidates : list of float
        Sorted; every crossing is among them up to rounding, and others may be.
    critical : float
        The level.
    at_infinity : float
        Limit of the function on both sides.

    Returns
    -------
    list of (low, high)
        Disjoint intervals, the crossings polished to full precision.
    """
    inner = (
        [
            candidates[0] - 1.0 - abs(candidates[0]),
            *((low + high) / 2.0 for low, high in pairwise(candidates)),
            candidates[-1] + 1.0 + abs(candidates[-1]),
        ]
        if candidates
        else [0.0]
    )
    inside = [statistic(point) <= critical for point in inner]
    if candidates and at_infinity != critical:
        # Beyond the outermost crossings the function keeps its side of the level up to infinity.
        inside[0] = inside[-1] = at_infinity < critical
    pieces: list[tuple[float, float]] = []
    start = -math.inf if inside[0] else math.nan
    for k, end in enumerate(candidates):
        if inside[k] == inside[k + 1]:
            continue
        crossing = _polish(statistic, critical, inner[k], end, inner[k + 1])
        if inside[k + 1]:
            start = crossing
        else:
            pieces.append((start, crossing))
    if inside[-1]:
        pieces.append((start, math.inf))
    return pieces


def _polish(statistic: Callable[[float], float], critical: float, low: float, guess: float, high: float) -> float:
    """Crossing between two points on different sides of the level."""

    def excess(point: float) -> float:
        return statistic(point) - critical

    step = 1e-6 * (1.0 + abs(guess))
    near = (max(guess - step, low), min(guess + step, high))
    for left, right in (near, (low, high)):
        if excess(left) * excess(right) < 0:
            return float(optimize.brentq(excess, left, right, xtol=1e-15 * (1.0 + abs(guess)), rtol=1e-15))
    return guess


def _natural_scale(line: MomentLine) -> tuple[float, float]:
    """Two-stage least squares under equal variances, and a unit of the order of its standard error."""
    strength = float(line.a @ line.a)
    center = float(line.a @ line.b) / strength if strength > 0 else 0.0
    spread = math.sqrt(max(float(np.trace(line.v0)), 0.0)) / math.sqrt(max(float(np.trace(line.v2)), TINY))
    reach = math.sqrt(max(float(np.trace(line.cov(center))), 0.0)) / math.sqrt(max(strength, TINY))
    unit = min(value for value in (spread, reach) if value > 0) if max(spread, reach) > 0 else 1.0
    return center, unit


def _boundary(line: MomentLine, critical: float) -> list[float]:
    """Real points at which ``critical V(t) - g(t) g(t)'`` is singular, sorted."""
    k0 = critical * line.v0 - np.outer(line.b, line.b)
    cross = np.outer(line.a, line.b)
    k1 = -critical * line.v1 + cross + cross.T
    k2 = critical * line.v2 - np.outer(line.a, line.a)
    size = line.b.size
    if size == 1:
        return _quadratic_roots(float(k2[0, 0]), float(k1[0, 0]), float(k0[0, 0]))
    scale = np.sqrt(np.maximum(np.diagonal(line.v0), TINY))
    k0, k1, k2 = (part / np.outer(scale, scale) for part in (k0, k1, k2))
    zero, eye = np.zeros((size, size)), np.eye(size)
    alpha, bottom = linalg.eigvals(
        np.block([[zero, eye], [-k0, -k1]]), np.block([[eye, zero], [zero, k2]]), homogeneous_eigvals=True
    )
    finite = np.abs(bottom) > 1e-14 * np.abs(alpha)
    roots = alpha[finite] / bottom[finite]
    real = np.abs(roots.imag) <= NEARLY_REAL * (1.0 + np.abs(roots.real))
    return sorted(roots.real[real].tolist())


def _quadratic_roots(a: float, b: float, c: float) -> list[float]:
    """Real roots of ``a t^2 + b t + c``, without cancellation."""
    if a == 0:
        return [-c / b] if b != 0 else []
    inner = b * b - 4.0 * a * c
    if inner < 0:
        return []
    q = -(b + math.copysign(math.sqrt(inner), b)) / 2.0
    return sorted((q / a, c / q)) if q != 0 else [0.0]


def critical_form(level: float, n_instruments: int, df: float) -> float:
    """Critical value of the quadratic form: L times the quantile of F(L, df), chi-squared for infinite ``df``."""
    if math.isinf(df):
        return float(special.chdtri(n_instruments, 1.0 - level))
    return n_instruments * float(special.fdtri(n_instruments, df, level))
