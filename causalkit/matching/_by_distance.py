"""Matching by a distance: nearest neighbours, optimal pairs and full matching."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._blocks import block_weights
from causalkit._numerics._full_matching import TooManyLinks, full_match
from causalkit._numerics._nearest_1d import free_nearest, line_up, nearest_on_line
from causalkit._numerics._nearest_nd import Limits, free_nearest_in_space, nearest_in_space
from causalkit._numerics._optimal import optimal_pairs
from causalkit._validate import generator
from causalkit.errors import DesignError
from causalkit.matching._apply import register
from causalkit.matching._distances import (
    group_of,
    in_each_direction,
    match_of_sets,
    matched,
    smallest_gap,
    space_of,
    standard_deviation,
)
from causalkit.matching._specs import Full, Nearest, Optimal

if TYPE_CHECKING:
    from causalkit._numerics._matched_sets import MatchedSets
    from causalkit._typing import BoolArray, IntArray
    from causalkit.matching._distances import Space
    from causalkit.matching._matched import Match
    from causalkit.matching._score import PropensityScore

_UNMATCHED = "found no partner"


@register(Nearest)
def _nearest(spec: Nearest, score: PropensityScore) -> Match:
    space, group = space_of(score, spec), group_of(score, spec.exact)
    caliper = _caliper(spec, space)
    find = partial(_with_replacement if spec.replace else _without_replacement, spec, score, space, group, caliper)
    sets = in_each_direction(score, spec.estimand, find)
    limits = _limits(spec, score)
    reason, binding = _reason(spec, caliper), space
    if limits is not None:
        reason += f"{' and' if np.isfinite(caliper) else ''} within the score caliper of {limits.width[0]:.4g}"
        binding = replace(space, points=limits.values) if np.isinf(caliper) else space
    return match_of_sets(
        spec,
        score,
        sets,
        reason=reason,
        details={} if np.isinf(caliper) else {"caliper": caliper},
        nearest=partial(smallest_gap, binding, score, group),
    )


def _caliper(spec: Nearest | Optimal | Full, space: Space) -> float:
    """The caliper in units of the distance."""
    if spec.caliper is None:
        return float("inf")
    return spec.caliper * (space.sd if spec.caliper_scale == "sd" else 1.0)


def _reason(spec: Nearest | Optimal | Full, caliper: float) -> str:
    """Why a unit is left out, in words."""
    within = "" if np.isinf(caliper) else f" within the caliper of {caliper:.4g}"
    alike = f" with the same {', '.join(spec.exact)}" if spec.exact else ""
    return f"{_UNMATCHED}{alike}{within}"


def _with_replacement(
    spec: Nearest,
    score: PropensityScore,
    space: Space,
    group: IntArray | None,
    caliper: float,
    focal: BoolArray,
    donor: BoolArray,
) -> MatchedSets:
    """Match one arm to the other, whose units may be used again."""
    slack = space.slack if spec.ties == "average" else None
    weights = score.design.weights
    if space.on_line:
        line = line_up(space.points[:, 0], focal, donor, group)
        return nearest_on_line(line, ratio=spec.ratio, caliper=caliper, slack=slack, weights=weights)
    return nearest_in_space(
        space.points,
        focal,
        donor,
        ratio=spec.ratio,
        caliper=caliper,
        slack=slack,
        group=group,
        limits=_limits(spec, score),
        weights=weights,
    )


def _without_replacement(
    spec: Nearest,
    score: PropensityScore,
    space: Space,
    group: IntArray | None,
    caliper: float,
    focal: BoolArray,
    donor: BoolArray,
) -> MatchedSets:
    """Match one arm to the other, each unit of which is used at most once."""
    rng = None if spec.rng is None else generator(spec.rng)
    weights = score.design.weights
    if space.on_line:
        order = spec.order or ("largest" if spec.estimand == "ATT" else "smallest")
        line = line_up(space.points[:, 0], focal, donor, group)
        return free_nearest(line, order=order, ratio=spec.ratio, caliper=caliper, weights=weights, rng=rng)
    return free_nearest_in_space(
        space.points,
        focal,
        donor,
        turn=score.linear,
        order=spec.order or "data",
        ratio=spec.ratio,
        caliper=caliper,
        slack=space.slack,
        group=group,
        limits=_limits(spec, score),
        weights=weights,
        rng=rng,
    )


def _limits(spec: Nearest, score: PropensityScore) -> Limits | None:
    """The caliper on the score beside a distance on covariates."""
    if spec.score_caliper is None:
        return None
    sd = standard_deviation(score.linear, score.design.weights)
    return Limits(score.linear[:, None], np.array([spec.score_caliper * sd]))


@register(Optimal)
def _optimal(spec: Optimal, score: PropensityScore) -> Match:
    space, group = space_of(score, spec), group_of(score, spec.exact)
    caliper = _caliper(spec, space)
    totals: list[float] = []

    def find(focal: BoolArray, donor: BoolArray) -> MatchedSets:
        best = optimal_pairs(
            space.points,
            focal,
            donor,
            ratio=spec.ratio,
            caliper=caliper,
            group=group,
            weights=score.design.weights,
        )
        totals.append(best.total_distance)
        return best.sets

    sets = in_each_direction(score, spec.estimand, find)
    return match_of_sets(
        spec,
        score,
        sets,
        reason=_reason(spec, caliper),
        details={"total_distance": totals[0], **({} if np.isinf(caliper) else {"caliper": caliper})},
        nearest=partial(smallest_gap, space, score, group),
    )


@register(Full)
def _full(spec: Full, score: PropensityScore) -> Match:
    space, group = space_of(score, spec), group_of(score, spec.exact)
    caliper = _caliper(spec, space)
    try:
        full = full_match(space.points, score.design.treated, score.support, caliper=caliper, group=group)
    except TooManyLinks:
        raise DesignError(
            f"Full matching of {score.design.n:,} units by distance={spec.distance!r} has too many pairs to weigh. "
            f"Use distance='logit', which has no such limit, a caliper, or exact= columns that divide the units."
        ) from None
    found = full.sets >= 0
    if not found.any():
        raise DesignError(
            f"Nobody could be matched: every unit {_reason(spec, caliper)}. The smallest distance seen is "
            f"{smallest_gap(space, score, group):.6g}."
        )
    return matched(
        spec,
        score,
        block_weights(full.sets, score.design.treated, score.base, spec.estimand),
        found=found,
        reason=_reason(spec, caliper),
        blocks=full.sets,
        details={"total_distance": full.total_distance, "n_sets": int(full.sets.max()) + 1},
    )
