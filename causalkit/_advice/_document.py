"""Advice in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causalkit.results._document import Document, Facts, Heading, Notes, Paragraph

if TYPE_CHECKING:
    from causalkit._advice._advice import Advice, Recommendation
    from causalkit.results._document import Block

_NO_DESIGN = (
    "Draw treatment by lot, if only for the next units or in the order of a roll-out.",
    "Measure the outcome from now on, before the next change reaches anybody.",
    "Ask a question that the data can answer: who uses it, and how the outcome moves.",
)


def document_of(advice: Advice) -> Document:
    """Return the readout: the best design, each design with its reasons and call, what is ruled out, what is open."""
    blocks: list[Block] = [Paragraph(advice.headline(), strong=True)]
    if not advice.recommendations:
        blocks.append(Notes(_NO_DESIGN))
    for each in advice.recommendations:
        blocks += [Heading(f"{each.design.title}: {each.strength}"), Notes(each.because), Facts(_facts(each))]
    if advice.excluded:
        reasons = tuple((each.design.title, " ".join(each.because)) for each in advice.excluded)
        blocks += [Heading("Ruled out"), Facts(reasons)]
    if advice.open_questions:
        blocks += [Heading("Still to be found out"), Notes(advice.open_questions)]
    return Document(title="Which design fits?", blocks=tuple(blocks))


def _facts(recommendation: Recommendation) -> tuple[tuple[str, str], ...]:
    design = recommendation.design
    return (
        ("Finds", f"{design.identifies} ({design.estimand})"),
        *(("Assumes", each) for each in design.assumptions),
        *(("Look first", each) for each in design.check_first),
        ("Call", design.call),
    )
