"""Lift, margins, retrodesign, sample ratios, adjusted p-values, E- and robustness values against R and print."""

from __future__ import annotations

import math
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from causalkit import evidence
from causalkit._numerics._sensitivity import robustness_value
from causalkit.results import Draws, Effect, Fieller
from tests.decide.cases import GOLDEN, effect, result


def lift(**options):
    given_ = {"baseline": 10.0, "baseline_std_error": 0.3, "covariance": -0.09} | options
    return evidence.lift(effect(2.0, 0.5), **given_)


def test_lift_equals_r_by_fieller_and_by_the_delta_method():
    golden = GOLDEN["lift"]
    for interval in ("fieller", "delta"):
        relative = lift(interval=interval)
        assert relative.estimate == pytest.approx(0.2, rel=1e-15)
        assert relative.std_error == pytest.approx(golden["std_error"], rel=1e-13)
        assert list(relative.conf_int()) == pytest.approx(golden[interval], rel=1e-10)
    assert lift().std_error == pytest.approx(0.05381449619, abs=5e-12)
    assert list(lift(interval="delta").conf_int()) == pytest.approx([0.09452552562, 0.30547447438], abs=5e-12)
    assert list(lift().conf_int()) == pytest.approx([0.09842390327, 0.30990243453], abs=1e-11)


def test_lift_is_as_significant_as_the_effect_by_fieller():
    assert lift().p_value == pytest.approx(effect(2.0, 0.5).p_value, rel=1e-12)


def test_a_known_baseline_only_rescales():
    relative = lift(baseline=4.0, baseline_std_error=0.0, covariance=0.0)
    low, high = effect(2.0, 0.5).conf_int()
    assert list(relative.conf_int()) == pytest.approx([low / 4, high / 4], rel=1e-12)


def test_lift_covers_its_truth_where_the_delta_method_does_not():
    # Means 1.0 and 0.5 with errors of 0.1: the baseline is far from normal about zero, the ratio skewed.
    rng = np.random.default_rng(9)
    control, treated = rng.normal(0.5, 0.15, 1500), rng.normal(1.0, 0.1, 1500)
    covers = {"fieller": 0, "delta": 0}
    for c, t in zip(control, treated, strict=True):
        change = effect(float(t - c), math.hypot(0.1, 0.15))
        for kind in covers:
            relative = evidence.lift(
                change, baseline=float(c), baseline_std_error=0.15, covariance=-(0.15**2), interval=kind
            )
            covers[kind] += 1.0 in relative.conf_int()
    assert abs(covers["fieller"] / 1500 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 1500)
    assert covers["delta"] < covers["fieller"]


def test_retrodesign_equals_r():
    for case in GOLDEN["retrodesign"]:
        df = math.inf if case["df"] is None else case["df"]
        found = evidence.retrodesign(case["effect"], std_error=case["std_error"], level=case["level"], df=df)
        # The noncentral t of scipy has ten digits before 1.17.
        digits = 1e-11 if tuple(map(int, version("scipy").split(".")[:2])) >= (1, 17) else 1e-9
        assert found.power == pytest.approx(case["power"], rel=digits)
        assert found.type_s == pytest.approx(case["type_s"], rel=1e-9)
        assert found.type_m == pytest.approx(case["type_m"], rel=1e-9)
    found = evidence.retrodesign(0.3, std_error=0.5)
    printed = (0.09215481119, 0.05679736630, 4.02050724028)
    assert (found.power, found.type_s, found.type_m) == pytest.approx(printed, abs=5e-12)


def test_retrodesign_is_what_a_simulation_sees():
    draws = np.random.default_rng(1).normal(0.3, 0.5, 200_000)
    found = evidence.retrodesign(0.3, std_error=0.5)
    significant = draws[np.abs(draws) > 1.959964 * 0.5]
    assert significant.size / draws.size == pytest.approx(found.power, abs=0.003)
    assert (significant < 0).mean() == pytest.approx(found.type_s, abs=0.008)
    assert np.abs(significant).mean() / 0.3 == pytest.approx(found.type_m, rel=0.01)


