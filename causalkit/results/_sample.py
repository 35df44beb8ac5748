"""What happened to the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit._validate import counted
from causalkit.results._record import FrozenMap, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit._frames import Rows
    from causalkit._typing import BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample(Record):
    """Rows given, used and left out.

    Attributes
    ----------
    n_rows : int
        Rows of the data.
    n_used : int
        Rows that the estimate uses.
    n_treated, n_control : int, optional
        Used rows in each arm; units, where ``n_units`` is given. None where there are no two arms.
    n_units : int, optional
        Distinct units among the used rows, where units repeat.
    n_clusters : int, optional
        Clusters among the used rows, where errors are clustered.
    dropped : mapping of str to int
        Why rows were left out, and how many for each reason.

    Examples
    --------
    >>> print(Sample(n_rows=100, n_used=97, n_treated=40, n_control=57, dropped={"missing age": 3}).describe())
    97 of 100 rows (40 treated, 57 control); left out: missing age 3
    """

    n_rows: int
    n_used: int
    n_treated: int | None = None
    n_control: int | None = None
    n_units: int | None = None
    n_clusters: int | None = None
    dropped: Mapping[str, int] = FrozenMap()

    def __post_init__(self) -> None:
        """Freeze the reasons."""
        self._freeze(dropped=FrozenMap(dict(self.dropped)))

    @classmethod
    def of(cls, rows: Rows, treated: BoolArray | None = None, *, n_clusters: int | None = None) -> Sample:
        """Return the sample of the rows read, with the sizes of the arms."""
        n_treated = None if treated is None else int(treated.sum())
        return cls(
            n_rows=rows.n_rows,
            n_used=rows.n_used,
            n_treated=n_treated,
            n_control=None if n_treated is None else rows.n_used - n_treated,
            n_clusters=n_clusters,
            dropped=rows.dropped,
        )

    def describe(self) -> str:
        """Return one line in words."""
        used = counted(self.n_used, "row")
        text = used if self.n_used == self.n_rows else f"{self.n_used:,} of {counted(self.n_rows, 'row')}"
        if self.n_units is not None:
            text += f", {counted(self.n_units, 'unit')}"
        if self.n_treated is not None and self.n_control is not None:
            text += f" ({self.n_treated:,} treated, {self.n_control:,} control)"
        if self.n_clusters is not None:
            text += f", {counted(self.n_clusters, 'cluster')}"
        if self.dropped:
            text += "; left out: " + ", ".join(f"{why} {n:,}" for why, n in self.dropped.items())
        return text
