"""What every way of matching and weighting ends in: one weight per unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from causalkit.matching._balance import balance_table
from causalkit.matching._distribution import covariate_distribution, score_histogram
from causalkit.results import FrozenMap
from causalkit.results._drawable import Drawable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit._numerics._balance import Denominator
    from causalkit._numerics._inverse_probability import Target
    from causalkit._numerics._matched_sets import MatchedSets
    from causalkit._numerics._weighting import EstimatedWeights
    from causalkit._typing import FloatArray, IntArray
    from causalkit.matching._balance import BalanceTable
    from causalkit.matching._distribution import CovariateDistribution, ScoreHistogram
    from causalkit.matching._score import PropensityScore


@dataclass(frozen=True, kw_only=True, eq=False)
class Match(Drawable):
    """A matched or weighted sample.

    Made by :func:`causalkit.matching.match`. It holds row-level data; results do not.

    Attributes
    ----------
    score : PropensityScore
        What was matched on, and the design behind it.
    spec : object
        The method and its settings: ``Nearest(...)``, ``InverseProbability(...)``.
    estimand : {"ATT", "ATC", "ATE", "ATO"}
        The population that both arms are made to look like.
    weights : (n,) array
        Weight of every unit, sampling weights included; zero for units that are not used.
    sets : MatchedSets or None
        Who was matched with whom, where units were.
    blocks : (n,) array of int or None
        Block of every unit, -1 for none, where the method makes blocks.
    weight_model : EstimatedWeights or None
        How weights were estimated, where standard errors have to count it.
    details : mapping of str to str, int or float
        Figures of the method itself: ``caliper``, ``weights_lowered``.
    warnings : tuple of str
        What the steps so far warned of.
    """

    score: PropensityScore
    spec: Any
    estimand: Target
    weights: FloatArray = field(repr=False)
    sets: MatchedSets | None = field(default=None, repr=False)
    blocks: IntArray | None = field(default=None, repr=False)
    weight_model: EstimatedWeights | None = field(default=None, repr=False)
    details: Mapping[str, str | int | float] = FrozenMap()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Make the weights and the details read-only."""
        self.weights.flags.writeable = False
        object.__setattr__(self, "details", FrozenMap(dict(self.details)))

    @property
    def method(self) -> str:
        """Name of the method."""
        return type(self.spec).__name__

    @property
    def n_treated(self) -> int:
        """Treated units with a positive weight."""
        return int(((self.weights > 0) & self.score.design.treated).sum())

    @property
    def n_control(self) -> int:
        """Control units with a positive weight."""
        return int(((self.weights > 0) & ~self.score.design.treated).sum())

    @property
    def n_outside(self) -> int:
        """Units outside the common support."""
        return self.score.n_outside

    @property
    def n_unmatched_treated(self) -> int:
        """Treated units inside the common support that are not used."""
        return int((self.score.support & self.score.design.treated).sum()) - self.n_treated

    @property
    def n_unmatched_control(self) -> int:
        """Control units inside the common support that are not used."""
        return int((self.score.support & ~self.score.design.treated).sum()) - self.n_control

    @property
    def population(self) -> str:
        """Whose effect the match stands for: ``"ATT"``, or less, as in ``"ATT among the matched"``."""
        lost = {
            "ATT": self.n_unmatched_treated,
            "ATC": self.n_unmatched_control,
            "ATE": self.n_unmatched_treated + self.n_unmatched_control,
            "ATO": 0,
        }[self.estimand]
        outside = self.score.support if self.estimand == "ATE" else self.score.support[self._target()]
        if lost:
            return f"{self.estimand} among the matched"
        return self.estimand if self.estimand == "ATO" or outside.all() else f"{self.estimand} in the common support"

    def balance(
        self, *, squares: bool = False, interactions: bool = False, denominator: Denominator | None = None
    ) -> BalanceTable:
        """Compare the covariates of the two arms before and after.

        Parameters
        ----------
        squares, interactions : bool
            Also squares of the covariates, and products of pairs of them.
        denominator : {"treated", "control", "pooled"}, optional
            Whose standard deviation, before matching, the mean differences are divided by. By default that of the
            target population: treated for the ATT, control for the ATC, pooled otherwise.

        Returns
        -------
        BalanceTable
            Standardised differences, variance ratios, differences of distribution functions, effective sample
            sizes; ``check()`` gives the verdict, ``plot()`` a Love plot.
        """
        return balance_table(
            self.score,
            self.weights,
            estimand=self.estimand,
            method=self.method,
            squares=squares,
            interactions=interactions,
            denominator=denominator,
        )

    def histogram(self) -> ScoreHistogram:
        """Return the distribution of the score in both arms, before and after."""
        return score_histogram(self.score, self.weights)

    def distribution(self, covariate: str) -> CovariateDistribution:
        """Return the distribution functions of one covariate in both arms, before and after.

        Parameters
        ----------
        covariate : str
            ``"score"`` or a column of the balance table: ``"age"``, ``"race=black"``.

        Returns
        -------
        CovariateDistribution
            ``plot()`` draws the four functions; :func:`causalkit.plot.figures` has quantiles against each other too.
        """
        return covariate_distribution(self.score, self.weights, covariate)

    def _target(self) -> Any:
        treated = self.score.design.treated
        return treated if self.estimand == "ATT" else ~treated

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Match {self.spec!r} {self.population}: {self.n_treated:,} treated, {self.n_control:,} control>"
