"""Ratios for outcomes that are 0 or 1: crude, standardised and Mantel-Haenszel, and the tests of 2 x 2 x S tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._tails import chi2_sf
from causalkit.results import Record
from causalkit.simpson._cells import Statistic, covariance
from causalkit.simpson._standard import CONTROL, TREATED, crude_mean, standard, standardised_mean
from causalkit.simpson._strata import ChiSquared

if TYPE_CHECKING:
    from causalkit._typing import FloatArray
    from causalkit.simpson._cells import Cells, CovType

__all__ = [
    "LogRatio",
    "StratifiedTests",
    "breslow_day",
    "crude_ratios",
    "mantel_haenszel_ratios",
    "standardised_ratios",
    "stratified_tests",
    "stratum_ratios",
]


@dataclass(frozen=True, slots=True)
class LogRatio:
    """A ratio, estimated on the log scale.

    Attributes
    ----------
    estimate : float
        The ratio; may be 0 or infinite where a cell is empty.
    log_std_error : float
        Standard error of its logarithm; NaN where the logarithm is not finite.
    """

    estimate: float
    log_std_error: float


@dataclass(frozen=True, slots=True, eq=False)
class StratifiedTests(Record):
    """Tests of a stratified 2 x 2 table of independent rows.

    Attributes
    ----------
    cmh, cmh_corrected : ChiSquared
        Cochran-Mantel-Haenszel test that all odds ratios are 1, without and with continuity correction.
    breslow_day, breslow_day_tarone : ChiSquared
        Breslow-Day test that the odds ratios are equal, without and with Tarone's correction.
    """

    cmh: ChiSquared
    cmh_corrected: ChiSquared
    breslow_day: ChiSquared
    breslow_day_tarone: ChiSquared


def crude_ratios(cells: Cells, cov_type: CovType = "HC0") -> dict[str, LogRatio]:
    """Risk ratio and odds ratio of all rows; without weights the log odds ratio has Woolf's standard error."""
    return _ratios(crude_mean(cells, TREATED), crude_mean(cells, CONTROL), cells, cov_type)


def standardised_ratios(cells: Cells, cov_type: CovType = "HC0") -> dict[str, LogRatio]:
    """Risk ratio and (marginal) odds ratio of the two arms composed like everybody in comparable strata."""
    everybody = standard(cells, "all")
    return _ratios(
        standardised_mean(cells, TREATED, everybody),
        standardised_mean(cells, CONTROL, everybody),
        cells,
        cov_type,
    )


def _ratios(treated: Statistic, control: Statistic, cells: Cells, cov_type: CovType) -> dict[str, LogRatio]:
    p1, p0 = cells.origin + treated.value, cells.origin + control.value
    with np.errstate(divide="ignore", invalid="ignore"):
        one, zero = np.float64(p1), np.float64(p0)
        log_risks = treated.through(np.log(one), 1 / one) - control.through(np.log(zero), 1 / zero)
        log_odds = treated.through(np.log(one / (1 - one)), 1 / (one * (1 - one))) - control.through(
            np.log(zero / (1 - zero)), 1 / (zero * (1 - zero))
        )
        return {
            "risk ratio": _log_ratio(log_risks, cells, cov_type),
            "odds ratio": _log_ratio(log_odds, cells, cov_type),
        }


def _log_ratio(log_ratio: Statistic, cells: Cells, cov_type: CovType) -> LogRatio:
    if not np.isfinite(log_ratio.value):
        return LogRatio(float(np.exp(log_ratio.value)), np.nan)
    variance = float(covariance([log_ratio], cells, cov_type)[0, 0])
    return LogRatio(float(np.exp(log_ratio.value)), float(np.sqrt(variance)))


