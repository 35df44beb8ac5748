"""The worked example of the product manager's table.

``python -m causalkit._demo --out build/demo`` takes the product manager's table apart on embedded data:
prints the summary, writes the report and the pictures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from causalkit import datasets, decide, plot, simpson


def main(arguments: list[str] | None = None) -> int:
    """Run the worked example; return the exit code."""
    parser = argparse.ArgumentParser(prog="causalkit demo", description="Did the service raise GMV?")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder for the report and pictures")
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)

    users = datasets.load("service_gmv")
    answer = simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity")
    which = simpson.scan(
        users,
        outcome="gmv",
        treatment="used_service",
        candidates=["activity", "region", "city_tier"],
    )
    decision = decide(answer, value_per_unit=0.2, units=10_000, unit_cost=60.0)

    sys.stdout.write(f"{answer.summary()}\n\n{which.summary()}\n\n{decision.summary()}\n")
    written = (
        answer.report(out / "report.html"),
        *plot.save(answer, folder=out),
        *plot.save(which, folder=out),
        *plot.save(decision, folder=out),
    )
    sys.stdout.write("\nWritten:\n" + "".join(f"  {path}\n" for path in written))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
