"""Many stratifications at once: each one's effects, and the joint covariance of how far they move the effect."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._resampling import PROGRESS_DELAY
from causalkit.errors import DesignError
from causalkit.simpson._cells import Cells, influence
from causalkit.simpson._standard import comparable_crude, standard, standardised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from causalkit._typing import FloatArray, IntArray
    from causalkit.simpson._records import Records
    from causalkit.simpson._standard import Population

__all__ = ["Stratification", "Sweep", "sweep"]

# Entries of a block of influences (stratifications by records): 4 MB.
_BLOCK_ENTRIES = 1 << 19


@dataclass(frozen=True, slots=True, eq=False)
class Stratification:
    """One stratification: its effects and how a record enters them.

    Attributes
    ----------
    columns : tuple of int
        Positions of the columns that define the strata.
    crude, standardised : float
        Effects over the comparable strata.
    n_strata, n_one_armed : int
        Strata with rows, and how many of these have one arm only.
    share_one_armed : float
        Share of the weight in strata with one arm only.
    slope, intercept : (2, cells) arrays
        Influence of a row on the crude (0) and the standardised (1) effect: ``slope * y + intercept``, with ``y``
        measured from the origin of the records.
    """

    columns: tuple[int, ...]
    crude: float
    standardised: float
    n_strata: int
    n_one_armed: int
    share_one_armed: float
    slope: FloatArray
    intercept: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Effects under ``j`` stratifications of the same rows.

    Attributes
    ----------
    stratifications : tuple of Stratification
        Those with at least one comparable stratum.
    not_comparable : tuple of tuple of int
        Columns of stratifications without any comparable stratum.
    crude : float
        Treated minus control over all rows.
    covariance : (j, 2, 2) array
        Joint covariance of crude and standardised effect over the comparable strata of each.
    gap_covariance : (1 + j, 1 + j) array
        Joint covariance of the crude difference over all rows and the ``j`` gaps, crude less standardised.
    """

    crude: float
    stratifications: tuple[Stratification, ...]
    not_comparable: tuple[tuple[int, ...], ...]
    covariance: FloatArray
    gap_covariance: FloatArray


def sweep(
    records: Records, columns: Sequence[tuple[int, ...]], population: Population = "all", *, progress: bool = False
) -> Sweep:
    """Effects under each stratification, with their joint covariance.

    Parameters
    ----------
    records : Records
        The data, gathered.
    columns : sequence of tuple of int
        The stratifications: positions of the columns whose combinations are the strata.
    population : {"all", "treated", "control", "overlap"}
        Standard population of the adjusted effects.
    progress : bool
        Whether to show a progress bar past a few seconds.

    Returns
    -------
    Sweep
        Memory is bounded by blocks of records: never stratifications times rows.
    """
    from tqdm import tqdm

    total = _stratify(records, (), "all")
    if total is None:
        raise DesignError("Both arms are needed for a comparison.")
    used, unused = [], []
    # Each stratification passes over the records twice: for its effects, and for their covariance with the others.
    work = 2 * len(columns) * len(records)
    with tqdm(
        total=work, desc="scan", unit="row", unit_scale=True, delay=PROGRESS_DELAY, disable=not progress, leave=False
    ) as bar:
        for chosen in columns:
            found = _stratify(records, chosen, population)
            if found is None:
                unused.append(chosen)
            else:
                used.append(found)
            bar.update(len(records))
        covariance, gap_covariance = _joint_covariance(
            records, [total, *used], done=lambda n: bar.update(n * len(columns))
        )
    return Sweep(
        crude=total.crude,
        stratifications=tuple(used),
        not_comparable=tuple(unused),
        covariance=covariance[1:],
        gap_covariance=gap_covariance,
    )


def _stratify(records: Records, columns: tuple[int, ...], population: Population) -> Stratification | None:
    n_cells = 2 * int(np.prod([records.levels[k] for k in columns]))
    cells = Cells.of(records.merged(_cell(records, columns, slice(None)), n_cells))
    present, comparable = cells.rows.sum(axis=1) > 0, cells.comparable
    if not comparable.any():
        return None
    effects = (comparable_crude(cells), standardised(cells, standard(cells, population)))
    slope, intercept = influence(effects, cells)
    return Stratification(
        columns=columns,
        crude=_zeroed(effects[0].value, cells.rounding),
        standardised=_zeroed(effects[1].value, cells.rounding),
        n_strata=int(present.sum()),
        n_one_armed=int((present & ~comparable).sum()),
        share_one_armed=float(1.0 - cells.weight[comparable].sum() / cells.weight.sum()),
        slope=slope,
        intercept=intercept - slope * cells.mean.ravel(),
    )


