"""One replication of a calibration: draw, estimate, compare with the truth."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from causalkit.errors import OptionError
from causalkit.simulate._calibration import replication_rng

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit.simulate._simulation import Simulation


class Estimate(Protocol):
    """What an estimator returns: any result of causalkit, or an object like it."""

    @property
    def estimate(self) -> float:
        """The estimate."""

    @property
    def std_error(self) -> float:
        """Its standard error."""

    def conf_int(self, level: float, /) -> Any:
        """Interval with ``low`` and ``high``, a pair of numbers, or a set that knows what it contains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """What one replication gave; without numbers if it failed.

    Attributes
    ----------
    number : int
        Its number, from 0.
    truth : float
        True value of the estimand.
    estimate, std_error : float
        What the estimator said.
    covered : bool
        Whether the interval contains the truth.
    length : float
        Length of the interval.
    failure : tuple of str, optional
        Kind and message of what the estimator raised.
    warned : tuple of tuple of str
        Kind and message of its warnings, one of each kind.
    """

    number: int
    truth: float
    estimate: float = math.nan
    std_error: float = math.nan
    covered: bool = False
    length: float = math.nan
    failure: tuple[str, str] | None = None
    warned: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """All that a process must know to run any replication."""

    estimator: Callable[[Any], Estimate]
    generator: Callable[[np.random.Generator], Simulation]
    estimand: str
    level: float
    seed: int

    def run(self, numbers: range) -> list[Replication]:
        """Run some replications."""
        return [self._replicate(number) for number in numbers]

    def draw(self, number: int) -> Simulation:
        """Draw the simulation of a replication."""
        return self.generator(replication_rng(self.seed, number))

    def _replicate(self, number: int) -> Replication:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            simulation = self.draw(number)
            truth = _truth(simulation, self.estimand)
            answer = _attempt(self.estimator, simulation.data, self.level)
        kinds = {type(each.message).__name__: str(each.message) for each in reversed(caught)}
        warned = tuple(kinds.items())
        if isinstance(answer, Exception):
            failure = (type(answer).__name__, str(answer))
            return Replication(number=number, truth=truth, failure=failure, warned=warned)
        return Replication(
            number=number,
            truth=truth,
            estimate=answer.estimate,
            std_error=answer.std_error,
            covered=_contains(answer.interval, truth),
            length=_length(answer.interval),
            warned=warned,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    estimate: float
    std_error: float
    interval: Any


def _attempt(estimator: Callable[[Any], Estimate], data: Any, level: float) -> _Answer | Exception:
    """Return what the estimator makes of the data, or what it raised."""
    try:
        result = estimator(data)
    except Exception as error:  # noqa: BLE001  whatever an estimator raises is a failure to count and name
        return error
    _require_answer(result)
    try:
        interval = _ends(result.conf_int(level))
    except Exception as error:  # noqa: BLE001  as above
        return error
    answer = _Answer(estimate=_number(result, "estimate"), std_error=_number(result, "std_error"), interval=interval)
    if not math.isfinite(answer.estimate):
        return ArithmeticError(f"the estimate is {answer.estimate}")
    if isinstance(interval, tuple) and any(math.isnan(end) for end in interval):
        return ArithmeticError(f"the interval is {interval}")
    return answer


def _truth(simulation: Any, estimand: str) -> float:
    """Return the true value of the estimand in this simulation."""
    if not hasattr(simulation, "data") or not hasattr(simulation, "truth"):
        raise OptionError(
            f"generator returned a {type(simulation).__name__}; it must return a Simulation, with data and truth."
        )
    try:
        return float(simulation.truth[estimand])
    except KeyError as unknown:
        raise OptionError(str(unknown.args[0])) from None


def _require_answer(result: Any) -> None:
    """Raise unless the estimator's answer has what is compared with the truth."""
    absent = [name for name in ("estimate", "std_error", "conf_int") if not hasattr(result, name)]
    if absent:
        raise OptionError(
            f"estimator returned a {type(result).__name__} without {' and '.join(absent)}; it must return a result "
            f"with estimate, std_error and conf_int(level)."
        )


def _number(result: Any, name: str) -> float:
    value = getattr(result, name)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise OptionError(f"estimator returned {name}={value!r}; it must be one number.") from None


def _ends(interval: Any) -> Any:
    """Return the two ends as a tuple; a set that is not one interval as it is."""
    if hasattr(interval, "low") and hasattr(interval, "high"):
        return float(interval.low), float(interval.high)
    if isinstance(interval, tuple | list | np.ndarray):
        low, high = interval
        return float(low), float(high)
    return interval


def _contains(interval: Any, value: float) -> bool:
    if isinstance(interval, tuple):
        return bool(interval[0] <= value <= interval[1])
    return bool(interval.contains(value) if hasattr(interval, "contains") else value in interval)


def _length(interval: Any) -> float:
    if isinstance(interval, tuple):
        return float(interval[1] - interval[0])
    return float(getattr(interval, "width", math.nan))
