"""The answer of matching and weighting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit.results import Result, Table

if TYPE_CHECKING:
    from causalkit.matching._balance import BalanceTable
    from causalkit.matching._distribution import ScoreHistogram
    from causalkit.results import Effect, Effects


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchingResult(Result):
    """An effect estimated on a matched or weighted sample.

    Attributes
    ----------
    mean_treated, mean_control : float
        The two sides of the effect, in units of the outcome: for the ATT what the treated got, and what they
        would have got without.
    balance : BalanceTable or None
        Balance of the covariates before and after, where there are weights.
    overlap : ScoreHistogram or None
        Distribution of the score in both arms, before and after.
    unadjusted : Effect or None
        The effect without the covariates that ``effect`` adjusts for.
    by_block : Effects or None
        Effects by block, where the method makes blocks.
    """

    mean_treated: float = math.nan
    mean_control: float = math.nan
    balance: BalanceTable | None = None
    overlap: ScoreHistogram | None = None
    unadjusted: Effect | None = None
    by_block: Effects | None = None

    @property
    def lift(self) -> float:
        """The effect as a share of the mean without treatment."""
        return self.estimate / self.mean_control if self.mean_control else math.nan

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence, with the two means behind it."""
        return (
            f"{super().headline(level)} With it {self.outcome} averages {self.mean_treated:,.4g}, "
            f"without {self.mean_control:,.4g} ({self.lift:+.1%})."
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the effect with and without adjustment, balance, sample sizes and effects by block."""
        found: list[Table] = []
        if self.unadjusted is not None:
            found.append(self._both_ways(self.unadjusted, level))
        if self.balance is not None:
            found += [self.balance.summary_table(), self.balance.sizes()]
        if self.by_block is not None:
            found.append(self.by_block.table(level))
        return tuple(found)

    def _both_ways(self, unadjusted: Effect, level: float) -> Table:
        """The effect beside the plain difference of the matched units."""
        rows = {"adjusted": self.effect, "unadjusted": unadjusted}
        low, high = zip(*(effect.conf_int(level).parts[0] for effect in rows.values()), strict=True)
        return Table(
            title="With and without regression adjustment",
            columns={
                "term": tuple(rows),
                "estimate": [effect.estimate for effect in rows.values()],
                "std_error": [effect.std_error for effect in rows.values()],
                "conf_low": low,
                "conf_high": high,
                "cov_type": (str(self.options["cov_type"]), str(self.options["unadjusted_cov_type"])),
            },
        )
