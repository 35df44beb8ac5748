"""Which cohort is compared with whom, in which period, from which base period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray

__all__ = ["BasePeriod", "CellPlan", "ControlGroup", "plan_cells"]

ControlGroup = Literal["never_treated", "not_yet_treated"]
BasePeriod = Literal["varying", "universal"]


@dataclass(frozen=True, slots=True, eq=False)
class CellPlan:
    """The effects by cohort and period that the data allow.

    Attributes
    ----------
    cohort, time, base : (K,) arrays of int
        Cohort, period and base period of each cell.
    controls : (K, C + 1) array of bool
        Cohorts that each cell is compared with, the never treated last.
    n_without_controls : int
        Cells after treatment left out because nobody was untreated any more.
    """

    cohort: IntArray
    time: IntArray
    base: IntArray
    controls: BoolArray
    n_without_controls: int

    def __len__(self) -> int:
        """Return the number of cells."""
        return self.cohort.size

    @property
    def is_reference(self) -> BoolArray:
        """Cells that compare a period with itself: zero by construction, (K,)."""
        return np.asarray(self.time == self.base)

    def take(self, keep: BoolArray) -> CellPlan:
        """Return some of the cells."""
        return CellPlan(
            self.cohort[keep], self.time[keep], self.base[keep], self.controls[keep], self.n_without_controls
        )


def plan_cells(
    periods: FloatArray,
    cohorts: FloatArray,
    *,
    has_never_treated: bool,
    control_group: ControlGroup,
    base_period: BasePeriod,
    anticipation: float,
) -> CellPlan:
    """List the cells ATT(g, t) with their base periods and controls.

    Parameters
    ----------
    periods : (T,) array
        Where the periods lie, increasing.
    cohorts : (C,) array
        Where the cohorts' first treated periods lie, increasing, all after the first period.
    has_never_treated : bool
        Whether some units are never treated. If not, the last cohort only serves as a control.
    control_group : {"never_treated", "not_yet_treated"}
        Compare with units never treated, or also with those not yet treated, nor anticipating it, in either period.
    base_period : {"varying", "universal"}
        Before treatment, measure changes from the period before (varying) or, as after it, from the last period
        before treatment and its anticipation (universal).
    anticipation : float
        Periods before treatment in which it may already act.

    Returns
    -------
    CellPlan
        By cohort, then by period.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Journal of Econometrics 225(2), 200-230, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> plan = plan_cells(
    ...     np.arange(3.0),
    ...     np.array([1.0]),
    ...     has_never_treated=True,
    ...     control_group="never_treated",
    ...     base_period="varying",
    ...     anticipation=0,
    ... )
    >>> plan.time.tolist(), plan.base.tolist()
    ([1, 2], [0, 0])
    """
    evaluated = range(cohorts.size if has_never_treated else cohorts.size - 1)
    never = np.append(np.zeros(cohorts.size, dtype=bool), has_never_treated)
    found: list[tuple[int, int, int, BoolArray]] = []
    n_without = 0
    for cohort in evaluated:
        last_before = int(np.flatnonzero(periods + anticipation < cohorts[cohort])[-1])
        for time in range(1 if base_period == "varying" else 0, periods.size):
            is_post = periods[time] >= cohorts[cohort]
            base = last_before if is_post or base_period == "universal" else time - 1
            controls = never.copy()
            if control_group == "not_yet_treated":
                controls[:-1] = cohorts > max(periods[time], periods[base]) + anticipation
                controls[cohort] = False
            if controls.any():
                found.append((cohort, time, base, controls))
            else:
                n_without += int(is_post)
    columns = np.array([each[:3] for each in found], dtype=np.int64).reshape(-1, 3)
    return CellPlan(
        cohort=columns[:, 0],
        time=columns[:, 1],
        base=columns[:, 2],
        controls=np.array([each[3] for each in found], dtype=bool).reshape(-1, cohorts.size + 1),
        n_without_controls=n_without,
    )
