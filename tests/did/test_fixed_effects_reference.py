"""Fixed-effects estimators against R, published decompositions and closed forms."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from causalkit import did
from causalkit.errors import CausalkitWarning
from tests.did.panels import CASTLE, GOLDEN, MPDTA, ORGANS, castle, mpdta, organs, toy

pytestmark = pytest.mark.filterwarnings("ignore::causalkit.errors.CausalkitWarning")

# The reference numbers have 12 significant digits, those of R's did2s and of the organ donations 9 to 10.
DIGITS = 1e-10


def numbers(effect):
    return effect.estimate, effect.std_error


def along(result, times):
    found = result.path.effects.select(tuple(times))
    return found.estimates, found.std_errors


@pytest.mark.parametrize("count", ["nested", "none", "full"])
def test_twfe_equals_fixest_whatever_fixed_effects_count(count):
    want = GOLDEN["mpdta"]["twfe"]
    found = did.twfe(mpdta(), **MPDTA, count_effects=count)
    assert_allclose(numbers(found), (want["estimate"], want[count]), rtol=DIGITS)


@pytest.mark.parametrize("cov_type", ["HC1", "iid", "CV3"])
def test_twfe_equals_fixest_with_other_errors_and_the_jackknife_by_brute_force(cov_type):
    want = GOLDEN["mpdta"]["twfe"]
    assert_allclose(did.twfe(mpdta(), **MPDTA, cov_type=cov_type).std_error, want[cov_type], rtol=DIGITS)


def test_twfe_refers_to_t_with_one_degree_of_freedom_less_than_clusters():
    assert did.twfe(mpdta(), **MPDTA).effect.df == 499


def test_event_study_equals_fixest():
    want = GOLDEN["mpdta"]["event_study"]
    found = did.event_study(mpdta(), **MPDTA)
    assert found.path.effects.labels == tuple(want["times"])
    estimates, std_errors = along(found, want["times"])
    assert_allclose(estimates, want["estimate"], rtol=DIGITS)
    assert_allclose(std_errors, want["std_error"], rtol=DIGITS)


def test_sun_abraham_equals_fixest():
    want = GOLDEN["mpdta"]["sun_abraham"]
    found = did.sun_abraham(mpdta(), **MPDTA)
    assert_allclose(numbers(found), want["att"], rtol=DIGITS)
    estimates, std_errors = along(found, want["times"])
    assert_allclose(estimates, want["estimate"], rtol=DIGITS)
    assert_allclose(std_errors, want["std_error"], rtol=DIGITS)


def test_sun_abraham_with_estimated_shares_has_the_errors_of_callaway_and_santanna():
    found = did.sun_abraham(mpdta(), **MPDTA, cohort_shares="estimated")
    factor = np.sqrt(500 / 499 * 2499 / (2500 - 17))
    assert_allclose(found.std_error / factor, GOLDEN["mpdta"]["group_time_simple_std_error"], rtol=DIGITS)
    want = GOLDEN["mpdta"]["group_time_dynamic_std_error"]
    assert_allclose(along(found, want)[1] / factor, list(want.values()), rtol=DIGITS)


def test_imputation_equals_the_closed_form_of_borusyak_jaravel_and_spiess():
    want = GOLDEN["mpdta"]["imputation"]
    found = did.imputation(mpdta(), **MPDTA)
    assert_allclose(numbers(found), want["att"], rtol=DIGITS)
    estimates, std_errors = along(found, want["times"])
    assert_allclose(estimates, want["estimate"], rtol=DIGITS)
    assert_allclose(std_errors, want["std_error"], rtol=DIGITS)


def test_two_stage_equals_did2s_where_a_cohort_has_a_single_untreated_year():
    want = GOLDEN["mpdta"]["two_stage"]
    found = did.two_stage(mpdta(), **MPDTA)
    assert_allclose(numbers(found), want["att"], rtol=3e-9)
    estimates, std_errors = along(found, want["times"])
    # R's point estimates carry the 1e-6 at which fixest stops demeaning.
    assert_allclose(estimates, want["estimate"], rtol=2e-7)
    assert_allclose(std_errors, want["std_error"], rtol=1e-8)


def test_bacon_decomposition_equals_bacondecomp():
    found = did.bacon_decomposition(mpdta(), **MPDTA)
    ours = {
        (a, b): (e, w) for a, b, e, w in zip(found.treated, found.control, found.estimates, found.weights, strict=True)
    }
    assert len(ours) == 9
    for treated, control, estimate, weight in GOLDEN["mpdta"]["bacon"]:
        assert_allclose(ours[treated, control], (estimate, weight), rtol=0, atol=1e-12)
    assert found.coefficient == pytest.approx(GOLDEN["mpdta"]["twfe"]["estimate"], rel=DIGITS)
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-14)


def test_castle_laws_equal_fixest_with_and_without_weights():
    want = GOLDEN["castle"]
    assert_allclose(numbers(did.twfe(castle(), **CASTLE)), want["twfe"], rtol=DIGITS)
    assert did.twfe(castle(), **CASTLE, cov_type="CV3").std_error == pytest.approx(want["CV3"], rel=DIGITS)
    weighted = did.twfe(castle(), **CASTLE, weights="popwt")
    # The weights are single precision too; R read their decimals.
    assert_allclose(numbers(weighted), want["popwt"], rtol=2e-8)
    assert_allclose(numbers(did.sun_abraham(castle(), **CASTLE)), want["sun_abraham"], rtol=DIGITS)


def test_castle_laws_a_year_earlier_decompose_as_in_bacondecomp():
    import causaldata

    data = castle().assign(l_homicide=causaldata.castle.load_pandas().data["l_homicide"].astype(float))
    found = did.bacon_decomposition(data.assign(first=data["first"] - 1), **CASTLE)
    want = GOLDEN["castle"]["bacon_a_year_earlier"]
    assert found.coefficient == pytest.approx(want["coefficient"], rel=DIGITS)
    assert_allclose(found.by_kind()["weight"], want["weights"], rtol=1e-12)


def test_organ_donations_equal_fixest_and_warn_of_one_treated_state():
    want = GOLDEN["organ_donations"]
    found = did.twfe(organs(), **ORGANS)
    assert_allclose(numbers(found), want["twfe"], rtol=1e-10)
    assert any("1 treated unit" in each for each in found.warnings)
    estimates, std_errors = along(did.event_study(organs(), **ORGANS), want["times"])
    assert_allclose(estimates, want["estimate"], atol=5e-12)
    assert_allclose(std_errors, want["std_error"], atol=5e-12)


def test_the_jackknife_tells_that_one_treated_unit_cannot_be_left_out():
    found = did.twfe(organs(), **ORGANS, cov_type="CV3")
    assert any("alone" in each and "jackknife" in each for each in found.warnings)


# Exact small panels, without noise.


def test_twfe_is_minus_one_sixth_where_the_effect_is_23_over_6():
    data = toy({3: 5, 7: 5}, 10, noise=0.0)
    roles = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "first"}
    assert did.twfe(data, **roles).estimate == pytest.approx(-1 / 6, abs=1e-12)


def test_twfe_and_imputation_with_never_treated_units_and_three_cohorts():
    roles = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "first"}
    data = toy({3: 5, 7: 5, None: 5}, 10, noise=0.0)
    assert did.twfe(data, **roles).estimate == pytest.approx(2.0, abs=1e-12)
    for estimator in (did.imputation, did.two_stage, did.sun_abraham):
        assert estimator(data, **roles).estimate == pytest.approx(23 / 6, abs=1e-12)
    data = toy({3: 5, 6: 5, 9: 5, None: 5}, 10, noise=0.0)
    assert did.twfe(data, **roles).estimate == pytest.approx(68 / 41, abs=1e-12)
    assert did.imputation(data, **roles).estimate == pytest.approx(3.6, abs=1e-12)


def test_estimators_by_event_time_recover_a_growing_effect_exactly():
    roles = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "first"}
    data = toy({3: 4, 6: 7, None: 5}, 8, noise=0.0)
    for estimator in (did.imputation, did.two_stage, did.sun_abraham, did.stacked):
        path = estimator(data, **roles).path
        assert_allclose(path.effects.estimates, np.maximum(path.positions + 1, 0.0), atol=1e-12)


def test_warnings_of_the_package_are_what_these_tests_silence():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        did.twfe(mpdta(), **MPDTA)
    assert [each.category.__mro__[1] for each in seen] == [CausalkitWarning]
