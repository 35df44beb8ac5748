"""The cells that a panel allows, and their estimation from moments, units or rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_group_time import UnitRows, from_moments
from causalkit._numerics._did_plan import plan_cells
from causalkit._numerics._did_row_cells import CrossSectionRows, from_cross_sections
from causalkit._numerics._did_unit_cells import from_units
from causalkit._numerics._standardize import standardize
from causalkit._validate import counted
from causalkit.errors import DesignError, DesignWarning

if TYPE_CHECKING:
    from causalkit._numerics._did_doubly_robust import Method
    from causalkit._numerics._did_group_time import Bootstrap, GroupTimeEstimates
    from causalkit._numerics._did_plan import BasePeriod, CellPlan, ControlGroup
    from causalkit._typing import FloatArray, IntArray
    from causalkit.did._panel import Panel

__all__ = ["from_panel", "from_rows", "plan_of"]


def plan_of(
    panel: Panel, control_group: ControlGroup, base_period: BasePeriod, anticipation: float, *, as_rows: bool
) -> CellPlan:
    """The cells that the design and the rows allow."""
    if control_group == "never_treated" and not panel.has_never_treated:
        raise DesignError(
            f"No unit is never treated: all {int(panel.units_by_group.sum()):,} are, in {panel.n_cohorts} cohorts. "
            f"Use control_group='not_yet_treated', which compares with those treated later."
        )
    plan = plan_cells(
        panel.periods.values,
        panel.cohort_values,
        has_never_treated=panel.has_never_treated,
        control_group=control_group,
        base_period=base_period,
        anticipation=anticipation,
    )
    if plan.n_without_controls:
        panel.warned.add(
            f"{counted(plan.n_without_controls, 'effect')} after treatment cannot be estimated: by then nobody is "
            f"untreated.",
            DesignWarning,
        )
    n_treated, n_control = _arms(panel, plan, as_rows=as_rows)
    filled = (n_treated > 0) & (n_control > 0)
    empty = ~filled & (panel.periods.values[plan.time] >= panel.cohort_values[plan.cohort])
    if empty.any():
        panel.warned.add(
            f"{counted(int(empty.sum()), 'effect')} after treatment cannot be estimated: no unit of one arm is "
            f"observed in both periods.",
            DesignWarning,
        )
    if not filled.any():
        raise DesignError("No cohort and period has treated and controls observed before and after.")
    return plan.take(filled)


def _arms(panel: Panel, plan: CellPlan, *, as_rows: bool) -> tuple[IntArray, IntArray]:
    """How many of each arm can be compared in each cell."""
    n_groups, n_periods = panel.n_cohorts + 1, panel.n_periods
    if panel.is_balanced:
        counts = np.broadcast_to(panel.units_by_group[:, None], (n_groups, len(plan)))
    elif as_rows:
        size = np.bincount(panel.group * n_periods + panel.time, minlength=n_groups * n_periods)
        size = size.reshape(n_groups, n_periods)
        before, after = size[:, plan.base], size[:, plan.time]
        controls = np.minimum(np.einsum("kc,ck->k", plan.controls, before), np.einsum("kc,ck->k", plan.controls, after))
        return np.minimum(before, after)[plan.cohort, np.arange(len(plan))], controls
    else:
        seen = np.zeros((panel.n_units, n_periods))
        seen[panel.unit_codes(), panel.time] = 1.0
        both = np.stack([seen[panel.unit_group == code].T @ seen[panel.unit_group == code] for code in range(n_groups)])
        counts = both[:, plan.time, plan.base].astype(np.int64)
    return counts[plan.cohort, np.arange(len(plan))], np.einsum("kc,ck->k", plan.controls, counts)


def from_panel(panel: Panel, plan: CellPlan, method: Method, bootstrap: Bootstrap | None) -> GroupTimeEstimates:
    units = UnitRows(
        outcome=panel.outcome_matrix(),
        group=panel.unit_group,
        n_groups=panel.n_cohorts + 1,
        weights=panel.unit_weights,
        clusters=panel.unit_clusters,
    )
    if panel.is_balanced and not panel.covariate_names and not panel.weights_vary:
        return from_moments(units, plan, bootstrap=bootstrap)
    weights = None if units.weights is None else units.weights[None]
    if panel.weights is not None and panel.weights_vary:
        weights = np.nan_to_num(panel.matrix(panel.weights).T)
    if not panel.covariate_names:
        z = np.ones((1, 1, panel.n_units))
        return from_units(units, plan, z=z, weights=weights, method="regression", bootstrap=bootstrap)
    z = _regressors_by_period(panel)
    return from_units(units, plan, z=z, weights=weights, method=method, bootstrap=bootstrap)


def _regressors_by_period(panel: Panel) -> FloatArray:
    """Standardised covariates of the units, (P, q, N): one period if none changes over time."""
    fixed = not any(panel.varies_within_unit(column) for column in panel.covariates.T)
    values = panel.per_unit(panel.covariates) if fixed else panel.covariates
    z = _regressors(panel, values)
    if fixed:
        return z[None]
    out = np.zeros((panel.n_periods, z.shape[0], panel.n_units))
    out[panel.time, :, panel.unit_codes()] = z.T
    return out


def _regressors(panel: Panel, values: FloatArray) -> FloatArray:
    """Constant and standardised covariates, (q, n), without those that add nothing."""
    basis, z = standardize(values, np.ones(len(values)))
    idle = [name for name, kept in zip(panel.covariate_names, basis.kept.tolist(), strict=True) if not kept]
    if idle:
        panel.warned.add(
            f"Covariates that are constant or repeat others were left out: {', '.join(idle)}.", DesignWarning
        )
    return z


def from_rows(panel: Panel, plan: CellPlan, method: Method, bootstrap: Bootstrap | None) -> GroupTimeEstimates:
    n_groups, n_periods = panel.n_cohorts + 1, panel.n_periods
    cell = panel.group * n_periods + panel.time
    order = np.argsort(cell, kind="stable")
    ends = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=n_groups * n_periods))])
    start = np.column_stack([ends[:-1].reshape(n_groups, n_periods), ends[n_periods::n_periods]])
    z = _regressors(panel, panel.covariates) if panel.covariate_names else np.ones((1, panel.n))
    share = np.ones(panel.n) if panel.weights is None else panel.weights
    if panel.unit is not None:
        # Each unit counts once in the shares of the cohorts, however often it is seen.
        share = share / np.bincount(panel.unit)[panel.unit]
    own_clusters = panel.unit is not None or panel.cluster_name
    rows = CrossSectionRows(
        outcome=(panel.outcome - panel.outcome[0])[order],
        z=np.ascontiguousarray(z[:, order]),
        weights=None if panel.weights is None else panel.weights[order],
        clusters=panel.clusters[order] if own_clusters else None,
        share_weights=share[order],
        start=start,
    )
    chosen: Method = method if panel.covariate_names else "regression"
    return from_cross_sections(rows, plan, method=chosen, bootstrap=bootstrap)
