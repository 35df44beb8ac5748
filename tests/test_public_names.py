"""The public face: what is exported, how it is called, what it is called, and what its docstring says."""

from __future__ import annotations

import ast
import importlib
import inspect
from typing import TYPE_CHECKING, Any

import pytest

import causalkit
from tests.glossary import COLUMNS, PARAMETERS, SYNONYMS
from tests.source import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

# Functions, and what they return.
AT_THE_TOP = ("Advice", "Comparison", "Decision", "compare", "decide", "design_advice")
NAMESPACES = [name for name in causalkit.__all__ if not name.startswith("_") and name not in AT_THE_TOP]

# Functions of two things rather than one, and the second.
SECOND_SUBJECT = {"matching.match": "method", "simulate.calibrate": "generator"}
# Functions whose keywords are labels that the user chooses.
LABELLED = {"compare"}
# A field that records what was passed as `rng`.
FIELDS_NAMED_OTHERWISE = {"simulate.Calibration.seed"}

# https://numpydoc.readthedocs.io/en/latest/validation.html
DOCSTRING_RULES = {
    "GL01", "GL02", "GL03", "GL05", "GL06", "GL07", "GL08", "GL10",
    "PR01", "PR02", "PR03", "PR04", "PR06", "PR07", "PR09", "PR10",
    "RT01", "RT03", "RT05", "SS01", "SS02", "SS03", "SS04",
}  # fmt: skip


def exported() -> Iterator[tuple[str, Any]]:
    """Every public object with its name as users write it after ``causalkit.``."""
    for name in AT_THE_TOP:
        yield name, getattr(causalkit, name)
    for namespace in NAMESPACES:
        module = importlib.import_module(f"causalkit.{namespace}")
        yield from ((f"{namespace}.{name}", getattr(module, name)) for name in getattr(module, "__all__", ()))


EXPORTED = list(exported())
FUNCTIONS = [(name, value) for name, value in EXPORTED if inspect.isfunction(value)]
CLASSES = [(name, value) for name, value in EXPORTED if inspect.isclass(value)]
CONSTRUCTED = [
    (name, value)
    for name, value in CLASSES
    if not issubclass(value, BaseException | dict) and not getattr(value, "_is_protocol", False)
]


