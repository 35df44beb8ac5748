"""Bad and odd input that every method is put through.

A method joins by one line in its own tests::

    test_bad_and_odd_input = adversarial.suite(Subject(call=..., frame=..., roles=...))

``call(data, roles)`` runs the method on a frame with the given columns by role. Each case either says
which error the call must raise and which words it must contain, or which answer must stay the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalkit.errors import CausalkitError, CausalkitWarning, DataError, DesignError, DesignWarning, OptionError

Roles = Mapping[str, Any]
ODD_NAMES = (
    *("指标 1 (x)", "class", "lambda", "a+b", "a|b", "C", "Q", "I(x)", "1"),
    *("y ~ x", "__import__('os')", "$x$", "=1+1"),
)


@dataclass(frozen=True)
class Subject:
    """A method under test.

    Attributes
    ----------
    call : callable
        ``call(data, roles, **options)`` returns the method's result.
    frame : pandas.DataFrame
        Data on which the call works without a warning.
    roles : mapping
        Column(s) by role; must have ``outcome``, and ``treatment`` where there is one.
    numeric : tuple of str
        Roles whose column must hold finite numbers.
    binary : str
        Role of the 0/1 treatment; empty if the method has none.
    has_drop : bool
        Whether the method takes ``missing="drop"``.
    large : callable, optional
        Makes 200,000 rows of which five are treated.
    """

    call: Callable[..., Any]
    frame: pd.DataFrame
    roles: Roles
    numeric: tuple[str, ...] = ("outcome",)
    binary: str = "treatment"
    has_drop: bool = True
    large: Callable[[], pd.DataFrame] | None = None
    skip: Mapping[str, str] = field(default_factory=dict)

    def run(self, data: Any, roles: Roles | None = None, **options: Any) -> Any:
        """Run the method; warnings of the package are allowed, any other is an error."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CausalkitWarning)
            return self.call(data, roles or self.roles, **options)

    def columns(self) -> dict[str, str]:
        """Return one column for each role."""
        return {role: names if isinstance(names, str) else names[0] for role, names in self.roles.items()}

    def column(self, role: str) -> str:
        """Return the (first) column of a role."""
        return self.columns()[role]


Case = Callable[[Subject], None]
_CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """Add a case to the registry under the function's name."""
    _CASES[function.__name__] = function
    return function


def suite(subject: Subject) -> Callable[[str], None]:
    """Return a test, parametrised over all cases, for one method."""
    unknown = set(subject.skip) - set(_CASES)
    if unknown:
        raise ValueError(f"no such cases: {sorted(unknown)}")
    names = [
        pytest.param(name, marks=pytest.mark.skip(reason=subject.skip[name])) if name in subject.skip else name
        for name in _CASES
    ]

    @pytest.mark.parametrize("name", names)
    def test(name: str) -> None:
        _CASES[name](subject)

    return test


def same_answer(a: Any, b: Any, *, rel: float = 0.0, scale: float = 1.0) -> None:
    """Assert that ``b`` has the estimates and standard errors of ``a``, times ``scale``."""
    left, right = a.terms(), b.terms()
    assert left.labels == right.labels
    size = scale * max(float(np.abs(left.estimates).max()), float(left.std_errors.max()))
    for ours, theirs in ((left.estimates, right.estimates), (left.std_errors, right.std_errors)):
        np.testing.assert_allclose(theirs, scale * ours, rtol=rel, atol=rel * size, equal_nan=True)


def refused(subject: Subject, data: Any, error: type[Exception], *words: str, roles: Roles | None = None) -> None:
    """Assert that the call raises the error, and that its message has the words."""
    with pytest.raises(error) as caught:
        subject.run(data, roles)
    text = str(caught.value)
    for word in words:
        assert word in text, f"{word!r} is not in: {text}"


def spoilt(subject: Subject, role: str, value: Any, rows: list[int]) -> pd.DataFrame:
    """Return the data with a value put into some rows of a role's column."""
    data = subject.frame.copy()
    name = subject.column(role)
    as_object = not isinstance(value, float) or data[name].dtype.kind != "f"
    column = data[name].astype(object if as_object and not _float_fits(data[name], value) else float)
    column.iloc[rows] = value
    data[name] = column
    return data


