"""Results side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from causalkit._language import Name, wording
from causalkit._validate import fraction, listed, near_match, real
from causalkit.errors import DesignError, OptionError
from causalkit.results import Effect, FrozenMap, Result, Table
from causalkit.results._answer import Answer
from causalkit.results._document import Document, Heading, Notes, Paragraph, Verdicts, names_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from causalkit._language import Lang
    from causalkit.results._document import Block
    from causalkit.results._table import Cell

__all__ = ["Comparison", "compare"]

_VERDICTS: Final = ("supported", "questionable", "violated", "untestable", "not run")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison(Answer):
    """Results under labels, in the order given.

    Attributes
    ----------
    results : mapping of str to Result
        The results by label.
    """

    results: Mapping[str, Result]

    def __post_init__(self) -> None:
        """Check the labels and what they name."""
        self._freeze(results=_labelled(self.results))

    def __len__(self) -> int:
        """Return the number of results."""
        return len(self.results)

    def __getitem__(self, label: str) -> Result:
        """Return the result under a label."""
        if label not in self.results:
            raise OptionError(
                f"There is no result {label!r}.{near_match(label, self.results)} There are: {listed(self.results)}."
            )
        return self.results[label]

    def title(self) -> str:
        """Return the common question, in words."""
        outcomes, treatments = self._distinct(_outcome), self._distinct(_treatment)
        treatment = treatments[0] if len(treatments) == 1 else "the treatments"
        outcome = outcomes[0] if len(outcomes) == 1 else "the outcomes"
        return f"What is the effect of {treatment} on {outcome}, by {len(self)} analyses?"

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known before the numbers are held against each other, one sentence each."""
        notes = [
            f"{label}: no causal reading, violated: {', '.join(check.name for check in violated)}."
            for label, each in self.results.items()
            if (violated := each.checks.with_verdict("violated"))
        ]
        outcomes, treatments, estimands = (self._distinct(of) for of in (_outcome, _treatment, _estimand))
        if len(outcomes) > 1:
            notes.append(f"These are effects on different outcomes: {_and(outcomes)}.")
        if len(treatments) > 1:
            notes.append(f"These are effects of different treatments: {_and(treatments)}.")
        if len(estimands) > 1:
            notes.append(f"These answer different questions: {_and(estimands)}. That they differ is no contradiction.")
        samples = self._distinct(lambda each: f"{each.sample.n_used:,}")
        if len(samples) > 1:
            notes.append(f"They use different numbers of rows ({_and(samples)}): a gap may come from the rows.")
        return tuple(notes)

    def difference(self, first: str, second: str, *, covariance: float) -> Effect:
        """Return the first effect minus the second.

        Parameters
        ----------
        first, second : str
            Labels of two of the results.
        covariance : float
            Covariance of the two estimates: 0 only if they come from samples that share no unit. Estimates from the
            same data move together, and without their covariance a gap between them cannot be tested.

        Returns
        -------
        Effect
            Its p-value tests that the two effects are equal. With finite degrees of freedom it has Welch's if the
            covariance is 0, else the smaller ones.

        Raises
        ------
        DesignError
            An interval is not estimate plus or minus standard errors, so that variances do not simply add.
        OptionError
            A label is not known, or the covariance is larger than the standard errors allow.

        Examples
        --------
        >>> from causalkit import compare
        >>> from causalkit.results import Checks, Effect, Result, Sample
        >>> def trial(estimate: float) -> Result:
        ...     return Result(
        ...         method="Difference in means",
        ...         checks=Checks(()),
        ...         options={},
        ...         roles={},
        ...         effect=Effect(estimand="ATE", estimate=estimate, std_error=0.3),
        ...         sample=Sample(n_rows=100, n_used=100),
        ...     )
        >>> gap = compare(north=trial(2.0), south=trial(1.2)).difference("north", "south", covariance=0.0)
        >>> round(gap.estimate, 6), round(gap.std_error, 6)
        (0.8, 0.424264)
        """
        a, b = self[first].effect, self[second].effect
        for label, each in ((first, a), (second, b)):
            if each.uncertainty is not None or each.center is not None:
                raise DesignError(
                    f"The interval of {label!r} is not its estimate plus or minus standard errors; "
                    f"a difference from it has no simple standard error. Resample both together."
                )
        covariance = real("covariance", covariance)
        variances = a.std_error**2, b.std_error**2
        if covariance**2 > variances[0] * variances[1] * (1 + 1e-12):
            raise OptionError(
                f"covariance={covariance!r} is larger than the standard errors {a.std_error:.4g} and "
                f"{b.std_error:.4g} allow."
            )
        return Effect(
            estimand=f"{first} minus {second}",
            estimate=a.estimate - b.estimate,
            std_error=math.sqrt(max(sum(variances) - 2 * covariance, 0.0)),
            df=_welch(variances, (a.df, b.df)) if covariance == 0 else min(a.df, b.df),
        )

    def table(self, level: float = 0.95) -> Table:
        """Return one row per result.

        Parameters
        ----------
        level : float
            Coverage of the intervals.

        Returns
        -------
        Table
            Columns ``term`` (the label), ``estimand, estimate, std_error, statistic, p_value, conf_low, conf_high``,
            ``conf_set`` where a confidence set is not one interval, ``outcome, treatment, method, n_rows, n_used``,
            and how many checks have each verdict.
        """
        level = fraction("level", level)
        every = tuple(self.results.values())
        sets = [each.conf_int(level) for each in every]
        single = [each.parts[0] if len(each.parts) == 1 else None for each in sets]
        columns: dict[str, list[Cell]] = {
            "term": list(self.results),
            "estimand": [each.effect.estimand for each in every],
            "estimate": [each.estimate for each in every],
            "std_error": [each.std_error for each in every],
            "statistic": [each.effect.statistic for each in every],
            "p_value": [each.p_value for each in every],
            # The ends of a hull would hide what the data reject.
            "conf_low": [each.low if each else math.nan for each in single],
            "conf_high": [each.high if each else math.nan for each in single],
        }
        if None in single:
            columns["conf_set"] = ["" if one else each.format() for one, each in zip(single, sets, strict=True)]
        columns |= {
            "outcome": [each.outcome for each in every],
            "treatment": [each.treatment for each in every],
            "method": [each.method for each in every],
            "n_rows": [each.sample.n_rows for each in every],
            "n_used": [each.sample.n_used for each in every],
        }
        for verdict in _VERDICTS:
            columns[verdict.replace(" ", "_")] = [len(each.checks.with_verdict(verdict)) for each in every]
        return Table(title="Comparison", columns=columns)

    def to_frame(self, level: float = 0.95) -> Any:
        """Return :meth:`table` as a frame of the library that the first result's data came in."""
        return self.table(level).to_frame(backend=next(iter(self.results.values())).backend)

    def summary(self, level: float = 0.95, *, lang: Lang = "en") -> str:
        """Return the comparison as text of at most 80 columns, in the language given."""
        from causalkit.results._text import document_text

        return document_text(document_of(self, level), wording(lang))

    def __str__(self) -> str:
        """Return the summary."""
        return self.summary()

    def __repr__(self) -> str:
        """Return one line: labels and estimates."""
        return f"<Comparison {', '.join(f'{label} {each.estimate:.6g}' for label, each in self.results.items())}>"

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
        return estimates_of(self, level).to_latex()

    def report(self, path: str | Path, *, level: float = 0.95, lang: Lang = "en") -> Path:
        """Write one self-contained HTML file that a product manager can read.

        Parameters
        ----------
        path : str or Path
            The file to write; one that is there is replaced.
        level : float
            Coverage of the intervals.
        lang : {"en", "zh"}
            Language of the fixed wording; names and numbers are the same in each.

        Returns
        -------
        Path
            The file written.
        """
        from causalkit._report import write_report

        return write_report(self, path, level=level, lang=lang)

    def _distinct(self, of: Callable[[Result], str]) -> list[str]:
        return list(dict.fromkeys(of(each) for each in self.results.values()))


