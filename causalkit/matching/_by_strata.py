"""Matching by strata: exact, coarsened exact, and blocks of the score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit._numerics._blocks import assign_blocks, block_weights, quantile_edges
from causalkit._numerics._strata import bin_codes, cross_codes, number_of_bins
from causalkit._validate import listed
from causalkit.errors import DesignError, OptionError
from causalkit.matching._apply import register
from causalkit.matching._distances import group_of, matched, target_rows
from causalkit.matching._specs import Blocks, CoarsenedExact, Exact

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray
    from causalkit.matching._matched import Match
    from causalkit.matching._score import PropensityScore


@register(Exact)
def _exact(spec: Exact, score: PropensityScore) -> Match:
    design = score.design
    if spec.columns is not None:
        codes = group_of(score, spec.columns)
    else:
        codes = cross_codes([np.unique(column, return_inverse=True)[1].astype(np.int64) for column in design.x.T])
    return _match_of_blocks(spec, score, codes, what="stratum of equal values")


@register(CoarsenedExact)
def _coarsened(spec: CoarsenedExact, score: PropensityScore) -> Match:
    design = score.design
    numeric = [name for name in design.covariates if name not in design.reference]
    if isinstance(spec.bins, Mapping):
        unknown = [name for name in spec.bins if name not in numeric]
        if unknown:
            raise OptionError(f"bins= names {listed(unknown)}; numeric covariates of the score are {listed(numeric)}.")
    columns = []
    for term, covariate, values in zip(design.terms, design.term_covariate, design.x.T, strict=True):
        distinct, codes = np.unique(values, return_inverse=True)
        if covariate in design.reference or (distinct.size <= 2 and not _named(spec.bins, term)):
            columns.append(codes.astype(np.int64))
        else:
            columns.append(_cut(values, spec.bins, covariate))
    return _match_of_blocks(spec, score, cross_codes(columns), what="cell of the coarsened covariates")


def _named(bins: Any, term: str) -> bool:
    return isinstance(bins, Mapping) and term in bins


def _cut(values: FloatArray, bins: Any, covariate: str) -> IntArray:
    """Codes of one numeric covariate."""
    cut = bins.get(covariate, "sturges") if isinstance(bins, Mapping) else bins
    if isinstance(cut, str):
        return bin_codes(values, number_of_bins(values, cut))  # type: ignore[arg-type]
    return bin_codes(values, np.array(cut) if isinstance(cut, tuple) else cut)


@register(Blocks)
def _blocks(spec: Blocks, score: PropensityScore) -> Match:
    if spec.edges is not None:
        edges = np.array(spec.edges)
    else:
        edges = quantile_edges(score.score[target_rows(score, spec.estimand)], spec.n)
    return _match_of_blocks(spec, score, assign_blocks(score.score, edges), what="block of the score")


def _match_of_blocks(spec: Exact | CoarsenedExact | Blocks, score: PropensityScore, codes: Any, *, what: str) -> Match:
    """Keep the strata with both arms and weight their units."""
    treated = score.design.treated
    inside = np.where(score.support, codes, -1)
    weights = block_weights(inside, treated, score.base, spec.estimand)
    found = weights > 0
    if not found.any():
        raise DesignError(
            f"No {what} has both treated and control units among its {int(codes.max()) + 1:,}: nobody can be compared. "
            f"Use fewer or coarser columns, or match on the score."
        )
    blocks = np.full(codes.size, -1)
    blocks[found] = np.unique(inside[found], return_inverse=True)[1]
    return matched(
        spec,
        score,
        weights,
        found=found,
        reason=f"are in a {what} without units of the other arm",
        blocks=blocks,
        details={"n_blocks": int(blocks.max()) + 1},
    )
