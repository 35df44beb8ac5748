"""Matches and effects against R's MatchIt and Matching, Stata's teffects, rbounds and sensemakr."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels

from causalkit import matching, simulate
from causalkit._numerics._abadie_imbens import (
    common_variance,
    matching_contrast,
    matching_variance,
    sample_variance,
)
from causalkit._numerics._aipw import fit_outcome
from causalkit._numerics._matched_sets import join_sets
from causalkit._numerics._metric import coordinates
from causalkit._numerics._nearest_1d import line_up, nearest_on_line
from causalkit._numerics._nearest_nd import nearest_in_space
from causalkit._numerics._rosenbaum import gamma_reaching, hodges_lehmann_range, sign_test_bounds
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.matching import Blocks, CoarsenedExact, Exact, Full, Kernel, Nearest, Optimal, Radius
from tests.lalonde import COVARIATES, GOLDEN, lalonde, lalonde_arrays, nsw_cps

REFERENCE = json.loads((GOLDEN / "matching_b.json").read_text())
LALONDE = REFERENCE["lalonde"]
NODEGREE = ["race", "married", "nodegree"]
NSW = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]

quiet = pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")


@pytest.fixture(scope="module")
def score():
    return matching.propensity_score(lalonde(), treatment="treat", covariates=COVARIATES)


@pytest.fixture(scope="module")
def nsw():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        return matching.propensity_score(nsw_cps(), treatment="treat", covariates=NSW)


def once(**options):
    return Nearest(replace=False, **options)


MATCHES = {
    "nn_ps_largest": once(distance="score"),
    "nn_ps_smallest": once(distance="score", order="smallest"),
    "nn_ps_data": once(distance="score", order="data"),
    "nn_lin_largest": once(),
    "nn_lin_data": once(order="data"),
    "nn_lin_largest_cal02": once(caliper=0.2),
    "nn_lin_data_cal02": once(caliper=0.2, order="data"),
    "nn_ps_largest_cal02": once(caliper=0.2, distance="score"),
    "nn_lin_repl_3": Nearest(ratio=3, ties="first"),
    "nn_lin_exact": once(exact=["race", "married"]),
    "subclass5_att": Blocks(n=5),
    "subclass5_ate": Blocks(n=5, estimand="ATE"),
    "cem_default": CoarsenedExact(),
    "exact_race_married_nodegree": Exact(columns=NODEGREE),
    "exact_ate": Exact(columns=NODEGREE, estimand="ATE"),
    "optimal_lin_1": Optimal(),
    "optimal_maha_1": Optimal(distance="mahalanobis"),
}


@quiet
@pytest.mark.parametrize("name", MATCHES)
def test_matches_and_errors_are_those_of_matchit_and_sandwich(name, score):
    match, want = matching.match(score, MATCHES[name]), LALONDE[name]
    assert (match.n_treated, match.n_control) == (want["n_treated"], want["n_control"])
    w = match.weights[~score.design.treated]
    assert w.sum() ** 2 / (w**2).sum() == pytest.approx(want["ess_control"], rel=1e-10)
    if "sum_control_rownumbers" in want:
        assert (match.sets.links().partner + 1).sum() == want["sum_control_rownumbers"]
    # Who is paired with whom among equal rows is open in the optimal match on covariates.
    by_pair = "se_cluster_subclass" in want["unadj"] and name != "optimal_maha_1"
    kinds = ["HC0", "HC1", "HC2", "HC3"] + ["pair_cluster"] * by_pair
    for kind in kinds:
        key = "se_cluster_subclass" if kind == "pair_cluster" else f"se_{kind.lower()}"
        plain = matching.effect(match, outcome="re78", cov_type=kind)
        assert plain.estimate == pytest.approx(want["unadj"]["coef"], rel=1e-10)
        assert plain.std_error == pytest.approx(want["unadj"][key], rel=1e-10)
        adjusted = matching.effect(match, outcome="re78", adjust=COVARIATES, adjustment="common", cov_type=kind)
        assert adjusted.estimate == pytest.approx(want["adj"]["coef"], rel=1e-9)
        assert adjusted.std_error == pytest.approx(want["adj"][key], rel=1e-9)


@quiet
@pytest.mark.parametrize(
    ("name", "spec"),
    {
        "nn_lin_largest": once(),
        "nn_lin_smallest": once(order="smallest"),
        "nn_lin_cal_raw005": once(caliper=0.05, caliper_scale="raw"),
        "nn_lin_ratio2": once(ratio=2),
        "nn_lin_exact": once(exact=["black", "hisp", "marr", "nodegree"]),
        "cem": CoarsenedExact(),
    }.items(),
)
def test_sixteen_thousand_controls_give_the_matches_of_matchit(name, spec, nsw):
    match, want = matching.match(nsw, spec), REFERENCE["nsw_cps"][name]
    got = matching.effect(match, outcome="re78", cov_type="pair_cluster")
    assert got.estimate == pytest.approx(want["att"], rel=1e-9)
    assert got.std_error == pytest.approx(want["se_cluster_subclass"], rel=1e-9)


@quiet
def test_full_matching_reaches_the_least_total_distance(score):
    match = matching.match(score, Full())
    # Ties leave several best divisions; optmatch's has the same total and, here, another estimate.
    assert match.details["total_distance"] == pytest.approx(44.26954918, rel=1e-8)
    assert matching.effect(match, outcome="re78").options["cov_type"] == "pair_cluster"


def test_optimal_matching_beats_greedy_matching(score):
    links = matching.match(score, once()).sets.links()
    greedy = np.abs(score.linear[links.focal] - score.linear[links.partner]).sum()
    best = matching.match(score, Optimal()).details["total_distance"]
    # optmatch: 191.755964872222 on a score that stops at 1e-8.
    assert best == pytest.approx(191.755965, rel=1e-8)
    assert best <= greedy * (1 + 1e-12)


ABADIE_IMBENS = [
    ("ai_lin_m1", "linear", 1, "ATT", False),
    ("ai_ps_m1", "score", 1, "ATT", False),
    ("ai_lin_m1_ate", "linear", 1, "ATE", False),
    ("ai_lin_m1_atc", "linear", 1, "ATC", False),
    ("ai_cov_ivw_m1", "scaled", 1, "ATT", False),
    ("ai_cov_maha_m1", "mahalanobis_full", 1, "ATT", False),
    ("ai_cov_ivw_m4_biasadj", "scaled", 4, "ATT", True),
    ("ai_cov_maha_m1_biasadj", "mahalanobis_full", 1, "ATT", True),
]


def sets_of_r(kind, ratio, estimand, score):
    """Sets by the rule of R's Matching: ties within 1e-5 of the squared distance of standardised columns."""
    x, t, _ = lalonde_arrays()
    if kind in {"linear", "score"}:
        z = getattr(score, kind)
        points = (z / z.std(ddof=1))[:, None]
    else:
        points = (x - x.mean(0)) / x.std(0, ddof=1) if kind == "scaled" else coordinates(x, t, kind)
    arms = {"ATT": [t], "ATC": [~t], "ATE": [t, ~t]}[estimand]
    return join_sets([nearest_in_space(points, a, ~a, ratio=ratio, slack=0.0, squared_slack=1e-5) for a in arms])