def _zeroed(value: float, rounding: float) -> float:
    return 0.0 if abs(value) <= rounding else value


def _cell(records: Records, columns: tuple[int, ...], rows: slice) -> IntArray:
    """Cell ``2 * stratum + arm`` of records; the stratum counts through the levels of the columns."""
    key: IntArray = np.zeros(len(records.treated[rows]), dtype=np.int64)
    for k in columns:
        key *= records.levels[k]
        key += records.codes[k][rows]
    key *= 2
    key += records.treated[rows]
    return key


def _joint_covariance(
    records: Records, used: Sequence[Stratification], *, done: Callable[[int], object]
) -> tuple[FloatArray, FloatArray]:
    """Of crude and standardised effect of each; and of the first one's crude effect with the others' gaps.

    ``done`` hears how many records each block has had.
    """
    j = len(used)
    crude, adjusted, gap = np.zeros(j), np.zeros(j), np.zeros((j, j))
    for rows in _blocks(records, max(1024, _BLOCK_ENTRIES // max(j, 1))):
        for on_crude, on_adjusted in _influence_blocks(records, used, rows):
            crude += np.einsum("ji,ji->j", on_crude, on_crude)
            adjusted += np.einsum("ji,ji->j", on_adjusted, on_adjusted)
            np.subtract(on_crude[1:], on_adjusted[1:], out=on_crude[1:])
            gap += on_crude @ on_crude.T
        done(rows.stop - rows.start)
    mixed = (crude + adjusted - np.diag(gap)) / 2
    return np.stack([crude, mixed, mixed, adjusted], axis=1).reshape(j, 2, 2), gap


def _blocks(records: Records, step: int) -> Iterator[slice]:
    """Slices of records; those of a cluster stay together."""
    n = len(records)
    if records.cluster is None:
        return (slice(start, min(start + step, n)) for start in range(0, n, step))
    starts = _cluster_starts(records.cluster)
    edges = np.append(starts, n)
    cut = np.unique(edges[np.searchsorted(edges, np.append(np.arange(0, n, step), n))])
    return (slice(int(a), int(b)) for a, b in pairwise(cut))


def _cluster_starts(cluster: IntArray) -> IntArray:
    return np.flatnonzero(np.r_[True, cluster[1:] != cluster[:-1]])


def _influence_blocks(
    records: Records, used: Sequence[Stratification], rows: slice
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Influences on crude and adjusted effects whose squares add up to the variances.

    Without clusters a record has two parts: that of its centre, and that of the spread of its rows around the centre
    (the mean weighted by squared weights, so that the two do not correlate). With clusters it has its total, added up
    over the cluster.
    """
    moments = records.moments
    weight, mean = moments.weight[rows], moments.mean[rows]
    if records.cluster is not None:
        starts = _cluster_starts(records.cluster[rows])
        total = _evaluate(records, used, rows, weight, weight * mean)
        crude, adjusted = np.add.reduceat(total, starts, axis=2)
        yield crude, adjusted
        return
    weight2, cross2 = moments.weight2[rows], moments.cross2[rows]
    root = np.sqrt(weight2)
    crude, adjusted = _evaluate(records, used, rows, root, root * (mean + cross2 / weight2))
    yield crude, adjusted
    if not records.single:
        spread = np.sqrt(np.maximum(moments.square2[rows] - cross2**2 / weight2, 0.0))
        crude, adjusted = _evaluate(records, used, rows, np.zeros_like(spread), spread)
        yield crude, adjusted


def _evaluate(
    records: Records, used: Sequence[Stratification], rows: slice, weight: FloatArray, weighted: FloatArray
) -> FloatArray:
    """Influences ``slope * weighted + intercept * weight`` on both effects, shape (2, stratifications, records)."""
    out = np.empty((2, len(used), len(weight)))
    for k, one in enumerate(used):
        cell = _cell(records, one.columns, rows)
        for effect in (0, 1):
            np.multiply(one.slope[effect][cell], weighted, out=out[effect, k])
            out[effect, k] += one.intercept[effect][cell] * weight
    return out
