"""Local polynomial fits at the edge of a window, as weights on the outcomes.

A coefficient of a local polynomial is a weighted sum of the outcomes, and so are the bias correction and
the bias-corrected estimate. All that estimation, bandwidth choice and variance need are these weights.

The polynomials are Legendre's on [0, 1], in which moments of a window are well conditioned; monomials of
degree five would lose eight digits. A window is passed over once for its moments; the weights are formed from
them only where the rows themselves are needed, for a variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack

from causalkit._numerics._rd_side import kernel_weights

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import KernelName, Side
    from causalkit._typing import FloatArray, IntArray

__all__ = ["Window", "legendre", "legendre_coefficients", "local_window"]

# Pivots farther apart leave fewer than ten digits to the moments; the basis is then orthogonalised row by row.
_ILL_CONDITIONED = 1e3
# A column that keeps less than this share of its squares is determined by the polynomial.
_SPANNED = 1e-13
# Rows passed over at a time: they stay in cache, and products of the size start no threads. Of a window that is not
# larger, or whose scores repeat, the polynomials are kept; of others they are cheaper to make again than to fetch.
_BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The rows of one side within a bandwidth, and the polynomials fitted to them.

    Attributes
    ----------
    bandwidth : float
        Half-width of the window.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    distance : (n,) array
        Distances from the cutoff.
    row_weights : (n,) array or None
        Weights of the rows.
    order : int
        Highest degree of the polynomials.
    gram : (order + 1, order + 1) array
        Weighted moments of the Legendre polynomials.
    cross : (order + 1, k) array
        Weighted products of the polynomials with the columns of the side.
    root : (j, j) array
        Upper-triangular root of the moments of the polynomials that the rows determine; the root for a lower
        degree is its leading part.
    kept : tuple of (order + 1, g) array and (g,) array, or None
        The polynomials and the kernel weights at each row, or at each distinct score where most repeat; None for a
        large window.
    repeats : (g,) array of int or None
        Rows of each distinct score, where ``kept`` is by score.
    """

    bandwidth: float
    kernel: KernelName
    distance: FloatArray
    row_weights: FloatArray | None
    order: int
    gram: FloatArray
    cross: FloatArray
    root: FloatArray
    kept: tuple[FloatArray, FloatArray] | None
    repeats: IntArray | None

    @property
    def weights(self) -> FloatArray:
        """Kernel weights times weights of the rows, (n,)."""
        return _weights(self.distance / self.bandwidth, self.kernel, self.row_weights)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.distance.size

    def identified(self, order: int) -> bool:
        """Return whether the polynomial of an order is determined by the rows."""
        return order < len(self.root)

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
        direction = self._direction(power, order)
        if self.kept is not None:
            basis, weights = self.kept
            values = (direction @ basis[: order + 1]) * weights
            if self.repeats is not None:
                values = np.repeat(values, self.repeats)
            return np.asarray(values if self.row_weights is None else values * self.row_weights)
        out = np.empty(len(self))
        for rows in _blocks(out.size):
            u = self.distance[rows] / self.bandwidth
            weights = _weights(u, self.kernel, None if self.row_weights is None else self.row_weights[rows])
            np.multiply(_series(u, direction), weights, out=out[rows])
        return out

    def coefficient(self, power: int, order: int) -> FloatArray:
        """Coefficient of ``distance ** power`` in the fit of each column of the side, (k,)."""
        return np.asarray(self._direction(power, order) @ self.cross[: order + 1])

    def spill(self, power: int, order: int) -> float:
        """Coefficient of ``distance ** power`` in the fit of the first power left out, per ``bandwidth``.

        What a unit of ``(distance / bandwidth) ** (order + 1)`` adds to the coefficient: the constant of its bias.
        """
        return float(
            self._direction(power, order) @ self.gram[: order + 1, : order + 2] @ _power_in_legendre(order + 1)
        )

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
        through = self._inverse(order, self._products(columns, order))
        return np.stack([_series(distance / self.bandwidth, each) for each in through.T])

    def slope(self, y: FloatArray, distance: FloatArray, order: int) -> FloatArray:
        """Derivative, with respect to the distance, of the polynomial fitted to ``y``, at any distances, (m,)."""
        coefficients = self._inverse(order, self._products(y[None, :], order)[:, 0])
        if not order:
            return np.zeros_like(distance)
        derivative = np.asarray(np.polynomial.legendre.legder(coefficients), dtype=np.float64)
        return _series(distance / self.bandwidth, derivative) * (2.0 / self.bandwidth)

    def leverage(self, order: int) -> FloatArray:
        """Diagonal of the hat matrix, (n,)."""
        at = self.orthonormal(self.distance, order)
        return np.asarray(np.einsum("kn,kn->n", at, at) * self.weights)

    def orthonormal(self, distance: FloatArray, order: int) -> FloatArray:
        """Basis that is orthonormal under the weights of the window, at any distances, (order + 1, m)."""
        inverse = np.linalg.inv(self.root[: order + 1, : order + 1])
        return np.asarray(inverse.T @ legendre(distance / self.bandwidth, order))

    def residual_products(self, columns: FloatArray, first: int, order: int) -> FloatArray:
        """Weighted products of the columns from ``first`` on with all, after the polynomial is taken out of them.

        Parameters
        ----------
        columns : (k, n) array
            The columns of the side in the window.
        first : int
            Where the left factors start.
        order : int
            Degree of the polynomial.

        Returns
        -------
        (k - first, k) array
            The products.
        """
        through = self.cross[: order + 1]
        plain = (columns[first:] * self.weights) @ columns.T
        left = np.asarray(plain - through[:, first:].T @ self._inverse(order, through))
        # What the polynomial leaves of a column that it determines is rounding.
        own = np.arange(len(left))
        spanned = left[own, first + own] <= _SPANNED * plain[own, first + own]
        left[spanned] = 0.0
        left[:, first:][:, spanned] = 0.0
        return left

    def _direction(self, power: int, order: int) -> FloatArray:
        """Weights of the moments in the coefficient of a power of the distance, (order + 1,)."""
        at = self._inverse(order, legendre_coefficients(order)[:, power])
        return at / self.bandwidth**power

    def _inverse(self, order: int, right: FloatArray) -> FloatArray:
        solved, _ = lapack.dpotrs(self.root[: order + 1, : order + 1], right)
        return np.asarray(solved)

    def _products(self, columns: FloatArray, order: int) -> FloatArray:
        """Weighted products of the polynomials with columns that hold at least the rows of the window."""
        size = len(self)
        return _moments(self.distance, self.row_weights, self.bandwidth, order, self.kernel, columns[:, :size])[1]


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
        Which degrees the rows determine is told by :meth:`Window.identified`.
    """
    n = side.within(bandwidth, kernel)
    distance, columns = side.distance[:n], side.columns[:, :n]
    row_weights = None if side.weights is None else side.weights[:n]
    n_scores = side.distinct_within(n)
    kept = repeats = None
    if 0 < 2 * n_scores <= n:
        at, repeats, of_scores, sums = _by_score(side.ends[:n_scores], distance, row_weights, columns)
        basis, weights = kept = _polynomials(at / bandwidth, order, kernel)
        gram, cross = (basis * (weights * of_scores)) @ basis.T, (basis * weights) @ sums.T
    elif n <= _BLOCK:
        basis, weights = kept = _polynomials(distance / bandwidth, order, kernel)
        weighted = basis * (weights if row_weights is None else weights * row_weights)
        gram, cross = weighted @ basis.T, weighted @ columns.T
    else:
        gram, cross = _moments(distance, row_weights, bandwidth, order, kernel, columns)
    top = min(order + 1, n_scores)
    root = _root(gram[:top, :top])
    if root is None:
        # From the rows themselves, where the moments would lose digits.
        u = distance / bandwidth
        rotated = legendre(u, top - 1) * np.sqrt(_weights(u, kernel, row_weights))
        root = np.asarray(np.linalg.qr(rotated.T, mode="r"))
    return Window(bandwidth, kernel, distance, row_weights, order, gram, cross, root, kept, repeats)


def _polynomials(u: FloatArray, order: int, kernel: KernelName) -> tuple[FloatArray, FloatArray]:
    return legendre(u, order), kernel_weights(u, kernel)


def _by_score(
    ends: IntArray, distance: FloatArray, row_weights: FloatArray | None, columns: FloatArray
) -> tuple[FloatArray, IntArray, FloatArray, FloatArray]:
    """Distance of each distinct score, its rows, their weight, and their weighted sums of the columns, (k, g)."""
    starts = np.concatenate(([0], ends[:-1]))
    repeats = ends - starts
    if row_weights is None:
        return distance[starts], repeats, repeats.astype(np.float64), np.add.reduceat(columns, starts, axis=1)
    of_scores = np.add.reduceat(row_weights, starts)
    return distance[starts], repeats, of_scores, np.add.reduceat(columns * row_weights, starts, axis=1)


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
        Values.
    """
    return np.asarray(_in_powers(order) @ _powers(u, order))


