"""What may be believed about an effect after the data: a distribution, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from causalkit._numerics._decision import excess, upper_tail
from causalkit._numerics._tails import critical_value
from causalkit.results import Draws, Record
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import FloatArray
    from causalkit.results import Effect, Interval


class Belief(Protocol):
    """Probabilities and expectations about the effect, in units of the outcome."""

    @property
    def basis(self) -> str:
        """The approximation and the prior, or why there is no distribution, in words."""
        ...

    @property
    def mean(self) -> float:
        """Expected effect."""
        ...

    def above(self, value: float) -> float:
        """Return the probability that the effect is above a value."""
        ...

    def below(self, value: float) -> float:
        """Return the probability that the effect is below a value."""
        ...

    def excess(self, value: float) -> float:
        """Return the expectation of how far the effect is above a value, counting zero when it is not."""
        ...

    def shortfall(self, value: float) -> float:
        """Return the expectation of how far the effect is below a value, counting zero when it is not."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StudentBelief(Record):
    """A normal or t distribution of the effect.

    Attributes
    ----------
    mean : float
        Its center.
    scale : float
        Its standard deviation if normal; zero means that the effect is taken as known.
    df : float
        Degrees of freedom; infinite means normal.
    basis : str
        Where it comes from, in words.
    """

    mean: float
    scale: float
    df: float
    basis: str

    def above(self, value: float) -> float:
        """Return the probability that the effect is above a value."""
        return upper_tail((value - self.mean) / self.scale, self.df) if self.scale else float(self.mean > value)

    def below(self, value: float) -> float:
        """Return the probability that the effect is below a value."""
        return upper_tail((self.mean - value) / self.scale, self.df) if self.scale else float(self.mean < value)

    def excess(self, value: float) -> float:
        """Return the expectation of how far the effect is above a value."""
        return self._excess(value - self.mean)

    def shortfall(self, value: float) -> float:
        """Return the expectation of how far the effect is below a value."""
        return self._excess(self.mean - value)

    def _excess(self, gap: float) -> float:
        return self.scale * excess(gap / self.scale, self.df) if self.scale else max(0.0, -gap)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DrawsBelief(Record):
    """Draws of the effect, each as likely as the other.

    Attributes
    ----------
    draws : (B,) array
        The draws.
    basis : str
        Where they come from, in words.
    """

    draws: FloatArray
    basis: str

    def __post_init__(self) -> None:
        """Freeze the draws."""
        self._freeze(draws=read_only(self.draws))

    @property
    def mean(self) -> float:
        """Mean of the draws."""
        return float(self.draws.mean())

    def above(self, value: float) -> float:
        """Return the share of draws above a value."""
        return float(np.mean(self.draws > value))

    def below(self, value: float) -> float:
        """Return the share of draws below a value."""
        return float(np.mean(self.draws < value))

    def excess(self, value: float) -> float:
        """Return the mean of how far the draws are above a value."""
        return float(np.maximum(self.draws - value, 0.0).mean())

    def shortfall(self, value: float) -> float:
        """Return the mean of how far the draws are below a value."""
        return float(np.maximum(value - self.draws, 0.0).mean())


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NoBelief(Record):
    """No distribution: every probability and expectation is NaN.

    Attributes
    ----------
    basis : str
        Why, in words.
    """

    basis: str

    @property
    def mean(self) -> float:
        """NaN."""
        return math.nan

    def above(self, value: float) -> float:
        """Return NaN."""
        del value
        return math.nan

    def below(self, value: float) -> float:
        """Return NaN."""
        del value
        return math.nan

    def excess(self, value: float) -> float:
        """Return NaN."""
        del value
        return math.nan

    def shortfall(self, value: float) -> float:
        """Return NaN."""
        del value
        return math.nan


def belief_of(effect: Effect, *, level: float, prior: tuple[float, float] | None) -> Belief:
    """Return what may be believed about the effect.

    Under a flat prior this is the distribution that the interval comes from: normal, t, or bootstrap draws. Where
    the interval comes from something else (Fieller, an inverted test), or a normal prior is to be combined with the
    data, it is the normal distribution that has the same interval at ``level``.

    Parameters
    ----------
    effect : Effect
        The effect.
    level : float
        Coverage of the interval that a normal distribution is matched to.
    prior : pair of float, optional
        Mean and standard deviation of a normal prior.

    Returns
    -------
    Belief
        :class:`NoBelief` where the confidence set is not one bounded interval.
    """
    parts = effect.conf_int(level).parts
    reason = _unusable(parts)
    if reason:
        return NoBelief(basis=reason)
    uncertainty = effect.uncertainty
    if prior is not None:
        return _posterior(effect, level, prior)
    if uncertainty is None:
        middle = effect.estimate if effect.center is None else effect.center
        return StudentBelief(mean=middle, scale=effect.std_error, df=effect.df, basis=_basis(effect))
    if isinstance(uncertainty, Draws):
        draws = uncertainty.draws
        drawn = draws if uncertainty.kind == "percentile" else 2 * uncertainty.estimate - draws
        return DrawsBelief(draws=drawn, basis=f"{draws.size:,} bootstrap draws, flat prior")
    return StudentBelief(
        mean=(parts[0].low + parts[0].high) / 2,
        scale=spread(effect, level),
        df=math.inf,
        basis=f"normal approximation matched to the {100 * level:.4g}% interval, flat prior",
    )


def spread(effect: Effect, level: float) -> float:
    """Return the standard error of the normal distribution that has the effect's interval; NaN without an interval."""
    normal = float(critical_value(level))
    if effect.uncertainty is None:
        return effect.std_error * float(critical_value(level, effect.df)) / normal
    parts = effect.conf_int(level).parts
    return parts[0].width / 2 / normal if not _unusable(parts) else math.nan


def _posterior(effect: Effect, level: float, prior: tuple[float, float]) -> StudentBelief:
    """Return the posterior of a normal mean under a normal prior: precisions add."""
    mean, sd = prior
    (interval,) = effect.conf_int(level).parts
    middle, scale = (interval.low + interval.high) / 2, spread(effect, level)
    if effect.uncertainty is None:
        middle = effect.estimate if effect.center is None else effect.center
    weight = sd**2 / (sd**2 + scale**2)
    exact = effect.uncertainty is None and math.isinf(effect.df)
    matched = "" if exact else f" matched to the {100 * level:.4g}% interval"
    return StudentBelief(
        mean=weight * middle + (1 - weight) * mean,
        scale=scale * math.sqrt(weight),
        df=math.inf,
        basis=f"normal approximation{matched}, normal prior with mean {mean:.4g} and standard deviation {sd:.4g}",
    )


def _basis(effect: Effect) -> str:
    if effect.std_error == 0:
        return "the estimate taken as exact: it has no standard error but zero"
    if math.isinf(effect.df):
        return "normal approximation, flat prior"
    return f"t distribution with {effect.df:.4g} degrees of freedom, flat prior"


def _unusable(parts: tuple[Interval, ...]) -> str:
    """Return why a confidence set gives no distribution; empty if it does."""
    ends = [end for part in parts for end in part]
    if not parts:
        return "the data reject every value of the effect"
    if any(map(math.isnan, ends)):
        return "there is no standard error"
    if any(map(math.isinf, ends)):
        return "the data do not bound the effect"
    return "" if len(parts) == 1 else "the confidence set is not one interval"
