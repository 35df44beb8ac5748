"""Step 4: carry out a method of matching or weighting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from causalkit.errors import OptionError
from causalkit.matching import _by_distance, _by_score, _by_strata, _weighting
from causalkit.matching._apply import apply
from causalkit.matching._score import PropensityScore

if TYPE_CHECKING:
    from causalkit.matching._matched import Match

# Importing them registers their methods.
METHODS = (_by_distance, _by_score, _by_strata, _weighting)


def match(score: PropensityScore, method: Any) -> Match:
    """Match or weight the two arms so that they look alike.

    The outcome plays no part yet. Every method ends in the same thing, one weight per unit (and pairs or blocks where
    there are any), so that balance, pictures and effects do not depend on which method it was.

    Parameters
    ----------
    score : PropensityScore
        From :func:`propensity_score`, narrowed by :func:`common_support` or not.
    method : specification
        The method with its settings: :class:`Nearest`, :class:`Optimal`, :class:`Full`, :class:`Exact`,
        :class:`CoarsenedExact`, :class:`Blocks`, :class:`Radius`, :class:`Kernel`, :class:`InverseProbability`,
        :class:`EntropyBalance` or :class:`CBPS`.

    Returns
    -------
    Match
        Weights, who was matched with whom, and what is left unmatched; ``balance()`` says how alike the arms are now.

    Raises
    ------
    DesignError
        Nobody can be matched; the message gives the smallest distance seen.
    OptionError
        Not a specification.

    References
    ----------
    Stuart, E. A. (2010). Matching methods for causal inference: a review and a look forward. Statistical Science
    25(1), 1-21.

    Examples
    --------
    >>> from causalkit import matching, simulate
    >>> sim = simulate.observational(2_000, rng=1)
    >>> score = matching.propensity_score(sim.data, treatment="treated", covariates=["x1", "x2", "x3", "x4"])
    >>> matched = matching.match(score, matching.Nearest(caliper=0.2))
    >>> matched.n_treated + matched.n_unmatched_treated == int(score.design.treated.sum())
    True
    """
    if not isinstance(score, PropensityScore):
        raise OptionError(
            f"score must be the answer of propensity_score(data, treatment=..., covariates=[...]); got "
            f"{type(score).__name__}."
        )
    return apply(method, score)
