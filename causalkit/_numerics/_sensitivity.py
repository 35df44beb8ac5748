"""How strong an unmeasured confounder would have to be: the E-value and the robustness value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._tails import critical_value

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

__all__ = ["e_value", "partial_r2", "risk_ratio_of_difference", "robustness_value"]


def e_value(risk_ratio: FloatArray | float) -> FloatArray:
    """E-value of a risk ratio: how strongly a confounder must be tied to treatment and to outcome to explain it away.

    Parameters
    ----------
    risk_ratio : array
        Risk ratios; one below 1 is inverted first.

    Returns
    -------
    array
        Smallest risk ratio that the confounder must have with both; 1 at a risk ratio of 1.

    References
    ----------
    VanderWeele, T. J. and Ding, P. (2017). Annals of Internal Medicine 167(4), 268-274, eq. 1.

    Examples
    --------
    >>> float(e_value(2.0).round(6)), float(e_value(0.5).round(6))
    (3.414214, 3.414214)
    """
    ratio = np.asarray(risk_ratio, dtype=np.float64)
    above = np.maximum(ratio, 1.0 / ratio)
    return np.asarray(above + np.sqrt(above * (above - 1.0)))


def risk_ratio_of_difference(standardized: FloatArray | float) -> FloatArray:
    """Risk ratio that stands for a standardized mean difference: ``exp(0.91 d)``.

    Parameters
    ----------
    standardized : array
        Differences of means in standard deviations of the outcome.

    Returns
    -------
    array
        Approximate risk ratios of a dichotomised outcome (Chinn 2000; VanderWeele and Ding 2017, table 2).

    Examples
    --------
    >>> float(risk_ratio_of_difference(0.0))
    1.0
    """
    return np.asarray(np.exp(0.91 * np.asarray(standardized, dtype=np.float64)))


def partial_r2(statistic: float, df: float) -> float:
    """Share of the residual variance of the outcome that the treatment explains.

    Parameters
    ----------
    statistic : float
        t statistic of the treatment in a linear regression.
    df : float
        Residual degrees of freedom.

    Returns
    -------
    float
        ``t² / (t² + df)``, in [0, 1].

    Examples
    --------
    >>> partial_r2(2.0, 96.0)
    0.04
    """
    return statistic**2 / (statistic**2 + df)


def robustness_value(statistic: float, df: float, *, q: float = 1.0, alpha: float = 1.0) -> float:
    """Smallest partial R² with both treatment and outcome at which a confounder overturns a regression estimate.

    Parameters
    ----------
    statistic : float
        t statistic of the treatment in a linear regression.
    df : float
        Residual degrees of freedom.
    q : float
        Share of the estimate to be explained away; 1 brings it to zero.
    alpha : float
        Significance level at which the reduced estimate must stay short; 1 means the estimate itself.

    Returns
    -------
    float
        In [0, 1]: 0 if nothing has to be explained away.

    Notes
    -----
    With ``f = q |t| / sqrt(df)`` less ``t*(alpha, df - 1) / sqrt(df - 1)`` it is ``(sqrt(f⁴ + 4 f²) - f²) / 2``, and
    where the constraint that the confounder keeps the degrees of freedom does not bind (``q |t| / sqrt(df)`` times
    the second term above 1) ``(F² - c²) / (1 + F²)`` of the two terms.

    References
    ----------
    Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity. JRSS B 82(1), 39-67, section 4.1.

    Examples
    --------
    >>> round(robustness_value(4.18444, 783), 4), round(robustness_value(4.18444, 783, alpha=0.05), 4)
    (0.1388, 0.0763)
    """
    observed = q * abs(statistic) / math.sqrt(df)
    needed = float(critical_value(1.0 - alpha, df - 1.0)) / math.sqrt(df - 1.0) if alpha < 1.0 else 0.0
    excess = observed - needed
    if excess <= 0.0:
        return 0.0
    if observed * needed > 1.0:
        return (observed**2 - needed**2) / (1.0 + observed**2)
    # The larger root in a form without cancellation: (sqrt(f⁴ + 4f²) - f²) / 2 = 2f² / (sqrt(f⁴ + 4f²) + f²).
    return 2.0 * excess / (math.hypot(excess, 2.0) + excess)