def document_of(comparison: Comparison, level: float) -> Document:
    """Return the readout: what has to be known first, the numbers, what they rest on, and the doubts of each."""
    blocks: list[Block] = [Notes(comparison.notes)] if comparison.notes else []
    blocks += [estimates_of(comparison, level), grounds_of(comparison)]
    for label, each in comparison.results.items():
        doubts = each.checks.with_verdict("violated", "questionable")
        if doubts:
            blocks += [Heading(Name(label)), Verdicts(doubts)]
    blocks.append(Paragraph("A gap between two estimates is not tested here: see difference()."))
    return Document(title=comparison.title(), blocks=tuple(blocks), names=names_in(comparison))


def names_in(comparison: Comparison) -> frozenset[str]:
    """Return the names of columns, and the labels, that a comparison speaks of."""
    return frozenset(comparison.results).union(*map(names_of, comparison.results.values()))


def estimates_of(comparison: Comparison, level: float) -> Table:
    """Return the estimates with the interval in one column, as a person reads them."""
    every = comparison.results.values()
    return Table(
        title="Estimates",
        columns={
            "term": tuple(comparison.results),
            "estimand": tuple(each.effect.estimand for each in every),
            "estimate": tuple(each.estimate for each in every),
            "std_error": tuple(each.std_error for each in every),
            "p_value": tuple(each.p_value for each in every),
            "interval": tuple(_interval_text(each, level) for each in every),
        },
        headings={
            "term": "",
            "std_error": "std. error",
            "p_value": "p",
            "interval": f"{100 * fraction('level', level):.4g}% interval",
        },
    )


