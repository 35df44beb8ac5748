"""Least squares with the same rows and columns, as the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from causalkit._validate import choice
from causalkit.iv._all_terms import all_coefficients
from causalkit.iv._assemble import options_of, sample_of
from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class
from causalkit.iv._result import OlsResult
from causalkit.results import Check, Checks, Effect

if TYPE_CHECKING:
    from causalkit._typing import Columns, IntoDataFrame, Missing
    from causalkit.iv._covariance import CovOption

__all__ = ["ols"]


def ols(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: Columns,
    exogenous: Columns | None = None,
    absorb: Columns | None = None,
    cluster: Columns | None = None,
    weights: str | None = None,
    cov_type: CovOption = None,
    terms: Literal["endogenous", "all"] = "endogenous",
    missing: Missing = "raise",
) -> OlsResult:
    """Least squares: the baseline that an instrument is compared with.

    It is the effect of the treatment only if nothing unobserved moves both treatment and outcome.

    Parameters
    ----------
    data : data frame
        One row per observation; pandas, polars or any frame narwhals reads.
    outcome : str
        Column of the outcome.
    endogenous : str or list of str
        The treatment, first, and further regressors of interest; named as in :func:`tsls`.
    exogenous : str or list of str, optional
        Columns to hold fixed. A constant is always included.
    absorb : str or list of str, optional
        Columns whose levels are partialled out: fixed effects.
    cluster : str or list of str, optional
        One or two columns of groups within which errors may be correlated.
    weights : str, optional
        Column of weights, inverse to the error variances.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    terms : {"endogenous", "all"}
        Whether to report the exogenous columns' coefficients too.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    OlsResult
        The coefficients.

    Raises
    ------
    DataError, OptionError, DesignError
        As in :func:`tsls`.

    References
    ----------
    White, H. (1980). Econometrica 48(4), 817-838.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit import iv
    >>> df = pd.DataFrame({"y": [1.0, 3, 4, 8], "d": [0.0, 1, 2, 3]})
    >>> round(iv.ols(df, outcome="y", endogenous="d").estimate, 12)
    2.2
    """
    choice("terms", terms, ("endogenous", "all"))
    design = read_design(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=None,
        exogenous=exogenous,
        absorb_levels=absorb,
        weights=weights,
        cluster=cluster,
        cov_type=cov_type,
        missing=missing,
    )
    fit = fit_k_class(design, lambda _, __: 1.0)
    coefficients = all_coefficients(fit) if terms == "all" else fit.coefficients()
    first = coefficients[coefficients.labels[0]]
    if fit.is_exact:
        design.warned.add(f"{outcome!r} is constant or fitted exactly: standard errors are zero.")
    return OlsResult(
        method="Least squares",
        effect=Effect(estimand="OLS coefficient", estimate=first.estimate, std_error=first.std_error, df=first.df),
        sample=sample_of(design),
        checks=Checks((_exogeneity(),)),
        roles=design.roles,
        options=options_of(cov_type, design, terms=terms, missing=missing),
        warnings=design.warned.messages,
        backend=design.rows.backend,
        coefficients=coefficients,
    )


def _exogeneity() -> Check:
    return Check(
        name="exogeneity",
        question="Does nothing unobserved move both treatment and outcome?",
        verdict="untestable",
        reading="Least squares takes it for granted. An instrument, if there is a good one, does not.",
    )
