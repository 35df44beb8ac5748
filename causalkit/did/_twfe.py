"""The coefficient of a treatment dummy with unit and period effects, and what it is an average of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._did_decomposition import NOTHING, comparisons, effect_weights
from causalkit._numerics._did_regression import fit_cells, period_dummies
from causalkit._validate import counted
from causalkit.did._cells import read_cells, warn_of_absorbed
from causalkit.did._covariance import read_inference
from causalkit.did._finish import finish, standard_checks
from causalkit.errors import DesignError, DesignWarning
from causalkit.results import Check, Effect

if TYPE_CHECKING:
    from causalkit._numerics._did_decomposition import Comparisons, EffectWeights
    from causalkit._numerics._did_regression import CellFit
    from causalkit._typing import Columns, IntoDataFrame, Missing, Verdict
    from causalkit.did._cells import Cells
    from causalkit.did._covariance import CovType, EffectsCounted
    from causalkit.did._result import DidResult

__all__ = ["comparisons_of", "fit_static", "twfe"]


def twfe(
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
    cov_type: CovType = "CR1",
    count_effects: EffectsCounted = "nested",
    missing: Missing = "raise",
) -> DidResult:
    """Two-way fixed effects: the coefficient of being treated, with unit and period effects.

    With one cohort it is the average effect on the treated (ATT) if treated and untreated would have moved in
    parallel. With several cohorts it compares newly treated units with units treated already, so that effects which
    change over time enter with the wrong sign; the call then warns with the numbers, and :func:`group_time`,
    :func:`imputation` or :func:`sun_abraham` answer the question that was meant.

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
    cov_type : {"CR1", "CV3", "HC1", "iid"}
        Clustered; jackknife over clusters, better with few of them; rows independent; rows alike.
    count_effects : {"nested", "none", "full"}
        Fixed effects that count as parameters in the small-sample factor: those not nested in the clusters (fixest,
        reghdfe), none, or all (areg).
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    DidResult
        The coefficient, and a check of what it averages.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.

    Notes
    -----
    Nothing is estimated for the units: they are absorbed by their means, and the period effects solve one system of
    the number of periods. On a balanced panel without weights or covariates, the moments of the cohorts are enough.

    References
    ----------
    de Chaisemartin, C. and D'Haultfoeuille, X. (2020). American Economic Review 110(9), 2964-2996. Goodman-Bacon, A.
    (2021). Journal of Econometrics 225(2), 254-277.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit import did
    >>> df = pd.DataFrame(
    ...     {
    ...         "shop": [s for s in range(40) for _ in range(3)],
    ...         "week": [1, 2, 3] * 40,
    ...         "launch": [2 if s < 20 else None for s in range(40) for _ in range(3)],
    ...     }
    ... )
    >>> df["sales"] = df.shop % 7 + df.week + 5.0 * (df.week >= df.launch) + (df.shop * df.week) % 3
    >>> round(did.twfe(df, outcome="sales", unit="shop", time="week", cohort="launch").estimate, 4)
    5.075
    """
    inference = read_inference(cov_type, count_effects, cluster, time)
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
    fit = fit_static(cells)
    column = np.array([cells.panel.n_periods - 1])
    found = inference.covariance(cells, fit, column)
    check = _weights_check(cells, fit)
    effect = Effect(
        estimand="TWFE coefficient" if cells.is_staggered else "ATT",
        estimate=float(fit.coefficients[column[0]]),
        std_error=float(np.sqrt(found.matrix[0, 0])),
        df=float(np.min(found.df)),
    )
    return finish(
        cells,
        method="Two-way fixed effects",
        effect=effect,
        path=None,
        checks=(*standard_checks(cells, None), check),
        options={"cov_type": cov_type, "count_effects": count_effects, "missing": missing},
    )


def fit_static(cells: Cells) -> CellFit:
    """Regress the outcome on the treatment, with unit and period effects and covariates."""
    n_periods = cells.panel.n_periods
    design = np.concatenate(
        [period_dummies(*cells.treated.shape), cells.treated[:, :, None].astype(np.float64)], axis=2
    )
    fit = fit_cells(cells.paths.system(cells.everything), design)
    if n_periods - 1 not in fit.kept:
        raise DesignError(
            "Units and periods explain the treatment completely: in no period are treated and untreated units seen "
            "side by side whose treatment changes. Look at the rows by cohort and period."
        )
    warn_of_absorbed(cells, fit.kept, n_periods)
    return fit


def comparisons_of(cells: Cells) -> Comparisons | None:
    """Decompose the coefficient into two-by-two comparisons; None unless the panel is balanced, and plain."""
    panel = cells.panel
    if not panel.is_balanced or panel.weights is not None or panel.covariate_names:
        return None
    present = np.flatnonzero(panel.units_by_group > 0)
    mean = np.array(cells.paths.system(cells.everything).sums[:, :, 0]) / np.maximum(panel.units_by_group, 1)[:, None]
    found = comparisons(mean[present], panel.units_by_group[present].astype(np.float64), panel.first_treated[present])
    return type(found)(
        treated=present[found.treated], control=present[found.control], estimate=found.estimate, weight=found.weight
    )


def _weights_check(cells: Cells, fit: CellFit) -> Check:
    """Say what the coefficient averages, and warn where it mixes up cohorts."""
    question = "Is the coefficient an average of effects with weights that make sense?"
    if not cells.is_staggered:
        return Check(
            name="weights",
            question=question,
            verdict="supported",
            reading="All treated units start in the same period, so that nobody treated already serves as a control.",
        )
    found = effect_weights(fit.system, cells.treated)
    shown = _in_words(found, comparisons_of(cells), cells.panel.n_cohorts)
    cells.panel.warned.add(
        f"{shown} Effects that change over time bias it. Use did.group_time, did.imputation or did.sun_abraham; "
        f"did.bacon_decomposition and did.twfe_weights show the details.",
        DesignWarning,
    )
    negative = bool(np.any(found.weight < -NOTHING))
    verdict: Verdict = "violated" if negative else "questionable"
    return Check(name="weights", question=question, verdict=verdict, reading=shown)


def _in_words(found: EffectWeights, pairs: Comparisons | None, n_cohorts: int) -> str:
    used = found.weight[found.share > 0]
    negative = used < -NOTHING
    text = (
        f"Two-way fixed effects with {counted(n_cohorts, 'cohort')}: {int(negative.sum())} of "
        f"{counted(used.size, 'effect')} by cohort and period "
        f"{'enters' if negative.sum() == 1 else 'enter'} with a negative weight (sum {used[negative].sum():.3g})"
    )
    if pairs is None:
        return f"{text}."
    forbidden = (pairs.control < n_cohorts) & (pairs.control < pairs.treated)
    return f"{text}, and {pairs.weight[forbidden].sum():.1%} of the coefficient takes treated units as controls."