def _float_fits(column: pd.Series, value: Any) -> bool:
    return column.dtype.kind in "iufb" and isinstance(value, float)


# What must be refused.


@case
def missing_values_are_counted_by_column(subject: Subject) -> None:
    for role, name in subject.columns().items():
        value = np.nan if subject.frame[name].dtype.kind in "iufb" else None
        data = spoilt(subject, role, value, [3, 7])
        refused(subject, data, DataError, repr(name), "2 rows (3, 7)", "missing='drop'")


@case
def infinite_values_are_errors_even_when_missing_are_dropped(subject: Subject) -> None:
    for role in subject.numeric:
        for value in (np.inf, -np.inf):
            data = spoilt(subject, role, value, [5])
            refused(subject, data, DataError, repr(subject.column(role)), "infinite", "1 row (5)")
            if subject.has_drop:
                with pytest.raises(DataError, match="infinite"):
                    subject.run(data, missing="drop")


@case
def no_rows(subject: Subject) -> None:
    refused(subject, subject.frame.iloc[:0], DataError, "no rows")


@case
def one_row(subject: Subject) -> None:
    refused(subject, subject.frame.iloc[:1], CausalkitError)


@case
def a_misspelt_column_is_named_with_the_nearest_one(subject: Subject) -> None:
    renamed = {name: f"{name}_of_customer" for name in subject.columns().values()}
    data = subject.frame.rename(columns=renamed)
    for role, name in subject.columns().items():
        near = renamed[name]
        roles = {each: _renamed(names, renamed) for each, names in subject.roles.items()}
        misspelt = {**renamed, name: near[:-1]}
        roles[role] = _renamed(subject.roles[role], misspelt)
        refused(subject, data, DataError, f"{role}={near[:-1]!r}", f"Did you mean {near!r}?", roles=roles)


@case
def a_duplicated_used_column_is_refused(subject: Subject) -> None:
    name = subject.column("outcome")
    data = pd.concat([subject.frame, subject.frame[[name]]], axis=1)
    refused(subject, data, DataError, repr(name), "2 columns")


@case
def a_column_name_must_be_a_string(subject: Subject) -> None:
    refused(subject, subject.frame, OptionError, "outcome=3", roles={**subject.roles, "outcome": 3})


@case
def numbers_as_text(subject: Subject) -> None:
    for role in subject.numeric:
        name = subject.column(role)
        data = subject.frame.assign(**{name: subject.frame[name].map(str)})
        refused(subject, data, DataError, repr(name), "numbers stored as text")
        data[name] = data[name].astype(object)
        data.loc[data.index[4], name] = "n/a"
        refused(subject, data, DataError, repr(name), "'n/a' in row 4")


@case
def dates_where_numbers_are_needed(subject: Subject) -> None:
    days = pd.date_range("2024-01-01", periods=len(subject.frame), tz="Asia/Shanghai")
    name = subject.column("outcome")
    refused(subject, subject.frame.assign(**{name: days}), DataError, repr(name), "dates")


@case
def lists_and_complex_numbers_are_refused(subject: Subject) -> None:
    name = subject.column("outcome")
    for values in ([[1.0]] * len(subject.frame), subject.frame[name].to_numpy() + 1j):
        refused(subject, subject.frame.assign(**{name: values}), DataError, repr(name))


@case
def one_value_too_large_to_square(subject: Subject) -> None:
    for role in subject.numeric:
        data = spoilt(subject, role, 1e300, [2])
        refused(subject, data, DataError, repr(subject.column(role)), "1e+300", "1 row (2)")


@case
def one_column_in_two_roles(subject: Subject) -> None:
    outcome = subject.column("outcome")
    for role in subject.roles:
        if role != "outcome":
            roles = {**subject.roles, role: outcome if isinstance(subject.roles[role], str) else [outcome]}
            refused(subject, subject.frame, OptionError, repr(outcome), "two roles", roles=roles)


