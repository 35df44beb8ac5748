"""The data travel inside the wheel."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from causalkit import datasets

ROOT = Path(__file__).resolve().parents[2]
LOAD_ALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
import causalkit
from causalkit import datasets
shapes = {name: datasets.load(name).shape for name in datasets.names()}
titles = [datasets.describe(name).splitlines()[0] for name in datasets.names()]
print(json.dumps({"where": causalkit.__file__, "shapes": shapes, "titles": titles}))
"""


@pytest.mark.slow
def test_an_installed_wheel_loads_every_dataset(tmp_path):
    pytest.importorskip("hatchling", reason="the wheel is built with hatchling")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    run = [sys.executable, "-P", "-c", LOAD_ALL, str(site)]
    done = subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120)
    said = json.loads(done.stdout)
    assert Path(said["where"]).is_relative_to(site)
    assert said["shapes"] == {name: list(datasets.load(name).shape) for name in datasets.names()}
    assert said["titles"] == [f"# {name}" for name in datasets.names()]
