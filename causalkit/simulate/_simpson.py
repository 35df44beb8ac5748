"""Strata that differ in treatment and in outcome: Simpson's paradox."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from causalkit import _validate
from causalkit.errors import OptionError
from causalkit.simulate._simulation import Drawn, OutcomeKind, draw_outcomes, outcome_noise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import FloatArray, Rng
    from causalkit.simulate._simulation import Simulation

_NOISE = 1000.0
_ROUNDING = 1e-9


def simpson_paradox(
    n: int,
    *,
    rng: Rng,
    strata: Sequence[str] = ("active", "inactive"),
    shares: Sequence[float] = (0.5, 0.5),
    uptake: Sequence[float] = (0.25, 0.75),
    baseline: Sequence[float] = (2116.0, 620.0),
    effects: Sequence[float] = (1000.0, 500.0),
    outcome: OutcomeKind = "normal",
    noise: float | None = None,
    potential_outcomes: bool = False,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate strata with their own treatment rate, level of the outcome and effect.

    For each of `n` independent rows::

        S ~ shares                                   stratum
        D | S ~ Bernoulli(uptake[S])                 treatment, unconfounded within a stratum
        Y(0) = baseline[S] + noise * e,  e ~ N(0, 1)
        Y(1) = Y(0) + effects[S]
        Y    = Y(D)

    With ``outcome="binary"``, ``baseline`` and ``baseline + effects`` are the probabilities of Y(0) = 1 and Y(1) = 1,
    both decided by one uniform draw per row. The defaults are the service whose users spend 123 less on average while
    it adds 1,000 for active and 500 for inactive users.

    Parameters
    ----------
    n : int
        Rows.
    rng : Generator or int
        Source of randomness, or a seed.
    strata : (k,) sequence of str
        Labels, all different.
    shares : (k,) sequence of float
        Share of each stratum in the population; they sum to 1.
    uptake : (k,) sequence of float
        Probability of treatment in each stratum, 0 and 1 included (a stratum with one arm only).
    baseline : (k,) sequence of float
        Mean of the untreated outcome in each stratum.
    effects : (k,) sequence of float
        Effect of the treatment in each stratum, in units of the outcome.
    outcome : {"normal", "binary"}
        Distribution of the outcome.
    noise : float, optional
        Standard deviation of a normal outcome within a stratum and arm; 1000 if not given. A binary outcome has none.
    potential_outcomes : bool
        Whether to return the potential outcomes too.
    backend : str
        Library of the frames.

    Returns
    -------
    Simulation
        ``data`` has the columns ``stratum, treated, y``. ``truth`` has, in closed form, ``"ATE"``, ``"ATT"``,
        ``"ATC"``, ``"crude"`` (the difference in means of the two arms), its Kitagawa parts ``"within"`` and
        ``"composition"``, and ``"CATE(label)"`` for each stratum; and of the rows drawn ``"SATE"``, ``"SATT"``,
        ``"SATC"``.

    Raises
    ------
    OptionError
        Lengths that differ, shares that do not sum to 1, a probability outside [0, 1], nobody or everybody treated,
        a ``noise`` with a binary outcome.

    Notes
    -----
    With :math:`f_{1s}` and :math:`f_{0s}` the shares of stratum s among treated and controls, and :math:`m_{1s}`,
    :math:`m_{0s}` the means,

    .. math::

        \text{crude} = \underbrace{\sum_s (m_{1s} - m_{0s}) \tfrac{f_{1s} + f_{0s}}{2}}_{\text{within}}
            + \underbrace{\sum_s (f_{1s} - f_{0s}) \tfrac{m_{1s} + m_{0s}}{2}}_{\text{composition}}.

    References
    ----------
    Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the American Statistical
    Association 50(272), 1168-1194.

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.simpson_paradox(1_000, rng=7)
    >>> {name: sim.truth[name] for name in ("crude", "ATE", "ATT", "ATC", "within", "composition")}
    {'crude': -123.0, 'ATE': 750.0, 'ATT': 625.0, 'ATC': 875.0, 'within': 750.0, 'composition': -873.0}
    """
    n = _validate.whole("n", n, least=1)
    labels = _stratum_labels(strata)
    share = _probabilities("shares", shares, labels)
    propensity = _probabilities("uptake", uptake, labels)
    mean0 = _numbers("baseline", baseline, labels)
    mean1 = mean0 + _numbers("effects", effects, labels)
    _require_one("shares", share)
    _require_both_arms(share, propensity)
    binary = _validate.choice("outcome", outcome, get_args(OutcomeKind)) == "binary"
    spread = outcome_noise(noise, binary=binary, default=_NOISE)
    if binary:
        _require_probabilities(mean0, mean1)
    keep = _validate.flag("potential_outcomes", potential_outcomes)
    generator = _validate.generator(rng)

    stratum = generator.choice(len(labels), size=n, p=share)
    treated = generator.random(n) < propensity[stratum]
    y0, y1 = draw_outcomes(mean0[stratum], mean1[stratum], noise=spread, rng=generator)
    truth = _population_truth(labels, share=share, uptake=propensity, mean0=mean0, mean1=mean1)
    drawn = Drawn(y0=y0, y1=y1, propensity=propensity[stratum], treated=treated)
    covariates = {"stratum": [labels[each] for each in stratum.tolist()]}
    return drawn.simulation(covariates, truth, potential_outcomes=keep, backend=backend)


