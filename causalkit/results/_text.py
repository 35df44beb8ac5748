"""A summary as text of at most 80 columns, whatever the names in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from causalkit._language import ENGLISH
from causalkit.results._document import Facts, Heading, Notes, Paragraph, Verdicts
from causalkit.results._escape import visible
from causalkit.results._format import shown, statistics_text
from causalkit.results._wrap import display_width, pad, wrap

if TYPE_CHECKING:
    from causalkit._language import Wording
    from causalkit.results._check import Check
    from causalkit.results._document import Block, Document
    from causalkit.results._format import Shown
    from causalkit.results._table import Table

WIDTH: Final = 80
_GAP: Final = "  "
_NARROWEST: Final = 12
_WIDEST_LABEL: Final = 28
_LINES_OF_A_CELL: Final = 3
_LINES_OF_A_FACT: Final = 6


def document_text(document: Document, say: Wording = ENGLISH) -> str:
    """Return a document as text of at most 80 columns.

    Long words are broken, labels in tables shortened with an ellipsis after three lines, and a table that is
    too wide is continued below in further groups of columns. No number is ever shortened.
    """
    say = say.sparing(document.names)
    title = wrap(visible(say(document.title)), WIDTH)
    rule = "=" * max(map(display_width, title))
    text = "\n".join([*title, rule])
    after_heading = False
    for block in document.blocks:
        text += ("\n" if after_heading else "\n\n") + _block(block, say)
        after_heading = isinstance(block, Heading)
    return text + "\n"


def table_text(table: Table, say: Wording = ENGLISH) -> str:
    """Return a table as text of at most 80 columns; one that is wider is continued in groups of columns."""
    lines = wrap(visible(say(table.title)), WIDTH) if table.title else []
    for position, group in enumerate(_groups([_Column.of(each) for each in shown(table, say)])):
        lines += [""] if position else []
        lines += _grid(group)
    if table.note:
        lines += wrap(visible(say(table.note)), WIDTH)
    return "\n".join(lines)


def _block(block: Block, say: Wording) -> str:
    if isinstance(block, Heading):
        text = visible(say(block.text))
        return f"{text}\n{'-' * display_width(text)}"
    if isinstance(block, Paragraph):
        return "\n".join(wrap(visible(say(block.text)), WIDTH))
    if isinstance(block, Notes):
        return "\n".join(_hanging("- ", say(each)) for each in block.items)
    if isinstance(block, Facts):
        items = [(visible(say(name)), say(text)) for name, text in block.items]
        widest = max((display_width(name) for name, _ in items), default=0)
        return "\n".join(_hanging(pad(name, widest) + _GAP, text) for name, text in items)
    if isinstance(block, Verdicts):
        widest = max((display_width(say(check.verdict)) for check in block.checks), default=0)
        return "\n".join(_verdict(check, widest, say) for check in block.checks)
    return table_text(block, say)


def _hanging(lead: str, text: str) -> str:
    """Return a lead and the text beside it, wrapped under its own first column."""
    inset = display_width(lead)
    lines = wrap(visible(text), WIDTH - inset, most=_LINES_OF_A_FACT)
    return "\n".join((" " * inset if at else lead) + line for at, line in enumerate(lines)).rstrip()


def _verdict(check: Check, widest: int, say: Wording) -> str:
    """Return the verdict, beside it the name of the check and its test, and below them the reading."""
    test = statistics_text(check, say)
    head = visible(say(check.name)) + (f" ({test})" if test else "")
    inset = " " * (widest + len(_GAP))
    lines = [
        *wrap(head, WIDTH - len(inset), most=_LINES_OF_A_CELL),
        *wrap(visible(say(check.reading)), WIDTH - len(inset)),
    ]
    return "\n".join((inset if at else pad(say(check.verdict), len(inset))) + line for at, line in enumerate(lines))


class _Column:
    """A column in lines: each cell and the heading may take several."""

    __slots__ = ("cells", "heading", "is_number", "natural", "width")

    def __init__(self, heading: str, cells: tuple[str, ...], *, is_number: bool) -> None:
        self.is_number = is_number
        self.heading = heading
        self.cells = _aligned(cells) if is_number else cells
        self.natural = max(map(display_width, (heading, *self.cells)))
        self.width = self.natural

    @classmethod
    def of(cls, column: Shown) -> _Column:
        return cls(visible(column.heading), tuple(map(visible, column.cells)), is_number=column.is_number)

    @property
    def least(self) -> int:
        """The narrowest that the column may become: numbers stay whole, text and headings wrap."""
        longest = max((display_width(word) for word in self.heading.split()), default=0)
        heading = min(longest, _WIDEST_LABEL)
        if self.is_number:
            return max(heading, *map(display_width, self.cells)) if self.cells else heading
        return min(self.natural, max(heading, _NARROWEST))

    def head(self) -> list[str]:
        return wrap(self.heading, self.width, most=_LINES_OF_A_CELL)

    def lines(self, row: int) -> list[str]:
        cell = self.cells[row]
        return [cell] if self.is_number else wrap(cell, self.width, most=_LINES_OF_A_CELL)

    def set(self, line: str) -> str:
        return pad(line, self.width, right=self.is_number)


def _aligned(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return numbers with spaces behind them, so that their decimal points stand under one another."""
    behind = [len(cell) - (cell.find(".") if "." in cell else len(cell)) for cell in cells]
    most = max(behind, default=0)
    return tuple(cell + " " * (most - each) for cell, each in zip(cells, behind, strict=True))


