"""Step 4 by weighting: inverse probabilities, entropy balancing, covariate-balancing scores."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._balancing_weights import balancing_score, entropy_balance
from causalkit._numerics._inverse_probability import (
    WeightsAndSlope,
    cap_weights,
    inverse_probability_weights,
    stabilize,
)
from causalkit._numerics._weighting import EstimatedWeights, WeightEquation
from causalkit._validate import choice, flag, fraction, listed, whole
from causalkit._warnings import Warned
from causalkit.errors import DesignError, OptionError
from causalkit.matching._apply import register
from causalkit.matching._matched import Match
from causalkit.matching._score import model_matrix

if TYPE_CHECKING:
    from causalkit._numerics._balancing_weights import BalancingWeights
    from causalkit._typing import FloatArray
    from causalkit.matching._score import PropensityScore

_ALL = ("ATE", "ATT", "ATC", "ATO")
# An effective sample size below this share of an arm deserves a word.
_THIN = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class InverseProbability:
    """Weight each unit by the inverse probability of the arm it is in.

    Attributes
    ----------
    estimand : {"ATE", "ATT", "ATC", "ATO"}
        The target population: all, the treated, the controls, or the overlap, in which each unit counts p(1 - p).
    estimator : {"hajek", "horvitz-thompson"}
        Difference of weighted means, or of weighted totals over the size of the population. The first has
        nearly always the smaller error and does not depend on where the outcome has its zero.
    stabilized : bool
        Scale weights to a mean of one in each arm; contrasts of weighted means stay the same.
    trim : float, optional
        Lower the weights above this quantile of their arm to it: 0.99. Less variance for some bias.

    References
    ----------
    Hirano, K., Imbens, G. and Ridder, G. (2003). Efficient estimation of average treatment effects using the
    estimated propensity score. Econometrica 71(4), 1161-1189.
    Li, F., Morgan, K. and Zaslavsky, A. (2018). Balancing covariates via propensity score weighting. Journal of
    the American Statistical Association 113(521), 390-400.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.InverseProbability(estimand="ATO").estimator
    'hajek'
    """

    estimand: Literal["ATE", "ATT", "ATC", "ATO"] = "ATT"
    estimator: Literal["hajek", "horvitz-thompson"] = "hajek"
    stabilized: bool = False
    trim: float | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        choice("estimand", self.estimand, _ALL)
        choice("estimator", self.estimator, ("hajek", "horvitz-thompson"))
        flag("stabilized", self.stabilized)
        if self.trim is not None:
            fraction("trim", self.trim)
        if self.estimator == "horvitz-thompson" and (self.stabilized or self.estimand == "ATO"):
            raise OptionError(
                "estimator='horvitz-thompson' needs weights on the scale of the population: use stabilized=False and "
                "an estimand of ATE, ATT or ATC."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntropyBalance:
    """Weights as equal as possible under which covariate means agree exactly.

    Attributes
    ----------
    estimand : {"ATT", "ATC", "ATE"}
        ATT reweights the controls to the treated, ATC the other way round, ATE both to all units.
    moments : int
        1 balances means, 2 also squares, 3 also cubes of covariates with more than two values.
    interactions : bool
        Balance products of pairs of covariates too.

    References
    ----------
    Hainmueller, J. (2012). Entropy balancing for causal effects. Political Analysis 20(1), 25-46.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.EntropyBalance(moments=2)
    EntropyBalance(estimand='ATT', moments=2, interactions=False)
    """

    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"
    moments: int = 1
    interactions: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        choice("estimand", self.estimand, ("ATT", "ATC", "ATE"))
        whole("moments", self.moments, least=1, most=3)
        flag("interactions", self.interactions)


@dataclass(frozen=True, slots=True, kw_only=True)
class CBPS:
    """Inverse-probability weights from a logistic score fitted so that they balance the covariates.

    Attributes
    ----------
    estimand : {"ATT", "ATC", "ATE", "ATO"}
        The target population.
    overidentified : bool
        Weigh the likelihood of the score against balance by two-step GMM; balance is then approximate.

    References
    ----------
    Imai, K. and Ratkovic, M. (2014). Covariate balancing propensity score. Journal of the Royal Statistical
    Society B 76(1), 243-263.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.CBPS(estimand="ATE")
    CBPS(estimand='ATE', overidentified=False)
    """

    estimand: Literal["ATT", "ATC", "ATE", "ATO"] = "ATT"
    overidentified: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        choice("estimand", self.estimand, _ALL)
        flag("overidentified", self.overidentified)
        if self.overidentified and self.estimand == "ATO":
            raise OptionError("estimand='ATO' balances by maximum likelihood itself: use overidentified=False.")


@register(InverseProbability)
def _inverse_probability(spec: InverseProbability, score: PropensityScore) -> Match:
    inside, treated = score.support, score.design.treated
    base = score.base
    raw = inverse_probability_weights(score.response, treated, spec.estimand)
    details: dict[str, str | int | float] = {}
    if spec.trim is not None:
        part = WeightsAndSlope(raw.weights[inside], raw.slope[inside])
        capped, details["weights_lowered"] = cap_weights(part, treated[inside], spec.trim)
        raw = WeightsAndSlope(_spread(capped.weights, inside), _spread(capped.slope, inside))
    if spec.stabilized:
        raw = stabilize(raw, treated, base)
    model = None
    if score.fit is not None:
        equation = WeightEquation(base * raw.slope, (score.fit.residual,), (score.fit.bread,))
        model = EstimatedWeights(score.regressors(), score.fit.basis, (equation,))
    return _weighted(spec, score, base * raw.weights, model, details)


@register(EntropyBalance)
def _entropy_balance(spec: EntropyBalance, score: PropensityScore) -> Match:
    x, names = _moments(score, spec)
    fit = entropy_balance(x, score.design.treated, target=spec.estimand, base=score.base)
    return _balanced(spec, score, fit, names)


@register(CBPS)
def _cbps(spec: CBPS, score: PropensityScore) -> Match:
    fit = balancing_score(
        score.regressors(),
        score.design.treated,
        target=spec.estimand,
        base=score.base,
        overidentified=spec.overidentified,
    )
    return _balanced(spec, score, fit, score.terms)


def _balanced(
    spec: EntropyBalance | CBPS, score: PropensityScore, fit: BalancingWeights, names: tuple[str, ...]
) -> Match:
    if not fit.converged:
        blocking = [names[j] for j in np.flatnonzero(fit.blocking)]
        why = (
            f"the target's mean lies outside the range of the other arm for {listed(blocking)}"
            if blocking
            else "the arms differ too much in their covariates taken together"
        )
        raise DesignError(
            f"No weights balance the covariates for the {spec.estimand}: {why}. Apply common_support(score) first, "
            f"balance fewer covariates, or choose another estimand."
        )
    details: dict[str, str | int | float] = {}
    if np.isfinite(fit.overidentification):
        details["overidentification_statistic"] = fit.overidentification
    return _weighted(spec, score, fit.weights, fit.model, details)


def _weighted(
    spec: InverseProbability | EntropyBalance | CBPS,
    score: PropensityScore,
    weights: FloatArray,
    model: EstimatedWeights | None,
    details: dict[str, str | int | float],
) -> Match:
    warned = Warned()
    for name, arm in (("treated", score.design.treated), ("control", ~score.design.treated)):
        own = weights[arm] / weights[arm].sum()
        size, n = 1 / float(own @ own), int((own > 0).sum())
        if size < _THIN * n:
            warned.add(
                f"The weights of the {n:,} {name} units are worth {size:,.1f} equal ones, and the largest is "
                f"{own.max():.0%} of all: a few units decide. Look at common_support(score) or estimand='ATO'."
            )
    return Match(
        score=score,
        spec=spec,
        estimand=spec.estimand,
        weights=weights,
        weight_model=model,
        details=details,
        warnings=(*score.warnings, *warned.messages),
    )


def _moments(score: PropensityScore, spec: EntropyBalance) -> tuple[FloatArray, tuple[str, ...]]:
    """The columns whose means are to agree, with names."""
    design = score.design
    x, names = design.x, list(design.terms)
    many = [j for j in range(x.shape[1]) if np.unique(x[: min(len(x), 1000), j]).size > 2]
    pairs = [(j, j) for j in many] if spec.moments > 1 else []
    names += [f"{design.terms[j]} squared" for j, _ in pairs]
    if spec.interactions:
        products = [
            (a, b)
            for a, b in combinations(range(x.shape[1]), 2)
            if design.term_covariate[a] != design.term_covariate[b]
        ]
        pairs += products
        names += [f"{design.terms[a]} × {design.terms[b]}" for a, b in products]
    out = model_matrix(x, tuple(range(x.shape[1])), tuple(pairs))
    if spec.moments > 2:
        centered = x[:, many] - x[:, many].mean(axis=0)
        out = np.asfortranarray(np.hstack([out, centered**3]))
        names += [f"{design.terms[j]} cubed" for j in many]
    return out, tuple(names)


def _spread(values: FloatArray, inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> FloatArray:
    out = np.zeros(inside.size)
    out[inside] = values
    return out
