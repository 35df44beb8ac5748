"""The code on plain pages runs: every ``python`` block of a page, in order, as one script.

The cells of notebook pages (``file_format: mystnb``) run when the site is built; their ``python`` blocks illustrate.
On a plain page, what is not meant to run as it stands is fenced as ``text``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_GENERATED = {"api", "recipes"}


def pages() -> list[Path]:
    """The plain pages with Python on them."""
    docs = ROOT / "docs"
    written = [each for each in sorted(docs.rglob("*.md")) if each.relative_to(docs).parts[0] not in _GENERATED]
    texts = {
        page: page.read_text(encoding="utf-8") for page in [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *written]
    }
    return [page for page, text in texts.items() if "file_format: mystnb" not in text and _BLOCK.search(text)]


def script_of(text: str) -> str:
    """The Python of a page, each block on the lines it has there, so that a traceback points into the page."""
    lines = [""] * (text.count("\n") + 1)
    for block in _BLOCK.finditer(text):
        first = text[: block.start(1)].count("\n")
        for offset, line in enumerate(block[1].splitlines()):
            lines[first + offset] = line
    return "\n".join(lines)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_the_code_on_a_page_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = compile(script_of(page.read_text(encoding="utf-8")), name_of(page), "exec")
    exec(code, {"__name__": "__page__"})  # noqa: S102
    capsys.readouterr()


def test_blocks_keep_their_lines():
    page = "# A\n\n```python\na = 1\n```\n\n```text\nc\n```\n\n```python\nb = a\n```\n"
    lines = script_of(page).splitlines()
    assert (lines[3], lines[11]) == ("a = 1", "b = a")
    assert [line for line in lines if line] == ["a = 1", "b = a"]
