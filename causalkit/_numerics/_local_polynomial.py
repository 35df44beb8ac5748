"""Local polynomial fits at the edge of a window, as weights on the outcomes.

A coefficient of a local polynomial is a weighted sum of the outcomes, and so are the bias correction and
the bias-corrected estimate. All that estimation, bandwidth choice and variance need are these weights.

The polynomials are Legendre's on [0, 1], in which moments of a window are well conditioned; monomials of
degree five would lose eight digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._rd_side import kernel_weights

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import KernelName, Side
    from causalkit._typing import FloatArray

__all__ = ["Window", "legendre", "legendre_coefficients", "local_window"]

# Pivots farther apart leave fewer than ten digits to the moments; the basis is then orthogonalised row by row.
_ILL_CONDITIONED = 1e3
_BLOCK = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The rows of one side within a bandwidth, and the polynomials fitted to them.

    Attributes
    ----------
    bandwidth : float
        Half-width of the window.
    u : (n,) array
        Distances over the bandwidth.
    weights : (n,) array
        Kernel weights times weights of the rows.
    basis : (k, n) array
        Legendre polynomials of degree 0 to ``k - 1`` at ``u``.
    roots : tuple of (j, j) array
        For each degree: upper-triangular root of the weighted moments of the polynomials up to it.
    """

    bandwidth: float
    u: FloatArray
    weights: FloatArray
    basis: FloatArray
    roots: tuple[FloatArray, ...]

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.u.size

    def identified(self, order: int) -> bool:
        """Return whether the polynomial of an order is determined by the rows."""
        root = self.roots[order]
        return bool(np.isfinite(root).all())

    def functional(self, power: int, order: int) -> FloatArray:
        """Weights whose sum with the outcomes is the coefficient of ``distance ** power``.

        Parameters
        ----------
        power : int
            Which coefficient.
        order : int
            Degree of the polynomial fitted.

        Returns
        -------
        (n,) array
            The equivalent kernel.
        """
        at = self._inverse(order, legendre_coefficients(order)[:, power])
        weights: FloatArray = (at @ self.basis[: order + 1]) * self.weights
        return weights / self.bandwidth**power

    def predicted(self, columns: FloatArray, distance: FloatArray, order: int) -> FloatArray:
        """Values of the polynomial fitted to columns in the window, at any distances, (k, m).

        Parameters
        ----------
        columns : (k, n) array
            Values of at least the rows in the window.
        distance : (m,) array
            Where to predict.
        order : int
            Degree of the polynomial.

        Returns
        -------
        (k, m) array
            Predictions.
        """
        n = len(self)
        moments = self.basis[: order + 1] @ (columns[:, :n] * self.weights).T
        at = self.basis if distance.size == n else legendre(distance / self.bandwidth, order)
        return np.asarray(self._inverse(order, moments).T @ at[: order + 1])

    def slope(self, y: FloatArray, distance: FloatArray, order: int) -> FloatArray:
        """Derivative, with respect to the distance, of the polynomial fitted to ``y``, at any distances, (m,)."""
        coefficients = self._inverse(order, self.basis[: order + 1] @ (y[: len(self)] * self.weights))
        derivative = np.polynomial.legendre.legder(coefficients)
        at = 2.0 * distance / self.bandwidth - 1.0
        return np.asarray(np.polynomial.legendre.legval(at, derivative) * 2.0 / self.bandwidth)

    def leverage(self, order: int) -> FloatArray:
        """Diagonal of the hat matrix, (n,)."""
        rotated = self.rotated(order)
        return np.asarray(np.einsum("kn,kn->n", rotated, rotated))

    def rotated(self, order: int) -> FloatArray:
        """Basis orthonormal under the weights, times their roots, (order + 1, n)."""
        basis = np.linalg.inv(self.roots[order]).T @ self.basis[: order + 1]
        return np.asarray(basis * np.sqrt(self.weights))

    def residual_products(self, left: FloatArray, right: FloatArray, order: int) -> FloatArray:
        """Weighted products of columns after the polynomial is taken out of them, (k, m)."""
        weighted = right * self.weights
        basis = self.basis[: order + 1]
        through = self._inverse(order, basis @ weighted.T)
        return np.asarray(left @ weighted.T - (left * self.weights) @ basis.T @ through)

    def _inverse(self, order: int, right: FloatArray) -> FloatArray:
        inverse = np.linalg.inv(self.roots[order])
        return np.asarray(inverse @ (inverse.T @ right))


def local_window(side: Side, bandwidth: float, order: int, kernel: KernelName) -> Window:
    """Fit polynomials up to an order in the window of one side.

    Parameters
    ----------
    side : Side
        The rows.
    bandwidth : float
        Half-width of the window.
    order : int
        Highest degree that will be asked for.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.

    Returns
    -------
    Window
        With roots of NaN for degrees that the rows do not determine.
    """
    n = side.within(bandwidth, kernel)
    u = side.distance[:n] / bandwidth
    weights = kernel_weights(u, kernel)
    if side.weights is not None:
        weights *= side.weights[:n]
    basis = legendre(u, order)
    return Window(bandwidth, u, weights, basis, _roots(basis, weights, side.distinct_within(n)))


def legendre(u: FloatArray, order: int) -> FloatArray:
    """Legendre polynomials of degree 0 to ``order`` shifted to [0, 1], one per row.

    Parameters
    ----------
    u : (n,) array
        Points in [0, 1].
    order : int
        Highest degree.

    Returns
    -------
    (order + 1, n) array
        Values by the three-term recurrence.
    """
    basis = np.empty((order + 1, u.size))
    basis[0] = 1.0
    if order:
        np.multiply(u, 2.0, out=basis[1])
        basis[1] -= 1.0
    for k in range(2, order + 1):
        np.multiply(basis[1], basis[k - 1], out=basis[k])
        basis[k] *= (2 * k - 1) / k
        basis[k] -= basis[k - 2] * ((k - 1) / k)
    return basis


@cache
def legendre_coefficients(order: int) -> FloatArray:
    """Coefficient of ``u ** j`` in polynomial ``k``, at ``[k, j]``."""
    out = np.zeros((order + 1, order + 1))
    for k in range(order + 1):
        for j in range(k + 1):
            out[k, j] = (-1) ** (k + j) * math.comb(k, j) * math.comb(k + j, j)
    out.flags.writeable = False
    return out


def _roots(basis: FloatArray, weights: FloatArray, n_distinct: int) -> tuple[FloatArray, ...]:
    top = min(basis.shape[0], n_distinct)
    out = [np.full((k, k), np.nan) for k in range(1, basis.shape[0] + 1)]
    if top == 0:
        return tuple(out)
    root = _root(basis[:top], weights)
    # The root of the leading moments is the leading part of the root.
    for k in range(1, top + 1):
        out[k - 1] = root[:k, :k]
    return tuple(out)


def _root(basis: FloatArray, weights: FloatArray) -> FloatArray:
    try:
        root = np.linalg.cholesky(_gram(basis, weights)).T
    except np.linalg.LinAlgError:
        root = None
    if root is not None and root.diagonal().min() * _ILL_CONDITIONED > root.diagonal().max():
        return np.asarray(root)
    return np.asarray(np.linalg.qr((basis * np.sqrt(weights)).T, mode="r"))


def _gram(basis: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted moments, in blocks that stay in cache and below the size at which BLAS starts threads."""
    k, n = basis.shape
    gram = np.zeros((k, k))
    step = max(_BLOCK // k, 1)
    for first in range(0, n, step):
        part = basis[:, first : first + step]
        gram += (part * weights[first : first + step]) @ part.T
    return gram
