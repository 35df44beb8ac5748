"""Local randomization against rdlocrand 3.0, against brute force, and in repeated samples."""

from __future__ import annotations

import itertools
import json
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from causalkit import rdd
from causalkit._numerics._randomization import Assignments, effects_by_means, effects_by_ranks, effects_by_smirnov
from causalkit.errors import CausalkitWarning, DesignError, DesignWarning, OptionError
from causalkit.rdd import RandomizationInference
from tests import adversarial
from tests.contract import check_contract
from tests.rdd.cases import MORTGAGES, SENATE
from tests.rdd.data import load

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "rdd_windows.json").read_text())
COVARIATES = ["class", "termshouse", "termssenate"]
CUT = {"outcome": "y", "running": "x", "cutoff": 0, "treated": "above"}
SELECT = {"covariates": COVARIATES, "running": "margin", "cutoff": 0, "treated": "above", "missing": "drop"}


def draw(n=900, seed=4, jump=2.0):
    rng = np.random.default_rng(seed)
    x = rng.integers(-30, 30, n) + 0.5
    z = rng.normal(0, 1, n) + 0.2 * x
    return pd.DataFrame({"x": x, "y": jump * (x >= 0) + rng.normal(0, 1, n), "z": z})


def compare(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return rdd.local_randomization(data, **{**CUT, "window": 2, "draws": 499, **options})


@pytest.mark.parametrize("key", ["w0.75", "w2.5", "w2.5.p1", "w5.p2"])
def test_a_window_equals_rdlocrand(key):
    want = GOLDEN[key]
    got = rdd.local_randomization(
        load("senate"), **SENATE, window=want["window"], order=want["order"], missing="drop", draws=99
    )
    assert [got.n_below, got.n_above] == want["n"]
    assert got.estimate == pytest.approx(want["estimate"], rel=1e-12)
    assert got.large_sample.p_value == pytest.approx(want["p_large_sample"], rel=1e-10)
    if want["std_error"] is not None:
        assert got.std_error == pytest.approx(want["std_error"], rel=1e-11)


def test_the_published_window_of_the_senate():
    got = rdd.local_randomization(load("senate"), **SENATE, window=0.75, missing="drop")
    assert got.estimate == pytest.approx(9.68949941, abs=5e-9)
    assert (got.n_below, got.n_above) == (15, 22)
    assert got.large_sample.p_value == pytest.approx(7.9547e-05, rel=1e-5)


def test_the_three_statistics_equal_rdlocrand():
    want = GOLDEN["w0.75.all"]
    got = rdd.local_randomization(load("senate"), **SENATE, window=0.75, missing="drop", draws=20_000)
    order = [got.tests["test"].index(name) for name in ("difference in means", "Kolmogorov-Smirnov", "rank sum")]
    values = np.array([got.tests["statistic"][k] for k in order])
    np.testing.assert_allclose(values, want["difference, ks, rank_sum"], rtol=1e-12)
    np.testing.assert_allclose([got.tests["p_large_sample"][k] for k in order], want["p_large_sample"], rtol=1e-10)
    ours, theirs = np.array([got.tests["p_value"][k] for k in order]), np.array(want["p_value"])
    # Both are shares of 20,000 random draws.
    assert np.all(np.abs(ours - theirs) <= 4 * np.sqrt(2 * np.maximum(theirs, 1e-4) / 20_000))


@pytest.mark.parametrize("order", [0, 1])
def test_a_fuzzy_window_equals_two_stage_least_squares_of_rdlocrand(order):
    want = GOLDEN[f"fuzzy.p{order}"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        got = rdd.local_randomization(
            load("mortgages"), **MORTGAGES, treatment="vet_wwko", window=2, order=order, draws=99
        )
    assert got.estimate == pytest.approx(want["estimate"], rel=1e-11)
    assert got.large_sample.p_value == pytest.approx(want["p_large_sample"], rel=1e-9)
    if order:
        # rdlocrand's normal interval; ours is the Anderson-Rubin set, for F is 0.1.
        np.testing.assert_allclose(list(got.large_sample.conf_int()), want["interval"], rtol=1e-9)
        assert not got.conf_int().is_bounded


@pytest.mark.parametrize("key", ["by_rows", "by_width"])
def test_windows_and_their_balance_equal_rdwinselect(key):
    want = GOLDEN[key]
    given_widths = {} if key == "by_rows" else {"windows": 0.5 + 0.125 * np.arange(20)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        got = rdd.select_window(load("senate")[["margin", *COVARIATES]], **SELECT, method="normal", **given_widths)
    np.testing.assert_allclose(got.windows, want["window"], rtol=1e-12)
    np.testing.assert_allclose(got.p_values, want["p_value"], rtol=1e-10)
    np.testing.assert_allclose(got.count_p_values, want["p_count"], rtol=1e-12)
    assert got.covariates == tuple(COVARIATES[k] for k in want["covariate"])
    assert (got.n_below.tolist(), got.n_above.tolist()) == (want["n_below"], want["n_above"])


def test_the_widest_window_up_to_which_all_are_balanced_is_chosen():
    options = {**SELECT, "method": "normal", "windows": 0.5 + 0.125 * np.arange(20)}
    # The p-values go .113, .172, .171, .283, .191, .122, ...
    assert rdd.select_window(load("senate"), **options, threshold=0.11).window == pytest.approx(2.875)
    assert rdd.select_window(load("senate"), **{**options, "windows": options["windows"][1:]}).window == 1.0
    with pytest.warns(DesignWarning, match=r"narrowest window, 0\.5 on either side \('class', p = 0\.113\)"):
        assert rdd.select_window(load("senate"), **options).window is None


def brute_force(y, treated, taken, effect, statistic):
    rest, n, m = y - effect * taken, y.size, int(treated.sum())
    ranks, grid = rankdata(rest), np.unique(rest)

    def size(mask):
        if statistic == "difference":
            return abs(rest[mask].mean() - rest[~mask].mean())
        if statistic == "rank_sum":
            return abs(ranks[mask].sum() - m * (n + 1) / 2)
        own, other = np.sort(rest[mask]), np.sort(rest[~mask])
        gap = np.searchsorted(own, grid, side="right") / m - np.searchsorted(other, grid, side="right") / (n - m)
        return np.abs(gap).max()

    masks = np.array([np.isin(np.arange(n), chosen) for chosen in itertools.combinations(range(n), m)])
    return np.mean([size(mask) >= size(treated) - 1e-12 for mask in masks])


@pytest.mark.parametrize("statistic", ["difference", "rank_sum", "ks", "fuzzy"])
@given(seed=st.integers(0, 10_000), effect=st.floats(-6, 6))
@settings(max_examples=12, deadline=None)
def test_ends_of_the_draws_give_the_p_value_of_every_effect(statistic, seed, effect):
    rng = np.random.default_rng(seed)
    treated = np.isin(np.arange(8), rng.choice(8, int(rng.integers(2, 6)), replace=False))
    y = rng.normal(size=8) + 1.5 * treated
    taken = np.where(rng.random(8) < 0.7, treated, ~treated).astype(float) if statistic == "fuzzy" else treated * 1.0
    assignments = Assignments(treated=treated, draws=1000, rng=rng)
    if statistic in ("difference", "fuzzy"):
        ends = effects_by_means(y - y.mean(), taken, assignments)
    else:
        ends = (effects_by_ranks if statistic == "rank_sum" else effects_by_smirnov)(y, assignments)
    inference = RandomizationInference.of(ends)
    kind = "difference" if statistic == "fuzzy" else statistic
    assert inference.p_value(effect) == pytest.approx(brute_force(y, treated, taken, effect, kind))
    assert (effect in inference.conf_int(0.8)) == (inference.p_value(effect) >= 0.2 - 1e-9)


def test_ties_of_a_binary_outcome_are_fishers_exact_test():
    from scipy.stats import fisher_exact

    y = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0.0])
    treated = np.arange(12) < 6
    want = fisher_exact([[5, 1], [1, 5]]).pvalue
    table = pd.DataFrame({"x": np.where(treated, 1.0, -1.0), "y": y})
    for statistic in ("difference", "rank_sum", "ks"):
        got = compare(table, window=1, draws=1000, statistic=statistic)
        assert got.p_value == pytest.approx(want, rel=1e-12)
        assert "exact" in got.method


def test_too_few_assignments_leave_every_effect_possible():
    table = pd.DataFrame({"x": [-1.0, -1, -1, 1, 1, 1], "y": [1.0, 2, 3, 14, 15, 16]})
    got = compare(table, window=1)
    assert got.p_value == pytest.approx(0.1)
    assert list(got.conf_int()) == [-math.inf, math.inf]
    assert got.conf_int(0.85).is_bounded


def test_the_randomization_interval_covers():
    hits, n_sim = {"difference": 0, "rank_sum": 0, "ks": 0}, 150
    for seed in range(n_sim):
        data = draw(300, seed=seed)
        for statistic in hits:
            hits[statistic] += 2.0 in compare(data, window=3, statistic=statistic, draws=199, rng=seed).conf_int()
    for count in hits.values():
        # At least 95 %, less four binomial standard errors.
        assert count / n_sim >= 0.95 - 4 * (0.95 * 0.05 / n_sim) ** 0.5


def test_reflection_units_and_row_order_do_not_matter():
    data, roles = draw(), {"rng": 3}
    base = compare(data, **roles)
    turned = compare(data.assign(x=-data.x), treated="below", **roles)
    scaled = compare(data.assign(y=1e9 + 1000 * data.y, x=1e-6 * data.x), window=2e-6, **roles)
    assert turned.estimate == pytest.approx(base.estimate, rel=1e-12)
    assert scaled.estimate == pytest.approx(1000 * base.estimate, rel=1e-8)
    np.testing.assert_allclose(np.array(list(scaled.conf_int())), 1000 * np.array(list(base.conf_int())), rtol=1e-6)
    assert compare(data.sample(frac=1, random_state=2), draws=499).estimate == pytest.approx(base.estimate, rel=1e-12)
    pair = compare(data, window=(1, 4), **roles)
    assert (pair.window_below, pair.window_above) == (1, 4)
    assert compare(data.assign(x=-data.x), window=(4, 1), treated="below").estimate == pytest.approx(pair.estimate)


def test_perfect_take_up_is_the_sharp_window_and_imperfect_take_up_a_ratio():
    data = draw()
    full = compare(data.assign(d=(data.x >= 0) * 1), treatment="d", rng=1)
    assert (full.estimate, full.conf_int().format()) == (
        compare(data, rng=1).estimate,
        compare(data, rng=1).conf_int().format(),
    )
    rng = np.random.default_rng(5)
    taken = np.where(rng.random(len(data)) < 0.8, data.x >= 0, data.x < 0) * 1
    part = compare(data.assign(d=taken, y=2.0 * taken + data.z), treatment="d", window=6, rng=1)
    assert part.estimate == pytest.approx(part.reduced_form.estimate / part.first_stage.estimate, rel=1e-12)
    assert part.effect.estimand == "LATE in the window"
    with pytest.raises(OptionError, match="is for sharp designs"):
        compare(data.assign(d=taken), treatment="d", statistic="ks")


def test_no_first_stage_gives_an_unbounded_set_and_a_warning():
    data = draw().assign(d=np.random.default_rng(8).integers(0, 2, 900))
    with pytest.warns(DesignWarning, match="too weak"):
        got = rdd.local_randomization(data, **CUT, window=2, treatment="d", draws=199)
    assert not got.conf_int().is_bounded


def test_balance_counts_and_size_of_the_window_are_checked():
    data = draw()
    with pytest.warns(DesignWarning, match="'z' differs between the sides of the window"):
        wide = rdd.local_randomization(data, **CUT, window=12, covariates="z", draws=199)
    assert wide.checks["covariates"].verdict == "questionable"
    assert compare(data, covariates="z", window=1).checks["as if at random"].verdict == "untestable"
    lopsided = pd.concat([data, data[data.x == 0.5], data[data.x == 0.5]])
    assert compare(lopsided, window=1).checks["counts in the window"].verdict == "questionable"
    assert compare(data.head(60), window=1).checks["rows in the window"].verdict == "questionable"


def test_without_a_window_covariates_choose_it():
    chosen = rdd.select_window(draw(seed=5), covariates="z", running="x", cutoff=0, treated="above", rng=7)
    got = rdd.local_randomization(draw(seed=5), **CUT, covariates="z", draws=199, rng=7)
    assert got.window_below == chosen.window
    assert got.selection == chosen
    assert got.checks["window"].table is not None
    again = rdd.local_randomization(draw(seed=5), **CUT, window=chosen, draws=199)
    assert again.estimate == got.estimate


def test_what_cannot_be_answered_is_refused_in_words():
    with pytest.raises(OptionError, match="window=None needs covariates"):
        rdd.local_randomization(draw(), **CUT)
    with pytest.raises(DesignError, match="0 rows lie below the cutoff within the window"):
        compare(draw(), window=0.25)
    with pytest.raises(OptionError, match="cannot be adjusted by a polynomial"):
        compare(draw(), order=1, statistic="ks")
    with pytest.raises(DesignError, match="order=2 needs 3 distinct scores"):
        compare(draw(), order=2, window=1)
    with pytest.raises(DesignError, match="min_rows=5000 asks for more"):
        rdd.select_window(draw(), covariates="z", running="x", cutoff=0, treated="above", min_rows=5000)
    apart = draw().assign(z=lambda d: 9.0 * (d.x >= 0) + d.z)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        with pytest.raises(DesignError, match="No window was chosen: 'z' differs"):
            rdd.local_randomization(apart, **CUT, covariates="z")


def test_rows_at_the_cutoff_are_treated_and_mentioned():
    got = compare(draw().assign(x=lambda d: d.x - 0.5))
    assert got.n_at_cutoff == np.count_nonzero(draw().x == 0.5) > 0
    assert f"Rows exactly at the cutoff: {got.n_at_cutoff}, counted as treated." in got.summary()


def test_a_constant_outcome_has_no_effect():
    with pytest.warns(DesignWarning, match="constant"):
        got = rdd.local_randomization(draw().assign(y=3.0), **CUT, window=2, draws=99)
    assert (got.estimate, got.p_value, *got.conf_int()) == (0.0, 1.0, 0.0, 0.0)


def test_pictures_are_drawn():
    got = rdd.local_randomization(draw(seed=5), **CUT, covariates="z", draws=199)
    assert "Difference in the window" in got.plot().get_title(loc="left")
    assert got.selection.plot().get_ylabel() == "smallest p-value"


def test_result_keeps_the_contract():
    def make(n):
        return compare(draw(n).assign(y=lambda d: d.y), covariates="z", window=3)

    check_contract(make(900), make_at_4n=lambda: make(3600))
    fuzzy = draw().assign(d=lambda d: ((d.x >= 0) ^ (d.z > 2)) * 1)
    check_contract(compare(fuzzy, treatment="d", window=4))
    check_contract(compare(fuzzy, window=4, order=1))


test_bad_and_odd_input = adversarial.suite(
    adversarial.Subject(
        call=lambda data, roles, **options: rdd.local_randomization(
            data, cutoff=0, treated="above", window=6, draws=99, **roles, **options
        ),
        frame=draw(300),
        roles={"outcome": "y", "running": "x", "covariates": ["z"]},
        numeric=("outcome", "running", "covariates"),
        binary="",
    )
)
