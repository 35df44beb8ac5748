"""The chart of the decision: one question after another, each leading to a design or on to the next."""

from __future__ import annotations

from typing import Final, NamedTuple


class Step(NamedTuple):
    """A question of the chart.

    Attributes
    ----------
    asks : str
        The question in the words of the chart.
    answers : tuple of (str, str)
        Answers, by argument of ``design_advice``, that lead to the design.
    declines : tuple of (str, str)
        Answers that lead on to the next question.
    design : str
        Name of the design.
    """

    asks: str
    answers: tuple[tuple[str, str], ...]
    declines: tuple[tuple[str, str], ...]
    design: str


FLOW: Final = (
    Step(
        "Can treatment be drawn by lot?",
        (("experiment", "possible"),),
        (("experiment", "impossible"),),
        "experiment",
    ),
    Step(
        "Does a cutoff of a score decide, that units cannot move past at will?",
        (("cutoff", "sharp"), ("sorting", "impossible")),
        (("cutoff", "none"),),
        "rdd",
    ),
    Step(
        "Was a push into treatment drawn by lot, that touches nothing else?",
        (("push", "random"), ("exclusion", "argued")),
        (("push", "none"),),
        "iv",
    ),
    Step(
        "Did treatment reach some units and not others, with several periods before?",
        (("roll_out", "staggered"), ("history", "several")),
        (("roll_out", "none"),),
        "did",
    ),
    Step(
        "Is all that decided on treatment in the data, and measured before it?",
        (("selection", "measured"), ("measured", "before")),
        (("selection", "unmeasured"),),
        "matching",
    ),
)
OTHERWISE: Final = "no design"
