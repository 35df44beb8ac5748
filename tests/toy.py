"""The smallest method there can be, to put the shared suites themselves to the test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from causalkit._frames import read_rows
from causalkit._warnings import Warned
from causalkit.results import Check, Checks, Effect, Result, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = {"outcome": "y", "treatment": "d"}


def difference_in_means(data: Any, roles: Mapping[str, Any], *, treated: Any = None, missing: Any = "raise") -> Result:
    """Difference of the two arms' means with Neyman's standard error."""
    rows = read_rows(data, roles=roles, missing=missing)
    y = rows.numbers("outcome")
    d = rows.binary("treatment", option="treated", chosen=treated).values
    warned = Warned()
    n1 = int(d.sum())
    if n1 < 10:
        warned.add(f"{n1} treated rows: the interval is unreliable.")
    means, variances = [], []
    for arm in (y[d], y[~d]):
        size = max(float(np.abs(arm).max()), 1e-300)
        means.append(size * math.fsum(arm / size) / arm.size)
        variances.append(size**2 * math.fsum(((arm - means[-1]) / size) ** 2) / max(arm.size - 1, 1) / arm.size)
    std_error = math.sqrt(sum(variances))
    if std_error == 0:
        warned.add("The outcome does not vary within the arms: the standard error is zero.")
    check = Check(name="exchangeability", question="Are the arms alike?", verdict="untestable", reading="Argue it.")
    return Result(
        method="Difference in means",
        effect=Effect(estimand="ATE", estimate=means[0] - means[1], std_error=std_error),
        sample=Sample.of(rows, d),
        checks=Checks((check,)),
        roles={"outcome": rows.names("outcome"), "treatment": rows.names("treatment")},
        options={"missing": missing},
        warnings=warned.messages,
        backend=rows.backend,
    )


def toy_frame(n: int = 40, *, seed: int = 5) -> pd.DataFrame:
    """Return n rows of an outcome and a 0/1 treatment."""
    rng = np.random.default_rng(seed)
    d = np.arange(n) % 2
    return pd.DataFrame({"y": rng.normal(10.0, 2.0, n) + 3 * d, "d": d})


def five_treated() -> pd.DataFrame:
    """Return 200,000 rows, five of them treated."""
    frame = toy_frame(200_000)
    frame["d"] = (np.arange(200_000) < 5).astype(int)
    return frame
