"""Users whom several channels brought, each its own mix of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native
from causalkit.errors import OptionError
from causalkit.simulate._simulation import Simulation, Truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import FloatArray, Rng

_CHANNELS: Final = ("search", "social", "referral")
_SHARES: Final = (0.40, 0.35, 0.25)
_BASKETS: Final = ("regular", "discounted")
# Share of users whose first basket was discounted, and shares of the city tiers 1 to 3, by channel.
_DISCOUNTED: Final = (0.30, 0.45, 0.80)
_TIERS: Final = ((0.45, 0.35, 0.20), (0.35, 0.40, 0.25), (0.15, 0.35, 0.50))
_COSTS: Final = (38.0, 30.0, 34.0)
_BASELINE: Final = (0.48, 0.20)  # retained after a regular and a discounted first basket, city tier 2, search
_TIER_EFFECT: Final = (0.05, 0.0, -0.05)
_COST_SHAPE = 8.0


def acquisition(
    n: int,
    *,
    rng: Rng,
    effects: Sequence[float] = (0.0, -0.05, 0.06),
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate users of three acquisition channels that bring different users and keep them differently well.

    For each of `n` independent users::

        channel ~ (0.40 search, 0.35 social, 0.25 referral)
        first_basket = discounted with probability 0.30, 0.45, 0.80 by channel, else regular
        city_tier ~ (.45, .35, .20), (.35, .40, .25), (.15, .35, .50) for tiers 1, 2, 3 by channel
        cost ~ Gamma(8) with means of 38, 30 and 34 yuan by channel
        P(retained) = 0.48 (regular) or 0.20 (discounted) + 0.05, 0, -0.05 by city tier + effect of the channel

    Parameters
    ----------
    n : int
        Users.
    rng : Generator or int
        Source of randomness, or a seed.
    effects : (3,) sequence of float
        Effect of search, social and referral on the probability to be retained; between -0.15 and 0.47.
    backend : str
        Library of the frame.

    Returns
    -------
    Simulation
        Columns ``channel, first_basket, city_tier, cost`` (yuan, of acquiring the user) and ``retained`` (0/1, active
        90 days later). ``truth`` has in closed form, for each channel, ``"crude(channel)"``, the share retained among
        its own users, and ``"standardised(channel)"``, that of all users had they come through it.

    Raises
    ------
    OptionError
        Not three effects, or one that makes a probability leave [0, 1].

    References
    ----------
    Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the American Statistical
    Association 50(272), 1168-1194.

    Examples
    --------
    >>> from causalkit import simulate
    >>> truth = simulate.acquisition(1_000, rng=7).truth
    >>> round(truth["crude(referral)"] - truth["crude(search)"], 4)
    -0.11
    >>> round(truth["standardised(referral)"] - truth["standardised(search)"], 4)
    0.06
    """
    n = _validate.whole("n", n, least=1)
    gain = _three(effects)
    retained = _retention(gain)
    generator = _validate.generator(rng)

    channel = generator.choice(3, size=n, p=_SHARES)
    basket = (generator.random(n) < np.asarray(_DISCOUNTED)[channel]).astype(np.int64)
    ends = np.cumsum(np.asarray(_TIERS), axis=1)[channel, :2]
    tier = (generator.random(n)[:, np.newaxis] >= ends).sum(axis=1)
    cost = np.asarray(_COSTS)[channel] * generator.gamma(_COST_SHAPE, size=n) / _COST_SHAPE
    stays = generator.random(n) < retained[channel, basket, tier]
    data = {
        "channel": [_CHANNELS[each] for each in channel.tolist()],
        "first_basket": [_BASKETS[each] for each in basket.tolist()],
        "city_tier": tier + 1,
        "cost": cost,
        "retained": stays.astype(np.int64),
    }
    return Simulation(data=to_native(data, backend=backend), truth=Truth(_population_truth(retained)))


def _retention(gain: FloatArray) -> FloatArray:
    """P(retained) by channel, basket and city tier."""
    base = np.add.outer(_BASELINE, _TIER_EFFECT)
    retained: FloatArray = gain[:, np.newaxis, np.newaxis] + base
    if (retained < 0).any() or (retained > 1).any():
        raise OptionError(f"effects={tuple(gain.tolist())} make a probability leave [0, 1].")
    return retained


def _population_truth(retained: FloatArray) -> dict[str, float]:
    """Shares retained of each channel's own users, and of all users."""
    discounted = np.asarray(_DISCOUNTED)
    basket = np.column_stack([1 - discounted, discounted])
    mix = basket[:, :, np.newaxis] * np.asarray(_TIERS)[:, np.newaxis, :]
    everybody = np.tensordot(np.asarray(_SHARES), mix, axes=1)
    crude = (mix * retained).sum(axis=(1, 2))
    standardised = (everybody * retained).sum(axis=(1, 2))
    return {
        f"{name}({channel})": float(value)
        for name, values in (("crude", crude), ("standardised", standardised))
        for channel, value in zip(_CHANNELS, values, strict=True)
    }


def _three(effects: Sequence[float]) -> FloatArray:
    found = [_validate.real("effects", each) for each in effects]
    if len(found) != len(_CHANNELS):
        raise OptionError(f"effects={tuple(found)} must have three values: {', '.join(_CHANNELS)}.")
    return np.asarray(found)
