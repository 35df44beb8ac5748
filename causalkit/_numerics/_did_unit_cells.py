"""Effects by cohort and period from the units themselves: with covariates, with gaps, with weights that change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_doubly_robust import ControlRegression, compare, control_regression
from causalkit._numerics._did_group_time import GroupTimeEstimates, share_loading
from causalkit._numerics._did_influence import InfluenceTotals

if TYPE_CHECKING:
    from causalkit._numerics._did_doubly_robust import Comparison, Method
    from causalkit._numerics._did_group_time import Bootstrap, UnitRows
    from causalkit._numerics._did_plan import CellPlan
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["from_units"]


@dataclass(frozen=True, slots=True, eq=False)
class _Sorted:
    """The units cohort by cohort, so that each cohort is a slice.

    Attributes
    ----------
    outcome : (N, T) array
        Paths, each from a level of its own.
    z : (P, q, N) array
        Regressors by period; one period for covariates that do not change.
    weights : (P, N) array or None
        Weights by period; one period for weights that do not change.
    clusters : (N,) array of int or None
        Clusters.
    share_weights : (N,) array or None
        Weights in the shares of the cohorts.
    start : (C + 2,) array of int
        Where each cohort begins.
    """

    outcome: FloatArray
    z: FloatArray
    weights: FloatArray | None
    clusters: IntArray | None
    share_weights: FloatArray | None
    start: IntArray

    def rows(self, code: int) -> slice:
        """Rows of a cohort."""
        return slice(int(self.start[code]), int(self.start[code + 1]))

    def blocks(self, code: int, size: int) -> list[slice]:
        """Rows of a cohort in blocks."""
        rows = self.rows(code)
        return [slice(at, min(at + size, rows.stop)) for at in range(rows.start, rows.stop, size)]


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One cohort with one set of controls: the outcomes are levels in several periods, or one change.

    Attributes
    ----------
    cohort : int
        The cohort.
    controls : (C + 1,) array of bool
        Its controls.
    cells : (k,) array of int
        Cells of the plan that it gives.
    periods : (m,) array of int
        Periods of the levels.
    base : int
        Base period of the change; -1 for levels.
    """

    cohort: int
    controls: BoolArray
    cells: IntArray
    periods: IntArray
    base: int

    def columns(self, units: _Sorted, rows: slice) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Regressors, outcomes and weights of some rows."""
        z = units.z[self.base if len(units.z) > 1 else 0, :, rows]
        w = units.weights
        weights = None if w is None else w[self.base if len(w) > 1 else 0, rows]
        y = units.outcome[rows]
        if self.periods.size < y.shape[1]:
            y = y[:, self.periods]
        return z, y if self.base < 0 else y - units.outcome[rows, self.base, None], weights


def from_units(
    units: UnitRows,
    plan: CellPlan,
    *,
    z: FloatArray,
    weights: FloatArray | None,
    method: Method,
    bootstrap: Bootstrap | None,
) -> GroupTimeEstimates:
    """Estimate all cells from the units.

    Where nothing is missing and neither covariates nor weights change, a cohort and its controls are compared once for
    all periods that share them: with never-treated controls that is one regression with T right-hand sides for all
    cohorts, and one logit per cohort. Otherwise each cell is compared for itself, over the units seen in both of its
    periods, with covariates and weights of the base period.

    Parameters
    ----------
    units : UnitRows
        The panel; ``units.weights`` weighs the units in the shares of the cohorts.
    plan : CellPlan
        The cells.
    z : (P, q, N) array
        Regressors by period, the constant first, standardised; one period if they do not change.
    weights : (P, N) array, optional
        Weights by period; one period if they do not change.
    method : {"regression", "ipw", "doubly_robust"}
        How the controls speak for the treated.
    bootstrap : Bootstrap, optional
        Draws to make.

    Returns
    -------
    GroupTimeEstimates
        The cells, their covariance and counts.
    """
    own = _sorted(units, z, weights)
    at_once = not np.isnan(own.outcome).any() and len(z) == 1 and (weights is None or len(weights) == 1)
    jobs = _shared_jobs(plan) if at_once else _single_jobs(plan)
    regressions: dict[tuple[bool, ...], ControlRegression] = {}
    comparisons = [_fit(job, own, method, regressions if at_once else None) for job in jobs]
    regressions.clear()
    width = sum(job.periods.size for job in jobs)
    loading, first = np.zeros((len(plan) + units.n_groups - 1, width + units.n_groups)), 0
    starts = []
    for job in jobs:
        starts.append(first)
        _load(loading, job, plan, first)
        first += job.periods.size
    weight = np.bincount(units.group, units.weights, units.n_groups).astype(np.float64)
    loading[len(plan) :, width:] = share_loading(weight)
    totals = _influence(own, jobs, comparisons, starts, width, bootstrap)
    gaps = np.concatenate([each.gap for each in comparisons]) if comparisons else np.empty(0)
    cov = loading @ totals.cross_products() @ loading.T
    of_cell = np.empty(len(plan), dtype=np.int64)
    for number, job in enumerate(jobs):
        of_cell[job.cells] = number
    odds = np.array([each.largest_odds for each in comparisons])[of_cell]
    n_treated, n_control = _counts(own, plan)
    return GroupTimeEstimates(
        estimates=loading[: len(plan), :width] @ gaps,
        shares=weight[:-1] / weight.sum(),
        cov=(cov + cov.T) / 2,
        draws=totals.draws() @ loading.T,
        n_treated=n_treated,
        n_control=n_control,
        n_trimmed=np.array([each.n_trimmed for each in comparisons], dtype=np.int64)[of_cell],
        largest_score=odds / (1.0 + odds),
        is_identified=np.array([each.is_identified for each in comparisons], dtype=bool)[of_cell] | plan.is_reference,
    )


def _sorted(units: UnitRows, z: FloatArray, weights: FloatArray | None) -> _Sorted:
    order = np.argsort(units.group.astype(np.uint16), kind="stable")
    outcome = units.outcome[order]
    # A level of the unit's own, so that what units differ in for good costs no digits.
    first = np.argmin(np.isnan(outcome), axis=1)
    outcome -= outcome[np.arange(order.size), first][:, None]
    return _Sorted(
        outcome=outcome,
        z=np.ascontiguousarray(z[:, :, order]),
        weights=None if weights is None else weights[:, order],
        clusters=None if units.clusters is None else units.clusters[order],
        share_weights=None if units.weights is None else units.weights[order],
        start=np.concatenate([[0], np.cumsum(np.bincount(units.group, minlength=units.n_groups))]),
    )


def _shared_jobs(plan: CellPlan) -> list[_Job]:
    """One job for all cells of a cohort with the same controls."""
    keys = np.column_stack([plan.cohort, plan.controls])
    _, which = np.unique(keys, axis=0, return_inverse=True)
    which = which.ravel()
    jobs = []
    for number in range(int(which.max(initial=-1)) + 1):
        cells = np.flatnonzero(which == number)
        periods = np.unique(np.concatenate([plan.time[cells], plan.base[cells]]))
        jobs.append(_Job(int(plan.cohort[cells[0]]), plan.controls[cells[0]], cells, periods, -1))
    return jobs


def _single_jobs(plan: CellPlan) -> list[_Job]:
    """One job for each cell."""
    return [
        _Job(int(plan.cohort[k]), plan.controls[k], np.array([k]), plan.time[k : k + 1], int(plan.base[k]))
        for k in range(len(plan))
    ]


def _load(loading: FloatArray, job: _Job, plan: CellPlan, first: int) -> None:
    """Say how the outcomes of a job make its cells: period less base."""
    moved = job.cells[~plan.is_reference[job.cells]]
    if job.base >= 0:
        loading[moved, first] = 1.0
        return
    loading[moved, first + np.searchsorted(job.periods, plan.time[moved])] = 1.0
    loading[moved, first + np.searchsorted(job.periods, plan.base[moved])] -= 1.0


def _fit(
    job: _Job, units: _Sorted, method: Method, regressions: dict[tuple[bool, ...], ControlRegression] | None
) -> Comparison:
    """Compare a cohort with its controls, sharing the regression of the controls among cohorts."""
    treated = _observed(job.columns(units, units.rows(job.cohort)))
    controls = _observed(_stacked(job, units))
    if method == "ipw" or regressions is None:
        return compare(treated, controls, method=method)
    key = tuple(job.controls.tolist())
    if key not in regressions:
        everything = _Job(job.cohort, job.controls, job.cells, np.arange(units.outcome.shape[1]), -1)
        z, y, w = _stacked(everything, units)
        regressions[key] = control_regression(z, y, w)
    whole = regressions[key]
    part = ControlRegression(whole.slopes[:, job.periods], whole.inverse, whole.unseen)
    return compare(treated, controls, method=method, regression=part)


def _stacked(job: _Job, units: _Sorted) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Regressors, outcomes and weights of all controls."""
    parts = [job.columns(units, units.rows(int(code))) for code in np.flatnonzero(job.controls)]
    if len(parts) == 1:
        return parts[0]
    weights = [w for _, _, w in parts if w is not None]
    return (
        np.concatenate([z for z, _, _ in parts], axis=1),
        np.concatenate([y for _, y, _ in parts]),
        np.concatenate(weights) if weights else None,
    )


