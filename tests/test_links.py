"""Links between the pages of the repository lead somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_LINK = re.compile(r"\]\(([^)\s#]*)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
# Pages that the site's build makes, or takes in from elsewhere.
_MADE = ("docs/api/", "docs/recipes/")


def pages() -> list[Path]:
    """Every Markdown file that is part of the repository."""
    listed = [*ROOT.glob("*.md"), *ROOT.glob("datasets/**/*.md"), *ROOT.glob("docs/**/*.md")]
    return [page for page in sorted(listed) if not page.relative_to(ROOT).as_posix().startswith(_MADE)]


def links(page: Path) -> list[str]:
    """The relative links of a page, without those inside code."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [link for link, _ in _LINK.findall(text) if link and "://" not in link and not link.startswith("mailto:")]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file(page):
    missing = []
    for link in links(page):
        target = (page.parent / link).resolve()
        made = target.is_relative_to(ROOT) and target.relative_to(ROOT).as_posix().startswith(_MADE)
        if not made and not target.exists():
            missing.append(link)
    assert missing == []


def test_the_pattern_sees_links_and_not_code():
    page = "[a](b.md) `x` [c](d.md#e)\n\n```text\n[f](g.md)\n```\n"
    assert [link for link, _ in _LINK.findall(_FENCE.sub("", page))] == ["b.md", "d.md"]
