"""Versions: what the metadata promise is what the pins test."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest

from tests.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# What `make test-lowest` installs.
TESTED = [each for each in [*PROJECT["dependencies"], *EXTRAS["scale"], *EXTRAS["test"]] if "[" not in each]


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {_normal(package): version for package, version in found.items()}


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize("requirement", TESTED)
def test_a_lower_bound_is_the_version_tested_at_the_bottom(requirement):
    package, bound = requirement.split(">=")
    tested = pins("constraints-lowest.txt")[_normal(package)]
    assert tested == bound or re.fullmatch(rf"{re.escape(bound)}(\.0)*", tested)


@pytest.mark.parametrize("extra", ["scale", "test", "lint", "docs", "bench"])
def test_everything_installed_is_pinned(extra):
    wanted = {_normal(re.split(r"[>=\[]", each)[0]) for each in [*PROJECT["dependencies"], *EXTRAS[extra]]}
    assert wanted - set(pins("constraints.txt")) == {"causalkit-decisions"} & wanted


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_pins_name_versions_and_nothing_else(name):
    for package, version in pins(name).items():
        assert re.fullmatch(r"[a-z0-9-]+", package)
        assert re.fullmatch(r"[0-9][0-9A-Za-z.!+]*", version)


def test_the_metadata_of_the_installation_name_every_dependency():
    try:
        requires = metadata.requires("causalkit-decisions") or []
    except metadata.PackageNotFoundError:
        pytest.skip("the tree is not installed here")
    names = {_normal(re.split(r"[>=;\[ ]", each)[0]) for each in requires if "extra ==" not in each}
    assert names == {_normal(each.split(">=")[0]) for each in PROJECT["dependencies"]}
