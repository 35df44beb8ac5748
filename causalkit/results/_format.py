"""Cells of a table as a person reads them: digits that carry information, and no others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from causalkit._language import ENGLISH
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from causalkit._language import Wording
    from causalkit.results._check import Check
    from causalkit.results._table import Cell, Table

# Columns in units of the estimate: they share their decimals with the standard error.
_WITH_ERROR: Final = frozenset(
    {"after", "band_high", "band_low", "before", "change", "conf_high", "conf_low", "estimate", "std_error"}
)
# Columns whose integers are points in time.
_TIMES: Final = frozenset({"base", "cohort", "event_time", "period", "time", "year"})
# Columns whose texts are ours: sentences and phrases; single words, beside which there may be labels of the user's.
_OUR_PHRASES: Final = frozenset(
    {
        "because",
        "checks",
        "meaning",
        "measure",
        "method",
        "null",
        "part",
        "question",
        "reading",
        "state",
        "strength",
        "term",
        "test",
    }
)
_OUR_WORDS: Final = frozenset(
    {"check", "design", "estimand", "group", "included", "reverses", "side", "verdict", "when"}
)
_DIGITS: Final = 4
_DIGITS_OF_ERROR: Final = 3
_SMALLEST_P: Final = 1e-4
_MOST_DECIMALS: Final = 8
_SPREAD: Final = 3
_PADDED: Final = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """A column ready to print.

    Attributes
    ----------
    heading : str
        Words over the column, not escaped.
    cells : tuple of str
        Its cells, not escaped.
    is_number : bool
        Whether the cells are numbers, to be aligned on their decimal point.
    """

    heading: str
    cells: tuple[str, ...]
    is_number: bool


def shown(table: Table, say: Wording = ENGLISH) -> tuple[Shown, ...]:
    """Return the columns of a table as text.

    Columns in units of the estimate share decimals, so that the smallest standard error has three
    significant digits; p-values have four decimals; other numbers have four significant digits, padded to
    the same decimals where they are of similar size. Integers have their thousands separated, but for those
    that count years or other periods. Headings and the cells of columns that hold words of ours are said in the
    language given; labels of the user's are not.
    """
    decimals = decimals_of(table.columns.get("std_error", ()))
    columns = []
    for name, values in table.columns.items():
        cells, is_number = _cells(name, values, decimals if name in _WITH_ERROR else None)
        columns.append(Shown(say(table.heading(name)), _said(name, cells, say), is_number))
    return tuple(columns)


def _said(name: str, cells: tuple[str, ...], say: Wording) -> tuple[str, ...]:
    if name == "checks":
        return tuple(say.comma.join(map(say, cell.split(", "))) for cell in cells)
    if name in _OUR_PHRASES:
        return tuple(map(say, cells))
    if name in _OUR_WORDS:
        return tuple(map(say.word, cells))
    return cells


def decimals_of(std_errors: Iterable[Cell]) -> int | None:
    """Return the decimals at which the smallest standard error has three significant digits.

    None where there is no such number: no standard error above zero, or errors of very different size.
    """
    sizes = [float(each) for each in std_errors if _is_real(each) and 0 < float(each) < math.inf]  # type: ignore[arg-type]
    if not sizes or max(sizes) > 10**_SPREAD * min(sizes):
        return None
    decimals = _DIGITS_OF_ERROR - 1 - math.floor(math.log10(min(sizes)))
    return max(decimals, 0) if decimals <= _MOST_DECIMALS else None


def p_text(p_value: float) -> str:
    """Return a p-value with four decimals, or that it is smaller.

    Examples
    --------
    >>> p_text(0.03412), p_text(3e-9), p_text(float("nan"))
    ('0.0341', '<0.0001', '-')
    """
    if math.isnan(p_value):
        return "-"
    return f"<{_SMALLEST_P:.4f}" if p_value < _SMALLEST_P else f"{p_value:.4f}"


def numbers_text(values: Sequence[float], decimals: int | None = None) -> tuple[str, ...]:
    """Return numbers with given decimals, or with those that four significant digits ask for.

    Examples
    --------
    >>> numbers_text((1000.0, 0.5, -122.93, float("nan")))
    ('1,000.0', '0.5', '-122.9', '-')
    """
    if decimals is None:
        decimals = _common_decimals(values)
    return tuple(_number(value, decimals) for value in values)


def statistics_text(check: Check, say: Wording = ENGLISH) -> str:
    """Return the test behind a verdict, in short: ``statistic 3.1, df 2, p 0.2123``; empty without one."""
    numbers = {"statistic": check.statistic, "df": check.df}
    parts = [f"{say(name)} {significant(value)}" for name, value in numbers.items() if not math.isnan(value)]
    parts += [] if math.isnan(check.p_value) else [f"p {p_text(check.p_value)}"]
    return ", ".join(parts)


def _cells(name: str, values: Sequence[Cell], decimals: int | None) -> tuple[tuple[str, ...], bool]:
    given = [value for value in values if value is not None]
    if not given or not all(_is_real(value) for value in given):
        return tuple(_one(value) for value in values), False
    if all(isinstance(value, int) for value in given):
        mark = "" if name in _TIMES else ","
        return tuple("" if value is None else f"{int(value):{mark}d}" for value in values), True
    numbers = [math.nan if value is None else float(value) for value in values]
    texts = tuple(map(p_text, numbers)) if name.startswith("p_") else numbers_text(numbers, decimals)
    return tuple("" if value is None else text for value, text in zip(values, texts, strict=True)), True


def _one(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value, None)
    return str(value)


def _number(value: float, decimals: int | None) -> str:
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if decimals is None or abs(value) >= 1e12:
        return significant(value + 0.0, _DIGITS)
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def _common_decimals(values: Sequence[float]) -> int | None:
    """Return the decimals that all values need at four significant digits, if they need similar ones."""
    needed = []
    for value in values:
        if not math.isfinite(value) or value == 0:
            continue
        text = significant(value, _DIGITS)
        if "e" in text:
            return None
        needed.append(len(text.partition(".")[2]))
    if not needed:
        return 0
    return max(needed) if max(needed) - min(needed) <= _PADDED else None


def _is_real(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
