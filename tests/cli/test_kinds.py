"""Values of a file against what the functions declare."""

from __future__ import annotations

import pytest

from causalkit._cli._analysis import decide_parameters
from causalkit._cli._kinds import ALIASES, fits, in_words, native, unknown_names
from causalkit._cli._methods import ROLES, method_named, method_names


@pytest.mark.parametrize(
    ("value", "declared", "fitting"),
    [
        ("a", "str", True),
        (1, "str", False),
        (1, "int", True),
        (1.0, "int", False),
        (True, "int", False),
        (True, "float", False),
        (True, "bool", True),
        (1, "bool", False),
        (1, "float | None", True),
        ("a", "float | None", False),
        (["a", "b"], "Columns", True),
        ("a", "Columns | None", True),
        (["a", 1], "Columns", False),
        ([0.0, 1], "tuple[float, float] | None", True),
        ([0.0], "tuple[float, float]", False),
        (0.5, "BandwidthOption", True),
        ([0.5, 1.0], "BandwidthOption", True),
        ("ATT", "Literal['ATT', 'ATE']", True),
        ("LATE", "Literal['ATT', 'ATE']", False),
        ({"age": 3}, "Bins | None", True),
        ({"age": 3}, "object", False),
        (600, "object", True),
    ],
)
def test_a_value_fits_or_does_not(value, declared, fitting):
    assert fits(value, declared) is fitting


@pytest.mark.parametrize("name", method_names())
def test_every_parameter_of_a_method_is_of_a_kind_known_here(name):
    parameters = method_named(name).parameters
    assert {key: unknown_names(each.declared) for key, each in parameters.items() if unknown_names(each.declared)} == {}
    assert all(in_words(each.declared) for each in parameters.values())


def test_every_argument_of_decide_is_of_a_kind_known_here():
    assert [key for key, each in decide_parameters().items() if unknown_names(each.declared)] == []


def test_no_alias_is_left_over():
    declared = " ".join(each.declared for name in method_names() for each in method_named(name).parameters.values())
    assert [alias for alias in ALIASES if alias not in declared] == []


def test_roles_are_the_words_of_the_glossary():
    from tests.glossary import ROLES as WORDS

    assert set(WORDS) >= ROLES
    # These name labels, not columns.
    assert set(WORDS) - ROLES <= {"post_label", "treated_label"}


def test_a_list_becomes_a_tuple_where_a_pair_is_declared():
    assert native([0, 1], "tuple[float, float] | None") == (0, 1)
    assert native(["a"], "Columns") == ["a"]
