"""simpson.scan: equal to one diagnosis per stratification, adjusted p-values, what is left out."""

from __future__ import annotations

import itertools
import warnings
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from causalkit import datasets, simpson
from causalkit._numerics import _wald
from causalkit.errors import CausalkitWarning, DataError, DataWarning, DesignError, DesignWarning, OptionError
from causalkit.simpson import _sweep
from causalkit.simpson._records import gather
from causalkit.simpson._sweep import sweep
from tests import adversarial
from tests.adversarial import Subject

ROLES = {"outcome": "y", "treatment": "d", "candidates": ["a", "b", "c"]}


def frame(n: int = 2_000, *, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a, b, c = rng.integers(0, 4, n), rng.integers(0, 3, n), rng.integers(0, 2, n)
    d = (rng.random(n) < 0.2 + 0.2 * a).astype(int)
    y = rng.normal(size=n) + a + 0.3 * b - 0.5 * d
    return pd.DataFrame(
        {"y": y, "d": d, "a": a, "b": b, "c": c, "w": rng.uniform(0.5, 2, n), "g": rng.integers(0, 90, n)}
    )


def call(data, roles=ROLES, **options):
    return simpson.scan(data, **roles, **options)


def few_treated() -> pd.DataFrame:
    data = frame(200_000)
    return data.assign(d=(np.arange(200_000) < 5).astype(int))


test_bad_and_odd_input = adversarial.suite(
    Subject(call=call, frame=frame(400), roles={**ROLES, "candidates": ["a", "b"]}, large=few_treated)
)


@pytest.mark.parametrize("extra", [{}, {"weights": "w"}, {"cluster": "g"}, {"weights": "w", "cluster": "g"}])
def test_every_row_of_the_ranking_equals_a_diagnosis(extra):
    data = frame()
    found = call(data, **extra)
    assert len(found.ranking) == 6
    for row in found.ranking.rows():
        line = dict(zip(found.ranking.columns, row, strict=True))
        by = str(line["by"]).split(" × ")
        one = simpson.diagnose(data, outcome="y", treatment="d", by=by, **extra)
        assert (line["estimate"], line["std_error"]) == pytest.approx((one.estimate, one.std_error), rel=1e-9)
        assert (line["gap"], line["gap_std_error"]) == pytest.approx((one.gap.estimate, one.gap.std_error), rel=1e-8)
        assert line["p_value"] == pytest.approx(one.gap.p_value, rel=1e-6)
        assert line["p_reversal"] == pytest.approx(one.reversal.p_value, rel=1e-6)
        assert found.gaps[f"gap by {line['by']}"].conf_int() == pytest.approx(one.gap.conf_int(), rel=1e-7)
        assert line["reverses"] == (one.kind() == "reversal")
        assert found.row(str(line["by"])) == line
    assert found.estimate == pytest.approx(one.crude.estimate, rel=1e-10)
    assert found.std_error == pytest.approx(one.crude.std_error, rel=1e-9)


def test_adjusted_p_values_equal_statsmodels_and_the_multivariate_normal():
    found = call(frame())
    p = np.array(found.ranking["p_value"])
    np.testing.assert_allclose(found.ranking["p_holm"], multipletests(p, method="holm")[1], rtol=1e-12)
    np.testing.assert_allclose(found.ranking["p_bh"], multipletests(p, method="fdr_bh")[1], rtol=1e-12)
    rng, std_errors = np.random.default_rng(0), found.gaps.std_errors[1:]
    draws = rng.multivariate_normal(np.zeros(6), found.gaps.cov[1:, 1:], size=200_000, method="eigh")
    largest = np.abs(draws / std_errors).max(axis=1)
    reference = [np.mean(largest >= abs(t)) for t in found.ranking["statistic"]]
    # Five standard errors of a share among 200,000 draws.
    np.testing.assert_allclose(found.ranking["p_max_t"], reference, atol=5 * np.sqrt(0.25 / 200_000))


def test_with_clusters_every_p_value_has_the_tails_of_t():
    found = call(frame(), cluster="g")
    assert found.gaps.df == 89
    t = np.array(found.ranking["statistic"])
    np.testing.assert_allclose(found.ranking["p_value"], 2 * stats.t.sf(np.abs(t), 89), rtol=1e-10)
    # One pair, so that Holm has nothing to multiply.
    found = call(frame(), {**ROLES, "candidates": ["a", "b"]}, cluster="g")
    best, pair = found.row("a"), found.row("a × b")
    labels = list(found.gaps.labels)
    both = [labels.index("gap by a × b"), labels.index("gap by a")]
    variance = np.array([1, -1]) @ found.gaps.cov[np.ix_(both, both)] @ np.array([1, -1])
    assert pair["adds"] == pytest.approx(pair["gap"] - best["gap"], rel=1e-12)
    assert pair["p_adds"] == pytest.approx(2 * stats.t.sf(abs(pair["adds"]) / np.sqrt(variance), 89), rel=1e-9)


def test_a_pair_can_hide_what_its_columns_cannot_show():
    """Treatment and outcome follow the parity of two columns: neither moves the difference alone, the pair does."""
    rng = np.random.default_rng(9)
    n = 4_000
    a, b = rng.integers(0, 2, n), rng.integers(0, 2, n)
    odd = a ^ b
    d = (rng.random(n) < 0.2 + 0.6 * odd).astype(int)
    data = pd.DataFrame(
        {"y": rng.normal(size=n) + 2 * odd - 0.5 * d, "d": d, "a": a, "b": b, "c": rng.integers(0, 2, n)}
    )
    found = call(data)
    assert found.row("a × b")["reverses"]
    assert found.row("a × b")["p_adds"] < 1e-6
    assert min(found.row("a")["p_max_t"], found.row("b")["p_max_t"]) > 0.001
    assert "a × b" in found.headline()


def test_the_products_confounder_is_found_and_the_rest_is_not():
    users = datasets.load("service_gmv")
    roles = {"outcome": "gmv", "treatment": "used_service"}
    found = simpson.scan(
        users, **roles, candidates=["activity", "region", "city_tier", "orders_after"], post_treatment="orders_after"
    )
    assert found.ranking["by"][0] == "activity"
    assert found.row("activity")["estimate"] == pytest.approx(772.5, rel=1e-10)
    assert found.row("activity")["p_reversal_holm"] < 0.05
    assert all(found.row(by)["p_max_t"] > 0.5 for by in ("region", "city_tier"))
    assert np.nanmin(found.ranking["p_adds"]) > 0.5
    assert "orders_after" in found.checks["candidates come first"].reading
    assert found.options["post_treatment"] == "orders_after"
    assert "orders_after" not in found.roles["candidates"]


def test_no_candidate_is_found_in_a_randomised_experiment_more_often_than_promised(monkeypatch):
    """Family-wise error at 5 %: of 300 experiments with prognostic columns at most 28 alarms (binomial, p < 0.001).

    With columns that do not matter for the outcome either, gap and standard error vanish together and alarms are rare.
    """
    monkeypatch.setattr(_wald, "DIRECTIONS", 1 << 11)  # right to 0.005, enough to count alarms
    assert 4 <= sum(_alarms(seed, slope=1.0) for seed in range(300)) <= 28
    assert sum(_alarms(seed, slope=0.0) for seed in range(60)) <= 3


def _alarms(seed, *, slope):
    rng = np.random.default_rng(seed)
    codes = list(rng.integers(0, 2, (3, 600)))
    y = rng.normal(size=600) + slope * sum(codes)
    columns = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    found = sweep(gather(codes, [2] * 3, rng.random(600) < 0.5, y), columns)
    gap = np.array([each.crude - each.standardised for each in found.stratifications])
    cov = found.gap_covariance[1:, 1:]
    std_errors = np.sqrt(np.diag(cov))
    return bool(min(_wald.max_t_p_values(gap / std_errors, cov / np.outer(std_errors, std_errors))) < 0.05)


def test_depth_one_leaves_pairs_out():
    assert call(frame(), max_depth=1).ranking["by"] == ("a", "b", "c")
    with pytest.raises(OptionError, match="max_depth=3 must be between 1 and 2"):
        call(frame(), max_depth=3)


def test_columns_are_left_out_with_a_word():
    data = frame().assign(one="x", same=lambda f: f["d"] * 7)
    with (
        pytest.warns(DataWarning, match="'one' have one value in all rows"),
        pytest.warns(DesignWarning, match="nothing can be compared, by: same, a × same"),
    ):
        found = call(data, {**ROLES, "candidates": ["a", "one", "same"]})
    assert found.ranking["by"] == ("a",)
    with pytest.raises(DesignError, match="nothing to stratify by"):
        _quietly(data, "one")
    with pytest.raises(DesignError, match="No candidate has a stratum with rows in both arms"):
        _quietly(data, "same")
    with pytest.raises(DesignError, match="none is left"):
        call(data, {**ROLES, "candidates": "a"}, post_treatment="a")
    with pytest.raises(OptionError, match=r"post_treatment names 'aa', which is not a candidate. Did you mean 'a'"):
        call(data, post_treatment="aa")


def _quietly(data, candidates):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return call(data, {**ROLES, "candidates": candidates})


def test_continuous_candidates_need_bins():
    data = frame().assign(x=np.random.default_rng(1).normal(size=2_000))
    roles = {**ROLES, "candidates": ["a", "x"]}
    with pytest.raises(DataError, match=r"candidates='x' holds 2,000 different numbers"):
        call(data, roles)
    assert call(data, roles, bins={"x": 4}).row("x")["n_strata"] == 4


def test_rows_with_profiles_of_their_own_give_the_same_answer():
    """Many levels: records are single rows; merging levels of no influence cannot matter for the others."""
    data = frame(3_000)
    rng = np.random.default_rng(2)
    data["shop"], data["day"] = rng.integers(0, 40, 3_000), rng.integers(0, 40, 3_000)
    wide = call(data, {**ROLES, "candidates": ["a", "shop", "day"]}, max_depth=1)
    narrow = call(data, {**ROLES, "candidates": ["a"]})
    assert wide.row("a")["gap"] == pytest.approx(narrow.row("a")["gap"], rel=1e-11)
    assert wide.row("a")["gap_std_error"] == pytest.approx(narrow.row("a")["gap_std_error"], rel=1e-10)


def test_the_order_of_candidates_plays_no_role():
    data = frame()
    one = call(data)
    for order in itertools.permutations("abc"):
        other = call(data, {**ROLES, "candidates": list(order)})
        for by in one.ranking["by"]:
            if by in other.ranking["by"]:
                assert other.row(by)["gap"] == pytest.approx(one.row(by)["gap"], rel=1e-10)
                assert other.row(by)["gap_std_error"] == pytest.approx(one.row(by)["gap_std_error"], rel=1e-9)


def test_the_same_data_get_the_same_bits():
    assert call(frame()).to_json() == call(frame()).to_json()


def test_two_hundred_pairs_are_fast():
    rng = np.random.default_rng(0)
    n = 10_000
    names = [f"c{k}" for k in range(18)]
    data = pd.DataFrame({name: rng.integers(0, 3, n) for name in names})
    data = data.assign(y=rng.normal(size=n), d=rng.integers(0, 2, n))
    start = perf_counter()
    found = simpson.scan(data, outcome="y", treatment="d", candidates=names)
    assert len(found.ranking) == 18 + 153
    assert perf_counter() - start < 15


def test_a_long_scan_shows_a_bar_and_a_short_one_nothing(monkeypatch, capsys):
    call(frame())
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(_sweep, "PROGRESS_DELAY", 0.0)
    call(frame())
    out, err = capsys.readouterr()
    assert (out, "scan" in err) == ("", True)
    call(frame(), progress=False)
    assert capsys.readouterr() == ("", "")
    with pytest.raises(OptionError, match="progress=1 must be True or False"):
        call(frame(), progress=1)
