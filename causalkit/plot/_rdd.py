"""Pictures of a regression discontinuity: the scatter with its jump, the density, and series of jumps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit.errors import OptionError
from causalkit.plot import _rdd_windows, _style  # noqa: F401 - registers its pictures
from causalkit.plot._dispatch import Picture, all_pictures, main_picture
from causalkit.rdd import BinnedScatter, DensityTest, RddResult, RddSeries

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from causalkit._typing import FloatArray

_GRID = 80
_SMALLEST, _LARGEST = 14.0, 90.0
# Of the height of the y axis: room for a legend, and beside what is drawn.
_HEADROOM, _MARGIN = 0.3, 0.05
_CAPTIONS: Final = {
    "covariate": "Jumps of covariates at the cutoff, in their own units.",
    "cutoff": "Jumps of the outcome at placebo cutoffs.",
    "donut": "The estimate without the rows nearest to the cutoff.",
    "bandwidth": "The estimate in narrower and wider windows.",
}


@main_picture.register(BinnedScatter)
def binned_scatter(scatter: BinnedScatter, *, ax: Axes | None = None, level: float | None = None) -> Axes:
    """Draw bin means, sized by their rows, the global polynomial, and the local fit with its jump.

    Parameters
    ----------
    scatter : BinnedScatter
        The bins.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.
    level : float, optional
        Draw intervals of the means with this coverage.

    Returns
    -------
    matplotlib Axes
        The axes drawn on.
    """
    ax = _style.new_axes(ax)
    _dots(scatter, ax, level=level)
    if scatter.window is not None and scatter.jump is not None:
        sides = (
            (scatter.window[0], scatter.local_below),
            (scatter.window[1], scatter.local_above),
        )
        _local_fit(ax, scatter.cutoff, sides, jump=scatter.jump)
    _style.legend(ax)
    return _style.finish(
        ax, title=f"{scatter.outcome} by {scatter.running}", x=scatter.running, y=f"mean of {scatter.outcome}"
    )


def _dots(scatter: BinnedScatter, ax: Axes, *, level: float | None = None) -> None:
    if level is not None:
        low, high = scatter.bands(level)
        known = np.isfinite(low)
        ax.vlines(
            scatter.score[known], low[known], high[known], color=_style.SKY, linewidth=1.1, alpha=0.8, zorder=1.5,
            label=f"{100 * level:.4g}% interval of the mean",
        )  # fmt: skip
        ax.set_ylim(*_reach_of_means(scatter, low, high))
    size = _SMALLEST + (_LARGEST - _SMALLEST) * scatter.n / scatter.n.max()
    ax.scatter(
        scatter.score, scatter.mean, s=size, color=_style.SKY, alpha=0.75, linewidths=0, label="mean of a bin", zorder=2
    )
    for number in (0, 1):
        ax.plot(
            scatter.curve_score[number],
            scatter.curve[number],
            color=_style.FAINT,
            linewidth=1.4,
            label=f"polynomial of order {scatter.order}" if number == 0 else None,
            zorder=1,
        )
    ax.axvline(scatter.cutoff, color=_style.MUTED, linestyle="--", linewidth=1)


def _reach_of_means(scatter: BinnedScatter, low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Ends of the y axis: the means, the curves and the intervals no wider than they are; others run out of it."""
    inner = np.concatenate([scatter.mean, scatter.curve.ravel()])
    span = float(np.ptp(inner))
    short = (high - low) <= span
    inner = np.concatenate([inner, low[short], high[short]])
    least, most = float(inner.min()), float(inner.max())
    room = _MARGIN * (most - least) or 0.5
    return least - room, most + room


def _local_fit(
    ax: Axes, cutoff: float, sides: tuple[tuple[float, tuple[float, ...]], ...], *, jump: float | None
) -> None:
    """Draw the fits below and above in their windows, heavy, and the jump between them with its size."""
    ends = []
    for (width, coefficients), sign in zip(sides, (-1.0, 1.0), strict=True):
        away = np.linspace(0.0, sign * width, _GRID)
        fitted = np.polynomial.polynomial.polyval(away, np.asarray(coefficients))
        label = "local fit in its window" if sign < 0 else None
        ax.plot(cutoff + away, fitted, color=_style.BLUE, linewidth=2.6, label=label, zorder=4)
        ends.append(float(fitted[0]))
    if jump is None:
        return
    ax.plot([cutoff, cutoff], ends, color=_style.VERMILLION, linewidth=2.6, zorder=5, label="jump at the cutoff")
    note = ax.annotate(
        f"{'+' if jump > 0 else ''}{_style.number(jump)}",
        xy=(cutoff, (ends[0] + ends[1]) / 2),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        fontsize=_style.LABEL_SIZE,
        color=_style.VERMILLION,
        zorder=6,
    )
    note.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.2})


@main_picture.register(RddResult)
def regression_discontinuity(result: RddResult, *, ax: Axes | None = None) -> Axes:
    """Draw the scatter, the local fits in their windows, and the jump at the cutoff."""
    ax = _style.new_axes(ax)
    if result.scatter is not None:
        _dots(result.scatter, ax)
    widths = result.bandwidths
    sides = ((widths.h_below, result.below.coefficients), (widths.h_above, result.above.coefficients))
    # Of a ratio the jump of the outcome is the numerator, and a kink has none.
    reduced = result.reduced_form
    jump = result.estimate if reduced is None else reduced.estimate
    ax.axvline(result.cutoff, color=_style.MUTED, linestyle="--", linewidth=1)
    _local_fit(ax, result.cutoff, sides, jump=None if result.options["derivative"] else jump)
    _style.legend(ax)
    return _style.finish(ax, title=_jump_title(result), x=result.running, y=result.outcome)


