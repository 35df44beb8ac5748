"""Covariates as one matrix: numbers as they are, categories one-hot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._frames._levels import Levels, label_text
from causalkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit._frames._levels import Label
    from causalkit._typing import FloatArray

_MOST_LEVELS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Covariates:
    """The covariates of a design.

    Attributes
    ----------
    values : (n, k) array
        One column per number, and one 0/1 column per level of a category but its reference level.
        Stored column by column (Fortran order), read-only.
    names : tuple of str
        One per column: ``"age"``, ``"city=Paris"``.
    source : tuple of str
        For each column, the column of the caller's frame that it comes from.
    reference : mapping of str to label
        For each categorical column, the level without a column of its own.
    """

    values: FloatArray
    names: tuple[str, ...]
    source: tuple[str, ...]
    reference: Mapping[str, Label]


def stack_covariates(parts: Mapping[str, FloatArray | Levels], n: int) -> Covariates:
    """Return the matrix of numeric columns and of categorical ones, each under its name."""
    stacked: list[FloatArray] = []
    names: list[str] = []
    source: list[str] = []
    reference: dict[str, Label] = {}
    for name, part in parts.items():
        if isinstance(part, Levels):
            _check_number(name, part)
            (reference[name],) = part.labels[0]
            for position, (label,) in enumerate(part.labels[1:], start=1):
                stacked.append((part.codes == position).astype(np.float64))
                names.append(f"{name}={label_text(label)}")
                source.append(name)
        else:
            stacked.append(part)
            names.append(name)
            source.append(name)
    values = np.empty((n, len(stacked)), order="F")
    for position, column in enumerate(stacked):
        values[:, position] = column
    values.flags.writeable = False
    return Covariates(values, tuple(names), tuple(source), reference)


def _check_number(name: str, levels: Levels) -> None:
    if len(levels) > _MOST_LEVELS:
        raise DataError(
            f"{name!r} is a category with {len(levels):,} levels, too many for one 0/1 column each "
            f"(at most {_MOST_LEVELS}). Group the rare levels, or leave the column out if it identifies rows."
        )
