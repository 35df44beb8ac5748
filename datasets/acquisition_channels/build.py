"""Draw the users of the acquisition recipe; costs in tenths of a yuan."""

from __future__ import annotations

from causalkit import simulate

ROWS, SEED = 9_000, 7


def build() -> str:
    """Text of the CSV file: one line per user."""
    users = simulate.acquisition(ROWS, rng=SEED).data
    tenths = (10 * users["cost"]).round().astype(int)
    users["cost"] = [f"{each // 10}.{each % 10}" for each in tenths]
    users.insert(0, "user_id", range(1, ROWS + 1))
    return users.to_csv(index=False, lineterminator="\n")
