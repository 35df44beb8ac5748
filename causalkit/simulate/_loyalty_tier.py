"""A loyalty tier that starts at a score, which some users push themselves over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native
from causalkit.errors import OptionError
from causalkit.simulate._score import expit
from causalkit.simulate._simulation import Simulation, Truth

if TYPE_CHECKING:
    from causalkit._typing import Rng

_CUTOFF: Final = 600.0
_REACH = 30.0  # points below the tier from which it is worth while to top up
_SHAPE, _SCALE = 9.0, 62.0
_EAGERNESS = 80.0


def loyalty_tier(
    n: int,
    *,
    rng: Rng,
    effect: float = 60.0,
    heaping: float = 0.6,
    noise: float = 120.0,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate a loyalty tier from 600 points on, with users who top up their score to reach it.

    For each of `n` independent users::

        S* ~ 62 Gamma(9)                              points earned by ordinary shopping, mean 558
        A ~ N(0, 1)                                   eagerness, not observed
        tenure_months = max(1, 24 + 6 A + N(0, 8))    known before, related to eagerness
        if 570 <= S* < 600, with probability heaping * 2 expit(2 A) (at most 1):
            score = 600 + Exponential(6)              topped up
        else score = S*
        gold = 1 if score >= 600
        spend = 500 + 0.6 (S* - 600) + 0.0008 (S* - 600)**2 + 80 A
                + (effect + 0.1 (S* - 600)) gold + noise * e,  e ~ N(0, 1)

    Those who top up are the eager ones. Without heaping the jump of the spend at 600 points is the effect. With it,
    too few users are seen below 600, too many above, and the two sides differ in eagerness; outside of 570 to about
    630 points nothing is changed.

    Parameters
    ----------
    n : int
        Users.
    rng : Generator or int
        Source of randomness, or a seed.
    effect : float
        Effect of the tier on the spend of a user with 600 points, in yuan; a tenth of a yuan more with every point.
    heaping : float
        Share of the users of average eagerness within 30 points below who top up; 0 for none.
    noise : float
        Standard deviation of the spend given everything else, in yuan.
    backend : str
        Library of the frame.

    Returns
    -------
    Simulation
        Columns ``score, tenure_months, gold, spend``; the truth is ``"jump"``, the effect at 600 points, and
        ``"SATT"``, the average effect on the users drawn who have the tier (NaN if nobody has).

    Raises
    ------
    OptionError
        An argument is out of range.

    References
    ----------
    McCrary, J. (2008). Manipulation of the running variable in the regression discontinuity design. Journal of
    Econometrics 142(2), 698-714. Barreca, A. I., Lindo, J. M. and Waddell, G. R. (2016). Heaping-induced bias in
    regression-discontinuity designs. Economic Inquiry 54(1), 268-293.

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.loyalty_tier(1_000, rng=5)
    >>> list(sim.data.columns), sim.truth["jump"]
    (['score', 'tenure_months', 'gold', 'spend'], 60.0)
    """
    n = _validate.whole("n", n, least=1)
    effect = _validate.real("effect", effect)
    share = _validate.real("heaping", heaping)
    if not 0 <= share <= 1:
        raise OptionError(f"heaping={heaping!r} must lie between 0 and 1.")
    spread = _validate.non_negative("noise", noise)
    generator = _validate.generator(rng)

    earned = _SCALE * generator.gamma(_SHAPE, size=n)
    eager = generator.standard_normal(n)
    tenure = np.maximum(1.0, 24.0 + 6.0 * eager + 8.0 * generator.standard_normal(n))
    near = (earned >= _CUTOFF - _REACH) & (earned < _CUTOFF)
    tops_up = near & (generator.random(n) < share * 2.0 * expit(2.0 * eager))
    score = np.where(tops_up, _CUTOFF + generator.exponential(6.0, n), earned)
    gold = score >= _CUTOFF
    distance = earned - _CUTOFF
    gain = effect + 0.1 * distance
    mean = 500.0 + 0.6 * distance + 0.0008 * distance**2 + _EAGERNESS * eager + gain * gold
    spend = mean + spread * generator.standard_normal(n)
    satt = float(gain[gold].mean()) if gold.any() else float("nan")
    data = {"score": score, "tenure_months": tenure, "gold": gold.astype(np.int64), "spend": spend}
    return Simulation(data=to_native(data, backend=backend), truth=Truth({"jump": effect, "SATT": satt}))
