"""Global polynomials: published jumps by order, least squares, and the warning."""

from __future__ import annotations

import numpy as np
import pytest

from causalkit import rdd
from causalkit.errors import DesignError, DesignWarning
from tests.contract import check_contract
from tests.rdd.cases import HEADST, LEE
from tests.rdd.data import load


@pytest.mark.parametrize(
    ("name", "roles", "published"),
    [
        ("lee08", LEE, [11.82, 5.19, 11.15, 7.66, 4.33, 6.72]),
        ("headst", HEADST, [-1.03, -1.85, -1.95, -2.92, -2.68, -4.27]),
    ],
)
def test_jumps_by_order_are_the_published_ones(name, roles, published):
    got = rdd.global_polynomial(load(name), **roles, missing="drop")
    np.testing.assert_allclose(got.by_order.estimates, published, atol=0.0051)


def test_equals_least_squares_with_interactions():
    data = load("lee08")
    got = rdd.global_polynomial(data, **LEE, order=2)
    sides = []
    for keep in (data.margin < 0, data.margin >= 0):
        x, y = data.margin[keep].to_numpy() / 100, data.voteshare[keep].to_numpy()
        design = np.stack([np.ones_like(x), x, x**2], axis=1)
        bread = np.linalg.inv(design.T @ design)
        beta = bread @ design.T @ y
        meat = (design * ((y - design @ beta) ** 2)[:, None]).T @ design * len(x) / (len(x) - 3)
        sides.append((beta[0], (bread @ meat @ bread)[0, 0]))
    assert got.estimate == pytest.approx(sides[1][0] - sides[0][0], rel=1e-10)
    assert got.std_error == pytest.approx(np.sqrt(sides[0][1] + sides[1][1]), rel=1e-10)


def test_high_orders_are_warned_of():
    with pytest.warns(DesignWarning, match="order 3 lets rows far from the cutoff decide"):
        rdd.global_polynomial(load("lee08"), **LEE, order=3)
    few = load("lee08").assign(margin=lambda d: np.sign(d.margin) * (1 + (d.margin.abs() > 20)))
    with pytest.raises(DesignError, match="order=2 needs 3 distinct scores"):
        rdd.global_polynomial(few.query("margin != 0"), **LEE, order=2)


def test_the_swing_is_said():
    assert rdd.global_polynomial(load("lee08"), **LEE).checks["order"].verdict == "questionable"


def test_result_keeps_the_contract():
    check_contract(rdd.global_polynomial(load("lee08"), **LEE, order=2))
