"""Names that try to be code: as columns, labels and settings, through every rendering."""

from __future__ import annotations

import csv
import html
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from markdown_it import MarkdownIt
from matplotlib import rc_context
from matplotlib.figure import Figure

from causalkit.results import Check, Checks, Effects, Sample, Table
from causalkit.results._escape import html_text, latex_text, markdown_text, visible
from causalkit.results._wrap import display_width
from tests.contract import check_contract
from tests.results.toy import ToyResult, toy_result

CORPUS = {
    "tag": "<img src=x onerror=alert(1)>",
    "script": "</style></script><script>alert(1)</script>",
    "attribute": "\" onmouseover='alert(1)' x=\"",
    "comment": "--><!-- ]]> &lt;b&gt; &amp;",
    "formula": "=1+1",
    "command": "=cmd|' /C calc'!A0",
    "plus": "+1",
    "minus": "-1",
    "at": "@SUM(A1)",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "mathematics": "$x$",
    "broken mathematics": r"$\frac{",
    "input": r"\input{x}",
    "write18": r"\immediate\write18{rm x}\\[1cm]%",
    "row option": "[1cm] *",
    "pipes": "|a|b|",
    "backticks": "`rm` ``` ~~~",
    "emphasis": "**a** __b__ ~~c~~ *d* _e_",
    "link": "[a](javascript:alert(1)) ![b](http://x/y.png)",
    "list": "- a",
    "numbered": "1. a",
    "heading": "# a",
    "rule": "---",
    "newlines": "a\nb\r\nc\u2028d",
    "escape sequence": "\x1b[31mred\x07\x00",
    "direction": "abc\u202egnp.exe\u202c \u2066x\u2069",
    "arabic": "العمر \u200f(1)",
    "chinese": "指标 1 (x)",
    "combining": "e\u0301\u0302\u0303",
    "emoji": "👩‍👩‍👧 🇩🇪",
    "long": "a" * 500,
    "long with spaces": "very long name " * 40,
    "long chinese": "指标" * 200,
    "percent": "100% {x!r} {0} %s",
    "spaces": "  a  ",
    "surrogate": "\ud800",
}
every_name = pytest.mark.parametrize("name", CORPUS.values(), ids=CORPUS)


def named(name: str) -> ToyResult:
    """A result with the name wherever a user's words can stand."""
    plain = toy_result()
    return toy_result(
        method=f"Difference by {name}",
        roles={"outcome": (f"y {name}",), "treatment": (name,), "by": (name,)},
        options={"treated": name},
        warnings=(f"Column {name} looks odd.",),
        sample=Sample(n_rows=10, n_used=9, n_treated=4, n_control=5, dropped={f"missing {name}": 1}),
        checks=Checks(
            (
                Check(
                    name=f"balance of {name}",
                    question=f"Is {name} balanced?",
                    verdict="violated",
                    reading=f"The arms differ in {name}.",
                    null=name,
                    p_value=0.01,
                    table=Table(f"Means of {name}", {name: (name, "other"), "mean": (1.0, 2.5)}, note=name),
                ),
            )
        ),
        strata=Effects(
            dimension="stratum",
            labels=("ATE", name, "other"),
            estimates=plain.strata.estimates,
            cov=plain.strata.cov,
        ),
    )


TABLE_NAMES = {name: Table(name, {name: (name, "b"), "n": (1, 2)}, note=name) for name in CORPUS.values()}


SUMMARY_TAGS = {
    "b", "br", "caption", "dd", "div", "dl", "dt", "h3", "h4", "li", "p", "span", "style", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
}  # fmt: skip


