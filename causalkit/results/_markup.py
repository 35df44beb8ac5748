"""A summary as Markdown, and a table as Markdown, LaTeX or CSV; every label escaped for its language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from causalkit._language import ENGLISH
from causalkit.results._document import Facts, Heading, Notes, Paragraph, Verdicts
from causalkit.results._escape import csv_text, latex_text, markdown_text
from causalkit.results._format import shown, statistics_text

if TYPE_CHECKING:
    from causalkit._language import Wording
    from causalkit.results._check import Check
    from causalkit.results._document import Block, Document
    from causalkit.results._format import Shown
    from causalkit.results._table import Cell, Table


def document_markdown(document: Document, say: Wording = ENGLISH) -> str:
    """Return a document in Markdown, with tables as GitHub writes them."""
    say = say.sparing(document.names)
    blocks = (_block(block, say) for block in document.blocks)
    return "\n\n".join([f"### {markdown_text(say(document.title))}", *blocks]) + "\n"


def table_markdown(table: Table, say: Wording = ENGLISH) -> str:
    """Return a table in Markdown as GitHub writes it, every label escaped."""
    columns = shown(table, say)
    lines = [
        _markdown_row([markdown_text(column.heading) for column in columns]),
        _markdown_row(["---:" if column.is_number else ":---" for column in columns]),
        *(_markdown_row([markdown_text(cell) for cell in row]) for row in _rows(columns)),
    ]
    parts = [f"**{markdown_text(say(table.title))}**"] if table.title else []
    parts += ["\n".join(lines), *([markdown_text(say(table.note))] if table.note else [])]
    return "\n\n".join(parts)


def table_latex(table: Table) -> str:
    """Return a table as a LaTeX ``tabular`` with booktabs rules, every label escaped, minus signs as such."""
    columns = shown(table)
    layout = "".join("r" if column.is_number else "l" for column in columns)
    lines = [
        f"\\begin{{tabular}}{{{layout}}}",
        "\\toprule",
        _latex_row([latex_text(column.heading) for column in columns]),
        "\\midrule",
        *(
            _latex_row([_latex_cell(column, cell) for column, cell in zip(columns, row, strict=True)])
            for row in _rows(columns)
        ),
        "\\bottomrule",
        "\\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def table_csv(table: Table) -> str:
    """Return a table as CSV: all digits of every number, nothing where there is no number.

    Labels that a spreadsheet would run as a formula are led by an apostrophe; numbers never are.
    """
    head = ",".join(map(csv_text, table.columns))
    return "\n".join([head, *(",".join(map(_csv_cell, row)) for row in table.rows())]) + "\n"


def _block(block: Block, say: Wording) -> str:
    if isinstance(block, Heading):
        return f"#### {markdown_text(say(block.text))}"
    if isinstance(block, Paragraph):
        text = markdown_text(say(block.text))
        return f"**{text}**" if block.strong else text
    if isinstance(block, Notes):
        return "\n".join(f"- {markdown_text(say(each))}" for each in block.items)
    if isinstance(block, Facts):
        return "\n".join(f"- {markdown_text(say(name))}: {markdown_text(say(text))}" for name, text in block.items)
    if isinstance(block, Verdicts):
        return "\n".join(_check(check, say) for check in block.checks)
    return table_markdown(block, say)


def _check(check: Check, say: Wording) -> str:
    test = statistics_text(check, say)
    numbers = f" ({markdown_text(test)})" if test else ""
    return (
        f"- *{say(check.verdict)}*: **{markdown_text(say(check.name))}**{numbers}. {markdown_text(say(check.reading))}"
    )


def _markdown_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _latex_row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _latex_cell(column: Shown, cell: str) -> str:
    if column.is_number and cell.startswith("-") and len(cell) > 1:
        return f"$-${latex_text(cell[1:])}"
    return latex_text(cell)


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return csv_text(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if math.isnan(cell) else repr(cell)


def _rows(columns: tuple[Shown, ...]) -> list[tuple[str, ...]]:
    return list(zip(*(column.cells for column in columns), strict=True))