def _population_truth(
    labels: tuple[str, ...], *, share: FloatArray, uptake: FloatArray, mean0: FloatArray, mean1: FloatArray
) -> dict[str, float]:
    """Estimands of the population in closed form."""
    in_treated = share * uptake / (share @ uptake)
    in_controls = share * (1 - uptake) / (share @ (1 - uptake))
    effect = mean1 - mean0
    within = effect @ (in_treated + in_controls) / 2
    composition = (in_treated - in_controls) @ (mean1 + mean0) / 2
    named = {
        "ATE": share @ effect,
        "ATT": in_treated @ effect,
        "ATC": in_controls @ effect,
        "crude": in_treated @ mean1 - in_controls @ mean0,
        "within": within,
        "composition": composition,
    }
    by_stratum = {f"CATE({label})": value for label, value in zip(labels, effect, strict=True)}
    return {name: float(value) for name, value in {**named, **by_stratum}.items()}


def _stratum_labels(strata: Sequence[str]) -> tuple[str, ...]:
    labels = tuple(strata)
    if isinstance(strata, str) or not labels or not all(isinstance(each, str) for each in labels):
        raise OptionError(f"strata={strata!r} must be a sequence of labels, one string per stratum.")
    if len(set(labels)) < len(labels):
        raise OptionError(f"strata={strata!r} names a stratum twice.")
    return labels


def _numbers(name: str, values: Sequence[float], labels: tuple[str, ...]) -> FloatArray:
    array = np.asarray([_validate.real(name, each) for each in values], dtype=np.float64)
    if array.size != len(labels):
        raise OptionError(
            f"{name} has {_validate.counted(array.size, 'value')}, strata has {len(labels)}; "
            f"there must be one per stratum."
        )
    return array


def _probabilities(name: str, values: Sequence[float], labels: tuple[str, ...]) -> FloatArray:
    array = _numbers(name, values, labels)
    if (array < 0).any() or (array > 1).any():
        raise OptionError(f"{name}={tuple(values)!r} must lie between 0 and 1.")
    return array


def _require_one(name: str, shares: FloatArray) -> None:
    if abs(float(shares.sum()) - 1) > _ROUNDING:
        raise OptionError(f"{name} must sum to 1; they sum to {shares.sum():.12g}.")


def _require_both_arms(share: FloatArray, uptake: FloatArray) -> None:
    treated = float(share @ uptake)
    if not 0 < treated < 1:
        raise OptionError(f"uptake treats a share of {treated:g} of the population; both arms need somebody.")


def _require_probabilities(mean0: FloatArray, mean1: FloatArray) -> None:
    for name, mean in (("baseline", mean0), ("baseline + effects", mean1)):
        if (mean < -_ROUNDING).any() or (mean > 1 + _ROUNDING).any():
            raise OptionError(
                f"{name} = {tuple(mean.tolist())} are probabilities of a binary outcome; they must lie between 0 and 1."
            )
