"""Blocks, common support, weighting specifications and balance, before any outcome is seen."""

import json

import numpy as np
import pandas as pd
import pytest

from causalkit import matching
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.matching._apply import apply
from causalkit.results import Record
from causalkit.results._json import dumps, loads
from tests.lalonde import COVARIATES, GOLDEN, lalonde, nsw_cps

BLOCKS = json.loads((GOLDEN / "blocks.json").read_text())
PACKAGES = json.loads((GOLDEN / "weighting_packages.json").read_text())
PROPENSITY = json.loads((GOLDEN / "propensity.json").read_text())


def score_of(df, covariates=COVARIATES, **options):
    return matching.propensity_score(df, treatment="treat", covariates=list(covariates), **options)


@pytest.fixture(scope="module")
def score():
    return score_of(lalonde())


@pytest.fixture(scope="module")
def dehejia_wahba():
    d = nsw_cps()
    d = d.assign(age2=d.age**2, age3=d.age**3, educ2=d.educ**2, u74=d.re74 == 0, u75=d.re75 == 0)
    d["educ_re74"] = d.educ * d.re74
    return score_of(d, d.columns.difference(["treat", "re78"]))


@pytest.mark.parametrize(("significance", "key"), [(0.01, "alpha_01"), (0.05, "alpha_05")])
def test_recursive_blocks_equal_r(dehejia_wahba, significance, key):
    got = matching.block_balance(dehejia_wahba, significance=significance)
    want = BLOCKS[key]
    np.testing.assert_allclose(got.edges, want["edges"], rtol=1e-14)
    assert got.n_treated.tolist() == want["n_treated"]
    age = got.p_value[:, got.covariates.index("age")]
    np.testing.assert_allclose(age[np.isfinite(age)], want["age_p"], rtol=1e-9)
    assert got.n_outside == 16_177 - BLOCKS["n_support"]


def test_blocks_are_read_as_a_table_tests_and_a_verdict(score):
    got = matching.block_balance(score, significance=0.05)
    table, tests = got.table(), got.tests()
    assert len(table) == got.n_blocks
    assert len(tests) == got.n_blocks * len(got.covariates)
    assert table["unbalanced"][1] == "race=black, re74, re75"
    assert got.check().verdict == "supported"
    assert "of 44 differences" in got.check().reading


def test_a_score_without_a_covariate_that_matters_is_out_of_balance():
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"x": rng.normal(size=3000), "z": rng.normal(size=3000)})
    df["treat"] = rng.random(3000) < 1 / (1 + np.exp(1 - df.x - df.z))
    assert matching.block_balance(score_of(df, ["x", "z"])).check().verdict == "supported"
    without = matching.Stepwise(always="x", linear=float("inf"), quadratic=float("inf"))
    check = matching.block_balance(score_of(df, ["x", "z"], select=without)).check()
    assert check.verdict == "violated"
    assert "add squares or interactions" in check.reading


def test_blocks_end_where_the_scores_end(score):
    inside = matching.common_support(score)
    got = matching.block_balance(inside)
    assert got.edges[-2] <= inside.overlap.high < got.edges[-1] < 1
    assert (got.n_treated + got.n_control > 0).all()


def test_quantile_blocks_hold_equal_numbers_of_treated(score):
    got = matching.block_balance(score, blocks=5)
    assert got.n_blocks == 5
    assert got.n_treated.sum() == 185
    assert got.n_treated.max() - got.n_treated.min() <= 4
    assert not got.recursive


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocks": 0}, "blocks=0 must be 1 or more"),
        ({"significance": 5}, r"Write 5 % as significance=0.05"),
        ({"min_width": 0}, "must be positive"),
    ],
)
def test_block_options_are_checked(score, options, message):
    with pytest.raises(OptionError, match=message):
        matching.block_balance(score, **options)


def test_support_of_both_ranges_equals_r(score):
    got = matching.common_support(score).overlap
    assert got.n_treated + got.n_control == PROPENSITY["minmax"]["n"]
    assert (got.n_treated_outside, got.n_control_outside) == (8, 57)


def test_crump_cut_and_fixed_bounds_equal_r(score):
    crump = matching.common_support(score, rule="crump")
    assert crump.overlap.low == pytest.approx(PROPENSITY["crump"]["cut"], rel=1e-10)
    assert crump.support.sum() == PROPENSITY["crump"]["n"]
    fixed = matching.common_support(score, rule="trim", bounds=(0.1, 0.9)).overlap
    assert fixed.n_treated + fixed.n_control == PROPENSITY["crump"]["n_fixed"]
    assert fixed.n_treated == PROPENSITY["crump"]["n_fixed_treated"]


