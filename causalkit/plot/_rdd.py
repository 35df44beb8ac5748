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

_GRID = 80
_SMALLEST, _LARGEST = 14.0, 90.0
_CAPTIONS: Final = {
    "covariate": "Jumps of covariates at the cutoff, in their own units.",
    "cutoff": "Jumps of the outcome at placebo cutoffs.",
    "donut": "The estimate without the rows nearest to the cutoff.",
    "bandwidth": "The estimate in narrower and wider windows.",
}


@main_picture.register(BinnedScatter)
def binned_scatter(scatter: BinnedScatter, *, ax: Axes | None = None) -> Axes:
    """Draw bin means, sized by their rows, and the global polynomial on either side."""
    ax = _style.new_axes(ax)
    _dots(scatter, ax)
    _style.legend(ax)
    return _style.finish(
        ax, title=f"{scatter.outcome} by {scatter.running}", x=scatter.running, y=f"mean of {scatter.outcome}"
    )


def _dots(scatter: BinnedScatter, ax: Axes) -> None:
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


@main_picture.register(RddResult)
def regression_discontinuity(result: RddResult, *, ax: Axes | None = None) -> Axes:
    """Draw the scatter, the local fits in their windows, and the jump at the cutoff."""
    ax = _style.new_axes(ax)
    if result.scatter is not None:
        _dots(result.scatter, ax)
    cutoff, widths = result.cutoff, result.bandwidths
    ends = []
    for side, width, sign in ((result.below, widths.h_below, -1.0), (result.above, widths.h_above, 1.0)):
        away = np.linspace(0.0, sign * width, _GRID)
        fitted = np.polynomial.polynomial.polyval(away, np.asarray(side.coefficients))
        label = "local fit in its window" if sign < 0 else None
        ax.plot(cutoff + away, fitted, color=_style.BLUE, linewidth=2.6, label=label, zorder=4)
        ends.append(float(fitted[0]))
    ax.axvline(cutoff, color=_style.MUTED, linestyle="--", linewidth=1)
    if not result.options["derivative"]:
        ax.plot([cutoff, cutoff], ends, color=_style.VERMILLION, linewidth=2.6, zorder=5, label="jump at the cutoff")
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
    _style.legend(ax)
    along = {"cutoff": "placebo cutoff", "donut": "rows nearer than this left out", "bandwidth": "bandwidth"}
    return _style.finish(ax, title=_CAPTIONS[values.kind].rstrip("."), x=along[values.kind], y="jump")


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
