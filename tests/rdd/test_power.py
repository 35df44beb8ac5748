"""Power against rdpower 2.0."""

from __future__ import annotations

import pytest

from causalkit import rdd
from causalkit.errors import OptionError
from tests.rdd.cases import SENATE
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


def test_no_effect_is_found_as_often_as_the_test_errs(senate):
    assert rdd.power(senate, true_effect=0, level=0.9) == pytest.approx(0.1, rel=1e-12)
    with pytest.raises(OptionError, match="must be more than 1 - level"):
        rdd.minimum_detectable_effect(senate, power=0.04)
