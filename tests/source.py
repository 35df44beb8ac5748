"""The package's source as syntax trees, for the tests that hold its architecture and its promises."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "causalkit"

Where = Literal["module", "function", "types"]


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the package."""

    module: str
    text: str
    is_package: bool = False

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.text)

    @property
    def unit(self) -> str:
        return unit_of(self.module)


@dataclass(frozen=True, slots=True)
class Imported:
    """One imported name with its module, the line, and when the import happens."""

    module: str
    line: int
    where: Where


@cache
def _parsed(text: str) -> ast.Module:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]
    return tree


def sources(package: Path = PACKAGE) -> tuple[Source, ...]:
    """Every Python file of the package."""
    return tuple(
        Source(
            module=".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"),
            text=path.read_text(encoding="utf-8"),
            is_package=path.stem == "__init__",
        )
        for path in sorted(package.rglob("*.py"))
    )


def unit_of(module: str) -> str:
    """The part of the package that a module belongs to: ``causalkit.did._twfe`` is in ``did``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def ancestors(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around a node, innermost first."""
    while (node := getattr(node, "parent", None)) is not None:
        yield node


def where_of(node: ast.AST) -> Where:
    """Whether code runs on import of its module, in a call, or only for a type checker."""
    around = list(ancestors(node))
    if any(isinstance(each, ast.If) and ast.unparse(each.test) == "TYPE_CHECKING" for each in around):
        return "types"
    if any(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) for each in around):
        return "function"
    return "module"


def imports(source: Source) -> Iterator[Imported]:
    """What a file imports, in full: ``from scipy import stats`` is ``scipy.stats``."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, node.lineno, where_of(node))
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            for alias in node.names:
                yield Imported(f"{base}.{alias.name}", node.lineno, where_of(node))


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    """The module that a ``from`` import names, relative ones resolved."""
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    keep = len(parts) - node.level + source.is_package
    return ".".join([*parts[:keep], *([node.module] if node.module else [])])
