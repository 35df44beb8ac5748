"""Jump of a local polynomial at the cutoff: conventional, bias-corrected, and its robust variance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._local_polynomial import local_window
from causalkit._numerics._rd_contrast import adjustment, ratio_contrast
from causalkit._numerics._rd_neighbours import neighbour_residuals
from causalkit._numerics._rd_variance import VarianceRule

if TYPE_CHECKING:
    from causalkit._numerics._local_polynomial import Window
    from causalkit._numerics._rd_bandwidth import Bandwidths, BandwidthSettings
    from causalkit._numerics._rd_side import Side
    from causalkit._numerics._rd_variance import VarianceName
    from causalkit._typing import FloatArray

__all__ = ["JumpFit", "Jumps", "estimate_jump", "variance_rules"]


@dataclass(frozen=True, slots=True, eq=False)
class Jumps:
    """A jump with its bias correction and the covariances of both forms.

    Attributes
    ----------
    conventional, corrected : (c,) array
        Jump of outcome and, with imperfect take-up, of treatment.
    cov_conventional, cov_robust : (c, c) array
        Their covariances; the second allows for the estimation of the bias.
    """

    conventional: FloatArray
    corrected: FloatArray
    cov_conventional: FloatArray
    cov_robust: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class JumpFit:
    """An estimate with everything reported about it.

    Attributes
    ----------
    conventional, corrected : float
        The estimate, and the estimate less its estimated bias.
    se_conventional, se_robust : float
        Standard errors; the second allows for the estimation of the bias.
    jumps : Jumps
        Jumps of outcome and treatment, adjusted for the covariates, behind a ratio.
    levels : (2, c) array
        The coefficient left and right of the cutoff: of outcome and treatment.
    curves : (2, order + 1) array
        Coefficients of the conventional fit of the outcome, by side, in powers of the distance.
    gamma : (m, c) array
        Coefficients of the covariates.
    n_h, n_b : tuple of int
        Rows in the windows of estimate and bias.
    distinct_h : tuple of int
        Distinct scores in the window of the estimate.
    robust_shares : tuple of float
        What either side adds to the squared robust error.
    """

    conventional: float
    corrected: float
    se_conventional: float
    se_robust: float
    jumps: Jumps
    levels: FloatArray
    curves: FloatArray
    gamma: FloatArray
    n_h: tuple[int, int]
    n_b: tuple[int, int]
    distinct_h: tuple[int, int]
    robust_shares: tuple[float, float]


def variance_rules(sides: tuple[Side, Side], kind: VarianceName, matches: int) -> tuple[VarianceRule, VarianceRule]:
    """How variances are estimated on each side; neighbours are found once for all windows."""
    left, right = (
        VarianceRule(kind, side, neighbour_residuals(side, matches) if kind == "nn" else None) for side in sides
    )
    return left, right


def estimate_jump(
    sides: tuple[Side, Side],
    rules: tuple[VarianceRule, VarianceRule],
    settings: BandwidthSettings,
    bandwidths: Bandwidths,
) -> JumpFit:
    """Jump of a derivative at the cutoff, right less left; or the ratio of two jumps.

    Parameters
    ----------
    sides, rules : pair
        The rows below and above the cutoff, and how variances are estimated.
    settings : BandwidthSettings
        Orders, derivative, kernel.
    bandwidths : Bandwidths
        Windows of the estimate and of its bias.

    Returns
    -------
    JumpFit
        Conventional, bias-corrected and robust.

    References
    ----------
    Calonico, S., Cattaneo, M. D. and Titiunik, R. (2014). Econometrica 82(6), 2295-2326, theorem 1.
    """
    p, nu, treatments = settings.order, settings.derivative, settings.n_treatments
    fits = [
        _SideFit.of(side, rule, settings, bandwidths.h[s], bandwidths.b[s], s)
        for s, (side, rule) in enumerate(zip(sides, rules, strict=True))
    ]
    gamma = adjustment(tuple((fit.side, fit.window) for fit in fits), p, treatments)
    signs = (-1.0, 1.0)
    plain = sum((sign * fit.conventional for sign, fit in zip(signs, fits, strict=True)), np.zeros(1))
    corrected = sum((sign * fit.corrected for sign, fit in zip(signs, fits, strict=True)), np.zeros(1))
    adjusted = np.concatenate([np.eye(1 + treatments), -gamma.T], axis=1)
    contrast = ratio_contrast(plain, gamma, treatments)
    jumps = Jumps(
        conventional=adjusted @ plain,
        corrected=adjusted @ corrected,
        cov_conventional=_covariance(fits, adjusted, robust=False),
        cov_robust=_covariance(fits, adjusted, robust=True),
    )
    conventional = _ratio(jumps.conventional)
    # The bias of a ratio is linearised at the conventional estimate, as its variance is.
    bias = float(contrast @ (plain - corrected))
    plain_variance = sum(fit.variance(contrast, robust=False) for fit in fits)
    robust = [fit.variance(contrast, robust=True) for fit in fits]
    factor = float(math.factorial(nu))
    unit = 1.0 if treatments else factor
    return JumpFit(
        conventional=conventional * unit,
        corrected=(conventional - bias) * unit,
        se_conventional=math.sqrt(plain_variance) * unit,
        se_robust=math.sqrt(sum(robust)) * unit,
        jumps=Jumps(
            factor * jumps.conventional,
            factor * jumps.corrected,
            factor**2 * jumps.cov_conventional,
            factor**2 * jumps.cov_robust,
        ),
        levels=factor * np.stack([adjusted @ fit.conventional for fit in fits]),
        curves=np.stack([fit.curve() for fit in fits]),
        gamma=gamma,
        n_h=(len(fits[0].window), len(fits[1].window)),
        n_b=(len(fits[0].bias_window), len(fits[1].bias_window)),
        distinct_h=(fits[0].distinct, fits[1].distinct),
        robust_shares=(robust[0] * unit**2, robust[1] * unit**2),
    )


def _ratio(jumps: FloatArray) -> float:
    if jumps.size == 1:
        return float(jumps[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(jumps[0] / jumps[1])


def _covariance(fits: list[_SideFit], adjusted: FloatArray, *, robust: bool) -> FloatArray:
    """Covariance of the adjusted jumps, by polarisation of the variance."""

    def variance(contrast: FloatArray) -> float:
        return sum(fit.variance(contrast, robust=robust) for fit in fits)

    own = [variance(row) for row in adjusted]
    if len(own) == 1:
        return np.array([[own[0]]])
    both = (variance(adjusted[0] + adjusted[1]) - own[0] - own[1]) / 2
    return np.array([[own[0], both], [both, own[1]]])


@dataclass(frozen=True, slots=True, eq=False)
class _SideFit:
    """One side: weights of estimate and correction on the rows of the wider window, and their residuals."""

    side: Side
    rule: VarianceRule
    window: Window
    bias_window: Window
    order: int
    bias_order: int
    plain: FloatArray
    robust: FloatArray
    conventional: FloatArray
    corrected: FloatArray
    residuals_plain: FloatArray
    residuals_robust: FloatArray
    distinct: int

    @classmethod
    def of(
        cls, side: Side, rule: VarianceRule, settings: BandwidthSettings, h: float, b: float, number: int
    ) -> _SideFit:
        p, q, nu = settings.order, settings.bias_order, settings.derivative
        window = local_window(side, h, p + 1, settings.kernel)
        bias_window = local_window(side, b, q, settings.kernel)
        n = max(len(window), len(bias_window))
        sign = -1.0 if number == 0 and nu % 2 else 1.0
        constant = h ** (p + 1) * window.spill(nu, p)
        own, of_bias = sign * window.functional(nu, p), sign * constant * bias_window.functional(p + 1, q)
        plain, robust = np.zeros(n), np.zeros(n)
        plain[: own.size] = robust[: own.size] = own
        robust[: of_bias.size] -= of_bias
        conventional = sign * window.coefficient(nu, p)
        corrected = conventional - sign * constant * bias_window.coefficient(p + 1, q)
        if rule.neighbours is not None:
            residuals = residuals_robust = rule.neighbours.within(n)
        else:
            residuals = rule.residuals(window, p, n)
            residuals_robust = rule.residuals(bias_window, q, n)
        return cls(
            side, rule, window, bias_window, p, q, plain, robust, conventional, corrected,
            residuals, residuals_robust, side.distinct_within(len(window)),
        )  # fmt: skip

    def variance(self, contrast: FloatArray, *, robust: bool) -> float:
        """Variance of this side's share of the estimate."""
        if robust:
            return self.rule.variance(self.robust, self.residuals_robust, contrast, self.bias_window, self.bias_order)
        return self.rule.variance(self.plain, self.residuals_plain, contrast, self.window, self.order)

    def curve(self) -> FloatArray:
        """Coefficients of the outcome's fit in powers of the distance, (order + 1,)."""
        return np.array([self.window.coefficient(k, self.order)[0] for k in range(self.order + 1)])
