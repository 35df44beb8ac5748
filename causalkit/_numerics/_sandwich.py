"""Covariances of least squares for independent rows: classical and HC0 to HC3.

``docs/covariances.md`` lists every factor beside those of other programs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from causalkit._numerics._linear import LinearFit
    from causalkit._typing import FloatArray

__all__ = ["Covariance", "HCKind", "classical", "heteroskedastic", "meat_hc", "sandwich"]

HCKind = Literal["HC0", "HC1", "HC2", "HC3"]

# A row or cluster is saturated when it is left with less than this part of its own weight in its fit.
SATURATED = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covariance:
    """Covariance matrix of coefficients with what is needed to use it.

    Attributes
    ----------
    matrix : (p, p) array
        Covariance; zero in the rows and columns of dropped coefficients.
    df : float or (p,) array
        Degrees of freedom of the t distribution that goes with it; one per coefficient for CR2.
    n_clusters : tuple of int
        Number of clusters in each dimension; empty when rows are independent.
    saturated : int
        Rows or clusters that the fit reproduces whatever their outcome. Leverage corrections are undefined
        there; these directions contribute nothing.
    clipped : bool
        Whether negative eigenvalues of a two-way covariance were set to zero.
    """

    matrix: FloatArray
    df: float | FloatArray
    n_clusters: tuple[int, ...] = ()
    saturated: int = 0
    clipped: bool = False


def classical(fit: LinearFit, *, debiased: bool = True, n_parameters: int | None = None) -> Covariance:
    """Covariance under equal error variances: ``s^2 (X'WX)^-1``.

    Parameters
    ----------
    fit : LinearFit
        With one outcome. Weights are inverse to the error variances.
    debiased : bool
        Whether to divide the residual sum of squares by the rows minus the parameters (all programs) or by
        the rows (linearmodels with ``debiased=False``).
    n_parameters : int, optional
        Parameters to count, when more were absorbed than the fit has.

    Returns
    -------
    Covariance
        With the residual degrees of freedom. NaN when none are left.
    """
    df = _residual_df(fit, n_parameters)
    weights = fit.design.weights
    squares = float(fit.residuals @ (fit.residuals if weights is None else weights * fit.residuals))
    divisor = df if debiased else fit.n
    variance = squares / divisor if divisor > 0 else math.nan
    return Covariance(matrix=variance * fit.design.bread, df=df)


def heteroskedastic(fit: LinearFit, *, kind: HCKind = "HC1", n_parameters: int | None = None) -> Covariance:
    """Covariance for independent rows with unequal error variances.

    Parameters
    ----------
    fit : LinearFit
        With one outcome.
    kind : {"HC0", "HC1", "HC2", "HC3"}
        Each squared residual is multiplied by 1, ``n / (n - k)``, ``1 / (1 - h)`` or ``1 / (1 - h)^2``,
        with ``h`` the leverage.
    n_parameters : int, optional
        Parameters ``k`` to count in HC1, when more were absorbed than the fit has.

    Returns
    -------
    Covariance
        With the residual degrees of freedom and the number of rows with leverage one.

    References
    ----------
    MacKinnon, J. G. and White, H. (1985). Journal of Econometrics 29(3), 305-325.
    """
    df = _residual_df(fit, n_parameters)
    if kind in ("HC0", "HC1"):
        factor = 1.0 if kind == "HC0" else (fit.n / df if df > 0 else math.nan)
        meat = np.zeros((fit.rank, fit.rank))
        for _, scores in fit.score_blocks():
            meat += scores.T @ scores
        return Covariance(matrix=factor * sandwich(fit, meat), df=df)
    left = 1.0 - fit.design.leverages()
    saturated = left < SATURATED
    power = 0.5 if kind == "HC2" else 1.0
    inflation = np.where(saturated, 0.0, np.where(saturated, 1.0, left) ** -power)
    meat = np.zeros((fit.rank, fit.rank))
    for rows, scores in fit.score_blocks():
        inflated = scores * inflation[rows, None]
        meat += inflated.T @ inflated
    return Covariance(matrix=sandwich(fit, meat), df=df, saturated=int(np.count_nonzero(saturated)))


def meat_hc(scores: FloatArray) -> FloatArray:
    """Sum of the outer products of scores of independent rows: (n, p) to (p, p)."""
    return scores.T @ scores


def sandwich(fit: LinearFit, meat: FloatArray) -> FloatArray:
    """Covariance of the coefficients from the meat in the orthonormal basis."""
    transform = fit.design.to_coefficients
    matrix = transform @ meat @ transform.T
    return (matrix + matrix.T) / 2.0


def _residual_df(fit: LinearFit, n_parameters: int | None) -> int:
    """Rows minus parameters."""
    return fit.n - (fit.rank if n_parameters is None else n_parameters)
