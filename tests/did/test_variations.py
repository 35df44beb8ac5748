"""Other controls, without one cluster or cohort, at earlier dates: each is the estimate on the rows that are left."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from causalkit import did, simulate
from causalkit.errors import CausalkitWarning, DesignError, OptionError
from causalkit.results._json import dumps, loads

ROLES = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}


@pytest.fixture(scope="module")
def data():
    return simulate.roll_out(120, rng=5, n_periods=8, cohorts=(4, 6)).data


def overall(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return did.aggregate(did.group_time(data, **{**ROLES, **options})).effect


def same(found, reference):
    assert found.estimate == pytest.approx(reference.estimate, rel=1e-10)
    assert found.std_error == pytest.approx(reference.std_error, rel=1e-10)


def test_controls_are_those_named(data):
    found = did.alternative_controls(data, **ROLES)
    same(found.original, overall(data))
    same(found["never treated"], overall(data))
    same(found["not yet treated"], overall(data, control_group="not_yet_treated"))
    later = data[data.launch_week.notna()]
    same(found["treated later"], overall(later, control_group="not_yet_treated"))


def test_each_cohort_is_left_out_in_turn(data):
    found = did.leave_one_out(data, **ROLES, left_out="cohort", covariates="x1")
    assert found.effects.labels == ("4", "6")
    for label in found.effects.labels:
        same(found[label], overall(data[data.launch_week != float(label)], covariates="x1"))
    assert found.range == (min(found.effects.estimates), max(found.effects.estimates))


def test_each_cluster_is_left_out_in_turn(data):
    data = data.assign(zone=data.city.astype("category").cat.codes % 31)
    found = did.leave_one_out(data, **ROLES, cluster="zone")
    assert len(found) == 31
    for zone in (0, 17):
        same(found[str(zone)], overall(data[data.zone != zone], cluster="zone"))


def test_units_left_out_one_by_one_give_the_jackknife(data):
    found = did.leave_one_out(data, **ROLES)
    spread = found.effects.estimates - found.effects.estimates.mean()
    # The jackknife and the influence function agree to first order; at 120 units to a few percent.
    assert np.sqrt((spread**2).sum()) == pytest.approx(found.original.std_error, rel=0.08)


def test_a_cluster_without_which_nothing_is_left_is_nan():
    data = simulate.roll_out(40, rng=5, n_periods=6, cohorts=(4,)).data
    data = data.assign(side=np.where(data.launch_week.notna(), "treated", "control"))
    with pytest.warns(CausalkitWarning):
        found = did.leave_one_out(data, **ROLES, cluster="side")
    assert np.isnan(found["treated"].estimate)
    assert np.isnan(found["control"].estimate)


def test_placebo_dates_use_the_rows_before_treatment_alone(data):
    found = did.placebo_dates(data, **ROLES)
    assert found.effects.labels == tuple(f"{k} period{'s' * (k > 1)} earlier" for k in (1, 2, 3, 4))
    # Two periods earlier, both cohorts; rows from the real start on are gone, controls end with the last cohort.
    start = data.launch_week.fillna(data.launch_week.max())
    before = data[data.week < start].assign(launch_week=lambda t: t.launch_week - 2)
    same(found["2 periods earlier"], overall(before))
    # Three periods earlier the first cohort has nothing before.
    alone = data[(data.week < 6) & (data.launch_week != 4)].assign(launch_week=lambda t: t.launch_week - 4)
    same(found["4 periods earlier"], overall(alone))
    loud = data.assign(orders=data.orders + 1000.0 * (data.week >= data.launch_week))
    again = did.placebo_dates(loud, **ROLES)
    np.testing.assert_allclose(again.effects.estimates, found.effects.estimates, rtol=1e-9)


def test_placebo_dates_reject_as_often_as_they_should():
    n, rejected = 60, 0
    for seed in range(n):
        sim = simulate.roll_out(150, rng=seed, n_periods=6, cohorts=(5,)).data
        rejected += did.placebo_dates(sim, **ROLES, most=1)["1 period earlier"].p_value < 0.05
    assert rejected / n <= 0.05 + 4 * (0.05 * 0.95 / n) ** 0.5


def test_what_cannot_be_varied_is_said(data):
    with pytest.raises(DesignError, match="no earlier date to pretend"):
        did.placebo_dates(simulate.roll_out(60, rng=1, n_periods=4, cohorts=(2,)).data, **ROLES)
    with pytest.raises(OptionError, match="600 clusters would be left out"):
        did.leave_one_out(simulate.roll_out(600, rng=1, n_periods=4, cohorts=(3,)).data, **ROLES)
    with pytest.raises(OptionError, match="left_out='cohorts'"):
        did.leave_one_out(data, **ROLES, left_out="cohorts")


def test_variations_are_a_table_that_survives_json(data):
    found = did.alternative_controls(data, **ROLES)
    assert loads(dumps(found)) == found
    assert found.table(0.9)["term"] == found.effects.labels
    assert "As usually estimated" in str(found)


def test_what_single_variations_warn_of_is_kept_with_their_label_and_printed():
    df = simulate.roll_out(120, rng=3).data
    found = did.alternative_controls(df, outcome="orders", unit="city", time="week", cohort="launch_week")
    (said,) = found.warnings
    assert said.startswith("treated later: ")
    assert "cannot be estimated" in said
    assert said in found.table().note
