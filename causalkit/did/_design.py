"""Which design the data are: it decides what answers the question and what misleads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from causalkit.did._result import RollOut

__all__ = ["DesignName", "recognize"]

DesignName = Literal["two periods", "common timing", "staggered", "repeated cross-sections"]


def recognize(roll_out: RollOut, *, units_repeat: bool) -> DesignName:
    """Return the design of a roll-out.

    Parameters
    ----------
    roll_out : RollOut
        Cohorts and periods.
    units_repeat : bool
        Whether the same units are seen in several periods.

    Returns
    -------
    {"two periods", "common timing", "staggered", "repeated cross-sections"}
        The first that fits, cross-sections before all.
    """
    if not units_repeat:
        return "repeated cross-sections"
    if len(roll_out.periods) == 2:
        return "two periods"
    return "common timing" if len(roll_out.cohorts) == 1 else "staggered"