@pytest.mark.parametrize(("name", "kind", "ratio", "estimand", "corrected"), ABADIE_IMBENS)
def test_abadie_imbens_variances_are_those_of_r(name, kind, ratio, estimand, corrected, score):
    x, t, y = lalonde_arrays()
    ones = np.ones(y.size)
    sets = sets_of_r(kind, ratio, estimand, score)
    prediction = None
    if corrected:
        prediction = np.column_stack([fit_outcome(x, y, sets.totals(y.size)[0] * ~t).prediction] * 2)
    contrast = matching_contrast(y, t, sets, ones, prediction)
    sigma2 = common_variance(y, t, sets, contrast, prediction) * ones
    assert contrast.estimate == pytest.approx(LALONDE[name]["est"], rel=1e-11)
    variance = matching_variance(contrast, sets, sigma2, both=estimand == "ATE")
    assert variance**0.5 == pytest.approx(LALONDE[name]["se_ai"], rel=1e-11)
    assert sets.n_links == LALONDE[name]["n_pairs"]


def test_sample_variance_is_that_of_r(score):
    _, t, y = lalonde_arrays()
    z = score.linear / score.linear.std(ddof=1)
    sets = nearest_on_line(line_up(z, t, ~t), slack=0.0, squared_slack=1e-5)
    contrast = matching_contrast(y, t, sets, np.ones(614))
    sigma2 = np.full(614, common_variance(y, t, sets, contrast))
    want = LALONDE["ai_lin_m1_varsample"]["se_ai"]
    assert sample_variance(contrast, sets, sigma2) ** 0.5 == pytest.approx(want, rel=1e-11)


