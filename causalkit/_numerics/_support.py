"""Where the two arms overlap on the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["crump_cut", "minmax_support"]


def minmax_support(score: FloatArray, treated: BoolArray, *, of: tuple[bool, ...]) -> tuple[float, float]:
    """Interval of the score that the given arms have in common.

    Parameters
    ----------
    score : (n,) array
        Propensity score or linear predictor.
    treated : (n,) array of bool
        Treatment indicator.
    of : tuple of bool
        The arms whose ranges are intersected: ``(True,)`` the treated, ``(False,)`` the controls, both for both.

    Returns
    -------
    float, float
        The largest of the minima and the smallest of the maxima; an empty interval has low above high.
    """
    arms = [score[treated == arm] for arm in of]
    return max(float(arm.min()) for arm in arms), min(float(arm.max()) for arm in arms)


def crump_cut(probability: FloatArray, complement: FloatArray, base: FloatArray) -> float:
    """The cut ``a`` for which dropping scores outside [a, 1 - a] gives the least asymptotic variance.

    Parameters
    ----------
    probability, complement : (n,) array
        Propensity score and one minus it.
    base : (n,) array
        Sampling weights.

    Returns
    -------
    float
        Between 0 (nothing is dropped) and 1/2.

    References
    ----------
    Crump, R., Hotz, J., Imbens, G. and Mitnik, O. (2009). Dealing with limited overlap in estimation of
    average treatment effects. Biometrika 96(1), 187-199, equation 8.
    """
    inverse = 1.0 / (probability * complement)
    order = np.argsort(inverse)
    ordered, w = inverse[order], base[order]
    bound = 2 * np.cumsum(w * ordered) / np.cumsum(w)
    if ordered[-1] <= bound[-1]:
        return 0.0
    gamma = bound[np.flatnonzero(ordered <= bound)[-1]]
    # 1/2 - root(1/4 - 1/gamma), written without the cancellation at large gamma.
    return float((1 / gamma) / (0.5 + np.sqrt(0.25 - 1 / gamma)))
