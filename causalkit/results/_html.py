"""A summary as HTML for notebooks: escaped, styled in place, in the colours of the page around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from causalkit._language import ENGLISH
from causalkit.results._document import Facts, Heading, Notes, Paragraph, Verdicts
from causalkit.results._escape import html_text
from causalkit.results._format import shown, statistics_text

if TYPE_CHECKING:
    from causalkit._language import Wording
    from causalkit._typing import Verdict
    from causalkit.results._check import Check
    from causalkit.results._document import Block, Document
    from causalkit.results._format import Shown
    from causalkit.results._table import Table

# Shape and word carry the verdict; colours (Okabe and Ito's) only repeat it.
MARKS: Final[dict[Verdict, str]] = {
    "supported": "&#9679;",
    "questionable": "&#9650;",
    "violated": "&#9632;",
    "untestable": "&#9671;",
    "not run": "&#9675;",
}
# Characters that a cell keeps on one line.
_SHORT: Final = 26

STYLE: Final = """
.causalkit{max-width:50em;line-height:1.45;color:inherit}
.causalkit h3{font-size:1.15em;margin:0 0 .5em}
.causalkit h4{font-size:1em;margin:1.2em 0 .4em}
.causalkit p{margin:.5em 0}
.causalkit .ck-answer{font-weight:600}
.causalkit dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:.8em 0}
.causalkit dt{opacity:.7;font-weight:400}
.causalkit dd{margin:0;overflow-wrap:anywhere}
.causalkit .ck-wide{overflow-x:auto;margin:.8em 0}
.causalkit table{border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums;font-size:.95em}
.causalkit caption{text-align:left;font-weight:600;padding:.2em 0;caption-side:top;color:inherit}
.causalkit th,.causalkit td{padding:.2em 1.2em .2em 0;text-align:left;vertical-align:top;background:none}
.causalkit thead th{border-bottom:1px solid currentColor;font-weight:600;vertical-align:bottom}
.causalkit .ck-n{text-align:right}
.causalkit tbody .ck-n,.causalkit tbody .ck-s{white-space:nowrap}
.causalkit td,.causalkit tbody th{max-width:24em;overflow-wrap:break-word}
.causalkit .ck-note{opacity:.75;font-size:.9em}
.causalkit ul{margin:.4em 0;padding-left:1.2em}
.causalkit .ck-checks{list-style:none;padding:0}
.causalkit .ck-checks li{display:grid;grid-template-columns:8.5em 1fr;gap:.2em 1em;margin:.45em 0}
.causalkit .ck-test{opacity:.75;font-size:.9em}
.ck-supported{color:#009e73}.ck-questionable{color:#e69f00}.ck-violated{color:#d55e00}
.ck-untestable,.ck-not-run{color:#7f7f7f}
""".replace("\n", "")


def document_html(document: Document, say: Wording = ENGLISH) -> str:
    """Return a document as one ``div`` with its style, every label escaped."""
    say = say.sparing(document.names)
    body = "".join(block_html(block, say) for block in document.blocks)
    title = html_text(say(document.title))
    return f'<div class="causalkit" lang="{say.lang}"><style>{STYLE}</style><h3>{title}</h3>{body}</div>'


def table_html(table: Table) -> str:
    """Return a table as one ``div`` with its style, every label escaped."""
    return f'<div class="causalkit"><style>{STYLE}</style>{block_html(table)}</div>'


def block_html(block: Block, say: Wording = ENGLISH) -> str:
    """Return one block as HTML without the style."""
    if isinstance(block, Heading):
        return f"<h4>{html_text(say(block.text))}</h4>"
    if isinstance(block, Paragraph):
        kind = ' class="ck-answer"' if block.strong else ""
        return f"<p{kind}>{html_text(say(block.text))}</p>"
    if isinstance(block, Notes):
        return "<ul>" + "".join(f"<li>{html_text(say(each))}</li>" for each in block.items) + "</ul>"
    if isinstance(block, Facts):
        rows = "".join(f"<dt>{html_text(say(name))}</dt><dd>{html_text(say(text))}</dd>" for name, text in block.items)
        return f"<dl>{rows}</dl>"
    if isinstance(block, Verdicts):
        return '<ul class="ck-checks">' + "".join(_check(check, say) for check in block.checks) + "</ul>"
    return _table(block, say)


def verdict_html(verdict: Verdict, say: Wording = ENGLISH) -> str:
    """Return the word of a verdict behind its mark, which screen readers skip."""
    kind, word = f"ck-{verdict.replace(' ', '-')}", html_text(say(verdict))
    return f'<span class="ck-verdict"><span aria-hidden="true" class="{kind}">{MARKS[verdict]}</span> {word}</span>'


def _check(check: Check, say: Wording) -> str:
    test = statistics_text(check, say)
    numbers = f' <span class="ck-test">({html_text(test)})</span>' if test else ""
    return (
        f"<li>{verdict_html(check.verdict, say)}"
        f"<span><b>{html_text(say(check.name))}</b>{numbers}<br>{html_text(say(check.reading))}</span></li>"
    )


def _table(table: Table, say: Wording) -> str:
    columns = shown(table, say)
    kinds = [_kind(column) for column in columns]
    head = "".join(
        f'<th scope="col"{kind}>{html_text(column.heading)}</th>' for kind, column in zip(kinds, columns, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(_cell(kind, cell, first=not at) for at, (kind, cell) in enumerate(zip(kinds, row, strict=True)))
        + "</tr>"
        for row in zip(*(column.cells for column in columns), strict=True)
    )
    caption = f"<caption>{html_text(say(table.title))}</caption>" if table.title else ""
    note = f'<p class="ck-note">{html_text(say(table.note))}</p>' if table.note else ""
    return (
        f'<div class="ck-wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}'
    )


def _kind(column: Shown) -> str:
    """Return the class of a column: numbers at the right, and short texts such as intervals on one line."""
    if column.is_number:
        return ' class="ck-n"'
    return ' class="ck-s"' if max(map(len, column.cells), default=0) <= _SHORT else ""


def _cell(kind: str, cell: str, *, first: bool) -> str:
    text = html_text(cell)
    return f'<th scope="row"{kind}>{text}</th>' if first and "ck-n" not in kind else f"<td{kind}>{text}</td>"
