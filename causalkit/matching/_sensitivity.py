"""How strong hidden bias would have to be to overturn the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._matched_regression import matched_regression
from causalkit._numerics._rosenbaum import (
    gamma_reaching,
    hodges_lehmann_range,
    sign_test_bounds,
    signed_rank_bounds,
)
from causalkit._numerics._sandwich import classical
from causalkit._numerics._sensitivity import e_value, partial_r2, risk_ratio_of_difference, robustness_value
from causalkit._validate import fraction, real
from causalkit.errors import OptionError
from causalkit.matching._effect import effect
from causalkit.results import Check, Record, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._matched_regression import MatchedRegression
    from causalkit._typing import BoolArray, Columns, FloatArray
    from causalkit.matching._matched import Match
    from causalkit.matching._result import MatchingResult
    from causalkit.results import Effect

_GAMMAS = (1.0, 1.1, 1.25, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatchingSensitivity(Record):
    """What hidden bias would have to be like.

    Attributes
    ----------
    gamma : float
        Rosenbaum's critical value: two units with the same covariates may differ in their odds of treatment by this
        factor before the effect loses significance (one-sided test at 1 - ``level``). NaN without one-to-one pairs.
    bounds : Table or None
        For several gammas, bounds of the one-sided p-value (signed-rank test, for binary outcomes sign test; exact for
        up to 25 pairs, at gamma 1 the randomization test) and, for outcomes that are not binary, of the Hodges-Lehmann
        estimate; None without one-to-one pairs.
    e_value, e_value_interval : float
        Risk ratio with both treatment and outcome that a confounder needs to explain the estimate away, and to move
        the interval to zero.
    partial_r2 : float
        Share of the outcome's residual variance that treatment explains in the matched regression; NaN where that
        fits exactly, like the two robustness values.
    robustness, robustness_at_level : float
        Share of the residual variance of both treatment and outcome that a confounder must explain to bring the
        estimate to zero, and to make it insignificant.
    placebo : Effect or None
        Effect on an outcome that treatment cannot have moved; it should be zero.
    level : float
        Level of significance meant throughout, as the coverage of an interval.
    """

    gamma: float
    bounds: Table | None
    e_value: float
    e_value_interval: float
    partial_r2: float
    robustness: float
    robustness_at_level: float
    placebo: Effect | None
    level: float

    def table(self) -> Table:
        """Return one row per measure: its name, its value and what it says."""
        rows = [
            ("E-value of the estimate", self.e_value, "risk ratio a confounder needs with treatment and outcome"),
            ("E-value of the interval", self.e_value_interval, "the same, to move the interval to zero"),
            ("robustness value", self.robustness, "share of both residual variances, to bring the estimate to zero"),
            ("robustness value at level", self.robustness_at_level, "the same, to lose significance"),
        ]
        if math.isfinite(self.gamma) or math.isinf(self.gamma):
            reading = "factor between the odds of like units, to be insignificant"
            rows.insert(0, ("Rosenbaum's gamma", self.gamma, reading))
        if self.placebo is not None:
            rows.append(("placebo effect", self.placebo.estimate, f"should be zero; p {self.placebo.p_value:.3g}"))
        return Table(
            title="How strong would hidden bias have to be?",
            columns={
                "measure": [name for name, _, _ in rows],
                "value": [value for _, value, _ in rows],
                "reading": [text for _, _, text in rows],
            },
        )

    def check(self) -> Check | None:
        """Return the verdict of the placebo outcome, if there was one."""
        if self.placebo is None:
            return None
        p = self.placebo.p_value
        significant = p < 1 - self.level
        return Check(
            name="placebo outcome",
            question="Is there no effect where there cannot be one?",
            verdict="violated" if significant else "supported",
            reading=(
                f"An outcome that treatment cannot have moved differs by {self.placebo.estimate:.4g} (p {p:.3g}): "
                + ("the arms differ in more than the covariates." if significant else "no evidence against.")
            ),
            null="no effect on the placebo outcome",
            statistic=self.placebo.statistic,
            p_value=p,
        )

    def __str__(self) -> str:
        """Return the table as text, and the bounds below it or why there are none."""
        no_pairs = "No Rosenbaum bounds: they need pairs of one treated and one control unit, each used once."
        return f"{self.table()}\n\n{no_pairs if self.bounds is None else self.bounds}"


def sensitivity(
    match: Match,
    *,
    outcome: str,
    adjust: Columns | None = None,
    gammas: Sequence[float] = _GAMMAS,
    placebo: str | None = None,
    level: float = 0.95,
) -> MatchingSensitivity:
    """Ask how strong a hidden confounder would have to be to explain the effect away.

    Parameters
    ----------
    match : Match
        From :func:`match`. Rosenbaum's bounds need one-to-one pairs without replacement.
    outcome : str
        Column of the outcome.
    adjust : str or sequence of str, optional
        Columns to adjust for, as in :func:`effect`; for the robustness values the covariates of the score are used
        if none are given.
    gammas : sequence of float
        Factors between the odds of treatment of two like units, 1 or more.
    placebo : str, optional
        Column of an outcome that treatment cannot have moved, such as the outcome before treatment.
    level : float
        Coverage that goes with the significance meant.

    Returns
    -------
    MatchingSensitivity
        Rosenbaum's bounds, E-values, robustness values and the placebo effect.

    Raises
    ------
    OptionError
        A gamma below 1.

    References
    ----------
    Rosenbaum, P. R. (2002). Observational Studies, 2nd ed., chapter 4. VanderWeele, T. J. and Ding, P. (2017).
    Annals of Internal Medicine 167(4), 268-274. Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity.
    Journal of the Royal Statistical Society B 82(1), 39-67.

    Examples
    --------
    >>> from causalkit import matching, simulate
    >>> sim = simulate.observational(1_000, rng=1, share_treated=0.2)
    >>> score = matching.propensity_score(sim.data, treatment="treated", covariates=["x1", "x2", "x3", "x4"])
    >>> pairs = matching.match(score, matching.Optimal())
    >>> matching.sensitivity(pairs, outcome="y").gamma > 2
    True
    """
    alpha = 1 - fraction("level", level)
    factors = [real("gammas", each) for each in gammas]
    if any(each < 1 for each in factors):
        raise OptionError(f"gammas={list(gammas)!r} must all be 1 or more.")
    result = effect(match, outcome=outcome, adjust=adjust)
    design = match.score.design
    rows = design.read(outcome=outcome, covariates=adjust)
    y = rows.numbers("outcome")
    x = design.x if adjust is None else rows.covariates().values
    treated = design.treated
    regression = matched_regression(y, treated, match.weights, x, match.weights, adjustment="common")
    shares = _shares(regression, alpha, rounding=1e-12 * float(np.abs(y).max()))
    gamma, bounds = _rosenbaum(match, y, factors, alpha, sign=1.0 if result.estimate >= 0 else -1.0)
    point, limit = _e_values(result, y, treated, match.weights, level)
    return MatchingSensitivity(
        gamma=gamma,
        bounds=bounds,
        e_value=point,
        e_value_interval=limit,
        partial_r2=shares[0],
        robustness=shares[1],
        robustness_at_level=shares[2],
        placebo=None if placebo is None else effect(match, outcome=placebo, adjust=adjust).effect,
        level=level,
    )


def _shares(regression: MatchedRegression, alpha: float, *, rounding: float) -> tuple[float, float, float]:
    """Partial R² and the two robustness values; NaN for a regression that leaves no residual variance to share out."""
    df = float(regression.fit.df_resid)
    std_error = math.sqrt(classical(regression.fit).matrix[1, 1]) if df >= 2 else 0.0
    if std_error <= rounding:
        return math.nan, math.nan, math.nan
    t = regression.estimate / std_error
    return partial_r2(t, df), robustness_value(t, df), robustness_value(t, df, alpha=alpha)


def _rosenbaum(
    match: Match, y: FloatArray, gammas: list[float], alpha: float, *, sign: float
) -> tuple[float, Table | None]:
    """Critical gamma and the table of bounds, for pairs; a test for an effect in the direction found."""
    sets = match.sets
    if sets is None or (sets.sizes != 1).any() or np.unique(sets.partners[sets.low]).size < sets.focal.size:
        return math.nan, None
    outward = np.where(match.score.design.treated[sets.focal], 1.0, -1.0)
    differences = sign * outward * (y[sets.focal] - y[sets.partners[sets.low]])
    binary = np.isin(y, (0.0, 1.0)).all()
    up, down = int((differences > 0).sum()), int((differences < 0).sum())

    def p_values(gamma: float) -> tuple[float, float]:
        return sign_test_bounds(up, down, gamma) if binary else signed_rank_bounds(differences, gamma)

    columns: dict[str, list[float]] = {"gamma": gammas}
    columns["p_low"], columns["p_high"] = (list(each) for each in zip(*(p_values(g) for g in gammas), strict=True))
    if not binary:
        ends = [sorted(sign * end for end in hodges_lehmann_range(differences, g)) for g in gammas]
        columns["estimate_low"], columns["estimate_high"] = [e[0] for e in ends], [e[1] for e in ends]
    return gamma_reaching(lambda g: p_values(g)[1], alpha), Table(title="Rosenbaum bounds", columns=columns)


def _e_values(
    result: MatchingResult, y: FloatArray, treated: BoolArray, weights: FloatArray, level: float
) -> tuple[float, float]:
    """E-values of the estimate and of the end of the interval nearest zero."""
    low, high = (end for part in result.conf_int(level).parts for end in part)
    limit = 0.0 if low <= 0 <= high else min((low, high), key=abs)
    if np.isin(y, (0.0, 1.0)).all() and result.mean_control > 0 and result.mean_treated > 0:
        ratios = [(result.mean_control + gap) / result.mean_control for gap in (result.estimate, limit)]
    else:
        squares = 0.0
        for arm in (treated, ~treated):
            w = weights * arm
            squares += float(w @ (y - w @ y / w.sum()) ** 2) / float(w.sum())
        sd = max(math.sqrt(squares / 2), 1e-12 * float(np.abs(y).max()))
        ratios = [float(risk_ratio_of_difference(gap / sd)) if gap else 1.0 for gap in (result.estimate, limit)]
    point, end = (float(e_value(max(ratio, 1e-12))) for ratio in ratios)
    return point, end
