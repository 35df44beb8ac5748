"""The jackknife Anderson-Rubin test, right when instruments are many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._anderson_rubin import below
from causalkit._numerics._moments import rows_per_block

if TYPE_CHECKING:
    from causalkit._numerics._iv_projection import IvProjection
    from causalkit._typing import FloatArray

__all__ = ["JackknifeSums", "jackknife_sums"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JackknifeSums:
    """Polynomials of the coefficient, lowest power first, in scaled units.

    Attributes
    ----------
    signal : (3,) array
        ``sum over i != j of P_ij e_i e_j`` with ``e = y - beta d`` left by the exogenous columns.
    noise : (5,) array
        ``2 sum over i != j of P_ij^2 e_i^2 e_j^2``: its variance.
    """

    signal: FloatArray
    noise: FloatArray

    def statistic(self, beta: float) -> float:
        """Standard normal under the null in large samples; large values reject."""
        powers = beta ** np.arange(5.0)
        variance = float(self.noise @ powers)
        return float(self.signal @ powers[:3]) / math.sqrt(variance) if variance > 0 else math.inf

    def not_rejected(self, critical: float) -> list[tuple[float, float]]:
        """Values at which the statistic does not exceed a critical value: exact, by the roots of a quartic."""
        squared = np.convolve(self.signal, self.signal) - critical**2 * self.noise
        roots = np.polynomial.polynomial.polyroots(np.trim_zeros(squared, "b"))
        real = roots.real[np.abs(roots.imag) <= 1e-6 * (1.0 + np.abs(roots.real))]
        limit = self.signal[2] / math.sqrt(self.noise[4]) if self.noise[4] > 0 else math.inf
        return below(self.statistic, sorted(real.tolist()), critical, at_infinity=float(limit))


def jackknife_sums(projection: IvProjection) -> JackknifeSums:
    """Sums behind the jackknife test, in one pass over the rows.

    Parameters
    ----------
    projection : IvProjection
        A model with one endogenous regressor.

    Returns
    -------
    JackknifeSums
        For independent rows with unequal variances.

    References
    ----------
    Crudu, F., Mellace, G. and Sandor, Z. (2021). Econometric Theory 37(2), 281-310.
    Mikusheva, A. and Sun, L. (2022). Review of Economic Studies 89(5), 2663-2686.
    """
    size = projection.n_instruments
    a, b = projection.first[:, 0], projection.second
    inner = np.zeros(3)
    own = np.zeros(5)
    spread = np.zeros((3, size, size))
    for rows, walked in projection.walk(block_rows=rows_per_block(projection.centering.scale.size + 3 * size)):
        q, v = walked[:, :size], walked[:, size:]
        root = np.ones(q.shape[0]) if projection.weights is None else np.sqrt(projection.weights[rows])
        p = q * root[:, None]
        leverage = np.einsum("ij,ij->i", p, p)
        y, d = (v[:, 1] + q @ b) * root, (v[:, 0] + q @ a) * root
        for k, product in enumerate((y * y, -2.0 * y * d, d * d)):
            inner[k] += leverage @ product
            spread[k] += p.T @ (p * product[:, None])
        square = np.stack([y * y, -2.0 * y * d, d * d])
        for j in range(3):
            for k in range(3):
                own[j + k] += (leverage**2) @ (square[j] * square[k])
    total = np.zeros(5)
    for j in range(3):
        for k in range(3):
            total[j + k] += np.sum(spread[j] * spread[k])
    signal = np.array([b @ b, -2.0 * (a @ b), a @ a]) - inner
    return JackknifeSums(signal=signal, noise=2.0 * (total - own))
