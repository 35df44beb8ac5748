"""Randomization tests of two groups, and the constant effects that they do not reject.

Under a constant effect everybody's outcome without treatment is known, so the statistic that any other assignment
would have given is known too. For the mean difference, the rank sum and the Kolmogorov-Smirnov distance the effects at
which one drawn assignment is as extreme as the actual one are a set with two ends, in closed form; the ends of all
draws are the whole p-value function, and no grid of effects is searched.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import kolmogorov, ndtr

from causalkit._numerics._resampling import draw_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "MOST_PAIRS",
    "AcceptedEffects",
    "Assignments",
    "RandomizationStatistic",
    "effects_by_means",
    "effects_by_ranks",
    "effects_by_smirnov",
    "mean_differences",
    "rank_sum_p",
    "rank_sums",
    "smirnov_distances",
    "smirnov_p",
]

RandomizationStatistic = Literal["difference", "rank_sum", "ks"]

# Pairs of rows whose differences are sorted to invert a rank-sum test.
MOST_PAIRS = 10_000_000
# Rows of a group up to which the distribution of the Kolmogorov-Smirnov distance is counted.
_COUNTED = 10_000
# Beyond it, exp leaves the range of a float.
_LARGEST_EXPONENT = 700.0
# Equal but for rounding.
_EQUAL = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignments:
    """Assignments with as many treated as there are: all of them where they are few, else random draws.

    Attributes
    ----------
    treated : (n,) array of bool
        Who was treated.
    draws : int
        Assignments to draw.
    rng : numpy.random.Generator
        Source; not used where all assignments are listed.
    """

    treated: BoolArray
    draws: int
    rng: np.random.Generator

    @property
    def n_treated(self) -> int:
        """Number of treated rows."""
        return int(np.count_nonzero(self.treated))

    @property
    def exact(self) -> bool:
        """Whether there are no more assignments than would be drawn, so that all are listed."""
        return math.comb(self.treated.size, self.n_treated) <= self.draws

    def blocks(self) -> Iterator[BoolArray]:
        """Walk over the assignments, (b, n) at a time; the actual one is among them only where all are listed."""
        n, m = self.treated.size, self.n_treated
        if self.exact:
            yield _mask(np.array(list(itertools.combinations(range(n), m)), dtype=np.int64), n)
            return
        for rows in draw_blocks(self.draws, n, progress=False):
            keys = self.rng.random((rows.stop - rows.start, n))
            yield _mask(np.argpartition(keys, m - 1, axis=1)[:, :m], n)


def _mask(chosen: IntArray, n: int) -> BoolArray:
    out = np.zeros((chosen.shape[0], n), dtype=bool)
    np.put_along_axis(out, chosen, values=True, axis=1)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class AcceptedEffects:
    """For each assignment, the effects at which it is at least as extreme as the actual one.

    Attributes
    ----------
    low, high : (B,) array
        The effects from ``low`` to ``high``; where ``low > high``, all up to ``high`` and all from ``low`` on (none, if
        those are infinite). The actual assignment, which is as extreme as itself at every effect, is one of the B.
    """

    low: FloatArray
    high: FloatArray


def mean_differences(y: FloatArray, assignments: BoolArray) -> FloatArray:
    """Difference in means of each column under each assignment.

    Parameters
    ----------
    y : (n, k) array
        Values, near zero on average.
    assignments : (b, n) array of bool
        Who is treated.

    Returns
    -------
    (b, k) array
        Mean of the treated less mean of the others.
    """
    n, m = assignments.shape[1], int(np.count_nonzero(assignments[0]))
    sums = assignments @ y
    return np.asarray(sums * (1 / m + 1 / (n - m)) - y.sum(axis=0) / (n - m))


def rank_sums(y: FloatArray, assignments: BoolArray) -> IntArray:
    """Twice the rank sum of the treated less twice its mean, (b,); tied values share their ranks.

    Parameters
    ----------
    y : (n,) array
        Values.
    assignments : (b, n) array of bool
        Who is treated.
    """
    n, m = assignments.shape[1], int(np.count_nonzero(assignments[0]))
    _, where, counts = np.unique(y, return_inverse=True, return_counts=True)
    doubled = (2 * np.cumsum(counts) - counts + 1)[where]
    return np.asarray(assignments @ doubled - m * (n + 1))


def smirnov_distances(y: FloatArray, assignments: BoolArray) -> IntArray:
    """Largest gap of the two distribution functions times the product of the group sizes, (b,).

    Parameters
    ----------
    y : (n,) array
        Values.
    assignments : (b, n) array of bool
        Who is treated.
    """
    n, m = assignments.shape[1], int(np.count_nonzero(assignments[0]))
    order = np.argsort(y, kind="stable")
    ordered = y[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), n - 1)
    counts = np.cumsum(assignments[:, order], axis=1, dtype=np.int64)[:, ends]
    return np.asarray(np.abs(n * counts - m * (ends + 1)).max(axis=1))


def effects_by_means(y: FloatArray, taken: FloatArray, assignments: Assignments) -> AcceptedEffects:
    """Effects per unit of the treatment taken that the difference in means does not speak against.

    With everybody assigned treated and nobody else, these are the effects of treatment; else those of the randomization
    version of the Anderson-Rubin test, and the set of them may be unbounded.

    Parameters
    ----------
    y : (n,) array
        Outcome, near zero on average.
    taken : (n,) array
        Treatment taken.
    assignments : Assignments
        Who was assigned, and who else might have been.

    Returns
    -------
    AcceptedEffects
        With the actual assignment last, unless all are listed.

    References
    ----------
    Imbens, G. W. and Rosenbaum, P. R. (2005). Journal of the Royal Statistical Society A 168(1), 109-126, section 3.
    """
    both = np.stack([y, taken - taken.mean()], axis=1)
    actual = mean_differences(both, assignments.treated[None])[0]
    parts = []
    for drawn in assignments.blocks():
        differences = mean_differences(both, drawn)
        parts.append(_ends(differences[:, 0], differences[:, 1], float(actual[0]), float(actual[1])))
    return _with_actual(parts, assignments)


def _ends(a: FloatArray, b: FloatArray, a0: float, b0: float) -> tuple[FloatArray, FloatArray]:
    """Where ``|a - t b| >= |a0 - t b0|``: between the roots of the two factors of the difference of squares."""
    size_a = float(np.abs(a).max(initial=abs(a0)))
    size_b = float(np.abs(b).max(initial=abs(b0))) or 1.0
    minus_a, plus_a = _rounded(a - a0, size_a), _rounded(a + a0, size_a)
    minus_b, plus_b = _rounded(b - b0, size_b), _rounded(b + b0, size_b)
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([minus_a / minus_b, plus_a / plus_b])
    inside = minus_b * plus_b < 0
    low, high = np.fmin(*roots), np.fmax(*roots)
    # Widened by rounding, so that a tie counts as one.
    slack = _EQUAL * (np.abs(roots).max(axis=0, initial=0.0, where=np.isfinite(roots)) + size_a / size_b)
    out_low = np.where(inside, low, high) - slack
    out_high = np.where(inside, high, low) + slack
    touching = ~inside & (out_low <= out_high)
    out_low, out_high = np.where(touching, -np.inf, out_low), np.where(touching, np.inf, out_high)
    for one_a, one_b, root in ((minus_a, minus_b, roots[1]), (plus_a, plus_b, roots[0])):
        # One factor does not depend on t: the other one, which then changes its sign once, decides.
        flat = one_b == 0
        other_b = plus_b if one_b is minus_b else minus_b
        rising = one_a * other_b < 0
        out_low = np.where(flat, np.where(rising, root - slack, -np.inf), out_low)
        out_high = np.where(flat, np.where(rising, np.inf, root + slack), out_high)
        every = flat & (one_a == 0)
        out_low, out_high = np.where(every, -np.inf, out_low), np.where(every, np.inf, out_high)
    never = (minus_b == 0) & (plus_b == 0) & (minus_a * plus_a < 0)
    return np.where(never, np.inf, out_low), np.where(never, -np.inf, out_high)


def _rounded(gap: FloatArray, size: float) -> FloatArray:
    return np.where(np.abs(gap) <= _EQUAL * size, 0.0, gap)


def effects_by_ranks(y: FloatArray, assignments: Assignments) -> AcceptedEffects:
    """Constant effects that the rank sum does not speak against, from the sorted differences of all pairs.

    Parameters
    ----------
    y : (n,) array
        Outcome; at most ``MOST_PAIRS`` pairs of a treated and another row.
    assignments : Assignments
        Who was treated, and who else might have been.

    Returns
    -------
    AcceptedEffects
        With the actual assignment last, unless all are listed.

    References
    ----------
    Lehmann, E. L. (1975). Nonparametrics. Holden-Day, section 2.6.
    """
    pairs = np.sort(np.subtract.outer(y[assignments.treated], y[~assignments.treated]).ravel())
    parts = []
    for drawn in assignments.blocks():
        # Twice the Mann-Whitney count less its mean equals twice the rank sum less its mean.
        distance = np.abs(rank_sums(y, drawn))
        parts.append(_or_empty(_first_at_most(pairs, distance), -_first_at_most(-pairs[::-1], distance)))
    return _with_actual(parts, assignments)


def _first_at_most(pairs: FloatArray, distance: IntArray) -> FloatArray:
    """Smallest shift at which twice the pairs above it, ties for one, exceed their mean by at most a distance."""
    n = pairs.size
    rank = -((distance - n) // 2)
    at = pairs[np.clip(rank, 1, n) - 1]
    upto = np.searchsorted(pairs, at, side="right")
    ties = upto - np.searchsorted(pairs, at, side="left")
    reached = 2 * (n - upto) + ties <= n + distance
    return np.where(rank < 1, -np.inf, np.where(reached, at, np.nextafter(at, np.inf)))


def effects_by_smirnov(y: FloatArray, assignments: Assignments) -> AcceptedEffects:
    """Constant effects that the Kolmogorov-Smirnov distance does not speak against.

    Parameters
    ----------
    y : (n,) array
        Outcome.
    assignments : Assignments
        Who was treated, and who else might have been.

    Returns
    -------
    AcceptedEffects
        With the actual assignment last, unless all are listed.

    References
    ----------
    Doksum, K. A. and Sievers, G. L. (1976). Biometrika 63(3), 421-434.
    """
    treated, others = np.sort(y[assignments.treated]), np.sort(y[~assignments.treated])
    parts = []
    for drawn in assignments.blocks():
        distances, where = np.unique(smirnov_distances(y, drawn), return_inverse=True)
        low = np.array([_least_shift(treated, others, int(each)) for each in distances])
        high = np.array([-_least_shift(-treated[::-1], -others[::-1], int(each)) for each in distances])
        low, high = _or_empty(low, high)
        parts.append((low[where], high[where]))
    return _with_actual(parts, assignments)


def _least_shift(treated: FloatArray, others: FloatArray, distance: int) -> float:
    """Smallest shift of the others at which their distribution function is nowhere that much above the treated's."""
    m, k = treated.size, others.size
    rank = -((distance - m * np.arange(1, k + 1)) // k)
    bound = rank >= 1
    if not bound.any():
        return -math.inf
    return float((treated[rank[bound] - 1] - others[bound]).max())


def _or_empty(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ends of sets of shifts; none brings the two samples as near to each other as some assignments do."""
    empty = low > high
    return np.where(empty, np.inf, low), np.where(empty, -np.inf, high)


def _with_actual(parts: list[tuple[FloatArray, FloatArray]], assignments: Assignments) -> AcceptedEffects:
    low, high = (np.concatenate(each) for each in zip(*parts, strict=True))
    if assignments.exact:
        return AcceptedEffects(low, high)
    return AcceptedEffects(np.append(low, -np.inf), np.append(high, np.inf))


def rank_sum_p(y: FloatArray, treated: BoolArray) -> float:
    """Two-sided normal p-value of the rank sum, without correction for ties or continuity."""
    n, m = y.size, int(np.count_nonzero(treated))
    doubled = abs(float(rank_sums(y, treated[None])[0]))
    return float(2 * ndtr(-doubled / 2 / math.sqrt(m * (n - m) * (n + 1) / 12)))


def smirnov_p(y: FloatArray, treated: BoolArray) -> float:
    """Two-sided p-value of the Kolmogorov-Smirnov distance of samples without ties; exact below 10,000 rows a group.

    An assignment is a path on a grid, a step up for a treated row and one to the right for another; those with a
    smaller distance are the paths between two lines (Hodges 1958, Arkiv for Matematik 3(5), 469-486).
    """
    m = int(np.count_nonzero(treated))
    k = y.size - m
    distance = int(smirnov_distances(y, treated[None])[0])
    if max(m, k) > _COUNTED:
        return float(kolmogorov(distance / (m * k) * math.sqrt(m * k / (m + k))))
    right = np.arange(k + 1)
    # Paths to each point that were as far apart on their way, over all paths to the point of the row on the diagonal.
    log_all = np.zeros(k + 1)
    reached, size = np.where(right * m >= distance, 1.0, 0.0), 0.0
    for up in range(1, m + 1):
        log_all += np.log1p(right / up)
        previous, size = size, float(log_all[up * k // m])
        every = np.exp(np.minimum(log_all - size, _LARGEST_EXPONENT))
        # Nearer to the diagonal than the distance: |up * k - right * m| < distance.
        first, last = max((up * k - distance) // m + 1, 0), min((up * k + distance - 1) // m, k)
        if first <= last:
            before = every[first - 1] if first else 0.0
            every[first : last + 1] = before + math.exp(previous - size) * np.cumsum(reached[first : last + 1])
        reached = every
    return min(float(reached[k]), 1.0)
