"""Wild cluster bootstrap of one linear combination of least-squares coefficients, from cluster sums alone.

A draw multiplies the residuals of each cluster by one number. Its coefficient and its cluster-robust
variance depend on the rows only through the sums of scores and of ``q q'c`` within clusters, so a draw
costs clusters times coefficients, not rows; and with the null imposed both are polynomials in the null, so
that one set of draws answers every null and gives the interval by inversion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._clusters import (
    SmallSample,
    cluster_factor,
    count_clusters,
    score_sums,
    sum_blocks,
)
from causalkit._numerics._resampling import Multiplier, multiplier_blocks, sign_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._numerics._linear import LinearFit
    from causalkit._typing import FloatArray, IntArray

__all__ = ["WildCluster", "wild_cluster"]

# Statistics within this relative distance are ties: the draw of all ones repeats the sample.
TIE = 1e-9
# Nulls farther than so many standard errors from the estimate are beyond the arithmetic.
FARTHEST = 2.0**30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WildCluster:
    """Draws of a wild cluster bootstrap, kept as polynomials in the null.

    Attributes
    ----------
    estimate, std_error : float
        The combination of coefficients and its CR1 standard error.
    restricted : bool
        Whether the null is imposed on the draws (WCR) or not (WCU).
    enumerated : bool
        Whether the draws are all sign vectors, which makes the test free of simulation error.
    per_effect : float
        Shift of the restricted coordinates per unit of ``estimate - null``.
    numerator : (2, n_draws) array
        Constant and slope of the drawn estimate minus its centre.
    variance : (3, n_draws) array
        Constant, linear and quadratic coefficient of the drawn variance.
    """

    estimate: float
    std_error: float
    restricted: bool
    enumerated: bool
    per_effect: float
    numerator: FloatArray
    variance: FloatArray

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return int(self.numerator.shape[1])

    def statistics(self, null: float = 0.0) -> FloatArray:
        """Drawn t statistics under a null: (n_draws,), infinite where the drawn variance is zero."""
        top, square = self._draws(null)
        root = np.sqrt(square)
        sign = np.where(top == 0.0, 0.0, np.copysign(np.inf, top))
        return np.divide(top, root, out=sign, where=root > 0)

    def p_value(self, null: float = 0.0) -> float:
        """Share of draws whose absolute t statistic is at least that of the sample.

        Parameters
        ----------
        null : float
            Value of the combination under the null.

        Returns
        -------
        float
            Symmetric p-value.
        """
        top, square = self._draws(null)
        gap = self.estimate - null
        return float(np.mean(top**2 * self.std_error**2 >= (1.0 - TIE) * gap**2 * square))

    def conf_int(self, level: float = 0.95) -> tuple[float, float]:
        """Nulls around the estimate that the test at ``1 - level`` does not reject.

        Parameters
        ----------
        level : float
            Coverage, in (0, 1).

        Returns
        -------
        low, high : float
            Infinite where no null is far enough to be rejected, as with very few clusters.
        """
        return self._end(-1.0, level), self._end(1.0, level)

    def _end(self, side: float, level: float) -> float:
        """Find the boundary of acceptance on one side of the estimate by doubling, then bisection."""
        if self.std_error == 0.0:
            return self.estimate
        if self._p_value_far_away() > 1.0 - level:
            return side * math.inf
        inside, outside = 0.0, 1.0
        while self.p_value(self.estimate + side * outside * self.std_error) > 1.0 - level:
            inside, outside = outside, 2.0 * outside
            if outside > FARTHEST:
                return side * math.inf
        while outside - inside > 1e-10 * outside:
            middle = (inside + outside) / 2.0
            if self.p_value(self.estimate + side * middle * self.std_error) > 1.0 - level:
                inside = middle
            else:
                outside = middle
        return self.estimate + side * outside * self.std_error

    def _p_value_far_away(self) -> float:
        """Limit of the p-value as the null moves away from the estimate without bound."""
        if not self.restricted:
            return float(np.mean(self.variance[0] == 0.0))
        # The statistic of the sample grows with the distance, a draw's does not, unless its variance vanishes.
        return float(np.mean(self.numerator[1] ** 2 >= FARTHEST**2 * self.variance[2]))

    def _draws(self, null: float) -> tuple[FloatArray, FloatArray]:
        """Drawn estimates minus their centre, and their variances, under a null."""
        shift = (self.estimate - null) * self.per_effect if self.restricted else 0.0
        top = self.numerator[0] + shift * self.numerator[1]
        square = self.variance[0] + shift * self.variance[1] + shift**2 * self.variance[2]
        return top, np.maximum(square, 0.0)


def wild_cluster(
    fit: LinearFit,
    codes: IntArray,
    contrast: FloatArray,
    *,
    n_draws: int,
    rng: np.random.Generator,
    restricted: bool = True,
    multiplier: Multiplier = "rademacher",
    small_sample: SmallSample = "full",
    n_parameters: int | None = None,
    progress: bool = False,
) -> WildCluster:
    """Draw the wild cluster bootstrap of ``contrast @ coefficients``.

    Parameters
    ----------
    fit : LinearFit
        With one outcome. Effects absorbed before the fit must be nested in the clusters.
    codes : (n,) array of int
        Cluster of each row, from 0, each present.
    contrast : (p,) array
        Combination of the coefficients.
    n_draws : int
        Number of draws; all sign vectors are taken instead when there are no more than that many and the
        multipliers are Rademacher.
    rng : numpy.random.Generator
        Source of the multipliers.
    restricted : bool
        Whether to impose the null on the residuals (WCR, the better one with few clusters).
    multiplier : {"rademacher", "mammen", "webb", "gaussian"}
        Distribution of the multipliers; Webb's for fewer than about ten clusters.
    small_sample : {"none", "clusters", "parameters", "full"}
        Factor of the variance, which cancels from p-values and intervals.
    n_parameters : int, optional
        Parameters to count in that factor.
    progress : bool
        Whether to show a progress bar past a few seconds.

    Returns
    -------
    WildCluster
        P-values for any null, and the interval by inversion.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Review of Economics and Statistics 90(3),
    414-427. Roodman, D., MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2019). Stata Journal 19(1),
    4-60, section 5.
    """
    n_clusters = count_clusters(codes, fit.design.weights)
    size = int(codes.max()) + 1
    direction = fit.design.to_coefficients.T @ contrast
    scores = score_sums(fit, codes, size)
    gram = _gram_times(fit, codes, size, direction)
    along_scores, along_gram = scores @ direction, gram @ direction
    factor = cluster_factor(
        small_sample,
        n=fit.n,
        n_parameters=fit.rank if n_parameters is None else n_parameters,
        n_clusters=n_clusters,
    )
    enumerated = multiplier == "rademacher" and size < 60 and 2**size <= n_draws
    total = 2**size if enumerated else n_draws
    blocks = (
        sign_vectors(size, progress=progress)
        if enumerated
        else multiplier_blocks(size, n_draws=n_draws, rng=rng, multiplier=multiplier, progress=progress)
    )
    numerator, variance = np.empty((2, total)), np.empty((3, total))
    for rows, v in blocks:
        # Scores of a drawn sample along the contrast, by cluster: constant and slope in the shift.
        constant = v * along_scores - (v @ scores) @ gram.T
        slope = v * along_gram - (v @ gram) @ gram.T
        numerator[:, rows] = v @ along_scores, v @ along_gram
        variance[0, rows] = factor * np.einsum("bg,bg->b", constant, constant)
        variance[1, rows] = 2.0 * factor * np.einsum("bg,bg->b", constant, slope)
        variance[2, rows] = factor * np.einsum("bg,bg->b", slope, slope)
    squared_length = float(direction @ direction)
    return WildCluster(
        estimate=float(contrast @ fit.coefficients),
        std_error=math.sqrt(factor * float(along_scores @ along_scores)),
        restricted=restricted,
        enumerated=enumerated,
        per_effect=1.0 / squared_length if squared_length > 0 else math.nan,
        numerator=numerator,
        variance=variance,
    )


def _gram_times(fit: LinearFit, codes: IntArray, n_clusters: int, direction: FloatArray) -> FloatArray:
    """Cross-product of the basis within each cluster times a direction: (n_clusters, rank)."""
    weights = fit.design.weights

    def blocks() -> Iterator[tuple[slice, FloatArray]]:
        for rows, q in fit.design.basis_blocks():
            along = q @ direction if weights is None else weights[rows] * (q @ direction)
            yield rows, q * along[:, None]

    return sum_blocks(blocks(), codes, n_clusters=n_clusters, columns=fit.rank)
