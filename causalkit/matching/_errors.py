"""Standard errors of matching estimators, put together from the match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._abadie_imbens import (
    MatchingContrast,
    ScoreModel,
    matching_contrast,
    matching_variance,
    score_covariance,
    score_gradient,
    variance_in_sets,
)
from causalkit._numerics._aipw import fit_outcome
from causalkit._numerics._nearest_1d import line_up, nearest_on_line, within_radius
from causalkit._numerics._nearest_nd import nearest_in_space
from causalkit.errors import DesignError
from causalkit.matching._distances import TIES, line_of, space_of, standard_deviation
from causalkit.matching._specs import LINE, Nearest, Radius

if TYPE_CHECKING:
    from causalkit._numerics._matched_sets import MatchedSets
    from causalkit._typing import BoolArray, FloatArray
    from causalkit.matching._matched import Match


@dataclass(frozen=True, slots=True, eq=False)
class MatchingEstimate:
    """A matching estimate with its variance.

    Attributes
    ----------
    contrast : MatchingContrast
        The estimate and what it is made of.
    variance : float
        Its squared standard error.
    """

    contrast: MatchingContrast
    variance: float


def abadie_imbens(
    match: Match, y: FloatArray, columns: FloatArray | None, *, estimated_score: bool
) -> MatchingEstimate:
    """Estimate from the matched sets with the variance of Abadie and Imbens.

    Parameters
    ----------
    match : Match
        With sets, whose partners may be used more than once.
    y : (n,) array
        Outcome.
    columns : (n, k) array or None
        Covariates whose remaining differences are taken off by regression in the matched sample (Abadie and Imbens
        2011). The variance is then that of the residuals.
    estimated_score : bool
        Count the estimation of the score (Abadie and Imbens 2016).
    """
    score, sets = match.score, match.sets
    if sets is None:
        raise DesignError("Abadie-Imbens errors need matched sets.")
    treated, n = score.design.treated, score.design.n
    prediction = None if columns is None else _predictions(match, y, columns)
    contrast = matching_contrast(y, treated, sets, score.design.weights, prediction)
    # Residuals of the arm whose outcomes are imputed; for the ATE each arm's own.
    rest = y
    if prediction is not None:
        rest = (
            y
            - {
                "ATT": prediction[:, 0],
                "ATC": prediction[:, 1],
                "ATE": np.where(treated, prediction[:, 1], prediction[:, 0]),
            }[match.estimand]
        )
    near = _neighbours(match)
    sigma2 = np.zeros(n)
    for arm, own in ((True, near[0]), (False, near[1])):
        inside = own.take(treated[own.focal] == arm)
        sigma2[inside.focal] = variance_in_sets(rest, inside)
    if np.isnan(sigma2).any():
        raise DesignError(
            "An arm has a single unit, so the variance of its outcomes cannot be estimated. Take in more units."
        )
    both = match.estimand == "ATE"
    variance = matching_variance(contrast, sets, sigma2, both=both)
    if estimated_score:
        variance += _through_score(match, y, rest, contrast, near)
    return MatchingEstimate(contrast, max(variance, 0.0))


def _predictions(match: Match, y: FloatArray, columns: FloatArray) -> FloatArray:
    """Regressions in the matched sample, each weighted by how much its units are used as partners: (n, 2)."""
    sets = match.sets
    treated, n = match.score.design.treated, match.score.design.n
    out = np.zeros((n, 2))
    if sets is None:
        return out
    used, _ = sets.totals(n, match.score.design.weights[sets.focal])
    for column, arm in ((0, ~treated), (1, treated)):
        weights = used * arm
        if weights.any():
            out[:, column] = fit_outcome(columns, y, weights).prediction
    return out


def _neighbours(match: Match) -> tuple[MatchedSets, MatchedSets]:
    """For every unit, itself or the nearest, and the next nearest among the treated and among the controls."""
    spec, score = match.spec, match.score
    treated, support = score.design.treated, score.support
    if spec.distance in LINE:
        line = line_of(score, spec.distance)
        slack = TIES * standard_deviation(line, score.design.weights)
        one, zero = (
            nearest_on_line(line_up(line, support, arm & support), ratio=2, slack=slack) for arm in (treated, ~treated)
        )
        return one, zero
    space = space_of(score, spec)
    one, zero = (
        nearest_in_space(space.points, arm & support, arm & support, ratio=3, slack=space.slack)
        for arm in (treated, ~treated)
    )
    return one, zero


def _through_score(
    match: Match, y: FloatArray, rest: FloatArray, contrast: MatchingContrast, near: tuple[MatchedSets, MatchedSets]
) -> float:
    """What the estimation of the score adds to the variance; negative for the ATE."""
    score = match.score
    fit = score.fit
    if fit is None:
        raise DesignError("The variance of Abadie and Imbens (2016) needs a score fitted by maximum likelihood.")
    treated, response = score.design.treated, score.response
    flipped = match.estimand == "ATC"
    model = ScoreModel(
        fit.basis.regressors(score.regressors()).T,
        response.complement if flipped else response.probability,
        response.probability if flipped else response.complement,
        response.density,
        fit.bread,
    )
    weight = score.design.weights * _region(match)
    target, other = (near[1], near[0]) if flipped else near
    size = float(contrast.weight.sum())
    both = match.estimand == "ATE"
    c = score_covariance(rest, model, target, other, weight, both=both) / size
    change = -float(c @ model.cov @ c)
    if not both:
        # Regressions weighted towards the density of the score: their projections on the score's columns are those
        # of the potential outcomes in the whole population.
        x = score.regressors()
        toward = (
            np.where(treated, response.complement, response.probability)
            if score.link == "logit"
            else (response.density / np.where(treated, response.probability, response.complement))
        )
        one, zero = (fit_outcome(x, y, weight * toward * arm).prediction for arm in (treated, ~treated))
        gradient = score_gradient(one - zero, contrast.estimate, model, weight) / size
        change += float(gradient @ model.cov @ gradient)
    return change


def _region(match: Match) -> BoolArray:
    """Units whose score lies where the match compares: with somebody of the other arm within the caliper."""
    score, caliper = match.score, match.details.get("caliper")
    if caliper is None:
        return score.support
    line = line_of(score, match.spec.distance)
    inside = np.zeros(score.design.n, dtype=bool)
    for arm in (score.design.treated, ~score.design.treated):
        reached = within_radius(line_up(line, arm & score.support, ~arm & score.support), float(caliper))
        inside[reached.focal] = True
    return inside


def uses_partners_again(match: Match) -> bool:
    """Whether units may be partners more than once."""
    return isinstance(match.spec, Radius) or (isinstance(match.spec, Nearest) and match.spec.replace)


def matches_estimated_score(match: Match) -> bool:
    """Whether the match is one on nearest neighbours in a score fitted by maximum likelihood."""
    return isinstance(match.spec, Nearest) and match.spec.distance in LINE and match.score.fit is not None
