"""The second face of a result: the names that statsmodels' and maketables' tables read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from causalkit._typing import FloatArray
    from causalkit.results._result import Result
    from causalkit.results._table import Cell

_MAKETABLES: Final = {
    "b": "estimate",
    "se": "std_error",
    "t": "statistic",
    "p": "p_value",
    "ci95l": "conf_low",
    "ci95u": "conf_high",
}
# What methods call the choice of covariance.
_COVARIANCE_OPTIONS: Final = ("cov_type", "covariance", "vcov", "cov", "std_error", "se")


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Names of the outcome and the terms, where statsmodels looks for them."""

    endog_names: str
    exog_names: tuple[str, ...]


def series(result: Result, column: str) -> pd.Series[float]:
    """Return a column of the result's table by term."""
    import pandas as pd

    table = result.table()
    return pd.Series(list(table[column]), index=list(table["term"]), name=column, dtype=float)


def covariance(result: Result) -> pd.DataFrame:
    """Return the covariance of the estimates by term."""
    import pandas as pd

    terms = result.terms()
    return pd.DataFrame(terms.cov, index=list(terms.labels), columns=list(terms.labels))


def interval_rows(result: Result, level: float) -> FloatArray:
    """Return low and high of every term, (k, 2); NaN where the set is not one interval.

    NaN throughout for a level below one half: a table of statsmodels asks for ``conf_int(0.05)`` and means 95 %, and
    no intervals are better than narrow ones under a wrong heading.
    """
    table = result.table(level)
    rows = np.array([table["conf_low"], table["conf_high"]], dtype=np.float64).T
    return rows if level >= 0.5 else np.full_like(rows, np.nan)


def coefficient_table(result: Result) -> pd.DataFrame:
    """Return the estimates under maketables' names."""
    import pandas as pd

    table = result.table()
    columns = {ours: list(table[name]) for ours, name in _MAKETABLES.items()}
    return pd.DataFrame(columns, index=pd.Index(list(table["term"]), name="Coefficient"), dtype=float)


def statistic(result: Result, key: str) -> Cell:
    """Return a statistic by maketables' key; None for one that a result does not have."""
    known: dict[str, Cell] = {
        "N": result.sample.n_used,
        "n_treated": result.sample.n_treated,
        "n_control": result.sample.n_control,
        "n_units": result.sample.n_units,
        "n_clusters": result.sample.n_clusters,
        "estimand": result.effect.estimand,
        "method": result.method,
    }
    return known.get(key)


def vcov_info(result: Result) -> dict[str, Cell]:
    """Return how standard errors were computed: the option that says so, or the clusters."""
    clustered = ", ".join(result.roles.get("cluster", ()))
    kind = next((str(result.options[name]) for name in _COVARIANCE_OPTIONS if result.options.get(name)), None)
    return {"vcov_type": kind or ("cluster" if clustered else None), "clustervar": clustered or None}
