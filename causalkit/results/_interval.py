"""Confidence sets: an interval, several, none, or the whole line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from causalkit.results._record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import DTypeLike

    from causalkit._typing import AnyArray, FloatArray

ConfidenceSet: TypeAlias = "Interval | IntervalUnion"


class _Answer:
    """What lets a confidence set stand in an array of intervals, where statsmodels' tables put it."""

    __slots__ = ("_rows",)
    _rows: Callable[[], FloatArray]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> AnyArray:  # noqa: FBT001 - numpy's
        """Return low and high of each interval; of a result's answer, those of each of its terms. (k, 2)."""
        del copy
        parts = [[part.low, part.high] for part in getattr(self, "parts", ())]
        return np.asarray(self._rows() if hasattr(self, "_rows") else parts, dtype=dtype)


def with_rows(answer: ConfidenceSet, rows: Callable[[], FloatArray]) -> ConfidenceSet:
    """Return the set, which as an array shows these rows. They are no field: not compared and not stored."""
    object.__setattr__(answer, "_rows", rows)
    return answer


@dataclass(frozen=True, slots=True, eq=False)
class Interval(Record, _Answer):
    """A confidence interval, with its ends; an infinite end is not part of it.

    Attributes
    ----------
    low, high : float
        The ends, in units of the estimate.

    Examples
    --------
    >>> low, high = Interval(-1.0, 3.0)
    >>> 0.0 in Interval(low, high), str(Interval(low, high))
    (True, '[-1, 3]')
    """

    low: float
    high: float

    def __iter__(self) -> Iterator[float]:
        """Unpack into low and high."""
        yield self.low
        yield self.high

    def __contains__(self, value: float) -> bool:
        """Tell whether a value lies in the interval."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        """Return the interval in brackets, round where an end is infinite."""
        return self.format()

    @property
    def parts(self) -> tuple[Interval, ...]:
        """The intervals of the set: this one."""
        return (self,)

    @property
    def width(self) -> float:
        """Length of the interval."""
        return self.high - self.low

    @property
    def is_bounded(self) -> bool:
        """Whether both ends are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def format(self, digits: int = 4) -> str:
        """Return the interval with the given number of significant digits."""
        left = "(-inf" if self.low == -math.inf else f"[{significant(self.low, digits)}"
        right = "inf)" if self.high == math.inf else f"{significant(self.high, digits)}]"
        return f"{left}, {right}"


@dataclass(frozen=True, slots=True, eq=False)
class IntervalUnion(Record, _Answer):
    """A confidence set that is not one interval: several intervals, or none.

    It is never replaced by its hull, which would hide the values that the data reject.

    Attributes
    ----------
    parts : tuple of Interval
        Disjoint intervals in increasing order; empty if every value is rejected.

    Examples
    --------
    >>> import math
    >>> str(IntervalUnion((Interval(-math.inf, 1.49), Interval(4.85, math.inf))))
    '(-inf, 1.49] or [4.85, inf)'
    """

    parts: tuple[Interval, ...]

    def __contains__(self, value: float) -> bool:
        """Tell whether a value lies in one of the intervals."""
        return any(value in part for part in self.parts)

    def __str__(self) -> str:
        """Return the intervals joined by "or"."""
        return self.format()

    @property
    def width(self) -> float:
        """Total length of the intervals."""
        return sum(part.width for part in self.parts)

    @property
    def is_bounded(self) -> bool:
        """Whether every end is finite."""
        return all(part.is_bounded for part in self.parts)

    def format(self, digits: int = 4) -> str:
        """Return the intervals with the given number of significant digits."""
        return " or ".join(part.format(digits) for part in self.parts) if self.parts else "empty"


def significant(value: float, digits: int = 4) -> str:
    """Return a number with ``digits`` significant digits, thousands separated, no trailing zeros.

    Examples
    --------
    >>> [significant(x) for x in (1234567.0, 0.123456, -5.0, 1.2e-7)]
    ['1,234,567', '0.1235', '-5', '1.2e-07']
    """
    if not math.isfinite(value):
        return str(value)
    # Rounded first: 999.96 is a four-digit number.
    size = abs(float(f"{value:.{digits - 1}e}"))
    if size >= 10**digits and size < 1e12:
        return f"{value:,.0f}"
    if size >= 1000 and size < 1e12:
        decimals = max(digits - 1 - math.floor(math.log10(size)), 0)
        return _trim(f"{value:,.{decimals}f}")
    return f"{value:.{digits}g}"


def quadratic_set(a: float, b: float, c: float) -> ConfidenceSet:
    """Return the set of x with ``a x² + b x + c <= 0``.

    Parameters
    ----------
    a, b, c : float
        The coefficients.

    Returns
    -------
    Interval or IntervalUnion
        An interval, two rays, the whole line, or the empty set.

    Examples
    --------
    >>> str(quadratic_set(1.0, 0.0, -4.0)), str(quadratic_set(-1.0, 0.0, 4.0)), str(quadratic_set(1.0, 0.0, 4.0))
    ('[-2, 2]', '(-inf, -2] or [2, inf)', 'empty')
    """
    whole, empty = Interval(-math.inf, math.inf), IntervalUnion(())
    if a == 0:
        if b == 0:
            return whole if c <= 0 else empty
        return Interval(-math.inf, -c / b) if b > 0 else Interval(-c / b, math.inf)
    inner = b * b - 4 * a * c
    if inner < 0:
        return empty if a > 0 else whole
    # The root of larger size first, so that nothing cancels; the other from their product c/a.
    q = -(b + math.copysign(math.sqrt(inner), b)) / 2
    roots = sorted((q / a, c / q)) if q else [0.0, 0.0]
    if a > 0:
        return Interval(roots[0], roots[1])
    if inner == 0:
        return whole
    return IntervalUnion((Interval(-math.inf, roots[0]), Interval(roots[1], math.inf)))


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
