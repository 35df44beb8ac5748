"""A rule that treats from a score of zero on, with take-up that may be imperfect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native
from causalkit.errors import OptionError
from causalkit.simulate._simulation import Simulation, Truth

if TYPE_CHECKING:
    from causalkit._typing import Rng

__all__ = ["discontinuity"]


def discontinuity(
    n: int,
    *,
    rng: Rng,
    jump: float = 2.0,
    curvature: float = 1.5,
    take_up: float = 1.0,
    noise: float = 0.5,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate a regression discontinuity at a score of zero.

    For each of `n` independent rows::

        X ~ Uniform(-1, 1)                            score
        A ~ N(0, 1)                                   settled before treatment, without a jump
        C ~ Bernoulli(take_up)                        follows the rule
        D = 1 if X >= 0 and C = 1, else 0             treatment
        Y = 1 + X + curvature * X * |X| + 0.5 A + jump * D + noise * e,  e ~ N(0, 1)

    The curvature changes its sign at the cutoff, so that a straight line on either side is biased there.

    Parameters
    ----------
    n : int
        Rows.
    rng : Generator or int
        Source of randomness, or a seed.
    jump : float
        Effect of treatment, the same for all, in units of the outcome.
    curvature : float
        Half of the second derivative of the mean outcome above the cutoff; its negative below.
    take_up : float
        Share of the rows above the cutoff that take the treatment; 1 for a sharp design.
    noise : float
        Standard deviation of the outcome given everything else.
    backend : str
        Library of the frame.

    Returns
    -------
    Simulation
        Columns ``score, age, treated, y``; the truth is ``"jump"``, that of the outcome at the cutoff, and ``"LATE"``.

    Raises
    ------
    OptionError
        An argument is out of range.

    References
    ----------
    Imbens, G. W. and Lemieux, T. (2008). Journal of Econometrics 142(2), 615-635, section 2.

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.discontinuity(500, rng=1, take_up=0.5)
    >>> sim.truth["LATE"], sim.truth["jump"], list(sim.data.columns)
    (2.0, 1.0, ['score', 'age', 'treated', 'y'])
    """
    rows = _validate.whole("n", n, least=1)
    generator = _validate.generator(rng)
    share = _validate.real("take_up", take_up)
    if not 0 < share <= 1:
        raise OptionError(f"take_up={take_up!r} must lie in (0, 1].")
    jump, curvature = _validate.real("jump", jump), _validate.real("curvature", curvature)
    spread = _validate.non_negative("noise", noise)
    score = generator.uniform(-1, 1, rows)
    age = generator.standard_normal(rows)
    follows = generator.random(rows) < share
    treated = (score >= 0) & follows
    mean = 1 + score + curvature * score * np.abs(score) + 0.5 * age + jump * treated
    outcome = mean + spread * generator.standard_normal(rows)
    data = {"score": score, "age": age, "treated": treated.astype(np.int64), "y": outcome}
    return Simulation(data=to_native(data, backend=backend), truth=Truth({"LATE": jump, "jump": share * jump}))
