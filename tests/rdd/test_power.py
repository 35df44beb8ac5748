"""Power against rdpower 2.0."""

from __future__ import annotations

import pytest

from causalkit import rdd
from causalkit.errors import DesignError, OptionError
from tests.rdd.cases import HEADST, LEE, SENATE
from tests.rdd.data import load


@pytest.fixture(scope="module")
def senate():
    return rdd.local_polynomial(load("senate"), **SENATE, missing="drop")


def test_power_equals_rdpower(senate):
    assert rdd.power(senate, true_effect=5) == pytest.approx(0.8189906262, abs=6e-11)
    assert rdd.power(senate, true_effect=-5) == rdd.power(senate, true_effect=5)


def test_smallest_effect_equals_rdpower(senate):
    # Printed to ten digits there, by a root finder that stops at 1e-6 of them.
    assert rdd.minimum_detectable_effect(senate) == pytest.approx(4.878277751, rel=1e-6)


# rdpower 2.0: data, roles, effect, power, level, rows in the window (total, below, above) and rows in all.
SIZES = [
    ("senate", SENATE, 5, 0.8, 0.95, (657, 366, 291), 1235),
    ("senate", SENATE, 5, 0.9, 0.9, (716, 399, 317), 1348),
    ("senate", SENATE, 3, 0.8, 0.95, (1823, 1016, 807), 3430),
    ("senate", SENATE, 3, 0.9, 0.9, (1988, 1108, 880), 3742),
    ("lee08", LEE, 2, 0.8, 0.95, (4855, 2099, 2756), 20438),
    ("lee08", LEE, 2, 0.9, 0.9, (5297, 2290, 3007), 22299),
    ("headst", HEADST, 2, 0.8, 0.95, (1278, 912, 366), 11302),
    ("headst", HEADST, 2, 0.9, 0.9, (1395, 995, 400), 12331),
]


@pytest.mark.parametrize(("name", "roles", "effect", "power", "level", "window", "total"), SIZES)
def test_sample_size_equals_rdpower(name, roles, effect, power, level, window, total):
    result = rdd.local_polynomial(load(name), **roles, missing="drop")
    got = rdd.sample_size(result, true_effect=effect, power=power, level=level)
    assert (got.n_window, got.n_below, got.n_above, got.n_total) == (*window, total)


def test_more_rows_of_the_same_kind_reach_the_power_asked_for(senate):
    got = rdd.sample_size(senate, true_effect=3)
    shrink = (senate.sample.n_used / got.n_total) ** 0.5
    assert rdd.power(senate, true_effect=3 / shrink) == pytest.approx(0.8, abs=1e-3)
    assert (senate.below.std_error**2 + senate.above.std_error**2) ** 0.5 == pytest.approx(senate.std_error, rel=1e-12)


def test_sample_sizes_that_do_not_exist_are_refused(senate):
    with pytest.raises(OptionError, match="true_effect=0 is found by no number"):
        rdd.sample_size(senate, true_effect=0)
    clustered = rdd.local_polynomial(load("senate"), **SENATE, cluster="state", missing="drop")
    with pytest.raises(DesignError, match="are clustered"):
        rdd.sample_size(clustered, true_effect=5)


def test_no_effect_is_found_as_often_as_the_test_errs(senate):
    assert rdd.power(senate, true_effect=0, level=0.9) == pytest.approx(0.1, rel=1e-12)
    with pytest.raises(OptionError, match="must be more than 1 - level"):
        rdd.minimum_detectable_effect(senate, power=0.04)


@pytest.mark.parametrize("ask", [rdd.power, rdd.minimum_detectable_effect, rdd.sample_size])
def test_what_is_no_result_of_a_cutoff_is_refused(ask):
    options = {} if ask is rdd.minimum_detectable_effect else {"true_effect": 1.0}
    with pytest.raises(OptionError, match=r"what rdd\.local_polynomial returned; got float"):
        ask(0.3, **options)
