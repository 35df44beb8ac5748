"""What a difference-in-differences rests on, and what the data say about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from causalkit._numerics._tails import f_sf
from causalkit._validate import counted
from causalkit.results import Check
from causalkit.results._format import p_text

if TYPE_CHECKING:
    from causalkit._typing import Verdict
    from causalkit.did._few_clusters import RandomizationTest
    from causalkit.did._result import RollOut
    from causalkit.results import JointTest

__all__ = [
    "anticipation_check",
    "clusters_check",
    "cohort_size_check",
    "controls_check",
    "fewest_compared",
    "interference_check",
    "no_placebo_check",
    "overlap_check",
    "placebo_check",
    "pre_trend_check",
    "too_few_check",
]

ALPHA: Final = 0.05
FEW_CLUSTERS: Final = 30
VERY_FEW_CLUSTERS: Final = 10
SMALL_COHORT: Final = 5
HIGH_SCORE: Final = 0.9


def pre_trend_check(test: JointTest | None, *, n_clusters: int) -> Check:
    """Whether cohorts and controls moved alike before treatment.

    The covariance of many effects is itself an estimate from few clusters: a chi-squared test of 18 effects rejects
    parallel trends of 40 clusters four times in five. Hotelling's reference distribution takes that into account.
    ``n_clusters`` are those of the smallest comparison among the effects: the test then keeps its level, or stays
    below it.
    """
    question = "Did treated and controls move alike before treatment?"
    if test is None or test.df == 0:
        return Check(
            name="pre-trends",
            question=question,
            verdict="untestable",
            reading="There is only one period before treatment, so the data cannot show whether trends were parallel.",
        )
    if test.df >= n_clusters:
        return Check(
            name="pre-trends",
            question=question,
            verdict="not run",
            reading=f"The smallest comparison has {counted(n_clusters, 'cluster')}, too few to test "
            f"{counted(test.df, 'effect')} before treatment together: look at the picture and at did.parallel_trends.",
        )
    statistic, p_value = _hotelling(test, n_clusters)
    seen = p_value <= ALPHA
    return Check(
        name="pre-trends",
        question=question,
        null="all effects before treatment are zero",
        verdict="questionable" if seen else "supported",
        statistic=statistic,
        df=test.df,
        p_value=p_value,
        reading=(
            f"Treated and controls already moved apart before treatment ({_p(p_value)}): part of the effect may "
            f"be a trend that was there anyway."
            if seen
            else f"No evidence that treated and controls moved apart before treatment ({_p(p_value)}); a "
            f"difference too small for these data to show could remain."
        ),
    )


def fewest_compared(roll_out: RollOut, *, control_group: str, n_clusters: int) -> int:
    """Clusters of the smallest comparison of a cohort with its controls."""
    cohorts, never = roll_out.n_units[:-1], int(roll_out.n_units[-1])
    later = cohorts[::-1].cumsum()[::-1] - cohorts if control_group == "not_yet_treated" else 0
    controls = never + later
    compared = (cohorts + controls)[(cohorts > 0) & (controls > 0)]
    return min(n_clusters, int(compared.min(initial=n_clusters)))


def _hotelling(test: JointTest, n_clusters: int) -> tuple[float, float]:
    """Statistic and p-value of Hotelling's test for a Wald statistic W of q restrictions on G clusters.

    ``W (G - q) / (q (G - 1))`` against F(q, G - q) (Hotelling 1931, Annals of Mathematical Statistics 2(3), 360-378).
    """
    wald = test.statistic if math.isinf(test.df_denom) else test.statistic * test.df
    rest = n_clusters - test.df
    statistic = wald * rest / (test.df * (n_clusters - 1))
    return statistic, f_sf(statistic, test.df, rest)


def anticipation_check(anticipation: float) -> Check:
    """Whether units change before they are treated: an assumption, with what is allowed for."""
    allowed = f"{anticipation:g} periods of anticipation are allowed for" if anticipation else "none is allowed for"
    return Check(
        name="anticipation",
        question="Did units change what they do before they were treated?",
        verdict="untestable",
        reading=f"No test can tell anticipation from a trend ({allowed}); ask when the treatment was announced.",
    )


def controls_check(roll_out: RollOut, control_group: str) -> Check:
    """Who the treated are compared with."""
    n_never = int(roll_out.n_units[-1])
    n_treated = int(roll_out.n_units[:-1].sum())
    if n_never == 0:
        verdict: Verdict = "questionable"
        reading = (
            "Everybody is treated in the end: the controls are those treated later, so the effect is known only until "
            "the last of them starts."
        )
    elif n_never < 0.05 * n_treated:
        verdict = "questionable"
        reading = f"Only {n_never:,} never-treated stand against {n_treated:,} treated; their luck moves every effect."
    else:
        verdict = "supported"
        others = " and those not yet treated" if control_group == "not_yet_treated" else ""
        reading = f"{n_never:,} never treated{others} stand in for what would have happened to {n_treated:,} treated."
    return Check(
        name="controls", question="Is there somebody to compare the treated with?", verdict=verdict, reading=reading
    )


def clusters_check(n_clusters: int, named: str) -> Check:
    """Whether there are enough clusters for normal intervals."""
    what = f"clusters of {named}" if named else "rows"
    if n_clusters < VERY_FEW_CLUSTERS:
        verdict: Verdict = "violated"
        reading = f"Only {n_clusters} {what}: read the wild cluster bootstrap or randomisation inference, not this."
    elif n_clusters < FEW_CLUSTERS:
        verdict = "questionable"
        reading = f"Only {n_clusters} {what}: the interval is likely too short; compare the wild cluster bootstrap."
    else:
        verdict = "supported"
        reading = f"{n_clusters:,} {what}: enough for the interval to be taken at its word."
    return Check(name="clusters", question="Are there enough independent clusters?", verdict=verdict, reading=reading)


def cohort_size_check(roll_out: RollOut) -> Check:
    """Whether cohorts are large enough to have an error of their own."""
    small = [name for name, n in zip(roll_out.cohorts, roll_out.n_units.tolist(), strict=False) if n < SMALL_COHORT]
    alone = [name for name, n in zip(roll_out.cohorts, roll_out.n_units.tolist(), strict=False) if n == 1]
    if alone:
        reading = (
            f"{counted(len(alone), 'cohort')} of one unit ({', '.join(alone[:3])}): standard errors there hold the "
            f"controls' variation only and are far too small."
        )
    elif small:
        reading = f"{counted(len(small), 'cohort')} of fewer than {SMALL_COHORT} units ({', '.join(small[:3])}): "
        reading += "standard errors of these are unreliable."
    else:
        reading = f"The smallest cohort has {int(roll_out.n_units[:-1].min()):,} units."
    return Check(
        name="cohort sizes",
        question="Is every cohort large enough?",
        verdict="questionable" if small else "supported",
        reading=reading,
    )


def overlap_check(largest: float, n_trimmed: int) -> Check:
    """Whether controls with the covariates of the treated exist."""
    high = n_trimmed > 0 or largest > HIGH_SCORE
    trimmed = f"; {n_trimmed:,} controls above 0.995 were left out" if n_trimmed else ""
    return Check(
        name="overlap",
        question="Are there controls like the treated?",
        verdict="questionable" if high else "supported",
        reading=(
            f"The largest propensity score among controls is {largest:.2f}{trimmed}"
            + (": a few controls speak for many treated." if high else ": every treated unit has controls like it.")
        ),
    )


def interference_check() -> Check:
    """Whether treated units leave the untreated alone: an assumption."""
    return Check(
        name="interference",
        question="Does treating some units change the outcome of others?",
        verdict="untestable",
        reading="No test can show it: if treated units drew orders from their controls, the effect would look too big.",
    )


def placebo_check(test: RandomizationTest) -> Check:
    """Whether the effect stands out among placebo assignments."""
    seen = test.p_value <= ALPHA
    how = "all possible" if test.enumerated else "random"
    return Check(
        name="placebo assignments",
        question="Does the effect stand out among those of clusters that were not treated?",
        null="the effect is zero for everybody",
        verdict="supported" if seen else "questionable",
        p_value=test.p_value,
        reading=(
            f"Of {test.effects.size:,} effects under {how} assignments the true one has rank {test.rank:,} "
            f"({_p(test.p_value)}): " + ("it stands out." if seen else "chance among the clusters explains as much.")
        ),
    )


def no_placebo_check(why: str) -> Check:
    """Placebo assignments that were called for and could not be made."""
    return Check(
        name="placebo assignments",
        question="Does the effect stand out among those of clusters that were not treated?",
        verdict="not run",
        reading=f"There are too few clusters for standard errors, and placebo assignments could not be made: {why}",
    )


def too_few_check() -> Check:
    """In place of the test of effects before treatment where its covariance means nothing."""
    return Check(
        name="pre-trends",
        question="Did treated and controls move alike before treatment?",
        verdict="untestable",
        reading="Too few treated clusters for a test: look at their paths before treatment beside those of the others.",
    )


def _p(p_value: float) -> str:
    text = p_text(p_value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"
