"""Sums by group: against pandas and exact arithmetic, and where naive sums lose their digits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkit._numerics._codes import combine_codes
from causalkit._numerics._grouped import GroupMoments, cluster_sums, grouped_moments, merge_moments

FIELDS = ("rows", "weight", "mean", "square", "weight2", "cross2", "square2")


def draw(rng, n, n_groups):
    return rng.integers(0, n_groups, n), rng.normal(size=n) * 3 + 7, rng.uniform(0.1, 5, n)


def assert_close(a: GroupMoments, b: GroupMoments, *, rel: float) -> None:
    assert np.array_equal(a.rows, b.rows)
    scale = np.sqrt(b.square2 / np.maximum(b.rows, 1)) + 1e-300
    for field in FIELDS[1:]:
        x, y = getattr(a, field), getattr(b, field)
        if field == "mean":
            x, y = x + a.origin, y + b.origin
        # First moments about the mean are compared on the scale of the spread: they may be exactly zero.
        floor = scale * b.weight2 if field == "cross2" else np.abs(y)
        assert np.all(np.abs(x - y) <= rel * (floor + np.abs(y))), field


def test_counts_means_and_variances_equal_pandas():
    group, y, _ = draw(np.random.default_rng(1), 200_000, 37)
    got = grouped_moments(group, y, 37)
    ref = pd.Series(y).groupby(group).agg(["count", "mean", "var"])
    assert np.array_equal(got.rows, ref["count"])
    np.testing.assert_allclose(got.origin + got.mean, ref["mean"], rtol=1e-13)
    np.testing.assert_allclose(got.square / (got.rows - 1), ref["var"], rtol=1e-12)
    assert got.weight2 is got.weight
    assert not got.cross2.any()


def test_weighted_sums_equal_their_definition():
    group, y, w = draw(np.random.default_rng(2), 100_000, 5)
    got = grouped_moments(group, y, 5, weights=w)
    for g in range(5):
        y_g, w_g = y[group == g], w[group == g]
        mean = np.average(y_g, weights=w_g)
        deviation = y_g - mean
        assert got.origin + got.mean[g] == pytest.approx(mean, rel=1e-13)
        assert got.weight[g] == pytest.approx(w_g.sum(), rel=1e-13)
        assert got.square[g] == pytest.approx(w_g @ deviation**2, rel=1e-12)
        assert got.weight2[g] == pytest.approx(w_g @ w_g, rel=1e-12)
        assert got.cross2[g] == pytest.approx((w_g**2) @ deviation, rel=1e-9, abs=1e-9 * (w_g @ w_g))
        assert got.square2[g] == pytest.approx((w_g**2) @ deviation**2, rel=1e-12)


def test_variance_equals_exact_rational_arithmetic_next_to_a_large_constant():
    rng = np.random.default_rng(3)
    group = rng.integers(0, 3, 999)
    y = 1e9 + rng.integers(0, 5, 999).astype(float)
    got = grouped_moments(group, y, 3)
    for g in range(3):
        exact = [Fraction(v) for v in y[group == g]]
        mean = sum(exact) / len(exact)
        square = sum((v - mean) ** 2 for v in exact)
        assert got.square[g] == pytest.approx(float(square), rel=1e-14)
        assert got.mean[g] == pytest.approx(float(mean - Fraction(got.origin)), rel=1e-12, abs=1e-14)


def test_groups_of_very_different_level_keep_their_own_digits():
    group = np.tile([0, 1], 50_000)
    noise = np.random.default_rng(4).normal(size=100_000)
    y = np.where(group == 0, noise, 1e12 + 1e3 * noise)
    got = grouped_moments(group, y, 2)
    assert got.square[0] / got.rows[0] == pytest.approx(noise[::2].var(), rel=1e-12)
    # At 1e12 a float64 is only known to 1e-4, a ten-millionth of the spread here.
    assert got.square[1] / got.rows[1] == pytest.approx((y[1::2] - 1e12).var(), rel=1e-10)


def test_sorted_rows_and_shuffled_rows_agree():
    rng = np.random.default_rng(5)
    group, y, w = draw(rng, 150_000, 4)
    shuffled = rng.permutation(len(y))
    in_order = np.lexsort((y, group))
    a = grouped_moments(group[in_order], y[in_order], 4, weights=w[in_order])
    b = grouped_moments(group[shuffled], y[shuffled], 4, weights=w[shuffled])
    assert_close(a, b, rel=1e-11)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 400), shift=st.sampled_from([0.0, -1e6, 1e9]))
def test_merging_fine_groups_equals_grouping_the_rows(seed, n, shift):
    rng = np.random.default_rng(seed)
    fine, y, w = draw(rng, n, 30)
    y = np.round(y, 3) * 1024 + shift
    coarse = rng.integers(0, 4, 30)
    merged = merge_moments(grouped_moments(fine, y, 30, weights=w), coarse, 4)
    assert_close(merged, grouped_moments(coarse[fine], y, 4, weights=w), rel=1e-9)


def test_groups_without_rows_have_no_weight_and_no_nan():
    got = grouped_moments(np.array([0, 2, 2]), np.array([1.0, 2.0, 4.0]), 4)
    assert got.rows.tolist() == [1, 0, 2, 0]
    assert (got.origin + got.mean)[[0, 2]].tolist() == [1.0, 3.0]
    assert got.square.tolist() == [0.0, 0.0, 2.0, 0.0]


def test_combined_codes_are_the_sorted_combinations_that_occur():
    rng = np.random.default_rng(6)
    a, b, c = rng.integers(0, 4, 50), rng.integers(0, 3, 50), rng.integers(0, 5, 50)
    code, table = combine_codes([a, b, c], [4, 3, 5])
    assert np.array_equal(table[code], np.column_stack([a, b, c]))
    assert [tuple(row) for row in table.tolist()] == sorted(set(zip(a.tolist(), b.tolist(), c.tolist(), strict=True)))


def test_combined_codes_survive_products_of_levels_beyond_memory():
    a = np.array([0, 2_000_000_000, 5, 5])
    b = np.array([1, 1_999_999_999, 0, 0])
    code, table = combine_codes([a, b], [2_000_000_001, 2_000_000_000])
    assert code.tolist() == [0, 2, 1, 1]
    assert table.tolist() == [[0, 1], [5, 0], [2_000_000_000, 1_999_999_999]]


def test_cluster_sums_equal_a_groupby():
    rng = np.random.default_rng(7)
    group, y, w = draw(rng, 5_000, 6)
    cluster = rng.integers(0, 80, 5_000)
    moments = grouped_moments(group, y, 6, weights=w)
    got = cluster_sums(cluster, group, y, moments, n_clusters=80, weights=w)
    deviation = w * (y - moments.origin - moments.mean[group])
    ref = pd.DataFrame({"c": cluster, "g": group, "w": w, "d": deviation}).groupby(["c", "g"]).sum()
    index = tuple(ref.index.to_frame().to_numpy().T)
    np.testing.assert_allclose(got.weight.toarray()[index], ref["w"], rtol=1e-12)
    np.testing.assert_allclose(got.centred.toarray()[index], ref["d"], rtol=1e-9, atol=1e-11)
    assert got.weight.nnz == len(ref)
    assert got.n_clusters == 80
