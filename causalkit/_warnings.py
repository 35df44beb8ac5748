"""Warnings of one call: issued at the caller's line, and kept for the result."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from causalkit.errors import CausalkitWarning, DesignWarning

if TYPE_CHECKING:
    from collections.abc import Iterator


class Warned:
    """Collects what a call warns of.

    Examples
    --------
    >>> import warnings
    >>> warned = Warned()
    >>> with warnings.catch_warnings(record=True) as seen:
    ...     warnings.simplefilter("always")
    ...     warned.add("5 treated rows of 200,000: the interval is unreliable.")
    >>> warned.messages == (str(seen[0].message),)
    True
    """

    def __init__(self) -> None:
        self._messages: list[str] = []

    @property
    def messages(self) -> tuple[str, ...]:
        """The messages so far, in order, each once."""
        return tuple(self._messages)

    def add(self, message: str, category: type[CausalkitWarning] = DesignWarning) -> None:
        """Warn the caller and keep the message; one that was already given is not repeated."""
        if message in self._messages:
            return
        self._messages.append(message)
        warnings.warn(message, category, stacklevel=_level_of_caller())

    @contextmanager
    def translated(self, says: str, category: type[CausalkitWarning] = DesignWarning) -> Iterator[None]:
        """Turn warnings that a library gives inside the block into one of ours.

        Parameters
        ----------
        says : str
            What it means here; the library's own words follow in parentheses.
        category : type
            The warning to give.
        """
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            yield
        for text in dict.fromkeys(str(each.message) for each in seen):
            self.add(f"{says} ({text})", category)


def _level_of_caller() -> int:
    """Return the stack level of the first frame outside the package, as ``warnings.warn`` counts from ``add``."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001 - the documented way to find the caller
    while frame.f_back is not None and _inside(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
        level += 1
    return level


def _inside(module: str) -> bool:
    return module in ("causalkit", "contextlib") or module.startswith("causalkit.")
