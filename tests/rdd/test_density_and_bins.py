"""Density test against rddensity 3.0 (confirmed in R) and bins against rdplot."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit import rdd
from causalkit.errors import DesignError, OptionError
from tests.rdd.data import load

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "rdd.json").read_text())
SCORES = {
    "senate.rddensity": ("senate", "margin", 0, 2),
    "senate.rddensity.p1": ("senate", "margin", 0, 1),
    "lee08.rddensity": ("lee08", "margin", 0, 2),
    "headst.rddensity": ("headst", "povrate", 0, 2),
    "cghs.rddensity": ("cghs", "yearat14", 1947, 2),
    "lmb.rddensity": ("lmb", "lagdemvoteshare", 0.5, 2),
    "gov.rddensity": ("gov", "Income_Centered", 0, 2),
}


@pytest.mark.parametrize("key", SCORES)
def test_density_equals_rddensity(key):
    name, running, cutoff, order = SCORES[key]
    want = GOLDEN[key]
    got = rdd.density_test(load(name), running=running, cutoff=cutoff, treated="above", order=order, missing="drop")
    ours = [got.bandwidth_below, got.bandwidth_above, got.below, got.above, got.se_below, got.se_above]
    theirs = [want[block][side] for block in ("h", "hat", "sd_jk") for side in ("left", "right")]
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)
    assert got.std_error == pytest.approx(want["sd_jk"]["diff"], rel=1e-8)
    # The difference of two like densities loses digits that the densities have.
    assert got.statistic == pytest.approx(want["test"]["t_jk"], rel=1e-7)
    assert got.p_value == pytest.approx(want["test"]["p_jk"], rel=1e-6)
    counts = [got.n_below, got.n_above, got.n_window_below, got.n_window_above]
    assert counts == [want["n"][each] for each in ("left", "right", "eff_left", "eff_right")]


def test_plugin_variance_equals_rddensity():
    got = rdd.density_test(
        load("senate"), running="margin", cutoff=0, treated="above", variance="plugin", missing="drop"
    )
    assert got.bandwidth_below == pytest.approx(20.35133331, rel=1e-9)
    assert got.bandwidth_above == pytest.approx(27.97507610, rel=1e-9)
    assert got.statistic == pytest.approx(-0.8610651679, rel=1e-9)
    assert got.p_value == pytest.approx(0.3892021521, rel=1e-9)


def test_the_restricted_density_equals_rddensity():
    want = GOLDEN["senate.rddensity.restricted"]
    got = rdd.density_test(
        load("senate"), running="margin", cutoff=0, treated="above", method="restricted", missing="drop"
    )
    assert got.bandwidth_below == got.bandwidth_above == pytest.approx(want["h"]["left"], rel=1e-10)
    ours = [got.below, got.above, got.se_below, got.se_above, got.std_error]
    theirs = [want[block][side] for block in ("hat", "sd_jk") for side in ("left", "right")] + [want["sd_jk"]["diff"]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)
    assert got.statistic == pytest.approx(want["test"]["t_jk"], rel=1e-10)
    assert got.p_value == pytest.approx(want["test"]["p_jk"], rel=1e-9)
    assert [got.n_window_below, got.n_window_above] == [want["n"]["eff_left"], want["n"]["eff_right"]]


RESTRICTED = json.loads((Path(__file__).parents[1] / "golden" / "rdd_density.json").read_text())
PLACES = {"headst": ("povrate", 0), "cghs": ("yearat14", 1947), "gov": ("Income_Centered", 0)}


@pytest.mark.parametrize("key", RESTRICTED)
def test_the_restricted_density_equals_rddensity_with_every_option(key):
    name, order, kernel, variance = key.split(".")
    running, cutoff = PLACES[name]
    got = rdd.density_test(
        load(name)[[running]].dropna(), running=running, cutoff=cutoff, treated="above", method="restricted",
        order=int(order[1:]), kernel=kernel, variance=variance,
    )  # fmt: skip
    # Monomials of degree five in theirs, and scores in the thousands, leave eight digits.
    ours = [got.bandwidth_below, got.below, got.above, got.std_error]
    np.testing.assert_allclose(ours, RESTRICTED[key], rtol=1e-7)


# rdd 0.57 in R, DCdensity with its defaults and with binwidth 1 and bandwidth 15; the log difference, its error, the
# bandwidth and the width of the bins.
MCCRARY = {
    "senate": (-0.10074561258094095, 0.11714504760975779, 25.849380232624604, 1.8413302112363998),
    "lee08": (0.10278800632026197, 0.07989891662125341, 24.232482193817368, 1.1243471013188184),
    "headst": (-0.038970529476094029, 0.18408441029663108, 9.0726605806282894, 0.58572081997228842),
    "lee08.given": (0.14709396426494425, 0.10310508826120834, 15.0, 1.0),
}


@pytest.mark.parametrize("key", MCCRARY)
def test_mccrarys_test_equals_dcdensity(key):
    name = key.split(".")[0]
    data, running = load(name), "povrate" if name == "headst" else "margin"
    if name == "headst":
        data = data[["mortHS", "povrate", "urban", "black", "sch1417", "pop", "statefp"]].dropna()
    options = {"bandwidth": 15, "bin_width": 1} if key.endswith("given") else {}
    got = rdd.density_test(
        data, running=running, cutoff=0, treated="above", method="mccrary", missing="drop", **options
    )
    log_gap = np.log(got.above / got.below)
    ours = [log_gap, log_gap / got.statistic, got.bandwidth_above, got.bin_width]
    np.testing.assert_allclose(ours, MCCRARY[key], rtol=1e-12)


@pytest.mark.parametrize("method", ["restricted", "mccrary"])
def test_the_tests_of_the_density_keep_their_size(method):
    rng, n_sim = np.random.default_rng(11), 150
    rejected = sum(
        rdd.density_test(
            pd.DataFrame({"x": rng.normal(0.4, 1, 800)}), running="x", cutoff=0, treated="above", method=method
        ).p_value
        < 0.05
        for _ in range(n_sim)
    )
    # Four binomial standard errors.
    assert abs(rejected / n_sim - 0.05) <= 4 * (0.05 * 0.95 / n_sim) ** 0.5


def test_options_of_one_density_method_are_refused_by_another():
    data = load("senate")[["margin"]].dropna()
    roles = {"running": "margin", "cutoff": 0, "treated": "above"}
    with pytest.raises(OptionError, match="bin_width is for method='mccrary'"):
        rdd.density_test(data, **roles, bin_width=1)
    for option in ({"order": 2}, {"variance": "plugin"}, {"kernel": "uniform"}, {"bandwidth": "comb"}):
        with pytest.raises(OptionError, match="fits lines with a triangular kernel"):
            rdd.density_test(data, **roles, method="mccrary", **option)
    with pytest.raises(OptionError, match="both sides share one"):
        rdd.density_test(data, **roles, method="restricted", bandwidth=(10, 20))
    with pytest.raises(OptionError, match="bandwidth='each'"):
        rdd.density_test(data, **roles, method="restricted", bandwidth="each")


@pytest.mark.parametrize("method", ["restricted", "mccrary"])
def test_units_of_the_score_do_not_matter_to_the_density(method):
    data = load("senate")[["margin"]].dropna()
    base = rdd.density_test(data, running="margin", cutoff=0, treated="above", method=method)
    moved = rdd.density_test(1e-6 * data + 3, running="margin", cutoff=3, treated="above", method=method)
    # A score of 1e-6 beside an offset of 3 keeps ten digits.
    assert moved.statistic == pytest.approx(base.statistic, rel=1e-4)
    scaled = rdd.density_test(1e6 * data, running="margin", cutoff=0, treated="above", method=method)
    assert scaled.statistic == pytest.approx(base.statistic, rel=1e-9)
    assert scaled.above == pytest.approx(base.above / 1e6, rel=1e-9)


@pytest.mark.parametrize(("order", "widths"), [(1, (1.95, 0.4192548574530218)), (2, (1.95, 0.5607927611660777))])
def test_a_window_of_its_own_is_widened_for_its_own_side_only(order, widths):
    # Twenty distinct scores and those that the polynomial needs: the grid below has them only as a whole (rddensity).
    rng = np.random.default_rng(5)
    below = rng.integers(-20, 0, 500) / 10 + 0.1 - 0.05
    data = pd.DataFrame({"x": np.concatenate([below, rng.uniform(0.01, 1.5, 300)])})
    got = rdd.density_test(data, running="x", cutoff=0.0, treated="above", order=order, bandwidth="each")
    assert (got.bandwidth_below, got.bandwidth_above) == pytest.approx(widths, rel=1e-8)


def test_binomial_windows_are_those_of_r():
    windows = rdd.density_test(load("senate"), running="margin", cutoff=0, treated="above", missing="drop").windows
    np.testing.assert_allclose(windows["bandwidth"][:3], [1.080003, 2.160007, 3.24001], atol=6e-7)
    assert windows["n_below"][:3] == (20, 51, 88)
    assert windows["n_above"][:3] == (31, 55, 79)
    np.testing.assert_allclose(windows["p_value"][:3], [0.16078, 0.770919, 0.536005], atol=6e-7)


def test_density_mirrors_when_the_score_does():
    data = load("senate")[["margin"]]
    up = rdd.density_test(data, running="margin", cutoff=0, treated="above", missing="drop")
    down = rdd.density_test(-data, running="margin", cutoff=0, treated="below", missing="drop")
    assert (down.below, down.above, down.statistic) == (up.above, up.below, -up.statistic)
    np.testing.assert_allclose(down.edges, -up.edges[::-1])


def test_density_of_few_scores_is_refused_in_words():
    data = pd.DataFrame({"x": np.repeat([-2.0, -1, 1, 2, 3], 40)})
    with pytest.raises(DesignError, match="Too few distinct scores below the cutoff"):
        rdd.density_test(data, running="x", cutoff=0, treated="above")


def test_sorting_at_the_cutoff_is_found():
    rng = np.random.default_rng(8)
    score = rng.normal(0, 1, 4000)
    moved = np.where((score > -0.1) & (score < 0) & (rng.random(4000) < 0.7), -score, score)
    got = rdd.density_test(pd.DataFrame({"x": moved}), running="x", cutoff=0, treated="above")
    assert got.p_value < 0.001
    assert got.check().verdict == "questionable"


BINS = {
    **{f"senate.rdplot.{method}": ("senate", "vote", "margin", 0, method) for method in
       ("es", "esmv", "espr", "esmvpr", "qs", "qsmv", "qspr", "qsmvpr")},
    "lee08.rdplot": ("lee08", "voteshare", "margin", 0, "esmv"),
    "headst.rdplot": ("headst", "mortHS", "povrate", 0, "esmv"),
    "lmb.rdplot": ("lmb", "score", "lagdemvoteshare", 0.5, "esmv"),
}  # fmt: skip


@pytest.mark.parametrize("key", BINS)
@pytest.mark.parametrize("shift", [0.0, 2.0**20])
def test_bins_equal_rdplot_wherever_the_score_lies(key, shift):
    name, outcome, running, cutoff, method = BINS[key]
    # Shifted on a grid that floats hold exactly in both places.
    data = load(name)[[outcome, running]].assign(**{running: lambda d: (d[running] * 2**24).round() / 2**24 + shift})
    got = rdd.bins(
        data, outcome=outcome, running=running, cutoff=cutoff + shift, treated="above", method=method, missing="drop"
    )
    assert list(got.n_bins) == GOLDEN[key]["J"]


def test_bin_means_are_means():
    data = load("lee08")
    got = rdd.bins(data, outcome="voteshare", running="margin", cutoff=0, treated="above", n_bins=(4, 5))
    ends = zip(got.low[4:8], got.high[4:8], strict=True)
    groups = [data[(data.margin >= low) & (data.margin < high)] for low, high in ends]
    np.testing.assert_allclose(got.mean[4:8], [group.voteshare.mean() for group in groups])
    np.testing.assert_allclose(got.std_error[4:8], [group.voteshare.sem() for group in groups])
    assert got.n.sum() == len(data)


def test_an_unknown_rule_is_refused():
    with pytest.raises(OptionError, match="method='even'"):
        rdd.bins(load("lee08"), outcome="voteshare", running="margin", cutoff=0, treated="above", method="even")
