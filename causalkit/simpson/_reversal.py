"""Is the crude difference confounded, and does it reverse? Tests on the pair (crude, standardised)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from causalkit.results import Record

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = ["Reversal", "full_reversal_p_value", "reversal"]


@dataclass(frozen=True, slots=True, eq=False)
class Reversal(Record):
    """How sure it is that crude and standardised effect have opposite signs.

    Attributes
    ----------
    p_value : float
        Intersection-union test: the larger of the one-sided p-values of "the crude effect has the sign it shows" and
        "the standardised effect has the other sign". Small means that the reversal is not chance.
    probability : float
        Probability that the two have opposite signs if the pair is normal around the estimates with their joint
        covariance (equivalently, the posterior probability under a flat prior).
    """

    p_value: float
    probability: float


def reversal(crude: float, standardised: float, covariance: FloatArray, *, df: float = np.inf) -> Reversal:
    """Test that the standardised effect has the opposite sign of the crude one.

    Parameters
    ----------
    crude, standardised : float
        The two effects; exactly 0 if zero but for rounding.
    covariance : (2, 2) array
        Their joint covariance.
    df : float
        Degrees of freedom of the p-value; infinite means normal. The probability is normal in any case.

    Returns
    -------
    Reversal
        p-value and probability.

    References
    ----------
    Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24(4), 295-300:
    the intersection-union test has its level without any adjustment.
    """
    z_crude, z_standardised = (
        z_score(crude, float(covariance[0, 0])),
        z_score(standardised, float(covariance[1, 1])),
    )
    scale = np.sqrt(covariance[0, 0] * covariance[1, 1])
    correlation = float(covariance[0, 1] / scale) if scale > 0 else 0.0
    if crude == 0.0:
        p_value = 1.0
    else:
        p_value = max(lower_tail(-abs(z_crude), df), lower_tail(float(np.sign(crude)) * z_standardised, df))
    probability = bivariate_normal_cdf(-z_crude, z_standardised, -correlation) + bivariate_normal_cdf(
        z_crude, -z_standardised, -correlation
    )
    return Reversal(p_value=p_value, probability=float(min(max(probability, 0.0), 1.0)))


def full_reversal_p_value(
    crude: float, crude_variance: float, estimate: FloatArray, variance: FloatArray, *, df: float = np.inf
) -> float:
    """Intersection-union test that *every* stratum has the opposite sign of the crude effect.

    Parameters
    ----------
    crude, crude_variance : float
        The crude effect and its variance.
    estimate, variance : (s,) arrays
        Effects of the comparable strata and their variances.
    df : float
        Degrees of freedom; infinite means normal.

    Returns
    -------
    float
        The largest of all one-sided p-values.
    """
    if crude == 0.0:
        return 1.0
    scores = (z_score(e, v) for e, v in zip(estimate.tolist(), variance.tolist(), strict=True))
    weakest = max(float(np.sign(crude)) * z for z in scores)
    return max(lower_tail(-abs(z_score(crude, crude_variance)), df), lower_tail(weakest, df))


def lower_tail(z: float, df: float) -> float:
    """Probability that a t variable is at most ``z``; normal for infinite ``df``."""
    return float(special.ndtr(z) if np.isinf(df) else special.stdtr(df, z))


def z_score(estimate: float, variance: float) -> float:
    """Estimate over standard error; without variance, zero stays zero and anything else is infinitely far away."""
    if variance > 0:
        return float(estimate / np.sqrt(variance))
    return float(np.sign(estimate) * np.inf) if estimate else 0.0


def bivariate_normal_cdf(h: float, k: float, rho: float) -> float:
    """Probability that standard normal X <= h and Y <= k at correlation ``rho``.

    Parameters
    ----------
    h, k : float
        Limits.
    rho : float
        Correlation.

    Returns
    -------
    float
        The probability, by Owen's T function.

    References
    ----------
    Owen, D. B. (1956). Tables for computing bivariate normal probabilities. Annals of Mathematical Statistics
    27(4), 1075-1090, equation (2.1).
    """
    if np.isinf(h) or np.isinf(k):
        return float(special.ndtr(h) * special.ndtr(k))
    tiny = 1e-300
    h, k = h or tiny, k or tiny
    root = np.sqrt(max(1.0 - rho * rho, 1e-30))
    opposite = 0.5 if (h < 0) != (k < 0) else 0.0
    return float(
        0.5 * (special.ndtr(h) + special.ndtr(k))
        - special.owens_t(h, (k / h - rho) / root)
        - special.owens_t(k, (h / k - rho) / root)
        - opposite
    )
