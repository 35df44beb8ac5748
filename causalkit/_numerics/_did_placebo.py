"""Placebo assignments: the effect that would have been found, had the same roll-out fallen on other clusters.

The statistic compares each cohort with the controls, after its start against before it, and weights the cohorts by
their treated rows; with one cohort that is the two-way fixed effects coefficient. It depends on a cluster only through
its sums by period, and on the assignment through one product per cohort, so that an assignment costs clusters times
cohorts. Under a constant effect it is linear in the effect, which gives the interval by inversion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._typing import FloatArray, IntArray

__all__ = ["Placebo", "placebo_assignments"]

# Numbers in one block of assignments (32 MB).
BLOCK_NUMBERS = 1 << 22
TIE = 1e-9
FARTHEST = 2.0**30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placebo:
    """Effects under placebo assignments.

    Attributes
    ----------
    estimate : float
        Under the assignment that took place.
    effects : (b,) array
        Under all assignments, that one among them.
    reach : (b,) array
        What each assignment would find of a constant effect of one: one for the true assignment.
    enumerated : bool
        Whether these are all assignments.
    """

    estimate: float
    effects: FloatArray
    reach: FloatArray
    enumerated: bool

    def p_value(self, null: float = 0.0) -> float:
        """Share of assignments whose effect is at least as large, in absolute value, if ``null`` is the true effect."""
        gap = abs(self.estimate - null)
        size = gap + np.abs(self.effects).max() + abs(null)
        return float(np.mean(np.abs(self.effects - null * self.reach) >= gap - TIE * size))

    def conf_int(self, level: float) -> tuple[float, float]:
        """Constant effects around the estimate that the test at ``1 - level`` does not reject; ends may be infinite."""
        return self._end(-1.0, level), self._end(1.0, level)

    def _end(self, side: float, level: float) -> float:
        scale = float(np.sqrt(np.mean(np.square(self.effects - self.effects.mean()))))
        if scale == 0.0 or float(np.mean(np.abs(self.reach) >= 1.0 - TIE)) > 1.0 - level:
            return side * math.inf
        inside, outside = 0.0, 1.0
        while self.p_value(self.estimate + side * outside * scale) > 1.0 - level:
            inside, outside = outside, 2.0 * outside
            if outside > FARTHEST:
                return side * math.inf
        while outside - inside > 1e-10 * outside:
            middle = (inside + outside) / 2.0
            accepted = self.p_value(self.estimate + side * middle * scale) > 1.0 - level
            inside, outside = (middle, outside) if accepted else (inside, middle)
        return self.estimate + side * outside * scale


def placebo_assignments(
    total: FloatArray,
    weight: FloatArray,
    cohort: IntArray,
    first_treated: IntArray,
    control: int,
    *,
    n_draws: int,
    rng: np.random.Generator,
) -> Placebo:
    """Find the effect under other assignments of the same cohorts to the clusters.

    Parameters
    ----------
    total : (G, T) array
        Weighted sums of the outcome by cluster and period, in the periods before the controls are treated.
    weight : (G,) array
        Weight of the units of each cluster.
    cohort : (G,) array of int
        Cohort of each cluster.
    first_treated : (C,) array of int
        First treated period of each cohort, by code; after the last for the controls.
    control : int
        Code of the controls.
    n_draws : int
        Number of random assignments, beside the one that took place; all distinct assignments are taken instead if
        they are no more than that.
    rng : numpy.random.Generator
        Source of the assignments.

    Returns
    -------
    Placebo
        With p-values and interval.

    References
    ----------
    Fisher, R. A. (1935). The design of experiments. Conley, T. G. and Taber, C. R. (2011). Review of Economics and
    Statistics 93(1), 113-125. MacKinnon, J. G. and Webb, M. D. (2020). Journal of Econometrics 218(2), 435-450.
    """
    treated = np.setdiff1d(cohort, [control])
    n_periods = total.shape[1]
    after = np.arange(n_periods) >= first_treated[treated][:, None]
    # After its start against before it, cohort by cohort: (c, T).
    contrast = np.where(after, 1.0 / after.sum(axis=1, keepdims=True), -1.0 / (~after).sum(axis=1, keepdims=True))
    share = after.sum(axis=1).astype(np.float64)
    started = (np.arange(n_periods) >= first_treated[cohort][:, None]) * weight[:, None]
    changes, exposed = total @ contrast.T, started @ contrast.T

    def statistics(assigned: IntArray) -> tuple[FloatArray, FloatArray]:
        """Effects of some assignments (b, G), and what they find of an effect of one."""
        at_control = (assigned == control).astype(np.float64)
        control_weight = at_control @ weight
        found = np.zeros((2, assigned.shape[0]))
        weights = np.zeros(assigned.shape[0])
        for j, code in enumerate(treated.tolist()):
            own = (assigned == code).astype(np.float64)
            size = own @ weight
            for i, column in enumerate((changes[:, j], exposed[:, j])):
                found[i] += share[j] * (own @ column - size * (at_control @ column) / control_weight)
            weights += share[j] * size
        return found[0] / weights, found[1] / weights

    n_distinct = _n_distinct(cohort)
    enumerated = n_distinct <= n_draws + 1
    effects, reach = np.empty((2, n_distinct if enumerated else n_draws + 1))
    at = 0
    blocks = _all_assignments(cohort) if enumerated else _random_assignments(cohort, n_draws, rng)
    for block in blocks:
        effects[at : at + len(block)], reach[at : at + len(block)] = statistics(block)
        at += len(block)
    estimate = float(statistics(cohort[None, :])[0][0])
    return Placebo(estimate=estimate, effects=effects, reach=reach, enumerated=enumerated)


def _n_distinct(cohort: IntArray) -> int:
    """Number of ways to give the clusters their cohorts."""
    return math.factorial(cohort.size) // math.prod(math.factorial(n) for n in np.bincount(cohort).tolist())


def _random_assignments(cohort: IntArray, n_draws: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Blocks of shuffled cohorts, the first of them as they are."""
    yield cohort[None, :]
    step = max(BLOCK_NUMBERS // cohort.size, 1)
    for start in range(0, n_draws, step):
        rows = min(step, n_draws - start)
        yield rng.permuted(np.broadcast_to(cohort, (rows, cohort.size)), axis=1)


def _all_assignments(cohort: IntArray) -> Iterator[IntArray]:
    """All distinct orders of the cohorts, in one block."""
    codes, counts = np.unique(cohort, return_counts=True)
    # The most frequent cohort takes what the others leave.
    order = np.argsort(counts, kind="stable")
    assigned = [(np.full(cohort.size, codes[order[-1]]), np.arange(cohort.size))]
    for which in order[:-1].tolist():
        grown = []
        for row, free in assigned:
            for chosen in combinations(range(free.size), int(counts[which])):
                new = row.copy()
                new[free[list(chosen)]] = codes[which]
                grown.append((new, np.delete(free, list(chosen))))
        assigned = grown
    yield np.array([row for row, _ in assigned])
