"""The result of two by two: the effect, and the four means that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit._numerics._wild import WildCluster
from causalkit.did._result import DidResult
from causalkit.results import Effects, Interval, Record, Table
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntArray
    from causalkit.results import ConfidenceSet, Effect

__all__ = ["TwoByTwoResult", "WildClusters"]

CELLS = ("controls before", "controls after", "treated before", "treated after")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WildClusters(Record):
    """Uncertainty by the wild cluster bootstrap over all sign vectors, for very few clusters.

    Attributes
    ----------
    estimate, std_error : float
        The effect and its clustered standard error.
    per_effect : float
        Shift of the draws per unit of ``estimate - null``.
    numerator : (2, b) array
        Constant and slope of the drawn estimates.
    variance : (3, b) array
        Constant, linear and quadratic coefficient of the drawn variances.
    """

    estimate: float
    std_error: float
    per_effect: float
    numerator: FloatArray
    variance: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(numerator=read_only(self.numerator), variance=read_only(self.variance))

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the values not rejected; unbounded where there are too few clusters for the level."""
        return Interval(*self._draws().conf_int(level))

    def p_value(self, null: float) -> float:
        """Return the share of sign vectors with a t statistic at least as large."""
        return self._draws().p_value(null)

    def _draws(self) -> WildCluster:
        return WildCluster(
            estimate=self.estimate,
            std_error=self.std_error,
            restricted=True,
            enumerated=True,
            per_effect=self.per_effect,
            numerator=self.numerator,
            variance=self.variance,
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TwoByTwoResult(DidResult):
    """The double difference of two groups and two periods.

    Attributes
    ----------
    means : Effects
        The four means, controls and treated, before and after, with their covariance.
    n_rows_by_cell : (4,) array of int
        Rows behind each of them.
    """

    means: Effects
    n_rows_by_cell: IntArray

    def __post_init__(self) -> None:
        """Freeze the counts."""
        super().__post_init__()
        self._freeze(n_rows_by_cell=read_only(self.n_rows_by_cell, dtype=self.n_rows_by_cell.dtype))

    @property
    def treatment(self) -> str:
        """What the effect is of."""
        return ", ".join(self.roles.get("treated", ())) or "the treatment"

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return f"What did the change do to {self.outcome} of the group {self.treatment}?"

    def changes(self) -> tuple[Effect, Effect, Effect]:
        """Return the change of the treated, that of the controls, and the difference of the two, without covariates."""
        treated = {"treated after": 1.0, "treated before": -1.0}
        controls = {"controls after": 1.0, "controls before": -1.0}
        both = {**treated, **{name: -weight for name, weight in controls.items()}}
        return (
            self.means.combine(treated, estimand="change of the treated"),
            self.means.combine(controls, estimand="change of the controls"),
            self.means.combine(both, estimand="difference of the changes"),
        )

    def four_means(self) -> Table:
        """Return the four means with first, second and double difference."""
        before = self.means.combine({"treated before": 1.0, "controls before": -1.0})
        after = self.means.combine({"treated after": 1.0, "controls after": -1.0})
        treated, controls, double = self.changes()
        n = self.n_rows_by_cell.tolist()
        mean = dict(zip(self.means.labels, self.means.estimates.tolist(), strict=True))
        return Table(
            title="Four means",
            columns={
                "group": ("treated", "controls", "difference"),
                "before": (mean["treated before"], mean["controls before"], before.estimate),
                "after": (mean["treated after"], mean["controls after"], after.estimate),
                "change": (treated.estimate, controls.estimate, double.estimate),
                "std_error": (treated.std_error, controls.std_error, double.std_error),
                "n": (n[2] + n[3], n[0] + n[1], sum(n)),
            },
            headings={"std_error": "std. error of change"},
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the four means."""
        del level
        return (self.four_means(),)
