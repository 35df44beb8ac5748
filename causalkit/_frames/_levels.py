"""Columns of labels as integer codes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from causalkit._numerics._codes import combine_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import BoolArray, IntArray

Label: TypeAlias = "str | int | float | bool"


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The distinct labels of one or several columns, and which one each row has.

    Attributes
    ----------
    names : tuple of str
        The columns.
    codes : (n,) array of int64
        Position of each row's label in ``labels``.
    labels : tuple of tuples
        One entry per level, holding one label per column; sorted, or in the order that an ordered
        categorical column declares. Only levels that occur.
    """

    names: tuple[str, ...]
    codes: IntArray
    labels: tuple[tuple[Label, ...], ...]

    def __len__(self) -> int:
        """Return the number of levels."""
        return len(self.labels)

    @property
    def text(self) -> tuple[str, ...]:
        """One string per level: ``"A"``, or ``"A, female"`` for crossed columns."""
        return tuple(", ".join(label_text(each) for each in label) for label in self.labels)

    def counts(self) -> IntArray:
        """Rows per level."""
        return np.bincount(self.codes, minlength=len(self))

    def take(self, keep: BoolArray) -> Levels:
        """Return the levels of the rows kept; levels without a row are left out."""
        return compact(self.names, self.codes[keep], self.labels)


def label_text(label: Label) -> str:
    """Return a label as text: ``2020.0`` as "2020"."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def compact(names: tuple[str, ...], codes: IntArray, labels: Sequence[tuple[Label, ...]]) -> Levels:
    """Return levels without those that no row has."""
    used = np.bincount(codes, minlength=len(labels)) > 0
    if used.all():
        return Levels(names, frozen(codes), tuple(labels))
    position = np.cumsum(used) - 1
    kept = tuple(label for label, keep in zip(labels, used.tolist(), strict=True) if keep)
    return Levels(names, frozen(position[codes]), kept)


def cross(columns: Sequence[Levels]) -> Levels:
    """Return the combinations of several columns that occur, sorted by the first column, then the next."""
    if len(columns) == 1:
        return columns[0]
    codes, table = combine_codes([column.codes for column in columns], [len(column) for column in columns])
    names = tuple(name for column in columns for name in column.names)
    parts = ([column.labels[code] for code in taken] for column, taken in zip(columns, table.T.tolist(), strict=True))
    labels = tuple(tuple(chain.from_iterable(each)) for each in zip(*parts, strict=True))
    return Levels(names, frozen(codes), labels)


def frozen(codes: IntArray) -> IntArray:
    """Return a read-only view of the codes."""
    view = codes.view()
    view.flags.writeable = False
    return view
