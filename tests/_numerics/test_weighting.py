import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels

from causalkit._numerics._aipw import augmented_estimate, fit_outcome
from causalkit._numerics._binary_response import fit_binary_response, response
from causalkit._numerics._g_computation import g_computation
from causalkit._numerics._inverse_probability import cap_weights, inverse_probability_weights, stabilize
from causalkit._numerics._weighting import (
    EstimatedWeights,
    WeightEquation,
    horvitz_thompson,
    influence_std_error,
    weighted_mean_difference,
)
from tests.lalonde import GOLDEN, lalonde_arrays

PROPENSITY = json.loads((GOLDEN / "propensity.json").read_text())
PACKAGES = json.loads((GOLDEN / "weighting_packages.json").read_text())
# Stata's teffects on cattaneo2: estimate and robust standard error, as shipped with statsmodels' tests.
STATA_IPW_ATE = (-230.68863779526, 25.815243801554)
STATA_IPW_ATT = (-225.17726054799, 23.664582726945)
STATA_RA_ATE = (-239.63921146434, 23.82402100183)
STATA_AIPW_ATE = (-230.98920111258, 26.210564625435)


def one_equation(x, fit, slope):
    return EstimatedWeights(x, fit.basis, (WeightEquation(slope, (fit.residual,), (fit.bread,)),))


def hajek(x, treated, y, target, link="logit", base=None):
    base = np.ones(y.size) if base is None else base
    fit = fit_binary_response(x, treated, link=link, weights=base)
    raw = inverse_probability_weights(response(fit.linear, link), treated, target)
    contrast = weighted_mean_difference(y, treated, base * raw.weights)
    correction = one_equation(x, fit, base * raw.slope).correction(contrast.gradient)
    return contrast, influence_std_error(contrast.influence), influence_std_error(contrast.influence + correction)


@pytest.mark.parametrize(("link", "target"), list(product(["logit", "probit"], ["ATE", "ATT", "ATC", "ATO"])))
def test_hajek_equals_stacked_estimating_equations_in_r(link, target):
    contrast, known, estimated = hajek(*lalonde_arrays(), target, link)
    want = PROPENSITY[f"ipw_{link}_{target}"]
    # R's probit coefficients carry 1e-8, its numerical derivatives 1e-8 too.
    assert contrast.estimate == pytest.approx(want["estimate"], rel=1e-10 if link == "logit" else 1e-7)
    assert known == pytest.approx(want["se_known_weights"], rel=1e-10 if link == "logit" else 1e-7)
    assert estimated == pytest.approx(want["se"], rel=1e-7)
    assert contrast.mean_treated == pytest.approx(want["treated_mean"], rel=1e-8)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
def test_hajek_equals_weightit(target):
    contrast, _, estimated = hajek(*lalonde_arrays(), target)
    want = PACKAGES[f"weightit_glm_{target}"]
    # WeightIt's glm stops at a relative deviance of 1e-8.
    assert contrast.estimate == pytest.approx(want["est"], rel=1e-8)
    assert estimated == pytest.approx(want["se"], rel=1e-8)


def cattaneo():
    folder = Path(statsmodels.__file__).parent / "treatment" / "tests" / "results"
    d = pd.read_csv(folder / "cataneo2.csv")
    x = np.column_stack([d.mmarried_, d.mage, d.mage**2, d.fbaby_, d.medu]).astype(float)
    z = np.column_stack([d.prenatal1_, d.mmarried_, d.mage, d.fbaby_]).astype(float)
    return x, (d.mbsmoke_ == 1).to_numpy(), d.bweight.to_numpy(dtype=float), z


@pytest.mark.parametrize(("target", "want"), [("ATE", STATA_IPW_ATE), ("ATT", STATA_IPW_ATT)])
def test_hajek_equals_stata_teffects_ipw(target, want):
    x, treated, y, _ = cattaneo()
    contrast, _, estimated = hajek(x, treated, y, target, "probit")
    assert contrast.estimate == pytest.approx(want[0], rel=1e-10)
    assert estimated == pytest.approx(want[1], rel=1e-8)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATC"])
