"""Names for what the signs and sizes of crude, stratum and standardised effects show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

Pattern = Literal[
    "association reversal",
    "Yule",
    "amalgamation",
    "adjusted reversal",
    "amplification",
    "masking",
]
Kind = Literal["reversal", "masking", "amplification", "none"]

__all__ = ["Kind", "Pattern", "kind", "patterns"]


def patterns(crude: float, standardised: float, strata: FloatArray) -> tuple[Pattern, ...]:
    """Patterns in the estimates, whether or not they are more than chance.

    ======================== ==================================================================================
    association reversal     all strata have one sign (or 0) and the crude effect has the other
    Yule                     all strata are 0 and the crude effect is not
    amalgamation             the crude effect lies outside the range of the strata (of which the two above are
                             the extreme cases, named instead of it)
    adjusted reversal        the strata disagree in sign, and the standardised effect has not the crude one's
    amplification, masking   the crude effect is larger, smaller than the standardised one of the same sign
    ======================== ==================================================================================

    Parameters
    ----------
    crude, standardised : float
        The two effects; exactly 0 if zero but for rounding.
    strata : (s,) array
        Effects of the comparable strata, with the same convention.

    Returns
    -------
    tuple of str
        The patterns; empty if crude and standardised effect agree.

    References
    ----------
    Good, I. J. and Mittal, Y. (1987). The amalgamation and geometry of two-by-two contingency tables. Annals of
    Statistics 15(2), 694-711. Samuels, M. L. (1993). Simpson's paradox and related phenomena. JASA 88(421), 81-88.
    """
    found: list[Pattern] = []
    signs = np.sign(strata)
    one_sign = not (signs.min() < 0 < signs.max())
    if not signs.any():
        return ("Yule",) if crude else ()
    reverses = _opposite(crude, standardised)
    if one_sign and reverses:
        found.append("association reversal")
    elif crude < strata.min() or crude > strata.max():
        found.append("amalgamation")
    if reverses and not one_sign:
        found.append("adjusted reversal")
    elif not reverses and crude != standardised:
        found.append("amplification" if abs(crude) > abs(standardised) else "masking")
    return tuple(found)


def kind(crude: float, standardised: float, *, gap_is_clear: bool) -> Kind:
    """Type of the paradox in one word.

    Parameters
    ----------
    crude, standardised : float
        The two effects.
    gap_is_clear : bool
        Their difference is distinguishable from zero.

    Returns
    -------
    {"reversal", "masking", "amplification", "none"}
        Opposite signs are a reversal (how sure is a question for the reversal test). Effects of the same sign differ in
        type only if the difference is clear.
    """
    if _opposite(crude, standardised):
        return "reversal"
    if not gap_is_clear or crude == standardised:
        return "none"
    return "amplification" if abs(crude) > abs(standardised) else "masking"


def _opposite(a: float, b: float) -> bool:
    return bool(np.sign(a) * np.sign(b) < 0)
