"""Expected gains and losses around a threshold, power, and what significance does to estimates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from causalkit._numerics._tails import critical_value

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = ["SignificantOnly", "density", "detectable", "excess", "significant_only", "upper_tail"]

# Beyond it every density is zero in double precision, and its square still is a number.
_FARTHEST: Final = 1e150


def upper_tail(at: float, df: float = math.inf) -> float:
    """Probability that a standard t variable exceeds a value.

    Examples
    --------
    >>> upper_tail(0.0), upper_tail(40.0) > 0
    (0.5, False)
    """
    return float(special.ndtr(-at) if math.isinf(df) else special.stdtr(df, -at))


def density(at: FloatArray | float, df: float = math.inf) -> FloatArray:
    """Density of a standard t variable.

    Parameters
    ----------
    at : array
        Where.
    df : float
        Degrees of freedom; infinite means normal.

    Returns
    -------
    array
        Of the same shape.

    Examples
    --------
    >>> round(float(density(0.0)), 12)
    0.398942280401
    """
    squared = np.square(np.minimum(np.abs(at), _FARTHEST))
    if math.isinf(df):
        return np.asarray(np.exp(-0.5 * squared) / math.sqrt(2.0 * math.pi))
    # Γ((ν+1)/2) / Γ(ν/2), by the Pochhammer symbol that stays right for large ν.
    constant = float(special.poch(df / 2.0, 0.5)) / math.sqrt(math.pi * df)
    return np.asarray(constant * np.exp(-0.5 * (df + 1.0) * np.log1p(squared / df)))


def excess(at: float, df: float = math.inf) -> float:
    """Expected excess ``E[max(T - at, 0)]`` of a standard t variable over a value.

    Parameters
    ----------
    at : float
        The value, in scale units from the center.
    df : float
        Degrees of freedom; infinite means normal.

    Returns
    -------
    float
        ``f(a)(ν + a²)/(ν - 1) - a P(T > a)``, in the normal case ``φ(a) - a Φ(-a)``; infinite if df is 1 or less.

    References
    ----------
    Raiffa, H. and Schlaifer, R. (1961). Applied Statistical Decision Theory, sections 11.2-11.3.

    Examples
    --------
    >>> round(excess(0.0), 12), excess(0.0, df=1.0)
    (0.398942280401, inf)
    """
    if df <= 1:
        return math.inf
    # E max(T - a, 0) = E max(T + a, 0) - a: the tail form is the one that does not cancel.
    tail = min(abs(at), _FARTHEST)
    weighted = float(density(tail, df)) * (1.0 if math.isinf(df) else (df + tail**2) / (df - 1.0))
    above = max(weighted - tail * upper_tail(tail, df), 0.0)
    return above if at >= 0 else above + abs(at)


def detectable(std_error: float, *, level: float, power: float, df: float = math.inf) -> float:
    """Effect that a two-sided test at ``1 - level`` finds with the given power.

    Parameters
    ----------
    std_error : float
        Standard error of the estimate.
    level : float
        One minus the size of the test.
    power : float
        Probability of finding the effect.
    df : float
        Degrees of freedom; infinite means normal.

    Returns
    -------
    float
        ``std_error (t_{1-α/2} + t_power)`` (Bloom 1995).

    Examples
    --------
    >>> round(detectable(1.0, level=0.95, power=0.8), 8)
    2.80158522
    """
    reach = special.ndtri(power) if math.isinf(df) else special.stdtrit(df, power)
    return std_error * (float(critical_value(level, df)) + float(reach))


@dataclass(frozen=True, slots=True)
class SignificantOnly:
    """What remains of an effect when only significant estimates are looked at.

    Attributes
    ----------
    power : float
        Probability that the estimate is significant.
    wrong_sign : float
        Probability that a significant estimate has the wrong sign.
    exaggeration : float
        Expected size of a significant estimate over the size of the effect.
    """

    power: float
    wrong_sign: float
    exaggeration: float


def significant_only(effect: float, *, level: float, df: float = math.inf) -> SignificantOnly:
    """Power, type S error and type M error of a two-sided test at ``1 - level``, in closed form.

    Parameters
    ----------
    effect : float
        The true effect in standard errors; not zero.
    level : float
        One minus the size of the test.
    df : float
        Degrees of freedom of the estimate, a t variable shifted by the effect; infinite means normal.

    Returns
    -------
    SignificantOnly
        Power, probability of a wrong sign, expected exaggeration.

    References
    ----------
    Gelman, A. and Carlin, J. (2014). Perspectives on Psychological Science 9(6), 641-651. Closed form of the
    exaggeration: Lu, J., Qiu, Y. and Deng, A. (2019). British Journal of Mathematical and Statistical Psychology
    72(1), 1-17.

    Examples
    --------
    >>> round(significant_only(2.8, level=0.95).power, 3)
    0.8
    """
    size, crit = abs(effect), float(critical_value(level, df))
    right, wrong = upper_tail(crit - size, df), upper_tail(crit + size, df)
    power = right + wrong
    # E|X| where |X| > crit: what exceeds crit on either side, and crit itself as often as that happens.
    beyond = excess(crit - size, df) + excess(crit + size, df)
    return SignificantOnly(power=power, wrong_sign=wrong / power, exaggeration=(beyond + crit * power) / (size * power))
