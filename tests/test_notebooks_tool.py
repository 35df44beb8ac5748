"""The tool that executes and checks recipes: what it catches, and that what it writes does not change by itself."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

for needed in ("jupytext", "nbclient", "nbformat", "ipykernel"):
    pytest.importorskip(needed)

TOOL = ROOT / "tools" / "notebooks.py"
SCRIPT = """\
# %% [markdown]
# # A recipe

# %%
import sys
print("one")
sys.stdout.flush()
print("two")
object()

# %%
assert 1 + 1 == 2
"""


@pytest.fixture
def tool() -> ModuleType:
    spec: Any = importlib.util.spec_from_file_location("notebooks_tool", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of the tool, in a process of its own: kernels leave sockets for the exit to close."""
    command = [sys.executable, str(TOOL), "--folder", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout


@pytest.mark.slow
def test_executing_twice_writes_the_same_bytes(script):
    assert run(script.parent)[0] == 0
    first = script.with_suffix(".ipynb").read_bytes()
    assert run(script.parent)[0] == 0
    assert script.with_suffix(".ipynb").read_bytes() == first
    assert b"one\\n" in first
    assert b"object at 0x..." in first
    code, said = run(script.parent, "--check")
    assert (code, said.splitlines()[-1]) == (0, "notebooks: 1 executed, 0 with a problem")


@pytest.mark.slow
def test_a_failing_headline_number_is_reported(script):
    script.write_text(SCRIPT.replace("== 2", "== 3"), encoding="utf-8")
    code, said = run(script.parent)
    assert code == 1
    assert "AssertionError" in said
    assert not script.with_suffix(".ipynb").exists()


def test_a_missing_notebook_is_a_difference(tool, script):
    assert tool.difference(tool.read_script(script), script.with_suffix(".ipynb")) == "recipe.ipynb is missing"


def test_an_edited_script_is_a_difference(tool, script):
    import nbformat

    target = script.with_suffix(".ipynb")
    nbformat.write(tool.read_script(script), target)
    assert tool.difference(tool.read_script(script), target) is None
    script.write_text(SCRIPT.replace('"two"', '"three"'), encoding="utf-8")
    assert tool.difference(tool.read_script(script), target) == "cell 2 of recipe.ipynb is not the script's"


def test_a_notebook_without_a_script_is_reported(tool, script, capsys):
    script.rename(script.with_suffix(".ipynb"))
    assert tool.main(["--check", "--folder", str(script.parent)]) == 1
    assert "recipe.ipynb has no script" in capsys.readouterr().out
