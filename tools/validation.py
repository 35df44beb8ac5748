"""Run the tests that compare with outside references, keep every number they compare, and write the validation page.

Usage::

    python tools/validation.py            # runs them; writes docs/validation.md and docs/_static/validation.csv.gz

``tests/references.toml`` says which tests those are and whose numbers they compare with. What is kept is what
``numpy.testing.assert_allclose`` and ``pytest.approx`` were asked to compare, element by element.
"""

from __future__ import annotations

import csv
import fnmatch
import gzip
import io
import linecache
import math
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

ROOT = Path(__file__).resolve().parents[1]
REFERENCES = ROOT / "tests" / "references.toml"
PAGE = ROOT / "docs" / "validation.md"
TABLE = ROOT / "docs" / "_static" / "validation.csv.gz"
COLUMNS = ("part", "source", "test", "compared", "reference", "ours", "relative_difference")
PARTS = {
    "numerics": "Least squares, covariances, tails",
    "simpson": "Simpson's paradox",
    "matching": "Matching and propensity scores",
    "did": "Difference-in-differences",
    "rdd": "Regression discontinuity",
    "iv": "Instrumental variables",
    "decide": "Decisions and evidence",
}

HEAD = """\
# Validation

Every estimate, standard error and test is held to a number that did not come from this code, wherever one exists. This
page is written by `make validation`, which runs those tests and keeps each number they compare: {total:,} numbers in
{n_tests:,} tests. [All of them](_static/validation.csv.gz) lie in one table: whose number, the test, what was compared,
the reference, ours, and the relative difference.

Numbers stated to at least {full} digits are compared by their relative difference (by the absolute one below
{tiny:g}); the median and the worst are shown. Those that their source prints with fewer digits cannot agree to more
than were printed: the worst is shown in units of the last digit, where up to a half is rounding. Counts of rows,
clusters and pairs must be equal; they are not listed here and fail the same tests.
"""
TINY = 1e-10
FULL = 10


@dataclass(frozen=True, slots=True)
class Reference:
    """One source of numbers, and the tests that compare with it."""

    part: str
    source: str
    tests: tuple[str, ...]
    made_by: str = ""
    note: str = ""

    def holds(self, test: str) -> bool:
        """Whether a test, named without its parameters, compares with this source."""
        return any(fnmatch.fnmatchcase(test, pattern) for pattern in self.tests)


@dataclass(frozen=True, slots=True)
class Compared:
    """One number of a reference beside ours."""

    reference: Reference
    test: str
    line: str
    expected: float
    ours: float

    @property
    def difference(self) -> float:
        """Relative, or absolute next to zero."""
        gap = abs(self.ours - self.expected)
        return gap if abs(self.expected) < TINY else gap / abs(self.expected)

    @property
    def in_last_digits(self) -> float:
        """In units of the last digit with which the reference is written."""
        exponent = Decimal(repr(self.expected)).normalize().as_tuple().exponent
        return abs(self.ours - self.expected) / 10.0 ** int(exponent)

    @property
    def is_full(self) -> bool:
        """Whether the reference is written to full precision; whole numbers are exact."""
        return self.expected.is_integer() or len(Decimal(repr(self.expected)).normalize().as_tuple().digits) >= FULL


