"""Results as JSON and back: a schema version, exact floats, known types only; never pickle."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
from typing import Any, Final

import numpy as np

from causalkit._validate import listed
from causalkit.errors import DataError
from causalkit.results._fields import fits
from causalkit.results._record import FrozenMap, Record, registered

SCHEMA: Final = "causalkit-result/1"
LARGEST_TEXT: Final = 64 * 2**20

# Where a type may come from: the part of its tag before the dot, and the module that defines it.
_MODULES: Final = {
    "_advice": "causalkit._advice",
    "_compare": "causalkit._compare",
    "_decide": "causalkit._decide",
    "did": "causalkit.did",
    "evidence": "causalkit.evidence",
    "iv": "causalkit.iv",
    "matching": "causalkit.matching",
    "rdd": "causalkit.rdd",
    "simpson": "causalkit.simpson",
}
_DTYPES: Final = {"float64": np.float64, "int64": np.int64, "bool": np.bool_}
_NOT_FINITE: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def dumps(record: Record) -> str:
    """Return a record as JSON text.

    Floats keep every bit; values that are not finite are written as ``{"$float": "inf"}``, arrays as
    ``{"$array": ..., "$dtype": ..., "$shape": ...}``, records as ``{"$type": ..., field: ...}``.
    """
    return json.dumps({"schema": SCHEMA, "value": _encode(record)}, allow_nan=False, ensure_ascii=False)


def loads(text: str) -> Record:
    """Return the record that :func:`dumps` wrote.

    Raises
    ------
    DataError
        The text is not JSON, too long, of another schema, or names an unknown type or field.
    """
    if not isinstance(text, str):
        raise DataError(f"A result is read from text, as to_json() returns it; got {type(text).__name__}.")
    if len(text) > LARGEST_TEXT:
        raise DataError(f"The JSON text has {len(text):,} characters; at most {LARGEST_TEXT:,} are read.")
    try:
        raw = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as broken:
        raise DataError(f"The text is not JSON: {broken}.") from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA or set(raw) != {"schema", "value"}:
        found = raw.get("schema") if isinstance(raw, dict) else type(raw).__name__
        raise DataError(f"The JSON is not a result of this version: schema {found!r}, expected {SCHEMA!r}.")
    try:
        value = _decode(raw["value"])
    except RecursionError:
        raise DataError("The JSON is nested more deeply than any result.") from None
    if not isinstance(value, Record):
        raise DataError("The JSON holds no result.")
    return value


def plain(value: Any) -> Any:
    """Return a record as nested dicts, lists and scalars, for people and other programs to read."""
    if isinstance(value, Record):
        return {name: plain(each) for name, each in value.fields().items()}
    if isinstance(value, FrozenMap):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.ndarray):
        flat = [_encode(each) for each in value.ravel().tolist()]
        return {"$array": flat, "$dtype": value.dtype.name, "$shape": list(value.shape)}
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return number if math.isfinite(number) else {"$float": str(number)}
    if isinstance(value, tuple):
        return [_encode(each) for each in value]
    if isinstance(value, FrozenMap):
        return {"$map": {key: _encode(each) for key, each in value.items()}}
    if isinstance(value, Record):
        return {"$type": value.tag, **{name: _encode(each) for name, each in value.fields().items()}}
    raise TypeError(f"a result cannot hold a {type(value).__name__}")


def _decode(raw: Any) -> Any:
    if isinstance(raw, list):
        return tuple(_decode(each) for each in raw)
    if not isinstance(raw, dict):
        return raw
    keys = set(raw)
    if keys == {"$float"} and raw["$float"] in list(_NOT_FINITE):
        return _NOT_FINITE[raw["$float"]]
    if keys == {"$map"} and isinstance(raw["$map"], dict):
        return FrozenMap({key: _decode(each) for key, each in raw["$map"].items()})
    if keys == {"$array", "$dtype", "$shape"} and raw["$dtype"] in list(_DTYPES):
        return _array(raw)
    if "$type" in raw:
        return _record(raw)
    raise DataError(f"The JSON holds an object that is not part of a result: {listed(sorted(keys))}.")


def _array(raw: dict[str, Any]) -> Any:
    try:
        flat = [_decode(each) for each in raw["$array"]]
        return np.array(flat, dtype=_DTYPES[raw["$dtype"]]).reshape(raw["$shape"])
    except (OverflowError, TypeError, ValueError) as wrong:
        raise DataError(f"The JSON holds a broken array: {wrong}.") from None


def _record(raw: dict[str, Any]) -> Record:
    tag = raw["$type"]
    cls = _class(tag) if isinstance(tag, str) else None
    if cls is None:
        raise DataError(f"The JSON names a type that causalkit does not have: {tag!r}.")
    declared = {each.name: str(each.type) for each in dataclasses.fields(cls)}  # type: ignore[arg-type]
    known, given = set(declared), set(raw) - {"$type"}
    if given != known:
        raise DataError(
            f"The JSON of a {tag} has other fields than this version: "
            f"unknown {listed(sorted(given - known)) or 'none'}, absent {listed(sorted(known - given)) or 'none'}."
        )
    values = {name: _decode(raw[name]) for name in declared}
    for name, value in values.items():
        if not fits(value, declared[name]):
            raise DataError(f"The JSON of a {tag} is broken: its {name} is not of type {declared[name]}.")
    try:
        return cls(**values)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
        raise DataError(f"The JSON of a {tag} is broken: {wrong}") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _class(tag: str) -> type[Record] | None:
    space = tag.split(".", maxsplit=1)[0] if "." in tag else ""
    if space in _MODULES:
        importlib.import_module(_MODULES[space])
    cls = registered(tag)
    return cls if hasattr(cls, "__dataclass_fields__") else None
