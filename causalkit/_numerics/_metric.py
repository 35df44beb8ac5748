"""Coordinates in which a matching distance is the plain Euclidean one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["Metric", "coordinates", "distinct_points"]

Metric = Literal["mahalanobis", "mahalanobis_full", "robust_mahalanobis", "euclidean", "scaled_euclidean"]


def coordinates(x: FloatArray, treated: BoolArray, metric: Metric, weights: FloatArray | None = None) -> FloatArray:
    """Transform covariates so that the Euclidean distance is the asked-for one.

    Parameters
    ----------
    x : (n, k) array
        Covariates.
    treated : (n,) array of bool
        Treatment indicator.
    metric : str
        ``"mahalanobis"``: covariance pooled within the two groups, divisor n - 2 (Rubin 1980; R's MatchIt).
        ``"mahalanobis_full"``: covariance of the whole sample (R's Matching, Stata's teffects).
        ``"robust_mahalanobis"``: ranks, with the variances of untied ranks (Rosenbaum 2010, section 8.3).
        ``"scaled_euclidean"``: each column over its standard deviation pooled within groups.
        ``"euclidean"``: the columns as they are.
    weights : (n,) array, optional
        Frequency weights; one by default.

    Returns
    -------
    (n, r) array
        Coordinates; equal rows of ``x`` give bit-equal coordinates. Directions without variation are left out.
    """
    w = np.ones(len(x)) if weights is None else weights
    z = np.asarray(x - (w @ x) / w.sum())
    if metric == "euclidean":
        return z
    if metric == "robust_mahalanobis":
        return _whiten(*_ranks(x, w))
    if metric == "mahalanobis_full":
        return _whiten(z, (w[:, None] * z).T @ z / (w.sum() - 1))
    within = np.where(treated[:, None], z - _mean(z, w, treated), z - _mean(z, w, ~treated))
    covariance = (w[:, None] * within).T @ within / (w.sum() - 2)
    if metric == "scaled_euclidean":
        scale = np.sqrt(np.diag(covariance))
        return np.ascontiguousarray((z / np.where(scale > 0, scale, 1.0))[:, scale > 0])
    return _whiten(z, covariance)


def _mean(z: FloatArray, w: FloatArray, arm: BoolArray) -> FloatArray:
    """Weighted column means of one arm."""
    return np.asarray((w[arm] @ z[arm]) / w[arm].sum())


def _ranks(x: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Average ranks, and their covariance rescaled to the variance that ranks have without ties."""
    total = w.sum()
    ranks = np.empty_like(x)
    for column in range(x.shape[1]):
        _, level = np.unique(x[:, column], return_inverse=True)
        size = np.bincount(level, weights=w)
        ranks[:, column] = (np.cumsum(size) - (size - 1) / 2)[level]
    z = ranks - (w @ ranks) / total
    covariance = (w[:, None] * z).T @ z / (total - 1)
    untied = total * (total + 1) / 12
    sd = np.sqrt(np.diag(covariance))
    factor = np.sqrt(untied) / np.where(sd > 0, sd, np.inf)
    return z, covariance * np.outer(factor, factor)


def _whiten(z: FloatArray, covariance: FloatArray) -> FloatArray:
    """Rotate and scale so that the inverse covariance becomes the identity (generalised inverse if singular)."""
    scale = np.sqrt(np.diag(covariance))
    kept = scale > 0
    correlation = covariance[np.ix_(kept, kept)] / np.outer(scale[kept], scale[kept])
    values, vectors = np.linalg.eigh(correlation)
    large = values > 1e-10 * max(values.max(initial=0.0), 1.0)
    loading = vectors[:, large] / np.sqrt(values[large]) / scale[kept, None]
    # Column by column and not as a matrix product: the sums of equal rows then agree to the last bit, so that equal
    # units are at distance zero and tied units are tied.
    out = np.zeros((len(z), int(large.sum())), order="F")
    for source, row in zip(np.flatnonzero(kept), loading, strict=True):
        for target, factor in enumerate(row):
            out[:, target] += z[:, source] * factor
    return np.ascontiguousarray(out)


def distinct_points(points: FloatArray) -> tuple[IntArray, IntArray]:
    """Number the distinct rows.

    Returns
    -------
    code : (n,) array of int
        Number of the distinct point of each row.
    first : (u,) array of int
        The first row of each distinct point.
    """
    n = len(points)
    if not n:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    # Equal rows have equal keys; the order among unequal rows does not matter.
    key = np.zeros(n)
    for j in range(points.shape[1]):
        key += points[:, j] * (0.5 + (0.6180339887498949 * (j + 1)) % 1.0)
    order = np.argsort(key, kind="stable")
    new = np.ones(n, np.bool_)
    new[1:] = key[order[1:]] != key[order[:-1]]
    same = np.flatnonzero(~new)
    new[same] = (points[order[same]] != points[order[same - 1]]).any(axis=1)
    code = np.empty(n, np.int64)
    code[order] = np.cumsum(new) - 1
    return code, order[new]
