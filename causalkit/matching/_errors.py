"""Standard errors of matching estimators, put together from the match."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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
from causalkit._numerics._nearest_1d import line_up, nearest_on_line
from causalkit._numerics._nearest_nd import nearest_in_space
from causalkit.errors import DesignError
from causalkit.matching._distances import TIES, line_of, space_of, standard_deviation
from causalkit.matching._specs import LINE, Nearest, Radius

if TYPE_CHECKING:
    from causalkit._numerics._matched_sets import MatchedSets
    from causalkit._typing import FloatArray
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


class AbadieImbens:
    """Matching estimates of one outcome with the variance of Abadie and Imbens.

    What does not depend on the adjustment, such as the neighbours from which the variance of outcomes is learnt, is
    found once.

    Parameters
    ----------
    match : Match
        With sets, whose partners may be used more than once.
    y : (n,) array
        Outcome.
    """

    def __init__(self, match: Match, y: FloatArray) -> None:
        if match.sets is None:
            raise DesignError("Abadie-Imbens errors need matched sets.")
        self._match, self._y, self._sets = match, y, match.sets
        self._treated = match.score.design.treated
        self._weights = match.score.design.weights

    def estimate(self, columns: FloatArray | None, *, estimated_score: bool) -> MatchingEstimate:
        """Estimate the effect.

        Parameters
        ----------
        columns : (n, k) array or None
            Covariates whose remaining differences are taken off by regression in the matched sample (Abadie and
            Imbens 2011). The variance is then that of the residuals.
        estimated_score : bool
            Count the estimation of the score (Abadie and Imbens 2016).
        """
        prediction = None if columns is None else self._predictions(columns)
        contrast = matching_contrast(self._y, self._treated, self._sets, self._weights, prediction)
        rest = self._y if prediction is None else self._y - self._of_partners(prediction)
        both = self._match.estimand == "ATE"
        variance = matching_variance(contrast, self._sets, self._outcome_variance(rest), both=both)
        if estimated_score:
            variance += self._through_score(rest, contrast)
        return MatchingEstimate(contrast, max(variance, 0.0))

    def _of_partners(self, prediction: FloatArray) -> FloatArray:
        """Prediction of the arm whose outcomes are imputed; for the ATE each unit's own."""
        if self._match.estimand == "ATE":
            return np.where(self._treated, prediction[:, 1], prediction[:, 0])
        return prediction[:, 0 if self._match.estimand == "ATT" else 1]

    def _predictions(self, columns: FloatArray) -> FloatArray:
        """Regressions weighted by how much units are used as partners, at everybody's covariates: (n, 2)."""
        out = np.zeros((self._y.size, 2))
        used, _ = self._sets.totals(self._y.size, self._weights[self._sets.focal])
        for column, arm in ((0, ~self._treated), (1, self._treated)):
            weights = used * arm
            n = np.count_nonzero(weights)
            if n and n <= columns.shape[1] + 1:
                raise DesignError(
                    f"{n:,} units serve as partners, too few for a regression on {columns.shape[1]:,} columns and a "
                    f"constant. Adjust for fewer columns, or match more partners."
                )
            if n:
                out[:, column] = fit_outcome(columns, self._y, weights).prediction
        return out

    def _outcome_variance(self, rest: FloatArray) -> FloatArray:
        """Variance of the outcome at each unit's covariates, from its neighbours in its own arm: (n,)."""
        sigma2 = np.zeros(rest.size)
        for arm, near in zip((True, False), self._neighbours, strict=True):
            own = near.take(self._treated[near.focal] == arm)
            sigma2[own.focal] = variance_in_sets(rest, own)
        if np.isnan(sigma2).any():
            raise DesignError(
                "An arm has a single unit, so the variance of its outcomes cannot be estimated. Take in more units."
            )
        return sigma2

    @cached_property
    def _neighbours(self) -> tuple[MatchedSets, MatchedSets]:
        """For every unit the nearest treated and the nearest controls, itself included."""
        spec, score = self._match.spec, self._match.score
        arms = (self._treated & score.support, ~self._treated & score.support)
        if spec.distance in LINE:
            line = line_of(score, spec.distance)
            slack = TIES * standard_deviation(line, self._weights)
            one, zero = (
                nearest_on_line(line_up(line, score.support, arm, along=True), ratio=2, slack=slack) for arm in arms
            )
            return one, zero
        space = space_of(score, spec)
        one, zero = (nearest_in_space(space.points, arm, arm, ratio=3, slack=space.slack) for arm in arms)
        return one, zero

    @cached_property
    def _model(self) -> ScoreModel:
        """The score, seen from the arm that is the target."""
        score = self._match.score
        if score.fit is None:
            raise DesignError("The variance of Abadie and Imbens (2016) needs a score fitted by maximum likelihood.")
        p, q = score.response.probability, score.response.complement
        if self._match.estimand == "ATC":
            p, q = q, p
        return ScoreModel(
            score.fit.basis.regressors(score.regressors()).T, p, q, score.response.density, score.fit.bread
        )

    def _through_score(self, rest: FloatArray, contrast: MatchingContrast) -> float:
        """What the estimation of the score adds to the variance; negative for the ATE."""
        both = self._match.estimand == "ATE"
        near = self._neighbours[::-1] if self._match.estimand == "ATC" else self._neighbours
        size = float(contrast.weight.sum())
        model = self._model
        c = score_covariance(rest, model, near[0], near[1], self._region, both=both) / size
        change = -float(c @ model.cov @ c)
        if not both:
            gradient = score_gradient(self._effects, contrast.estimate, model, self._region) / size
            change += float(gradient @ model.cov @ gradient)
        return change

    @cached_property
    def _region(self) -> FloatArray:
        """Sampling weights of the units with somebody of the other arm within the caliper; zero for the others."""
        score, caliper = self._match.score, self._match.details.get("caliper")
        if caliper is None:
            return score.base
        line = line_of(score, self._match.spec.distance)
        inside = np.zeros(self._y.size, dtype=bool)
        for arm in (self._treated, ~self._treated):
            pairs = line_up(line, arm & score.support, ~arm & score.support, along=True)
            reached = nearest_on_line(pairs, caliper=float(caliper))
            inside[reached.focal] = True
        return score.base * inside

    @cached_property
    def _effects(self) -> FloatArray:
        """Effects by covariates: difference of two regressions on the columns of the score.

        Weighted towards the density of the score, so that their projections on these columns are those of the
        potential outcomes in the whole population.
        """
        model, score = self._model, self._match.score
        z = model.regressors
        own = np.where(self._treated, score.response.probability, score.response.complement)
        toward = self._region * model.density / np.maximum(own, np.finfo(float).tiny)
        slopes = []
        for arm in (self._treated, ~self._treated):
            w = toward[arm]
            inner = z[arm]
            slopes.append(np.linalg.lstsq((inner * w[:, None]).T @ inner, inner.T @ (w * self._y[arm]), rcond=1e-12)[0])
        return np.asarray(z @ (slopes[0] - slopes[1]))


def uses_partners_again(match: Match) -> bool:
    """Whether units may be partners more than once."""
    return isinstance(match.spec, Radius) or (isinstance(match.spec, Nearest) and match.spec.replace)


def matches_estimated_score(match: Match) -> bool:
    """Whether the match is one on nearest neighbours in a score fitted by maximum likelihood."""
    return isinstance(match.spec, Nearest) and match.spec.distance in LINE and match.score.fit is not None
