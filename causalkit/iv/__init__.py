"""Instrumental variables: an argument, a first stage, an interval that can be trusted.

Least squares is the baseline (:func:`ols`); the first stage says how strong the instrument is (:func:`first_stage`);
:func:`tsls` and its relatives estimate; :func:`weak_robust` inverts tests that weak instruments cannot spoil;
:func:`estimate` runs it all. What would overturn the answer: :func:`overturning`, :func:`plausibly_exogenous`.
"""

from causalkit.iv._apart import instruments_apart
from causalkit.iv._covariance import NeweyWest
from causalkit.iv._estimate import estimate
from causalkit.iv._first_stage import first_stage
from causalkit.iv._k_class import fuller, k_class, liml, tsls
from causalkit.iv._moment_based import MomentResult, cue, gmm, jive
from causalkit.iv._ols import ols
from causalkit.iv._records import AndersonRubin, BinnedStage, FirstStage, ModelTest
from causalkit.iv._result import IvResult, OlsResult
from causalkit.iv._sensitivity import Overturning, local_to_zero, overturning, plausibly_exogenous, sensitivity
from causalkit.iv._wald import wald
from causalkit.iv._weak_robust import ConditionalSet, JackknifeSet, WeakRobustResult, weak_robust
from causalkit.iv._wild import WildTest, wild_bootstrap

__all__ = [
    "AndersonRubin",
    "BinnedStage",
    "ConditionalSet",
    "FirstStage",
    "IvResult",
    "JackknifeSet",
    "ModelTest",
    "MomentResult",
    "NeweyWest",
    "OlsResult",
    "Overturning",
    "WeakRobustResult",
    "WildTest",
    "cue",
    "estimate",
    "first_stage",
    "fuller",
    "gmm",
    "instruments_apart",
    "jive",
    "k_class",
    "liml",
    "local_to_zero",
    "ols",
    "overturning",
    "plausibly_exogenous",
    "sensitivity",
    "tsls",
    "wald",
    "weak_robust",
    "wild_bootstrap",
]
