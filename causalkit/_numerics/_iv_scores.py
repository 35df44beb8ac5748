"""The second pass over the rows: residuals, and the sums of scores behind every covariance and robust test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._dependence import Dependence
from causalkit._numerics._k_class import k_class

if TYPE_CHECKING:
    from causalkit._numerics._iv_projection import IvProjection
    from causalkit._typing import FloatArray

__all__ = ["IvScores", "all_moments", "score_pass"]

# A combination of the endogenous regressors of which the instruments leave less than this part is exogenous.
NOTHING_LEFT = 1e-11


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IvScores:
    """Sums of scores, in scaled units and without small-sample factors.

    Attributes
    ----------
    moment : (L, L) array
        Meat of ``q e``, with ``e`` the structural residual.
    reduced : (L (m + 1), L (m + 1)) array
        Meat of ``[q v_1, ..., q v_m, q v_y]``, with ``v`` the residuals of first stages and reduced form.
    null : (L m, L m) array
        Meat of ``[q d_1, ..., q d_m]``, with ``d`` the regressors left by ``W``: that of the first stage when the
        instruments are irrelevant.
    estimates : (2 m, 2 m) array
        Covariance of the k-class and the OLS coefficients, jointly.
    rho : (m,) array
        Coefficients of the first-stage residuals in the control-function regression.
    rho_cov : (m, m) array
        Their covariance.
    control_bread : (m, m) array
        The same under equal error variances of one.
    n_controlled : int
        Rank of the first-stage residuals.
    score, score_meat : (m,) and (m, m) arrays
        Wooldridge's score of endogeneity and its meat.
    squares, squares_ols, squares_control : float
        Weighted sums of squared residuals of the structural equation, of OLS and of the control-function regression.
    left : (m + 1, m + 1) array
        Cross-products of the residuals ``v``.
    first, second : (L, m) and (L,) arrays
        Coordinates after a step of iterative refinement.
    """

    moment: FloatArray
    reduced: FloatArray
    null: FloatArray
    estimates: FloatArray
    rho: FloatArray
    rho_cov: FloatArray
    control_bread: FloatArray
    n_controlled: int
    score: FloatArray
    score_meat: FloatArray
    squares: float
    squares_ols: float
    squares_control: float
    left: FloatArray
    first: FloatArray
    second: FloatArray


def score_pass(projection: IvProjection, beta: FloatArray, slope: FloatArray, dependence: Dependence) -> IvScores:
    """Walk over the rows with an estimate and sum the scores.

    Parameters
    ----------
    projection : IvProjection
        The model.
    beta : (m,) array
        Coefficients at which the structural residual is taken.
    slope : (L, m) array
        Influence of the moments ``q e`` on the coefficients: their error is the sum of ``slope' q e``.
    dependence : Dependence
        Which rows move together.

    Returns
    -------
    IvScores
        The sums.
    """
    m, n_instruments = projection.n_endogenous, projection.n_instruments
    first, second, total = projection.first, projection.second, projection.total
    tsls, ols = k_class(projection, 1.0), k_class(projection, 0.0)
    left = total - projection.explained
    inverse_left = _inverse_left(left[:m, :m], total[:m, :m])
    control = inverse_left @ left[:m, m]
    tsls_slope = first @ tsls.bread
    n_rows = projection.parts[3].shape[0]
    heteroskedastic = Dependence(cov_type="HC0") if dependence.homoskedastic else dependence
    moment, reduced, null, estimates, rho, score = (
        heteroskedastic.meat(n_rows, size)
        for size in (n_instruments, n_instruments * (m + 1), n_instruments * m, 2 * m, m, m)
    )
    score_sum, residual_cross = np.zeros(m), np.zeros((m + 1, m + 1))
    correction = np.zeros((n_instruments, m + 1))
    squares = np.zeros(3)
    block_rows = dependence.block_rows(projection.centering.scale.size + n_instruments * (m + 2))
    for rows, q, v in projection.walk(block_rows=block_rows):
        w = np.ones(q.shape[0]) if projection.weights is None else projection.weights[rows]
        d = v[:, :m] + q @ first
        e = v[:, m] - v[:, :m] @ beta + q @ (second - first @ beta)
        e_ols = v[:, m] - v[:, :m] @ ols.beta + q @ (second - first @ ols.beta)
        u = v[:, m] - v[:, :m] @ control + q @ (second - first @ tsls.beta)
        wq = q * w[:, None]
        moment.add(rows, wq * e[:, None])
        reduced.add(rows, _side_by_side(wq, v))
        null.add(rows, _side_by_side(wq, d))
        influence = wq @ slope * e[:, None]
        estimates.add(rows, np.hstack([influence, d @ ols.bread * (w * e_ols)[:, None]]))
        rho.add(rows, (v[:, :m] @ inverse_left - q @ tsls_slope) * (w * u)[:, None])
        r = (v[:, :m] - d @ (ols.bread @ left[:m, :m])) * (w * e_ols)[:, None]
        score.add(rows, r)
        score_sum += r.sum(axis=0)
        squares += [w @ (e * e), w @ (e_ols * e_ols), w @ (u * u)]
        residual_cross += v.T @ (v * w[:, None])
        correction += wq.T @ v
    return IvScores(
        moment=moment.matrix(),
        reduced=reduced.matrix(),
        null=null.matrix(),
        estimates=estimates.matrix(),
        rho=control - tsls.beta,
        rho_cov=rho.matrix(),
        control_bread=inverse_left + tsls.bread,
        n_controlled=int(np.linalg.matrix_rank(inverse_left)) if m > 1 else int(inverse_left[0, 0] > 0),
        score=score_sum,
        score_meat=score.matrix(),
        squares=float(squares[0]),
        squares_ols=float(squares[1]),
        squares_control=float(squares[2]),
        left=residual_cross,
        first=first + correction[:, :m],
        second=second + correction[:, m],
    )


def all_moments(projection: IvProjection, beta: FloatArray, dependence: Dependence) -> FloatArray:
    """Meat of ``[e, q_W e, q e]``, the moments of every coefficient: (1 + r, 1 + r), in scaled units.

    Parameters
    ----------
    projection : IvProjection
        The model.
    beta : (m,) array
        Coefficients at which the structural residual is taken.
    dependence : Dependence
        Which rows move together.

    Returns
    -------
    (1 + r, 1 + r) array
        Without small-sample factor.
    """
    m, at = projection.n_endogenous, projection.n_kept_w
    gap = projection.second - projection.first @ beta
    meat = dependence.meat(projection.parts[3].shape[0], projection.kept.size + 1)
    for rows, basis, v in projection.walk_all(block_rows=dependence.block_rows(2 * projection.centering.scale.size)):
        e = v[:, m] - v[:, :m] @ beta + basis[:, at:] @ gap
        scores = np.hstack([np.ones((basis.shape[0], 1)), basis]) * e[:, None]
        meat.add(rows, scores if projection.weights is None else scores * projection.weights[rows, None])
    return meat.matrix()


def _side_by_side(q: FloatArray, v: FloatArray) -> FloatArray:
    """Products of every instrument with every residual: (b, L c), the instruments running fastest."""
    return np.hstack([q * v[:, [j]] for j in range(v.shape[1])])


def _inverse_left(left: FloatArray, total: FloatArray) -> FloatArray:
    """Inverse of what the instruments leave of the endogenous regressors, in the directions where they leave any."""
    scale = np.sqrt(np.diagonal(total))
    values, vectors = np.linalg.eigh(left / np.outer(scale, scale))
    kept = values > NOTHING_LEFT
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return np.asarray(inverse / np.outer(scale, scale))
