"""Periods on one scale, so that cohorts can be placed among them and event times counted."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._frames._levels import label_text
from causalkit._validate import listed
from causalkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._frames._levels import Label
    from causalkit._typing import FloatArray

__all__ = ["Periods", "place_cohorts", "read_periods"]

Scale = Literal["number", "date", "rank"]

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])")


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """The periods of the data, in order, and how far apart they are.

    Attributes
    ----------
    labels : tuple of label
        As in the data.
    values : (T,) array
        Position on the scale: numbers stand for themselves, dates count their common step (months where all fall on
        the same day of the month, else days) from the first one, other labels count their ranks from zero.
    scale : {"number", "date", "rank"}
        Which of the three.
    by_month : bool
        For dates: whether the step is counted in months rather than days.
    step : float
        For dates: months or days in one step.
    """

    labels: tuple[Label, ...]
    values: FloatArray
    scale: Scale
    by_month: bool = False
    step: float = 1.0

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.labels)

    @property
    def text(self) -> tuple[str, ...]:
        """The labels as text."""
        return tuple(label_text(each) for each in self.labels)

    def place(self, label: Label) -> float | None:
        """Return where a label lies on the scale, or None if it does not."""
        if self.scale == "number":
            return None if isinstance(label, str) else float(label)
        if self.scale == "rank":
            return float(self.labels.index(label)) if label in self.labels else None
        moment = _moment(label)
        first = _moment(self.labels[0])
        if moment is None or first is None or (self.by_month and moment.within_month != first.within_month):
            return None
        distance = moment.months - first.months if self.by_month else moment.days - first.days
        return distance / self.step


def read_periods(labels: Sequence[Label]) -> Periods:
    """Return the periods of sorted labels."""
    if not any(isinstance(each, str) for each in labels):
        return Periods(tuple(labels), np.array([float(each) for each in labels]), "number")
    moments = [_moment(each) for each in labels]
    dated = [each for each in moments if each is not None]
    if len(dated) < len(labels):
        return Periods(tuple(labels), np.arange(float(len(labels))), "rank")
    by_month = len({each.within_month for each in dated}) == 1
    since = [(each.months - dated[0].months) if by_month else each.days - dated[0].days for each in dated]
    whole = all(float(each).is_integer() for each in since)
    step = float(math.gcd(*(int(each) for each in since)) or 1) if whole else 1.0
    return Periods(tuple(labels), np.array(since) / step, "date", by_month, step)


def place_cohorts(labels: Sequence[Label], periods: Periods, *, called: str, time_called: str) -> FloatArray:
    """Return where the cohorts' first treated periods lie on the scale of the periods.

    Raises
    ------
    DataError
        A cohort is not a period, nor a whole number of steps away from the periods; or it is a number below zero and
        no period is.
    """
    placed = [periods.place(each) for each in labels]
    whole = bool(np.all(periods.values == np.floor(periods.values)))
    known = set(periods.values.tolist())
    # Below zero there is no date where all periods are above: -1 is somebody's code for never, and not guessed at.
    counts_up = periods.scale == "number" and float(periods.values[0]) >= 0
    wrong = [
        label
        for label, at in zip(labels, placed, strict=True)
        if at is None or not (at in known or (whole and float(at).is_integer())) or (at < 0 and counts_up)
    ]
    if wrong:
        raise DataError(
            f"{called} holds {listed(wrong, most=3)}, which is no period of {time_called} "
            f"({periods.text[0]} to {periods.text[-1]}). It must hold the first treated period of the unit, in the "
            f"same form as {time_called}; for units never treated leave it missing (or infinite)."
        )
    return np.array([float(each) for each in placed if each is not None])


@dataclass(frozen=True, slots=True)
class _Moment:
    """A date: months and days since year zero, and where in the month it lies."""

    months: int
    days: float
    within_month: float


def _moment(label: Label) -> _Moment | None:
    if not isinstance(label, str):
        return None
    month, quarter = _MONTH.fullmatch(label), _QUARTER.fullmatch(label)
    if month is not None:
        year, number = int(month[1]), int(month[2])
    elif quarter is not None:
        year, number = int(quarter[1]), 3 * int(quarter[2]) - 2
    else:
        return _full_date(label)
    if not 1 <= number <= 12:
        return None
    return _Moment(12 * year + number - 1, float(dt.date(year or 1, number, 1).toordinal()), 1.0)


def _full_date(label: str) -> _Moment | None:
    try:
        found = dt.datetime.fromisoformat(label)
    except ValueError:
        return None
    part = (found.hour * 3600 + found.minute * 60 + found.second) / 86400 + found.microsecond / 86_400_000_000
    return _Moment(12 * found.year + found.month - 1, found.toordinal() + part, found.day + part)
