"""Advice from answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from causalkit._advice._advice import Advice, Excluded, Recommendation
from causalkit._advice._designs import DESIGNS
from causalkit._advice._questions import ANSWERS, QUESTIONS, UNKNOWN
from causalkit._advice._rules import DECIDES, judged
from causalkit._validate import choice

if TYPE_CHECKING:
    from causalkit._advice._advice import Strength
    from causalkit._advice._questions import (
        Cutoff,
        Disagreement,
        Exclusion,
        Experiment,
        History,
        Interference,
        Measured,
        Push,
        RollOut,
        Selection,
        Sorting,
        TreatedUnits,
    )

_STRENGTHS: Final[dict[int, Strength]] = {3: "recommended", 2: "possible", 1: "last resort"}


def design_advice(
    *,
    experiment: Experiment = "unknown",
    cutoff: Cutoff = "unknown",
    sorting: Sorting = "unknown",
    push: Push = "unknown",
    exclusion: Exclusion = "unknown",
    roll_out: RollOut = "unknown",
    history: History = "unknown",
    treated_units: TreatedUnits = "unknown",
    selection: Selection = "unknown",
    measured: Measured = "unknown",
    interference: Interference = "unknown",
    disagreement: Disagreement = "unknown",
) -> Advice:
    """Rank the designs that fit what is known about a treatment.

    No data are needed: whether a design can find an effect depends on how units came to be treated, which no column
    shows. Designs stand in the order of how little they rest on what cannot be tested.

    Parameters
    ----------
    experiment : {"done", "possible", "impossible", "unknown"}
        Can treatment be drawn by lot?
    cutoff : {"sharp", "fuzzy", "none", "unknown"}
        Does a cutoff of a score decide who is treated: fully, in part, or not?
    sorting : {"impossible", "possible", "unknown"}
        Can units place themselves past the cutoff?
    push : {"random", "natural", "none", "unknown"}
        Does something push units into treatment that was drawn by lot, or is outside everybody's control?
    exclusion : {"argued", "doubtful", "unknown"}
        Does the push reach the outcome only through treatment?
    roll_out : {"at once", "staggered", "individual", "everyone", "none", "unknown"}
        When did treatment reach the units: some on one date, groups on several dates, each on a date of its choice,
        all on the same date, or is there no date?
    history : {"several", "one", "none", "unknown"}
        In how many periods before treatment was the outcome measured: three or more, one or two, none?
    treated_units : {"many", "few", "unknown"}
        How many units, or clusters of them, were treated: ten or more, or fewer?
    selection : {"measured", "partly", "unmeasured", "unknown"}
        Are the reasons for being treated in the data?
    measured : {"before", "after", "unknown"}
        Were these reasons measured before treatment?
    interference : {"none", "within groups", "everywhere", "unknown"}
        Does the treatment of one unit touch the outcomes of others?
    disagreement : {"yes", "no", "unknown"}
        Do the total and its groups say different things?

    Returns
    -------
    Advice
        Designs in order, each with its reasons, estimand, assumptions, first checks and call; the designs ruled out,
        with reasons; the questions still open. ``Advice.questions()`` explains every word.

    Raises
    ------
    OptionError
        An answer is not one of the words.

    References
    ----------
    Cunningham, S. (2021). Causal Inference: The Mixtape. Yale University Press. Angrist, J. D. and Pischke, J.-S.
    (2009). Mostly Harmless Econometrics. Princeton University Press.

    Examples
    --------
    >>> from causalkit import design_advice
    >>> advice = design_advice(experiment="impossible", cutoff="sharp", sorting="impossible", push="none")
    >>> advice.headline()
    'Recommended: regression discontinuity (LATE).'
    >>> [each.design.name for each in advice.excluded]
    ['experiment', 'iv']
    """
    given = {
        "experiment": experiment,
        "cutoff": cutoff,
        "sorting": sorting,
        "push": push,
        "exclusion": exclusion,
        "roll_out": roll_out,
        "history": history,
        "treated_units": treated_units,
        "selection": selection,
        "measured": measured,
        "interference": interference,
        "disagreement": disagreement,
    }
    answers = {name: choice(name, word, (*ANSWERS[name], UNKNOWN)) for name, word in given.items()}
    judgements = [(design, judged(design.name, answers)) for design in DESIGNS]
    allowed = sorted(
        ((design, strength, because) for design, (strength, because) in judgements if strength),
        key=lambda each: -each[1],
    )
    return Advice(
        answers=answers,
        recommendations=tuple(
            Recommendation(design=design, strength=_STRENGTHS[strength], because=because)
            for design, strength, because in allowed
        ),
        excluded=tuple(
            Excluded(design=design, because=because) for design, (strength, because) in judgements if strength == 0
        ),
        open_questions=_open(answers),
    )


def _open(answers: dict[str, str]) -> tuple[str, ...]:
    """Return the questions that are open and would decide on a design that the answers leave possible."""
    asked = (
        name
        for design, names in DECIDES.items()
        if judged(design, answers).strength != 0
        for name in names
        if answers[name] == UNKNOWN
    )
    return tuple(QUESTIONS[name] for name in dict.fromkeys(asked))
