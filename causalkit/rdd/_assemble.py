"""From the numbers of an analysis to its result: records, checks, warnings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit.errors import DesignWarning
from causalkit.rdd._fit import curves_of
from causalkit.rdd._records import RddBandwidths, RddSide
from causalkit.rdd._result import RddResult
from causalkit.results import Check, Checks, Effect, Fieller, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit.rdd._bins import BinnedScatter
    from causalkit.rdd._density_test import DensityTest
    from causalkit.rdd._design import RddDesign
    from causalkit.rdd._fit import LocalFit
    from causalkit.rdd._series import RddSeries
    from causalkit.rdd._settings import Settings

__all__ = ["local_result"]

_FEW_ROWS = 50
_FEW_SCORES = 10
_MANY_TIES = 0.2
_WEAK = 10.0


def local_result(
    design: RddDesign,
    settings: Settings,
    local: LocalFit,
    *,
    scatter: BinnedScatter | None = None,
    density: DensityTest | None = None,
    series: Sequence[RddSeries] = (),
) -> RddResult:
    """Result of one local polynomial analysis, with the checks that were run beside it."""
    cut = design.cut
    sides = _sides(design, settings, local)
    checks = [_support_check(sides), _ties_check(local)]
    if design.is_fuzzy:
        checks.append(_first_stage_check(local))
    for check in checks:
        if check.verdict != "supported":
            cut.warned.add(check.reading, DesignWarning)
    effect = _headline(design, settings, local)
    if effect.std_error == 0 and design.columns[0].any():
        cut.warned.add("The outcome is fitted without error; the standard error is 0.", DesignWarning)
    h, b = (cut.below_above(*pair) for pair in (local.h, local.b))
    first, reduced = _stages(local) if design.is_fuzzy else (None, None)
    roles = {role: cut.rows.names(role) for role in _ROLES if cut.rows.names(role)}
    return RddResult(
        method=_method(design, settings),
        effect=effect,
        sample=Sample.of(
            cut.rows,
            cut.on_treated_side,
            n_clusters=None if design.clusters is None else int(design.clusters.max()) + 1,
        ),
        checks=Checks(
            (
                *checks,
                *([] if density is None else [density.check()]),
                *(each.check for each in series),
                *_assumptions(design, settings),
            )
        ),
        roles=roles,
        options={
            "cutoff": cut.place, "treated": cut.treated, "order": settings.order, "bias_order": settings.bias_order,
            "derivative": settings.derivative, "kernel": settings.kernel, "cov_type": settings.cov_type,
            "n_matches": settings.n_matches, "mass_points": settings.mass_points, "regularize": settings.regularize,
            "bandwidth_target": settings.bandwidth_target,
        },
        warnings=cut.warned.messages,
        backend=cut.rows.backend,
        conventional=Effect(
            estimand=effect.estimand, estimate=local.conventional, std_error=local.se_conventional
        ),
        bias_corrected=Effect(
            estimand=effect.estimand, estimate=local.corrected, std_error=local.se_conventional
        ),
        robust=Effect(estimand=effect.estimand, estimate=local.corrected, std_error=local.se_robust),
        first_stage=first,
        reduced_form=reduced,
        bandwidths=RddBandwidths(
            kind=settings.kind or "given", h_below=h[0], h_above=h[1], b_below=b[0], b_above=b[1]
        ),
        below=sides[0],
        above=sides[1],
        cutoff=cut.cutoff,
        n_at_cutoff=cut.n_at_cutoff,
        scatter=scatter,
        density=density,
        series=tuple(series),
    )  # fmt: skip


_ROLES = ("outcome", "running", "treatment", "covariates", "cluster", "weights")


def _method(design: RddDesign, settings: Settings) -> str:
    what = "kink" if settings.derivative else "discontinuity"
    order = {0: "local constant", 1: "local linear", 2: "local quadratic"}.get(
        settings.order, f"local polynomial of order {settings.order}"
    )
    return f"{'Fuzzy' if design.is_fuzzy else 'Sharp'} regression {what}, {order}, robust bias-corrected"


def _headline(design: RddDesign, settings: Settings, local: LocalFit) -> Effect:
    estimand = "LATE at the cutoff" if design.is_fuzzy else "ATE at the cutoff"
    if settings.derivative:
        estimand = estimand.replace("ATE", "ATE on the slope" if not design.is_fuzzy else "ATE, from kinks,")
    uncertainty = None
    if design.is_fuzzy and local.first_stage_f < _WEAK:
        jumps, units = local.fit.jumps, local.jump_units
        cov = jumps.cov_robust * np.outer(units, units)
        numerator, denominator = (float(each) for each in jumps.corrected * units)
        uncertainty = Fieller(
            numerator=numerator,
            denominator=denominator,
            var_numerator=float(cov[0, 0]),
            var_denominator=float(cov[1, 1]),
            cov=float(cov[0, 1]),
        )
    return Effect(
        estimand=estimand,
        estimate=local.conventional,
        std_error=local.se_robust,
        center=local.corrected,
        uncertainty=uncertainty,
    )


def _stages(local: LocalFit) -> tuple[Effect, Effect]:
    jumps, units = local.fit.jumps, local.jump_units
    reduced, first = (
        Effect(
            estimand=name,
            estimate=float(jumps.conventional[k] * units[k]),
            std_error=math.sqrt(max(float(jumps.cov_robust[k, k]), 0.0)) * abs(float(units[k])),
            center=float(jumps.corrected[k] * units[k]),
        )
        for k, name in enumerate(("jump of the outcome", "jump of take-up"))
    )
    return first, reduced


def _sides(design: RddDesign, settings: Settings, local: LocalFit) -> tuple[RddSide, RddSide]:
    cut, fit = design.cut, local.fit
    found = []
    curves = curves_of(design, local)
    for number, (name, side, coefficients) in enumerate(zip(cut.names, local.sides, curves, strict=True)):
        nu = settings.derivative
        found.append(
            RddSide(
                name=name,
                n=len(side),
                n_distinct=side.n_distinct,
                n_h=fit.n_h[number],
                n_b=fit.n_b[number],
                n_distinct_h=fit.distinct_h[number],
                level=float(math.factorial(nu) * coefficients[nu]),
                coefficients=tuple(map(float, coefficients)),
                std_error=abs(local.unit) * math.sqrt(fit.robust_shares[number]),
            )
        )
    return (found[0], found[1]) if cut.treated == "above" else (found[1], found[0])


def _support_check(sides: tuple[RddSide, RddSide]) -> Check:
    thin = [side for side in sides if side.n_h < _FEW_ROWS]
    counts = " and ".join(f"{side.n_h:,} rows {side.name}" for side in sides)
    reading = (
        f"The window has {counts} the cutoff; with fewer than {_FEW_ROWS} on a side the robust interval can be too "
        f"short. Look at rdd.honest."
        if thin
        else f"The window has {counts} the cutoff."
    )
    return Check(
        name="rows in the window",
        question="Are there enough units near the cutoff?",
        verdict="questionable" if thin else "supported",
        reading=reading,
    )


def _ties_check(local: LocalFit) -> Check:
    n_h, distinct = local.fit.n_h, local.fit.distinct_h
    share = max(1 - d / n if n else 0.0 for d, n in zip(distinct, n_h, strict=True))
    few = min(distinct) < _FEW_SCORES
    tied = few or share > _MANY_TIES
    reading = (
        f"The score repeats: {min(distinct):,} distinct values on the thinner side of the window, and up to "
        f"{share:.0%} of its rows share a score with another. Robust intervals take the score as continuous; look at "
        f"rdd.honest or rdd.local_randomization. Clustering by the score does not help."
        if tied
        else f"The score is nearly continuous: {share:.0%} of the rows in the window share a score with another."
    )
    return Check(
        name="repeated scores",
        question="Is the score continuous near the cutoff?",
        verdict="questionable" if tied else "supported",
        reading=reading,
    )


def _assumptions(design: RddDesign, settings: Settings) -> list[Check]:
    """What no data can show."""
    what = "slope" if settings.derivative else "mean"
    continuity = Check(
        name="continuity",
        question="Would the outcome have gone on smoothly without treatment?",
        verdict="untestable",
        reading=(
            f"That the {what} of the outcome would have gone through the cutoff without a jump had nobody been "
            f"treated, so that nothing but treatment changes there, is assumed; it cannot be tested."
        ),
    )
    if not design.is_fuzzy:
        return [continuity]
    take_up = Check(
        name="exclusion and monotonicity",
        question="Does the cutoff move the outcome through take-up alone, and nobody against the rule?",
        verdict="untestable",
        reading=(
            "That crossing the cutoff moves the outcome through nothing but take-up, and makes nobody refuse the "
            "treatment who would have taken it otherwise, is assumed; it cannot be tested."
        ),
    )
    return [continuity, take_up]


def _first_stage_check(local: LocalFit) -> Check:
    jump = float(local.fit.jumps.conventional[1] * local.jump_units[1])
    f = local.first_stage_f
    if f < _WEAK:
        verdict, tail = (
            "violated",
            ("too weak for a ratio with a normal distribution: the interval is the Anderson-Rubin set instead"),
        )
    elif jump < 0:
        verdict, tail = "questionable", "take-up falls where treatment should start; see treated=..."
    else:
        verdict, tail = "supported", "strong enough for the usual interval"
    return Check(
        name="first stage",
        question="Does take-up of the treatment jump at the cutoff?",
        null="take-up does not jump",
        verdict=verdict,  # type: ignore[arg-type]
        statistic=f,
        df=1.0,
        reading=f"Take-up changes by {jump:+.3g} at the cutoff (F = {f:.3g}): {tail}.",
    )