def test_a_minimum_detectable_effect_has_the_power_it_promises():
    for case in GOLDEN["detectable"]:
        df = math.inf if case["df"] is None else case["df"]
        reach = evidence.minimum_detectable(case["std_error"], level=case["level"], power=case["power"], df=df)
        assert reach == pytest.approx(case["value"], rel=1e-13)
    assert evidence.minimum_detectable(1.0) == pytest.approx(2.80158522, abs=5e-9)
    power = evidence.retrodesign(evidence.minimum_detectable(0.7), std_error=0.7).power
    assert power == pytest.approx(0.8, abs=1e-5)  # the wrong tail adds less than that


def test_sample_ratio_equals_chisq_test():
    for name, counts, expected in (
        ("even", {"treated": 5021, "control": 4979}, None),
        ("uneven", {"a": 300, "b": 620, "c": 110}, {"a": 3, "b": 6, "c": 1}),
    ):
        check, golden = evidence.sample_ratio(counts, expected=expected), GOLDEN["sample_ratio"][name]
        assert check.statistic == pytest.approx(golden["statistic"], rel=1e-12)
        assert check.p_value == pytest.approx(golden["p_value"], rel=1e-11)
        assert check.verdict == "supported"
        assert check.df == golden.get("df", 1)


def test_a_lopsided_split_is_violated_and_says_what_to_do():
    check = evidence.sample_ratio({"treated": 5200, "control": 4800})
    assert check.verdict == "violated"
    assert "before reading any effect" in check.reading
    assert check.table["expected"] == (5000.0, 5000.0)


def test_margins_equal_r():
    golden = GOLDEN["margins"]
    worse = evidence.non_inferiority(effect(-0.1, 0.2), margin=0.3)
    assert worse.p_value == pytest.approx(golden["non_inferiority"], rel=1e-13)
    assert worse.p_value == pytest.approx(0.15865525393, abs=5e-12)
    few = evidence.non_inferiority(effect(-0.1, 0.2, df=20), margin=0.3)
    assert few.p_value == pytest.approx(golden["non_inferiority_t"], rel=1e-13)
    lower = evidence.non_inferiority(effect(0.1, 0.2), margin=0.3, better="lower")
    assert lower.p_value == worse.p_value
    same = evidence.equivalence(result(0.1, 0.2), margin=0.5)
    assert same.p_value == pytest.approx(golden["equivalence"], rel=1e-12)
    assert same.p_value == pytest.approx(0.02275013195, abs=5e-12)


@given(estimate=st.floats(-2, 2), std_error=st.floats(0.05, 2), margin=st.floats(0.05, 2))
def test_margins_agree_with_intervals(estimate, std_error, margin):
    change = effect(estimate, std_error)
    low, high = change.conf_int(0.95)
    worse = evidence.non_inferiority(change, margin=margin)
    if not math.isclose(worse.p_value, 0.025, rel_tol=1e-9):
        assert (worse.p_value < 0.025) == (low > -margin)
    same = evidence.equivalence(change, margin=margin)
    if not math.isclose(same.p_value, 0.025, rel_tol=1e-9):
        assert (same.p_value < 0.025) == (-margin < low and high < margin)


def test_margins_of_other_intervals_are_half_their_p_values():
    draws = Draws(estimate=0.0, draws=np.linspace(-1, 1, 2001))
    change = effect(0.0, 0.5, uncertainty=draws)
    assert evidence.non_inferiority(change, margin=0.8).p_value == pytest.approx(0.1, rel=1e-9)
    assert evidence.non_inferiority(effect(0.0, 0.5, center=1.0), margin=0.0).p_value == pytest.approx(0.0227501319)


def test_an_exact_effect_is_on_one_side_or_the_other():
    assert evidence.non_inferiority(effect(0.0, 0.0), margin=0.1).p_value == 0.0
    assert evidence.non_inferiority(effect(-0.2, 0.0), margin=0.1).p_value == 1.0


def test_adjusted_p_values_equal_p_adjust_and_statsmodels():
    rng = np.random.default_rng(4)
    for golden in GOLDEN["adjusted"]:
        for method in ("holm", "benjamini_hochberg"):
            np.testing.assert_allclose(evidence.adjust(golden["p"], method=method), golden[method], rtol=1e-14)
    for _ in range(20):
        p = np.round(rng.uniform(0, 1, 30) ** 3, 2)
        for method, theirs in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
            np.testing.assert_allclose(
                evidence.adjust(p, method=method), multipletests(p, method=theirs)[1], rtol=1e-12
            )


