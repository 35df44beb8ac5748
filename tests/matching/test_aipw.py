import json

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from causalkit import matching, simulate
from causalkit.errors import DataError, OptionError
from tests import adversarial
from tests.contract import check_contract
from tests.lalonde import COVARIATES, GOLDEN, lalonde

PROPENSITY = json.loads((GOLDEN / "propensity.json").read_text())


def score_of(df, covariates=COVARIATES, treatment="treat", **options):
    return matching.propensity_score(df, treatment=treatment, covariates=list(covariates), **options)


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_equals_r_with_the_influence_function(estimand):
    got = matching.aipw(score_of(lalonde()), outcome="re78", estimand=estimand, cov_type="influence")
    assert got.estimate == pytest.approx(PROPENSITY["aipw"][estimand]["estimate"], rel=1e-10)
    assert got.std_error == pytest.approx(PROPENSITY["aipw"][estimand]["se"], rel=1e-10)
    assert got.mean_treated - got.mean_control == pytest.approx(got.estimate, rel=1e-12)


def test_a_regressor_that_is_least_squares_changes_nothing():
    score = score_of(lalonde())
    a = matching.aipw(score, outcome="re78", cov_type="influence")
    b = matching.aipw(score, outcome="re78", outcome_model=LinearRegression())
    assert a.estimate == pytest.approx(b.estimate, rel=1e-9)
    assert a.std_error == pytest.approx(b.std_error, rel=1e-9)
    assert b.options["cov_type"] == "influence"


def test_cross_fitting_uses_the_folds_of_the_score():
    df = lalonde()
    score = score_of(df, cross_fit=3, rng=1)
    a = matching.aipw(score, outcome="re78")
    b = matching.aipw(score, outcome="re78", outcome_model=LinearRegression())
    assert a.estimate == pytest.approx(b.estimate, rel=1e-9)
    assert a.options["cross_fit"] == 3
    assert a.estimate != pytest.approx(matching.aipw(score_of(df), outcome="re78").estimate, rel=1e-6)


def test_only_units_inside_the_support_count():
    df = lalonde()
    score = matching.common_support(score_of(df), rule="crump", refit=True)
    inside = matching.aipw(score, outcome="re78")
    again = matching.aipw(score_of(df[score.support]), outcome="re78")
    assert inside.estimate == pytest.approx(again.estimate, rel=1e-10)
    assert inside.std_error == pytest.approx(again.std_error, rel=1e-9)
    assert inside.effect.estimand == "ATT in the common support"
    assert inside.sample.dropped == {"outside the common support": 260}


def test_weights_count_rows_in_the_estimate():
    df = lalonde().assign(w=lambda d: 1 + np.arange(len(d)) % 3)
    a = matching.aipw(score_of(df, weights="w"), outcome="re78")
    b = matching.aipw(score_of(df.loc[df.index.repeat(df.w)]), outcome="re78")
    assert a.estimate == pytest.approx(b.estimate, rel=1e-10)


def test_clusters_of_one_row_are_no_clusters():
    df = lalonde().assign(row=range(614))
    score = score_of(df)
    a, b = (matching.aipw(score, outcome="re78", cluster=each) for each in (None, "row"))
    assert a.std_error == pytest.approx(b.std_error, rel=1e-12)
    assert b.effect.df == 613


def test_repeated_rows_clustered_have_the_error_of_the_rows():
    df = lalonde().assign(row=range(614))
    double = df.loc[df.index.repeat(2)]
    a = matching.aipw(score_of(df), outcome="re78")
    b = matching.aipw(score_of(double), outcome="re78", cluster="row")
    assert a.std_error == pytest.approx(b.std_error, rel=1e-9)


