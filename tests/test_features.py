"""The table of features names what exists."""

from __future__ import annotations

import importlib
import re

import pytest

import causalkit
from tests.source import ROOT

PAGE = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("|") and not line.startswith("|---")]
CELLS = [row for row in ROWS if row[0].strip() != "feature"]
NAME = re.compile(r"`([A-Za-z_][\w.]*)`")
OURS = sorted({name for row in CELLS for name in NAME.findall(row[1])})
THEIRS = sorted({name for row in CELLS for name in NAME.findall(row[2])})
# Peers that the tests install; the others are named with the version that was looked at.
INSTALLED = {"linearmodels", "maketables", "pyfixest", "rdhonest", "rdrobust", "statsmodels"}


def resolve(name):
    """Import as far as modules go, then take attributes."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", OURS)
def test_what_the_table_says_of_us_exists(name):
    assert resolve(f"{causalkit.__name__}.{name}") is not None


@pytest.mark.parametrize("name", [name for name in THEIRS if name.partition(".")[0] in INSTALLED])
def test_what_the_table_says_of_peers_exists(name):
    assert resolve(name) is not None


def test_every_row_has_a_feature_and_somebody_who_has_it():
    assert [row[0] for row in CELLS if len(row) != 5 or not any(cell.strip() for cell in row[1:])] == []
