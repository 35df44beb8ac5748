"""A binary instrument: the Wald estimate, and who the compliers are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._multiplicity import holm
from causalkit._numerics._tails import two_sided_p
from causalkit._validate import labels, listed
from causalkit.errors import DesignError, OptionError
from causalkit.iv._assemble import assemble, check_words, options_of
from causalkit.iv._checks import balance_check
from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class
from causalkit.results import Checks, Table

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, Columns, FloatArray, IntoDataFrame, Missing
    from causalkit.iv._covariance import CovOption
    from causalkit.iv._design import IvDesign
    from causalkit.iv._result import IvResult

__all__ = ["complier_tables", "wald"]


def wald(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: str,
    instruments: str,
    covariates: Columns | None = None,
    exclusion: str = "",
    cluster: Columns | None = None,
    weights: str | None = None,
    cov_type: CovOption = None,
    estimand: Literal["LATE", "ATE"] = "LATE",
    missing: Missing = "raise",
) -> IvResult:
    """Effect on the compliers of a binary instrument: the gap in outcomes over the gap in treatment.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome, endogenous : str
        Outcome and treatment. For a 0/1 treatment the result tells how many are compliers, always-takers and
        never-takers, and the compliers' mean outcomes with and without treatment.
    instruments : str
        Column with two values, such as a randomised push.
    covariates : str or list of str, optional
        Columns to describe the compliers by, from the treated side and from the untreated side; that both agree is a
        check of the design. They are not adjusted for; for that use :func:`tsls`.
    exclusion : str
        Why the instrument is excluded.
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
    IvResult
        Two-stage least squares without controls, with the tables of the compliers among its ``complements``.

    Raises
    ------
    DesignError
        The instrument has other than two values.
    OptionError
        More than one instrument or treatment.

    References
    ----------
    Imbens, G. W. and Angrist, J. D. (1994). Econometrica 62(2), 467-475.
    Abadie, A. (2003). Journal of Econometrics 113(2), 231-263 (means of compliers).

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.encouragement(20_000, rng=1)
    >>> res = iv.wald(sim.data, outcome="y", endogenous="d", instruments="z", covariates="age")
    >>> table = res.complements[0]
    >>> [(who, round(share, 1)) for who, share in zip(table["stratum"], table["share"])]
    [('compliers', 0.4), ('always-takers', 0.2), ('never-takers', 0.4)]
    """
    check_words(estimand=estimand, exclusion=exclusion, first_stage="linear")
    if not all(isinstance(each, str) for each in (endogenous, instruments)):
        raise OptionError("iv.wald takes one endogenous column and one instrument; use iv.tsls for more.")
    described = () if covariates is None else labels("covariates", covariates, least=0)
    design = read_design(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=None,
        absorb_levels=None,
        weights=weights,
        cluster=cluster,
        cov_type=cov_type,
        missing=missing,
        covariates=described or None,
    )
    pushed = _pushed(design)
    fit = fit_k_class(design, lambda _, __: 1.0)
    result = assemble(
        fit,
        method="Wald estimate (two-stage least squares with one binary instrument)",
        estimand=estimand,
        exclusion=exclusion,
        options=options_of(cov_type, design, estimand=estimand, missing=missing),
    )
    tables = complier_tables(design, pushed)
    balance = next((table for table in tables if "covariate" in table.columns), None)
    checks = result.checks.checks if balance is None else (*result.checks.checks, balance_check(balance))
    return replace(result, complements=tables, checks=Checks(checks))


def _pushed(design: IvDesign) -> BoolArray:
    """Which rows have the larger value of the instrument."""
    z = design.projection.parts[1]
    values = np.unique(z[:, 0])
    if z.shape[1] != 1 or values.size != 2:
        name = design.rows.names("instruments")[0]
        raise DesignError(
            f"instruments={name!r} has {values.size:,} values where two are needed: "
            f"{listed(values[:4].tolist())}. Use iv.tsls."
        )
    return np.asarray(z[:, 0] == values[1])


def complier_tables(design: IvDesign, pushed: BoolArray) -> tuple[Table, ...]:
    """Who follows the instrument, and what the compliers are like; for a 0/1 treatment."""
    d, y = design.projection.parts[2][:, 0], design.projection.parts[3][:, 0]
    if not np.all((d == 0) | (d == 1)):
        return ()
    w = design.projection.weights
    weight = np.ones(d.size) if w is None else w
    if d[pushed].mean() < d[~pushed].mean():
        pushed = ~pushed
    share = [float(np.average(d[arm], weights=weight[arm])) for arm in (~pushed, pushed)]
    gap = share[1] - share[0]
    treated, untreated = _complier_means(y, d, pushed, weight, gap)
    who = Table(
        title="Who follows the instrument",
        columns={
            "stratum": ["compliers", "always-takers", "never-takers"],
            "share": [gap, share[0], 1 - share[1]],
            "mean_treated": [treated, _mean(y, weight, (d == 1) & ~pushed), None],
            "mean_control": [untreated, None, _mean(y, weight, (d == 0) & pushed)],
        },
        headings={"mean_treated": "mean if treated", "mean_control": "mean if not"},
        note="Nobody can tell which row is a complier; their shares and means follow if there are no defiers.",
    )
    x = design.rows.covariates("covariates")
    return (who, _described(x.values, x.names, d, pushed, weight, gap)) if x.names else (who,)


def _described(
    x: FloatArray, names: tuple[str, ...], d: FloatArray, pushed: BoolArray, weight: FloatArray, gap: float
) -> Table:
    """Means of the compliers from both sides, and whether the sides agree."""
    sides = [_complier_means(column, d, pushed, weight, gap) for column in x.T]
    p_values = np.array([_difference_p(column, pushed, weight) for column in x.T])
    return Table(
        title="Means of the compliers",
        columns={
            "covariate": names,
            "mean_all": [float(np.average(column, weights=weight)) for column in x.T],
            "mean_treated": [treated for treated, _ in sides],
            "mean_control": [untreated for _, untreated in sides],
            "p_value": p_values.tolist(),
            "p_holm": holm(p_values).tolist(),
        },
        headings={
            "mean_all": "all",
            "mean_treated": "compliers, treated side",
            "mean_control": "compliers, untreated side",
            "p_value": "p of a gap",
            "p_holm": "p, Holm",
        },
        note="Both sides describe the same people, so that a gap speaks against the instrument being random.",
    )


def _complier_means(
    values: FloatArray, d: FloatArray, pushed: BoolArray, weight: FloatArray, gap: float
) -> tuple[float, float]:
    """Means of the compliers from the treated and from the untreated side, around the mean of all to keep digits."""
    center = float(np.average(values, weights=weight))
    rest = values - center
    return center + _gap(rest * d, pushed, weight) / gap, center - _gap(rest * (1 - d), pushed, weight) / gap


def _gap(values: FloatArray, pushed: BoolArray, weight: FloatArray) -> float:
    means = [float(np.average(values[arm], weights=weight[arm])) for arm in (pushed, ~pushed)]
    return means[0] - means[1]


def _mean(values: FloatArray, weight: FloatArray, rows: BoolArray) -> float | None:
    return float(np.average(values[rows], weights=weight[rows])) if rows.any() else None


def _difference_p(values: FloatArray, pushed: BoolArray, weight: FloatArray) -> float:
    """Two-sided p-value of equal means, with a variance for each arm."""
    values = values - np.average(values, weights=weight)
    variance = 0.0
    for arm in (pushed, ~pushed):
        w = weight[arm] / weight[arm].sum()
        variance += float(w**2 @ (values[arm] - w @ values[arm]) ** 2)
    gap = _gap(values, pushed, weight)
    return float(two_sided_p(gap / variance**0.5)) if variance > 0 else float(gap == 0)
