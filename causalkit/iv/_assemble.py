"""From a fit to a result: headline, checks, warnings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from causalkit._validate import choice
from causalkit.errors import OptionError
from causalkit.iv._checks import (
    exclusion_check,
    monotonicity_check,
    need_check,
    overidentification_check,
    reduced_form_check,
    relevance_check,
)
from causalkit.iv._covariance import NeweyWest
from causalkit.iv._result import IvResult
from causalkit.results import Checks, Sample
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit.iv._covariance import CovOption
    from causalkit.iv._design import IvDesign
    from causalkit.iv._fit import IvFit
    from causalkit.iv._records import AndersonRubin, FirstStage
    from causalkit.results import Effect, Effects
    from causalkit.results._table import Cell

__all__ = ["assemble", "check_words", "options_of", "sample_of", "warn_exact"]

ESTIMANDS = ("LATE", "ATE")


def check_words(*, estimand: str, exclusion: str, first_stage: str) -> None:
    """Check the arguments of a call that are words rather than columns."""
    choice("estimand", estimand, ESTIMANDS)
    if not isinstance(exclusion, str):
        raise OptionError(f"exclusion={exclusion!r} must be a sentence, a string: why the instrument is excluded.")
    if first_stage in ("probit", "logit"):
        raise OptionError(
            f"first_stage={first_stage!r} is the forbidden regression: fitted values of a {first_stage} put into the "
            f"second stage are only right if the {first_stage} is exactly right, and the standard errors never are. "
            f"The linear first stage is consistent for a binary treatment too; leave first_stage='linear'."
        )
    choice("first_stage", first_stage, ("linear",))


def options_of(cov_type: CovOption, design: IvDesign, **more: Cell) -> dict[str, Cell]:
    """Return the settings of the call, for the result."""
    lags: dict[str, Cell] = {"time": cov_type.time, "lags": cov_type.lags} if isinstance(cov_type, NeweyWest) else {}
    return {"cov_type": design.dependence.cov_type, **lags, **more}


def sample_of(design: IvDesign) -> Sample:
    """Return what happened to the rows."""
    return Sample.of(design.rows, n_clusters=design.dependence.n_clusters or None)


def assemble(
    fit: IvFit,
    *,
    method: str,
    estimand: str,
    exclusion: str,
    options: Mapping[str, Cell],
    coefficients: Effects | None = None,
) -> IvResult:
    """Build the result of a fit.

    Parameters
    ----------
    fit : IvFit
        The fit.
    method : str
        In the field's words.
    estimand, exclusion : str
        As in the call.
    options : mapping
        Settings of the call.
    coefficients : Effects, optional
        Where the exogenous columns are reported too.

    Returns
    -------
    IvResult
        With the Anderson-Rubin set as the headline with one instrument, or when several are weak.
    """
    design, stage, robust = fit.design, fit.first_stage(), fit.anderson_rubin()
    found = coefficients or fit.coefficients()
    effect = _headline(found, stage, robust, estimand)
    contrast, endogeneity = fit.contrast(), fit.endogeneity()
    homoskedastic = design.dependence.homoskedastic
    reduced_form_test = fit.reduced_form_test()
    overidentification = fit.overidentification()
    checks = (
        relevance_check(stage),
        exclusion_check(exclusion, design.rows.names("instruments")),
        monotonicity_check(estimand, stage),
        reduced_form_check(reduced_form_test),
        need_check(endogeneity, contrast, homoskedastic=homoskedastic),
        overidentification_check(overidentification, homoskedastic=homoskedastic, estimand=estimand),
    )
    _warn(fit, stage, robust)
    return IvResult(
        method=method,
        effect=effect,
        sample=sample_of(design),
        checks=Checks(checks),
        roles=design.roles,
        options=options,
        warnings=design.warned.messages,
        backend=design.rows.backend,
        coefficients=found,
        kappa=fit.k_class.kappa,
        ols=fit.ols(),
        contrast=contrast,
        first_stage=stage,
        reduced_form=fit.reduced_form(),
        reduced_form_test=reduced_form_test,
        anderson_rubin=robust,
        endogeneity=endogeneity,
        overidentification=overidentification,
        influence=fit.influence(),
        exclusion=exclusion,
    )


def _headline(found: Effects, stage: FirstStage, robust: AndersonRubin | None, estimand: str) -> Effect:
    """Wald, unless the Anderson-Rubin set takes its place: always with one instrument, with several if weak.

    Choosing by a first look at F would spoil the interval with one instrument, where the set costs nothing.
    """
    wald = replace(found[found.labels[0]], estimand=estimand)
    if robust is not None and (robust.n_instruments == 1 or stage.is_weak):
        return replace(wald, uncertainty=robust)
    return wald


def warn_exact(fit: IvFit) -> bool:
    """Warn of an outcome fitted exactly, and tell whether it is."""
    if fit.is_exact:
        name = fit.design.rows.names("outcome")[0]
        fit.design.warned.add(f"{name} is constant or fitted exactly: standard errors are zero, and tests say nothing.")
    return fit.is_exact


def _warn(fit: IvFit, stage: FirstStage, robust: AndersonRubin | None) -> None:
    warned = fit.design.warned
    if warn_exact(fit):
        return
    if not stage.is_weak:
        return
    if robust is not None:
        warned.add(
            f"Weak instruments: effective F {significant(float(stage.effective_f[0]))} is below "
            f"{significant(stage.critical())}, the value that rules out a bias of 10% of the worst. "
            f"The interval reported is the Anderson-Rubin set, which stays right."
        )
    else:
        warned.add(
            f"Weak instruments: the smallest conditional F is {significant(float(stage.conditional_f.min()))}, below "
            f"10. Wald intervals can be far off: find stronger instruments, or instrument fewer regressors."
        )
