"""An effect whose p-values and confidence set come from reassigning the treatment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit.results import Interval, IntervalUnion, Record
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._numerics._randomization import AcceptedEffects
    from causalkit._typing import FloatArray, IntArray
    from causalkit.results import ConfidenceSet

__all__ = ["RandomizationInference"]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RandomizationInference(Record):
    """The effects that a randomization test does not reject.

    For each assignment there is a set of effects at which its statistic is at least as extreme as the actual one: an
    interval, or all but an open interval. The p-value of an effect is the share of the sets that hold it.

    Attributes
    ----------
    low, high : (B,) array
        Where the sets of the B assignments begin and end, each sorted by itself.
    n_open : int
        How many of them lack an interval in the middle: they end at one of ``high`` and begin again at one of ``low``.

    Examples
    --------
    >>> import numpy as np
    >>> test = RandomizationInference(low=np.array([-np.inf, 0.5, 0.9]), high=np.array([2.0, 3.0, np.inf]))
    >>> test.conf_int(0.5).format(), round(test.p_value(0.0), 4)
    ('[0.5, 3]', 0.3333)
    """

    low: FloatArray
    high: FloatArray
    n_open: int = 0

    def __post_init__(self) -> None:
        """Sort and freeze the ends: how many of them lie on either side of an effect is all that counts."""
        self._freeze(low=read_only(np.sort(self.low)), high=read_only(np.sort(self.high)))

    @classmethod
    def of(cls, accepted: AcceptedEffects) -> RandomizationInference:
        """Return the inference from the ends of the sets, assignment by assignment."""
        n_open = int(np.count_nonzero(accepted.low > accepted.high))
        return cls(low=accepted.low, high=accepted.high, n_open=n_open)

    def p_value(self, null: float) -> float:
        """Return the share of assignments at least as extreme as the actual one if the effect were ``null``."""
        return float(self._holding(np.array([null]))[0]) / self.low.size

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the set of effects not rejected at ``1 - level``."""
        ends = np.unique(np.concatenate([self.low, self.high]))
        points = ends[np.isfinite(ends)]
        # Gaps between the ends and the ends themselves in turn, from the left.
        holding = np.empty(2 * points.size + 1, dtype=np.int64)
        holding[1::2] = self._holding(points)
        holding[::2] = self._beyond(np.concatenate(([-math.inf], points)))
        kept = holding >= (1 - level) * self.low.size - _ROUNDING
        edges = np.flatnonzero(np.diff(np.concatenate(([False], kept, [False])).astype(np.int8)))
        parts = tuple(
            Interval(
                -math.inf if first == 0 else float(points[(first - 1) // 2]),
                math.inf if last == kept.size else float(points[(last - 1) // 2]),
            )
            for first, last in edges.reshape(-1, 2).tolist()
        )
        return parts[0] if len(parts) == 1 else IntervalUnion(parts)

    def _holding(self, at: FloatArray) -> IntArray:
        """How many sets hold each effect; at least one, for the actual assignment is as extreme as itself."""
        ended = np.searchsorted(self.high, at, side="left")
        return np.asarray(np.maximum(self.n_open + np.searchsorted(self.low, at, side="right") - ended, 1))

    def _beyond(self, at: FloatArray) -> IntArray:
        """How many sets hold the effects just above each."""
        ended = np.searchsorted(self.high, at, side="right")
        return np.asarray(np.maximum(self.n_open + np.searchsorted(self.low, at, side="right") - ended, 1))
