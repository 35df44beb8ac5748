"""Probability, expected losses, net value and precision against R, published numbers and numerical integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from causalkit import decide
from causalkit._decide import DrawsBelief, NoBelief, StudentBelief
from causalkit._numerics._decision import density, excess, upper_tail
from causalkit.results import Draws, Effect, Fieller, IntervalUnion, LogScale
from tests.decide.cases import GOLDEN, TWO_RAYS, WHOLE_LINE, effect, result

CASES = GOLDEN["cases"]
SIZES = st.floats(0.05, 20.0)
SHIFTS = st.floats(-5.0, 5.0)


@pytest.mark.parametrize("case", CASES, ids=[str(i) for i in range(len(CASES))])
def test_probability_and_expected_losses_equal_those_integrated_by_r(case):
    prior = tuple(case["prior"]) if case["prior"] else None
    # With a prior and finite degrees of freedom the likelihood is matched, not exact; R has no such case.
    made = decide(result(case["estimate"], case["std_error"], df=case["df"]), unit_cost=case["break_even"], prior=prior)
    assert made.probability == pytest.approx(case["probability"], rel=1e-10)
    assert made.loss_acting == pytest.approx(case["acting"], rel=1e-9)
    assert made.loss_holding == pytest.approx(case["holding"], rel=1e-9)
    assert made.value_of_information == min(made.loss_acting, made.loss_holding)


def test_printed_reference_numbers():
    flat = decide(result())
    assert flat.probability == pytest.approx(0.9452007083, abs=5e-11)
    assert flat.loss_acting == pytest.approx(0.01162098398, abs=5e-12)
    assert flat.loss_holding == pytest.approx(0.81162098398, abs=5e-12)
    assert flat.minimum_detectable == pytest.approx(1.40079260906, abs=5e-12)
    costly = decide(result(), unit_cost=0.3)
    assert costly.probability == pytest.approx(0.84134474607, abs=5e-12)
    assert costly.loss_acting == pytest.approx(0.04165773529, abs=5e-12)
    assert costly.loss_holding == pytest.approx(0.54165773530, abs=1e-11)  # the reference rounds ...529384 up
    prior = decide(result(), prior=(0.0, 0.3))
    assert prior.probability == pytest.approx(0.79480093486, abs=5e-12)
    assert prior.loss_acting == pytest.approx(0.02967896045, abs=5e-12)
    assert prior.loss_holding == pytest.approx(0.24144366633, abs=5e-12)


def test_net_value_break_even_and_interval_by_hand():
    made = decide(result(), value_per_unit=10.0, units=1000, unit_cost=2.0, fixed_cost=1000.0)
    assert made.break_even == pytest.approx((1000 / 1000 + 2) / 10, rel=1e-14)
    assert made.net_value == pytest.approx(1000 * (10 * 0.8 - 2) - 1000, rel=1e-14)
    low, high = made.result.conf_int(0.95)
    assert list(made.net_value_set) == pytest.approx([1000 * (10 * low - 2) - 1000, 1000 * (10 * high - 2) - 1000])
    unscaled = decide(result(), unit_cost=0.3)
    assert made.probability == pytest.approx(unscaled.probability, rel=1e-12)
    assert made.loss_acting == pytest.approx(10_000 * unscaled.loss_acting, rel=1e-12)
    assert made.loss_holding == pytest.approx(10_000 * unscaled.loss_holding, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(estimate=SHIFTS, std_error=SIZES, value=SIZES, units=SIZES, unit_cost=SHIFTS, fixed_cost=SHIFTS)
def test_losses_differ_by_the_expected_net_value(estimate, std_error, value, units, unit_cost, fixed_cost):
    made = decide(
        result(estimate, std_error), value_per_unit=value, units=units, unit_cost=unit_cost, fixed_cost=fixed_cost
    )
    size = units * value * (abs(estimate) + std_error) + abs(units * unit_cost) + abs(fixed_cost)
    assert made.loss_holding - made.loss_acting == pytest.approx(made.expected_value, abs=1e-12 * size)
    assert made.expected_value == pytest.approx(made.net_value, abs=1e-12 * size)
    assert made.leaning == ("act" if made.loss_acting < made.loss_holding else "hold")


@settings(max_examples=60, deadline=None)
@given(estimate=SHIFTS, std_error=SIZES, value=SIZES, cost=SHIFTS)
def test_an_outcome_that_should_fall_is_the_mirror_image_of_one_that_should_rise(estimate, std_error, value, cost):
    rise = decide(result(estimate, std_error), value_per_unit=value, unit_cost=cost)
    fall = decide(result(-estimate, std_error), value_per_unit=-value, unit_cost=cost)
    for name in ("net_value", "probability", "loss_acting", "loss_holding", "minimum_detectable", "data_factor"):
        assert getattr(fall, name) == pytest.approx(getattr(rise, name), rel=1e-12, abs=1e-300)
    assert fall.break_even == -rise.break_even
    assert list(fall.net_value_set) == pytest.approx(list(rise.net_value_set), rel=1e-12)
    assert fall.verdict == rise.verdict


@pytest.mark.parametrize("df", [1.5, 4.0, 30.0, 1e5, math.inf])
@pytest.mark.parametrize("at", [-6.0, -0.4, 0.0, 1.3, 7.0])
def test_expected_excess_equals_its_integral(at, df):
    # In units of the density at the value, and on the half line mapped to (0, 1), so that quad sees the whole tail.
    def over(u):
        x = at + u / (1 - u)
        return u / (1 - u) * float(density(x, df)) / (1 - u) ** 2

    reference, error = integrate.quad(over, 0, 1, epsabs=0, epsrel=1e-12, limit=500)
    assert excess(at, df) == pytest.approx(reference, rel=1e-10, abs=10 * error)


def test_expected_excess_keeps_its_digits_in_the_far_tail():
    # Asymptotic series of phi(a) - a Phi(-a): phi(a)/a² (1 - 3/a² + 15/a⁴ - 105/a⁶ + 945/a⁸ - ...).
    a = 30.0
    series = math.exp(-(a**2) / 2) / math.sqrt(2 * math.pi) / a**2
    series *= 1 - 3 / a**2 + 15 / a**4 - 105 / a**6 + 945 / a**8 - 10395 / a**10
    assert excess(a) == pytest.approx(series, rel=1e-11)
    assert excess(-a) == pytest.approx(a, rel=1e-15)


@pytest.mark.parametrize("df", [3.0, math.inf])
def test_scale_does_not_matter_from_one_end_of_the_floats_to_the_other(df):
    one = decide(result(8.0, 1.0, df=df))
    for scale in (1e-290, 1e-12, 1e12, 1e290):
        made = decide(result(8.0 * scale, scale, df=df))
        assert made.probability == pytest.approx(one.probability, rel=1e-12)
        assert made.loss_acting == pytest.approx(scale * one.loss_acting, rel=1e-12)
        assert made.loss_holding == pytest.approx(scale * one.loss_holding, rel=1e-12)
    sure = decide(result(5.0, 1e-300, df=df))
    assert (sure.probability, sure.loss_acting, sure.loss_holding) == (1.0, 0.0, 5.0)
    assert decide(result(1.0, math.inf)).verdict == "undecided"


def test_a_distribution_without_mean_has_infinite_losses():
    made = decide(result(df=1.0))
    assert made.loss_acting == made.loss_holding == math.inf
    assert 0.5 < made.probability < 1


def test_minimum_detectable_and_data_factor_equal_r():
    for case in GOLDEN["detectable"]:
        made = decide(result(1.0, case["std_error"], df=case["df"]), level=case["level"], power=case["power"])
        assert made.minimum_detectable == pytest.approx(case["value"], rel=1e-12)
        assert made.data_factor == pytest.approx(case["value"] ** 2, rel=1e-12)


def test_data_factor_gives_the_power_it_promises():
    made = decide(result(0.8, 0.5), unit_cost=0.3)
    z = (0.8 - 0.3) / (0.5 / math.sqrt(made.data_factor))
    assert upper_tail(1.959963984540054 - z) == pytest.approx(0.8, rel=1e-12)


def test_an_estimate_at_break_even_would_need_endless_data():
    assert decide(result(0.5, 0.1), unit_cost=0.5).data_factor == math.inf


def test_bias_corrected_effects_are_centred_where_their_interval_is():
    made = decide(result(effect=effect(0.8, 0.5, center=0.6)))
    assert made.probability == pytest.approx(decide(result(0.6, 0.5)).probability, rel=1e-14)
    assert made.net_value == pytest.approx(0.8)


@pytest.mark.parametrize("kind", ["percentile", "basic"])
def test_bootstrap_draws_answer_for_themselves(kind):
    draws = np.random.default_rng(3).gamma(2.0, 0.5, 999)
    made = decide(
        result(effect=effect(1.1, 0.6, uncertainty=Draws(estimate=1.1, draws=draws, kind=kind))), unit_cost=0.4
    )
    believed = draws if kind == "percentile" else 2.2 - draws
    assert isinstance(made.belief, DrawsBelief)
    assert made.probability == np.mean(believed > 0.4)
    assert made.loss_acting == pytest.approx(np.maximum(0.4 - believed, 0).mean(), rel=1e-13)
    assert made.loss_holding == pytest.approx(np.maximum(believed - 0.4, 0).mean(), rel=1e-13)
    assert made.expected_value == pytest.approx(believed.mean() - 0.4, rel=1e-12)
    assert "999 bootstrap draws" in made.belief.basis


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(
    "uncertainty",
    [
        Fieller(numerator=2.0, denominator=10.0, var_numerator=0.25, var_denominator=0.09, cov=-0.09),
        LogScale(estimate=1.3, std_error=0.2),
    ],
)
def test_other_intervals_are_matched_by_a_normal_distribution_that_has_them(uncertainty, level):
    effect_ = effect(1.3, 0.2, uncertainty=uncertainty)
    belief = decide(result(effect=effect_), level=level).belief
    assert isinstance(belief, StudentBelief)
    normal = Effect(estimand="ATE", estimate=belief.mean, std_error=belief.scale)
    assert list(normal.conf_int(level)) == pytest.approx(list(effect_.conf_int(level)), rel=1e-12)
    assert f"matched to the {100 * level:g}% interval" in belief.basis


def test_a_prior_combined_with_few_degrees_of_freedom_keeps_the_interval_of_the_data():
    made = decide(result(df=6.0), prior=(0.0, 1e9))
    t = Effect(estimand="ATE", estimate=0.8, std_error=0.5, df=6.0)
    normal = Effect(estimand="ATE", estimate=made.belief.mean, std_error=made.belief.scale)
    assert list(normal.conf_int()) == pytest.approx(list(t.conf_int()), rel=1e-9)


def test_a_vague_prior_changes_nothing_and_a_sharp_one_everything():
    flat, vague, sharp = (decide(result(), prior=prior) for prior in (None, (7.0, 1e8), (-1.0, 1e-6)))
    assert vague.probability == pytest.approx(flat.probability, rel=1e-9)
    assert vague.loss_acting == pytest.approx(flat.loss_acting, rel=1e-9)
    assert sharp.probability < 1e-12
    assert sharp.loss_acting == pytest.approx(1.0, rel=1e-9)
    assert sharp.verdict == flat.verdict == "undecided"


@pytest.mark.parametrize(
    ("effect_", "why"),
    [
        (effect(4.0, 1.0, uncertainty=TWO_RAYS), "do not bound"),
        (effect(4.0, 1.0, uncertainty=WHOLE_LINE), "do not bound"),
        (effect(4.0, math.nan), "no standard error"),
    ],
)
def test_without_a_bounded_interval_no_probability_is_made_up(effect_, why):
    made = decide(result(effect=effect_), prior=(0.0, 1.0))
    assert isinstance(made.belief, NoBelief)
    assert why in made.belief.basis
    unknown = (made.probability, made.loss_acting, made.loss_holding, made.value_of_information, made.expected_value)
    assert all(map(math.isnan, unknown))
    assert math.isnan(made.minimum_detectable)
    assert not made.leaning


def test_the_net_value_of_two_rays_is_two_rays_in_order():
    for value in (2.0, -2.0):
        made = decide(result(effect=effect(4.0, 1.0, uncertainty=TWO_RAYS)), value_per_unit=value, fixed_cost=1.0)
        left, right = made.result.conf_int().parts
        ends = sorted([value * left.high - 1, value * right.low - 1])
        assert isinstance(made.net_value_set, IntervalUnion)
        assert [made.net_value_set.parts[0].low, made.net_value_set.parts[1].high] == [-math.inf, math.inf]
        assert [made.net_value_set.parts[0].high, made.net_value_set.parts[1].low] == pytest.approx(ends)


def test_a_standard_error_of_zero_leaves_no_doubt_but_says_so():
    made = decide(result(0.8, 0.0), unit_cost=0.3, units=10)
    assert (made.probability, made.loss_acting, made.minimum_detectable) == (1.0, 0.0, 0.0)
    assert made.loss_holding == pytest.approx(5.0)
    assert any("standard error is zero" in each for each in made.conditions)
    assert "exact" in made.belief.basis
