"""The line of each key, held against files laid out in every way that TOML allows."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit._cli._lines import lines_of_keys


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2", ("b",), 2),
        ("# c\n\n\na = 1", ("a",), 4),
        ("a = [\n 1, # [x]\n 2,\n]\nb = 2", ("b",), 5),
        ('a = """\n[roles]\nb = 1\n"""\nb = 2', ("b",), 5),
        ("a = '''\n[roles]\n'''\nb = 2", ("b",), 4),
        ("[t]\na = 1\n[u]\na = 2", ("u", "a"), 4),
        ("[t]\na = 1\n[u]\na = 2", ("u",), 3),
        ("[t.u]\na = 1", ("t", "u", "a"), 2),
        ("[[t]]\na = 1\n[[t]]\nb = 2", ("t", "b"), 4),
        ("x = 1\nt.u = 1", ("t", "u"), 2),
        ("\"a b\" = 1\n'c = d' = 2", ("c = d",), 2),
        ('["a.b"]\nc = 1', ("a.b", "c"), 2),
        ("t = { a = 1, b = 2 }", ("t", "b"), 1),
        ("a = 1\r\nb = 2\r\n", ("b",), 2),
        ('a = "\u2028"\nb = 1', ("b",), 2),
        ("  a = 1 # b = 2\n  b = 3", ("b",), 2),
    ],
)
def test_a_key_is_found_on_its_line(text, path, line):
    tomllib.loads(text)
    assert lines_of_keys(text)[path] == line


KEYS = st.text("abc-_", min_size=1, max_size=4)
VALUES = st.sampled_from(["1", '"x = 1"', "[\n  1,\n  2,\n]", '"""\na = 1\n[b]\n"""', "{ u = 1 }", "'''\n\n'''"])


@given(st.lists(st.tuples(KEYS, VALUES, st.integers(0, 3)), unique_by=lambda each: each[0], max_size=6))
def test_every_key_of_a_file_has_the_line_where_it_starts(entries):
    lines: list[str] = []
    expected = {}
    for key, value, blanks in entries:
        lines += ["# a = 1"] * blanks
        expected[key,] = len(lines) + 1
        lines += f"{key} = {value}".split("\n")
    found = lines_of_keys("\n".join(lines))
    assert {path: line for path, line in found.items() if len(path) == 1} == expected
