"""Tests of exogeneity and of over-identifying restrictions, from sufficient statistics and sums of scores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from causalkit._numerics._tails import chi2_sf, f_sf
from causalkit._numerics._wald import wald_test

if TYPE_CHECKING:
    from causalkit._numerics._dependence import Dependence
    from causalkit._numerics._iv_projection import IvProjection
    from causalkit._numerics._iv_scores import IvScores
    from causalkit._typing import FloatArray

__all__ = ["IvTest", "endogeneity_tests", "overidentification_tests", "two_step_j"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IvTest:
    """A test under its name in the literature.

    Attributes
    ----------
    name : str
        Its name.
    statistic : float
        The statistic: chi-squared, or F when ``df_denom`` is finite.
    df : float
        Restrictions.
    df_denom : float
        Denominator degrees of freedom; infinite for chi-squared.
    p_value : float
        Probability of a larger statistic under the null.
    """

    name: str
    statistic: float
    df: float
    df_denom: float
    p_value: float


def endogeneity_tests(projection: IvProjection, scores: IvScores, dependence: Dependence) -> tuple[IvTest, ...]:
    """Whether the endogenous regressors could be taken as exogenous.

    The restrictions are as many as the first-stage residuals have rank: a combination of regressors that the
    instruments fix exactly cannot be endogenous.

    Returns
    -------
    tuple of IvTest
        ``"Durbin"``, ``"Wu-Hausman"`` (equal variances), ``"Wooldridge regression"`` (control function under the
        chosen covariance) and ``"Wooldridge score"``.

    References
    ----------
    Durbin, J. (1954). Review of the International Statistical Institute 22, 23-32.
    Hausman, J. A. (1978). Econometrica 46(6), 1251-1271.
    Wooldridge, J. M. (1995). In Advances in Econometrics and Quantitative Economics. Blackwell, section 4.
    """
    rank = scores.n_controlled
    if rank == 0:
        return ()
    n, left = projection.n, projection.n - projection.n_parameters - rank
    gain = max(scores.squares_ols - scores.squares_control, 0.0)
    durbin = n * gain / scores.squares_ols if scores.squares_ols > 0 else math.nan
    hausman = (gain / rank) / (scores.squares_control / left) if left > 0 < scores.squares_control else math.nan
    if dependence.homoskedastic:
        variance = scores.squares_control / (left if dependence.debiased else n)
        cov = variance * scores.control_bread
    else:
        cov = dependence.factor(n, projection.n_parameters + rank) * scores.rho_cov
    df = dependence.df(n, projection.n_parameters + rank)
    regression = wald_test(scores.rho, cov, df=df) if np.all(np.isfinite(cov)) else None
    score = wald_test(scores.score, scores.score_meat)
    return (
        IvTest(name="Durbin", statistic=durbin, df=rank, df_denom=math.inf, p_value=chi2_sf(durbin, rank)),
        IvTest(name="Wu-Hausman", statistic=hausman, df=rank, df_denom=left, p_value=f_sf(hausman, rank, left)),
        IvTest(
            name="Wooldridge regression",
            statistic=regression.f_statistic if regression else math.nan,
            df=rank,
            df_denom=df,
            p_value=regression.p_value if regression else math.nan,
        ),
        IvTest(
            name="Wooldridge score",
            statistic=score.statistic,
            df=score.rank,
            df_denom=math.inf,
            p_value=score.p_value,
        ),
    )


def overidentification_tests(
    projection: IvProjection, scores: IvScores, *, beta: FloatArray, kappa: float
) -> tuple[IvTest, ...]:
    """Whether the instruments agree with one another.

    Parameters
    ----------
    projection : IvProjection
        The model.
    scores : IvScores
        Sums of scores at the two-stage least-squares estimate.
    beta : (m,) array
        That estimate.
    kappa : float
        LIML's kappa.

    Returns
    -------
    tuple of IvTest
        ``"Sargan"``, ``"Basmann"``, ``"Anderson-Rubin"`` (likelihood ratio), ``"Basmann F"`` and ``"Hansen J"``,
        which is also Wooldridge's robust score. Empty when just identified.

    References
    ----------
    Sargan, J. D. (1958). Econometrica 26(3), 393-415. Basmann, R. L. (1960). Journal of the American Statistical
    Association 55(292), 650-659. Hansen, L. P. (1982). Econometrica 50(4), 1029-1054.
    """
    extra = projection.n_instruments - projection.n_endogenous
    if extra <= 0:
        return ()
    n = projection.n
    left = n - projection.n_exogenous - projection.n_instruments
    gap = scores.second - scores.first @ beta
    sargan = n * float(gap @ gap) / scores.squares if scores.squares > 0 else math.nan
    basmann = sargan * left / (n - sargan)
    ratio = n * math.log(kappa) if 0 < kappa < math.inf else math.nan
    basmann_f = (kappa - 1.0) * left / extra
    hansen = two_step_j(scores.first, scores.second, scores.moment)[1]
    chi2 = {"Sargan": sargan, "Basmann": basmann, "Anderson-Rubin": ratio, "Hansen J": hansen}
    tests = {
        name: IvTest(name=name, statistic=value, df=extra, df_denom=math.inf, p_value=chi2_sf(value, extra))
        for name, value in chi2.items()
    }
    tests["Basmann F"] = IvTest(
        name="Basmann F", statistic=basmann_f, df=extra, df_denom=left, p_value=f_sf(basmann_f, extra, left)
    )
    return tuple(tests.values())


def two_step_j(first: FloatArray, second: FloatArray, moment: FloatArray) -> tuple[FloatArray, float]:
    """Two-step GMM coefficients and Hansen's J.

    Parameters
    ----------
    first, second : (L, m) and (L,) arrays
        Coordinates of regressors and outcome on orthonormal instruments.
    moment : (L, L) array
        Covariance of the moments at the first step.

    Returns
    -------
    beta : (m,) array
        Coefficients.
    j : float
        The statistic; NaN when the moments have no variance.
    """
    try:
        root = linalg.cholesky(moment, lower=True)
    except linalg.LinAlgError:
        return np.full(first.shape[1], np.nan), math.nan
    x, y = linalg.solve_triangular(root, first, lower=True), linalg.solve_triangular(root, second, lower=True)
    beta: FloatArray = np.linalg.lstsq(x, y, rcond=None)[0].astype(np.float64)
    rest = y - x @ beta
    return beta, float(rest @ rest)
