"""One number with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit._numerics._tails import critical_value, two_sided_p
from causalkit._validate import fraction, number
from causalkit.errors import OptionError
from causalkit.results._interval import Interval
from causalkit.results._record import Record
from causalkit.results._uncertainty import standardized

if TYPE_CHECKING:
    from causalkit.results._interval import ConfidenceSet
    from causalkit.results._uncertainty import Uncertainty


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effect(Record):
    """An estimated causal effect.

    Attributes
    ----------
    estimand : str
        What is estimated, in field terms: ``"ATT"``, ``"ATE"``, ``"LATE"``.
    estimate : float
        Point estimate, in units of the outcome.
    std_error : float
        Standard error, in units of the outcome.
    df : float
        Degrees of freedom of the reference t distribution; infinite means normal.
    center : float, optional
        Middle of the interval where it is not the estimate, as for bias-corrected intervals.
    uncertainty : Uncertainty, optional
        Where the interval is not "center plus or minus critical value times standard error": how it is formed.

    Examples
    --------
    >>> effect = Effect(estimand="ATT", estimate=2.0, std_error=0.5)
    >>> effect.conf_int(0.9).format(), round(effect.p_value, 6)
    ('[1.178, 2.822]', 6.3e-05)
    """

    estimand: str
    estimate: float
    std_error: float
    df: float = math.inf
    center: float | None = None
    uncertainty: Uncertainty | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        std_error = number("std_error", self.std_error)
        if std_error < 0:
            raise OptionError(f"std_error={self.std_error!r} must not be negative.")
        self._freeze(estimate=number("estimate", self.estimate), std_error=std_error, df=number("df", self.df))

    @property
    def statistic(self) -> float:
        """Center over standard error; NaN when both are zero."""
        middle = self.estimate if self.center is None else self.center
        return standardized(middle, self.std_error)

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no effect."""
        return self.p_value_of(0.0)

    def p_value_of(self, null: float) -> float:
        """Return the two-sided p-value of ``effect = null``; NaN when the estimate has no sampling error."""
        if self.uncertainty is not None:
            return self.uncertainty.p_value(null)
        middle = self.estimate if self.center is None else self.center
        return float(two_sided_p(standardized(middle - null, self.std_error), self.df))

    def conf_int(self, level: float = 0.95) -> ConfidenceSet:
        """Return the confidence set with coverage ``level``.

        Parameters
        ----------
        level : float
            Coverage, strictly between 0 and 1.

        Returns
        -------
        Interval or IntervalUnion
            In units of the outcome. An :class:`Interval` unpacks into low and high.

        Raises
        ------
        OptionError
            The level is not between 0 and 1.
        """
        level = fraction("level", level)
        if self.uncertainty is not None:
            return self.uncertainty.conf_int(level)
        middle = self.estimate if self.center is None else self.center
        half = float(critical_value(level, self.df)) * self.std_error
        return Interval(middle - half, middle + half)
