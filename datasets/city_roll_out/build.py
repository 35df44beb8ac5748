"""Draw the cities of the roll-out recipe; orders in tenths."""

from __future__ import annotations

from causalkit import simulate

CITIES, SEED = 40, 4


def build() -> str:
    """Text of the CSV file: one line per city and week."""
    cities = simulate.roll_out(
        CITIES, rng=SEED, n_periods=24, cohorts=(7, 12, 17), shares=(0.3, 0.3, 0.2), fixed_shares=True
    ).data
    cities = cities.astype({"launch_week": "Int64"}).drop(columns="x1")
    tenths = (10 * cities["orders"]).round().astype(int)
    cities["orders"] = [f"{each // 10}.{each % 10}" for each in tenths]
    return cities.to_csv(index=False, lineterminator="\n")
