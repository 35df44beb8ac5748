"""The answer of the whole recipe, with what a quick regression would have said beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit.did._result import DidResult
from causalkit.results import Record, Table

if TYPE_CHECKING:
    from causalkit.did._decompositions import TwfeWeights
    from causalkit.did._design import DesignName
    from causalkit.did._few_clusters import RandomizationTest
    from causalkit.did._group_time_result import GroupTime
    from causalkit.results import ConfidenceSet

__all__ = ["DidEstimate", "PlaceboAssignments"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaceboAssignments(Record):
    """Uncertainty by placebo assignments, for few treated clusters.

    Attributes
    ----------
    test : RandomizationTest
        The effect among those that placebo assignments find.
    """

    test: RandomizationTest

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the constant effects that are not rejected."""
        return self.test.conf_int(level)

    def p_value(self, null: float) -> float:
        """Return the share of assignments whose effect is at least as far from ``null``."""
        return self.test.p_value_of(null)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DidEstimate(DidResult):
    """The effect by the recipe that fits the design, and two-way fixed effects beside it.

    Attributes
    ----------
    design : {"two periods", "common timing", "staggered", "repeated cross-sections"}
        What the data are.
    cells : GroupTime
        Effects by cohort and period behind the headline and the path.
    naive : DidResult or None
        Two-way fixed effects, where units repeat.
    naive_weights : TwfeWeights or None
        The weights with which it mixes the effects by cohort and period, where cohorts differ.
    placebo : RandomizationTest or None
        Where treated clusters are too few for standard errors: the test that the headline is taken from.
    """

    design: DesignName
    cells: GroupTime
    naive: DidResult | None
    naive_weights: TwfeWeights | None
    placebo: RandomizationTest | None

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence, in units of the outcome."""
        if self.placebo is None:
            return super().headline(level)
        return (
            f"Treatment changed {self.outcome} of those treated by {self.estimate:+,.4g} on average; with "
            f"{self.placebo.n_treated_clusters} treated of {self.placebo.n_clusters} clusters only placebo assignments "
            f"tell what chance does: p = {self.p_value:.3g} ({level:.0%} interval {self.conf_int(level).format()})."
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the effects along event time, and the estimators side by side."""
        found = [*super().tables(level)]
        if self.naive is not None:
            found.append(self._side_by_side())
        if self.naive_weights is not None:
            found.append(self.naive_weights.by_cohort())
        return tuple(found)

    def _side_by_side(self) -> Table:
        """The recipe and the quick regression."""
        rows = [("this recipe", self.effect)]
        if self.naive is not None:
            rows.append(("two-way fixed effects", self.naive.effect))
        return Table(
            title="With and without care for the design",
            columns={
                "method": [name for name, _ in rows],
                "estimate": [effect.estimate for _, effect in rows],
                "std_error": [effect.std_error for _, effect in rows],
                "p_value": [effect.p_value for _, effect in rows],
            },
            headings={"std_error": "std. error", "p_value": "p"},
            note=self._comparison(),
        )

    def _comparison(self) -> str:
        """Why the quick regression is shown and not used."""
        weights = self.naive_weights
        if weights is None:
            return "All treated start together, so that the regression too compares treated with untreated only."
        if weights.n_negative:
            return (
                f"In the regression {weights.n_negative} of {len(weights.cohorts)} effects have a negative weight (sum "
                f"{weights.negative_sum:.3g}), because units treated already serve as controls: do not use it."
            )
        return "No weight of the regression is negative, but it does not weight effects by how many were treated."
