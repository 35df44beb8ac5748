"""Least squares: against exact arithmetic, statsmodels, and what must not change."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkit._numerics import _moments
from causalkit._numerics._linear import least_squares, orthonormal_design
from causalkit._numerics._moments import moments
from causalkit._numerics._root import independent_columns


def draw(n=400, k=4, seed=1):
    """Columns on a grid of 2**-20, so that adding 1e9 to them is exact."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(n, k)) * 2**20) / 2**20
    y = 3.0 + x @ np.arange(1.0, k + 1) + rng.normal(size=n) * (1 + x[:, 0] ** 2)
    return x, y, rng.uniform(0.2, 3.0, n)


def exact_least_squares(x, y):
    """Normal equations in rational arithmetic; returns coefficients and the inverse cross-product."""
    rows = [[Fraction(1), *map(Fraction, r.tolist())] for r in x]
    p = len(rows[0])
    a = [[sum(r[i] * r[j] for r in rows) for j in range(p)] for i in range(p)]
    b = [sum(r[i] * Fraction(v) for r, v in zip(rows, y.tolist(), strict=True)) for i in range(p)]
    m = [a[i] + [Fraction(int(i == j)) for j in range(p)] + [b[i]] for i in range(p)]
    for i in range(p):
        m[i] = [v / m[i][i] for v in m[i]]
        for j in range(p):
            if j != i:
                m[j] = [u - m[j][i] * v for u, v in zip(m[j], m[i], strict=True)]
    return np.array([float(r[-1]) for r in m]), np.array([[float(v) for v in r[p:-1]] for r in m])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_equals_statsmodels_with_and_without_weights_and_intercept(weighted, intercept):
    x, y, w = draw()
    w = w if weighted else np.ones_like(w)
    fit = least_squares(x, y, weights=w if weighted else None, intercept=intercept)
    design = sm.add_constant(x) if intercept else x
    ref = sm.WLS(y, design, weights=w).fit()
    np.testing.assert_allclose(fit.coefficients, ref.params, rtol=1e-12)
    np.testing.assert_allclose(fit.residuals, ref.resid, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(fit.design.bread, ref.normalized_cov_params, rtol=1e-10, atol=1e-17)
    hat = w * np.einsum("ij,jk,ik->i", design, ref.normalized_cov_params, design)
    np.testing.assert_allclose(fit.design.leverages(), hat, rtol=1e-10)
    assert fit.rank == design.shape[1]
    assert fit.df_resid == ref.df_resid


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e9])
def test_slopes_and_their_bread_keep_twelve_digits_under_an_offset_in_exact_arithmetic(offset):
    x, y, _ = draw(n=40, k=3)
    x = x + offset
    coefficients, inverse = exact_least_squares(x, y)
    fit = least_squares(x, y)
    np.testing.assert_allclose(fit.coefficients, coefficients, rtol=1e-12)
    np.testing.assert_allclose(np.diag(fit.design.bread), np.diag(inverse), rtol=1e-12)


