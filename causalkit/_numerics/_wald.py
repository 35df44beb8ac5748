"""Several estimates at once: Wald tests that report their rank, and sup-t bands and p-values.

Everything is deterministic: the multivariate t probability is integrated over fixed points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from causalkit._numerics._tails import critical_value, f_sf, two_sided_p

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray

__all__ = ["Wald", "max_t_p_values", "sup_t_critical", "wald_test"]

# Eigenvalues of the correlation matrix below this part of the largest count as zero.
RANK_TOLERANCE = 1e-10
# Directions of the integration over the sphere.
DIRECTIONS = 1 << 17
# Classes that the directions are gathered into, so that the distance is integrated a thousand times for each bound.
CLASSES = 1 << 10
# Numbers in one block of directions (16 MB).
BLOCK_NUMBERS = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Wald:
    """Joint test of linear restrictions.

    Attributes
    ----------
    statistic : float
        Wald statistic, chi-squared under the null in large samples.
    rank : int
        Restrictions tested: the rank of their covariance.
    df_denom : float
        Degrees of freedom of the covariance; infinite for the chi-squared version.
    p_value : float
        From F with ``rank`` and ``df_denom`` degrees of freedom (chi-squared when infinite). NaN for rank 0.
    consistent : bool
        Whether the estimates lie where the covariance lets them. If not, a combination of estimates with
        zero variance contradicts the null, and the statistic ignores it.
    """

    statistic: float
    rank: int
    df_denom: float
    p_value: float
    consistent: bool

    @property
    def f_statistic(self) -> float:
        """Statistic over the number of restrictions."""
        return self.statistic / self.rank if self.rank else math.nan


def wald_test(
    estimates: FloatArray,
    cov: FloatArray,
    *,
    restrictions: FloatArray | None = None,
    null: FloatArray | float = 0.0,
    df: float = math.inf,
) -> Wald:
    """Test ``R b = r`` jointly.

    Each restriction is divided by its standard error, so that units do not matter; directions with less than
    ``1e-10`` of the variance of the largest are then left out and the rank says how many remain.

    Parameters
    ----------
    estimates : (p,) array
        Estimates ``b``.
    cov : (p, p) array
        Their covariance.
    restrictions : (q, p) array, optional
        ``R``; the identity when not given.
    null : (q,) array or float
        ``r``.
    df : float
        Degrees of freedom of the covariance; infinite for the chi-squared version.

    Returns
    -------
    Wald
        Statistic, rank, p-value.

    Examples
    --------
    >>> import numpy as np
    >>> test = wald_test(np.array([1.0, 2.0]), np.diag([1.0, 1.0]))
    >>> test.statistic, test.rank, round(test.p_value, 6)
    (5.0, 2, 0.082085)
    """
    gap = (estimates if restrictions is None else restrictions @ estimates) - null
    spread = cov if restrictions is None else restrictions @ cov @ restrictions.T
    scale = np.sqrt(np.maximum(np.diagonal(spread), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(spread / np.outer(scale, scale))
    kept = values > RANK_TOLERANCE * max(float(values.max(initial=0.0)), 0.0)
    rotated = vectors.T @ (gap / scale)
    statistic = float(np.sum(rotated[kept] ** 2 / values[kept]))
    rank = int(np.count_nonzero(kept))
    # A zero-variance combination may differ from the null by the rounding of the estimates, not more.
    size = np.abs(gap).max(initial=0.0) / scale.min(initial=math.inf) if gap.size else 0.0
    consistent = bool(np.all(np.abs(rotated[~kept]) <= 1e-8 * max(size, 1.0)))
    p_value = f_sf(statistic / rank, rank, df) if rank else math.nan
    return Wald(statistic=statistic, rank=rank, df_denom=df, p_value=p_value, consistent=consistent)


def sup_t_critical(corr: FloatArray, level: float, *, df: float = math.inf) -> float:
    """Critical value of the largest of several absolute t statistics.

    Parameters
    ----------
    corr : (k, k) array
        Correlation matrix of the estimates; may be singular.
    level : float
        Probability that the whole band covers, in (0, 1).
    df : float
        Degrees of freedom of the common variance; infinite means normal.

    Returns
    -------
    float
        Half-width of the uniform band in standard errors: between the pointwise critical value and
        Bonferroni's, right to 1e-3 for a dozen estimates and 2e-3 for thirty.

    References
    ----------
    Montiel Olea, J. L. and Plagborg-Moller, M. (2019). Journal of Applied Econometrics 34(1), 1-17.

    Examples
    --------
    >>> import numpy as np
    >>> round(sup_t_critical(np.eye(2), 0.95), 2)
    2.24
    """
    low = critical_value(level, df)
    if corr.shape[0] <= 1:
        return low
    high = critical_value(1.0 - (1.0 - level) / corr.shape[0], df)
    largest = _largest_on_sphere(corr)

    def excess(bound: float) -> float:
        return float(_exceedance(largest, np.array([bound]), df)[0]) - (1.0 - level)

    if excess(low) <= 0:
        return low
    if excess(high) >= 0:
        return high
    return float(optimize.brentq(excess, low, high, xtol=1e-6))


def max_t_p_values(statistics: FloatArray, corr: FloatArray, *, df: float = math.inf) -> FloatArray:
    """Single-step adjusted p-values: the probability that the largest absolute t exceeds each one.

    Parameters
    ----------
    statistics : (k,) array
        Estimates over standard errors. NaN is a test that was not done: it does not count, and stays NaN.
    corr : (k, k) array
        Their correlation matrix; may be singular. Rows and columns of tests that were not done play no role.
    df : float
        Degrees of freedom of the common variance; infinite means normal.

    Returns
    -------
    (k,) array
        Never below the unadjusted p-value nor above Bonferroni's. Right to 2e-4 near 0.05 for a handful of
        statistics, and to 1.5e-3 for hundreds of them.

    References
    ----------
    Hothorn, T., Bretz, F. and Westfall, P. (2008). Biometrical Journal 50(3), 346-363.

    Examples
    --------
    >>> import numpy as np
    >>> max_t_p_values(np.array([2.5, np.nan, 1.0]), np.eye(3)).round(3).tolist()
    [0.025, nan, 0.534]
    """
    out = np.full(statistics.shape, np.nan)
    done = np.flatnonzero(~np.isnan(statistics))
    if not done.size:
        return out
    distance = np.abs(statistics[done])
    single = two_sided_p(distance, df)
    adjusted = _exceedance(_largest_on_sphere(corr[np.ix_(done, done)]), distance, df)
    out[done] = np.clip(adjusted, single, np.minimum(single * done.size, 1.0))
    return out


@dataclass(frozen=True, slots=True)
class _Largest:
    """Distribution of the largest absolute coordinate over directions of the sphere, in classes of equal width.

    Attributes
    ----------
    value : (b,) array
        Mean of each class.
    share : (b,) array
        Its share of the directions.
    rank : int
        Dimension of the sphere.
    """

    value: FloatArray
    share: FloatArray
    rank: int


def _exceedance(largest: _Largest, bounds: FloatArray, df: float) -> FloatArray:
    """Probability that the largest of several absolute t variables exceeds each bound.

    A normal vector is a chi distance times a direction on the sphere: the distance is integrated exactly, the
    direction over a fixed set of points (Deak 1980, Numerische Mathematik 35, 369-380).
    """
    distance = np.square(bounds[:, None] / largest.value)
    if math.isinf(df):
        return special.chdtrc(largest.rank, distance) @ largest.share
    return special.fdtrc(largest.rank, df, distance / largest.rank) @ largest.share


def _largest_on_sphere(corr: FloatArray) -> _Largest:
    """Largest absolute coordinate of ``root @ u`` for directions ``u`` of the sphere.

    The directions come from Richtmyer's sequence, multiples of the square roots of primes, whose first and most even
    coordinates go to the largest eigenvalues (Genz and Bretz 2009, Computation of Multivariate Normal and t
    Probabilities, section 4.2.2).
    """
    values, vectors = np.linalg.eigh(corr)
    kept = np.flatnonzero(values > RANK_TOLERANCE * values[-1])[::-1]
    root = vectors[:, kept] * np.sqrt(values[kept])
    steps = np.sqrt(_primes(kept.size))
    block = max(BLOCK_NUMBERS // corr.shape[0], 1)
    largest = np.empty(DIRECTIONS)
    for start in range(0, DIRECTIONS, block):
        multiples = np.multiply.outer(np.arange(start, min(start + block, DIRECTIONS)) + 0.5, steps)
        direction = special.ndtri(np.clip(multiples - np.floor(multiples), 1e-12, 1.0 - 1e-12))
        norm = np.linalg.norm(direction, axis=1)
        largest[start : start + block] = np.abs(direction @ root.T).max(axis=1) / norm
    return _in_classes(largest, int(kept.size))


def _primes(n: int) -> IntArray:
    """Find the first ``n`` primes by the sieve; the n-th is below ``n (log n + log log n)`` from the sixth on."""
    is_prime = np.ones(int(n * (math.log(n + 2) + math.log(math.log(n + 2) + 1))) + 15, dtype=np.bool_)
    is_prime[:2] = False
    for each in range(2, math.isqrt(is_prime.size) + 1):
        if is_prime[each]:
            is_prime[each * each :: each] = False
    return np.flatnonzero(is_prime)[:n]


def _in_classes(largest: FloatArray, rank: int) -> _Largest:
    """Class means keep what is integrated over them right to second order of the width."""
    low, high = float(largest.min()), float(largest.max())
    width = (high - low) / CLASSES or 1.0
    of = np.minimum(((largest - low) / width).astype(np.int64), CLASSES - 1)
    count = np.bincount(of, minlength=CLASSES)
    filled = count > 0
    total = np.bincount(of, weights=largest, minlength=CLASSES)
    return _Largest(value=total[filled] / count[filled], share=count[filled] / largest.size, rank=rank)
