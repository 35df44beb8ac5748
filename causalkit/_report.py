"""One HTML file that a product manager can read: question, answer, picture, how sure, and what it rests on."""

from __future__ import annotations

import base64
import hashlib
import math
import platform
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from causalkit import __version__
from causalkit._compare import Comparison, estimates_of, grounds_of, names_in
from causalkit._decide._decision import Decision
from causalkit._decide._document import document_of
from causalkit._language import Name, wording
from causalkit._numerics._tails import critical_value, normal_quantile
from causalkit._report_style import STYLE
from causalkit._validate import counted, fraction, whole
from causalkit.results._document import Facts, caution, estimates_table, names_of
from causalkit.results._escape import html_text
from causalkit.results._format import p_text, statistics_text
from causalkit.results._html import block_html, verdict_html
from causalkit.results._interval import significant
from causalkit.results._small_cells import discreet, has_small_cells, without_small_cells
from causalkit.results._table import Table

if TYPE_CHECKING:
    from causalkit._language import Lang, Wording
    from causalkit._typing import Verdict
    from causalkit.plot import Picture
    from causalkit.plot._embed import Embedded
    from causalkit.results import Check, Result
    from causalkit.results._document import Block, Document

_LEVELS: Final = (0.5, 0.8, 0.95, 0.99)
_POWER: Final = 0.8
_LIBRARIES: Final = ("numpy", "scipy", "pandas", "narwhals", "matplotlib")
# In the order in which they matter to whoever decides.
_READ_FIRST: Final[tuple[Verdict, ...]] = ("violated", "questionable", "supported", "untestable", "not run")
_MEANING: Final[dict[Verdict, str]] = {
    "violated": "the data speak against it",
    "questionable": "the data raise a doubt, or the test is too weak to settle it",
    "supported": "the data hold no evidence against it, which is not proof",
    "untestable": "no data of this kind can tell; it needs an argument",
    "not run": "nobody has looked yet",
}


def write_report(
    subject: Result | Comparison | Decision,
    path: str | Path,
    *,
    level: float = 0.95,
    smallest_cell: int = 1,
    lang: Lang = "en",
) -> Path:
    """Write one self-contained HTML file.

    It needs no network and runs no script: styles and pictures are inside, and its content security policy
    allows nothing else. The same result gives the same bytes.

    Parameters
    ----------
    subject : Result, Comparison or Decision
        What to report; a decision is reported together with the result it is about.
    path : str or Path
        The file to write; one that is there is replaced.
    level : float
        Coverage of the intervals.
    smallest_cell : int
        Rows of the data that a cell of a table must have to be shown; 1 leaves nothing out.
    lang : {"en", "zh"}
        Language of the fixed wording; names and numbers are the same in each.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    OptionError
        The level is not between 0 and 1, or ``smallest_cell`` is no whole number from 1, or the language is not known.
    """
    page = report_html(subject, level=level, smallest_cell=smallest_cell, lang=lang)
    target = Path(path)
    target.write_text(page, encoding="utf-8", newline="\n")
    return target


def report_html(
    subject: Result | Comparison | Decision, *, level: float = 0.95, smallest_cell: int = 1, lang: Lang = "en"
) -> str:
    """Return the report as the text of an HTML file."""
    level, smallest, say = fraction("level", level), whole("smallest_cell", smallest_cell, least=1), wording(lang)
    if isinstance(subject, Comparison):
        say = say.sparing(names_in(subject))
        return _page(say, subject.title(), _side_by_side(say, subject, level))
    if isinstance(subject, Decision):
        hides = has_small_cells(subject.result, level, smallest)
        shown = replace(subject, result=discreet(subject.result, smallest)) if hides else subject
        document = document_of(shown)
        say = say.sparing(document.names)
        body = _decision_head(say, shown, document) + _effect_behind(say, subject.result, level, smallest)
        return _page(say, document.title, body)
    say = say.sparing(names_of(subject))
    return _page(say, subject.question(), _answer(say, subject, level) + _sections(say, subject, level, smallest))


