"""The rule from confidence set, checks and guardrails to a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from causalkit.results import ConfidenceSet, Result

VerdictOnAction: TypeAlias = Literal["no causal reading", "stop", "ship", "undecided"]


def verdict_of(
    result: Result, *, gains: ConfidenceSet, guardrails: Iterable[Literal["kept", "open", "broken"]]
) -> VerdictOnAction:
    """Return the first that applies: no causal reading, stop, ship, undecided.

    Parameters
    ----------
    result : Result
        The result decided on.
    gains : Interval or IntervalUnion
        Net gains that the data allow.
    guardrails : iterable of {"kept", "open", "broken"}
        State of each guardrail.

    Returns
    -------
    {"no causal reading", "stop", "ship", "undecided"}
        "no causal reading" if a check is violated, or the data reject every value of the effect; "stop" if a
        guardrail is broken or every gain is negative; "ship" if every gain is positive and every guardrail kept;
        else "undecided".
    """
    states = tuple(guardrails)
    ends = [end for part in gains.parts for end in part]
    if result.checks.with_verdict("violated") or not ends:
        return "no causal reading"
    if "broken" in states or all(end < 0 for end in ends):
        return "stop"
    if all(end > 0 for end in ends) and all(state == "kept" for state in states):
        return "ship"
    return "undecided"
