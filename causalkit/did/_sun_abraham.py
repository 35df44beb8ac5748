"""Sun and Abraham's event study: each cohort's own path, averaged over cohorts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._did_saturated import fit_saturated
from causalkit._validate import choice, counted, listed, whole
from causalkit.did._cells import event_text, read_cells, warn_of_absorbed
from causalkit.did._covariance import cr1, one_cluster
from causalkit.did._finish import event_path, finish, standard_checks
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.results import Effect

if TYPE_CHECKING:
    from causalkit._numerics._did_cells import UnitScores
    from causalkit._numerics._did_saturated import SaturatedFit
    from causalkit._numerics._sandwich import Covariance
    from causalkit._typing import BoolArray, Columns, FloatArray, IntArray, IntoDataFrame, Missing
    from causalkit.did._cells import Cells
    from causalkit.did._result import DidResult

__all__ = ["sun_abraham"]


def sun_abraham(
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
    reference: int = -1,
    cohort_shares: Literal["fixed", "estimated"] = "fixed",
    missing: Missing = "raise",
) -> DidResult:
    """Interaction-weighted event study: the path of each cohort against the untreated, averaged over cohorts.

    Each coefficient is the average effect on the treated (ATT) that long after the start, if treated and untreated
    would have moved in parallel and nobody anticipated; cohorts may differ in their effects.

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
        Columns to hold fixed that change over time; their slopes are common to all cohorts.
    cluster : str, optional
        Column of clusters in which units are nested; the units themselves when not given.
    weights : str, optional
        Column of weights, inverse to the error variances.
    reference : int
        Event time that the others are measured from; where a cohort has no row then, its last one before.
    cohort_shares : {"fixed", "estimated"}
        Whether the shares of the cohorts, which weight their paths, are taken as known (fixest), or their sampling
        error is added (Callaway and Sant'Anna).
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    DidResult
        The average over all treated rows, and the average by event time with their joint covariance.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.

    Notes
    -----
    Units never treated are the controls. Without any, those of the last cohort are, and the periods from its start on
    are left out. Standard errors are CR1 with the period effects and all interactions counted as parameters.

    References
    ----------
    Sun, L. and Abraham, S. (2021). Journal of Econometrics 225(2), 175-199, section 4.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(60, rng=0, n_periods=5, cohorts=(3, 4), noise=0.1).data
    >>> roles = dict(outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found = did.sun_abraham(df, **roles)
    >>> found.path.effects.labels
    ('-3', '-2', '0', '1', '2')
    >>> found.path.effects.select(("0", "1", "2")).estimates.round(1).tolist()
    [4.1, 5.1, 8.0]
    """
    choice("cohort_shares", cohort_shares, ("fixed", "estimated"))
    whole("reference", reference, least=-10_000)
    if reference >= 0:
        raise OptionError(f"reference={reference} must be an event time before treatment, below zero.")
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
    base = _reference_periods(cells, reference)
    fit = fit_saturated(cells.paths.system(cells.clean), base)
    usable = _usable(cells, fit, base)
    warn_of_absorbed(cells, fit.kept_slopes, 0)
    times, members = _members(cells, usable, base, reference)
    shares = members * fit.system.weight[:, :, None]
    shares /= shares.sum(axis=(0, 1))
    contrasts = _contrasts(shares, base, cells.control)
    estimates = np.einsum("ct,ctk->k", fit.path, contrasts)
    scores = fit.scores_of(contrasts)
    if cohort_shares == "estimated":
        scores = _with_share_errors(fit, scores, members, estimates, base, cells.control)
    found = _covariance(cells, fit, usable, base, cells.paths.meat([scores]))
    df = float(np.min(found.df))
    path = event_path(
        cells,
        times,
        [event_text(each) for each in times.tolist()],
        estimates[1:],
        found.matrix[1:, 1:],
        df=df,
        reference=float(reference),
        n_treated=[cells.rows_at(members[:, :, j + 1] > 0) for j in range(times.size)],
    )
    effect = Effect(estimand="ATT", estimate=float(estimates[0]), std_error=float(np.sqrt(found.matrix[0, 0])), df=df)
    _warn_of_single_units(cells)
    return finish(
        cells,
        method="Interaction-weighted event study (Sun and Abraham)",
        effect=effect,
        path=path,
        checks=standard_checks(cells, path),
        options={"reference": reference, "cohort_shares": cohort_shares, "cov_type": "CR1", "missing": missing},
        used=cells.clean,
    )


def _reference_periods(cells: Cells, reference: int) -> IntArray:
    """Period from which the path of each cohort is measured: its last one with rows up to the reference."""
    base = np.zeros(cells.treated.shape[0], dtype=np.int64)
    for cohort in range(cells.panel.n_cohorts):
        if cohort == cells.control:
            continue
        before = np.flatnonzero((cells.event_time[cohort] <= reference) & (cells.n_rows[cohort] > 0))
        if not before.size:
            raise DesignError(
                f"Cohort {cells.panel.cohort_text[cohort]} has no row up to event time {reference}, so that its path "
                f"cannot be measured from there. Choose another reference=, or leave the cohort out."
            )
        base[cohort] = before[-1]
    return base


def _usable(cells: Cells, fit: SaturatedFit, base: IntArray) -> BoolArray:
    """Cells whose effect the rows identify: connected to the reference of the cohort, and so for the controls."""
    control = fit.identified[cells.control]
    usable: BoolArray = fit.identified & control & cells.clean & (cells.n_rows > 0)
    usable &= control[base][:, None]
    usable[cells.control :] = False
    return usable


def _members(cells: Cells, usable: BoolArray, base: IntArray, reference: int) -> tuple[FloatArray, FloatArray]:
    """Event times, and the cells of the overall average followed by those of each event time: (C + 1, T, 1 + k)."""
    free = usable & (np.arange(cells.panel.n_periods) != base[:, None])
    times = cells.event_times(free)
    times = times[times != reference]
    after = usable & cells.treated
    if not after.any():
        raise DesignError("No treated unit is seen after treatment while untreated ones are there to compare with.")
    by_time = free[:, :, None] & (cells.event_time[:, :, None] == times)
    return times, np.concatenate([after[:, :, None], by_time], axis=2).astype(np.float64)


def _contrasts(shares: FloatArray, base: IntArray, control: int) -> FloatArray:
    """Weights of the paths in the averages: cohorts from their reference, less the same of the controls."""
    out = shares.copy()
    np.subtract.at(out, (np.arange(base.size), base), shares.sum(axis=1))
    out[control] -= np.delete(out, control, axis=0).sum(axis=0)
    return out


def _with_share_errors(
    fit: SaturatedFit,
    scores: UnitScores,
    members: FloatArray,
    estimates: FloatArray,
    base: IntArray,
    control: int,
) -> UnitScores:
    """Add what the sampling of the cohorts' sizes does to the averages."""
    path = fit.path - fit.path[np.arange(base.size), base][:, None]
    untreated = fit.path[control]
    effects = path - (untreated[None, :] - untreated[base][:, None])
    share = members / np.einsum("ctk,ct->k", members, fit.system.weight)
    return replace(scores, offset=-share * (effects[:, :, None] - estimates))


def _covariance(cells: Cells, fit: SaturatedFit, usable: BoolArray, base: IntArray, meat: FloatArray) -> Covariance:
    """CR1, with periods, interactions and covariates counted as parameters."""
    system = fit.system
    n = int((system.rows * system.mask).sum())
    interactions = np.count_nonzero(usable) - np.count_nonzero(usable[np.arange(base.size), base])
    k = int(interactions + np.count_nonzero(fit.identified[cells.control]) + fit.kept_slopes.size)
    return cr1(meat, n=n, k=k, n_clusters=cells.paths.n_clusters)


def _warn_of_single_units(cells: Cells) -> None:
    """Warn of cohorts whose own variation no variance can see."""
    single = [
        name
        for name, n in zip(cells.panel.cohort_text, cells.panel.units_by_group[:-1].tolist(), strict=True)
        if n == 1
    ]
    if single:
        cells.panel.warned.add(
            f"{counted(len(single), 'cohort')} with a single unit ({listed(single)}): what varies in it does not "
            f"show in the standard errors, which are too small wherever it weighs much.",
            DesignWarning,
        )
