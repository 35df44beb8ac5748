"""Tables and sentences without the numbers of cells that are so small that they speak of persons."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from causalkit._validate import counted
from causalkit.results._result import Checks
from causalkit.results._table import Table

if TYPE_CHECKING:
    from causalkit.results._check import Check
    from causalkit.results._result import Result
    from causalkit.results._table import Cell

# Columns that count rows of the data.
COUNTS: Final = frozenset({"n", "n_rows", "n_used", "n_treated", "n_control"})
_NUMBER: Final = re.compile(r"[-+]?\d[\d,.]*(?<![,.])%?")


def has_small_cells(result: Result, level: float, smallest: int) -> bool:
    """Tell whether a table of a result, or behind one of its checks, has cells with fewer rows."""
    tables = (*result.tables(level), *(check.table for check in result.checks.values() if check.table is not None))
    return any(without_small_cells(table, smallest) is not table for table in tables)


def discreet(result: Result, smallest: int) -> Result:
    """Return a result whose checks and warnings give no numbers of small cells.

    What a reading or a warning says in numbers may be that of a small cell (the largest effect of a stratum), so all
    of their numbers are left out; the tables behind the checks lose those of small cells only.
    """
    checks = Checks(tuple(_discreet(check, smallest) for check in result.checks.values()))
    return dataclasses.replace(result, checks=checks, warnings=tuple(map(_without_numbers, result.warnings)))


def _discreet(check: Check, smallest: int) -> Check:
    table = None if check.table is None else without_small_cells(check.table, smallest)
    return dataclasses.replace(check, reading=_without_numbers(check.reading), table=table)


def _without_numbers(text: str) -> str:
    return _NUMBER.sub("\N{HORIZONTAL ELLIPSIS}", text)


def without_small_cells(table: Table, smallest: int) -> Table:
    """Return a table whose small cells keep their labels and lose their numbers.

    A cell is small if it holds at least one row of the data and fewer than ``smallest``. Where a single line would
    go, the next smallest goes with it: the total less the other lines would give the first one away.

    Parameters
    ----------
    table : Table
        Any table; one that counts no rows comes back as it is.
    smallest : int
        Rows that a cell must have to be shown.

    Returns
    -------
    Table
        With a note on what was left out, and why.

    Examples
    --------
    >>> table = Table("", {"stratum": ("a", "b", "c"), "n": (90, 3, 40), "estimate": (1.0, 2.0, 3.0)})
    >>> without_small_cells(table, 5)["estimate"]
    (1.0, None, None)
    """
    least = [_least(counts) for counts in zip(*(table[name] for name in table.columns if name in COUNTS), strict=True)]
    hidden = {at for at, n in enumerate(least) if 0 < n < smallest}
    if not hidden:
        return table
    others = [at for at, n in enumerate(least) if n > 0 and at not in hidden]
    if len(hidden) == 1 and others:
        hidden.add(min(others, key=least.__getitem__))
    note = (
        f"Numbers of {counted(len(hidden), 'line')} are left out: cells with fewer than {counted(smallest, 'row')}, "
        f"and where there is one alone, the next smallest, from which it could be worked out."
    )
    return Table(
        title=table.title,
        columns={
            name: [_kept(cell, shown=at not in hidden) for at, cell in enumerate(table[name])] for name in table.columns
        },
        headings=table.headings,
        note=f"{table.note} {note}".strip(),
    )


def _least(counts: tuple[Cell, ...]) -> float:
    """Return the smallest count above zero; zero if there is none."""
    return min((float(each) for each in counts if isinstance(each, (int, float)) and each > 0), default=0.0)


def _kept(cell: Cell, *, shown: bool) -> Cell:
    return cell if shown or isinstance(cell, str) else None