@pytest.fixture(scope="module")
def cattaneo():
    path = Path(statsmodels.__file__).parent / "treatment/tests/results/cataneo2.csv"
    if not path.exists():
        pytest.skip("statsmodels is installed without its tests")
    df = pd.read_csv(path)
    smoker = (df["mbsmoke_"] == 1).astype(int)
    return df.assign(smoker=smoker, mage_squared=df["mage"] ** 2)


def test_score_matching_is_that_of_stata(cattaneo):
    # teffects psmatch (bweight) (mbsmoke mmarried c.mage##c.mage fbaby medu); Stata 17.
    names = ["mmarried_", "mage", "mage_squared", "fbaby_", "medu"]
    score = matching.propensity_score(cattaneo, treatment="smoker", covariates=names)
    match = matching.match(score, Nearest(distance="score", estimand="ATE"))
    corrected = matching.effect(match, outcome="bweight")
    assert corrected.options["cov_type"] == "ai2016"
    assert corrected.estimate == pytest.approx(-210.968336740951, rel=1e-11)
    assert corrected.std_error == pytest.approx(32.0210034285548, rel=1e-9)
    plain = matching.effect(match, outcome="bweight", cov_type="ai2006")
    assert plain.std_error == pytest.approx(32.1234681674626, rel=1e-10)


def test_covariate_matching_is_that_of_stata(cattaneo):
    # teffects nnmatch (bweight mage prenatal1 mmarried fbaby) (mbsmoke); Stata 17.
    names = ["mage", "prenatal1_", "mmarried_", "fbaby_"]
    score = matching.propensity_score(cattaneo, treatment="smoker", covariates=names)
    match = matching.match(score, Nearest(distance="mahalanobis_full", estimand="ATE"))
    got = matching.effect(match, outcome="bweight")
    assert got.options["cov_type"] == "ai2006"
    assert got.estimate == pytest.approx(-240.330647636999, rel=1e-11)
    assert got.std_error == pytest.approx(28.4300633562396, rel=1e-10)


@quiet
def test_hidden_bias_is_measured_as_by_rbounds_evalue_and_sensemakr(score):
    match = matching.match(score, MATCHES["nn_lin_largest_cal02"])
    want = REFERENCE["sensitivity"]
    gammas = [each["gamma"] for each in want["gammas"]]
    got = matching.sensitivity(match, outcome="re78", gammas=gammas)
    for column, key in (("p_low", "p_lower"), ("p_high", "p_upper")):
        np.testing.assert_allclose(got.bounds[column], [each[key] for each in want["gammas"]], rtol=1e-9)
    assert 1 < got.gamma < 1.1
    assert got.bounds["estimate_low"][0] == pytest.approx(1284.1875)
    everyone = matching.match(score, matching.InverseProbability())
    whole = matching.sensitivity(replace(everyone, weights=np.ones(614)), outcome="re78")
    assert whole.partial_r2 == pytest.approx(want["sensemakr"]["partial_r2_yd_x"], rel=1e-9)
    assert whole.robustness == pytest.approx(want["sensemakr"]["rv_q1"], rel=1e-9)
    assert whole.robustness_at_level == pytest.approx(want["sensemakr"]["rv_q1_alpha05"], rel=1e-7)
    assert whole.bounds is None


def test_bounds_of_pairs_follow_their_definitions():
    low, high = sign_test_bounds(8, 2, 1.0)
    assert low == pytest.approx(high) == pytest.approx(56 / 1024)
    assert sign_test_bounds(8, 2, 2.0)[1] == pytest.approx(
        sum(c * 2**k for k, c in ((8, 45), (9, 10), (10, 1))) / 3**10
    )
    assert sign_test_bounds(0, 3, 2.0) == (1.0, 1.0)
    d = np.random.default_rng(0).normal(0.4, 1, 61)
    walsh = (d[:, None] + d)[np.triu_indices(61)] / 2
    assert hodges_lehmann_range(d, 1.0)[0] == pytest.approx(np.median(walsh), abs=1e-9)
    below, above = hodges_lehmann_range(d, 1.5)
    assert below < np.median(walsh) < above
    assert gamma_reaching(lambda g: 0.01 * g, 0.05) == pytest.approx(5.0)
    assert gamma_reaching(lambda g: 0.1, 0.05) == 1.0


