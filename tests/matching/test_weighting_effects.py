"""Effects under weights: equal to R and Stata, and intervals that cover."""

import json

import numpy as np
import pytest

from causalkit import matching, simulate
from causalkit.errors import OptionError
from tests.lalonde import COVARIATES, GOLDEN, lalonde

PROPENSITY = json.loads((GOLDEN / "propensity.json").read_text())
PACKAGES = json.loads((GOLDEN / "weighting_packages.json").read_text())


def score_of(df, **options):
    return matching.propensity_score(df, treatment="treat", covariates=COVARIATES, **options)


def effect_of(score, spec, **options):
    return matching.effect(matching.match(score, spec), outcome="re78", **options)


@pytest.fixture(scope="module")
def score():
    return score_of(lalonde())


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC", "ATO"])
@pytest.mark.parametrize("model", ["logit", "probit"])
def test_inverse_probability_equals_r(model, estimand):
    got = effect_of(score_of(lalonde(), model=model), matching.InverseProbability(estimand=estimand))
    want = PROPENSITY[f"ipw_{model}_{estimand}"]
    # R's probit carries 1e-8, and its numerical derivatives too.
    assert got.estimate == pytest.approx(want["estimate"], rel=1e-10 if model == "logit" else 1e-7)
    assert got.std_error == pytest.approx(want["se"], rel=1e-9 if model == "logit" else 1e-7)
    assert got.mean_control == pytest.approx(want["control_mean"], rel=1e-7)


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATO"])
def test_inverse_probability_equals_weightit(score, estimand):
    got = effect_of(score, matching.InverseProbability(estimand=estimand))
    want = PACKAGES[f"weightit_glm_{estimand}"]
    assert (got.estimate, got.std_error) == pytest.approx((want["est"], want["se"]), rel=1e-8)


def test_weights_taken_as_known_have_the_errors_of_the_weighted_regression(score):
    got = effect_of(score, matching.InverseProbability(estimand="ATE"), cov_type="HC0")
    assert got.std_error == pytest.approx(PROPENSITY["ipw_logit_ATE"]["se_known_weights"], rel=1e-9)


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_horvitz_thompson_equals_r(score, estimand):
    spec = matching.InverseProbability(estimand=estimand, estimator="horvitz-thompson")
    assert effect_of(score, spec).estimate == pytest.approx(PROPENSITY["horvitz_thompson"][estimand], rel=1e-10)


def test_stabilised_weights_give_the_same_effect(score):
    a, b = (effect_of(score, matching.InverseProbability(estimand="ATE", stabilized=each)) for each in (False, True))
    assert (a.estimate, a.std_error) == pytest.approx((b.estimate, b.std_error), rel=1e-10)


def test_entropy_and_balancing_score_agree_for_the_treated(score):
    a, b = (effect_of(score, spec) for spec in (matching.EntropyBalance(), matching.CBPS()))
    assert (a.estimate, a.std_error) == pytest.approx((b.estimate, b.std_error), rel=1e-9)
    # WeightIt's CBPS leaves 6e-5 standard deviations of imbalance.
    assert a.estimate == pytest.approx(PACKAGES["weightit_cbps_ATT"]["est"], rel=5e-5)
    assert a.std_error == pytest.approx(PACKAGES["weightit_cbps_ATT"]["se"], rel=5e-5)


def test_adjusting_for_what_is_balanced_exactly_changes_no_estimate(score):
    a = effect_of(score, matching.EntropyBalance())
    b = effect_of(score, matching.EntropyBalance(), adjust=COVARIATES)
    assert b.estimate == pytest.approx(a.estimate, rel=1e-9)
    assert b.unadjusted.estimate == pytest.approx(a.estimate, rel=1e-12)


def test_relabelling_the_arms_turns_att_into_minus_atc():
    df = lalonde()
    for make in (matching.InverseProbability, matching.EntropyBalance, matching.CBPS):
        a = effect_of(score_of(df), make(estimand="ATT"))
        b = effect_of(score_of(df.assign(treat=1 - df.treat)), make(estimand="ATC"))
        assert (a.estimate, a.std_error) == pytest.approx((-b.estimate, b.std_error), rel=1e-8)


def test_frequency_weights_give_the_estimate_of_repeated_rows():
    df = lalonde().assign(w=lambda d: 1 + np.arange(len(d)) % 3, row=range(614))
    long = df.loc[df.index.repeat(df.w)]
    for spec in (matching.InverseProbability(estimand="ATE"), matching.EntropyBalance(), matching.CBPS()):
        a, b = effect_of(score_of(df, weights="w"), spec), effect_of(score_of(long), spec, cluster="row")
        # Weights are sampling weights to the error: that of repeated rows counted as clusters.
        assert (a.estimate, a.std_error) == pytest.approx((b.estimate, b.std_error), rel=1e-8)


def test_a_score_without_estimating_equations_has_no_stacked_error():
    score = score_of(lalonde(), cross_fit=3)
    with pytest.raises(OptionError, match="cov_type='stacked' needs weights from a model"):
        effect_of(score, matching.InverseProbability(), cov_type="stacked")
    assert effect_of(score, matching.InverseProbability()).options["cov_type"] == "HC1"


@pytest.mark.parametrize(
    ("spec", "overlap"),
    [
        (matching.InverseProbability(estimand="ATE"), 0.8),
        (matching.InverseProbability(estimand="ATT"), 0.7),
        (matching.InverseProbability(estimand="ATO"), 0.5),
        (matching.EntropyBalance(estimand="ATT"), 0.8),
        (matching.CBPS(estimand="ATE"), 0.7),
    ],
)
@pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")
def test_intervals_cover_at_their_level(spec, overlap):
    hits = []
    for seed in range(150):
        sim = simulate.observational(500, rng=seed, n_covariates=2, overlap=overlap)
        score = matching.propensity_score(sim.data, treatment="treated", covariates=["x1", "x2"])
        result = matching.effect(matching.match(score, spec), outcome="y")
        interval = result.conf_int()
        hits.append(interval.low <= sim.truth[spec.estimand] <= interval.high)
    assert abs(np.mean(hits) - 0.95) <= 4 * (0.95 * 0.05 / 150) ** 0.5
