"""How strong a hidden confounder would have to be to explain a finding away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit._numerics import _sensitivity
from causalkit._validate import fraction, positive, real
from causalkit.errors import OptionError
from causalkit.evidence._effect import effect_of
from causalkit.results import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit.results import ConfidenceSet, Effect, Result

__all__ = ["EValue", "Robustness", "e_value", "e_value_of_difference", "robustness"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EValue(Record):
    """E-values of a risk ratio and of its interval.

    Attributes
    ----------
    risk_ratio : float
        The ratio explained away.
    estimate : float
        Risk ratio with both treatment and outcome, beyond the covariates, that a confounder needs to move the
        estimate to 1.
    interval : float
        The same to move the interval to include 1; 1 if it does already, NaN without an interval.
    """

    risk_ratio: float
    estimate: float
    interval: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Robustness(Record):
    """Robustness values of a regression estimate.

    Attributes
    ----------
    partial_r2 : float
        Share of the outcome's residual variance that the treatment explains: a confounder that explained all of
        the rest of the outcome would have to explain this share of the treatment.
    value : float
        A confounder that explains this share of the residual variance of both treatment and outcome brings the
        estimate to zero; a weaker one cannot.
    value_at_level : float
        The same to make the estimate insignificant.
    level : float
        The level meant.
    """

    partial_r2: float
    value: float
    value_at_level: float
    level: float


def e_value(risk_ratio: float, *, interval: Sequence[float] | ConfidenceSet | None = None) -> EValue:
    """E-value of a risk ratio.

    Parameters
    ----------
    risk_ratio : float
        Estimated risk ratio; also a rate ratio, or an odds or hazard ratio of a rare outcome.
    interval : pair of float, optional
        Its confidence interval.

    Returns
    -------
    EValue
        For the estimate and for the end of the interval nearest 1.

    Raises
    ------
    OptionError
        A ratio is not positive, or the interval is not a pair in order.

    References
    ----------
    VanderWeele, T. J. and Ding, P. (2017). Annals of Internal Medicine 167(4), 268-274.

    Examples
    --------
    >>> from causalkit.evidence import e_value
    >>> found = e_value(1.5, interval=(1.1, 2.0))
    >>> round(found.estimate, 6), round(found.interval, 6)
    (2.366025, 1.431662)
    """
    ratio = positive("risk_ratio", risk_ratio)
    estimate = float(_sensitivity.e_value(ratio))
    return EValue(risk_ratio=ratio, estimate=estimate, interval=_of_interval(interval))


def e_value_of_difference(effect: Effect | Result, *, outcome_sd: float, level: float = 0.95) -> EValue:
    """E-value of a difference of means, by the risk ratio ``exp(0.91 d)`` that stands for it.

    Parameters
    ----------
    effect : Effect or Result
        The effect, in units of the outcome.
    outcome_sd : float
        Standard deviation of the outcome, by which the effect is standardised.
    level : float
        Coverage of the interval explained away.

    Returns
    -------
    EValue
        For the estimate and for the end of the interval nearest zero.

    Raises
    ------
    OptionError
        The standard deviation is not positive.

    References
    ----------
    VanderWeele, T. J. and Ding, P. (2017), table 2; Chinn, S. (2000). Statistics in Medicine 19(22), 3127-3131.

    Examples
    --------
    >>> from causalkit.evidence import e_value_of_difference
    >>> from causalkit.results import Effect
    >>> round(e_value_of_difference(Effect(estimand="ATE", estimate=0.5, std_error=0.1), outcome_sd=1.0).estimate, 4)
    2.5291
    """
    change, scale = effect_of("effect", effect), positive("outcome_sd", outcome_sd)
    ends = [end for part in change.conf_int(fraction("level", level)).parts for end in part]
    bounded = len(ends) == 2 and all(math.isfinite(end) for end in ends)
    ratios = [float(_sensitivity.risk_ratio_of_difference(end / scale)) for end in ends] if bounded else None
    return e_value(float(_sensitivity.risk_ratio_of_difference(change.estimate / scale)), interval=ratios)


def robustness(statistic: float, *, df: float, share: float = 1.0, level: float = 0.95) -> Robustness:
    """Robustness values of a linear-regression estimate, from its t statistic alone.

    Parameters
    ----------
    statistic : float
        t statistic of the treatment, with classical standard errors.
    df : float
        Residual degrees of freedom of the regression; above 1.
    share : float
        Share of the estimate that would have to be explained away; 1 for all of it.
    level : float
        Level at which the rest would be insignificant.

    Returns
    -------
    Robustness
        Partial R² and the two robustness values, all in [0, 1].

    Raises
    ------
    OptionError
        An argument is out of range.

    References
    ----------
    Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity. JRSS B 82(1), 39-67.

    Examples
    --------
    >>> from causalkit.evidence import robustness
    >>> found = robustness(1.98167775, df=604)
    >>> round(found.partial_r2, 6), round(found.value, 6), round(found.value_at_level, 6)
    (0.00646, 0.077448, 0.000657)
    """
    t, share, level = real("statistic", statistic), positive("share", share), fraction("level", level)
    if real("df", df) <= 1:
        raise OptionError(f"df={df!r} must be above 1: a confounder takes one of them.")
    return Robustness(
        partial_r2=_sensitivity.partial_r2(t, df),
        value=_sensitivity.robustness_value(t, df, q=share),
        value_at_level=_sensitivity.robustness_value(t, df, q=share, alpha=1 - level),
        level=level,
    )


def _of_interval(interval: Sequence[float] | ConfidenceSet | None) -> float:
    if interval is None:
        return math.nan
    ends = [end for part in interval.parts for end in part] if hasattr(interval, "parts") else list(interval)
    if len(ends) != 2:
        raise OptionError("interval must be a pair of its lower and upper end.")
    low, high = (positive("interval", end) for end in ends)
    if low > high:
        raise OptionError(f"interval=({low:g}, {high:g}) must give the lower end first.")
    if low <= 1 <= high:
        return 1.0
    return float(_sensitivity.e_value(low if low > 1 else high))
