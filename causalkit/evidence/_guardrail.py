"""An outcome that a decision must not hurt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from causalkit._validate import choice, non_negative
from causalkit.errors import OptionError
from causalkit.results import Record, Result

__all__ = ["Guardrail"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guardrail(Record):
    """An effect on another outcome, and how much of a loss there would be put up with.

    Attributes
    ----------
    result : Result
        The effect on the outcome that must not suffer.
    margin : float
        Largest loss put up with, in units of that outcome; 0 for none.
    better : {"higher", "lower"}
        Which direction of that outcome is good.

    Examples
    --------
    >>> from causalkit.evidence import Guardrail
    >>> from causalkit.results import Checks, Effect, Result, Sample
    >>> latency = Result(
    ...     method="Difference in means",
    ...     effect=Effect(estimand="ATE", estimate=4.0, std_error=1.0),
    ...     sample=Sample(n_rows=100, n_used=100),
    ...     checks=Checks(()),
    ...     options={},
    ...     roles={"outcome": ("latency",), "treatment": ("promo",)},
    ... )
    >>> Guardrail(result=latency, margin=10.0, better="lower").status(0.95)
    'kept'
    >>> Guardrail(result=latency, margin=1.0, better="lower").status(0.95)
    'broken'
    """

    result: Result
    margin: float
    better: Literal["higher", "lower"] = "higher"

    def __post_init__(self) -> None:
        """Check the parts."""
        if not isinstance(self.result, Result):
            raise OptionError(f"result must be what a method of causalkit returned; got {type(self.result).__name__}.")
        choice("better", self.better, ("higher", "lower"))
        self._freeze(margin=non_negative("margin", self.margin))

    @property
    def limit(self) -> float:
        """The worst effect put up with, in units of the outcome."""
        return -self.margin if self.better == "higher" else self.margin

    def status(self, level: float = 0.95) -> Literal["kept", "open", "broken"]:
        """Tell whether the margin is kept for every effect in the confidence set, for some, or for none.

        Parameters
        ----------
        level : float
            Coverage of the confidence set.

        Returns
        -------
        {"kept", "open", "broken"}
            Also "open" where a check of the result is violated, the set is empty, or there is no interval.
        """
        parts = self.result.conf_int(level).parts
        if not parts or self.result.checks.with_verdict("violated"):
            return "open"
        sign = 1.0 if self.better == "higher" else -1.0
        gaps = [sign * (end - self.limit) for part in parts for end in part]
        if all(gap >= 0 for gap in gaps):
            return "kept"
        return "broken" if all(gap < 0 for gap in gaps) else "open"
