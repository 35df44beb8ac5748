"""Observational data: the truth against adaptive quadrature, the design against what was asked for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from causalkit import simulate
from causalkit.errors import OptionError

SETTINGS = [
    {},
    {"overlap": 1.0},
    {"overlap": 0.3, "share_treated": 0.1},
    {"overlap": 0.05, "share_treated": 0.5},
    {"overlap": 0.6, "score_nonlinearity": -0.8, "outcome_nonlinearity": 1.5, "confounding": -2.0, "baseline": 3.0},
    {"outcome": "binary", "overlap": 0.5, "baseline": -1.0, "effect": 0.7, "heterogeneity": -0.4},
    {"outcome": "binary", "overlap": 0.4, "score_nonlinearity": 0.5, "outcome_nonlinearity": 0.3},
]
DEFAULTS = {
    "share_treated": 0.4,
    "overlap": 0.8,
    "effect": 1.0,
    "confounding": 1.0,
    "heterogeneity": 0.5,
    "score_nonlinearity": 0.0,
    "outcome_nonlinearity": 0.0,
    "baseline": 0.0,
    "outcome": "normal",
}


def index_and_propensity(sim):
    """U and its propensity, from the covariates and the potential frame."""
    x = sim.data.filter(like="x").to_numpy()
    w = 1 / np.arange(1, x.shape[1] + 1)
    return x @ (w / np.linalg.norm(w)), sim.potential["propensity"].to_numpy()


def fitted_score(sim, curvature):
    """Intercept and slope of the score, read off the propensities of the rows."""
    u, e = index_and_propensity(sim)
    h = (u + curvature * (u**2 - 1) / 2**0.5) / (1 + curvature**2) ** 0.5
    inside = (e > 1e-6) & (e < 1 - 1e-6)
    slope, intercept = np.polyfit(h[inside], special.logit(e[inside]), 1)
    return intercept, slope


def by_quadrature(options, intercept, slope):
    """Estimands by scipy's adaptive quadrature."""
    o = {**DEFAULTS, **options}
    s = o["score_nonlinearity"]

    def curve(u):
        return (u * u - 1) / 2**0.5

    def e(u):
        return special.expit(intercept + slope * (u + s * curve(u)) / (1 + s * s) ** 0.5)

    def m(u, d):
        level = o["baseline"] + o["confounding"] * u + o["outcome_nonlinearity"] * curve(u)
        level += d * (o["effect"] + o["heterogeneity"] * u)
        return special.expit(level) if o["outcome"] == "binary" else level

    def mean(f):
        cuts = np.linspace(-10, 10, 21)
        density = lambda u: f(u) * np.exp(-u * u / 2) / (2 * np.pi) ** 0.5  # noqa: E731
        return sum(integrate.quad(density, a, b, epsabs=1e-14, epsrel=1e-13, limit=200)[0] for a, b in pairwise(cuts))

    def effect(u):
        return m(u, 1) - m(u, 0)

    p = mean(e)
    return {
        "share": p,
        "overlap": mean(lambda u: e(u) * (1 - e(u))) / (p * (1 - p)),
        "ATE": mean(effect),
        "ATT": mean(lambda u: e(u) * effect(u)) / p,
        "ATC": mean(lambda u: (1 - e(u)) * effect(u)) / (1 - p),
        "ATO": mean(lambda u: e(u) * (1 - e(u)) * effect(u)) / mean(lambda u: e(u) * (1 - e(u))),
        "crude": mean(lambda u: e(u) * m(u, 1)) / p - mean(lambda u: (1 - e(u)) * m(u, 0)) / (1 - p),
    }