@case
def a_treatment_with_other_labels_needs_the_treated_one_named(subject: Subject) -> None:
    if not subject.binary:
        return
    name = subject.column(subject.binary)
    words = subject.frame[name].map({0: "no", 1: "yes"})
    refused(subject, subject.frame.assign(**{name: words}), DataError, repr(name), "'no', 'yes'", "treated=")
    refused(subject, subject.frame.assign(**{name: subject.frame[name] + 1}), DataError, repr(name), "1, 2", "treated=")
    same_answer(subject.run(subject.frame), subject.run(subject.frame.assign(**{name: words}), treated="yes"))
    with pytest.raises(DataError, match="'maybe' is not a value"):
        subject.run(subject.frame.assign(**{name: words}), treated="maybe")


@case
def a_treatment_with_three_values_lists_them(subject: Subject) -> None:
    if subject.binary:
        data = spoilt(subject, subject.binary, 2.0, [0, 1])
        refused(subject, data, DataError, repr(subject.column(subject.binary)), "it has 3", "(2)")


@case
def one_arm_only_gives_both_counts(subject: Subject) -> None:
    if not subject.binary:
        return
    name = subject.column(subject.binary)
    n = len(subject.frame)
    refused(subject, subject.frame.assign(**{name: 0}), DesignError, repr(name), "0 rows", f"{n:,} without")
    refused(subject, subject.frame.assign(**{name: 1}), DesignError, repr(name), f"{n:,} rows", "0 without")


@case
def what_is_not_an_eager_frame_is_refused(subject: Subject) -> None:
    refused(subject, pl.from_pandas(subject.frame).lazy(), DataError, "collect()")
    refused(subject, subject.frame.to_dict("list"), DataError, "data frame", "dict")
    refused(subject, subject.frame.to_numpy(), DataError, "data frame", "ndarray")


@case
def an_unknown_missing_policy(subject: Subject) -> None:
    if subject.has_drop:
        with pytest.raises(OptionError, match=r"missing='dorp' is not known\. Did you mean 'drop'\?"):
            subject.run(subject.frame, missing="dorp")


@case
def a_level_in_percent_gets_a_hint(subject: Subject) -> None:
    with pytest.raises(OptionError, match=r"level=0\.95"):
        subject.run(subject.frame).conf_int(95)


# What must give the same answer.


@case
def dropping_missing_rows_equals_leaving_them_out_and_is_counted(subject: Subject) -> None:
    if not subject.has_drop:
        return
    rows = [3, 7, 11]
    got = subject.run(spoilt(subject, "outcome", np.nan, rows), missing="drop")
    clean = subject.frame.drop(index=subject.frame.index[rows])
    same_answer(subject.run(clean), got, rel=1e-12)
    assert got.sample.n_rows == len(subject.frame)
    assert sum(got.sample.dropped.values()) >= 3
    assert subject.column("outcome") in next(iter(got.sample.dropped))


@case
def the_index_plays_no_role(subject: Subject) -> None:
    base, n = subject.run(subject.frame), len(subject.frame)
    pairs = pd.MultiIndex.from_arrays([np.arange(n) % 3, np.arange(n)])
    for index in (np.zeros(n, dtype=int), [f"row {i}" for i in range(n)][::-1], pairs):
        same_answer(base, subject.run(subject.frame.set_axis(index, axis=0)))


@case
def the_order_of_rows_plays_no_role(subject: Subject) -> None:
    order = np.random.default_rng(0).permutation(len(subject.frame))
    same_answer(subject.run(subject.frame), subject.run(subject.frame.iloc[order]), rel=1e-12)


@case
def unused_columns_and_the_order_of_columns_play_no_role(subject: Subject) -> None:
    n = len(subject.frame)
    extra = subject.frame.assign(
        objects=[object()] * n, lists=[[1]] * n, when=pd.date_range("2024", periods=n, tz="UTC"), gaps=np.inf
    )
    twice = pd.concat([extra, extra[["gaps", "when"]]], axis=1)
    base = subject.run(subject.frame)
    same_answer(base, subject.run(twice))
    same_answer(base, subject.run(twice[["objects", *reversed(subject.frame.columns)]]))


@case
def the_frame_is_not_changed(subject: Subject) -> None:
    data, before = subject.frame, subject.frame.copy(deep=True)
    subject.run(data)
    pd.testing.assert_frame_equal(data, before)


