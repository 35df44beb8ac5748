"""One column of any frame as an array, and arrays back as a frame."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, cast

import narwhals as nw
import numpy as np

from causalkit._validate import listed, rows_where
from causalkit.errors import DataError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from causalkit._typing import AnyArray, BoolArray, FloatArray, IntArray

Kind = Literal["number", "boolean", "text", "category", "time", "other"]

# Squares and fourth powers of the values, summed over any number of rows, must stay finite and above zero.
_LARGEST = 1e75
_EXACT = 2**53
_NUMBERS = (int, float, Decimal, Fraction, np.integer, np.floating)
_TIMES = (dt.date, np.datetime64)


class Column:
    """A column of the caller's frame, with what must be known before it becomes an array.

    Parameters
    ----------
    role, name : str
        The argument that names the column, and its name; both appear in messages.
    source : narwhals.Series or native series
        The column.
    """

    __slots__ = ("_plain", "_source", "kind", "missing", "name", "role")

    def __init__(self, role: str, name: str, source: Any) -> None:
        self.role = role
        self.name = name
        self._source = source
        # Wrapping a series, and asking it for its type, costs more than the work on a thousand rows: only if needed.
        self._plain = _plain_floats(source)
        self.kind: Kind = "number" if self._plain is not None else _kind(self.series)
        self.missing: BoolArray = _missing(self.series) if self._plain is None else np.asarray(np.isnan(self._plain))

    @property
    def series(self) -> nw.Series[Any]:
        """The column as narwhals has it."""
        self._source = nw.from_native(self._source, series_only=True)
        return cast("nw.Series[Any]", self._source)

    @property
    def called(self) -> str:
        """How messages call the column."""
        return f"{self.role}={self.name!r}"

    def objects(self) -> AnyArray:
        """Return the values as Python objects; missing ones are whatever the frame gives."""
        values = np.empty(len(self.series), dtype=object)
        values[:] = self.series.to_list()
        return values

    def floats(self) -> FloatArray:
        """Return the column as float64, NaN where missing; refuse what is not a finite number."""
        if self.kind not in ("number", "boolean"):
            raise DataError(self._not_numbers())
        values = self._cast()
        infinite = np.isinf(values)
        if infinite.any():
            raise DataError(
                f"{self.called} is infinite in {rows_where(infinite)}. Infinite values are never dropped: "
                f"correct them, or mark them as missing if that is what they mean."
            )
        self._check_scale(values)
        return values

    def _cast(self) -> FloatArray:
        if self._plain is not None:
            return np.array(self._plain, dtype=np.float64, order="C")
        if _is_object(self.series):
            values = np.full(len(self.series), np.nan)
            given = ~self.missing
            found = self.objects()[given]
            self._check_exact([each for each in found if isinstance(each, (int, np.integer))])
            values[given] = found.astype(np.float64)
            return values
        if self.series.dtype.is_integer():
            self._check_exact([each for each in (self.series.min(), self.series.max()) if each is not None])
        values = np.array(self.series.cast(nw.Float64).to_numpy(), dtype=np.float64, order="C")
        if self.missing.any():
            values[self.missing] = np.nan
        return values

    def _check_exact(self, integers: Sequence[Any]) -> None:
        largest = max((abs(int(each)) for each in integers), default=0)
        if largest > _EXACT:
            raise DataError(
                f"{self.called} holds integers up to {_integer_text(largest)}; above 2**53 a float64 no longer "
                f"tells neighbours apart. Subtract a constant or rescale the column (if it is an identifier, "
                f"it is not a number: convert it to text)."
            )

    def _check_scale(self, values: FloatArray) -> None:
        size = np.abs(values)
        largest = float(np.nanmax(size, initial=0.0, where=~self.missing))
        if largest > _LARGEST:
            raise DataError(
                f"{self.called} holds values as large as {largest:.3g} in {rows_where(size > _LARGEST)}; their squares "
                f"leave the range of float64. Correct them if they are codes for missing, or rescale the column."
            )
        if 0 < largest < 1 / _LARGEST:
            raise DataError(
                f"{self.called} holds values no larger than {largest:.3g}; their squares leave the range of float64. "
                f"Rescale the column."
            )

    def _not_numbers(self) -> str:
        if self.kind in ("text", "category"):
            return self._text_message()
        if self.kind == "time":
            return (
                f"{self.called} holds dates or times, which are not a number here. Turn them into one first, "
                f"for example days since a reference date."
            )
        values = self.objects()[~self.missing]
        if any(isinstance(each, str) for each in values):
            return self._text_message()
        return f"{self.called} must hold numbers; it holds {_type_names(values)}."

    def _text_message(self) -> str:
        texts = self.objects()
        numeric = np.array([_parses(each) for each in texts], dtype=bool)
        wrong = np.flatnonzero(~numeric & ~self.missing)
        noun = "categories" if self.kind == "category" else "text"
        if wrong.size == 0:
            return (
                f"{self.called} holds numbers stored as {noun} (first: {_first(texts, ~self.missing)!r}). "
                f"Convert the column to numbers first."
            )
        row = int(wrong[0])
        return (
            f"{self.called} is {noun} where numbers are needed; the first value that is not a number is "
            f"{texts[row]!r} in row {row}. Convert or correct the column first."
        )

    def looks_numeric(self) -> bool:
        """Tell whether more than half of a text column's distinct values are numbers."""
        distinct = set(self.objects()[~self.missing].tolist())
        return bool(distinct) and 2 * sum(_parses(each) for each in distinct) > len(distinct)

    def factorize(self, *, infinite_is_missing: bool = False) -> tuple[IntArray, list[Any]]:
        """Return codes (-1 where missing) and the labels as Python scalars, sorted, without unused ones.

        Plus infinity is refused, unless it is taken as missing: the time of what never happened.
        """
        if self.kind in ("number", "boolean") and (self._plain is not None or not _is_object(self.series)):
            return self._factorize_numbers(infinite_is_missing=infinite_is_missing)
        codes, labels = self._factorize_objects()
        if infinite_is_missing and math.inf in labels:
            codes = np.where(codes == labels.index(math.inf), -1, codes)
            labels = labels[:-1]
        return codes, labels

    def _factorize_numbers(self, *, infinite_is_missing: bool) -> tuple[IntArray, list[Any]]:
        given = ~self.missing
        if infinite_is_missing and self._plain is not None:
            given &= self._plain != np.inf
        if self.kind == "boolean":
            every = self._cast()
            codes = np.where(given, every, -1).astype(np.int64)
            present = [value for value in (0, 1) if (codes == value).any()]
            if present == [1]:
                codes[given] = 0
            return codes, [bool(value) for value in present]
        if self._plain is not None:
            return self._factorize_plain(self._plain, given)
        series = self.series if given.all() else self.series.filter(_mask(self.series, given))
        if self.series.dtype.is_integer():
            values = np.asarray(series.to_numpy())
            wide = values.astype(np.int64, copy=False) if values.dtype != np.uint64 else values
            codes, whole = _factorize_integers(wide)
            return _spread(codes, given), whole
        codes, labels = self._factorize_floats(np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64))
        return _spread(codes, given), labels

    def _factorize_plain(self, plain: AnyArray, given: BoolArray) -> tuple[IntArray, list[float]]:
        """Codes of floats in place: for the time being, those not given have a value that occurs."""
        if given.all():
            return self._factorize_floats(plain.astype(np.float64, copy=False))
        if not given.any():
            return np.full(given.size, -1, dtype=np.int64), []
        codes, labels = self._factorize_floats(np.where(given, plain, plain[given.argmax()]).astype(np.float64))
        return np.where(given, codes, -1), labels

    def _factorize_floats(self, values: FloatArray) -> tuple[IntArray, list[float]]:
        if _is_whole(values):
            codes, labels = _factorize_integers(values.astype(np.int64))
            return codes, [float(each) for each in labels]
        unique, inverse = np.unique(values, return_inverse=True)
        if np.isinf(unique).any():
            raise DataError(
                f"{self.called} is infinite in {rows_where(np.isinf(self._cast()))}. Infinite values are "
                f"never dropped: correct them, or mark them as missing if that is what they mean."
            )
        return inverse.astype(np.int64), unique.tolist()

    def _factorize_objects(self) -> tuple[IntArray, list[Any]]:
        try:
            codes, labels = _hash(self.series, self.missing)
        except TypeError:
            found = _type_names(self.objects()[~self.missing])
            raise DataError(f"{self.called} must hold labels or numbers; it holds {found}.") from None
        if not _is_ordered(self.series):
            try:
                order = sorted(range(len(labels)), key=labels.__getitem__)
            except TypeError:
                found = _type_names(np.array([*labels, None], dtype=object)[:-1])
                raise DataError(
                    f"{self.called} mixes values that cannot be ordered ({found}). Convert the column to one type."
                ) from None
            position = np.empty(len(labels) + 1, dtype=np.int64)
            position[order] = np.arange(len(labels))
            position[-1] = -1
            codes, labels = position[codes], [labels[each] for each in order]
        return codes, labels


