"""Honest intervals against RDHonest 1.0.1.9000 in R."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit import rdd
from causalkit._numerics._honest import bias_aware_critical, imbens_kalyanaraman
from causalkit._numerics._rd_side import two_sides
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.rdd import BiasAware, BiasAwareRatio
from tests.contract import check_contract
from tests.rdd.cases import CGHS, LEE, RCP
from tests.rdd.data import load

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "rdd_honest.json").read_text())


def test_given_bound_and_window_equal_rdhonest():
    got = rdd.honest(load("lee08"), **LEE, curvature_bound=0.1, bandwidth=8, kernel="uniform")
    assert got.estimate == pytest.approx(5.95626901611, rel=1e-10)
    assert got.std_error == pytest.approx(1.32021051675, rel=1e-10)
    assert got.max_bias == pytest.approx(1.12625072347, rel=1e-10)
    np.testing.assert_allclose(list(got.conf_int()), [2.65336728257, 9.25917074965], rtol=1e-10)


def test_the_optimal_window_equals_rdhonest():
    got = rdd.honest(load("lee08"), **LEE, curvature_bound=0.1)
    # R's optimiser stops at 1e-8 of the window, which moves the interval in the ninth digit.
    assert got.bandwidth == pytest.approx(8.8485112699, rel=1e-7)
    assert got.estimate == pytest.approx(5.93664873881, rel=1e-7)
    assert got.std_error == pytest.approx(1.29442053706, rel=1e-7)
    assert got.max_bias == pytest.approx(0.832258767883, rel=1e-7)
    np.testing.assert_allclose(list(got.conf_int()), [2.95482895648, 8.91846852114], rtol=1e-7)


def test_the_guessed_bound_equals_rdhonest_and_is_called_a_guess():
    with pytest.warns(DesignWarning, match="was guessed from a quartic"):
        got = rdd.honest(load("lee08"), **LEE)
    assert got.curvature_bound == pytest.approx(0.142810807106, rel=1e-9)
    assert got.bandwidth == pytest.approx(7.71509949818, rel=1e-7)
    assert got.estimate == pytest.approx(5.84973572744, rel=1e-7)
    np.testing.assert_allclose(list(got.conf_int()), [2.69443545455, 9.00503600033], rtol=1e-7)


@pytest.mark.parametrize(("kernel", "width"), [("triangular", 29.3872649956), ("uniform", 23.0984809600)])
def test_imbens_and_kalyanaraman_equal_rdhonest(kernel, width):
    data = load("lee08")
    sides = two_sides(data.margin.to_numpy(), data.voteshare.to_numpy()[None], cutoff=0.0)
    # The reference is printed to eight decimals.
    assert imbens_kalyanaraman(sides, kernel) == pytest.approx(width, rel=5e-10)


def test_without_bias_the_critical_value_is_the_normal_one():
    assert bias_aware_critical(0.95, 0.0) == pytest.approx(1.959963984540054, rel=1e-12)
    # Armstrong and Kolesar (2018), table of cv_0.05: at one standard error of bias.
    assert bias_aware_critical(0.95, 1.0) == pytest.approx(2.646, abs=5e-4)
    assert bias_aware_critical(0.95, 999.0) == pytest.approx(999 + 1.6448536269514722, rel=1e-9)


def test_units_do_not_matter():
    base = rdd.honest(load("lee08"), **LEE, curvature_bound=0.1)
    data = load("lee08").assign(margin=lambda d: -d.margin * 1e-6, voteshare=lambda d: d.voteshare * 1e4 + 7)
    moved = rdd.honest(data, **{**LEE, "treated": "below"}, curvature_bound=0.1 * 1e4 * 1e12)
    # The worst-case error is flat at its minimum: a window known to 1e-8 is as good as it gets.
    assert moved.estimate == pytest.approx(1e4 * base.estimate, rel=1e-6)
    assert moved.max_bias == pytest.approx(1e4 * base.max_bias, rel=1e-6)


def test_p_value_and_interval_agree():
    got = rdd.honest(load("lee08"), **LEE, curvature_bound=0.1)
    low, high = got.conf_int(0.95)
    assert got.effect.p_value_of(low) == pytest.approx(0.05, rel=1e-8)
    assert got.effect.p_value_of(high) == pytest.approx(0.05, rel=1e-8)


def test_the_interval_covers_where_the_score_has_ten_values_a_side():
    rng, hits, n_sim = np.random.default_rng(4), 0, 120
    for _ in range(n_sim):
        x = rng.integers(-10, 10, 400) / 10 + 0.05
        y = 2 * (x > 0) + x + 1.5 * x * np.abs(x) + rng.normal(0, 0.5, 400)
        got = rdd.honest(
            pd.DataFrame({"x": x, "y": y}), outcome="y", running="x", cutoff=0, treated="above", curvature_bound=3
        )
        hits += 2.0 in got.conf_int()
    # At least 95 %, less four binomial standard errors.
    assert hits / n_sim >= 0.95 - 4 * (0.95 * 0.05 / n_sim) ** 0.5


def test_the_headline_is_of_a_jump():
    got = rdd.honest(load("lee08"), **LEE, curvature_bound=0.1)
    assert "changes voteshare by +5.937 (95% bias-aware interval [2.955, 8.918])." in got.headline()
    assert "per unit" not in rdd.global_polynomial(load("lee08"), **LEE).headline()


def test_result_keeps_the_contract():
    check_contract(rdd.honest(load("lee08"), **LEE, curvature_bound=0.1))


def test_a_score_of_three_values_is_refused():
    data = pd.DataFrame({"x": np.repeat([-2.0, -1, 0, 1, 2, 3, 4], 20), "y": np.arange(140.0)})
    with pytest.raises(DesignError, match="Only 2 distinct scores lie below"):
        rdd.honest(data, outcome="y", running="x", cutoff=0, treated="above", curvature_bound=1)


def fuzzy_sample():
    return load("rcp").iloc[GOLDEN["rows_rcp"]]


def years_of_school():
    return load("cghs").iloc[GOLDEN["rows_cghs"]]


def test_the_ratio_of_two_jumps_equals_rdhonest():
    with pytest.warns(DesignWarning, match="too weak for a linearised ratio"):
        got = rdd.honest(fuzzy_sample(), **RCP, curvature_bound=(0.001, 0.002), bandwidth=3)
    linear = BiasAware(estimate=got.estimate, std_error=got.std_error, max_bias=got.max_bias)
    ours = [got.estimate, got.std_error, got.max_bias, *linear.conf_int(0.95)]
    np.testing.assert_allclose(ours, GOLDEN["fuzzy.h3"], rtol=1e-12)
    assert got.first_stage.estimate == pytest.approx(GOLDEN["fuzzy.h3.first_stage"], rel=1e-12)
    # With F = 1.6 the data exclude no ratio.
    assert not got.conf_int().is_bounded


def test_the_guessed_bounds_of_a_fuzzy_design_equal_rdhonest():
    with pytest.warns(DesignWarning, match="0.009506 and 0.01152, was guessed"):
        got = rdd.honest(fuzzy_sample(), **RCP, bandwidth=12)
    np.testing.assert_allclose([got.curvature_bound, got.take_up_bound], GOLDEN["fuzzy.bounds"], rtol=1e-10)


def test_the_window_of_a_fuzzy_design_is_as_good_as_rdhonests():
    got = rdd.honest(fuzzy_sample(), **RCP, curvature_bound=(0.001, 0.002))
    # 15.68 there: preliminary variances differ where scores repeat, and the worst error is flat at its least.
    assert got.bandwidth == pytest.approx(15.679218590410576, rel=0.01)
    assert got.checks["first stage"].verdict == "supported"
    other = rdd.honest(fuzzy_sample(), **RCP, curvature_bound=(0.001, 0.002), pilot_effect=got.estimate)
    assert other.bandwidth < got.bandwidth
    check_contract(got)


def test_a_score_of_few_values_equals_rdhonest():
    got = rdd.honest(years_of_school(), **CGHS, curvature_bound=0.04, bandwidth=3)
    ours = [got.estimate, got.std_error, got.max_bias, *got.conf_int()]
    np.testing.assert_allclose(ours, GOLDEN["discrete.h3"], rtol=1e-12)


@pytest.mark.parametrize(
    ("key", "options", "level", "rel"),
    [
        ("bme.o0.h3", {"bandwidth": 3, "order": 0}, 0.95, 1e-12),
        ("bme.o1.h5", {"bandwidth": 5}, 0.95, 1e-12),
        ("bme.o2.level90", {"order": 2}, 0.9, 1e-12),
        ("bme.all.h6", {"bandwidth": 6}, 0.95, 1e-9),  # printed to ten digits
    ],
)
def test_bounded_misspecification_equals_rdhonest(key, options, level, rel):
    data = load("cghs") if key == "bme.all.h6" else years_of_school()
    got = rdd.honest_discrete(data, **CGHS, **options)
    ours = [got.estimate, got.std_error, *got.conf_int(level)]
    np.testing.assert_allclose(ours, GOLDEN[key][:4], rtol=rel)
    assert got.n_below + got.n_above == GOLDEN[key][4]


def test_p_value_and_interval_of_a_misfit_agree():
    got = rdd.honest_discrete(years_of_school(), **CGHS, bandwidth=5)
    for end in got.conf_int(0.9):
        assert got.effect.p_value_of(end) == pytest.approx(0.1, rel=1e-9)
    assert got.effect.p_value_of(got.estimate) == 1.0
    check_contract(got)


def test_misfit_does_not_hang_on_units_or_on_the_side():
    data = years_of_school()[["log_earnings", "yearat14"]]
    base = rdd.honest_discrete(data, **CGHS, bandwidth=5)
    # The scores lie at whole years, the cutoff between two of them, so that no row is at it.
    turned = data.assign(yearat14=-1e-3 * (data.yearat14 - 1946.5), log_earnings=1e6 + 100 * data.log_earnings)
    roles = {"outcome": "log_earnings", "running": "yearat14", "cutoff": 0, "treated": "below"}
    moved = rdd.honest_discrete(turned, **roles, bandwidth=5.5e-3)
    plain = rdd.honest_discrete(data, **{**CGHS, "cutoff": 1946.5}, bandwidth=5.5)
    np.testing.assert_allclose(list(moved.conf_int()), 100 * np.array(list(plain.conf_int())), rtol=1e-8)
    assert base.n_below + base.n_above == 1368


def test_without_bias_the_set_of_ratios_is_fiellers():
    from causalkit.results import Fieller

    numbers = {"numerator": 2.0, "denominator": 1.1, "var_numerator": 0.5, "var_denominator": 0.3, "cov": 0.1}
    ours, theirs = BiasAwareRatio(**numbers, bias_numerator=0.0, bias_denominator=0.0), Fieller(**numbers)
    for level in (0.8, 0.95, 0.99):
        for one, other in zip(ours.conf_int(level).parts, theirs.conf_int(level).parts, strict=True):
            np.testing.assert_allclose(list(one), list(other), rtol=1e-8)
    assert ours.p_value(0.7) == pytest.approx(theirs.p_value(0.7), rel=1e-12)


def test_perfect_take_up_is_the_sharp_honest_interval():
    data = load("lee08").assign(won=lambda d: (d.margin >= 0) * 1)
    sharp = rdd.honest(data, **LEE, curvature_bound=0.1, bandwidth=8)
    full = rdd.honest(data, **LEE, treatment="won", curvature_bound=(0.1, 0.0), bandwidth=8)
    assert (full.estimate, full.conf_int()) == (sharp.estimate, sharp.conf_int())


def test_bounds_and_scores_that_do_not_fit_are_refused():
    with pytest.raises(OptionError, match="must be a pair"):
        rdd.honest(fuzzy_sample(), **RCP, curvature_bound=0.1)
    with pytest.raises(OptionError, match="must be one number"):
        rdd.honest(load("lee08"), **LEE, curvature_bound=(0.1, 0.2))
    with pytest.raises(DesignError, match=r"2,\d{3} distinct scores lie below .* use rdd.honest"):
        rdd.honest_discrete(load("lee08"), **LEE)
    with pytest.raises(DesignError, match="1 distinct scores lie below"):
        rdd.honest_discrete(years_of_school(), **CGHS, bandwidth=1)


def test_the_interval_of_bounded_misspecification_covers():
    rng, hits, n_sim = np.random.default_rng(8), 0, 200
    for _ in range(n_sim):
        x = rng.integers(-6, 6, 600) + 0.5
        y = 2 * (x > 0) + 0.1 * x + rng.normal(0, 1, 600)
        roles = {"outcome": "y", "running": "x", "cutoff": 0, "treated": "above"}
        hits += 2.0 in rdd.honest_discrete(pd.DataFrame({"x": x, "y": y}), **roles).conf_int()
    # At least 95 %, less four binomial standard errors.
    assert hits / n_sim >= 0.95 - 4 * (0.95 * 0.05 / n_sim) ** 0.5
