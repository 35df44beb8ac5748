"""What a study of a given precision can find, and what its findings are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

from causalkit._numerics._decision import detectable, significant_only
from causalkit._validate import fraction, positive, real
from causalkit.errors import OptionError
from causalkit.results import Record

__all__ = ["Retrodesign", "minimum_detectable", "retrodesign"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Retrodesign(Record):
    """What significance would mean if the effect were as assumed.

    Attributes
    ----------
    true_effect : float
        The effect assumed, in units of the outcome.
    std_error : float
        Standard error of the estimate.
    level : float
        One minus the size of the two-sided test.
    power : float
        Probability of a significant estimate.
    type_s : float
        Probability that a significant estimate has the wrong sign.
    type_m : float
        How many times too large a significant estimate is on average (exaggeration ratio).
    """

    true_effect: float
    std_error: float
    level: float
    power: float
    type_s: float
    type_m: float


def retrodesign(true_effect: float, *, std_error: float, level: float = 0.95, df: float = math.inf) -> Retrodesign:
    """Power, sign error and exaggeration of a study, for an effect believed plausible before it.

    Parameters
    ----------
    true_effect : float
        A plausible effect from outside the study (earlier launches, the literature), never the study's own
        estimate; not zero.
    std_error : float
        Standard error of the study's estimate.
    level : float
        One minus the size of the two-sided test.
    df : float
        Degrees of freedom; infinite means normal. With finite ones the estimate is a t variable shifted by the effect.

    Returns
    -------
    Retrodesign
        Power, type S and type M error.

    Raises
    ------
    OptionError
        The effect is zero, or another argument is out of range.

    References
    ----------
    Gelman, A. and Carlin, J. (2014). Beyond power calculations. Perspectives on Psychological Science 9(6), 641-651.

    Examples
    --------
    >>> from causalkit.evidence import retrodesign
    >>> study = retrodesign(0.3, std_error=0.5)
    >>> round(study.power, 3), round(study.type_s, 3), round(study.type_m, 1)
    (0.092, 0.057, 4.0)
    """
    effect, std_error = real("true_effect", true_effect), positive("std_error", std_error)
    if effect == 0:
        raise OptionError("true_effect=0 has neither a right sign nor a size to exaggerate; name a plausible effect.")
    level = fraction("level", level)
    found = significant_only(effect / std_error, level=level, df=_degrees(df))
    return Retrodesign(
        true_effect=effect,
        std_error=std_error,
        level=level,
        power=found.power,
        type_s=found.wrong_sign,
        type_m=found.exaggeration,
    )


def minimum_detectable(std_error: float, *, level: float = 0.95, power: float = 0.8, df: float = math.inf) -> float:
    """Smallest true effect that a study of this precision finds with the given power.

    Parameters
    ----------
    std_error : float
        Standard error of the estimate. It falls with the root of the sample size.
    level : float
        One minus the size of the two-sided test.
    power : float
        Probability of finding the effect.
    df : float
        Degrees of freedom; infinite means normal.

    Returns
    -------
    float
        In units of the outcome: ``std_error (t_{1-α/2} + t_power)``.

    Raises
    ------
    OptionError
        An argument is out of range.

    References
    ----------
    Bloom, H. S. (1995). Minimum detectable effects. Evaluation Review 19(5), 547-556.

    Examples
    --------
    >>> from causalkit.evidence import minimum_detectable
    >>> round(minimum_detectable(0.5), 6)
    1.400793
    """
    return detectable(
        positive("std_error", std_error),
        level=fraction("level", level),
        power=fraction("power", power),
        df=_degrees(df),
    )


def _degrees(df: float) -> float:
    return df if df == math.inf else positive("df", df)
