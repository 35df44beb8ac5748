"""Reading the columns of a design, each once, by role."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from causalkit._frames._columns import Column, to_native
from causalkit._frames._covariates import Covariates, stack_covariates
from causalkit._frames._levels import Label, Levels, compact, cross, frozen, label_text
from causalkit._numerics._codes import combine_codes
from causalkit._validate import choice, counted, labels, listed, one_role_each, real, require_columns, rows_where
from causalkit.errors import DataError, DesignError, OptionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from causalkit._typing import AnyArray, BoolArray, FloatArray, IntArray, IntoDataFrame, Missing

# A column may serve twice only where that asks nothing contradictory of it.
_SHARING = frozenset(
    frozenset(pair)
    for pair in (
        ("absorb", "cluster"),
        ("absorb", "time"),
        ("cluster", "by"),
        ("cluster", "cohort"),
        ("cluster", "covariates"),
        ("cluster", "exogenous"),
        ("cluster", "instruments"),
        ("cluster", "running"),
        ("cluster", "time"),
        ("cluster", "unit"),
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """A column with two values.

    Attributes
    ----------
    values : (n,) array of bool
        True where the row has the chosen label.
    chosen, other : label
        The label that counts as True, and the one that counts as False.
    """

    values: BoolArray
    chosen: Label
    other: Label


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A running variable, its cutoff, and the unit of both.

    Attributes
    ----------
    values : (n,) array
        The score; for dates, days since the cutoff.
    cutoff : float
        The cutoff on the scale of ``values``; zero for dates.
    unit : str
        ``"days"`` for dates, otherwise empty.
    """

    values: FloatArray
    cutoff: float
    unit: str


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of the caller's frame that a method uses.

    Made by :func:`read_rows`. Each accessor returns new read-only arrays with one entry per used row, in
    the order of the frame.

    Attributes
    ----------
    backend : str
        Library of the caller's frame, for :func:`to_native`.
    n_rows, n_used : int
        Rows of the frame, and rows used.
    dropped : mapping of str to int
        Why rows were left out, and how many for each reason.
    """

    backend: str
    n_rows: int
    n_used: int
    dropped: Mapping[str, int]
    _columns: Mapping[str, tuple[Column, ...]] = field(repr=False)
    _keep: BoolArray | None = field(repr=False)

    def names(self, role: str) -> tuple[str, ...]:
        """Return the columns of a role; empty if the role was not given."""
        return tuple(column.name for column in self._columns.get(role, ()))

    def kept(self) -> BoolArray:
        """Return which rows of the frame are used."""
        return np.ones(self.n_rows, dtype=bool) if self._keep is None else self._keep

    def numbers(self, role: str) -> FloatArray:
        """Return the column of a role as float64."""
        return self._pick(self._one(role).floats())

    def matrix(self, role: str) -> FloatArray:
        """Return the numeric columns of a role as an (n, k) array stored column by column."""
        columns = self._columns.get(role, ())
        values = np.empty((self.n_used, len(columns)), order="F")
        for position, column in enumerate(columns):
            values[:, position] = self._pick(column.floats())
        return _read_only(values)

    def binary(self, role: str, *, option: str, chosen: Label | None = None) -> Binary:
        """Return a column of two values.

        Parameters
        ----------
        role : str
            The role.
        option : str
            Name of the caller's argument that names the True label, for messages.
        chosen : label, optional
            The label that counts as True. Needed unless the column holds 0/1 or booleans.

        Raises
        ------
        DataError
            The column has labels other than 0/1 and none is chosen, more than two values, or not the chosen one.
        DesignError
            Only one of the two values occurs.
        """
        column = self._one(role)
        levels = self._levels_of(column)
        found = [label[0] for label in levels.labels]
        counts = levels.counts().tolist()
        if len(found) > 2:
            shown = ", ".join(f"{label!r} ({n:,})" for label, n in list(zip(found, counts, strict=True))[:6])
            raise DataError(
                f"{column.called} must have two values; it has {len(found):,}: {shown}"
                f"{', ...' if len(found) > 6 else ''}. Keep the rows of the two arms to compare, then name the "
                f"treated one with {option}=..."
            )
        zero_one = all(_is_zero_one(label) for label in found)
        if chosen is None and not zero_one:
            raise DataError(
                f"{column.called} holds {listed(found)}, not 0/1. Say which value counts as 1: {option}={found[-1]!r}."
            )
        target = chosen if chosen is not None else (True if found and isinstance(found[0], bool) else 1)
        match = [position for position, label in enumerate(found) if _same(label, target)]
        if not match and not (zero_one and _is_zero_one(target)):
            raise DataError(f"{option}={chosen!r} is not a value of {column.called}; it holds {listed(found)}.")
        if len(found) < 2:
            n_true, n_false = (counts[0], 0) if match else (0, counts[0])
            raise DesignError(
                f"{column.called} has only the value {found[0]!r}: {counted(n_true, 'row')} with "
                f"{label_text(target)} and {n_false:,} without. Both arms are needed for a comparison."
            )
        return Binary(_read_only(levels.codes == match[0]), found[match[0]], found[1 - match[0]])

    def levels(self, role: str, *, missing_level: str | None = None) -> Levels:
        """Return the levels of a role's columns, crossed if there are several.

        Parameters
        ----------
        role : str
            The role.
        missing_level : str, optional
            Label for missing values, where the role was read as one that may be missing.
        """
        return cross([self._levels_of(column, missing_level) for column in self._given(role)])

    def each_levels(self, role: str, *, missing_level: str | None = None) -> tuple[Levels, ...]:
        """Return the levels of a role's columns, one by one."""
        return tuple(self._levels_of(column, missing_level) for column in self._given(role))

    def is_number(self, role: str, name: str) -> bool:
        """Return whether one of a role's columns holds numbers (booleans and categories are labels)."""
        return self._named(role, name).kind == "number"

    def number_named(self, role: str, name: str) -> FloatArray:
        """Return one of a role's columns as float64; NaN where the role may be missing and is."""
        return self._pick(self._named(role, name).floats())

    def glance(self, role: str, name: str, *, n: int = 10_000) -> int:
        """Return how many different values the first ``n`` rows of one of a role's columns hold, used or not."""
        return int(self._named(role, name).series.head(n).n_unique())

    def levels_named(self, role: str, name: str, *, missing_level: str | None = None) -> Levels:
        """Return the levels of one of a role's columns."""
        return self._levels_of(self._named(role, name), missing_level)

    def clusters(self, role: str = "cluster") -> Levels:
        """Return the clusters of the rows; at least two."""
        clusters = self.levels(role)
        if len(clusters) < 2:
            raise DesignError(
                f"{role}={listed(self.names(role))} has the same value in all {counted(self.n_used, 'row')}; "
                f"clustered errors need at least two clusters, and some dozens to be trusted."
            )
        return clusters

    def weights(self, role: str = "weights") -> FloatArray:
        """Return the weights of the used rows, all positive."""
        return self.numbers(role)

    def covariates(self, role: str = "covariates") -> Covariates:
        """Return the covariates: numbers and booleans as they are, categories one-hot."""
        parts: dict[str, FloatArray | Levels] = {}
        for column in self._columns.get(role, ()):
            categorical = column.kind == "category" or (column.kind == "text" and not column.looks_numeric())
            parts[column.name] = self._levels_of(column) if categorical else self._pick(column.floats())
        return stack_covariates(parts, self.n_used)

    def codes(self, role: str) -> tuple[IntArray, int]:
        """Return the codes of a role's column and their number, where labels would be too many to make."""
        column = self._one(role)
        codes, found = column.factorize()
        if self._keep is not None:
            codes, table = combine_codes([codes[self._keep]], [len(found)])
            return _read_only(codes), len(table)
        return _read_only(codes), len(found)

    def label_in_row(self, role: str, row: int) -> str:
        """Return what a role's column says in one of the used rows, as text."""
        at = row if self._keep is None else int(np.flatnonzero(self._keep)[row])
        return label_text(_as_label(self._one(role).series[at]))

    def onsets(self, role: str) -> tuple[IntArray, tuple[Label, ...]]:
        """Return when something began: codes, -1 where it never did (missing or plus infinity), and the labels."""
        codes, found = self._one(role).factorize(infinite_is_missing=True)
        if self._keep is not None:
            codes = codes[self._keep]
        return _read_only(codes), tuple(_as_label(each) for each in found)

    def times(self, role: str = "time") -> Levels:
        """Return the periods: any type that can be ordered, as ranks with the original labels."""
        return self.levels(role)

    def score(self, role: str, *, cutoff: object) -> Score:
        """Return a running variable; dates become days since the cutoff."""
        column = self._one(role)
        if column.kind != "time":
            return Score(self.numbers(role), real("cutoff", cutoff), "")
        at = _as_time(cutoff, column)
        days = np.array([(value - at) / dt.timedelta(days=1) for value in self._pick(column.objects())])
        return Score(_read_only(days.astype(np.float64)), 0.0, "days")

    def frame(self, columns: Mapping[str, Sequence[Any] | AnyArray]) -> Any:
        """Return new columns as a frame of the caller's kind."""
        return to_native(columns, backend=self.backend)

    def _given(self, role: str) -> tuple[Column, ...]:
        columns = self._columns.get(role, ())
        if not columns:
            raise OptionError(f"{role}=None must name a column; the method cannot do without it.")
        return columns

    def _one(self, role: str) -> Column:
        columns = self._given(role)
        if len(columns) > 1:
            raise OptionError(f"{role} must name one column; got {listed(self.names(role))}.")
        return columns[0]

    def _named(self, role: str, name: str) -> Column:
        for column in self._columns.get(role, ()):
            if column.name == name:
                return column
        raise OptionError(f"{name!r} is not a column of {role}; it has {listed(self.names(role))}.")

    def _pick(self, values: AnyArray) -> AnyArray:
        return _read_only(values if self._keep is None else values[self._keep])

    def _levels_of(self, column: Column, missing_level: str | None = None) -> Levels:
        codes, found = column.factorize()
        if self._keep is not None:
            codes = codes[self._keep]
        tags = [_as_label(each) for each in found]
        if missing_level is not None and (codes < 0).any():
            if missing_level in tags:
                raise OptionError(
                    f"missing_level={missing_level!r} is already a value of {column.called}; choose another label."
                )
            codes = np.where(codes < 0, len(tags), codes)
            tags.append(missing_level)
        if (codes < 0).any():
            raise DataError(_missing_message([column], np.flatnonzero(codes < 0).size, self.n_used))
        labels = tuple((tag,) for tag in tags)
        if self._keep is None:
            return Levels((column.name,), frozen(codes), labels)
        return compact((column.name,), frozen(codes), labels)


