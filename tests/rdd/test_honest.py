"""Honest intervals against RDHonest 1.0.1.9000 in R."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from causalkit import rdd
from causalkit._numerics._honest import bias_aware_critical, imbens_kalyanaraman
from causalkit._numerics._rd_side import two_sides
from causalkit.errors import DesignError, DesignWarning
from tests.contract import check_contract
from tests.rdd.cases import LEE
from tests.rdd.data import load


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
    rng, hits, n_sim = np.random.default_rng(4), 0, 200
    for _ in range(n_sim):
        x = rng.integers(-10, 10, 400) / 10 + 0.05
        y = 2 * (x > 0) + x + 1.5 * x * np.abs(x) + rng.normal(0, 0.5, 400)
        got = rdd.honest(
            pd.DataFrame({"x": x, "y": y}), outcome="y", running="x", cutoff=0, treated="above", curvature_bound=3
        )
        hits += 2.0 in got.conf_int()
    # At least 95 %, less four binomial standard errors.
    assert hits / n_sim >= 0.95 - 4 * (0.95 * 0.05 / n_sim) ** 0.5


def test_result_keeps_the_contract():
    check_contract(rdd.honest(load("lee08"), **LEE, curvature_bound=0.1))


def test_a_score_of_three_values_is_refused():
    data = pd.DataFrame({"x": np.repeat([-2.0, -1, 0, 1, 2, 3, 4], 20), "y": np.arange(140.0)})
    with pytest.raises(DesignError, match="Only 2 distinct scores lie below"):
        rdd.honest(data, outcome="y", running="x", cutoff=0, treated="above", curvature_bound=1)
