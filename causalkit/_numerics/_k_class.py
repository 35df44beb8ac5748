"""k-class estimators from sufficient statistics: OLS, two-stage least squares, LIML and Fuller's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from causalkit._numerics._iv_projection import IvProjection
    from causalkit._typing import FloatArray

__all__ = ["KClassFit", "k_class", "liml_kappa", "symmetric_inverse"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KClassFit:
    """A k-class estimate, in scaled units.

    Attributes
    ----------
    kappa : float
        0 is OLS, 1 two-stage least squares.
    beta : (m,) array
        Coefficients of the endogenous regressors.
    bread : (m, m) array
        Inverse of ``D'(I - kappa M) D`` left by the exogenous columns.
    """

    kappa: float
    beta: FloatArray
    bread: FloatArray


def k_class(projection: IvProjection, kappa: float) -> KClassFit:
    """Solve ``D'(I - kappa M) (y - D beta) = 0`` with ``M`` the residual maker of the instruments.

    Parameters
    ----------
    projection : IvProjection
        The model.
    kappa : float
        Weight of the endogenous part.

    Returns
    -------
    KClassFit
        Coefficients and bread.

    References
    ----------
    Theil, H. (1958). Economic Forecasts and Policy. North-Holland, section 6.3.
    """
    m = projection.n_endogenous
    # (1 - kappa) of everything plus kappa of what the instruments explain: no difference of large numbers at 1.
    cross = (1.0 - kappa) * projection.total + kappa * projection.explained
    bread = symmetric_inverse(cross[:m, :m])
    return KClassFit(kappa=kappa, beta=bread @ cross[:m, m], bread=bread)


def liml_kappa(projection: IvProjection) -> float:
    """Smallest root of ``det([D y]'M_W[D y] - kappa [D y]'M[D y]) = 0``; 1 when just identified.

    Returns
    -------
    float
        1 too for an outcome without variation; infinite when the instruments explain the endogenous regressors and
        the outcome without rest.

    References
    ----------
    Anderson, T. W. and Rubin, H. (1949). Annals of Mathematical Statistics 20(1), 46-63.
    """
    if projection.n_instruments <= projection.n_endogenous:
        return 1.0
    left = projection.total - projection.explained
    scale = np.sqrt(np.diagonal(projection.total))
    if not np.all(scale > 0):
        return 1.0
    unit = np.outer(scale, scale)
    try:
        roots = linalg.eigh(projection.explained / unit, left / unit, eigvals_only=True)
    except linalg.LinAlgError:
        return np.inf
    return 1.0 + max(float(roots[0]), 0.0)


def symmetric_inverse(matrix: FloatArray) -> FloatArray:
    """Inverse of a positive definite matrix after scaling it to unit diagonal."""
    scale = np.sqrt(np.diagonal(matrix))
    unit = np.outer(scale, scale)
    inverse: FloatArray = np.linalg.inv(matrix / unit) / unit
    return inverse
