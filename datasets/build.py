"""Rebuild every dataset that is made from literal numbers or a seed.

Usage::

    python datasets/build.py            # rewrite the files and print their hashes
    python datasets/build.py --check    # write nothing; fail if a file would change

Each folder with a ``build.py`` has a function ``build`` that returns the text of its CSV file.
The hashes belong in ``causalkit/datasets/_table.py``, which the loader checks.
"""

from __future__ import annotations

import hashlib
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # The scripts call the causalkit beside them, installed or not.


def rebuilt() -> dict[Path, bytes]:
    """Contents of every data file that has a script, by path."""
    scripts = sorted(HERE.glob("*/build.py"))
    return {s.parent / f"{s.parent.name}.csv": runpy.run_path(str(s))["build"]().encode() for s in scripts}


def main(arguments: list[str]) -> int:
    """Write or check the files; the exit code is the number of files that differed in a check."""
    check = "--check" in arguments
    different = 0
    for path, content in rebuilt().items():
        same = path.exists() and path.read_bytes() == content
        if not check:
            path.write_bytes(content)
        different += check and not same
        state = "as before" if same else "DIFFERS" if check else "written"
        sys.stdout.write(f"{hashlib.sha256(content).hexdigest()}  {path.name}  {len(content)} bytes, {state}\n")
    return different


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
