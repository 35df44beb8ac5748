"""What an instrumental-variables analysis found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._tf import tf_critical
from causalkit.errors import DesignError
from causalkit.iv._records import AndersonRubin, BinnedStage, FirstStage, ModelTest
from causalkit.results import Effect, Effects, Interval, Result, Table
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from causalkit.results import ConfidenceSet

__all__ = ["IvResult", "OlsResult", "set_in_words"]


@dataclass(frozen=True, kw_only=True, eq=False)
class OlsResult(Result):
    """Least squares: what moves together, with the exogenous columns held fixed.

    Attributes
    ----------
    coefficients : Effects
        The endogenous regressors, then the exogenous columns if asked for.
    """

    coefficients: Effects

    def question(self) -> str:
        """Return the question that was asked."""
        return f"How do {self.treatment} and {self.outcome} move together?"

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence."""
        return (
            f"One unit more of {self.treatment.split(', ')[0]} goes with {self.estimate:+,.4g} of {self.outcome} "
            f"({level:.0%} interval {self.conf_int(level).format()}); an effect only if nothing else moves both."
        )

    def terms(self) -> Effects:
        """Return the coefficients."""
        return self.coefficients


@dataclass(frozen=True, kw_only=True, eq=False)
class IvResult(Result):
    """The effect of treatment among those whom the instrument moves.

    Attributes
    ----------
    coefficients : Effects
        The endogenous regressors, then the exogenous columns if asked for, with Wald covariance.
    kappa : float
        Of the k-class; 1 for two-stage least squares, NaN for estimators outside it.
    ols : Effects
        Least squares of the same model, as the baseline.
    contrast : Effect
        This estimate of the first endogenous regressor less that of least squares, with its own standard error.
    first_stage : FirstStage
        Strength of the instruments.
    reduced_form : Effects
        Effect of the instruments on the outcome.
    reduced_form_test : ModelTest
        Whether the instruments move the outcome at all.
    anderson_rubin : AndersonRubin, optional
        The test that weak instruments cannot spoil; with one endogenous regressor.
    endogeneity, overidentification : tuple of ModelTest
        Tests under their names in the literature.
    influence : (L,) array
        What one unit of direct effect of each instrument would add to the estimate of the first regressor.
    exclusion : str
        The analyst's argument that the instruments touch the outcome only through the treatment.
    bins : BinnedStage, optional
        Means of treatment and outcome over the instrument, for the pictures; from :func:`causalkit.iv.estimate`.
    complements : tuple of Table
        Further tables of the analysis, such as those of :func:`causalkit.iv.estimate`.
    """

    coefficients: Effects
    kappa: float
    ols: Effects
    contrast: Effect
    first_stage: FirstStage
    reduced_form: Effects
    reduced_form_test: ModelTest
    anderson_rubin: AndersonRubin | None
    endogeneity: tuple[ModelTest, ...]
    overidentification: tuple[ModelTest, ...]
    influence: tuple[float, ...]
    exclusion: str
    bins: BinnedStage | None = None
    complements: tuple[Table, ...] = ()

    @property
    def uses_anderson_rubin(self) -> bool:
        """Whether the headline interval is the Anderson-Rubin set."""
        return isinstance(self.effect.uncertainty, AndersonRubin)

    @property
    def wald(self) -> Effect:
        """The first endogenous regressor with its Wald interval, whatever the headline."""
        return self.coefficients[self.coefficients.labels[0]]

    def tf_interval(self) -> Interval:
        """Return the 95 % interval whose critical value grows as the first-stage F falls; for one instrument.

        Returns
        -------
        Interval
            The whole line up to an F of 3.84.

        References
        ----------
        Lee, D. S., McCrary, J., Moreira, M. J. and Porter, J. (2022). American Economic Review 112(10), 3260-3290.
        """
        if self.anderson_rubin is None or self.anderson_rubin.n_instruments != 1:
            raise DesignError("The tF interval is for one instrument and one endogenous regressor.")
        half = tf_critical(float(self.first_stage.f[0])) * self.std_error
        return Interval(self.estimate - half, self.estimate + half)

    def question(self) -> str:
        """Return the question that was asked."""
        return f"What is the effect of {self.roles['treatment'][0]} on {self.outcome}?"

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence."""
        whom = "for those whom the instrument moves" if self.effect.estimand == "LATE" else "on average"
        treatment = self.roles["treatment"][0]
        start = f"One unit more of {treatment} changes {self.outcome} by {self.estimate:+,.4g} {whom}"
        if not self.uses_anderson_rubin:
            return f"{start} ({level:.0%} interval {self.conf_int(level).format()})."
        return f"{start}; {set_in_words(self.conf_int(level), level)}."

    def terms(self) -> Effects:
        """Return the coefficients, the first endogenous regressor first."""
        return self.coefficients

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return OLS beside IV, the first stage and the tests."""
        return (
            self.comparison_table(level),
            self.first_stage.table(),
            self.interval_table(level),
            self.test_table(),
            *self.complements,
        )

    def comparison_table(self, level: float = 0.95) -> Table:
        """Return least squares, this estimate, and their difference."""
        m = len(self.roles["treatment"])
        rows: list[tuple[str, Effect]] = []
        for name in self.coefficients.labels[:m]:
            suffix = f" ({name})" if m > 1 else ""
            rows += [(f"OLS{suffix}", self.ols[name]), (f"IV{suffix}", self.coefficients[name])]
        rows.append(("IV minus OLS", self.contrast))
        return Table(
            title="Least squares beside the instrument",
            columns={
                "term": [name for name, _ in rows],
                "estimate": [each.estimate for _, each in rows],
                "std_error": [each.std_error for _, each in rows],
                "p_value": [each.p_value for _, each in rows],
                "interval": [each.conf_int(level).format() for _, each in rows],
            },
            headings={"std_error": "std. error", "p_value": "p", "interval": f"{100 * level:.4g}% Wald interval"},
            note=self.why_they_differ(),
        )

    def why_they_differ(self) -> str:
        """Return in words what can set least squares and the instrument apart."""
        reasons = [
            "something unobserved moves both treatment and outcome",
            "the treatment is measured with error, which pulls least squares towards zero",
        ]
        if self.effect.estimand == "LATE":
            reasons.append("those whom the instrument moves gain more or less than others")
        reasons.append("the instrument touches the outcome past the treatment")
        return f"A gap can mean that {'; '.join(reasons[:-1])}; or that {reasons[-1]}."

    def interval_table(self, level: float = 0.95) -> Table:
        """Return the Wald interval and, where there is one, the Anderson-Rubin set."""
        rows = [("Wald", self.wald.conf_int(level).format(), self.wald.p_value)]
        if self.anderson_rubin is not None:
            each = self.anderson_rubin
            rows.append(("Anderson-Rubin", each.conf_int(level).format(), each.p_value(0.0)))
            if each.n_instruments == 1 and level == 0.95:
                rows.append(("tF", self.tf_interval().format(), math.nan))
        return Table(
            title="Intervals",
            columns={
                "method": [name for name, _, _ in rows],
                "interval": [interval for _, interval, _ in rows],
                "p_value": [p for _, _, p in rows],
            },
            headings={"interval": f"{100 * level:.4g}% set", "p_value": "p of no effect"},
        )

    def test_table(self) -> Table:
        """Return the tests of the model."""
        tests = (self.reduced_form_test, *self.endogeneity, *self.overidentification)
        return Table(
            title="Tests",
            columns={
                "test": [each.name for each in tests],
                "null": [each.null for each in tests],
                "statistic": [each.statistic for each in tests],
                "df": [_df_text(each) for each in tests],
                "p_value": [each.p_value for each in tests],
            },
            headings={"p_value": "p", "null": "if nothing is wrong"},
        )


def set_in_words(found: ConfidenceSet, level: float) -> str:
    """Return an Anderson-Rubin set as a clause."""
    if not found.parts:
        return f"the instruments are jointly rejected: no effect fits them at the {level:.0%} level"
    if all(part.low == -math.inf and part.high == math.inf for part in found.parts):
        return f"the data do not bound the effect: the {level:.0%} Anderson-Rubin set is the whole line"
    if not found.is_bounded:
        return f"the data do not bound the effect: the {level:.0%} Anderson-Rubin set is {found.format()}"
    return f"{level:.0%} Anderson-Rubin set {found.format()}"


def _df_text(test: ModelTest) -> str:
    if np.isinf(test.df_denom):
        return significant(test.df)
    return f"{significant(test.df)}, {significant(test.df_denom, 6)}"
