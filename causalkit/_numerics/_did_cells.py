"""Panels whose regressors depend on cohort and period alone: what an estimator needs to know of the units.

A unit effect is absorbed by measuring each unit from its own mean over some of its cells. What is left of
the units in the normal equations is one ``T x T`` matrix and one sum of length ``T`` per cohort
(:class:`CellSystem`); what is left in a cluster-robust variance is one vector of scores per unit
(:class:`UnitScores`). Two kinds of panels know both: :class:`UnitPaths` holds the outcome of every unit, with
cells missing, weights and covariates as they come; :class:`CohortPaths` holds count, mean path and scatter of
each cohort, which determine everything on a balanced panel without weights or covariates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from causalkit._numerics._clusters import cluster_sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from causalkit._numerics._did_moments import CohortMoments
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["CellSystem", "CohortPaths", "PanelPaths", "UnitPaths", "UnitScores", "from_masked_mean"]

# Numbers in one block of units: it stays in the cache, and its products are too small for BLAS to split them over
# threads, which costs more than it gains (measured: half the time of 1 << 16).
BLOCK_NUMBERS = 1 << 13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellSystem:
    """Sums by cohort and period after each unit is measured from its mean over the cells of a mask.

    Attributes
    ----------
    mask : (C, T) array of bool
        Cells whose mean is the unit effect.
    laplacian : (C, T, T) array
        Sum over units of ``w_it (1[s = t] - m_s w_is / sum_r m_r w_ir)`` in row ``t`` and column ``s``: what the
        dummies of the periods are after the units are absorbed. Symmetric where the mask has all cells.
    sums : (C, T, 1 + q) array
        Sum over units of ``w_it`` times the demeaned outcome, then the demeaned covariates.
    cross : (C, 1 + q, 1 + q) array
        Cross-products of the demeaned outcome and covariates over the cells of the mask.
    weight : (C, T) array
        Sum of the weights.
    rows : (C, T) array of int
        Observed rows.
    size : (q,) array
        Norms of the covariates before the units are absorbed.
    """

    mask: BoolArray
    laplacian: FloatArray
    sums: FloatArray
    cross: FloatArray
    weight: FloatArray
    rows: IntArray
    size: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitScores:
    """How the contribution of a unit to the error of an estimator follows from its path.

    With ``e_it = y_it - x_it'coefficients - level_ct - a_i``, where ``a_i`` makes the weighted mean over the cells
    of the mask zero, it is the sum over ``t`` of
    ``w_it {(loading_ct + m_ct x_it'slope) e_it - offset_ct}``, times the cohort's ``scale``.

    Attributes
    ----------
    mask : (C, T) array of bool
        Cells whose mean is the unit effect.
    level : (C, T) array
        What the estimator takes the mean of a cell to be, up to the unit effect.
    loading : (C, T, k) array
        Weight of a residual in each of ``k`` estimates.
    coefficients : (q,) array
        Coefficients of the covariates.
    slope : (q, k) array
        Weight of a residual times a covariate.
    offset : (C, T, k) array, optional
        What is subtracted in each cell.
    scale : (C,) array, optional
        Factor of the units of each cohort; one when not given.
    """

    mask: BoolArray
    level: FloatArray
    loading: FloatArray
    coefficients: FloatArray
    slope: FloatArray
    offset: FloatArray | None = None
    scale: FloatArray | None = None

    def among(self, before: int, after: int) -> UnitScores:
        """Return the scores with estimates before and after these that they add nothing to."""
        pad = ((0, 0), (0, 0), (before, after))
        return replace(
            self,
            loading=np.pad(self.loading, pad),
            slope=np.pad(self.slope, pad[1:]),
            offset=None if self.offset is None else np.pad(self.offset, pad),
        )


class PanelPaths(Protocol):
    """What the estimators ask of a panel."""

    @property
    def n_units(self) -> IntArray:
        """Units in each cohort: (C,)."""

    @property
    def n_periods(self) -> int:
        """Number of periods."""

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""

    @property
    def n_covariates(self) -> int:
        """Number of covariates."""

    def system(self, mask: BoolArray) -> CellSystem:
        """Return the sums that a regression with unit effects needs."""

    def meat(self, scores: Sequence[UnitScores]) -> FloatArray:
        """Return the sum over clusters of the outer products of the scores, each the sum of those given: (k, k)."""

    def residual_center(self, scores: UnitScores) -> FloatArray:
        """Return the mean of ``e_it`` in each cell, weighted by the square of the weights: (C, T)."""


@dataclass(frozen=True, slots=True, eq=False)
class CohortPaths:
    """A balanced panel without weights or covariates, known by the moments of its cohorts.

    Attributes
    ----------
    moments : CohortMoments
        Count, mean path and scatter of each cohort, made without weights.
    """

    moments: CohortMoments

    @property
    def n_units(self) -> IntArray:
        """Units in each cohort: (C,)."""
        return self.moments.units

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return int(self.moments.mean.shape[1])

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return self.moments.clusters.n_clusters

    @property
    def n_covariates(self) -> int:
        """Number of covariates: none."""
        return 0

    def system(self, mask: BoolArray) -> CellSystem:
        """Return the sums that a regression with unit effects needs."""
        take = from_masked_mean(mask)
        # A cohort without a cell in the mask has no effects to be measured from, and plays no role.
        count = np.where(mask.any(axis=1), self.n_units, 0)[:, None]
        mean = np.matmul(take, self.moments.mean[:, :, None])[:, :, 0]
        inside = mask[:, :, None] * take
        squares = np.einsum("cts,cts->c", np.matmul(inside, self.moments.scatter), inside)
        squares += count[:, 0] * np.einsum("ct,ct->c", mask * mean, mean)
        rows = np.broadcast_to(count, mask.shape)
        return CellSystem(
            mask=mask,
            laplacian=count[:, :, None] * take,
            sums=(count * mean)[:, :, None],
            cross=squares[:, None, None],
            weight=rows.astype(np.float64),
            rows=rows,
            size=np.zeros(0),
        )

    def meat(self, scores: Sequence[UnitScores]) -> FloatArray:
        """Return the sum over clusters of the outer products of the scores, each the sum of those given: (k, k)."""
        transform, at_mean = self.transform(scores), self.mean_scores(scores)
        return self.moments.clusters.covariance(at_mean.T, np.moveaxis(transform, 2, 0))

    def transform(self, scores: Sequence[UnitScores]) -> FloatArray:
        """Return the weights by which a path becomes a score: (C, T, k)."""
        total = np.zeros(scores[0].loading.shape)
        for each in scores:
            transform = np.matmul(np.swapaxes(from_masked_mean(each.mask), 1, 2), each.loading)
            total += transform if each.scale is None else each.scale[:, None, None] * transform
        return total

    def mean_scores(self, scores: Sequence[UnitScores]) -> FloatArray:
        """Return the mean score of each cohort: (C, k)."""
        total = np.zeros((self.n_units.size, scores[0].loading.shape[2]))
        for each in scores:
            mean = np.einsum("ct,ctk->ck", self.residual_center(each), each.loading)
            if each.offset is not None:
                mean -= each.offset.sum(axis=1)
            total += mean if each.scale is None else each.scale[:, None] * mean
        return total

    def residual_center(self, scores: UnitScores) -> FloatArray:
        """Return the mean residual in each cell: (C, T)."""
        take = from_masked_mean(scores.mask)
        center: FloatArray = np.matmul(take, (self.moments.mean - scores.level)[:, :, None])[:, :, 0]
        return center


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitPaths:
    """The path of every unit, with missing cells, weights, covariates and clusters of units.

    Attributes
    ----------
    outcome : (N, T) array
        Outcome; anything finite where a cell is missing. A constant of each unit may have been subtracted.
    cohort : (N,) array of int
        Cohort of each unit, from 0 to ``n_cohorts - 1``, in order: units of one cohort lie side by side.
    n_cohorts : int
        Number of cohorts.
    weights : (N, T) array, optional
        Weights, zero where a cell is missing. All cells count one when not given.
    covariates : (q, N, T) array, optional
        Covariates; anything finite where a cell is missing.
    cluster : (N,) array of int, optional
        Cluster of each unit; the units themselves when not given.
    """

    outcome: FloatArray
    cohort: IntArray
    n_cohorts: int
    weights: FloatArray | None = None
    covariates: FloatArray | None = None
    cluster: IntArray | None = None

    @property
    def n_units(self) -> IntArray:
        """Units in each cohort: (C,)."""
        return np.bincount(self.cohort, minlength=self.n_cohorts)

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return int(self.outcome.shape[1])

    @property
    def n_clusters(self) -> int:
        """Number of clusters with a unit."""
        return self.outcome.shape[0] if self.cluster is None else int(np.count_nonzero(np.bincount(self.cluster)))

    @property
    def n_covariates(self) -> int:
        """Number of covariates."""
        return 0 if self.covariates is None else int(self.covariates.shape[0])

    def system(self, mask: BoolArray) -> CellSystem:
        """Return the sums that a regression with unit effects needs."""
        c, t, q = self.n_cohorts, self.n_periods, 1 + self.n_covariates
        laplacian, sums, cross = np.zeros((c, t, t)), np.zeros((c, t, q)), np.zeros((c, q, q))
        weight, rows = np.zeros((c, t)), np.zeros((c, t), dtype=np.int64)
        squares = np.zeros(q)
        for cohort, units in self.blocks(mask):
            w = self.weights_of(units)
            inside = w * mask[cohort]
            total = _row_sums(inside)
            # A unit without a cell in the mask has no effect to be measured from, and plays no role.
            if not total.all():
                w = w * (total > 0)[:, None]
            share = inside / np.where(total > 0, total, 1.0)[:, None]
            column = _column_sums(w)
            laplacian[cohort] -= w.T @ share
            laplacian[cohort].flat[:: t + 1] += column
            values = self.values_of(units)
            squares[1:] += [np.vdot(inside * each, each) for each in values[1:]]
            values -= np.einsum("bt,qbt->qb", share, values)[:, :, None]
            sums[cohort] += np.stack([_column_sums(w * each) for each in values], axis=1)
            flat = (values * np.sqrt(inside)).reshape(q, -1)
            cross[cohort] += flat @ flat.T
            weight[cohort] += column
            rows[cohort] += np.rint(_column_sums((w > 0).astype(np.float64))).astype(np.int64)
        return CellSystem(
            mask=mask,
            laplacian=laplacian,
            sums=sums,
            cross=cross,
            weight=weight,
            rows=rows,
            size=np.sqrt(squares[1:]),
        )

    def meat(self, scores: Sequence[UnitScores]) -> FloatArray:
        """Return the sum over clusters of the outer products of their scores: (k, k)."""
        sums = self.cluster_scores(scores)
        return sums.T @ sums

    def cluster_scores(self, scores: Sequence[UnitScores]) -> FloatArray:
        """Return the scores of the clusters: (G, k)."""
        total = np.zeros((self.outcome.shape[0], scores[0].loading.shape[2]))
        for each in scores:
            for cohort, units in self.blocks(each.mask):
                total[units] += self._scores_of(each, cohort, units)
        if self.cluster is None:
            return total
        return cluster_sums(total, self.cluster, int(self.cluster.max()) + 1)

    def residual_center(self, scores: UnitScores) -> FloatArray:
        """Return the mean of ``e_it`` in each cell, weighted by the square of the weights: (C, T)."""
        top = np.zeros((self.n_cohorts, self.n_periods))
        bottom = np.zeros_like(top)
        for cohort, units in self.blocks(scores.mask):
            w, residual, _ = self.residuals_of(scores, cohort, units)
            top[cohort] += (w**2 * residual).sum(axis=0)
            bottom[cohort] += (w**2).sum(axis=0)
        return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)

    def blocks(self, mask: BoolArray) -> Iterator[tuple[int, slice]]:
        """Walk over the units, some of one cohort at a time.

        Parameters
        ----------
        mask : (C, T) array of bool
            Cohorts without a cell in it are passed over.

        Yields
        ------
        cohort : int
            The cohort.
        units : slice
            The units.
        """
        step = max(BLOCK_NUMBERS // self.n_periods, 64)
        ends = np.cumsum(self.n_units)
        for cohort, (first, last) in enumerate(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)):
            for start in range(first, last if mask[cohort].any() else first, step):
                yield cohort, slice(start, min(start + step, last))

    def weights_of(self, units: slice) -> FloatArray:
        """Return the weights of some units, zero for a missing cell: (b, T)."""
        if self.weights is None:
            return np.ones((units.stop - units.start, self.n_periods))
        return self.weights[units]

    def values_of(self, units: slice) -> FloatArray:
        """Return a copy of the outcome and the covariates of some units: (1 + q, b, T)."""
        values = np.empty((1 + self.n_covariates, units.stop - units.start, self.n_periods))
        values[0] = self.outcome[units]
        if self.covariates is not None:
            values[1:] = self.covariates[:, units]
        return values

    def residuals_of(self, scores: UnitScores, cohort: int, units: slice) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return weights, residuals ``e_it`` and covariates of some units of a cohort."""
        w = self.weights_of(units)
        values = self.values_of(units)
        residual = values[0] - scores.level[cohort]
        if self.covariates is not None:
            residual -= np.tensordot(scores.coefficients, values[1:], axes=1)
        inside = w * scores.mask[cohort]
        total = _row_sums(inside)
        if not total.all():
            w = w * (total > 0)[:, None]
        residual -= (_row_sums(inside * residual) / np.where(total > 0, total, 1.0))[:, None]
        return w, residual, values[1:]

    def _scores_of(self, scores: UnitScores, cohort: int, units: slice) -> FloatArray:
        """Scores of some units of a cohort: (b, k)."""
        w, residual, covariates = self.residuals_of(scores, cohort, units)
        weighted = w * residual
        out: FloatArray = weighted @ scores.loading[cohort]
        if self.covariates is not None:
            out += np.einsum("bt,qbt->bq", weighted * scores.mask[cohort], covariates) @ scores.slope
        if scores.offset is not None:
            out -= w @ scores.offset[cohort]
        return out if scores.scale is None else scores.scale[cohort] * out


def _row_sums(values: FloatArray) -> FloatArray:
    """Sum over the periods; as a product this is several times faster than a sum along a short axis."""
    return values @ np.ones(values.shape[1])


def _column_sums(values: FloatArray) -> FloatArray:
    """Sum over the units."""
    return np.ones(values.shape[0]) @ values


def from_masked_mean(mask: BoolArray) -> FloatArray:
    """Matrices that measure a path from its mean over the cells of the mask: (C, T, T); zero without such a cell."""
    size = mask.sum(axis=1)
    t = mask.shape[1]
    share = mask / np.where(size > 0, size, 1)[:, None]
    return np.where(size > 0, 1.0, 0.0)[:, None, None] * (np.eye(t) - share[:, None, :])
