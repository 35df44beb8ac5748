"""The recipe in one call, put through what every method is put through."""

import warnings

import numpy as np
import pandas as pd
import pytest

from causalkit import matching, simulate
from causalkit.errors import DesignError, DesignWarning
from tests import adversarial
from tests.contract import check_contract


def recipe(data, roles=None, **options):
    roles = roles or {"outcome": "y", "treatment": "treated", "covariates": ["x1", "x2"]}
    return matching.estimate(data, **roles, **options)


def test_result_keeps_the_contract():
    def make(n):
        return recipe(simulate.observational(n, rng=3, n_covariates=2).data)

    check_contract(make(300), make_at_4n=lambda: make(1200))


def large():
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(size=(2, 200_000))
    return pd.DataFrame({"x1": x1, "x2": x2, "treated": np.arange(200_000) < 5, "y": x1 + rng.normal(size=200_000)})


test_bad_and_odd_input = adversarial.suite(
    adversarial.Subject(
        call=recipe,
        frame=simulate.observational(400, rng=11, n_covariates=2).data,
        roles={"outcome": "y", "treatment": "treated", "covariates": ["x1", "x2"]},
        numeric=("outcome", "covariates"),
        large=large,
    )
)


def test_fewer_controls_than_treated_are_counted_without_replacement():
    df = simulate.observational(400, rng=2, n_covariates=2, share_treated=0.7, overlap=0.95).data
    with pytest.warns(
        DesignWarning, match="treated units found no partner: the effect will be the ATT among the matched"
    ):
        result = recipe(df, replace=False, caliper=None)
    assert result.effect.estimand == "ATT among the matched"
    assert result.sample.n_treated == result.sample.n_control == (1 - df["treated"]).sum()


def test_arms_far_apart_are_refused_with_the_gap():
    df = simulate.observational(300, rng=2, n_covariates=2).data
    df["x1"] += 30.0 * df["treated"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        with pytest.raises(DesignError, match="separate"):
            recipe(df)


@pytest.mark.parametrize("shift", [0.0, 1e9])
def test_units_and_offsets_of_covariates_change_nothing(shift):
    df = simulate.observational(500, rng=4, n_covariates=2).data
    moved = df.assign(x1=1e6 * df["x1"], x2=df["x2"] * 1024 + shift)
    # At an offset of 1e9 the covariate itself is stored to nine digits.
    tolerance = 1e-9 if shift == 0 else 1e-5
    a, b = recipe(df), recipe(moved)
    assert b.estimate == pytest.approx(a.estimate, rel=tolerance)
    assert b.std_error == pytest.approx(a.std_error, rel=tolerance)


def test_categories_and_clusters_go_through_every_step():
    df = simulate.observational(600, rng=5, n_covariates=2).data
    df = df.assign(city=np.array(["a", "b", "c"])[np.arange(600) % 3], team=np.arange(600) // 12)
    score = matching.propensity_score(df, treatment="treated", covariates=["x1", "x2", "city"])
    for method in (
        matching.Nearest(exact=["city"]),
        matching.Exact(columns=["city"]),
        matching.CoarsenedExact(bins={"x1": 4, "x2": [-1.0, 0.0, 1.0]}),
        matching.Nearest(distance="mahalanobis", covariates=["x1", "city"]),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DesignWarning)
            match = matching.match(score, method)
            result = matching.effect(match, outcome="y", cov_type="cluster", cluster="team")
        assert result.effect.df == 49
        if isinstance(method, matching.Nearest) and method.exact:
            links = match.sets.links()
            assert (df["city"].to_numpy()[links.focal] == df["city"].to_numpy()[links.partner]).all()


def test_the_plain_difference_stands_beside_the_adjusted_one_with_its_own_error():
    data = simulate.observational(600, rng=5, n_covariates=2).data
    result = recipe(data)
    score = matching.propensity_score(data, treatment="treated", covariates=["x1", "x2"])
    plain = matching.effect(matching.match(score, matching.Nearest(caliper=0.2)), outcome="y", cov_type="ai2016")
    assert result.options["unadjusted_cov_type"] == "ai2016"
    assert result.unadjusted.estimate == pytest.approx(plain.estimate, rel=1e-12)
    assert result.unadjusted.std_error == pytest.approx(plain.std_error, rel=1e-12)
    table = result.tables()[0]
    assert table["term"] == ("adjusted", "unadjusted")
    assert (table["conf_low"][1], table["conf_high"][1]) == pytest.approx(tuple(plain.conf_int()))
    assert "With and without regression adjustment" in result.summary()
    assert "unadjusted_cov_type" not in plain.options


def test_an_outcome_without_variation_has_an_effect_of_zero_and_no_error():
    data = simulate.observational(400, rng=11, n_covariates=2).data.assign(y=0.1)
    with pytest.warns(DesignWarning, match="The standard error is zero: y does not vary"):
        result = recipe(data)
    assert (result.estimate, result.std_error) == (0.0, 0.0)
    assert (result.unadjusted.estimate, result.unadjusted.std_error) == (0.0, 0.0)


def test_a_caliper_on_the_score_that_nobody_meets_is_told_with_the_gap_in_the_score():
    data = simulate.observational(400, rng=11, n_covariates=2).data
    score = matching.propensity_score(data, treatment="treated", covariates=["x1", "x2"])
    one, zero = (score.linear[arm] for arm in (score.design.treated, ~score.design.treated))
    gap = np.abs(one[:, None] - zero).min()
    with pytest.raises(DesignError, match=r"within the score caliper of .*smallest distance seen is") as caught:
        matching.match(score, matching.Nearest(distance="mahalanobis", score_caliper=1e-12))
    assert float(str(caught.value).rsplit(" ", 1)[1].rstrip(".")) == pytest.approx(gap, rel=1e-4)


def test_two_treated_units_point_to_the_exact_test_of_their_pairs():
    data = simulate.observational(400, rng=11, n_covariates=2).data
    few = data[(data["treated"] == 0) | (data["treated"].cumsum() <= 2)]
    with pytest.warns(DesignWarning) as seen:
        recipe(few)
    assert any("sensitivity() has an exact test at gamma 1" in str(each.message) for each in seen)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        score = matching.propensity_score(few, treatment="treated", covariates=["x1", "x2"])
        found = matching.sensitivity(matching.match(score, matching.Nearest(replace=False)), outcome="y")
        whole = matching.sensitivity(matching.match(score, matching.InverseProbability()), outcome="y")
    # Two pairs: the exact one-sided p-value is one of 1/4, 2/4, 3/4 and 1.
    assert 4 * found.bounds["p_high"][0] == pytest.approx(round(4 * found.bounds["p_high"][0]))
    assert np.isnan(found.robustness)
    assert "No Rosenbaum bounds" in str(whole)


@pytest.mark.parametrize("value", [0.1, 2.0])
def test_sensitivity_of_an_outcome_without_variation_is_not_a_number(value):
    data = simulate.observational(400, rng=11, n_covariates=2).data.assign(y=value)
    score = matching.propensity_score(data, treatment="treated", covariates=["x1", "x2"])
    match = matching.match(score, matching.InverseProbability())
    with pytest.warns(DesignWarning, match="The standard error is zero"):
        found = matching.sensitivity(match, outcome="y")
    assert np.isnan([found.partial_r2, found.robustness, found.robustness_at_level]).all()
    assert found.e_value == 1
