"""Results as values: frozen, equal by content, hashable, picklable."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle

import numpy as np
import pytest
from matplotlib.figure import Figure

from causalkit.errors import OptionError
from causalkit.results import Check, Checks, Effect, Effects, FrozenMap, Sample, Table
from tests.results.toy import CHECKS, ToyResult, toy_result


def test_equal_content_is_equal_and_hashes_alike():
    assert toy_result() == toy_result()
    assert hash(toy_result()) == hash(toy_result())
    assert len({toy_result(), toy_result(), toy_result(method="another")}) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "another"},
        {"effect": Effect(estimand="ATE", estimate=np.nextafter(2.0, 3.0), std_error=0.5)},
        {"effect": Effect(estimand="ATE", estimate=2.0, std_error=0.5, df=30)},
        {"options": {"covariance": "HC1", "trim": 1}},
        {"options": {"trim": 0.01, "covariance": "HC1"}},
        {"roles": {"outcome": ("gmv",)}},
        {"warnings": ()},
        {"checks": Checks(CHECKS.checks[:2])},
        {"strata": Effects(dimension="estimand", labels=("ATE",), estimates=np.ones(1), cov=np.eye(1))},
        {"backend": "polars"},
    ],
    ids=str,
)
def test_any_difference_makes_unequal(changes):
    assert toy_result(**changes) != toy_result()


def test_nan_equals_nan_in_fields_arrays_and_maps():
    def one() -> ToyResult:
        effects = Effects(dimension="x", labels=("a",), estimates=np.array([math.nan]), cov=np.array([[math.nan]]))
        return toy_result(
            effect=Effect(estimand="a", estimate=math.nan, std_error=math.nan),
            strata=effects,
            options={"x": math.nan},
        )

    assert one() == one()
    assert hash(one()) == hash(one())


def test_another_type_with_equal_fields_is_not_equal():
    class Other(ToyResult):
        pass

    assert Other(**toy_result().fields()) != toy_result()
    assert toy_result() != "toy"


def test_copies_have_arrays_of_their_own_that_cannot_be_written_to():
    for twin in (copy.deepcopy(toy_result()), pickle.loads(pickle.dumps(toy_result()))):  # noqa: S301
        with pytest.raises(ValueError, match="read-only"):
            twin.strata.estimates[0] = 9.0


def test_the_callers_array_stays_writable_and_is_not_shared():
    estimates = np.array([1.0, 2.0])
    effects = Effects(dimension="x", labels=("a", "b"), estimates=estimates, cov=np.eye(2))
    estimates[0] = 9.0
    assert effects.estimates[0] == 1.0


def test_the_callers_mappings_are_not_shared():
    options = {"trim": 0.01}
    result = toy_result(options=options)
    options["trim"] = 0.5
    assert result.options["trim"] == 0.01
    with pytest.raises(TypeError):
        result.options["trim"] = 0.5  # type: ignore[index]


def test_fields_cannot_be_set():
    for record, name in (
        (toy_result(), "effect"),
        (toy_result().effect, "estimate"),
        (toy_result().sample, "n_used"),
        (toy_result().checks, "checks"),
        (toy_result().strata, "cov"),
        (CHECKS["overlap"], "verdict"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, None)


def test_frozen_maps_are_read_in_order_and_compare_as_mappings():
    one = FrozenMap({"b": 1, "a": 2})
    assert list(one) == ["b", "a"]
    assert one == {"a": 2, "b": 1}
    assert one == pickle.loads(pickle.dumps(one))  # noqa: S301
    assert repr(one) == "{'b': 1, 'a': 2}"


def test_repr_is_one_line_also_for_a_subclass():
    assert repr(toy_result()) == "<ToyResult ATE 2 95% [1.02, 2.98] n=97>"


def test_an_unknown_verdict_is_refused_with_the_nearest():
    with pytest.raises(OptionError, match=r"verdict='suported' is not known\. Did you mean 'supported'\?"):
        Check(name="a", question="?", verdict="suported", reading="")  # type: ignore[arg-type]


def test_an_unknown_check_is_named_with_the_nearest():
    with pytest.raises(OptionError, match=r"no check 'overlaps'\. Did you mean 'overlap'\?"):
        CHECKS["overlaps"]


def test_tables_need_columns_of_one_length():
    with pytest.raises(OptionError, match=r"equally long; got lengths \[1, 2\]"):
        Table("", {"a": (1,), "b": (1, 2)})


def test_checks_are_a_mapping_in_reading_order():
    assert list(CHECKS) == ["overlap", "homogeneity", "unmeasured confounding"]
    assert CHECKS.with_verdict("questionable", "supported") == CHECKS.checks[:2]
    assert CHECKS.table()["verdict"] == ("supported", "questionable", "untestable")


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (Sample(n_rows=1, n_used=1), "1 row"),
        (Sample(n_rows=5000, n_used=5000, n_treated=2000, n_control=3000), "5,000 rows (2,000 treated, 3,000 control)"),
        (Sample(n_rows=10, n_used=8, n_units=2, n_clusters=2), "8 of 10 rows, 2 units, 2 clusters"),
        (Sample(n_rows=3, n_used=1, dropped={"a": 1, "b": 1}), "1 of 3 rows; left out: a 1, b 1"),
    ],
)
def test_a_sample_in_words(sample, words):
    assert sample.describe() == words


@pytest.mark.parametrize("wrong", [{"std_error": -1.0}, {"std_error": "1"}, {"estimate": None}, {"df": True}])
def test_an_effect_is_made_of_numbers_and_an_error_of_at_least_zero(wrong):
    with pytest.raises(OptionError, match=f"{next(iter(wrong))}="):
        Effect(**{"estimand": "ATE", "estimate": 1.0, "std_error": 1.0, **wrong})


def test_a_misspelt_column_of_a_table_is_answered_with_the_nearest():
    with pytest.raises(OptionError, match=r"no column 'estimates'\. Did you mean 'estimate'\?"):
        toy_result().table()["estimates"]


@pytest.mark.parametrize("ax", [3, Figure(), [Figure().subplots()]])
def test_what_is_not_one_axes_is_refused_before_anything_is_drawn(ax):
    with pytest.raises(OptionError, match="ax must be matplotlib Axes"):
        toy_result().plot(ax=ax)
