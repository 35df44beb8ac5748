"""Two arms of observational data with adjustable confounding, overlap and heterogeneity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from causalkit import _validate
from causalkit.errors import OptionError
from causalkit.simulate._score import LEAST_OVERLAP, expit, hermite, normal_nodes, score_coefficients, score_index
from causalkit.simulate._simulation import Drawn, OutcomeKind, draw_outcomes, outcome_noise

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, Rng
    from causalkit.simulate._simulation import Simulation


def observational(
    n: int,
    *,
    rng: Rng,
    n_covariates: int = 4,
    share_treated: float = 0.4,
    overlap: float = 0.8,
    effect: float = 1.0,
    confounding: float = 1.0,
    heterogeneity: float = 0.5,
    score_nonlinearity: float = 0.0,
    outcome_nonlinearity: float = 0.0,
    baseline: float = 0.0,
    outcome: OutcomeKind = "normal",
    noise: float | None = None,
    potential_outcomes: bool = False,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate a treatment that depends on covariates which also move the outcome.

    For each of `n` independent rows, with k covariates of declining importance::

        X_1, ..., X_k ~ N(0, 1), independent
        U = sum_j w_j X_j,  w_j proportional to 1 / j,  sum_j w_j**2 = 1;  so U ~ N(0, 1)
        logit P(D = 1 | X) = a + g * (U + score_nonlinearity * H(U)) / sqrt(1 + score_nonlinearity**2)
        M(d) = baseline + confounding * U + outcome_nonlinearity * H(U) + d * (effect + heterogeneity * U)
        Y(d) = M(d) + noise * e,  e ~ N(0, 1) the same for both d         outcome="normal"
        Y(d) = 1 if V < expit(M(d)),  V uniform, the same for both d      outcome="binary"
        Y = Y(D)

    where H(u) = (u**2 - 1) / sqrt(2) has mean 0, variance 1 and no correlation with u. The constants a and g are
    solved for, so that the share treated and the overlap are the ones asked for. Treatment is unconfounded given the
    covariates, whatever the settings.

    Parameters
    ----------
    n : int
        Rows.
    rng : Generator or int
        Source of randomness, or a seed.
    n_covariates : int
        Number of covariates k.
    share_treated : float
        Share of the population that is treated.
    overlap : float
        How alike the two arms are: E[e (1 - e)] / (p (1 - p)), with e the propensity and p the share treated; that
        is, the part of the variance of the treatment that the covariates do not explain. 1 is a randomised
        experiment; 0.8 good, 0.5 moderate, 0.3 poor; 0.05 is the least.
    effect : float
        Effect at the average covariates, in units of the outcome (log odds if binary).
    confounding : float
        How much the untreated outcome moves with one standard deviation of U. At 0 (and without nonlinearity) the
        difference in means is free of selection bias.
    heterogeneity : float
        How much the effect moves with one standard deviation of U. At 0 a normal outcome has one effect for all.
    score_nonlinearity : float
        Weight of H in the score, relative to U. At 0 the logit that is linear in the covariates is right.
    outcome_nonlinearity : float
        Weight of H in the outcome. At 0 the regression that is linear in the covariates, with interactions, is right.
    baseline : float
        Untreated mean at the average covariates (log odds if binary).
    outcome : {"normal", "binary"}
        Distribution of the outcome.
    noise : float, optional
        Standard deviation of a normal outcome given the covariates; 1 if not given. A binary outcome has none.
    potential_outcomes : bool
        Whether to return the potential outcomes and the propensity too.
    backend : str
        Library of the frames.

    Returns
    -------
    Simulation
        ``data`` has the columns ``x1, ..., xk, treated, y``. ``truth`` has of the population ``"ATE"``, ``"ATT"``,
        ``"ATC"``, ``"ATO"`` (weighted by e (1 - e)) and ``"crude"`` (the difference in means of the two arms); of the
        rows drawn ``"SATE"``, ``"SATT"``, ``"SATC"``. All are differences of means, for a binary outcome too.

    Raises
    ------
    OptionError
        An option is outside its range, or a ``noise`` with a binary outcome.

    Notes
    -----
    Everything depends on the covariates through U alone, so the population values are integrals over one normal
    variable, taken by the trapezoid rule; their error is below 1e-9 in units of the outcome, relative to its scale.

    References
    ----------
    Li, F., Morgan, K. L. and Zaslavsky, A. M. (2018). Balancing covariates via propensity score weighting. Journal
    of the American Statistical Association 113(521), 390-400 (the ATO).

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.observational(1_000, overlap=0.5, rng=7)
    >>> {name: round(sim.truth[name], 4) for name in ("ATE", "ATT", "ATO", "crude")}
    {'ATE': 1.0, 'ATT': 1.4057, 'ATO': 1.1086, 'crude': 2.7578}
    """
    n = _validate.whole("n", n, least=1)
    k = _validate.whole("n_covariates", n_covariates, least=1)
    binary = _validate.choice("outcome", outcome, get_args(OutcomeKind)) == "binary"
    spread = outcome_noise(noise, binary=binary, default=1.0)
    score_curvature = _validate.real("score_nonlinearity", score_nonlinearity)
    intercept, slope = score_coefficients(
        _validate.fraction("share_treated", share_treated), _overlap(overlap), score_curvature
    )
    model = _Model(
        intercept=intercept,
        slope=slope,
        score_curvature=score_curvature,
        baseline=_validate.real("baseline", baseline),
        confounding=_validate.real("confounding", confounding),
        outcome_curvature=_validate.real("outcome_nonlinearity", outcome_nonlinearity),
        effect=_validate.real("effect", effect),
        heterogeneity=_validate.real("heterogeneity", heterogeneity),
        binary=binary,
    )
    keep = _validate.flag("potential_outcomes", potential_outcomes)
    generator = _validate.generator(rng)

    x = generator.standard_normal((n, k))
    u = x @ _importance(k)
    propensity = model.propensity(u)
    treated = generator.random(n) < propensity
    y0, y1 = draw_outcomes(*model.means(u), noise=spread, rng=generator)
    drawn = Drawn(y0=y0, y1=y1, propensity=propensity, treated=treated)
    covariates = {f"x{j + 1}": np.ascontiguousarray(x[:, j]) for j in range(k)}
    return drawn.simulation(covariates, _population_truth(model), potential_outcomes=keep, backend=backend)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """The propensity and the mean outcomes as functions of the index U."""

    intercept: float
    slope: float
    score_curvature: float
    baseline: float
    confounding: float
    outcome_curvature: float
    effect: float
    heterogeneity: float
    binary: bool

    def propensity(self, u: FloatArray) -> FloatArray:
        """P(D = 1 | U = u)."""
        return expit(self.intercept + self.slope * score_index(u, self.score_curvature))

    def means(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        """E[Y(0) | U = u] and E[Y(1) | U = u]."""
        level0 = self.baseline + self.confounding * u + self.outcome_curvature * hermite(u)
        level1 = level0 + self.effect + self.heterogeneity * u
        return (expit(level0), expit(level1)) if self.binary else (level0, level1)


def _population_truth(model: _Model) -> dict[str, float]:
    """Estimands of the population, integrated over U."""
    nodes, weights = normal_nodes()
    e = model.propensity(nodes)
    mean0, mean1 = model.means(nodes)
    effect = mean1 - mean0

    def average(values: FloatArray, tilt: FloatArray) -> float:
        return float((weights * tilt) @ values / (weights @ tilt))

    return {
        "ATE": float(weights @ effect),
        "ATT": average(effect, e),
        "ATC": average(effect, 1 - e),
        "ATO": average(effect, e * (1 - e)),
        "crude": average(mean1, e) - average(mean0, 1 - e),
    }


def _importance(k: int) -> FloatArray:
    """Weights of the covariates in U: proportional to 1, 1/2, 1/3, ..., of length one."""
    weights = 1.0 / np.arange(1, k + 1)
    return weights / np.sqrt(weights @ weights)


def _overlap(overlap: float) -> float:
    value = _validate.real("overlap", overlap)
    if not LEAST_OVERLAP <= value <= 1:
        raise OptionError(f"overlap={overlap!r} must lie between {LEAST_OVERLAP} and 1; 1 is a randomised experiment.")
    return value
