"""The second face of a result: the names that statsmodels' and maketables' tables read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from causalkit.results._result import Result
    from causalkit.results._table import Cell


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


def coefficient_table(result: Result) -> pd.DataFrame:
    """Return the estimates under maketables' names."""
    import pandas as pd

    table = result.table()
    names = {
        "b": "estimate",
        "se": "std_error",
        "t": "statistic",
        "p": "p_value",
        "ci95l": "conf_low",
        "ci95u": "conf_high",
    }
    return pd.DataFrame({ours: list(table[name]) for ours, name in names.items()}, index=list(table["term"]))


def statistic(result: Result, key: str) -> Cell:
    """Return a statistic by maketables' key; None for one that a result does not have."""
    known: dict[str, Cell] = {"N": result.sample.n_used, "se_type": vcov_info(result)["vcov_type"]}
    return known.get(key)


def vcov_info(result: Result) -> dict[str, Cell]:
    """Return how standard errors were computed."""
    clustered = result.roles.get("cluster")
    return {
        "vcov_type": "cluster" if clustered else str(result.options.get("std_error", "robust")),
        "clustervar": ", ".join(clustered) if clustered else None,
    }
