"""Stacked regressions: each cohort beside controls that stay untreated in a window around its start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._did_stacked import fit_stacked, stack_of
from causalkit._validate import choice, counted, listed
from causalkit.did._cells import event_text, read_cells, warn_of_absorbed
from causalkit.did._covariance import cr1, one_cluster
from causalkit.did._event_study import window_of
from causalkit.did._finish import event_path, finish, standard_checks
from causalkit.errors import DesignError, DesignWarning
from causalkit.results import Effect

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import CellSystem
    from causalkit._numerics._did_stacked import StackedFit
    from causalkit._numerics._sandwich import Covariance
    from causalkit._typing import BoolArray, Columns, FloatArray, IntoDataFrame, Missing
    from causalkit.did._cells import Cells
    from causalkit.did._result import DidResult

__all__ = ["stacked"]


def stacked(
    data: IntoDataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    window: tuple[int, int] | None = None,
    weighting: Literal["treated_shares", "rows"] = "treated_shares",
    missing: Missing = "raise",
) -> DidResult:
    """Stacked difference-in-differences: one clean experiment for each cohort, all in one regression.

    A stack holds the units of one cohort and the units untreated throughout a window around its start, with unit and
    period effects of its own. The coefficient of being treated averages the effects on the treated (ATT) over the
    stacks and the window.

    Parameters
    ----------
    data : data frame
        One row per unit and period; pandas, polars or any frame narwhals reads.
    outcome, unit, time : str
        Columns of the outcome, of who is observed, and of when.
    cohort : str, optional
        Column of the first treated period of the unit; missing for units never treated.
    treatment : str, optional
        Instead of ``cohort``: 0/1, the unit is treated in the row's period. It must stay on.
    covariates : str or list of str, optional
        Columns to hold fixed that change over time; their slopes are common to all stacks.
    cluster : str, optional
        Column of clusters in which units are nested; the units themselves when not given.
    weights : str, optional
        Column of weights, inverse to the error variances.
    window : tuple of two int, optional
        First and last event time; the widest that all cohorts have when not given. Cohorts whose window is not inside
        the data are left out, so that the same cohorts are behind every event time.
    weighting : {"treated_shares", "rows"}
        Whether controls are weighted so that each stack counts by its share of the treated units (Wing, Freedman and
        Hollingsworth), or all rows count alike, and stacks by how much their treatment varies (Cengiz et al.).
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    DidResult
        The coefficient of being treated in the window, and those of the event times from event time -1.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.

    Notes
    -----
    A unit may be in several stacks; errors are clustered by unit, or coarser, over all of them. The small-sample
    factor counts the periods of all stacks as parameters.

    References
    ----------
    Cengiz, D., Dube, A., Lindner, A. and Zipperer, B. (2019). Quarterly Journal of Economics 134(3), 1405-1454,
    appendix D. Wing, C., Freedman, S. M. and Hollingsworth, A. (2024). Stacked difference-in-differences. NBER Working
    Paper 32054, section 4.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(60, rng=0, n_periods=5, cohorts=(3, 4), noise=0.1).data
    >>> roles = dict(outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found = did.stacked(df, window=(-2, 1), **roles)
    >>> found.path.effects.labels
    ('-2', '0', '1')
    >>> found.path.effects.select(("0", "1")).estimates.round(1).tolist()
    [4.1, 5.1]
    """
    choice("weighting", weighting, ("treated_shares", "rows"))
    cells = read_cells(
        data,
        outcome=outcome,
        unit=unit,
        time=time,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=one_cluster(cluster),
        weights=weights,
        missing=missing,
    )
    low, high = _widest(cells) if window is None else window_of(window)
    masks, since = _stacks(cells, low, high)
    shares = _corrective(cells, masks, since) if weighting == "treated_shares" else np.ones(masks.shape[:2])
    times = np.unique(since[~np.isnan(since)])
    times = times[times != -1]
    systems = [cells.paths.system(mask) for mask in masks]
    overall, of_overall = _fit(cells, systems, since, shares, None)
    along, cov = _fit(cells, systems, since, shares, times)
    warn_of_absorbed(cells, along.kept, times.size)
    path = event_path(
        cells,
        times,
        [event_text(each) for each in times.tolist()],
        along.coefficients[: times.size],
        cov.matrix,
        df=float(np.min(cov.df)),
        reference=-1.0,
        n_treated=[int((np.count_nonzero(since == each, axis=0) * cells.n_rows).sum()) for each in times],
    )
    effect = Effect(
        estimand="ATT",
        estimate=float(overall.coefficients[0]),
        std_error=float(np.sqrt(of_overall.matrix[0, 0])),
        df=float(np.min(of_overall.df)),
    )
    return finish(
        cells,
        method="Stacked difference-in-differences",
        effect=effect,
        path=path,
        checks=standard_checks(cells, path),
        options={
            "window": f"{low:g} to {high:g}",
            "weighting": weighting,
            "stacks": masks.shape[0],
            "cov_type": "CR1",
            "missing": missing,
        },
        used=np.asarray(masks.any(axis=0)),
        unused="in no stack",
    )


def _widest(cells: Cells) -> tuple[float, float]:
    """First and last event time that all cohorts have."""
    panel = cells.panel
    low = float((panel.periods.values[0] - panel.cohort_values).max())
    return low, float((panel.periods.values[-1] - panel.cohort_values).min())


def _stacks(cells: Cells, low: float, high: float) -> tuple[BoolArray, FloatArray]:
    """Cells of each stack, (S, C + 1, T), and the event time of its treated cells, NaN elsewhere."""
    panel = cells.panel
    values = panel.periods.values
    masks, since, left_out = [], [], []
    for cohort in range(panel.n_cohorts):
        place = values - panel.cohort_values[cohort]
        inside = (place >= low) & (place <= high)
        # Untreated until the window ends; the never treated are so always.
        control = np.append(panel.cohort_values > panel.cohort_values[cohort] + high, True)
        control &= panel.units_by_group > 0
        complete = np.count_nonzero(inside) == round(high - low) + 1
        if not complete or not control.any():
            left_out.append(panel.cohort_text[cohort])
            continue
        members = control.copy()
        members[cohort] = True
        masks.append(members[:, None] & inside)
        own = np.full(cells.treated.shape, np.nan)
        own[cohort, inside] = place[inside]
        since.append(own)
    if not masks:
        raise DesignError(
            f"No cohort has all event times from {low:g} to {high:g} in the data together with units untreated "
            f"throughout. Choose a shorter window=."
        )
    if left_out:
        panel.warned.add(
            f"{counted(len(left_out), 'cohort')} left out ({listed(left_out, most=3)}): not all event times from "
            f"{low:g} to {high:g} are in the data, or no unit stays untreated throughout.",
            DesignWarning,
        )
    return np.stack(masks), np.stack(since)


def _corrective(cells: Cells, masks: BoolArray, since: FloatArray) -> FloatArray:
    """Weights that make each stack count by its share of the treated units: (S, C + 1)."""
    units = cells.panel.units_by_group
    own = ~np.isnan(since).all(axis=2)
    members = masks.any(axis=2)
    treated = (own * units).sum(axis=1)
    control = ((members & ~own) * units).sum(axis=1)
    factor = (treated / treated.sum()) / (control / control.sum())
    return np.where(own, 1.0, np.where(members, factor[:, None], 0.0))


def _fit(
    cells: Cells, systems: list[CellSystem], since: FloatArray, shares: FloatArray, times: FloatArray | None
) -> tuple[StackedFit, Covariance]:
    """Regress on being treated, or on the event times, and give the covariance of their coefficients."""
    stacks = []
    for system, own, weights in zip(systems, since, shares, strict=True):
        members = own[:, :, None] >= 0 if times is None else own[:, :, None] == times
        stacks.append(stack_of(system, members.astype(np.float64), weights))
    found = fit_stacked(stacks)
    k = 1 if times is None else times.size
    if not np.isin(np.arange(k), found.kept).all():
        raise DesignError("The rows of the stacks do not identify all event times of the window; choose a shorter one.")
    meat = cells.paths.meat(found.scores(k))
    n_parameters = int(found.kept.size) + found.n_periods
    return found, cr1(meat, n=found.rows, k=n_parameters, n_clusters=cells.paths.n_clusters)
