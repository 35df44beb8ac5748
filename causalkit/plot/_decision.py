"""Picture of a decision: what may be believed about the effect, and which part of it pays."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit._decide import Decision, DrawsBelief, StudentBelief
from causalkit._decide._document import loss_text, percent
from causalkit._numerics._decision import density
from causalkit.plot import _style
from causalkit.plot._dispatch import Picture, all_pictures, main_picture
from causalkit.plot._forest import draw_set
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from causalkit._typing import FloatArray

_SPREADS: Final = 3.8
_POINTS: Final = 400
_BINS: Final = 40
# The curve fills the heights from 0 to 1; the confidence set lies below, the words above.
_FLOOR: Final = -0.22
_SET_HEIGHT: Final = -0.11
_LINE_TOP: Final = 1.04
_WORDS_HEIGHT: Final = 1.16
_NAME_HEIGHT: Final = 1.33
_CEILING: Final = 1.4


@main_picture.register(Decision)
def belief_and_break_even(decision: Decision, *, ax: Axes | None = None) -> Axes:
    """Draw the distribution of the effect around break-even, and below it the confidence set of the verdict.

    The upper axis reads the effect as net value. Where there is no distribution, only the set is drawn; where there
    is no causal reading, the distribution is grey and its sides are not named.
    """
    ax = _style.new_axes(ax, figsize=(7.2, 4.4), grid="none")
    ax.set_xlim(_limits(decision))
    ax.set_ylim(_FLOOR, _CEILING)
    _draw_belief(ax, decision)
    ax.axhline(0, color=_style.FAINT, linewidth=0.8, zorder=1)
    draw_set(ax, _SET_HEIGHT, decision.result.estimate, decision.result.conf_int(decision.level))
    _draw_break_even(ax, decision)
    if decision.verdict == "no causal reading":
        _write_across(ax, decision.headline())
    elif math.isnan(decision.probability):
        _write_across(ax, f"Probabilities are not given: {decision.belief.basis}.")
    else:
        _write_sides(ax, decision)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    _add_value_axis(ax, decision)
    result = decision.result
    return _style.finish(
        ax,
        title=f"{decision.verdict.capitalize()}: is {result.treatment} worth it?",
        x=f"effect on {result.outcome} per unit; bar: {100 * decision.level:.4g}% confidence set",
    )


@all_pictures.register(Decision)
def _pictures(decision: Decision) -> tuple[Picture, ...]:
    caption = (
        "What may be believed about the effect after these data, on either side of break-even (dashed). "
        "The bar below is the confidence set that the verdict rests on."
    )
    return (Picture(caption, partial(belief_and_break_even, decision)),)


def _draw_belief(ax: Axes, decision: Decision) -> None:
    belief = decision.belief
    if isinstance(belief, StudentBelief) and belief.scale == 0:
        ax.vlines(belief.mean, 0, 1, color=_style.BLUE, linewidth=2.2, zorder=2)
    elif isinstance(belief, StudentBelief):
        x = np.union1d(np.linspace(*ax.get_xlim(), _POINTS), [decision.break_even])
        height = density((x - belief.mean) / belief.scale, belief.df) / density(0.0, belief.df)
        for side, color in _sides(decision, x):
            ax.fill_between(x[side], height[side], color=color, alpha=0.32, linewidth=0)
        ax.plot(x, height, color=_style.INK, linewidth=1.2, zorder=2)
    elif isinstance(belief, DrawsBelief):
        edges = _edges(belief.draws, decision.break_even)
        counts, _ = np.histogram(belief.draws, edges)
        height = counts / counts.max()
        for side, color in _sides(decision, edges):
            if side.any():
                bars = height[side[:-1] & side[1:]]
                ax.stairs(bars, edges[side], fill=True, color=color, alpha=0.32, linewidth=0)
        ax.stairs(height, edges, color=_style.INK, linewidth=1.0, zorder=2)


def _sides(decision: Decision, x: FloatArray) -> tuple[tuple[np.typing.NDArray[np.bool_], str], ...]:
    """Return the points on either side of break-even with its colour; break-even belongs to both."""
    above, below = (_style.GREEN, _style.VERMILLION)[:: 1 if decision.value_per_unit > 0 else -1]
    if decision.verdict == "no causal reading":
        above = below = _style.FAINT
    return (x >= decision.break_even, above), (x <= decision.break_even, below)


def _edges(draws: FloatArray, break_even: float) -> FloatArray:
    """Return edges of bins of equal width that hold all draws, one of them at break-even if it lies among them."""
    low, high = float(draws.min()), float(draws.max())
    width = (high - low) / _BINS or 1.0
    first = math.floor((low - break_even) / width)
    return break_even + width * np.arange(first, first + _BINS + 3, dtype=np.float64)


def _draw_break_even(ax: Axes, decision: Decision) -> None:
    ax.vlines(decision.break_even, _FLOOR, _LINE_TOP, color=_style.INK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=3)
    ax.text(
        decision.break_even, _NAME_HEIGHT, f"break-even {significant(decision.break_even)}",
        ha="center", va="center", fontsize=_style.NOTE_SIZE, color=_style.INK,
    )  # fmt: skip


def _write_sides(ax: Axes, decision: Decision) -> None:
    """Write on either side of break-even how likely the effect is there, and what is lost on average if it is."""
    sides = (
        (decision.probability, "pays", "holding", decision.loss_holding, _style.GREEN, 1),
        (1 - decision.probability, "does not pay", "acting", decision.loss_acting, _style.VERMILLION, -1),
    )
    for probability, what, choice, loss, color, sign in sides:
        side = sign if decision.value_per_unit > 0 else -sign
        ax.annotate(
            f"{percent(probability)} {what}\nexpected loss of {choice}: {loss_text(decision, loss)}",
            xy=(decision.break_even, _WORDS_HEIGHT), xytext=(9 * side, 0), textcoords="offset points",
            ha="left" if side > 0 else "right", va="center", fontsize=_style.NOTE_SIZE, color=color, linespacing=1.3,
        )  # fmt: skip


def _write_across(ax: Axes, text: str) -> None:
    ax.text(
        0.5, _WORDS_HEIGHT, _style.wrapped(text, width=80), transform=ax.get_yaxis_transform(), ha="center",
        va="center", fontsize=_style.LABEL_SIZE, color=_style.INK, linespacing=1.3,
    )  # fmt: skip


def _add_value_axis(ax: Axes, decision: Decision) -> None:
    """Read the effect as net value on the upper edge, where that is not the same number."""
    slope = decision.units * decision.value_per_unit
    costs = decision.units * decision.unit_cost + decision.fixed_cost
    if slope == 1 and costs == 0:
        return

    def worth(effect: FloatArray) -> FloatArray:
        return slope * effect - costs

    def effect_of(value: FloatArray) -> FloatArray:
        return (value + costs) / slope

    upper = ax.secondary_xaxis("top", functions=(worth, effect_of))  # type: ignore[arg-type]
    upper.xaxis.set_major_formatter(lambda value, _: _style.number(value))
    upper.tick_params(colors=_style.INK, labelsize=_style.TICK_SIZE, length=3, width=0.8, color=_style.FAINT)
    upper.spines["top"].set_color(_style.FAINT)
    money = f", {decision.currency}" if decision.currency else ""
    label = upper.set_xlabel(f"net value of acting{money}", fontsize=_style.LABEL_SIZE, color=_style.INK)
    _style.literal([label])


def _limits(decision: Decision) -> tuple[float, float]:
    """Return limits of the effect that show the distribution, the set's finite ends and break-even with its words."""
    belief = decision.belief
    ends = [end for part in decision.result.conf_int(decision.level).parts for end in part]
    shown = [decision.result.estimate, decision.break_even, *ends]
    if isinstance(belief, StudentBelief):
        shown += [belief.mean - _SPREADS * belief.scale, belief.mean + _SPREADS * belief.scale]
    elif isinstance(belief, DrawsBelief):
        shown += np.quantile(belief.draws, [0.001, 0.999]).tolist()
    finite = [each for each in shown if math.isfinite(each)]
    low, high = min(finite), max(finite)
    reach = high - low or max(abs(low), 1.0)
    low = min(low, decision.break_even - 0.4 * reach)
    high = max(high, decision.break_even + 0.4 * reach)
    # An arrow needs some way to be seen as such.
    return low - reach * (0.2 if -math.inf in ends else 0.04), high + reach * (0.2 if math.inf in ends else 0.04)
