"""Pictures of the window in which treatment passes for random."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from causalkit.plot import _style
from causalkit.plot._dispatch import Picture, all_pictures, main_picture
from causalkit.rdd import LocalRandomizationResult, WindowSelection

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GRID = 40
_SMALLEST, _LARGEST = 14.0, 90.0


@main_picture.register(LocalRandomizationResult)
def local_randomization(result: LocalRandomizationResult, *, ax: Axes | None = None) -> Axes:
    """Draw means of the outcome around the window, the window, and the levels compared in it."""
    ax = _style.new_axes(ax)
    cutoff = result.cutoff
    ax.axvspan(cutoff - result.window_below, cutoff + result.window_above, color=_style.GRID, zorder=0, label="window")
    dots = result.scatter
    if dots is not None:
        size = _SMALLEST + (_LARGEST - _SMALLEST) * dots.n / dots.n.max()
        ax.scatter(
            dots.score, dots.mean, s=size, color=_style.SKY, alpha=0.75, linewidths=0, label="mean of a bin", zorder=2
        )
    ends = []
    for width, coefficients, sign in (
        (result.window_below, result.level_below, -1.0),
        (result.window_above, result.level_above, 1.0),
    ):
        away = np.linspace(0.0, sign * width, _GRID)
        fitted = np.polynomial.polynomial.polyval(away, np.asarray(coefficients))
        label = ("mean in the window" if len(coefficients) == 1 else "fit in the window") if sign < 0 else None
        ax.plot(cutoff + away, fitted, color=_style.BLUE, linewidth=2.6, label=label, zorder=4)
        ends.append(float(fitted[0]))
    ax.axvline(cutoff, color=_style.MUTED, linestyle="--", linewidth=1)
    ax.plot([cutoff, cutoff], ends, color=_style.VERMILLION, linewidth=2.6, zorder=5, label="difference")
    _style.legend(ax)
    what = "Effect of the treatment taken" if result.first_stage is not None else "Difference"
    return _style.finish(
        ax,
        title=f"{what} in the window: {_style.number(result.estimate)}, 95% interval {result.conf_int().format()}",
        x=result.running,
        y=result.outcome,
    )


@main_picture.register(WindowSelection)
def window_selection(selection: WindowSelection, *, ax: Axes | None = None) -> Axes:
    """Draw the smallest p-value of any covariate against the half-width of the window."""
    ax = _style.new_axes(ax)
    balanced = selection.p_values >= selection.threshold
    ax.plot(selection.windows, selection.p_values, color=_style.FAINT, linewidth=1.2, zorder=1)
    for rows, color, label in (
        (balanced, _style.BLUE, "no covariate differs"),
        (~balanced, _style.VERMILLION, "a covariate differs"),
    ):
        if rows.any():
            ax.scatter(selection.windows[rows], selection.p_values[rows], color=color, s=30, zorder=3, label=label)
    ax.axhline(
        selection.threshold, color=_style.MUTED, linestyle="--", linewidth=1, label=f"threshold {selection.threshold:g}"
    )
    if selection.window is not None:
        ax.axvline(selection.window, color=_style.INK, linewidth=1, label="window chosen")
    ax.set_ylim(bottom=0.0)
    _style.legend(ax)
    return _style.finish(
        ax, title="How wide may the window be?", x=f"half-width in units of {selection.running}", y="smallest p-value"
    )


@all_pictures.register(LocalRandomizationResult)
def _pictures(result: LocalRandomizationResult) -> tuple[Picture, ...]:
    main = Picture(
        "Means of the outcome around the window, and the two sides compared in it.",
        partial(local_randomization, result),
    )
    if result.selection is None:
        return (main,)
    return main, Picture(
        "Smallest p-value of any covariate by the width of the window.", partial(window_selection, result.selection)
    )