def backend_of(data: Any) -> str:
    """Return the name of the library that the frame belongs to, as :func:`to_native` takes it."""
    return str(nw.from_native(data, eager_only=True).implementation.value)


def to_native(columns: Mapping[str, Sequence[Any] | AnyArray], *, backend: str) -> Any:
    """Return a frame of the given library from columns of equal length.

    Parameters
    ----------
    columns : mapping of str to sequence
        The columns, in order. Every sequence becomes one column.
    backend : str
        ``"pandas"``, ``"polars"``, ``"pyarrow"`` or another eager library that narwhals knows.

    Returns
    -------
    data frame
        Of that library.

    Raises
    ------
    OptionError
        The library is not installed or not known.
    """
    try:
        return nw.from_dict(dict(columns), backend=backend).to_native()  # type: ignore[arg-type]
    except ImportError as missing:
        raise OptionError(
            f"backend={backend!r} needs a library that is not installed: {missing}. "
            f"Install it, or ask for backend='pandas'."
        ) from missing
    except (AssertionError, TypeError, ValueError) as unknown:  # narwhals before 2.28 asserts
        raise OptionError(
            f"backend={backend!r} is not a library of eager frames. Choose one of: "
            f"'pandas', 'polars', 'pyarrow' (or 'modin', 'cudf' where installed)."
        ) from unknown


