"""A panel as the regressions with unit effects see it: paths of units or moments of cohorts, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from causalkit._frames._levels import label_text
from causalkit._numerics._did_cells import CohortPaths, UnitPaths
from causalkit._numerics._did_moments import cohort_moments
from causalkit._validate import counted, listed
from causalkit.did._panel import read_panel
from causalkit.errors import DesignWarning

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import PanelPaths
    from causalkit._typing import BoolArray, Columns, FloatArray, IntArray, IntoDataFrame, Missing
    from causalkit.did._panel import Panel

__all__ = ["Cells", "event_text", "read_cells", "warn_of_absorbed"]

# With fewer treated units than this no interval that counts on many of them is to be trusted.
FEW_TREATED = 10


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

    @property
    def everything(self) -> BoolArray:
        """All cells: (C + 1, T)."""
        return np.ones(self.treated.shape, dtype=np.bool_)

    @property
    def is_staggered(self) -> bool:
        """Whether there is more than one cohort of treated units."""
        return self.panel.n_cohorts > 1

    @cached_property
    def n_rows(self) -> IntArray:
        """Rows by cell: (C + 1, T)."""
        shape = self.treated.shape
        if self.panel.is_balanced:
            return np.repeat(self.panel.units_by_group[:, None], shape[1], axis=1)
        return np.bincount(self.panel.group * shape[1] + self.panel.time, minlength=shape[0] * shape[1]).reshape(shape)

    @cached_property
    def control(self) -> int:
        """Cohort that serves as the control of all others: the never treated, or the last one if there are none."""
        return self.panel.n_cohorts if self.panel.has_never_treated else self.panel.n_cohorts - 1

    @cached_property
    def clean(self) -> BoolArray:
        """Cells in which the control cohort is untreated, (C + 1, T): all, or those before the last cohort starts."""
        until = int(self.panel.first_treated[self.control])
        return np.broadcast_to(np.arange(self.panel.n_periods) < until, self.treated.shape)

    @cached_property
    def paths(self) -> PanelPaths:
        """What the estimators know of the units: moments where they are enough."""
        panel = self.panel
        if panel.is_balanced and panel.weights is None and not panel.covariate_names:
            outcome, clusters = panel.outcome_matrix(), panel.unit_clusters
            return CohortPaths(cohort_moments(outcome, panel.unit_group, panel.n_cohorts + 1, clusters=clusters))
        return self.unit_paths

    @cached_property
    def unit_paths(self) -> UnitPaths:
        """The path of every unit."""
        panel = self.panel
        # Units of a cohort lie side by side, so that a block of them is no copy.
        order = np.argsort(panel.unit_group.astype(np.int16 if panel.n_cohorts < 2**15 else np.int64), kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        at = place[panel.unit_codes()] * panel.n_periods + panel.time
        seen = None
        if not panel.is_balanced:
            seen = np.zeros((panel.n_units, panel.n_periods), dtype=np.bool_)
            seen.ravel()[at] = True
        weights = None if seen is None else seen.astype(np.float64)
        if panel.weights is not None:
            weights = np.zeros((panel.n_units, panel.n_periods))
            # Their scale plays no role, and must not cost digits.
            weights.ravel()[at] = panel.weights / panel.weights.mean()
        covariates = None
        if panel.covariate_names:
            covariates = np.stack([self._paths_of(column, at, seen) for column in panel.covariates.T])
        clusters = panel.unit_clusters
        return UnitPaths(
            outcome=self._paths_of(panel.outcome, at, seen),
            cohort=panel.unit_group[order],
            n_cohorts=panel.n_cohorts + 1,
            weights=weights,
            covariates=covariates,
            cluster=None if clusters is None else clusters[order],
        )

    def event_times(self, cells: BoolArray) -> FloatArray:
        """Return the event times that occur among some cells with rows, in order."""
        found = self.event_time[cells & (self.n_rows > 0)]
        return np.unique(found[~np.isnan(found)])

    def rows_at(self, cells: BoolArray) -> int:
        """Return the rows in some cells."""
        return int(self.n_rows[cells].sum())

    def _paths_of(self, values: FloatArray, at: IntArray, seen: BoolArray | None) -> FloatArray:
        """Values by unit and period from the unit's first one, so that its level costs no digits; zero if unseen."""
        out = np.zeros((self.panel.n_units, self.panel.n_periods))
        out.ravel()[at] = values
        if seen is None:
            out -= out[:, :1].copy()
            return out
        out -= np.take_along_axis(out, seen.argmax(axis=1)[:, None], axis=1)
        out *= seen
        return out


def read_cells(
    data: IntoDataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    cohort: str | None,
    treatment: str | None,
    covariates: Columns | None,
    cluster: str | None,
    weights: str | None,
    missing: Missing,
) -> Cells:
    """Read a panel for a regression with unit effects, and warn of what makes its intervals unreliable."""
    panel = read_panel(
        data,
        outcome=outcome,
        unit=unit,
        time=time,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=cluster,
        weights=weights,
        missing=missing,
    )
    cells = Cells(panel)
    panel.unit_codes()
    if not panel.is_balanced:
        gaps = panel.n_units * panel.n_periods - panel.n
        panel.warned.add(
            f"The panel is unbalanced: {gaps:,} of {panel.n_units * panel.n_periods:,} cells of unit by period have no "
            f"row. Rows are used as they are; that units come and go must have nothing to do with the outcome.",
            DesignWarning,
        )
    n_treated = int(panel.units_by_group[:-1].sum())
    if n_treated < FEW_TREATED:
        panel.warned.add(
            f"{n_treated} treated {'unit' if n_treated == 1 else 'units'}: clustered standard errors are far too small "
            f"with so few. Look at randomisation inference.",
            DesignWarning,
        )
    return cells


def warn_of_absorbed(cells: Cells, kept: IntArray, n_regressors: int) -> None:
    """Warn of covariates that the fixed effects explain."""
    names = cells.panel.covariate_names
    gone = [name for j, name in enumerate(names) if n_regressors + j not in kept]
    if gone:
        cells.panel.warned.add(
            f"covariates {listed(gone)} {'is' if len(gone) == 1 else 'are'} constant within units, or explained by the "
            f"fixed effects and the others, and left out ({counted(len(gone), 'column')}).",
            DesignWarning,
        )


def event_text(value: float) -> str:
    """Return an event time as text: ``"-1"``, ``"0"``, ``"2"``."""
    return label_text(float(value))
