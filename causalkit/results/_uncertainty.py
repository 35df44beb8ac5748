"""How an estimate is uncertain when "plus or minus some standard errors" is not the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from causalkit._numerics._tails import critical_value, two_sided_p
from causalkit._validate import choice
from causalkit.results._interval import Interval, quadratic_set
from causalkit.results._record import Record, read_only

if TYPE_CHECKING:
    from causalkit._typing import FloatArray
    from causalkit.results._interval import ConfidenceSet

# Beyond it, exp leaves the range of a float.
_LARGEST_EXPONENT = 700.0


class Uncertainty(Protocol):
    """What an effect asks of its uncertainty: p < 1 - level exactly when the set leaves the value out."""

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the set of values not rejected at ``1 - level``."""
        ...

    def p_value(self, null: float) -> float:
        """Return the two-sided p-value of ``effect = null``."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LogScale(Record):
    """Symmetric on the log scale, as for risk, rate and odds ratios.

    Attributes
    ----------
    estimate : float
        The ratio. Where it is zero or undefined, for want of cases, the interval is all of the ratios.
    std_error : float
        Standard error of its logarithm.
    df : float
        Degrees of freedom; infinite means normal.

    Examples
    --------
    >>> LogScale(estimate=2.0, std_error=0.1).conf_int(0.95).format(4)
    '[1.644, 2.433]'
    """

    estimate: float
    std_error: float
    df: float = math.inf

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the interval with coverage ``level``."""
        half = float(critical_value(level, self.df)) * self.std_error
        if not (self.estimate > 0 and half < _LARGEST_EXPONENT):
            return Interval(0.0, math.inf)
        return Interval(self.estimate / math.exp(half), self.estimate * math.exp(half))

    def p_value(self, null: float) -> float:
        """Return the two-sided p-value of ``ratio = null``."""
        if null <= 0:
            return 0.0
        if not self.estimate > 0:
            return 1.0
        return float(two_sided_p(standardized(math.log(self.estimate / null), self.std_error), self.df))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Draws(Record):
    """Bootstrap draws of the estimate; the interval need not be symmetric.

    Attributes
    ----------
    estimate : float
        The estimate from the data.
    draws : (B,) array
        The estimates from the resamples; kept sorted.
    kind : {"percentile", "basic"}
        Quantiles of the draws, or twice the estimate minus them (Davison and Hinkley 1997, section 5.2).

    Examples
    --------
    >>> import numpy as np
    >>> Draws(estimate=50.0, draws=np.arange(101.0)).conf_int(0.9).format()
    '[5, 95]'
    """

    estimate: float
    draws: FloatArray
    kind: str = "percentile"

    def __post_init__(self) -> None:
        """Sort and freeze the draws."""
        choice("kind", self.kind, ("percentile", "basic"))
        self._freeze(draws=read_only(np.sort(self.draws)))

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the interval with nominal coverage ``level``."""
        tail = (1 - level) / 2
        low, high = (float(each) for each in np.quantile(self.draws, [tail, 1 - tail]))
        if self.kind == "basic":
            low, high = 2 * self.estimate - high, 2 * self.estimate - low
        return Interval(low, high)

    def p_value(self, null: float) -> float:
        """Return the smallest ``1 - level`` whose interval leaves ``null`` out, at least 1/(B + 1)."""
        at = null if self.kind == "percentile" else 2 * self.estimate - null
        share = np.linspace(0, 1, self.draws.size)
        # Among equal draws each search ends at the last one: from either side, the one farthest in.
        below = float(np.interp(at, self.draws, share))
        above = float(np.interp(-at, -self.draws[::-1], share))
        return min(1.0, max(2 * min(below, above), 1 / (self.draws.size + 1)))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fieller(Record):
    """The ratio of two jointly normal estimates, by inverting a test; may be unbounded.

    Attributes
    ----------
    numerator, denominator : float
        The two estimates.
    var_numerator, var_denominator, cov : float
        Their variances and covariance.

    References
    ----------
    Fieller, E. C. (1954). Some problems in interval estimation. JRSS B 16(2), 175-185.

    Examples
    --------
    >>> lift = Fieller(numerator=2.0, denominator=10.0, var_numerator=0.25, var_denominator=0.09, cov=-0.09)
    >>> lift.conf_int(0.95).format(9)
    '[0.0984239033, 0.309902435]'
    """

    numerator: float
    denominator: float
    var_numerator: float
    var_denominator: float
    cov: float

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the set of ratios r at which ``numerator - r denominator`` is not rejected as zero."""
        crit = float(critical_value(level)) ** 2
        a = self.denominator**2 - crit * self.var_denominator
        b = -2 * (self.numerator * self.denominator - crit * self.cov)
        c = self.numerator**2 - crit * self.var_numerator
        return quadratic_set(a, b, c)

    def p_value(self, null: float) -> float:
        """Return the two-sided p-value of ``ratio = null``."""
        variance = self.var_numerator - 2 * null * self.cov + null**2 * self.var_denominator
        gap = self.numerator - null * self.denominator
        return float(two_sided_p(standardized(gap, math.sqrt(max(variance, 0.0)))))


def standardized(value: float, std_error: float) -> float:
    """Return a value over its standard error; NaN when both are zero."""
    if std_error > 0 or math.isnan(std_error):
        return value / std_error
    return math.nan if value == 0 else math.copysign(math.inf, value)
