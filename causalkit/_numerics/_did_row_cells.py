"""Effects by cohort and period from repeated cross-sections: each cell compares four samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_cross_sections import compare_cross_sections
from causalkit._numerics._did_group_time import GroupTimeEstimates, share_loading
from causalkit._numerics._did_influence import InfluenceTotals

if TYPE_CHECKING:
    from causalkit._numerics._did_cross_sections import CrossSectionComparison
    from causalkit._numerics._did_doubly_robust import Method
    from causalkit._numerics._did_group_time import Bootstrap
    from causalkit._numerics._did_plan import CellPlan
    from causalkit._typing import FloatArray, IntArray

__all__ = ["CrossSectionRows", "from_cross_sections"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossSectionRows:
    """Rows of repeated cross-sections, sorted by cohort and period.

    Attributes
    ----------
    outcome : (n,) array
        Outcome, measured from a value near it.
    z : (q, n) array
        Regressors, the constant first, standardised.
    weights : (n,) array or None
        Weights.
    clusters : (n,) array of int or None
        Clusters; None where each row is its own.
    share_weights : (n,) array
        What each row adds to the weight of its cohort: its weight, or its part of its unit's.
    start : (C + 1, T + 1) array of int
        Where each cohort's rows of each period begin, and where they end.
    """

    outcome: FloatArray
    z: FloatArray
    weights: FloatArray | None
    clusters: IntArray | None
    share_weights: FloatArray
    start: IntArray

    def rows(self, cohort: int, period: int) -> slice:
        """Rows of a cohort in a period."""
        return slice(int(self.start[cohort, period]), int(self.start[cohort, period + 1]))

    def columns(self, rows: slice | IntArray) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Regressors, outcome and weights of some rows."""
        return self.z[:, rows], self.outcome[rows], None if self.weights is None else self.weights[rows]


def from_cross_sections(
    rows: CrossSectionRows, plan: CellPlan, *, method: Method, bootstrap: Bootstrap | None
) -> GroupTimeEstimates:
    """Estimate all cells, each from the rows of its two periods.

    Parameters
    ----------
    rows : CrossSectionRows
        The rows.
    plan : CellPlan
        The cells, none of them empty.
    method : {"regression", "ipw", "doubly_robust"}
        How the controls speak for the treated.
    bootstrap : Bootstrap, optional
        Draws to make.

    Returns
    -------
    GroupTimeEstimates
        The cells, their covariance and counts; rows of both periods count.
    """
    n_cells, n_groups = len(plan), rows.start.shape[0]
    comparisons = [None if plan.is_reference[k] else _fit(rows, plan, k, method) for k in range(n_cells)]
    weight = np.array([rows.share_weights[rows.start[c, 0] : rows.start[c, -1]].sum() for c in range(n_groups)])
    totals = InfluenceTotals(
        n_cells + n_groups,
        None if rows.clusters is None else int(rows.clusters.max()) + 1,
        0 if bootstrap is None else bootstrap.n_draws,
        None if bootstrap is None else bootstrap.rng,
    )
    for code in range(n_groups):
        for period in range(rows.start.shape[1] - 1):
            _add_influence(totals, rows, plan, comparisons, code, period)
    loading = np.zeros((n_cells + n_groups - 1, n_cells + n_groups))
    loading[:n_cells, :n_cells] = np.eye(n_cells)
    loading[n_cells:, n_cells:] = share_loading(weight)
    cov = loading @ totals.cross_products() @ loading.T
    odds = np.array([np.nan if each is None else each.largest_odds for each in comparisons])
    size = np.diff(rows.start, axis=1)
    both = size[:, plan.time] + np.where(plan.is_reference, 0, size[:, plan.base])
    return GroupTimeEstimates(
        estimates=np.array([0.0 if each is None else each.gap for each in comparisons]),
        shares=weight[:-1] / weight.sum(),
        cov=(cov + cov.T) / 2,
        draws=totals.draws() @ loading.T,
        n_treated=both[plan.cohort, np.arange(n_cells)],
        n_control=np.einsum("kc,ck->k", plan.controls, both),
        n_trimmed=np.array([0 if each is None else each.n_trimmed for each in comparisons], dtype=np.int64),
        largest_score=odds / (1.0 + odds),
        is_identified=np.array([each is None or each.is_identified for each in comparisons], dtype=bool),
    )


def _fit(rows: CrossSectionRows, plan: CellPlan, cell: int, method: Method) -> CrossSectionComparison:
    """Compare the four samples of a cell."""
    cohort, controls = int(plan.cohort[cell]), np.flatnonzero(plan.controls[cell]).tolist()
    when = (int(plan.base[cell]), int(plan.time[cell]))
    treated = [rows.columns(rows.rows(cohort, period)) for period in when]
    others = [rows.columns(_rows_of(rows, controls, period)) for period in when]
    return compare_cross_sections((treated[0], treated[1]), (others[0], others[1]), method=method)


def _rows_of(rows: CrossSectionRows, cohorts: list[int], period: int) -> slice | IntArray:
    if len(cohorts) == 1:
        return rows.rows(cohorts[0], period)
    parts = [rows.rows(code, period) for code in cohorts]
    return np.concatenate([np.arange(part.start, part.stop) for part in parts])


def _add_influence(
    totals: InfluenceTotals,
    rows: CrossSectionRows,
    plan: CellPlan,
    comparisons: list[CrossSectionComparison | None],
    code: int,
    period: int,
) -> None:
    """Add the influence of a cohort's rows of one period on all cells that use them, and on the shares."""
    own = rows.rows(code, period)
    in_cell = ((plan.cohort == code) | plan.controls[:, code]) & ((plan.time == period) | (plan.base == period))
    touching = [(k, each) for k in np.flatnonzero(in_cell).tolist() if (each := comparisons[k]) is not None]
    columns = np.array([*(k for k, _ in touching), len(plan) + code], dtype=np.int64)
    for at in range(own.start, own.stop, totals.block):
        block = slice(at, min(at + totals.block, own.stop))
        z, y, w = rows.columns(block)
        values = np.zeros((y.size, columns.size))
        for place, (k, each) in enumerate(touching):
            if each.is_identified:
                values[:, place] = each.influence(
                    z, y, w, treated=bool(plan.cohort[k] == code), post=bool(plan.time[k] == period)
                )
        values[:, -1] = rows.share_weights[block]
        totals.add(columns, values, None if rows.clusters is None else rows.clusters[block])
