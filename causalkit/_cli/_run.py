"""``causalkit run analysis.toml``: data, method, decision, and what is written."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from causalkit import datasets, decide
from causalkit._cli._analysis import read_analysis
from causalkit._cli._problem import LocatedError, at_line
from causalkit._frames import read_file
from causalkit._validate import fraction
from causalkit.errors import CausalkitError, CausalkitWarning
from causalkit.results import Result

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from causalkit._cli._analysis import Analysis
    from causalkit._decide import Decision
    from causalkit._language import Lang

_TABLES: Final = ("roles", "options", "decide")
# How errors name the argument that they are about.
_ARGUMENT: Final = re.compile(r"^(\w+)=")
_QUOTED: Final = re.compile(r"'([^']*)'")


def run(arguments: Namespace) -> None:
    """Run an analysis file and write what was asked for.

    Parameters
    ----------
    arguments : Namespace
        ``file``, ``json`` (a path, ``"-"`` for standard output, or None), ``html`` (a path or None), ``level`` and
        ``lang`` (in place of the file's, or None).
    """
    analysis = read_analysis(Path(arguments.file))
    level = analysis.level if arguments.level is None else fraction("--level", arguments.level)
    lang = analysis.lang if arguments.lang is None else arguments.lang
    answer = _warning_aloud(lambda: _answer(analysis, level))
    if arguments.json not in {None, "-"}:
        Path(arguments.json).write_text(f"{answer.to_json()}\n", encoding="utf-8", newline="\n")
    if arguments.html is not None:
        _warning_aloud(lambda: _report(answer, arguments.html, level, lang))
    sys.stdout.write(f"{answer.to_json()}\n" if arguments.json == "-" else _summary(answer, level, lang))


def _summary(answer: Result | Decision, level: float, lang: Lang) -> str:
    """Return the text; a decision has its level from the file."""
    return answer.summary(level, lang=lang) if isinstance(answer, Result) else answer.summary(lang=lang)


def _report(answer: Result | Decision, path: str, level: float, lang: Lang) -> Path:
    if isinstance(answer, Result):
        return answer.report(path, level=level, lang=lang)
    return answer.report(path, lang=lang)


def _answer(analysis: Analysis, level: float) -> Result | Decision:
    """Return the result, or the decision if the file asks for one; errors with the line that they are about."""
    data = _data(analysis)
    try:
        result = analysis.method(data, analysis.keywords)
        return result if analysis.decide is None else decide(result, **analysis.decide, level=level)
    except CausalkitError as error:
        raise LocatedError(at_line(analysis.path, _line_of(error, analysis), str(error))) from error


def _data(analysis: Analysis) -> Any:
    try:
        return read_file(analysis.data) if analysis.data else datasets.load(analysis.dataset)
    except CausalkitError as error:
        line = analysis.lines.get(("data",), analysis.lines.get(("dataset",)))
        raise LocatedError(at_line(analysis.path, line, str(error))) from error


def _line_of(error: CausalkitError, analysis: Analysis) -> int | None:
    """Return the line that an error is about: that of the argument it names, or of the column it quotes."""
    named = _ARGUMENT.match(str(error))
    if named:
        for table in _TABLES:
            if (table, named[1]) in analysis.lines:
                return analysis.lines[table, named[1]]
    for quoted in _QUOTED.findall(str(error)):
        for role, columns in analysis.keywords.items():
            if quoted == columns or (isinstance(columns, (list, tuple)) and quoted in columns):
                return next((analysis.lines[table, role] for table in _TABLES if (table, role) in analysis.lines), None)
    return analysis.lines.get(("method",))


def _warning_aloud(compute: Callable[[], Any]) -> Any:
    """Run, and write our warnings to standard error, one line each; those of others pass."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", CausalkitWarning)
        answer = compute()
    for each in seen:
        if isinstance(each.message, CausalkitWarning):
            sys.stderr.write(f"causalkit: warning: {each.message}\n")
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    return answer
