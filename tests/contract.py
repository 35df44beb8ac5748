"""What every result of every method promises, as one call: ``check_contract(result)``.

A method's tests build a result and put it through all clauses; with ``make_at_4n`` and ``markers`` also through
those about row-level data. Each clause is a function whose name is the promise; a broken one raises an
``AssertionError`` that begins with that name.
"""

from __future__ import annotations

import base64
import copy
import dataclasses
import itertools
import json
import logging
import math
import os
import pickle
import re
import tempfile
import unicodedata
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure

from causalkit.errors import OptionError
from causalkit.results import FrozenMap, Record, Result
from causalkit.results._check import VERDICTS
from causalkit.results._escape import visible
from causalkit.results._wrap import display_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from causalkit.results import ConfidenceSet

COLUMNS: Final = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
# Lengths of counts and of warnings with counts in them.
_SLACK: Final = 256
_TAGS: Final = {
    "b", "br", "caption", "dd", "div", "dl", "dt", "h3", "h4", "li", "p", "span", "style", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
}  # fmt: skip
_REPORT_TAGS: Final = _TAGS | {
    "body", "figcaption", "figure", "footer", "h1", "h2", "head", "header", "html", "img", "main", "meta", "picture",
    "section", "small", "source", "title",
}  # fmt: skip
_ADDRESSES: Final = {"action", "background", "data", "formaction", "href", "poster", "src", "srcset"}
_CONTROL: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_VOID: Final = frozenset({"br", "img", "meta", "source"})


def check_contract(
    result: Result,
    *,
    make_at_4n: Callable[[], Result] | None = None,
    markers: Sequence[str] = (),
) -> None:
    """Raise AssertionError for the first promise that a result breaks.

    Parameters
    ----------
    result : Result
        What a method returned.
    make_at_4n : callable, optional
        Returns the same result from four times as many rows, for the promise that its size does not depend on them.
    markers : sequence of str
        Values planted in rows of the data, which must be found nowhere in the result or in what is made of it. As
        text for a label column, as digits (``"31415.9265"``) for a number.
    """
    for clause in CLAUSES:
        _run(clause, result)
    if make_at_4n is not None:
        _run(size_does_not_depend_on_the_number_of_rows, result, make_at_4n())
    for marker in markers:
        _run(no_value_of_a_row_is_kept, result, marker)


def _run(clause: Callable[..., None], *arguments: Any) -> None:
    try:
        clause(*arguments)
    except Exception as broken:
        raise AssertionError(f"{clause.__name__}: {type(broken).__name__}: {broken}") from broken


# The clauses.


def summary_fits_80_columns_and_says_everything(result: Result) -> None:
    for level in (0.9, 0.95):
        text = result.summary(level)
        for line in text.splitlines():
            assert display_width(line) <= 80, f"{display_width(line)} columns: {line}"
            assert not _CONTROL.intersection(map(unicodedata.category, line)), f"control character in {line!r}"
    assert str(result) == result.summary()
    squeezed = _squeeze(result.summary().replace("\n", " "))
    for words in (result.question(), result.headline(), *(check.reading for check in result.checks.values())):
        assert _squeeze(words) in squeezed, f"not in the summary: {words}"
    for check in result.checks.values():
        assert check.verdict in squeezed
    for words in result.warnings:
        assert _squeeze(words)[:60] in squeezed, f"not in the summary: {words}"
    assert "\n" not in repr(result)


def frame_has_the_glossary_columns_in_the_callers_library(result: Result) -> None:
    frame = nw.from_native(result.to_frame(), eager_only=True)
    assert frame.implementation.value == result.backend, f"{frame.implementation} for backend {result.backend}"
    assert [name for name in frame.columns if name != "conf_set"] == COLUMNS, str(frame.columns)
    assert frame["term"].to_list() == list(result.terms().labels)
    first = [frame[name].to_list()[0] for name in frame.columns]
    assert _alike(first[1], result.estimate), "the first row is not the headline"
    assert _alike(first[2], result.std_error), "the first row is not the headline"
    assert _alike(first[4], result.p_value), "the first row is not the headline"
    if len(result.conf_int().parts) == 1:
        (interval,) = result.conf_int().parts
        assert _alike(first[5], interval.low), "the first row is not the headline"
        assert _alike(first[6], interval.high), "the first row is not the headline"
    else:
        assert frame["conf_set"].to_list()[0] == result.conf_int().format()


