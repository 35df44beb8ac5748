"""The list of outside references names tests that exist, each once, and every script that made reference numbers."""

from __future__ import annotations

import ast
import fnmatch
import tomllib

import pytest

from tests.source import ROOT

LISTED = tomllib.loads((ROOT / "tests" / "references.toml").read_text(encoding="utf-8"))["reference"]
PATTERNS = [pattern for entry in LISTED for pattern in entry["tests"]]
# Scripts whose numbers are counts, compared by equality.
COUNTS = {"tests/golden/datasets.R"}


def named_in(file):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return [f"{file}::{node.name}" for node in tree.body if getattr(node, "name", "").startswith("test_")]


FILES = sorted({pattern.partition("::")[0] for pattern in PATTERNS})
NAMES = [name for file in FILES for name in named_in(file)]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_entry_names_a_test_that_exists(pattern):
    assert fnmatch.filter(NAMES, pattern), f"{pattern}: no such test"


def test_a_test_compares_with_one_source():
    sources = {
        name: [entry["source"] for entry in LISTED if any(fnmatch.fnmatchcase(name, each) for each in entry["tests"])]
        for name in NAMES
    }
    assert {name: found for name, found in sources.items() if len(found) > 1} == {}


def test_every_script_of_reference_numbers_is_listed_and_there():
    listed = {script for entry in LISTED for script in entry.get("made_by", "").split(", ") if script}
    there = {
        f"tests/golden/{path.name}" for path in (ROOT / "tests" / "golden").iterdir() if path.suffix in {".R", ".py"}
    }
    assert listed - there == set()
    assert there - listed - COUNTS == set()


def test_the_page_names_every_source():
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert [entry["source"] for entry in LISTED if entry["source"] not in page] == [], "run make validation"
