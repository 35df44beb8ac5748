"""Every path of the decision, and every answer that turns it."""

from __future__ import annotations

import inspect
import itertools

import pytest

from causalkit import Advice, design_advice
from causalkit._advice._designs import DESIGNS
from causalkit._advice._flow import FLOW
from causalkit._advice._questions import ANSWERS, QUESTIONS
from causalkit.errors import OptionError

# Answers that rule out everything.
NOTHING = {
    "experiment": "impossible",
    "cutoff": "none",
    "push": "none",
    "roll_out": "none",
    "selection": "unmeasured",
    "disagreement": "no",
}


def strengths(**answers: str) -> dict[str, str]:
    advice = design_advice(**{**NOTHING, **answers})
    return {each.design.name: each.strength for each in advice.recommendations}


def ruled_out(**answers: str) -> set[str]:
    return {each.design.name for each in design_advice(**answers).excluded}


@pytest.mark.parametrize("at", range(len(FLOW)), ids=[step.design for step in FLOW])
def test_each_branch_of_the_chart_is_what_the_advice_says(at):
    declined = dict(itertools.chain.from_iterable(step.declines for step in FLOW[:at]))
    advice = design_advice(**declined, **dict(FLOW[at].answers))
    assert advice.best is not None
    assert advice.best.name == FLOW[at].design


def test_declining_every_question_of_the_chart_leaves_no_design():
    declined = dict(itertools.chain.from_iterable(step.declines for step in FLOW))
    advice = design_advice(**declined, disagreement="no")
    assert advice.best is None
    assert advice.recommendations == ()
    assert {each.design.name for each in advice.excluded} == {each.name for each in DESIGNS}
    assert advice.headline().startswith("No design fits")
    assert "Draw treatment by lot" in advice.summary()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"experiment": "done"}, {"experiment": "recommended"}),
        ({"experiment": "possible"}, {"experiment": "recommended"}),
        ({"experiment": "unknown"}, {"experiment": "possible"}),
        ({"cutoff": "sharp", "sorting": "impossible"}, {"rdd": "recommended"}),
        ({"cutoff": "fuzzy", "sorting": "impossible"}, {"rdd": "recommended"}),
        ({"cutoff": "sharp"}, {"rdd": "possible"}),
        ({"cutoff": "sharp", "sorting": "possible"}, {"rdd": "last resort"}),
        ({"push": "random", "exclusion": "argued"}, {"iv": "recommended"}),
        ({"push": "random"}, {"iv": "possible"}),
        ({"push": "random", "exclusion": "doubtful"}, {"iv": "last resort"}),
        ({"push": "natural", "exclusion": "argued"}, {"iv": "possible"}),
        ({"push": "natural"}, {"iv": "last resort"}),
        ({"push": "natural", "exclusion": "doubtful"}, {}),
        ({"roll_out": "at once", "history": "several"}, {"did": "recommended"}),
        ({"roll_out": "staggered", "history": "several"}, {"did": "recommended"}),
        ({"roll_out": "staggered", "history": "one"}, {"did": "possible"}),
        ({"roll_out": "staggered", "history": "none"}, {}),
        ({"roll_out": "staggered", "history": "several", "treated_units": "few"}, {"did": "possible"}),
        ({"roll_out": "at once", "history": "one", "treated_units": "few"}, {"did": "last resort"}),
        ({"roll_out": "individual", "history": "several"}, {"did": "last resort"}),
        ({"roll_out": "individual", "history": "one"}, {}),
        ({"roll_out": "everyone", "history": "several"}, {}),
        ({"roll_out": "staggered"}, {}),
        ({"selection": "measured", "measured": "before"}, {"matching": "possible"}),
        ({"selection": "measured"}, {"matching": "last resort"}),
        ({"selection": "partly", "measured": "before"}, {"matching": "last resort"}),
        ({"selection": "measured", "measured": "after"}, {}),
        ({"disagreement": "yes"}, {"simpson": "last resort"}),
        ({"disagreement": "yes", "measured": "after"}, {}),
        (
            {"disagreement": "yes", "selection": "measured", "measured": "before"},
            {"matching": "possible", "simpson": "possible"},
        ),
    ],
)
def test_an_answer_leads_to_its_design(answers, expected):
    assert strengths(**answers) == expected


@pytest.mark.parametrize("design", ["rdd", "iv", "did", "matching"])
def test_touch_everywhere_weakens_what_is_compared_and_keeps_it_in_the_list(design):
    answers = dict(next(step for step in FLOW if step.design == design).answers)
    order = ("last resort", "possible", "recommended")
    plain, touched = strengths(**answers)[design], strengths(**answers, interference="everywhere")[design]
    assert order.index(touched) == max(order.index(plain) - 1, 0)
    assert strengths(**answers, interference="within groups")[design] == plain


def test_touch_does_not_weaken_an_experiment_but_changes_what_is_drawn():
    advice = design_advice(experiment="possible", interference="everywhere")
    assert advice.recommendations[0].strength == "recommended"
    assert "draw whole markets or periods" in advice.summary()


def test_designs_of_one_strength_stand_in_the_order_of_what_they_rest_on():
    advice = design_advice(
        experiment="done", cutoff="sharp", sorting="impossible", push="random", exclusion="argued",
        roll_out="staggered", history="several", selection="measured", measured="before", disagreement="yes",
    )  # fmt: skip
    names = [each.design.name for each in advice.recommendations]
    assert names == [each.name for each in DESIGNS]


def test_a_design_of_an_open_question_is_neither_recommended_nor_ruled_out():
    advice = design_advice(experiment="impossible")
    assert advice.recommendations == ()
    assert [each.design.name for each in advice.excluded] == ["experiment"]
    assert QUESTIONS["cutoff"] in advice.open_questions
    assert QUESTIONS["experiment"] not in advice.open_questions


def test_a_question_that_decides_nothing_any_more_is_not_asked():
    advice = design_advice(cutoff="none", push="none", roll_out="everyone", selection="unmeasured", disagreement="no")
    assert advice.open_questions == (QUESTIONS["experiment"],)


def test_every_design_is_in_exactly_one_list_or_open_for_every_set_of_answers():
    rng = itertools.product(*((*words, "unknown") for words in ANSWERS.values()))
    for answers in itertools.islice(rng, 0, None, 49_999):
        advice = design_advice(**dict(zip(ANSWERS, answers, strict=True)))
        allowed = [each.design.name for each in advice.recommendations]
        excluded = [each.design.name for each in advice.excluded]
        assert len({*allowed, *excluded}) == len(allowed) + len(excluded)
        assert all(each.because for each in (*advice.recommendations, *advice.excluded))
        if len(allowed) + len(excluded) < len(DESIGNS):
            assert advice.open_questions


def test_questions_words_and_signature_are_the_same():
    parameters = inspect.signature(design_advice).parameters
    assert list(parameters) == list(ANSWERS) == list(QUESTIONS)
    assert {each.kind for each in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    text = inspect.getdoc(design_advice)
    table = Advice.questions()
    for name, words in ANSWERS.items():
        assert f"{name} : {{{', '.join(repr(word) for word in (*words, 'unknown'))}}}".replace("'", '"') in text
        assert [word for key, word in zip(table["argument"], table["answer"], strict=True) if key == name] == [*words]


def test_a_word_that_is_not_on_the_list_is_answered_with_the_nearest_one():
    with pytest.raises(OptionError, match=r"roll_out='stagered' is not known\. Did you mean 'staggered'\?"):
        design_advice(roll_out="stagered")
