"""Pictures of instrumental-variables results."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from causalkit.iv import IvResult, MomentResult, OlsResult, WeakRobustResult
from causalkit.plot import _style
from causalkit.plot._dispatch import Picture, all_pictures, main_picture
from causalkit.plot._forest import forest
from causalkit.results import Effect

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from causalkit._typing import FloatArray
    from causalkit.results import ConfidenceSet, Table, Uncertainty

_LEVEL: Final = 0.95
_POINTS: Final = 401


@main_picture.register(IvResult)
def ols_against_iv(result: IvResult, *, ax: Axes | None = None) -> Axes:
    """Draw least squares and the instrument's estimate, one to a line, with their confidence sets."""
    name = result.coefficients.labels[0]
    rows = {"OLS": result.ols[name], "IV": result.effect}
    title = f"Effect of {name} on {result.outcome}: least squares beside the instrument"
    return forest(rows, ax=ax, title=title)


@main_picture.register(OlsResult)
@main_picture.register(MomentResult)
def coefficients(result: OlsResult | MomentResult, *, ax: Axes | None = None) -> Axes:
    """Draw the coefficients with their intervals."""
    return forest(result.coefficients, ax=ax, title=f"{result.method}: {result.outcome}")


@main_picture.register(WeakRobustResult)
def robust_curve(result: WeakRobustResult, *, ax: Axes | None = None) -> Axes:
    """Draw the p-value of every effect, with the set shaded."""
    if result.effect.uncertainty is None:
        return forest({result.method: result}, ax=ax)
    return _curve(result, result.effect.uncertainty, result.std_error, ax=ax)


def anderson_rubin_curve(result: IvResult, *, ax: Axes | None = None) -> Axes:
    """Draw the Anderson-Rubin p-value of every effect, with the set shaded."""
    if result.anderson_rubin is None:
        return ols_against_iv(result, ax=ax)
    return _curve(result, result.anderson_rubin, result.std_error, ax=ax)


def _curve(result: IvResult | WeakRobustResult, test: Uncertainty, std_error: float, *, ax: Axes | None) -> Axes:
    found = test.conf_int(_LEVEL)
    low, high = _range(found, result.estimate, std_error)
    effects = np.linspace(low, high, _POINTS)
    p_values = np.array([test.p_value(float(each)) for each in effects])
    ax = _style.new_axes(ax, figsize=(6.6, 3.8))
    ax.plot(effects, p_values, color=_style.BLUE, linewidth=1.8)
    for part in found.parts:
        ax.axvspan(max(part.low, low), min(part.high, high), color=_style.SKY, alpha=0.25, linewidth=0)
    ax.axhline(1 - _LEVEL, color=_style.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    ax.axvline(0.0, color=_style.FAINT, linewidth=1, zorder=0)
    ax.set_xlim(low, high)
    ax.set_ylim(0, 1.02)
    treatment = result.roles["treatment"][0]
    ends = "" if found.is_bounded else "; it goes on beyond the picture"
    return _style.finish(
        ax,
        title=f"Effects of {treatment} that the data do not reject: {found.format()}{ends}",
        x=f"effect of one unit of {treatment} on {result.outcome}",
        y="p-value",
    )


def _range(found: ConfidenceSet, estimate: float, std_error: float) -> tuple[float, float]:
    """What to show: four standard errors around the estimate, all finite ends, and no effect."""
    ends = [end for part in found.parts for end in part if math.isfinite(end)]
    low = min([estimate - 4 * std_error, 0.0, *ends])
    high = max([estimate + 4 * std_error, 0.0, *ends])
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def first_stage(result: IvResult, *, ax: Axes | None = None) -> Axes:
    """Draw the treatment over bins of the instrument."""
    return _binned(result, which=0, ax=ax)


def reduced_form(result: IvResult, *, ax: Axes | None = None) -> Axes:
    """Draw the outcome over bins of the instrument."""
    return _binned(result, which=1, ax=ax)


def _binned(result: IvResult, *, which: int, ax: Axes | None) -> Axes:
    bins = result.bins
    if bins is None:
        return ols_against_iv(result, ax=ax)
    values: FloatArray = (bins.treatment, bins.outcome)[which]
    name = (result.roles["treatment"][0], result.outcome)[which]
    color = (_style.BLUE, _style.GREEN)[which]
    ax = _style.new_axes(ax, figsize=(5.6, 3.8))
    size = 20 + 60 * bins.rows / bins.rows.max()
    ax.scatter(bins.index, values, s=size, color=color, edgecolors="white", linewidths=0.8, zorder=3)
    ends = np.array([bins.index.min(), bins.index.max()])
    line = bins.centers[which + 1] + bins.slopes[which] * (ends - bins.centers[0])
    ax.plot(ends, line, color=_style.INK, linewidth=1.2)
    held = ", exogenous columns held fixed" if result.roles.get("exogenous") or result.roles.get("absorb") else ""
    step = ("First stage", "Reduced form")[which]
    return _style.finish(
        ax, title=f"{step}: {name} over {bins.index_label}", x=f"{bins.index_label}{held}", y=f"mean of {name}"
    )


def one_by_one(result: IvResult, *, ax: Axes | None = None) -> Axes:
    """Draw the estimate of each instrument alone, and of all but each."""
    table = _apart(result)
    if table is None:
        return ols_against_iv(result, ax=ax)
    rows = {
        str(label): Effect(estimand=str(label), estimate=float(str(b)), std_error=float(str(se)))
        for label, b, se in zip(table["term"], table["estimate"], table["std_error"], strict=True)
    }
    return forest(rows, ax=ax, title="The instruments one by one (Wald intervals)")


def _apart(result: IvResult) -> Table | None:
    return next((each for each in result.complements if each.title == "The instruments one by one"), None)


@all_pictures.register(IvResult)
def _(result: IvResult) -> tuple[Picture, ...]:
    drawings: list[tuple[str, Any]] = [("Least squares beside the instrument.", ols_against_iv)]
    if result.anderson_rubin is not None:
        drawings.append(("p-value of every effect; the Anderson-Rubin set is shaded.", anderson_rubin_curve))
    if result.bins is not None:
        drawings.append(("First stage: how the instrument moves the treatment.", first_stage))
        drawings.append(("Reduced form: how the instrument moves the outcome.", reduced_form))
    if _apart(result) is not None:
        drawings.append(("Each instrument alone, and all but each.", one_by_one))
    return tuple(Picture(caption, partial(draw, result)) for caption, draw in drawings)
