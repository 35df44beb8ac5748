"""How outcome, treatment and covariates combine into one column whose jump is the estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._numerics._local_polynomial import Window
    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray

__all__ = ["adjustment", "ratio_contrast", "side_contrast"]


def adjustment(windows: tuple[tuple[Side, Window], ...], order: int, n_treatments: int) -> FloatArray:
    """Coefficients of the covariates, common to the sides given, in a local polynomial fit.

    Parameters
    ----------
    windows : tuple of (Side, Window)
        One side, or both.
    order : int
        Degree of the fit.
    n_treatments : int
        1 where the second column is the treatment.

    Returns
    -------
    (m, 1 + n_treatments) array
        Of each of the m covariates, on outcome and treatment. Covariates that the fit cannot tell apart share
        their coefficient by least norm.

    References
    ----------
    Calonico, S., Cattaneo, M. D., Farrell, M. H. and Titiunik, R. (2019). Review of Economics and
    Statistics 101(3), 442-451, section 2.
    """
    first = 1 + n_treatments
    if not windows or windows[0][0].columns.shape[0] == first:
        return np.zeros((0, first))
    products = np.zeros((windows[0][0].columns.shape[0] - first, windows[0][0].columns.shape[0]))
    for side, window in windows:
        columns = side.columns[:, : len(window)]
        # Kernel weights are per unit of the score: with unequal windows a row of the narrower one counts for more.
        products += window.residual_products(columns, first, order) / window.bandwidth
    own = products[:, first:]
    scale = np.sqrt(np.maximum(np.diag(own), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    solved, *_ = np.linalg.lstsq(own / np.outer(scale, scale), products[:, :first] / scale[:, None], rcond=1e-12)
    return np.asarray(solved / scale[:, None])


def ratio_contrast(jumps: FloatArray, gamma: FloatArray, n_treatments: int) -> FloatArray:
    """Weights of the columns in the linearised estimate.

    Parameters
    ----------
    jumps : (k,) array
        The same coefficient of each column.
    gamma : (m, 1 + n_treatments) array
        From :func:`adjustment`.
    n_treatments : int
        1 where the estimate is a ratio.

    Returns
    -------
    (k,) array
        The derivative of the estimate with respect to the coefficients.
    """
    adjusted = np.concatenate([np.eye(1 + n_treatments), -gamma.T], axis=1)
    if not n_treatments:
        return np.asarray(adjusted[0])
    on_outcome, on_treatment = adjusted @ jumps
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(adjusted[0] / on_treatment - on_outcome / on_treatment**2 * adjusted[1])


def side_contrast(
    side: Side,
    window: Window,
    order: int,
    power: int,
    n_treatments: int,
    *,
    sign: float,
    means: tuple[float, ...],
) -> FloatArray:
    """Weights of the columns from one side alone, as the pilots of the bandwidths use them.

    Parameters
    ----------
    side, window : Side, Window
        The rows and their fit.
    order, power : int
        Degree of the fit, and which coefficient.
    n_treatments : int
        1 where the second column is the treatment.
    sign : float
        Of the coefficient of the distance against that of the score.
    means : tuple of float
        Means taken out of the columns; they count in the level of a ratio.

    Returns
    -------
    (k,) array
        The weights.
    """
    if side.columns.shape[0] == 1:
        return np.ones(1)
    gamma = adjustment(((side, window),), order, n_treatments)
    if not n_treatments:
        return ratio_contrast(np.zeros(side.columns.shape[0]), gamma, 0)
    jumps = sign * window.coefficient(power, order)
    if power == 0 and means:
        jumps += np.asarray(means)
    return ratio_contrast(jumps, gamma, n_treatments)