def test_a_placebo_outcome_shows_what_matching_missed():
    sim = simulate.observational(1_500, rng=3, n_covariates=3)
    rng = np.random.default_rng(1)
    df = sim.data.assign(before=rng.normal(size=1_500), missed=sim.data.treated + rng.normal(size=1_500))
    score = matching.propensity_score(df, treatment="treated", covariates=["x1", "x2", "x3"])
    match = matching.match(score, Nearest(caliper=0.5))
    assert matching.sensitivity(match, outcome="y", placebo="before").check().verdict == "supported"
    found = matching.sensitivity(match, outcome="y", placebo="missed")
    assert found.check().verdict == "violated"
    assert "placebo effect" in str(found)
    assert matching.sensitivity(match, outcome="y").check() is None


def small(n=600, seed=0, **options):
    return simulate.observational(n, rng=seed, n_covariates=3, **options)


X3 = ["x1", "x2", "x3"]


@quiet
@pytest.mark.parametrize(
    "spec",
    [
        Nearest(ratio=2, caliper=0.3),
        Nearest(distance="mahalanobis"),
        Nearest(estimand="ATE"),
        Radius(radius=0.1),
        Kernel(bandwidth=0.2),
        Kernel(kernel="gaussian"),
        Blocks(n=4),
        Full(),
    ],
)
def test_order_of_rows_units_of_outcome_and_weights_of_one_change_nothing(spec):
    df = small().data.assign(w=1.0)

    def run(data, **options):
        score = matching.propensity_score(data, treatment="treated", covariates=X3, **options)
        return matching.effect(matching.match(score, spec), outcome="y")

    a = run(df)
    for other in (run(df.sample(frac=1, random_state=1)), run(df, weights="w")):
        assert other.estimate == pytest.approx(a.estimate, rel=1e-9)
        assert other.std_error == pytest.approx(a.std_error, rel=1e-9)
    moved = run(df.assign(y=1e6 - 3 * df.y))
    assert moved.estimate == pytest.approx(-3 * a.estimate, rel=1e-8)
    assert moved.std_error == pytest.approx(3 * a.std_error, rel=1e-8)


@quiet
@pytest.mark.parametrize(
    "make",
    [
        lambda estimand: Nearest(caliper=0.3, estimand=estimand),
        lambda estimand: once(caliper=0.3, estimand=estimand),
        lambda estimand: Kernel(bandwidth=0.2, estimand=estimand),
        lambda estimand: Blocks(n=4, estimand=estimand),
        lambda estimand: Optimal(estimand=estimand, caliper=0.5),
    ],
)
def test_relabelling_the_arms_turns_the_att_into_minus_the_atc(make):
    df = small(share_treated=0.5).data
    flipped = df.assign(treated=1 - df.treated)
    results = []
    for data, estimand in ((df, "ATT"), (flipped, "ATC")):
        score = matching.propensity_score(data, treatment="treated", covariates=X3)
        results.append(matching.effect(matching.match(score, make(estimand)), outcome="y", adjust=["x1"]))
    assert results[1].estimate == pytest.approx(-results[0].estimate, rel=1e-7)
    assert results[1].std_error == pytest.approx(results[0].std_error, rel=1e-7)


@quiet
@pytest.mark.parametrize("spec", [Nearest(caliper=0.4), Kernel(bandwidth=0.2), Exact(columns=["k"])])
def test_a_row_twice_is_a_row_with_weight_two(spec):
    df = small(300).data.round(1)
    df = df.assign(k=df["x1"].round(), w=np.random.default_rng(2).integers(1, 4, 300))
    twice = df.loc[df.index.repeat(df["w"])]
    a = matching.propensity_score(df, treatment="treated", covariates=X3, weights="w")
    b = matching.propensity_score(twice, treatment="treated", covariates=X3)
    one, two = (matching.effect(matching.match(each, spec), outcome="y") for each in (a, b))
    # The caliper and the bandwidth are in standard deviations, whose n - 1 differs: hence no closer than this.
    assert one.estimate == pytest.approx(two.estimate, rel=2e-3)


def test_weights_from_sets_are_the_weights_of_the_match(score):
    match = matching.match(score, Nearest(ratio=2))
    links = match.sets.links()
    w = np.bincount(links.partner, links.share, 614)
    w[match.sets.focal] += 1
    np.testing.assert_allclose(match.weights, w, rtol=1e-12)