def _plain_floats(source: Any) -> AnyArray | None:
    """A column of floats as numpy has it, null and NaN alike as NaN; None for a column of another kind."""
    dtype = source.dtype if hasattr(source, "dtype") else None
    if isinstance(dtype, np.dtype):
        return np.asarray(source) if dtype.kind == "f" else None
    series = nw.from_native(source, series_only=True)
    if not series.dtype.is_float():
        return None
    values = np.asarray(series.to_numpy())
    return values if values.dtype.kind == "f" else None


def _kind(series: nw.Series[Any]) -> Kind:
    dtype = series.dtype
    if dtype == nw.Boolean:
        return "boolean"
    if dtype.is_numeric():
        return "number"
    if dtype == nw.String:
        return "text"
    if dtype in (nw.Categorical, nw.Enum):
        return "category"
    if dtype.is_temporal():
        return "time"
    return _kind_of_objects(series)


def _kind_of_objects(series: nw.Series[Any]) -> Kind:
    if dtype_kind := getattr(series.to_numpy(), "dtype", None):
        simple: dict[str, Kind] = {"b": "boolean", "i": "number", "u": "number", "f": "number", "M": "time"}
        if dtype_kind.kind in simple:
            return simple[dtype_kind.kind]
    values = [value for value in series.to_list() if not _is_missing(value)]
    types = set(map(type, values))
    if not types:
        return "number"
    if types <= {bool, np.bool_}:
        return "boolean"
    if all(issubclass(each, _NUMBERS) for each in types):
        return "number"
    if types <= {str, np.str_}:
        return "text"
    if all(issubclass(each, _TIMES) or each.__name__ == "Period" for each in types):
        return "time"
    return "other"


