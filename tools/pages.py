"""Pages made of sections that are measured one by one: what is not measured anew stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sections(page: Path) -> dict[str, str]:
    """Return the sections of a page by title; none if there is no page yet."""
    if not page.exists():
        return {}
    _, *parts = re.split(r"^(?=## )", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.splitlines()[0].removeprefix("## "): part.rstrip() + "\n" for part in parts}


def write(page: Path, head: str, titles: list[str], parts: dict[str, str]) -> None:
    """Write the head and the sections that there are, in the order of their titles."""
    page.write_text("\n".join([head, *(parts[title] for title in titles if title in parts)]), encoding="utf-8")