def stratum_ratios(cells: Cells) -> dict[str, FloatArray]:
    """Risk ratio and odds ratio of each stratum, shape (s,).

    0 or infinite where a cell is empty; NaN where the ratio is 0/0 or a stratum has one arm only.
    """
    risk = np.where(cells.comparable[:, None], cells.origin + cells.mean, np.nan)
    risk = np.clip(risk, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = risk / (1 - risk)
        return {"risk ratio": risk[:, 1] / risk[:, 0], "odds ratio": odds[:, 1] / odds[:, 0]}


def mantel_haenszel_ratios(cells: Cells, cov_type: CovType = "HC0") -> dict[str, LogRatio]:
    """Mantel-Haenszel risk ratio and odds ratio, with robust standard errors.

    The risk ratio is that of the two arms composed like the overlap population. The standard errors are those of the
    influence functions: they hold with weights and clusters, and when the ratios differ between strata.

    Parameters
    ----------
    cells : Cells
        The stratum by arm table of a 0/1 outcome.
    cov_type : {"HC0", "HC2"}
        See :func:`causalkit.simpson._cells.covariance`.

    Returns
    -------
    dict of LogRatio
        ``risk ratio`` and ``odds ratio``.

    References
    ----------
    Mantel, N. and Haenszel, W. (1959). Statistical aspects of the analysis of data from retrospective studies of
    disease. JNCI 22(4), 719-748.
    """
    overlap = standard(cells, "overlap")
    treated, control = (standardised_mean(cells, arm, overlap) for arm in (TREATED, CONTROL))
    risk1, risk0 = (cells.origin + cells.mean[:, arm] for arm in (TREATED, CONTROL))
    concordant = _overlap_sum(cells, risk1 * (1 - risk0), np.column_stack([-risk1, 1 - risk0]))
    discordant = _overlap_sum(cells, (1 - risk1) * risk0, np.column_stack([1 - risk1, -risk0]))
    with np.errstate(divide="ignore", invalid="ignore"):
        r, s = np.float64(concordant.value), np.float64(discordant.value)
        log_odds = concordant.through(np.log(r), 1 / r) - discordant.through(np.log(s), 1 / s)
        return {
            "risk ratio": _ratios(treated, control, cells, cov_type)["risk ratio"],
            "odds ratio": _log_ratio(log_odds, cells, cov_type),
        }


def _overlap_sum(cells: Cells, term: FloatArray, d_mean: FloatArray) -> Statistic:
    """``sum W1 W0 / (W1 + W0) * term`` over comparable strata."""
    overlap = standard(cells, "overlap")
    value = float(overlap.weight @ np.where(cells.comparable, term, 0.0))
    return Statistic(value, overlap.weight[:, None] * d_mean, overlap.d_weight * term[:, None])


def mantel_haenszel_odds_ratio(cells: Cells) -> LogRatio:
    """Mantel-Haenszel odds ratio of independent rows, with the standard error of Robins, Breslow and Greenland.

    Parameters
    ----------
    cells : Cells
        Unweighted table of a 0/1 outcome.

    Returns
    -------
    LogRatio
        The common odds ratio.

    References
    ----------
    Robins, J., Breslow, N. and Greenland, S. (1986). Estimators of the Mantel-Haenszel variance consistent in both
    sparse data and large-strata limiting models. Biometrics 42(2), 311-323.
    """
    table = _counts(cells)
    n = table.sum(axis=(0, 1))
    r = (table[0, 0] * table[1, 1] / n).sum()
    s = (table[0, 1] * table[1, 0] / n).sum()
    if r <= 0 or s <= 0:
        return LogRatio(float(np.inf if r > 0 else (0.0 if s > 0 else np.nan)), np.nan)
    from statsmodels.stats.contingency_tables import StratifiedTable

    fitted = StratifiedTable(table)
    return LogRatio(float(fitted.oddsratio_pooled), float(fitted.logodds_pooled_se))


def stratified_tests(cells: Cells) -> StratifiedTests:
    """Cochran-Mantel-Haenszel and Breslow-Day tests of a table of independent rows.

    Parameters
    ----------
    cells : Cells
        Unweighted table of a 0/1 outcome.

    Returns
    -------
    StratifiedTests
        Strata without variation of outcome or arm carry no information and are left out. NaN where none is left.
    """
    table = _informative(_counts(cells))
    if not table.shape[2]:
        nothing = ChiSquared(np.nan, np.nan, np.nan)
        return StratifiedTests(nothing, nothing, nothing, nothing)
    from statsmodels.stats.contingency_tables import StratifiedTable

    fitted = StratifiedTable(table)
    plain, corrected = (fitted.test_null_odds(correction=correction) for correction in (False, True))
    return StratifiedTests(
        cmh=ChiSquared(float(plain.statistic), 1.0, float(plain.pvalue)),
        cmh_corrected=ChiSquared(float(corrected.statistic), 1.0, float(corrected.pvalue)),
        breslow_day=breslow_day(table, tarone=False),
        breslow_day_tarone=breslow_day(table, tarone=True),
    )


def _counts(cells: Cells) -> FloatArray:
    """Counts of comparable strata, shape (2, 2, s): treated, control by success, failure."""
    use = cells.comparable
    n = cells.weight[use]
    success = np.rint(n * (cells.origin + cells.mean[use]))
    return np.stack([success[:, ::-1].T, (n - success)[:, ::-1].T], axis=1)


def _informative(table: FloatArray) -> FloatArray:
    """Strata in which both outcomes and both arms occur."""
    keep = (table.sum(axis=0) > 0).all(axis=0) & (table.sum(axis=1) > 0).all(axis=0)
    return table[:, :, keep]


def breslow_day(table: FloatArray, *, tarone: bool) -> ChiSquared:
    """Test that the strata have one odds ratio.

    The expected counts are the stable root of their quadratic equation; the usual one (statsmodels') divides by zero
    when the common odds ratio is 1 and loses digits near it.

    Parameters
    ----------
    table : (2, 2, s) array
        Counts of the strata, none with an empty margin.
    tarone : bool
        Subtract Tarone's correction, which makes the statistic asymptotically chi-squared.

    Returns
    -------
    ChiSquared
        With one degree of freedom less than strata; NaN if the common odds ratio is 0 or infinite.

    References
    ----------
    Breslow, N. E. and Day, N. E. (1980). Statistical Methods in Cancer Research I, IARC, equation (4.30).
    Tarone, R. E. (1985). On heterogeneity tests based on efficient scores. Biometrika 72(1), 91-95.
    """
    df = float(table.shape[2] - 1)
    n = table.sum(axis=(0, 1))
    numerator = (table[0, 0] * table[1, 1] / n).sum()
    denominator = (table[0, 1] * table[1, 0] / n).sum()
    if numerator <= 0 or denominator <= 0:
        return ChiSquared(np.nan, df, np.nan)
    ratio = numerator / denominator
    treated, success, control = table[0].sum(axis=0), table[:, 0].sum(axis=0), table[1].sum(axis=0)
    # (ratio - 1) x^2 - b x + ratio * treated * success = 0 for the expected count x.
    b = ratio * (treated + success) + control - success
    root = np.sqrt(b**2 - 4 * (ratio - 1) * ratio * treated * success)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.where(b > 0, 2 * ratio * treated * success / (b + root), (b - root) / (2 * (ratio - 1)))
    variance = 1 / (
        1 / expected + 1 / (treated - expected) + 1 / (success - expected) + 1 / (control - success + expected)
    )
    residual = table[0, 0] - expected
    statistic = float((residual**2 / variance).sum())
    if tarone:
        statistic -= float(residual.sum() ** 2 / variance.sum())
    return ChiSquared(statistic, df, chi2_sf(statistic, df))
