"""What is wrong with an analysis file, and on which line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from causalkit.errors import CausalkitError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes
    ----------
    line : int or None
        The line, counted from 1; None where it is the whole file.
    text : str
        What is wrong, and the way out.
    """

    line: int | None
    text: str


class AnalysisFileError(OptionError):
    """All that is wrong with an analysis file, one line for each thing."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        ordered = sorted(problems, key=lambda each: (each.line is None, each.line or 0))
        super().__init__("\n".join(at_line(path, each.line, each.text) for each in ordered))


class LocatedError(CausalkitError):
    """An error of a method with the line of the file that it is about; the error itself is its cause."""


def at_line(path: Path, line: int | None, text: str) -> str:
    """Return ``analysis.toml:7: error: what is wrong``, as compilers write it and editors follow it."""
    return f"{path}:{line}: error: {text}" if line else f"{path}: error: {text}"
