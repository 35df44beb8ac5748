"""Pictures of the matching steps: overlap of the score, blocks, balance, distributions of covariates."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from causalkit.matching import (
    BalanceTable,
    BlockBalance,
    CovariateDistribution,
    Match,
    MatchingResult,
    PropensityScore,
    ScoreHistogram,
)
from causalkit.plot import _style
from causalkit.plot._dispatch import Picture, all_pictures, main_picture
from causalkit.plot._forest import forest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from causalkit._typing import FloatArray

# Cells of the heat map beyond this t statistic are all as dark.
_DARKEST = 4.0


@main_picture.register(ScoreHistogram)
def mirror_histogram(histogram: ScoreHistogram, *, ax: Axes | None = None) -> Axes:
    """Draw the score's distribution, the treated upwards and the controls downwards; before matching in outline."""
    ax = _style.new_axes(ax, grid="y")
    edges = histogram.edges
    filled = histogram.after if histogram.matched else histogram.before
    arms = (("treated", 1.0, _style.TREATED), ("control", -1.0, _style.CONTROL))
    for row, (name, sign, color) in enumerate(arms):
        label = f"{name}, after" if histogram.matched else name
        ax.stairs(sign * filled[row], edges, fill=True, color=color, alpha=0.75, label=label)
        if histogram.matched:
            ax.stairs(sign * histogram.before[row], edges, color=_style.INK, linewidth=0.9, alpha=0.8)
    if histogram.matched:
        ax.plot([], [], color=_style.INK, linewidth=0.9, label="before")
    ax.axhline(0, color=_style.INK, linewidth=0.8)
    for at in (histogram.low, histogram.high):
        if np.isfinite(at):
            ax.axvline(at, color=_style.MUTED, linestyle="--", linewidth=1)
    highest = max(float(histogram.before.max()), float(filled.max())) * 1.08
    ax.set_ylim(-highest, highest)
    ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0%}")
    _style.legend(ax, loc="upper right")
    support = "; dashed: common support" if np.isfinite(histogram.low) else ""
    return _style.finish(
        ax,
        title=f"Who could have been in the other arm? Scores of both arms of {histogram.treatment}",
        x=f"propensity score{support}",
        y="share of the arm",
    )


@main_picture.register(PropensityScore)
def _score_overlap(score: PropensityScore, *, ax: Axes | None = None) -> Axes:
    return mirror_histogram(score.histogram(), ax=ax)


@all_pictures.register(PropensityScore)
def _score_pictures(score: PropensityScore) -> tuple[Picture, ...]:
    return (Picture("Overlap of the propensity score in the two arms.", partial(_score_overlap, score)),)


@main_picture.register(BlockBalance)
def block_heat_map(balance: BlockBalance, *, ax: Axes | None = None) -> Axes:
    """Draw the t statistic of every covariate in every block; cells out of balance carry their value."""
    from matplotlib.colors import Normalize

    rows = len(balance.covariates)
    ax = _style.new_axes(ax, figsize=(max(5.0, 1.6 + 0.62 * balance.n_blocks), 1.4 + 0.32 * rows), grid="none")
    values = balance.statistic.T
    ax.imshow(values, cmap="RdBu_r", norm=Normalize(-_DARKEST, _DARKEST), aspect="auto", interpolation="nearest")
    off = (balance.p_value < balance.significance).T
    for row, column in zip(*np.nonzero(np.isfinite(values)), strict=True):
        if off[row, column]:
            dark = abs(values[row, column]) > 0.6 * _DARKEST
            shade = "white" if dark else _style.INK
            ax.text(column, row, f"{values[row, column]:.1f}", ha="center", va="center", fontsize=8, color=shade)
    for row, column in zip(*np.nonzero(~np.isfinite(values)), strict=True):
        ax.text(column, row, "–", ha="center", va="center", fontsize=8, color=_style.MUTED)
    _style.category_axis(ax, balance.covariates)
    sizes = zip(balance.edges[:-1], balance.n_treated, balance.n_control, strict=True)
    ax.set_xticks(range(balance.n_blocks), [f"{low:.3g}\n{n1:,.0f} / {n0:,.0f}" for low, n1, n0 in sizes])
    ax.tick_params(axis="both", length=0)
    return _style.finish(
        ax,
        title="t statistics in blocks of the score",
        x=f"lower end of the block; treated / control units. Numbers: p < {balance.significance:g}",
    )


@all_pictures.register(BlockBalance)
def _block_pictures(balance: BlockBalance) -> tuple[Picture, ...]:
    return (Picture("Balance of the covariates in blocks of the score.", partial(block_heat_map, balance)),)


