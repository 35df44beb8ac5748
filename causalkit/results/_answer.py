"""What results, comparisons and decisions have in common: they are drawn, kept, and read back."""

from __future__ import annotations

from typing import Any, Self

from causalkit.errors import DataError
from causalkit.results import _json
from causalkit.results._drawable import Drawable
from causalkit.results._record import Record


class Answer(Record, Drawable):
    """A record with a picture, a plain form and a lasting one."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return every field as nested dicts, lists and scalars."""
        plain: dict[str, Any] = _json.plain(self)
        return plain

    def to_json(self) -> str:
        """Return the fields as JSON with a schema version; :meth:`from_json` reads them back bit by bit."""
        return _json.dumps(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what :meth:`to_json` wrote.

        Parameters
        ----------
        text : str
            The JSON.

        Returns
        -------
        Result, Comparison or Decision
            Equal to the one written, and of its type.

        Raises
        ------
        DataError
            The text is not the JSON of such a value, or of another version.
        """
        value = _json.loads(text)
        if not isinstance(value, cls):
            raise DataError(f"The JSON holds a {type(value).__name__}, not a {cls.__name__}.")
        return value
