"""Difference-in-differences: from the two differences to staggered roll-outs."""

from causalkit.did._aggregate import aggregate
from causalkit.did._decompositions import BaconDecomposition, TwfeWeights, bacon_decomposition, twfe_weights
from causalkit.did._estimate import estimate
from causalkit.did._estimate_result import DidEstimate, PlaceboAssignments
from causalkit.did._event_study import event_study
from causalkit.did._few_clusters import RandomizationTest, WildTest, randomization_inference, wild_bootstrap
from causalkit.did._group_time import group_time
from causalkit.did._group_time_result import CellEffects, GroupTime
from causalkit.did._imputation import imputation
from causalkit.did._multiplier import Multiplier
from causalkit.did._parallel_trends import ParallelTrends, PreTrendPower, parallel_trends
from causalkit.did._result import DidResult, EffectPath, RollOut
from causalkit.did._sensitivity import DivergingTrends, Sensitivity, sensitivity
from causalkit.did._stacked import stacked
from causalkit.did._sun_abraham import sun_abraham
from causalkit.did._twfe import twfe
from causalkit.did._two_by_two import two_by_two
from causalkit.did._two_by_two_result import TwoByTwoResult, WildClusters
from causalkit.did._two_stage import two_stage
from causalkit.did._variations import Variations, alternative_controls, leave_one_out, placebo_dates

__all__ = [
    "BaconDecomposition",
    "CellEffects",
    "DidEstimate",
    "DidResult",
    "DivergingTrends",
    "EffectPath",
    "GroupTime",
    "Multiplier",
    "ParallelTrends",
    "PlaceboAssignments",
    "PreTrendPower",
    "RandomizationTest",
    "RollOut",
    "Sensitivity",
    "TwfeWeights",
    "TwoByTwoResult",
    "Variations",
    "WildClusters",
    "WildTest",
    "aggregate",
    "alternative_controls",
    "bacon_decomposition",
    "estimate",
    "event_study",
    "group_time",
    "imputation",
    "leave_one_out",
    "parallel_trends",
    "placebo_dates",
    "randomization_inference",
    "sensitivity",
    "stacked",
    "sun_abraham",
    "twfe",
    "twfe_weights",
    "two_by_two",
    "two_stage",
    "wild_bootstrap",
]
