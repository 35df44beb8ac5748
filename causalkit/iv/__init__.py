"""Instrumental variables: an argument, a first stage, an interval that can be trusted."""

from causalkit.iv._covariance import NeweyWest
from causalkit.iv._k_class import fuller, k_class, liml, tsls
from causalkit.iv._ols import ols
from causalkit.iv._records import AndersonRubin, FirstStage, ModelTest
from causalkit.iv._result import IvResult, OlsResult

__all__ = [
    "AndersonRubin",
    "FirstStage",
    "IvResult",
    "ModelTest",
    "NeweyWest",
    "OlsResult",
    "fuller",
    "k_class",
    "liml",
    "ols",
    "tsls",
]
