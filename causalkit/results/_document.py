"""What a result says, in order, before it is text, Markdown or HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from causalkit.results._check import Check
from causalkit.results._table import Table

if TYPE_CHECKING:
    from causalkit.results._result import Result


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain words; ``strong`` marks the answer itself."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Named short facts, one to a line."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Checks, each with its verdict and reading."""

    checks: tuple[Check, ...]


Block: TypeAlias = Heading | Paragraph | Facts | Verdicts | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A title and blocks."""

    title: str
    blocks: tuple[Block, ...]


def document_of(result: Result, level: float) -> Document:
    """Return the summary: answer, numbers, sample, how, checks, what was not tested."""
    blocks: list[Block] = [Paragraph(result.headline(level), strong=True)]
    violated = result.checks.with_verdict("violated")
    if violated:
        names = ", ".join(check.name for check in violated)
        blocks.append(Paragraph(f"Do not read this as a causal effect yet: violated: {names}."))
    blocks += [
        Facts(
            (
                ("Estimand", result.effect.estimand),
                ("Sample", result.sample.describe()),
                ("Method", result.method),
            )
        ),
        estimates_table(result, level),
        *result.tables(level),
    ]
    tested = result.checks.with_verdict("supported", "questionable", "violated")
    open_ = result.checks.with_verdict("untestable", "not run")
    if tested:
        blocks += [Heading("Checks"), Verdicts(tested)]
    if open_:
        blocks += [Heading("Not tested"), Verdicts(open_)]
    if result.warnings:
        blocks += [Heading("Warnings"), *(Paragraph(text) for text in result.warnings)]
    return Document(title=result.question(), blocks=tuple(blocks))


def estimates_table(result: Result, level: float) -> Table:
    """Return the estimates with the interval in one column, as a person reads them."""
    table = result.table(level)
    sets = table.columns.get("conf_set", ("",) * len(table))
    intervals = [
        text or _interval(low, high)
        for text, low, high in zip(sets, table["conf_low"], table["conf_high"], strict=True)
    ]
    return Table(
        title="Estimates",
        columns={
            "term": table["term"],
            "estimate": table["estimate"],
            "std_error": table["std_error"],
            "p_value": table["p_value"],
            "interval": intervals,
        },
        headings={"std_error": "std. error", "p_value": "p", "interval": f"{100 * level:.4g}% interval"},
    )


def _interval(low: object, high: object) -> str:
    from causalkit.results._interval import Interval

    return Interval(float(low), float(high)).format()  # type: ignore[arg-type]
