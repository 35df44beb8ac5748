"""The rule: no causal reading, stop, ship, undecided; first match."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit import decide
from causalkit.evidence import Guardrail
from causalkit.results import Interval, IntervalUnion, Record
from tests.decide.cases import TWO_RAYS, WHOLE_LINE, effect, result


class Rejects(Record):
    """An uncertainty whose set is given."""

    __slots__ = ("parts",)

    def __init__(self, *parts: Interval) -> None:
        self.parts = parts

    def conf_int(self, level: float) -> IntervalUnion:
        return IntervalUnion(self.parts)

    def p_value(self, null: float) -> float:
        return math.nan


def with_set(*parts: tuple[float, float]):
    return result(effect=effect(1.0, 1.0, uncertainty=Rejects(*(Interval(*part) for part in parts))))


def test_the_interval_against_break_even_decides():
    assert decide(result(0.8, 0.1), unit_cost=0.3).verdict == "ship"
    assert decide(result(0.8, 0.5), unit_cost=0.3).verdict == "undecided"
    assert decide(result(-0.8, 0.1), unit_cost=0.3).verdict == "stop"


@given(estimate=st.floats(-3, 3), std_error=st.floats(0.01, 3), cost=st.floats(-3, 3), level=st.floats(0.5, 0.99))
def test_ship_exactly_when_break_even_is_rejected_from_above(estimate, std_error, cost, level):
    made = decide(result(estimate, std_error), unit_cost=cost, level=level)
    rejected = made.result.effect.p_value_of(made.break_even) < 1 - level
    if not math.isclose(made.result.effect.p_value_of(made.break_even), 1 - level, rel_tol=1e-9):
        assert (made.verdict in {"ship", "stop"}) == rejected
        if rejected:
            assert (made.verdict == "ship") == (estimate > made.break_even)


def test_an_end_at_break_even_is_undecided():
    assert decide(with_set((0.0, 2.0))).verdict == "undecided"
    assert decide(with_set((-2.0, 0.0))).verdict == "undecided"


def test_a_violated_check_comes_before_everything():
    for estimate in (5.0, 0.0, -5.0):
        made = decide(result(estimate, 0.1, checks={"overlap": "violated", "balance": "supported"}))
        assert made.verdict == "no causal reading"
        assert made.headline().startswith("No causal reading. Violated: overlap.")
        lines = made.summary().splitlines()
        assert lines[3].startswith("No causal reading")
        assert "violated  overlap" in lines[5]


@pytest.mark.parametrize("verdict", ["questionable", "untestable", "not run"])
def test_lesser_doubts_are_conditions_and_no_verdict(verdict):
    made = decide(result(5.0, 0.1, checks={"overlap": verdict}))
    assert made.verdict == "ship"
    assert f"overlap ({verdict}): What overlap says." in made.conditions
    assert "What overlap says." in made.summary()


def test_conditions_begin_with_the_gravest():
    checks = {"a": "not run", "b": "untestable", "c": "questionable", "d": "supported"}
    made = decide(result(checks=checks))
    assert [each[0] for each in made.conditions[:3]] == ["c", "b", "a"]
    assert not any(each.startswith("d ") for each in made.conditions)


def test_sets_of_several_intervals_are_read_part_by_part():
    assert decide(with_set((1.0, 2.0), (5.0, 6.0))).verdict == "ship"
    assert decide(with_set((-6.0, -5.0), (-2.0, -1.0))).verdict == "stop"
    assert decide(with_set((-6.0, -5.0), (1.0, 2.0))).verdict == "undecided"
    assert decide(with_set((1.0, math.inf))).verdict == "ship"
    assert decide(with_set((-math.inf, -1.0)), value_per_unit=-1.0).verdict == "ship"


def test_unbounded_sets_are_undecided_and_the_readout_says_that_the_data_do_not_bound_the_effect():
    for uncertainty in (TWO_RAYS, WHOLE_LINE):
        made = decide(result(effect=effect(4.0, 1.0, uncertainty=uncertainty)))
        assert made.verdict == "undecided"
        assert "They do not bound it." in made.headline()
        assert "not given: the data do not bound the effect" in made.summary()


def test_an_empty_set_has_no_causal_reading():
    made = decide(with_set())
    assert made.verdict == "no causal reading"
    assert "reject every value" in made.headline()


def test_no_standard_error_no_verdict():
    made = decide(result(5.0, math.nan))
    assert made.verdict == "undecided"
    assert "no standard error" in made.headline()
    assert "nan" not in made.summary()


@pytest.mark.parametrize(
    ("estimate", "std_error", "better", "status", "verdict"),
    [
        (-0.1, 0.05, "higher", "kept", "ship"),
        (-0.1, 0.2, "higher", "open", "undecided"),
        (-0.9, 0.1, "higher", "broken", "stop"),
        (0.1, 0.05, "lower", "kept", "ship"),
        (0.9, 0.1, "lower", "broken", "stop"),
        (0.9, math.nan, "lower", "open", "undecided"),
    ],
)
def test_guardrails_stop_what_is_worse_and_hold_back_what_is_not_shown(estimate, std_error, better, status, verdict):
    rail = Guardrail(result=result(estimate, std_error, outcome="latency"), margin=0.3, better=better)
    made = decide(result(5.0, 0.1), guardrails={"latency": rail})
    assert made.guardrail_states == {"latency": status}
    assert made.verdict == verdict
    if status != "kept":
        assert any(each.startswith("guardrail latency") for each in made.conditions)
    assert "latency" in made.summary()


def test_a_guardrail_that_rests_on_a_violated_check_is_not_kept():
    rail = Guardrail(result=result(1.0, 0.01, checks={"overlap": "violated"}), margin=0.3)
    made = decide(result(5.0, 0.1), guardrails={"latency": rail})
    assert made.verdict == "undecided"
    assert any("overlap violated" in each for each in made.conditions)


def test_while_undecided_the_readout_says_what_to_do_today():
    act = decide(result(0.8, 0.5), unit_cost=0.3)
    assert "acting has the smaller expected loss" in act.summary()
    hold = decide(result(-0.3, 0.5))
    assert "holding has the smaller expected loss" in hold.summary()
    assert "smaller expected loss" not in decide(result(5.0, 0.1)).summary()


@pytest.mark.parametrize(
    ("estimand", "whom"),
    [
        ("ATT", "those who were treated"),
        ("LATE", "those whom the instrument moved"),
        ("ATT(g,t)", "those who were"),
        ("ATE at the cutoff", "those at the cutoff (ATE at the cutoff)"),
        ("LATE at the cutoff", "those at the cutoff who follow the rule"),
    ],
)
def test_whom_the_effect_is_of_is_a_condition(estimand, whom):
    assert any(whom in each for each in decide(result(estimand=estimand)).conditions)
