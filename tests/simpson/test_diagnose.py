"""simpson.diagnose: known tables, odd input, invariances."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from causalkit import datasets, simpson
from causalkit.errors import DataError, DataWarning, DesignError, DesignWarning, OptionError
from tests import adversarial
from tests.adversarial import Subject, same_answer

ROLES = {"outcome": "y", "treatment": "d", "by": ["s", "t"]}


def frame(n: int = 400, *, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    s, t = rng.integers(0, 3, n), rng.choice(["a", "b"], n)
    d = (rng.random(n) < 0.25 + 0.25 * s).astype(int)
    return pd.DataFrame({"y": rng.normal(size=n) + s - 0.5 * d, "d": d, "s": s, "t": t})


def call(data, roles=ROLES, **options):
    return simpson.diagnose(data, **roles, **options)


def few_treated() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 200_000
    d = (np.arange(n) < 5).astype(int)
    return pd.DataFrame({"y": rng.normal(size=n), "d": d, "s": 0, "t": np.where(np.arange(n) % 2, "a", "b")})


test_bad_and_odd_input = adversarial.suite(Subject(call=call, frame=frame(), roles=ROLES, large=few_treated))


@pytest.fixture(scope="module")
def users():
    return datasets.load("service_gmv")


@pytest.fixture(scope="module")
def gmv(users):
    return simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity")


def kidney(**options):
    return simpson.diagnose(
        datasets.load("kidney_stones"),
        outcome="success",
        treatment="treatment",
        treated="open surgery",
        by="stone_size",
        **options,
    )


def test_the_product_table_comes_out_exactly(gmv):
    assert gmv.crude.estimate == pytest.approx(-123, rel=1e-12)
    assert gmv.strata.effects().estimates == pytest.approx([1000, 500], rel=1e-12)
    assert {label: gmv.effects[label].estimate for label in ("ATE", "ATT", "ATC", "gap")} == pytest.approx(
        {"ATE": 772.5, "ATT": 625, "ATC": 875, "gap": -895.5}, rel=1e-12
    )
    parts = gmv.decomposition()
    assert dict(zip(parts.labels, parts.estimates, strict=True)) == pytest.approx(
        {"within": 750, "composition": -873, "crude": -123}, rel=1e-12
    )
    assert (gmv.kind(), gmv.patterns) == ("reversal", ("association reversal",))
    assert gmv.reversal.p_value < 0.01
    assert not gmv.warnings


def test_kidney_stones_are_certainly_confounded_but_not_certainly_reversed():
    found = kidney()
    assert found.gap.statistic == pytest.approx(-5.2974074, abs=6e-8)
    assert found.reversal.p_value == pytest.approx(0.0639322879, abs=6e-11)
    assert found.checks["sign"].verdict == "questionable"
    assert "chance could have turned the sign (p = 0.064)" in found.headline()
    assert found.kind() == "reversal"
    odds = found.ratios["Mantel-Haenszel odds ratio"]
    assert (odds.estimate, *odds.conf_int().parts[0]) == pytest.approx(
        (1.4468466249, 0.9157934135, 2.2858486698), abs=6e-11
    )
    assert found.stratified_tests.cmh_corrected.p_value == pytest.approx(0.1481441486, abs=6e-11)


def test_baker_kramer_lines_of_the_kidney_stones():
    lines = kidney().baker_kramer("large")
    assert lines["arm"] == ("open surgery", "PCNL")
    expected = {
        "at_share_0": (0.9310344828, 0.8666666667),
        "at_share_1": (0.7300380228, 0.6875),
        "share": (0.7514285714, 0.2285714286),
        "mean_crude": (0.78, 0.8257142857),
        "share_common": (0.49, 0.49),
        "mean_standardised": (0.8325462174, 0.7788750000),
    }
    for column, values in expected.items():
        assert lines[column] == pytest.approx(values, abs=6e-11)
    with pytest.raises(OptionError, match="Did you mean 'large'"):
        kidney().baker_kramer("lrge")


def test_berkeley_is_no_strict_reversal():
    found = simpson.diagnose(
        datasets.load("berkeley_admissions"),
        outcome="admitted",
        treatment="gender",
        treated="male",
        by="department",
    )
    assert found.patterns == ("amalgamation", "adjusted reversal")
    assert found.kind() == "reversal"
    assert found.checks["homogeneity"].verdict == "questionable"
    assert found.checks["qualitative interaction"].verdict == "supported"
    assert found.gap.statistic == pytest.approx(12.8603906, abs=6e-8)
    with pytest.raises(OptionError, match="needs two strata; there are 6"):
        found.baker_kramer()


def test_every_standard_can_be_the_headline(gmv, users):
    for standard, label in {"treated": "ATT", "control": "ATC", "overlap": "ATO"}.items():
        found = simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity", standard=standard)
        assert found.effect.estimand == label
        assert (found.estimate, found.std_error) == pytest.approx(
            (gmv.effects[label].estimate, gmv.effects[label].std_error), rel=1e-12
        )
        assert found.gap.estimate == pytest.approx(-123 - found.estimate, rel=1e-12)
    given_shares = simpson.diagnose(
        users,
        outcome="gmv",
        treatment="used_service",
        by="activity",
        standard={"active": 2, "inactive": 3},
    )
    assert given_shares.estimate == pytest.approx(0.4 * 1000 + 0.6 * 500, rel=1e-12)
    with pytest.raises(OptionError, match=r"names 'activ', which is not a stratum. Did you mean 'active'"):
        simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity", standard={"activ": 1})
    with pytest.raises(OptionError, match="no share for 'inactive'"):
        simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity", standard={"active": 1})


# Bad input of strata.


def test_one_stratum_equals_the_pooled_difference_and_says_so():
    data = frame().assign(s="all")
    with pytest.warns(DataWarning, match="has one value in all rows"):
        found = simpson.diagnose(data, outcome="y", treatment="d", by="s")
    means = data.groupby("d")["y"].mean()
    assert found.estimate == pytest.approx(means[1] - means[0], rel=1e-12)
    assert found.gap.estimate == pytest.approx(0, abs=1e-12)
    assert found.gap.std_error == pytest.approx(0, abs=1e-12)
    assert found.kind() == "none"
    assert found.checks["homogeneity"].verdict == "not run"


def test_strata_with_one_arm_are_left_out_counted_and_named_in_the_decomposition():
    data = frame()
    data.loc[data["s"] == 2, "d"] = 1
    data.loc[(data["s"] == 1) & (data["t"] == "b"), "d"] = 0
    alone = (data["s"] == 2) | ((data["s"] == 1) & (data["t"] == "b"))
    with pytest.warns(DesignWarning) as seen:
        found = call(data)
    words = str(seen[0].message)
    assert re.search(r"3 strata of 6 in by='s', 't' with one arm only \(\d+ treated, \d+ control rows\)", words)
    assert found.warnings == tuple(str(each.message) for each in seen)
    clean = call(data[~alone])
    assert found.estimate == pytest.approx(clean.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(clean.std_error, rel=1e-12)
    assert found.gap.estimate == pytest.approx(clean.gap.estimate, rel=1e-10)
    assert found.sample.dropped == {"stratum with one arm only": int(alone.sum())}
    assert found.sample.n_used == clean.sample.n_used
    means = data.groupby("d")["y"].mean()
    assert found.crude.estimate == pytest.approx(means[1] - means[0], rel=1e-12)
    for base in ("symmetric", "treated", "control"):
        parts = found.decomposition(base)
        *added, total = parts.estimates
        assert parts.labels == ("within", "composition", "treated_only", "control_only", "crude")
        assert sum(added) == pytest.approx(total, rel=1e-12)
    assert found.checks["overlap"].verdict == "violated"


def test_a_row_alone_in_its_cell_is_said_to_have_no_variance():
    data = pd.DataFrame({"y": np.arange(44.0) % 5, "d": [0, 1] * 22, "s": ["a"] * 40 + ["b"] * 2 + ["c"] * 2})
    found = simpson.diagnose(data, outcome="y", treatment="d", by="s")
    reading = found.checks["small cells"].reading
    assert "an arm of 2 strata of 3" in reading
    assert reading.endswith("An arm of 2 strata has a single row, whose variance is unknown and counts as zero.")
    assert "single" not in call(frame()).checks["small cells"].reading


def test_no_stratum_with_both_arms_cannot_be_answered():
    data = frame().assign(t=lambda f: f["d"].map({0: "left", 1: "right"}))
    with pytest.raises(DesignError, match="No stratum of by='t' has rows in both arms: 2 strata"):
        simpson.diagnose(data, outcome="y", treatment="d", by="t")


def test_unused_categories_are_no_strata():
    data = frame()
    data["t"] = pd.Categorical(data["t"], categories=["z", "b", "a", "never"])
    found = call(data)
    same_answer(call(frame()), found)
    assert len(found.strata) == 6


def test_missing_strata_are_refused_or_a_level_of_their_own_only_when_asked():
    data = frame()
    data.loc[:39, "t"] = None
    with pytest.raises(DataError, match="by='t' in 40 rows"):
        call(data)
    own = call(data, {**ROLES, "by": "t"}, missing_level="unknown")
    assert own.strata.labels == ("a", "b", "unknown")
    same_answer(call(data.fillna({"t": "unknown"}), {**ROLES, "by": "t"}), own)
    assert call(data, missing="drop").sample.dropped == {"missing t": 40}


def test_a_continuous_column_is_refused_with_a_hint_and_cut_on_request():
    data = frame().assign(x=np.random.default_rng(0).normal(size=400))
    with pytest.raises(DataError, match=r"by='x' holds 400 different numbers.*bins=5"):
        simpson.diagnose(data, outcome="y", treatment="d", by="x")
    found = simpson.diagnose(data, outcome="y", treatment="d", by=["x", "s"], bins=4)
    assert len(found.strata) == 12
    quarters = pd.qcut(data["x"], 4, labels=False).astype(str)
    by_hand = simpson.diagnose(data.assign(x=quarters), outcome="y", treatment="d", by=["x", "s"])
    same_answer(by_hand, found)
    edges = simpson.diagnose(data, outcome="y", treatment="d", by="x", bins={"x": [-0.5, 0.5]})
    assert edges.strata.labels == ("below -0.5", "-0.5 to 0.5", "0.5 and above")
    assert edges.strata.rows.sum(axis=1).tolist() == np.bincount(np.digitize(data["x"], [-0.5, 0.5])).tolist()


@pytest.mark.parametrize(
    ("bins", "error", "words"),
    [
        (1, OptionError, "bins=1 must be 2 or more"),
        ({"z": 3}, OptionError, "bins names 'z', which is not in by"),
        ({"s": [2, 1]}, OptionError, "increasing edges"),
        ({"t": 3}, OptionError, "does not hold numbers"),
        ({"s": [np.inf]}, OptionError, "finite"),
    ],
)
def test_bins_that_make_no_sense(bins, error, words):
    with pytest.raises(error, match=words):
        call(frame(), bins=bins)


def test_a_missing_level_is_a_label_and_strata_are_hashable():
    with pytest.raises(OptionError, match="missing_level=3 must be a label"):
        call(frame(), missing_level=3)
    with pytest.raises(DataError, match="by='s' must hold labels or numbers; it holds 'list'"):
        call(frame().assign(s=[[1]] * 400), {**ROLES, "by": "s"})


def test_missing_values_of_a_cut_column_can_be_a_stratum():
    data = frame().assign(x=np.random.default_rng(0).normal(size=400))
    data.loc[:49, "x"] = np.nan
    found = simpson.diagnose(data, outcome="y", treatment="d", by="x", bins=3, missing_level="none")
    assert found.strata.labels[-1] == "none"
    assert found.strata.rows[-1].sum() == 50


def test_the_treatment_cannot_be_a_stratum():
    with pytest.raises(OptionError, match="two roles"):
        simpson.diagnose(frame(), outcome="y", treatment="d", by=["s", "d"])


def test_an_exact_tie_is_a_difference_of_zero_and_no_reversal():
    once = pd.DataFrame({"y": [1.1, 2.2, 3.3] * 4, "d": [0, 0, 0, 1, 1, 1] * 2, "s": [0] * 6 + [1] * 6})
    once.loc[6:, "y"] += 0.1
    data = pd.concat([once] * 4)
    found = simpson.diagnose(data, outcome="y", treatment="d", by="s")
    assert found.estimate == 0.0
    assert found.strata.estimate.tolist() == [0.0, 0.0]
    assert (found.kind(), found.patterns, found.reversal.p_value) == ("none", (), 1.0)


def test_the_order_of_strata_columns_plays_no_role():
    data = frame()
    a = simpson.diagnose(data, outcome="y", treatment="d", by=["s", "t"])
    b = simpson.diagnose(data, outcome="y", treatment="d", by=["t", "s"])
    same_answer(a, b, rel=1e-12)
    assert b.strata.labels[0] == "a, 0"


def test_labels_that_run_into_one_another_stay_apart():
    data = frame(800).assign(
        s=lambda f: f["s"].map({0: "a, b", 1: "a", 2: "c"}),
        t=lambda f: np.where(f["t"] == "a", "c", "b, c"),
    )
    found = call(data)
    assert len(set(found.strata.labels)) == 6
    assert "s='a, b', t='c'" in found.strata.labels


def test_a_sign_that_hangs_on_rows_without_counterpart_is_pointed_out():
    both = pd.DataFrame({"y": np.tile([0.0, 1, 2], 20), "d": np.repeat([0, 1], 30), "s": "both"})
    both.loc[both["d"] == 1, "y"] += 1
    alone = pd.DataFrame({"y": np.tile([-50.0, -51, -52], 20), "d": 1, "s": "treated only"})
    with pytest.warns(DesignWarning, match="nobody to be compared with"), pytest.warns(DesignWarning, match="one arm"):
        found = simpson.diagnose(pd.concat([both, alone]), outcome="y", treatment="d", by="s")
    assert found.crude.estimate < 0 < found.compared.estimate == found.estimate
    assert found.kind() == "none"
    assert "over the same strata" in found.headline()
    assert found.decomposition().labels == ("within", "composition", "treated_only", "crude")


def test_thousands_of_strata_are_fast_and_keep_no_square_of_their_number():
    rng = np.random.default_rng(0)
    n = 60_000
    data = pd.DataFrame(
        {"y": rng.normal(size=n), "d": np.arange(n) % 2, "shop": [f"shop {k}" for k in np.arange(n) // 10]}
    )
    data["g"] = rng.integers(0, 50, n)
    for extra in ({}, {"cluster": "g"}):
        found = simpson.diagnose(data, outcome="y", treatment="d", by="shop", **extra)
        assert len(found.strata) == 6_000
        assert len(found.to_json()) < 3_000_000
        assert len(found.summary()) < 8_000
        with pytest.raises(OptionError, match="joint covariance of 6,000 strata"):
            found.strata.effects()
    assert found.checks["homogeneity"].verdict == "not run"
    ols = data["y"] - data.groupby("shop")["y"].transform("mean")
    d = data["d"] - 0.5
    assert found.effects["ATO"].estimate == pytest.approx((ols @ d) / (d @ d), rel=1e-9)


# Weights and clusters.


def test_sampling_weights_scale_freely_and_zero_drops_a_row():
    rng = np.random.default_rng(5)
    data = frame().assign(w=rng.uniform(0.2, 3, 400))
    base = call(data, weights="w")
    same_answer(base, call(data.assign(w=data["w"] * 1e6), weights="w"), rel=1e-11)
    same_answer(call(data), call(data.assign(w=2.5), weights="w"), rel=1e-11)
    data.loc[:20, "w"] = 0
    found = call(data, weights="w")
    same_answer(call(data.iloc[21:], weights="w"), found, rel=1e-11)
    assert found.sample.dropped == {"zero weight": 21}


def test_counts_as_weights_give_the_estimates_of_repeated_rows():
    data = frame().assign(w=np.random.default_rng(6).integers(1, 4, 400))
    repeated = data.loc[data.index.repeat(data["w"])]
    # Inverse-variance weights are about precision, and weights are no rows: that standard differs.
    labels = ("ATE", "crude", "gap", "ATT", "ATC", "ATO")
    weighted, rows = call(data, weights="w").effects.select(labels), call(repeated).effects.select(labels)
    np.testing.assert_allclose(weighted.estimates, rows.estimates, rtol=1e-10)


def test_clusters_that_are_rows_equal_no_clusters_but_for_the_quantiles():
    data = frame().assign(g=np.arange(400), three=lambda f: f["g"] % 3)
    a, b = call(data), call(data, cluster="g")
    np.testing.assert_allclose(b.terms().std_errors, a.terms().std_errors, rtol=1e-10)
    for found, df in ((a, np.inf), (b, 399)):
        every = (found.effects, found.strata.effects(), found.decomposition(), found.gap, found.crude)
        assert {each.df for each in every} == {df}
    low, high = b.strata.effects()["0, a"].conf_int(0.9)
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.95, 399) * b.strata.std_error[0], rel=1e-10)
    adjusted = call(data, cluster="g", cov_type="CR1")
    assert adjusted.std_error == pytest.approx(b.std_error * np.sqrt(400 / 399), rel=1e-12)
    with pytest.warns(DesignWarning, match="3 clusters are few"):
        call(data, cluster="three")
    with pytest.raises(OptionError, match=r"cov_type='HC2' does not go with cluster"):
        call(data, cluster="g", cov_type="HC2")


def test_with_clusters_equal_strata_are_tested_by_f():
    data = frame().assign(g=np.arange(400) % 40)
    found = call(data, cluster="g")
    strata = found.strata.effects()
    contrast = np.column_stack([-np.ones(5), np.eye(5)])
    gap, spread = contrast @ strata.estimates, contrast @ strata.cov @ contrast.T
    wald = gap @ np.linalg.solve(spread, gap)
    check = found.checks["homogeneity"]
    assert (check.statistic, check.df) == (pytest.approx(wald, rel=1e-9), 5)
    assert check.p_value == pytest.approx(stats.f.sf(wald / 5, 5, 39), rel=1e-9)
    assert found.checks["qualitative interaction"].verdict == "not run"


def test_binary_outcomes_with_weights_have_robust_ratios_and_no_model_based_tests():
    rng = np.random.default_rng(7)
    data = frame().assign(y=rng.integers(0, 2, 400), w=rng.uniform(0.5, 2, 400))
    found = call(data, weights="w")
    assert found.stratified_tests is None
    assert "Mantel-Haenszel odds ratio" in found.ratios
    assert not call(frame()).ratios


# Invariances.


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), shift=st.floats(-1e6, 1e6), scale=st.floats(0.01, 100), flip=st.booleans())
def test_affine_outcomes_and_relabelled_arms(seed, shift, scale, flip):
    data = frame(300, seed=seed)
    factor = -scale if flip else scale
    a, b = call(data), call(data.assign(y=shift + factor * data["y"]))
    size = abs(shift) + scale
    np.testing.assert_allclose(b.terms().estimates, factor * a.terms().estimates, atol=1e-12 * size * 10)
    np.testing.assert_allclose(b.terms().std_errors, scale * a.terms().std_errors, atol=1e-12 * size * 10)
    swapped = call(data, treated=0)
    assert swapped.effects["ATT"].estimate == pytest.approx(-a.effects["ATC"].estimate, rel=1e-10, abs=1e-12)
    assert swapped.estimate == pytest.approx(-a.estimate, rel=1e-10, abs=1e-12)
    assert swapped.kind() == a.kind()
    assert swapped.patterns == a.patterns
    assert swapped.reversal.p_value == pytest.approx(a.reversal.p_value, rel=1e-8)


def test_a_result_goes_through_json_and_does_not_grow_with_the_rows():
    small, large = call(frame(400)), call(frame(4 * 400))
    back = simpson.SimpsonResult.from_json(small.to_json())
    assert back == small
    assert back.summary() == small.summary()
    assert abs(len(large.to_json()) - len(small.to_json())) < 0.05 * len(small.to_json())


def test_nothing_is_certain_when_the_standard_has_no_variance():
    data = frame().assign(y=lambda f: np.where(f["s"] == 0, 1.0, f["y"]))
    assert "inverse variance" not in call(data).effects.labels
    with pytest.raises(DesignError, match="inverse_variance' needs an outcome that varies"):
        call(data, standard="inverse_variance")
