"""Outputs of cells that are sentences wrap on a narrow screen; those with columns, which have to stand, scroll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def mark_sentences(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give outputs without columns, which two spaces in a row give away, the class that the style sheet wraps."""
    del app, docname
    for block in doctree.findall(nodes.literal_block):
        if "output" in block["classes"] and not any("  " in line for line in block.astext().splitlines()):
            block["classes"].append("sentences")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the step."""
    app.connect("doctree-resolved", mark_sentences)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
