"""Invariances, recovery, refusals, checks and views."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkit import rdd
from causalkit.errors import CausalkitWarning, DataError, DesignError, DesignWarning, OptionError
from tests import adversarial
from tests.contract import check_contract

CUT = {"outcome": "y", "running": "x", "cutoff": 0.0, "treated": "above"}


def draw(n=600, seed=4, jump=2.0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    z = rng.normal(0, 1, n)
    y = 1 + x + 1.5 * x**2 * np.sign(x) + jump * (x >= 0) + 0.5 * z + rng.normal(0, 0.5, n)
    return pd.DataFrame({"x": x, "y": y, "z": z})


def fit(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return rdd.local_polynomial(data, **{**CUT, **options})


def numbers(result):
    return np.array([result.estimate, result.effect.center, result.conventional.std_error, result.std_error])


BASE = fit(draw())


@given(scale=st.floats(-9, 9).map(lambda e: 10.0**e), shift=st.floats(-1e3, 1e3))
@settings(max_examples=15, deadline=None)
def test_units_of_the_score_do_not_matter(scale, shift):
    data = draw()
    moved = fit(data.assign(x=scale * (data.x + shift)), cutoff=scale * shift)
    # Adding 1e3 to scores of size one costs three of sixteen digits, and derivatives cost more of them.
    np.testing.assert_allclose(numbers(moved), numbers(BASE), rtol=1e-7)
    assert moved.bandwidths.h_below == pytest.approx(scale * BASE.bandwidths.h_below, rel=1e-7)


@given(scale=st.floats(0.01, 100), shift=st.floats(-1e3, 1e3))
@settings(max_examples=15, deadline=None)
def test_the_answer_moves_with_the_outcome(scale, shift):
    data = draw()
    np.testing.assert_allclose(numbers(fit(data.assign(y=scale * data.y + shift))), scale * numbers(BASE), rtol=1e-9)


def test_reflection_keeps_the_effect_of_treatment():
    data = draw()
    np.testing.assert_allclose(numbers(fit(data.assign(x=-data.x), treated="below")), numbers(BASE), rtol=1e-12)
    turned = fit(data.assign(x=-data.x), treated="below", bandwidth=(0.3, 0.4))
    np.testing.assert_allclose(numbers(turned), numbers(fit(data, bandwidth=(0.4, 0.3))), rtol=1e-12)


def test_a_kink_is_per_unit_of_the_score_whichever_side_is_treated():
    data = draw()
    up = fit(data, derivative=1)
    down = fit(data.assign(x=-data.x), treated="below", derivative=1)
    np.testing.assert_allclose(numbers(down)[:2], -numbers(up)[:2], rtol=1e-11)
    wide = fit(data.assign(x=10 * data.x), derivative=1)
    np.testing.assert_allclose(numbers(wide), numbers(up) / 10, rtol=1e-9)


def test_order_of_rows_and_weights_of_one_do_not_matter():
    data = draw()
    np.testing.assert_allclose(numbers(fit(data.sample(frac=1, random_state=1))), numbers(BASE), rtol=1e-12)
    np.testing.assert_allclose(numbers(fit(data.assign(w=1.0), weights="w")), numbers(BASE), rtol=1e-12)
    np.testing.assert_allclose(numbers(fit(data.assign(w=7.0), weights="w")), numbers(BASE), rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_units_of_a_covariate_do_not_matter(scale):
    data = draw()
    base = fit(data, covariates="z")
    np.testing.assert_allclose(
        numbers(fit(data.assign(z=scale * (data.z + 5)), covariates="z")), numbers(base), rtol=1e-9
    )
    assert base.std_error < BASE.std_error


def test_a_covariate_that_the_others_determine_is_left_out_by_name():
    data = draw().assign(v=lambda d: np.cos(9 * d.x))
    clean = numbers(fit(data, covariates=["z", "v"]))
    got = fit(data.assign(z2=2 * data.z - data.v), covariates=["z", "v", "z2"])
    assert "Covariates that the others determine were left out: z2." in got.warnings
    assert np.array_equal(numbers(got), clean)
    with pytest.warns(DesignWarning, match="left out: z2"):
        rdd.donut(data.assign(z2=data.z), **CUT, covariates=["z", "z2"])


def test_the_score_as_covariate_changes_nothing():
    data = draw().assign(z2=lambda d: 3 * d.x + 1)
    np.testing.assert_allclose(numbers(fit(data, covariates="z2")), numbers(BASE), rtol=1e-9)
    both = fit(data, covariates=["z", "z2"])
    np.testing.assert_allclose(numbers(both), numbers(fit(data, covariates="z")), rtol=1e-9)


def test_covariates_with_unequal_windows_are_one_weighted_regression():
    import statsmodels.api as sm

    data = draw()
    below, above = 0.3, 0.5
    width = np.where(data.x >= 0, above, below)
    near = data[data.x.abs() <= width].assign(h=width[data.x.abs() <= width], d=lambda d: (d.x >= 0).astype(float))
    design = sm.add_constant(near[["d", "x", "z"]].assign(dx=near.d * near.x))
    reference = sm.WLS(near.y, design, weights=(1 - near.x.abs() / near.h) / near.h).fit()
    got = fit(data, bandwidth=(below, above), covariates="z")
    assert got.estimate == pytest.approx(reference.params["d"], rel=1e-11)


def test_bias_corrected_with_one_window_is_the_higher_order():
    both = fit(draw(), bandwidth=0.4)
    higher = fit(draw(), bandwidth=0.4, order=2)
    assert both.effect.center == pytest.approx(higher.estimate, rel=1e-10)
    assert both.std_error == pytest.approx(higher.conventional.std_error, rel=1e-10)


def test_perfect_take_up_is_the_sharp_design():
    data = draw()
    fuzzy = fit(data.assign(d=(data.x >= 0).astype(int)), treatment="d")
    assert np.array_equal(numbers(fuzzy), numbers(BASE))


def test_zero_weight_is_no_row():
    data = draw().assign(w=1.0)
    odd = pd.concat([data, data.head(50).assign(w=0.0, y=1e6)])
    np.testing.assert_allclose(numbers(fit(odd, weights="w")), numbers(BASE), rtol=1e-12)


def test_uniform_window_is_least_squares():
    import statsmodels.api as sm

    data = draw()
    near = data[data.x.abs() <= 0.3]
    above = (near.x >= 0).astype(float)
    design = sm.add_constant(pd.DataFrame({"d": above, "x": near.x, "dx": above * near.x}))
    reference = sm.OLS(near.y, design).fit(cov_type="HC0")
    got = fit(data, bandwidth=0.3, kernel="uniform", cov_type="HC0")
    assert got.estimate == pytest.approx(reference.params["d"], rel=1e-11)
    assert got.conventional.std_error == pytest.approx(reference.bse["d"], rel=1e-10)


@pytest.mark.slow
def test_the_robust_interval_covers_under_curvature():
    rng, robust, plain, n_sim = np.random.default_rng(20), 0, 0, 400
    for _ in range(n_sim):
        x = rng.uniform(-1, 1, 1000)
        y = 2 * (x >= 0) + x + np.where(x >= 0, 4, -3) * x**2 + rng.normal(0, 0.5, 1000)
        got = fit(pd.DataFrame({"x": x, "y": y}))
        robust += 2.0 in got.conf_int()
        plain += 2.0 in got.conventional.conf_int()
    # In 1,500 samples 96.4 %, without the correction 92.9 %; the binomial standard error of 400 is 1.1 points.
    assert 0.93 <= robust / n_sim <= 0.97
    assert plain < robust


def test_dates_are_days():
    data = draw()
    day = pd.Timestamp("2024-03-01") + pd.to_timedelta((data.x * 400).round(), unit="D")
    dated = fit(data.assign(x=day), cutoff="2024-03-01")
    plain = fit(data.assign(x=(data.x * 400).round()))
    np.testing.assert_allclose(numbers(dated), numbers(plain), rtol=1e-12)
    assert dated.headline().startswith("At the cutoff 2024-03-01, x above the cutoff changes y by")
    assert rdd.RddResult.from_json(dated.to_json()) == dated
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        window = rdd.local_randomization(
            data.assign(x=day), **{**CUT, "cutoff": day.dt.date[0], "treated": "above"}, window=60, draws=99
        )
    assert f"between -60 and 60 days from {day.dt.date[0]}, " in window.headline()


def test_a_large_cutoff_keeps_its_digits():
    moved = fit(draw().assign(x=lambda d: d.x + 1234567.5), cutoff=1234567.5)
    assert "for units at the cutoff 1234567.5?" in moved.question()


def test_contradictions_are_named():
    data = draw().assign(d=lambda d: (d.x < 0).astype(int))
    with pytest.raises(DesignError, match=r"contradicts treated='above'\. Did you mean treated='below'"):
        fit(data, treatment="d")
    with pytest.raises(DesignError, match="take-up does not jump"):
        fit(data.assign(d=1), treatment="d")
    with pytest.raises(DesignError, match="Nobody is treated: cutoff=9"):
        fit(data, cutoff=9)
    with pytest.raises(OptionError, match="treated='up' is not known"):
        fit(data, treated="up")
    with pytest.raises(OptionError, match="cutoff=nan must be a finite number"):
        fit(data, cutoff=float("nan"))


def test_windows_that_hold_too_little_are_refused():
    data = draw()
    with pytest.raises(DesignError, match="distinct scores lie below the cutoff within the bandwidth"):
        fit(data, bandwidth=1e-6)
    for wrong in (-1, 0, [1, 2, 3]):
        with pytest.raises(OptionError, match="bandwidth"):
            fit(data, bandwidth=wrong)
    with pytest.raises(OptionError, match="order=20"):
        fit(data, order=20)
    with pytest.raises(OptionError, match=r"Write 95 % as level=0\.95"):
        BASE.conf_int(95)
    with pytest.raises(OptionError, match="kernel='gaussian'"):
        fit(data, kernel="gaussian")
    with pytest.raises(OptionError, match="needs cluster"):
        fit(data, cov_type="CR2")
    with pytest.raises(DesignError, match="at least two clusters"):
        fit(data.assign(g=1), cluster="g")


@pytest.mark.parametrize("n_below", [1, 3, 6])
def test_a_side_of_few_rows_is_named(n_below):
    data = draw()
    thin = pd.concat([data[data.x < 0].head(n_below), data[data.x >= 0]])
    with pytest.raises(DesignError, match="distinct scores below the cutoff to choose a bandwidth"):
        fit(thin)
    with pytest.raises(DesignError, match="distinct scores below the cutoff to choose a bandwidth"):
        rdd.estimate(thin, **CUT)
    assert rdd.bins(thin, **CUT).n.sum() == len(thin)
    density = rdd.density_test(thin, running="x", cutoff=0, treated="above", method="mccrary")
    # A line through the few rows falls below zero at the cutoff: it has no logarithm.
    assert np.isnan(density.p_value) == (n_below < 6)


def test_lists_of_numbers_are_checked():
    for method, name in (("bandwidth_sensitivity", "bandwidths"), ("donut", "radii"), ("placebo_cutoffs", "cutoffs")):
        for wrong, said in ((0.3, "a list of numbers"), ([], "at least one"), (["a"], "must be a number")):
            with pytest.raises(OptionError, match=rf"{name}=.* must (be|hold) .*{said.split()[-1]}"):
                getattr(rdd, method)(draw(), **CUT, **{name: wrong})


def test_few_rows_and_repeated_scores_are_said():
    with pytest.warns(DesignWarning, match="fewer than 50 on a side"):
        rdd.local_polynomial(draw(80), **CUT)
    coarse = draw().assign(x=lambda d: (d.x * 15).round() / 15)
    with pytest.warns(DesignWarning, match="Clustering by the score does not help"):
        got = rdd.local_polynomial(coarse, **CUT)
    assert got.checks["repeated scores"].verdict == "questionable"


def test_a_weak_first_stage_gets_the_anderson_rubin_set():
    rng = np.random.default_rng(2)
    data = draw().assign(d=rng.integers(0, 2, 600))
    with pytest.warns(DesignWarning, match="too weak for a ratio"):
        got = rdd.local_polynomial(data, **CUT, treatment="d")
    assert not got.conf_int().is_bounded or got.conf_int().width > 10
    assert got.checks["first stage"].verdict == "violated"


def test_a_constant_outcome_has_no_effect():
    with pytest.warns(DesignWarning, match="constant"):
        got = rdd.local_polynomial(draw().assign(y=3.0), **CUT)
    assert (got.estimate, got.std_error) == (0.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        for method in (rdd.honest, rdd.global_polynomial):
            assert list(method(draw().assign(y=3.0), **CUT).conf_int()) == [0.0, 0.0]


def test_an_outcome_that_is_a_step_passes_its_checks():
    with pytest.warns(DesignWarning, match="fitted without error"):
        got = rdd.estimate(draw().assign(y=lambda d: 5.0 * (d.x >= 0)), **CUT)
    assert got.estimate == pytest.approx(5.0, rel=1e-12)
    for name in ("placebo cutoffs", "donut", "bandwidth"):
        assert got.checks[name].verdict == "supported"
    assert got.series[0].estimates.tolist() == [0.0] * 6


def test_an_outcome_that_never_varies_on_one_side_has_no_jump_there():
    data = draw().assign(y=lambda d: np.where(d.x >= 0, 1.0, d.y > 1))
    got = rdd.placebo_cutoffs(data, **CUT)
    assert got.estimates[3:].tolist() == [0.0] * 3
    assert got.p_values[3:].tolist() == [1.0] * 3
    assert np.isfinite(rdd.honest(data, **CUT, curvature_bound=1.0).estimate)


def test_an_exact_line_gives_the_exact_jump():
    data = draw().assign(y=lambda d: 2 * d.x + 5 * (d.x >= 0))
    assert fit(data).estimate == pytest.approx(5, rel=1e-9)


def test_the_whole_recipe_finds_nothing_wrong_with_a_clean_design():
    got = rdd.estimate(draw(3000, seed=6), **CUT, covariates="z")
    assert {check.verdict for check in got.checks.values() if check.name != "continuity"} == {"supported"}
    assert got.checks["continuity"].verdict == "untestable"
    assert [each.kind for each in got.series] == ["covariate", "cutoff", "donut", "bandwidth"]
    assert got.estimate == fit(draw(3000, seed=6)).estimate
    assert got.plot_checks() is not None


def test_a_covariate_that_jumps_is_named():
    data = draw(3000, seed=6).assign(age=lambda d: 40 + 4 * (d.x >= 0) + d.z)
    got = rdd.covariate_continuity(data, covariates=["z", "age"], running="x", cutoff=0, treated="above")
    assert got.check.verdict == "violated"
    assert "'age' jumps" in got.check.reading
    alone = rdd.local_polynomial(data, outcome="age", running="x", cutoff=0, treated="above")
    assert got.estimates[1] == pytest.approx(alone.estimate, rel=1e-12)
    assert got.std_errors[1] == pytest.approx(alone.std_error, rel=1e-12)


def test_a_placebo_uses_its_own_side_only():
    data = draw(3000, seed=6)
    got = rdd.placebo_cutoffs(data, **CUT, cutoffs=[0.5])
    own = rdd.local_polynomial(data[data.x >= 0], **{**CUT, "cutoff": 0.5})
    assert got.estimates[0] == pytest.approx(own.estimate, rel=1e-10)
    with pytest.raises(OptionError, match="differ from the true cutoff"):
        rdd.placebo_cutoffs(data, **CUT, cutoffs=[0.0])


def test_a_donut_leaves_out_the_nearest_rows():
    data = draw(2000)
    got = rdd.donut(data, **CUT, radii=[0.0, 0.1])
    without = fit(data[data.x.abs() >= 0.1])
    np.testing.assert_allclose(got.estimates, [fit(data).estimate, without.estimate], rtol=1e-10)


def test_a_window_of_the_curve_is_the_estimate_there():
    data = draw(2000)
    base = fit(data)
    rho = base.bandwidths.h_below / base.bandwidths.b_below
    got = rdd.bandwidth_sensitivity(data, **CUT, bandwidths=[0.3])
    assert got.estimates[0] == pytest.approx(fit(data, bandwidth=0.3, rho=rho).estimate, rel=1e-10)
    assert got.std_errors[0] == pytest.approx(fit(data, bandwidth=0.3, rho=rho).std_error, rel=1e-10)


def test_what_cannot_be_tested_is_listed():
    rng = np.random.default_rng(1)
    data = draw().assign(d=lambda d: ((d.x >= 0) & (rng.random(600) < 0.8)) * 1)
    fuzzy = fit(data, treatment="d")
    names = [check.name for check in fuzzy.checks.with_verdict("untestable")]
    assert names == ["continuity", "exclusion and monotonicity"]
    assert "The slope of the outcome" in fit(draw(), derivative=1).checks["continuity"].reading.replace(
        "That the", "The"
    )


def test_the_reading_of_the_covariates_is_one_sentence():
    got = rdd.covariate_continuity(draw(3000, seed=6), covariates="z", running="x", cutoff=0, treated="above")
    assert "at the cutoff (smallest p-value" in got.check.reading


def test_a_kink_is_recovered():
    estimates, hits, n_sim = [], 0, 200
    for seed in range(n_sim):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, 2000)
        y = 1 + x + 3 * np.maximum(x, 0) + x**2 + rng.normal(0, 0.3, 2000)
        got = fit(pd.DataFrame({"x": x, "y": y}), derivative=1)
        estimates.append(got.estimate)
        hits += 3.0 in got.conf_int()
    assert abs(np.mean(estimates) - 3.0) <= 4 * np.std(estimates) / n_sim**0.5 + 0.05
    # Four binomial standard errors below 95 %.
    assert hits / n_sim >= 0.95 - 4 * (0.95 * 0.05 / n_sim) ** 0.5


def test_a_fuzzy_kink_is_the_ratio_of_two_kinks():
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, 4000)
    dose = 0.5 * np.maximum(x, 0) + rng.normal(0, 0.05, 4000)
    data = pd.DataFrame({"x": x, "y": 4 * dose + x + rng.normal(0, 0.1, 4000), "d": dose})
    got = fit(data, derivative=1, treatment="d", bandwidth=0.8)
    parts = [fit(data, derivative=1, outcome=each, bandwidth=0.8).estimate for each in ("y", "d")]
    assert got.estimate == pytest.approx(parts[0] / parts[1], rel=1e-10)
    assert 4.0 in got.conf_int()


def test_the_bandwidth_of_the_outcome_alone_can_serve_the_ratio():
    rng = np.random.default_rng(2)
    data = draw().assign(d=lambda d: ((d.x >= 0) ^ (rng.random(600) < 0.2)) * 1)
    sharp = fit(data).bandwidths
    got = fit(data, treatment="d", bandwidth_target="outcome")
    assert (got.bandwidths.h_below, got.bandwidths.b_below) == (sharp.h_below, sharp.b_below)
    assert fit(data, treatment="d").bandwidths.h_below != sharp.h_below
    for options in ({}, {"treatment": "d", "bandwidth": 0.3}):
        with pytest.raises(OptionError, match="bandwidth_target='outcome' is for a bandwidth that is selected"):
            fit(data, bandwidth_target="outcome", **options)


def test_many_ties_and_few_scores_point_to_what_allows_for_them():
    ties = draw().assign(x=lambda d: (d.x * 25).round() / 25 + 0.01)
    with pytest.warns(DesignWarning, match=r"rdd\.honest or rdd\.local_randomization"):
        rdd.local_polynomial(ties, **CUT)
    few = draw().assign(x=lambda d: (d.x * 6).round() / 6 + 0.01)
    with pytest.warns(DesignWarning, match="distinct values on the thinner side"):
        rdd.local_polynomial(few, **CUT, bandwidth=1.0)


def test_decimals_and_nullable_columns_are_numbers():
    from decimal import Decimal

    data = draw().round(6)
    exact = data.assign(x=[Decimal(str(each)) for each in data.x])
    np.testing.assert_allclose(numbers(fit(exact)), numbers(fit(data)), rtol=1e-12)
    np.testing.assert_allclose(numbers(fit(data.convert_dtypes())), numbers(fit(data)), rtol=1e-12)


@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-6, 1.0, 1e6]))
@settings(max_examples=8, deadline=None)
def test_narrow_floats_are_the_same_values_in_wide_ones(seed, scale):
    narrow = draw(seed=seed).mul(scale).astype("float32")
    wide = narrow.astype(float)
    for options in ({}, {"covariates": "z", "cov_type": "HC3"}):
        assert np.array_equal(numbers(fit(narrow, **options)), numbers(fit(wide, **options)))
    score = {"running": "x", "cutoff": 0, "treated": "above"}
    assert rdd.density_test(narrow, **score) == rdd.density_test(wide, **score)
    assert rdd.bins(narrow, **CUT) == rdd.bins(wide, **CUT)
    roles = {**CUT, "window": 0.3 * scale, "draws": 99}
    assert rdd.local_randomization(narrow, **roles).conf_int() == rdd.local_randomization(wide, **roles).conf_int()
    assert rdd.honest(narrow, **CUT, curvature_bound=3 / scale) == rdd.honest(wide, **CUT, curvature_bound=3 / scale)


def test_result_keeps_the_contract():
    def make(n):
        return fit(draw(n, seed=6), covariates="z")

    check_contract(make(1000), make_at_4n=lambda: make(4000))


def test_the_whole_recipe_is_stored_and_does_not_grow():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        small, large = (rdd.estimate(draw(n, seed=6), **CUT, covariates="z") for n in (1000, 4000))
    assert rdd.RddResult.from_json(small.to_json()) == small
    assert len(small.summary().splitlines()) > 40
    # Numbers differ in their digits, empty bins are left out.
    assert len(large.to_json()) < 1.05 * len(small.to_json())


def test_missing_values_are_counted():
    data = draw()
    data.loc[[3, 8], "y"] = np.nan
    with pytest.raises(DataError, match=r"'y' in 2 rows \(3, 8\)"):
        fit(data)
    assert fit(data, missing="drop").sample.dropped == {"missing y": 2}


test_bad_and_odd_input = adversarial.suite(
    adversarial.Subject(
        call=lambda data, roles, **options: rdd.local_polynomial(data, cutoff=0, treated="above", **roles, **options),
        frame=draw(),
        roles={"outcome": "y", "running": "x", "covariates": ["z"]},
        numeric=("outcome", "running", "covariates"),
        binary="",
    )
)
