"""The top of the package: names that load when first used, and a hint for one that does not exist."""

from __future__ import annotations

import ast
import importlib
from importlib.metadata import PackageNotFoundError, version

import pytest

import causalkit
from tests.source import PACKAGE, Source, imports


@pytest.mark.parametrize("name", causalkit.__all__)
def test_every_public_name_is_there(name):
    assert getattr(causalkit, name) is not None
    assert name in dir(causalkit)


def test_a_namespace_is_the_module_of_that_name():
    assert causalkit.errors is importlib.import_module("causalkit.errors")


def test_a_function_is_not_shadowed_by_its_file():
    assert callable(causalkit.compare)
    assert callable(causalkit.decide)


def test_a_misspelt_name_is_answered_with_the_nearest_one():
    with pytest.raises(AttributeError, match=r"causalkit has no 'simpsom'\. Did you mean 'simpson'\?"):
        causalkit.simpsom  # noqa: B018


def test_a_name_that_is_nowhere_near_lists_what_there_is():
    with pytest.raises(AttributeError, match=r"has no 'zzz'\. The public names are: .*, simpson, "):
        causalkit.zzz  # noqa: B018


def test_type_checkers_see_the_same_names():
    text = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    seen = {
        each.module.removeprefix("causalkit.") for each in imports(Source("causalkit", text)) if each.where == "types"
    }
    direct = {each.name for node in ast.walk(ast.parse(text)) if _is_direct_import(node) for each in node.names}
    namespaces = {name for name in seen if not name.startswith("_")}
    assert sorted({"__version__", *namespaces, *direct}) == causalkit.__all__


def _is_direct_import(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("causalkit._")


def test_the_installed_version_is_the_one_of_the_source():
    try:
        installed = version("causalkit-decisions")
    except PackageNotFoundError:
        pytest.skip("the tree is not installed here")
    assert installed == causalkit.__version__
