"""The second pass over the rows: residuals, and the sums of scores behind every covariance and robust test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._dependence import Dependence
from causalkit._numerics._k_class import k_class

if TYPE_CHECKING:
    from causalkit._numerics._iv_projection import IvProjection
    from causalkit._typing import FloatArray, IntArray

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
    model = _Combinations.of(projection, beta, slope)
    size, m = model.n_instruments, model.n_endogenous
    n_rows = projection.parts[3].shape[0]
    heteroskedastic = Dependence(cov_type="HC0") if dependence.homoskedastic else dependence
    moment, reduced, null, small = (
        heteroskedastic.meat(n_rows, columns) for columns in (size, size * (m + 1), size * m, 4 * m)
    )
    inner, squares, score_sum = np.zeros((size + m + 1,) * 2), np.zeros(3), np.zeros(m)
    for rows, walked in projection.walk(block_rows=dependence.block_rows(projection.centering.scale.size)):
        combined = (model.matrix.T @ walked.T).T
        weighted, residuals = walked, combined[:, :3]
        if projection.weights is not None:
            weighted = walked * projection.weights[rows, None]
            residuals = residuals * projection.weights[rows, None]
        q = weighted[:, :size]
        squares += np.einsum("ij,ij->j", residuals, combined[:, :3])
        inner += walked.T @ weighted
        moment.add(rows, q * combined[:, [0]])
        reduced.add(rows, _side_by_side(q, walked[:, size:]))
        null.add(rows, _side_by_side(q, combined[:, 3 : 3 + m]))
        scores = combined[:, 3 + m :] * residuals[:, model.partners]
        small.add(rows, scores)
        score_sum += scores[:, 3 * m :].sum(axis=0)
    joint, correction = small.matrix(), inner[:size, size:]
    return IvScores(
        moment=moment.matrix(),
        reduced=reduced.matrix(),
        null=null.matrix(),
        estimates=joint[: 2 * m, : 2 * m],
        rho=model.rho,
        rho_cov=joint[2 * m : 3 * m, 2 * m : 3 * m],
        control_bread=model.control_bread,
        n_controlled=model.n_controlled,
        score=score_sum,
        score_meat=joint[3 * m :, 3 * m :],
        squares=float(squares[0]),
        squares_ols=float(squares[1]),
        squares_control=float(squares[2]),
        left=inner[size:, size:],
        first=projection.first + correction[:, :m],
        second=projection.second + correction[:, m],
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Combinations:
    """What a row contributes, as linear combinations of ``[q, v]``.

    Attributes
    ----------
    matrix : (L + m + 1, 3 + 5 m) array
        To the residuals of the structural equation, of least squares and of the control function; the regressors left
        by the exogenous columns; and the factors by which residuals become influence on the k-class, least-squares
        and control-function coefficients and on Wooldridge's score.
    partners : (4 m,) array of int
        The residual that goes with each factor.
    rho, control_bread, n_controlled
        As in `IvScores`.
    """

    n_instruments: int
    n_endogenous: int
    matrix: FloatArray
    partners: IntArray
    rho: FloatArray
    control_bread: FloatArray
    n_controlled: int

    @classmethod
    def of(cls, projection: IvProjection, beta: FloatArray, slope: FloatArray) -> _Combinations:
        """Return the combinations at an estimate."""
        m, size = projection.n_endogenous, projection.n_instruments
        first, second, total = projection.first, projection.second, projection.total
        tsls, ols = k_class(projection, 1.0), k_class(projection, 0.0)
        left = total - projection.explained
        inverse_left = _inverse_left(left[:m, :m], total[:m, :m])
        control = inverse_left @ left[:m, m]
        residuals = np.zeros((size + m + 1, 3))
        residuals[-1] = 1.0
        for column, (of_d, gap) in enumerate(((beta, beta), (ols.beta, ols.beta), (control, tsls.beta))):
            residuals[:size, column] = second - first @ gap
            residuals[size:-1, column] = -of_d
        regressors = np.zeros((size + m + 1, m))
        regressors[:size], regressors[size:-1] = first, np.eye(m)
        influence, by_control = np.zeros((2, size + m + 1, m))
        influence[:size] = slope
        by_control[:size], by_control[size:-1] = -first @ tsls.bread, inverse_left
        score = -regressors @ (ols.bread @ left[:m, :m])
        score[size:-1] += np.eye(m)
        return cls(
            n_instruments=size,
            n_endogenous=m,
            matrix=np.hstack([residuals, regressors, influence, regressors @ ols.bread, by_control, score]),
            partners=np.repeat([0, 1, 2, 1], m),
            rho=control - tsls.beta,
            control_bread=inverse_left + tsls.bread,
            n_controlled=int(np.linalg.matrix_rank(inverse_left)) if m > 1 else int(inverse_left[0, 0] > 0),
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
    size = q.shape[1]
    out = np.empty((q.shape[0], size * v.shape[1]), order="F")
    for j in range(v.shape[1]):
        np.multiply(q, v[:, [j]], out=out[:, j * size : (j + 1) * size])
    return out


def _inverse_left(left: FloatArray, total: FloatArray) -> FloatArray:
    """Inverse of what the instruments leave of the endogenous regressors, in the directions where they leave any."""
    scale = np.sqrt(np.diagonal(total))
    values, vectors = np.linalg.eigh(left / np.outer(scale, scale))
    kept = values > NOTHING_LEFT
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return np.asarray(inverse / np.outer(scale, scale))
