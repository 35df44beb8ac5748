"""The whole recipe in one call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._clusters import cluster_robust, two_way
from causalkit._numerics._linear import least_squares
from causalkit._numerics._multiplicity import holm
from causalkit._numerics._sandwich import heteroskedastic
from causalkit._numerics._wald import wald_test
from causalkit.iv._apart import apart_table
from causalkit.iv._assemble import assemble, check_words, options_of
from causalkit.iv._bins import binned_stage
from causalkit.iv._checks import balance_check
from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class
from causalkit.iv._wald import complier_tables
from causalkit.iv._weak_robust import uncertainty_of
from causalkit.results import Checks, Table

if TYPE_CHECKING:
    from causalkit._typing import Columns, IntoDataFrame, Missing
    from causalkit.iv._covariance import CovOption
    from causalkit.iv._design import IvDesign
    from causalkit.iv._fit import IvFit
    from causalkit.iv._result import IvResult

__all__ = ["estimate"]

# From so many instruments on, the jackknife set is shown beside the others.
MANY = 5


def estimate(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: Columns,
    instruments: Columns,
    exogenous: Columns | None = None,
    exclusion: str = "",
    absorb: Columns | None = None,
    cluster: Columns | None = None,
    weights: str | None = None,
    cov_type: CovOption = None,
    estimand: Literal["LATE", "ATE"] = "LATE",
    first_stage: Literal["linear"] = "linear",
    missing: Missing = "raise",
) -> IvResult:
    """Run the whole analysis: least squares, the instrument's strength, two-stage least squares, and what spoils them.

    To two-stage least squares and its tests it adds the balance of the exogenous columns over the instruments, LIML
    and Fuller's estimator, the sets that weak instruments cannot spoil, each instrument alone, and with a binary
    instrument and treatment and no exogenous columns who the compliers are.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome : str
        Column of the outcome.
    endogenous, instruments, exogenous : str or list of str
        As in :func:`tsls`.
    exclusion : str
        Why the instruments touch the outcome only through the treatment.
    absorb, cluster : str or list of str, optional
        As in :func:`tsls`.
    weights : str, optional
        Column of weights.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    estimand, first_stage, missing : str
        As in :func:`tsls`.

    Returns
    -------
    IvResult
        That of :func:`tsls`, with further checks and tables.

    References
    ----------
    Andrews, I., Stock, J. H. and Sun, L. (2019). Annual Review of Economics 11, 727-753.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, n_instruments=2, rng=1)
    >>> roles = dict(outcome="y", endogenous="d", instruments=["z1", "z2"], exogenous="x")
    >>> res = iv.estimate(sim.data, exclusion="The push is drawn by lot.", **roles)
    >>> list(res.checks)
    ['relevance', 'balance', 'exclusion', 'monotonicity', 'reduced form', 'need', 'over-identification']
    """
    check_words(estimand=estimand, exclusion=exclusion, first_stage=first_stage)
    design = read_design(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        absorb_levels=absorb,
        weights=weights,
        cluster=cluster,
        cov_type=cov_type,
        missing=missing,
    )
    fit = fit_k_class(design, lambda _, __: 1.0)
    result = assemble(
        fit,
        method="Two-stage least squares",
        estimand=estimand,
        exclusion=exclusion,
        options=options_of(cov_type, design, estimand=estimand, missing=missing),
    )
    checks = list(result.checks.checks)
    if design.exogenous:
        checks.insert(1, balance_check(balance_table(design)))
    return replace(result, checks=Checks(tuple(checks)), bins=binned_stage(fit), complements=_complements(fit))


def _complements(fit: IvFit) -> tuple[Table, ...]:
    design, p = fit.design, fit.projection
    tables: list[Table] = []
    if p.n_instruments > p.n_endogenous and not fit.is_exact:
        tables.append(_estimators(fit))
    if p.n_endogenous == 1 and not fit.is_exact:
        if p.n_instruments > 1:
            tables += [_robust_sets(fit), apart_table(design)]
        elif not design.exogenous and not design.absorbed:
            z = p.parts[1][:, 0]
            if np.unique(z).size == 2:
                tables += complier_tables(design, np.asarray(z == z.max()))
    return tuple(tables)


def _estimators(fit: IvFit) -> Table:
    """Two-stage least squares beside estimators that many instruments bias less."""
    p = fit.projection
    slack = p.n - p.n_exogenous - p.n_instruments
    fits = {
        "2SLS": fit,
        "LIML": fit_k_class(fit.design, lambda _, limited: min(limited, 1e6)),
        "Fuller(1)": fit_k_class(fit.design, lambda _, limited: min(limited, 1e6) - 1.0 / slack),
    }
    found = {name: each.coefficients() for name, each in fits.items()}
    first = fit.design.endogenous[0]
    return Table(
        title="Other estimators of the same effect",
        columns={
            "method": list(found),
            "estimate": [each[first].estimate for each in found.values()],
            "std_error": [each[first].std_error for each in found.values()],
        },
        headings={"std_error": "std. error"},
        note="Apart from one another they speak of weak or many instruments, or of instruments that disagree.",
    )


def _robust_sets(fit: IvFit) -> Table:
    """Sets that weak instruments cannot spoil."""
    methods = ["AR", "CLR", "K"]
    if fit.projection.n_instruments >= MANY and fit.dependence.cov_type in ("HC0", "HC1") and not fit.design.absorbed:
        methods.append("jackknife")
    found = {method: uncertainty_of(fit, method) for method in methods}  # type: ignore[arg-type]
    return Table(
        title="Sets that weak instruments cannot spoil",
        columns={
            "test": methods,
            "interval": [each.conf_int(0.95).format() for each in found.values()],
            "p_value": [each.p_value(0.0) for each in found.values()],
        },
        headings={"interval": "95% set", "p_value": "p of no effect"},
    )


def balance_table(design: IvDesign) -> Table:
    """Whether the exogenous columns move with the instruments: each regressed on them, tests adjusted by Holm."""
    w, z, _, _ = design.projection.parts
    kept = design.projection.kept[: design.projection.n_kept_w]
    fits = least_squares(z, w[:, kept], weights=design.projection.weights)
    statistics, p_values = [], []
    for j in range(kept.size):
        fit, codes = fits.outcome(j), design.dependence.codes
        if len(codes) == 2:
            cov = two_way(fit, codes[0], codes[1])
        elif codes:
            cov = cluster_robust(fit, codes[0])
        else:
            cov = heteroskedastic(fit)
        test = wald_test(fit.coefficients[1:], cov.matrix[1:, 1:], df=float(np.min(cov.df)))
        statistics.append(test.f_statistic)
        p_values.append(test.p_value)
    return Table(
        title="Do the exogenous columns move with the instruments?",
        columns={
            "covariate": design.exogenous,
            "f": statistics,
            "p_value": p_values,
            "p_holm": holm(np.array(p_values)).tolist(),
        },
        headings={"f": "F", "p_value": "p", "p_holm": "p, Holm"},
    )
