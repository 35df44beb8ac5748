"""Data with a known truth, and what an estimator makes of it in repeated samples.

A generator returns a :class:`Simulation`: the frame an analyst would see, and the true value of every estimand.
:func:`calibrate` draws many and reports bias, standard errors and coverage of an estimator.

Examples
--------
>>> from causalkit import simulate
>>> sim = simulate.simpson_paradox(1_000, rng=7)
>>> sim.truth["crude"], sim.truth["CATE(active)"], sim.truth["CATE(inactive)"]
(-123.0, 1000.0, 500.0)
"""

from causalkit.simulate._acquisition import acquisition
from causalkit.simulate._adoption import adoption
from causalkit.simulate._calibrate import calibrate
from causalkit.simulate._calibration import Calibration, Incident
from causalkit.simulate._coupon import coupon
from causalkit.simulate._discontinuity import discontinuity
from causalkit.simulate._instrument import encouragement, instrument
from causalkit.simulate._loyalty_tier import loyalty_tier
from causalkit.simulate._observational import observational
from causalkit.simulate._roll_out import roll_out
from causalkit.simulate._simpson import simpson_paradox
from causalkit.simulate._simulation import Simulation, Truth

__all__ = [
    "Calibration",
    "Incident",
    "Simulation",
    "Truth",
    "acquisition",
    "adoption",
    "calibrate",
    "coupon",
    "discontinuity",
    "encouragement",
    "instrument",
    "loyalty_tier",
    "observational",
    "roll_out",
    "simpson_paradox",
]
