"""Reversal tests, their probability and the names of patterns."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from causalkit.simpson._cells import covariance
from causalkit.simpson._pattern import kind, patterns
from causalkit.simpson._reversal import bivariate_normal_cdf, full_reversal_p_value, reversal
from causalkit.simpson._standard import crude, standard, standardised
from causalkit.simpson._strata import stratum_effects
from tests.simpson.cases import cells_of, rows_of


def pair_of(name):
    cells = cells_of(*rows_of(name))
    pair = [crude(cells), standardised(cells, standard(cells, "all"))]
    return cells, pair, covariance(pair, cells)


@pytest.mark.parametrize(("name", "p"), [("kidney", 0.0639322879), ("berkeley", 0.0100761779)])
def test_reversal_p_value_of_published_tables(name, p):
    _, (a, b), cov = pair_of(name)
    assert reversal(a.value, b.value, cov).p_value == pytest.approx(p, abs=6e-11)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("kidney", ("association reversal",)), ("berkeley", ("amalgamation", "adjusted reversal"))],
)
def test_patterns_of_published_tables(name, expected):
    cells, (a, b), _ = pair_of(name)
    assert patterns(a.value, b.value, stratum_effects(cells).estimate) == expected


def test_probability_of_reversal_equals_draws_from_the_normal():
    _, (a, b), cov = pair_of("kidney")
    draws = np.random.default_rng(0).multivariate_normal([a.value, b.value], cov, 400_000)
    share = np.mean(draws[:, 0] * draws[:, 1] < 0)
    got = reversal(a.value, b.value, cov).probability
    assert abs(got - share) < 4 * np.sqrt(share * (1 - share) / 400_000)


@pytest.mark.skipif(version("scipy") < "1.17", reason="scipy's own integral has five digits before 1.17")
@given(h=st.floats(-5, 5), k=st.floats(-5, 5), rho=st.floats(-0.99, 0.99))
def test_bivariate_normal_equals_scipy(h, k, rho):
    ref = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]], allow_singular=True).cdf([h, k])
    assert bivariate_normal_cdf(h, k, rho) == pytest.approx(ref, abs=1e-7)  # scipy's own integration error


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.3, 0.9])
def test_bivariate_normal_at_the_origin_is_the_arcsine_law(rho):
    assert bivariate_normal_cdf(0.0, 0.0, rho) == pytest.approx(0.25 + np.arcsin(rho) / (2 * np.pi), rel=1e-13)


def test_an_exact_tie_is_no_reversal():
    cov = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert reversal(0.0, 2.0, cov).p_value == 1.0
    assert patterns(0.0, 2.0, np.array([1.0, 3.0])) == ("amalgamation", "masking")
    assert kind(0.0, 2.0, gap_is_clear=True) == "masking"
    assert kind(0.0, 0.0, gap_is_clear=False) == "none"


def test_effects_without_sampling_error_reverse_for_sure():
    got = reversal(-1.0, 2.0, np.zeros((2, 2)))
    assert (got.p_value, got.probability) == (0.0, 1.0)
    assert reversal(1.0, 2.0, np.zeros((2, 2))).p_value == 1.0


def test_full_reversal_asks_every_stratum():
    p = full_reversal_p_value(-1.0, 0.16, np.array([2.0, 0.5, 3.0]), np.array([0.25, 0.09, 1.0]))
    assert p == pytest.approx(special.ndtr(-0.5 / 0.3), rel=1e-12)


@pytest.mark.parametrize(
    ("crude_effect", "adjusted", "strata", "expected"),
    [
        (-1.0, 1.0, [1.0, 2.0], ("association reversal",)),
        (-1.0, 1.0, [0.0, 2.0], ("association reversal",)),
        (1.0, -1.0, [-2.0, -0.5], ("association reversal",)),
        (1.0, 0.0, [0.0, 0.0], ("Yule",)),
        (0.0, 0.0, [0.0, 0.0], ()),
        (1.5, 1.0, [0.5, 2.0], ("amplification",)),
        (5.0, 1.0, [0.5, 2.0], ("amalgamation", "amplification")),
        (0.6, 1.0, [0.5, 2.0], ("masking",)),
        (-0.5, 1.0, [-1.0, 2.0], ("adjusted reversal",)),
        (1.0, 1.0, [1.0, 1.0], ()),
    ],
)
def test_patterns_by_their_definition(crude_effect, adjusted, strata, expected):
    assert patterns(crude_effect, adjusted, np.array(strata)) == expected
    mirrored = patterns(-crude_effect, -adjusted, -np.array(strata))
    assert mirrored == expected


def test_type_of_the_same_sign_needs_a_clear_gap():
    assert kind(1.5, 1.0, gap_is_clear=True) == "amplification"
    assert kind(0.5, 1.0, gap_is_clear=True) == "masking"
    assert kind(1.5, 1.0, gap_is_clear=False) == "none"
    assert kind(-0.1, 1.0, gap_is_clear=False) == "reversal"
