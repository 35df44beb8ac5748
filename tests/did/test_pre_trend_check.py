"""The test of effects before treatment with few clusters."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multivariate import test_mvmean as mean_test_of_statsmodels

from causalkit import did, simulate
from causalkit.did._checks import pre_trend_check
from causalkit.errors import DesignWarning
from causalkit.results import Effects

PANEL = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}


@pytest.mark.parametrize("reference_df", [np.inf, 24.0])
def test_it_is_hotellings_test(reference_df):
    x = np.random.default_rng(3).normal(0.2, 1.0, (25, 6))
    path = Effects(
        dimension="event_time",
        labels=tuple("abcdef"),
        estimates=x.mean(axis=0),
        cov=np.cov(x, rowvar=False) / 25,
        df=reference_df,
    )
    check = pre_trend_check(path.joint_test(), n_clusters=25)
    reference = mean_test_of_statsmodels(x)
    assert check.statistic == pytest.approx(reference.statistic, rel=1e-10)
    assert check.p_value == pytest.approx(reference.pvalue, rel=1e-10)


def test_more_effects_than_clusters_are_not_tested():
    path = Effects(dimension="cell", labels=("a", "b", "c"), estimates=np.ones(3), cov=np.eye(3))
    check = pre_trend_check(path.joint_test(), n_clusters=3)
    assert check.verdict == "not run"
    assert "has 3 clusters, too few to test 3 effects" in check.reading


def roll_out(n, rng, **options):
    design = {"shares": (0.3, 0.3, 0.2), "fixed_shares": True, "n_periods": 16, "cohorts": (5, 8, 11)}
    return simulate.roll_out(n, rng=rng, **{**design, **options}).data


@pytest.mark.parametrize(
    ("control_group", "fewest"),
    [("never_treated", 8 + 8), ("not_yet_treated", 8 + 8)],
)
def test_the_smallest_comparison_is_counted(control_group, fewest):
    found = did.group_time(roll_out(40, 1), control_group=control_group, **PANEL)
    assert f"has {fewest} clusters, too few to test 18 effects" in found.checks["pre-trends"].reading


def test_without_never_treated_the_last_cohort_is_compared_with_nobody():
    everybody = roll_out(40, 1, shares=(0.3, 0.3, 0.4), n_periods=9, cohorts=(4, 6, 8))
    with pytest.warns(DesignWarning, match="nobody is untreated"):
        found = did.group_time(everybody, control_group="not_yet_treated", **PANEL)
    check = found.checks["pre-trends"]
    # The second of three cohorts, with the third as its controls, is the smallest comparison: 12 + 16 cities.
    wald = found.pre_trend()
    assert check.statistic == pytest.approx(wald.statistic * (28 - wald.df) / (wald.df * 27), rel=1e-12)


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_parallel_trends_are_seldom_called_into_question(control_group):
    found = [did.group_time(roll_out(80, seed), control_group=control_group, **PANEL) for seed in range(40)]
    alarms = sum(each.checks["pre-trends"].verdict == "questionable" for each in found)
    chi_squared = sum(each.pre_trend().p_value <= 0.05 for each in found)
    # At the nominal 5 % more than six alarms in forty come once in two hundred times.
    assert alarms <= 6
    assert chi_squared > alarms + 4