def _groups(columns: list[_Column]) -> list[list[_Column]]:
    """Return the columns in groups that fit a line; the labels of the rows lead each of them."""
    if _fits(columns):
        return [columns]
    n_keys = _n_keys(columns)
    keys, rest = columns[:n_keys], columns[n_keys:]
    groups: list[list[_Column]] = []
    for column in rest:
        if groups and _least([*groups[-1], column]) <= WIDTH:
            groups[-1].append(column)
        else:
            groups.append([*map(_copy, keys), column])
    for group in groups or [keys]:
        _fits(group)
    return groups or [keys]


def _n_keys(columns: list[_Column]) -> int:
    """Return how many leading columns label the rows: text, in at most half a line."""
    n_keys = 1
    while n_keys < len(columns) and not columns[n_keys].is_number and _least(columns[: n_keys + 1]) <= WIDTH // 2:
        n_keys += 1
    return n_keys


def _least(columns: list[_Column]) -> int:
    return sum(column.least for column in columns) + len(_GAP) * (len(columns) - 1)


def _fits(columns: list[_Column]) -> bool:
    """Narrow the widest columns until they fit a line; tell whether they do."""
    for column in columns:
        column.width = column.natural
    room = WIDTH - len(_GAP) * (len(columns) - 1)
    while (excess := sum(column.width for column in columns) - room) > 0:
        soft = [column for column in columns if column.width > column.least]
        if not soft:
            return False
        widest = max(soft, key=lambda column: column.width)
        widest.width = max(widest.least, widest.width - max(excess // len(soft), 1))
    return True


def _copy(column: _Column) -> _Column:
    return _Column(column.heading, column.cells, is_number=column.is_number)


def _grid(columns: list[_Column]) -> list[str]:
    heads = [column.head() for column in columns]
    height = max(map(len, heads))
    lines = _rows(columns, [[""] * (height - len(head)) + head for head in heads])
    n_rows = len(columns[0].cells)
    for row in range(n_rows):
        lines += _rows(columns, [column.lines(row) for column in columns])
    return lines


def _rows(columns: list[_Column], cells: list[list[str]]) -> list[str]:
    height = max(map(len, cells))
    filled = [cell + [""] * (height - len(cell)) for cell in cells]
    return [
        _GAP.join(column.set(cell[at]) for column, cell in zip(columns, filled, strict=True)).rstrip()
        for at in range(height)
    ]