def json_reads_back_equal(result: Result) -> None:
    text = result.to_json()
    json.loads(text, parse_constant=_refuse)
    for cls in (Result, type(result)):
        back = cls.from_json(text)
        assert type(back) is type(result)
        assert back == result, f"differs in {_difference(back, result)}"
        assert hash(back) == hash(result)
        assert back.to_json() == text
    json.dumps(result.to_dict())


def copies_and_pickles_are_equal(result: Result) -> None:
    for how, twin in {
        "pickle": pickle.loads(pickle.dumps(result)),  # noqa: S301 - our own bytes
        "deepcopy": copy.deepcopy(result),
        "copy": copy.copy(result),
        "replace": dataclasses.replace(result),
    }.items():
        assert type(twin) is type(result), how
        assert twin == result, f"{how} differs in {_difference(twin, result)}"
        assert hash(twin) == hash(result), how
        assert twin.summary() == result.summary(), how
        nothing_can_be_changed(twin)


def nothing_can_be_changed(result: Result) -> None:
    for record in _records(result):
        for name in record.fields():
            with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
                setattr(record, name, None)
        for name, value in record.fields().items():
            assert not isinstance(value, (dict, list, set, bytearray)), f"{type(record).__name__}.{name} can be changed"
            if isinstance(value, np.ndarray):
                assert not value.flags.writeable, f"{type(record).__name__}.{name} can be written to"
            if isinstance(value, FrozenMap):
                assert not hasattr(value, "__setitem__")


def html_is_well_formed_and_harmless(result: Result) -> None:
    html = result._repr_html_()
    _parse(html, _TAGS)
    assert "<script" not in html.lower()
    for check in result.checks.values():
        assert check.verdict in html


def markdown_and_latex_are_well_formed(result: Result) -> None:
    lines = result.to_markdown().splitlines()
    for above, line in itertools.pairwise(lines):
        if above.startswith("|") and line.startswith("|"):
            assert _cells(above) == _cells(line), f"{above} / {line}"
    latex = result.to_latex()
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 1
    body = re.sub(r"\\[{}\\]", "", latex)
    assert body.count("{") == body.count("}"), "braces do not match"
    ends = [line for line in latex.splitlines() if line.endswith(r"\\")]
    assert len({len(re.findall(r"(?<!\\)&", line)) for line in ends}) == 1, "rows of unequal length"


def intervals_are_nested(result: Result) -> None:
    levels = (0.5, 0.8, 0.9, 0.95, 0.99)
    sets = [result.conf_int(level) for level in levels]
    for inner, outer in itertools.pairwise(sets):
        assert _within(inner, outer), f"{inner} is not within {outer}"
    terms = result.terms()
    for level, wider in itertools.pairwise(levels):
        (low, high), (lower, higher) = terms.bands(level), terms.bands(wider)
        assert np.all((lower <= low) | np.isnan(low)), f"{lower} {low}"
        assert np.all((high <= higher) | np.isnan(high)), f"{high} {higher}"


def small_p_value_if_and_only_if_the_interval_excludes_zero(result: Result) -> None:
    p_value = result.p_value
    assert math.isnan(p_value) or 0 <= p_value <= 1, f"p {p_value}"
    for alpha in (0.01, 0.05, 0.1, 0.5):
        if math.isnan(p_value) or abs(p_value - alpha) < 1e-9:
            continue
        answer = result.conf_int(1 - alpha)
        assert (p_value < alpha) == (0.0 not in answer), f"p {p_value}, {1 - alpha:.0%} set {answer}"


def levels_like_95_are_refused_with_a_hint(result: Result) -> None:
    for ask in (result.conf_int, result.summary, result.to_frame, result.to_markdown, result.to_latex):
        with pytest.raises(OptionError, match=r"Write 95 % as level=0\.95"):
            ask(95)
        for level in (0.0, 1.0, -0.5, math.nan, "0.95", True):
            with pytest.raises(OptionError, match="level="):
                ask(level)  # type: ignore[arg-type]


