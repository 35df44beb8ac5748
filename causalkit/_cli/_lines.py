"""On which line of a TOML file each key stands."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path: TypeAlias = "tuple[str, ...]"


def lines_of_keys(text: str) -> dict[Path, int]:
    r"""Return the line of every key and table of a valid TOML text, counted from 1.

    ``tomllib`` keeps no lines. Here it reads one statement at a time: lines are added until what has been gathered
    is valid by itself, so that strings and lists over several lines, quoted and dotted keys are read by its rules and
    not by a second grammar.

    Parameters
    ----------
    text : str
        A text that ``tomllib.loads`` accepts.

    Returns
    -------
    dict of tuple of str to int
        Lines by path, as ``("roles", "outcome")``. Keys of an inline table have the line of the statement.

    Examples
    --------
    >>> lines_of_keys('data = "a.csv"\n\n[roles]\ncovariates = [\n  "age",\n]\noutcome = "y"')
    {('data',): 1, ('roles',): 3, ('roles', 'covariates'): 4, ('roles', 'outcome'): 7}
    """
    found: dict[Path, int] = {}
    table: Path = ()
    for line, statement, parsed in _statements(text):
        inside = () if statement.lstrip().startswith("[") else table
        paths = list(_paths(parsed))
        for path in paths:
            found.setdefault((*inside, *path), line)
        if not inside and paths and statement.lstrip().startswith("["):
            table = paths[-1]
    return found


def _statements(text: str) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Yield each statement with the line it starts on and what it says alone."""
    gathered, first = "", 1
    for number, line in enumerate(text.split("\n"), start=1):
        first = first if gathered else number
        gathered += f"{line}\n"
        try:
            parsed = tomllib.loads(gathered)
        except tomllib.TOMLDecodeError:
            continue
        if parsed:
            yield first, gathered, parsed
        gathered = ""


def _paths(parsed: object) -> Iterator[Path]:
    """Yield the path of every key, the outer ones first; a table in a list counts as one."""
    if isinstance(parsed, dict):
        for key, value in parsed.items():
            yield (key,)
            yield from ((key, *rest) for rest in _paths(value))
    elif isinstance(parsed, list):
        for value in parsed:
            yield from _paths(value)
