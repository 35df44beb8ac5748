"""Marks that pictures of differences-in-differences share: periods, cohorts, cells, event times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from causalkit.plot import _style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from causalkit._typing import BoolArray, FloatArray

# Told apart by readers with any kind of colour vision, and with the never treated in grey.
_COHORT_COLORS: Final = (
    _style.BLUE,
    _style.VERMILLION,
    _style.GREEN,
    _style.PURPLE,
    _style.ORANGE,
    _style.SKY,
)
_MOST_TICKS: Final = 10
_MOST_CHARACTERS: Final = 44
_WIDEST_NUMBERS: Final = 14
_NARROWEST_GRID: Final = 40
_MARGIN: Final = 0.08
_ROUND: Final = (2, 5, 10, 20, 50, 100)


def cohort_colors(n: int) -> list[str]:
    """One colour per cohort, earliest first; a sequence from dark to light where there are many."""
    if n <= len(_COHORT_COLORS):
        return list(_COHORT_COLORS[:n])
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps["viridis"](each)) for each in np.linspace(0.0, 0.92, n)]


def period_axis(ax: Axes, values: FloatArray, labels: Sequence[str]) -> None:
    """Put the labels of the periods where they lie on the x axis; every other one, or fewer, where they are many.

    Those shown reach the last one; or, where there is a zero among positions of either sign, count from it in round
    numbers.
    """
    room = max(2, min(_MOST_TICKS, _MOST_CHARACTERS // max(map(len, labels))))
    step = math.ceil(len(labels) / room)
    anchor = len(labels) - 1
    if values[0] < 0 and 0 in values and step > 1:
        anchor = int(np.flatnonzero(values == 0)[0])
        step = next((each for each in _ROUND if each >= step), step)
    shown = range(anchor % step, len(labels), step)
    ax.set_xticks([float(values[at]) for at in shown], [labels[at] for at in shown], parse_math=False)


def signed(label: str) -> str:
    """Return an event time with a true minus sign.

    Examples
    --------
    >>> signed("-3"), signed("2024-01")
    ('−3', '2024-01')
    """
    return label.replace("-", "−", 1) if label.startswith("-") else label


def path(
    ax: Axes,
    positions: FloatArray,
    estimates: FloatArray,
    *,
    is_post: BoolArray,
    pointwise: tuple[FloatArray, FloatArray],
    uniform: tuple[FloatArray, FloatArray],
    reference: Sequence[float],
    labels: Sequence[str],
    connected: bool = True,
) -> None:
    """Draw effects along an axis, with whiskers, a uniform band, and hollow points where they are zero by definition.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    positions, estimates : (k,) arrays
        Effects and where they lie: event times, cohorts, periods.
    is_post : (k,) array of bool
        Whether treatment has started.
    pointwise, uniform : pair of (k,) arrays
        Ends of the intervals one by one, and of the band.
    reference : sequence of float
        Positions at which the effect is zero by definition.
    labels : sequence of str
        Of all positions, the reference included, in order.
    connected : bool
        Whether what lies between two positions means something, so that the band goes on there.
    """
    everything = np.sort(np.append(positions, reference))
    order = np.argsort(np.append(positions, reference), kind="stable")
    zeros = np.zeros(len(reference))
    low, high = (np.append(ends, zeros)[order] for ends in uniform)
    spaces = np.diff(everything)
    step = float(spaces.min()) if spaces.size else 1.0
    ax.axhline(0.0, color=_style.INK, linewidth=0.8, zorder=1)
    before = np.append(positions[~is_post], reference)
    if before.size and is_post.any():
        start = (before.max() + positions[is_post].min()) / 2
        ax.axvline(start, color=_style.MUTED, linestyle=(0, (4, 3)), linewidth=1, zorder=1)
    _bands(ax, everything, low, high, step, longest=1.5 * step if connected else 0.0)
    for mask, color, label in (
        (~is_post, _style.MUTED, "before treatment, 95% interval"),
        (is_post, _style.BLUE, "under treatment, 95% interval"),
    ):
        if not mask.any():
            continue
        ax.vlines(positions[mask], pointwise[0][mask], pointwise[1][mask], color=color, linewidth=2.0, zorder=3)
        ax.scatter(positions[mask], estimates[mask], color=color, s=30, edgecolors="white", zorder=4, label=label)
    if len(reference):
        ax.scatter(
            reference, zeros, s=34, facecolors="white", edgecolors=_style.INK, zorder=4, label="reference period: 0"
        )
    ax.set_xlim(everything[0] - 0.6 * step, everything[-1] + 0.6 * step)
    period_axis(ax, everything, labels)


def _bands(ax: Axes, times: FloatArray, low: FloatArray, high: FloatArray, step: float, *, longest: float) -> None:
    """Shade the uniform band, interrupted where the next position is farther than ``longest``."""
    breaks = np.flatnonzero(np.diff(times) > longest) + 1
    for number, at in enumerate(np.split(np.arange(times.size), breaks)):
        ends, label = (low[at], high[at]), "95% band for all of them" if number == 0 else None
        if at.size == 1:
            x = times[at] + step * np.array([-0.2, 0.2])
            ends = (np.repeat(ends[0], 2), np.repeat(ends[1], 2))
        else:
            x = times[at]
        ax.fill_between(x, *ends, color=_style.SKY, alpha=0.28, linewidth=0, zorder=2, label=label)


def cohort_trends(
    ax: Axes,
    values: FloatArray,
    means: FloatArray,
    counterfactual: FloatArray,
    *,
    first: Sequence[int],
    names: Sequence[str],
) -> None:
    """Draw the mean outcome of each cohort, and dashed what it would have been without treatment.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    values : (T,) array
        Periods.
    means : (C or C + 1, T) array
        Mean outcomes by cohort and period; the never treated last, if there are any.
    counterfactual : (C, T) array
        Means without treatment from the first treated period on; NaN elsewhere and where it is not known.
    first : sequence of int
        Position of the first treated period of each cohort.
    names : sequence of str
        Names of the rows of ``means``.
    """
    colors = [*cohort_colors(len(first)), _style.MUTED]
    for row, name in enumerate(names):
        ax.plot(values, means[row], color=colors[row], linewidth=1.8, label=name, zorder=3, marker="o", markersize=3)
    dashed: dict[str, Any] = {"linewidth": 1.4, "linestyle": (0, (3, 2))}
    ring: dict[str, Any] = {
        "marker": "o",
        "markersize": 7,
        "markerfacecolor": "white",
        "markeredgewidth": 1.6,
        "linestyle": "none",
    }
    for row, start in enumerate(first):
        ax.plot(values[start : start + 1], means[row, start : start + 1], markeredgecolor=colors[row], **ring, zorder=4)
        known = np.flatnonzero(~np.isnan(counterfactual[row]))
        if known.size:
            at = np.concatenate([[start - 1], known])
            path = np.append(means[row, start - 1], counterfactual[row, known])
            ax.plot(values[at], path, color=colors[row], **dashed, zorder=2)
    ax.plot([], [], markeredgecolor=_style.INK, **ring, label="first treated period")
    if not np.isnan(counterfactual).all():
        ax.plot([], [], color=_style.INK, **dashed, label="without treatment, as estimated")


def cell_map(
    ax: Axes,
    cells: FloatArray,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    legend: str,
    first: Sequence[int] = (),
    faded: BoolArray | None = None,
) -> None:
    """Draw numbers by cohort and period as colours around zero, and as text where there is room.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    cells : (C, T) array
        NaN where there is nothing.
    rows, columns : sequences of str
        Names of cohorts and periods.
    legend : str
        What the colours measure.
    first : sequence of int
        Position of the first treated period of each cohort: a step is drawn there.
    faded : (C, T) array of bool, optional
        Cells written in light type.
    """
    reach = float(np.nanmax(np.abs(cells), initial=0.0)) or 1.0
    image = ax.pcolormesh(
        np.arange(cells.shape[1] + 1) - 0.5,
        np.arange(cells.shape[0] + 1) - 0.5,
        np.ma.masked_invalid(cells),
        cmap="RdBu", vmin=-reach, vmax=reach, edgecolors="white", linewidth=1.2,
    )  # fmt: skip
    _style.category_axis(ax, rows)
    ax.set_xlim(-0.5, cells.shape[1] - 0.5)
    period_axis(ax, np.arange(cells.shape[1], dtype=np.float64), columns)
    for row, start in enumerate(first):
        ax.plot([start - 0.5] * 2, [row - 0.5, row + 0.5], color=_style.INK, linewidth=2.2, zorder=4)
    if cells.shape[1] <= _WIDEST_NUMBERS:
        _numbers(ax, cells, reach, faded)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.035, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=_style.NOTE_SIZE, length=2, color=_style.FAINT, labelcolor=_style.INK)
    bar.set_label(_style.wrapped(legend, width=44), fontsize=_style.NOTE_SIZE, color=_style.INK)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_visible(False)


def _numbers(ax: Axes, cells: FloatArray, reach: float, faded: BoolArray | None) -> None:
    for (row, column), value in np.ndenumerate(cells):
        if math.isnan(value):
            continue
        dark = abs(value) > 0.6 * reach
        color = "white" if dark else _style.MUTED if faded is not None and faded[row, column] else _style.INK
        size = 8.0 if cells.shape[1] <= 9 else 6.6
        ax.text(column, row, short(value, reach), ha="center", va="center", fontsize=size, color=color)


def short(value: float, reach: float) -> str:
    """Return a number in three digits of the largest one, with a true minus sign.

    Examples
    --------
    >>> short(-0.0123456, 0.2), short(12.345, 80.0), short(-1234.5, 5000.0), short(0.0, 1.0)
    ('−0.012', '12.3', '−1,234', '0.00')
    """
    digits = max(0, 2 - math.floor(math.log10(reach)))
    text = f"{value:,.{digits}f}"
    return f"{0.0:.{digits}f}" if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def timing(
    ax: Axes,
    *,
    first: Sequence[int],
    n_periods: int,
    units: Sequence[int],
    names: Sequence[str],
    columns: Sequence[str],
) -> None:
    """Draw who is treated when: one band per cohort, as high as it has units.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    first : sequence of int
        Position of the first treated period of each cohort, ``n_periods`` for the never treated.
    n_periods : int
        T.
    units : sequence of int
        Units of each cohort.
    names, columns : sequences of str
        Names of cohorts and periods.
    """
    from matplotlib.colors import ListedColormap

    # A square root keeps small cohorts to be seen beside large ones.
    height = np.sqrt(np.maximum(units, 1))
    height = np.maximum(height / height.sum(), 0.06)
    tops = np.concatenate([[0.0], np.cumsum(height)])
    ax.pcolormesh(
        np.arange(n_periods + 1) - 0.5,
        tops,
        np.arange(n_periods) >= np.asarray(first)[:, None],
        cmap=ListedColormap([_style.GRID, _style.BLUE]), vmin=0, vmax=1,
        edgecolors="white", linewidth=1.4 if n_periods <= _NARROWEST_GRID else 0.0,
    )  # fmt: skip
    for color, label in ((_style.BLUE, "treated"), (_style.GRID, "not treated")):
        ax.plot([], [], "s", color=color, markersize=8, label=label)
    middles = (tops[:-1] + tops[1:]) / 2
    shown = [_style.wrapped(f"{name} ({n:,})", width=26) for name, n in zip(names, units, strict=True)]
    ax.set_yticks(middles, shown, parse_math=False)
    ax.set_ylim(tops[-1], 0.0)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(-0.5, n_periods - 0.5)
    period_axis(ax, np.arange(n_periods, dtype=np.float64), columns)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_visible(False)


def spread(ax: Axes, values: FloatArray, *, axis: str = "y") -> None:
    """Set limits that leave a margin around the values."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return
    low, high = float(finite.min()), float(finite.max())
    pad = _MARGIN * (high - low) or max(abs(high), 1.0) * _MARGIN
    (ax.set_ylim if axis == "y" else ax.set_xlim)(low - pad, high + pad)
