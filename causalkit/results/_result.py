"""What every method returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from causalkit._language import wording
from causalkit._validate import near_match
from causalkit.errors import OptionError
from causalkit.results import _ecosystem
from causalkit.results._answer import Answer
from causalkit.results._document import document_of
from causalkit.results._effects import Effects
from causalkit.results._interval import with_rows
from causalkit.results._record import FrozenMap, Record
from causalkit.results._table import Cell, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from causalkit._language import Lang
    from causalkit.results._check import Check
    from causalkit.results._effect import Effect
    from causalkit.results._interval import ConfidenceSet
    from causalkit.results._sample import Sample


@dataclass(frozen=True, slots=True, eq=False)
class Checks(Record, Mapping[str, "Check"]):
    """The checks of a result by name, in the order in which they are read.

    Attributes
    ----------
    checks : tuple of Check
        The checks.
    """

    checks: tuple[Check, ...]

    def __getitem__(self, name: str) -> Check:
        """Return the check of that name."""
        for check in self.checks:
            if check.name == name:
                return check
        raise OptionError(f"There is no check {name!r}.{near_match(name, list(self))} There are: {', '.join(self)}.")

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return (check.name for check in self.checks)

    def __len__(self) -> int:
        """Return the number of checks."""
        return len(self.checks)

    __eq__ = Record.__eq__
    __hash__ = Record.__hash__

    def with_verdict(self, *verdicts: str) -> tuple[Check, ...]:
        """Return the checks with one of the verdicts."""
        return tuple(check for check in self.checks if check.verdict in verdicts)

    def table(self) -> Table:
        """Return one row per check."""
        return Table(
            title="Checks",
            columns={
                "check": [check.name for check in self.checks],
                "verdict": [check.verdict for check in self.checks],
                "statistic": [check.statistic for check in self.checks],
                "df": [check.df for check in self.checks],
                "p_value": [check.p_value for check in self.checks],
                "reading": [check.reading for check in self.checks],
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Result(Answer):
    """The answer of a method: the effect, its uncertainty, and what it rests on.

    A result holds aggregates only, no row of the data; its size does not grow with their number. It is
    frozen and knows nothing of its presentation: intervals, tables and texts are derived when asked for.

    Attributes
    ----------
    method : str
        How the effect was estimated, in the field's words.
    effect : Effect
        The headline.
    sample : Sample
        What happened to the rows.
    checks : Checks
        Every assumption and diagnostic with its verdict.
    roles : mapping of str to tuple of str
        The columns used, by role.
    options : mapping of str to scalar
        The settings of the call, by argument name.
    warnings : tuple of str
        What the call warned of.
    backend : str
        Library of the caller's frame, which :meth:`to_frame` answers in.
    """

    method: str
    effect: Effect
    sample: Sample
    checks: Checks
    roles: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Cell]
    warnings: tuple[str, ...] = ()
    backend: str = "pandas"

    # Whether ``tables`` spell out the estimates after the headline, so that a summary need not list them twice.
    tables_spell_out: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep the short repr, which ``dataclass`` would replace in each subclass by one of all fields."""
        super().__init_subclass__(**kwargs)
        if "__repr__" not in vars(cls):
            setattr(cls, "__repr__", super(cls, cls).__repr__)  # noqa: B010 - mypy refuses to assign to a method

    def __post_init__(self) -> None:
        """Freeze the mappings."""
        self._freeze(roles=FrozenMap(dict(self.roles)), options=FrozenMap(dict(self.options)))

    # What a method says of its own result; a subclass may add to each.

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return f"What is the effect of {self.treatment} on {self.outcome}?"

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence, in units of the outcome."""
        low_high = self.conf_int(level).format()
        return (
            f"{self.treatment} changes {self.outcome} by {self.estimate:+,.4g} per unit "
            f"({level:.0%} interval {low_high}; {self.effect.estimand})."
        )

    def terms(self) -> Effects:
        """Return the estimates of the result as a labelled vector, the headline first."""
        variance = self.effect.std_error**2
        return Effects(
            dimension="term",
            labels=(self.effect.estimand,),
            estimates=np.array([self.estimate]),
            cov=np.array([[variance]]),
            df=self.effect.df,
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the tables that belong to the summary, the most telling first."""
        del level
        return ()

    # What every result answers alike.

    @property
    def outcome(self) -> str:
        """Column of the outcome."""
        return ", ".join(self.roles.get("outcome", ())) or "the outcome"

    @property
    def treatment(self) -> str:
        """Column of the treatment."""
        return ", ".join(self.roles.get("treatment", ())) or "the treatment"

    @property
    def estimate(self) -> float:
        """Point estimate of the headline effect, in units of the outcome."""
        return self.effect.estimate

    @property
    def std_error(self) -> float:
        """Standard error of the headline effect, in units of the outcome."""
        return self.effect.std_error

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no effect."""
        return self.effect.p_value

    def conf_int(self, level: float = 0.95) -> ConfidenceSet:
        """Return the confidence set of the headline effect.

        Parameters
        ----------
        level : float
            Coverage, strictly between 0 and 1.

        Returns
        -------
        Interval or IntervalUnion
            In units of the outcome. As an array it shows one row per term, as statsmodels' tables ask; NaN below
            a level of one half, which in those tables would mean a significance level.
        """
        return with_rows(self.effect.conf_int(level), partial(_ecosystem.interval_rows, self, level))

    def table(self, level: float = 0.95) -> Table:
        """Return one row per estimate: term, estimate, std_error, statistic, p_value, conf_low, conf_high."""
        table = self.terms().table(level)
        own = self.conf_int(level)
        columns = {name: list(values) for name, values in table.columns.items()}
        columns["statistic"][0], columns["p_value"][0] = self.effect.statistic, self.p_value
        if len(own.parts) == 1:
            columns["conf_low"][0], columns["conf_high"][0] = own.parts[0]
        else:
            # The ends of a hull would hide what the data reject.
            columns["conf_low"][0] = columns["conf_high"][0] = float("nan")
            columns["conf_set"] = [own.format(), *("" for _ in range(len(table) - 1))]
        return Table(title="Estimates", columns=columns)

    def to_frame(self, level: float = 0.95) -> Any:
        """Return one row per estimate as a frame of the library that the data came in.

        Parameters
        ----------
        level : float
            Coverage of ``conf_low`` and ``conf_high``.

        Returns
        -------
        data frame
            Columns ``term, estimate, std_error, statistic, p_value, conf_low, conf_high``, and ``conf_set``
            where the confidence set is not one interval.
        """
        return self.table(level).to_frame(backend=self.backend)

    def summary(self, level: float = 0.95, *, lang: Lang = "en") -> str:
        """Return the result as text of at most 80 columns.

        Parameters
        ----------
        level : float
            Coverage of the intervals.
        lang : {"en", "zh"}
            Language of the fixed wording; names and numbers are the same in each.

        Returns
        -------
        str
            Wide characters count as two columns.
        """
        from causalkit.results._text import document_text

        return document_text(document_of(self, level), wording(lang))

    def __str__(self) -> str:
        """Return the summary."""
        return self.summary()

    def __repr__(self) -> str:
        """Return one line: the type, the headline number and its interval."""
        return (
            f"<{type(self).__name__} {self.effect.estimand} {self.estimate:.6g} "
            f"95% {self.conf_int().format()} n={self.sample.n_used:,}>"
        )

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_html(self, level: float = 0.95, *, lang: Lang = "en") -> str:
        """Return the summary as one ``div`` of HTML, every label escaped, in the language given."""
        from causalkit.results._html import document_html

        return document_html(document_of(self, level), wording(lang))

    def to_markdown(self, level: float = 0.95, *, lang: Lang = "en") -> str:
        """Return the summary in Markdown, every label escaped, in the language given."""
        from causalkit.results._markup import document_markdown

        return document_markdown(document_of(self, level), wording(lang))

    def to_latex(self, level: float = 0.95) -> str:
        """Return the estimates as a LaTeX table, every label escaped."""
        return self.table(level).to_latex()

    def report(self, path: str | Path, *, level: float = 0.95, smallest_cell: int = 1, lang: Lang = "en") -> Path:
        """Write one self-contained HTML file that a product manager can read.

        Parameters
        ----------
        path : str or Path
            The file to write; one that is there is replaced.
        level : float
            Coverage of the intervals.
        smallest_cell : int
            Rows of the data that a cell of a table must have to be shown. Smaller ones keep their label and lose
            their numbers, as do the sentences about checks and the warnings, and a picture of the effect alone takes
            the place of those that would show them. 1 leaves nothing out.
        lang : {"en", "zh"}
            Language of the fixed wording; names and numbers are the same in each.

        Returns
        -------
        Path
            The file written.
        """
        from causalkit._report import write_report

        return write_report(self, path, level=level, smallest_cell=smallest_cell, lang=lang)

    # The face that statsmodels' summary_col and maketables read.

    @property
    def params(self) -> pd.Series[float]:
        """Estimates by term, as statsmodels names them."""
        return _ecosystem.series(self, "estimate")

    @property
    def bse(self) -> pd.Series[float]:
        """Standard errors by term."""
        return _ecosystem.series(self, "std_error")

    @property
    def tvalues(self) -> pd.Series[float]:
        """Estimates over standard errors by term."""
        return _ecosystem.series(self, "statistic")

    @property
    def pvalues(self) -> pd.Series[float]:
        """Two-sided p-values by term."""
        return _ecosystem.series(self, "p_value")

    @property
    def nobs(self) -> float:
        """Rows used."""
        return float(self.sample.n_used)

    @property
    def cov_type(self) -> str:
        """How standard errors were computed, where the options say so; else empty."""
        return str(_ecosystem.vcov_info(self)["vcov_type"] or "")

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of the estimates by term."""
        return _ecosystem.covariance(self)

    @property
    def model(self) -> _ecosystem.ModelNames:
        """Names of the outcome and the terms, where statsmodels looks for them."""
        return _ecosystem.ModelNames(self.outcome, tuple(self.terms().labels))

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        """Estimates for maketables: columns b, se, t, p, ci95l, ci95u."""
        return _ecosystem.coefficient_table(self)

    def __maketables_stat__(self, key: str) -> Cell:
        """Return a statistic that maketables asks for, or None."""
        return _ecosystem.statistic(self, key)

    @property
    def __maketables_depvar__(self) -> str:
        """Name of the outcome for maketables."""
        return self.outcome

    @property
    def __maketables_vcov_info__(self) -> dict[str, Cell]:
        """How standard errors were computed, for maketables."""
        return _ecosystem.vcov_info(self)

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        """Statistics that maketables shows unless told otherwise."""
        return ["N"]
