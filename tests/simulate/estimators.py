"""Estimators and generators that other processes can import, for the tests of calibrate."""

from __future__ import annotations

import math
import os
import time
import warnings
from dataclasses import dataclass
from typing import Any

from scipy import special

from causalkit.errors import DataWarning, DesignError
from causalkit.simulate import Simulation, Truth


@dataclass
class Ends:
    low: float
    high: float


@dataclass
class Estimate:
    estimate: float
    std_error: float
    df: float = math.inf

    def conf_int(self, level: float) -> Any:
        half = special.stdtrit(self.df, (1 + level) / 2) * self.std_error
        return Ends(self.estimate - half, self.estimate + half)


def normals(rng):
    """Twelve draws from N(3, 2); the truth is their mean, and their own mean."""
    values = rng.normal(3.0, 2.0, size=12)
    return Simulation(data=values, truth=Truth({"mean": 3.0, "sample mean": values.mean()}))


def t_interval(values):
    return Estimate(values.mean(), values.std(ddof=1) / math.sqrt(values.size), df=values.size - 1)


def half_the_std_error(values):
    right = t_interval(values)
    return Estimate(right.estimate, right.std_error / 2, df=right.df)


def one_too_high(values):
    right = t_interval(values)
    return Estimate(right.estimate + 1, right.std_error, df=right.df)


def fails_when_the_first_is_negative(values):
    if values[0] < 0:
        raise DesignError(f"the first is {values[0]:.3f}")
    if values[1] < 0:
        return Estimate(math.nan, 1.0)
    if values[2] < 0:
        warnings.warn("the third is negative", DataWarning, stacklevel=2)
        warnings.warn("the third is still negative", DataWarning, stacklevel=2)
    return t_interval(values)


def always_fails(values):
    raise ZeroDivisionError("no degrees of freedom")


def dies(values):
    os._exit(3)


def broken_generator(rng):
    raise LookupError("the generator itself is broken")


def slow(values):
    time.sleep(0.01)
    return t_interval(values)
