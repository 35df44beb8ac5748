"""Kernel matching: every donor in reach counts, the nearer the more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._kernel_sums import GAUSSIAN_REACH, kernel_sums, kernel_values, reach

if TYPE_CHECKING:
    from causalkit._numerics._kernel_sums import MatchingKernel
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["KernelMatch", "cross_validated_bandwidth", "kernel_match", "pair_bandwidth"]

# With so few donors in reach, a focal unit's weights are computed one by one: all of them may lie at the very edge of
# the window, where differences of running sums have no digits left.
FEW = 64


@dataclass(frozen=True, slots=True, eq=False)
class KernelMatch:
    """Weights of kernel matching.

    Attributes
    ----------
    matched : (n,) array of bool
        Focal units with a donor in reach.
    use : (n,) array
        How much each donor is used: its shares in the averages of the focal units, added up.
    """

    matched: BoolArray
    use: FloatArray


def kernel_match(
    score: FloatArray,
    focal: BoolArray,
    donor: BoolArray,
    *,
    bandwidth: float,
    kernel: MatchingKernel,
    group: IntArray | None = None,
    weights: FloatArray | None = None,
) -> KernelMatch:
    """Stand in for each focal unit by a kernel-weighted average of the donors around it.

    Parameters
    ----------
    score : (n,) array
        What is matched on.
    focal, donor : (n,) arrays of bool
        Who is stood in for, and who may be used.
    bandwidth : float
        In units of the score.
    kernel : str
        See `kernel_sums`.
    group : (n,) array of int, optional
        Only donors of the focal unit's own group count.
    weights : (n,) array, optional
        Sampling weights; one by default.

    References
    ----------
    Heckman, J., Ichimura, H. and Todd, P. (1998). Matching as an econometric evaluation estimator. Review of Economic
    Studies 65(2), 261-294.
    """
    base = np.ones(score.size) if weights is None else weights
    matched = np.zeros(score.size, np.bool_)
    use = np.zeros(score.size)
    codes = np.zeros(score.size, np.int64) if group is None else group
    focal_rows, donor_rows = np.flatnonzero(focal), np.flatnonzero(donor)
    focal_rows = focal_rows[np.argsort(codes[focal_rows], kind="stable")]
    donor_rows = donor_rows[np.lexsort((score[donor_rows], codes[donor_rows]))]
    for label in np.intersect1d(codes[focal_rows], codes[donor_rows]).tolist():
        rows = focal_rows[slice(*np.searchsorted(codes[focal_rows], [label, label + 1]))]
        donors = donor_rows[slice(*np.searchsorted(codes[donor_rows], [label, label + 1]))]
        found, share = _match_group(score[rows], base[rows], score[donors], base[donors], bandwidth, kernel)
        matched[rows] = found
        use[donors] = share
    return KernelMatch(matched, use)


def _match_group(
    x: FloatArray,
    x_weight: FloatArray,
    d: FloatArray,
    d_weight: FloatArray,
    bandwidth: float,
    kernel: MatchingKernel,
) -> tuple[BoolArray, FloatArray]:
    """Which places have a donor in reach, and the use of each donor; ``d`` ascending."""
    support = bandwidth * (GAUSSIAN_REACH if kernel == "gaussian" else 1.0)
    start, end = reach(x, d, support)
    matched = np.zeros(x.size, np.bool_)
    few = end - start <= FEW
    some = np.flatnonzero(few)
    size = (end - start)[some]
    place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size - start[some], size)
    near = np.repeat(some, size)
    value = d_weight[place] * kernel_values(x[near] - d[place], bandwidth, kernel)
    total = np.bincount(near, weights=value, minlength=x.size).astype(np.float64)
    matched[some] = total[some] > 0
    ok = matched[near]
    near, place, value = near[ok], place[ok], value[ok]
    use = np.bincount(place, weights=x_weight[near] * value / total[near], minlength=d.size).astype(np.float64)
    many = np.flatnonzero(~few)
    if many.size:
        at = np.sort(x[many])
        order = many[np.argsort(x[many], kind="stable")]
        sums = kernel_sums(at, d, d_weight, bandwidth, kernel)
        matched[order] = sums > 0
        mass = np.divide(x_weight[order], sums, out=np.zeros_like(sums), where=sums > 0)
        low, high = reach(d, at, support)
        spread = kernel_sums(d, at, mass, bandwidth, kernel)
        use += np.where(high > low, d_weight * np.maximum(spread, 0.0), 0.0)
    return matched, use


def pair_bandwidth(distances: FloatArray) -> float:
    """Bandwidth from the distances of one-to-one matching: 1.5 times their 90 % quantile.

    References
    ----------
    Huber, M., Lechner, M. and Wunsch, C. (2013). The performance of estimators based on the propensity score.
    Journal of Econometrics 175(1), 1-21.
    """
    return 1.5 * float(np.quantile(distances, 0.9))


def cross_validated_bandwidth(
    score: FloatArray,
    donor: BoolArray,
    columns: FloatArray,
    candidates: FloatArray,
    *,
    kernel: MatchingKernel,
    weights: FloatArray | None = None,
) -> tuple[float, FloatArray]:
    """Bandwidth at which donors are best predicted by the donors around them.

    Each donor's columns are predicted from the other donors by the kernel regression that matching uses; a donor out of
    everybody's reach is predicted by the overall mean.

    Parameters
    ----------
    score : (n,) array
        What is matched on.
    donor : (n,) array of bool
        Who may be used.
    columns : (n, k) array
        What is predicted; each column counts by its own variance.
    candidates : (b,) array
        Bandwidths to choose from.
    kernel : str
        See `kernel_sums`.
    weights : (n,) array, optional
        Sampling weights; one by default.

    Returns
    -------
    best : float
        The candidate with the smallest criterion; the larger of two equal ones.
    criterion : (b,) array
        Mean squared prediction error, summed over the columns in units of their variance.

    References
    ----------
    Froelich, M. (2004). Finite-sample properties of propensity-score matching and weighting estimators. Review of
    Economics and Statistics 86(1), 77-90.
    """
    rows = np.flatnonzero(donor)
    rows = rows[np.argsort(score[rows], kind="stable")]
    d, w = score[rows], (np.ones(rows.size) if weights is None else weights[rows])
    z = columns[rows] - (w @ columns[rows]) / w.sum()
    scale = np.sqrt((w @ z**2) / w.sum())
    z = z[:, scale > 0] / scale[scale > 0]
    criterion = np.empty(candidates.size)
    for i, bandwidth in enumerate(candidates.tolist()):
        sums = kernel_sums(d, d, w[:, None] * np.column_stack([np.ones(d.size), z]), bandwidth, kernel)
        # Leave one out: every kernel is one at distance zero.
        others = sums[:, 0] - w
        alone = others <= 1e-9 * w
        fitted = np.where(alone[:, None], 0.0, (sums[:, 1:] - w[:, None] * z) / np.where(alone, 1.0, others)[:, None])
        criterion[i] = float(w @ ((z - fitted) ** 2).sum(axis=1)) / float(w.sum())
    return float(candidates[np.flatnonzero(criterion == criterion.min())[-1]]), criterion