def grounds_of(comparison: Comparison) -> Table:
    """Return method, rows and verdicts of each result."""
    every = comparison.results.values()
    return Table(
        title="What they rest on",
        columns={
            "term": tuple(comparison.results),
            "method": tuple(each.method for each in every),
            "n_used": tuple(each.sample.n_used for each in every),
            "checks": tuple(_checks_text(each) for each in every),
        },
        headings={"term": "", "n_used": "rows"},
    )


def compare(results: Mapping[str, Result] | None = None, /, **labelled: Result) -> Comparison:
    """Put results side by side.

    Nothing is pooled, and no gap is tested: estimates from the same data move together, which their standard errors
    do not know. The comparison says first where the results answer different questions.

    Parameters
    ----------
    results : mapping of str to Result, optional
        The results under labels of any form.
    **labelled : Result
        The results under labels that are Python names: ``compare(OLS=naive, IV=late)``.

    Returns
    -------
    Comparison
        ``summary()``, ``plot()`` (a forest plot), ``to_frame()``, and ``difference()`` for two of them.

    Raises
    ------
    OptionError
        There are fewer than two results, a label is used twice, or something is not a result.

    Examples
    --------
    >>> from causalkit import compare
    >>> from causalkit.results import Checks, Effect, Result, Sample
    >>> def analysis(estimand: str, estimate: float) -> Result:
    ...     return Result(
    ...         method="Regression",
    ...         checks=Checks(()),
    ...         options={},
    ...         effect=Effect(estimand=estimand, estimate=estimate, std_error=0.3),
    ...         sample=Sample(n_rows=100, n_used=100),
    ...         roles={"outcome": ("spend",), "treatment": ("promo",)},
    ...     )
    >>> both = compare(matched=analysis("ATT", 1.2), instrumented=analysis("LATE", 2.0))
    >>> both.notes
    ('These answer different questions: ATT and LATE. That they differ is no contradiction.',)
    """
    if results is not None and not isinstance(results, Mapping):
        raise OptionError(
            f"Give each result a label, as compare(OLS=..., IV=...) or compare({{'OLS': ...}}); "
            f"got {type(results).__name__} without one."
        )
    given = dict(results or {})
    twice = [label for label in labelled if label in given]
    if twice:
        raise OptionError(f"The labels {listed(twice)} are used twice.")
    return Comparison(results=given | labelled)


def _labelled(results: object) -> FrozenMap[Result]:
    if not isinstance(results, Mapping):
        raise OptionError(f"results must map labels to results; got {type(results).__name__}.")
    for label, each in results.items():
        if not isinstance(label, str) or not label:
            raise OptionError(f"The label {label!r} must be a string of at least one character.")
        if not isinstance(each, Result):
            raise OptionError(f"{label!r} must be what a method of causalkit returned; got {type(each).__name__}.")
    if len(results) < 2:
        raise OptionError(f"A comparison needs at least two results; got {len(results)}.")
    return FrozenMap(dict(results))


def _outcome(result: Result) -> str:
    return result.outcome


def _treatment(result: Result) -> str:
    return result.treatment


def _estimand(result: Result) -> str:
    return result.effect.estimand


def _interval_text(result: Result, level: float) -> str:
    confidence_set = result.conf_int(level)
    unknown = any(math.isnan(end) for part in confidence_set.parts for end in part)
    return "not known" if unknown else confidence_set.format()


def _checks_text(result: Result) -> str:
    counts = {verdict: len(result.checks.with_verdict(verdict)) for verdict in ("violated", *_VERDICTS)}
    return ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n) or "none made"


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _welch(variances: tuple[float, float], dfs: tuple[float, float]) -> float:
    """Return Welch and Satterthwaite's degrees of freedom of a difference of independent estimates."""
    total = sum(variances)
    spent = sum(variance**2 / df for variance, df in zip(variances, dfs, strict=True))
    return total**2 / spent if spent > 0 else math.inf
