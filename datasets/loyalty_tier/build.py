"""Draw the users of the loyalty tier recipe; scores in hundredths of a point, spend in whole yuan."""

from __future__ import annotations

import numpy as np

from causalkit import simulate

ROWS, SEED = 8_000, 5


def build() -> str:
    """Text of the CSV file: one line per user."""
    users = simulate.loyalty_tier(ROWS, rng=SEED).data
    # Down to the hundredth: nobody is rounded over the cutoff.
    score = np.floor(100 * users["score"]).astype(int)
    users["score"] = [f"{each // 100}.{each % 100:02d}" for each in score]
    for column in ("tenure_months", "spend"):
        users[column] = users[column].round().astype(int)
    users.insert(0, "user_id", range(1, ROWS + 1))
    return users.to_csv(index=False, lineterminator="\n")