def test_horvitz_thompson_is_the_difference_of_totals(target):
    x, treated, y = lalonde_arrays()
    fit = fit_binary_response(x, treated, link="logit", weights=np.ones(y.size))
    raw = inverse_probability_weights(response(fit.linear, "logit"), treated, target)
    population = {"ATE": np.ones(y.size), "ATT": treated * 1.0, "ATC": ~treated * 1.0}[target]
    contrast = horvitz_thompson(y, treated, raw.weights, population)
    assert contrast.estimate == pytest.approx(PROPENSITY["horvitz_thompson"][target], rel=1e-11)


def test_horvitz_thompson_error_covers_in_simulation():
    rng = np.random.default_rng(8)
    estimates, errors = [], []
    for _ in range(300):
        x = rng.normal(size=(400, 1))
        treated = rng.random(400) < 1 / (1 + np.exp(-0.5 * x[:, 0]))
        y = 3 + x[:, 0] + 2 * treated + rng.normal(size=400)
        fit = fit_binary_response(x, treated, link="logit", weights=np.ones(400))
        raw = inverse_probability_weights(response(fit.linear, "logit"), treated, "ATT")
        contrast = horvitz_thompson(y, treated, raw.weights, treated * 1.0)
        correction = one_equation(x, fit, raw.slope).correction(contrast.gradient)
        estimates.append(contrast.estimate)
        errors.append(influence_std_error(contrast.influence + correction))
    # The standard deviation over 300 draws is known to 4 %; three of its standard errors.
    assert np.mean(errors) / np.std(estimates) == pytest.approx(1, abs=0.13)
    assert np.mean(estimates) == pytest.approx(2, abs=4 * np.std(estimates) / 300**0.5)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATC", "ATO"])
def test_slope_is_the_derivative_of_the_weight(target):
    linear, h = np.linspace(-4, 4, 40), 1e-6
    treated = np.arange(40) % 2 == 0
    for link in ("logit", "probit"):
        up, down = (inverse_probability_weights(response(linear + s, link), treated, target).weights for s in (h, -h))
        got = inverse_probability_weights(response(linear, link), treated, target).slope
        np.testing.assert_allclose(got, (up - down) / (2 * h), rtol=1e-6, atol=1e-9)


def test_weights_of_the_other_arm_do_not_overflow():
    score = response(np.array([-800.0, 800.0, 0.0, 0.0]), "logit")
    got = inverse_probability_weights(score, np.array([False, True, False, True]), "ATE")
    np.testing.assert_allclose(got.weights, [1, 1, 2, 2])


def test_stabilised_weights_average_one_and_change_no_contrast():
    x, treated, y = lalonde_arrays()
    fit = fit_binary_response(x, treated, link="logit", weights=np.ones(y.size))
    raw = inverse_probability_weights(response(fit.linear, "logit"), treated, "ATE")
    got = stabilize(raw, treated, np.ones(y.size))
    assert got.weights[treated].mean() == pytest.approx(1)
    a, b = (weighted_mean_difference(y, treated, w.weights) for w in (raw, got))
    assert a.estimate == pytest.approx(b.estimate, rel=1e-12)
    errors = [
        influence_std_error(c.influence + one_equation(x, fit, w.slope).correction(c.gradient))
        for c, w in ((a, raw), (b, got))
    ]
    assert errors[0] == pytest.approx(errors[1], rel=1e-12)


def test_capped_weights_stop_at_the_quantile_of_their_arm():
    x, treated, y = lalonde_arrays()
    fit = fit_binary_response(x, treated, link="logit", weights=np.ones(y.size))
    raw = inverse_probability_weights(response(fit.linear, "logit"), treated, "ATE")
    got, lowered = cap_weights(raw, treated, 0.95)
    for arm in (treated, ~treated):
        assert got.weights[arm].max() == pytest.approx(np.quantile(raw.weights[arm], 0.95))
    assert lowered == (got.weights < raw.weights).sum() > 0
    assert (got.slope[got.weights < raw.weights] == 0).all()


def test_clusters_sum_their_influence_first():
    influence = np.array([1.0, 2.0, -4.0, 0.5])
    assert influence_std_error(influence, np.array([0, 0, 1, 1])) == pytest.approx((9 + 12.25) ** 0.5)
    assert influence_std_error(influence, np.arange(4)) == influence_std_error(influence)


