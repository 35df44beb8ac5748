"""Regression discontinuity: the effect of a rule that treats on one side of a cutoff.

:func:`local_polynomial` estimates the jump of the outcome at the cutoff.
"""

from causalkit.rdd._local_polynomial import local_polynomial
from causalkit.rdd._records import RddBandwidths, RddSide
from causalkit.rdd._result import RddResult

__all__ = ["RddBandwidths", "RddResult", "RddSide", "local_polynomial"]
