"""How the covariance of a regression with unit and period effects is estimated: conventions by name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from causalkit._numerics._clusters import cluster_factor, two_way
from causalkit._numerics._did_cells import CohortPaths
from causalkit._numerics._did_jackknife import fit_of_rows, jackknife, jackknife_of_units
from causalkit._numerics._sandwich import Covariance, heteroskedastic
from causalkit._validate import choice, counted, labels
from causalkit.errors import DesignWarning, OptionError

if TYPE_CHECKING:
    from causalkit._numerics._did_regression import CellFit
    from causalkit._typing import Columns, FloatArray, IntArray
    from causalkit.did._cells import Cells

__all__ = ["CovType", "EffectsCounted", "Inference", "cr1", "one_cluster", "read_inference"]

CovType = Literal["CR1", "CV3", "HC1", "iid"]
EffectsCounted = Literal["nested", "none", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """Which rows move together, and which fixed effects count as parameters.

    Attributes
    ----------
    cov_type : {"CR1", "CV3", "HC1", "iid"}
        Convention.
    count_effects : {"nested", "none", "full"}
        Fixed effects that count: those not nested in the clusters, none, or all.
    cluster : str or None
        Column of the clusters to read; None for the units.
    by_period : bool
        Whether rows of one period move together too.
    """

    cov_type: CovType
    count_effects: EffectsCounted
    cluster: str | None
    by_period: bool

    def covariance(self, cells: Cells, fit: CellFit, columns: IntArray) -> Covariance:
        """Return the covariance of some coefficients of a regression with unit and period effects.

        Parameters
        ----------
        cells : Cells
            The panel.
        fit : CellFit
            The regression, over all its rows.
        columns : (k,) array of int
            Coefficients that are not dropped, counted over regressors and covariates.

        Returns
        -------
        Covariance
            With its degrees of freedom.
        """
        if self.cov_type == "CV3":
            return self._jackknife(cells, fit, columns)
        n_periods = fit.system.mask.shape[1]
        n_dummies = int(np.count_nonzero(fit.kept < n_periods - 1))
        n = int((fit.system.rows * fit.system.mask).sum())
        k = int(fit.kept.size) - n_dummies + self._effects_counted(cells.panel.n_units, n_dummies + 1)
        if self.cov_type == "CR1" and not self.by_period:
            return cr1(cells.paths.meat([fit.scores(columns)]), n=n, k=k, n_clusters=cells.paths.n_clusters)
        bread = fit.bread[np.ix_(columns, columns)]
        if self.cov_type == "iid":
            df = n - k
            return Covariance(matrix=bread * (fit.residual_squares / df if df > 0 else math.nan), df=df)
        rows, at = fit_of_rows(cells.unit_paths, fit.scores(columns))
        if self.cov_type == "HC1":
            found = heteroskedastic(rows, n_parameters=k)
        else:
            unit, period = np.divmod(at, n_periods)
            clusters = cells.unit_paths.cluster
            found = two_way(rows, unit if clusters is None else clusters[unit], period, n_parameters=k)
        return Covariance(
            matrix=bread @ found.matrix @ bread, df=found.df, n_clusters=found.n_clusters, clipped=found.clipped
        )

    def _effects_counted(self, n_units: int, n_periods: int) -> int:
        """Parameters that the fixed effects stand for."""
        if self.count_effects == "none":
            return 0
        if self.count_effects == "full" or self.cov_type in ("HC1", "iid"):
            return n_units + n_periods - 1
        return 1 if self.by_period else n_periods

    def _jackknife(self, cells: Cells, fit: CellFit, columns: IntArray) -> Covariance:
        if isinstance(cells.paths, CohortPaths) and cells.panel.unit_clusters is None:
            found = jackknife_of_units(cells.paths, fit)
        else:
            found = jackknife(cells.unit_paths, fit)
        if found.saturated:
            cells.panel.warned.add(
                f"{counted(found.saturated, 'cluster')} alone identify a coefficient, so that the jackknife cannot "
                f"leave them out: their part of the variance is missing, and standard errors are too small.",
                DesignWarning,
            )
        return Covariance(matrix=found.matrix[np.ix_(columns, columns)], df=found.df, n_clusters=found.n_clusters)


def read_inference(cov_type: CovType, count_effects: EffectsCounted, cluster: Columns | None, time: str) -> Inference:
    """Check how the covariance is to be estimated.

    Parameters
    ----------
    cov_type, count_effects : str
        Conventions.
    cluster : str or sequence of str, optional
        A column in which units are nested, the periods as well, or both.
    time : str
        Column of the periods.

    Returns
    -------
    Inference
        The settings.
    """
    choice("cov_type", cov_type, get_args(CovType))
    choice("count_effects", count_effects, get_args(EffectsCounted))
    names = () if cluster is None else labels("cluster", cluster)
    if names and cov_type in ("HC1", "iid"):
        raise OptionError(f"cov_type={cov_type!r} takes rows as independent; with cluster=... use 'CR1' or 'CV3'.")
    if len(names) > 2 or (len(names) == 2 and time not in names):
        raise OptionError(
            f"cluster={list(names)!r}: errors are clustered by one column, or by one column and the periods ({time!r})."
        )
    by_period = time in names
    rest = [name for name in names if name != time]
    if by_period and not rest:
        raise OptionError(
            f"cluster={time!r} alone would take the rows of one unit as independent over time; give the column of the "
            f"units beside it."
        )
    if by_period and cov_type == "CV3":
        raise OptionError("cov_type='CV3' leaves out clusters of one kind; for two kinds use 'CR1'.")
    return Inference(
        cov_type=cov_type, count_effects=count_effects, cluster=rest[0] if rest else None, by_period=by_period
    )


def one_cluster(cluster: str | None) -> str | None:
    """Return the one column of clusters."""
    if cluster is None:
        return None
    names = labels("cluster", cluster)
    if len(names) > 1:
        raise OptionError(f"cluster={list(names)!r} must be one column here, in which units are nested.")
    return names[0]


def cr1(meat: FloatArray, *, n: int, k: int, n_clusters: int) -> Covariance:
    """Return CR1 from the sum of the outer products of the clusters' scores, with ``k`` of ``n`` rows spent."""
    factor = cluster_factor("full", n=n, n_parameters=k, n_clusters=n_clusters)
    return Covariance(matrix=factor * (meat + meat.T) / 2.0, df=n_clusters - 1, n_clusters=(n_clusters,))
