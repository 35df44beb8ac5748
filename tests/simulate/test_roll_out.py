"""The roll-out generator: its truth against brute force and closed forms, its data against its description."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf
from numpy.testing import assert_allclose

from causalkit import simulate
from causalkit.errors import OptionError

QUIET = {"unit_sd": 0.0, "period_sd": 0.0, "noise": 0.0}
EXACT = {**QUIET, "fixed_shares": True}


def two_way(frame):
    """Coefficient of ``live`` beside dummies of cities and weeks."""
    return smf.ols("orders ~ live + C(city) + C(week)", frame).fit().params["live"]


@pytest.mark.parametrize(
    ("cohorts", "shares", "twfe", "att"),
    [
        ((3, 7), (0.5, 0.5), -1 / 6, 23 / 6),
        ((3, 7), (1 / 3, 1 / 3), 2.0, 23 / 6),
        ((3, 6, 9), (0.25, 0.25, 0.25), 68 / 41, 3.6),
    ],
)
def test_two_way_fixed_effects_and_the_truth_are_those_known_in_closed_form(cohorts, shares, twfe, att):
    """Effects of t - g + 1 over ten periods and equal groups, where the regression can turn the sign."""
    n = 12
    sim = simulate.roll_out(n, rng=1, n_periods=10, cohorts=cohorts, shares=shares, effects=1.0, growth=1.0, **EXACT)
    assert sim.truth["TWFE"] == pytest.approx(twfe, rel=1e-12)
    assert sim.truth["ATT"] == pytest.approx(att, rel=1e-12)
    assert two_way(sim.data) == pytest.approx(twfe, rel=1e-9)
    assert sim.truth["SATT"] == pytest.approx(att, rel=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"share_always": 0.1},
        {"anticipation": 2, "anticipated": 0.4, "trend_gap": 0.7},
        {"effects": 3.0, "growth": (1.0, -2.0, 0.5), "cohorts": (2, 5, 12)},
    ],
)
def test_averages_are_those_of_the_rows_of_an_exact_roll_out(options):
    sim = simulate.roll_out(40, rng=2, shares=(0.2, 0.25, 0.2), potential_outcomes=True, **EXACT, **options)
    rows = sim.data.assign(effect=sim.potential["effect"], e=sim.data.week - sim.data.launch_week)
    rows = rows[rows.launch_week != 1]
    after = rows[rows.e >= 0]
    want = {"ATT": after.effect.mean()}
    for name, column in (("event_time", "e"), ("calendar", "week")):
        means = after.groupby(column).effect.mean()
        want |= {f"{name}({int(at)})": value for at, value in means.items()} | {name: means.mean()}
    means = after.groupby("launch_week").effect.mean()
    cities = after.groupby("launch_week").city.nunique()
    want |= {f"cohort({int(at)})": value for at, value in means.items()}
    want |= {"cohort": np.average(means, weights=cities)}
    early = rows[(rows.e < 0) & (rows.e >= -options.get("anticipation", 0))]
    want |= {f"event_time({int(at)})": value for at, value in early.groupby("e").effect.mean().items()}
    shown = pd.concat([early, after]).groupby(["launch_week", "week"]).effect.mean()
    want |= {f"ATT({int(g)},{t})": value for (g, t), value in shown.items()}
    want |= {"TWFE": two_way(sim.data)}
    assert set(sim.truth) == {*want, "SATT"}
    assert_allclose([sim.truth[name] for name in want], list(want.values()), rtol=1e-9)
    assert set(sim.potential["effect"][(sim.data.launch_week - sim.data.week) > 2]) <= {0.0}


def test_the_parts_of_the_outcome_are_the_ones_described():
    sim = simulate.roll_out(
        300, rng=3, heterogeneity=1.5, selection=0.8, covariate_trend=0.3, trend_gap=0.2, n_covariates=2,
        potential_outcomes=True, **QUIET,
    )  # fmt: skip
    data = sim.data
    h = data.launch_week.map({4: 1.0, 7: 2 / 3, 10: 1 / 3}).fillna(0.0)
    untreated = 100 + (0.2 * h + 0.3 * data.x1) * (data.week - 1)
    impact = data.launch_week.map({4: 6.0, 7: 4.0, 10: 2.0})
    effect = ((impact + data.week - data.launch_week + 1.5 * data.x1) * data.live).fillna(0.0)
    assert_allclose(sim.potential["untreated"], untreated, rtol=1e-13)
    assert_allclose(sim.potential["effect"], effect, atol=1e-12)
    assert_allclose(data.orders, untreated + effect, rtol=1e-13)
    assert (data.live == (data.week >= data.launch_week)).all()
    assert sim.truth["ATT(7,9)"] == pytest.approx(4 + 2 + 1.5 * 0.8 * 2 / 3)


def test_the_truth_averages_over_the_covariate_of_each_cohort():
    sim = simulate.roll_out(200_000, rng=4, n_periods=4, cohorts=(2, 3), shares=(0.3, 0.3), effects=(2.0, 1.0),
                            heterogeneity=1.0, selection=1.0, covariate_trend=0.5, **QUIET)  # fmt: skip
    # Monte Carlo error of a mean of 200,000 rows of standard deviation 1, four of them.
    assert sim.truth["SATT"] == pytest.approx(sim.truth["ATT"], abs=4 / 100_000**0.5)
    cells = sim.data.groupby(["launch_week", "week"], dropna=False).orders.mean().unstack()
    share = sim.data[sim.data.week == 1].launch_week.value_counts(dropna=False, normalize=True)
    small = cells.stack().rename("orders").reset_index()
    small = small.assign(
        weight=small.launch_week.map(share).fillna(share[np.nan]),
        live=(small.week >= small.launch_week).astype(int),
        city=small.launch_week.fillna(99),
    )
    fitted = smf.wls("orders ~ live + C(city) + C(week)", small, weights=small.weight).fit().params["live"]
    assert fitted == pytest.approx(sim.truth["TWFE"], abs=0.02)


def test_shocks_have_the_spread_and_the_memory_asked_for():
    sim = simulate.roll_out(
        4_000, rng=5, n_periods=3, cohorts=(3,), shares=(0.5,), effects=0.0, growth=0.0, unit_sd=0.0, period_sd=0.0,
        cluster_sd=2.0, n_clusters=500, noise=1.0, autocorrelation=0.6,
    )  # fmt: skip
    wide = sim.data.pivot(index="city", columns="week", values="orders")
    region = sim.data.drop_duplicates("city").set_index("city").region
    assert_allclose(wide.var(), 5.0, rtol=0.15)
    assert_allclose(wide.corr().to_numpy()[[0, 1, 0], [1, 2, 2]], [0.6, 0.6, 0.36], atol=0.06)
    assert wide.groupby(region).mean().var().mean() == pytest.approx(4 + 1 / 8, rel=0.15)
    assert (region.value_counts() == 8).all()


def test_shares_are_met_exactly_when_fixed_and_on_average_otherwise():
    fixed = simulate.roll_out(
        100, rng=6, shares=(0.2, 0.25, 0.2), fixed_shares=True, share_always=0.05
    ).data.drop_duplicates("city")
    assert fixed.launch_week.fillna(99).value_counts().to_dict() == {4: 20, 7: 25, 10: 20, 1: 5, 99: 30}
    uneven = simulate.roll_out(11, rng=6, fixed_shares=True).data.drop_duplicates("city")
    assert sorted(uneven.launch_week.value_counts(dropna=False)) == [2, 2, 2, 5]
    drawn = simulate.roll_out(20_000, rng=6).data.drop_duplicates("city")
    # Four standard errors of a share of one fifth.
    assert (drawn.launch_week == 7).mean() == pytest.approx(0.2, abs=4 * (0.2 * 0.8 / 20_000) ** 0.5)
    regions = simulate.roll_out(200, rng=6, by_cluster=True, n_clusters=10).data
    assert (regions.groupby("region").launch_week.nunique(dropna=False) == 1).all()


def test_rows_go_missing_and_cross_sections_see_nobody_twice():
    whole, holed = (simulate.roll_out(1_000, rng=7, share_missing=share).data for share in (0.0, 0.2))
    assert len(whole) == 12_000
    assert len(holed) == pytest.approx(9_600, abs=4 * (12_000 * 0.16) ** 0.5)
    sections = simulate.roll_out(500, rng=8, cross_sections=True).data
    assert "city" not in sections
    assert (sections.week.value_counts() == 500).all()
    assert sections.groupby("launch_week", dropna=False).x1.nunique().sum() == len(sections)


def test_same_seed_same_data_in_any_library():
    a, b = simulate.roll_out(30, rng=9), simulate.roll_out(30, rng=9, backend="polars")
    assert isinstance(b.data, pl.DataFrame)
    pd.testing.assert_frame_equal(a.data, b.data.to_pandas())
    assert a.truth == b.truth


def mean_of_treated(frame):
    """Treated less untreated rows: biased, as it ignores both cities and weeks."""
    from types import SimpleNamespace

    live = frame.live == 1
    gap = frame.orders[live].mean() - frame.orders[~live].mean()
    return SimpleNamespace(estimate=gap, std_error=1.0, conf_int=lambda level: (gap - level, gap + level))


def test_calibrate_draws_it():
    cal = simulate.calibrate(
        mean_of_treated, lambda rng: simulate.roll_out(50, rng=rng), estimand="event_time(0)", n_sim=5, rng=1
    )
    assert cal.truth == pytest.approx((6 + 4 + 2) / 3)
    assert cal.n_failed == 0


def test_everyone_treated_leaves_no_two_way_regression_but_no_warning_either():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim = simulate.roll_out(20, rng=1, cohorts=(3,), shares=(1.0,))
    assert np.isnan(sim.truth["TWFE"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cohorts": (7, 4, 10)}, "increasing order"),
        ({"cohorts": (1, 4, 7)}, "cohorts=1 must be between 2 and 12"),
        ({"cohorts": (4, 7, 13)}, "cohorts=13 must be between 2 and 12"),
        ({"shares": (0.5, 0.5)}, "shares has 2 values, cohorts has 3"),
        ({"shares": (0.5, 0.4, 0.3)}, "sum to at most 1"),
        ({"effects": (1.0, 2.0)}, "effects has 2 values"),
        ({"share_always": 1.0}, r"share_always=1.0 must lie in \[0, 1\)"),
        ({"autocorrelation": 1.0}, "autocorrelation=1.0"),
        ({"noise": -1.0}, "noise=-1.0 must not be negative"),
        ({"n_periods": 1}, "n_periods=1 must be 2 or more"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(OptionError, match=message):
        simulate.roll_out(10, rng=1, **options)