def _side_by_side(say: Wording, comparison: Comparison, level: float) -> str:
    """Return what has to be known before the numbers are compared, the numbers, and what each rests on."""
    header = (
        f'<header>\n<p class="eyebrow">{_html(say, "Comparison")}</p>\n<h1>{_html(say, comparison.title())}</h1>\n'
        f"{_list(say, list(comparison.notes))}\n</header>"
    )
    tables = "\n".join(_block(say, each) for each in (estimates_of(comparison, level), grounds_of(comparison)))
    gaps = "A gap between two estimates is not tested here: estimates from the same rows move together."
    each = (
        _section(
            say,
            Name(label),
            f'<p class="answer">{_html(say, result.headline(level))}</p>\n'
            f"{_banner(say, result)}\n{_rests_on(say, result)}",
        )
        for label, result in comparison.results.items()
    )
    return (
        header
        + _section(say, "The picture", _pictures(say, comparison))
        + _section(say, "Side by side", f"{tables}\n{_paragraph(say, gaps)}")
        + "".join(each)
    )


def _sections(say: Wording, result: Result, level: float, smallest: int) -> str:
    hides = has_small_cells(result, level, smallest)
    pictures = _picture_of_effect(say, result, level) if hides else _pictures(say, result)
    result = discreet(result, smallest) if hides else result
    return "".join(
        (
            _section(say, "The picture", pictures),
            _section(say, "How sure are we?", _how_sure(say, result, level)),
            _section(say, "What it rests on", _rests_on(say, result)),
            _section(say, "What would change our mind", _list(say, _would_change(result, level))),
            _section(say, "Method and numbers", _appendix(say, result, level, smallest)),
        )
    )


def _decision_head(say: Wording, decision: Decision, document: Document) -> str:
    """Return the verdict, what it follows from, and the picture of the two risks."""
    return (
        f'<header>\n<p class="eyebrow">{_html(say, "Decision")}</p>\n<h1>{_html(say, document.title)}</h1>\n'
        f'<p class="answer">{_html(say, decision.headline())}</p>\n{_banner(say, decision.result)}\n</header>'
        + _section(say, "What it would bring", "\n".join(_block(say, each) for each in document.blocks[1:]))
        + _section(say, "Both risks in one picture", _pictures(say, decision))
    )


def _effect_behind(say: Wording, result: Result, level: float, smallest: int) -> str:
    head = f'<p class="answer">{_html(say, result.headline(level))}</p>\n{_tiles(say, result, level)}'
    return _section(say, "The effect behind it", head) + _sections(say, result, level, smallest)


def _page(say: Wording, title: str, body: str) -> str:
    allowed = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        f'<!DOCTYPE html>\n<html lang="{say.lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_html(say, title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n<footer>{_versions(say)}</footer>\n</main>\n</body>\n</html>\n"
    )


def _html(say: Wording, text: str) -> str:
    """Return a text in the language of the report, escaped."""
    return html_text(say(text))


def _section(say: Wording, title: str, body: str) -> str:
    return f"\n<section>\n<h2>{_html(say, title)}</h2>\n{body}\n</section>" if body else ""


def _answer(say: Wording, result: Result, level: float) -> str:
    return (
        f'<header>\n<p class="eyebrow">{_html(say, "Causal analysis")}</p>\n'
        f"<h1>{_html(say, result.question())}</h1>\n"
        f'<p class="answer">{_html(say, result.headline(level))}</p>\n'
        f"{_banner(say, result)}\n{_tiles(say, result, level)}\n</header>"
    )


def _banner(say: Wording, result: Result) -> str:
    """Return the one sentence that says how far the answer may be trusted; a violated check comes first."""
    checks = result.checks
    violated, doubtful = checks.with_verdict("violated"), checks.with_verdict("questionable")
    supported, open_ = checks.with_verdict("supported"), checks.with_verdict("untestable", "not run")
    if violated:
        return _banner_html(say, "violated", caution(violated))
    if doubtful:
        return _banner_html(
            say, "questionable", f"Read with care. Questionable: {', '.join(each.name for each in doubtful)}."
        )
    beyond = f" {counted(len(open_), 'assumption')} the data cannot settle, or nobody has tested." if open_ else ""
    if supported:
        return _banner_html(say, "supported", f"No evidence against what could be tested.{beyond}")
    return _banner_html(say, "untestable", f"None of what this rests on has been tested.{beyond}")


