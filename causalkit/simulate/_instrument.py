"""Instruments: continuous ones of chosen strength, and a randomised push that some follow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native
from causalkit.errors import OptionError
from causalkit.simulate._simulation import Simulation, Truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import Rng

_TYPES = ("complier", "always", "never")


def instrument(
    n: int,
    *,
    rng: Rng,
    n_instruments: int = 1,
    strength: float = 0.5,
    effect: float = 1.0,
    confounding: float = 0.8,
    heteroskedasticity: float = 0.0,
    direct_effect: float = 0.0,
    noise: float = 1.0,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate a treatment that an unobserved cause moves together with the outcome, and instruments.

    For each of `n` independent rows, with all of x, z, u, e and v standard normal::

        d = strength * (z1 + ... + zL) / sqrt(L) + x / 2 + confounding * u + v
        y = effect * d + x + u + direct_effect * z1 + noise * e * exp(heteroskedasticity * z1)

    The effect is the same for everybody. The first-stage F is about ``n * strength**2 / L / (1 + confounding**2)``.

    Parameters
    ----------
    n : int
        Rows.
    rng : Generator or int
        Source of randomness, or a seed.
    n_instruments : int
        Instruments, L, equally strong.
    strength : float
        How far one standard deviation of the instruments together moves the treatment. Zero: irrelevant.
    effect : float
        Effect of one unit of treatment, in units of the outcome.
    confounding : float
        How far the unobserved cause moves the treatment.
    heteroskedasticity : float
        How strongly the noise grows with the first instrument.
    direct_effect : float
        Effect of the first instrument on the outcome past the treatment: a violation of exclusion.
    noise : float
        Standard deviation of what else moves the outcome, where the first instrument is zero.
    backend : str
        Library of the frame.

    Returns
    -------
    Simulation
        ``data`` has the columns ``z`` (or ``z1``, ``z2``, ...), ``x``, ``d`` and ``y``; ``truth`` has ``"ATE"`` and
        ``"LATE"``, which are equal, and ``"OLS"``, the least-squares slope with x held fixed.

    References
    ----------
    Angrist, J. D. and Pischke, J.-S. (2009). Mostly Harmless Econometrics. Princeton University Press, chapter 4.

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.instrument(100, rng=1, n_instruments=2)
    >>> list(sim.data.columns), sim.truth["LATE"]
    (['z1', 'z2', 'x', 'd', 'y'], 1.0)
    """
    n = _validate.whole("n", n, least=1)
    size = _validate.whole("n_instruments", n_instruments, least=1)
    strength, effect = _validate.real("strength", strength), _validate.real("effect", effect)
    confounding = _validate.real("confounding", confounding)
    uneven = _validate.real("heteroskedasticity", heteroskedasticity)
    direct = _validate.real("direct_effect", direct_effect)
    noise = _validate.non_negative("noise", noise)
    generator = _validate.generator(rng)

    z = generator.standard_normal((n, size))
    x, u, e, v = generator.standard_normal((4, n))
    d = strength * z.sum(axis=1) / math.sqrt(size) + 0.5 * x + confounding * u + v
    y = effect * d + x + u + direct * z[:, 0] + noise * e * np.exp(uneven * z[:, 0])
    names = ["z"] if size == 1 else [f"z{j + 1}" for j in range(size)]
    columns = {name: np.ascontiguousarray(z[:, j]) for j, name in enumerate(names)}
    variance = strength**2 + confounding**2 + 1.0
    slope = effect + (confounding + direct * strength / math.sqrt(size)) / variance
    return Simulation(
        data=to_native({**columns, "x": x, "d": d, "y": y}, backend=backend),
        truth=Truth({"ATE": effect, "LATE": effect, "OLS": slope}),
    )


def encouragement(
    n: int,
    *,
    rng: Rng,
    shares: Sequence[float] = (0.4, 0.2, 0.4),
    effects: Sequence[float] = (1.0, 3.0, 0.5),
    baseline: Sequence[float] = (2.0, 4.0, 1.0),
    share_encouraged: float = 0.5,
    noise: float = 1.0,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate a randomised push that compliers follow, with effects that differ by type.

    For each of `n` independent rows::

        type ~ shares                                  complier, always-taker or never-taker; not observed
        z ~ Bernoulli(share_encouraged)                the push, random
        d = z for compliers, 1 for always-takers, 0 for never-takers
        y = baseline[type] + effects[type] * d + noise * e,  e ~ N(0, 1)
        age = 40 - 10 for compliers + N(0, 5)          a covariate that tells who complies

    Parameters
    ----------
    n : int
        Rows.
    rng : Generator or int
        Source of randomness, or a seed.
    shares : (3,) sequence of float
        Shares of compliers, always-takers and never-takers; they sum to 1.
    effects : (3,) sequence of float
        Effect of treatment in each type, in units of the outcome.
    baseline : (3,) sequence of float
        Mean of the untreated outcome in each type.
    share_encouraged : float
        Share of rows that are pushed.
    noise : float
        Standard deviation of the outcome within a type.
    backend : str
        Library of the frame.

    Returns
    -------
    Simulation
        ``data`` has the columns ``z, age, d, y``; ``truth`` has ``"LATE"`` (the compliers' effect), ``"ATE"``,
        ``"ITT"`` (effect of the push) and the three shares under ``"complier"``, ``"always"`` and ``"never"``.

    Raises
    ------
    OptionError
        Shares that do not sum to 1, or not three values.

    References
    ----------
    Imbens, G. W. and Angrist, J. D. (1994). Econometrica 62(2), 467-475.

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.encouragement(100, rng=1)
    >>> sim.truth["LATE"], round(sim.truth["ATE"], 6), sim.truth["complier"]
    (1.0, 1.2, 0.4)
    """
    n = _validate.whole("n", n, least=1)
    share, gain, level = (
        _three(name, values) for name, values in (("shares", shares), ("effects", effects), ("baseline", baseline))
    )
    if min(share) < 0 or abs(sum(share) - 1.0) > 1e-9:
        raise OptionError(f"shares={list(shares)!r} must be three shares that sum to 1.")
    pushed = _validate.fraction("share_encouraged", share_encouraged)
    noise = _validate.non_negative("noise", noise)
    generator = _validate.generator(rng)

    kind = generator.choice(3, size=n, p=share)
    z = (generator.random(n) < pushed).astype(np.int64)
    d = np.where(kind == 0, z, (kind == 1).astype(np.int64))
    y = np.asarray(level)[kind] + np.asarray(gain)[kind] * d + noise * generator.standard_normal(n)
    age = 40.0 - 10.0 * (kind == 0) + 5.0 * generator.standard_normal(n)
    truth = {
        "LATE": gain[0],
        "ATE": float(np.dot(share, gain)),
        "ITT": share[0] * gain[0],
        **dict(zip(_TYPES, share, strict=True)),
    }
    return Simulation(data=to_native({"z": z, "age": age, "d": d, "y": y}, backend=backend), truth=Truth(truth))


def _three(name: str, values: Sequence[float]) -> list[float]:
    found = [_validate.real(name, each) for each in values]
    if len(found) != 3:
        raise OptionError(f"{name}={list(values)!r} must have three values: compliers, always-takers, never-takers.")
    return found