def test_a_caliper_holds_in_every_pair_and_is_reported(score):
    with pytest.warns(DesignWarning, match="68 of 185 treated units found no partner within the caliper of 0.3609"):
        match = matching.match(score, once(caliper=0.2))
    links = match.sets.links()
    assert np.abs(score.linear[links.focal] - score.linear[links.partner]).max() <= match.details["caliper"]
    result = matching.effect(match, outcome="re78")
    assert result.effect.estimand == "ATT among the matched"
    assert "68 of 185 treated units unmatched" in result.checks["matched"].reading
    assert result.sample.dropped["unmatched treated"] == 68


def test_bias_correction_equals_regression_of_the_matched_sample(score):
    match = matching.match(score, Nearest())
    a = matching.effect(match, outcome="re78", adjust=COVARIATES)
    b = matching.effect(match, outcome="re78", adjust=COVARIATES, cov_type="HC1")
    assert a.estimate == pytest.approx(b.estimate, rel=1e-9)
    assert a.mean_control == pytest.approx(b.mean_control, rel=1e-9)
    assert a.unadjusted.estimate == pytest.approx(matching.effect(match, outcome="re78").estimate)


def test_blocks_compare_means_inside_blocks(score):
    match = matching.match(score, Blocks(n=5))
    result = matching.effect(match, outcome="re78")
    y, t = lalonde()["re78"].to_numpy(), score.design.treated
    effects, variances, shares = [], [], []
    for b in range(5):
        one, zero = y[(match.blocks == b) & t], y[(match.blocks == b) & ~t]
        effects.append(one.mean() - zero.mean())
        variances.append(one.var(ddof=1) / one.size + zero.var(ddof=1) / zero.size)
        shares.append(one.size / t.sum())
    assert result.options["cov_type"] == "block"
    np.testing.assert_allclose(result.by_block.estimates, effects, rtol=1e-10)
    assert result.std_error == pytest.approx(np.sqrt(np.square(shares) @ variances), rel=1e-10)
    assert result.estimate == pytest.approx(np.dot(shares, effects), rel=1e-10)


@quiet
def test_the_recipe_is_made_of_the_steps():
    df = lalonde()
    whole = matching.estimate(df, outcome="re78", treatment="treat", covariates=COVARIATES)
    score = matching.propensity_score(df, treatment="treat", covariates=COVARIATES)
    steps = matching.effect(matching.match(score, Nearest(caliper=0.2)), outcome="re78", adjust=COVARIATES)
    assert whole == replace(steps, sample=whole.sample)
    assert whole.unadjusted.std_error > 0
    holes = df.astype({"re78": float}).reset_index(drop=True)
    holes.loc[[3, 500], "re78"] = np.nan
    dropped = matching.estimate(holes, outcome="re78", treatment="treat", covariates=COVARIATES, missing="drop")
    assert dropped.sample.n_rows == 614
    assert dropped.sample.dropped["missing re78"] == 2


@pytest.mark.parametrize(
    ("spec", "options", "words"),
    [
        (Nearest(), {"cov_type": "bootstrap"}, "Abadie and Imbens 2008"),
        (Nearest(), {"cov_type": "pair_cluster"}, "used again"),
        (once(), {"cov_type": "ai2016"}, "with replacement"),
        (Blocks(), {"cov_type": "stacked"}, "InverseProbability"),
        (Kernel(bandwidth=1.0), {"cov_type": "block"}, "needs blocks"),
        (Nearest(), {"cov_type": "cluster"}, "needs cluster="),
        (Nearest(), {"cov_type": "ai2006", "adjust": ["age"], "adjustment": "common"}, "separate"),
        (Nearest(), {"cov_type": "HC9"}, "is not known"),
    ],
)
def test_errors_that_are_not_valid_for_the_method_are_refused(spec, options, words, score):
    with pytest.raises(OptionError, match=words):
        matching.effect(matching.match(score, spec), outcome="re78", **options)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Nearest(caliper=-1), "caliper=-1 must be positive"),
        (lambda: Nearest(caliper=0.2, distance="mahalanobis"), "caliper_scale='raw'"),
        (lambda: Nearest(order="largest"), "replace=False"),
        (lambda: once(order="random"), "needs rng="),
        (lambda: once(estimand="ATE"), "use replace=True"),
        (lambda: Nearest(covariates=["age"]), "belongs to a distance on covariates"),
        (lambda: Nearest(score_caliper=0.2), "use caliper="),
        (lambda: Blocks(edges=[0.5, 0.2]), "ascending order"),
        (lambda: CoarsenedExact(bins={"age": "sturgess"}), "Did you mean 'sturges'"),
        (lambda: Kernel(bandwidth="cv"), "is not known"),
        (lambda: Radius(radius=0), "must be positive"),
    ],
)
def test_settings_that_make_no_sense_cannot_be_written(build, words):
    with pytest.raises(OptionError, match=words):
        build()


