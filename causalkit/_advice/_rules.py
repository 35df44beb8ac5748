"""How strongly the answers speak for each design, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from causalkit._advice._questions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Answers = Mapping[str, str]

RECOMMENDED: Final = 3
POSSIBLE: Final = 2
LAST_RESORT: Final = 1
RULED_OUT: Final = 0


class Judgement(NamedTuple):
    """What the answers say of a design.

    Attributes
    ----------
    strength : int or None
        From 3 (recommended) to 0 (ruled out); None while a question that decides on it is open.
    because : tuple of str
        Why, one sentence each.
    """

    strength: int | None
    because: tuple[str, ...] = ()


_OPEN: Final = Judgement(None)


def judged(name: str, answers: Answers) -> Judgement:
    """Return what the answers say of a design, the touch of one unit's treatment on others included."""
    judgement = _RULES[name](answers)
    interference = answers["interference"]
    if not judgement.strength or interference in {"none", UNKNOWN}:
        return judgement
    if interference == "within groups":
        return judgement._replace(because=(*judgement.because, _WITHIN_GROUPS))
    if name == "experiment":
        return judgement._replace(because=(*judgement.because, _LOT_OF_MARKETS))
    return Judgement(max(judgement.strength - 1, LAST_RESORT), (*judgement.because, _EVERYWHERE))


_WITHIN_GROUPS: Final = "Units of a group touch one another: compare whole groups, and cluster by them."
_LOT_OF_MARKETS: Final = "Units touch one another everywhere: draw whole markets or periods by lot, not units."
_EVERYWHERE: Final = "Units touch one another everywhere: those not treated do not show a world without treatment."


def _experiment(answers: Answers) -> Judgement:
    return {
        "done": Judgement(RECOMMENDED, ("Treatment was drawn by lot: a difference of means is the effect.",)),
        "possible": Judgement(RECOMMENDED, ("Treatment can be drawn by lot: no other design rests on so little.",)),
        "impossible": Judgement(RULED_OUT, ("Treatment cannot be drawn by lot.",)),
        UNKNOWN: Judgement(
            POSSIBLE, ("Find out first: a lot among some units, or for the order of a roll-out, is often possible.",)
        ),
    }[answers["experiment"]]


def _rdd(answers: Answers) -> Judgement:
    cutoff, sorting = answers["cutoff"], answers["sorting"]
    if cutoff == UNKNOWN:
        return _OPEN
    if cutoff == "none":
        return Judgement(RULED_OUT, ("No cutoff decides on treatment.",))
    rule = {
        "sharp": "A cutoff decides who is treated: units just below it show what would have been.",
        "fuzzy": "A cutoff moves the odds of treatment: the jump in the outcome is set against that in treatment.",
    }[cutoff]
    strength, doubt = {
        "impossible": (RECOMMENDED, "Units cannot place themselves past it."),
        UNKNOWN: (POSSIBLE, "It is not known whether units can place themselves past it: look at the density first."),
        "possible": (LAST_RESORT, "Units can place themselves past it: those just above differ from those just below."),
    }[sorting]
    return Judgement(strength, (rule, doubt))


def _iv(answers: Answers) -> Judgement:
    push, exclusion = answers["push"], answers["exclusion"]
    if push == UNKNOWN:
        return _OPEN
    if push == "none":
        return Judgement(RULED_OUT, ("Nothing like a lot pushes units into treatment.",))
    lot = {
        "random": "A push into treatment was drawn by lot.",
        "natural": "Something outside everybody's control pushes units into treatment; that it is like a lot has to be "
        "argued.",
    }[push]
    way = {
        "argued": "There is an argument why it has no other way to the outcome.",
        UNKNOWN: "Why it should have no other way to the outcome is still to be argued.",
        "doubtful": "It may have another way to the outcome.",
    }[exclusion]
    strength = (RECOMMENDED if push == "random" else POSSIBLE) - {"argued": 0, UNKNOWN: 1, "doubtful": 2}[exclusion]
    return Judgement(strength, (lot, way))


