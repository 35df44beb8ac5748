"""What importing may cost: nothing heavy for the package, no method's library for a method."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import causalkit

# Loaded by what they are needed for, in the function that needs them.
WHEN_CALLED = (
    "duckdb",
    "linearmodels",
    "matplotlib",
    "pandas",
    "polars",
    "pyarrow",
    "scipy.stats",
    "sklearn",
    "statsmodels",
)
HEAVY = ("narwhals", "numpy", "scipy", "tqdm", *WHEN_CALLED)
AT_THE_TOP = ("Advice", "Comparison", "Decision", "compare", "decide", "design_advice")
NAMESPACES = [name for name in causalkit.__all__ if not name.startswith("_") and name not in AT_THE_TOP]


def loaded_by(statement: str, libraries: tuple[str, ...]) -> list[str]:
    """Which of the libraries a statement loads in a fresh interpreter."""
    script = f"import json, sys\n{statement}\nprint(json.dumps([m for m in {libraries!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_the_measure_sees_what_is_loaded():
    assert loaded_by("import numpy", HEAVY) == ["numpy"]


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import causalkit; dir(causalkit); causalkit.__version__", HEAVY) == []


def test_importing_the_package_loads_no_namespace():
    script = "import sys, causalkit; print(sorted(m for m in sys.modules if m.startswith('causalkit.')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_importing_a_namespace_loads_no_library_of_a_method(namespace):
    assert loaded_by(f"from causalkit import {namespace}", WHEN_CALLED) == []


@pytest.mark.parametrize("function", AT_THE_TOP)
def test_importing_a_function_loads_no_library_of_a_method(function):
    assert loaded_by(f"from causalkit import {function}", WHEN_CALLED) == []
