"""A sentence of the package with places for names and numbers, recognised in the text that was made from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_PLACE: Final = re.compile(r"\{(\w+)(?::(\w))?\}|\[([^\]]*)\]")
_BETWEEN_PHRASES: Final = re.compile(r", | and ")
# What stands in a place: text up to the next sentence, a number, a phrase of ours, several with commas, or any text.
_NUMBER: Final = r"[-+−]?(?:[\d…][\d,…]*(?:\.[\d…]+)?(?:e[-+]?\d+)?|inf|nan)%?|-"
_KINDS: Final = {
    "": r"(?:(?!\. ).)+?",
    "n": _NUMBER,
    "t": r"(?:(?!\. ).)+?",
    "l": r"(?:(?!\. ).)+?",
    "w": r"[^\s,]+",
    "x": r".+",
}


@dataclass(frozen=True, slots=True)
class Template:
    """A template and its translation.

    Attributes
    ----------
    pattern : Pattern
        Matches the texts made from the template.
    phrases, lists : frozenset of str
        Places whose text is a phrase of ours, or several of them, to be translated itself.
    into : str
        The translation, with the same places.
    literal : str
        The longest piece between two places: a text without it was not made from the template.
    weight : int
        Characters outside of places; of two templates that match, the heavier one is meant.
    """

    pattern: re.Pattern[str]
    phrases: frozenset[str]
    lists: frozenset[str]
    into: str
    literal: str
    weight: int

    @classmethod
    def of(cls, english: str, into: str) -> Template:
        """Return the template of an entry of a catalogue.

        Parameters
        ----------
        english : str
            ``{name}`` stands for a name of the user's or other text within a sentence, ``{name:n}`` for a number,
            ``{name:t}`` for a phrase that has an entry of its own, ``{name:l}`` for several with commas between,
            ``{name:w}`` for a single word, ``{name:x}`` for text over any number of sentences; ``row[s]`` is ``row``
            or ``rows``.
        into : str
            The translation.

        Returns
        -------
        Template
            Compiled.
        """
        pattern, pieces, at = "", [], 0
        kinds: dict[str, str] = {}
        for place in _PLACE.finditer(english):
            pieces.append(english[at : place.start()])
            pattern += re.escape(pieces[-1])
            name, kind, optional = place.groups()
            if name is None:
                pattern += f"(?:{re.escape(optional)})?"
            else:
                pattern += f"(?P<{name}>{_KINDS[kind or '']})"
                kinds[name] = kind or ""
            at = place.end()
        pieces.append(english[at:])
        return cls(
            pattern=re.compile(pattern + re.escape(pieces[-1]), re.DOTALL),
            phrases=frozenset(name for name, kind in kinds.items() if kind == "t"),
            lists=frozenset(name for name, kind in kinds.items() if kind == "l"),
            into=into,
            literal=max(pieces, key=len),
            weight=sum(map(len, pieces)),
        )

    def translated(self, text: str, phrase: Callable[[str], str]) -> str | None:
        """Return the translation of a text made from the template; None if it was not."""
        if self.literal not in text:
            return None
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        filled = found.groupdict()
        filled |= {name: phrase(filled[name]) for name in self.phrases}
        filled |= {name: "，".join(map(phrase, _phrases(filled[name]))) for name in self.lists}
        return _PLACE.sub(lambda place: filled[place[1]] if place[1] else place[0], self.into)


def _phrases(text: str) -> list[str]:
    """Return the phrases of a list; those with commas inside are parted by semicolons."""
    return text.split("; ") if "; " in text else _BETWEEN_PHRASES.split(text)


def places(text: str) -> set[str]:
    """Return the names of the places of a template."""
    return {name for name, _, _ in _PLACE.findall(text) if name}
