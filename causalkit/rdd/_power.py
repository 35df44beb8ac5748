"""What an analysis could have found: its power, the smallest effect it would find, and the rows that one needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from causalkit._numerics._honest import bias_aware_p
from causalkit._numerics._tails import critical_value
from causalkit._validate import fraction, real
from causalkit.errors import DesignError, OptionError
from causalkit.rdd._result import RddResult
from causalkit.results import Record

__all__ = ["RddSampleSize", "minimum_detectable_effect", "power", "sample_size"]

_FARTHEST = 40.0
_ROUNDING = 1e-10
_MOST_ROWS = 1e15


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
    return _ratio_found(power, level) * _error_of(result)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RddSampleSize(Record):
    """Rows that an analysis needs.

    Attributes
    ----------
    n_below, n_above : int
        In the window, on either side.
    n_total : int
        In all, if rows fall as they did and are not chosen by side.
    """

    n_below: int
    n_above: int
    n_total: int

    @property
    def n_window(self) -> int:
        """Rows in the window."""
        return self.n_below + self.n_above


def sample_size(result: RddResult, *, true_effect: float, power: float = 0.8, level: float = 0.95) -> RddSampleSize:
    """Rows at which the robust test finds an effect of a given size with a given probability.

    The window stays as it is. Rows in it are split between the sides in proportion to the standard deviations of the
    two halves of the estimate, which needs the fewest of them.

    Parameters
    ----------
    result : RddResult
        An analysis of data like those to come, of independent rows.
    true_effect : float
        The effect supposed to be true, in units of the outcome; not zero.
    power : float
        Probability of finding it; more than ``1 - level``.
    level : float
        One less the size of the two-sided test.

    Returns
    -------
    RddSampleSize
        Rows in the window by side, and in all.

    Raises
    ------
    DesignError
        The standard error is zero, or rows are clustered.
    OptionError
        The effect is zero, or the power is not above ``1 - level``.

    References
    ----------
    Cattaneo, M. D., Titiunik, R. and Vazquez-Bare, G. (2019). Stata Journal 19(1), 210-245, section 3.

    Examples
    --------
    >>> from causalkit import rdd, simulate
    >>> df = simulate.discontinuity(1000, rng=1).data
    >>> result = rdd.local_polynomial(df, outcome="y", running="score", cutoff=0, treated="above")
    >>> smallest = rdd.minimum_detectable_effect(result)
    >>> abs(rdd.sample_size(result, true_effect=smallest).n_total - 1000) <= 1
    True
    """
    error = _error_of(result)
    if result.sample.n_clusters is not None:
        raise DesignError("Sample sizes are for independent rows; the errors of this analysis are clustered.")
    effect = abs(real("true_effect", true_effect))
    if effect == 0:
        raise OptionError("true_effect=0 is found by no number of rows.")
    sides = (result.below, result.above)
    total = sum(side.n for side in sides)
    # The variance falls as one over the rows. Rounding must not add a row to a whole number.
    factor = _ratio_found(power, level) * error / effect
    rows = total * factor * factor * (1 - _ROUNDING)
    if not rows < _MOST_ROWS:
        raise OptionError(
            f"true_effect={true_effect!r} is so small that more than {_MOST_ROWS:.0e} rows would be needed."
        )
    needed = math.ceil(rows)
    share = result.above.std_error / (result.above.std_error + result.below.std_error)
    per_row = share * result.above.n / result.above.n_h + (1 - share) * result.below.n / result.below.n_h
    return RddSampleSize(
        n_below=math.ceil(needed / per_row * (1 - share)),
        n_above=math.ceil(needed / per_row * share),
        n_total=needed,
    )


def _ratio_found(power: float, level: float) -> float:
    """Effect in standard errors that is found with a given probability."""
    from scipy.optimize import brentq

    wanted, size = fraction("power", power), 1 - fraction("level", level)
    if wanted <= size:
        raise OptionError(f"power={power!r} must be more than 1 - level = {size:.4g}, which no effect at all has.")
    crit = float(critical_value(level))
    found = brentq(lambda at: bias_aware_p(crit, at) - wanted, 0.0, crit + _FARTHEST, xtol=1e-13, rtol=1e-14)
    return float(found)


def _error_of(result: RddResult) -> float:
    if not isinstance(result, RddResult):
        raise OptionError(f"result must be what rdd.local_polynomial returned; got {type(result).__name__}.")
    if not result.std_error > 0:
        raise DesignError("The standard error of the result is zero, so that it has no power to speak of.")
    return result.std_error
