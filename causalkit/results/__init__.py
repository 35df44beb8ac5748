"""What every method of causalkit returns, and the parts it is made of."""

from causalkit.results._check import Check
from causalkit.results._effect import Effect
from causalkit.results._effects import Effects, JointTest
from causalkit.results._interval import ConfidenceSet, Interval, IntervalUnion
from causalkit.results._record import FrozenMap, Record
from causalkit.results._result import Checks, Result
from causalkit.results._sample import Sample
from causalkit.results._table import Table
from causalkit.results._uncertainty import Draws, Fieller, LogScale, Uncertainty

__all__ = [
    "Check",
    "Checks",
    "ConfidenceSet",
    "Draws",
    "Effect",
    "Effects",
    "Fieller",
    "FrozenMap",
    "Interval",
    "IntervalUnion",
    "JointTest",
    "LogScale",
    "Record",
    "Result",
    "Sample",
    "Table",
    "Uncertainty",
]
