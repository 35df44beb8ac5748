"""Whether treated and untreated moved alike before treatment, and whether the data could have shown it if not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._clusters import cluster_robust
from causalkit._numerics._codes import combine_codes
from causalkit._numerics._linear import least_squares
from causalkit._numerics._pre_trend_power import trend_power
from causalkit._numerics._tails import two_sided_p
from causalkit.did._aggregate import aggregate
from causalkit.did._group_time import group_time
from causalkit.did._panel import read_panel
from causalkit.did._result import DidResult
from causalkit.errors import DesignError
from causalkit.results import Check, Checks, Effect, Record, Table
from causalkit.results._interval import significant
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, Columns, FloatArray, IntArray, IntoDataFrame, Missing, Verdict
    from causalkit.did._panel import Panel
    from causalkit.did._result import EffectPath
    from causalkit.results import JointTest

__all__ = ["ParallelTrends", "PreTrendPower", "parallel_trends"]

POWERS = (0.5, 0.8)
ALPHA = 0.05
# Standardised difference of a covariate before treatment beyond which groups are called unlike (Imbens and Rubin 2015).
UNLIKE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreTrendPower(Record):
    """Linear differences in trends that the joint test finds half of the time, and four times of five.

    Attributes
    ----------
    powers : (p,) array
        Probabilities that the test rejects at 5%.
    slopes : (p,) array
        Difference in trends per period that it takes.
    bias : (p,) array
        What such a trend adds to the average effect after treatment.
    bias_if_passed : (p,) array
        The same, averaged over the samples in which the test does not reject.
    """

    powers: FloatArray
    slopes: FloatArray
    bias: FloatArray
    bias_if_passed: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(
            powers=read_only(self.powers),
            slopes=read_only(self.slopes),
            bias=read_only(self.bias),
            bias_if_passed=read_only(self.bias_if_passed),
        )

    def table(self) -> Table:
        """Return one row per probability."""
        return Table(
            title="What the test before treatment can see",
            columns={
                "power": self.powers.tolist(),
                "slope": self.slopes.tolist(),
                "bias": self.bias.tolist(),
                "bias_if_passed": self.bias_if_passed.tolist(),
            },
            headings={
                "slope": "trend per period",
                "bias": "bias of average effect",
                "bias_if_passed": "bias if nothing is found",
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ParallelTrends(DidResult):
    """How treated and untreated moved before treatment.

    The headline is the slope of the difference per period before treatment; the path has the differences, each
    measured from the period before treatment, and after it too.

    Attributes
    ----------
    power : PreTrendPower
        What the joint test could have seen.
    balance : Table or None
        Covariates before treatment: levels and trends by group.
    """

    power: PreTrendPower
    balance: Table | None

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return f"Did {self.outcome} of the treated move like that of the untreated before treatment?"

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence, in units of the outcome."""
        seen = self.conf_int(level).format()
        slope = float(self.power.slopes[-1])
        return (
            f"Before treatment, the difference changed by {self.estimate:+,.4g} per period ({level:.0%} interval "
            f"{seen}). A trend of {significant(slope)} per period would have been seen with a probability of 80%."
        )

    def group_means(self) -> Table:
        """Return the mean outcome of each cohort by period."""
        roll_out = self.roll_out
        if roll_out is None:
            raise DesignError("The group means are not kept in this result.")
        names = [*roll_out.cohorts, "never treated"]
        present = [j for j, n in enumerate(roll_out.n_units.tolist()) if n > 0]
        return Table(
            title="Mean outcome by cohort and period",
            columns={
                "time": roll_out.periods,
                **{names[j]: roll_out.mean[j].tolist() for j in present},
            },
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the differences, the power of their test, and the covariates."""
        found = (*super().tables(level), self.power.table())
        return found if self.balance is None else (*found, self.balance)


def parallel_trends(
    data: IntoDataFrame,
    *,
    outcome: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    anticipation: float = 0,
    cluster: str | None = None,
    weights: str | None = None,
    missing: Missing = "raise",
) -> ParallelTrends:
    """Look at trends before treatment: their differences, a joint test, and what that test could have seen.

    No test of the periods before treatment shows that trends would have been parallel after it. A test that finds
    nothing says little if it could not have found what matters; so its power is told in trends per period, with the
    bias that such a trend brings, also in the samples that pass the test.

    Parameters
    ----------
    data : data frame
        One row per unit and period, or per observation of a cross-section.
    outcome, time : str
        Columns of the outcome and the period.
    unit : str, optional
        Column of the units; without it the rows are repeated cross-sections.
    cohort, treatment : str, optional
        One of the two: first treated period of the unit (missing for never), or 0/1 by row.
    covariates : str or list of str, optional
        Columns given which trends are to be parallel (doubly robust), and whose levels and trends are compared.
    anticipation : float
        Periods before the first treated one in which the treatment may already act.
    cluster : str, optional
        Column of groups of units within which errors may be correlated.
    weights : str, optional
        Column of weights.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    ParallelTrends
        Slope, differences by event time, joint test, power, covariates.

    Raises
    ------
    DesignError
        There is one period before treatment only, so that nothing can be seen.

    Notes
    -----
    Differences are those of :func:`group_time` with the last period before treatment as the base, averaged by event
    time: one cohort or several. The slope is the least-squares line through them and the zero of the base period. The
    power is that of the joint test at 5% against linear trends, exact for normal estimates.

    References
    ----------
    Roth, J. (2022). American Economic Review: Insights 4(3), 305-322. Bilinski, A. and Hatfield, L. A. (2018).
    Nothing to see here? arXiv:1805.03273, for telling what a test can see.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(400, rng=2, cohorts=(6,)).data
    >>> found = did.parallel_trends(df, outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found.checks["pre-trends"].verdict, found.power.slopes.round(2).tolist()
    ('supported', [0.34, 0.46])
    """
    cells = group_time(
        data,
        outcome=outcome,
        time=time,
        unit=unit,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        control_group="never_treated",
        base_period="universal",
        anticipation=anticipation,
        cluster=cluster,
        weights=weights,
        missing=missing,
    )
    found = aggregate(cells, by="event_time")
    path = found.path
    if path is None or not np.any(path.positions < path.reference):
        raise DesignError(
            "There is only one period before treatment: no trend can be seen in it. The assumption of parallel trends "
            "rests on what is known of the groups."
        )
    test = path.pre_trend()
    slope = _slope(path)
    power = _power(path)
    balance = None
    if covariates is not None:
        balance = _balance(
            read_panel(
                data,
                outcome=outcome,
                time=time,
                unit=unit,
                cohort=cohort,
                treatment=treatment,
                covariates=covariates,
                cluster=cluster,
                weights=weights,
                missing=missing,
                anticipation=anticipation,
                for_few_clusters=True,
            )
        )
    own = ("pre-trends", "controls", "cohort sizes")
    checks = (
        _joint_check(test),
        _slope_check(slope),
        _power_check(power),
        *(() if balance is None else (_balance_check(balance),)),
        *(check for name, check in found.checks.items() if name not in own),
    )
    return ParallelTrends(
        method="Differences in trends before treatment",
        effect=slope,
        sample=found.sample,
        checks=Checks(checks),
        roles=found.roles,
        options={"anticipation": anticipation, "missing": missing},
        warnings=found.warnings,
        backend=found.backend,
        roll_out=found.roll_out,
        path=path,
        power=power,
        balance=balance,
    )


def _slope(path: EffectPath) -> Effect:
    """Least-squares slope of the differences before treatment and the zero of the base period."""
    before = path.positions < path.reference
    at = np.append(path.positions[before], path.reference)
    leaning = at - at.mean()
    weights = np.zeros(path.positions.size)
    weights[before] = (leaning / float(leaning @ leaning))[:-1]
    variance = float(weights @ path.effects.cov @ weights)
    return Effect(
        estimand="slope before treatment",
        estimate=float(weights @ path.effects.estimates),
        std_error=math.sqrt(max(variance, 0.0)),
        df=path.effects.df,
    )


def _power(path: EffectPath) -> PreTrendPower:
    before = np.flatnonzero(path.positions < path.reference)
    after = np.flatnonzero(path.is_post)
    order = np.concatenate([before, after])
    found = trend_power(
        path.effects.cov[np.ix_(order, order)],
        (path.positions - path.reference)[order],
        before.size,
        powers=np.array(POWERS),
        size=ALPHA,
    )
    return PreTrendPower(
        powers=np.array(POWERS),
        slopes=found.slopes,
        bias=found.bias.mean(axis=1),
        bias_if_passed=found.bias_if_passed.mean(axis=1),
    )


def _joint_check(test: JointTest | None) -> Check:
    question = "Are all differences before treatment zero?"
    if test is None or test.df == 0 or math.isnan(test.p_value):
        return Check(
            name="pre-trends",
            question=question,
            verdict="not run",
            reading="The differences before treatment have no variance: there is nothing to test.",
        )
    verdict: Verdict = "supported" if test.p_value >= ALPHA else "violated"
    return Check(
        name="pre-trends",
        question=question,
        null="all differences before treatment are zero",
        statistic=test.statistic,
        df=float(test.df),
        p_value=test.p_value,
        verdict=verdict,
        reading=(
            "No evidence against: differences before treatment are within what chance explains; see the power of the "
            "test for what it would have missed."
            if verdict == "supported"
            else "Groups moved apart already before treatment: part of an effect may be that trend. See "
            "did.sensitivity for what is left if it continues."
        ),
    )


def _slope_check(slope: Effect) -> Check:
    verdict: Verdict = "not run"
    reading = "The slope has no variance: there is nothing to test."
    if slope.std_error > 0:
        verdict = "supported" if slope.p_value >= ALPHA else "violated"
        reading = (
            f"No evidence of a steady drift: {slope.estimate:+.4g} per period, within chance."
            if verdict == "supported"
            else f"The difference drifted by {slope.estimate:+.4g} per period before treatment."
        )
    return Check(
        name="slope",
        question="Did the difference drift steadily?",
        null="the slope before treatment is zero",
        statistic=slope.statistic,
        df=slope.df,
        p_value=slope.p_value,
        verdict=verdict,
        reading=reading,
    )


def _power_check(power: PreTrendPower) -> Check:
    slope, bias = significant(float(power.slopes[-1])), significant(float(power.bias[-1]))
    passed = significant(float(power.bias_if_passed[-1]))
    return Check(
        name="power",
        question="What trend could the joint test have missed?",
        verdict="untestable",
        reading=f"One of {slope} per period is missed one time in five. It would move the average effect by {bias}, "
        f"and by {passed} on average when the test finds nothing: if effects of that size matter, it is no comfort.",
        table=power.table(),
    )


def _balance(panel: Panel) -> Table:
    """Compare levels and trends of covariates, on the rows before anyone is treated."""
    early = panel.time < int(panel.first_treated[: panel.n_cohorts].min())
    treated = (panel.group < panel.n_cohorts)[early]
    when = panel.periods.values[panel.time][early]
    w = np.ones(int(early.sum())) if panel.weights is None else panel.weights[early]
    clusters = combine_codes([panel.clusters[early]], [panel.n_clusters])[0]
    columns: dict[str, list[float]] = {name: [] for name in ("treated", "control", "difference", "trend", "p_value")}
    both = bool(treated.any() and not treated.all())
    for values in panel.covariates[early].T:
        means, spread = zip(*(_mean_and_variance(values[arm], w[arm]) for arm in (treated, ~treated)), strict=True)
        size = math.sqrt(sum(spread) / 2.0)
        trend, p_value = _trend(values, treated, when, w, clusters) if both else (math.nan, math.nan)
        found = (*means, (means[0] - means[1]) / size if size > 0 else math.nan, trend, p_value)
        for column, value in zip(columns.values(), found, strict=True):
            column.append(value)
    return Table(
        title="Covariates before treatment",
        columns={"covariate": panel.covariate_names, **columns},
        headings={
            "difference": "difference in std. deviations",
            "trend": "difference in trends per period",
            "p_value": "p of trend",
        },
    )


def _mean_and_variance(values: FloatArray, weights: FloatArray) -> tuple[float, float]:
    if values.size == 0:
        return math.nan, math.nan
    mean = float(np.average(values, weights=weights))
    return mean, float(np.average(np.square(values - mean), weights=weights))


def _trend(
    values: FloatArray, treated: BoolArray, when: FloatArray, weights: FloatArray, clusters: IntArray
) -> tuple[float, float]:
    """Difference of the groups' slopes over time, and its clustered p-value; NaN for what does not change."""
    if np.ptp(when) == 0 or clusters.max() < 1:
        return math.nan, math.nan
    arm = treated.astype(np.float64)
    fit = least_squares(np.column_stack([arm, when, arm * when]), values, weights=weights)
    found = cluster_robust(fit, clusters)
    error = math.sqrt(max(float(found.matrix[3, 3]), 0.0))
    slope = float(fit.coefficients[3])
    if error <= 1e-12 * max(abs(slope), float(np.ptp(values)) / float(np.ptp(when))):
        return 0.0 if abs(slope) <= 1e-12 * float(np.ptp(values)) else slope, math.nan
    return slope, float(two_sided_p(slope / error, float(found.df)))


def _balance_check(balance: Table) -> Check:
    names = [str(each) for each in balance["covariate"]]
    unlike = [
        name
        for name, gap, p_value in zip(names, balance["difference"], balance["p_value"], strict=True)
        if (isinstance(gap, float) and abs(gap) > UNLIKE) or (isinstance(p_value, float) and p_value < ALPHA)
    ]
    return Check(
        name="covariates",
        question="Are the groups alike before treatment?",
        verdict="questionable" if unlike else "supported",
        reading=(
            f"Groups differ in {', '.join(unlike[:5])}{', ...' if len(unlike) > 5 else ''}, in level or trend: trends "
            f"of the outcome that go with them would not be parallel. They are adjusted for here."
            if unlike
            else "Levels and trends of the covariates are alike in both groups."
        ),
        table=balance,
    )
