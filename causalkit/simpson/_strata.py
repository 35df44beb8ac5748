"""The effect within each stratum, and whether it is the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse, special

from causalkit._numerics._tails import chi2_sf, f_sf
from causalkit.results import Record
from causalkit.simpson._cells import cluster_factor

if TYPE_CHECKING:
    from causalkit._typing import FloatArray
    from causalkit.simpson._cells import Cells, CovType

# The joint covariance of more strata than this is not worth its memory.
MOST_JOINT = 2000

__all__ = ["MOST_JOINT", "ChiSquared", "StratumEffects", "cochran_q", "gail_simon", "stratum_effects"]


@dataclass(frozen=True, slots=True, eq=False)
class StratumEffects:
    """Treated minus control in each stratum.

    Attributes
    ----------
    estimate : (s,) array
        Difference of means; exactly 0 where it is zero but for rounding, NaN in strata with one arm only.
    variance : (s,) array
        Its variance.
    covariance : (k, k) sparse array, optional
        Of the ``k`` comparable strata; diagonal unless clusters span strata. None where clusters are given and there
        are more than ``MOST_JOINT`` strata.
    """

    estimate: FloatArray
    variance: FloatArray
    covariance: sparse.csr_array | None


@dataclass(frozen=True, slots=True, eq=False)
class ChiSquared(Record):
    """A chi-squared test.

    Attributes
    ----------
    statistic : float
        The statistic; NaN if the test could not be made.
    df : float
        Degrees of freedom.
    p_value : float
        Upper tail probability.
    """

    statistic: float
    df: float
    p_value: float


def stratum_effects(cells: Cells, cov_type: CovType = "HC0") -> StratumEffects:
    """Difference of means in each stratum, with its covariance.

    Parameters
    ----------
    cells : Cells
        The stratum by arm table.
    cov_type : {"HC0", "HC2"}
        Divisor of the variances: n or n - 1 of the cell; with clusters 1 or times G / (G - 1).

    Returns
    -------
    StratumEffects
        Estimates, variances, covariance.
    """
    use = cells.comparable
    estimate = np.where(use, cells.mean[:, 1] - cells.mean[:, 0], np.nan)
    estimate[np.abs(estimate) <= cells.rounding] = 0.0
    if cells.clusters is None:
        variance = cells.variance_of_means(cov_type).sum(axis=1)
        return StratumEffects(estimate, variance, sparse.csr_array(sparse.diags_array(variance[use])))
    strata = np.flatnonzero(use)
    position = np.arange(len(strata))
    slope = sparse.csr_array(
        (
            np.concatenate([1.0 / cells.weight[strata, 1], -1.0 / cells.weight[strata, 0]]),
            (np.concatenate([2 * strata + 1, 2 * strata]), np.concatenate([position, position])),
        ),
        shape=(2 * cells.n_strata, len(strata)),
    )
    total = cells.clusters.centred @ slope
    factor = cluster_factor(cells.clusters.n_clusters, cov_type)
    variance = np.full(cells.n_strata, np.nan)
    variance[use] = factor * np.asarray((total * total).sum(axis=0)).ravel()
    joint = sparse.csr_array(total.T @ total) * factor if len(strata) <= MOST_JOINT else None
    return StratumEffects(estimate, variance, joint)


def cochran_q(effects: StratumEffects, *, df_denom: float = np.inf) -> ChiSquared:
    """Test that the effect is the same in all strata.

    The weighted squared distance of the effects from their best common value; with clusters that span strata it is
    the Wald test of equal effects, which takes their covariance into account.

    Parameters
    ----------
    effects : StratumEffects
        Effects by stratum.
    df_denom : float
        Degrees of freedom of the covariance: with clusters the p-value is that of F, with one less than their number.

    Returns
    -------
    ChiSquared
        With one degree of freedom less than strata. NaN if a stratum has no variance, or the covariance is not known
        or singular (fewer clusters than strata).

    References
    ----------
    Cochran, W. G. (1954). The combination of estimates from different experiments. Biometrics 10(1), 101-129.
    """
    estimate = effects.estimate[~np.isnan(effects.estimate)]
    df = len(estimate) - 1
    if df == 0:
        return ChiSquared(0.0, 0.0, 1.0)
    if effects.covariance is None or (effects.covariance.diagonal() <= 0).any():
        return ChiSquared(np.nan, float(df), np.nan)
    variance = effects.covariance.diagonal()
    if _is_diagonal(effects.covariance):
        precision = 1.0 / variance
        common = (precision @ estimate) / precision.sum()
        statistic = float(precision @ (estimate - common) ** 2)
    else:
        statistic = _wald_of_equality(estimate, effects.covariance.toarray())
    return ChiSquared(statistic, float(df), f_sf(statistic / df, df, df_denom))


def _is_diagonal(matrix: sparse.csr_array) -> bool:
    off = matrix - sparse.diags_array(matrix.diagonal())
    return float(np.abs(off.data).max(initial=0.0)) <= 1e-14 * float(matrix.diagonal().max(initial=0.0))


def _wald_of_equality(estimate: FloatArray, covariance: FloatArray) -> float:
    """Wald statistic of equal means; NaN if the contrasts' correlation is singular."""
    contrast = np.eye(len(estimate) - 1, len(estimate), 1)
    contrast[:, 0] = -1.0
    gap, spread = contrast @ estimate, contrast @ covariance @ contrast.T
    scale = np.sqrt(np.diag(spread))
    if (scale <= 0).any():
        return np.nan
    values, vectors = np.linalg.eigh(spread / np.outer(scale, scale))
    if values[0] <= 1e-10 * values[-1]:
        return np.nan
    return float(np.sum((vectors.T @ (gap / scale)) ** 2 / values))


def gail_simon(effects: StratumEffects) -> ChiSquared:
    """Test that the effect has the same sign in all strata (no qualitative interaction).

    Parameters
    ----------
    effects : StratumEffects
        Effects by stratum, independent of one another.

    Returns
    -------
    ChiSquared
        ``Q = min(Q+, Q-)``, the number of strata less one, and the p-value of the mixture of chi-squared
        distributions that holds at the least favourable null. NaN if a stratum has no variance, or clusters span
        strata.

    References
    ----------
    Gail, M. and Simon, R. (1985). Testing for qualitative interactions between treatment effects and patient
    subsets. Biometrics 41(2), 361-372, equation (4).
    """
    estimate = effects.estimate[~np.isnan(effects.estimate)]
    df = len(estimate) - 1
    if effects.covariance is None or not _is_diagonal(effects.covariance):
        return ChiSquared(np.nan, float(df), np.nan)
    variance = effects.covariance.diagonal()
    if (variance <= 0).any():
        return ChiSquared(np.nan, float(df), np.nan)
    squared = estimate**2 / variance
    statistic = float(min(squared[estimate > 0].sum(), squared[estimate < 0].sum()))
    if statistic == 0.0:
        return ChiSquared(0.0, float(df), 1.0)
    k = np.arange(1.0, df + 1)
    log_share = special.gammaln(df + 1) - special.gammaln(k + 1) - special.gammaln(df - k + 1) - df * np.log(2.0)
    p_value = float(np.exp(log_share) @ chi2_sf(np.full(df, statistic), k))
    return ChiSquared(statistic, float(df), p_value)
