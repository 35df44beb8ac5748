"""Two-way fixed effects taken apart: two-by-two comparisons, and weights on the effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from causalkit._numerics._did_decomposition import NOTHING, effect_weights
from causalkit.did._cells import read_cells
from causalkit.did._twfe import comparisons_of, fit_static
from causalkit.errors import DesignError
from causalkit.results import Record, Table
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import Columns, FloatArray, IntArray, IntoDataFrame, Missing

__all__ = ["BaconDecomposition", "TwfeWeights", "bacon_decomposition", "twfe_weights"]

KINDS: Final = ("treated vs never treated", "earlier vs later treated", "later vs earlier treated")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaconDecomposition(Record):
    """A two-way fixed-effects coefficient as a weighted mean of two-by-two comparisons.

    Attributes
    ----------
    coefficient : float
        The coefficient: the sum of weights times estimates.
    treated, control : tuple of str
        Cohort that switches, and cohort that it is compared with ("never" for units never treated).
    kind : tuple of str
        "treated vs never treated", "earlier vs later treated", or "later vs earlier treated": the last takes units
        treated already as controls.
    estimates : (m,) array
        Difference-in-differences of each pair, in units of the outcome.
    weights : (m,) array
        Weights; positive, sum one.
    """

    coefficient: float
    treated: tuple[str, ...]
    control: tuple[str, ...]
    kind: tuple[str, ...]
    estimates: FloatArray
    weights: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(estimates=read_only(self.estimates), weights=read_only(self.weights))

    @property
    def forbidden_share(self) -> float:
        """Weight of the comparisons that take treated units as controls."""
        return float(self.weights[np.array(self.kind) == KINDS[2]].sum())

    def table(self) -> Table:
        """Return one row per comparison, the heaviest first."""
        order = np.argsort(-self.weights, kind="stable").tolist()
        return Table(
            title="Two-by-two comparisons in the two-way fixed-effects coefficient",
            columns={
                "treated": [self.treated[i] for i in order],
                "control": [self.control[i] for i in order],
                "kind": [self.kind[i] for i in order],
                "estimate": self.estimates[order].tolist(),
                "weight": self.weights[order].tolist(),
            },
            note=f"The coefficient is {self.coefficient:.6g}; {self.forbidden_share:.1%} of its weight takes treated "
            f"units as controls.",
        )

    def __str__(self) -> str:
        """Return the kinds of comparisons as text; :meth:`table` has every one."""
        return str(self.by_kind())

    def by_kind(self) -> Table:
        """Return weight and mean estimate of each kind of comparison."""
        kinds = [kind for kind in KINDS if kind in self.kind]
        masks = [np.array(self.kind) == kind for kind in kinds]
        weights = [float(self.weights[mask].sum()) for mask in masks]
        return Table(
            title="Comparisons by kind",
            columns={
                "kind": kinds,
                "estimate": [
                    float(self.weights[mask] @ self.estimates[mask]) / w for mask, w in zip(masks, weights, strict=True)
                ],
                "weight": weights,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwfeWeights(Record):
    """Weights of the effects by cohort and period in a two-way fixed-effects coefficient.

    Attributes
    ----------
    coefficient : float
        The coefficient.
    cohorts, periods : tuple of str
        Cohort and period of each treated cell.
    n_rows : (m,) array of int
        Its rows.
    weights : (m,) array
        Its weight; the weights sum to one.
    sign_bound : float
        Least standard deviation of the effects over treated rows with which their average may be zero although the
        coefficient is what it is.
    reversal_bound : float
        Least standard deviation with which all effects may have the opposite sign; infinite if no weight is negative.
    """

    coefficient: float
    cohorts: tuple[str, ...]
    periods: tuple[str, ...]
    n_rows: IntArray
    weights: FloatArray
    sign_bound: float
    reversal_bound: float

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(n_rows=read_only(self.n_rows, dtype=np.int64), weights=read_only(self.weights))

    @property
    def n_negative(self) -> int:
        """Cells with a negative weight."""
        return int(np.count_nonzero(self.weights < -NOTHING))

    @property
    def negative_sum(self) -> float:
        """Sum of the negative weights."""
        return float(self.weights[self.weights < -NOTHING].sum())

    def __str__(self) -> str:
        """Return the weights by cohort as text; :meth:`table` has every one."""
        return str(self.by_cohort())

    def by_cohort(self) -> Table:
        """Return one row per cohort: its share of the treated rows, which the ATT gives it, and its weights here."""
        names = tuple(dict.fromkeys(self.cohorts))
        code = np.array([names.index(each) for each in self.cohorts], dtype=np.int64)
        n = np.bincount(code, weights=self.n_rows)
        below = self.weights < -NOTHING
        return Table(
            title="Weight of each cohort in the two-way fixed-effects coefficient",
            columns={
                "cohort": names,
                "n": n.astype(np.int64).tolist(),
                "share": (n / n.sum()).tolist(),
                "weight": np.bincount(code, weights=self.weights).tolist(),
                "weight_negative": np.bincount(code, weights=np.where(below, self.weights, 0.0)).tolist(),
            },
            headings={"n": "treated rows", "share": "share of them", "weight_negative": "of which negative"},
            note=self._reading(),
        )

    def table(self) -> Table:
        """Return one row per treated cell."""
        return Table(
            title="Weights of the effects in the two-way fixed-effects coefficient",
            columns={
                "cohort": self.cohorts,
                "time": self.periods,
                "n": self.n_rows.tolist(),
                "weight": self.weights.tolist(),
            },
            note=self._reading(),
        )

    def _reading(self) -> str:
        """What the negative weights can do."""
        return (
            f"{self.n_negative} of {len(self.cohorts)} weights are negative and sum to {self.negative_sum:.4g}. "
            f"The average effect may be zero if effects vary with a standard deviation of {self.sign_bound:.4g}, and "
            f"all may have the opposite sign with one of {self.reversal_bound:.4g}."
        )


def bacon_decomposition(
    data: IntoDataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    cohort: str | None = None,
    treatment: str | None = None,
    missing: Missing = "raise",
) -> BaconDecomposition:
    """Take a two-way fixed-effects coefficient apart into two-by-two comparisons of cohorts.

    Each pair of cohorts gives a difference-in-differences; comparisons of a later with an earlier cohort subtract the
    change of the earlier one's effect. Units treated in all periods are left out before.

    Parameters
    ----------
    data : data frame
        One row per unit and period; pandas, polars or any frame narwhals reads.
    outcome, unit, time : str
        Columns of the outcome, of who is observed, and of when.
    cohort : str, optional
        Column of the first treated period of the unit; missing for units never treated.
    treatment : str, optional
        Instead of ``cohort``: 0/1, the unit is treated in the row's period. It must stay on.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    BaconDecomposition
        Estimate and weight of each comparison.

    Raises
    ------
    DesignError
        The panel is unbalanced: the decomposition holds for balanced panels alone.
    DataError, OptionError
        What the columns hold cannot be used.

    References
    ----------
    Goodman-Bacon, A. (2021). Journal of Econometrics 225(2), 254-277, theorem 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit import did
    >>> df = pd.DataFrame(
    ...     {
    ...         "shop": [s for s in range(60) for _ in range(4)],
    ...         "week": [1, 2, 3, 4] * 60,
    ...         "launch": [(2, 3, None)[s % 3] for s in range(60) for _ in range(4)],
    ...     }
    ... )
    >>> df["sales"] = 1.0 * df.shop + (df.week - df.launch + 1).clip(lower=0).fillna(0)
    >>> found = did.bacon_decomposition(df, outcome="sales", unit="shop", time="week", cohort="launch")
    >>> round(found.coefficient, 4), round(found.forbidden_share, 4)
    (1.3, 0.2)
    """
    cells = read_cells(
        data,
        outcome=outcome,
        unit=unit,
        time=time,
        cohort=cohort,
        treatment=treatment,
        covariates=None,
        cluster=None,
        weights=None,
        missing=missing,
    )
    found = comparisons_of(cells)
    if found is None:
        panel = cells.panel
        raise DesignError(
            f"The panel is unbalanced: {panel.n:,} rows for {panel.n_units:,} units in {panel.n_periods} periods. The "
            f"decomposition into two-by-two comparisons holds for balanced panels alone. Keep units seen in all "
            f"periods, or look at did.twfe_weights, which needs no balance."
        )
    names = (*cells.panel.cohort_text, "never")
    n_cohorts = cells.panel.n_cohorts
    kinds = np.where(found.control == n_cohorts, 0, np.where(found.control > found.treated, 1, 2))
    return BaconDecomposition(
        coefficient=float(found.weight @ found.estimate),
        treated=tuple(names[code] for code in found.treated.tolist()),
        control=tuple(names[code] for code in found.control.tolist()),
        kind=tuple(KINDS[code] for code in kinds.tolist()),
        estimates=found.estimate,
        weights=found.weight,
    )


def twfe_weights(
    data: IntoDataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    weights: str | None = None,
    missing: Missing = "raise",
) -> TwfeWeights:
    """Weights that two-way fixed effects give to the effect of each cohort in each period.

    Under parallel trends the coefficient is the sum of these weights times the effects. Negative ones mean that an
    effect which grows pulls the coefficient down.

    Parameters
    ----------
    data : data frame
        One row per unit and period; pandas, polars or any frame narwhals reads.
    outcome, unit, time : str
        Columns of the outcome, of who is observed, and of when.
    cohort : str, optional
        Column of the first treated period of the unit; missing for units never treated.
    treatment : str, optional
        Instead of ``cohort``: 0/1, the unit is treated in the row's period. It must stay on.
    covariates : str or list of str, optional
        Columns to hold fixed that change over time.
    weights : str, optional
        Column of weights.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    TwfeWeights
        Weights by cell, and how much effects must vary to overturn the coefficient.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.

    References
    ----------
    de Chaisemartin, C. and D'Haultfoeuille, X. (2020). American Economic Review 110(9), 2964-2996, theorem 1 and
    corollary 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit import did
    >>> df = pd.DataFrame(
    ...     {
    ...         "shop": [s for s in range(60) for _ in range(5)],
    ...         "week": [1, 2, 3, 4, 5] * 60,
    ...         "launch": [(2, 4, None)[s % 3] for s in range(60) for _ in range(5)],
    ...         "sales": [float(s * w % 5) for s in range(60) for w in (1, 2, 3, 4, 5)],
    ...     }
    ... )
    >>> found = did.twfe_weights(df, outcome="sales", unit="shop", time="week", cohort="launch")
    >>> found.weights.round(4).tolist(), found.n_negative
    ([0.25, 0.25, -0.0625, -0.0625, 0.3125, 0.3125], 2)
    """
    cells = read_cells(
        data,
        outcome=outcome,
        unit=unit,
        time=time,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=None,
        weights=weights,
        missing=missing,
    )
    fit = fit_static(cells)
    found = effect_weights(fit.system, cells.treated)
    groups, times = np.nonzero(cells.treated & (cells.n_rows > 0))
    coefficient = float(fit.coefficients[cells.panel.n_periods - 1])
    return TwfeWeights(
        coefficient=coefficient,
        cohorts=tuple(cells.panel.cohort_text[code] for code in groups.tolist()),
        periods=tuple(cells.panel.periods.text[code] for code in times.tolist()),
        n_rows=cells.n_rows[groups, times],
        weights=found.weight[groups, times],
        sign_bound=found.sign_bound(coefficient),
        reversal_bound=found.reversal_bound(coefficient),
    )
