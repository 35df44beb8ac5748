"""Construct the service table: +1000 among active users, +500 among inactive ones, -123 overall.

The sizes and means of the four cells solve the three equations in the README exactly. The rows are
drawn inside the cells and then scaled to whole yuan by largest remainders, so that every cell adds
up to its size times its mean. Only whole numbers are stored: sums are exact in floating point too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

SEED = 123
FIRST_USER = 100_001


@dataclass(frozen=True)
class Cell:
    """One cell of the product table, with what the rows are drawn from."""

    activity: str
    used_service: int
    users: int
    mean_gmv: int
    orders: float  # mean number of orders in the 90 days after
    tenure: float  # mean months since registration
    orders_before: float  # mean number of orders in the 90 days before


CELLS = (
    Cell("active", 1, 1_025, 3_116, orders=4.3, tenure=27.0, orders_before=2.0),
    Cell("active", 0, 4_425, 2_116, orders=3.3, tenure=27.0, orders_before=2.0),
    Cell("inactive", 1, 3_075, 1_120, orders=1.9, tenure=24.0, orders_before=1.7),
    Cell("inactive", 0, 1_475, 620, orders=1.2, tenure=24.0, orders_before=1.7),
)
REGIONS = ("east", "north", "south", "west")
REGION_SHARES = (0.38, 0.22, 0.26, 0.14)
TIER_SHARES = (0.30, 0.42, 0.28)
TIER_BASKET = (1.15, 1.0, 0.85)  # basket size relative to tier 2


def whole_yuan(raw: np.ndarray, total: int) -> np.ndarray:
    """Scale to a whole total and round to whole numbers by largest remainders."""
    scaled = raw * (total / math.fsum(raw))
    floor = np.floor(scaled).astype(np.int64)
    missing = total - int(floor.sum())
    largest = np.argsort(floor - scaled, kind="stable")[:missing]
    floor[largest] += 1
    return floor


def draw(cell: Cell, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw the users of one cell."""
    n = cell.users
    tenure = 1 + np.minimum(rng.gamma(2.0, (cell.tenure - 1) / 2.0, n).astype(np.int64), 119)
    before = rng.poisson(cell.orders_before * rng.gamma(2.0, 0.5, n))
    tier = rng.choice(3, size=n, p=TIER_SHARES)
    region = rng.choice(4, size=n, p=REGION_SHARES)
    # Orders after: gamma-mixed Poisson, more for those who ordered before.
    loyalty = (3.0 + before) / (3.0 + cell.orders_before)
    after = rng.poisson(cell.orders * loyalty * rng.gamma(3.0, 1.0 / 3.0, n))
    baskets = rng.gamma(np.where(after > 0, 1.5 * after, 1.0)) * (after > 0)
    gmv = whole_yuan(baskets * np.asarray(TIER_BASKET)[tier], cell.users * cell.mean_gmv)
    return {
        "activity": np.full(n, cell.activity),
        "used_service": np.full(n, cell.used_service),
        "gmv": gmv,
        "region": np.asarray(REGIONS)[region],
        "city_tier": tier + 1,
        "tenure_months": tenure,
        "orders_before": before,
        "orders_after": after,
    }


def build() -> str:
    """Text of the CSV file: one line per user, in random order."""
    rng = np.random.default_rng(SEED)
    drawn = [draw(cell, rng) for cell in CELLS]
    table = {name: np.concatenate([part[name] for part in drawn]) for name in drawn[0]}
    order = rng.permutation(len(table["gmv"]))
    user = np.arange(FIRST_USER, FIRST_USER + order.size)
    columns = [user, *(column[order] for column in table.values())]
    lines = [",".join(("user_id", *table))]
    lines += [",".join(map(str, row)) for row in zip(*(c.tolist() for c in columns), strict=True)]
    return "\n".join(lines) + "\n"
