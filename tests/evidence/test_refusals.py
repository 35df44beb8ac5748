"""What the questions around an effect refuse, and in which words."""

from __future__ import annotations

import math

import pytest

from causalkit import evidence
from causalkit.errors import DataError, DesignError, OptionError
from tests.decide.cases import TWO_RAYS, effect, result

EFFECT = effect(2.0, 0.5)
MOMENTS = {"baseline": 10.0, "baseline_std_error": 0.3, "covariance": -0.09}


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: evidence.lift(EFFECT, **MOMENTS | {"baseline": 0.0}), DesignError, "baseline=0"),
        (lambda: evidence.lift(EFFECT, **MOMENTS | {"baseline_std_error": -1}), OptionError, "baseline_std_error=-1"),
        (lambda: evidence.lift(EFFECT, **MOMENTS | {"covariance": 2.0}), OptionError, "covariance=2.0 is larger"),
        (lambda: evidence.lift(EFFECT, **MOMENTS | {"interval": "exact"}), OptionError, "interval='exact'"),
        (lambda: evidence.lift(2.0, **MOMENTS), OptionError, "effect must be what a method"),
        (lambda: evidence.lift(effect(2, 1, uncertainty=TWO_RAYS), **MOMENTS), DesignError, "plus or minus"),
        (lambda: evidence.lift(effect(2, math.nan), **MOMENTS), DesignError, "plus or minus"),
        (lambda: evidence.retrodesign(0.0, std_error=1.0), OptionError, "true_effect=0"),
        (lambda: evidence.retrodesign(0.3, std_error=0.0), OptionError, "std_error=0.0 must be positive"),
        (lambda: evidence.retrodesign(0.3, std_error=1.0, level=95), OptionError, r"level=0\.95"),
        (lambda: evidence.retrodesign(0.3, std_error=1.0, df=-1), OptionError, "df=-1 must be positive"),
        (lambda: evidence.minimum_detectable(1.0, power=80), OptionError, r"power=0\.8"),
        (lambda: evidence.sample_ratio({"a": 5}), OptionError, "at least two arms"),
        (lambda: evidence.sample_ratio([5, 5]), OptionError, "at least two arms"),
        (lambda: evidence.sample_ratio({"a": 5.5, "b": 5}), OptionError, r"observed\['a'\]=5.5"),
        (lambda: evidence.sample_ratio({"a": 0, "b": 0}), DesignError, "no units"),
        (lambda: evidence.sample_ratio({"a": 5, "b": 5}, expected={"a": 1}), OptionError, "expected has the arms 'a'"),
        (lambda: evidence.sample_ratio({"a": 5, "b": 5}, expected={"a": 1, "b": 0}), OptionError, "must be positive"),
        (lambda: evidence.non_inferiority(EFFECT, margin=-1), OptionError, "margin=-1 must not be negative"),
        (lambda: evidence.non_inferiority(EFFECT, margin=1, better="up"), OptionError, "better='up'"),
        (lambda: evidence.equivalence(EFFECT, margin=0), OptionError, "margin=0 must be positive"),
        (
            lambda: evidence.equivalence(effect(4, 1, uncertainty=TWO_RAYS), margin=1),
            DesignError,
            "not one interval",
        ),
        (lambda: evidence.adjust([0.1, 1.2]), DataError, r"p_values\[1\]"),
        (lambda: evidence.adjust([[0.1]]), OptionError, "flat sequence"),
        (lambda: evidence.adjust(["a"]), OptionError, "flat sequence"),
        (lambda: evidence.adjust([0.1], method="sidak"), OptionError, "method='sidak'"),
        (lambda: evidence.e_value(-1.0), OptionError, "risk_ratio=-1.0 must be positive"),
        (lambda: evidence.e_value(2.0, interval=(3.0, 1.0)), OptionError, "lower end first"),
        (lambda: evidence.e_value(2.0, interval=(3.0,)), OptionError, "pair"),
        (lambda: evidence.e_value_of_difference(EFFECT, outcome_sd=0), OptionError, "outcome_sd=0"),
        (lambda: evidence.robustness(2.0, df=1), OptionError, "df=1 must be above 1"),
        (lambda: evidence.robustness(math.nan, df=10), OptionError, "statistic=nan"),
        (lambda: evidence.Guardrail(result=EFFECT, margin=1), OptionError, "result must be what a method"),
        (lambda: evidence.Guardrail(result=result(), margin=-1), OptionError, "margin=-1 must not be negative"),
        (lambda: evidence.Guardrail(result=result(), margin=1, better="up"), OptionError, "better='up'"),
    ],
)
def test_a_mistake_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()
