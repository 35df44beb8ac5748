"""Effects by cohort and period with the joint covariance of all of them and of the cohorts' shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_influence import InfluenceTotals
from causalkit._numerics._did_moments import cohort_moments

if TYPE_CHECKING:
    from causalkit._numerics._did_plan import CellPlan
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["Bootstrap", "GroupTimeEstimates", "UnitRows", "from_moments", "share_loading"]


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How many draws, and from where.

    Attributes
    ----------
    n_draws : int
        Number of draws.
    rng : numpy.random.Generator
        Source of the signs.
    """

    n_draws: int
    rng: np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupTimeEstimates:
    """Estimates of the cells, and what their aggregates need.

    Attributes
    ----------
    estimates : (K,) array
        ATT(g, t) of each cell of the plan.
    shares : (C,) array
        Share of each cohort among all units.
    cov : (K + C, K + C) array
        Covariance of the estimates and the shares.
    draws : (b, K + C) array
        Bootstrap draws of their errors; no rows without a bootstrap.
    n_treated, n_control : (K,) arrays of int
        Units of each arm in each cell.
    n_trimmed : (K,) array of int
        Controls left out because their score is close to one.
    largest_score : (K,) array
        Largest propensity score among the controls kept; NaN without one.
    is_identified : (K,) array of bool
        Whether the cell could be estimated.
    """

    estimates: FloatArray
    shares: FloatArray
    cov: FloatArray
    draws: FloatArray
    n_treated: IntArray
    n_control: IntArray
    n_trimmed: IntArray
    largest_score: FloatArray
    is_identified: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitRows:
    """The units of a panel.

    Attributes
    ----------
    outcome : (N, T) array
        Outcome of every unit in every period; NaN where it was not observed.
    group : (N,) array of int
        Cohort of each unit; the never treated have the last code.
    n_groups : int
        Number of codes, C + 1.
    weights : (N,) array or None
        Weights of the units.
    clusters : (N,) array of int or None
        Cluster of each unit; None where each is its own.
    """

    outcome: FloatArray
    group: IntArray
    n_groups: int
    weights: FloatArray | None
    clusters: IntArray | None


def share_loading(weight: FloatArray) -> FloatArray:
    """How a unit of weight in each group moves the shares of the cohorts, (C, C + 1)."""
    total = float(weight.sum())
    n_cohorts = weight.size - 1
    loading = -np.repeat((weight[:-1] / total**2)[:, None], n_cohorts + 1, axis=1)
    loading[np.arange(n_cohorts), np.arange(n_cohorts)] += 1.0 / total
    return loading


def from_moments(units: UnitRows, plan: CellPlan, *, bootstrap: Bootstrap | None) -> GroupTimeEstimates:
    """Estimate all cells of a balanced panel without covariates from the moments of its cohorts.

    Parameters
    ----------
    units : UnitRows
        The panel, nothing missing.
    plan : CellPlan
        The cells.
    bootstrap : Bootstrap, optional
        Draws to make.

    Returns
    -------
    GroupTimeEstimates
        The errors are sums over clusters of influences that are linear in the clusters' weights and deviations by
        cohort; so are the bootstrap draws.
    """
    moments = cohort_moments(units.outcome, units.group, units.n_groups, weights=units.weights, clusters=units.clusters)
    n_cells, n_periods = len(plan), units.outcome.shape[1]
    cell = np.arange(n_cells)
    pool = np.where(plan.controls, moments.weight, 0.0)
    pool /= pool.sum(axis=1, keepdims=True)
    change = moments.mean[:, plan.time] - moments.mean[:, plan.base]
    among_controls = np.einsum("kc,ck->k", pool, change)
    estimates = change[plan.cohort, cell] - among_controls
    # What a deviation adds: with plus sign in the cohort, with minus sign in the controls, in period and base alike.
    per_weight = -np.divide(pool, moments.weight, out=np.zeros_like(pool), where=pool > 0)
    weight_loading = per_weight * (change.T - among_controls[:, None])
    per_weight[cell, plan.cohort] = 1.0 / moments.weight[plan.cohort]
    level = np.zeros((n_cells + units.n_groups - 1, units.n_groups, n_periods))
    moved = ~plan.is_reference
    level[cell[moved], :, plan.time[moved]] = per_weight[moved]
    level[cell[moved], :, plan.base[moved]] = -per_weight[moved]
    weight_loading[~moved] = 0.0
    weight = np.concatenate([weight_loading, share_loading(moments.weight)])
    return GroupTimeEstimates(
        estimates=estimates,
        shares=moments.weight[:-1] / moments.weight.sum(),
        cov=moments.clusters.covariance(weight, level),
        draws=_draws(units, moments.mean, weight, level, bootstrap),
        n_treated=moments.units[plan.cohort],
        n_control=plan.controls @ moments.units,
        n_trimmed=np.zeros(n_cells, dtype=np.int64),
        largest_score=np.full(n_cells, np.nan),
        is_identified=np.ones(n_cells, dtype=bool),
    )


def _draws(
    units: UnitRows, mean: FloatArray, weight: FloatArray, level: FloatArray, bootstrap: Bootstrap | None
) -> FloatArray:
    """Bootstrap draws of what is linear in weights and deviations: T + 1 sums per cohort, never cells."""
    if bootstrap is None:
        return np.empty((0, weight.shape[0]))
    width = 1 + mean.shape[1]
    n_clusters = None if units.clusters is None else int(units.clusters.max()) + 1
    totals = InfluenceTotals(units.n_groups * width, n_clusters, bootstrap.n_draws, bootstrap.rng)
    for code in range(units.n_groups):
        members = np.flatnonzero(units.group == code)
        for start in range(0, members.size, totals.block):
            rows = members[start : start + totals.block]
            values = np.ones((rows.size, width))
            path = units.outcome[rows]
            values[:, 1:] = path - path[:, :1] - mean[code]
            if units.weights is not None:
                values *= units.weights[rows, None]
            columns = code * width + np.arange(width)
            totals.add(columns, values, None if units.clusters is None else units.clusters[rows])
    loading = np.concatenate([weight[:, :, None], level], axis=2).reshape(weight.shape[0], -1)
    return np.asarray(totals.draws() @ loading.T)
