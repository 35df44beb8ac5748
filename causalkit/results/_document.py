"""What a result says, in order, before it is text, Markdown or HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from causalkit._validate import fraction
from causalkit.results._format import decimals_of, numbers_text
from causalkit.results._table import Table

if TYPE_CHECKING:
    from causalkit.results._check import Check
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


@dataclass(frozen=True, slots=True)
class Notes:
    """A list of sentences."""

    items: tuple[str, ...]


Block: TypeAlias = Heading | Paragraph | Facts | Verdicts | Notes | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A title and blocks, and the names of the user's that they speak of."""

    title: str
    blocks: tuple[Block, ...]
    names: frozenset[str] = frozenset()


def document_of(result: Result, level: float) -> Document:
    """Return the summary: answer, numbers, sample, how, checks, what was not tested, warnings."""
    level = fraction("level", level)
    blocks: list[Block] = [Paragraph(result.headline(level), strong=True)]
    violated = result.checks.with_verdict("violated")
    if violated:
        blocks.append(Paragraph(caution(violated), strong=True))
    blocks += [Facts(facts_of(result)), estimates_table(result, level), *result.tables(level)]
    tested = result.checks.with_verdict("violated", "questionable", "supported")
    open_ = result.checks.with_verdict("untestable", "not run")
    if tested:
        blocks += [Heading("Checks"), Verdicts(tested)]
    if open_:
        blocks += [Heading("Not tested"), Verdicts(open_)]
    if not tested and not open_:
        blocks += [Heading("Checks"), Paragraph("None were made.")]
    if result.warnings:
        blocks += [Heading("Warnings"), Notes(result.warnings)]
    return Document(title=result.question(), blocks=tuple(blocks), names=names_of(result))


def names_of(result: Result) -> frozenset[str]:
    """Return the names of the columns that a result speaks of."""
    return frozenset(name for names in result.roles.values() for name in names)


def caution(violated: tuple[Check, ...]) -> str:
    """Return the sentence that stands over every result with a violated check."""
    names = ", ".join(check.name for check in violated)
    return f"Do not read this as a causal effect yet. Violated: {names}."


def facts_of(result: Result) -> tuple[tuple[str, str], ...]:
    """Return what was estimated, from which rows, and how."""
    return (
        ("Estimand", result.effect.estimand),
        ("Sample", result.sample.describe()),
        ("Method", result.method),
    )


def estimates_table(result: Result, level: float) -> Table:
    """Return the estimates with the interval in one column, as a person reads them.

    The headline alone where the others follow in tables of their own.
    """
    table = result.table(level)
    if result.tables_spell_out:
        table = Table(title=table.title, columns={name: values[:1] for name, values in table.columns.items()})
    sets = table.columns.get("conf_set", ("",) * len(table))
    decimals = decimals_of(table["std_error"])
    lows, highs = (numbers_text([float(each) for each in table[end]], decimals) for end in ("conf_low", "conf_high"))  # type: ignore[arg-type]
    intervals = [each or _interval(low, high) for each, low, high in zip(sets, lows, highs, strict=True)]
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


def _interval(low: str, high: str) -> str:
    left = "(-inf" if low == "-inf" else f"[{low}"
    right = "inf)" if high == "inf" else f"{high}]"
    return "-" if low == high == "-" else f"{left}, {right}"
