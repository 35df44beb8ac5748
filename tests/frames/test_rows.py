"""Columns read by role: what becomes of each type, and what is refused."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalkit._frames import cross, read_rows, to_native
from causalkit.errors import DataError, DesignError, OptionError


def read(column, role="outcome", **options):
    return read_rows(pd.DataFrame({"x": column}), roles={role: "x"}, **options)


NUMBERS = {
    "int8": pd.Series([1, 2, 3], dtype="int8"),
    "uint64": pd.Series([1, 2, 3], dtype="uint64"),
    "float32": pd.Series([1, 2, 3], dtype="float32"),
    "nullable": pd.Series([1, 2, 3], dtype="Int64"),
    "pyarrow": pd.Series([1, 2, 3], dtype="int64[pyarrow]"),
    "decimal": pd.Series([Decimal(1), Decimal(2), Decimal(3)]),
    "objects": pd.Series([1, 2.0, np.int8(3)], dtype=object),
    "sparse": pd.Series(pd.arrays.SparseArray([1.0, 2.0, 3.0])),
}


@pytest.mark.parametrize("column", NUMBERS.values(), ids=NUMBERS)
def test_every_type_of_number_becomes_float64(column):
    values = read(column).numbers("outcome")
    assert values.dtype == np.float64
    assert values.flags.c_contiguous
    assert not values.flags.writeable
    assert values.tolist() == [1.0, 2.0, 3.0]


def test_the_arrays_are_copies():
    data = pd.DataFrame({"x": np.array([1.0, 2.0])})
    values = read_rows(data, roles={"outcome": "x"}).numbers("outcome")
    data.loc[0, "x"] = 99.0
    assert values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA, pd.NaT])
def test_every_kind_of_gap_counts_as_missing(gap):
    column = pd.Series([1.0, gap, 3.0], dtype=object)
    with pytest.raises(DataError, match=r"outcome='x' in 1 row \(1\)"):
        read(column)
    rows = read(column, missing="drop")
    assert rows.numbers("outcome").tolist() == [1.0, 3.0]
    assert dict(rows.dropped) == {"missing x": 1}


def test_nan_and_null_of_polars_both_count_as_missing():
    data = pl.DataFrame({"x": [1.0, None, float("nan")]})
    with pytest.raises(DataError, match=r"2 rows \(1, 2\)"):
        read_rows(data, roles={"outcome": "x"})


def test_integers_that_float64_cannot_hold_are_refused():
    with pytest.raises(DataError, match="identifier"):
        read(pd.Series([1, 2**60])).numbers("outcome")


def test_integers_of_any_length_are_refused_in_words_when_float64_cannot_hold_them():
    for large, says in ((2**60, "1,152,921,504,606,846,976"), (10**400, r"10\*\*400"), (10**5000, r"10\*\*5000")):
        with pytest.raises(DataError, match=says):
            read(pd.Series([1, large], dtype=object)).numbers("outcome")


def test_one_text_among_numbers_is_named_with_its_row():
    for gap in ("n/a", "12,5"):
        with pytest.raises(DataError, match=f"outcome='x' is text.* '{gap}' in row 1"):
            read(pd.Series([1.0, gap, 3.0], dtype=object)).numbers("outcome")


def test_a_role_that_a_method_needs_cannot_be_none_or_several():
    rows = read_rows(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]}), roles={"outcome": None, "treatment": ["a", "b"]})
    with pytest.raises(OptionError, match="outcome=None must name a column"):
        rows.numbers("outcome")
    with pytest.raises(OptionError, match="outcome=None must name a column"):
        rows.levels("outcome")
    with pytest.raises(OptionError, match="treatment must name one column; got 'a', 'b'"):
        rows.binary("treatment", option="treated")


@pytest.mark.parametrize("chosen", [np.array([1, 0]), [1], {"a": 1}, pd.NA, pd.Series([1, 0]), float("nan"), "1"])
def test_what_is_no_label_is_not_the_treated_one(chosen):
    with pytest.raises(DataError, match="is not a value of treatment='x'; it holds 0, 1"):
        read(pd.Series([0, 1]), "treatment").binary("treatment", option="treated", chosen=chosen)


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}])
def test_values_without_a_hash_are_no_labels(value):
    with pytest.raises(DataError, match="by='x' must hold labels or numbers"):
        read(pd.Series([value, value], dtype=object), "by").levels("by")


def test_values_too_small_to_square_are_refused():
    with pytest.raises(DataError, match="Rescale"):
        read(pd.Series([1e-200, 2e-200])).numbers("outcome")


def test_levels_are_sorted_and_unused_ones_left_out():
    column = pd.Series(pd.Categorical(["b", "a", "b"], categories=["c", "b", "a"]))
    levels = read(column, "by").levels("by")
    assert levels.text == ("a", "b")
    assert levels.codes.tolist() == [1, 0, 1]


def test_an_ordered_category_keeps_its_order():
    column = pd.Categorical(["low", "high", "low"], categories=["low", "mid", "high"], ordered=True)
    assert read(pd.Series(column), "by").levels("by").text == ("low", "high")
    enum = pl.DataFrame({"x": pl.Series(["low", "high"], dtype=pl.Enum(["low", "mid", "high"]))})
    assert read_rows(enum, roles={"by": "x"}).levels("by").text == ("low", "high")


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        (pd.Series([3, 1, 3]), [1, 3]),
        (pd.Series([2.5, 1.0, 2.5]), [1.0, 2.5]),
        (pd.Series([True, False, True]), [False, True]),
        (pd.Series(["b", "a", "b"]), ["a", "b"]),
        (pd.Series([10**12, -5, 10**12]), [-5, 10**12]),
        (pd.Series([dt.date(2024, 2, 1), dt.date(2024, 1, 1), dt.date(2024, 2, 1)]), ["2024-01-01", "2024-02-01"]),
        (pd.Series(pd.period_range("2024-01", periods=2, freq="M")[[1, 0, 1]]), ["2024-01", "2024-02"]),
    ],
)
def test_labels_of_any_orderable_type(column, labels):
    levels = read(column, "time").times("time")
    assert [label for (label,) in levels.labels] == labels
    assert levels.codes.tolist() == [1, 0, 1]


def test_values_that_cannot_be_ordered_are_refused():
    with pytest.raises(DataError, match="mixes values"):
        read(pd.Series([1, "a"], dtype=object), "by").levels("by")


def test_strings_have_the_same_codes_in_every_library():
    words = ["pear", "apple", "fig", "apple"]
    frames = [pd.DataFrame({"x": words}), pl.DataFrame({"x": words}), pl.DataFrame({"x": words}).to_arrow()]
    frames += [pl.DataFrame({"x": pl.Series(words, dtype=pl.Categorical)}), pd.DataFrame({"x": pd.Categorical(words)})]
    for frame in frames:
        levels = read_rows(frame, roles={"by": "x"}).levels("by")
        assert levels.codes.tolist() == [2, 0, 1, 0]


def test_crossing_keeps_the_combinations_that_occur():
    data = pd.DataFrame({"a": [1, 2, 2, 1], "b": ["x", "y", "y", "y"]})
    rows = read_rows(data, roles={"by": ["a", "b"]})
    levels = rows.levels("by")
    assert levels.labels == ((1, "x"), (1, "y"), (2, "y"))
    assert levels.text == ("1, x", "1, y", "2, y")
    assert levels.codes.tolist() == [0, 2, 2, 1]
    other = cross(rows.each_levels("by")[::-1])
    assert other.labels == (("x", 1), ("y", 1), ("y", 2))
    assert levels.take(np.array([True, False, False, True])).text == ("1, x", "1, y")


def test_missing_levels_get_a_label_of_their_own_only_when_asked():
    data = pd.DataFrame({"x": ["b", None, "a"]})
    rows = read_rows(data, roles={"by": "x"}, may_be_missing=("by",))
    with pytest.raises(DataError, match="missing"):
        rows.levels("by")
    assert rows.levels("by", missing_level="(none)").text == ("a", "b", "(none)")
    with pytest.raises(OptionError, match="already a value"):
        rows.levels("by", missing_level="a")


def test_weights_of_zero_leave_the_row_out_and_negative_ones_are_refused():
    data = pd.DataFrame({"y": [1.0, 2.0, 3.0], "w": [1.0, 0.0, 2.0]})
    rows = read_rows(data, roles={"outcome": "y", "weights": "w"})
    assert rows.numbers("outcome").tolist() == [1.0, 3.0]
    assert dict(rows.dropped) == {"zero weight": 1}
    with pytest.raises(DataError, match=r"negative in 1 row \(1\)"):
        read_rows(data.assign(w=[1.0, -1.0, 2.0]), roles={"outcome": "y", "weights": "w"})
    with pytest.raises(DesignError, match="zero weight 3"):
        read_rows(data.assign(w=0.0), roles={"outcome": "y", "weights": "w"})


def test_a_cluster_may_also_be_a_unit_but_a_weight_may_not_be_the_outcome():
    data = pd.DataFrame({"y": [1.0, 2.0], "u": [1, 2]})
    assert len(read_rows(data, roles={"unit": "u", "cluster": "u"}).clusters()) == 2
    with pytest.raises(OptionError, match="two roles, outcome and weights"):
        read_rows(data, roles={"outcome": "y", "weights": "y"})
    with pytest.raises(DesignError, match="at least two clusters"):
        read_rows(data.assign(u=1), roles={"cluster": "u"}).clusters()


def test_covariates_are_one_hot_with_a_stated_reference():
    data = pd.DataFrame({"age": [30, 40, 50], "city": ["Rome", "Oslo", "Rome"], "vip": [True, False, True]})
    got = read_rows(data, roles={"covariates": ["age", "city", "vip"]}).covariates()
    assert got.names == ("age", "city=Rome", "vip")
    assert got.source == ("age", "city", "vip")
    assert got.reference == {"city": "Oslo"}
    assert got.values.tolist() == [[30, 1, 1], [40, 0, 0], [50, 1, 1]]
    assert not got.values.flags.writeable


def test_covariates_that_are_dates_or_mostly_numbers_as_text_are_refused():
    dates = read(pd.date_range("2024", periods=3), "covariates")
    with pytest.raises(DataError, match="days since"):
        dates.covariates()
    with pytest.raises(DataError, match="'n/a' in row 2"):
        read(pd.Series(["1.5", "2.5", "n/a"]), "covariates").covariates()
    coded = read(pd.Series(pd.Categorical(["1", "2", "2"])), "covariates").covariates()
    assert coded.names == ("x=2",)


def test_a_category_with_too_many_levels_is_refused():
    names = pd.Series([f"user {i}" for i in range(300)])
    with pytest.raises(DataError, match="300 levels"):
        read(names, "covariates").covariates()


MARCH_2 = dt.datetime(2024, 3, 2)  # noqa: DTZ001 - without a time zone, as the data


@pytest.mark.parametrize("cutoff", ["2024-03-02", MARCH_2.date(), MARCH_2, np.datetime64("2024-03-02")])
def test_dates_as_a_score_are_days_from_the_cutoff(cutoff):
    score = read(pd.date_range("2024-03-01", periods=3, freq="12h"), "running").score("running", cutoff=cutoff)
    assert score.values.tolist() == [-1.0, -0.5, 0.0]
    assert (score.cutoff, score.unit) == (0.0, "days")


def test_a_score_with_a_time_zone_needs_a_cutoff_with_one():
    rows = read(pd.date_range("2024-03-01", periods=3, tz="UTC"), "running")
    assert rows.score("running", cutoff=dt.date(2024, 3, 2)).values.tolist() == [-1.0, 0.0, 1.0]
    with pytest.raises(OptionError, match="time zone"):
        rows.score("running", cutoff=MARCH_2)
    with pytest.raises(OptionError, match="must be a date"):
        rows.score("running", cutoff=5.0)
    with pytest.raises(OptionError, match="ISO"):
        rows.score("running", cutoff="March")


def test_the_chosen_label_of_a_binary_column_counts_as_true():
    rows = read(pd.Series(["new", "old", "new"]), "treatment")
    got = rows.binary("treatment", option="treated", chosen="new")
    assert (got.values.tolist(), got.chosen, got.other) == ([True, False, True], "new", "old")
    flipped = read(pd.Series([0, 1, 0]), "treatment").binary("treatment", option="treated", chosen=0)
    assert flipped.values.tolist() == [True, False, True]


def test_repeated_names_in_a_list_and_empty_lists_are_refused():
    data = pd.DataFrame({"a": [1.0]})
    with pytest.raises(OptionError, match="more than once"):
        read_rows(data, roles={"by": ["a", "a"]})
    with pytest.raises(OptionError, match="at least 1 column"):
        read_rows(data, roles={"by": []})


def test_frames_are_written_in_the_library_asked_for():
    columns = {"a": [1, 2], "b": np.array([0.5, 1.5])}
    assert isinstance(to_native(columns, backend="pandas"), pd.DataFrame)
    assert isinstance(to_native(columns, backend="polars"), pl.DataFrame)
    with pytest.raises(OptionError, match="not a library"):
        to_native(columns, backend="excel")
