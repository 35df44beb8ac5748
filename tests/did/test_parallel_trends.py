"""Trends before treatment: published leads, units' own slopes, and the power of the test by simulation."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from causalkit import did, simulate
from causalkit._numerics._pre_trend_power import trend_power
from causalkit._numerics._wald import wald_test
from causalkit.errors import CausalkitWarning, DesignError
from causalkit.results._json import dumps, loads
from tests.adversarial import Subject, suite
from tests.contract import check_contract
from tests.did import panels

ROLES = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "first"}


def drifting(n=200, *, slope=0.0, seed=0, n_periods=7):
    """Units treated in period 5 or never, whose outcomes drift apart."""
    rng = np.random.default_rng(seed)
    treated = rng.random(n) < 0.5
    time = np.arange(1, n_periods + 1)
    y = rng.normal(size=(n, 1)) + rng.normal(size=(n, n_periods)) + slope * treated[:, None] * time
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), n_periods),
            "time": np.tile(time, n),
            "first": np.repeat(np.where(treated, 5.0, np.nan), n_periods),
            "x": rng.normal(size=n * n_periods) + np.repeat(treated, n_periods),
            "y": (y + 2.0 * treated[:, None] * (time >= 5)).ravel(),
        }
    )


def test_leads_of_the_minimum_wage_are_the_published_ones():
    found = did.parallel_trends(panels.mpdta(), **panels.MPDTA)
    leads = [found.path.effects[label].estimate for label in ("-4", "-3", "-2")]
    # Sun and Abraham's estimator has the same means.
    np.testing.assert_allclose(leads, [0.00330635669251, 0.02502182959756, 0.02445874497117], rtol=1e-9)


def test_slope_and_its_error_are_those_of_the_units_own_slopes():
    data = drifting(slope=0.1)
    found = did.parallel_trends(data, **ROLES)
    early = data.query("time < 5").assign(lean=lambda t: (t.time - 2.5) / 5.0)
    own = (early.lean * early.y).groupby(early.unit).sum()
    treated = data.groupby("unit")["first"].first().notna()
    one, two = own[treated], own[~treated]
    assert found.estimate == pytest.approx(one.mean() - two.mean(), rel=1e-10)
    error = np.sqrt(one.var(ddof=0) / one.size + two.var(ddof=0) / two.size)
    assert found.std_error == pytest.approx(error, rel=1e-10)


def test_joint_test_is_the_wald_test_of_the_leads():
    found = did.parallel_trends(drifting(), **ROLES)
    check, leads = found.checks["pre-trends"], found.path.effects.select(("-4", "-3", "-2"))
    reference = leads.estimates @ np.linalg.solve(leads.cov, leads.estimates)
    assert check.statistic == pytest.approx(reference, rel=1e-10)
    assert check.df == 3


def test_power_and_the_bias_of_those_that_pass_are_what_simulation_finds():
    rng = np.random.default_rng(2)
    root = rng.normal(size=(5, 5)) / 3 + np.eye(5)
    cov, distance = root @ root.T, np.array([-3.0, -2.0, -1.0, 1.0, 2.0])
    found = trend_power(cov, distance, 3, powers=np.array([0.5, 0.8]))
    draws = rng.normal(size=(200_000, 5)) @ root.T
    for slope, power, bias, passed in zip(found.slopes, (0.5, 0.8), found.bias, found.bias_if_passed, strict=True):
        moved = draws + slope * distance
        statistics = np.einsum("bi,ij,bj->b", moved[:, :3], np.linalg.inv(cov[:3, :3]), moved[:, :3])
        accepted = statistics <= 7.814727903251179
        assert 1 - accepted.mean() == pytest.approx(power, abs=0.005)
        np.testing.assert_allclose(bias, slope * distance[3:], rtol=1e-12)
        np.testing.assert_allclose(moved[accepted][:, 3:].mean(axis=0), passed, atol=0.04)
    assert wald_test(found.slopes[1] * distance[:3], cov[:3, :3]).statistic == pytest.approx(10.9, abs=0.05)


def test_trends_of_the_stated_size_are_found_as_often_as_stated():
    slope = float(did.parallel_trends(drifting(), **ROLES).power.slopes[1])
    n = 60
    rejected = [
        did.parallel_trends(drifting(slope=slope, seed=seed), **ROLES).checks["pre-trends"].p_value < 0.05
        for seed in range(n)
    ]
    assert abs(np.mean(rejected) - 0.8) <= 4 * (0.8 * 0.2 / n) ** 0.5


def test_levels_and_trends_of_covariates_are_compared_before_treatment():
    data = drifting().assign(g=lambda t: t.x + 0.3 * t.time * t["first"].notna(), fixed=lambda t: t.unit % 3)
    found = did.parallel_trends(data, **ROLES, covariates=["g", "fixed"])
    early, arm = data.query("time < 5"), data.query("time < 5")["first"].notna()
    table = found.balance
    assert table["treated"][0] == pytest.approx(early.g[arm].mean(), rel=1e-12)
    spread = np.sqrt((early.g[arm].var(ddof=0) + early.g[~arm].var(ddof=0)) / 2)
    assert table["difference"][0] == pytest.approx((early.g[arm].mean() - early.g[~arm].mean()) / spread, rel=1e-10)
    slopes = [np.polyfit(part.time, part.g, 1)[0] for part in (early[arm], early[~arm])]
    assert table["trend"][0] == pytest.approx(slopes[0] - slopes[1], rel=1e-9)
    assert table["p_value"][0] < 0.001
    assert np.isnan(table["p_value"][1])
    assert found.checks["covariates"].verdict == "questionable"
    assert "overlap" in found.checks


def test_group_means_are_the_means():
    data = drifting()
    table = did.parallel_trends(data, **ROLES).group_means()
    means = data.assign(arm=data["first"].notna()).groupby(["arm", "time"]).y.mean()
    np.testing.assert_allclose(table["5"], means[True], rtol=1e-12)
    np.testing.assert_allclose(table["never treated"], means[False], rtol=1e-12)


def test_one_period_before_treatment_shows_no_trend():
    with pytest.raises(DesignError, match="only one period before treatment"):
        did.parallel_trends(drifting().query("time >= 4"), **ROLES)


def test_cohorts_and_cross_sections_are_looked_at_too():
    data = simulate.roll_out(300, rng=3).data
    roles = {"outcome": "orders", "time": "week", "cohort": "launch_week"}
    panel = did.parallel_trends(data, **roles, unit="city")
    crossed = did.parallel_trends(data, **roles)
    # The same means, with errors that do not know that units repeat.
    np.testing.assert_allclose(crossed.path.effects.estimates, panel.path.effects.estimates, rtol=1e-8)
    assert crossed.sample.n_units is None or crossed.sample.n_units == len(data)


@pytest.mark.parametrize("divergence", ["relative_magnitudes", "smoothness"])
def test_sensitivity_starts_from_the_event_study(divergence):
    data = drifting()
    study = did.event_study(data, **ROLES)
    found = did.sensitivity(study, divergence=divergence, event_time="average")
    after = [label for label in study.path.effects.labels if float(label) >= 0]
    average = study.path.effects.combine(dict.fromkeys(after, 1 / len(after)))
    assert found.original.estimate == pytest.approx(average.estimate, rel=1e-12)
    assert found.original.std_error == pytest.approx(average.std_error, rel=1e-12)
    widths = [found.conf_int(bound).width for bound in found.bounds]
    assert widths == sorted(widths)
    broken = found.breakdown()
    assert found.conf_int(broken * 0.999).low > 0 >= found.conf_int(broken * 1.001).low
    effect = found.trends[1]
    assert effect.p_value(0.0) < 0.05
    assert str(found).startswith("average effect after treatment")
    assert loads(dumps(found)) == found


def test_pooled_ends_of_a_window_are_left_out_of_sensitivity():
    data = drifting(n_periods=9)
    whole, pooled = (did.sensitivity(did.event_study(data, **ROLES, **more)) for more in ({}, {"window": (-3, 3)}))
    assert pooled.trends[0].estimates.size == 4
    np.testing.assert_allclose(pooled.original.estimate, whole.original.estimate, rtol=0.2)


def test_sensitivity_says_what_it_needs():
    data = drifting()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        exact = did.event_study(data.assign(y=1.0), **ROLES)
    with pytest.raises(DesignError, match="no sampling error"):
        did.sensitivity(exact)
    with pytest.raises(DesignError, match="starts from effects by event time"):
        did.sensitivity(did.twfe(data, **ROLES))
    with pytest.raises(DesignError, match="no effect before the reference"):
        did.sensitivity(did.event_study(data.query("time >= 4"), **ROLES))
    cells = did.group_time(data, **ROLES)
    with pytest.raises(DesignError, match="universal"):
        did.sensitivity(did.aggregate(cells, by="event_time"))
    universal = did.aggregate(did.group_time(data, **ROLES, base_period="universal"), by="event_time")
    assert did.sensitivity(universal).bounds.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]


def by_treatment(data, roles, **options):
    return did.parallel_trends(data, **roles, **options)


test_bad_and_odd_input_of_parallel_trends = suite(
    Subject(
        call=by_treatment,
        frame=drifting(40).assign(d=lambda t: (t.time >= t["first"]).astype(int)).drop(columns=["first", "x"]),
        roles={"outcome": "y", "unit": "unit", "time": "time", "treatment": "d"},
        numeric=("outcome",),
        skip={"a_treatment_with_other_labels_needs_the_treated_one_named": "the treatment of a panel is 0/1"},
    )
)


def test_results_keep_the_contract():
    def make(n):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CausalkitWarning)
            return did.parallel_trends(drifting(n), **ROLES, covariates="x")

    check_contract(make(60), make_at_4n=lambda: make(240))