def _missing(series: nw.Series[Any]) -> BoolArray:
    missing = series.is_null()
    if series.dtype.is_float():
        missing = missing | series.is_nan()
    mask = np.array(missing.to_numpy(), dtype=bool)
    if _is_object(series):
        mask |= np.fromiter((_is_missing(value) for value in series.to_list()), dtype=bool, count=len(series))
    return mask


def _is_missing(value: object) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (value != value) is True  # noqa: PLR0124


def _is_object(series: nw.Series[Any]) -> bool:
    return bool(series.dtype in (nw.Object, nw.Unknown))


def _is_ordered(series: nw.Series[Any]) -> bool:
    return bool(series.dtype == nw.Enum)


def _mask(like: nw.Series[Any], keep: BoolArray) -> Any:
    return nw.new_series("keep", keep, nw.Boolean, backend=like.implementation)


def _is_whole(values: AnyArray) -> bool:
    """Whether floats are all integers that a float64 tells apart."""
    return bool(values.size and np.abs(values).max() <= _EXACT and (values == np.floor(values)).all())


def _factorize_integers(values: AnyArray) -> tuple[IntArray, list[int]]:
    if values.size == 0:
        return np.empty(0, dtype=np.int64), []
    low, high = int(values.min()), int(values.max())
    if high - low < max(1 << 16, 2 * values.size):
        offset = (values - values.dtype.type(low)).astype(np.int64, copy=False)
        present = np.zeros(high - low + 1, dtype=bool)
        present[offset] = True
        if present.all():
            return offset, list(range(low, high + 1))
        position = np.cumsum(present) - 1
        return position[offset], [low + each for each in np.flatnonzero(present).tolist()]
    unique, inverse = np.unique(values, return_inverse=True)
    return inverse.astype(np.int64), unique.tolist()


def _spread(codes: IntArray, given: BoolArray) -> IntArray:
    if given.all():
        return codes
    every = np.full(given.size, -1, dtype=np.int64)
    every[given] = codes
    return every


def _hash(series: nw.Series[Any], missing: BoolArray) -> tuple[IntArray, list[Any]]:
    """Codes of labels in the declared order of categories, or else in any order; -1 where missing."""
    native = series.to_native()
    if series.implementation.is_pandas_like() and hasattr(native, "cat"):
        codes, labels = np.array(native.cat.codes, dtype=np.int64), native.cat.categories.tolist()
    elif series.dtype in (nw.String, nw.Categorical, nw.Enum) and not series.implementation.is_pandas_like():
        codes, labels = _hash_text(series, ~missing)
    else:
        import pandas as pd

        values = native if isinstance(native, pd.Series) else pd.Series(series.to_list(), dtype=object)
        found, distinct = pd.factorize(values, use_na_sentinel=True)
        codes, labels = np.array(found, dtype=np.int64), list(distinct)
        codes[missing] = -1
    return _drop_unused(codes, labels)


def _hash_text(series: nw.Series[Any], given: BoolArray) -> tuple[IntArray, list[str]]:
    """Codes of text by the frame's own hash join, so that no Python string is made per row."""
    text = series.cast(nw.String)
    present = text if given.all() else text.filter(_mask(text, given))
    labels = list(series.dtype.categories) if isinstance(series.dtype, nw.Enum) else present.unique().to_list()
    codes = present.replace_strict(labels, range(len(labels)), return_dtype=nw.Int64).to_numpy()
    return _spread(np.array(codes, dtype=np.int64), given), labels


def _drop_unused(codes: IntArray, labels: list[Any]) -> tuple[IntArray, list[Any]]:
    used = np.bincount(codes[codes >= 0], minlength=len(labels)) > 0
    if used.all():
        return codes, labels
    position = np.append(np.cumsum(used) - 1, -1)
    return position[codes], [label for label, keep in zip(labels, used.tolist(), strict=True) if keep]


def _integer_text(value: int) -> str:
    return f"{value:,}" if value < 10**20 else f"about 10**{math.floor(math.log10(value))}"


def _parses(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _first(values: AnyArray, mask: BoolArray) -> object:
    return values[int(np.flatnonzero(mask)[0])] if mask.any() else None


def _type_names(values: AnyArray) -> str:
    return listed(sorted({type(each).__name__ for each in values}))
