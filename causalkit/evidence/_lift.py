"""The effect as a share of what would have been."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from causalkit._validate import choice, non_negative, real
from causalkit.errors import DesignError, OptionError
from causalkit.evidence._effect import effect_of
from causalkit.results import Effect, Fieller

if TYPE_CHECKING:
    from causalkit.results import Result

__all__ = ["lift"]


def lift(
    effect: Effect | Result,
    *,
    baseline: float,
    baseline_std_error: float,
    covariance: float,
    interval: Literal["fieller", "delta"] = "fieller",
) -> Effect:
    """Effect over the mean outcome that the same units would have had without treatment.

    Parameters
    ----------
    effect : Effect or Result
        The effect, in units of the outcome, with a symmetric interval.
    baseline : float
        Counterfactual mean of the estimand's population: for the ATT the mean of the treated *minus* the effect,
        not the mean of the controls; for the ATE of a randomised trial the mean of the controls.
    baseline_std_error : float
        Its standard error; 0 if it is known.
    covariance : float
        Covariance of effect and baseline: minus the variance of the baseline where the effect is the difference of
        two independent means; ``cov(treated mean, effect) - var(effect)`` where the baseline is the treated mean
        minus the effect.
    interval : {"fieller", "delta"}
        Fieller's set inverts a test and holds however near zero the baseline is, at the price of being unbounded
        there; the delta method is the usual symmetric approximation.

    Returns
    -------
    Effect
        The estimand ``"lift"``; 0.2 means 20 %. Its standard error is that of the delta method.

    Raises
    ------
    OptionError
        An argument is not a number, or the three moments do not fit together.
    DesignError
        The baseline is zero, or the effect's interval is not estimate plus or minus standard errors.

    References
    ----------
    Fieller, E. C. (1954). Some problems in interval estimation. JRSS B 16(2), 175-185.

    Examples
    --------
    >>> from causalkit.evidence import lift
    >>> from causalkit.results import Effect
    >>> spend = Effect(estimand="ATE", estimate=2.0, std_error=0.5)
    >>> relative = lift(spend, baseline=10.0, baseline_std_error=0.3, covariance=-0.09)
    >>> relative.estimate, relative.conf_int(0.95).format()
    (0.2, '[0.09842, 0.3099]')
    """
    change = effect_of("effect", effect)
    baseline = real("baseline", baseline)
    var_baseline = non_negative("baseline_std_error", baseline_std_error) ** 2
    covariance = real("covariance", covariance)
    choice("interval", interval, ("fieller", "delta"))
    if change.uncertainty is not None or change.center is not None or not math.isfinite(change.std_error):
        raise DesignError(
            "A lift needs an effect whose interval is its estimate plus or minus standard errors; this one's is not."
        )
    if baseline == 0:
        raise DesignError("baseline=0: the effect is no share of nothing; report it in units of the outcome.")
    var_change = change.std_error**2
    if covariance**2 > var_change * var_baseline * (1 + 1e-12):
        raise OptionError(
            f"covariance={covariance!r} is larger than the standard errors {change.std_error!r} and "
            f"{baseline_std_error!r} allow."
        )
    ratio = change.estimate / baseline
    variance = var_change - 2 * ratio * covariance + ratio**2 * var_baseline
    fieller = Fieller(
        numerator=change.estimate,
        denominator=baseline,
        var_numerator=var_change,
        var_denominator=var_baseline,
        cov=covariance,
    )
    return Effect(
        estimand="lift",
        estimate=ratio,
        std_error=math.sqrt(max(variance, 0.0)) / abs(baseline),
        df=math.inf if interval == "fieller" else change.df,
        uncertainty=fieller if interval == "fieller" else None,
    )
