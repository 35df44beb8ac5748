"""The language of summaries and reports: fixed wording by a catalogue, names and numbers as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from causalkit._language._template import Template
from causalkit._validate import choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Lang: TypeAlias = Literal["en", "zh"]
LANGUAGES: Final = ("en", "zh")
_HAS_PLACES: Final = re.compile(r"[{\[]")
# Where a new sentence may begin.
_BETWEEN_SENTENCES: Final = re.compile(r"(?<=[.!?;]) (?=\S)")


class Name(str):
    """A name of the user's, or several: the same in every language, even where it is a word of a catalogue."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """Says what results say, in one language.

    Results hold their sentences in English: names, numbers and all. A sentence is recognised by the template that it
    was made from, and said in the words of the catalogue; what no template recognises is left as it is.

    Attributes
    ----------
    lang : str
        Language tag for HTML.
    fixed : mapping of str to str
        Translations of texts without places.
    templates : tuple of Template
        The others, the heaviest first.
    names : frozenset of str
        Names of the user's, which are left alone whatever else they may mean.
    """

    lang: str
    fixed: Mapping[str, str] = field(default_factory=dict)
    templates: tuple[Template, ...] = ()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, lang: str, catalogue: Mapping[str, str]) -> Wording:
        """Return the wording of a catalogue of translations by English template."""
        fixed = {english: said for english, said in catalogue.items() if not _HAS_PLACES.search(english)}
        templates = (Template.of(english, said) for english, said in catalogue.items() if english not in fixed)
        return cls(lang, fixed, tuple(sorted(templates, key=lambda each: -each.weight)))

    def sparing(self, names: Iterable[str]) -> Wording:
        """Return the same wording for a text in which these are names of the user's."""
        return replace(self, names=self.names | frozenset(names)) if self.fixed else self

    def __call__(self, text: str) -> str:
        """Return the text in this language, sentence by sentence where there is no template of the whole."""
        if not self.fixed or not text or text in self.names or isinstance(text, Name):
            return text
        return self.find(text) or self._by_sentence(text)

    @property
    def comma(self) -> str:
        """What stands between the parts of a list."""
        return "，" if self.fixed else ", "

    def word(self, text: str) -> str:
        """Return a fixed word or phrase in this language; text with names or numbers in it as it is."""
        return text if text in self.names else self.fixed.get(text, text)

    def find(self, text: str) -> str | None:
        """Return the translation of the whole text; None if no template recognises it."""
        if text in self.fixed:
            return self.fixed[text]
        for template in self.templates:
            said = template.translated(text, self)
            if said is not None:
                return said
        return None

    def _by_sentence(self, text: str) -> str:
        parts = _BETWEEN_SENTENCES.split(text)
        said, at = "", 0
        while at < len(parts):
            for end in range(at + 1, len(parts) + 1):
                found = self.find(" ".join(parts[at:end]))
                if found is not None:
                    break
            else:
                end, found = at + 1, parts[at]
            glue = "" if not said or said.endswith(_ENDS) else " "
            said, at = said + glue + found, end
        return said


_ENDS: Final = ("。", "；", "！", "？", "：")
ENGLISH: Final = Wording("en")


def wording(lang: Lang) -> Wording:
    """Return the wording of a language."""
    return ENGLISH if choice("lang", lang, LANGUAGES) == "en" else _chinese()


@cache
def _chinese() -> Wording:
    from causalkit._language._zh import CATALOGUE

    return Wording.of("zh-CN", CATALOGUE)
