"""The binned scatter: weights, intervals, its local fit, every selector against rdplot."""

from __future__ import annotations

import contextlib
import io
import warnings

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from causalkit import rdd
from tests.rdd.data import load

matplotlib.use("Agg")
CUT = {"outcome": "y", "running": "x", "cutoff": 0.0, "treated": "above"}
METHODS = ("es", "qs", "esmv", "qsmv", "espr", "qspr", "esmvpr", "qsmvpr")


def draw(n=700, seed=3, step=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.2, 1, n)
    if step:
        x = np.round(x / step) * step
    y = np.sin(x) + 2 * (x >= 0) + rng.normal(0, 0.7, n)
    return pd.DataFrame({"x": x, "y": y, "w": rng.uniform(0.3, 2, n)})


def rdplot(data, method, **options):
    from rdrobust import rdplot as call

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(data["y"].to_numpy(), data["x"].to_numpy(), binselect=method, hide=True, **options)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("step", [0.0, 0.05])
def test_every_rule_gives_the_bins_of_rdplot(method, step):
    data = draw(step=step)
    for order in (4, 2):
        want = rdplot(data, method, p=order, ci=95)
        got = rdd.bins(data, **CUT, method=method, order=order)
        assert list(got.n_bins) == list(want.J)
        table = want.vars_bins
        # A score on a grid can lie at the very end of a bin, and quantiles of a sample have many definitions.
        if method.startswith("e") and not step:
            np.testing.assert_allclose(got.mean, table["rdplot_mean_y"], rtol=1e-10)
            np.testing.assert_allclose(got.score, table["rdplot_mean_x"], rtol=1e-9, atol=1e-12)
            assert got.n.tolist() == table["rdplot_N"].tolist()
            several = got.n > 1
            np.testing.assert_allclose(got.std_error[several], table["rdplot_se_y"][several], rtol=1e-9)
            low, high = got.bands(0.95)
            np.testing.assert_allclose(low[several], table["rdplot_ci_l"][several], rtol=1e-8, atol=1e-9)
            np.testing.assert_allclose(high[several], table["rdplot_ci_r"][several], rtol=1e-8, atol=1e-9)


def test_the_weighted_polynomial_is_that_of_rdplot():
    data = draw()
    want = rdplot(data, "es", weights=data["w"].to_numpy())
    got = rdd.bins(data, **CUT, method="es", weights="w")
    assert list(got.n_bins) == list(want.J)
    for number in (0, 1):
        coefficients = np.asarray(want.coef)[:, number]
        np.testing.assert_allclose(
            got.curve[number], np.polynomial.polynomial.polyval(got.curve_score[number], coefficients), rtol=1e-8
        )


def test_weighted_means_are_averages_and_equal_weights_change_nothing():
    data = draw()
    got = rdd.bins(data, **CUT, n_bins=3, weights="w")
    inside = data[(data.x >= got.low[4]) & (data.x < got.high[4])]
    assert got.mean[4] == pytest.approx(np.average(inside.y, weights=inside.w), rel=1e-12)
    assert got.n[4] == len(inside)
    plain, equal = rdd.bins(data, **CUT), rdd.bins(data.assign(w=3.0), **CUT, weights="w")
    for field in ("mean", "std_error", "score", "curve"):
        np.testing.assert_allclose(getattr(equal, field), getattr(plain, field), rtol=1e-10)
    assert equal.jump == pytest.approx(plain.jump, rel=1e-11)


def test_the_error_of_a_weighted_mean_is_that_of_weighted_least_squares():
    import statsmodels.api as sm

    data = draw()
    got = rdd.bins(data, **CUT, n_bins=3, weights="w")
    inside = data[(data.x >= got.low[4]) & (data.x < got.high[4])]
    fit = sm.WLS(inside.y, np.ones(len(inside)), weights=inside.w).fit(cov_type="HC1")
    assert got.std_error[4] == pytest.approx(fit.bse.iloc[0], rel=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_shifting_the_score_moves_the_bins_with_it(method):
    data = draw(step=2.0**-20)
    got, moved = (
        rdd.bins(data.assign(x=data.x + shift), **{**CUT, "cutoff": shift}, method=method) for shift in (0.0, 2.0**30)
    )
    assert moved.n_bins == got.n_bins
    np.testing.assert_allclose(moved.mean, got.mean, rtol=1e-9)
    np.testing.assert_allclose(moved.low - 2.0**30, got.low, atol=1e-6)
    assert moved.jump == pytest.approx(got.jump, rel=1e-8)


def test_the_local_fit_is_that_of_the_estimate():
    data = load("senate")
    roles = {"outcome": "vote", "running": "margin", "cutoff": 0, "missing": "drop"}
    dots = rdd.bins(data, **roles, treated="above")
    fit = rdd.local_polynomial(data, **roles, treated="above")
    assert dots.jump == fit.estimate
    assert dots.window == (fit.bandwidths.h_below, fit.bandwidths.h_above)
    assert (dots.local_below, dots.local_above) == (fit.below.coefficients, fit.above.coefficients)
    # The jump is of the treated over the untreated side; the curves stay below and above.
    turned = rdd.bins(data, **roles, treated="below")
    assert turned.jump == pytest.approx(-dots.jump, rel=1e-9)
    assert turned.local_above == pytest.approx(dots.local_above, rel=1e-9)


def test_a_score_too_coarse_for_a_local_fit_still_has_bins():
    data = pd.DataFrame({"x": np.repeat([-2.0, -1, 0, 1], 30), "y": np.arange(120.0)})
    dots = rdd.bins(data, **CUT, n_bins=2, order=1)
    assert dots.window is None
    assert dots.jump is None
    assert dots.n.sum() == 120


def test_the_picture_shows_bins_curve_fit_jump_and_intervals():
    dots = rdd.bins(draw(), **CUT, method="es")
    ax = dots.plot(level=0.9)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == [
        "90% interval of the mean", "mean of a bin", "polynomial of order 4", "local fit in its window",
        "jump at the cutoff",
    ]  # fmt: skip
    (note,) = ax.texts
    assert float(note.get_text()) == pytest.approx(dots.jump, rel=1e-3)
    assert len(dots.plot().collections) == 1
    sizes = ax.collections[1].get_sizes()
    assert np.argmax(sizes) == np.argmax(dots.n)
    plt.close("all")
