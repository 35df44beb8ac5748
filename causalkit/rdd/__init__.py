"""Regression discontinuity: the effect of a rule that treats on one side of a cutoff.

Look (:func:`bins`), test what the design rests on (:func:`density_test`, :func:`covariate_continuity`,
:func:`placebo_cutoffs`), estimate (:func:`local_polynomial`), and see how much the answer depends on the window
(:func:`bandwidth_sensitivity`) and on the rows at the very cutoff (:func:`donut`). :func:`estimate` runs it all.
:func:`honest` takes a bound on the curvature instead, also for scores with few values;
:func:`local_randomization` compares units in a window so narrow that treatment there can pass for random.
"""

from causalkit.rdd._bins import BinnedScatter, bins
from causalkit.rdd._density_test import DensityTest, density_test
from causalkit.rdd._estimate import estimate
from causalkit.rdd._falsification import covariate_continuity, placebo_cutoffs
from causalkit.rdd._global_polynomial import GlobalPolynomialResult, global_polynomial
from causalkit.rdd._honest import BiasAware, BiasAwareRatio, HonestResult, honest
from causalkit.rdd._honest_discrete import WorstMisfit, honest_discrete
from causalkit.rdd._local_polynomial import local_polynomial
from causalkit.rdd._local_randomization import LocalRandomizationResult, local_randomization
from causalkit.rdd._power import RddSampleSize, minimum_detectable_effect, power, sample_size
from causalkit.rdd._randomization import RandomizationInference
from causalkit.rdd._records import RddBandwidths, RddSide
from causalkit.rdd._result import RddResult
from causalkit.rdd._sensitivity import bandwidth_sensitivity, donut
from causalkit.rdd._series import RddSeries
from causalkit.rdd._window_selection import WindowSelection, select_window

__all__ = [
    "BiasAware",
    "BiasAwareRatio",
    "BinnedScatter",
    "DensityTest",
    "GlobalPolynomialResult",
    "HonestResult",
    "LocalRandomizationResult",
    "RandomizationInference",
    "RddBandwidths",
    "RddResult",
    "RddSampleSize",
    "RddSeries",
    "RddSide",
    "WindowSelection",
    "WorstMisfit",
    "bandwidth_sensitivity",
    "bins",
    "covariate_continuity",
    "density_test",
    "donut",
    "estimate",
    "global_polynomial",
    "honest",
    "honest_discrete",
    "local_polynomial",
    "local_randomization",
    "minimum_detectable_effect",
    "placebo_cutoffs",
    "power",
    "sample_size",
    "select_window",
]
