"""Parts of an instrumental-variables result: the first stage, the Anderson-Rubin test, tests of the model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._anderson_rubin import MomentLine, critical_form, not_rejected
from causalkit._numerics._tails import f_sf
from causalkit._validate import fraction
from causalkit.errors import OptionError
from causalkit.results import Effects, FrozenMap, Interval, IntervalUnion, Record, Table
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit._typing import FloatArray, IntArray
    from causalkit.results import ConfidenceSet

__all__ = ["AndersonRubin", "BinnedStage", "FirstStage", "ModelTest", "as_set"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelTest(Record):
    """A test of the model under its name in the literature.

    Attributes
    ----------
    name : str
        Its name.
    null : str
        What holds under the null.
    statistic, df, df_denom, p_value : float
        Chi-squared, or F where ``df_denom`` is finite.
    """

    name: str
    null: str
    statistic: float
    df: float
    df_denom: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AndersonRubin(Record):
    """The Anderson-Rubin test, right however weak the instruments are.

    It asks whether the instruments still move ``outcome - effect * treatment``. The set of effects not rejected can be
    an interval, two rays, the whole line, or empty, and is reported as it is.

    Attributes
    ----------
    first, second : (L,) arrays
        Coordinates of treatment and outcome on instruments orthonormal after partialling out.
    cov : (2 L, 2 L) array
        Covariance of ``[first, second]``.
    direct : (L, L) array
        Coordinates of the instruments themselves: what a direct effect of one unit of each would add to ``second``.
    df : float
        Denominator degrees of freedom; infinite for chi-squared.

    References
    ----------
    Anderson, T. W. and Rubin, H. (1949). Annals of Mathematical Statistics 20(1), 46-63.
    """

    first: FloatArray
    second: FloatArray
    cov: FloatArray
    direct: FloatArray
    df: float

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(**{name: read_only(getattr(self, name)) for name in ("first", "second", "cov", "direct")})

    @property
    def n_instruments(self) -> int:
        """Number of instruments, L."""
        return int(self.first.size)

    def chi_squared(self) -> AndersonRubin:
        """Return the same test with chi-squared in place of F critical values, as some programs have it."""
        return replace(self, df=math.inf)

    def line(self) -> MomentLine:
        """Return the moments as a function of the effect."""
        parts = self.cov.reshape(2, self.n_instruments, 2, self.n_instruments)
        return MomentLine(
            b=self.second,
            a=self.first,
            v0=parts[1, :, 1],
            v1=parts[1, :, 0] + parts[0, :, 1],
            v2=parts[0, :, 0],
        )

    def statistic(self, null: float) -> float:
        """Return the statistic of ``effect = null`` in F form."""
        return self.line().statistic(null) / self.n_instruments

    def p_value(self, null: float) -> float:
        """Return the p-value of ``effect = null``."""
        return float(f_sf(self.statistic(null), self.n_instruments, self.df))

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return all effects not rejected at ``1 - level``, exactly.

        Parameters
        ----------
        level : float
            Coverage.

        Returns
        -------
        Interval or IntervalUnion
            In units of the outcome per unit of the treatment.
        """
        critical = critical_form(fraction("level", level), self.n_instruments, self.df)
        return as_set(not_rejected(self.line(), critical))


