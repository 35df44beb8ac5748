"""What every generator returns: the data and the truth behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native
from causalkit.errors import OptionError

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray

OutcomeKind = Literal["normal", "binary"]


class Truth(Mapping[str, float]):
    """True values of estimands by name; cannot be changed.

    Parameters
    ----------
    values : mapping of str to float
        Name and value of each estimand.

    Examples
    --------
    >>> truth = Truth({"ATE": 1.0, "ATT": 1.25})
    >>> truth["ATT"], dict(truth)
    (1.25, {'ATE': 1.0, 'ATT': 1.25})
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = {name: float(value) for name, value in values.items()}

    def __getitem__(self, estimand: str) -> float:
        """Return the true value of an estimand."""
        try:
            return self._values[estimand]
        except KeyError:
            hint = _validate.near_match(estimand, self._values)
            raise KeyError(
                f"estimand={estimand!r} has no known truth here.{hint} Known: {_validate.listed(self._values)}."
            ) from None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return the number of estimands."""
        return len(self._values)

    def __repr__(self) -> str:
        """Return the values as they were given."""
        return f"Truth({self._values!r})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulation:
    """Simulated data with the truth behind them.

    Attributes
    ----------
    data : data frame
        What an analyst would see, in the library asked for.
    truth : Truth
        Estimands by name. ``"ATE"``, ``"ATT"``, ``"ATC"``, ... are values of the population that the rows are drawn
        from; ``"SATE"``, ``"SATT"``, ``"SATC"`` are averages over the rows drawn (NaN without such a row).
    potential : data frame, optional
        What nobody sees: both potential outcomes ``y0`` and ``y1`` and the ``propensity`` of every row, in the order
        of ``data``. Only if it was asked for.

    References
    ----------
    Imbens, G. W. and Rubin, D. B. (2015). Causal Inference for Statistics, Social, and Biomedical Sciences.
    Cambridge University Press, chapter 1 (potential outcomes) and chapter 6 (sample and population estimands).

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.observational(200, rng=1, potential_outcomes=True)
    >>> list(sim.data.columns)
    ['x1', 'x2', 'x3', 'x4', 'treated', 'y']
    >>> list(sim.potential.columns)
    ['y0', 'y1', 'propensity']
    """

    data: Any = field(repr=False)
    truth: Truth
    potential: Any = field(default=None, repr=False)


def outcome_noise(noise: float | None, *, binary: bool, default: float) -> float | None:
    """Return the standard deviation of a normal outcome; None for a binary one, which has none of its own."""
    if not binary:
        return default if noise is None else _validate.non_negative("noise", noise)
    if noise is not None:
        raise OptionError(f"noise={noise!r}: a binary outcome has no noise of its own; leave it out.")
    return None


def draw_outcomes(
    mean0: FloatArray, mean1: FloatArray, *, noise: float | None, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Draw both potential outcomes of every row, with one shock per row.

    Parameters
    ----------
    mean0, mean1 : (n,) arrays
        Means of the potential outcomes.
    noise : float or None
        Standard deviation of normal outcomes; None draws 0/1 with the means as probabilities.
    rng : Generator
        Source of randomness.

    Returns
    -------
    tuple of (n,) arrays
        Untreated and treated outcomes.
    """
    if noise is None:
        luck = rng.random(mean0.size)
        return (luck < mean0).astype(np.float64), (luck < mean1).astype(np.float64)
    shock = noise * rng.standard_normal(mean0.size)
    return mean0 + shock, mean1 + shock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """The rows of two arms, seen and unseen; all arrays are (n,)."""

    y0: FloatArray
    y1: FloatArray
    propensity: FloatArray
    treated: BoolArray

    def simulation(
        self, covariates: Mapping[str, Any], truth: Mapping[str, float], *, potential_outcomes: bool, backend: str
    ) -> Simulation:
        """Frame of the covariates, ``treated`` and ``y``, with the truth of the population and of the rows."""
        seen = {"treated": self.treated.astype(np.int64), "y": np.where(self.treated, self.y1, self.y0)}
        hidden = {"y0": self.y0, "y1": self.y1, "propensity": self.propensity}
        return Simulation(
            data=to_native({**covariates, **seen}, backend=backend),
            truth=Truth({**truth, **self._averages()}),
            potential=to_native(hidden, backend=backend) if potential_outcomes else None,
        )

    def _averages(self) -> dict[str, float]:
        """Average effects of the rows drawn; NaN where there is no such row."""
        effect = self.y1 - self.y0
        groups = {"SATE": effect, "SATT": effect[self.treated], "SATC": effect[~self.treated]}
        return {name: float(group.mean()) if group.size else float("nan") for name, group in groups.items()}
