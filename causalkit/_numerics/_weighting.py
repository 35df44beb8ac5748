"""Weighted contrasts and standard errors that count the estimation of the weights.

Everything here is an M-estimator: an estimate moves by the sum over rows of an influence function, a weight
that depends on estimated coefficients passes on their influence, and the variance is the sum of squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._numerics._standardize import Standardizer
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "Contrast",
    "EstimatedWeights",
    "WeightEquation",
    "horvitz_thompson",
    "influence_std_error",
    "weighted_mean_difference",
]


@dataclass(frozen=True, slots=True, eq=False)
class WeightEquation:
    """One set of estimated coefficients behind weights that are functions of a linear index.

    Attributes
    ----------
    slope : (n,) array
        Derivative of the weight with respect to the row's linear index; zero where it does not depend on it.
    residuals : tuple of (n,) arrays
        The estimating equations: regressors times residual, summed over rows, are zero for each entry.
    breads : tuple of (q, q) arrays
        Per entry, a row moves the coefficients by ``bread @ regressors * residual``.
    """

    slope: FloatArray
    residuals: tuple[FloatArray, ...]
    breads: tuple[FloatArray, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EstimatedWeights:
    """What a standard error must know of how weights were estimated.

    Attributes
    ----------
    x : (n, k) array
        Raw columns behind the linear index.
    basis : Standardizer
        From the columns to the regressors.
    equations : tuple of WeightEquation
        One per set of coefficients.
    """

    x: FloatArray
    basis: Standardizer
    equations: tuple[WeightEquation, ...]

    def correction(self, gradient: FloatArray) -> FloatArray:
        """Influence that reaches an estimate through the estimated weights.

        Parameters
        ----------
        gradient : (n,) array
            Derivative of the estimate with respect to each row's weight.

        Returns
        -------
        (n,) array
            To be added to the estimate's influence function with the weights taken as known.
        """
        z = self.basis.regressors(self.x)
        out = np.zeros(gradient.size)
        for equation in self.equations:
            toward = z @ (equation.slope * gradient)
            for residual, bread in zip(equation.residuals, equation.breads, strict=True):
                out += ((toward @ bread) @ z) * residual
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """A treated-minus-control contrast.

    Attributes
    ----------
    estimate : float
        The contrast.
    mean_treated, mean_control : float
        The two sides.
    influence : (n,) array
        Influence function with the weights taken as known, on the scale whose sum of squares is the variance.
    gradient : (n,) array
        Derivative of the estimate with respect to each weight.
    """

    estimate: float
    mean_treated: float
    mean_control: float
    influence: FloatArray
    gradient: FloatArray


def weighted_mean_difference(y: FloatArray, treated: BoolArray, weights: FloatArray) -> Contrast:
    """Difference of weighted means (Hajek's estimator): weights are normalised within each arm.

    Parameters
    ----------
    y : (n,) array
        Outcome.
    treated : (n,) array of bool
        Treatment indicator.
    weights : (n,) array
        Weights, not negative; both arms have a positive one.

    Returns
    -------
    Contrast
        The sum of squares of its influence is the HC0 variance of the weighted regression on treatment.
    """
    gradient = np.empty(y.size)
    means = []
    for arm, sign in ((treated, 1.0), (~treated, -1.0)):
        total = weights[arm].sum()
        reference = float(y[arm][0])
        mean = reference + float(weights[arm] @ (y[arm] - reference)) / float(total)
        gradient[arm] = sign * (y[arm] - mean) / total
        means.append(mean)
    return Contrast(means[0] - means[1], means[0], means[1], weights * gradient, gradient)


def horvitz_thompson(y: FloatArray, treated: BoolArray, weights: FloatArray, population: FloatArray) -> Contrast:
    """Difference of weighted totals over a given population size (Horvitz and Thompson's estimator).

    Parameters
    ----------
    y : (n,) array
        Outcome. Unlike the Hajek estimate, the result changes when a constant is added to it.
    treated : (n,) array of bool
        Treatment indicator.
    weights : (n,) array
        Inverse-probability weights, not normalised.
    population : (n,) array
        How much each row counts in the target population: one for all (ATE), the treated (ATT) or the
        controls (ATC), times the sampling weight.

    Returns
    -------
    Contrast
        The influence counts the randomness of the population's size.

    References
    ----------
    Horvitz, D. and Thompson, D. (1952). A generalization of sampling without replacement from a finite
    universe. Journal of the American Statistical Association 47(260), 663-685.
    """
    size = float(population.sum())
    gradient = np.where(treated, y, -y) / size
    part = weights * gradient
    estimate = float(part.sum())
    return Contrast(
        estimate=estimate,
        mean_treated=float(part[treated].sum()),
        mean_control=-float(part[~treated].sum()),
        influence=part - population * estimate / size,
        gradient=gradient,
    )


def influence_std_error(influence: FloatArray, clusters: IntArray | None = None) -> float:
    """Root of the sum of squared influences, summed within clusters first.

    Parameters
    ----------
    influence : (n,) array
        Influence function.
    clusters : (n,) array of int, optional
        Codes from zero; without them every row stands for itself.

    Returns
    -------
    float
        Standard error, without a small-sample factor.
    """
    totals = influence if clusters is None else np.bincount(clusters, weights=influence)
    return float(np.sqrt(np.sum(np.square(totals))))