def _observed(
    columns: tuple[FloatArray, FloatArray, FloatArray | None],
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """The rows whose outcome was observed."""
    z, y, w = columns
    seen = ~np.isnan(y[:, 0])
    if seen.all():
        return columns
    return z[:, seen], y[seen], None if w is None else w[seen]


def _influence(
    own: _Sorted,
    jobs: list[_Job],
    comparisons: list[Comparison],
    starts: list[int],
    width: int,
    bootstrap: Bootstrap | None,
) -> InfluenceTotals:
    """Add up the influence of all units on all outcomes of all jobs, and of their weights on the shares."""
    n_groups = own.start.size - 1
    totals = InfluenceTotals(
        width + n_groups,
        None if own.clusters is None else int(own.clusters.max()) + 1,
        0 if bootstrap is None else bootstrap.n_draws,
        None if bootstrap is None else bootstrap.rng,
    )
    for code in range(n_groups):
        touching = [n for n, job in enumerate(jobs) if job.cohort == code or job.controls[code]]
        columns = [starts[n] + np.arange(jobs[n].periods.size) for n in touching]
        for rows in own.blocks(code, totals.block):
            values = [_of_block(own, jobs[n], comparisons[n], rows, treated=jobs[n].cohort == code) for n in touching]
            share = np.ones(rows.stop - rows.start) if own.share_weights is None else own.share_weights[rows]
            totals.add(
                np.concatenate([*columns, [width + code]]).astype(np.int64),
                np.column_stack([*values, share]),
                None if own.clusters is None else own.clusters[rows],
            )
    return totals


def _of_block(own: _Sorted, job: _Job, comparison: Comparison, rows: slice, *, treated: bool) -> FloatArray:
    z, y, w = job.columns(own, rows)
    if not comparison.is_identified:
        return np.zeros_like(y)
    seen = ~np.isnan(y[:, 0])
    if seen.all():
        return comparison.influence(z, y, w, treated=treated)
    out = np.zeros_like(y)
    out[seen] = comparison.influence(z[:, seen], y[seen], None if w is None else w[seen], treated=treated)
    return out


def _counts(own: _Sorted, plan: CellPlan) -> tuple[IntArray, IntArray]:
    """Units of each arm that are seen in both periods of each cell."""
    seen = ~np.isnan(own.outcome)
    n_groups, n_periods = own.start.size - 1, own.outcome.shape[1]
    pairs = np.empty((n_groups, n_periods, n_periods), dtype=np.int64)
    for code in range(n_groups):
        block = seen[own.rows(code)].astype(np.float64)
        pairs[code] = np.rint(block.T @ block)
    both = pairs[:, plan.time, plan.base]
    return both[plan.cohort, np.arange(len(plan))], np.einsum("kc,ck->k", plan.controls, both)
