"""Draw the users of the feature recipe; money in whole yuan."""

from __future__ import annotations

from causalkit import simulate

ROWS, SEED = 8_000, 6


def build() -> str:
    """Text of the CSV file: one line per user."""
    users = simulate.adoption(ROWS, rng=SEED).data
    for column in ("spend_before", "spend"):
        users[column] = users[column].round().astype(int)
    users.insert(0, "user_id", range(1, ROWS + 1))
    return users.to_csv(index=False, lineterminator="\n")
