"""Whether a value is of the type that a field declares: asked of what comes from outside, as JSON does."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from causalkit.results._record import FrozenMap, Record, names_record

if TYPE_CHECKING:
    from collections.abc import Sequence

_ARRAYS: Final = {"FloatArray": np.float64, "IntArray": np.int64, "BoolArray": np.bool_}
_PROTOCOLS: Final = frozenset({"Belief", "Uncertainty"})


def fits(value: Any, declared: str) -> bool:
    """Tell whether a value is of a declared type.

    Parameters
    ----------
    value : object
        Of the kinds that a record holds: scalars, tuples, mappings, arrays, records.
    declared : str
        The annotation of a field as it is written in the class: ``"tuple[str, ...]"``, ``"Effect | None"``. A name
        that is neither a type nor a record stands for a set of words (``Verdict``), which the record checks itself.

    Returns
    -------
    bool
        False too for a number with a fraction where a whole one is declared, and for truth values as numbers.

    Examples
    --------
    >>> fits(3, "float"), fits(3.0, "int"), fits(("a", None), "tuple[str, ...]"), fits(None, "Effect | None")
    (True, False, False, True)
    """
    return _fits(value, _parsed(declared))


@cache
def _parsed(declared: str) -> ast.expr:
    return ast.parse(declared, mode="eval").body


def _fits(value: Any, declared: ast.expr) -> bool:
    if isinstance(declared, ast.BinOp):
        return _fits(value, declared.left) or _fits(value, declared.right)
    if isinstance(declared, ast.Subscript):
        inner = declared.slice.elts if isinstance(declared.slice, ast.Tuple) else [declared.slice]
        return _fits_parts(value, ast.unparse(declared.value), inner)
    if isinstance(declared, ast.Constant):
        return value is declared.value
    return _fits_name(value, ast.unparse(declared))


def _fits_parts(value: Any, outer: str, inner: Sequence[ast.expr]) -> bool:
    if outer == "Literal":
        return value in [each.value for each in inner if isinstance(each, ast.Constant)]
    if outer == "Mapping":
        return isinstance(value, FrozenMap) and all(_fits(each, inner[1]) for each in value.values())
    if not isinstance(value, tuple):
        return False
    if outer == "Sequence" or ast.unparse(inner[-1]) == "...":
        return all(_fits(each, inner[0]) for each in value)
    return len(value) == len(inner) and all(map(_fits, value, inner))


def _fits_name(value: Any, name: str) -> bool:
    if name == "Any":
        return True
    if name in _ARRAYS:
        return isinstance(value, np.ndarray) and value.dtype == _ARRAYS[name]
    if name in _PROTOCOLS:
        return isinstance(value, Record)
    if name == "Cell":
        return value is None or isinstance(value, (bool, int, float, str))
    if name in ("bool", "int", "float"):
        kinds = {"bool": (bool,), "int": (int,), "float": (int, float)}[name]
        return isinstance(value, kinds) and isinstance(value, bool) == (name == "bool")
    return isinstance(value, str) if name == "str" or not names_record(name) else _is_a(value, name)


def _is_a(value: Any, name: str) -> bool:
    return name in {each.__name__ for each in type(value).__mro__}
