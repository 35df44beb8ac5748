"""Tails against 40-digit references, and the identities between them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit._numerics._tails import (
    chi2_quantile,
    chi2_sf,
    critical_value,
    f_sf,
    normal_quantile,
    two_sided_p,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "tails.json").read_text())


@pytest.mark.parametrize(("z", "expected"), GOLDEN["normal"])
def test_normal_tail_is_right_to_twelve_digits_even_at_37_standard_errors(z, expected):
    assert two_sided_p(z) == pytest.approx(expected, rel=1e-12, abs=0)
    assert two_sided_p(-z) == two_sided_p(z)


@pytest.mark.parametrize(("t", "df", "expected"), GOLDEN["t"])
def test_t_tail_is_right_for_few_and_for_a_million_degrees_of_freedom(t, df, expected):
    assert two_sided_p(t, df) == pytest.approx(expected, rel=1e-10, abs=0)


@pytest.mark.parametrize(("x", "df", "expected"), GOLDEN["chi2"])
def test_chi_squared_tail_equals_the_reference(x, df, expected):
    assert chi2_sf(x, df) == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize(("x", "num", "den", "expected"), GOLDEN["f"])
def test_f_tail_equals_the_reference(x, num, den, expected):
    assert f_sf(x, num, den) == pytest.approx(expected, rel=1e-11, abs=0)


@given(level=st.floats(0.01, 0.9999), df=st.one_of(st.just(math.inf), st.floats(1, 1e6)))
def test_the_critical_value_leaves_the_complement_of_the_level_in_the_tails(level, df):
    assert two_sided_p(critical_value(level, df), df) == pytest.approx(1 - level, rel=1e-9)


def test_vectors_give_vectors_and_scalars_give_floats():
    z = np.array([0.5, 3.0])
    df = np.array([4.0, math.inf])
    np.testing.assert_array_equal(two_sided_p(z, df), [two_sided_p(0.5, 4.0), two_sided_p(3.0)])
    np.testing.assert_array_equal(critical_value(0.9, df), [critical_value(0.9, 4.0), critical_value(0.9)])
    assert isinstance(two_sided_p(1.0), float)
    assert isinstance(chi2_sf(1.0, 2), float)


def test_squares_of_t_are_f_and_of_z_are_chi_squared():
    assert f_sf(9.0, 1, 12) == pytest.approx(two_sided_p(3.0, 12), rel=1e-12)
    assert chi2_sf(9.0, 1) == pytest.approx(two_sided_p(3.0), rel=1e-12)
    assert f_sf(4.0, 3, math.inf) == pytest.approx(chi2_sf(12.0, 3), rel=1e-14)


def test_undefined_statistics_stay_undefined_and_infinite_ones_are_certain():
    assert math.isnan(two_sided_p(math.nan))
    assert math.isnan(two_sided_p(2.0, 0.0))
    assert math.isnan(chi2_sf(math.nan, 2))
    assert math.isnan(f_sf(math.nan, 2, 5))
    assert two_sided_p(math.inf) == 0.0
    assert two_sided_p(-math.inf, 3) == 0.0


def test_no_restriction_is_never_rejected():
    assert chi2_sf(0.0, 0) == 1.0
    assert f_sf(0.0, 0, 10) == 1.0


def test_quantiles_are_the_textbook_ones():
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-14)
    assert chi2_quantile(0.95, 1) == pytest.approx(3.841458820694124, rel=1e-12)