def _powers(u: FloatArray, order: int) -> FloatArray:
    """Powers of ``2 u - 1``, one per row."""
    powers = np.empty((order + 1, u.size))
    powers[0] = 1.0
    if order:
        np.multiply(u, 2.0, out=powers[1])
        powers[1] -= 1.0
    for k in range(2, order + 1):
        np.multiply(powers[1], powers[k - 1], out=powers[k])
    return powers


def _series(u: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Sum of Legendre polynomials on [0, 1] at any points, by Horner's rule in ``2 u - 1``."""
    *lower, top = (coefficients @ _in_powers(coefficients.size - 1)).tolist()
    out = np.full(u.size, top)
    for first in range(0, u.size, _BLOCK):
        here = out[first : first + _BLOCK]
        t = u[first : first + _BLOCK] * 2.0
        t -= 1.0
        for each in reversed(lower):
            here *= t
            here += each
    return out


@cache
def legendre_coefficients(order: int) -> FloatArray:
    """Coefficient of ``u ** j`` in polynomial ``k``, at ``[k, j]``."""
    out = np.zeros((order + 1, order + 1))
    for k in range(order + 1):
        for j in range(k + 1):
            out[k, j] = (-1) ** (k + j) * math.comb(k, j) * math.comb(k + j, j)
    out.flags.writeable = False
    return out


@cache
def _in_powers(order: int) -> FloatArray:
    """Coefficient of ``(2 u - 1) ** j`` in polynomial ``k``, at ``[k, j]``; they are smaller than those of ``u``."""
    out = np.zeros((order + 1, order + 1))
    for k in range(order + 1):
        out[k, : k + 1] = np.polynomial.legendre.leg2poly(np.eye(order + 1)[k, : k + 1])
    out.flags.writeable = False
    return out


@cache
def _power_in_legendre(degree: int) -> FloatArray:
    """Coefficients of ``u ** degree`` in the polynomials, (degree + 1,)."""
    out = np.linalg.solve(legendre_coefficients(degree).T, np.eye(degree + 1)[degree])
    out.flags.writeable = False
    return np.asarray(out)


def _weights(u: FloatArray, kernel: KernelName, row_weights: FloatArray | None) -> FloatArray:
    weights = kernel_weights(u, kernel)
    if row_weights is not None:
        weights *= row_weights
    return weights


def _blocks(n: int) -> list[slice]:
    return [slice(first, min(first + _BLOCK, n)) for first in range(0, n, _BLOCK)]


def _moments(
    distance: FloatArray,
    row_weights: FloatArray | None,
    bandwidth: float,
    order: int,
    kernel: KernelName,
    columns: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Weighted moments of the polynomials, and their weighted products with columns, in blocks of rows."""
    gram, cross = np.zeros((order + 1, order + 1)), np.zeros((order + 1, columns.shape[0]))
    for rows in _blocks(distance.size):
        u = distance[rows] / bandwidth
        basis = legendre(u, order)
        weighted = basis * _weights(u, kernel, None if row_weights is None else row_weights[rows])
        gram += weighted @ basis.T
        cross += weighted @ columns[:, rows].T
    return gram, cross


def _root(gram: FloatArray) -> FloatArray | None:
    """Upper-triangular root of the moments; None where it would lose digits."""
    if not gram.size:
        return gram
    root, failed = lapack.dpotrf(gram)
    if failed:
        return None
    pivots = root.diagonal().tolist()
    return np.asarray(root) if min(pivots) * _ILL_CONDITIONED > max(pivots) else None