def as_set(pieces: list[tuple[float, float]]) -> ConfidenceSet:
    """Return disjoint pieces as a confidence set."""
    intervals = tuple(Interval(float(low), float(high)) for low, high in pieces)
    return intervals[0] if len(intervals) == 1 else IntervalUnion(intervals)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FirstStage(Record):
    """How strongly the instruments move the endogenous regressors.

    Attributes
    ----------
    coefficients : mapping of str to Effects
        For each endogenous regressor, the coefficients of the instruments.
    partial_r2 : (m,) array
        Share of what the exogenous columns leave that the instruments explain.
    f : (m,) array
        Wald statistic over L under the chosen covariance: the partial F.
    f_p_value : (m,) array
        Its p-value.
    effective_f : (m,) array
        Montiel Olea and Pflueger's effective F.
    critical_values : mapping of str to float
        With one endogenous regressor: critical value of the effective F for a worst-case bias of 5, 10, 20 and 30
        percent of the bias with irrelevant instruments, under ``"5%"``, ``"10%"``, ``"20%"``, ``"30%"``.
    conditional_f : (m,) array
        Sanderson and Windmeijer's F of each regressor given the others.
    cragg_donald : float
        Cragg-Donald F.
    kleibergen_paap : float
        Kleibergen-Paap rk Wald F, under the chosen covariance.
    kleibergen_paap_lm : float
        Kleibergen-Paap rk LM statistic, chi-squared with ``L - m + 1`` degrees of freedom.
    stock_yogo : mapping of str to float
        Published critical values of Stock and Yogo for the Cragg-Donald F: ``"bias 10%"``, ``"size 10%"`` and so on.
    """

    coefficients: Mapping[str, Effects]
    partial_r2: FloatArray
    f: FloatArray
    f_p_value: FloatArray
    effective_f: FloatArray
    critical_values: Mapping[str, float]
    conditional_f: FloatArray
    cragg_donald: float
    kleibergen_paap: float
    kleibergen_paap_lm: float
    stock_yogo: Mapping[str, float]

    def __post_init__(self) -> None:
        """Freeze arrays and mappings."""
        arrays = ("partial_r2", "f", "f_p_value", "effective_f", "conditional_f")
        self._freeze(**{name: read_only(getattr(self, name)) for name in arrays})
        self._freeze(
            coefficients=FrozenMap(dict(self.coefficients)),
            critical_values=FrozenMap(dict(self.critical_values)),
            stock_yogo=FrozenMap(dict(self.stock_yogo)),
        )

    def critical(self, bias: str = "10%") -> float:
        """Return the critical value of the effective F for a worst-case bias; NaN with several regressors.

        Parameters
        ----------
        bias : {"5%", "10%", "20%", "30%"}
            The bias to be ruled out.
        """
        if not self.critical_values:
            return math.nan
        if bias not in self.critical_values:
            raise OptionError(f"bias={bias!r} is not tabulated. Choose one of: {', '.join(self.critical_values)}.")
        return self.critical_values[bias]

    @property
    def is_weak(self) -> bool:
        """Whether the effective F, or with several regressors the smallest conditional F, is below its critical value.

        With several regressors no critical value holds under every covariance; 10 is the customary rule.
        """
        if self.critical_values:
            return bool(self.effective_f[0] < self.critical())
        return bool(np.min(self.conditional_f) < 10.0)

    def table(self) -> Table:
        """Return one row per endogenous regressor."""
        names = list(self.coefficients)
        columns: dict[str, list[str] | list[float]] = {
            "endogenous": names,
            "partial_r2": self.partial_r2.tolist(),
            "f": self.f.tolist(),
            "p_value": self.f_p_value.tolist(),
            "effective_f": self.effective_f.tolist(),
        }
        if self.critical_values:
            columns["critical"] = [self.critical()] * len(names)
        else:
            columns["conditional_f"] = self.conditional_f.tolist()
        return Table(
            title="First stage",
            columns=columns,
            headings={
                "partial_r2": "partial R²",
                "f": "F",
                "p_value": "p",
                "effective_f": "effective F",
                "critical": "needed (10% bias)",
                "conditional_f": "conditional F",
            },
        )

    def __str__(self) -> str:
        """Return the table as text."""
        return str(self.table())

    def coefficient_table(self, level: float = 0.95) -> Table:
        """Return one row per instrument and endogenous regressor."""
        rows = [(name, *row) for name, each in self.coefficients.items() for row in each.table(level).rows()]
        columns = list(zip(*rows, strict=True))
        header = ("endogenous", *next(iter(self.coefficients.values())).table(level).columns)
        return Table(
            title="First-stage coefficients",
            columns=dict(zip(header, columns, strict=True)),
            headings={"std_error": "std. error", "p_value": "p"},
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BinnedStage(Record):
    """Means of treatment and outcome in bins of the instrument, the exogenous columns held fixed.

    Attributes
    ----------
    index_label : str
        What the bins are of: the instrument, or with several the treatment that they predict.
    index, treatment, outcome : (k,) arrays
        Mean of the bins' index, of the treatment and of the outcome.
    rows : (k,) array of int
        Rows in each bin.
    slopes : (2,) array
        Slope of treatment and of outcome over the index among all rows.
    centers : (3,) array
        Means of index, treatment and outcome among all rows, through which the lines go.
    """

    index_label: str
    index: FloatArray
    treatment: FloatArray
    outcome: FloatArray
    rows: IntArray
    slopes: FloatArray
    centers: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        names = ("index", "treatment", "outcome", "slopes", "centers")
        self._freeze(
            rows=read_only(self.rows, dtype=np.int64), **{name: read_only(getattr(self, name)) for name in names}
        )
