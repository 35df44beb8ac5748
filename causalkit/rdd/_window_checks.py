"""What a comparison in a window rests on: numbers of rows, covariates, take-up, and what no data can show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit.rdd._window_selection import balance_p_values, equal_counts_p
from causalkit.results import Check, Table

if TYPE_CHECKING:
    from causalkit._typing import Verdict
    from causalkit.rdd._design import RddDesign
    from causalkit.rdd._window_fit import Window, WindowFit
    from causalkit.rdd._window_selection import WindowSelection

__all__ = ["first_stage_check", "window_checks"]

_FEW_ROWS = 10
_BALANCED = 0.15
_SIGNIFICANT = 0.05
_WEAK = 10.0


def window_checks(
    design: RddDesign, window: Window, selection: WindowSelection | None, draws: int, rng: np.random.Generator
) -> list[Check]:
    """Return the checks of a comparison in a window."""
    cut = design.cut
    sizes = (int(np.count_nonzero(~window.treated)), int(np.count_nonzero(window.treated)))
    checks = [_support(cut.below_above(*sizes)), _counts(cut.below_above(*sizes))]
    if selection is not None:
        checks.append(selection.check())
    if design.covariate_names:
        checks.append(_balance(design, window, draws, rng))
    checks.append(
        Check(
            name="as if at random",
            question="Is the side on which units in the window fell a matter of chance?",
            verdict="untestable",
            reading=(
                "That the score decides in the window as a coin would, and moves the outcome there through nothing but "
                "the treatment, is assumed; counts and covariates can only speak against it."
            ),
        )
    )
    return checks


def _support(sizes: tuple[int, int]) -> Check:
    thin = min(sizes) < _FEW_ROWS
    reading = f"The window has {sizes[0]:,} rows below and {sizes[1]:,} above the cutoff"
    return Check(
        name="rows in the window",
        question="Are there enough units in the window?",
        verdict="questionable" if thin else "supported",
        reading=f"{reading}; with fewer than {_FEW_ROWS} on a side little can be found." if thin else f"{reading}.",
    )


def _counts(sizes: tuple[int, int]) -> Check:
    p_value = equal_counts_p(*sizes)
    off = p_value < _SIGNIFICANT
    return Check(
        name="counts in the window",
        question="Are units as likely on one side of the cutoff as on the other?",
        null="a unit in the window lies on either side with equal chance",
        verdict="questionable" if off else "supported",
        p_value=p_value,
        reading=(
            f"{'The window holds unequal numbers' if off else 'No evidence of unequal chances'}: {sizes[0]:,} below "
            f"and {sizes[1]:,} above (p = {p_value:.3g})."
        ),
    )


def _balance(design: RddDesign, window: Window, draws: int, rng: np.random.Generator) -> Check:
    values = design.columns[1 + design.n_treatments :, window.inside].T
    p_values = balance_p_values(values, window.treated, "difference", "permutation", draws, rng)
    means = [
        design.scales[1 + design.n_treatments :] * values[side].mean(axis=0) + design.centers[1 + design.n_treatments :]
        for side in (~window.treated, window.treated)
    ]
    below, above = design.cut.below_above(*means)
    known = np.isfinite(p_values)
    smallest = float(p_values[known].min()) if known.any() else math.nan
    off = smallest < _BALANCED
    name = design.covariate_names[int(np.nanargmin(p_values))] if known.any() else ""
    verdict: Verdict = "not run" if not known.any() else "questionable" if off else "supported"
    return Check(
        name="covariates",
        question="Are units on the two sides of the window alike?",
        null="no covariate differs between the sides",
        verdict=verdict,
        p_value=smallest,
        reading=(
            "No covariate varies in the window."
            if not known.any()
            else f"{name!r} differs between the sides of the window (p = {smallest:.3g})."
            if off
            else f"No evidence that any of {int(known.sum())} covariates differs between the sides of the window: the "
            f"smallest p-value is {smallest:.3g}."
        ),
        table=Table(
            title="Covariates in the window",
            columns={
                "covariate": list(design.covariate_names),
                "mean_below": below.tolist(),
                "mean_above": above.tolist(),
                "p_value": p_values.tolist(),
            },
            headings={"mean_below": "mean below", "mean_above": "mean above"},
        ),
    )


def first_stage_check(first: WindowFit) -> Check:
    """Return the verdict on the difference of take-up."""
    f = first.f
    weak = f < _WEAK
    return Check(
        name="first stage",
        question="Does take-up of the treatment differ between the sides?",
        null="take-up does not differ",
        verdict="violated" if weak else "supported",
        statistic=f,
        df=1.0,
        reading=(
            f"Take-up differs by {first.estimate:+.3g} in the window (F = {f:.3g}): "
            + ("too weak for a large-sample interval of a ratio." if weak else "strong enough for a ratio.")
        ),
    )
