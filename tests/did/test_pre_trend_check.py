"""The test of effects before treatment with few clusters."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multivariate import test_mvmean as mean_test_of_statsmodels

from causalkit import did, simulate
from causalkit.did._checks import pre_trend_check
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
    assert "3 clusters cannot test 3 effects" in check.reading


def test_parallel_trends_of_forty_cities_are_seldom_called_into_question():
    design = {"shares": (0.3, 0.3, 0.2), "fixed_shares": True, "n_periods": 16, "cohorts": (5, 8, 11)}
    found = [
        did.group_time(simulate.roll_out(40, rng=seed, **design).data, control_group="not_yet_treated", **PANEL)
        for seed in range(30)
    ]
    alarms = sum(each.checks["pre-trends"].verdict == "questionable" for each in found)
    chi_squared = sum(each.pre_trend().p_value <= 0.05 for each in found)
    # Cohorts of 8 and 12 leave a little more than the nominal 5 %; the chi-squared test is wrong in most samples.
    assert alarms <= 8
    assert chi_squared >= 15
