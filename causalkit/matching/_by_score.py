"""Matching by neighbourhoods of the score: radius and kernel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._kernel_matching import cross_validated_bandwidth, kernel_match, pair_bandwidth
from causalkit._numerics._nearest_1d import line_up, nearest_on_line, within_radius
from causalkit.errors import DesignError
from causalkit.matching._apply import register
from causalkit.matching._distances import (
    TIES,
    Space,
    group_of,
    in_each_direction,
    line_of,
    match_of_sets,
    matched,
    smallest_gap,
    standard_deviation,
    target_rows,
)
from causalkit.matching._specs import Kernel, Radius

if TYPE_CHECKING:
    from causalkit._numerics._matched_sets import MatchedSets
    from causalkit._typing import BoolArray, FloatArray
    from causalkit.matching._matched import Match
    from causalkit.matching._score import PropensityScore

# Bandwidths that cross-validation chooses from, in standard deviations of the score.
_CANDIDATES = np.geomspace(0.02, 2.0, 17)


@register(Radius)
def _radius(spec: Radius, score: PropensityScore) -> Match:
    line = line_of(score, spec.distance)
    sd = standard_deviation(line, score.design.weights)
    radius = spec.radius * (sd if spec.scale == "sd" else 1.0)
    group = group_of(score, spec.exact)

    def find(focal: BoolArray, donor: BoolArray) -> MatchedSets:
        return within_radius(line_up(line, focal, donor, group), radius, score.design.weights)

    return match_of_sets(
        spec,
        score,
        in_each_direction(score, spec.estimand, find),
        reason=f"found nobody within the radius of {radius:.4g}",
        details={"radius": radius},
        nearest=partial(smallest_gap, Space(line[:, None], sd, on_line=True), score, group),
    )


@register(Kernel)
def _kernel(spec: Kernel, score: PropensityScore) -> Match:
    line = line_of(score, spec.distance)
    sd = standard_deviation(line, score.design.weights)
    bandwidth = _bandwidth(spec, score, line, sd)
    group = group_of(score, spec.exact)
    base, treated = score.design.weights, score.design.treated
    weights = np.zeros(line.size)
    found = np.zeros(line.size, dtype=bool)
    for arm in (treated,) if spec.estimand == "ATT" else (~treated,) if spec.estimand == "ATC" else (treated, ~treated):
        one = kernel_match(
            line,
            arm & score.support,
            ~arm & score.support,
            bandwidth=bandwidth,
            kernel=spec.kernel,
            group=group,
            weights=base,
        )
        weights += one.use + np.where(one.matched, base, 0.0)
        found |= one.matched
    reason = f"found nobody within the bandwidth of {bandwidth:.4g}"
    if not found.any():
        gap = smallest_gap(Space(line[:, None], sd, on_line=True), score, group)
        raise DesignError(
            f"Nobody could be matched: each of the {int(target_rows(score, spec.estimand).sum()):,} units {reason}. "
            f"The smallest distance seen is {gap:.6g}."
        )
    return matched(spec, score, weights, found=found, reason=reason, details={"bandwidth": bandwidth})


def _bandwidth(spec: Kernel, score: PropensityScore, line: FloatArray, sd: float) -> float:
    """The bandwidth in units of the score."""
    if not isinstance(spec.bandwidth, str):
        return spec.bandwidth * (sd if spec.scale == "sd" else 1.0)
    treated = score.design.treated
    if spec.bandwidth == "cross-validation":
        donor = score.support & (treated if spec.estimand == "ATC" else ~treated)
        best, _ = cross_validated_bandwidth(
            line, donor, score.design.x, _CANDIDATES * sd, kernel=spec.kernel, weights=score.design.weights
        )
        return best
    sets = in_each_direction(score, spec.estimand, lambda focal, donor: nearest_on_line(line_up(line, focal, donor)))
    gaps = np.abs(line[sets.focal] - line[sets.partners[sets.low]])
    # Where nearly everybody has a twin, distances are zero and their quantile too.
    return max(pair_bandwidth(gaps), TIES * sd)
