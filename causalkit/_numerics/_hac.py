"""Covariances for rows in order of time: heteroskedasticity and autocorrelation consistent (HAC).

For a panel, sum the scores by period first (`cluster_sums`) and hand the sums to `meat_hac`: that is the
covariance of Driscoll and Kraay.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.linalg import matmul_toeplitz

from causalkit._numerics._sandwich import Covariance, sandwich

if TYPE_CHECKING:
    from causalkit._numerics._linear import LinearFit
    from causalkit._typing import FloatArray

__all__ = ["Kernel", "hac", "kernel_weights", "meat_hac", "newey_west_bandwidth"]

Kernel = Literal["bartlett", "parzen", "quadratic spectral"]


def hac(
    fit: LinearFit,
    *,
    kernel: Kernel = "bartlett",
    bandwidth: float | None = None,
    debiased: bool = True,
) -> Covariance:
    """Covariance for rows in order of time with errors correlated across nearby rows.

    Parameters
    ----------
    fit : LinearFit
        With one outcome; rows in order of time, one per period.
    kernel : {"bartlett", "parzen", "quadratic spectral"}
        Bartlett is Newey and West's.
    bandwidth : float, optional
        The weight at lag ``l`` is the kernel at ``l / bandwidth``: Bartlett and Parzen with ``L`` lags have
        bandwidth ``L + 1``. Newey and West's automatic choice when not given.
    debiased : bool
        Whether to multiply by ``n / (n - k)`` (Stata's newey, statsmodels with ``use_correction=True``).

    Returns
    -------
    Covariance
        With the residual degrees of freedom.

    References
    ----------
    Newey, W. K. and West, K. D. (1987). Econometrica 55(3), 703-708. Andrews, D. W. K. (1991).
    Econometrica 59(3), 817-858.
    """
    if bandwidth is None:
        bandwidth = _automatic_bandwidth(fit, kernel)
    factor = 1.0
    if debiased:
        factor = fit.n / fit.df_resid if fit.df_resid > 0 else math.nan
    meat = meat_hac(fit.scores(), kernel=kernel, bandwidth=bandwidth)
    return Covariance(matrix=factor * sandwich(fit, meat), df=fit.df_resid)


def meat_hac(scores: FloatArray, *, kernel: Kernel, bandwidth: float) -> FloatArray:
    """Kernel-weighted sum of the autocovariances of scores.

    Parameters
    ----------
    scores : (n, p) array
        Scores or influence functions in order of time.
    kernel : {"bartlett", "parzen", "quadratic spectral"}
        Kernel.
    bandwidth : float
        The weight at lag ``l`` is the kernel at ``l / bandwidth``.

    Returns
    -------
    (p, p) array
        Positive semi-definite for these kernels.
    """
    n = scores.shape[0]
    weights = kernel_weights(kernel, np.arange(n) / bandwidth)
    lags = int(np.flatnonzero(weights)[-1])
    if lags > 64 + math.log2(n):
        # The sum over all lags is a quadratic form in a Toeplitz matrix: fast Fourier transforms beat a loop.
        meat: FloatArray = scores.T @ matmul_toeplitz(weights, scores)
        return (meat + meat.T) / 2.0
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        if weights[lag] != 0.0:
            step = scores[lag:].T @ scores[:-lag]
            meat += weights[lag] * (step + step.T)
    return meat


def kernel_weights(kernel: Kernel, distance: FloatArray) -> FloatArray:
    """Kernel at lags measured in bandwidths, one at zero.

    Examples
    --------
    >>> import numpy as np
    >>> kernel_weights("bartlett", np.arange(4) / 3)
    array([1.        , 0.66666667, 0.33333333, 0.        ])
    """
    if kernel == "bartlett":
        return np.maximum(1.0 - distance, 0.0)
    if kernel == "parzen":
        near = 1.0 - 6.0 * distance**2 * (1.0 - distance)
        return np.where(distance <= 0.5, near, 2.0 * np.maximum(1.0 - distance, 0.0) ** 3)
    angle = 1.2 * math.pi * distance
    # Below 1e-2 the closed form loses digits to cancellation and the series has more than it needs.
    small = angle < 1e-2
    safe = np.where(small, 1.0, angle)
    closed = 3.0 / safe**2 * (np.sin(safe) / safe - np.cos(safe))
    return np.where(small, 1.0 - angle**2 / 10.0 + angle**4 / 280.0, closed)


def newey_west_bandwidth(series: FloatArray, *, kernel: Kernel) -> float:
    """Bandwidth that Newey and West choose for the long-run variance of a series.

    Without prewhitening; the pilot estimates use the integer part of their ``4 (n / 100)^a`` lags, as R
    sandwich does (linearmodels rounds up).

    Parameters
    ----------
    series : (n,) array
        A combination of scores with mean zero.
    kernel : {"bartlett", "parzen", "quadratic spectral"}
        Kernel.

    Returns
    -------
    float
        At least zero; NaN if the pilot long-run variance is zero. R's ``NeweyWest`` uses its integer part as
        the number of Bartlett lags.

    References
    ----------
    Newey, W. K. and West, K. D. (1994). Review of Economic Studies 61(4), 631-653, tables I and II.
    """
    exponent, order, constant = {
        "bartlett": (2 / 9, 1, 1.1447),
        "parzen": (4 / 25, 2, 2.6614),
        "quadratic spectral": (2 / 25, 2, 1.3221),
    }[kernel]
    n = series.size
    pilot = min(int(4 * (n / 100) ** exponent), n - 1)
    lags = np.arange(1, pilot + 1)
    autocovariance = np.array([series[lag:] @ series[:-lag] for lag in lags])
    level = series @ series + 2.0 * autocovariance.sum()
    slope = 2.0 * (lags**order @ autocovariance)
    if level == 0.0:
        return math.nan
    return float(constant * ((slope / level) ** 2 * n) ** (1 / (2 * order + 1)))


def _automatic_bandwidth(fit: LinearFit, kernel: Kernel) -> float:
    """Newey and West's bandwidth for the sum of the scores of the standardised columns.

    Standardising makes the choice independent of the units and offsets of the columns.
    """
    design = fit.design
    first = int(design.intercept)
    # The root of the cross-product of the columns; its column norms are their standard deviations.
    root = np.linalg.inv(design.inverse_root)
    weights = root / np.linalg.norm(root, axis=0)
    series = fit.scores()[:, first:] @ weights.sum(axis=1)
    chosen = newey_west_bandwidth(series, kernel=kernel)
    if not math.isfinite(chosen):
        return 1.0
    return math.floor(chosen) + 1.0 if kernel == "bartlett" else max(chosen, 1.0)
