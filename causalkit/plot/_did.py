"""Pictures of differences-in-differences: effects along their path, cohorts' trends, and who is treated when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from causalkit.did import (
    BaconDecomposition,
    DidEstimate,
    DidResult,
    EffectPath,
    GroupTime,
    ParallelTrends,
    RandomizationTest,
    Sensitivity,
    TwfeWeights,
    TwoByTwoResult,
    Variations,
)
from causalkit.errors import OptionError
from causalkit.plot import _did_evidence as evidence
from causalkit.plot import _did_marks as marks
from causalkit.plot import _style
from causalkit.plot._dispatch import Picture, all_pictures, main_picture
from causalkit.plot._forest import forest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from causalkit._typing import FloatArray
    from causalkit.did import RollOut

_LEVEL: Final = 0.95
_MOST_LINES: Final = 24
_ALONG: Final = {"event_time": "periods since treatment started", "cohort": "first treated period", "time": "period"}


@main_picture.register(DidResult)
def effects(result: DidResult, *, ax: Axes | None = None) -> Axes:
    """Draw the effects along their path, or the one effect where there is no path."""
    if result.path is None:
        return forest(result, ax=ax, title=result.question())
    return _path(result.path, ax=ax, outcome=result.outcome)


@main_picture.register(EffectPath)
def _path_alone(path: EffectPath, *, ax: Axes | None = None) -> Axes:
    return _path(path, ax=ax, outcome="the outcome")


def _path(path: EffectPath, *, ax: Axes | None, outcome: str) -> Axes:
    """Draw point and whisker for each effect, the band for all, and the reference period hollow."""
    ax = _style.new_axes(ax)
    inner = path.effects
    reference = [] if np.isnan(path.reference) else [path.reference]
    by_position = dict(zip(path.positions.tolist(), inner.labels, strict=True))
    by_position |= {each: f"{each:g}" for each in reference}
    marks.path(
        ax,
        path.positions,
        inner.estimates,
        is_post=path.is_post,
        pointwise=path.bands(_LEVEL),
        uniform=path.bands(_LEVEL, kind="uniform"),
        reference=reference,
        labels=[marks.signed(label) for _, label in sorted(by_position.items())],
        connected=inner.dimension != "cohort",
    )
    _style.legend_below(ax, columns=2)
    along = _ALONG.get(inner.dimension, inner.dimension)
    return _style.finish(ax, title=f"Effect on {outcome} by {along}", x=along, y=f"effect on {outcome}")


def trends(result: DidResult, *, ax: Axes | None = None) -> Axes:
    """Draw the mean outcome of each cohort over time, and dashed what it would have been without treatment."""
    roll_out = _roll_out(result)
    shown = [row for row in range(roll_out.mean.shape[0]) if roll_out.n_units[row] > 0]
    # The legend takes two columns below: three lines in four inches, and more below where there are more cohorts.
    ax = _style.new_axes(ax, figsize=(7.2, 4.4 + 0.11 * max(0, len(shown) - 4)))
    first = first_periods(roll_out)
    marks.cohort_trends(
        ax,
        roll_out.period_values,
        roll_out.mean[shown],
        _without_treatment(result, roll_out),
        first=first,
        names=[_cohort_name(roll_out, row) for row in shown],
    )
    marks.period_axis(ax, roll_out.period_values, roll_out.periods)
    _style.legend_below(ax, columns=2)
    time = result.roles["time"][0]
    return _style.finish(ax, title=f"Mean {result.outcome} by cohort", x=time, y=f"mean of {result.outcome}")


def treatment_timing(result: DidResult, *, ax: Axes | None = None) -> Axes:
    """Draw who is treated when."""
    roll_out = _roll_out(result)
    n_periods = len(roll_out.periods)
    shown = [row for row in range(roll_out.mean.shape[0]) if roll_out.n_units[row] > 0]
    first = [*first_periods(roll_out), n_periods]
    ax = _style.new_axes(ax, figsize=(7.2, 1.6 + 0.34 * len(shown)), grid="none")
    marks.timing(
        ax,
        first=[first[row] for row in shown],
        n_periods=n_periods,
        units=[int(roll_out.n_units[row]) for row in shown],
        names=[[*roll_out.cohorts, "never"][row] for row in shown],
        columns=roll_out.periods,
    )
    _style.legend_below(ax, columns=2)
    what = "rows" if "unit" not in result.roles else "units"
    return _style.finish(ax, title="Who is treated when", x=result.roles["time"][0], y=f"first treated ({what})")


def first_periods(roll_out: RollOut) -> list[int]:
    """Position of the first treated period of each cohort among the periods."""
    found: list[int] = np.searchsorted(roll_out.period_values, roll_out.cohort_values).tolist()
    return found


def _cohort_name(roll_out: RollOut, row: int) -> str:
    n = int(roll_out.n_units[row])
    name = "never treated" if row == len(roll_out.cohorts) else f"first treated {roll_out.cohorts[row]}"
    return f"{name} ({n:,})"


def _without_treatment(result: DidResult, roll_out: RollOut) -> FloatArray:
    """Mean less ATT(g, t) by cohort and period; NaN where it is not known."""
    out = np.full((len(roll_out.cohorts), len(roll_out.periods)), np.nan)
    by_cell = result.cells if isinstance(result, DidEstimate) else result
    if isinstance(by_cell, GroupTime):
        cells = by_cell.cells
        known = cells.is_post & ~cells.is_reference
        at = cells.cohort[known], cells.time[known]
        out[at] = roll_out.mean[at] - cells.estimates[known]
        return out
    path = result.path
    if len(roll_out.cohorts) == 1 and path is not None and path.effects.dimension == "event_time":
        effect = dict(zip(path.positions.tolist(), path.effects.estimates.tolist(), strict=True))
        since = roll_out.period_values - roll_out.cohort_values[0]
        out[0] = [
            mean - effect.get(e, np.nan) if e >= 0 else np.nan
            for mean, e in zip(roll_out.mean[0].tolist(), since.tolist(), strict=True)
        ]
    return out


def _roll_out(result: DidResult) -> RollOut:
    if result.roll_out is None:
        raise OptionError("This result holds no roll-out; did.estimate(...) and did.group_time(...) keep it.")
    return result.roll_out


def naive_beside(result: DidEstimate, *, ax: Axes | None = None) -> Axes:
    """Draw the estimate and two-way fixed effects, one to a line."""
    rows = {"this estimate": result.effect}
    if result.naive is not None:
        rows["two-way fixed effects"] = result.naive.effect
    return forest(rows, ax=ax, title=f"Effect on {result.outcome}")


def group_time_of(result: DidEstimate, *, ax: Axes | None = None) -> Axes:
    """Draw the effects by cohort and period behind the estimate."""
    return group_time_map(result.cells, ax=ax)


def naive_weights(result: DidEstimate, *, ax: Axes | None = None) -> Axes:
    """Draw the weights that two-way fixed effects give to the effects."""
    if result.naive_weights is None:
        raise OptionError("There are no weights: with one cohort two-way fixed effects mix nothing.")
    return effect_weights(result.naive_weights, ax=ax)


def placebo_assignments(result: DidEstimate, *, ax: Axes | None = None) -> Axes:
    """Draw what other assignments of the treatment would have found."""
    if result.placebo is None:
        raise OptionError("There are no placebo assignments here; did.randomization_inference(...) draws them.")
    return randomization(result.placebo, ax=ax)


@all_pictures.register(DidResult)
def _pictures(result: DidResult) -> tuple[Picture, ...]:
    drawings: list[tuple[str, Any]] = []
    if isinstance(result, ParallelTrends):
        drawings.append(("Differences before treatment, and the trends that their test would have seen.", pre_trends))
    elif isinstance(result, GroupTime):
        drawings.append(("Effect on each cohort in each period; a line marks the first treated one.", group_time_map))
    elif result.path is None:
        drawings.append(("The effect with its 95% interval.", effects))
    else:
        drawings.append(("Effects with their 95% intervals and a band for all of them.", effects))
    if result.roll_out is not None:
        drawings.append(("Mean outcome of each cohort over time.", trends))
    if isinstance(result, DidEstimate):
        drawings += _of_recipe(result)
    if result.roll_out is not None:
        drawings.append(("Who is treated when.", treatment_timing))
    return tuple(Picture(caption, partial(draw, result)) for caption, draw in drawings)


def _of_recipe(result: DidEstimate) -> list[tuple[str, Any]]:
    """Pictures of what the recipe shows beside its estimate."""
    found: list[tuple[str, Any]] = []
    if result.placebo is not None:
        found.append(("The effect beside those of placebo assignments.", placebo_assignments))
    if len(result.cells.cells) > 1:
        found.append(("Effect on each cohort in each period; a line marks the first treated one.", group_time_of))
    if result.naive is not None:
        found.append(("The estimate beside two-way fixed effects.", naive_beside))
    if result.naive_weights is not None:
        found.append(("Weights that two-way fixed effects give to each effect.", naive_weights))
    return found


@main_picture.register(GroupTime)
def group_time_map(result: GroupTime, *, ax: Axes | None = None) -> Axes:
    """Draw ATT(g, t) as a map of cohorts by periods; a line marks the first treated period."""
    roll_out, cells = _roll_out(result), result.cells
    shape = (len(roll_out.cohorts), len(roll_out.periods))
    values, before = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    shown = ~cells.is_reference
    at = cells.cohort[shown], cells.time[shown]
    values[at], before[at] = cells.estimates[shown], ~cells.is_post[shown]
    ax = _style.new_axes(ax, figsize=(7.2, 1.6 + 0.42 * shape[0]), grid="none")
    marks.cell_map(
        ax,
        values,
        rows=roll_out.cohorts,
        columns=roll_out.periods,
        legend=f"effect on {result.outcome}",
        first=first_periods(roll_out),
        faded=before,
    )
    time = result.roles["time"][0]
    return _style.finish(ax, title=f"ATT(g, t): effect on {result.outcome} by cohort", x=time, y="first treated")


@main_picture.register(ParallelTrends)
def pre_trends(result: ParallelTrends, *, ax: Axes | None = None) -> Axes:
    """Draw the differences before and after treatment, and the trends that their test would have seen."""
    path = result.path
    if path is None:
        return forest(result, ax=ax, title=result.question())
    ax = _path(path, ax=ax, outcome=result.outcome)
    start = 0.0 if np.isnan(path.reference) else path.reference
    shown = np.array([path.positions.min(), max(path.positions.max(), start)])
    for power, slope in zip(result.power.powers.tolist(), result.power.slopes.tolist(), strict=True):
        ax.plot(
            shown, slope * (shown - start), color=_style.VERMILLION, linewidth=1.2, alpha=power, zorder=2,
            linestyle=(0, (5, 2)), label=f"trend seen with a probability of {power:.0%}",
        )  # fmt: skip
    _style.legend_below(ax, columns=2)
    return _style.finish(ax, title=f"Did {result.outcome} move alike before treatment?")


@main_picture.register(TwoByTwoResult)
def two_by_two(result: TwoByTwoResult, *, ax: Axes | None = None) -> Axes:
    """Draw the means of both groups before and after, and the treated without the effect."""
    ax = _style.new_axes(ax)
    evidence.two_lines(
        ax,
        np.reshape(result.means.estimates, (2, 2)),
        effect=result.estimate,
        periods=("before", "after"),
        arms=("controls", "treated"),
    )
    _style.legend_below(ax, columns=3)
    given = " given the covariates" if result.roles.get("covariates") else ""
    return _style.finish(
        ax,
        title=f"The two differences in {result.outcome}{given}",
        x="period",
        y=f"mean of {result.outcome}",
    )


@all_pictures.register(TwoByTwoResult)
def _two_by_two_alone(result: TwoByTwoResult) -> tuple[Picture, ...]:
    return (Picture("Means of both groups before and after, and the effect.", partial(two_by_two, result)),)


@main_picture.register(BaconDecomposition)
def comparisons(found: BaconDecomposition, *, ax: Axes | None = None) -> Axes:
    """Draw the two-by-two comparisons behind a two-way fixed-effects coefficient: estimate over weight."""
    ax = _style.new_axes(ax)
    order = np.argsort(-found.weights, kind="stable").tolist()
    evidence.comparisons(
        ax,
        found.weights[order],
        found.estimates[order],
        [found.kind[at] for at in order],
        [f"{found.treated[at]} vs {found.control[at]}" for at in order],
        overall=found.coefficient,
    )
    _style.legend_below(ax, columns=2)
    title = f"What the two-way fixed-effects coefficient of {_style.number(found.coefficient)} averages"
    return _style.finish(ax, title=title, x="weight of the comparison", y="its estimate")


@main_picture.register(TwfeWeights)
def effect_weights(found: TwfeWeights, *, ax: Axes | None = None) -> Axes:
    """Draw the weight of the effect of each cohort in each period in a two-way fixed-effects coefficient."""
    cohorts, periods = list(dict.fromkeys(found.cohorts)), list(dict.fromkeys(found.periods))
    cells = np.full((len(cohorts), len(periods)), np.nan)
    at = [cohorts.index(each) for each in found.cohorts], [periods.index(each) for each in found.periods]
    cells[at] = found.weights
    ax = _style.new_axes(ax, figsize=(7.2, 1.6 + 0.42 * len(cohorts)), grid="none")
    marks.cell_map(ax, cells, rows=cohorts, columns=periods, legend="weight")
    title = f"Weights of effects by cohort and period: {found.n_negative} of {len(found.weights)} are negative"
    return _style.finish(ax, title=title, x="period", y="first treated")


@main_picture.register(Sensitivity)
def honest_curve(found: Sensitivity, *, ax: Axes | None = None) -> Axes:
    """Draw the interval of the effect by how far trends may have diverged."""
    ax = _style.new_axes(ax)
    evidence.bounds_curve(
        ax,
        found.bounds,
        [each.conf_int(_LEVEL) for each in found.trends],
        original=found.original.conf_int(_LEVEL),
        breakdown=found.breakdown(_LEVEL),
    )
    _style.legend_below(ax, columns=2)
    bound = {
        "relative_magnitudes": "divergence of trends after treatment, in multiples of the most before",
        "smoothness": f"bend of the difference in trends per period (units of {found.outcome})",
    }[found.divergence]
    return _style.finish(
        ax,
        title=f"Effect on {found.outcome} if trends were not parallel",
        x=bound,
        y=f"effect on {found.outcome}, 95% interval",
    )


@main_picture.register(RandomizationTest)
def randomization(found: RandomizationTest, *, ax: Axes | None = None) -> Axes:
    """Draw the effects that other assignments of the treatment would have found, and the one observed."""
    ax = _style.new_axes(ax)
    evidence.placebo_histogram(ax, found.effects, found.estimate)
    _style.legend_below(ax, columns=3)
    which = "All" if found.enumerated else "Random"
    return _style.finish(
        ax,
        title=f"{which} assignments of {found.n_treated_clusters:,} treated among {found.n_clusters:,} clusters: "
        f"p = {found.p_value:.3g}",
        x="effect",
        y="assignments",
    )


@main_picture.register(Variations)
def variations(found: Variations, *, ax: Axes | None = None) -> Axes:
    """Draw the effect and its variations, one to a line; sorted along an axis where they are many."""
    if len(found) < _MOST_LINES:
        rows = {label: found[label] for label in found.effects}
        return forest({"as usually estimated": found.original, **rows}, ax=ax, title=found.title)
    ax = _style.new_axes(ax)
    order = np.argsort(found.effects.estimates, kind="stable")
    low, high = found.effects.bands(_LEVEL)
    at = np.arange(order.size)
    ax.vlines(at, low[order], high[order], color=_style.SKY, linewidth=1.2, label="95% interval")
    ax.plot(at, found.effects.estimates[order], ".", color=_style.BLUE, markersize=4, label="variation")
    ax.axhline(found.original.estimate, color=_style.VERMILLION, linewidth=1.4, label="as usually estimated")
    ax.axhline(0.0, color=_style.INK, linewidth=0.8, zorder=1)
    _style.legend_below(ax, columns=3)
    return _style.finish(ax, title=found.title, x="variations, sorted", y="effect")