def test_either_model_may_be_wrong():
    for wrong in ({"score_nonlinearity": 1.0}, {"outcome_nonlinearity": 1.0}):
        errors = []
        for seed in range(30):
            sim = simulate.observational(1500, rng=seed, n_covariates=2, overlap=0.85, **wrong)
            result = matching.aipw(score_of(sim.data, ["x1", "x2"], "treated"), outcome="y", estimand="ATE")
            errors.append((result.estimate - sim.truth["ATE"]) / result.std_error)
        # Thirty draws of a standard normal: the mean within four standard errors.
        assert abs(np.mean(errors)) < 4 / 30**0.5


def test_interval_covers_at_its_level():
    def estimate(data):
        return matching.aipw(score_of(data, ["x1", "x2"], "treated"), outcome="y")

    hits = []
    for seed in range(200):
        sim = simulate.observational(600, rng=seed, n_covariates=2, overlap=0.7)
        interval = estimate(sim.data).conf_int()
        hits.append(interval.low <= sim.truth["ATT"] <= interval.high)
    assert abs(np.mean(hits) - 0.95) <= 4 * (0.95 * 0.05 / 200) ** 0.5


def test_flexible_learners_find_the_effect_when_cross_fitted():
    sim = simulate.observational(3000, rng=5, n_covariates=2, score_nonlinearity=1.0, outcome_nonlinearity=1.0)
    classifier = GradientBoostingClassifier(n_estimators=40, max_depth=2, random_state=0)
    regressor = GradientBoostingRegressor(n_estimators=60, max_depth=2, random_state=0)
    score = score_of(sim.data, ["x1", "x2"], "treated", model=classifier, cross_fit=3)
    result = matching.aipw(score, outcome="y", outcome_model=regressor)
    assert abs(result.estimate - sim.truth["ATT"]) < 4 * result.std_error
    assert "GradientBoostingClassifier score" in result.method


@pytest.mark.parametrize(
    ("score_options", "options"),
    [({"cross_fit": 2}, {}), ({}, {"outcome_model": LinearRegression()})],
)
def test_stacked_errors_need_parametric_models(score_options, options):
    with pytest.raises(OptionError, match="cov_type='stacked' needs a logit or probit score"):
        matching.aipw(score_of(lalonde(), **score_options), outcome="re78", cov_type="stacked", **options)


def test_a_missing_outcome_is_refused_with_the_way_out():
    df = lalonde()
    df.iloc[[2, 9], df.columns.get_loc("re78")] = np.nan
    with pytest.raises(DataError, match=r"outcome='re78' in 2 rows \(2, 9\)\. The score was fitted on these rows"):
        matching.aipw(score_of(df), outcome="re78")


def test_the_outcome_may_not_be_a_covariate():
    with pytest.raises(OptionError, match="'re75' is given two roles"):
        matching.aipw(score_of(lalonde()), outcome="re75")


def test_result_keeps_the_contract():
    def make(n):
        sim = simulate.observational(n, rng=3, n_covariates=2)
        return matching.aipw(score_of(sim.data, ["x1", "x2"], "treated"), outcome="y")

    check_contract(make(300), make_at_4n=lambda: make(1200))


def _bad_input_frame():
    return simulate.observational(400, rng=11, n_covariates=2).data


def _large():
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(size=(2, 200_000))
    return pd.DataFrame({"x1": x1, "x2": x2, "treated": np.arange(200_000) < 5, "y": x1 + rng.normal(size=200_000)})


def _call(data, roles, **options):
    design = {"treatment": roles["treatment"], "covariates": roles["covariates"], **options}
    return matching.aipw(matching.propensity_score(data, **design), outcome=roles["outcome"])


test_bad_and_odd_input = adversarial.suite(
    adversarial.Subject(
        call=_call,
        frame=_bad_input_frame(),
        roles={"outcome": "y", "treatment": "treated", "covariates": ["x1", "x2"]},
        numeric=("outcome", "covariates"),
        large=_large,
        skip={
            "one_column_in_two_roles": "outcome and treatment meet in aipw, when the treatment has been read",
            "dropping_missing_rows_equals_leaving_them_out_and_is_counted": "the score is fitted before the outcome is "
            "seen; matching.estimate drops rows for both",
        },
    )
)
