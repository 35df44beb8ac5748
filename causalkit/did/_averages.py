"""Averages of effects by cohort and period, weighted by the cohorts' shares, with what their estimation adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray
    from causalkit.did._group_time_result import CellEffects

__all__ = ["Averages", "by_calendar", "by_cohort", "by_event_time", "overall"]


@dataclass(frozen=True, slots=True, eq=False)
class Averages:
    """Several averages and the one headline made of them.

    Attributes
    ----------
    positions : (k,) array
        Event times, or codes of cohorts or periods.
    estimates : (k,) array
        The averages.
    jacobian : (k, K + C) array
        Their derivatives with respect to the cells' effects and the cohorts' shares.
    cells : (k, K) array of bool
        Cells that each average takes in.
    headline : float
        The one number.
    headline_jacobian : (K + C,) array
        Its derivatives.
    """

    positions: FloatArray
    estimates: FloatArray
    jacobian: FloatArray
    cells: BoolArray
    headline: float
    headline_jacobian: FloatArray


def overall(cells: CellEffects) -> tuple[float, FloatArray]:
    """Average all effects after treatment, each weighted by the share of its cohort."""
    return _share_weighted(cells, cells.is_post)


def by_event_time(cells: CellEffects, use: BoolArray) -> Averages:
    """Average some cells by periods since treatment; the headline is the plain mean of those after treatment."""
    positions = np.unique(cells.event_time[use])
    groups = [use & (cells.event_time == each) for each in positions]
    return _averages(cells, positions, groups, positions >= 0)


def by_cohort(cells: CellEffects) -> Averages:
    """Average by cohort over its periods after treatment; the headline weights cohorts by their shares."""
    post = cells.is_post
    positions = np.unique(cells.cohort[post])
    k, c = len(cells), cells.shares.size
    jacobian = np.zeros((positions.size, k + c))
    members = np.array([post & (cells.cohort == each) for each in positions], dtype=bool).reshape(-1, k)
    jacobian[:, :k] = members / members.sum(axis=1, keepdims=True)
    estimates = jacobian[:, :k] @ cells.estimates
    share = cells.shares[positions]
    headline = float(share @ estimates / share.sum())
    gradient = share @ jacobian / share.sum()
    gradient[k + positions] += (estimates - headline) / share.sum()
    return Averages(positions.astype(np.float64), estimates, jacobian, members, headline, gradient)


def by_calendar(cells: CellEffects) -> Averages:
    """Average by period over the cohorts treated by then; the headline is the plain mean over periods."""
    post = cells.is_post
    positions = np.unique(cells.time[post])
    groups = [post & (cells.time == each) for each in positions]
    return _averages(cells, positions.astype(np.float64), groups, np.ones(positions.size, dtype=bool))


def _averages(cells: CellEffects, positions: FloatArray, groups: list[BoolArray], in_headline: BoolArray) -> Averages:
    found = [_share_weighted(cells, group) for group in groups]
    estimates = np.array([each for each, _ in found])
    jacobian = np.array([each for _, each in found]).reshape(len(found), -1)
    return Averages(
        positions=positions,
        estimates=estimates,
        jacobian=jacobian,
        cells=np.array(groups, dtype=bool).reshape(len(groups), -1),
        headline=float(estimates[in_headline].mean()),
        headline_jacobian=jacobian[in_headline].mean(axis=0),
    )


def _share_weighted(cells: CellEffects, use: BoolArray) -> tuple[float, FloatArray]:
    """Mean of some cells weighted by their cohorts' shares, and its derivatives."""
    k = len(cells)
    weight = np.where(use, cells.shares[cells.cohort], 0.0)
    share = weight / weight.sum()
    mean = float(share @ cells.estimates)
    jacobian = np.zeros(k + cells.shares.size)
    jacobian[:k] = share
    np.add.at(jacobian, k + cells.cohort[use], (cells.estimates[use] - mean) / weight.sum())
    return mean, jacobian
