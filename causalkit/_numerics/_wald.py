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
    from causalkit._typing import FloatArray

__all__ = ["Wald", "max_t_p_values", "sup_t_critical", "wald_test"]

# Eigenvalues of the correlation matrix below this part of the largest count as zero.
RANK_TOLERANCE = 1e-10
# Directions of the integration over the sphere, and the fixed scrambling of their Sobol sequence.
DIRECTIONS = 1 << 16
SOBOL_SEED = 2


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
    largest, rank = _largest_on_sphere(corr)
    excess = [_exceedance(largest, rank, bound, df) - (1.0 - level) for bound in (low, high)]
    if excess[0] <= 0 or excess[1] >= 0:
        return low if excess[0] <= 0 else high
    root = optimize.brentq(lambda c: _exceedance(largest, rank, c, df) - (1.0 - level), low, high, xtol=1e-6)
    return float(root)


def max_t_p_values(statistics: FloatArray, corr: FloatArray, *, df: float = math.inf) -> FloatArray:
    """Single-step adjusted p-values: the probability that the largest absolute t exceeds each one.

    Parameters
    ----------
    statistics : (k,) array
        Estimates over standard errors.
    corr : (k, k) array
        Their correlation matrix; may be singular.
    df : float
        Degrees of freedom of the common variance; infinite means normal.

    Returns
    -------
    (k,) array
        Never below the unadjusted p-value nor above Bonferroni's.

    References
    ----------
    Hothorn, T., Bretz, F. and Westfall, P. (2008). Biometrical Journal 50(3), 346-363.
    """
    largest, rank = _largest_on_sphere(corr)
    single = two_sided_p(statistics, df)
    adjusted = np.array([_exceedance(largest, rank, abs(float(t)), df) for t in statistics])
    bounded: FloatArray = np.clip(adjusted, single, np.minimum(single * statistics.size, 1.0))
    return bounded


def _exceedance(largest: FloatArray, rank: int, bound: float, df: float) -> float:
    """Probability that the largest of several absolute t variables exceeds ``bound``.

    A normal vector is a chi distance times a direction on the sphere: the distance is integrated exactly, the
    direction over a fixed set of points (Deak 1980, Numerische Mathematik 35, 369-380).
    """
    distance = np.square(bound / largest)
    if math.isinf(df):
        return float(special.chdtrc(rank, distance).mean())
    return float(special.fdtrc(rank, df, distance / rank).mean())


def _largest_on_sphere(corr: FloatArray) -> tuple[FloatArray, int]:
    """Largest absolute coordinate of ``root @ u`` for directions ``u`` of the sphere, and the rank."""
    from scipy.stats import qmc  # half a second to import, and only needed here

    values, vectors = np.linalg.eigh(corr)
    kept = np.flatnonzero(values > RANK_TOLERANCE * values[-1])[::-1]
    root = vectors[:, kept] * np.sqrt(values[kept])
    uniform = qmc.Sobol(kept.size, scramble=True, rng=SOBOL_SEED).random(DIRECTIONS)
    direction = special.ndtri(np.clip(uniform, 1e-12, 1.0 - 1e-12))
    norm = np.linalg.norm(direction, axis=1)
    return np.abs(direction @ root.T).max(axis=1) / norm, int(kept.size)