def references() -> list[Reference]:
    """Read the list of sources."""
    entries = tomllib.loads(REFERENCES.read_text(encoding="utf-8"))["reference"]
    return [Reference(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


def name_of(nodeid: str) -> str:
    """Return the name of a test without its parameters."""
    return nodeid.partition("[")[0]


@dataclass
class Recorder:
    """A plug-in of pytest: keeps the tests of the list, and what they compare."""

    known: list[Reference]
    compared: list[Compared] = field(default_factory=list)
    test: str = ""
    now: Reference | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the listed tests."""
        items[:] = [item for item in items if any(each.holds(name_of(item.nodeid)) for each in self.known)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Remember which test compares."""
        self.test = item.nodeid
        self.now = next(each for each in self.known if each.holds(name_of(item.nodeid)))
        try:
            return (yield)
        finally:
            self.now = None

    def keep(self, ours: object, expected: object) -> None:
        """Keep two numbers, or two arrays of them, if a listed test compares them."""
        if self.now is None:
            return
        try:
            pairs = np.broadcast_arrays(np.asarray(ours, dtype=float), np.asarray(expected, dtype=float))
        except (TypeError, ValueError):
            return
        line = line_of_test()
        for one, other in zip(pairs[0].ravel(), pairs[1].ravel(), strict=True):
            if math.isfinite(other):
                self.compared.append(Compared(self.now, self.test, line, float(other), float(one)))


def line_of_test() -> str:
    """Return the line of the test that compares right now."""
    frame = sys._getframe(2)  # noqa: SLF001 - the tests are the callers
    inner = ""
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(str(ROOT / "tests")):
            inner = linecache.getline(path, frame.f_lineno).strip()
            if frame.f_code.co_name.startswith("test_"):
                break
        frame = frame.f_back
    return inner


def listen(recorder: Recorder) -> None:
    """Tell the recorder of every comparison from now on."""
    scalar = type(pytest.approx(1.0))  # what approx of a sequence or an array compares with, too
    all_close, equal = np.testing.assert_allclose, scalar.__eq__

    def assert_allclose(actual: object, desired: object, *args: object, **options: object) -> None:
        recorder.keep(actual, desired)
        all_close(actual, desired, *args, **options)

    def approximately(self: Any, actual: object) -> bool:
        recorder.keep(actual, self.expected)
        return bool(equal(self, actual))

    np.testing.assert_allclose = assert_allclose
    scalar.__eq__ = approximately  # type: ignore[method-assign]


def rows_of(part: list[Compared]) -> Iterable[str]:
    """Return the lines of one part's table."""
    yield "| whose numbers | tests | full numbers | median | worst | printed numbers | worst, in last digits |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    by_source: dict[Reference, list[Compared]] = defaultdict(list)
    for each in part:
        by_source[each.reference].append(each)
    for reference, numbers in by_source.items():
        full = [each.difference for each in numbers if each.is_full]
        printed = [each.in_last_digits for each in numbers if not each.is_full]
        made = f" (`{'`, `'.join(reference.made_by.split(', '))}`)" if reference.made_by else ""
        note = f"; {reference.note}" if reference.note else ""
        cells = (
            f"{reference.source}{made}{note}",
            f"{len({each.test for each in numbers}):,}",
            *((f"{len(full):,}", power(float(np.median(full))), power(max(full))) if full else ("", "", "")),
            *((f"{len(printed):,}", f"{max(printed):.2g}") if printed else ("", "")),
        )
        yield f"| {' | '.join(cells)} |"


def power(difference: float) -> str:
    """Write a difference by its order of magnitude, the same on every machine but for rounding."""
    if difference < 1e-15:  # A few units in the last place of a double.
        return "< 1e-15"
    return f"{difference:.0e}"


def page(compared: list[Compared]) -> str:
    """Return the page."""
    text = [HEAD.format(total=len(compared), n_tests=len({each.test for each in compared}), tiny=TINY, full=FULL)]
    for part, title in PARTS.items():
        of_part = [each for each in compared if each.reference.part == part]
        if of_part:
            text += [f"## {title}\n", *rows_of(of_part), ""]
    return "\n".join(text)


def write(compared: list[Compared]) -> None:
    """Write the page and the table beside it."""
    PAGE.write_text(page(compared), encoding="utf-8")
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in compared:
        row = (each.reference.part, each.reference.source, each.test, each.line)
        writer.writerow([*row, repr(each.expected), repr(each.ours), f"{each.difference:.1e}"])
    TABLE.write_bytes(gzip.compress(lines.getvalue().encode(), mtime=0))


def main() -> int:
    """Run the listed tests, then write; what failed leaves the page as it was."""
    recorder = Recorder(references())
    listen(recorder)
    files = sorted({pattern.partition("::")[0] for each in recorder.known for pattern in each.tests})
    code = pytest.main(["-q", "-p", "no:cacheprovider", *files], plugins=[recorder])
    if code == pytest.ExitCode.OK:
        write(recorder.compared)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