def test_support_by_one_arm_discards_only_the_other(score):
    treated = matching.common_support(score, rule="treated").overlap
    assert (treated.n_treated_outside, treated.n_control_outside) == (0, 57)
    control = matching.common_support(score, rule="control").overlap
    assert (control.n_treated_outside, control.n_control_outside) == (8, 0)


def test_the_discarded_are_described_by_their_means(score):
    got = matching.common_support(score)
    table = got.overlap.discarded
    out = lalonde()[~got.support & (got.design.treated)]
    row = table["covariate"].index("age")
    assert table["treated_outside"][row] == pytest.approx(out.age.mean())
    assert table["covariate"][0] == "score"


def test_refitting_uses_the_rows_inside_only(score):
    got = matching.common_support(score, rule="trim", refit=True)
    again = score_of(lalonde()[got.support])
    np.testing.assert_allclose(got.score[got.support], again.score, rtol=1e-10)
    with pytest.raises(OptionError, match="refit=True needs a logit or probit"):
        matching.common_support(score_of(lalonde(), cross_fit=2), refit=True)


def test_a_later_rule_replaces_an_earlier_one(score):
    once = matching.common_support(score, rule="crump")
    assert matching.common_support(once, rule="minmax").n_outside == 65


def test_arms_without_overlap_are_refused_with_both_ranges(score):
    with pytest.raises(DesignError, match=r"0 treated and .* Treated scores run from"):
        matching.common_support(score, rule="trim", bounds=(0.9, 0.95))


def test_bounds_must_be_in_order(score):
    with pytest.raises(OptionError, match="must be a lower and a higher score"):
        matching.common_support(score, rule="trim", bounds=(0.9, 0.1))


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC", "ATO"])
def test_probability_weights_have_the_effective_sizes_of_r(score, estimand):
    match = apply(matching.InverseProbability(estimand=estimand), score)
    want = PROPENSITY[f"ipw_logit_{estimand}"]
    sizes = match.balance().effective_sizes
    np.testing.assert_allclose(sizes[2:], [want["ess_treated"], want["ess_control"]], rtol=1e-10)
    assert match.population == estimand


def test_balance_before_and_after_equals_cobalt(score):
    table = apply(matching.InverseProbability(), score).balance()
    want = PACKAGES["cobalt_att"]
    names = ["prop.score" if name == "score" else name.replace("=", "_") for name in table.covariates]
    assert names == list(want["Diff.Un"])
    for statistic, cobalt in (("difference", "Diff"), ("variance_ratio", "V.Ratio"), ("ecdf_max", "KS")):
        for side, suffix in ((False, "Un"), (True, "Adj")):
            expected = [np.nan if v == "NA" else v for v in want[f"{cobalt}.{suffix}"].values()]
            # The weights there come from a score that stops at a relative deviance of 1e-8.
            np.testing.assert_allclose(table.column(statistic, after=side), expected, rtol=2e-8, atol=5e-9)


@pytest.mark.parametrize("spec", [matching.EntropyBalance(), matching.CBPS()])
def test_balancing_weights_leave_no_difference(score, spec):
    match = apply(spec, score)
    assert np.abs(match.balance().column("difference")[1:]).max() < 1e-10
    assert match.balance().check().verdict == "questionable"
    assert "0 of 9 covariates differ" in match.balance().check().reading


def observational(n=900, slope=1.0, seed=1):
    rng = np.random.default_rng(seed)
    df = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})
    return df.assign(treat=rng.random(n) < 1 / (1 + np.exp(-slope * df.x)))


def test_more_moments_balance_squares_cubes_and_products():
    df = observational()
    match = apply(matching.EntropyBalance(moments=3, interactions=True), score_of(df, ["x", "z"]))
    assert np.abs(match.balance(squares=True, interactions=True).column("difference")[1:]).max() < 1e-10
    cube, weights = (df.x - df.x.mean()) ** 3, match.weights
    cubes = [np.average(cube[arm], weights=weights[arm]) for arm in (df.treat, ~df.treat)]
    assert cubes[0] == pytest.approx(cubes[1], rel=1e-9)


def test_units_outside_the_support_have_no_weight(score):
    inside = matching.common_support(score)
    for spec in (matching.InverseProbability(trim=0.95), matching.EntropyBalance(), matching.CBPS()):
        match = apply(spec, inside)
        assert (match.weights[~inside.support] == 0).all()
        assert match.population == "ATT in the common support"
        assert match.n_outside == 65
        assert match.n_unmatched_treated == match.n_unmatched_control == 0


