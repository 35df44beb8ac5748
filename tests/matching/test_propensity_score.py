import json
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from causalkit import matching
from causalkit.errors import DataError, DesignError, DesignWarning, OptionError
from tests.lalonde import COVARIATES, GOLDEN, lalonde, lalonde_arrays

PROPENSITY = json.loads((GOLDEN / "propensity.json").read_text())
STEPWISE = json.loads((GOLDEN / "stepwise.json").read_text())


def score_of(df, covariates=COVARIATES, **options):
    return matching.propensity_score(df, treatment="treat", covariates=list(covariates), **options)


def pair(n=400, seed=0):
    rng = np.random.default_rng(seed)
    df = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})
    return df.assign(treat=(rng.random(n) < 1 / (1 + np.exp(-0.7 * df.x))).astype(int))


@pytest.mark.parametrize("model", ["logit", "probit"])
def test_categories_and_numbers_give_the_fit_of_r(model):
    score = score_of(lalonde(), model=model)
    table = score.table()
    assert table["term"] == (
        *("constant", "age", "educ", "race=hispan", "race=white"),
        *("married", "nodegree", "re74", "re75"),
    )
    np.testing.assert_allclose(table["estimate"], PROPENSITY[model]["coef"], rtol=2e-8)
    np.testing.assert_allclose(table["std_error"], PROPENSITY[model]["se"], rtol=1e-8)
    np.testing.assert_allclose(score.score[:5], PROPENSITY[model]["score_first5"], rtol=1e-8)


def test_the_outcome_and_other_columns_play_no_part():
    df = lalonde()
    spoiled = df.assign(re78=[object()] * len(df), other="x")
    np.testing.assert_array_equal(score_of(df).score, score_of(spoiled).score)


def test_rows_in_any_order_get_the_same_score():
    df = lalonde().reset_index(drop=True)
    order = np.random.default_rng(1).permutation(len(df))
    np.testing.assert_allclose(score_of(df.iloc[order]).linear, score_of(df).linear[order], rtol=1e-12)


@pytest.mark.parametrize("kind", [pl.from_pandas, lambda df: pl.from_pandas(df).to_arrow()])
def test_frames_of_other_libraries_give_the_same_score(kind):
    df = lalonde().reset_index(drop=True)
    got = score_of(kind(df))
    np.testing.assert_array_equal(got.score, score_of(df).score)
    assert type(got.design.frame) is type(kind(df))


def test_the_design_keeps_its_rows_when_the_frame_changes_later():
    df = lalonde()
    score = score_of(df)
    first = df.index[0]
    del df["age"]
    df.index = df.index[::-1]
    assert "age" in score.design.frame.columns
    assert score.design.frame.index[0] == first


def test_missing_rows_are_left_out_of_the_designs_frame_too():
    df = lalonde()
    df.iloc[3, df.columns.get_loc("age")] = np.nan
    with pytest.raises(DataError, match=r"covariates='age' in 1 row \(3\)"):
        score_of(df)
    score = score_of(df, missing="drop")
    assert score.design.n == len(score.design.frame) == 613
    assert score.design.sample.dropped == {"missing age": 1}


def test_labels_need_the_treated_one_named():
    df = lalonde().assign(treat=lambda d: d.treat.map({1: "yes", 0: "no"}))
    with pytest.raises(DataError, match="Say which value counts as 1"):
        score_of(df)
    np.testing.assert_array_equal(score_of(df, treated="yes").score, score_of(lalonde()).score)


def test_three_values_of_treatment_are_listed():
    df = lalonde().assign(treat=np.arange(614) % 3)
    with pytest.raises(DataError, match="must have two values; it has 3"):
        score_of(df)


def test_one_arm_is_refused_with_both_counts():
    with pytest.raises(DesignError, match="Both arms are needed"):
        score_of(lalonde().query("treat == 0"))


def test_treatment_among_the_covariates_is_a_double_role():
    with pytest.raises(OptionError, match="'treat' is given two roles, treatment and covariates"):
        score_of(lalonde(), [*COVARIATES, "treat"])


