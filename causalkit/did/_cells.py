"""A panel as the regressions with unit effects see it: paths of units or moments of cohorts, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from causalkit._frames._levels import label_text
from causalkit._numerics._did_cells import CohortPaths, UnitPaths
from causalkit._numerics._did_moments import cohort_moments

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import PanelPaths
    from causalkit._typing import BoolArray, FloatArray, IntArray
    from causalkit.did._panel import Panel

__all__ = ["Cells"]


@dataclass(frozen=True, eq=False)
class Cells:
    """Cohorts by periods: rows are the cohorts in the order in which they start, the never treated last.

    Attributes
    ----------
    panel : Panel
        The panel.
    """

    panel: Panel

    @cached_property
    def treated(self) -> BoolArray:
        """Treated cells: (C + 1, T)."""
        return np.arange(self.panel.n_periods) >= self.panel.first_treated[:, None]

    @cached_property
    def event_time(self) -> FloatArray:
        """Event time of each cell, (C + 1, T); NaN for the never treated."""
        out = np.full(self.treated.shape, np.nan)
        cohorts = np.arange(self.panel.n_cohorts)
        out[:-1] = self.panel.event_time(cohorts[:, None], np.arange(self.panel.n_periods)[None, :])
        return out

    @cached_property
    def everything(self) -> BoolArray:
        """All cells: (C + 1, T)."""
        return np.ones(self.treated.shape, dtype=np.bool_)

    @property
    def is_staggered(self) -> bool:
        """Whether there is more than one cohort of treated units."""
        return self.panel.n_cohorts > 1

    @cached_property
    def paths(self) -> PanelPaths:
        """What the estimators know of the units: moments where they are enough."""
        panel = self.panel
        if panel.is_balanced and panel.weights is None and not panel.covariate_names:
            outcome = panel.outcome_matrix()
            clusters = panel.unit_clusters
            return CohortPaths(cohort_moments(outcome, panel.unit_group, panel.n_cohorts + 1, clusters=clusters))
        return self.unit_paths

    @cached_property
    def unit_paths(self) -> UnitPaths:
        """The path of every unit."""
        return self._paths_of_units(self.panel.unit_clusters)

    @cached_property
    def paths_without_clusters(self) -> UnitPaths:
        """The path of every unit, where the clusters are for someone else to mind."""
        return self._paths_of_units(None)

    def event_times(self, cells: BoolArray) -> FloatArray:
        """Return the event times that occur among some cells with rows, in order."""
        counted = self.n_rows > 0
        found = self.event_time[cells & counted]
        return np.unique(found[~np.isnan(found)])

    @cached_property
    def n_rows(self) -> IntArray:
        """Rows by cell: (C + 1, T)."""
        shape = self.treated.shape
        return np.bincount(self.panel.group * shape[1] + self.panel.time, minlength=shape[0] * shape[1]).reshape(shape)

    def _paths_of_units(self, clusters: IntArray | None) -> UnitPaths:
        panel = self.panel
        unit = panel.unit_codes()
        weights = None
        if panel.weights is not None or not panel.is_balanced:
            weights = np.zeros((panel.n_units, panel.n_periods))
            weights[unit, panel.time] = 1.0 if panel.weights is None else panel.weights
        covariates = None
        if panel.covariate_names:
            columns = panel.covariates.T
            covariates = np.stack([self._from_own_level(column) for column in columns])
        return UnitPaths(
            outcome=self._from_own_level(panel.outcome),
            cohort=panel.unit_group,
            n_cohorts=panel.n_cohorts + 1,
            weights=weights,
            covariates=covariates,
            cluster=clusters,
        )

    def _from_own_level(self, values: FloatArray) -> FloatArray:
        """Values by unit and period, measured from one value of the unit so that its level costs no digits."""
        unit = self.panel.unit_codes()
        level = np.empty(self.panel.n_units)
        level[unit] = values
        out = np.zeros((self.panel.n_units, self.panel.n_periods))
        out[unit, self.panel.time] = values - level[unit]
        return out


def event_text(value: float) -> str:
    """Return an event time as text: ``"-1"``, ``"0"``, ``"2"``."""
    return label_text(float(value))
