"""Confidence sets that stay right when instruments are weak or many: Anderson-Rubin, conditional LR, K, jackknife."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._decision import upper_tail
from causalkit._numerics._many_instruments import JackknifeSums, jackknife_sums
from causalkit._numerics._tails import chi2_sf, normal_quantile
from causalkit._numerics._weak_tests import conditional_lr_p, search_set, weak_statistics
from causalkit._validate import choice, fraction, labels
from causalkit.errors import DesignError, OptionError
from causalkit.iv._assemble import check_words, options_of, sample_of
from causalkit.iv._checks import exclusion_check, relevance_check
from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class
from causalkit.iv._records import AndersonRubin, as_set
from causalkit.iv._result import set_in_words
from causalkit.results import Checks, Effect, Record, Result
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import Columns, FloatArray, IntoDataFrame, Missing
    from causalkit.iv._covariance import CovOption
    from causalkit.iv._fit import IvFit
    from causalkit.results import ConfidenceSet, Uncertainty

__all__ = ["ConditionalSet", "JackknifeSet", "WeakRobustResult", "weak_robust"]

Method = Literal["AR", "CLR", "K", "jackknife"]
_POWERS = np.arange(5.0)
_NAMES: dict[str, str] = {
    "AR": "Anderson-Rubin test, inverted",
    "CLR": "Conditional likelihood-ratio test, inverted",
    "K": "Kleibergen's K test, inverted",
    "jackknife": "Jackknife Anderson-Rubin test, inverted",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConditionalSet(Record):
    """The conditional likelihood-ratio test or Kleibergen's K, from the coordinates of :class:`AndersonRubin`.

    Attributes
    ----------
    base : AndersonRubin
        Coordinates and covariance.
    method : {"CLR", "K"}
        Which test.

    References
    ----------
    Moreira, M. J. (2003). Econometrica 71(4), 1027-1048. Kleibergen, F. (2005). Econometrica 73(4), 1103-1123.
    """

    base: AndersonRubin
    method: str

    def p_value(self, null: float) -> float:
        """Return the p-value of ``effect = null``."""
        found = weak_statistics(self.base.first, self.base.second, self.base.cov, null)
        if self.method == "K":
            return float(chi2_sf(found.k, 1))
        return conditional_lr_p(found.lr, found.rank, self.base.n_instruments)

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the values not rejected at ``1 - level``, searched on points that reach to infinity.

        Parameters
        ----------
        level : float
            Coverage.

        Returns
        -------
        Interval or IntervalUnion
            Ends are polished to full precision; a piece narrower than a four-hundredth of the set can be missed.
        """
        first, second = self.base.first, self.base.second
        strength = float(first @ first)
        center = float(first @ second) / strength
        variance = float(self.base.line().cov(center).trace())
        unit = (variance / self.base.n_instruments / strength) ** 0.5
        return as_set(search_set(self.p_value, center=center, unit=unit, size=1.0 - fraction("level", level)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JackknifeSet(Record):
    """The jackknife Anderson-Rubin test, for many instruments.

    Attributes
    ----------
    signal, noise : arrays
        Polynomials of the statistic and its variance, lowest power first.

    References
    ----------
    Mikusheva, A. and Sun, L. (2022). Review of Economic Studies 89(5), 2663-2686.
    """

    signal: FloatArray
    noise: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(signal=read_only(self.signal), noise=read_only(self.noise))

    def _sums(self) -> JackknifeSums:
        return JackknifeSums(signal=self.signal, noise=self.noise)

    def p_value(self, null: float) -> float:
        """Return the one-sided p-value of ``effect = null``."""
        return upper_tail(self._sums().statistic(null))

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the values not rejected at ``1 - level``, exactly.

        Parameters
        ----------
        level : float
            Coverage.

        Returns
        -------
        Interval or IntervalUnion
            In units of the outcome per unit of the treatment.
        """
        return as_set(self._sums().not_rejected(normal_quantile(fraction("level", level))))


@dataclass(frozen=True, kw_only=True, eq=False)
class WeakRobustResult(Result):
    """An effect with a confidence set that weak instruments cannot spoil.

    Attributes
    ----------
    exclusion : str
        The analyst's argument for exclusion.
    """

    exclusion: str

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence."""
        found = set_in_words(self.conf_int(level), level).replace("Anderson-Rubin set", "set")
        return f"Effect of {self.treatment} on {self.outcome}: {found}. Point estimate {self.estimate:+,.4g}."


def weak_robust(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: str,
    instruments: Columns,
    exogenous: Columns | None = None,
    method: Method = "AR",
    exclusion: str = "",
    absorb: Columns | None = None,
    cluster: Columns | None = None,
    weights: str | None = None,
    cov_type: CovOption = None,
    estimand: Literal["LATE", "ATE"] = "LATE",
    missing: Missing = "raise",
) -> WeakRobustResult:
    """Confidence set by inverting a test that is right however weak the instruments are.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome, endogenous : str
        Outcome and treatment.
    instruments, exogenous : str or list of str
        As in :func:`tsls`.
    method : {"AR", "CLR", "K", "jackknife"}
        Anderson-Rubin, exact for any number of instruments; the conditional likelihood-ratio test, which has more
        power with several; Kleibergen's K; or the jackknife Anderson-Rubin test for many instruments and rows that
        are independent.
    exclusion : str
        Why the instruments are excluded.
    absorb, cluster : str or list of str, optional
        As in :func:`tsls`.
    weights : str, optional
        Column of weights.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    estimand, missing : str
        As in :func:`tsls`.

    Returns
    -------
    WeakRobustResult
        ``conf_int(level)`` is the set, with two-stage least squares as the point estimate.

    Raises
    ------
    DesignError
        As in :func:`tsls`; or an outcome without variation.
    OptionError
        More than one endogenous regressor, or the jackknife with clusters.

    References
    ----------
    Andrews, I., Stock, J. H. and Sun, L. (2019). Annual Review of Economics 11, 727-753.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(500, n_instruments=3, strength=0.2, rng=1)
    >>> found = iv.weak_robust(sim.data, outcome="y", endogenous="d", instruments=["z1", "z2", "z3"], method="CLR")
    >>> sim.truth["LATE"] in found.conf_int(0.95)
    True
    """
    check_words(estimand=estimand, exclusion=exclusion, first_stage="linear")
    choice("method", method, tuple(_NAMES))
    if len(labels("endogenous", endogenous)) > 1:
        raise OptionError("endogenous must be one column here: the tests are of one coefficient.")
    if method == "jackknife" and (cluster is not None or absorb is not None):
        raise OptionError("method='jackknife' is for independent rows without absorbed effects.")
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
    wald = fit.coefficients()[design.endogenous[0]]
    return WeakRobustResult(
        method=_NAMES[method],
        effect=Effect(
            estimand=estimand,
            estimate=wald.estimate,
            std_error=wald.std_error,
            df=wald.df,
            uncertainty=uncertainty_of(fit, method),
        ),
        sample=sample_of(design),
        checks=Checks((relevance_check(fit.first_stage()), exclusion_check(exclusion, design.instruments))),
        roles=design.roles,
        options=options_of(cov_type, design, method=method, estimand=estimand, missing=missing),
        warnings=design.warned.messages,
        backend=design.rows.backend,
        exclusion=exclusion,
    )


def uncertainty_of(fit: IvFit, method: Method) -> Uncertainty:
    """Return the test of a fit that a method names."""
    base = fit.anderson_rubin()
    if base is None:
        name = fit.design.rows.names("outcome")[0]
        raise DesignError(f"outcome={name!r} is constant or fitted exactly: there is nothing to test.")
    if method == "AR":
        return base
    if method != "jackknife":
        return ConditionalSet(base=base, method=method)
    sums, unit = jackknife_sums(fit.projection), float(fit.units[0])
    return JackknifeSet(signal=sums.signal / unit ** _POWERS[:3], noise=sums.noise / unit**_POWERS)
