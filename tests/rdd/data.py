"""Published data, read from the packages of the test environment that carry them."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd


@cache
def load(name: str) -> pd.DataFrame:
    """Return one of the data sets of the reference numbers."""
    package, file = {
        "senate": ("rdrobust", "rdrobust_RDsenate.csv"),
        "lee08": ("rdhonest", "data/lee08.csv"),
        "headst": ("rdhonest", "data/headst.csv"),
        "rcp": ("rdhonest", "data/rcp.csv"),
        "cghs": ("rdhonest", "data/cghs.csv"),
        "lmb": ("causaldata", "close_elections_lmb/close_elections_lmb.dta"),
        "gov": ("causaldata", "gov_transfers/Government_Transfers_RDD_Data.csv"),
        "mortgages": ("causaldata", "mortgages/fetter_mortgages.csv"),
    }[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"install {package}, which carries the data of {name}")
    path = next(Path(spec.origin).parent.rglob(file))
    data = pd.read_stata(path) if path.suffix == ".dta" else pd.read_csv(path)
    if name == "senate":
        data = data.assign(log_population=np.log(data["population"]))
    if name == "rcp":
        data = data.assign(log_cn=np.log(data["cn"]))
    if name == "cghs":
        data = data.assign(log_earnings=np.log(data["earnings"]))
    if name == "lmb":
        data = data.astype({"score": float, "lagdemvoteshare": float})
    return data
