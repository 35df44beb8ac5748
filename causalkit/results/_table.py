"""A small table: columns of plain values, and how each is to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from causalkit._frames import to_native
from causalkit._validate import near_match
from causalkit.errors import OptionError
from causalkit.results._record import FrozenMap, Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Cell: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True, eq=False)
class Table(Record):
    """Columns of equal length, of strings and numbers.

    Attributes
    ----------
    title : str
        What the table shows, in words; may be empty.
    columns : mapping of str to sequence
        The columns, in order. Their names are those of the frame.
    headings : mapping of str to str
        Words for the columns where a person reads the table; a column without one is called by its name.
    note : str
        One sentence under the table; may be empty.

    Examples
    --------
    >>> table = Table("Arms", {"arm": ("treated", "control"), "n": (40, 60)})
    >>> table["n"], len(table)
    ((40, 60), 2)
    >>> print(table)
    Arms
    arm       n
    treated  40
    control  60
    """

    title: str
    columns: Mapping[str, Sequence[Cell]]
    headings: Mapping[str, str] = FrozenMap()
    note: str = ""

    def __post_init__(self) -> None:
        """Freeze the columns and check that they are equally long."""
        columns = FrozenMap({name: tuple(map(_plain, values)) for name, values in self.columns.items()})
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            raise OptionError(f"The columns of a table must be equally long; got lengths {sorted(lengths)}.")
        self._freeze(columns=columns, headings=FrozenMap(dict(self.headings)))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> tuple[Cell, ...]:
        """Return a column."""
        if name not in self.columns:
            raise OptionError(
                f"There is no column {name!r}.{near_match(name, self.columns)} There are: {', '.join(self.columns)}."
            )
        return tuple(self.columns[name])

    def __str__(self) -> str:
        """Return the table as text of at most 80 columns."""
        from causalkit.results._text import table_text

        return table_text(self)

    def _repr_html_(self) -> str:
        from causalkit.results._html import table_html

        return table_html(self)

    def heading(self, name: str) -> str:
        """Return the words for a column."""
        return self.headings.get(name, name)

    def rows(self) -> list[tuple[Cell, ...]]:
        """Return the rows as tuples."""
        return list(zip(*self.columns.values(), strict=True))

    def to_frame(self, *, backend: str = "pandas") -> Any:
        """Return the table as a data frame.

        Parameters
        ----------
        backend : str
            ``"pandas"``, ``"polars"`` or ``"pyarrow"``.

        Returns
        -------
        data frame
            Of that library, under the columns' own names.
        """
        return to_native({name: list(values) for name, values in self.columns.items()}, backend=backend)

    def to_markdown(self) -> str:
        """Return the table in Markdown, every label escaped."""
        from causalkit.results._markup import table_markdown

        return table_markdown(self)

    def to_latex(self) -> str:
        """Return the table as a LaTeX ``tabular`` with booktabs rules, every label escaped."""
        from causalkit.results._markup import table_latex

        return table_latex(self)

    def to_csv(self) -> str:
        """Return the table as CSV with all digits; labels that a spreadsheet would run are quoted by ``'``."""
        from causalkit.results._markup import table_csv

        return table_csv(self)


def _plain(value: Any) -> Cell:
    """Return a numpy scalar as the Python value that JSON gives back."""
    plain: Cell = value.item() if isinstance(value, np.generic) else value
    return plain
