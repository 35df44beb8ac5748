"""A feature that ambitious users adopt by themselves, and a push drawn by lot that brings some of the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native
from causalkit.simulate._simulation import Simulation, Truth

if TYPE_CHECKING:
    from causalkit._typing import Rng

# Willingness, in its standard deviations, above which a user adopts with and without the push.
_WITH_PUSH: Final = 0.2
_WITHOUT: Final = 1.1
_LOG_LEVEL, _LOG_AMBITION, _LOG_NOISE = 5.6, 0.35, 0.45


def adoption(
    n: int,
    *,
    rng: Rng,
    effect: float = 60.0,
    heterogeneity: float = 20.0,
    confounding: float = 1.0,
    direct_effect: float = 0.0,
    share_encouraged: float = 0.5,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate a feature that ambitious users adopt, with a randomised push to adopt it.

    For each of `n` independent users, with e1 and e2 standard normal::

        A ~ N(0, 1)                                        ambition, not observed
        spend_before = exp(5.6 + 0.35 A + 0.45 e1)         yuan in the quarter before
        push ~ Bernoulli(share_encouraged)                 drawn by lot
        W = (confounding * A + N(0, 1)) / sqrt(1 + confounding**2)
        feature = 1 if W > 1.1, or if push = 1 and W > 0.2
        spend = exp(5.6 + 0.35 A + 0.45 e2) + (effect + heterogeneity * A) feature + direct_effect * push

    The push moves nobody away from the feature. Who adopts it without a push is ambitious, and would spend more anyway.

    Parameters
    ----------
    n : int
        Users.
    rng : Generator or int
        Source of randomness, or a seed.
    effect : float
        Average effect of the feature over all users, in yuan a quarter.
    heterogeneity : float
        What one standard deviation of ambition adds to the effect, in yuan.
    confounding : float
        How strongly ambition moves adoption.
    direct_effect : float
        Effect of the push on the spend past the feature, in yuan: a violation of exclusion.
    share_encouraged : float
        Share of users that are pushed.
    backend : str
        Library of the frame.

    Returns
    -------
    Simulation
        Columns ``spend_before, push, feature, spend``. ``truth`` has in closed form ``"ATE"``, ``"LATE"`` (the effect
        on users whom the push makes adopt), ``"ITT"`` (the effect of the push) and the shares ``"complier"``,
        ``"always"`` and ``"never"``.

    Raises
    ------
    OptionError
        An argument is out of range.

    Notes
    -----
    With ρ the correlation of ambition and willingness W, the mean ambition of the compliers is
    ρ (φ(0.2) - φ(1.1)) / (Φ(1.1) - Φ(0.2)), that of a normal variable given that W lies between the two thresholds.

    References
    ----------
    Imbens, G. W. and Angrist, J. D. (1994). Econometrica 62(2), 467-475. Vytlacil, E. (2002). Econometrica 70(1),
    331-341 (thresholds of willingness are the assumptions of the LATE).

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.adoption(1_000, rng=6)
    >>> {name: round(sim.truth[name], 3) for name in ("ATE", "LATE", "complier")}
    {'ATE': 60.0, 'LATE': 68.592, 'complier': 0.285}
    """
    n = _validate.whole("n", n, least=1)
    effect, slope = _validate.real("effect", effect), _validate.real("heterogeneity", heterogeneity)
    weight, direct = _validate.real("confounding", confounding), _validate.real("direct_effect", direct_effect)
    pushed = _validate.fraction("share_encouraged", share_encouraged)
    generator = _validate.generator(rng)

    length = math.hypot(1.0, weight)
    ambition, whim, e1, e2 = generator.standard_normal((4, n))
    willing = (weight * ambition + whim) / length
    push = generator.random(n) < pushed
    feature = (willing > _WITHOUT) | (push & (willing > _WITH_PUSH))
    before, habit = (np.exp(_LOG_LEVEL + _LOG_AMBITION * ambition + _LOG_NOISE * e) for e in (e1, e2))
    data = {
        "spend_before": before,
        "push": push.astype(np.int64),
        "feature": feature.astype(np.int64),
        "spend": habit + (effect + slope * ambition) * feature + direct * push,
    }
    always, never = 1.0 - _ndtr(_WITHOUT), _ndtr(_WITH_PUSH)
    complier = 1.0 - always - never
    late = effect + slope * (weight / length) * (_density(_WITH_PUSH) - _density(_WITHOUT)) / complier
    truth = {"ATE": effect, "LATE": late, "ITT": complier * late + direct}
    shares = {"complier": complier, "always": always, "never": never}
    return Simulation(data=to_native(data, backend=backend), truth=Truth({**truth, **shares}))


def _ndtr(z: float) -> float:
    """Distribution function of a standard normal variable."""
    return math.erfc(-z / math.sqrt(2.0)) / 2.0


def _density(z: float) -> float:
    return math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
