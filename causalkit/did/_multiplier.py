"""The multiplier bootstrap, as a setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit._numerics._did_group_time import Bootstrap
from causalkit._validate import generator, whole

if TYPE_CHECKING:
    from causalkit._typing import Rng

__all__ = ["Multiplier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier:
    """Multiplier bootstrap: the influence of each cluster gets a random sign.

    Attributes
    ----------
    draws : int
        Number of draws.
    rng : Generator or int
        Source of the signs.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Journal of Econometrics 225(2), 200-230, algorithm 1.

    Examples
    --------
    >>> Multiplier(draws=499, rng=1).draws
    499
    """

    draws: int = 999
    rng: Rng = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        whole("draws", self.draws, least=2)
        generator(self.rng)

    def start(self) -> Bootstrap:
        """Return the draws to make, from where the generator stands."""
        return Bootstrap(self.draws, generator(self.rng))
