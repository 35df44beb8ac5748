"""From a specification to a match: each method registers how it is carried out."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from causalkit.errors import OptionError

if TYPE_CHECKING:
    from causalkit.matching._matched import Match
    from causalkit.matching._score import PropensityScore


@singledispatch
def _carry_out(spec: Any, score: PropensityScore) -> Match:
    del score
    found = spec.__name__ if isinstance(spec, type) else repr(spec)
    hint = f" Write {found}() with brackets." if isinstance(spec, type) else ""
    raise OptionError(f"{found} is not a method of matching or weighting.{hint}")


# The file of each method decorates its function (spec, score) -> Match with ``@register(Spec)``.
register = _carry_out.register


def apply(spec: Any, score: PropensityScore) -> Match:
    """Carry out a specification.

    Parameters
    ----------
    spec : object
        The method and its settings.
    score : PropensityScore
        What is matched on.

    Returns
    -------
    Match
        Weights, and pairs or blocks where the method makes them.

    Raises
    ------
    OptionError
        Not a specification.
    """
    # Dispatched by hand, so that warnings find the caller's line behind frames of this package alone.
    matched: Match = _carry_out.dispatch(type(spec))(spec, score)
    return matched
