"""Text in a fixed number of columns of a terminal, where a character may be two columns wide, or none."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ELLIPSIS: Final = "..."
# Punctuation that does not begin a line, and that does not end one.
_CLOSING: Final = frozenset("，。；：、！？）》】”’")
_OPENING: Final = frozenset("（《【“‘")


def display_width(text: str) -> int:
    r"""Return the columns that text takes in a terminal.

    East Asian wide and full-width characters take two, combining and format characters none.

    Examples
    --------
    >>> display_width("age"), display_width("指标"), display_width("e\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return text filled with spaces to a width; on the left if it is to stand at the right."""
    space = " " * max(width - display_width(text), 0)
    return space + text if right else text + space


def shorten(text: str, width: int) -> str:
    """Return text of at most the given width; where something is left out, an ellipsis says so.

    Examples
    --------
    >>> shorten("a very long label", 10)
    'a very ...'
    """
    return text if display_width(text) <= width else _head(text, width - len(ELLIPSIS)) + ELLIPSIS


def wrap(text: str, width: int, *, most: int | None = None) -> list[str]:
    """Return text in lines of at most the given width.

    Lines break at spaces; a word longer than a line is cut, and text of wide characters, which has no
    spaces, breaks anywhere.

    Parameters
    ----------
    text : str
        The text; its line breaks count as spaces.
    width : int
        Columns of a line; at least four.
    most : int, optional
        Lines at most; the last one ends in an ellipsis where the text goes on.

    Returns
    -------
    list of str
        At least one line.

    Examples
    --------
    >>> wrap("no evidence against common support", 12)
    ['no evidence', 'against', 'common', 'support']
    """
    lines, line = [], ""
    for space, unit in _units(text):
        joined = f"{line}{space}{unit}" if line else unit
        if display_width(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _cut(unit, width)
        lines += full
    lines.append(line)
    if most is not None and len(lines) > most:
        return [*lines[: most - 1], _head(lines[most - 1], width - len(ELLIPSIS)) + ELLIPSIS]
    return lines


def _head(text: str, width: int) -> str:
    used = 0
    for at, character in enumerate(text):
        used += _width(character)
        if used > width:
            return text[:at]
    return text


def _units(text: str) -> Iterator[tuple[str, str]]:
    """Yield what stays together on a line, each behind the space that parts it from the one before, or behind none."""
    for word in text.split():
        space = " "
        for unit in (word,) if word.isascii() else _pieces(word):
            yield space, unit
            space = ""


def _pieces(word: str) -> Iterator[str]:
    """Yield wide characters one by one and narrow ones together, punctuation with what it belongs to."""
    piece, opened = "", True
    for character in word:
        wide = _width(character) == 2
        together = opened or character in _CLOSING or not (wide or (piece and _width(piece[-1]) == 2))
        if not together:
            yield piece
            piece = ""
        piece += character
        opened = character in _OPENING
    yield piece


def _cut(unit: str, width: int) -> Iterator[str]:
    """Yield full lines and the rest of a unit, which may be longer than a line."""
    line = ""
    for character in unit:
        if display_width(line) + _width(character) > width:
            yield line
            line = ""
        line += character
    yield line


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