def _did(answers: Answers) -> Judgement:
    roll_out, history = answers["roll_out"], answers["history"]
    if roll_out in {"everyone", "none"}:
        return Judgement(RULED_OUT, (_NO_CONTRAST_IN_TIME[roll_out],))
    if history == "none":
        return Judgement(RULED_OUT, ("The outcome was not measured before treatment.",))
    if UNKNOWN in {roll_out, history}:
        return _OPEN
    if roll_out == "individual" and history == "one":
        return Judgement(
            RULED_OUT, ("Units chose when to start, and hardly any history shows on what path they were.",)
        )
    strength = {"at once": RECOMMENDED, "staggered": RECOMMENDED, "individual": LAST_RESORT}[roll_out]
    reasons = [_ROLL_OUT[roll_out], _HISTORY[history]]
    if history == "one":
        strength -= 1
    if answers["treated_units"] == "few":
        reasons.append(
            "Few treated units: ordinary standard errors are too small; use permutation or a wild bootstrap."
        )
        strength -= 1
    return Judgement(max(strength, LAST_RESORT), tuple(reasons))


_NO_CONTRAST_IN_TIME: Final = {
    "everyone": "All units were treated on the same date: nobody shows what would have been.",
    "none": "Treatment has no date.",
}
_ROLL_OUT: Final = {
    "at once": "Some units were treated on one date and others never: their changes can be compared.",
    "staggered": "Units were treated on several dates: those not yet treated show what would have been.",
    "individual": "Each unit chose its date: those who start may be about to change anyway.",
}
_HISTORY: Final = {
    "several": "Several periods before treatment show whether both moved in parallel.",
    "one": "With one or two periods before treatment, nothing shows whether both moved in parallel.",
}


def _matching(answers: Answers) -> Judgement:
    selection, measured = answers["selection"], answers["measured"]
    if selection == "unmeasured":
        return Judgement(RULED_OUT, ("The main reason for being treated is not in the data.",))
    if measured == "after":
        return Judgement(RULED_OUT, (_MEASURED_AFTER,))
    if selection == UNKNOWN:
        return _OPEN
    strength, reason = {
        "measured": (
            POSSIBLE,
            "All that decided on treatment is in the data; that nothing is missing cannot be tested.",
        ),
        "partly": (LAST_RESORT, "Some of what decided on treatment is in the data: say how strong the rest may be."),
    }[selection]
    if measured == UNKNOWN:
        return Judgement(LAST_RESORT, (reason, "Make sure that it was measured before treatment."))
    return Judgement(strength, (reason, "It was measured before treatment."))


_MEASURED_AFTER: Final = "What would be adjusted for was measured after treatment, and may be its effect."


def _simpson(answers: Answers) -> Judgement:
    disagreement = answers["disagreement"]
    if disagreement == UNKNOWN:
        return _OPEN
    if disagreement == "no":
        return Judgement(RULED_OUT, ("The total and its groups say the same.",))
    if answers["measured"] == "after":
        return Judgement(RULED_OUT, (_MEASURED_AFTER,))
    reason = "The total mixes the effect with who was treated: take it apart before anything else."
    if answers["selection"] == "measured" and answers["measured"] == "before":
        return Judgement(POSSIBLE, (reason,))
    return Judgement(LAST_RESORT, (reason, "It is an effect only if the groups hold every reason for being treated."))


_RULES: Final[dict[str, Callable[[Answers], Judgement]]] = {
    "experiment": _experiment,
    "rdd": _rdd,
    "iv": _iv,
    "did": _did,
    "matching": _matching,
    "simpson": _simpson,
}

# Questions that decide on a design that is still open, in the order in which they are asked.
DECIDES: Final[dict[str, tuple[str, ...]]] = {
    "experiment": ("experiment",),
    "rdd": ("cutoff", "sorting"),
    "iv": ("push", "exclusion"),
    "did": ("roll_out", "history"),
    "matching": ("selection", "measured"),
    "simpson": ("disagreement",),
}
