"""The analysis file: what it may say, and everything that is wrong with it at once."""

from __future__ import annotations

import inspect
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from causalkit import datasets, decide
from causalkit._cli._kinds import fits, in_words, native
from causalkit._cli._lines import lines_of_keys
from causalkit._cli._methods import ROLES, Parameter, method_named
from causalkit._cli._problem import AnalysisFileError, Problem
from causalkit._validate import choice, fraction, listed, near_match
from causalkit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from causalkit._cli._methods import Method
    from causalkit._language import Lang

_TOP: Final = {
    "data": Parameter("str", is_required=False),
    "dataset": Parameter("str", is_required=False),
    "method": Parameter("str", is_required=True),
    "level": Parameter("float", is_required=False),
    "lang": Parameter("Literal['en', 'zh']", is_required=False),
    "roles": Parameter("Mapping", is_required=True),
    "options": Parameter("Mapping", is_required=False),
    "decide": Parameter("Mapping", is_required=False),
}
# The level is the file's, and guardrails are results of their own.
_NOT_IN_DECIDE: Final = ("result", "guardrails", "level")
_WHAT: Final = {
    (): "key of an analysis file",
    ("roles",): "role",
    ("options",): "option",
    ("decide",): "argument of decide",
}
_LINE_OF_TOML_ERROR: Final = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """An analysis file, read and checked.

    Attributes
    ----------
    path : Path
        The file.
    data : Path or None
        The data file, found from the folder of the analysis file; None where a dataset is named.
    dataset : str
        A dataset of the package; empty where there is a data file.
    method : Method
        What to run.
    keywords : mapping of str to object
        Its roles and options.
    decide : mapping of str to object or None
        Arguments of ``decide``, where a decision is asked for.
    level : float
        Coverage of the intervals.
    lang : {"en", "zh"}
        Language of the fixed wording.
    lines : mapping of tuple of str to int
        Line of every key.
    """

    path: Path
    data: Path | None
    dataset: str
    method: Method
    keywords: Mapping[str, Any]
    decide: Mapping[str, Any] | None
    level: float = 0.95
    lang: Lang = "en"
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)


def read_analysis(path: Path) -> Analysis:
    """Return an analysis file, or raise with everything that is wrong with it.

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    Analysis
        Ready to run.

    Raises
    ------
    AnalysisFileError
        The file is not there, is not TOML, or names what there is not; each problem with its line.
    """
    text, table = _parsed(path)
    lines = lines_of_keys(text)
    problems = list(_problems(table, lines))
    if problems:
        raise AnalysisFileError(path, problems)
    method = method_named(table["method"])
    given = {**table["roles"], **table.get("options", {})}
    decision = table.get("decide")
    return Analysis(
        path=path,
        data=path.parent / Path(table["data"]).expanduser() if "data" in table else None,
        dataset=table.get("dataset", ""),
        method=method,
        keywords=_native(given, method.parameters),
        decide=None if decision is None else _native(decision, decide_parameters()),
        level=fraction("level", table.get("level", 0.95)),
        lang=table.get("lang", "en"),
        lines=lines,
    )


def decide_parameters() -> dict[str, Parameter]:
    """Return the keywords of :func:`causalkit.decide` that a file may set."""
    return {
        each.name: Parameter(str(each.annotation), each.default is each.empty)
        for each in inspect.signature(decide).parameters.values()
        if each.name not in _NOT_IN_DECIDE
    }


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a file and what TOML makes of it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE_OF_TOML_ERROR.search(str(error))
        said = _LINE_OF_TOML_ERROR.sub("", str(error))
        said = "a key stands here for the second time" if said == "Cannot overwrite a value" else f"not TOML: {said}"
        raise AnalysisFileError(path, [Problem(int(found[1]) if found else None, said)]) from error
    except UnicodeDecodeError as error:
        raise AnalysisFileError(path, [Problem(None, f"not UTF-8 (byte {error.start})")]) from error
    except OSError as error:
        raise AnalysisFileError(path, [Problem(None, error.strerror or str(error))]) from error


def _native(given: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {name: native(value, parameters[name].declared) for name, value in given.items()}


def _problems(table: Mapping[str, Any], lines: Mapping[tuple[str, ...], int]) -> Iterator[Problem]:
    """Yield what is wrong, from the outside in; what cannot be looked at yet is left for the next run."""
    outer = list(_wrong_keys(table, _TOP, lines, ()))
    yield from outer
    if outer:
        return
    yield from _wrong_source(table, lines)
    if "level" in table:
        yield from _caught(lambda: fraction("level", table["level"]), lines.get(("level",)))
    yield from _wrong_keys(table.get("decide", {}), decide_parameters(), lines, ("decide",))
    try:
        method = method_named(table["method"])
    except OptionError as error:
        yield Problem(lines.get(("method",)), str(error))
        return
    yield from _wrong_keys(table["roles"], method.roles, lines, ("roles",), method=method)
    yield from _wrong_keys(table.get("options", {}), method.options, lines, ("options",), method=method)


def _wrong_source(table: Mapping[str, Any], lines: Mapping[tuple[str, ...], int]) -> Iterator[Problem]:
    if ("data" in table) == ("dataset" in table):
        found = "both are there" if "data" in table else "there is neither"
        yield Problem(
            lines.get(("dataset",)),
            f"give data (the path of a file) or dataset (a name of causalkit datasets), one of the two; {found}.",
        )
    elif "dataset" in table:
        yield from _caught(lambda: choice("dataset", table["dataset"], datasets.names()), lines.get(("dataset",)))


def _caught(check: Any, line: int | None) -> Iterator[Problem]:
    try:
        check()
    except OptionError as error:
        yield Problem(line, str(error))


def _wrong_keys(
    given: Mapping[str, Any],
    allowed: Mapping[str, Parameter],
    lines: Mapping[tuple[str, ...], int],
    table: tuple[str, ...],
    *,
    method: Method | None = None,
) -> Iterator[Problem]:
    """Yield keys that are not known, values that are not of their kind, and keys that are missing."""
    where = f"[{table[0]}] " if table else ""
    for name, value in given.items():
        line = lines.get((*table, name))
        if name not in allowed:
            yield Problem(line, f"{where}{_unknown(name, allowed, table, method)}")
        elif not fits(value, allowed[name].declared):
            shown = "a table" if isinstance(value, dict) else repr(value)
            yield Problem(line, f"{where}{name} must be {in_words(allowed[name].declared)}; got {shown}.")
    missing = [name for name, each in allowed.items() if each.is_required and name not in given]
    if missing:
        needs = f"{method.name if method else 'an analysis'} needs {listed(missing)}"
        yield Problem(lines.get(table) if table else None, f"{where}{needs}.")


def _unknown(name: str, allowed: Mapping[str, Parameter], table: tuple[str, ...], method: Method | None) -> str:
    """Return what to say of a key that is not known here; it may stand in the wrong table."""
    elsewhere = "options" if table == ("roles",) else "roles"
    if method and name in method.parameters:
        return f"{name!r} belongs into [{elsewhere}]."
    if not table and name in ROLES:
        return f"{name!r} belongs into [roles]."
    what = f"{_WHAT[table]} of {method.name}" if method else _WHAT[table]
    there_are = f"There are: {listed(allowed, most=99)}." if allowed else "There are none."
    return f"{name!r} is no {what}.{near_match(name, allowed)} {there_are}"