def each(pairs: list[tuple[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("name", "value"), pairs, ids=[name for name, _ in pairs])


def public_methods(value: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(value).items():
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, function


# --- what is exported ---


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_all_is_sorted_and_complete(namespace):
    module = importlib.import_module(f"causalkit.{namespace}")
    assert list(module.__all__) == sorted(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_top_level_names_are_sorted():
    assert causalkit.__all__ == sorted(set(causalkit.__all__))


def test_nothing_is_public_twice():
    seen: dict[int, str] = {}
    for name, value in EXPORTED:
        if inspect.isfunction(value) or inspect.isclass(value):
            assert seen.setdefault(id(value), name) == name


@each([pair for pair in FUNCTIONS + CLASSES if "." in pair[0]])
def test_a_public_name_is_defined_in_its_own_namespace(name, value):
    assert value.__module__.split(".")[1] == name.split(".")[0]


# --- how it is called ---


@each(FUNCTIONS)
def test_a_function_takes_its_subject_first_and_the_rest_by_keyword(name, value):
    parameters = list(inspect.signature(value).parameters.values())
    positional = [each.name for each in parameters if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}]
    allowed = [positional[0]] if positional else []
    if name in SECOND_SUBJECT:
        allowed.append(SECOND_SUBJECT[name])
    assert positional == allowed
    assert [each.name for each in parameters if each.kind is each.VAR_POSITIONAL] == []
    if name not in LABELLED:
        assert [each.name for each in parameters if each.kind is each.VAR_KEYWORD] == []


@each(FUNCTIONS + CONSTRUCTED)
def test_a_yes_or_no_is_passed_by_keyword(name, value):
    callables = [(name, value), *(public_methods(value) if inspect.isclass(value) else ())]
    for called, function in callables:
        for parameter in inspect.signature(function).parameters.values():
            if parameter.annotation in {"bool", bool} or isinstance(parameter.default, bool):
                assert parameter.kind is parameter.KEYWORD_ONLY, f"{called}({parameter.name}=)"


@each([(name, value) for name, value in CONSTRUCTED if "Result" in {base.__name__ for base in value.__mro__}])
def test_a_result_is_built_by_keyword(name, value):
    kinds = {parameter.kind for parameter in inspect.signature(value).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


# --- what it is called ---


@each(FUNCTIONS)
def test_parameters_are_words_of_the_glossary(name, value):
    named = [each.name for each in inspect.signature(value).parameters.values() if each.kind is not each.VAR_KEYWORD]
    unknown = {word: SYNONYMS.get(word, "?") for word in named if word not in PARAMETERS}
    assert unknown == {}, f"{name}: use the glossary's word, or enter the new one in tests/glossary.py"


@each(CONSTRUCTED)
def test_fields_and_arguments_of_methods_avoid_synonyms(name, value):
    words = set(inspect.signature(value).parameters)
    for _, method in public_methods(value):
        words |= set(inspect.signature(method).parameters)
    words -= {field.rpartition(".")[2] for field in FIELDS_NAMED_OTHERWISE if field.rpartition(".")[0] == name}
    assert {word: SYNONYMS[word] for word in words & set(SYNONYMS)} == {}


def test_no_word_is_both_in_use_and_a_synonym():
    assert (set(PARAMETERS) | set(COLUMNS)) & set(SYNONYMS) == set()


def columns_of_tables(tree: ast.AST) -> Iterator[str]:
    """The columns of ``Table(columns={...})`` where they are written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Table":
            for keyword in node.keywords:
                if keyword.arg == "columns" and isinstance(keyword.value, ast.Dict):
                    yield from (str(key.value) for key in keyword.value.keys if isinstance(key, ast.Constant))


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.module)
def test_columns_of_tables_are_words_of_the_glossary(source):
    unknown = {word: SYNONYMS.get(word, "?") for word in columns_of_tables(source.tree) if word not in COLUMNS}
    assert unknown == {}, "use the glossary's word, or enter the new one in tests/glossary.py"


def test_the_checker_finds_columns():
    assert list(columns_of_tables(ast.parse("Table(title='a', columns={'pvalue': [1], name: [2]})"))) == ["pvalue"]


# --- what its docstring says ---


def faults(path: str) -> list[str]:
    """What numpydoc finds missing in the docstring of ``path``."""
    validate = pytest.importorskip("numpydoc.validate").validate
    return [f"{code} {message}" for code, message in validate(path)["errors"] if code in DOCSTRING_RULES]


@each(FUNCTIONS)
def test_the_docstring_of_a_function_is_complete(name, value):
    assert faults(f"{value.__module__}.{value.__qualname__}") == []


@each(FUNCTIONS)
def test_a_function_has_an_example_that_runs(name, value):
    assert ">>> " in inspect.getdoc(value).partition("Examples\n--------")[2]


@each(CONSTRUCTED)
def test_the_docstring_of_a_class_names_every_argument(name, value):
    text = inspect.getdoc(value) or ""
    fields = set(inspect.signature(value).parameters) - {"args", "kwargs"}
    documented = {
        word.strip() for line in text.splitlines() if " : " in line for word in line.split(" : ")[0].split(",")
    }
    assert text.splitlines()[0].endswith(".")
    # A class between documents what it adds; what it inherits is documented where it is defined.
    inherited = {
        field
        for base in value.__mro__[1:]
        if base.__module__.startswith("causalkit")
        for field in getattr(base, "__dataclass_fields__", {})
    }
    assert fields - documented - inherited == set()


@each(CLASSES)
def test_a_public_method_has_a_docstring(name, value):
    assert [method for method, function in public_methods(value) if not inspect.getdoc(function)] == []
