"""Tests against a margin: not worse than, or the same but for, what does not matter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from causalkit._numerics._decision import upper_tail
from causalkit._validate import choice, non_negative, positive
from causalkit.errors import DesignError
from causalkit.evidence._effect import effect_of
from causalkit.results import Record

if TYPE_CHECKING:
    from causalkit.results import Effect, Result

__all__ = ["MarginTest", "equivalence", "non_inferiority"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarginTest(Record):
    """A one-sided test, or two, of an effect against a margin.

    Attributes
    ----------
    claim : str
        What a small p-value speaks for.
    estimate : float
        The effect, in units of the outcome.
    low, high : float
        The claim is that the effect lies between them; an infinite end is no limit.
    p_value : float
        Largest probability of such data if the claim is false. Below 0.025 exactly when the 95 % interval lies
        inside the limits; below 0.05 exactly when the 90 % interval does.
    """

    claim: str
    estimate: float
    low: float
    high: float
    p_value: float


def non_inferiority(
    effect: Effect | Result, *, margin: float, better: Literal["higher", "lower"] = "higher"
) -> MarginTest:
    """Test that the effect is not worse than a margin.

    Parameters
    ----------
    effect : Effect or Result
        The effect on the outcome that must not suffer.
    margin : float
        Largest loss that would be put up with, in units of the outcome; 0 asks for "not worse at all".
    better : {"higher", "lower"}
        Which direction of the outcome is good.

    Returns
    -------
    MarginTest
        The null hypothesis is that the effect is at the margin or worse.

    Raises
    ------
    OptionError
        The margin is negative.
    DesignError
        The confidence set is not one interval, so that "worse" has no p-value.

    Examples
    --------
    >>> from causalkit.evidence import non_inferiority
    >>> from causalkit.results import Effect
    >>> latency = Effect(estimand="ATE", estimate=-0.1, std_error=0.2)
    >>> round(non_inferiority(latency, margin=0.3).p_value, 6)
    0.158655
    """
    change, margin = effect_of("effect", effect), non_negative("margin", margin)
    if choice("better", better, ("higher", "lower")) == "higher":
        low, high, p_value = -margin, math.inf, _p_above(change, -margin)
    else:
        low, high, p_value = -math.inf, margin, _p_below(change, margin)
    return MarginTest(
        claim=f"not worse than the margin of {margin:g}", estimate=change.estimate, low=low, high=high, p_value=p_value
    )


def equivalence(effect: Effect | Result, *, margin: float) -> MarginTest:
    """Test that the effect is too small to matter, in either direction (two one-sided tests).

    Parameters
    ----------
    effect : Effect or Result
        The effect.
    margin : float
        Smallest effect that would matter, in units of the outcome; positive.

    Returns
    -------
    MarginTest
        The null hypothesis is that the effect is at least the margin in size.

    Raises
    ------
    OptionError
        The margin is not positive.
    DesignError
        The confidence set is not one interval.

    References
    ----------
    Schuirmann, D. J. (1987). Journal of Pharmacokinetics and Biopharmaceutics 15(6), 657-680.

    Examples
    --------
    >>> from causalkit.evidence import equivalence
    >>> from causalkit.results import Effect
    >>> round(equivalence(Effect(estimand="ATE", estimate=0.1, std_error=0.2), margin=0.5).p_value, 6)
    0.02275
    """
    change, margin = effect_of("effect", effect), positive("margin", margin)
    return MarginTest(
        claim=f"smaller than {margin:g} in either direction",
        estimate=change.estimate,
        low=-margin,
        high=margin,
        p_value=max(_p_above(change, -margin), _p_below(change, margin)),
    )


def _p_above(effect: Effect, null: float) -> float:
    """Return the one-sided p-value of "the effect is at most null" against "above"."""
    return _one_sided(effect, null, sign=1.0)


def _p_below(effect: Effect, null: float) -> float:
    """Return the one-sided p-value of "the effect is at least null" against "below"."""
    return _one_sided(effect, null, sign=-1.0)


def _one_sided(effect: Effect, null: float, *, sign: float) -> float:
    middle = effect.estimate if effect.center is None else effect.center
    gap = sign * (middle - null)
    if effect.uncertainty is None:
        if effect.std_error == 0:
            return 0.0 if gap > 0 else 1.0
        return upper_tail(gap / effect.std_error, effect.df)
    if len(effect.conf_int().parts) != 1:
        raise DesignError(
            f"The confidence set {effect.conf_int()} is not one interval: the data do not say on which side of "
            f"{null:g} the effect lies."
        )
    half = effect.p_value_of(null) / 2
    return half if gap > 0 else 1.0 - half