def _banner_html(say: Wording, kind: str, text: str) -> str:
    return f'<p class="banner {kind}">{_html(say, text)}</p>'


def _tiles(say: Wording, result: Result, level: float) -> str:
    sample = result.sample
    arms = "" if sample.n_treated is None else f"{sample.n_treated:,} treated, {sample.n_control or 0:,} control"
    tiles = (
        ("Estimate", significant(result.estimate), f"{result.effect.estimand}, in units of {result.outcome}"),
        (f"{100 * level:.4g}% interval", result.conf_int(level).format(), ""),
        ("Rows used", f"{sample.n_used:,}", arms),
    )
    return '<dl class="tiles">' + "".join(_tile(say, each) for each in tiles) + "</dl>"


def _tile(say: Wording, tile: tuple[str, str, str]) -> str:
    name, value, more = (_html(say, each) for each in tile)
    return f"<div><dt>{name}</dt><dd>{value}{f'<small>{more}</small>' if more else ''}</dd></div>"


def _pictures(say: Wording, subject: Result | Comparison | Decision) -> str:
    from causalkit.plot import figures

    return "\n".join(_figure(say, each) for each in figures(subject))


def _picture_of_effect(say: Wording, result: Result, level: float) -> str:
    """Return a picture that shows no cells: of the headline effect alone."""
    from causalkit.plot import Picture, forest

    caption = f"The effect with its {100 * level:.4g}% interval. Pictures that show small cells are left out."
    return _figure(say, Picture(caption, partial(forest, {result.effect.estimand: result}, level=level)))


def _figure(say: Wording, picture: Picture) -> str:
    from causalkit.plot._embed import embed

    caption = _html(say, picture.caption)
    wide, narrow = _source(embed(picture)), _source(embed(picture, narrow=True))
    return (
        f'<figure><picture><source media="(max-width:30rem)" srcset="{narrow}"><img alt="{caption}" src="{wide}">'
        f"</picture>{f'<figcaption>{caption}</figcaption>' if caption else ''}</figure>"
    )


def _source(image: Embedded) -> str:
    return f"data:{image.mime};base64,{base64.b64encode(image.data).decode()}"


def _how_sure(say: Wording, result: Result, level: float) -> str:
    answer = result.conf_int(level)
    zero = "Zero is among them" if 0.0 in answer else "Zero is not among them"
    says = (
        f"If what it rests on holds, the data are compatible, at the {100 * level:.4g}% level, with effects in "
        f"{answer.format()}, in units of {result.outcome}. {zero}: the data "
        f"{'do not settle whether there is any effect' if 0.0 in answer else 'tell the effect from none'}."
    )
    levels = sorted({*_LEVELS, level})
    table = Table(
        "",
        {
            "coverage": tuple(f"{100 * each:.4g}%" for each in levels),
            "interval": tuple(result.conf_int(each).format() for each in levels),
        },
        headings={"interval": f"effects compatible with the data, in units of {result.outcome}"},
    )
    return f"<p>{_html(say, says)}</p>\n{_p_sentence(say, result.p_value)}\n{_block(say, table)}"


def _p_sentence(say: Wording, p_value: float) -> str:
    if math.isnan(p_value):
        return ""
    if p_value < 1e-4:
        often = "fewer than 1 in 10,000 repetitions"
    elif p_value < 0.01:
        often = f"about {10_000 * p_value:.0f} in 10,000 repetitions"
    else:
        often = f"about {100 * p_value:.0f} in 100 repetitions"
    return _paragraph(
        say,
        f"Were there no effect, an estimate at least this far from zero would come up in {often} "
        f"(p {p_text(p_value)}).",
    )


def _paragraph(say: Wording, text: str) -> str:
    return f"<p>{_html(say, text)}</p>"


def _rests_on(say: Wording, result: Result) -> str:
    groups = [(verdict, result.checks.with_verdict(verdict)) for verdict in _READ_FIRST]
    if not any(checks for _, checks in groups):
        return _paragraph(say, "No check was made.")
    return "\n".join(
        f"<h3>{verdict_html(verdict, say)}: {_html(say, _MEANING[verdict])}</h3>\n"
        + "\n".join(_check(say, each) for each in checks)
        for verdict, checks in groups
        if checks
    )


