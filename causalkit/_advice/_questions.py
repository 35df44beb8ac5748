"""What has to be known about a treatment, and the words of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Experiment: TypeAlias = Literal["done", "possible", "impossible", "unknown"]
Cutoff: TypeAlias = Literal["sharp", "fuzzy", "none", "unknown"]
Sorting: TypeAlias = Literal["impossible", "possible", "unknown"]
Push: TypeAlias = Literal["random", "natural", "none", "unknown"]
Exclusion: TypeAlias = Literal["argued", "doubtful", "unknown"]
RollOut: TypeAlias = Literal["at once", "staggered", "individual", "everyone", "none", "unknown"]
History: TypeAlias = Literal["several", "one", "none", "unknown"]
TreatedUnits: TypeAlias = Literal["many", "few", "unknown"]
Selection: TypeAlias = Literal["measured", "partly", "unmeasured", "unknown"]
Measured: TypeAlias = Literal["before", "after", "unknown"]
Interference: TypeAlias = Literal["none", "within groups", "everywhere", "unknown"]
Disagreement: TypeAlias = Literal["yes", "no", "unknown"]

UNKNOWN: Final = "unknown"

# In the order in which they are asked: what a design rests on, from the least to the most.
QUESTIONS: Final[dict[str, str]] = {
    "experiment": "Can treatment be drawn by lot?",
    "cutoff": "Does a cutoff of a score decide who is treated?",
    "sorting": "Can units place themselves past the cutoff?",
    "push": "Does something like a lot push units into treatment?",
    "exclusion": "Does the push reach the outcome only through treatment?",
    "roll_out": "When did treatment reach the units?",
    "history": "In how many periods before treatment was the outcome measured?",
    "treated_units": "How many units, or clusters of them, were treated?",
    "selection": "Are the reasons for being treated in the data?",
    "measured": "Were these reasons measured before treatment?",
    "interference": "Does the treatment of one unit touch the outcomes of others?",
    "disagreement": "Do the total and its groups say different things?",
}

ANSWERS: Final[dict[str, Mapping[str, str]]] = {
    "experiment": {
        "done": "It was drawn by lot.",
        "possible": "It can be, from now on, at least for some units.",
        "impossible": "It cannot be.",
    },
    "cutoff": {
        "sharp": "Everybody on one side is treated and nobody on the other.",
        "fuzzy": "Past it, treatment is more likely.",
        "none": "There is no such rule.",
    },
    "sorting": {
        "impossible": "The score cannot be moved precisely, or the cutoff was not known.",
        "possible": "Some can earn or fake the few points that they lack.",
    },
    "push": {
        "random": "An invitation, a default or a reminder was drawn by lot.",
        "natural": "Something outside everybody's control moved who was treated.",
        "none": "There is nothing of the kind.",
    },
    "exclusion": {
        "argued": "There is a reason why it has no other way.",
        "doubtful": "It may have another way.",
    },
    "roll_out": {
        "at once": "Some units on one date, others never.",
        "staggered": "Units in groups, on several dates set from outside.",
        "individual": "Each unit on a date of its own choice.",
        "everyone": "All units on the same date.",
        "none": "There is no date.",
    },
    "history": {
        "several": "In three or more.",
        "one": "In one or two.",
        "none": "In none.",
    },
    "treated_units": {
        "many": "Ten or more.",
        "few": "Fewer than ten.",
    },
    "selection": {
        "measured": "All that decided who was treated is in the data.",
        "partly": "Some of it.",
        "unmeasured": "The main reason is not.",
    },
    "measured": {
        "before": "Before treatment.",
        "after": "Some of them after it.",
    },
    "interference": {
        "none": "No.",
        "within groups": "Within groups, such as households or cities.",
        "everywhere": "Everywhere, as in one market.",
    },
    "disagreement": {
        "yes": "Yes.",
        "no": "No.",
    },
}