def augmented(x, treated, y, target, link="logit", outcome_columns=None):
    z = x if outcome_columns is None else outcome_columns
    base = np.ones(y.size)
    fit = fit_binary_response(x, treated, link=link, weights=base)
    models = [fit_outcome(z, y, base * arm) for arm in (treated, ~treated)]
    got = augmented_estimate(
        y, treated, response(fit.linear, link), tuple(m.prediction for m in models), target=target, base=base
    )
    stacked = got.influence + one_equation(x, fit, np.ones(y.size)).correction(got.by_linear)
    stacked = stacked + models[0].correction(z, got.by_treated) + models[1].correction(z, got.by_control)
    return got, influence_std_error(got.influence), influence_std_error(stacked)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATC"])
def test_augmented_estimate_equals_r(target):
    got, error, _ = augmented(*lalonde_arrays(), target)
    assert got.estimate == pytest.approx(PROPENSITY["aipw"][target]["estimate"], rel=1e-10)
    assert error == pytest.approx(PROPENSITY["aipw"][target]["se"], rel=1e-10)


def test_augmented_estimate_with_stacked_error_equals_stata_teffects_aipw():
    x, treated, y, z = cattaneo()
    got, _, stacked = augmented(x, treated, y, "ATE", "probit", z)
    assert got.estimate == pytest.approx(STATA_AIPW_ATE[0], rel=1e-10)
    assert stacked == pytest.approx(STATA_AIPW_ATE[1], rel=1e-9)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATC"])
def test_derivatives_of_the_augmented_estimate_are_those_of_finite_differences(target):
    rng = np.random.default_rng(5)
    y, linear, m1, m0 = rng.normal(size=(4, 30))
    treated, base = rng.random(30) < 0.5, rng.uniform(1, 2, size=30)
    direction, h = rng.normal(size=30), 1e-6

    def at(d_linear, d_treated, d_control):
        score = response(linear + d_linear * direction, "probit")
        predicted = (m1 + d_treated * direction, m0 + d_control * direction)
        return augmented_estimate(y, treated, score, predicted, target=target, base=base)

    got = at(0, 0, 0)
    for gradient, step in ((got.by_linear, (h, 0, 0)), (got.by_treated, (0, h, 0)), (got.by_control, (0, 0, h))):
        numeric = (at(*step).estimate - at(*(-s for s in step)).estimate) / (2 * h)
        assert gradient @ direction == pytest.approx(numeric, rel=1e-6, abs=1e-9)


def test_relabelling_the_arms_turns_att_into_minus_atc():
    x, treated, y = lalonde_arrays()
    for function in (hajek, augmented):
        a, b = function(x, treated, y, "ATT"), function(x, ~treated, y, "ATC")
        assert a[0].estimate == pytest.approx(-b[0].estimate, rel=1e-10)
        assert a[2] == pytest.approx(b[2], rel=1e-10)


def test_outcome_model_leaves_out_columns_that_do_not_vary_in_its_arm():
    x, treated, y = lalonde_arrays()
    alone = (~treated & (x[:, 0] > 30)).astype(float)
    got = fit_outcome(np.column_stack([x, alone]), y, treated * 1.0)
    np.testing.assert_allclose(got.prediction, fit_outcome(x, y, treated * 1.0).prediction, rtol=1e-12)


def test_g_computation_equals_stata_teffects_ra():
    _, treated, y, z = cattaneo()
    got = g_computation(y, z, treated, np.ones(y.size), np.ones(y.size))
    assert got.estimate == pytest.approx(STATA_RA_ATE[0], rel=1e-10)
    assert influence_std_error(got.influence) == pytest.approx(STATA_RA_ATE[1], rel=1e-9)


@pytest.mark.parametrize("own_population", [False, True])
def test_g_computation_gradient_is_that_of_finite_differences(own_population):
    rng = np.random.default_rng(2)
    x, y, treated = rng.normal(size=(60, 2)), rng.normal(size=60), np.arange(60) % 3 == 0
    weights, population, direction = rng.uniform(0.5, 2, size=(3, 60))
    population = None if own_population else population
    h = 1e-6
    up, down = (g_computation(y, x, treated, weights + s * direction, population).estimate for s in (h, -h))
    got = g_computation(y, x, treated, weights, population)
    assert got.gradient @ direction == pytest.approx((up - down) / (2 * h), rel=1e-7)