@main_picture.register(BalanceTable)
def love_plot(balance: BalanceTable, *, ax: Axes | None = None) -> Axes:
    """Draw absolute standardised differences before and after, the largest before on top."""
    before, after = (np.abs(balance.column("difference", after=when)) for when in (False, True))
    order = np.argsort(-np.nan_to_num(before), kind="stable")
    ax = _style.new_axes(ax, figsize=(6.6, 1.3 + 0.27 * len(order)), grid="x")
    rows = np.arange(len(order))
    ax.hlines(rows, before[order], after[order], color=_style.FAINT, linewidth=1.2)
    ax.scatter(before[order], rows, facecolors="white", edgecolors=_style.MUTED, s=34, zorder=3, label="before")
    ax.scatter(after[order], rows, color=_style.TREATED, s=34, zorder=4, label="after")
    ax.axvline(0.1, color=_style.MUTED, linestyle="--", linewidth=1)
    ax.set_xlim(left=-0.02 * float(np.nanmax([before, after])))
    _style.category_axis(ax, [balance.covariates[each] for each in order])
    _style.legend(ax, loc="lower right")
    return _style.finish(
        ax,
        title=f"Balance of the covariates ({balance.method}, {balance.estimand})",
        x=f"absolute difference of means in standard deviations ({balance.denominator}); dashed 0.1",
    )


@main_picture.register(Match)
def _match_love_plot(match: Match, *, ax: Axes | None = None) -> Axes:
    return love_plot(match.balance(), ax=ax)


@all_pictures.register(Match)
def _match_pictures(match: Match) -> tuple[Picture, ...]:
    pictures = [
        Picture("Balance of the covariates before and after.", partial(_match_love_plot, match)),
        Picture("Overlap of the score before and after.", partial(mirror_histogram, match.histogram())),
    ]
    for name in match.balance().covariates[1:]:
        distribution = match.distribution(name)
        if distribution.values.size > 2:
            pictures.extend(_distribution_pictures(distribution))
    return tuple(pictures)


@main_picture.register(CovariateDistribution)
def ecdf_plot(distribution: CovariateDistribution, *, ax: Axes | None = None) -> Axes:
    """Draw the distribution functions of both arms, before matching in faint lines."""
    ax = _style.new_axes(ax, grid="y")
    for row, (name, color) in enumerate((("treated", _style.TREATED), ("control", _style.CONTROL))):
        x = distribution.values
        ax.step(x, distribution.before[row], where="post", color=color, alpha=0.45, linewidth=1.2, linestyle=":")
        ax.step(x, distribution.after[row], where="post", color=color, linewidth=1.8, label=name)
    ax.plot([], [], color=_style.MUTED, linestyle=":", linewidth=1.2, label="before")
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _style.legend(ax, loc="lower right")
    return _style.finish(
        ax,
        title=f"Distribution of {distribution.covariate} before and after",
        x=distribution.covariate,
        y="share at or below",
    )


def quantile_plot(distribution: CovariateDistribution, *, ax: Axes | None = None) -> Axes:
    """Draw the quantiles of the treated against those of the controls, before and after."""
    ax = _style.new_axes(ax, figsize=(4.8, 4.6), grid="both")
    before, after = (distribution.quantiles(after=when) for when in (False, True))
    low, high = _limits(before, after)
    ax.plot([low, high], [low, high], color=_style.MUTED, linewidth=1, linestyle="--")
    ax.scatter(before[1], before[0], s=16, facecolors="white", edgecolors=_style.MUTED, label="before")
    ax.scatter(after[1], after[0], s=16, color=_style.TREATED, label="after")
    _style.legend(ax, loc="upper left")
    return _style.finish(
        ax,
        title=f"Percentiles of {distribution.covariate}",
        x="controls",
        y="treated",
    )


@all_pictures.register(CovariateDistribution)
def _distribution_pictures(distribution: CovariateDistribution) -> tuple[Picture, ...]:
    name = distribution.covariate
    return (
        Picture(f"Distribution functions of {name}.", partial(ecdf_plot, distribution)),
        Picture(f"Percentiles of {name} against each other.", partial(quantile_plot, distribution)),
    )


@main_picture.register(MatchingResult)
def _result_picture(result: MatchingResult, *, ax: Axes | None = None) -> Axes:
    return _estimates(result, ax=ax) if result.balance is None else love_plot(result.balance, ax=ax)


@all_pictures.register(MatchingResult)
def _result_pictures(result: MatchingResult) -> tuple[Picture, ...]:
    pictures = [Picture("The effect with its 95% interval.", partial(_estimates, result))]
    if result.balance is not None:
        caption = "Balance of the covariates before and after."
        pictures.insert(0, Picture(caption, partial(love_plot, result.balance)))
    if result.overlap is not None:
        pictures.append(Picture("Overlap of the propensity score.", partial(mirror_histogram, result.overlap)))
    if result.by_block is not None:
        pictures.append(Picture("Effects by block with their 95% intervals.", partial(forest, result.by_block)))
    return tuple(pictures)


def _estimates(result: MatchingResult, *, ax: Axes | None = None) -> Axes:
    """Draw the effect, above the one without adjustment where there is one."""
    estimates = {result.effect.estimand: result.effect}
    if result.unadjusted is not None:
        estimates = {"adjusted": result.effect, "unadjusted": result.unadjusted}
    title = f"Effect of {result.treatment} on {result.outcome} ({result.effect.estimand})"
    return forest(estimates, ax=ax, title=title)


def _limits(*values: FloatArray) -> tuple[float, float]:
    return min(float(each.min()) for each in values), max(float(each.max()) for each in values)
