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