def _check(say: Wording, check: Check) -> str:
    test = statistics_text(check, say)
    null = f" of “{check.null}”" if check.null else ""
    lines = [
        f'<p class="name">{_html(say, check.name)}</p>',
        f'<p class="asks">{_html(say, check.question)}</p>',
        f"<p>{_html(say, check.reading)}</p>",
        *([f'<p class="test">{_html(say, f"Test{null}: {test}")}</p>'] if test else []),
    ]
    return f'<div class="check">{"".join(lines)}</div>'


def _would_change(result: Result, level: float) -> list[str]:
    """Return what would overturn the answer: checks first, then the size of a bias, then more data."""
    named = {verdict: "; ".join(check.name for check in result.checks.with_verdict(verdict)) for verdict in _READ_FIRST}
    changes = (
        named["violated"] and f"Until this is explained or repaired, nothing here is an effect: {named['violated']}.",
        named["questionable"] and f"A closer look at what is questionable: {named['questionable']}.",
        _by_size(result, level),
        named["untestable"] and f"A good argument against what no test settles: {named['untestable']}.",
        named["not run"] and f"A test that has not been run yet: {named['not run']}.",
    )
    return [each for each in changes if each]


def _by_size(result: Result, level: float) -> str:
    """Return how large a bias, or how much more data, would overturn the answer."""
    answer, estimate = result.conf_int(level), result.estimate
    if len(answer.parts) != 1 or not answer.is_bounded or not math.isfinite(estimate):
        return f"A sharper design: the {100 * level:.4g}% set {answer.format()} is not one bounded interval."
    (part,) = answer.parts
    if 0.0 not in answer:
        return (
            f"A bias away from zero of {significant(min(abs(part.low), abs(part.high)))} or more in {result.outcome}, "
            f"from something that was not measured, would leave zero compatible with the data; one of "
            f"{significant(abs(estimate))} would account for the whole estimate."
        )
    if estimate == 0 or not result.std_error > 0 or result.effect.uncertainty is not None:
        return "More data, or a more precise design: as it is, the interval holds effects of either sign."
    factor = ((critical_value(level) + normal_quantile(_POWER)) * result.std_error / estimate) ** 2
    return (
        f"More data: the interval holds effects of either sign. Were the true effect {significant(estimate)}, about "
        f"{significant(factor, 2)} times as many rows would give {_POWER:.0%} odds of telling it from zero, as long "
        f"as the error shrinks with the root of their number."
    )


def _appendix(say: Wording, result: Result, level: float, smallest: int) -> str:
    behind = {check.name: check.table for check in result.checks.checks if check.table is not None}
    parts = [
        _block(say, Facts(_facts(result))),
        _block(say, estimates_table(result, level)),
        *(_block(say, without_small_cells(table, smallest)) for table in result.tables(level)),
        *(
            f"<h3>{_html(say, f'Behind the check: {name}')}</h3>{_block(say, without_small_cells(table, smallest))}"
            for name, table in behind.items()
        ),
    ]
    if result.warnings:
        parts.append(f"<h3>{_html(say, 'Warnings')}</h3>" + _list(say, list(result.warnings)))
    return "\n".join(parts)


def _facts(result: Result) -> tuple[tuple[str, str], ...]:
    roles = [(role.capitalize(), Name(", ".join(names))) for role, names in result.roles.items() if names]
    options = ", ".join(f"{name} = {value}" for name, value in result.options.items() if value is not None)
    return (
        ("Method", result.method),
        ("Estimand", result.effect.estimand),
        *roles,
        ("Sample", result.sample.describe()),
        *((("Settings", options),) if options else ()),
    )


def _block(say: Wording, block: Block) -> str:
    return f'<div class="causalkit">{block_html(block, say)}</div>'


def _list(say: Wording, sentences: list[str]) -> str:
    return (
        f'<ul class="plain">{"".join(f"<li>{_html(say, each)}</li>" for each in sentences)}</ul>' if sentences else ""
    )


def _versions(say: Wording) -> str:
    found = [f"causalkit {__version__}", f"Python {platform.python_version()}"]
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return _html(say, f"Made with {', '.join(found)}. Intervals and tables are computed from the result as estimated.")
