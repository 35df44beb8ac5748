"""Advice: designs in order, those ruled out, and what is still to be found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from causalkit._advice._questions import ANSWERS, QUESTIONS
from causalkit._language import wording
from causalkit.results import FrozenMap, Table
from causalkit.results._answer import Answer
from causalkit.results._record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit._advice._designs import Design
    from causalkit._language import Lang

Strength: TypeAlias = Literal["recommended", "possible", "last resort"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recommendation(Record):
    """A design that the answers allow.

    Attributes
    ----------
    design : Design
        What it finds and rests on, and the call to write.
    strength : {"recommended", "possible", "last resort"}
        How strongly the answers speak for it.
    because : tuple of str
        Why, one sentence each.
    """

    design: Design
    strength: Strength
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Excluded(Record):
    """A design that the answers rule out.

    Attributes
    ----------
    design : Design
        The design.
    because : tuple of str
        Why, one sentence each.
    """

    design: Design
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Advice(Answer):
    """Which designs fit what is known about a treatment.

    Attributes
    ----------
    answers : mapping of str to str
        The answers given, ``"unknown"`` where there is none.
    recommendations : tuple of Recommendation
        Designs that the answers allow, the best first.
    excluded : tuple of Excluded
        Designs that they rule out.
    open_questions : tuple of str
        Questions whose answers would decide on further designs.
    """

    answers: Mapping[str, str]
    recommendations: tuple[Recommendation, ...]
    excluded: tuple[Excluded, ...]
    open_questions: tuple[str, ...]

    def __post_init__(self) -> None:
        """Freeze the answers."""
        self._freeze(answers=FrozenMap(dict(self.answers)))

    @property
    def best(self) -> Design | None:
        """The design that the answers speak for most; None if they rule out all of them."""
        return self.recommendations[0].design if self.recommendations else None

    def headline(self) -> str:
        """Return the advice in one sentence."""
        if not self.recommendations:
            return "No design fits: as the answers stand, no analysis of these data shows an effect."
        first = self.recommendations[0]
        return f"{first.strength.capitalize()}: {first.design.title} ({first.design.estimand})."

    @staticmethod
    def questions() -> Table:
        """Return every question with the words of its answers: columns ``question, answer, meaning``.

        Returns
        -------
        Table
            One row per word that :func:`causalkit.design_advice` takes, under the name of the argument.

        Examples
        --------
        >>> from causalkit import Advice
        >>> table = Advice.questions()
        >>> [word for name, word in zip(table["argument"], table["answer"]) if name == "cutoff"]
        ['sharp', 'fuzzy', 'none']
        """
        rows = [(name, word, meaning) for name, words in ANSWERS.items() for word, meaning in words.items()]
        names, words, meanings = zip(*rows, strict=True)
        return Table(
            title="Questions",
            columns={
                "argument": names,
                "question": tuple(QUESTIONS[name] for name in names),
                "answer": words,
                "meaning": meanings,
            },
        )

    def table(self) -> Table:
        """Return one row per design: ``design, estimand, strength, because``."""
        rows = [
            *((each.design, each.strength, each.because) for each in self.recommendations),
            *((each.design, "ruled out", each.because) for each in self.excluded),
        ]
        return Table(
            title="Designs",
            columns={
                "design": [design.name for design, _, _ in rows],
                "estimand": [design.estimand for design, _, _ in rows],
                "strength": [strength for _, strength, _ in rows],
                "because": [" ".join(because) for _, _, because in rows],
            },
        )

    def summary(self, *, lang: Lang = "en") -> str:
        """Return the advice as text of at most 80 columns, in the language given."""
        from causalkit._advice._document import document_of
        from causalkit.results._text import document_text

        return document_text(document_of(self), wording(lang))

    def __str__(self) -> str:
        """Return the summary."""
        return self.summary()

    def __repr__(self) -> str:
        """Return one line: the designs in order."""
        return f"<Advice {', '.join(each.design.name for each in self.recommendations) or 'no design'}>"

    def to_markdown(self, *, lang: Lang = "en") -> str:
        """Return the summary in Markdown, in the language given."""
        from causalkit._advice._document import document_of
        from causalkit.results._markup import document_markdown

        return document_markdown(document_of(self), wording(lang))

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_html(self, *, lang: Lang = "en") -> str:
        """Return the summary as one ``div`` of HTML, in the language given."""
        from causalkit._advice._document import document_of
        from causalkit.results._html import document_html

        return document_html(document_of(self), wording(lang))