class Words(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@every_name
def test_text_has_no_control_character_and_80_columns(name):
    for text in (named(name).summary(), str(TABLE_NAMES[name])):
        for line in text.splitlines():
            assert display_width(line) <= 80
            assert all(character.isprintable() or character in "\u200c\u200d" for character in line)


@every_name
def test_html_shows_the_name_and_nothing_else(name):
    page = Words(named(name)._repr_html_())
    assert page.tags <= SUMMARY_TAGS
    assert page.attributes <= {"class", "scope", "aria-hidden", "lang"}
    assert any(visible(name) in words for words in page.words)
    table = Words(TABLE_NAMES[name]._repr_html_())
    assert table.words.count(visible(name)) == 4  # title, heading, cell, note


@every_name
def test_an_escaped_attribute_stays_one_attribute(name):
    page = Words(f'<p title="{html_text(name)}">a</p>')
    assert page.tags == {"p"}
    assert page.attributes == {"title"}
    assert html.unescape(html_text(name)) == visible(name)


@every_name
def test_markdown_renders_the_name_and_no_mark_up(name):
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = markdown.parse(f"{markdown_text(name)}\n")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == visible(name).strip()


@every_name
def test_markdown_tables_keep_their_cells(name):
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = markdown.parse(TABLE_NAMES[name].to_markdown())
    assert sum(token.type in {"th_open", "td_open"} for token in tokens) == 6
    assert not [token for token in tokens if token.type in {"html_block", "fence", "code_block", "heading_open"}]
    inlines = [token for token in tokens if token.type == "inline"]
    kinds = {child.type for token in inlines for child in token.children or []}
    assert kinds <= {"text", "text_special", "strong_open", "strong_close"}
    shown = ["".join(child.content for child in token.children or []) for token in inlines]
    assert shown.count(visible(name).strip()) == 4


@every_name
def test_a_summary_in_markdown_holds_no_html_code_or_links(name):
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = markdown.parse(named(name).to_markdown())
    inner = {child.type for token in tokens for child in token.children or []}
    assert inner <= {"text", "text_special", "strong_open", "strong_close", "em_open", "em_close", "softbreak"}
    assert not {token.type for token in tokens} & {"html_block", "fence", "code_block", "hr", "ordered_list_open"}


LATEX_WORDS = {
    "textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar", "symbol",
    "begin", "end", "toprule", "midrule", "bottomrule",
}  # fmt: skip


@every_name
def test_latex_knows_no_command_but_ours(name):
    for latex in (latex_text(name), TABLE_NAMES[name].to_latex(), named(name).to_latex()):
        assert set(re.findall(r"\\([A-Za-z]+)", latex)) <= LATEX_WORDS
        bare = re.sub(r"\\[A-Za-z]+|\\[{}$&%#_\\]", "", latex)
        assert not set(re.sub(r"\$-\$", "", bare)) & set("$%#_~^\\")
        assert bare.count("{") == bare.count("}")
    rows = [line for line in TABLE_NAMES[name].to_latex().splitlines() if line.endswith(r"\\")]
    assert len(rows) == 3
    for row in rows:
        assert len(re.findall(r"(?<!\\)&", row)) == 1
        assert not row.lstrip().startswith(("[", "*"))


@every_name
def test_csv_reads_back_and_no_label_runs(name):
    table = Table("", {name: (name, "b"), "change": (-1.5, 2)})
    rows = list(csv.reader(io.StringIO(table.to_csv(), newline="")))
    label = f"'{name}" if name[0] in "=+-@\t\r\n" else name
    assert rows == [[label, "change"], [label, "-1.5"], ["b", "2"]]


# Emoji, and control characters' stand-ins, that no installed font has are drawn as boxes.
no_glyph = pytest.mark.filterwarnings("ignore:Glyph .* missing from font", "ignore:No installed font has a glyph")


@no_glyph
@every_name
def test_pictures_show_the_name_literally(name):
    figure = Figure(figsize=(6, 3))
    named(name).plot(ax=figure.subplots())
    out = io.StringIO()
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(out, format="svg")
    root = ElementTree.fromstring(out.getvalue())  # noqa: S314 - our own drawing
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "image", "a", "foreignObject", "style"} - {"style"}
    words = " ".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))
    start = name.split()[0][:8]
    if start.isascii() and start.isprintable():
        assert start in words


@no_glyph
def test_everything_at_once_keeps_the_contract():
    check_contract(named(" ".join(name for key, name in CORPUS.items() if key != "surrogate")))


@pytest.mark.parametrize("key", ["tag", "attribute", "newlines", "broken mathematics", "long chinese"])
def test_a_report_shows_the_name_and_nothing_else(key, tmp_path):
    page = named(CORPUS[key]).report(tmp_path / "report.html").read_text("utf-8")
    seen = Words(page)
    assert not seen.tags & {"script", "iframe", "object", "embed", "link", "form", "svg", "a", "base"}
    assert seen.attributes <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "scope", "aria-hidden", "alt", "src", "media",
        "srcset",
    }  # fmt: skip
    assert any(visible(CORPUS[key]) in words for words in seen.words)


def test_numbers_in_csv_are_never_quoted_and_keep_all_digits():
    values = (-0.1, 1 / 3, 1e-300, float("nan"), float("inf"), -12)
    table = Table("", {"x": values, "y": (True, False, None, 1, 2, 3)})
    rows = list(csv.reader(io.StringIO(table.to_csv())))[1:]
    assert [row[0] for row in rows] == ["-0.1", repr(1 / 3), "1e-300", "", "inf", "-12"]
    assert [row[1] for row in rows] == ["true", "false", "", "1", "2", "3"]
    back = [float(row[0]) for row in rows if row[0]]
    assert np.array_equal(back, [value for value in values if value == value])  # noqa: PLR0124
