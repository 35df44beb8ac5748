"""Draw the pictures of the README: ``python tools/pictures.py [--check]``.

They are made by the package from the data it ships. ``--check`` draws them elsewhere and fails if one is missing.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from causalkit import datasets, plot, simpson

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "_static" / "readme"


def draw(folder: Path) -> list[Path]:
    """Write the pictures into a folder; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    answer = simpson.diagnose(datasets.load("service_gmv"), outcome="gmv", treatment="used_service", by="activity")
    with tempfile.TemporaryDirectory() as scratch:
        first, *_ = plot.save(answer, folder=scratch)
        target = folder / "did-the-service-raise-gmv.png"
        shutil.copyfile(first, target)
    return [target]


def main() -> int:
    """Draw, or check that what is drawn is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        sys.stdout.writelines(f"{path.name}\n" for path in draw(FOLDER))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        missing = [path.name for path in draw(Path(scratch)) if not (FOLDER / path.name).is_file()]
    sys.stdout.writelines(f"missing: {name}\n" for name in missing)
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
