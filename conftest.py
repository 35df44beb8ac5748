"""Settings of the whole suite: a deterministic Hypothesis, pictures without a screen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# Scripts beside the reference numbers need the programs they call; they are not tests.
collect_ignore = ["tests/golden"]

os.environ.setdefault("MPLBACKEND", "Agg")

# The same examples on every run and every machine: a red build says that the code changed, not the dice.
settings.register_profile(
    "deterministic",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("deterministic")


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Close the figures of a test, so that none leaks into the next one."""
    yield
    import sys

    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
