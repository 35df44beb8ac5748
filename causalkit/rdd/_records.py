"""Values of a regression discontinuity result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit.results._record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RddBandwidths", "RddSide", "placed"]


def placed(options: Mapping[str, object]) -> str:
    """Return the cutoff of a result in words: a number as it was given, or a date."""
    at = options["cutoff"]
    return f"{at:.12g}" if isinstance(at, float) else str(at)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RddBandwidths(Record):
    """Windows of an analysis, in units of the score.

    Attributes
    ----------
    kind : str
        How they were chosen: the name of a selector, or ``"given"``.
    h_below, h_above : float
        Half-width of the window of the estimate, on either side of the cutoff.
    b_below, b_above : float
        Half-width of the window in which its bias is estimated.
    """

    kind: str
    h_below: float
    h_above: float
    b_below: float
    b_above: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RddSide(Record):
    """One side of the cutoff.

    Attributes
    ----------
    name : {"below", "above"}
        Which side.
    n : int
        Rows.
    n_distinct : int
        Distinct scores.
    n_h, n_b : int
        Rows in the windows of the estimate and of its bias.
    n_distinct_h : int
        Distinct scores in the window of the estimate.
    level : float
        Value of the fit at the cutoff, in units of the outcome (of its derivative, for a kink).
    coefficients : tuple of float
        Of the fit of the outcome, in powers of ``score - cutoff``.
    std_error : float
        What the side adds to the robust standard error of the effect: the squares of both add up to its square.
    """

    name: str
    n: int
    n_distinct: int
    n_h: int
    n_b: int
    n_distinct_h: int
    level: float
    coefficients: tuple[float, ...]
    std_error: float
