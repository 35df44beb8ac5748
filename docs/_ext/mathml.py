"""Formulas as MathML, which browsers draw themselves: no script, no font, no network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


_LOGGER = logging.getLogger(__name__)
# Commands that the translator does not know, and what it does.
_ALIASES = {r"\dots": r"\ldots", r"\dotsc": r"\ldots", r"\dotsb": r"\cdots"}
_COMMAND = re.compile(r"\\[a-zA-Z]+")


def visit_math(translator: HTML5Translator, node: nodes.Element) -> None:
    """Write a formula within a line."""
    translator.body.append(_mathml(node, node.astext()))
    _skip(node)


def visit_displaymath(translator: HTML5Translator, node: nodes.Element) -> None:
    """Write a formula on lines of its own."""
    source = node.astext().strip()
    if "\\\\" in source and not source.startswith("\\begin"):
        source = f"\\begin{{aligned}}{source}\\end{{aligned}}"
    translator.body.append(f'<div class="formula">{_mathml(node, source, as_block=True)}</div>')
    _skip(node)


def _mathml(node: nodes.Element, source: str, *, as_block: bool = False) -> str:
    """Translate, or say on which page a formula cannot be."""
    source = _COMMAND.sub(lambda command: _ALIASES.get(command[0], command[0]), source)
    try:
        text: str = tex2mathml(source, as_block=as_block)
    except MathError as error:
        _LOGGER.warning("formula cannot be written as MathML: %s", error, location=node)
        return ""
    return text


def _skip(node: nodes.Element) -> None:
    from docutils.nodes import SkipNode

    del node
    raise SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer, as the only one."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    app.connect("config-inited", lambda _, config: config.__setattr__("html_math_renderer", "mathml"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
