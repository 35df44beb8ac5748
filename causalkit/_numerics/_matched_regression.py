"""Regression on a matched or weighted sample: the effect as one coefficient, for any covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._linear import least_squares

if TYPE_CHECKING:
    from causalkit._numerics._linear import LinearFit
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["Adjustment", "BlockEffects", "MatchedRegression", "block_effects", "matched_regression"]

Adjustment = Literal["separate", "common"]


@dataclass(frozen=True, slots=True, eq=False)
class MatchedRegression:
    """A weighted regression whose second coefficient is the effect.

    Attributes
    ----------
    fit : LinearFit
        The regression on the rows of positive weight; the constant is the mean without treatment.
    rows : (m,) array of int
        Those rows.
    composition : float
        Variance that comes from whose covariates the effect is averaged over, to be added.
    """

    fit: LinearFit
    rows: IntArray
    composition: float

    @property
    def estimate(self) -> float:
        """The effect."""
        return float(self.fit.coefficients[1])

    @property
    def mean_control(self) -> float:
        """Mean outcome of the target population without treatment."""
        return float(self.fit.coefficients[0])


def matched_regression(
    y: FloatArray,
    treated: BoolArray,
    weights: FloatArray,
    x: FloatArray | None,
    population: FloatArray,
    *,
    adjustment: Adjustment = "separate",
) -> MatchedRegression:
    """Regress the outcome on treatment in the matched sample, with or without covariates.

    Parameters
    ----------
    y : (n,) array
        Outcome.
    treated : (n,) array of bool
        Treatment indicator.
    weights : (n,) array
        Matching weights; scaled to a mean of one in each arm, as R's MatchIt hands them out.
    x : (n, k) array or None
        Covariates to adjust for.
    population : (n,) array
        How much each row counts in the population that is averaged over.
    adjustment : {"separate", "common"}
        One set of slopes per arm, the effect averaged over the population's covariates (g-computation); or the
        same slopes in both.

    Returns
    -------
    MatchedRegression

    References
    ----------
    Ho, D., Imai, K., King, G. and Stuart, E. (2007). Matching as nonparametric preprocessing for reducing model
    dependence in parametric causal inference. Political Analysis 15(3), 199-236.
    """
    rows = np.flatnonzero(weights > 0)
    t = treated[rows]
    w = weights[rows].copy()
    for arm in (t, ~t):
        w[arm] /= w[arm].mean()
    columns = [t.astype(np.float64)[:, None]]
    if x is not None:
        # About the population's mean, found from deviations, so that a large offset costs no digits.
        start = x[rows[0]]
        z = x[rows] - start - (population @ (x - start)) / population.sum()
        columns += [z] if adjustment == "common" else [z, t[:, None] * z]
    fit = least_squares(np.hstack(columns), y[rows], weights=w)
    composition = 0.0
    if x is not None and adjustment == "separate":
        slope = fit.coefficients[2 + x.shape[1] :]
        share = population / population.sum()
        composition = float(np.sum((share * ((x - start) @ slope - share @ ((x - start) @ slope))) ** 2))
    return MatchedRegression(fit, rows, composition)


@dataclass(frozen=True, slots=True, eq=False)
class BlockEffects:
    """Differences of means inside blocks.

    Attributes
    ----------
    estimates, variances, share : (b,) arrays
        Difference, its variance given the block, and the block's share of the target population.
    """

    estimates: FloatArray
    variances: FloatArray
    share: FloatArray

    @property
    def variance(self) -> float:
        """Variance of the average over blocks, given the blocks."""
        return float(np.sum(self.share**2 * self.variances))


def block_effects(
    y: FloatArray, treated: BoolArray, base: FloatArray, weights: FloatArray, blocks: IntArray
) -> BlockEffects:
    """Compare the arms inside each block.

    Where an arm of a block has a single unit, its variance is taken from the other blocks of that arm, pooled.

    Parameters
    ----------
    y : (n,) array
        Outcome.
    treated : (n,) array of bool
        Treatment indicator.
    base, weights : (n,) arrays
        Sampling weights, and weights after blocking; the latter give the blocks' shares of the target population.
    blocks : (n,) array of int
        Codes from zero, every one with both arms; -1 for units in none.

    References
    ----------
    Imbens, G. W. and Rubin, D. B. (2015). Causal Inference for Statistics, Social, and Biomedical Sciences, section
    17.8.
    """
    rows = np.flatnonzero(blocks >= 0)
    code, n_blocks = blocks[rows], int(blocks.max()) + 1
    z = y[rows] - y[rows].mean()
    means, variances = np.zeros((2, n_blocks)), np.zeros((2, n_blocks))
    for arm in (0, 1):
        w = base[rows] * (treated[rows] == bool(arm))
        size = np.bincount(code, weights=w, minlength=n_blocks)
        means[arm] = np.bincount(code, weights=w * z, minlength=n_blocks) / size
        count = np.bincount(code, weights=w > 0, minlength=n_blocks)
        squares = np.bincount(code, weights=(w * (z - means[arm][code])) ** 2, minlength=n_blocks)
        several = count > 1
        factor = np.where(several, count / np.where(several, count - 1, 1), 1.0)
        variances[arm] = squares * factor / size**2
        unit = (
            float((squares * factor)[several].sum() / np.bincount(code, weights=w**2)[several].sum())
            if several.any()
            else np.nan
        )
        variances[arm][~several] = unit
    target = np.bincount(code, weights=weights[rows] * treated[rows], minlength=n_blocks)
    return BlockEffects(means[1] - means[0], variances.sum(axis=0), target / target.sum())
