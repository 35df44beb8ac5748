"""Matching and weighting on observed covariates: design first, the outcome last.

The steps: :func:`propensity_score`, :func:`block_balance`, :func:`common_support`, a match or weighting,
its ``balance()``, and only then the effect.
"""

from causalkit.matching._aipw import aipw
from causalkit.matching._balance import BalanceTable
from causalkit.matching._block_balance import BlockBalance, block_balance
from causalkit.matching._design import MatchingDesign
from causalkit.matching._distribution import CovariateDistribution, ScoreHistogram
from causalkit.matching._effect import effect
from causalkit.matching._estimate import estimate
from causalkit.matching._match import match
from causalkit.matching._matched import Match
from causalkit.matching._propensity import propensity_score
from causalkit.matching._result import MatchingResult
from causalkit.matching._score import PropensityScore
from causalkit.matching._selection import Stepwise
from causalkit.matching._sensitivity import MatchingSensitivity, sensitivity
from causalkit.matching._specs import Blocks, CoarsenedExact, Exact, Full, Kernel, Nearest, Optimal, Radius
from causalkit.matching._support import Support, common_support
from causalkit.matching._weighting import CBPS, EntropyBalance, InverseProbability

__all__ = [  # noqa: RUF022 - in plain order
    "BalanceTable",
    "BlockBalance",
    "Blocks",
    "CBPS",
    "CoarsenedExact",
    "CovariateDistribution",
    "EntropyBalance",
    "Exact",
    "Full",
    "InverseProbability",
    "Kernel",
    "Match",
    "MatchingDesign",
    "MatchingResult",
    "MatchingSensitivity",
    "Nearest",
    "Optimal",
    "PropensityScore",
    "Radius",
    "ScoreHistogram",
    "Stepwise",
    "Support",
    "aipw",
    "block_balance",
    "common_support",
    "effect",
    "estimate",
    "match",
    "propensity_score",
    "sensitivity",
]