def test_an_offset_of_the_outcome_moves_only_the_intercept():
    x, y, w = draw()
    y = np.round(y * 2**20) / 2**20
    a, b = least_squares(x, y, weights=w), least_squares(x, y + 1e9, weights=w)
    np.testing.assert_allclose(b.coefficients[1:], a.coefficients[1:], rtol=1e-12)
    np.testing.assert_allclose(b.residuals, a.residuals, rtol=1e-9, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(shift=st.sampled_from([-(2.0**30), 0.0, 1024.0]), exponent=st.integers(-40, 40))
def test_affine_changes_of_a_column_change_only_its_slope(shift, exponent):
    x, y, w = draw(n=120)
    moved = x.copy()
    moved[:, 1] = (moved[:, 1] + shift) * 2.0**exponent
    a, b = least_squares(x, y, weights=w), least_squares(moved, y, weights=w)
    scale = np.array([1.0, 2.0**exponent, 1.0, 1.0])
    np.testing.assert_allclose(b.coefficients[1:] * scale, a.coefficients[1:], rtol=1e-11)
    np.testing.assert_allclose(b.residuals, a.residuals, rtol=1e-8, atol=1e-11)


def test_outcomes_together_equal_outcomes_one_by_one():
    x, y, w = draw()
    both = least_squares(x, np.column_stack([y, x[:, 0] - y**2]), weights=w)
    one = least_squares(x, x[:, 0] - y**2, weights=w)
    np.testing.assert_allclose(both.outcome(1).coefficients, one.coefficients, rtol=1e-12)
    np.testing.assert_allclose(both.outcome(1).influence(), one.influence(), rtol=1e-9, atol=1e-13)
    assert both.coefficients.shape == (5, 2)
    assert both.residuals.shape == (400, 2)


def test_collinear_and_constant_columns_are_named_and_the_rest_is_as_if_they_were_not_there():
    x, y, w = draw()
    wide = np.column_stack([x[:, :2], np.full(400, 0.1), x[:, 0] - 2 * x[:, 1], x[:, 2:], x[:, 3] + 1e9])
    fit, ref = least_squares(wide, y, weights=w), least_squares(x, y, weights=w)
    np.testing.assert_array_equal(fit.design.dropped, [2, 3, 6])
    position = np.array([0, 1, 2, 5, 6])
    np.testing.assert_allclose(fit.coefficients[position], ref.coefficients, rtol=1e-11)
    np.testing.assert_allclose(fit.design.bread[np.ix_(position, position)], ref.design.bread, rtol=1e-10, atol=1e-16)
    assert fit.coefficients[3] == fit.coefficients[4] == fit.coefficients[7] == 0.0
    assert not fit.design.bread[3].any()
    np.testing.assert_allclose(fit.design.leverages(), ref.design.leverages(), rtol=1e-10)


def test_without_an_intercept_a_constant_is_a_column_like_any_other():
    x, y, _ = draw()
    ones = np.column_stack([np.ones(400), x])
    a, b = least_squares(ones, y, intercept=False), least_squares(x, y)
    np.testing.assert_allclose(a.coefficients, b.coefficients, rtol=1e-12)
    zero = least_squares(np.column_stack([x, np.zeros(400)]), y, intercept=False)
    np.testing.assert_array_equal(zero.design.dropped, [4])


def test_an_offset_copy_rounded_to_the_float_grid_is_collinear_not_informative():
    rng = np.random.default_rng(5)
    a = rng.normal(size=300)
    for columns in ([a, a + 1e9], [a + 1e9, a]):
        np.testing.assert_array_equal(orthonormal_design(np.column_stack(columns)).dropped, [1])


def test_a_nearly_collinear_design_keeps_eight_digits_where_the_normal_equations_lose_all():
    rng = np.random.default_rng(2)
    a = np.round(rng.normal(size=60) * 2**12) / 2**12
    x = np.column_stack([a, a + np.round(rng.normal(size=60) * 2**8) * 2.0**-26])
    y = a + rng.normal(size=60)
    coefficients, inverse = exact_least_squares(x, y)
    fit = least_squares(x, y)
    np.testing.assert_allclose(fit.coefficients, coefficients, rtol=1e-8)
    np.testing.assert_allclose(np.diag(fit.design.bread), np.diag(inverse), rtol=1e-8)


def test_more_columns_than_rows_keep_as_many_as_the_rows_can_tell_apart():
    rng = np.random.default_rng(3)
    fit = least_squares(rng.normal(size=(5, 9)), rng.normal(size=5))
    assert fit.rank == 5
    np.testing.assert_array_equal(fit.design.dropped, [4, 5, 6, 7, 8])
    np.testing.assert_allclose(fit.residuals, 0.0, atol=1e-11)


def test_no_columns_leave_the_weighted_mean():
    _, y, w = draw()
    fit = least_squares(np.empty((400, 0)), y, weights=w)
    assert fit.coefficients[0] == pytest.approx(np.average(y, weights=w), rel=1e-13)
    assert fit.design.bread[0, 0] == pytest.approx(1 / w.sum(), rel=1e-13)


def test_a_row_of_weight_zero_is_a_row_left_out():
    x, y, w = draw()
    w[::3] = 0.0
    a, b = least_squares(x, y, weights=w), least_squares(x[w > 0], y[w > 0], weights=w[w > 0])
    np.testing.assert_allclose(a.coefficients, b.coefficients, rtol=1e-12)
    np.testing.assert_allclose(a.design.bread, b.design.bread, rtol=1e-11, atol=1e-17)
    assert a.n == b.n
    assert not a.design.leverages()[w == 0].any()


def test_weights_far_from_the_first_rows_do_not_spoil_the_centre():
    rng = np.random.default_rng(4)
    x = np.sort(rng.uniform(0, 1e6, 50_000))
    w = np.where(np.abs(x - 987_654) < 30, 1.0, 0.0)
    y = np.sin(x)
    inside = w > 0
    a = least_squares(x[:, None], y, weights=w)
    b = least_squares(x[inside, None] - 987_654, y[inside])
    assert a.coefficients[1] == pytest.approx(b.coefficients[1], rel=1e-9)


def test_memory_order_and_block_size_do_not_matter(monkeypatch):
    x, y, w = draw(n=3000)
    a = least_squares(x, y, weights=w)
    b = least_squares(np.asfortranarray(x), y, weights=w)
    np.testing.assert_array_equal(a.coefficients, b.coefficients)
    monkeypatch.setattr(_moments, "BLOCK_NUMBERS", 256 * 4)
    c = least_squares(x, y, weights=w)
    np.testing.assert_allclose(a.coefficients, c.coefficients, rtol=1e-13)
    np.testing.assert_allclose(a.design.leverages(), c.design.leverages(), rtol=1e-12)


def test_read_only_input_is_read_and_left_alone():
    x, y, w = draw()
    for array in (x, y, w):
        array.setflags(write=False)
    before = x.copy()
    least_squares(x, y, weights=w).influence()
    np.testing.assert_array_equal(x, before)


def test_influence_sums_to_zero_and_squares_to_the_robust_variance():
    x, y, w = draw()
    fit = least_squares(x, y, weights=w)
    influence = fit.influence()
    np.testing.assert_allclose(influence.sum(axis=0), 0.0, atol=1e-13)
    ref = sm.WLS(y, sm.add_constant(x), weights=w).fit(cov_type="HC0")
    np.testing.assert_allclose(influence.T @ influence, ref.cov_params(), rtol=1e-10, atol=1e-17)


def test_other_residuals_on_the_same_bread_give_the_scores_of_another_estimator():
    x, y, _ = draw()
    fit = least_squares(x, y)
    doubled = replace(fit, residuals=2 * fit.residuals)
    np.testing.assert_allclose(doubled.influence(), 2 * fit.influence(), rtol=1e-14)


def test_moments_of_parts_equal_numpy_covariances():
    x, y, w = draw()
    got = moments([x, y[:, None]], weights=w)
    ref = np.cov(np.column_stack([x, y]).T, aweights=w, ddof=0)
    scale = got.centering.scale
    np.testing.assert_allclose(got.cross * np.outer(scale, scale) / got.weight_sum, ref, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(got.centering.mean, np.average(np.column_stack([x, y]), axis=0, weights=w), rtol=1e-12)
    np.testing.assert_allclose(got.spread, np.sqrt(np.diag(ref)), rtol=1e-12)


def test_the_first_of_dependent_columns_stays():
    root = np.linalg.qr(np.random.default_rng(0).normal(size=(20, 3)), mode="r")
    wide = np.column_stack([root[:, 0], root[:, 1], root[:, 0] + root[:, 1], root[:, 2], root @ [1, 2, 3]])
    np.testing.assert_array_equal(independent_columns(wide, np.zeros(5)), [True, True, False, True, False])


def test_the_careful_root_agrees_with_the_cheap_one(monkeypatch):
    x, y, w = draw()
    cheap = least_squares(x, y, weights=w)
    monkeypatch.setattr("causalkit._numerics._root.MAX_INFLATION", 0.0)
    careful = least_squares(x, y, weights=w)
    np.testing.assert_allclose(cheap.coefficients, careful.coefficients, rtol=1e-13)
    np.testing.assert_allclose(cheap.design.bread, careful.design.bread, rtol=1e-11, atol=1e-17)
