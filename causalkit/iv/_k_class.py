"""Two-stage least squares, LIML, Fuller's estimator and the rest of the k-class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from causalkit._validate import choice, positive, real
from causalkit.errors import DesignError
from causalkit.iv._all_terms import all_coefficients
from causalkit.iv._assemble import assemble, check_words, options_of
from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._numerics._iv_projection import IvProjection
    from causalkit._typing import Columns, IntoDataFrame, Missing
    from causalkit.iv._covariance import CovOption
    from causalkit.iv._result import IvResult
    from causalkit.results._table import Cell

__all__ = ["fuller", "k_class", "liml", "tsls"]


def tsls(
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
    terms: Literal["endogenous", "all"] = "endogenous",
    missing: Missing = "raise",
) -> IvResult:
    """Two-stage least squares: the effect of what the instruments move.

    The estimate is the effect of treatment among those whom the instruments move (LATE), provided that the
    instruments are as good as random given the exogenous columns, touch the outcome only through the treatment
    (exclusion), move it (relevance), and move nobody the other way (monotonicity). It is the average effect (ATE)
    only if the effect is the same for everybody.

    Parameters
    ----------
    data : data frame
        One row per observation; pandas, polars or any frame narwhals reads.
    outcome : str
        Column of the outcome.
    endogenous : str or list of str
        The treatment, first, and further endogenous regressors.
    instruments : str or list of str
        At least as many columns as there are endogenous regressors; categories become one column per level.
    exogenous : str or list of str, optional
        Columns to hold fixed. A constant is always included.
    exclusion : str
        Why the instruments touch the outcome only through the treatment, in your words. It is printed.
    absorb : str or list of str, optional
        Columns whose levels are partialled out: fixed effects.
    cluster : str or list of str, optional
        One or two columns of groups within which errors may be correlated.
    weights : str, optional
        Column of weights, inverse to the error variances; their scale is irrelevant.
    cov_type : str or NeweyWest, optional
        ``"HC1"`` by default, ``"CR1"`` with clusters: the conventions with a small-sample factor, used with t
        quantiles. Also ``"HC0"``, ``"iid"``, ``"iid0"``, ``"CR0"``, ``"CRG"``; see :doc:`/guides/iv`.
    estimand : {"LATE", "ATE"}
        ``"ATE"`` asserts that the effect is the same for everybody.
    first_stage : {"linear"}
        A probit or logit first stage is refused, and the message says why.
    terms : {"endogenous", "all"}
        Whether to report the exogenous columns' coefficients too, which costs another pass.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    IvResult
        With least squares beside it, the first stage, the tests of the model and the Anderson-Rubin set, which is the
        headline interval with one instrument, and with several when they are weak.

    Raises
    ------
    DataError
        Missing or unusable values, an absent column.
    OptionError
        One column in two roles, no instrument, an unknown option.
    DesignError
        Fewer instruments than endogenous regressors, instruments without variation of their own, too few rows.

    Notes
    -----
    One pass over the rows for the cross-products of ``[W Z D y]`` and one for the residuals. Adding 1e9 to a column
    leaves twelve digits.

    References
    ----------
    Angrist, J. D. and Imbens, G. W. (1995). Journal of the American Statistical Association 90(430), 431-442.
    Wooldridge, J. M. (2010). Econometric Analysis of Cross Section and Panel Data, 2nd ed., chapter 5.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, rng=1)
    >>> res = iv.tsls(sim.data, outcome="y", endogenous="d", instruments="z", exogenous="x")
    >>> round(sim.truth["LATE"], 2), round(res.estimate, 2), round(res.ols["d"].estimate, 2)
    (1.0, 0.95, 1.41)
    """
    return _estimate(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        exclusion=exclusion,
        absorb=absorb,
        cluster=cluster,
        weights=weights,
        cov_type=cov_type,
        estimand=estimand,
        first_stage=first_stage,
        terms=terms,
        missing=missing,
        kappa_of=lambda _, __: 1.0,
        method="Two-stage least squares",
        options={},
    )


def liml(
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
    terms: Literal["endogenous", "all"] = "endogenous",
    missing: Missing = "raise",
) -> IvResult:
    """Limited-information maximum likelihood: less biased than two-stage least squares with many or weak instruments.

    The k-class estimator at the kappa that minimises the Anderson-Rubin ratio; equal to two-stage least squares when
    just identified. It has no moments: single estimates can be far off when instruments are very weak.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome : str
        Column of the outcome.
    endogenous, instruments, exogenous : str or list of str
        Columns, as in :func:`tsls`.
    exclusion : str
        Why the instruments are excluded.
    absorb, cluster : str or list of str, optional
        Columns, as in :func:`tsls`.
    weights : str, optional
        Column of weights.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    estimand, terms, missing : str
        As in :func:`tsls`.

    Returns
    -------
    IvResult
        Robust covariances take the scores of two-stage least squares, as linearmodels does.

    References
    ----------
    Anderson, T. W. and Rubin, H. (1949). Annals of Mathematical Statistics 20(1), 46-63.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, n_instruments=5, rng=1)
    >>> res = iv.liml(sim.data, outcome="y", endogenous="d", instruments=["z1", "z2", "z3", "z4", "z5"])
    >>> res.kappa >= 1
    True
    """
    return _estimate(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        exclusion=exclusion,
        absorb=absorb,
        cluster=cluster,
        weights=weights,
        cov_type=cov_type,
        estimand=estimand,
        first_stage="linear",
        terms=terms,
        missing=missing,
        kappa_of=_limited,
        method="Limited-information maximum likelihood",
        options={},
    )


def fuller(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: Columns,
    instruments: Columns,
    exogenous: Columns | None = None,
    constant: float = 1.0,
    exclusion: str = "",
    absorb: Columns | None = None,
    cluster: Columns | None = None,
    weights: str | None = None,
    cov_type: CovOption = None,
    estimand: Literal["LATE", "ATE"] = "LATE",
    terms: Literal["endogenous", "all"] = "endogenous",
    missing: Missing = "raise",
) -> IvResult:
    """Fuller's modification of LIML, which has moments and is nearly unbiased.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome : str
        Column of the outcome.
    endogenous, instruments, exogenous : str or list of str
        Columns, as in :func:`tsls`.
    constant : float
        Subtracted from LIML's kappa after division by ``n - p - L``: 1 for the least bias, 4 for the least mean
        squared error.
    exclusion : str
        Why the instruments are excluded.
    absorb, cluster : str or list of str, optional
        Columns, as in :func:`tsls`.
    weights : str, optional
        Column of weights.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    estimand, terms, missing : str
        As in :func:`tsls`.

    Returns
    -------
    IvResult
        As for :func:`tsls`.

    References
    ----------
    Fuller, W. A. (1977). Econometrica 45(4), 939-953.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, n_instruments=5, rng=1)
    >>> res = iv.fuller(sim.data, outcome="y", endogenous="d", instruments=["z1", "z2", "z3", "z4", "z5"])
    >>> res.options["constant"]
    1.0
    """
    constant = positive("constant", constant)
    return _estimate(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        exclusion=exclusion,
        absorb=absorb,
        cluster=cluster,
        weights=weights,
        cov_type=cov_type,
        estimand=estimand,
        first_stage="linear",
        terms=terms,
        missing=missing,
        kappa_of=lambda model, limited: (
            _limited(model, limited) - constant / (model.n - model.n_exogenous - model.n_instruments)
        ),
        method=f"Fuller's modified LIML, constant {constant:g}",
        options={"constant": constant},
    )


def k_class(
    data: IntoDataFrame,
    *,
    kappa: float,
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
    terms: Literal["endogenous", "all"] = "endogenous",
    missing: Missing = "raise",
) -> IvResult:
    """Estimate at a kappa of your own: 0 is least squares, 1 two-stage least squares.

    Parameters
    ----------
    data : data frame
        One row per observation.
    kappa : float
        Weight of the part of the regressors that the instruments explain.
    outcome : str
        Column of the outcome.
    endogenous, instruments, exogenous : str or list of str
        Columns, as in :func:`tsls`.
    exclusion : str
        Why the instruments are excluded.
    absorb, cluster : str or list of str, optional
        Columns, as in :func:`tsls`.
    weights : str, optional
        Column of weights.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    estimand, terms, missing : str
        As in :func:`tsls`.

    Returns
    -------
    IvResult
        As for :func:`tsls`.

    References
    ----------
    Theil, H. (1958). Economic Forecasts and Policy. North-Holland, section 6.3.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(500, rng=1)
    >>> roles = dict(outcome="y", endogenous="d", instruments="z")
    >>> halfway = iv.k_class(sim.data, kappa=0.5, **roles)
    >>> bool(iv.tsls(sim.data, **roles).estimate < halfway.estimate < halfway.ols["d"].estimate)
    True
    """
    kappa = real("kappa", kappa)
    return _estimate(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        exclusion=exclusion,
        absorb=absorb,
        cluster=cluster,
        weights=weights,
        cov_type=cov_type,
        estimand=estimand,
        first_stage="linear",
        terms=terms,
        missing=missing,
        kappa_of=lambda _, __: kappa,
        method=f"k-class, kappa {kappa:g}",
        options={"kappa": kappa},
    )


def _limited(model: IvProjection, limited: float) -> float:
    if math.isinf(limited):
        raise DesignError(
            f"The instruments explain the endogenous regressors or the outcome without rest in "
            f"{model.n:,} rows, so that LIML's kappa does not exist. Use iv.tsls."
        )
    return limited


def _estimate(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: Columns,
    instruments: Columns,
    exogenous: Columns | None,
    exclusion: str,
    absorb: Columns | None,
    cluster: Columns | None,
    weights: str | None,
    cov_type: CovOption,
    estimand: str,
    first_stage: str,
    terms: str,
    missing: Missing,
    kappa_of: Callable[[IvProjection, float], float],
    method: str,
    options: dict[str, Cell],
) -> IvResult:
    """Read, fit, assemble."""
    check_words(estimand=estimand, exclusion=exclusion, first_stage=first_stage)
    choice("terms", terms, ("endogenous", "all"))
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
    fit = fit_k_class(design, kappa_of)
    return assemble(
        fit,
        method=method,
        estimand=estimand,
        exclusion=exclusion,
        options=options_of(cov_type, design, estimand=estimand, terms=terms, missing=missing, **options),
        coefficients=all_coefficients(fit) if terms == "all" else None,
    )
