"""The two job-training samples that the matching tests are pinned on, as frames and as arrays."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

GOLDEN = Path(__file__).parent / "golden"
COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]


@cache
def _lalonde() -> pd.DataFrame:
    return pd.read_csv(GOLDEN / "lalonde.csv", index_col=0)


def lalonde() -> pd.DataFrame:
    """MatchIt's 614 rows: 185 treated of the NSW experiment, 429 controls of the PSID."""
    return _lalonde().copy()


def lalonde_arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariates with race as two indicators (black left out), treatment, outcome re78."""
    d = _lalonde()
    columns = [d.age, d.educ, d.race == "hispan", d.race == "white", d.married, d.nodegree, d.re74, d.re75]
    return np.column_stack(columns).astype(float), (d.treat == 1).to_numpy(), d.re78.to_numpy(dtype=float)


@cache
def _nsw_cps() -> pd.DataFrame:
    return pd.read_csv(GOLDEN / "nsw_cps.csv.gz")


def nsw_cps() -> pd.DataFrame:
    """Dehejia and Wahba's 185 treated of the NSW experiment, 15,992 controls of the CPS."""
    return _nsw_cps().copy()


def nsw_cps_arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of Dehejia and Wahba's score for the CPS controls, treatment, outcome re78."""
    d = _nsw_cps()
    columns = [
        *(d.age**power for power in (1, 2, 3)),
        *(d.educ, d.educ**2, d.marr, d.nodegree, d.black, d.hisp, d.re74, d.re75),
        *(d.re74 == 0, d.re75 == 0, d.educ * d.re74),
    ]
    return np.column_stack(columns).astype(float), (d.treat == 1).to_numpy(), d.re78.to_numpy(dtype=float)
