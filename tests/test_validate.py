"""Arguments: what passes, and the words of a refusal."""

import numpy as np
import pytest

from causalkit import _validate as validate
from causalkit.errors import DataError, OptionError


def test_a_choice_hints_at_the_nearest():
    assert validate.choice("kind", "uniform", ("pointwise", "uniform")) == "uniform"
    with pytest.raises(OptionError, match=r"kind='unifrom' is not known\. Did you mean 'uniform'\?"):
        validate.choice("kind", "unifrom", ("pointwise", "uniform"))
    with pytest.raises(OptionError):
        validate.choice("kind", True, (1, 2))


@pytest.mark.parametrize("value", [0, 1, -0.1, 1.1, float("nan"), float("inf"), "0.9", True, None])
def test_a_fraction_lies_strictly_between_zero_and_one(value):
    with pytest.raises(OptionError, match="level="):
        validate.fraction("level", value)


def test_a_percentage_is_met_with_the_fraction_meant():
    with pytest.raises(OptionError, match=r"Write 95 % as level=0\.95"):
        validate.fraction("level", 95)
    assert validate.fraction("level", np.float64(0.9)) == 0.9


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "1", True])
def test_a_positive_number_is_above_zero_and_finite(value):
    with pytest.raises(OptionError, match="caliper="):
        validate.positive("caliper", value)


def test_whole_numbers_have_limits_and_are_not_booleans():
    assert validate.whole("ratio", np.int8(3), least=1) == 3
    for wrong in (2.0, True, "2", 0):
        with pytest.raises(OptionError, match="ratio="):
            validate.whole("ratio", wrong, least=1)
    with pytest.raises(OptionError, match="between 1 and 5"):
        validate.whole("order", 9, least=1, most=5)


def test_flags_are_true_or_false():
    assert validate.flag("progress", False) is False
    with pytest.raises(OptionError, match="progress=1"):
        validate.flag("progress", 1)


def test_a_generator_passes_through_and_an_int_seeds_one():
    given = np.random.default_rng(3)
    assert validate.generator(given) is given
    assert validate.generator(3).normal() == np.random.default_rng(3).normal()
    with pytest.raises(OptionError, match="legacy"):
        validate.generator(np.random.RandomState(0))
    for wrong in (None, 1.5, True, -1):
        with pytest.raises(OptionError, match="rng="):
            validate.generator(wrong)


def test_arrays_of_different_length_are_told_apart():
    with pytest.raises(DataError, match="a has 2, b has 3"):
        validate.equal_length(a=np.zeros(2), b=np.zeros(3))


def test_rows_are_counted_and_three_shown():
    assert validate.rows_where(np.array([0, 1, 1, 0, 1, 1], dtype=bool)) == "4 rows (1, 2, 4, ...)"
    assert validate.rows_where(np.array([0, 1], dtype=bool)) == "1 row (1)"
    assert validate.counted(12345, "city", "cities") == "12,345 cities"
    assert validate.listed(range(15), most=2) == "0, 1 and 13 more"
