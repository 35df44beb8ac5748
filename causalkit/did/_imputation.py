"""Imputation: treated outcomes compared with what untreated rows predict for them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_imputation import imputed, imputed_scores
from causalkit._numerics._did_regression import fit_cells, period_dummies
from causalkit._validate import whole
from causalkit.did._cells import event_text, read_cells
from causalkit.did._covariance import one_cluster
from causalkit.did._finish import event_path, finish, standard_checks
from causalkit.did._first_stage import first_stage
from causalkit.results import Effect

if TYPE_CHECKING:
    from causalkit._numerics._did_regression import CellFit
    from causalkit._typing import Columns, FloatArray, IntArray, IntoDataFrame, Missing
    from causalkit.did._cells import Cells
    from causalkit.did._first_stage import FirstStage
    from causalkit.did._result import DidResult

__all__ = ["imputation"]

# Leads that are looked at unless told otherwise: a test of many has little power against any.
LEADS = 3


def imputation(
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
    leads: int | None = None,
    missing: Missing = "raise",
) -> DidResult:
    """Imputation estimator: unit and period effects from untreated rows predict the treated rows' untreated outcome.

    The average over treated rows of outcome less prediction is the average effect on the treated (ATT), if treated
    and untreated would have moved in parallel and nobody anticipated. Among linear unbiased estimators it has the
    least variance where errors are alike and independent.

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
    cluster : str, optional
        Column of clusters in which units are nested; the units themselves when not given.
    weights : str, optional
        Column of weights: of the rows in the first stage, and of the effects in their averages.
    leads : int, optional
        Periods before treatment whose differences are tested, against all earlier ones; three, or as many as there
        are, when not given.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    DidResult
        The average over all treated rows, and by event time. Event times before zero are the leads of a regression on
        untreated rows alone, as the paper tests them; they are not from the same comparison as the effects.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.

    Notes
    -----
    The variance is the conservative one of the paper: effects are measured from the mean of their cohort and period.
    There is no small-sample factor, and intervals are from the normal distribution.

    References
    ----------
    Borusyak, K., Jaravel, X. and Spiess, J. (2024). Review of Economic Studies 91(6), 3253-3285, theorems 2 and 3 and
    section 4.4.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(60, rng=0, n_periods=5, cohorts=(3, 4), noise=0.1).data
    >>> roles = dict(outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found = did.imputation(df, **roles)
    >>> found.path.effects.labels
    ('-2', '-1', '0', '1', '2')
    >>> found.path.effects.select(("0", "1", "2")).estimates.round(1).tolist()
    [4.1, 5.1, 8.0]
    """
    if leads is not None:
        whole("leads", leads)
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
    first = first_stage(cells)
    times, averages = _averages(cells, first)
    effects = imputed(first.fit, averages)
    scores = imputed_scores(cells.paths, first.fit, averages)
    before, lead_fit, columns = _leads(cells, LEADS if leads is None else leads)
    n_leads = before.size
    joint = [scores.among(n_leads, 0), lead_fit.scores(columns).among(0, effects.size)]
    cov = cells.paths.meat(joint if n_leads else [scores])
    cov = (cov + cov.T) / 2.0
    order = np.delete(np.arange(cov.shape[0]), n_leads)
    path = event_path(
        cells,
        np.concatenate([before, times]),
        [event_text(each) for each in (*before.tolist(), *times.tolist())],
        np.concatenate([lead_fit.coefficients[columns], effects[1:]]),
        cov[np.ix_(order, order)],
        df=math.inf,
        n_treated=[cells.rows_at(first.used & (cells.event_time == each)) for each in (*before, *times)],
    )
    effect = Effect(
        estimand="ATT", estimate=float(effects[0]), std_error=float(np.sqrt(max(cov[n_leads, n_leads], 0.0)))
    )
    return finish(
        cells,
        method="Imputation (Borusyak, Jaravel and Spiess)",
        effect=effect,
        path=path,
        checks=standard_checks(cells, path),
        options={"leads": n_leads, "missing": missing},
        used=first.used,
    )


def _averages(cells: Cells, first: FirstStage) -> tuple[FloatArray, FloatArray]:
    """Event times, and the weights of rows in the overall average followed by that of each event time."""
    times = cells.event_times(first.imputable)
    by_time = first.imputable[:, :, None] & (cells.event_time[:, :, None] == times)
    members = np.concatenate([first.imputable[:, :, None], by_time], axis=2)
    return times, members / np.einsum("ctk,ct->k", members, first.fit.system.weight)


def _leads(cells: Cells, most: int) -> tuple[FloatArray, CellFit, IntArray]:
    """Regression of untreated rows on the last periods before treatment, against all earlier ones."""
    untreated = ~cells.treated
    times = cells.event_times(untreated)
    # The first period before treatment has nothing earlier to be compared with.
    times = times[1:][::-1][:most]
    dummies = untreated[:, :, None] & (cells.event_time[:, :, None] == times)
    design = np.concatenate([period_dummies(*untreated.shape), dummies.astype(np.float64)], axis=2)
    fit = fit_cells(cells.paths.system(untreated), design)
    n_nuisance = untreated.shape[1] - 1
    # The nearest come first in the regression, so that what is collinear goes at the far end.
    columns = fit.kept[(fit.kept >= n_nuisance) & (fit.kept < design.shape[2])][::-1]
    return times[columns - n_nuisance], fit, columns