def test_dates_as_covariates_are_refused_with_a_hint():
    with pytest.raises(DataError, match="days since a reference date"):
        score_of(lalonde().assign(day=pd.Timestamp("2024-01-01")), [*COVARIATES, "day"])


def test_constant_and_collinear_covariates_are_named_and_change_nothing():
    df = lalonde().assign(one=7, months=lambda d: 12 * d.age + 3)
    with pytest.warns(DesignWarning) as seen:
        score = score_of(df, [*COVARIATES, "one", "months"])
    assert [str(each.message).split(". ")[0] for each in seen] == [
        "Left out of the score as constant: 'one'",
        "Left out of the score as a linear combination of the others: 'months'",
    ]
    assert seen[0].filename == __file__
    np.testing.assert_allclose(score.linear, score_of(lalonde()).linear, rtol=1e-12)
    assert len(score.warnings) == 2


def test_a_level_of_one_arm_only_is_named():
    df = lalonde()
    df.loc[(df.treat == 0) & (df.age > 45), "race"] = "other"
    with pytest.raises(DesignError, match=r"separate treated and control units.*'race=other'") as caught:
        score_of(df)
    assert "from 0 to 0 among the treated" in str(caught.value)


def test_separation_in_a_fold_is_named_too():
    df = pair(60).assign(rare=0)
    df.loc[df.index[df.treat == 0][:2], "rare"] = 1
    with pytest.raises(DesignError, match="'rare'"):
        score_of(df, ["x", "rare"], cross_fit=2)


def test_more_columns_than_rows_are_refused_before_any_fit():
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.normal(size=(20, 25))).add_prefix("x").assign(treat=np.arange(20) % 2)
    with pytest.raises(DesignError, match="25 covariate columns and a constant for 20 rows"):
        score_of(df, [f"x{j}" for j in range(25)])


def test_five_treated_of_many_are_fast_and_warned_of():
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"x": rng.normal(size=200_000), "treat": np.arange(200_000) < 5})
    with pytest.warns(DesignWarning, match="Only 5 treated and 199,995 control rows"):
        score = score_of(df, ["x"])
    assert score.score.sum() == pytest.approx(5, rel=1e-8)


def test_scores_near_zero_and_one_are_counted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000) * 15
    df = pd.DataFrame({"x": x, "treat": x + rng.logistic(size=2000) > 0})
    with pytest.warns(DesignWarning, match=r"rows of 2,000 have a score within 1e-10 of 0 or 1"):
        score_of(df, ["x"])


def test_weights_count_rows():
    df = lalonde().assign(w=lambda d: 1 + np.arange(len(d)) % 3)
    long = df.loc[df.index.repeat(df.w)]
    got, want = score_of(df, weights="w"), score_of(long)
    np.testing.assert_allclose(got.table()["estimate"], want.table()["estimate"], rtol=1e-10)
    np.testing.assert_allclose(got.table()["std_error"], want.table()["std_error"], rtol=1e-10)


def test_any_classifier_may_give_the_score():
    classifier = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000)
    df = pair()
    score = score_of(df, ["x", "z"], model=classifier)
    np.testing.assert_allclose(score.score, score_of(df, ["x", "z"]).score, rtol=1e-5)
    assert score.model == "LogisticRegression"
    assert not hasattr(classifier, "coef_")
    assert len(score.table()) == 0


def test_a_certain_classifier_is_refused():
    with pytest.raises(DesignError, match="score of exactly 0 or 1"):
        score_of(pair(), ["x", "z"], model=DecisionTreeClassifier(random_state=0))


