"""A coupon sent to the buyers who looked best: targeting, postponed and pulled-forward orders, redemption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native
from causalkit.errors import OptionError
from causalkit.simulate._score import expit
from causalkit.simulate._simulation import Simulation, Truth

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray, Rng

# Product of the first order: share, factor of the order rate, factor of the basket.
_PRODUCTS: Final = {
    "snacks": (0.35, 1.1, 0.7),
    "beauty": (0.30, 1.0, 1.2),
    "home": (0.20, 0.6, 1.5),
    "baby": (0.15, 1.4, 1.0),
}
# Channel that brought the buyer: share, factor of the order rate.
_CHANNELS: Final = {"search": (0.40, 1.0), "social": (0.35, 0.8), "referral": (0.25, 1.2)}
# Days after eligibility: first, last. The coupon is valid in the second window.
_WINDOWS: Final = {"0_13": (0, 13), "14_60": (14, 60), "61_120": (61, 120)}
_VALID: Final = "14_60"
_DAILY_RATE = 0.014
_YEAR = 365
_BASKET_SHAPE, _BASKET_SCALE = 4.0, 25.0
_REDEEM = 0.8


def coupon(
    n: int,
    *,
    rng: Rng,
    lift: float = 0.5,
    postponed: float = 0.15,
    pulled_forward: float = 0.25,
    confounding: float = 1.0,
    potential_outcomes: bool = False,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate buyers of whom the promising ones are sent a coupon that is valid from day 14 to day 60.

    For each of `n` independent buyers, with day 0 the day on which it was decided who is sent the coupon::

        G ~ Gamma(2, 1/2)                                     unobserved liking for the shop, mean 1
        first_product, channel ~ their shares;  f             the product of their factors of the order rate
        orders_before = 1 + Poisson(2.5 f G)                  orders in the year before
        recency_days  = 1 + Exponential(120 / (0.4 + f G))    days since the last order, at most 365
        spend_before  = orders_before baskets                 yuan
        P(coupon = 1) = expit(-0.7 + confounding * index),
            index = 0.6 log(orders_before / 3) - 0.6 (recency_days - 60) / 100 + 0.2 [baby] + 0.2 [referral]
        rate = 0.014 f G exp(-recency_days / 200)             orders a day without the coupon

    Orders in a window are Poisson with the rate times its days. With the coupon the rate is multiplied by
    ``1 - postponed`` in days 0 to 13, ``1 + lift`` in days 14 to 60, and ``1 - pulled_forward`` in days 61 to 120. A
    basket is Gamma(4) with mean 100 yuan times a factor of the product. A buyer with a coupon and an order in days 14
    to 60 redeems it with the first of these orders, with probability 0.8.

    Who is sent the coupon depends on what was observed before day 0 and on nothing else: treatment is unconfounded
    given the five columns.

    Parameters
    ----------
    n : int
        Buyers.
    rng : Generator or int
        Source of randomness, or a seed.
    lift : float
        Rise of the order rate while the coupon is valid, relative to the rate without it; -1 or more.
    postponed : float
        Share of the orders of days 0 to 13 that buyers with a coupon leave out.
    pulled_forward : float
        Share of the orders of days 61 to 120 that they leave out, because they stocked up.
    confounding : float
        How strongly good customers are preferred. 0 is a lottery.
    potential_outcomes : bool
        Whether to return the spend of every window with and without the coupon, and the propensity, too.
    backend : str
        Library of the frames.

    Returns
    -------
    Simulation
        ``data`` has the columns ``recency_days, orders_before, spend_before, first_product, channel, coupon,
        redeemed_day`` (NaN if never), ``bought_14_60`` (0/1), and the spend by window in yuan: ``spend_0_13,
        spend_14_60, spend_61_120``. ``truth`` has the average effects on the buyers drawn who were sent the coupon:
        ``"SATT(0-13)"``, ``"SATT(14-60)"``, ``"SATT(61-120)"`` and ``"SATT(0-120)"`` in yuan, and ``"SATT(bought)"``
        on ``bought_14_60`` (NaN if the coupon was sent to nobody).

    Raises
    ------
    OptionError
        A share outside its range.

    Notes
    -----
    The coupon takes orders away from, or adds orders to, those that would have been made without it; the others stay
    the same. So both potential outcomes of a buyer share their luck.

    References
    ----------
    Neslin, S. A. (2002). Sales Promotion. Marketing Science Institute (purchase acceleration and stockpiling).
    Suissa, S. (2008). Immortal time bias in pharmacoepidemiology. American Journal of Epidemiology 167(4), 492-499.

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.coupon(2_000, rng=2)
    >>> sim.truth["SATT(0-13)"] < 0 < sim.truth["SATT(14-60)"]
    True
    >>> list(sim.data.columns)[-4:]
    ['bought_14_60', 'spend_0_13', 'spend_14_60', 'spend_61_120']
    """
    n = _validate.whole("n", n, least=1)
    factors = {
        "0_13": 1.0 - _share("postponed", postponed),
        _VALID: 1.0 + _lift(lift),
        "61_120": 1.0 - _share("pulled_forward", pulled_forward),
    }
    targeting = _validate.real("confounding", confounding)
    keep = _validate.flag("potential_outcomes", potential_outcomes)
    generator = _validate.generator(rng)

    buyers = _draw_buyers(n, generator)
    propensity = expit(-0.7 + targeting * buyers.index)
    sent = generator.random(n) < propensity
    windows = {
        name: _draw_window(buyers, days=last - first + 1, factor=factors[name], rng=generator)
        for name, (first, last) in _WINDOWS.items()
    }
    valid = windows[_VALID]
    orders = np.where(sent, valid.orders1, valid.orders0)
    redeemed_day = _redemption(orders, sent, generator)
    spend = {f"spend_{name}": np.where(sent, each.spend1, each.spend0) for name, each in windows.items()}
    data = {
        **buyers.seen,
        "coupon": sent.astype(np.int64),
        "redeemed_day": redeemed_day,
        "bought_14_60": (orders > 0).astype(np.int64),
        **spend,
    }
    hidden = {f"spend_{name}_{arm}": values for name, each in windows.items() for arm, values in each.by_arm.items()}
    return Simulation(
        data=to_native(data, backend=backend),
        truth=Truth(_effects_on(sent, windows)),
        potential=to_native({**hidden, "propensity": propensity}, backend=backend) if keep else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Buyers:
    """What is known of the buyers on day 0, and their habits; all arrays are (n,)."""

    seen: dict[str, FloatArray | IntArray | list[str]]
    index: FloatArray
    rate: FloatArray
    basket: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Window:
    """Orders and spend of one window without and with the coupon; all arrays are (n,)."""

    orders0: IntArray
    orders1: IntArray
    spend0: FloatArray
    spend1: FloatArray

    @property
    def by_arm(self) -> dict[str, FloatArray]:
        return {"without": self.spend0, "with": self.spend1}


def _draw_buyers(n: int, rng: np.random.Generator) -> _Buyers:
    product = rng.choice(len(_PRODUCTS), size=n, p=[share for share, *_ in _PRODUCTS.values()])
    channel = rng.choice(len(_CHANNELS), size=n, p=[share for share, _ in _CHANNELS.values()])
    pace = np.array([each for _, each, _ in _PRODUCTS.values()])[product]
    pace = pace * np.array([each for _, each in _CHANNELS.values()])[channel] * rng.gamma(2.0, 0.5, n)
    basket = _BASKET_SCALE * np.array([each for *_, each in _PRODUCTS.values()])[product]
    orders = 1 + rng.poisson(2.5 * pace)
    recency = np.minimum(1 + rng.exponential(120 / (0.4 + pace)).astype(np.int64), _YEAR)
    products, channels = list(_PRODUCTS), list(_CHANNELS)
    index = 0.6 * np.log(orders / 3) - 0.6 * (recency - 60) / 100
    index = index + 0.2 * (product == products.index("baby")) + 0.2 * (channel == channels.index("referral"))
    return _Buyers(
        seen={
            "recency_days": recency,
            "orders_before": orders,
            "spend_before": basket * rng.gamma(_BASKET_SHAPE * orders),
            "first_product": [products[each] for each in product.tolist()],
            "channel": [channels[each] for each in channel.tolist()],
        },
        index=index,
        rate=_DAILY_RATE * pace * np.exp(-recency / 200),
        basket=basket,
    )


def _draw_window(buyers: _Buyers, *, days: int, factor: float, rng: np.random.Generator) -> _Window:
    """Orders without the coupon; those that it takes away are among them, those that it adds come on top."""
    mean = buyers.rate * days
    orders = rng.poisson(mean)
    kept = rng.binomial(orders, min(factor, 1.0))
    added = rng.poisson(mean * max(factor - 1.0, 0.0))
    spend_kept, spend_lost, spend_added = (
        buyers.basket * rng.gamma(_BASKET_SHAPE * number) for number in (kept, orders - kept, added)
    )
    return _Window(
        orders0=orders, orders1=kept + added, spend0=spend_kept + spend_lost, spend1=spend_kept + spend_added
    )


def _redemption(orders: IntArray, sent: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Day of redemption, that of the first order while the coupon is valid; NaN without one."""
    first, last = _WINDOWS[_VALID]
    # The first of k uniform draws from (0, 1) has the distribution function 1 - (1 - u)**k.
    when = 1.0 - rng.random(orders.size) ** (1.0 / np.maximum(orders, 1))
    redeems = sent & (orders > 0) & (rng.random(orders.size) < _REDEEM)
    return np.where(redeems, np.floor(first + (last - first + 1) * when), np.nan)


def _effects_on(sent: BoolArray, windows: dict[str, _Window]) -> dict[str, float]:
    """Average effects on those who were sent the coupon, by window."""
    if not sent.any():
        return dict.fromkeys(("SATT(0-13)", "SATT(14-60)", "SATT(61-120)", "SATT(0-120)", "SATT(bought)"), float("nan"))
    gain = {
        f"SATT({name.replace('_', '-')})": float((each.spend1 - each.spend0)[sent].mean())
        for name, each in windows.items()
    }
    valid = windows[_VALID]
    came = (valid.orders1 > 0).astype(np.float64) - (valid.orders0 > 0)
    return {**gain, "SATT(0-120)": sum(gain.values()), "SATT(bought)": float(came[sent].mean())}


def _lift(value: float) -> float:
    found = _validate.real("lift", value)
    if found < -1:
        raise OptionError(f"lift={value!r} must be -1 or more; a rate cannot be negative.")
    return found


def _share(name: str, value: float) -> float:
    found = _validate.real(name, value)
    if not 0 <= found <= 1:
        raise OptionError(f"{name}={value!r} must lie between 0 and 1.")
    return found
