"""Marks of what speaks for or against a difference-in-differences: comparisons, bounds, placebo effects, four means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit.plot import _style
from causalkit.plot._did_marks import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from causalkit._typing import FloatArray
    from causalkit.results import ConfidenceSet

_MARKS: Final = (
    (_style.BLUE, "o"),
    (_style.SKY, "s"),
    (_style.VERMILLION, "X"),
    (_style.PURPLE, "D"),
    (_style.GREEN, "^"),
)
_NAMED: Final = 4


def comparisons(
    ax: Axes, weights: FloatArray, estimates: FloatArray, kinds: Sequence[str], names: Sequence[str], *, overall: float
) -> None:
    """Draw the two-group comparisons that a two-way regression averages: estimate over weight, one mark per kind.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    weights, estimates : (m,) arrays
        The comparisons.
    kinds, names : (m,) sequences of str
        What kind each is of, and which cohorts it compares; the heaviest ones are named.
    overall : float
        Their weighted average.
    """
    which = np.asarray(kinds, dtype=object)
    for (color, marker), kind in zip(_MARKS, dict.fromkeys(kinds), strict=False):
        at = which == kind
        share = float(weights[at].sum())
        ax.scatter(
            weights[at], estimates[at], s=44, color=color, marker=marker, edgecolors="white", linewidths=0.8, zorder=3,
            label=f"{kind} ({share:.0%})",
        )  # fmt: skip
    ax.axhline(0.0, color=_style.INK, linewidth=0.8, zorder=1)
    ax.axhline(overall, color=_style.MUTED, linestyle=(0, (4, 3)), linewidth=1.2, label="their weighted average")
    spread(ax, np.append(estimates, [0.0, overall]))
    ax.set_xlim(left=-0.02 * float(weights.max()), right=1.12 * float(weights.max()))
    for at in np.argsort(-weights, kind="stable")[:_NAMED].tolist():
        right = weights[at] < 0.7 * weights.max()
        ax.annotate(
            names[at], (weights[at], estimates[at]), xytext=(7 if right else -7, 0), textcoords="offset points",
            ha="left" if right else "right", va="center", fontsize=_style.NOTE_SIZE, color=_style.INK,
        )  # fmt: skip


def bounds_curve(
    ax: Axes,
    bounds: FloatArray,
    sets: Sequence[ConfidenceSet],
    *,
    original: ConfidenceSet,
    breakdown: float,
) -> None:
    """Draw the confidence set under ever larger violations of parallel trends, and where it first contains zero.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    bounds : (m,) array
        Largest violation allowed, increasing.
    sets : sequence of confidence sets
        One for each bound.
    original : confidence set
        Under exactly parallel trends.
    breakdown : float
        Bound from which on the set contains zero; infinite if it never does.
    """
    step = float(np.diff(bounds).min()) if bounds.size > 1 else 1.0
    first = float(bounds[0]) - step
    low = np.array([each.parts[0].low if each.parts else math.nan for each in sets])
    high = np.array([each.parts[-1].high if each.parts else math.nan for each in sets])
    ax.fill_between(bounds, low, high, color=_style.SKY, alpha=0.28, linewidth=0, zorder=2)
    places = [(first, original, _style.VERMILLION)]
    places += [(bound, each, _style.BLUE) for bound, each in zip(bounds.tolist(), sets, strict=True)]
    for at, each, color in places:
        for part in each.parts:
            ax.vlines([at], part.low, part.high, color=color, linewidth=2.4, zorder=3)
    ax.plot([], [], color=_style.VERMILLION, linewidth=2.4, label="trends exactly parallel")
    ax.plot([], [], color=_style.BLUE, linewidth=2.4, label="trends diverging within the bound")
    ax.axhline(0.0, color=_style.INK, linewidth=0.8, zorder=1)
    if bounds[0] <= breakdown <= bounds[-1]:
        ax.axvline(
            breakdown, color=_style.MUTED, linestyle=(0, (4, 3)), linewidth=1.2, zorder=1,
            label=f"zero is inside from {_style.number(breakdown)} on",
        )  # fmt: skip
    spread(ax, np.array([0.0, *low, *high, *(end for part in original.parts for end in part)]))
    ax.set_xlim(first - 0.6 * step, float(bounds[-1]) + 0.6 * step)
    ax.set_xticks(bounds, [_style.number(float(each)) for each in bounds], parse_math=False)


def placebo_histogram(ax: Axes, placebos: FloatArray, observed: float) -> None:
    """Draw the distribution of effects under other assignments, and the one observed.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    placebos : (b,) array
        Effects under the assignments drawn, the one observed perhaps among them.
    observed : float
        The estimate.
    """
    reach = float(np.abs(np.append(placebos, observed)).max()) or 1.0
    bins = min(max(2 * math.ceil(placebos.size ** (1 / 2) / 2), 9), 41) | 1
    counts, edges = np.histogram(placebos, bins=bins, range=(-1.04 * reach, 1.04 * reach))
    ax.stairs(counts, edges, fill=True, color=_style.FAINT, label="had others been treated")
    extreme = np.abs(placebos) >= abs(observed) * (1 - 1e-12)
    far, _ = np.histogram(placebos[extreme], bins=edges)
    ax.stairs(far, edges, fill=True, color=_style.ORANGE, label="at least as far from zero")
    ax.axvline(observed, color=_style.VERMILLION, linewidth=2.0, label="observed")
    ax.set_ylim(0, 1.12 * float(counts.max()))
    ax.set_xlim(float(edges[0]), float(edges[-1]))


def two_lines(ax: Axes, means: FloatArray, *, effect: float, periods: tuple[str, str], arms: tuple[str, str]) -> None:
    """Draw both groups before and after, and dashed where the treated would be without the effect.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    means : (2, 2) array
        Means of controls and treated (rows), before and after (columns).
    effect : float
        The effect.
    periods : tuple of str
        Names of the two periods.
    arms : tuple of str
        Names of controls and treated.
    """
    treated = means[1]
    without = float(treated[1]) - effect
    colors = (_style.CONTROL, _style.TREATED)
    for path, color, name in zip(means, colors, arms, strict=True):
        ax.plot([0, 1], path, color=color, linewidth=2.0, marker="o", markersize=7, label=name, zorder=3)
    ax.plot([0, 1], [treated[0], without], color=_style.TREATED, linewidth=1.6, linestyle=(0, (3, 2)), zorder=2,
            label=f"{arms[1]}, without treatment")  # fmt: skip
    ax.plot([1], [without], "o", markersize=7, markerfacecolor="white", markeredgecolor=_style.TREATED, zorder=4)
    ax.annotate(
        "", xy=(1.08, treated[1]), xytext=(1.08, without),
        arrowprops={"arrowstyle": "<->", "color": _style.VERMILLION, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    ax.annotate(
        f"effect {_style.number(effect)}", (1.08, (treated[1] + without) / 2), xytext=(7, 0),
        textcoords="offset points", va="center", fontsize=_style.NOTE_SIZE, color=_style.VERMILLION,
    )  # fmt: skip
    ax.set_xticks([0, 1], list(periods), parse_math=False)
    ax.set_xlim(-0.2, 1.5)
    spread(ax, np.append(means.ravel(), without))