def test_cross_fitted_scores_come_from_the_other_folds():
    df = pair()
    score = score_of(df, ["x", "z"], cross_fit=4, rng=3)
    for fold in range(4):
        other = score_of(df[score.folds != fold], ["x", "z"])
        out = df[score.folds == fold]
        constant, *slopes = other.table()["estimate"]
        np.testing.assert_allclose(score.linear[score.folds == fold], constant + out[["x", "z"]] @ slopes, rtol=1e-9)
    assert score.fit is None
    np.testing.assert_array_equal(score.folds, score_of(df, ["x", "z"], cross_fit=4, rng=3).folds)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "logti"}, "Did you mean 'logit'"),
        ({"model": LogisticRegression}, "not a class"),
        ({"select": "forward"}, "select='forward' is not known"),
        ({"model": LogisticRegression(), "select": "stepwise"}, "needs a likelihood"),
        ({"cross_fit": 1}, "must be 2 or more"),
        ({"cross_fit": 300}, "at least one unit of each arm per fold"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        score_of(pair(), ["x", "z"], **options)


def test_stepwise_selection_equals_r():
    spec = matching.Stepwise(linear=1.0, quadratic=6.0)
    score = score_of(lalonde(), select=spec)
    names = {"hispan+white": "race", "hispan": "race=hispan", "white": "race=white"}

    def named(term):
        if term.startswith("I("):
            return f"{term[2:-3]} squared"
        return " × ".join(sorted(names.get(part, part) for part in term.split(":")))

    want = STEPWISE["first"] + STEPWISE["second"]
    got = [" × ".join(sorted(term.split(" × "))) for term in score.selection["term"]]
    assert got == [named(step["term"]) for step in want]
    np.testing.assert_allclose(score.selection["statistic"], [step["statistic"] for step in want], rtol=1e-7)
    assert list(score.selection["included"]) == [step["included"] for step in want]
    assert score.fit.log_likelihood == pytest.approx(STEPWISE["loglik"], rel=1e-10)
    np.testing.assert_allclose(score.score[:5], STEPWISE["score_first5"], rtol=1e-6)


def test_covariates_named_always_stay_and_the_others_must_pass():
    df = pair(seed=5).assign(noise=np.random.default_rng(9).normal(size=400))
    spec = matching.Stepwise(always=("noise",), linear=20.0, quadratic=float("inf"))
    score = score_of(df, ["x", "z", "noise"], select=spec)
    assert score.terms == ("x", "noise")
    assert score.regressors().shape == (400, 2)
    with pytest.raises(OptionError, match=r"always='nois' is not one of the covariates. Did you mean 'noise'"):
        score_of(df, ["x", "noise"], select=matching.Stepwise(always="nois"))


def test_a_selection_that_keeps_nothing_is_refused():
    df = pd.DataFrame({"x": np.tile([0.0, 1.0, 2.0, 3.0], 50), "treat": np.repeat([0, 1], 100)})
    with pytest.raises(DesignError, match="none predicts treatment"):
        score_of(df, ["x"], select="stepwise")


def test_products_do_not_depend_on_offsets():
    df = lalonde()
    spec = matching.Stepwise(linear=3.0, quadratic=6.0)
    a, b = (score_of(d, select=spec) for d in (df, df.assign(re74=df.re74 + 1e9)))
    np.testing.assert_allclose(a.linear, b.linear, rtol=1e-8)


def test_summary_fits_eighty_columns_and_says_what_was_fitted():
    text = matching.common_support(score_of(lalonde())).summary()
    assert "Propensity score of treat: logit" in text
    assert "outside are 8 treated and 57 control units" in text.replace("\n", " ")
    assert max(map(len, text.splitlines())) <= 80


def test_arrays_are_read_only_and_the_score_can_be_pickled():
    score = score_of(lalonde())
    for array in (score.score, score.linear, score.support, score.design.x, score.design.weights):
        assert not array.flags.writeable
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(score)).score, score.score)  # noqa: S301 - own bytes


def test_relabelling_the_arms_mirrors_the_score():
    df = lalonde()
    a, b = score_of(df), score_of(df.assign(treat=1 - df.treat))
    np.testing.assert_allclose(a.linear, -b.linear, rtol=1e-10)


def test_arrays_of_the_design_agree_with_the_columns():
    x, treated, _ = lalonde_arrays()
    design = score_of(lalonde()).design
    np.testing.assert_array_equal(design.x, x)
    np.testing.assert_array_equal(design.treated, treated)
    every, names = design.all_levels()
    assert names == ("age", "educ", "race=black", "race=hispan", "race=white", "married", "nodegree", "re74", "re75")
    np.testing.assert_array_equal(every[:, 2], 1 - x[:, 2] - x[:, 3])
