"""Forest plot: estimates of any origin, one to a line, each with its confidence set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, singledispatch
from typing import TYPE_CHECKING, Any, Final

from causalkit._validate import fraction, real
from causalkit.errors import OptionError
from causalkit.plot import _style
from causalkit.plot._dispatch import Picture, all_pictures, import_file_of, main_picture
from causalkit.results import Effect, Effects, Interval, Result, Table
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from causalkit.results import ConfidenceSet

_LEVEL: Final = 0.95
_COLUMNS: Final = ("term", "estimate", "conf_low", "conf_high")
_MARGIN: Final = 0.06


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plot; ``known`` is what is printed where the set cannot be drawn."""

    label: str
    estimate: float
    confidence_set: ConfidenceSet
    known: str = ""


def forest(
    estimates: Any,
    *,
    ax: Axes | None = None,
    level: float = _LEVEL,
    reference: float | None = 0.0,
    title: str = "",
) -> Axes:
    """Draw estimates, one to a line, with their confidence sets.

    A set of several intervals is drawn as several segments; an end at infinity is an arrow at the edge.

    Parameters
    ----------
    estimates : Result, Effects, Effect, Table, Comparison, or mapping of str to Result or Effect
        What to draw. A table needs the columns ``term, estimate, conf_low, conf_high``; its level is its own.
    ax : matplotlib Axes, optional
        Where to draw; a new figure, as high as there are lines, if not given.
    level : float
        Coverage of the sets.
    reference : float, optional
        Value at which a line is drawn; None for no line.
    title : str
        Title of the picture.

    Returns
    -------
    matplotlib Axes
        The axes drawn on.

    Raises
    ------
    OptionError
        There is nothing that can be drawn so.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from causalkit.plot import forest
    >>> from causalkit.results import Effect
    >>> naive = Effect(estimand="ATE", estimate=2.0, std_error=0.2)
    >>> late = Effect(estimand="LATE", estimate=1.1, std_error=0.6)
    >>> ax = forest({"OLS": naive, "IV": late}, ax=Figure().subplots())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['OLS', 'IV']
    """
    level = fraction("level", level)
    if reference is not None:
        reference = real("reference", reference)
    import_file_of(estimates)
    rows = rows_of(estimates, level)
    if not rows:
        raise OptionError("There are no estimates to draw.")
    ax = _style.new_axes(ax, figsize=(7.2, _height(len(rows))), grid="x")
    ax.set_xlim(_limits(rows, reference))
    if reference is not None:
        ax.axvline(reference, color=_style.MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    for position, row in enumerate(rows):
        _draw_row(ax, position, row)
    _style.category_axis(ax, [row.label for row in rows])
    ax.tick_params(axis="y", pad=10)
    ax.spines["left"].set_visible(False)
    what = "interval" if isinstance(estimates, Table) else f"{100 * level:.4g}% interval"
    return _style.finish(ax, title=title, x=f"estimate and {what}")


@singledispatch
def rows_of(estimates: Any, level: float) -> list[Row]:
    """Return the lines of the plot."""
    del level
    raise OptionError(
        f"A forest plot needs a result, effects, a table of estimates, or a mapping of labels to results; "
        f"got {type(estimates).__name__}."
    )


@rows_of.register(Result)
def _(estimates: Result, level: float) -> list[Row]:
    first, *others = rows_of(estimates.terms(), level)
    return [Row(first.label, estimates.estimate, estimates.conf_int(level)), *others]


@rows_of.register(Effect)
def _(estimates: Effect, level: float) -> list[Row]:
    return [Row(estimates.estimand, estimates.estimate, estimates.conf_int(level))]


@rows_of.register(Effects)
def _(estimates: Effects, level: float) -> list[Row]:
    low, high = (ends.tolist() for ends in estimates.bands(level))
    values = estimates.estimates.tolist()
    return [Row(*each[:2], Interval(*each[2:])) for each in zip(estimates.labels, values, low, high, strict=True)]


@rows_of.register(Table)
def _(estimates: Table, level: float) -> list[Row]:
    del level
    absent = [name for name in _COLUMNS if name not in estimates.columns]
    if absent:
        raise OptionError(
            f"A forest plot of a table needs the columns {', '.join(_COLUMNS)}; absent: {', '.join(absent)}."
        )
    sets = estimates.columns.get("conf_set", ("",) * len(estimates))
    return [
        Row(str(term), _number(estimate), Interval(_number(low), _number(high)), str(known or ""))
        for term, estimate, low, high, known in zip(*(estimates[name] for name in _COLUMNS), sets, strict=True)
    ]


@rows_of.register(Mapping)
def _(estimates: Mapping[str, Any], level: float) -> list[Row]:
    rows = []
    for label, each in estimates.items():
        effect = each.effect if isinstance(each, Result) else each
        if not isinstance(effect, Effect):
            raise OptionError(f"{label!r} is a {type(each).__name__}; a forest plot needs results or effects.")
        rows.append(Row(label, effect.estimate, effect.conf_int(level)))
    return rows


@main_picture.register(Result)
@main_picture.register(Effect)
@main_picture.register(Effects)
@main_picture.register(Table)
def _forest_of(result: Result | Effect | Effects | Table, *, ax: Axes | None = None) -> Axes:
    return forest(result, ax=ax, title=result.question() if isinstance(result, Result) else "")


@all_pictures.register(Result)
@all_pictures.register(Effect)
@all_pictures.register(Effects)
@all_pictures.register(Table)
def _forest_alone(result: Result | Effect | Effects | Table) -> tuple[Picture, ...]:
    return (Picture("Estimates with their 95% intervals.", partial(main_picture, result)),)


def draw_set(ax: Axes, position: float, estimate: float, confidence_set: ConfidenceSet) -> None:
    """Draw an estimate and its confidence set at a height, within the limits of the x axis as they stand."""
    left, right = ax.get_xlim()
    for part in confidence_set.parts:
        if math.isnan(part.low) or math.isnan(part.high):
            continue
        low, high = max(part.low, left), min(part.high, right)
        ax.hlines(position, low, high, color=_style.BLUE, linewidth=2.2, zorder=2)
        for end, edge, marker in ((part.low, left, "<"), (part.high, right, ">")):
            if math.isinf(end):
                ax.plot([edge], [position], marker, color=_style.BLUE, markersize=8, clip_on=False, zorder=3)
    if math.isfinite(estimate):
        ax.plot(
            [estimate], [position], "o", color=_style.BLUE, markersize=7, markeredgecolor="white",
            markeredgewidth=1.2, zorder=4,
        )  # fmt: skip


def _draw_row(ax: Axes, position: int, row: Row) -> None:
    draw_set(ax, position, row.estimate, row.confidence_set)
    for text, offset, align in ((significant(row.estimate, 3), 48, "right"), (_set_text(row), 56, "left")):
        ax.annotate(
            text.replace("-", "−"),
            xy=(1.0, position),
            xycoords=("axes fraction", "data"),
            xytext=(offset, 0),
            textcoords="offset points",
            va="center",
            ha=align,
            fontsize=_style.NOTE_SIZE,
            color=_style.INK,
            annotation_clip=False,
        )


def _height(rows: int) -> float:
    """Return the height of a new figure in inches; long lists are set closer."""
    return 1.1 + 0.42 * min(rows, 10) + 0.28 * max(rows - 10, 0)


def _set_text(row: Row) -> str:
    if row.known:
        return row.known
    ends = [end for part in row.confidence_set.parts for end in part]
    return "(no interval)" if any(map(math.isnan, ends)) else row.confidence_set.format(3)


def _limits(rows: Sequence[Row], reference: float | None) -> tuple[float, float]:
    """Return limits of the x axis that show every finite end, every estimate and the reference."""
    ends = [end for row in rows for part in row.confidence_set.parts for end in part]
    shown = [each for each in (*ends, *(row.estimate for row in rows)) if math.isfinite(each)]
    shown += [reference] if reference is not None else []
    low, high = min(shown, default=-1.0), max(shown, default=1.0)
    if low == high:
        low, high = low - max(abs(low), 1.0), high + max(abs(high), 1.0)
    pad = _MARGIN * (high - low)
    # Rays need room to be seen as such.
    left = pad * (3 if -math.inf in ends else 1)
    right = pad * (3 if math.inf in ends else 1)
    return low - left, high + right


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