def test_trimming_counts_the_weights_it_lowers(score):
    match = apply(matching.InverseProbability(estimand="ATE", trim=0.95), score)
    full = apply(matching.InverseProbability(estimand="ATE"), score)
    assert match.details["weights_lowered"] == (match.weights < full.weights).sum()


def test_weights_in_few_hands_are_warned_of():
    with pytest.warns(DesignWarning, match=r"control units are worth .* equal ones"):
        apply(matching.InverseProbability(), score_of(observational(slope=3.0), ["x"]))


@pytest.mark.parametrize("spec", [matching.EntropyBalance(), matching.CBPS()])
def test_weights_that_cannot_exist_name_the_column(spec):
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"x": rng.random(300), "z": rng.random(300), "treat": np.arange(300) % 3 == 0})
    # The treated average 2.8, beyond every control, although half of them lie among the controls.
    df.loc[df.index[df.treat][::2], "x"] = 5.0
    with pytest.raises(DesignError, match="outside the range of the other arm for 'x'"):
        apply(spec, score_of(df, ["x", "z"]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: matching.InverseProbability(estimand="ATX"), "estimand='ATX' is not known"),
        (lambda: matching.InverseProbability(trim=99), "trim=0.99"),
        (lambda: matching.InverseProbability(estimator="horvitz-thompson", stabilized=True), "scale of the population"),
        (lambda: matching.InverseProbability(estimator="horvitz-thompson", estimand="ATO"), "scale of the population"),
        (lambda: matching.EntropyBalance(estimand="ATO"), "estimand='ATO' is not known"),
        (lambda: matching.EntropyBalance(moments=4), "must be between 1 and 3"),
        (lambda: matching.CBPS(estimand="ATO", overidentified=True), "maximum likelihood itself"),
    ],
)
def test_specifications_refuse_settings_that_make_no_sense(make, message):
    with pytest.raises(OptionError, match=message):
        make()


def test_a_class_in_place_of_a_specification_is_noticed(score):
    with pytest.raises(OptionError, match=r"Write InverseProbability\(\) with brackets"):
        apply(matching.InverseProbability, score)


def test_balance_limits_are_arguments(score):
    table = apply(matching.InverseProbability(), score).balance()
    assert table.check().verdict == "violated"
    assert table.check(threshold=0.2, variance_ratio=(0.1, 10)).verdict == "supported"
    assert table.check(threshold=0.2).verdict == "questionable"
    with pytest.raises(OptionError, match="must be a lower and a higher limit"):
        table.check(variance_ratio=(2, 0.5))


def test_denominators_change_the_scale_alone(score):
    match = apply(matching.InverseProbability(), score)
    by = {name: match.balance(denominator=name).column("difference") for name in ("treated", "control", "pooled")}
    np.testing.assert_allclose(by["treated"], match.balance().column("difference"))
    assert not np.allclose(by["treated"], by["control"])
    np.testing.assert_allclose(
        1 / by["pooled"][1:] ** 2, (1 / by["treated"][1:] ** 2 + 1 / by["control"][1:] ** 2) / 2, rtol=1e-9
    )


def test_balance_is_the_same_in_any_order_of_rows(score):
    df = lalonde().reset_index(drop=True)
    order = np.random.default_rng(2).permutation(614)
    a = apply(matching.CBPS(estimand="ATE"), score).balance()
    b = apply(matching.CBPS(estimand="ATE"), score_of(df.iloc[order])).balance()
    np.testing.assert_allclose(a.after, b.after, rtol=1e-9, atol=1e-11)


def test_distributions_are_shares_of_each_arm(score):
    match = apply(matching.EntropyBalance(), score)
    histogram = match.histogram()
    np.testing.assert_allclose(histogram.after.sum(axis=1), 1)
    age = match.distribution("age")
    treated = lalonde().query("treat == 1").age
    np.testing.assert_allclose(age.before[0], [(treated <= v).mean() for v in age.values])
    assert age.quantiles(points=3).shape == (2, 3)
    np.testing.assert_allclose(age.quantiles(after=False, points=3)[0], treated.quantile([0.25, 0.5, 0.75]))
    with pytest.raises(OptionError, match=r"'race' is not a column of the balance table"):
        match.distribution("race")


def test_tables_of_the_steps_hold_no_rows_and_go_through_json(score):
    match = apply(matching.EntropyBalance(), matching.common_support(score))
    steps = (match.balance(), match.histogram(), matching.block_balance(score), match.score.overlap)
    for step in steps:
        assert isinstance(step, Record)
        assert loads(dumps(step)) == step
