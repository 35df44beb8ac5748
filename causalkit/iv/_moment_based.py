"""Estimators outside the k-class: jackknife instrumental variables, two-step and continuously updated GMM."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from causalkit._numerics._iv_projection import project
from causalkit._numerics._moments import rows_per_block
from causalkit.errors import DesignError, OptionError
from causalkit.iv._assemble import check_words, options_of, sample_of, warn_exact
from causalkit.iv._checks import exclusion_check, monotonicity_check, overidentification_check, relevance_check
from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class
from causalkit.iv._records import ModelTest
from causalkit.results import Checks, Effects, Result

if TYPE_CHECKING:
    from causalkit._typing import Columns, FloatArray, IntoDataFrame, Missing
    from causalkit.iv._covariance import CovOption
    from causalkit.iv._design import IvDesign

__all__ = ["MomentResult", "cue", "gmm", "jive"]


@dataclass(frozen=True, kw_only=True, eq=False)
class MomentResult(Result):
    """An instrumental-variables estimate outside the k-class.

    Attributes
    ----------
    coefficients : Effects
        The endogenous regressors.
    overidentification : tuple of ModelTest
        Hansen's J of the estimator itself; empty for the jackknife and when just identified.
    exclusion : str
        The analyst's argument for exclusion.
    """

    coefficients: Effects
    overidentification: tuple[ModelTest, ...]
    exclusion: str

    def terms(self) -> Effects:
        """Return the coefficients."""
        return self.coefficients


def jive(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: Columns,
    instruments: Columns,
    exogenous: Columns | None = None,
    exclusion: str = "",
    cluster: Columns | None = None,
    weights: str | None = None,
    cov_type: CovOption = None,
    estimand: Literal["LATE", "ATE"] = "LATE",
    missing: Missing = "raise",
) -> MomentResult:
    """Jackknife instrumental variables: each row's treatment is predicted without that row.

    With many instruments two-stage least squares leans towards least squares, because each row helps to predict
    itself. This is the estimator JIVE1, whose predictions leave the row out.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome : str
        Column of the outcome.
    endogenous, instruments, exogenous : str or list of str
        As in :func:`tsls`.
    exclusion : str
        Why the instruments are excluded.
    cluster : str or list of str, optional
        As in :func:`tsls`.
    weights : str, optional
        Column of weights.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    estimand, missing : str
        As in :func:`tsls`.

    Returns
    -------
    MomentResult
        The estimate with its Wald interval.

    References
    ----------
    Angrist, J. D., Imbens, G. W. and Krueger, A. B. (1999). Journal of Applied Econometrics 14(1), 57-67.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(1_000, n_instruments=3, rng=1)
    >>> res = iv.jive(sim.data, outcome="y", endogenous="d", instruments=["z1", "z2", "z3"], exogenous="x")
    >>> bool(abs(res.estimate - 1) < 3 * res.std_error)
    True
    """
    check_words(estimand=estimand, exclusion=exclusion, first_stage="linear")
    design = read_design(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        absorb_levels=None,
        weights=weights,
        cluster=cluster,
        cov_type=cov_type,
        missing=missing,
    )
    w, _, d, y = design.projection.parts
    predicted = project(w, _leave_one_out(design), d, y[:, 0], weights=design.projection.weights)
    coefficients = fit_k_class(replace(design, projection=predicted), lambda _, __: 1.0).coefficients()
    return _result(
        design,
        coefficients,
        method="Jackknife instrumental variables (JIVE1)",
        tests=(),
        estimand=estimand,
        exclusion=exclusion,
        options=options_of(cov_type, design, estimand=estimand, missing=missing),
    )


def _leave_one_out(design: IvDesign) -> FloatArray:
    """Treatment predicted by the instruments and exogenous columns from all other rows, less its mean: (n, m)."""
    p = design.projection
    d = p.parts[2]
    # An offset of the treatment would cost the predictions the digits that the centred columns keep.
    center, tail = (each[-1 - d.shape[1] : -1] for each in (p.centering.center, p.centering.tail))
    predicted = np.empty(d.shape, order="F")
    for rows, basis, v in p.walk_all(block_rows=rows_per_block(2 * p.centering.scale.size)):
        leverage = 1.0 / p.weight_sum + np.einsum("ij,ij->i", basis, basis)
        if p.weights is not None:
            leverage *= p.weights[rows]
        left = np.maximum(1.0 - leverage, np.finfo(np.float64).eps)
        predicted[rows] = (d[rows] - center) - tail - v[:, :-1] / left[:, None] * p.scale_d
    return predicted


def gmm(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: Columns,
    instruments: Columns,
    exogenous: Columns | None = None,
    exclusion: str = "",
    cluster: str | None = None,
    weights: str | None = None,
    estimand: Literal["LATE", "ATE"] = "LATE",
    missing: Missing = "raise",
) -> MomentResult:
    """Two-step GMM: over-identified moments weighted by the inverse of their robust covariance.

    Computed by linearmodels on columns that were centred and scaled first.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome : str
        Column of the outcome.
    endogenous, instruments, exogenous : str or list of str
        As in :func:`tsls`.
    exclusion : str
        Why the instruments are excluded.
    cluster : str, optional
        Column of groups within which errors may be correlated.
    weights : str, optional
        Column of weights.
    estimand, missing : str
        As in :func:`tsls`.

    Returns
    -------
    MomentResult
        With Hansen's J. Standard errors have no small-sample factor, intervals normal quantiles.

    References
    ----------
    Hansen, L. P. (1982). Econometrica 50(4), 1029-1054.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(1_000, n_instruments=2, rng=1)
    >>> res = iv.gmm(sim.data, outcome="y", endogenous="d", instruments=["z1", "z2"])
    >>> [test.name for test in res.overidentification]
    ['Hansen J']
    """
    from linearmodels.iv import IVGMM

    return _by_linearmodels(
        IVGMM,
        "Two-step GMM",
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        exclusion=exclusion,
        cluster=cluster,
        weights=weights,
        estimand=estimand,
        missing=missing,
    )


def cue(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: Columns,
    instruments: Columns,
    exogenous: Columns | None = None,
    exclusion: str = "",
    cluster: str | None = None,
    weights: str | None = None,
    estimand: Literal["LATE", "ATE"] = "LATE",
    missing: Missing = "raise",
) -> MomentResult:
    """Continuously updated GMM: the weights move with the coefficients, as LIML's do.

    Computed by linearmodels on columns that were centred and scaled first.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome : str
        Column of the outcome.
    endogenous, instruments, exogenous : str or list of str
        As in :func:`tsls`.
    exclusion : str
        Why the instruments are excluded.
    cluster : str, optional
        Column of groups within which errors may be correlated.
    weights : str, optional
        Column of weights.
    estimand, missing : str
        As in :func:`tsls`.

    Returns
    -------
    MomentResult
        With Hansen's J.

    References
    ----------
    Hansen, L. P., Heaton, J. and Yaron, A. (1996). Journal of Business & Economic Statistics 14(3), 262-280.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(300, n_instruments=2, rng=1)
    >>> res = iv.cue(sim.data, outcome="y", endogenous="d", instruments=["z1", "z2"])
    >>> bool(abs(res.estimate - 1) < 3 * res.std_error)
    True
    """
    from linearmodels.iv import IVGMMCUE

    return _by_linearmodels(
        IVGMMCUE,
        "Continuously updated GMM",
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        exclusion=exclusion,
        cluster=cluster,
        weights=weights,
        estimand=estimand,
        missing=missing,
    )


def _by_linearmodels(
    model: Any,
    method: str,
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: Columns,
    instruments: Columns,
    exogenous: Columns | None,
    exclusion: str,
    cluster: str | None,
    weights: str | None,
    estimand: str,
    missing: Missing,
) -> MomentResult:
    """Read, centre, scale, hand over, and put the units back."""
    check_words(estimand=estimand, exclusion=exclusion, first_stage="linear")
    if cluster is not None and not isinstance(cluster, str):
        raise OptionError("cluster must be one column here.")
    design = read_design(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        absorb_levels=None,
        weights=weights,
        cluster=cluster,
        cov_type=None,
        missing=missing,
    )
    if fit_k_class(design, lambda _, __: 1.0).is_exact:
        raise DesignError(
            f"outcome={outcome!r} is constant or fitted exactly: the moments have no variance to weight by."
        )
    p = design.projection
    w, z, d, y = (_standard(part) for part in p.parts)
    at = p.kept[: p.n_kept_w]
    weighting: dict[str, Any] = {"weight_type": "robust"}
    if cluster is not None:
        weighting = {"weight_type": "clustered", "clusters": design.dependence.codes[0]}
    constant = np.ones((w[0].shape[0], 1))
    columns = (y[0], np.hstack([constant, w[0][:, at]]), d[0], z[0][:, p.kept_instruments])
    with design.warned.translated(f"linearmodels warned while computing {method}"):
        fitted = model(*columns, weights=p.weights, **weighting).fit(
            **({"cov_type": "clustered", "clusters": design.dependence.codes[0]} if cluster else {"cov_type": "robust"})
        )
    m = p.n_endogenous
    units = y[1][0] / d[1]
    cov = np.asarray(fitted.cov)[-m:, -m:] * np.outer(units, units)
    coefficients = Effects(
        dimension="term", labels=design.endogenous, estimates=np.asarray(fitted.params)[-m:] * units, cov=cov
    )
    test = fitted.j_stat
    extra = p.n_instruments - m
    j = ModelTest(
        name="Hansen J",
        null="all instruments are valid and agree",
        statistic=float(test.stat),
        df=extra,
        df_denom=np.inf,
        p_value=float(test.pval),
    )
    return _result(
        design,
        coefficients,
        method=method,
        tests=(j,) if extra > 0 else (),
        estimand=estimand,
        exclusion=exclusion,
        options={"cov_type": "CR0" if cluster else "HC0", "estimand": estimand, "missing": missing},
    )


def _standard(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Columns centred and divided by their standard deviations, and these."""
    centered = columns - columns.mean(axis=0)
    scale = centered.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return centered / scale, scale


def _result(
    design: IvDesign,
    coefficients: Effects,
    *,
    method: str,
    tests: tuple[ModelTest, ...],
    estimand: str,
    exclusion: str,
    options: dict[str, Any],
) -> MomentResult:
    fit = fit_k_class(design, lambda _, __: 1.0)
    stage = fit.first_stage()
    warn_exact(fit)
    checks = (
        relevance_check(stage),
        exclusion_check(exclusion, design.instruments),
        monotonicity_check(estimand, stage),
        overidentification_check(tests, homoskedastic=False, estimand=estimand),
    )
    return MomentResult(
        method=method,
        effect=replace(coefficients[coefficients.labels[0]], estimand=estimand),
        sample=sample_of(design),
        checks=Checks(checks if tests else checks[:3]),
        roles=design.roles,
        options=options,
        warnings=design.warned.messages,
        backend=design.rows.backend,
        coefficients=coefficients,
        overidentification=tests,
        exclusion=exclusion,
    )