def checks_have_known_verdicts_and_honest_readings(result: Result) -> None:
    names = [check.name for check in result.checks.checks]
    assert len(set(names)) == len(names), f"two checks share a name: {names}"
    for check in result.checks.checks:
        assert check.verdict in VERDICTS, check.verdict
        assert check.name.strip(), "a check without a name"
        assert check.question.strip().endswith(("?", "？")), f"{check.name}: the question is {check.question!r}"
        assert len(check.reading.strip()) >= 8, f"{check.name}: the reading is {check.reading!r}"
        assert check.reading.rstrip().endswith((".", "。", "!")), f"{check.name}: the reading is no sentence"
        for words in (check.reading, check.question):
            assert not re.search(r"\bpass(es|ed|ing)?\b|\bproves?\b|\bproven\b", words, re.IGNORECASE), words
        assert math.isnan(check.p_value) or 0 <= check.p_value <= 1, f"{check.name}: p {check.p_value}"


def statsmodels_face_has_matching_shapes(result: Result) -> None:
    labels = list(result.terms().labels)
    for face in (result.params, result.bse, result.tvalues, result.pvalues):
        assert list(face.index) == labels
        assert face.dtype == np.float64
    cov = result.cov_params()
    assert list(cov.index) == list(cov.columns) == labels
    np.testing.assert_allclose(cov.to_numpy(), cov.to_numpy().T, rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(np.sqrt(np.diag(cov)), result.bse.to_numpy(), rtol=1e-9, atol=1e-300)
    assert np.asarray(result.conf_int()).shape == (len(labels), 2)
    assert result.nobs == result.sample.n_used
    assert result.model.endog_names == result.outcome
    table = result.__maketables_coef_table__
    assert {"b", "se", "t", "p"} <= set(table.columns)
    assert list(table.index) == labels
    keys = result.__maketables_default_stat_keys__
    assert type(keys) is list
    assert all(result.__maketables_stat__(key) is not None for key in keys)
    assert result.__maketables_stat__("no such statistic") is None


def plot_draws_on_the_axes_given_and_changes_nothing_else(result: Result) -> None:
    before, text = _global_state(), result.to_json()
    axes = Figure().subplots()
    assert result.plot(ax=axes) is axes, "other axes than those given"
    assert axes.has_data() or axes.texts or axes.patches, "nothing was drawn"
    after = _global_state()
    for name, value in before.items():
        assert after[name] == value, f"{name} was changed"
    assert result.to_json() == text


def report_is_one_file_that_asks_for_nothing(result: Result) -> None:
    before = _global_state()
    with tempfile.TemporaryDirectory() as folder:
        written = result.report(Path(folder) / "report.html")
        first = written.read_bytes()
        assert result.report(str(written)).read_bytes() == first, "two reports of one result differ"
        assert os.listdir(folder) == ["report.html"]  # noqa: PTH208 - names are what is compared
    after = _global_state()
    for name, value in before.items():
        assert after[name] == value, f"{name} was changed"
    page = first.decode("utf-8")
    _parse(page, _REPORT_TAGS)
    assert "default-src 'none'" in page
    assert "<script" not in page.lower()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert not re.search(r"url\(|@import|://", style), "an address in the style"
    assert "<img" in page, "no picture"
    for image in _images(page):
        assert b"<dc:date>" not in image
        assert b"<script" not in image


def size_does_not_depend_on_the_number_of_rows(result: Result, at_4n: Result) -> None:
    assert at_4n.sample.n_used > 3 * result.sample.n_used, "the second result is not from four times the rows"
    small, large = len(pickle.dumps(result)), len(pickle.dumps(at_4n))
    assert abs(large - small) <= _SLACK + small // 50, f"{small:,} bytes from n rows, {large:,} from 4 n"


def no_value_of_a_row_is_kept(result: Result, marker: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        page = result.report(Path(folder) / "report.html").read_text("utf-8")
    shown = {
        "pickle": pickle.dumps(result),
        "JSON": result.to_json().encode(),
        "repr": repr(result).encode(),
        "summary": result.summary().encode(),
        "HTML": result._repr_html_().encode(),
        "Markdown": result.to_markdown().encode(),
        "report": page.encode(),
        **{f"figure {at}": image for at, image in enumerate(_images(page))},
    }
    sought = {marker.encode()}
    if re.fullmatch(r"-?\d+(\.\d+)?", marker):
        sought |= {np.float64(marker).tobytes(), np.float64(marker).byteswap().tobytes(), f"{float(marker):,}".encode()}
    for place, content in shown.items():
        for each in sought:
            assert each not in content, f"{marker} is in the {place}"


CLAUSES: Final[tuple[Callable[[Result], None], ...]] = (
    summary_fits_80_columns_and_says_everything,
    frame_has_the_glossary_columns_in_the_callers_library,
    json_reads_back_equal,
    copies_and_pickles_are_equal,
    nothing_can_be_changed,
    html_is_well_formed_and_harmless,
    markdown_and_latex_are_well_formed,
    intervals_are_nested,
    small_p_value_if_and_only_if_the_interval_excludes_zero,
    levels_like_95_are_refused_with_a_hint,
    checks_have_known_verdicts_and_honest_readings,
    statsmodels_face_has_matching_shapes,
    plot_draws_on_the_axes_given_and_changes_nothing_else,
    report_is_one_file_that_asks_for_nothing,
)


# What they are made of.


class _Balance(HTMLParser):
    """Follows the tags of a page and complains of any that is not allowed, not closed, or could run something."""

    def __init__(self, allowed: set[str]) -> None:
        super().__init__()
        self.allowed = allowed
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.allowed, f"<{tag}> in the page"
        for name, value in attrs:
            assert not name.startswith("on"), f"{name}={value!r} in the page"
            assert name not in _ADDRESSES or (value or "").startswith("data:image/"), f"{name}={value!r} in the page"
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"


def _parse(page: str, allowed: set[str]) -> None:
    parser = _Balance(allowed)
    parser.feed(page)
    parser.close()
    assert not parser.open, f"not closed: {parser.open}"


def _images(page: str) -> list[bytes]:
    return [base64.b64decode(data) for data in re.findall(r"base64,([^\"]*)", page)]


def _squeeze(text: str) -> str:
    """Drop what line breaks change: white space."""
    return re.sub(r"\s+", "", visible(text))


def _cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line))


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def _alike(a: float | None, b: float) -> bool:
    """Equal, where a frame may hold a missing value for NaN."""
    return (a is None or math.isnan(a)) if math.isnan(b) else a == b


