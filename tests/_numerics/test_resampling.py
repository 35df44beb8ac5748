"""Multipliers, bootstrap counts and the wild cluster bootstrap: other programs, brute force, seeds."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit._numerics import _resampling
from causalkit._numerics._clusters import cluster_robust
from causalkit._numerics._linear import least_squares
from causalkit._numerics._resampling import (
    bootstrap_counts,
    multiplier_blocks,
    multiplier_bootstrap,
    sign_vectors,
)
from causalkit._numerics._wild import wild_cluster

HERE = Path(__file__).parents[1] / "golden"
DATA = pd.read_csv(HERE / "covariance.csv")
GOLDEN = json.loads((HERE / "wild_cluster.json").read_text())
X, Y = DATA[["x1", "x2"]].to_numpy(), DATA["y"].to_numpy()
G, W = DATA["g"].to_numpy(), DATA["w"].to_numpy()
MULTIPLIERS = ("rademacher", "mammen", "webb", "gaussian")


def collect(blocks):
    return np.concatenate([draws for _, draws in blocks])


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_multipliers_have_mean_zero_variance_one_and_their_third_and_fourth_moments(multiplier):
    draws = collect(multiplier_blocks(500, n_draws=2000, rng=np.random.default_rng(1), multiplier=multiplier))
    third = {"mammen": 1.0}.get(multiplier, 0.0)
    fourth = {"rademacher": 1.0, "mammen": 2.0, "webb": 7 / 6, "gaussian": 3.0}[multiplier]
    moments = [np.mean(draws**p) for p in (1, 2, 3, 4)]
    # A million draws: five standard deviations of the fourth moment of the normal are 0.05.
    np.testing.assert_allclose(moments, [0, 1, third, fourth], atol=0.05)
    np.testing.assert_allclose(np.corrcoef(draws[:, :3].T), np.eye(3), atol=0.1)


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
@pytest.mark.parametrize("n_clusters", [5, 64, 131])
def test_the_same_seed_gives_the_same_bits_whatever_the_block(multiplier, n_clusters, monkeypatch):
    def draw():
        rng = np.random.default_rng(7)
        return collect(multiplier_blocks(n_clusters, n_draws=103, rng=rng, multiplier=multiplier))

    whole = draw()
    monkeypatch.setattr(_resampling, "DRAW_NUMBERS", 7 * n_clusters)
    np.testing.assert_array_equal(draw(), whole)


def test_bootstrap_counts_are_multinomial_and_do_not_depend_on_the_block(monkeypatch):
    def draw():
        return collect(bootstrap_counts(9, n_draws=4001, rng=np.random.default_rng(3)))

    counts = draw()
    assert np.all(counts.sum(axis=1) == 9)
    np.testing.assert_allclose(counts.mean(axis=0), 1.0, atol=0.08)
    np.testing.assert_allclose(counts.var(axis=0), 8 / 9, atol=0.12)
    monkeypatch.setattr(_resampling, "DRAW_NUMBERS", 50)
    np.testing.assert_array_equal(draw(), counts)


def test_sign_vectors_are_all_different_and_start_with_ones(monkeypatch):
    monkeypatch.setattr(_resampling, "DRAW_NUMBERS", 20)
    signs = collect(sign_vectors(6))
    assert len(np.unique(signs, axis=0)) == 64
    assert np.all(signs[0] == 1)


def test_the_multiplier_bootstrap_has_the_covariance_of_the_influence_functions():
    influence = least_squares(X, Y).influence()
    draws = multiplier_bootstrap(influence, n_draws=40_000, rng=np.random.default_rng(0), multiplier="mammen")
    ratio = draws.var(axis=0) / (influence**2).sum(axis=0)
    np.testing.assert_allclose(ratio, 1.0, atol=5 * math.sqrt(2 / 40_000) + 0.005)


def test_a_bar_appears_only_when_asked_for_and_only_after_a_while(capsys, monkeypatch):
    influence = np.ones((10, 1))

    def run(*, progress):
        multiplier_bootstrap(influence, n_draws=500, rng=np.random.default_rng(0), progress=progress)
        return "".join(capsys.readouterr())

    monkeypatch.setattr(_resampling, "DRAW_NUMBERS", 100)
    assert run(progress=False) == ""
    assert run(progress=True).strip() == ""
    monkeypatch.setattr(_resampling, "PROGRESS_DELAY", 0.0)
    assert "500/500" in run(progress=True)


@pytest.mark.parametrize("key", sorted(set(GOLDEN) - {"program"}))
def test_equals_wildboottest_over_all_sign_vectors(key):
    cluster, coefficient, null = key.split(".")
    golden = GOLDEN[key]
    boot = wild_cluster(
        least_squares(X, Y),
        DATA[cluster].to_numpy(),
        np.eye(3)[int(coefficient)],
        n_draws=99_999,
        rng=np.random.default_rng(0),
        restricted=null == "WCR",
    )
    assert boot.enumerated
    assert boot.n_draws == golden["n_draws"]
    assert boot.estimate / boot.std_error == pytest.approx(golden["t"], rel=1e-12)
    drawn = np.sort(np.abs(boot.statistics()))
    got = np.quantile(drawn, np.linspace(0, 1, 21), method="lower")
    np.testing.assert_allclose(got, golden["quantiles"], rtol=1e-10, atol=1e-12)
    # wildboottest leaves out ties: with the null imposed the sample itself and its mirror image.
    ties = 2 / boot.n_draws if null == "WCR" else 0.0
    assert boot.p_value() == pytest.approx(golden["p_value"] + ties, abs=1e-12)


@pytest.mark.parametrize("multiplier", ["webb", "gaussian"])
@pytest.mark.parametrize("restricted", [True, False])
def test_equals_refitting_every_draw(restricted, multiplier):
    contrast, null = np.array([0.0, 1.0, -0.5]), 2.2
    fit = least_squares(X, Y, weights=W)
    options = {"n_draws": 25, "restricted": restricted, "multiplier": multiplier}
    boot = wild_cluster(fit, G, contrast, rng=np.random.default_rng(5), **options)
    (draws,) = (d for _, d in multiplier_blocks(10, n_draws=25, rng=np.random.default_rng(5), multiplier=multiplier))
    base, center = fit.coefficients, contrast @ fit.coefficients
    if restricted:
        step = fit.design.bread @ contrast
        base, center = base - step * (center - null) / (contrast @ step), null
    design = np.column_stack([np.ones(120), X])
    residuals = Y - design @ base
    expected = []
    for v in draws:
        refit = least_squares(X, design @ base + v[G] * residuals, weights=W)
        error = math.sqrt(contrast @ cluster_robust(refit, G).matrix @ contrast)
        expected.append((contrast @ refit.coefficients - center) / error)
    np.testing.assert_allclose(boot.statistics(null), expected, rtol=1e-10, atol=1e-11)
    t = (boot.estimate - null) / boot.std_error
    assert boot.p_value(null) == np.mean(np.abs(expected) >= abs(t))


def test_the_interval_holds_the_nulls_that_are_not_rejected():
    rng = np.random.default_rng(0)
    boot = wild_cluster(least_squares(X, Y), G, np.array([0.0, 1.0, 0.0]), n_draws=1024, rng=rng)
    low, high = boot.conf_int(0.9)
    assert low < boot.estimate < high
    for end, outward in ((low, -1), (high, 1)):
        assert boot.p_value(end + outward * 1e-6) <= 0.1
        assert boot.p_value(end - outward * 1e-6) > 0.1
    wider = boot.conf_int(0.99)
    assert wider[0] <= low
    assert wider[1] >= high


def test_too_few_clusters_for_the_level_give_the_whole_line():
    few = np.minimum(G, 3)
    boot = wild_cluster(least_squares(X, Y), few, np.eye(3)[1], n_draws=999, rng=np.random.default_rng(0))
    assert boot.n_draws == 16  # the smallest p-value is 2 / 16
    assert boot.conf_int(0.95) == (-math.inf, math.inf)


def test_the_restricted_bootstrap_keeps_its_size_where_cluster_robust_t_does_not():
    rng = np.random.default_rng(11)
    codes = np.repeat(np.arange(9), [4, 4, 5, 6, 8, 10, 15, 25, 40])
    rejections = []
    for _ in range(400):
        x = rng.normal(size=9)[codes] + 0.5 * rng.normal(size=codes.size)
        y = rng.normal(size=9)[codes] + rng.normal(size=codes.size)
        fit = least_squares(x[:, None], y)
        boot = wild_cluster(fit, codes, np.array([0.0, 1.0]), n_draws=512, rng=rng)
        rejections.append((boot.p_value() <= 0.05, abs(boot.estimate / boot.std_error) > 1.96))
    wild, naive = np.mean(rejections, axis=0)
    assert wild <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 400)
    assert naive > 0.15


def test_seed_and_block_size_give_the_same_wild_draws(monkeypatch):
    fit = least_squares(X, Y)

    def draw():
        codes = np.arange(120) // 3
        return wild_cluster(fit, codes, np.eye(3)[1], n_draws=99, rng=np.random.default_rng(2)).statistics(1.0)

    whole = draw()
    monkeypatch.setattr(_resampling, "DRAW_NUMBERS", 300)
    np.testing.assert_allclose(draw(), whole, rtol=1e-12)  # the same draws; sums may round differently
