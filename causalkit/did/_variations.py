"""The same effect estimated otherwise: other controls, without one cluster or cohort, at dates before the start."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from causalkit._validate import choice, counted, whole
from causalkit._warnings import Warned
from causalkit.did._group_time import Settings, fit_cells
from causalkit.did._panel import read_panel
from causalkit.errors import CausalkitWarning, DesignError, OptionError
from causalkit.results import Effect, Effects, Record, Table

if TYPE_CHECKING:
    from causalkit._numerics._did_doubly_robust import Method
    from causalkit._typing import Columns, IntoDataFrame, Missing
    from causalkit.did._panel import Panel

__all__ = ["Variations", "alternative_controls", "leave_one_out", "placebo_dates"]

LeftOut = Literal["cluster", "cohort"]
MOST_CLUSTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variations(Record):
    """An effect and its variations.

    Attributes
    ----------
    title : str
        What was varied.
    original : Effect
        The effect as usually estimated.
    effects : Effects
        The variations, one after another; their covariance has variances alone. NaN where one could not be estimated.
    warnings : tuple of str
        What single variations warn of that the usual estimate does not, and why those without an estimate have none;
        each begins with its label.
    """

    title: str
    original: Effect
    effects: Effects
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of variations."""
        return len(self.effects)

    def __getitem__(self, label: str) -> Effect:
        """Return one of the variations."""
        return self.effects[label]

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest of the variations."""
        found = self.effects.estimates[np.isfinite(self.effects.estimates)]
        return (float(found.min()), float(found.max())) if found.size else (math.nan, math.nan)

    def table(self, level: float = 0.95) -> Table:
        """Return one row per variation; the note says what single ones warn of."""
        usual = f"As usually estimated: {self.original.estimate:+,.4g} {self.original.conf_int(level).format()}."
        return Table(
            title=self.title,
            columns=self.effects.table(level).columns,
            note=" ".join([usual, *self.warnings[:3]]) + (" More in .warnings." if len(self.warnings) > 3 else ""),
        )

    def __str__(self) -> str:
        """Return the table as text."""
        return str(self.table())


def alternative_controls(
    data: IntoDataFrame,
    *,
    outcome: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    method: Method = "doubly_robust",
    anticipation: float = 0,
    cluster: str | None = None,
    weights: str | None = None,
    missing: Missing = "raise",
) -> Variations:
    """Estimate the effect with never-treated controls, with those not yet treated too, and with the latter alone.

    If the answers differ, the controls do not all move alike, and parallel trends cannot hold with each of them.

    Parameters
    ----------
    data : data frame
        One row per unit and period, or per observation of a cross-section.
    outcome, time : str
        Columns of the outcome and the period.
    unit : str, optional
        Column of the units; without it the rows are repeated cross-sections.
    cohort, treatment : str, optional
        One of the two: first treated period of the unit (missing for never), or 0/1 by row.
    covariates : str or list of str, optional
        Columns given which trends are parallel.
    method : {"doubly_robust", "regression", "ipw"}
        What covariates do.
    anticipation : float
        Periods before the first treated one in which the treatment may already act.
    cluster : str, optional
        Column of groups of units within which errors may be correlated; the units when not given.
    weights : str, optional
        Column of weights.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    Variations
        Overall effect on the treated for each control group that the data have.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Journal of Econometrics 225(2), 200-230, section 2.2.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(400, rng=1).data
    >>> found = did.alternative_controls(df, outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found.effects.labels
    ('never treated', 'not yet treated', 'treated later')
    """
    panel = read_panel(
        data,
        outcome=outcome,
        time=time,
        unit=unit,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=cluster,
        weights=weights,
        missing=missing,
        anticipation=anticipation,
    )
    settings = _settings(panel, method, anticipation)
    trials = _Trials(panel, settings)
    not_yet = replace(settings, control_group="not_yet_treated")
    if panel.has_never_treated:
        trials.add("never treated", panel, settings)
    trials.add("not yet treated", panel, not_yet)
    if panel.has_never_treated and panel.n_cohorts > 1:
        trials.add("treated later", panel.take(panel.group < panel.n_cohorts, reason="never treated"), not_yet)
    return trials.variations("Effect by control group")


def leave_one_out(
    data: IntoDataFrame,
    *,
    outcome: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    treatment: str | None = None,
    left_out: LeftOut = "cluster",
    covariates: Columns | None = None,
    method: Method = "doubly_robust",
    anticipation: float = 0,
    cluster: str | None = None,
    weights: str | None = None,
    missing: Missing = "raise",
) -> Variations:
    """Estimate the effect without each cluster, or without each cohort, in turn.

    An effect that one cluster carries alone is a story of that cluster.

    Parameters
    ----------
    data : data frame
        One row per unit and period, or per observation of a cross-section.
    outcome, time : str
        Columns of the outcome and the period.
    unit : str, optional
        Column of the units; without it the rows are repeated cross-sections.
    cohort, treatment : str, optional
        One of the two: first treated period of the unit (missing for never), or 0/1 by row.
    left_out : {"cluster", "cohort"}
        What is left out in turn; without ``cluster=`` a cluster is a unit.
    covariates : str or list of str, optional
        Columns given which trends are parallel.
    method : {"doubly_robust", "regression", "ipw"}
        What covariates do.
    anticipation : float
        Periods before the first treated one in which the treatment may already act.
    cluster : str, optional
        Column of groups of units within which errors may be correlated; the units when not given.
    weights : str, optional
        Column of weights.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    Variations
        Overall effect on the treated without each; NaN where no effect is left.

    Raises
    ------
    OptionError
        More than 500 clusters: name a coarser column.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(300, rng=1).data
    >>> roles = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}
    >>> found = did.leave_one_out(df, **roles, left_out="cohort")
    >>> len(found), found.range[0] < found.original.estimate < found.range[1]
    (3, True)
    """
    choice("left_out", left_out, get_args(LeftOut))
    panel = read_panel(
        data,
        outcome=outcome,
        time=time,
        unit=unit,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=cluster,
        weights=weights,
        missing=missing,
        anticipation=anticipation,
    )
    settings = _settings(panel, method, anticipation)
    if left_out == "cohort":
        groups, labels = panel.group, panel.cohort_text
    else:
        groups, labels = panel.clusters, _cluster_labels(panel)
    trials = _Trials(panel, settings)
    for code, label in enumerate(labels):
        keep = groups != code
        if (keep & (panel.group < panel.n_cohorts)).any():
            trials.add(label, panel if keep.all() else panel.take(keep, reason=f"without {label}"), settings)
        else:
            trials.leave_out(label, "nobody treated is left.")
    return trials.variations(f"Effect without one {left_out}")


def placebo_dates(
    data: IntoDataFrame,
    *,
    outcome: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    method: Method = "doubly_robust",
    anticipation: float = 0,
    most: int = 5,
    cluster: str | None = None,
    weights: str | None = None,
    missing: Missing = "raise",
) -> Variations:
    """Pretend that treatment started earlier, and estimate on the rows before it really did.

    Where nothing happened nothing should be found.

    Parameters
    ----------
    data : data frame
        One row per unit and period, or per observation of a cross-section.
    outcome, time : str
        Columns of the outcome and the period.
    unit : str, optional
        Column of the units; without it the rows are repeated cross-sections.
    cohort, treatment : str, optional
        One of the two: first treated period of the unit (missing for never), or 0/1 by row.
    covariates : str or list of str, optional
        Columns given which trends are parallel.
    method : {"doubly_robust", "regression", "ipw"}
        What covariates do.
    anticipation : float
        Periods before the first treated one in which the treatment may already act.
    most : int
        Largest number of periods by which the start is moved.
    cluster : str, optional
        Column of groups of units within which errors may be correlated; the units when not given.
    weights : str, optional
        Column of weights.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    Variations
        Overall effect for each number of periods that the data allow.

    Raises
    ------
    DesignError
        No cohort has two periods before treatment.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(400, rng=2, cohorts=(6,)).data
    >>> found = did.placebo_dates(df, outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found.effects.labels, bool(abs(found["2 periods earlier"].estimate) < 0.5 * found.original.estimate)
    (('1 period earlier', '2 periods earlier', '3 periods earlier', '4 periods earlier'), True)
    """
    whole("most", most, least=1)
    panel = read_panel(
        data,
        outcome=outcome,
        time=time,
        unit=unit,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=cluster,
        weights=weights,
        missing=missing,
        anticipation=anticipation,
    )
    settings = _settings(panel, method, anticipation)
    trials = _Trials(panel, settings)
    for shift in range(1, min(most, panel.n_periods) + 1):
        moved = _moved(panel, shift, anticipation)
        if moved is not None:
            trials.add(f"{counted(shift, 'period')} earlier", moved, settings)
    if not trials.found:
        raise DesignError("No cohort has two periods before treatment: there is no earlier date to pretend.")
    return trials.variations("Effect at dates before treatment")


def _settings(panel: Panel, method: Method, anticipation: float) -> Settings:
    return Settings(
        method=method,
        control_group="never_treated" if panel.has_never_treated else "not_yet_treated",
        anticipation=anticipation,
    )


class _Trials:
    """The usual estimate, which warns as always, and its variations, whose own warnings are kept by label."""

    def __init__(self, panel: Panel, settings: Settings) -> None:
        self.panel = panel
        self.original = fit_cells(panel, settings).effect
        self.found: list[tuple[str, Effect]] = []
        self.said: list[str] = []

    def add(self, label: str, panel: Panel, settings: Settings) -> None:
        """Estimate one variation; if its rows do not allow it, say why."""
        alone = Warned()
        with warnings.catch_warnings(record=True):  # They go into ``alone``, and from there into the record.
            warnings.simplefilter("always", CausalkitWarning)
            try:
                effect = fit_cells(replace(panel, warned=alone), settings).effect
            except DesignError as why:
                self.leave_out(label, str(why))
                return
        self.found.append((label, effect))
        self.said += [f"{label}: {each}" for each in alone.messages if each not in self.panel.warned.messages]

    def leave_out(self, label: str, why: str) -> None:
        """Record a variation that has no estimate."""
        self.found.append((label, Effect(estimand="ATT", estimate=math.nan, std_error=math.nan)))
        self.said.append(f"{label}: {why}")

    def variations(self, title: str) -> Variations:
        """Return the record."""
        labels, effects = zip(*self.found, strict=True)
        return Variations(
            title=title,
            original=self.original,
            effects=Effects(
                dimension="variation",
                labels=labels,
                estimates=np.array([each.estimate for each in effects]),
                cov=np.diag([each.std_error**2 for each in effects]),
                df=self.original.df,
            ),
            warnings=tuple(self.said),
        )


def _moved(panel: Panel, shift: int, anticipation: float) -> Panel | None:
    """The panel before treatment, as if each cohort had started so many periods earlier; None without a cohort."""
    # Cohorts in order of their start: the first ones would have no period left before.
    gone = int(np.count_nonzero(panel.first_treated[: panel.n_cohorts] <= shift))
    if gone == panel.n_cohorts:
        return None
    # Rows in which the real treatment may act are left out, and for the controls what is later than all others.
    until = np.searchsorted(panel.periods.values, panel.cohort_values - anticipation)
    until = np.append(until, until[-1])
    position = panel.first_treated[gone : panel.n_cohorts] - shift
    moved = replace(
        panel,
        group=panel.group - gone,
        first_treated=np.append(position, panel.n_periods).astype(np.int64),
        cohort_values=panel.periods.values[position],
        cohort_labels=tuple(panel.periods.labels[each] for each in position.tolist()),
    )
    keep = (panel.group >= gone) & (panel.time < until[panel.group])
    return moved.take(keep, reason="treated, or without an earlier period")


def _cluster_labels(panel: Panel) -> tuple[str, ...]:
    """Name the clusters."""
    if panel.n_clusters > MOST_CLUSTERS:
        raise OptionError(
            f"{panel.n_clusters:,} clusters would be left out in turn, more than {MOST_CLUSTERS}; name a coarser "
            f"column with cluster=."
        )
    role = "cluster" if panel.rows.names("cluster") else "unit"
    first = np.zeros(panel.n_clusters, dtype=np.int64)
    first[panel.clusters[::-1]] = np.arange(panel.n)[::-1]
    if not panel.rows.names(role):
        return tuple(str(each) for each in range(panel.n_clusters))
    at = np.flatnonzero(panel.used)[first]
    return tuple(panel.rows.label_in_row(role, each) for each in at.tolist())
