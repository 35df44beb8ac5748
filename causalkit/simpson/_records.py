"""Rows gathered into profiles: the one pass over the data that a scan of many stratifications needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._codes import combine_codes
from causalkit._numerics._grouped import GroupMoments, grouped_moments, merge_moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._codes import AnyIntArray
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["Records", "gather"]

_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Moments of the outcome by profile: a combination of levels of all candidate columns, arm and cluster.

    Attributes
    ----------
    codes : tuple of (m,) arrays of int
        Level of each candidate column.
    levels : tuple of int
        Number of levels of each.
    treated : (m,) array of bool
        Arm.
    moments : GroupMoments
        Moments of the outcome in each record; a record may be a single row.
    single : bool
        Each record is one row.
    cluster : (m,) array of int, optional
        Cluster; the records are sorted by it.
    """

    codes: tuple[IntArray, ...]
    levels: tuple[int, ...]
    treated: BoolArray
    moments: GroupMoments
    single: bool
    cluster: IntArray | None = None

    def __len__(self) -> int:
        return len(self.treated)

    def merged(self, cell: IntArray, n_cells: int) -> GroupMoments:
        """Moments of cells that the records fall into."""
        if not self.single:
            return merge_moments(self.moments, cell, n_cells)
        weight = self.moments.weight
        weights = weight if weight.strides[0] else None
        merged = grouped_moments(cell, self.moments.mean, n_cells, weights=weights)
        return replace(merged, origin=self.moments.origin, mean=merged.mean + merged.origin)


def gather(
    codes: Sequence[IntArray],
    levels: Sequence[int],
    treated: BoolArray,
    outcome: FloatArray,
    *,
    weights: FloatArray | None = None,
    cluster: IntArray | None = None,
) -> Records:
    """Gather rows of the same profile, if there are clearly fewer profiles than rows.

    Parameters
    ----------
    codes : sequence of (n,) arrays of int
        Candidate columns, coded from 0.
    levels : sequence of int
        Number of levels of each.
    treated : (n,) array of bool
        Treatment.
    outcome : (n,) array
        Outcome.
    weights : (n,) array, optional
        Positive weights.
    cluster : (n,) array of int, optional
        Cluster of each row.

    Returns
    -------
    Records
        One per profile, or one per row where profiles are hardly shared.
    """
    keys: list[AnyIntArray] = [*codes, treated]
    sizes = [*levels, 2]
    if cluster is not None:
        keys, sizes = [cluster, *keys], [int(cluster.max()) + 1, *sizes]
    if not _shared(keys, sizes):
        return _one_per_row(codes, levels, treated, outcome, weights, cluster)
    profile, table = combine_codes(keys, sizes)
    first = 0 if cluster is None else 1
    return Records(
        codes=tuple(np.ascontiguousarray(column) for column in table[:, first:-1].T),
        levels=tuple(levels),
        treated=table[:, -1] == 1,
        moments=grouped_moments(profile, outcome, len(table), weights=weights),
        single=False,
        cluster=None if cluster is None else np.ascontiguousarray(table[:, 0]),
    )


def _shared(keys: Sequence[AnyIntArray], sizes: Sequence[int]) -> bool:
    """Whether profiles repeat: certain if there are few, else judged by an evenly spaced sample."""
    n = len(keys[0])
    if np.prod(np.asarray(sizes, dtype=np.float64)) <= n / 4:
        return True
    every = max(1, n // _SAMPLE)
    sample = [key[::every] for key in keys]
    _, table = combine_codes(sample, sizes)
    return len(table) <= len(sample[0]) / 2


def _one_per_row(
    codes: Sequence[IntArray],
    levels: Sequence[int],
    treated: BoolArray,
    outcome: FloatArray,
    weights: FloatArray | None,
    cluster: IntArray | None,
) -> Records:
    """Each row is its own record."""
    one = np.broadcast_to(np.float64(1.0), outcome.shape)
    zero = np.broadcast_to(np.float64(0.0), outcome.shape)
    origin = float(np.median(outcome))
    weight = one if weights is None else weights
    records = Records(
        codes=tuple(codes),
        levels=tuple(levels),
        treated=treated,
        moments=GroupMoments(
            rows=np.broadcast_to(np.int64(1), outcome.shape),
            weight=weight,
            origin=origin,
            mean=outcome - origin,
            square=zero,
            weight2=one if weights is None else weights**2,
            cross2=zero,
            square2=zero,
        ),
        single=True,
    )
    if cluster is None:
        return records
    order = np.argsort(cluster, kind="stable")
    moments = records.moments
    return replace(
        records,
        codes=tuple(code[order] for code in codes),
        treated=treated[order],
        cluster=cluster[order],
        moments=replace(
            moments,
            weight=moments.weight[order],
            mean=moments.mean[order],
            weight2=moments.weight2[order],
        ),
    )
