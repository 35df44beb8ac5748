"""Check that the pages of a built site load nothing from a network: ``python tools/offline.py build/docs``."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

# What a browser fetches by itself, as against a link that a reader follows.
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "embed": "src"}
LINKED = {"stylesheet", "preload", "icon", "modulepreload"}


class Loads(HTMLParser):
    """Collects the addresses outside the site that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        address = given.get(LOADED.get(tag, ""))
        if tag == "link" and LINKED & set((given.get("rel") or "").split()):
            address = given.get("href")
        if address and address.startswith(("http:", "https:", "//")):
            self.found.append(address)


def main(folder: Path) -> int:
    """Print what is loaded from outside; return how many pages do so."""
    guilty = 0
    pages = sorted(folder.rglob("*.html"))
    for page in pages:
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        if loads.found:
            guilty += 1
            print(f"{page.relative_to(folder)} loads {', '.join(sorted(set(loads.found)))}")
    print(f"docs: {len(pages)} pages, {guilty} of them load something from a network")
    return guilty


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
