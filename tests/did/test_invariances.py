"""What must not change an estimate, or how it must: labels, units, order, constants, types; for every estimator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose

from causalkit import did, simulate

# Two-way fixed effects warn of several cohorts, which is their business and not ours here.
pytestmark = pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")

ROLES = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}


def by_event_time(data, **roles):
    return did.aggregate(did.group_time(data, **roles), by="event_time")


def doubly_robust(data, **roles):
    return did.aggregate(did.group_time(data, covariates="x1", **roles), by="event_time")


ESTIMATORS = {
    "group_time": by_event_time,
    "doubly robust": doubly_robust,
    "event_study": did.event_study,
    "imputation": did.imputation,
    "stacked": did.stacked,
    "sun_abraham": did.sun_abraham,
    "two_stage": did.two_stage,
    "twfe": did.twfe,
    "estimate": did.estimate,
}
each_estimator = pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)


@pytest.fixture(scope="module")
def data():
    return simulate.roll_out(90, rng=11, n_periods=7, cohorts=(3, 5), fixed_shares=True, selection=0.4).data


def numbers(result):
    """Estimate and error of the headline, then of the path."""
    found = [result.estimate, result.std_error]
    if result.path is not None:
        found += [*result.path.effects.estimates, *result.path.effects.std_errors]
    return np.array(found)


def same(estimator, changed, data, *, roles=ROLES, scale=1.0, rtol=1e-9, **more):
    want = numbers(estimator(data, **ROLES)) * scale
    assert_allclose(numbers(estimator(changed, **{**ROLES, **roles}, **more)), want, rtol=rtol, atol=1e-11)


@each_estimator
def test_the_order_of_the_rows_does_not_matter(estimator, data):
    same(estimator, data.sample(frac=1.0, random_state=1), data)


@each_estimator
def test_time_may_start_anywhere(estimator, data):
    same(estimator, data.assign(week=data.week + 2000, launch_week=data.launch_week + 2000), data)


@each_estimator
@pytest.mark.parametrize(
    "renamed",
    [
        lambda week: f"wave {week:02d}",
        lambda week: f"2024-{week:02d}",
        lambda week: pd.Timestamp(2024, week, 1),
        lambda week: pd.Timestamp(2024, week, 1, tz="Europe/Berlin"),
        lambda week: pd.Timestamp(2024, 1, 1) + pd.Timedelta(days=7 * week),
        lambda week: f"2023Q{week}" if week <= 4 else f"2024Q{week - 4}",
    ],
    ids=["text", "year-month", "months", "months with a time zone", "weeks", "quarters"],
)
def test_periods_may_have_any_names_in_the_same_order(estimator, renamed, data):
    names = {week: renamed(week) for week in range(1, 8)}
    launched = data.launch_week.map(lambda week: None if np.isnan(week) else names[int(week)])
    same(estimator, data.assign(week=data.week.map(names), launch_week=launched), data)


@each_estimator
def test_units_may_be_strings(estimator, data):
    same(estimator, data.assign(city="city " + data.city.astype(str)), data)


@each_estimator
def test_constants_of_units_and_periods_drop_out(estimator, data):
    moved = data.orders + 50 * np.sin(data.city) + 30 * np.cos(3 * data.week)
    same(estimator, data.assign(orders=moved), data, rtol=1e-7)


@each_estimator
@pytest.mark.parametrize(("shift", "scale"), [(-3.0, 0.01), (1e6, 1.0), (1e3, 250.0)])
def test_the_outcome_may_be_in_other_units(estimator, shift, scale, data):
    # A shift of 1e6 leaves ten digits of an outcome with a spread of ten.
    same(estimator, data.assign(orders=shift + scale * data.orders), data, scale=scale, rtol=1e-6)


@each_estimator
def test_a_small_integer_type_is_read_as_numbers(estimator, data):
    rounded = data.assign(orders=(data.orders - 100).round().clip(-128, 127))
    small = rounded.assign(orders=rounded.orders.astype("int8"))
    assert_allclose(numbers(estimator(small, **ROLES)), numbers(estimator(rounded, **ROLES)), rtol=1e-12)


@each_estimator
def test_weights_of_one_change_nothing(estimator, data):
    same(estimator, data.assign(one=1.0), data, weights="one")


@each_estimator
def test_never_may_be_written_in_several_ways_at_once(estimator, data):
    never = data.launch_week.isna()
    others = never & (data.city % 2 == 0)
    same(estimator, data.assign(launch_week=data.launch_week.mask(others, np.inf)), data)
    same(estimator, data.assign(launch_week=data.launch_week.mask(others, 0.0)), data)


@each_estimator
def test_treatment_by_row_says_the_same_as_the_first_treated_period(estimator, data):
    same(estimator, data, data, roles={"cohort": None, "treatment": "live"})


@each_estimator
def test_any_library_of_frames_gives_the_same(estimator, data):
    same(estimator, pl.from_pandas(data), data, rtol=1e-12)


@pytest.mark.parametrize(
    "estimator", [each for name, each in ESTIMATORS.items() if name != "doubly robust"], ids=lambda each: each.__name__
)
def test_one_cohort_and_two_periods_are_two_by_two(estimator):
    data = simulate.roll_out(60, rng=3, n_periods=2, cohorts=(2,), shares=(0.5,)).data
    treated = data.launch_week.notna().astype(int)
    four = data.assign(treated=treated, post=(data.week == 2).astype(int))
    want = did.two_by_two(four, outcome="orders", treated="treated", post="post", unit="city")
    assert estimator(data, **ROLES).estimate == pytest.approx(want.estimate, rel=1e-10)