@case
def read_only_buffers_work(subject: Subject) -> None:
    columns = {name: subject.frame[name].to_numpy(copy=True) for name in subject.frame}
    for values in columns.values():
        values.flags.writeable = False
    same_answer(subject.run(subject.frame), subject.run(pd.DataFrame(columns, copy=False)))


@case
def every_library_of_frames_gives_the_same_bits(subject: Subject) -> None:
    base = subject.run(subject.frame)
    polars = pl.from_pandas(subject.frame.reset_index(drop=True))
    others = {
        "polars": polars,
        "pyarrow": polars.to_arrow(),
        "pandas": subject.frame.convert_dtypes(),
    }
    for backend, data in others.items():
        got = subject.run(data)
        same_answer(base, got)
        assert got.backend == backend
        assert type(got.to_frame()) is type(data)
    same_answer(base, subject.run(subject.frame.convert_dtypes(dtype_backend="pyarrow")))


@case
def names_are_labels_never_parsed(subject: Subject) -> None:
    base = subject.run(subject.frame)
    lists = [[columns] if isinstance(columns, str) else columns for columns in subject.roles.values()]
    names = [name for columns in lists for name in columns]
    for shift in range(0, len(ODD_NAMES), len(names)):
        odd = {name: ODD_NAMES[(shift + position) % len(ODD_NAMES)] for position, name in enumerate(names)}
        roles = {role: _renamed(columns, odd) for role, columns in subject.roles.items()}
        got = subject.run(subject.frame.rename(columns=odd), roles)
        np.testing.assert_array_equal(got.terms().estimates, base.terms().estimates)
        np.testing.assert_array_equal(got.terms().std_errors, base.terms().std_errors)


@case
def booleans_are_zero_and_one(subject: Subject) -> None:
    if not subject.binary:
        return
    name, base = subject.column(subject.binary), subject.run(subject.frame)
    truth = subject.frame[name] == 1
    for column in (truth, truth.astype("boolean"), truth.astype(object), truth.astype(float), truth.astype("int8")):
        same_answer(base, subject.run(subject.frame.assign(**{name: column})))


@case
def small_integers_do_not_overflow(subject: Subject) -> None:
    name = subject.column("outcome")
    values = np.resize([127, -128, 120, 5, -99], len(subject.frame)).astype("int8")
    wide = subject.run(subject.frame.assign(**{name: values.astype(float)}))
    for dtype in ("int8", "int16", "int32", "Int8"):
        same_answer(wide, subject.run(subject.frame.assign(**{name: values.astype("int64")}).astype({name: dtype})))


@case
def single_precision_input_is_read_exactly(subject: Subject) -> None:
    name = subject.column("outcome")
    single = subject.frame.assign(**{name: subject.frame[name].astype("float32")})
    same_answer(subject.run(single.astype({name: "float64"})), subject.run(single))
    same_answer(subject.run(subject.frame), subject.run(single), rel=1e-3)


@case
def scaling_the_outcome_scales_the_answer(subject: Subject) -> None:
    name, base = subject.column("outcome"), subject.run(subject.frame)
    for scale in (1e12, 1e-12):
        data = subject.frame.assign(**{name: subject.frame[name] * scale})
        same_answer(base, subject.run(data), rel=1e-9, scale=scale)


@case
def a_constant_outcome_has_no_effect(subject: Subject) -> None:
    name = subject.column("outcome")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        got = subject.call(subject.frame.assign(**{name: 7.0}), subject.roles)
    assert got.estimate == pytest.approx(0.0, abs=1e-12)
    assert got.std_error == pytest.approx(0.0, abs=1e-12)
    assert any(issubclass(each.category, DesignWarning) for each in seen)
    assert got.warnings


@case
def five_treated_of_two_hundred_thousand(subject: Subject) -> None:
    if subject.large is None:
        return
    data = subject.large()
    with pytest.warns(DesignWarning, match="5 treated"):
        got = subject.call(data, subject.roles)
    assert np.isfinite(got.estimate)
    assert got.sample.n_treated == 5


def _renamed(columns: Any, names: Mapping[str, str]) -> Any:
    return names[columns] if isinstance(columns, str) else [names.get(each, each) for each in columns]
