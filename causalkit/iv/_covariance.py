"""How the covariance is estimated: conventions by name, each equal to a named program's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, get_args

import numpy as np

from causalkit._numerics._dependence import CovType, Dependence
from causalkit._validate import choice, flag, label, whole
from causalkit.errors import DesignError, OptionError

if TYPE_CHECKING:
    from causalkit._frames import Rows
    from causalkit._warnings import Warned

__all__ = ["CovOption", "NeweyWest", "dependence_of", "named_type"]

INDEPENDENT: Final = ("iid0", "iid", "HC0", "HC1")
CLUSTERED: Final = ("CR0", "CRG", "CR1")
FEW_CLUSTERS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NeweyWest:
    """Errors that are correlated over time: Bartlett weights up to a lag (Newey and West 1987).

    Attributes
    ----------
    time : str
        Column by which the rows are ordered.
    lags : int
        Last lag with a positive weight.
    debiased : bool
        Whether to multiply by ``n / (n - k)``.

    Examples
    --------
    >>> NeweyWest(time="week", lags=4).lags
    4
    """

    time: str
    lags: int
    debiased: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        label("time", self.time)
        whole("lags", self.lags)
        flag("debiased", self.debiased)


CovOption: TypeAlias = "CovType | NeweyWest | None"


def named_type(cov_type: CovOption, *, clustered: bool) -> CovType:
    """Return the convention asked for, or the default: CR1 with clusters, else HC1."""
    if cov_type is None:
        return "CR1" if clustered else "HC1"
    if isinstance(cov_type, NeweyWest):
        if clustered:
            raise OptionError("cov_type=NeweyWest(...) and cluster=... are two answers to one question; give one.")
        return "HAC1" if cov_type.debiased else "HAC0"
    name: CovType = choice("cov_type", cov_type, [each for each in get_args(CovType) if not each.startswith("HAC")])
    if clustered and name in INDEPENDENT:
        raise OptionError(f"cov_type={name!r} takes rows as independent; with cluster=... use one of {CLUSTERED}.")
    if not clustered and name in CLUSTERED:
        raise OptionError(f"cov_type={name!r} needs cluster=..., one column or two.")
    return name


def dependence_of(rows: Rows, cov_type: CovOption, warned: Warned) -> Dependence:
    """Return which rows move together, from the columns read."""
    groupings = len(rows.names("cluster"))
    if groupings > 2:
        raise OptionError(f"cluster names {groupings} columns; errors are clustered in one way or two.")
    name = named_type(cov_type, clustered=groupings > 0)
    if isinstance(cov_type, NeweyWest):
        if cov_type.lags >= rows.n_used:
            raise OptionError(f"lags={cov_type.lags} must be below the number of rows, {rows.n_used:,}.")
        order = np.argsort(rows.times("time").codes, kind="stable")
        return Dependence(cov_type=name, order=order, lags=cov_type.lags)
    if not groupings:
        return Dependence(cov_type=name)
    columns = rows.each_levels("cluster")
    for levels in columns:
        if len(levels) < 2:
            raise DesignError(
                f"cluster={levels.names[0]!r} has the same value in all rows; clustered errors need at least two "
                f"clusters, and some dozens to be trusted."
            )
        if len(levels) < FEW_CLUSTERS:
            warned.add(
                f"{len(levels)} clusters of {levels.names[0]!r}: clustered standard errors are too small with so few. "
                f"See iv.wild_bootstrap."
            )
    return Dependence(cov_type=name, codes=tuple(levels.codes for levels in columns))
