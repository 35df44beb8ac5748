"""Estimates and intervals against a known truth, where effects differ between cohorts and grow."""

from __future__ import annotations

import pytest

from causalkit import did, simulate

ROLES = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}
DRAWS = 50
# A binomial count falls below this share of 50 with probability 1e-4 if the coverage is 93 %.
LEAST = 0.78


def cities(rng):
    return simulate.roll_out(80, rng=rng)


def regions(rng):
    """Whole regions launch, with shocks of their own."""
    return simulate.roll_out(
        320,
        rng=rng,
        n_periods=6,
        cohorts=(4,),
        shares=(0.5,),
        n_clusters=40,
        by_cluster=True,
        fixed_shares=True,
        cluster_sd=5.0,
    )


def sloped(rng):
    """Trends are parallel only among cities with the same x1."""
    return simulate.roll_out(
        300, rng=rng, n_periods=5, cohorts=(3, 4), selection=0.8, covariate_trend=1.0, heterogeneity=0.5
    )


def measured(estimator, generator, estimand="ATT", n_sim=DRAWS):
    return simulate.calibrate(estimator, generator, estimand=estimand, n_sim=n_sim, rng=5, progress=False)


def averaged(by, **options):
    return lambda data: did.aggregate(did.group_time(data, **ROLES, **options), by=by)


# Errors of the imputation take the sizes of the cohorts as they are; those of the others allow for their being drawn.
ROBUST = {
    "group_time": (averaged("overall"), "ATT"),
    "not yet treated": (averaged("overall", control_group="not_yet_treated"), "ATT"),
    "estimate": (lambda data: did.estimate(data, **ROLES), "ATT"),
    "imputation": (lambda data: did.imputation(data, **ROLES), "SATT"),
    "two_stage": (lambda data: did.two_stage(data, **ROLES), "ATT"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ROBUST)
def test_an_estimator_made_for_roll_outs_covers_the_truth(name):
    estimator, estimand = ROBUST[name]
    found = measured(estimator, cities, estimand)
    assert abs(found.bias) < 4 * found.bias_error
    assert found.coverage > LEAST
    # The standard error of a ratio of standard deviations over 50 draws is 10 %.
    assert found.std_error_ratio == pytest.approx(1.0, abs=0.4)
    assert found.n_failed == 0


@pytest.mark.parametrize("by", ["event_time", "cohort", "calendar"])
def test_each_average_covers_its_own_truth(by):
    found = measured(averaged(by), cities, estimand=by)
    assert abs(found.bias) < 4 * found.bias_error
    assert found.coverage > LEAST


def test_two_way_fixed_effects_miss_the_truth_and_converge_to_their_own_limit():
    naive = measured(lambda data: did.twfe(data, **ROLES), cities, n_sim=25)
    assert naive.coverage < 0.4
    limit = measured(lambda data: did.twfe(data, **ROLES), cities, estimand="TWFE")
    assert abs(limit.bias) < 4 * limit.bias_error
    assert limit.coverage > LEAST


def test_covariates_take_out_a_trend_that_they_explain():
    without = measured(averaged("overall"), sloped)
    assert without.bias > 4 * without.bias_error
    adjusted = measured(averaged("overall", covariates="x1"), sloped)
    assert abs(adjusted.bias) < 4 * adjusted.bias_error
    assert adjusted.coverage > LEAST


def test_errors_by_region_cover_where_errors_by_city_do_not():
    by_city = measured(lambda data: did.twfe(data, **ROLES), regions)
    by_region = measured(lambda data: did.twfe(data, **ROLES, cluster="region"), regions)
    assert by_city.std_error_ratio < 0.6
    assert by_region.std_error_ratio == pytest.approx(1.0, abs=0.4)
    assert by_region.coverage > LEAST


def test_missing_rows_and_cross_sections_recover_the_truth_too():
    holed = measured(averaged("overall"), lambda rng: simulate.roll_out(80, rng=rng, share_missing=0.15))
    assert abs(holed.bias) < 4 * holed.bias_error
    assert holed.coverage > LEAST
    roles = {key: value for key, value in ROLES.items() if key != "unit"}
    sections = measured(
        lambda data: did.aggregate(did.group_time(data, **roles), by="overall"),
        lambda rng: simulate.roll_out(300, rng=rng, cross_sections=True),
    )
    assert abs(sections.bias) < 4 * sections.bias_error
    assert sections.coverage > LEAST


def test_anticipation_is_kept_out_of_the_base_period():
    early = {"anticipation": 2, "anticipated": 0.5}
    naive = measured(averaged("event_time"), lambda rng: simulate.roll_out(150, rng=rng, **early), "event_time")
    told = measured(
        averaged("event_time", anticipation=2), lambda rng: simulate.roll_out(150, rng=rng, **early), "event_time"
    )
    assert naive.bias < -4 * naive.bias_error
    assert abs(told.bias) < 4 * told.bias_error