@pytest.mark.parametrize("options", SETTINGS)
def test_the_truth_share_and_overlap_equal_adaptive_quadrature(options):
    sim = simulate.observational(5_000, rng=1, potential_outcomes=True, **options)
    o = {**DEFAULTS, **options}
    exact = by_quadrature(options, *fitted_score(sim, o["score_nonlinearity"]))
    # The score is read off the rows to about 1e-10 by the fit.
    assert exact["share"] == pytest.approx(o["share_treated"], abs=1e-8)
    assert exact["overlap"] == pytest.approx(o["overlap"], abs=1e-8)
    for name in ("ATE", "ATT", "ATC", "ATO", "crude"):
        assert sim.truth[name] == pytest.approx(exact[name], rel=1e-8, abs=1e-8)


def test_a_randomised_experiment_has_one_effect_for_every_group():
    truth = simulate.observational(10, rng=1, overlap=1.0, effect=2.0).truth
    assert [truth[name] for name in ("ATE", "ATT", "ATC", "ATO", "crude")] == pytest.approx([2.0] * 5, abs=1e-12)


def test_without_heterogeneity_the_effect_is_the_same_for_every_row():
    truth = simulate.observational(500, rng=1, heterogeneity=0.0, effect=-3.0, overlap=0.3).truth
    effects = [truth[name] for name in ("ATE", "ATT", "ATC", "ATO", "SATE", "SATT", "SATC")]
    assert effects == pytest.approx([-3.0] * 7, abs=1e-12)
    assert truth["crude"] > -2.0


def test_without_confounding_the_crude_difference_is_the_att():
    truth = simulate.observational(10, rng=1, confounding=0.0, overlap=0.3).truth
    assert truth["crude"] == pytest.approx(truth["ATT"], abs=1e-12)


