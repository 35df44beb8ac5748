"""Leads and lags of treatment with unit and period effects, in one regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_regression import fit_cells, period_dummies
from causalkit._validate import listed, whole
from causalkit.did._cells import event_text, read_cells, warn_of_absorbed
from causalkit.did._covariance import read_inference
from causalkit.did._finish import event_path, finish, standard_checks
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.results import Effect

if TYPE_CHECKING:
    from causalkit._numerics._did_regression import CellFit
    from causalkit._typing import BoolArray, Columns, FloatArray, IntArray, IntoDataFrame, Missing
    from causalkit.did._cells import Cells
    from causalkit.did._covariance import CovType, EffectsCounted
    from causalkit.did._result import DidResult

__all__ = ["Bins", "bins_of", "event_study", "window_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bins:
    """Event times that get a coefficient of their own.

    Attributes
    ----------
    times : (k,) array
        Event times, without the reference.
    labels : tuple of str
        In words.
    members : (C + 1, T, k) array of bool
        Cells of each.
    """

    times: FloatArray
    labels: tuple[str, ...]
    members: BoolArray


def event_study(
    data: IntoDataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    cluster: Columns | None = None,
    weights: str | None = None,
    reference: int = -1,
    window: tuple[int, int] | None = None,
    cov_type: CovType = "CR1",
    count_effects: EffectsCounted = "nested",
    missing: Missing = "raise",
) -> DidResult:
    """Event study by two-way fixed effects: one coefficient for each period before and after treatment starts.

    With one cohort each coefficient is the average effect on the treated that long after the start, if treated and
    untreated would have moved in parallel. With several cohorts a coefficient also takes in effects of other event
    times, with weights that sum to zero; the call then warns with their size, and :func:`sun_abraham` or
    :func:`imputation` keep event times apart.

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
        Columns to hold fixed that change over time; those constant within units are absorbed.
    cluster : str or list of str, optional
        Column of clusters in which units are nested; the units themselves when not given. With the column of the
        periods beside it, errors are clustered in both ways.
    weights : str, optional
        Column of weights, inverse to the error variances.
    reference : int
        Event time that the others are measured from.
    window : tuple of two int, optional
        First and last event time with a coefficient of its own; what lies beyond is pooled into these two.
    cov_type, count_effects : str
        As in :func:`twfe`.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    DidResult
        The plain average of the coefficients after the start, and all coefficients with their joint covariance, from
        which pointwise and uniform (sup-t) bands follow.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.

    Notes
    -----
    Units never treated are the controls. Without any, those of the last cohort are, and the periods from its start on
    are left out: otherwise event time, cohort and period could not be told apart.

    References
    ----------
    Freyaldenhoven, S., Hansen, C., Perez Perez, J. and Shapiro, J. M. (2021). Visualization, identification, and
    estimation in the linear panel event-study design. NBER Working Paper 29170. Sun, L. and Abraham, S. (2021).
    Journal of Econometrics 225(2), 175-199, proposition 3.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(60, rng=0, n_periods=5, cohorts=(3,), noise=0.1).data  # one launch: no warning
    >>> found = did.event_study(df, outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found.path.effects.labels
    ('-2', '0', '1', '2')
    >>> found.path.reference, round(found.path.effects["0"].estimate, 1)
    (-1.0, 6.0)
    """
    inference = read_inference(cov_type, count_effects, cluster, time)
    whole("reference", reference, least=-10_000)
    cells = read_cells(
        data,
        outcome=outcome,
        unit=unit,
        time=time,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=inference.cluster,
        weights=weights,
        missing=missing,
    )
    bins = bins_of(cells, float(reference), window)
    n_periods = cells.panel.n_periods
    design = np.concatenate([period_dummies(*cells.treated.shape), bins.members.astype(np.float64)], axis=2)
    fit = fit_cells(cells.paths.system(cells.clean), design)
    warn_of_absorbed(cells, fit.kept, design.shape[2])
    kept = _identified(cells, fit, bins, n_periods - 1)
    columns = kept + n_periods - 1
    found = inference.covariance(cells, fit, columns)
    _warn_of_mixing(cells, fit, bins, kept)
    times, df = bins.times[kept], float(np.min(found.df))
    path = event_path(
        cells,
        times,
        [bins.labels[j] for j in kept.tolist()],
        fit.coefficients[columns],
        found.matrix,
        df=df,
        reference=float(reference),
        n_treated=[cells.rows_at(bins.members[:, :, j]) for j in kept.tolist()],
    )
    post = (times >= 0) / max(int(np.count_nonzero(times >= 0)), 1)
    effect = Effect(
        estimand="ATT" if not cells.is_staggered else "mean of the lags",
        estimate=float(post @ path.effects.estimates),
        std_error=float(np.sqrt(post @ found.matrix @ post)),
        df=df,
    )
    return finish(
        cells,
        method="Event study by two-way fixed effects",
        effect=effect,
        path=path,
        checks=standard_checks(cells, path),
        options={
            "reference": reference,
            "window": None if window is None else f"{window[0]} to {window[1]}",
            "cov_type": cov_type,
            "count_effects": count_effects,
            "missing": missing,
        },
        used=cells.clean,
    )


def bins_of(cells: Cells, reference: float, window: tuple[int, int] | None) -> Bins:
    """Return the event times with a coefficient, the ends of the window pooled with what lies beyond."""
    inside = cells.clean & (np.arange(cells.treated.shape[0]) != cells.control)[:, None]
    event_time = np.where(inside, cells.event_time, np.nan)
    if window is not None:
        low, high = window_of(window)
        event_time = np.clip(event_time, low, high)
    found = np.unique(event_time[inside & (cells.n_rows > 0)])
    found = found[~np.isnan(found)]
    if reference not in found:
        raise OptionError(
            f"reference={reference:g} is no event time of the data; there are: {listed(map(event_text, found))}."
        )
    times = found[found != reference]
    if not np.any(times >= 0):
        raise DesignError("No treated unit is seen after treatment while untreated ones are there to compare with.")
    labels = [event_text(each) for each in times.tolist()]
    if window is not None:
        labels = [
            f"{text} or before" if at == low else f"{text} or later" if at == high else text
            for text, at in zip(labels, times.tolist(), strict=True)
        ]
    return Bins(times=times, labels=tuple(labels), members=event_time[:, :, None] == times)


def window_of(window: tuple[int, int]) -> tuple[float, float]:
    try:
        low, high = window
    except (TypeError, ValueError):
        raise OptionError(f"window={window!r} must be two event times, the first and the last: (-4, 5).") from None
    low, high = whole("window", low, least=-10_000), whole("window", high)
    if not low < 0 <= high:
        raise OptionError(f"window={window!r} must run from an event time before zero to one from zero on.")
    return float(low), float(high)


def _identified(cells: Cells, fit: CellFit, bins: Bins, n_nuisance: int) -> IntArray:
    """Coefficients that the rows tell from units and periods."""
    kept = fit.kept[(fit.kept >= n_nuisance) & (fit.kept < n_nuisance + bins.times.size)] - n_nuisance
    if kept.size < bins.times.size:
        gone = [label for j, label in enumerate(bins.labels) if j not in kept]
        cells.panel.warned.add(
            f"Event times {listed(gone)} cannot be told from the others, units and periods, and are left out.",
            DesignWarning,
        )
    return kept


def _warn_of_mixing(cells: Cells, fit: CellFit, bins: Bins, kept: IntArray) -> None:
    """Warn of the effects of other event times that a coefficient takes in."""
    if not cells.is_staggered:
        return
    n_nuisance = fit.coefficients.size - bins.times.size
    system, p = fit.system, fit.coefficients.size
    swept = np.matmul(system.laplacian, fit.design) * system.mask[:, :, None]
    towards = fit.bread[:, kept + n_nuisance]
    share = swept @ towards[:p] + system.sums[:, :, 1:] @ towards[p:]
    others = cells.treated[:, :, None] & ~bins.members[:, :, kept]
    mixed = np.abs(share * others).sum(axis=(0, 1))
    worst = int(np.argmax(mixed))
    if mixed[worst] < 1e-8:
        return
    label = bins.labels[int(kept[worst])]
    cells.panel.warned.add(
        f"Two-way fixed effects with {cells.panel.n_cohorts} cohorts: the coefficient of event time {label} also takes "
        f"in effects of other event times, with weights that sum to {mixed[worst]:.3g} in absolute value (to zero with "
        f"their signs). Where cohorts differ in their effects, did.sun_abraham, did.imputation or did.group_time keep "
        f"event times apart.",
        DesignWarning,
    )
