"""Text, HTML, Markdown, frames and JSON of a decision, and what is refused."""

from __future__ import annotations

import copy
import json
import math
import pickle

import numpy as np
import pytest

from causalkit import decide
from causalkit._decide import Decision
from causalkit.errors import DataError, OptionError
from causalkit.evidence import Guardrail
from causalkit.results import Draws
from tests.decide.cases import TWO_RAYS, effect, result

HOSTILE = "<img src=x onerror=alert(1)> $x$ |a| 指标"


def decisions():
    rail = Guardrail(result=result(-0.1, 0.05, outcome="latency"), margin=0.3)
    yield decide(result())
    yield decide(
        result(checks={"overlap": "violated", "trends": "untestable"}, estimand="ATT"),
        value_per_unit=-3.5, units=12_000, unit_cost=0.01, fixed_cost=17.25, currency="EUR", prior=(0.1, 0.2),
        guardrails={"latency": rail}, level=0.9, power=0.9,
    )  # fmt: skip
    yield decide(result(effect=effect(4.0, 1.0, uncertainty=TWO_RAYS, estimand="LATE")))
    yield decide(result(effect=effect(0.4, 0.2, uncertainty=Draws(estimate=0.4, draws=np.linspace(-1, 2, 101)))))
    yield decide(result(0.8, math.nan))
    yield decide(result(0.8, 0.0))
    yield decide(result(outcome=HOSTILE, treatment=HOSTILE), currency=HOSTILE, guardrails={HOSTILE: rail})


DECISIONS = list(decisions())
each_decision = pytest.mark.parametrize("decision", DECISIONS, ids=range(len(DECISIONS)))


@each_decision
def test_json_gives_back_an_equal_decision(decision):
    back = Decision.from_json(decision.to_json())
    assert back == decision
    assert back.summary() == decision.summary()
    assert pickle.loads(pickle.dumps(decision)) == copy.deepcopy(decision) == decision  # noqa: S301 - our own bytes


def test_json_of_a_result_is_no_decision():
    with pytest.raises(DataError, match="holds a Result, not a Decision"):
        Decision.from_json(result().to_json())


@each_decision
def test_the_summary_fits_80_columns_and_ends_in_its_conditions(decision):
    text = decision.summary()
    assert max(map(len, text.splitlines())) <= 80
    assert text == str(decision)
    assert "Conditions" in text
    assert decision.headline().split()[0] in text


@each_decision
def test_markdown_and_html_say_the_same_and_escape_names(decision):
    html, markdown = decision._repr_html_(), decision.to_markdown()
    assert "<img" not in html
    assert "<img" not in markdown.replace("\\<", "")
    for view in (html, markdown):
        assert decision.verdict.capitalize().split()[0] in view


@each_decision
def test_the_frame_has_one_row_per_number_and_nothing_that_a_property_does_not_say(decision):
    frame = decision.to_frame().set_index("term")
    assert frame.loc["net value", "estimate"] == decision.net_value
    np.testing.assert_equal(frame.loc["probability of beating break-even", "estimate"], decision.probability)
    np.testing.assert_equal(frame.loc["expected loss of acting", "estimate"], decision.loss_acting)
    np.testing.assert_equal(frame.loc["expected loss of holding", "estimate"], decision.loss_holding)
    assert frame.loc["break-even effect", "estimate"] == decision.break_even
    if len(decision.net_value_set.parts) == 1:
        ends = frame.loc["net value", ["conf_low", "conf_high"]].astype(float)
        np.testing.assert_equal(list(ends), list(decision.net_value_set))
    else:
        assert frame.loc["net value", "conf_set"] == decision.net_value_set.format()


@each_decision
def test_the_dict_is_plain(decision):
    plain = decision.to_dict()
    assert json.loads(json.dumps(plain))["verdict"] == decision.verdict
    np.testing.assert_equal(plain["probability"], decision.probability)


def test_the_headline_numbers_are_in_the_text():
    text = decide(result(), value_per_unit=10, units=1000, unit_cost=3, currency="EUR").summary()
    for said in ("Undecided", "5,000 EUR", "[-4,800, 14,800]", "84.1%", "416.6 EUR if acting", "5,417 EUR if holding",
                 "1.401 orders", "normal approximation, flat prior", "0.3 orders per unit"):  # fmt: skip
        assert said in text


def test_near_certainty_is_not_called_certainty():
    assert "over 99.9%" in decide(result(0.8, 0.1)).summary()
    assert "under 0.1%" in decide(result(-0.8, 0.1)).summary()
    assert "almost none if acting" in decide(result(0.8, 0.05)).summary()


def test_a_frozen_decision_cannot_be_changed():
    with pytest.raises(AttributeError):
        DECISIONS[0].units = 5.0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"level": 95}, r"level=95 .*Write 95 % as level=0\.95"),
        ({"power": 80}, r"power=80 .*power=0\.8"),
        ({"level": math.nan}, "level=nan"),
        ({"value_per_unit": 0}, "value_per_unit=0 leaves nothing to gain"),
        ({"value_per_unit": math.nan}, "value_per_unit=nan must be a finite number"),
        ({"value_per_unit": "10"}, "value_per_unit='10' must be a number"),
        ({"units": -5}, "units=-5 must be positive"),
        ({"units": 0}, "units=0 must be positive"),
        ({"units": True}, "units=True must be a number"),
        ({"unit_cost": math.inf}, "unit_cost=inf must be a finite number"),
        ({"fixed_cost": None}, "fixed_cost=None must be a number"),
        ({"currency": 7}, "currency=7 must be a string"),
        ({"prior": 0.3}, r"prior=0\.3 must be a pair"),
        ({"prior": (0.0, 0.0)}, "prior standard deviation=0.0 must be positive"),
        ({"prior": (math.nan, 1.0)}, "prior mean=nan"),
        ({"guardrails": [1]}, "guardrails must map names"),
        ({"guardrails": {"latency": result()}}, r"guardrails\['latency'\] must be a causalkit.evidence.Guardrail"),
    ],
)
def test_what_is_refused_names_the_argument(options, says):
    with pytest.raises(OptionError, match=says):
        decide(result(), **options)


@pytest.mark.parametrize("other", [None, 0.8, effect(0.8, 0.5), {"estimate": 0.8}])
def test_only_results_can_be_decided_on(other):
    with pytest.raises(OptionError, match="result must be what a method of causalkit returned"):
        decide(other)
