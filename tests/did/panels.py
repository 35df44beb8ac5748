"""Panels of the reference numbers of the fixed-effects estimators."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import causaldata
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN: dict[str, Any] = json.loads((_FOLDER / "did_fixed_effects.json").read_text())

MPDTA = {"outcome": "lemp", "unit": "countyreal", "time": "year", "cohort": "first"}
CASTLE = {"outcome": "l_homicide", "unit": "sid", "time": "year", "cohort": "first"}
ORGANS = {"outcome": "Rate", "unit": "State", "time": "t", "treatment": "d"}


@cache
def mpdta() -> pd.DataFrame:
    """Employment of counties and minimum wages (Callaway and Sant'Anna 2021)."""
    data = pd.read_csv(_FOLDER / "mpdta.csv")
    return data.assign(first=data["first.treat"].where(data["first.treat"] > 0))


@cache
def castle() -> pd.DataFrame:
    """Homicides and castle-doctrine laws (Cheng and Hoekstra 2013); single precision read as its shortest decimal."""
    data = causaldata.castle.load_pandas().data
    first = data[data["post"] == 1].groupby("sid")["year"].min()
    short = data["l_homicide"].map(lambda value: float(str(np.float32(value))))
    return data[["sid", "year", "popwt"]].assign(first=data["sid"].map(first), l_homicide=short)


@cache
def organs() -> pd.DataFrame:
    """Organ donor registrations, asked for actively in California from the third quarter of 2011 (Kessler and Roth)."""
    data = causaldata.organ_donations.load_pandas().data
    quarter = data["Quarter"].map({q: i for i, q in enumerate(data["Quarter"].unique())})
    return data.assign(t=quarter, d=((data["State"] == "California") & (quarter >= 3)).astype(int))


def toy(
    cohorts: Mapping[int | None, int], n_periods: int, *, rng: int = 0, noise: float = 1.0, n_clusters: int = 0
) -> pd.DataFrame:
    """Panel with an effect of ``t - g + 1``: units by cohort (None: never), periods from 1."""
    generator = np.random.default_rng(rng)
    first = np.repeat([np.nan if g is None else float(g) for g in cohorts], list(cohorts.values()))
    n = first.size
    time = np.arange(1, n_periods + 1)
    effect = np.nan_to_num(np.maximum(time - first[:, None] + 1, 0.0))
    outcome = generator.normal(size=(n, 1)) + 0.3 * time + effect + noise * generator.normal(size=(n, n_periods))
    data = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), n_periods),
            "time": np.tile(time, n),
            "first": np.repeat(first, n_periods),
            "y": outcome.ravel(),
            "x": generator.normal(size=n * n_periods),
            "w": generator.uniform(0.5, 2.0, size=n * n_periods),
        }
    )
    if n_clusters:
        data["group"] = data["unit"] % n_clusters
    return data
