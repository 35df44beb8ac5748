"""One escape function per language; every label of the user's passes through one of them.

All of them but :func:`csv_text` first make invisible control characters visible, so that a column name can
neither break a line nor turn the direction of what follows it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

# Embeddings, overrides and isolates: they reorder the text around them ("Trojan Source", CVE-2021-42574).
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_TEXT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})

_MARKDOWN: Final = re.compile(r"[\\`*_{}\[\]|~$^@]")
# What would open a list, a heading or a rule.
_MARKDOWN_START: Final = re.compile(r"^([-+](?=[\s-]|$)|#|\d+(?=[.)](?:\s|$)))")
_LATEX: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    # After the end of a row, these would be read as its options.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
}
_LATEX_SPECIAL: Final = re.compile("|".join(map(re.escape, _LATEX)))
_RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# White space at an end is kept by quotes.
_QUOTED_IN_CSV: Final = re.compile(r'[",\r\n]|^\s|\s$')


def visible(text: str) -> str:
    r"""Return text on one line: breaks and tabs as spaces, other control characters spelt out.

    Examples
    --------
    >>> print(visible("a\nb\x1b[31m\u202ec"))
    a b\x1b[31m\u202ec
    """
    return "".join(map(_visible, text)) if not (text.isascii() and text.isprintable()) else text


def html_text(text: str) -> str:
    """Return text for HTML, as content or as a quoted attribute.

    Examples
    --------
    >>> html_text('<b a="1">')
    '&lt;b a=&quot;1&quot;&gt;'
    """
    return html.escape(visible(text), quote=True)


def markdown_text(text: str) -> str:
    r"""Return text for a line or a table cell of Markdown, with no mark-up, HTML or mathematics left in it.

    Examples
    --------
    >>> print(markdown_text("$x$ | <b>"))
    \$x\$ \| &lt;b&gt;
    """
    plain = visible(text).strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN_START.sub(_escape_start, _MARKDOWN.sub(r"\\\g<0>", plain))


def latex_text(text: str) -> str:
    r"""Return text for LaTeX, every special character spelt out.

    Examples
    --------
    >>> print(latex_text(r"50% of \input{x}"))
    50\% of \textbackslash{}input\{x\}
    """
    return _LATEX_SPECIAL.sub(lambda found: _LATEX[found.group()], visible(text))


def csv_text(text: str) -> str:
    """Return a label as a CSV cell; one that a spreadsheet would run as a formula is led by an apostrophe.

    Examples
    --------
    >>> print(csv_text("=1+1"), csv_text("age"), csv_text('5" or more, dry'), sep=";")
    '=1+1;age;"5"" or more, dry"
    """
    cell = f"'{text}" if text.startswith(_RUN_BY_SPREADSHEETS) else text
    return '"' + cell.replace('"', '""') + '"' if _QUOTED_IN_CSV.search(cell) else cell


def _visible(character: str) -> str:
    if character in "\n\r\t\v\f\u2028\u2029\u0085":
        return " "
    if character in _DIRECTIONS or unicodedata.category(character) in _NO_TEXT:
        return (
            character.encode("ascii", "backslashreplace").decode()
            if ord(character) > 127
            else f"\\x{ord(character):02x}"
        )
    return character


def _escape_start(found: re.Match[str]) -> str:
    mark = found.group()
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"
