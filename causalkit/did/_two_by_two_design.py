"""The border of two by two: groups, periods, units and clusters as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._frames import read_rows
from causalkit._numerics._absorb import is_nested
from causalkit._validate import counted
from causalkit._warnings import Warned
from causalkit.errors import DataError, DesignError, DesignWarning
from causalkit.results import Sample

if TYPE_CHECKING:
    from causalkit._frames import Rows
    from causalkit._frames._levels import Label
    from causalkit._typing import BoolArray, Columns, FloatArray, IntArray, IntoDataFrame, Missing

__all__ = ["TwoByTwoDesign", "read_two_by_two"]

FEW_CLUSTERS = 30
# Fewer treated (or control) clusters than this and clustered errors are far too small, however many there are in all.
FEW_IN_AN_ARM = 5
# Fewer rows (or units) than this in a cell and its mean is hardly known.
SMALL_CELL = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TwoByTwoDesign:
    """Two groups, before and after.

    Attributes
    ----------
    rows : Rows
        The rows of the frame, for names and counts.
    warned : Warned
        What the call has warned of so far.
    outcome : (n,) array
        Outcome by row.
    treated, post : (n,) arrays of bool
        Whether the row is of the treated group, and after the change.
    unit : (n,) array of int or None
        Unit of each row, where units repeat.
    clusters : (n,) array of int or None
        Cluster of each row; the units where no cluster was named.
    weights : (n,) array or None
        Weights.
    covariates : (n, k) array
        Covariates.
    covariate_names : tuple of str
        Their names.
    """

    rows: Rows
    warned: Warned
    outcome: FloatArray
    treated: BoolArray
    post: BoolArray
    unit: IntArray | None
    clusters: IntArray | None
    weights: FloatArray | None
    covariates: FloatArray
    covariate_names: tuple[str, ...]

    @property
    def n(self) -> int:
        """Rows."""
        return self.outcome.size

    @property
    def cell(self) -> IntArray:
        """Cell of each row: controls before and after, treated before and after."""
        return 2 * self.treated.astype(np.int64) + self.post

    @property
    def n_clusters(self) -> int:
        """Clusters; zero without."""
        return 0 if self.clusters is None else int(self.clusters.max()) + 1

    @property
    def cluster_name(self) -> str:
        """Column of the clusters."""
        return next(iter(self.rows.names("cluster") or self.rows.names("unit")), "")

    def first_rows(self) -> IntArray:
        """Return one row of each unit, (N,)."""
        unit = np.arange(self.n) if self.unit is None else self.unit
        first = np.zeros(int(unit.max()) + 1, dtype=np.int64)
        first[unit[::-1]] = np.arange(self.n)[::-1]
        return first

    def sample(self, dropped: dict[str, int] | None = None) -> Sample:
        """Return what happened to the rows; the arms count units where units repeat."""
        arm = self.treated[self.first_rows()]
        lost = dropped or {}
        return Sample(
            n_rows=self.rows.n_rows,
            n_used=self.n - sum(lost.values()),
            n_treated=int(arm.sum()),
            n_control=int(arm.size - arm.sum()),
            n_units=None if self.unit is None else arm.size,
            n_clusters=self.n_clusters or None,
            dropped={**self.rows.dropped, **lost},
        )


def read_two_by_two(
    data: IntoDataFrame,
    *,
    outcome: str,
    treated: str,
    post: str,
    unit: str | None,
    cluster: str | None,
    covariates: Columns | None,
    weights: str | None,
    treated_label: Label | None,
    post_label: Label | None,
    missing: Missing,
) -> TwoByTwoDesign:
    """Read the columns of two groups before and after a change.

    Parameters
    ----------
    data, outcome, treated, post, unit, cluster, covariates, weights, treated_label, post_label, missing
        As in `two_by_two`.

    Returns
    -------
    TwoByTwoDesign
        With rows in all four cells.

    Raises
    ------
    DataError
        An indicator is not 0/1, the group of a unit changes, or a unit changes its cluster.
    DesignError
        A cell is empty.
    """
    roles = {"outcome": outcome, "treated": treated, "post": post, "unit": unit, "cluster": cluster}
    rows = read_rows(data, roles={**roles, "covariates": covariates or None, "weights": weights}, missing=missing)
    arm = rows.binary("treated", option="treated_label", chosen=treated_label).values
    after = rows.binary("post", option="post_label", chosen=post_label).values
    unit_codes = rows.codes("unit")[0] if unit is not None else None
    clusters = rows.clusters().codes if cluster is not None and cluster != unit else unit_codes
    found = rows.covariates() if rows.names("covariates") else None
    design = TwoByTwoDesign(
        rows=rows,
        warned=Warned(),
        outcome=rows.numbers("outcome"),
        treated=arm,
        post=after,
        unit=unit_codes,
        clusters=clusters,
        weights=rows.weights() if weights is not None else None,
        covariates=np.empty((rows.n_used, 0)) if found is None else found.values,
        covariate_names=() if found is None else found.names,
    )
    if unit_codes is not None:
        _check_units(design, unit_codes)
    _check_cells(design)
    _warn(design)
    return design


def _check_cells(design: TwoByTwoDesign) -> None:
    counts = np.bincount(design.cell, minlength=4).tolist()
    if min(counts) > 0:
        return
    names = ("controls before", "controls after", "treated before", "treated after")
    shown = ", ".join(f"{name} {n:,}" for name, n in zip(names, counts, strict=True))
    raise DesignError(f"All four cells need rows; there are: {shown}. The double difference takes the change of both.")


def _check_units(design: TwoByTwoDesign, unit: IntArray) -> None:
    """Refuse units that change groups or clusters: what looks like a group is then the treatment by row."""
    own = design.treated[design.first_rows()][unit]
    wrong = np.flatnonzero(own != design.treated)
    name = design.rows.names("treated")[0]
    if wrong.size:
        raise DataError(
            f"treated={name!r} changes within {counted(np.unique(unit[wrong]).size, 'unit')}, for example "
            f"{design.rows.label_in_row('unit', int(wrong[0]))!r}. It must say which group the unit belongs to, before "
            f"and after; if it says whether the row is treated, see did.twfe or did.group_time with treatment=."
        )
    if design.clusters is not None and design.clusters is not unit and not is_nested(unit, design.clusters):
        raise DataError(
            f"cluster={design.cluster_name!r} changes within units; a unit must stay in one cluster. Use a column that "
            f"is fixed over time."
        )


def _warn(design: TwoByTwoDesign) -> None:
    warned = design.warned
    if 0 < design.n_clusters < FEW_CLUSTERS:
        what = "units" if design.clusters is design.unit else f"clusters of {design.cluster_name!r}"
        warned.add(
            f"Only {design.n_clusters} {what}: intervals that count on many of them are too short. See "
            f"did.wild_bootstrap and did.randomization_inference.",
            DesignWarning,
        )
    if design.clusters is not None:
        arms = [np.unique(design.clusters[arm]).size for arm in (design.treated, ~design.treated)]
        if min(arms) < FEW_IN_AN_ARM:
            what = "unit" if design.clusters is design.unit else "cluster"
            which = "treated" if arms[0] <= arms[1] else "untreated"
            warned.add(
                f"{counted(min(arms), f'{which} {what}')}: clustered standard errors are far too small with so few on "
                f"one side. The p-value to trust is that of did.randomization_inference.",
                DesignWarning,
            )
    if design.unit is None:
        counts = np.bincount(design.cell, minlength=4)
        small = int(counts.min())
        if small < SMALL_CELL:
            warned.add(
                f"The smallest of the four cells has {counted(small, 'row')}: its mean, and with it the effect, is "
                f"hardly known.",
                DesignWarning,
            )
        return
    seen = np.zeros((int(design.unit.max()) + 1, 2), dtype=bool)
    seen[design.unit, design.post.astype(np.int64)] = True
    once = int(np.count_nonzero(~seen.all(axis=1)))
    if once == len(seen):
        warned.add(
            "No unit is seen both before and after: these are two cross-sections, whose groups must stay alike.",
            DesignWarning,
        )
    elif once:
        warned.add(
            f"{once:,} of {counted(len(seen), 'unit')} are seen only before or only after the change: means compare "
            f"partly different units.",
            DesignWarning,
        )
