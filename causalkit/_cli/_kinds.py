"""Whether a value of an analysis file is of the kind that a function declares, and the kind in words."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any, Final

from causalkit._validate import listed

# What names of types in the signatures stand for, in what TOML can write. Options that are a set of words are
# checked by the function itself, whose error names the nearest word.
ALIASES: Final = {
    "Adjustment": "str",
    "BandwidthOption": "str | float | Sequence[float]",
    "Bins": "int | Mapping",
    "Columns": "str | Sequence[str]",
    "CovOption": "str",
    "CovType": "str",
    "CovarianceName": "str",
    "EffectsCounted": "str",
    "Label": "str | float | bool",
    "Method": "str",
    "Missing": "Literal['raise', 'drop']",
    "Rng": "int",
    "ScanStandard": "str",
    "StandardName": "str | Mapping",
    "Unbalanced": "str",
    "WindowSelection": "float",  # A window chosen in Python; a file gives its half-width.
}
_WORDS: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "Mapping": "a table",
    "object": "a value",
}
_LISTS: Final = {"str": "a list of texts", "int": "a list of whole numbers", "float": "a list of numbers"}


def fits(value: object, declared: str) -> bool:
    """Tell whether a value of a TOML file is of a declared kind.

    Parameters
    ----------
    value : object
        As ``tomllib`` returns it.
    declared : str
        The annotation of a parameter as its signature writes it.

    Returns
    -------
    bool
        False too for a number with a fraction where a whole one is declared, and for truth values as numbers.

    Examples
    --------
    >>> fits(["age"], "Columns"), fits(0.5, "int"), fits(1, "float"), fits("drop", "Missing")
    (True, False, True, True)
    """
    return any(_fits(value, each) for each in _kinds(declared))


def in_words(declared: str) -> str:
    """Return the kind in words.

    Examples
    --------
    >>> in_words("Columns | None")
    'text or a list of texts'
    """
    return " or ".join(dict.fromkeys(filter(None, map(_in_words, _kinds(declared)))))


def unknown_names(declared: str) -> list[str]:
    """Return the names in an annotation that stand for no kind here."""
    return [ast.unparse(each) for each in _kinds(declared) if not _is_known(each)]


def native(value: Any, declared: str) -> Any:
    """Return the value as the function expects it: a list as a tuple where one is declared."""
    is_pair = isinstance(value, list) and any(_head(each) == "tuple" for each in _kinds(declared))
    return tuple(value) if is_pair else value


@cache
def _kinds(declared: str) -> tuple[ast.expr, ...]:
    """Return the alternatives of an annotation, names replaced by what they stand for; None is what is left out."""
    return tuple(_alternatives(ast.parse(declared.strip("'\""), mode="eval").body))


def _alternatives(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    if isinstance(node, ast.Constant) and node.value is None:
        return []
    if isinstance(node, ast.Name) and node.id in ALIASES:
        return list(_kinds(ALIASES[node.id]))
    return [node]


def _is_known(node: ast.expr) -> bool:
    return _head(node) in {*_WORDS, "Literal", "Sequence", "tuple"}


def _head(node: ast.expr) -> str:
    return ast.unparse(node.value if isinstance(node, ast.Subscript) else node)


def _parts(node: ast.expr) -> list[ast.expr]:
    if not isinstance(node, ast.Subscript):
        return []
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _literals(node: ast.expr) -> list[object]:
    return [each.value for each in _parts(node) if isinstance(each, ast.Constant)]


def _fits(value: object, node: ast.expr) -> bool:
    head = _head(node)
    if head == "Literal":
        return isinstance(value, str) and value in _literals(node)
    if head == "Sequence":
        return isinstance(value, list) and all(_fits(each, _parts(node)[0]) for each in value)
    if head == "tuple":
        parts = _parts(node)
        return isinstance(value, list) and len(value) == len(parts) and all(map(_fits, value, parts))
    return _fits_scalar(value, head)


def _fits_scalar(value: object, name: str) -> bool:
    if name in {"int", "float"}:
        return isinstance(value, int if name == "int" else (int, float)) and not isinstance(value, bool)
    if name == "object":
        return not isinstance(value, (dict, list))
    return isinstance(value, {"str": str, "bool": bool, "Mapping": dict}.get(name, ()))


def _in_words(node: ast.expr) -> str:
    head = _head(node)
    if head == "Literal":
        return f"one of {listed(_literals(node))}"
    if head == "Sequence":
        return _LISTS[ast.unparse(_parts(node)[0])]
    if head == "tuple":
        return f"a list of {len(_parts(node))} numbers"
    return _WORDS.get(head, "")