def test_tests_that_were_not_done_are_not_counted():
    for method in ("holm", "benjamini_hochberg"):
        with_gap = evidence.adjust([0.01, math.nan, 0.04, 0.03], method=method)
        np.testing.assert_array_equal(with_gap[[0, 2, 3]], evidence.adjust([0.01, 0.04, 0.03], method=method))
        assert math.isnan(with_gap[1])
    assert evidence.adjust([]).size == 0


def test_e_values_equal_the_formula_and_the_published_example():
    assert evidence.e_value(1.5).estimate == pytest.approx(GOLDEN["e_value"]["value"], rel=1e-14)
    assert evidence.e_value(1.5).estimate == pytest.approx(2.36602540, abs=5e-9)
    # VanderWeele and Ding (2017): breastfeeding and infant death, 3.9 (1.8 to 8.7).
    published = evidence.e_value(3.9, interval=(1.8, 8.7))
    assert (round(published.estimate, 1), round(published.interval, 1)) == (7.3, 3.0)
    protective = evidence.e_value(1 / 3.9, interval=(1 / 8.7, 1 / 1.8))
    assert protective.estimate == pytest.approx(published.estimate, rel=1e-14)
    assert protective.interval == pytest.approx(published.interval, rel=1e-14)
    assert evidence.e_value(1.2, interval=(0.9, 1.6)).interval == 1.0
    assert math.isnan(evidence.e_value(1.2).interval)


def test_e_values_of_differences_go_through_the_risk_ratio():
    found = evidence.e_value_of_difference(effect(3.0, 0.6), outcome_sd=6.0)
    ratio = math.exp(0.91 * 0.5)
    low = math.exp(0.91 * (3.0 - 1.959963984540054 * 0.6) / 6)
    assert found.risk_ratio == pytest.approx(ratio, rel=1e-14)
    assert found.estimate == pytest.approx(ratio + math.sqrt(ratio * (ratio - 1)), rel=1e-14)
    assert found.interval == pytest.approx(low + math.sqrt(low * (low - 1)), rel=1e-13)


def test_robustness_values_equal_those_found_by_searching_for_the_confounder():
    for case in GOLDEN["robustness"]:
        found = evidence.robustness(case["statistic"], df=case["df"])
        assert found.partial_r2 == pytest.approx(case["partial_r2"], rel=1e-13)
        # R searches for the confounder numerically.
        assert found.value == pytest.approx(case["value"], rel=1e-10)
        assert found.value_at_level == pytest.approx(case["value_at_level"], rel=1e-6, abs=1e-12)
    found = evidence.robustness(1.98167775, df=604)
    printed = (0.00645973, 0.07744796, 0.00065668)
    assert (found.partial_r2, found.value, found.value_at_level) == pytest.approx(printed, abs=5e-9)


def test_explaining_a_share_away_needs_a_confounder_of_that_bias():
    for share in (0.3, 1.0, 1.7):
        r = robustness_value(3.0, 50.0, q=share)
        assert r / math.sqrt(1 - r) == pytest.approx(share * 3.0 / math.sqrt(50.0), rel=1e-13)


def test_a_statistic_of_zero_has_no_robustness():
    found = evidence.robustness(0.0, df=10)
    assert (found.partial_r2, found.value, found.value_at_level) == (0.0, 0.0, 0.0)


def test_guardrail_margins_are_the_test_of_the_interval():
    for estimate in np.linspace(-1, 1, 9):
        rail = evidence.Guardrail(result=result(float(estimate), 0.2), margin=0.3)
        p_value = evidence.non_inferiority(rail.result, margin=0.3).p_value
        assert (rail.status(0.95) == "kept") == (p_value <= 0.025)


def test_everything_small_is_frozen_and_comparable():
    assert evidence.retrodesign(0.3, std_error=0.5) == evidence.retrodesign(0.3, std_error=0.5)
    assert evidence.e_value(2.0) != evidence.e_value(2.1)
    assert isinstance(lift().uncertainty, Fieller)
    assert isinstance(lift(interval="delta"), Effect)
