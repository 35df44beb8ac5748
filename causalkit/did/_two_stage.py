"""Gardner's two stages: remove unit and period effects, then regress on the treatment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_imputation import second_stage
from causalkit.did._cells import event_text, read_cells
from causalkit.did._covariance import one_cluster
from causalkit.did._finish import event_path, finish, standard_checks
from causalkit.did._first_stage import first_stage
from causalkit.results import Effect

if TYPE_CHECKING:
    from causalkit._typing import Columns, IntoDataFrame, Missing
    from causalkit.did._result import DidResult

__all__ = ["two_stage"]


def two_stage(
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
    missing: Missing = "raise",
) -> DidResult:
    """Two-stage differences-in-differences: unit and period effects from untreated rows are removed from all rows.

    Regressed on being treated, what is left gives the average effect on the treated (ATT), if treated and untreated
    would have moved in parallel and nobody anticipated; regressed on the event times, the effects along them. The
    estimates are those of :func:`imputation`, the standard errors are not: these allow for the error of the first
    stage by the generalised method of moments.

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
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    DidResult
        The average over all treated rows, and by event time. Before zero these are mean residuals of the first stage,
        which the first stage itself pulls towards zero.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.

    Notes
    -----
    There is no small-sample factor, as in R's did2s, and intervals are from the normal distribution.

    References
    ----------
    Gardner, J. (2022). Two-stage differences in differences. arXiv:2207.05943. Butts, K. and Gardner, J. (2022). The R
    Journal 14(3), 162-173.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(60, rng=0, n_periods=5, cohorts=(3, 4), noise=0.1).data
    >>> roles = dict(outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found = did.two_stage(df, **roles)
    >>> found.path.effects.select(("0", "1", "2")).estimates.round(1).tolist()
    [4.1, 5.1, 8.0]
    """
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
    times = cells.event_times(first.used)
    by_time = first.used[:, :, None] & (cells.event_time[:, :, None] == times)
    overall, variance, _ = second_stage(cells.paths, first.fit, first.imputable[:, :, None].astype(np.float64))
    estimates, cov, _ = second_stage(cells.paths, first.fit, by_time.astype(np.float64))
    path = event_path(
        cells,
        times,
        [event_text(each) for each in times.tolist()],
        estimates,
        (cov + cov.T) / 2.0,
        df=math.inf,
        n_treated=[cells.rows_at(by_time[:, :, j]) for j in range(times.size)],
    )
    effect = Effect(estimand="ATT", estimate=float(overall[0]), std_error=float(np.sqrt(max(variance[0, 0], 0.0))))
    return finish(
        cells,
        method="Two-stage differences-in-differences (Gardner)",
        effect=effect,
        path=path,
        checks=standard_checks(cells, path),
        options={"missing": missing},
        used=first.used,
    )
