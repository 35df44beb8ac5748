"""Strength of instruments: F statistics under any covariance, and the critical values that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, special

from causalkit._numerics._wald import wald_test

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = [
    "conditional_f",
    "cragg_donald",
    "effective_f",
    "effective_f_critical",
    "kleibergen_paap",
]


def effective_f(first: FloatArray, cov: FloatArray) -> float:
    """Montiel Olea and Pflueger's effective F: the strength of the instruments over its noise.

    Parameters
    ----------
    first : (L,) array
        Coordinates of the treatment on instruments that are orthonormal after partialling out.
    cov : (L, L) array
        Their covariance.

    Returns
    -------
    float
        ``first'first / trace(cov)``; the ordinary F when errors have equal variances or there is one instrument.

    References
    ----------
    Montiel Olea, J. L. and Pflueger, C. (2013). Journal of Business & Economic Statistics 31(3), equation 7.
    """
    noise = float(np.trace(cov))
    return float(first @ first) / noise if noise > 0 else np.inf


def effective_f_critical(cov: FloatArray, *, bias: float, size: float = 0.05) -> float:
    """Critical value of the effective F for a worst-case bias of two-stage least squares.

    The simplified, conservative version: the bias is at most ``bias`` of its value with irrelevant instruments.

    Parameters
    ----------
    cov : (L, L) array
        Covariance of the first-stage coordinates.
    bias : float
        Largest bias to be ruled out, in (0, 1).
    size : float
        Size of the test.

    Returns
    -------
    float
        37.42, 23.11, 15.06 and 12.04 with one instrument for a bias of 5, 10, 20 and 30 percent.

    References
    ----------
    Montiel Olea, J. L. and Pflueger, C. (2013). Journal of Business & Economic Statistics 31(3), section 4.
    """
    x = 1.0 / bias
    values = np.linalg.eigvalsh(cov / np.trace(cov))
    k_eff = (1.0 + 2.0 * x) / (float(values @ values) + 2.0 * x * float(values[-1]))
    return float(special.chndtrix(1.0 - size, k_eff, k_eff * x)) / k_eff


def cragg_donald(first: FloatArray, left: FloatArray, df: int) -> float:
    """Cragg-Donald F: smallest root of the first-stage F matrix.

    Parameters
    ----------
    first : (L, m) array
        Coordinates of the endogenous regressors.
    left : (m, m) array
        Cross-products of the first-stage residuals.
    df : int
        Degrees of freedom of the residuals: ``n - p - L``; ``n`` for the version without correction.

    Returns
    -------
    float
        The F statistic itself with one endogenous regressor. NaN when some combination is left without residual.

    References
    ----------
    Cragg, J. G. and Donald, S. G. (1993). Econometric Theory 9(2), 222-240.
    """
    scale = np.sqrt(np.diagonal(first.T @ first) + np.diagonal(left))
    strength, noise = (part / np.outer(scale, scale) for part in (first.T @ first, left / df))
    if np.linalg.eigvalsh(noise)[0] <= np.finfo(np.float64).eps:
        return np.nan
    smallest = float(linalg.eigh(strength, noise, eigvals_only=True)[0])
    return smallest / float(first.shape[0])


def kleibergen_paap(first: FloatArray, left: FloatArray, cov: FloatArray) -> float:
    """Kleibergen-Paap rank statistic of ``rank = m - 1``, chi-squared with ``L - m + 1`` degrees of freedom.

    Parameters
    ----------
    first : (L, m) array
        Coordinates of the endogenous regressors on orthonormal instruments.
    left : (m, m) array
        Matrix by whose root the regressors are normalised: cross-products of first-stage residuals (Wald version)
        or of the regressors left by the exogenous columns (score version).
    cov : (L m, L m) array
        Covariance of ``vec(first)``, the instruments running fastest.

    Returns
    -------
    float
        The statistic; over L it is the rk F. NaN when the normalising matrix is singular.

    References
    ----------
    Kleibergen, F. and Paap, R. (2006). Journal of Econometrics 133(1), 97-126, equations 21-27.
    """
    n_instruments, m = first.shape
    if m == 1:
        # Nothing to rotate: the Wald statistic of all coordinates.
        return wald_test(first[:, 0], cov).statistic if left[0, 0] > 0 else np.nan
    try:
        root = np.linalg.cholesky(left)
    except np.linalg.LinAlgError:
        return np.nan
    normalise = linalg.inv(root).T
    theta = first @ normalise
    rotation = np.kron(normalise.T, np.eye(n_instruments))
    spread = rotation @ cov @ rotation.T
    u, _, vt = np.linalg.svd(theta)
    # The part of theta that vanishes when its rank is m - 1, rotated so that its covariance is free of that part.
    u2, v2 = u[:, m - 1 :], vt.T[:, m - 1 :]
    a_perp = u2 @ linalg.inv(u2[m - 1 :]) @ _root(u2[m - 1 :] @ u2[m - 1 :].T)
    b_perp = _root(v2[m - 1 :] @ v2[m - 1 :].T) @ linalg.inv(v2[m - 1 :].T) @ v2.T
    smallest = (a_perp.T @ theta @ b_perp.T).ravel(order="F")
    project = np.kron(b_perp, a_perp.T)
    return wald_test(smallest, project @ spread @ project.T).statistic


def conditional_f(first: FloatArray, covs: FloatArray, column: int) -> tuple[float, int]:
    """Sanderson-Windmeijer F of one of several endogenous regressors, given the others.

    Parameters
    ----------
    first : (L, m) array
        Coordinates of the endogenous regressors on orthonormal instruments.
    covs : (m, L, m, L) array
        Covariance of the coordinates, including small-sample factors.
    column : int
        The regressor.

    Returns
    -------
    statistic : float
        ``L - m + 1`` times this is chi-squared when the others are strongly identified and this one is not.
    df : int
        ``L - m + 1``.

    References
    ----------
    Sanderson, E. and Windmeijer, F. (2016). Journal of Econometrics 190(2), 212-221.
    """
    n_instruments, m = first.shape
    others = [j for j in range(m) if j != column]
    delta = np.linalg.lstsq(first[:, others], first[:, column], rcond=None)[0] if others else np.zeros(0)
    combination = np.zeros(m)
    combination[column] = 1.0
    combination[others] = -delta
    gap = first @ combination
    # What is left after the others took their part lies in the L - m + 1 directions orthogonal to them.
    basis = linalg.null_space(first[:, others].T) if others else np.eye(n_instruments)
    cov = np.einsum("i,iajb,j->ab", combination, covs, combination)
    df = n_instruments - len(others)
    return wald_test(basis.T @ gap, basis.T @ cov @ basis).statistic / df, df


def _root(matrix: FloatArray) -> FloatArray:
    """Symmetric root of a positive semi-definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
