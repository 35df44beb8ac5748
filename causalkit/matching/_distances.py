"""What the methods of matching measure and report alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit._frames import read_rows
from causalkit._frames._levels import label_text
from causalkit._numerics._matched_sets import join_sets
from causalkit._numerics._metric import coordinates
from causalkit._validate import counted, listed
from causalkit._warnings import Warned
from causalkit.errors import DesignError, OptionError
from causalkit.matching._matched import Match
from causalkit.matching._specs import target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from causalkit._numerics._matched_sets import MatchedSets
    from causalkit._numerics._metric import Metric
    from causalkit._typing import BoolArray, FloatArray, IntArray
    from causalkit.matching._design import MatchingDesign
    from causalkit.matching._score import PropensityScore
    from causalkit.matching._specs import Full, Nearest, Optimal

# Distances that differ by less than this share of their standard deviation are ties.
TIES = 1e-9
# A larger share of the target population without a partner deserves a warning.
_MANY = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Coordinates in which units are compared.

    Attributes
    ----------
    points : (n, r) array
        Coordinates; the distance is Euclidean.
    sd : float
        Standard deviation of the score, or of all coordinates together.
    on_line : bool
        There is one coordinate, the score.
    """

    points: FloatArray
    sd: float
    on_line: bool

    @property
    def slack(self) -> float:
        """Difference of distances below which they are ties."""
        return TIES * self.sd


def line_of(score: PropensityScore, distance: str) -> FloatArray:
    """Return the coordinate of a distance on the score."""
    return score.linear if distance == "logit" else score.score


def standard_deviation(values: FloatArray, weights: FloatArray) -> float:
    """Standard deviation in the whole sample, divisor n - 1."""
    deviation = values - float(weights @ values) / float(weights.sum())
    n = values.size
    return float(np.sqrt((weights @ deviation**2) / weights.sum() * n / (n - 1)))


def space_of(score: PropensityScore, spec: Nearest | Optimal | Full) -> Space:
    """Return the coordinates that a specification compares units in."""
    design = score.design
    if spec.distance == "logit" or spec.distance == "score":  # noqa: PLR1714 - narrows the type
        line = line_of(score, spec.distance)
        return Space(line[:, None], standard_deviation(line, design.weights), on_line=True)
    metric: Metric = spec.distance
    points = coordinates(_columns(design, spec.covariates), design.treated, metric, design.weights)
    if not points.shape[1]:
        raise DesignError("None of the covariates of the distance varies; nothing can be compared.")
    center = (design.weights @ points) / design.weights.sum()
    variance = (design.weights @ (points - center) ** 2).sum() / design.weights.sum()
    return Space(points, float(np.sqrt(variance)), on_line=False)


def _columns(design: MatchingDesign, covariates: Sequence[str] | None) -> FloatArray:
    """Columns of the covariates of a distance, one for every level of a category."""
    x, names = design.all_levels()
    if covariates is None:
        return x
    unknown = [name for name in covariates if name not in design.covariates]
    if unknown:
        raise OptionError(
            f"covariates={listed(unknown)} of the distance are not among the covariates of the score: "
            f"{listed(design.covariates)}."
        )
    source = dict(zip(design.terms, design.term_covariate, strict=True))
    for covariate, label in design.reference.items():
        source.setdefault(f"{covariate}={label_text(label)}", covariate)
    return x[:, [source[name] in covariates for name in names]]


def group_of(score: PropensityScore, columns: Sequence[str]) -> IntArray | None:
    """Return a code for the values of columns in which partners must agree; None without columns."""
    if not columns:
        return None
    return read_rows(score.design.frame, roles={"exact": tuple(columns)}).levels("exact").codes


def in_each_direction(
    score: PropensityScore, estimand: str, find: Callable[[BoolArray, BoolArray], MatchedSets]
) -> MatchedSets:
    """Match treated to controls (ATT), controls to treated (ATC), or both (ATE)."""
    treated, control = score.design.treated & score.support, ~score.design.treated & score.support
    parts = []
    if estimand in {"ATT", "ATE"}:
        parts.append(find(treated, control))
    if estimand in {"ATC", "ATE"}:
        parts.append(find(control, treated))
    return join_sets(parts)


def target_rows(score: PropensityScore, estimand: str) -> BoolArray:
    """Units of the target population inside the common support."""
    treated = score.design.treated
    arm = {"ATT": treated, "ATC": ~treated, "ATE": np.ones_like(treated)}[estimand]
    return np.asarray(arm & score.support)


def matched(
    spec: Any,
    score: PropensityScore,
    weights: FloatArray,
    *,
    found: BoolArray,
    reason: str,
    sets: MatchedSets | None = None,
    blocks: IntArray | None = None,
    details: Mapping[str, str | int | float] | None = None,
) -> Match:
    """Build the match and say who of the target population is left out.

    Parameters
    ----------
    spec, score
        The method and what was matched on.
    weights : (n,) array
        One weight per unit.
    found : (n,) array of bool
        Units of the target population that were matched.
    reason : str
        Why others were not, to complete "k of n treated units ...".
    sets, blocks, details
        As for `Match`.
    """
    warned = Warned()
    estimand = target_of(spec)
    target = target_rows(score, estimand)
    lost = int((target & ~found).sum())
    if lost > _MANY * target.sum():
        who = {"ATT": "treated unit", "ATC": "control unit", "ATE": "unit"}[estimand]
        warned.add(
            f"{lost:,} of {counted(int(target.sum()), who)} {reason}: the effect will be the {estimand} among the "
            f"matched, not of all."
        )
    return Match(
        score=score,
        spec=spec,
        estimand=estimand,
        weights=weights,
        sets=sets,
        blocks=blocks,
        details=dict(details or {}),
        warnings=(*score.warnings, *warned.messages),
    )


def match_of_sets(
    spec: Any,
    score: PropensityScore,
    sets: MatchedSets,
    *,
    reason: str,
    details: Mapping[str, str | int | float],
    nearest: Callable[[], float],
) -> Match:
    """Build the match of a method that makes sets.

    Parameters
    ----------
    spec, score, sets, reason, details
        As for `matched`.
    nearest : callable
        Gives the smallest distance between any two units that might have been matched, for the message if none were.
    """
    n = score.design.n
    if not sets.focal.size:
        raise DesignError(
            f"Nobody could be matched: each of the {counted(int(target_rows(score, target_of(spec)).sum()), 'unit')} "
            f"{reason}. The smallest distance seen is {nearest():.6g}."
        )
    base = score.base
    weights, _ = sets.totals(n, base[sets.focal])
    found = np.zeros(n, dtype=bool)
    found[sets.focal] = True
    weights[sets.focal] += base[sets.focal]
    return matched(spec, score, weights, found=found, reason=reason, sets=sets, details=details)


def smallest_gap(space: Space, score: PropensityScore, group: IntArray | None) -> float:
    """Smallest distance between a treated and a control unit that may be matched; infinite if there is no such pair."""
    from causalkit._numerics._nearest_nd import nearest_in_space

    treated = score.design.treated & score.support
    sets = nearest_in_space(space.points, treated, ~score.design.treated & score.support, group=group)
    if not sets.focal.size:
        return float("inf")
    links = sets.links()
    return float(np.linalg.norm(space.points[links.focal] - space.points[links.partner], axis=1).min())
