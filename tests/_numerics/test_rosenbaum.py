from itertools import product

import numpy as np
import pytest
from scipy.stats import wilcoxon

from causalkit._numerics import _rosenbaum
from causalkit._numerics._rosenbaum import signed_rank_bounds


def tail_by_enumeration(differences, share):
    """Probability of a rank sum at least as large, over all signs, each positive with probability ``share``."""
    d = differences[differences != 0]
    ranks = np.array([(np.abs(d) < abs(each)).sum() + ((np.abs(d) == abs(each)).sum() + 1) / 2 for each in d])
    found = ranks[d > 0].sum()
    return sum(
        share ** sum(signs) * (1 - share) ** (d.size - sum(signs))
        for signs in product((0, 1), repeat=d.size)
        if np.dot(signs, ranks) >= found
    )


@pytest.mark.parametrize("digits", [8, 0])
@pytest.mark.parametrize("gamma", [1.0, 1.7])
def test_few_pairs_are_tested_exactly_ties_included(gamma, digits):
    d = np.round(np.random.default_rng(3).normal(0.8, 2, 9), digits)
    low, high = signed_rank_bounds(d, gamma)
    assert low == pytest.approx(tail_by_enumeration(d, 1 / (1 + gamma)), rel=1e-12)
    assert high == pytest.approx(tail_by_enumeration(d, gamma / (1 + gamma)), rel=1e-12)


def test_without_hidden_bias_it_is_the_exact_test_of_scipy():
    d = np.random.default_rng(0).normal(0.3, 1, 25)
    want = wilcoxon(d, alternative="greater", method="exact").pvalue
    assert signed_rank_bounds(d, 1.0) == pytest.approx((want, want), rel=1e-12)


def test_the_normal_approximation_carries_on_where_the_exact_one_ends(monkeypatch):
    d = np.random.default_rng(1).normal(0.3, 1, 25)
    exact = signed_rank_bounds(d, 1.5)
    monkeypatch.setattr(_rosenbaum, "_EXACT", 0)
    np.testing.assert_allclose(signed_rank_bounds(d, 1.5), exact, atol=0.012)


def test_pairs_without_a_difference_say_nothing():
    assert signed_rank_bounds(np.zeros(4), 2.0) == (1.0, 1.0)
