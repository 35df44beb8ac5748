"""What every value of a result is: frozen, comparable, picklable, and written to JSON field by field."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np

V = TypeVar("V")

_REGISTRY: dict[str, type[Record]] = {}


class Record:
    """Base of the frozen dataclasses that results are made of.

    Subclasses are dataclasses with ``frozen=True, eq=False``. Equality compares every field, arrays by
    content (NaN equals NaN). Copies and pickles are rebuilt by the constructor, so that arrays are
    read-only afterwards too.
    """

    __slots__ = ()
    tag: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class under its tag, by which JSON names it."""
        super().__init_subclass__(**kwargs)
        parts = cls.__module__.split(".")
        space = parts[1] if len(parts) > 1 else ""
        cls.tag = f"{space}.{cls.__qualname__}" if space and space != "results" else cls.__qualname__
        _REGISTRY[cls.tag] = cls

    def __eq__(self, other: object) -> bool:
        """Tell whether both have the same type and equal fields."""
        if type(other) is not type(self):
            return NotImplemented
        return all(same(value, getattr(other, name)) for name, value in self.fields().items())

    def __hash__(self) -> int:
        """Hash the type and the fields that are scalars; equal records hash alike."""
        scalars = tuple(
            value if value == value else "nan"  # noqa: PLR0124 - NaN equals NaN here
            for value in self.fields().values()
            if isinstance(value, (str, int, float, bool, type(None)))
        )
        return hash((type(self), scalars))

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild through the constructor when copied or unpickled."""
        return _rebuild, (type(self), self.fields())

    def fields(self) -> dict[str, Any]:
        """Return the fields by name; the values themselves, not copies."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}  # type: ignore[arg-type]

    def _freeze(self, **values: Any) -> None:
        """Set fields while the object is being built."""
        for name, value in values.items():
            object.__setattr__(self, name, value)


class FrozenMap(Mapping[str, V]):
    """A read-only mapping from strings, in the order given; comparable, hashable and picklable.

    Parameters
    ----------
    items : mapping of str, optional
        What it maps; copied.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, key: str) -> V:
        """Return the value under a key."""
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys in order."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._items)

    def __hash__(self) -> int:
        """Hash the keys."""
        return hash(frozenset(self._items))

    def __repr__(self) -> str:
        """Show it as a dict."""
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from a dict."""
        return FrozenMap, (self._items,)


def read_only(values: Any, *, dtype: Any = np.float64) -> Any:
    """Return a read-only copy of an array."""
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def same(a: Any, b: Any) -> bool:
    """Tell whether two field values are equal, with NaN equal to NaN."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return (
            isinstance(a, np.ndarray)
            and isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        )
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)  # noqa: PLR0124 - the test for NaN
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, FrozenMap) and isinstance(b, FrozenMap):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and bool(a == b)


def registered(tag: str) -> type[Record] | None:
    """Return the class with a tag, if its module has been imported."""
    return _REGISTRY.get(tag)


def names_record(name: str) -> bool:
    """Tell whether a class of that name, without its module, is a record."""
    return any(cls.__name__ == name for cls in _REGISTRY.values())


def _rebuild(cls: type[Record], fields: dict[str, Any]) -> Record:
    return cls(**fields)
