"""Columns of labels as integer codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import BoolArray, IntArray

Label: TypeAlias = "str | int | float | bool"
_CODES_COUNTED = 1 << 22


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
    crossed = columns[0]
    for other in columns[1:]:
        names = crossed.names + other.names
        width = len(other)
        codes = crossed.codes * width + other.codes
        if len(crossed) * width <= _CODES_COUNTED:
            observed = np.flatnonzero(np.bincount(codes, minlength=len(crossed) * width))
            position = np.zeros(len(crossed) * width, dtype=np.int64)
            position[observed] = np.arange(observed.size)
            codes = position[codes]
        else:
            observed, codes = np.unique(codes, return_inverse=True)
        labels = tuple(crossed.labels[code // width] + other.labels[code % width] for code in observed.tolist())
        crossed = Levels(names, frozen(codes.astype(np.int64, copy=False)), labels)
    return crossed


def frozen(codes: IntArray) -> IntArray:
    """Return a read-only view of the codes."""
    view = codes.view()
    view.flags.writeable = False
    return view
