"""Analysis files for the tests of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = """\
dataset = "service_gmv"
method = "simpson.diagnose"

[roles]
outcome = "gmv"
treatment = "used_service"
by = ["activity"]
"""

DECISION = """\

[decide]
value_per_unit = 0.2
units = 10_000
unit_cost = 60.0
"""


def written(folder: Path, text: str = SERVICE) -> str:
    """Write an analysis file and return its path."""
    path = folder / "analysis.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)