def _within(inner: ConfidenceSet, outer: ConfidenceSet) -> bool:
    return all(
        any(big.low <= small.low and small.high <= big.high for big in outer.parts) or math.isnan(small.low)
        for small in inner.parts
    )


def _records(value: Any) -> Iterator[Record]:
    if isinstance(value, Record):
        yield value
        for each in value.fields().values():
            yield from _records(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _records(each)
    elif isinstance(value, FrozenMap):
        for each in value.values():
            yield from _records(each)


def _difference(a: Record, b: Record) -> str:
    from causalkit.results._record import same

    return ", ".join(name for name, value in a.fields().items() if not same(value, getattr(b, name)))


def _global_state() -> dict[str, Any]:
    """What nothing in the package may change."""
    import matplotlib.pyplot as plt
    import pandas as pd

    return {
        "matplotlib's rcParams": dict(rcParams),
        "matplotlib's open figures": plt.get_fignums(),
        "numpy's random state": pickle.dumps(np.random.get_state()),  # noqa: NPY002 - looked at, not used
        "numpy's error handling": np.geterr(),
        "numpy's print options": str(np.get_printoptions()),
        "warnings' filters": list(warnings.filters),
        "the environment": dict(os.environ),
        "logging": (logging.root.level, list(logging.root.handlers), logging.root.manager.disable),
        "pandas' options": pd.options.display.max_rows,
        "the working directory": Path.cwd(),
    }
