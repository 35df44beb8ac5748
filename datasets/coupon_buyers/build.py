"""Draw the buyers of the coupon recipe; money in whole yuan."""

from __future__ import annotations

from causalkit import simulate

ROWS, SEED = 6_000, 2


def build() -> str:
    """Text of the CSV file: one line per buyer."""
    buyers = simulate.coupon(ROWS, rng=SEED).data
    money = [column for column in buyers if column.startswith("spend")]
    buyers = buyers.astype({"redeemed_day": "Int64"}).assign(**buyers[money].round().astype(int))
    buyers.insert(0, "buyer_id", range(1, ROWS + 1))
    return buyers.to_csv(index=False, lineterminator="\n")
