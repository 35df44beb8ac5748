"""Strata from a column of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from causalkit._frames import Levels
from causalkit._validate import listed, near_match, real, whole
from causalkit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import FloatArray, IntArray

Cuts: TypeAlias = "int | Sequence[float]"
Bins: TypeAlias = "int | Mapping[str, Cuts]"

__all__ = ["Bins", "Cuts", "binned", "cuts_for"]


def cuts_for(bins: Bins | None, columns: Sequence[str], *, role: str) -> dict[str, Cuts]:
    """Return what ``bins`` asks of each column.

    Parameters
    ----------
    bins : int, or mapping of column to int or edges, optional
        A number of bins for every column of numbers, or an answer for some columns.
    columns : sequence of str
        The columns that may be cut.
    role : str
        Argument that names the columns, for messages.

    Returns
    -------
    dict of str to int or tuple of float
        Columns that are asked to be cut; with one number for all, every column.
    """
    if bins is None:
        return {}
    if not isinstance(bins, Mapping):
        return dict.fromkeys(columns, whole("bins", bins, least=2))
    for name in bins:
        if name not in columns:
            raise OptionError(
                f"bins names {name!r}, which is not in {role}.{near_match(name, columns)} {role} has {listed(columns)}."
            )
    return {name: _checked(name, cuts) for name, cuts in bins.items()}


def _checked(name: str, cuts: Cuts) -> Cuts:
    if isinstance(cuts, Iterable):
        edges = tuple(real(f"bins[{name!r}]", each) for each in cuts)
        if not edges or any(low >= high for low, high in pairwise(edges)):
            raise OptionError(f"bins[{name!r}]={edges!r} must be increasing edges, at least one.")
        return edges
    return whole(f"bins[{name!r}]", cuts, least=2)


def binned(name: str, values: FloatArray, cuts: Cuts, *, missing_level: str | None = None) -> Levels:
    """Return intervals of a column of numbers as levels.

    Parameters
    ----------
    name : str
        The column.
    values : (n,) array
        Its values; NaN where missing.
    cuts : int or sequence of float
        A number of bins of about equal size, cut at quantiles (equal values stay together), or the inner edges.
    missing_level : str, optional
        Label of missing values, where there are any.

    Returns
    -------
    Levels
        One level per interval that occurs, from low to high: ``"below 30"``, ``"30 to 45"`` (45 excluded),
        ``"45 and above"``.
    """
    missing = np.isnan(values)
    edges = np.asarray(_edges(values[~missing], cuts))
    codes: IntArray = np.searchsorted(edges, values, side="right").astype(np.int64)
    labels = _labels(edges)
    if missing.any():
        codes[missing] = len(labels)
        labels.append(missing_level or "missing")
    used = np.bincount(codes, minlength=len(labels)) > 0
    position = np.cumsum(used) - 1
    kept = tuple((label,) for label, keep in zip(labels, used.tolist(), strict=True) if keep)
    return Levels((name,), position[codes], kept)


def _edges(values: FloatArray, cuts: Cuts) -> Sequence[float]:
    if not isinstance(cuts, int):
        return cuts
    inner = np.quantile(values, np.arange(1, cuts) / cuts, method="higher")
    # An edge at the smallest value would leave the first bin empty.
    found: list[float] = np.unique(inner[inner > values.min()]).tolist()
    return found


def _labels(edges: FloatArray) -> list[str]:
    texts = [f"{edge:.6g}" for edge in edges.tolist()]
    if len(set(texts)) < len(texts):
        texts = [repr(edge) for edge in edges.tolist()]
    if not texts:
        return ["all values"]
    inner = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"below {texts[0]}", *inner, f"{texts[-1]} and above"]
