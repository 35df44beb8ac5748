"""What an analysis could have found: its power, and the smallest effect it would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causalkit._numerics._honest import bias_aware_p
from causalkit._numerics._tails import critical_value
from causalkit._validate import fraction, real
from causalkit.errors import DesignError, OptionError

if TYPE_CHECKING:
    from causalkit.rdd._result import RddResult

__all__ = ["minimum_detectable_effect", "power"]

_FARTHEST = 40.0


def power(result: RddResult, *, true_effect: float, level: float = 0.95) -> float:
    """Probability that the robust test of an analysis finds an effect of a given size.

    Parameters
    ----------
    result : RddResult
        An analysis of these data, or of data like those to come; its robust standard error counts.
    true_effect : float
        The effect supposed to be true, in units of the outcome.
    level : float
        One less the size of the two-sided test.

    Returns
    -------
    float
        Between ``1 - level`` and 1.

    Raises
    ------
    DesignError
        The standard error is zero.

    References
    ----------
    Cattaneo, M. D., Titiunik, R. and Vazquez-Bare, G. (2019). Stata Journal 19(1), 210-245, section 2.

    Examples
    --------
    >>> from causalkit import rdd, simulate
    >>> df = simulate.discontinuity(1000, rng=1).data
    >>> result = rdd.local_polynomial(df, outcome="y", running="score", cutoff=0, treated="above")
    >>> rdd.power(result, true_effect=0.0)
    0.05
    """
    ratio = abs(real("true_effect", true_effect)) / _error_of(result)
    return bias_aware_p(float(critical_value(fraction("level", level))), ratio)


def minimum_detectable_effect(result: RddResult, *, power: float = 0.8, level: float = 0.95) -> float:
    """Smallest effect that the robust test of an analysis finds with a given probability.

    Parameters
    ----------
    result : RddResult
        An analysis of these data, or of data like those to come.
    power : float
        Probability of finding it; more than ``1 - level``.
    level : float
        One less the size of the two-sided test.

    Returns
    -------
    float
        In units of the outcome.

    Raises
    ------
    DesignError
        The standard error is zero.
    OptionError
        The power is not above ``1 - level``.

    References
    ----------
    Cattaneo, M. D., Titiunik, R. and Vazquez-Bare, G. (2019). Stata Journal 19(1), 210-245, section 2.

    Examples
    --------
    >>> from causalkit import rdd, simulate
    >>> df = simulate.discontinuity(1000, rng=1).data
    >>> result = rdd.local_polynomial(df, outcome="y", running="score", cutoff=0, treated="above")
    >>> smallest = rdd.minimum_detectable_effect(result)
    >>> round(rdd.power(result, true_effect=smallest), 10)
    0.8
    """
    from scipy.optimize import brentq

    wanted, size = fraction("power", power), 1 - fraction("level", level)
    if wanted <= size:
        raise OptionError(f"power={power!r} must be more than 1 - level = {size:.4g}, which no effect at all has.")
    crit = float(critical_value(level))
    ratio = brentq(lambda at: bias_aware_p(crit, at) - wanted, 0.0, crit + _FARTHEST, xtol=1e-13, rtol=1e-14)
    return float(ratio) * _error_of(result)


def _error_of(result: RddResult) -> float:
    if not result.std_error > 0:
        raise DesignError("The standard error of the result is zero, so that it has no power to speak of.")
    return result.std_error
