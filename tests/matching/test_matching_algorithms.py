"""Each algorithm against its definition, written out by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from causalkit._numerics import _full_matching, _matched_sets
from causalkit._numerics._full_matching import TooManyLinks, full_match
from causalkit._numerics._kernel_matching import cross_validated_bandwidth, kernel_match
from causalkit._numerics._kernel_sums import POLYNOMIALS, kernel_sums, kernel_values
from causalkit._numerics._matched_sets import join_sets, sets_from_links
from causalkit._numerics._metric import coordinates, distinct_points
from causalkit._numerics._nearest_1d import free_nearest, line_up, nearest_on_line, within_radius
from causalkit._numerics._nearest_nd import Limits, free_nearest_in_space, nearest_in_space
from causalkit._numerics._optimal import optimal_pairs
from causalkit._numerics._optimal_line import optimal_on_line
from causalkit._numerics._strata import bin_codes, cross_codes, number_of_bins

KERNELS = [*POLYNOMIALS, "gaussian"]


def draw(seed, n=60, *, digits=None, dimension=None):
    rng = np.random.default_rng(seed)
    treated = rng.random(n) < 0.35
    treated[:2] = True, False
    x = rng.normal(size=n if dimension is None else (n, dimension))
    x = x + (0.7 * treated if dimension is None else 0.3 * treated[:, None])
    return (x if digits is None else np.round(x, digits)), treated, rng


def greedy_by_brute_force(distance, order, *, ratio=1, caliper=np.inf, prefer):
    """Pairs (focal, donor) of greedy matching on a table of distances; ``prefer`` breaks ties, smallest first."""
    used, pairs = set(), []
    for _ in range(ratio):
        for i in order:
            free = [j for j in range(distance.shape[1]) if j not in used and distance[i, j] <= caliper]
            if free:
                j = min(free, key=lambda j: (distance[i, j], prefer(i, j)))
                used.add(j)
                pairs.append((i, j))
    return pairs


seeds = st.integers(0, 10_000)


@settings(deadline=None, max_examples=60)
@given(
    seed=seeds,
    digits=st.sampled_from([None, 1]),
    order=st.sampled_from(["largest", "smallest", "data"]),
    ratio=st.integers(1, 3),
    caliper=st.sampled_from([np.inf, 0.3]),
)
def test_greedy_pairs_on_a_line_are_those_of_brute_force(seed, digits, order, ratio, caliper):
    x, t, _ = draw(seed, digits=digits)
    focal, donors = np.flatnonzero(t), np.flatnonzero(~t)
    turns = {"largest": np.argsort(-x[focal], kind="stable"), "smallest": np.argsort(x[focal], kind="stable")}
    place = np.argsort(np.argsort(x, kind="stable"), kind="stable")

    def prefer(i, j):
        # Of equally near donors the one before the unit on the line, and there the nearest in line.
        gap = place[focal[i]] - place[donors[j]]
        return (gap < 0, abs(gap))

    distance = np.abs(x[focal][:, None] - x[donors])
    want = greedy_by_brute_force(
        distance, turns.get(order, np.arange(focal.size)), ratio=ratio, caliper=caliper, prefer=prefer
    )
    got = free_nearest(line_up(x, t, ~t), order=order, ratio=ratio, caliper=caliper).links()
    assert set(zip(got.focal.tolist(), got.partner.tolist(), strict=True)) == {(focal[i], donors[j]) for i, j in want}
    assert np.unique(got.partner).size == got.partner.size
    assert (np.abs(x[got.focal] - x[got.partner]) <= caliper).all()


@settings(deadline=None, max_examples=30)
@given(seed=seeds)
def test_closest_first_takes_the_smallest_distance_left_each_time(seed):
    x, t, _ = draw(seed)
    focal, donors = np.flatnonzero(t), np.flatnonzero(~t)
    distance = np.abs(x[focal][:, None] - x[donors])
    want, left = set(), distance.copy()
    for _ in range(min(distance.shape)):
        i, j = np.unravel_index(left.argmin(), left.shape)
        want.add((focal[i], donors[j]))
        left[i], left[:, j] = np.inf, np.inf
    for got in (
        free_nearest(line_up(x, t, ~t), order="closest"),
        free_nearest_in_space(x[:, None], t, ~t, order="closest"),
    ):
        links = got.links()
        assert set(zip(links.focal.tolist(), links.partner.tolist(), strict=True)) == want


@settings(deadline=None, max_examples=60)
@given(seed=seeds, digits=st.sampled_from([None, 1]), ratio=st.integers(1, 4), caliper=st.sampled_from([np.inf, 0.2]))
def test_matching_with_replacement_averages_ties(seed, digits, ratio, caliper):
    x, t, rng = draw(seed, digits=digits)
    y = rng.normal(size=x.size)
    group = rng.integers(0, 2, x.size)
    for sets in (
        nearest_on_line(line_up(x, t, ~t, group), ratio=ratio, caliper=caliper, slack=1e-9),
        nearest_in_space(x[:, None], t, ~t, ratio=ratio, caliper=caliper, slack=1e-9, group=group),
    ):
        got = dict(zip(sets.focal.tolist(), sets.mean(y).tolist(), strict=True))
        for i in np.flatnonzero(t).tolist():
            donors = np.flatnonzero(~t & (group == group[i]))
            gap = np.abs(x[i] - x[donors])
            near = gap <= (np.sort(gap)[min(ratio, gap.size) - 1] + 1e-9 if gap.size else 0)
            near &= gap <= caliper
            assert (i in got) == near.any()
            if near.any():
                assert got[i] == pytest.approx(y[donors[near]].mean(), abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(seed=seeds, digits=st.sampled_from([None, 0]), ratio=st.integers(1, 2))
def test_greedy_pairs_in_space_are_those_of_brute_force(seed, digits, ratio):
    x, t, _ = draw(seed, n=80, digits=digits, dimension=3)
    focal, donors = np.flatnonzero(t), np.flatnonzero(~t)
    distance = np.sqrt(((x[focal][:, None] - x[donors]) ** 2).sum(axis=2))
    want = greedy_by_brute_force(
        np.round(distance, 9), np.arange(focal.size), ratio=ratio, prefer=lambda i, j: donors[j]
    )
    got = free_nearest_in_space(x, t, ~t, ratio=ratio, slack=1e-9).links()
    assert set(zip(got.focal.tolist(), got.partner.tolist(), strict=True)) == {(focal[i], donors[j]) for i, j in want}


def test_a_second_caliper_holds_in_every_pair():
    x, t, rng = draw(3, n=300, dimension=2)
    score = rng.normal(size=300)
    limits = Limits(score[:, None], np.array([0.1]))
    focal, donors = np.flatnonzero(t), np.flatnonzero(~t)
    table = np.sqrt(((x[focal][:, None] - x[donors]) ** 2).sum(axis=2))
    table[np.abs(score[focal][:, None] - score[donors]) > 0.1] = np.inf
    again = nearest_in_space(x, t, ~t, limits=limits).links()
    np.testing.assert_array_equal(again.partner, donors[table.argmin(axis=1)][np.isfinite(table.min(axis=1))])
    once = free_nearest_in_space(x, t, ~t, limits=limits).links()
    want = greedy_by_brute_force(table, range(focal.size), caliper=1e9, prefer=lambda i, j: donors[j])
    assert set(zip(once.focal.tolist(), once.partner.tolist(), strict=True)) == {(focal[i], donors[j]) for i, j in want}


def test_many_ties_are_never_enumerated(monkeypatch):
    rng = np.random.default_rng(5)
    t = rng.random(2_000) < 0.3
    x, y, w = rng.integers(0, 4, 2_000).astype(float), rng.normal(size=2_000), rng.random(2_000) + 0.5
    sets = nearest_on_line(line_up(x, t, ~t), ratio=2, slack=1e-9, weights=w)
    full = sets.mean(y), *sets.totals(2_000)
    monkeypatch.setattr(_matched_sets, "ENUMERATED", 0)
    for a, b in zip(full, (sets.mean(y), *sets.totals(2_000)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    unused = sets.totals(2_000)[0][t]
    assert (unused == 0).all()


def test_use_as_a_partner_adds_up_to_the_focal_units():
    x, t, _ = draw(1, n=200, digits=1)
    sets = join_sets([nearest_on_line(line_up(x, a, ~a), ratio=3, slack=1e-9) for a in (t, ~t)])
    total, squares = sets.totals(200)
    assert total.sum() == pytest.approx(200)
    links = sets.links()
    np.testing.assert_allclose(total, np.bincount(links.partner, links.share, 200), atol=1e-12)
    np.testing.assert_allclose(squares, np.bincount(links.partner, links.share**2, 200), atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(seed=seeds, digits=st.sampled_from([None, 1]), ratio=st.integers(1, 3))
def test_optimal_pairs_on_a_line_cost_as_little_as_an_assignment(seed, digits, ratio):
    x, t, _ = draw(seed, n=50, digits=digits)
    a, b = x[t], x[~t]
    cost = np.abs(a[:, None] - b)[np.repeat(np.arange(a.size), ratio)]
    row, column = linear_sum_assignment(cost)
    i, j = optimal_on_line(a, b, ratio=ratio)
    assert i.size == min(ratio * a.size, b.size)
    assert np.unique(j).size == j.size
    assert np.bincount(i).max() <= ratio
    assert np.abs(a[i] - b[j]).sum() == pytest.approx(cost[row, column].sum(), abs=1e-10)


@pytest.mark.parametrize(("ratio", "caliper"), [(1, np.inf), (2, np.inf), (1, 0.8), (2, 0.8)])
def test_short_lists_find_the_same_optimum_as_the_full_table(ratio, caliper):
    for seed in range(5):
        x, t, _ = draw(seed, n=250, dimension=3)
        table = optimal_pairs(x, t, ~t, ratio=ratio, caliper=caliper)
        lists = optimal_pairs(x, t, ~t, ratio=ratio, caliper=caliper, dense=0)
        assert lists.sets.n_links == table.sets.n_links
        assert lists.total_distance == pytest.approx(table.total_distance, rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(seed=seeds, digits=st.sampled_from([None, 1]))
def test_full_matching_on_a_line_costs_as_little_as_the_general_method(seed, digits):
    x, t, _ = draw(seed, n=30, digits=digits)
    usable = np.ones(30, bool)
    line = full_match(x[:, None], t, usable)
    general = full_match(np.column_stack([x, np.zeros(30)]), t, usable)
    assert line.total_distance == pytest.approx(general.total_distance, abs=1e-10)
    for found in (line, general):
        assert (found.sets >= 0).all()
        treated = np.bincount(found.sets, t)
        assert (np.minimum(treated, np.bincount(found.sets, ~t)) == 1).all()


def test_full_matching_by_lists_equals_the_table_and_knows_its_limit(monkeypatch):
    x, t, _ = draw(2, n=200, dimension=3)
    usable = np.ones(200, bool)
    table = full_match(x, t, usable, caliper=1.0)
    monkeypatch.setattr(_full_matching, "DENSE", 0)
    assert full_match(x, t, usable, caliper=1.0).total_distance == pytest.approx(table.total_distance)
    monkeypatch.setattr(_full_matching, "LINKS", 10)
    with pytest.raises(TooManyLinks):
        full_match(x, t, usable)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("bandwidth", [0.01, 0.3, 5.0])
def test_kernel_sums_are_those_of_the_full_table(kernel, bandwidth):
    rng = np.random.default_rng(7)
    points, at, mass = np.sort(rng.normal(size=700)), 1.3 * rng.normal(size=300), rng.random((700, 2))
    at[:3] = points[:3]
    want = kernel_values(at[:, None] - points, bandwidth, kernel) @ mass
    got = kernel_sums(at, points, mass, bandwidth, kernel)
    # Relative to the largest sum: a sum far below it is a difference of running sums.
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12 * want.max())


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("bandwidth", [0.003, 0.5])
def test_kernel_weights_are_those_of_the_full_table(kernel, bandwidth):
    x, t, _ = draw(8, n=1_500)
    values = kernel_values(x[t][:, None] - x[~t], bandwidth, kernel)
    reached = values.sum(axis=1) > 0
    got = kernel_match(x, t, ~t, bandwidth=bandwidth, kernel=kernel)
    np.testing.assert_array_equal(got.matched[t], reached)
    share = values[reached] / values[reached].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(got.use[~t], share.sum(axis=0), rtol=1e-10, atol=1e-12)
    assert got.use.sum() == pytest.approx(reached.sum(), rel=1e-12)


def test_cross_validation_leaves_each_donor_out():
    x, t, rng = draw(9, n=200)
    z = np.column_stack([np.sin(3 * x), rng.normal(size=200)])
    candidates = np.array([0.05, 0.3, 1.5])
    best, criterion = cross_validated_bandwidth(x, ~t, z, candidates, kernel="epanechnikov")
    d, c = x[~t], (z[~t] - z[~t].mean(axis=0)) / z[~t].std(axis=0)
    for bandwidth, value in zip(candidates, criterion, strict=True):
        k = kernel_values(d[:, None] - d, bandwidth, "epanechnikov")
        np.fill_diagonal(k, 0)
        total = k.sum(axis=1, keepdims=True)
        fitted = np.divide(k @ c, total, out=np.zeros_like(c), where=total > 0)
        assert value == pytest.approx(((c - fitted) ** 2).sum(axis=1).mean(), rel=1e-9)
    assert best == candidates[criterion.argmin()]


@settings(deadline=None, max_examples=20)
@given(seed=seeds, metric=st.sampled_from(["mahalanobis", "mahalanobis_full"]))
def test_mahalanobis_neighbours_do_not_change_under_affine_maps(seed, metric):
    x, t, rng = draw(seed, n=60, dimension=3)
    turned = x @ rng.normal(size=(3, 3)) + [1e6, -3, 0]
    a, b = (nearest_in_space(coordinates(each, t, metric), t, ~t, slack=1e-7).links() for each in (x, turned))
    np.testing.assert_array_equal(a.partner, b.partner)


def test_distances_are_those_of_the_textbook():
    x, t, rng = draw(4, n=50, dimension=3)
    x = np.column_stack([x, x[:, 0] - 2 * x[:, 1], rng.integers(0, 2, 50)])
    pooled = np.cov(np.where(t[:, None], x - x[t].mean(0), x - x[~t].mean(0)).T) * 49 / 48
    for metric, inverse in {
        "mahalanobis": np.linalg.pinv(pooled, rcond=1e-10),
        "mahalanobis_full": np.linalg.pinv(np.cov(x.T), rcond=1e-10),
        "scaled_euclidean": np.diag(1 / np.diag(pooled)),
        "euclidean": np.eye(5),
    }.items():
        points = coordinates(x, t, metric)
        gap = x[3] - x[17]
        assert np.sum((points[3] - points[17]) ** 2) == pytest.approx(gap @ inverse @ gap, rel=1e-7)


def test_rank_distance_gives_tied_columns_the_variance_of_untied_ranks():
    x, t, rng = draw(6, n=40, dimension=2)
    x[:, 1] = rng.integers(0, 2, 40)
    ranks = np.column_stack([np.argsort(np.argsort(x[:, 0])) + 1.0, np.where(x[:, 1] == 1, 0.0, 0.0)])
    zeros = (x[:, 1] == 0).sum()
    ranks[:, 1] = np.where(x[:, 1] == 0, (zeros + 1) / 2, zeros + (40 - zeros + 1) / 2)
    covariance = np.cov(ranks.T)
    factor = np.std(np.arange(1, 41), ddof=1) / np.sqrt(np.diag(covariance))
    inverse = np.linalg.inv(covariance * np.outer(factor, factor))
    points = coordinates(x, t, "robust_mahalanobis")
    gap = ranks[0] - ranks[9]
    assert np.sum((points[0] - points[9]) ** 2) == pytest.approx(gap @ inverse @ gap, rel=1e-10)


def test_equal_rows_are_one_point():
    x = np.array([[1.0, 2], [2, 1], [1, 2], [0, 0], [2, 1]])
    code, first = distinct_points(x)
    assert (code[0] == code[2], code[1] == code[4], np.unique(code).size) == (True, True, 3)
    np.testing.assert_array_equal(x[first][code], x)


def test_strata_codes_name_each_combination_once():
    a, b = np.array([0, 1, 1, 5]), np.array([2, 2, 0, 2])
    np.testing.assert_array_equal(cross_codes([a, b]), [0, 2, 1, 3])
    np.testing.assert_array_equal(bin_codes(np.array([0.0, 1, 2, 3, 4]), 2), [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(bin_codes(np.array([0.0, 1, 2]), np.array([1.0])), [0, 1, 1])
    values = np.arange(614.0)
    assert number_of_bins(values, "sturges") == 11
    assert number_of_bins(values, "freedman-diaconis") == 9
    assert number_of_bins(np.zeros(5), "scott") == 1


def test_no_links_make_no_sets():
    empty = sets_from_links(np.empty(0, np.int64), np.empty(0, np.int64))
    assert (empty.focal.size, empty.n_links) == (0, 0)
    x, t, _ = draw(0)
    assert within_radius(line_up(x, t, ~t), 1e-12).n_links == 0
