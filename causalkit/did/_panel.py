"""The border of differences-in-differences: who, when, first treated when, in arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from causalkit._frames import read_rows
from causalkit._frames._levels import label_text
from causalkit._numerics._codes import combine_codes
from causalkit._validate import counted
from causalkit._warnings import Warned
from causalkit.did._cohorts import (
    Units,
    cohorts_from_treatment,
    cohorts_given,
    is_in_order,
    late_as_never,
    without_always_treated,
)
from causalkit.did._periods import read_periods
from causalkit.errors import DataError, DesignError, DesignWarning, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._frames import Levels, Rows
    from causalkit._frames._levels import Label
    from causalkit._typing import AnyArray, BoolArray, FloatArray, IntArray, IntoDataFrame, Missing
    from causalkit.did._cohorts import Cohorts
    from causalkit.did._periods import Periods

__all__ = ["Panel", "read_panel"]

# Fewer clusters than this and intervals from the normal or t distribution are too short.
FEW_CLUSTERS = 30


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """Outcomes by unit and period, and the cohort of each unit: the units first treated in the same period.

    Cohorts are coded from 0 to ``n_cohorts - 1`` in the order in which they start; the code ``n_cohorts`` is for
    units that no observed period sees treated. Units treated in every period are left out before.

    Attributes
    ----------
    rows : Rows
        The rows of the frame, for names and counts.
    warned : Warned
        What the call has warned of so far.
    dropped : dict of str to int
        Why rows were left out, and how many.
    used : (n_used of rows,) array of bool
        Which of the rows read are in the panel.
    outcome : (n,) array
        Outcome by row.
    time : (n,) array of int
        Period of each row, from 0 to T - 1.
    periods : Periods
        The periods: labels and where they lie.
    unit : (n,) array of int or None
        Unit of each row, from 0 to N - 1; None for repeated cross-sections.
    group : (n,) array of int
        Cohort of each row.
    cohort_labels : tuple of label
        First treated period of each cohort, without the code for never.
    cohort_values : (C,) array
        Where they lie on the scale of the periods.
    first_treated : (C + 1,) array of int
        Position of the first treated period among the observed ones; T for the last code.
    weights : (n,) array or None
        Weights of the rows.
    covariates : (n, k) array
        Covariates of the rows.
    covariate_names : tuple of str
        Their names.
    clusters : (n,) array of int
        Clusters of the rows: the units (for cross-sections, the rows), or what ``cluster`` names.
    n_clusters : int
        Number of clusters.
    cluster_name : str
        Column of the clusters; empty where each row is its own.
    """

    rows: Rows
    warned: Warned
    dropped: dict[str, int]
    used: BoolArray
    outcome: FloatArray
    time: IntArray
    periods: Periods
    unit: IntArray | None
    group: IntArray
    cohort_labels: tuple[Label, ...]
    cohort_values: FloatArray
    first_treated: IntArray
    weights: FloatArray | None
    covariates: FloatArray
    covariate_names: tuple[str, ...]
    clusters: IntArray
    n_clusters: int
    cluster_name: str

    @property
    def n(self) -> int:
        """Rows."""
        return self.outcome.size

    @property
    def n_periods(self) -> int:
        """Periods, T."""
        return len(self.periods)

    @property
    def n_cohorts(self) -> int:
        """Cohorts, C, without the never treated."""
        return len(self.cohort_labels)

    @property
    def cohort_text(self) -> tuple[str, ...]:
        """Labels of the cohorts as text."""
        return tuple(label_text(each) for each in self.cohort_labels)

    @cached_property
    def n_units(self) -> int:
        """Units, N; rows for repeated cross-sections."""
        return self.n if self.unit is None else int(self.unit.max()) + 1

    @cached_property
    def is_in_order(self) -> bool:
        """Whether the rows are unit by unit, each with all periods in order: then a column is a matrix as it stands."""
        return self.unit is not None and is_in_order(self.unit, self.n_units, self.time, self.n_periods)

    @cached_property
    def is_balanced(self) -> bool:
        """Whether every unit is observed in every period."""
        return self.unit is not None and self.n == self.n_units * self.n_periods

    @cached_property
    def units_by_group(self) -> IntArray:
        """Units in each cohort, (C + 1,), the never treated last."""
        codes = self.group if self.unit is None else self.unit_group
        return np.bincount(codes, minlength=self.n_cohorts + 1)

    @property
    def has_never_treated(self) -> bool:
        """Whether some units are never treated."""
        return bool(self.units_by_group[-1] > 0)

    @cached_property
    def unit_group(self) -> IntArray:
        """Cohort of each unit, (N,)."""
        # It is the same in all rows of a unit, so that it does not matter which one is read last; a narrow type
        # keeps the units in the cache.
        out = np.empty(self.n_units, dtype=np.min_scalar_type(self.n_cohorts))
        out[self.unit_codes()] = self.group
        return out.astype(self.group.dtype)

    @cached_property
    def unit_weights(self) -> FloatArray | None:
        """Weight of each unit in its first row, (N,), or None."""
        return None if self.weights is None else self.per_unit(self.weights)

    @cached_property
    def weights_vary(self) -> bool:
        """Whether the weight of some unit changes over time."""
        return self.weights is not None and self.varies_within_unit(self.weights)

    @cached_property
    def unit_clusters(self) -> IntArray | None:
        """Cluster of each unit, (N,); None where each unit is its own.

        Raises
        ------
        DataError
            A unit changes its cluster.
        """
        if self.unit is None or self.clusters is self.unit:
            return None
        if self.varies_within_unit(self.clusters):
            raise DataError(
                f"cluster={self.cluster_name!r} changes within unit {self._where_varies(self.clusters)}; a unit must "
                f"stay in one cluster. Use a column that is fixed over time."
            )
        return self.per_unit(self.clusters)

    def take(self, keep: BoolArray, *, reason: str) -> Panel:
        """Return the panel of some rows; periods and cohorts keep their codes.

        Parameters
        ----------
        keep : (n,) array of bool
            Rows to keep.
        reason : str
            Why the others go.
        """
        used = self.used.copy()
        used[used] = keep
        unit = None if self.unit is None else combine_codes([self.unit[keep]], [self.n_units])[0]
        clusters = combine_codes([self.clusters[keep]], [self.n_clusters])[0]
        if unit is not None and self.clusters is self.unit:
            clusters = unit
        return replace(
            self,
            used=used,
            dropped={**self.dropped, reason: int(keep.size - np.count_nonzero(keep))},
            outcome=self.outcome[keep],
            time=self.time[keep],
            unit=unit,
            group=self.group[keep],
            weights=None if self.weights is None else self.weights[keep],
            covariates=self.covariates[keep],
            clusters=clusters,
            n_clusters=int(clusters.max()) + 1,
        )

    def per_unit(self, values: AnyArray) -> AnyArray:
        """Return the value of each unit in its earliest row, (N, ...)."""
        if self.is_in_order:
            return np.ascontiguousarray(values[:: self.n_periods])
        unit = self.unit_codes()
        out = np.zeros((self.n_units, *values.shape[1:]), dtype=values.dtype)
        if self.is_balanced:
            first = self.time == 0
            out[unit[first]] = values[first]
            return out
        order = np.argsort(-self.time, kind="stable")
        out[unit[order]] = values[order]
        return out

    def varies_within_unit(self, values: AnyArray) -> bool:
        """Whether a column differs between rows of one unit."""
        if self.is_in_order:
            by_unit = values.reshape(self.n_units, self.n_periods)
            return bool(np.any(by_unit != by_unit[:, :1]))
        return bool(np.any(values != self.per_unit(values)[self.unit_codes()]))

    def matrix(self, values: FloatArray) -> FloatArray:
        """Return values by unit and period, (N, T); NaN where a unit was not observed."""
        shape = (self.n_units, self.n_periods)
        if self.is_in_order:
            return values.reshape(shape)
        at = self.unit_codes() * self.n_periods + self.time
        out = np.empty(shape) if self.is_balanced else np.full(shape, np.nan)
        out.ravel()[at] = values
        return out

    def outcome_matrix(self) -> FloatArray:
        """Return the outcome by unit and period, (N, T); NaN where a unit was not observed."""
        return self._outcome_matrix

    @cached_property
    def _outcome_matrix(self) -> FloatArray:
        return self.matrix(self.outcome)

    def event_time(self, cohort: IntArray | int, time: IntArray | int) -> FloatArray:
        """Periods since the first treated one, in units of the scale of the periods; zero in that period."""
        return np.asarray(self.periods.values[time] - self.cohort_values[cohort])

    def unit_label(self, code: int) -> str:
        """Return a unit as the data call it."""
        row = int(np.flatnonzero(self.unit_codes() == code)[0])
        return self.rows.label_in_row("unit", int(np.flatnonzero(self.used)[row]))

    def unit_codes(self) -> IntArray:
        """Return the unit of each row; refused for repeated cross-sections."""
        if self.unit is None:
            raise OptionError("unit=None must name a column here: the same units have to be seen in several periods.")
        return self.unit

    def _where_varies(self, values: IntArray) -> str:
        unit = self.unit_codes()
        return repr(self.unit_label(int(unit[int(np.flatnonzero(values != self.per_unit(values)[unit])[0])])))


def read_panel(
    data: IntoDataFrame,
    *,
    outcome: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: str | Sequence[str] | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    missing: Missing = "raise",
    anticipation: float = 0.0,
    for_few_clusters: bool = False,
) -> Panel:
    """Read the rows of a design in which units are treated from some period on, or never.

    Parameters
    ----------
    data : data frame
        One row per unit and period, or per observation of a cross-section.
    outcome, time : str
        Columns of the outcome and the period.
    unit : str, optional
        Column of the units; without it the rows are repeated cross-sections.
    cohort : str, optional
        First treated period of the row's unit; missing or infinite for units never treated, 0 too where it is
        before all periods.
    treatment : str, optional
        Instead of ``cohort``: 0/1, the unit is treated in the row's period.
    covariates, cluster, weights : str, optional
        Columns.
    missing : {"raise", "drop"}
        What to do with missing values.
    anticipation : float
        Periods before the first treated one in which the treatment may already act.
    for_few_clusters : bool
        Whether the method is made for few clusters, so that they need no warning.

    Returns
    -------
    Panel
        Without the units that are treated, or anticipate it, in all periods.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.
    """
    if (cohort is None) == (treatment is None):
        raise OptionError(
            "Give one of cohort= (first treated period of the unit) and treatment= (0/1: treated in this row); "
            f"got {'neither' if cohort is None else 'both'}."
        )
    if treatment is not None and unit is None:
        raise OptionError(
            "treatment= by row needs unit=, to see when each unit was first treated; for repeated cross-sections "
            "give cohort=, the first treated period of the group that the row belongs to."
        )
    roles = {"outcome": outcome, "unit": unit, "time": time, "cohort": cohort, "treatment": treatment}
    rows = read_rows(
        data,
        roles={**roles, "covariates": covariates, "cluster": cluster, "weights": weights},
        missing=missing,
        may_be_missing=("cohort",),
    )
    warned = Warned()
    times = rows.times()
    if len(times) < 2:
        raise DesignError(
            f"time={time!r} has the one period {times.text[0]!r} in {counted(rows.n_used, 'row')}; a difference over "
            f"time needs at least two."
        )
    periods = read_periods([label for (label,) in times.labels])
    units = None if unit is None else Units(*rows.codes("unit"))
    if units is not None:
        _refuse_duplicates(rows, units, times)
    if treatment is not None and units is not None:
        cohorts = cohorts_from_treatment(rows, units, times, periods)
    else:
        cohorts = cohorts_given(rows, units, times, periods)
    cohorts = late_as_never(cohorts, periods, anticipation, warned)
    cohorts, keep, dropped = without_always_treated(units, cohorts, periods, anticipation, warned)
    panel = _assemble(rows, warned, times, periods, units, cohorts, keep, dropped)
    _refuse_one_arm(panel)
    if not for_few_clusters:
        _warn_of_few_clusters(panel)
    return panel


def _assemble(
    rows: Rows,
    warned: Warned,
    times: Levels,
    periods: Periods,
    units: Units | None,
    cohorts: Cohorts,
    keep: BoolArray | None,
    dropped: dict[str, int],
) -> Panel:
    """Put the arrays of the rows kept together."""
    n = rows.n_used if keep is None else int(keep.sum())

    def pick(column: AnyArray) -> AnyArray:
        return column if keep is None else column[keep]

    def pick_codes(codes: IntArray, n_codes: int) -> IntArray:
        return codes if keep is None else combine_codes([codes[keep]], [n_codes])[0]

    unit = None if units is None else pick_codes(units.codes, units.n)
    cluster_name = next(iter(rows.names("cluster") or rows.names("unit")), "")
    if rows.names("cluster") and rows.names("cluster") != rows.names("unit"):
        clusters = pick_codes(*_clusters(rows))
    else:
        clusters = np.arange(n) if unit is None else unit
    covariates = rows.covariates() if rows.names("covariates") else None
    return Panel(
        rows=rows,
        warned=warned,
        dropped={**rows.dropped, **dropped},
        used=np.ones(rows.n_used, dtype=bool) if keep is None else keep,
        outcome=pick(rows.numbers("outcome")),
        time=pick(times.codes),
        periods=periods,
        unit=unit,
        group=pick(cohorts.by_row()),
        cohort_labels=cohorts.labels,
        cohort_values=cohorts.values,
        first_treated=np.append(np.searchsorted(periods.values, cohorts.values), len(periods)).astype(np.int64),
        weights=pick(rows.weights()) if rows.names("weights") else None,
        covariates=np.empty((n, 0)) if covariates is None else pick(covariates.values),
        covariate_names=() if covariates is None else covariates.names,
        clusters=clusters,
        n_clusters=int(clusters.max()) + 1,
        cluster_name=cluster_name,
    )


def _clusters(rows: Rows) -> tuple[IntArray, int]:
    codes, n_clusters = rows.codes("cluster")
    if n_clusters < 2:
        raise DesignError(
            f"cluster={rows.names('cluster')[0]!r} has the same value in all {counted(rows.n_used, 'row')}; clustered "
            f"errors need at least two clusters, and some dozens to be trusted."
        )
    return codes, n_clusters


def _refuse_one_arm(panel: Panel) -> None:
    """Raise unless some units are treated within the data and others are not, for a time at least."""
    n_never = int(panel.units_by_group[-1])
    what = "unit" if panel.unit is not None else "row"
    if panel.n_cohorts == 0:
        raise DesignError(
            f"Nobody is first treated after the first period: 0 {what}s treated, {counted(n_never, what)} never. "
            f"Look at the column of the cohorts: it must hold the first treated period."
        )
    if n_never == 0 and panel.n_cohorts == 1:
        raise DesignError(
            f"There are no controls: all {counted(int(panel.units_by_group[0]), what)} are first treated in "
            f"{panel.cohort_text[0]!r}, none later or never. A difference-in-differences needs units that are not yet "
            f"treated."
        )


def _warn_of_few_clusters(panel: Panel) -> None:
    if panel.n_clusters >= FEW_CLUSTERS:
        return
    own = panel.unit is not None and panel.clusters is panel.unit
    what = "units" if own else f"clusters of {panel.cluster_name!r}" if panel.cluster_name else "rows"
    panel.warned.add(
        f"Only {panel.n_clusters} {what}: intervals that count on many of them are too short. Look at the wild cluster "
        f"bootstrap or at randomisation inference.",
        DesignWarning,
    )


def _refuse_duplicates(rows: Rows, units: Units, times: Levels) -> None:
    """Raise if a unit has two rows in one period."""
    if is_in_order(units.codes, units.n, times.codes, len(times)):
        return
    at = units.codes * len(times) + times.codes
    n_cells = units.n * len(times)
    if n_cells <= 8 * at.size:
        seen = np.zeros(n_cells, dtype=bool)
        seen[at] = True
        if np.count_nonzero(seen) == at.size:
            return
    cells, count = np.unique(at, return_counts=True)
    twice = np.flatnonzero(count > 1)
    if twice.size:
        row = int(np.flatnonzero(at == cells[twice[0]])[0])
        raise DataError(
            f"Unit {rows.label_in_row('unit', row)!r} of unit={rows.names('unit')[0]!r} has {count[twice[0]]} rows in "
            f"period {times.text[times.codes[row]]!r} of time={times.names[0]!r}; {twice.size:,} pairs of unit and "
            f"period occur more than once. Keep one row for each, or leave out unit= if the rows are repeated "
            f"cross-sections."
        )


def _first_by_unit(units: Units, values: IntArray) -> IntArray:
    out = np.empty(units.n, dtype=np.int64)
    out[units.codes] = values
    return out
