"""Two groups, two periods: the difference of the differences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from causalkit._numerics._clusters import cluster_robust, cluster_sums
from causalkit._numerics._did_cross_sections import compare_cross_sections
from causalkit._numerics._did_doubly_robust import Method, compare
from causalkit._numerics._linear import least_squares
from causalkit._numerics._sandwich import Covariance, classical, heteroskedastic
from causalkit._numerics._standardize import standardize
from causalkit._numerics._wild import wild_cluster
from causalkit._validate import choice, labels, listed
from causalkit.did._checks import overlap_check
from causalkit.did._two_by_two_design import read_two_by_two
from causalkit.did._two_by_two_result import CELLS, TwoByTwoResult, WildClusters
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.results import Check, Checks, Effect, Effects

if TYPE_CHECKING:
    from causalkit._frames._levels import Label
    from causalkit._numerics._linear import LinearFit
    from causalkit._typing import BoolArray, Columns, FloatArray, IntArray, IntoDataFrame, Missing, Verdict
    from causalkit.did._two_by_two_design import TwoByTwoDesign

__all__ = ["two_by_two"]

CovType: TypeAlias = Literal["iid", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1"]
Adjustment: TypeAlias = Literal["doubly_robust", "regression", "ipw", "linear"]
CLUSTERED = ("CR0", "CR1")
# With fewer clusters than this the interval comes from the wild bootstrap, over all sign vectors.
WILD_BELOW = 10
ROLES = ("outcome", "treated", "post", "unit", "cluster", "covariates", "weights")


def two_by_two(
    data: IntoDataFrame,
    *,
    outcome: str,
    treated: str,
    post: str,
    unit: str | None = None,
    cluster: str | None = None,
    covariates: Columns | None = None,
    method: Adjustment | None = None,
    weights: str | None = None,
    cov_type: CovType | None = None,
    treated_label: Label | None = None,
    post_label: Label | None = None,
    missing: Missing = "raise",
) -> TwoByTwoResult:
    """Difference-in-differences of two groups, before and after a change.

    The change among the treated minus the change among the controls. It is the average effect on the treated (ATT) if
    both groups would have moved in parallel without treatment; with covariates, if groups with the same covariates
    would have.

    Parameters
    ----------
    data : data frame
        One row per unit and period, or per observation of a cross-section; pandas, polars or any frame narwhals reads.
    outcome, treated, post : str
        Columns: the outcome; 0/1, the unit belongs to the treated group, before as well as after; 0/1, the row is
        after the change.
    unit : str, optional
        Column of the units, where they repeat: errors are then clustered by unit, and the treated are counted as units.
    cluster : str, optional
        Column of groups of units within which errors may be correlated.
    covariates : str or list of str, optional
        Columns on which the trend may depend; of a panel, their values before the change.
    method : {"doubly_robust", "regression", "ipw", "linear"}, optional
        What covariates do. The first (the default) combines the next two: predict the change of the treated from a
        regression among the controls, or weight the controls by the odds of treatment (Sant'Anna and Zhao 2020).
        ``"linear"`` adds them to the regression with one slope for all, as textbooks do; it needs effects that do not
        depend on them.
    weights : str, optional
        Column of weights.
    cov_type : {"HC1", "iid", "HC0", "HC2", "HC3", "CR1", "CR0"}, optional
        For means and ``"linear"``: robust (the default), equal variances as textbooks print, other robust ones; with
        units or clusters CR1 (the default) or CR0.
    treated_label, post_label : label, optional
        What the columns call the treated, and the time after, where they are not 0/1.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    TwoByTwoResult
        The effect, and the four means with their differences.

    Raises
    ------
    DataError
        A column is missing, an indicator is not 0/1, or the group changes within a unit.
    DesignError
        A cell is empty, or covariates separate the groups.
    OptionError
        Options that contradict one another.

    Notes
    -----
    Without covariates, and with ``"linear"``, this is the saturated regression of the outcome on group, period and
    their product, and its standard errors; t quantiles with the residual degrees of freedom, or the clusters less one.
    The other methods have standard errors from influence functions (of units or rows, summed within clusters, with
    the factor ``G / (G - 1)``) and normal quantiles. With fewer than ten clusters the interval of the regression
    inverts the wild cluster bootstrap over all sign vectors.

    References
    ----------
    Card, D. and Krueger, A. (1994). American Economic Review 84(4), 772-793. Sant'Anna, P. H. C. and Zhao, J. (2020).
    Journal of Econometrics 219(1), 101-122. Bertrand, M., Duflo, E. and Mullainathan, S. (2004). Quarterly Journal of
    Economics 119(1), 249-275, for why units must be clusters.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(300, rng=1, cohorts=(6,)).data
    >>> df["ever"], df["after"] = df.launch_week.notna(), df.week >= 6
    >>> res = did.two_by_two(df, outcome="orders", treated="ever", post="after", unit="city")
    >>> res.four_means()["group"], res.sample.n_units, res.sample.n_clusters
    (('treated', 'controls', 'difference'), 300, 300)
    """
    names = () if covariates is None else labels("covariates", covariates, least=0)
    if method is not None:
        choice("method", method, get_args(Adjustment))
        if not names:
            raise OptionError(f"method={method!r} says what covariates do; name them with covariates=[...].")
    how: Adjustment | None = (method or "doubly_robust") if names else None
    clustered = unit is not None or cluster is not None
    kind = _cov_type(cov_type, how, clustered=clustered)
    design = read_two_by_two(
        data,
        outcome=outcome,
        treated=treated,
        post=post,
        unit=unit,
        cluster=cluster,
        covariates=names or None,
        weights=weights,
        treated_label=treated_label,
        post_label=post_label,
        missing=missing,
    )
    saturated = _regression(design, np.empty((design.n, 0)), kind)
    if how in ("doubly_robust", "regression", "ipw"):
        found = _adjusted(design, how)
    else:
        found = saturated if how is None else _regression(design, design.covariates, kind)
    _warn_of_exact_fit(design, found)
    return TwoByTwoResult(
        method=_METHODS[how],
        effect=found.effect,
        sample=design.sample(found.dropped),
        checks=Checks((_trend_check(how), *found.checks)),
        roles={role: columns for role in ROLES if (columns := design.rows.names(role))},
        options={"method": how, "cov_type": found.cov_type, "missing": missing},
        warnings=design.warned.messages,
        backend=design.rows.backend,
        means=_four_means(saturated),
        n_rows_by_cell=np.bincount(design.cell, minlength=4).astype(np.int64),
    )


_METHODS = {
    None: "Difference-in-differences, two groups, two periods",
    "linear": "Difference-in-differences, two groups, two periods; covariates in the regression",
    "regression": "Difference-in-differences, two groups, two periods; regression adjustment",
    "ipw": "Difference-in-differences, two groups, two periods; inverse probability weighting",
    "doubly_robust": "Difference-in-differences, two groups, two periods; doubly robust",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Estimate:
    """The effect, and what goes with it."""

    effect: Effect
    cov_type: str
    checks: tuple[Check, ...] = ()
    dropped: dict[str, int] | None = None
    fit: LinearFit | None = None
    covariance: Covariance | None = None


def _cov_type(cov_type: CovType | None, how: Adjustment | None, *, clustered: bool) -> CovType:
    default: CovType = "CR1" if clustered else "HC1"
    if cov_type is None:
        return default
    kind: CovType = choice("cov_type", cov_type, get_args(CovType))
    if how in ("doubly_robust", "regression", "ipw"):
        raise OptionError(
            f"cov_type={cov_type!r} is for regressions; the standard errors of method={how!r} come from influence "
            f"functions."
        )
    if clustered != (kind in CLUSTERED):
        allowed = listed([each for each in get_args(CovType) if (each in CLUSTERED) == clustered])
        which = "with unit= or cluster=" if clustered else "without unit= and cluster="
        raise OptionError(f"cov_type={cov_type!r} does not go {which}; choose one of {allowed}.")
    return kind


def _regression(design: TwoByTwoDesign, covariates: FloatArray, cov_type: CovType) -> _Estimate:
    """Regress on group, period, their product and covariates; the product's coefficient is the effect."""
    d, t = design.treated.astype(np.float64), design.post.astype(np.float64)
    fit = least_squares(np.column_stack([d, t, d * t, covariates]), design.outcome, weights=design.weights)
    _name_dropped(design, (fit.design.dropped - 3).tolist())
    found = _covariance(design, fit, cov_type)
    std_error = math.sqrt(max(float(found.matrix[3, 3]), 0.0)) if found.df > 0 else math.nan
    effect = Effect(estimand="ATT", estimate=float(fit.coefficients[3]), std_error=std_error, df=float(found.df))
    if design.clusters is not None and design.n_clusters < WILD_BELOW and std_error > 0:
        effect = _with_wild_interval(effect, fit, design.clusters)
    return _Estimate(effect, cov_type, fit=fit, covariance=found)


def _covariance(design: TwoByTwoDesign, fit: LinearFit, cov_type: CovType) -> Covariance:
    """Covariance of the coefficients; unknown where nothing is left of the rows to learn it from."""
    if fit.df_resid <= 0:
        size = fit.coefficients.size
        return Covariance(matrix=np.full((size, size), np.nan), df=0)
    if design.clusters is not None:
        return cluster_robust(fit, design.clusters, small_sample="full" if cov_type == "CR1" else "none")
    if cov_type == "iid":
        return classical(fit)
    if cov_type in ("HC0", "HC1", "HC2", "HC3"):
        return heteroskedastic(fit, kind=cov_type)
    raise OptionError(f"cov_type={cov_type!r} needs unit= or cluster=.")


def _with_wild_interval(effect: Effect, fit: LinearFit, clusters: IntArray) -> Effect:
    """Return the effect with the interval that inverts the bootstrap over all sign vectors."""
    contrast = np.zeros(fit.coefficients.size)
    contrast[3] = 1.0
    n_draws = 2 ** (int(clusters.max()) + 1)
    found = wild_cluster(fit, clusters, contrast, n_draws=n_draws, rng=np.random.default_rng(0))
    uncertainty = WildClusters(
        estimate=found.estimate,
        std_error=found.std_error,
        per_effect=found.per_effect,
        numerator=found.numerator,
        variance=found.variance,
    )
    return Effect(
        estimand=effect.estimand,
        estimate=effect.estimate,
        std_error=effect.std_error,
        df=effect.df,
        uncertainty=uncertainty,
    )


def _four_means(saturated: _Estimate) -> Effects:
    """Means and their covariance, from the saturated regression."""
    fit, found = saturated.fit, saturated.covariance
    if fit is None or found is None:
        raise TypeError("The four means come from a regression.")
    to_means = np.array([[1.0, 0, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]])
    return Effects(
        dimension="cell",
        labels=CELLS,
        estimates=to_means @ fit.coefficients,
        cov=to_means @ found.matrix @ to_means.T,
        df=float(found.df),
    )


def _name_dropped(design: TwoByTwoDesign, positions: list[int]) -> None:
    gone = [design.covariate_names[j] for j in positions if j >= 0]
    if gone:
        design.warned.add(
            f"covariates {listed(gone)} left out: constant, or combinations of the group, the period and the other "
            f"covariates.",
            DesignWarning,
        )


def _warn_of_exact_fit(design: TwoByTwoDesign, found: _Estimate) -> None:
    error = found.effect.std_error
    if math.isnan(error):
        design.warned.add(
            "There are as many parameters as rows: the double difference is known, its error is not.", DesignWarning
        )
    elif error <= 1e-12 * max(abs(found.effect.estimate), float(np.ptp(design.outcome))):
        design.warned.add(
            f"{design.rows.names('outcome')[0]!r} is constant or fitted exactly: standard errors are zero, and tests "
            f"say nothing.",
            DesignWarning,
        )


def _adjusted(design: TwoByTwoDesign, how: Method) -> _Estimate:
    """Compare groups whose covariates are brought together, on changes of units or on two cross-sections."""
    if design.unit is not None:
        panel = _changes_of_units(design, design.unit)
        if panel is not None:
            return panel.estimate(design, how)
    return _on_cross_sections(design, how)


@dataclass(frozen=True, slots=True, eq=False)
class _Changes:
    """Change of each unit seen before and after."""

    change: FloatArray
    covariates: FloatArray
    treated: BoolArray
    clusters: IntArray
    weights: FloatArray | None
    n_rows_lost: int

    def estimate(self, design: TwoByTwoDesign, how: Method) -> _Estimate:
        z = _regressors(design, self.covariates)
        w, y, arms = self.weights, self.change[:, None], (self.treated, ~self.treated)
        one, two = ((z[:, arm], y[arm], None if w is None else w[arm]) for arm in arms)
        found = compare(one, two, method=how)
        _refuse_unidentified(found.is_identified)
        influence = np.empty(y.size)
        for arm, (regressors, changes, weights) in zip(arms, (one, two), strict=True):
            influence[arm] = found.influence(regressors, changes, weights, treated=arm is self.treated)[:, 0]
        dropped = {"seen only before or only after": self.n_rows_lost} if self.n_rows_lost else None
        effect = _from_influence(float(found.gap[0]), influence, self.clusters)
        return _Estimate(effect, "influence", _overlap(how, found.largest_odds, found.n_trimmed), dropped)


def _changes_of_units(design: TwoByTwoDesign, unit: IntArray) -> _Changes | None:
    """Mean after less mean before, unit by unit; None if no unit is seen in both."""
    n_units = int(unit.max()) + 1
    w: FloatArray = np.ones(design.n) if design.weights is None else design.weights
    start = float(design.outcome[0])
    sums = np.zeros((n_units, 2))
    weight = np.zeros((n_units, 2))
    at = unit, design.post.astype(np.int64)
    np.add.at(weight, at, w)
    np.add.at(sums, at, w * (design.outcome - start))
    both = np.logical_and(weight[:, 0] > 0, weight[:, 1] > 0)
    first = design.first_rows()
    treated = design.treated[first]
    if not (both & treated).any() or not (both & ~treated).any():
        return None
    before = ~design.post
    covariates = np.column_stack(
        [cluster_sums((column * w)[before], unit[before], n_units) for column in design.covariates.T]
    )
    means = sums[both] / weight[both]
    clusters = unit if design.clusters is None else design.clusters
    return _Changes(
        change=means[:, 1] - means[:, 0],
        covariates=covariates[both] / weight[both, :1],
        treated=treated[both],
        clusters=clusters[first[both]],
        weights=None if design.weights is None else weight[both, 0] / float(weight[both, 0].mean()),
        n_rows_lost=int(np.count_nonzero(~both[unit])),
    )


def _on_cross_sections(design: TwoByTwoDesign, how: Method) -> _Estimate:
    """Compare the four samples."""
    z, y = _regressors(design, design.covariates), design.outcome - float(design.outcome[0])
    w = None if design.weights is None else design.weights / float(design.weights.mean())
    members = [np.flatnonzero(design.cell == code) for code in range(4)]
    arms = [(z[:, rows], y[rows], None if w is None else w[rows]) for rows in members]
    found = compare_cross_sections((arms[2], arms[3]), (arms[0], arms[1]), method=how)
    _refuse_unidentified(found.is_identified)
    influence = np.empty(design.n)
    for code, (rows, arm) in enumerate(zip(members, arms, strict=True)):
        influence[rows] = found.influence(*arm, treated=code >= 2, post=code % 2 == 1)
    clusters = np.arange(design.n) if design.clusters is None else design.clusters
    effect = _from_influence(found.gap, influence, clusters)
    return _Estimate(effect, "influence", _overlap(how, found.largest_odds, found.n_trimmed))


def _regressors(design: TwoByTwoDesign, values: FloatArray) -> FloatArray:
    """Constant and standardised covariates, (q, n)."""
    basis, z = standardize(values, np.ones(len(values)))
    _name_dropped(design, np.flatnonzero(~basis.kept).tolist())
    return z


def _refuse_unidentified(is_identified: bool) -> None:  # noqa: FBT001 - one argument, private
    if not is_identified:
        raise DesignError(
            "The covariates separate the groups: there are treated whom no control resembles, so nothing says how they "
            "would have moved. Leave out covariates, or the rows outside the common support."
        )


def _from_influence(estimate: float, influence: FloatArray, clusters: IntArray) -> Effect:
    sums = cluster_sums(influence, clusters, int(clusters.max()) + 1)
    n = int(np.unique(clusters).size)
    variance = float(sums @ sums) * n / (n - 1) if n > 1 else math.nan
    return Effect(estimand="ATT", estimate=estimate, std_error=math.sqrt(variance))


def _overlap(how: Method, largest_odds: float, n_trimmed: int) -> tuple[Check, ...]:
    if how == "regression":
        return ()
    return (overlap_check(largest_odds / (1.0 + largest_odds), n_trimmed),)


def _trend_check(how: Adjustment | None) -> Check:
    verdict: Verdict = "untestable"
    alike = "" if how is None else " with the same covariates"
    return Check(
        name="parallel trends",
        question=f"Without the change, would treated and controls{alike} have moved alike?",
        verdict=verdict,
        reading="Taken for granted: one period before the change shows no trend. With more periods, "
        "did.parallel_trends looks at those before.",
    )