def _jump_title(result: RddResult) -> str:
    what = "Kink" if result.options["derivative"] else "Jump"
    low_high = result.conf_int().format()
    if result.first_stage is not None:
        what = "Effect of the treatment taken"
    return f"{what} at the cutoff: {_style.number(result.estimate)}, 95% robust interval {low_high}"


@main_picture.register(DensityTest)
def density(test: DensityTest, *, ax: Axes | None = None) -> Axes:
    """Draw the histogram of the score around the cutoff and its density from either side."""
    ax = _style.new_axes(ax)
    ax.stairs(test.shares, test.edges, fill=True, color=_style.SKY, alpha=0.55, label="histogram")
    half = 1.959963984540054
    reach = 0.02 * float(np.ptp(test.edges))
    for at, value, error, label in (
        (test.cutoff - reach, test.below, test.se_below, "density at the cutoff, 95% interval"),
        (test.cutoff + reach, test.above, test.se_above, None),
    ):
        ax.errorbar(
            [at], [value], yerr=[half * error], color=_style.INK, marker="o", markersize=5, capsize=3, label=label
        )
    ax.axvline(test.cutoff, color=_style.MUTED, linestyle="--", linewidth=1)
    ax.set_ylim(bottom=0.0)
    _style.legend(ax)
    return _style.finish(
        ax,
        title=f"Do units pile up on one side? p = {test.p_value:.3g} for no jump of the density",
        x=test.running,
        y="density",
    )


@main_picture.register(RddSeries)
def series(values: RddSeries, *, ax: Axes | None = None) -> Axes:
    """Draw one estimate with its robust interval for each analysis of a series."""
    if values.kind == "covariate":
        return _covariates(values, ax)
    ax = _style.new_axes(ax)
    low, high = values.bands()
    ax.vlines(values.at, low, high, color=_style.BLUE, linewidth=1.6, label="95% robust interval")
    ax.scatter(values.at, values.estimates, color=_style.BLUE, s=26, zorder=3, label="estimate")
    if values.kind == "bandwidth":
        ax.plot(values.at, values.estimates, color=_style.BLUE, linewidth=1, alpha=0.5)
    ax.axhline(0.0, color=_style.INK, linewidth=0.8)
    if values.reference:
        ax.axhline(values.reference, color=_style.MUTED, linestyle="--", linewidth=1, label="reported estimate")
    _leave_room_above(ax)
    _style.legend(ax, loc="upper right")
    along = {"cutoff": "placebo cutoff", "donut": "rows nearer than this left out", "bandwidth": "bandwidth"}
    return _style.finish(ax, title=_CAPTIONS[values.kind].rstrip("."), x=along[values.kind], y="jump")


def _leave_room_above(ax: Axes) -> None:
    """Raise the upper end of the y axis, so that a legend covers no interval."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + _HEADROOM * (high - low))


def _covariates(values: RddSeries, ax: Axes | None) -> Axes:
    """Jumps of covariates over their robust errors, so that all share one axis."""
    ax = _style.new_axes(ax, figsize=(6.6, 1.4 + 0.36 * len(values.labels)), grid="x")
    with np.errstate(divide="ignore", invalid="ignore"):
        z = values.centers / values.std_errors
    rows = np.arange(len(values.labels))
    ax.axvspan(-1.96, 1.96, color=_style.GRID, zorder=0)
    ax.axvline(0.0, color=_style.INK, linewidth=0.8)
    ax.scatter(z, rows, color=_style.BLUE, s=30, zorder=3)
    widest = max(3.0, 1.1 * float(np.nanmax(np.abs(z), initial=0.0)))
    ax.set_xlim(-widest, widest)
    _style.category_axis(ax, values.labels)
    return _style.finish(
        ax, title="Do covariates jump at the cutoff?", x="jump over its robust standard error (band: within 1.96)"
    )


@all_pictures.register(RddResult)
def _pictures(result: RddResult) -> tuple[Picture, ...]:
    pictures = [
        Picture(
            "Means of the outcome by bins of the score, and the jump at the cutoff.",
            partial(regression_discontinuity, result),
        )
    ]
    if result.density is not None:
        pictures.append(Picture("Density of the score on either side of the cutoff.", partial(density, result.density)))
    pictures.extend(Picture(_CAPTIONS[each.kind], partial(series, each)) for each in result.series)
    return tuple(pictures)


def check_panels(result: RddResult) -> Figure:
    """Draw every check of a result in one figure."""
    import matplotlib.pyplot as plt

    panels = _pictures(result)[1:]
    if not panels:
        raise OptionError("This result holds no checks to draw; rdd.estimate(...) runs them.")
    columns = 2 if len(panels) > 1 else 1
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(6.2 * columns, 3.7 * rows), layout="constrained", facecolor="white", squeeze=False
    )
    for panel, ax in zip(panels, axes.ravel(), strict=False):
        panel.draw(ax=ax)
    for ax in axes.ravel()[len(panels) :]:
        ax.set_visible(False)
    return figure
