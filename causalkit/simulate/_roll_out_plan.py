"""The plan of a roll-out: who starts when, what it does there, and the estimands that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Groups of units by first treated period, and the mean of their outcomes.

    Groups are numbered: the cohorts in order of their first period, then the never treated, then the always treated.
    Periods run from 1 to ``n_periods``.

    Attributes
    ----------
    n_periods : int
        T.
    cohorts : tuple of int
        First treated period of each of k cohorts, increasing.
    shares : (k + 2,) array
        Share of each group in the population.
    effects, growth : (k,) arrays
        Effect in the first treated period, and what each further period adds.
    heterogeneity : float
        What one unit of the first covariate adds to the effect.
    anticipation : int
        Periods before the first treated one in which there is an effect already.
    anticipated : float
        That effect, as a share of the one in the first treated period.
    selection : float
        Mean of the first covariate in the earliest cohort; it falls in equal steps to 0 among the never treated.
    covariate_trend : float
        Growth of the untreated outcome per period and unit of the first covariate.
    trend_gap : float
        Growth of the untreated outcome per period in the earliest cohort beyond that of the never treated.
    """

    n_periods: int
    cohorts: tuple[int, ...]
    shares: FloatArray
    effects: FloatArray
    growth: FloatArray
    heterogeneity: float
    anticipation: int
    anticipated: float
    selection: float
    covariate_trend: float
    trend_gap: float

    @cached_property
    def periods(self) -> IntArray:
        """1, ..., T."""
        return np.arange(1, self.n_periods + 1)

    @cached_property
    def first(self) -> FloatArray:
        """First treated period of each group; NaN for the never treated, 1 for the always treated."""
        return np.array([*self.cohorts, math.nan, 1.0])

    @cached_property
    def earliness(self) -> FloatArray:
        """1 for the earliest cohort, in equal steps down to 0 for the never treated; above 1 for the always treated."""
        k = len(self.cohorts)
        return np.array([*((k - np.arange(k)) / k), 0.0, (k + 1) / k])

    @cached_property
    def covariate_mean(self) -> FloatArray:
        """Mean of the first covariate in each group."""
        return self.selection * self.earliness

    @cached_property
    def treated(self) -> FloatArray:
        """(k + 2, T) array of 0 and 1: the group is treated in the period."""
        with np.errstate(invalid="ignore"):
            return (self.periods >= self.first[:, None]).astype(np.float64)

    @cached_property
    def path(self) -> FloatArray:
        """(k + 2, T) array: effect where the first covariate is 0; the always treated follow the first cohort."""
        exposure = self.periods - self.first[:, None]
        impact = np.array([*self.effects, 0.0, self.effects[0]])[:, None]
        slope = np.array([*self.growth, 0.0, self.growth[0]])[:, None]
        with np.errstate(invalid="ignore"):
            early = (exposure >= -self.anticipation) & (exposure < 0)
        grown = np.where(self.treated > 0, impact + slope * exposure, 0.0)
        return np.where(early, self.anticipated * impact, grown)

    @cached_property
    def mean_effect(self) -> FloatArray:
        """(k + 2, T) array: ATT(g, t) of each group."""
        return self.path + self.heterogeneity * self.covariate_mean[:, None] * self.treated

    def estimands(self) -> dict[str, float]:
        """Return ATT(g, t), its averages, and what two-way fixed effects estimate in their place."""
        cells = {
            f"ATT({g},{t})": float(self.mean_effect[j, t - 1])
            for j, g in enumerate(self.cohorts)
            for t in range(max(g - self.anticipation, 1), self.n_periods + 1)
        }
        averages = {**self._overall(), **self._by_event_time(), **self._by_cohort(), **self._by_calendar_time()}
        return {**averages, **cells, "TWFE": self._two_way_fixed_effects()}

    def _overall(self) -> dict[str, float]:
        k = len(self.cohorts)
        return {"ATT": _average(self.mean_effect[:k], self.shares[:k, None] * self.treated[:k])}

    def _by_event_time(self) -> dict[str, float]:
        k = len(self.cohorts)
        exposure = self.periods - self.first[:k, None]
        found = {
            int(e): _average(self.mean_effect[:k], self.shares[:k, None] * (exposure == e))
            for e in range(-self.anticipation, self.n_periods - self.cohorts[0] + 1)
            if (exposure == e).any()
        }
        after = [value for e, value in found.items() if e >= 0]
        return {"event_time": float(np.mean(after)), **{f"event_time({e})": value for e, value in found.items()}}

    def _by_cohort(self) -> dict[str, float]:
        found = [_average(self.mean_effect[j], self.treated[j]) for j in range(len(self.cohorts))]
        named = {f"cohort({g})": value for g, value in zip(self.cohorts, found, strict=True)}
        return {"cohort": _average(np.array(found), self.shares[: len(found)]), **named}

    def _by_calendar_time(self) -> dict[str, float]:
        k = len(self.cohorts)
        found = {
            t: _average(self.mean_effect[:k, t - 1], self.shares[:k] * self.treated[:k, t - 1])
            for t in range(self.cohorts[0], self.n_periods + 1)
        }
        named = {f"calendar({t})": value for t, value in found.items()}
        return {"calendar": float(np.mean(list(found.values()))), **named}

    def _two_way_fixed_effects(self) -> float:
        """Coefficient of 0/1 treatment beside unit and period effects, in the population; NaN if there is none."""
        steps = self.periods - 1
        trend = (self.trend_gap * self.earliness + self.covariate_trend * self.covariate_mean)[:, None] * steps
        share = self.shares[:, None]
        by_period = (share * self.treated).sum(axis=0)
        # Frisch-Waugh-Lovell: treatment less its means over periods and over units.
        residual = self.treated - self.treated.mean(axis=1, keepdims=True) - by_period + by_period.mean()
        spread = float((share * residual**2).sum())
        if spread < np.finfo(np.float64).eps:
            return math.nan
        return float((share * residual * (self.mean_effect + trend)).sum()) / spread


def _average(values: FloatArray, weights: FloatArray) -> float:
    return float((values * weights).sum() / weights.sum())