def read_rows(
    data: IntoDataFrame,
    *,
    roles: Mapping[str, str | Sequence[str] | None],
    missing: Missing = "raise",
    may_be_missing: Collection[str] = (),
) -> Rows:
    """Check the columns of a design and decide which rows are used.

    Parameters
    ----------
    data : data frame
        Any eager frame that narwhals reads. It is never changed; its index and its other columns play no role.
    roles : mapping of str to column name(s)
        The arguments of the method that name columns; those that are None are not given.
    missing : {"raise", "drop"}
        What happens to rows with a missing value in a used column.
    may_be_missing : collection of str
        Roles whose missing values have a meaning of their own.

    Returns
    -------
    Rows
        Reads each role as arrays.

    Raises
    ------
    DataError
        Not a data frame, no rows, an absent or repeated column, missing values, negative weights.
    OptionError
        A column name that is not a string, one column in two roles, an unknown ``missing``.
    DesignError
        Nothing is left after dropping rows.
    """
    choice("missing", missing, ("raise", "drop"))
    given = {role: labels(role, names) for role, names in roles.items() if names is not None}
    one_role_each(given, sharing=_SHARING)
    found = _select(data, given)
    n_rows = found.n_rows
    if n_rows == 0:
        raise DataError("The data have no rows.")
    columns = {role: tuple(Column(role, name, found.series[name]) for name in names) for role, names in given.items()}
    keep, dropped = _complete(columns, n_rows, missing=missing, may_be_missing=may_be_missing)
    if "weights" in columns:
        keep, dropped = _weighted(columns["weights"][0], keep, dropped)
    n_used = int(keep.sum())
    if n_used == 0:
        raise DesignError(
            f"No rows are left of {n_rows:,}: " + ", ".join(f"{why} {n:,}" for why, n in dropped.items()) + "."
        )
    return Rows(
        backend=found.backend,
        n_rows=n_rows,
        n_used=n_used,
        dropped=dropped,
        _columns=columns,
        _keep=None if n_used == n_rows else keep,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Selected:
    """The used columns of a frame, one by one: neither copied together nor wrapped before that is needed."""

    backend: str
    n_rows: int
    series: Mapping[str, Any]


def _select(data: Any, given: dict[str, tuple[str, ...]]) -> _Selected:
    """Return the used columns only, so that the others cannot matter."""
    used = list(dict.fromkeys(name for names in given.values() for name in names))
    if hasattr(data, "iloc") and hasattr(data, "columns"):
        available = list(data.columns)
        require_columns(available, given)
        backend = str(_eager(data.iloc[:, :0]).implementation.value)
        return _Selected(backend, len(data), {name: _series(data, name, available) for name in used})
    if hasattr(data, "column_names") and hasattr(data, "select"):
        available = list(data.column_names)
        require_columns(available, given)
        frame = _eager(data.select([available.index(name) for name in used]))
    else:
        frame = _eager(data)
        require_columns(frame.columns, given)
    series = {name: frame.get_column(name) for name in used}
    return _Selected(str(frame.implementation.value), len(frame), series)


def _series(data: Any, name: str, available: list[Any]) -> Any:
    """One column of a frame like pandas, whose other columns may share names; by name where that is quicker."""
    return data[name] if data.columns.is_unique else data.iloc[:, available.index(name)]


def _eager(data: Any) -> nw.DataFrame[Any]:
    if type(data).__name__ == "LazyFrame":
        raise DataError("The data are a lazy frame; read it first with .collect().")
    try:
        return nw.from_native(data, eager_only=True)
    except TypeError:
        raise DataError(
            f"The data must be a data frame (pandas, polars, pyarrow or another that narwhals reads), "
            f"one row per observation; got {type(data).__name__}."
        ) from None


def _complete(
    columns: Mapping[str, tuple[Column, ...]], n_rows: int, *, missing: Missing, may_be_missing: Collection[str]
) -> tuple[BoolArray, dict[str, int]]:
    every = {column.name: column for role, each in columns.items() if role not in may_be_missing for column in each}
    gaps = [column for column in every.values() if column.missing.any()]
    keep = np.ones(n_rows, dtype=bool)
    if not gaps:
        return keep, {}
    if missing == "raise":
        raise DataError(_missing_message(gaps, None, n_rows))
    for column in gaps:
        keep &= ~column.missing
    return keep, {f"missing {', '.join(column.name for column in gaps)}": int(n_rows - keep.sum())}


def _missing_message(gaps: Sequence[Column], n: int | None, n_rows: int) -> str:
    found = "; ".join(f"{column.called} in {rows_where(column.missing)}" for column in gaps)
    total = n if n is not None else int(np.logical_or.reduce([column.missing for column in gaps]).sum())
    return (
        f"Missing values: {found}. That is {total:,} of {n_rows:,} rows. Fill them, or leave these rows out with "
        f"missing='drop' (the count is then kept in result.sample.dropped)."
    )


def _weighted(column: Column, keep: BoolArray, dropped: dict[str, int]) -> tuple[BoolArray, dict[str, int]]:
    values = column.floats()
    negative = values < 0
    if negative.any():
        raise DataError(f"{column.called} is negative in {rows_where(negative)}; weights must be zero or more.")
    none = keep & (values == 0)
    if not none.any():
        return keep, dropped
    keep = keep & (values != 0)
    return keep, {**dropped, "zero weight": int(none.sum())}


def _as_label(value: Any) -> Label:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    if hasattr(value, "isoformat"):
        text = value.isoformat()
        return text.removesuffix("T00:00:00") if isinstance(text, str) else str(value)
    return str(value)


def _is_zero_one(value: object) -> bool:
    return isinstance(value, (bool, int, float)) and value in (0, 1)


def _same(label: object, chosen: object) -> bool:
    if isinstance(label, str) != isinstance(chosen, str):
        return False
    equal: object = label == chosen
    return isinstance(equal, (bool, np.bool_)) and bool(equal)


def _as_time(cutoff: object, column: Column) -> Any:
    first = column.objects()[~column.missing][0]
    if isinstance(cutoff, str):
        try:
            cutoff = dt.datetime.fromisoformat(cutoff)
        except ValueError:
            raise OptionError(f"cutoff={cutoff!r} is not an ISO date such as '2024-03-01'.") from None
    if isinstance(cutoff, np.datetime64):
        cutoff = cutoff.astype("datetime64[us]").item()
    if not isinstance(cutoff, dt.date):
        raise OptionError(f"{column.called} holds dates, so cutoff={cutoff!r} must be a date or an ISO text.")
    if isinstance(first, dt.datetime):
        if not isinstance(cutoff, dt.datetime):
            cutoff = dt.datetime(cutoff.year, cutoff.month, cutoff.day, tzinfo=first.tzinfo)
        if (first.tzinfo is None) != (cutoff.tzinfo is None):
            raise OptionError(
                f"{column.called} and cutoff={cutoff.isoformat()} must both have a time zone, or neither."
            )
        return cutoff
    return cutoff.date() if isinstance(cutoff, dt.datetime) else cutoff


def _read_only(values: AnyArray) -> AnyArray:
    view = values.view()
    view.flags.writeable = False
    return view
