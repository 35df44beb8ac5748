"""The effect that an argument stands for."""

from __future__ import annotations

from causalkit.errors import OptionError
from causalkit.results import Effect, Result


def effect_of(name: str, value: object) -> Effect:
    """Return the effect given, or the headline effect of the result given."""
    if isinstance(value, Result):
        return value.effect
    if isinstance(value, Effect):
        return value
    raise OptionError(
        f"{name} must be what a method of causalkit returned, or an Effect; got {type(value).__name__}. "
        f"Write published numbers as causalkit.results.Effect(estimand=..., estimate=..., std_error=...)."
    )
