"""Recipes: percent scripts in ``notebooks/`` paired with executed notebooks.

Usage::

    python tools/notebooks.py             # execute every script and write its .ipynb
    python tools/notebooks.py simpson     # only notebooks/simpson.py
    python tools/notebooks.py --check     # execute every script, write nothing; fail if one raises or a pair differs

The script is what is edited; the notebook is what is read. Nothing that changes from run to run is written
(execution counts, times, cell ids, versions, addresses of objects), so that diffs show what changed.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[1]
SECONDS_PER_CELL = 300
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def read_script(path: Path) -> nbformat.NotebookNode:
    """Return the notebook that a percent script describes, without outputs."""
    notebook = jupytext.read(path, fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key in {"tags", "jupyter"}}
    notebook["metadata"] = nbformat.from_dict(METADATA)
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    return notebook


def execute(notebook: nbformat.NotebookNode, *, folder: Path) -> nbformat.NotebookNode:
    """Run every cell in a fresh kernel; raise if one fails."""
    # Without a backend of the caller's the kernel puts pictures into the notebook.
    inherited = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    environment = {**inherited, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment)
    return settled(notebook)


def settled(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what changes from run to run."""
    notebook["metadata"] = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell["metadata"].pop("execution", None)
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            cell["outputs"] = _joined(cell["outputs"])
            for output in cell["outputs"]:
                _settle(output)
    return notebook


def _joined(outputs: Iterable[Any]) -> list[Any]:
    """Join the pieces in which a stream happened to arrive."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output["output_type"] == last["output_type"] == "stream" and output["name"] == last["name"]:
            last["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def _settle(output: Any) -> None:
    if "execution_count" in output:
        output["execution_count"] = None
    if "text" in output:
        output["text"] = _ADDRESS.sub("0x...", output["text"])
    for kind, content in output.get("data", {}).items():
        if isinstance(content, str) and kind.startswith("text/"):
            output["data"][kind] = _ADDRESS.sub("0x...", content)


def difference(script: nbformat.NotebookNode, path: Path) -> str | None:
    """Say how a written notebook differs from its script; None if it does not."""
    if not path.exists():
        return f"{path.name} is missing"
    written = nbformat.read(path, as_version=4)
    if len(written.cells) != len(script.cells):
        return f"{path.name} has {len(written.cells)} cells, the script {len(script.cells)}"
    for number, (cell, source) in enumerate(zip(written.cells, script.cells, strict=True), start=1):
        if (cell["cell_type"], cell["source"]) != (source["cell_type"], source["source"]):
            return f"cell {number} of {path.name} is not the script's"
        if cell["cell_type"] == "code" and any(each["output_type"] == "error" for each in cell["outputs"]):
            return f"cell {number} of {path.name} ended in an error"
    return None


def process(script: Path, *, check: bool) -> tuple[bool, str]:
    """Execute one script; return whether all is well and a line to print."""
    start = time.perf_counter()
    notebook = read_script(script)
    target = script.with_suffix(".ipynb")
    problem = difference(notebook, target) if check else None
    try:
        execute(notebook, folder=script.parent)
    except CellExecutionError as error:
        return False, f"{script.name}: {error}"
    if problem:
        return False, f"{script.name}: {problem}; run `make notebooks-run`"
    if not check:
        nbformat.validate(notebook)
        nbformat.write(notebook, target)
    return True, f"{script.name}: {'as written' if check else 'written'}, {time.perf_counter() - start:.1f} s"


def main(arguments: list[str]) -> int:
    """Write or check the notebooks; return how many failed."""
    parser = argparse.ArgumentParser(description="Execute the recipes.")
    parser.add_argument("names", nargs="*", help="scripts without .py; all of them if none is named")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a pair differs")
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks", help="where they are")
    given = parser.parse_args(arguments)

    scripts = [path for path in sorted(given.folder.glob("*.py")) if not given.names or path.stem in given.names]
    orphans = [path for path in sorted(given.folder.glob("*.ipynb")) if not path.with_suffix(".py").exists()]
    unknown = sorted(set(given.names) - {path.stem for path in scripts})
    problems = [f"there is no notebooks/{name}.py" for name in unknown]
    problems += [f"{path.name} has no script" for path in orphans]

    with ThreadPoolExecutor(max_workers=2) as pool:
        for well, line in pool.map(lambda script: process(script, check=given.check), scripts):
            print(line)
            if not well:
                problems.append(line.partition("\n")[0])
    print(f"notebooks: {len(scripts)} executed, {len(problems)} with a problem")
    for problem in problems:
        print(f"  {problem}")
    return len(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