def test_nobody_matched_says_how_near_the_nearest_are():
    df = lalonde().assign(row=range(614))
    score = matching.propensity_score(df, treatment="treat", covariates=COVARIATES)
    far = replace(score, linear=score.linear + 100.0 * score.design.treated)
    with pytest.raises(DesignError, match=r"Nobody could be matched.*smallest distance seen is 9\d\."):
        matching.match(far, Nearest(caliper=0.1, caliper_scale="raw"))
    with pytest.raises(DesignError, match="Nobody could be matched"):
        matching.match(far, Radius(radius=0.1, scale="raw"))
    with pytest.raises(DesignError, match="Nobody could be matched"):
        matching.match(far, Kernel(bandwidth=0.1, scale="raw"))
    with pytest.raises(DesignError, match="has both treated and control"):
        matching.match(score, Exact(columns=["row"]))


def test_a_class_in_place_of_a_specification_is_explained(score):
    with pytest.raises(OptionError, match=r"Nearest\(\) with brackets"):
        matching.match(score, Nearest)
    with pytest.raises(OptionError, match="answer of propensity_score"):
        matching.match(lalonde(), Nearest())
    with pytest.raises(OptionError, match=r"answer of matching\.match"):
        matching.effect(score, outcome="re78")


@quiet
@pytest.mark.parametrize(
    "spec", [Kernel(bandwidth=0.3), Blocks(n=4), Radius(radius=0.2), matching.InverseProbability()]
)
def test_the_bootstrap_agrees_with_the_errors_beside_it(spec):
    score = matching.propensity_score(small(500, seed=4).data, treatment="treated", covariates=X3)
    match = matching.match(score, spec)
    booted = matching.effect(match, outcome="y", cov_type="bootstrap", draws=150, rng=1)
    again = matching.effect(match, outcome="y", cov_type="bootstrap", draws=150, rng=1)
    assert booted.std_error == again.std_error
    usual = matching.effect(match, outcome="y", cov_type="HC1")
    # Counting the score's estimation shortens them, seldom by half.
    assert 0.4 < booted.std_error / usual.std_error < 1.3


def test_pairs_and_clusters_across_them_are_both_counted():
    sim = small(800, seed=6)
    df = sim.data.assign(shop=np.arange(800) % 40)
    df["y"] += np.random.default_rng(0).normal(size=40)[df["shop"]]
    score = matching.propensity_score(df, treatment="treated", covariates=X3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        match = matching.match(score, once(caliper=0.2))
        two = matching.effect(match, outcome="y", cluster="shop")
        pairs = matching.effect(match, outcome="y")
    assert two.sample.n_clusters == 40
    assert two.effect.df == 39
    assert two.estimate == pairs.estimate
    assert two.std_error != pairs.std_error


def test_five_treated_of_two_hundred_thousand_are_matched_with_a_warning():
    rng = np.random.default_rng(0)
    n = 200_000
    df = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "y": rng.normal(size=n), "t": 0})
    df.loc[rng.choice(n, 5, replace=False), "t"] = 1
    with pytest.warns(DesignWarning) as seen:
        result = matching.estimate(df, outcome="y", treatment="t", covariates=["a", "b"])
    assert {str(each.message) for each in seen} == set(result.warnings)
    assert np.isfinite(result.std_error)
    assert any("interval is unreliable" in each for each in result.warnings)


@pytest.mark.slow
@quiet
@pytest.mark.parametrize("heterogeneity", [0.0, 0.5])
def test_the_recipe_covers_the_effect_on_the_treated(heterogeneity):
    hits, ratio = [], []
    for seed in range(200):
        sim = small(500, seed=seed, heterogeneity=heterogeneity, overlap=0.85)
        result = matching.estimate(sim.data, outcome="y", treatment="treated", covariates=X3, caliper=None)
        low, high = result.conf_int(0.95).parts[0]
        hits.append(low <= sim.truth["ATT"] <= high)
        ratio.append((result.estimate - sim.truth["ATT"], result.std_error))
    errors, lengths = np.array(ratio).T
    assert abs(np.mean(hits) - 0.95) <= 4 * (0.95 * 0.05 / 200) ** 0.5
    assert abs(errors.mean()) <= 4 * errors.std() / 200**0.5
    assert 0.85 < lengths.mean() / errors.std() < 1.25