@settings(max_examples=15)
@given(confounding=st.floats(-5, 5), effect=st.floats(-5, 5), baseline=st.floats(-1e3, 1e3))
def test_the_bias_of_the_crude_difference_is_proportional_to_the_confounding(confounding, effect, baseline):
    unit = simulate.observational(2, rng=1).truth
    truth = simulate.observational(2, rng=1, confounding=confounding, effect=effect, baseline=baseline).truth
    bias = confounding * (unit["crude"] - unit["ATT"])
    assert truth["crude"] - truth["ATT"] == pytest.approx(bias, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("options", [SETTINGS[0], SETTINGS[4], SETTINGS[5]])
def test_the_rows_converge_to_the_truth(options):
    sim = simulate.observational(200_000, rng=3, potential_outcomes=True, **options)
    treated = sim.data["treated"].to_numpy() == 1
    _, e = index_and_propensity(sim)
    y = sim.data["y"].to_numpy()
    arms = y[treated], y[~treated]
    se = sum(arm.var() / arm.size for arm in arms) ** 0.5
    assert abs(arms[0].mean() - arms[1].mean() - sim.truth["crude"]) <= 4 * se
    share = {**DEFAULTS, **options}["share_treated"]
    assert abs(treated.mean() - share) <= 4 * (share * (1 - share) / y.size) ** 0.5
    # Weighting by the true propensity recovers the ATT and the ATO (Horvitz-Thompson and overlap weights).
    w = (1 - e) * treated + e * ~treated
    gap = np.average(y[treated], weights=w[treated]) - np.average(y[~treated], weights=w[~treated])
    # The weights make both estimates noisier than the crude difference, whose standard error is the unit here.
    assert gap == pytest.approx(sim.truth["ATO"], abs=6 * se)
    odds = e / (1 - e)
    att = arms[0].mean() - np.average(arms[1], weights=odds[~treated])
    assert att == pytest.approx(sim.truth["ATT"], abs=10 * se)


def test_a_linear_model_is_right_until_the_outcome_is_nonlinear():
    def fitted(**options):
        df = simulate.observational(20_000, rng=4, n_covariates=2, heterogeneity=0.0, **options).data
        fit = smf.ols("y ~ treated + x1 + x2", df).fit(cov_type="HC1")
        return fit.params["treated"], fit.bse["treated"]

    estimate, se = fitted()
    assert abs(estimate - 1.0) <= 4 * se
    estimate, se = fitted(score_nonlinearity=1.0, outcome_nonlinearity=1.0)
    assert abs(estimate - 1.0) > 10 * se


def test_a_logit_recovers_the_score():
    sim = simulate.observational(20_000, rng=6, n_covariates=3, overlap=0.6, potential_outcomes=True)
    fit = smf.logit("treated ~ x1 + x2 + x3", sim.data).fit(disp=False)
    intercept, slope = fitted_score(sim, 0.0)
    w = np.array([1, 1 / 2, 1 / 3])
    assert np.all(np.abs(fit.params - [intercept, *(slope * w / np.linalg.norm(w))]) <= 4 * fit.bse)


@pytest.mark.parametrize("options", [{}, {"outcome": "binary"}])
def test_the_sample_truth_is_that_of_the_potential_outcomes(options):
    sim = simulate.observational(2_000, rng=5, potential_outcomes=True, **options)
    effect = sim.potential["y1"] - sim.potential["y0"]
    treated = sim.data["treated"] == 1
    assert (sim.data["y"] == sim.potential["y1"].where(treated, sim.potential["y0"])).all()
    assert sim.truth["SATE"] == pytest.approx(effect.mean(), rel=1e-12)
    assert sim.truth["SATT"] == pytest.approx(effect[treated].mean(), rel=1e-12)
    assert sim.truth["SATC"] == pytest.approx(effect[~treated].mean(), rel=1e-12)


def test_covariates_are_named_in_order_and_independent():
    sim = simulate.observational(20_000, rng=8, n_covariates=12)
    assert list(sim.data.columns) == [*(f"x{j}" for j in range(1, 13)), "treated", "y"]
    x = sim.data.filter(like="x").to_numpy()
    assert np.abs(np.corrcoef(x.T) - np.eye(12)).max() <= 5 / 20_000**0.5
    assert np.abs(x.mean(axis=0)).max() <= 5 / 20_000**0.5


def test_noise_is_the_spread_given_the_covariates():
    exact = simulate.observational(200, rng=2, n_covariates=1, noise=0.0, potential_outcomes=True)
    assert np.allclose(exact.potential["y0"], exact.data["x1"], atol=1e-12)
    assert np.allclose(exact.potential["y1"], 1 + 1.5 * exact.data["x1"], atol=1e-12)
    noisy = simulate.observational(50_000, rng=2, n_covariates=1, noise=3.0, potential_outcomes=True)
    residual = noisy.potential["y0"] - noisy.data["x1"]
    assert residual.std() == pytest.approx(3.0, abs=4 * 3.0 / (2 * 50_000) ** 0.5)


def test_the_seed_decides_and_the_library_does_not_matter():
    first = simulate.observational(40, rng=9)
    assert isinstance(first.data, pd.DataFrame)
    assert first.data.equals(simulate.observational(40, rng=np.random.default_rng(9)).data)
    as_polars = simulate.observational(40, rng=9, backend="polars").data
    assert isinstance(as_polars, pl.DataFrame)
    assert as_polars["y"].to_list() == first.data["y"].tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_covariates": 0}, "n_covariates=0 must be 1 or more"),
        ({"share_treated": 40}, r"share_treated=40 must lie strictly between 0 and 1.*share_treated=0\.4"),
        ({"overlap": 0.0}, "overlap=0.0 must lie between 0.05 and 1; 1 is a randomised experiment"),
        ({"overlap": 1.2}, "overlap=1.2 must lie between"),
        ({"overlap": "good"}, "overlap='good' must be a number"),
        ({"effect": float("inf")}, "effect=inf must be a finite number"),
        ({"outcome": "Binary"}, r"outcome='Binary' is not known\. Did you mean 'binary'\?"),
        ({"outcome": "binary", "noise": 1.0}, "noise=1.0: a binary outcome has no noise"),
        ({"noise": -1}, "noise=-1 must not be negative"),
        ({"rng": "7"}, "rng='7' must be a whole number"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(OptionError, match=message):
        simulate.observational(10, **{"rng": 1, **options})
