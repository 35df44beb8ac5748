"""One cohort against its controls in two repeated cross-sections: four samples, each with its own members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from causalkit._numerics._did_doubly_robust import ODDS, OUTSIDE, control_regression, fit_score

if TYPE_CHECKING:
    from causalkit._numerics._did_doubly_robust import ControlRegression, Method, Score
    from causalkit._typing import FloatArray

    Arm: TypeAlias = tuple[FloatArray, FloatArray, FloatArray | None]

__all__ = ["CrossSectionComparison", "compare_cross_sections"]

_SIGN = (-1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossSectionComparison:
    """The change among the treated less what their controls say it would have been.

    Attributes
    ----------
    method : {"regression", "ipw", "doubly_robust"}
        How the controls speak for the treated.
    gap : float
        The difference of the changes.
    n_trimmed : int
        Controls left out because their score is close to one.
    largest_odds : float
        Largest odds among the controls kept; NaN without a score.
    is_identified : bool
        Whether the score has a maximum and the controls vary wherever the treated differ from them.
    """

    method: Method
    gap: float
    n_trimmed: int
    largest_odds: float
    is_identified: bool
    _treated: tuple[_Treated, _Treated]
    _controls: tuple[_Controls, _Controls]
    _score: Score | None
    _both: tuple[float, FloatArray, float]
    _pull: FloatArray

    def influence(
        self, z: FloatArray, y: FloatArray, weights: FloatArray | None, *, treated: bool, post: bool
    ) -> FloatArray:
        """Influence of some rows of one of the four samples on the gap; it sums to the estimation error.

        Parameters
        ----------
        z : (q, b) array
            Regressors.
        y : (b,) array
            Outcomes.
        weights : (b,) array, optional
            Weights.
        treated, post : bool
            Which sample the rows belong to.

        Returns
        -------
        (b,) array
        """
        w = np.ones(y.size) if weights is None else weights
        if treated:
            out = self._treated[post].influence(z, y, w) * _SIGN[post]
            weight, slopes, mean = self._both
            out += w * (slopes @ z - mean) / weight
        else:
            out = self._controls[post].influence(z, y, w, self._score) * -_SIGN[post]
        if self._score is not None:
            odds = self._score.odds(z)
            off = w / (1.0 + odds) if treated else -w * odds / (1.0 + odds)
            out -= off * (self._pull @ z)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class _Treated:
    """The treated in one period: their mean less the regression ``slopes``, and how that regression counts."""

    weight: float
    mean: float
    middle: FloatArray
    slopes: FloatArray
    reach: FloatArray

    def influence(self, z: FloatArray, y: FloatArray, w: FloatArray) -> FloatArray:
        rest = y - self.slopes @ z
        return w * ((rest - self.mean) / self.weight + rest * (self.reach @ z))


@dataclass(frozen=True, slots=True, eq=False)
class _Controls:
    """The controls in one period: their weighted mean residual, and how their regression counts."""

    slopes: FloatArray
    weight: float
    mean: float
    middle: FloatArray
    pull: FloatArray
    reach: FloatArray
    n_trimmed: int
    largest_odds: float

    def influence(self, z: FloatArray, y: FloatArray, w: FloatArray, score: Score | None) -> FloatArray:
        rest = y - self.slopes @ z
        out = w * rest * (self.reach @ z)
        if score is not None:
            odds = score.odds(z)
            out += np.where(odds < ODDS, w * odds, 0.0) * (rest - self.mean) / self.weight
        return out


def compare_cross_sections(
    treated: tuple[Arm, Arm], controls: tuple[Arm, Arm], *, method: Method
) -> CrossSectionComparison:
    """Compare the change of the treated with that of controls whose covariates are brought to theirs.

    Who is sampled in a period must not depend on treatment: the treated of both periods are taken as draws of one
    population.

    Parameters
    ----------
    treated, controls : pair of tuples of z (q, n), y (n,), weights (n,) or None
        Before and after: regressors with the constant first, outcomes, positive weights.
    method : {"regression", "ipw", "doubly_robust"}
        Predict the controls' change for the treated of both periods; weight the controls by the odds of treatment,
        in each period to a sum of one; or the locally efficient doubly robust estimator of Sant'Anna and Zhao (2020,
        equation 3.4), which also regresses the treated's outcomes.

    Returns
    -------
    CrossSectionComparison
        The gap, and all that its influence function needs.

    References
    ----------
    Sant'Anna, P. H. C. and Zhao, J. (2020). Journal of Econometrics 219(1), 101-122.

    Examples
    --------
    >>> import numpy as np
    >>> arm = lambda *y: (np.ones((1, len(y))), np.array(y), None)
    >>> before, after = (arm(1.0, 3.0), arm(2.0)), (arm(5.0), arm(2.0, 4.0))
    >>> round(compare_cross_sections((before[0], after[0]), (before[1], after[1]), method="regression").gap, 12)
    2.0
    """
    q = treated[0][0].shape[0]
    score = None if method == "regression" else _pooled_score(treated, controls)
    weight, middle = _middle(list(treated))
    nothing = np.zeros(q)
    by_control: list[FloatArray] = [nothing, nothing]
    fits: list[ControlRegression | None] = [None, None]
    if method != "ipw":
        fits = [control_regression(z, y[:, None], w) for z, y, w in controls]
        by_control = [fit.slopes[:, 0] for fit in fits if fit is not None]
    own_fits: list[ControlRegression | None] = [None, None]
    by_treated = [nothing, nothing]
    if method == "doubly_robust":
        own_fits = [control_regression(z, y[:, None], w) for z, y, w in treated]
        by_treated = [fit.slopes[:, 0] for fit in own_fits if fit is not None]
    arms = [_treated(arm, by_treated[s], own_fits[s], middle) for s, arm in enumerate(treated)]
    others = [_controls(arm, score, by_control[s], fits[s], middle) for s, arm in enumerate(controls)]
    # What is predicted for the treated of both periods: the change by their own regression less that by the controls'.
    slopes = (by_treated[1] - by_treated[0]) - (by_control[1] - by_control[0])
    mean = float(slopes @ middle)
    gap = (arms[1].mean - arms[0].mean) - (others[1].mean - others[0].mean) + mean
    pull = nothing if score is None else score.inverse @ (others[1].pull - others[0].pull)
    seen = all(float(np.abs(fit.unseen.T @ middle).max(initial=0.0)) < OUTSIDE for fit in fits if fit is not None)
    return CrossSectionComparison(
        method=method,
        gap=gap,
        n_trimmed=others[0].n_trimmed + others[1].n_trimmed,
        largest_odds=max(others[0].largest_odds, others[1].largest_odds),
        is_identified=seen and (score is None or score.converged) and np.isfinite(gap),
        _treated=(arms[0], arms[1]),
        _controls=(others[0], others[1]),
        _score=score,
        _both=(weight, slopes, mean),
        _pull=pull,
    )


def _treated(arm: Arm, slopes: FloatArray, fit: ControlRegression | None, middle: FloatArray) -> _Treated:
    z, y, w = arm
    weight, own = _middle([arm])
    rest = y - slopes @ z
    mean = float(rest.mean() if w is None else w @ rest / weight)
    # Their regression predicts for the treated of both periods and is taken back for those of this one.
    reach = np.zeros_like(middle) if fit is None else fit.inverse @ (middle - own)
    return _Treated(weight=weight, mean=mean, middle=own, slopes=slopes, reach=reach)


def _controls(
    arm: Arm, score: Score | None, slopes: FloatArray, fit: ControlRegression | None, middle: FloatArray
) -> _Controls:
    z, y, w = arm
    q = z.shape[0]
    weight, mean, own, pull, n_trimmed, largest = np.nan, 0.0, np.zeros(q), np.zeros(q), 0, np.nan
    if score is not None and score.converged:
        odds = score.odds(z)
        kept = odds < ODDS
        share = np.where(kept, odds if w is None else odds * w, 0.0)
        weight = float(share.sum())
        if weight > 0:
            share = share / weight
            rest = y - slopes @ z
            mean, own = float(share @ rest), z @ share
            pull = (z * share) @ (rest - mean)
            n_trimmed, largest = int(kept.size - np.count_nonzero(kept)), float(odds[kept].max())
        else:
            mean = np.nan
    # The regression predicts for the treated of both periods; its errors are taken back where the weights put them.
    reach = np.zeros(q) if fit is None else fit.inverse @ (middle - own)
    return _Controls(
        slopes=slopes,
        weight=weight,
        mean=mean,
        middle=own,
        pull=pull,
        reach=reach,
        n_trimmed=n_trimmed,
        largest_odds=largest,
    )


def _pooled_score(treated: tuple[Arm, Arm], controls: tuple[Arm, Arm]) -> Score:
    """Logit of treatment over both periods."""
    arms = (*treated, *controls)
    n_treated = sum(arm[0].shape[1] for arm in treated)
    z = np.hstack([arm[0] for arm in arms])
    weights = [arm[2] for arm in arms if arm[2] is not None]
    return fit_score(z, np.arange(z.shape[1]) < n_treated, np.concatenate(weights) if weights else None)


def _middle(arms: list[Arm]) -> tuple[float, FloatArray]:
    """Weight and mean regressors of some arms together."""
    weight = float(sum(z.shape[1] if w is None else w.sum() for z, _, w in arms))
    total = np.sum([z.sum(axis=1) if w is None else z @ w for z, _, w in arms], axis=0)
    return weight, total / weight
