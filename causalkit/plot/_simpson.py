"""Pictures of Simpson's paradox: strata, Baker-Kramer lines, the decomposition, and the ranking of a scan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit._numerics._tails import critical_value
from causalkit.plot import _style
from causalkit.plot._dispatch import Picture, all_pictures, main_picture
from causalkit.results._interval import significant
from causalkit.simpson import ScanResult, SimpsonResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from causalkit.simpson._decomposition import Base

# Rows beyond these are left to the tables.
_STRATA: Final = 15
_STRATIFICATIONS: Final = 15
_LARGEST_DOT: Final = 420.0
_SURE: Final = 0.05
_PART_COLORS: Final = (_style.GREEN, _style.PURPLE, _style.SKY, _style.SKY)
_LEVEL: Final = 0.95

__all__ = ["baker_kramer", "decomposition", "ranking", "strata"]


@main_picture.register(SimpsonResult)
def strata(result: SimpsonResult, *, ax: Axes | None = None) -> Axes:
    """Draw the means of both arms in each stratum and in the total; the area of a dot is its number of rows.

    Parameters
    ----------
    result : SimpsonResult
        The diagnosis.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        The axes drawn on.
    """
    table = result.strata
    total = table.weight.sum(axis=1)
    shown = np.sort(np.argsort(-total, kind="stable")[:_STRATA])
    overall = np.nansum(table.weight * np.nan_to_num(table.mean), axis=0) / table.weight.sum(axis=0)
    means = np.vstack([table.mean[shown], overall])
    sizes = np.vstack([table.rows[shown], table.rows.sum(axis=0)]).astype(np.float64)
    area = np.maximum(_LARGEST_DOT * sizes / sizes.max(), 14.0)
    ax = _style.new_axes(ax, figsize=(7.2, 1.7 + 0.52 * len(means)), grid="x")
    rows = np.arange(len(means), dtype=np.float64)
    rows[-1] += 0.3
    ax.axhspan(rows[-1] - 0.5, rows[-1] + 0.5, color=_style.GRID, alpha=0.6, linewidth=0, zorder=0)
    ax.hlines(rows, means[:, 0], means[:, 1], color=_style.FAINT, linewidth=2.2, zorder=1)
    for arm, color in ((0, _style.CONTROL), (1, _style.TREATED)):
        ax.scatter(
            means[:, arm], rows, s=area[:, arm], color=color, edgecolors="white", linewidths=1.2, alpha=0.95, zorder=3
        )
        # In the legend all dots are alike: area belongs to the strata.
        ax.scatter([], [], s=60, color=color, label=_arm(result, arm))
    left_out = len(table) - len(shown)
    labels = [table.labels[each] for each in shown] + ["all rows"]
    _style.category_axis(ax, labels)
    ax.set_yticks(rows, [each.get_text() for each in ax.get_yticklabels()], parse_math=False)
    ax.set_ylim(rows[-1] + 0.6, -0.6)
    ax.margins(x=0.08)
    _separate_thousands(ax.xaxis)
    for row, difference in zip(rows, means[:, 1] - means[:, 0], strict=True):
        _beside(ax, row, "one arm only" if np.isnan(difference) else _signed(difference))
    ax.annotate(
        "difference", xy=(1.0, 1.0), xycoords="axes fraction", xytext=(10, 4), textcoords="offset points",
        fontsize=_style.NOTE_SIZE, color=_style.MUTED, annotation_clip=False,
    )  # fmt: skip
    _style.legend_below(ax, columns=2)
    more = f" ({left_out} smaller strata not shown)" if left_out else ""
    return _style.finish(
        ax,
        title=f"{result.outcome} by {' and '.join(table.names)}, and in the total",
        x=f"mean of {result.outcome}; area: rows{more}",
    )


def baker_kramer(result: SimpsonResult, *, stratum: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw each arm's mean against the share of a stratum: why the total can turn the sign.

    Each arm lies on a line between its means in the two strata, at its own share. The vertical distance of the lines
    at one common share is the standardised effect; the crude difference compares dots at different shares.

    Parameters
    ----------
    result : SimpsonResult
        A diagnosis with two comparable strata.
    stratum : str, optional
        The stratum whose share is on the horizontal axis; the first one if not given.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        The axes drawn on.

    Raises
    ------
    OptionError
        There are not two comparable strata, or no such stratum.

    References
    ----------
    Baker, S. G. and Kramer, B. S. (2001). Journal of Women's Health 10(9), 867-872, figure 1.
    """
    lines = result.baker_kramer(stratum)
    use = np.flatnonzero(result.strata.comparable)
    pair = [result.strata.labels[each] for each in use]
    first = pair[0] if stratum is None else stratum
    other = pair[1] if first == pair[0] else pair[0]
    ax = _style.new_axes(ax, figsize=(6.8, 4.4), grid="y")
    common = _numbers(lines["share_common"])[0]
    standardised = _numbers(lines["mean_standardised"])
    for row, (arm, color) in enumerate(((1, _style.TREATED), (0, _style.CONTROL))):
        ends = [_numbers(lines[name])[row] for name in ("at_share_0", "at_share_1")]
        share, crude = _numbers(lines["share"])[row], _numbers(lines["mean_crude"])[row]
        ax.plot([0, 1], ends, color=color, linewidth=2.2, solid_capstyle="round", zorder=2)
        ax.scatter([share], [crude], s=110, color=color, edgecolors="white", linewidths=1.5, zorder=4)
        ax.scatter([common], [standardised[row]], s=48, facecolors="white", edgecolors=color, linewidths=1.8, zorder=4)
        ax.annotate(
            _style.wrapped(_arm(result, arm), width=22), xy=(1, ends[1]), xytext=(8, 0),
            textcoords="offset points", va="center", fontsize=_style.LABEL_SIZE, color=color, annotation_clip=False,
            parse_math=False,
        )  # fmt: skip
    ax.axvline(common, color=_style.MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    ax.set_xlim(-0.02, 1.02)
    ax.margins(y=0.1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _separate_thousands(ax.yaxis)
    crude = _numbers(lines["mean_crude"])
    return _style.finish(
        ax,
        title=(
            f"Crude difference {_signed(crude[0] - crude[1])} (dots); "
            f"same composition {_signed(standardised[0] - standardised[1])} (dashed)"
        ),
        x=f"share of {first} (the rest: {other})",
        y=f"mean of {result.outcome}",
    )


def decomposition(result: SimpsonResult, *, base: Base = "symmetric", ax: Axes | None = None) -> Axes:
    """Draw what the crude difference is made of as a waterfall, with 95% intervals of the parts.

    Parameters
    ----------
    result : SimpsonResult
        The diagnosis.
    base : {"symmetric", "treated", "control"}
        Whose composition weights the effects of the strata.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        The axes drawn on.
    """
    table = result.decomposition_table(_LEVEL, base=base)
    values, errors = _numbers(table["estimate"]), _numbers(table["std_error"])
    start = np.append(np.concatenate([[0.0], np.cumsum(values[:-1])[:-1]]), 0.0)
    stop = start + values
    ax = _style.new_axes(ax, figsize=(6.8, 4.0), grid="y")
    colors = [*_PART_COLORS[: len(values) - 1], _style.MUTED]
    at = np.arange(len(values))
    ax.bar(at, values, bottom=start, color=colors, width=0.58, zorder=2)
    for each in at[:-1]:
        ax.plot([each + 0.29, each + 0.71], [stop[each]] * 2, color=_style.FAINT, linewidth=1, zorder=1)
    half = critical_value(_LEVEL, result.decomposition(base).df) * errors
    ax.errorbar(at, stop, yerr=half, fmt="none", ecolor=_style.INK, elinewidth=1, capsize=3, zorder=3)
    ax.axhline(0, color=_style.INK, linewidth=0.8, zorder=2)
    for each in at:
        top = max(start[each], stop[each] + half[each], stop[each])
        ax.annotate(
            _signed(values[each]), xy=(each, top), xytext=(0, 5), textcoords="offset points", ha="center", va="bottom",
            fontsize=_style.LABEL_SIZE, color=_style.INK,
        )  # fmt: skip
    _style.category_axis(ax, [str(term) for term in table["term"]], axis="x", width=16)
    ax.margins(y=0.14)
    _separate_thousands(ax.yaxis)
    weighted = "" if base == "symmetric" else f"; strata weighted like the {base} arm"
    return _style.finish(
        ax,
        title=f"What the crude difference in {result.outcome} is made of",
        y=f"difference in {result.outcome}{weighted}",
    )


@main_picture.register(ScanResult)
def ranking(result: ScanResult, *, ax: Axes | None = None) -> Axes:
    """Draw where each stratification moves the crude difference, with 95% intervals.

    Parameters
    ----------
    result : ScanResult
        The scan.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        The axes drawn on.
    """
    table = result.ranking
    n = min(len(table), _STRATIFICATIONS)
    names = [str(each) for each in table["by"][:n]]
    estimate, error, adjusted = (_numbers(table[each][:n]) for each in ("estimate", "std_error", "p_max_t"))
    turned = np.array(table["reverses"][:n], dtype=bool)
    moves = adjusted < _SURE
    ax = _style.new_axes(ax, figsize=(7.2, 1.9 + 0.36 * n), grid="x")
    rows = np.arange(n)
    crude = result.estimate
    half = critical_value(_LEVEL, result.gaps.df) * error
    kinds = (
        (moves & turned, _style.VERMILLION, "moves it and turns its sign"),
        (moves & ~turned, _style.BLUE, "moves it"),
        (~moves, _style.FAINT, "not beyond chance (adjusted p ≥ 0.05)"),
    )
    ax.axvline(0, color=_style.INK, linewidth=0.8, zorder=1)
    label = f"crude difference {_signed(crude)}"
    ax.axvline(crude, color=_style.MUTED, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1, label=label)
    for chosen, color, label in kinds:
        if not chosen.any():
            continue
        ax.hlines(rows[chosen], crude, estimate[chosen], color=color, linewidth=1.4, alpha=0.55, zorder=2)
        ax.hlines(
            rows[chosen], (estimate - half)[chosen], (estimate + half)[chosen], color=color, linewidth=4.5, alpha=0.3,
            zorder=2,
        )  # fmt: skip
        ax.scatter(
            estimate[chosen], rows[chosen], s=52, color=color, edgecolors="white", linewidths=1, zorder=4, label=label
        )
    _style.category_axis(ax, names)
    ax.spines["left"].set_visible(False)
    _separate_thousands(ax.xaxis)
    for row in range(n):
        _beside(ax, row, _signed(estimate[row]))
    _style.legend_below(ax, columns=2)
    left_out = len(table) - n
    more = f" ({left_out} more not shown)" if left_out else ""
    return _style.finish(
        ax,
        title=f"Which columns move the difference in {result.outcome}?",
        x=f"effect within strata of ...{more}",
    )


@all_pictures.register(SimpsonResult)
def _pictures(result: SimpsonResult) -> tuple[Picture, ...]:
    found = [Picture("Means of both arms in each stratum and in the total.", partial(strata, result))]
    if int(result.strata.comparable.sum()) == 2:
        found.append(Picture("Each arm's mean against the share of the first stratum.", partial(baker_kramer, result)))
    found.append(Picture("What the crude difference is made of.", partial(decomposition, result)))
    return tuple(found)


@all_pictures.register(ScanResult)
def _scan_pictures(result: ScanResult) -> tuple[Picture, ...]:
    return (Picture("Where each stratification moves the crude difference.", partial(ranking, result)),)


def _arm(result: SimpsonResult, arm: int) -> str:
    """Name an arm: its label, or what 1 and 0 mean."""
    label = result.arms[arm]
    if result.arms in {("0", "1"), ("False", "True")}:
        return f"{result.treatment}: {'yes' if arm else 'no'}"
    return label


def _beside(ax: Axes, row: float, text: str) -> None:
    """Write at the right edge of a row."""
    ax.annotate(
        text, xy=(1.0, row), xycoords=("axes fraction", "data"), xytext=(10, 0), textcoords="offset points",
        va="center", ha="left", fontsize=_style.TICK_SIZE, color=_style.INK, annotation_clip=False,
    )  # fmt: skip


def _separate_thousands(axis: Axis) -> None:
    """Separate thousands in the ticks of an axis that has any; its limits must be final."""
    if max(map(abs, axis.get_view_interval())) >= 1000:
        axis.set_major_formatter(lambda value, _: f"{value:,.10g}".replace("-", "−"))


def _signed(value: float) -> str:
    """Write a difference with its sign, three digits below one and four above."""
    text = significant(float(value), 4 if abs(value) >= 1 else 3)
    return f"+{text}" if value > 0 else text.replace("-", "−")


def _numbers(values: object) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype=np.float64)
