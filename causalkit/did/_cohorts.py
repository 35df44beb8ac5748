"""The cohorts of a design: who is first treated when, as the data say it or as a treatment by row implies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._frames._levels import label_text
from causalkit._validate import counted, listed
from causalkit.did._periods import place_cohorts
from causalkit.errors import DataError, DataWarning, DesignError

if TYPE_CHECKING:
    from causalkit._frames import Levels, Rows
    from causalkit._frames._levels import Label
    from causalkit._typing import BoolArray, FloatArray, IntArray
    from causalkit._warnings import Warned
    from causalkit.did._periods import Periods

__all__ = [
    "Cohorts",
    "Units",
    "cohorts_from_treatment",
    "cohorts_given",
    "is_in_order",
    "late_as_never",
    "without_always_treated",
]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Unit of each row, coded from 0 to ``n - 1``."""

    codes: IntArray
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """Cohort of each row, in two steps, with labels and places.

    Attributes
    ----------
    codes : (n,) array of int
        What the rows say; -1 for never.
    table : (k + 1,) array of int
        Cohort of each code, the last entry that of -1; -1, or the number of cohorts, for rows without.
    labels : tuple of label
        Labels of the cohorts.
    values : (C,) array
        Where they lie.
    """

    codes: IntArray
    table: IntArray
    labels: tuple[Label, ...]
    values: FloatArray

    def by_row(self) -> IntArray:
        """Cohort of each row."""
        return self.table[self.codes]


def is_in_order(unit: IntArray, n_units: int, time: IntArray, n_periods: int) -> bool:
    """Tell whether rows are unit by unit, each with all periods in order."""
    if unit.size != n_units * n_periods or unit[0] != 0 or unit[-1] != n_units - 1:
        return False
    shape = (n_units, n_periods)
    return bool(
        (time.reshape(shape) == np.arange(n_periods)).all()
        and (unit.reshape(shape) == np.arange(n_units)[:, None]).all()
    )


def cohorts_given(rows: Rows, units: Units | None, times: Levels, periods: Periods) -> Cohorts:
    """Cohort of each row, -1 for never, as the column says."""
    codes, labels = rows.onsets("cohort")
    name = rows.names("cohort")[0]
    if units is not None:
        _refuse_varying(rows, codes, labels, units, len(times))
    # A zero before all periods is no date: it says never, as a missing value does.
    numbers = [each for each in labels if not isinstance(each, str)]
    zero = labels.index(0) if 0 in numbers and periods.scale == "number" and periods.values[0] > 0 else -1
    dated = [code for code in range(len(labels)) if code != zero]
    values = place_cohorts(
        [labels[code] for code in dated], periods, called=f"cohort={name!r}", time_called=f"time={times.names[0]!r}"
    )
    places, first, rank = np.unique(values, return_index=True, return_inverse=True)
    table = np.full(len(labels) + 1, -1, dtype=np.int64)
    table[dated] = rank
    return Cohorts(codes, table, tuple(labels[dated[each]] for each in first.tolist()), places)


def _refuse_varying(rows: Rows, codes: IntArray, labels: tuple[Label, ...], units: Units, n_periods: int) -> None:
    """Raise if the cohort differs between rows of one unit."""
    if codes.size == units.n * n_periods:
        by_unit, of = codes.reshape(units.n, n_periods), units.codes.reshape(units.n, n_periods)
        if (by_unit == by_unit[:, :1]).all() and (of == of[:, :1]).all():
            return
    # A narrow type keeps the table of the units in the cache, which is what rows in any order take time for.
    narrow = codes.astype(np.min_scalar_type(-1 - len(labels)))
    own = np.empty(units.n, dtype=narrow.dtype)
    own[units.codes] = narrow
    wrong = np.flatnonzero(own[units.codes] != narrow)
    if not wrong.size:
        return
    which = int(units.codes[wrong[0]])
    found = np.unique(codes[units.codes == which]).tolist()
    shown = listed(["never" if each < 0 else label_text(labels[each]) for each in found])
    n_units = len(np.unique(units.codes[wrong]))
    raise DataError(
        f"cohort={rows.names('cohort')[0]!r} varies within {counted(n_units, 'unit')}, for example "
        f"{rows.label_in_row('unit', int(wrong[0]))!r}: {shown}. It must hold the first treated period of the unit in "
        f"all its rows. If it says whether the row is treated, pass it as treatment= instead."
    )


def cohorts_from_treatment(rows: Rows, units: Units, times: Levels, periods: Periods) -> Cohorts:
    """Cohort of each row, -1 for never, from a treatment that stays on once it is on."""
    on = rows.binary("treatment", option="treatment").values
    first = np.full(units.n, len(times))
    np.minimum.at(first, units.codes[on], times.codes[on])
    off = np.flatnonzero(~on & (times.codes > first[units.codes]))
    if off.size:
        which = int(units.codes[off[0]])
        n = len(np.unique(units.codes[off]))
        raise DesignError(
            f"treatment={rows.names('treatment')[0]!r} switches off again in {counted(n, 'unit')}, for example unit "
            f"{rows.label_in_row('unit', int(off[0]))!r}: treated from {times.text[first[which]]!r} on, but not in "
            f"{times.text[times.codes[off[0]]]!r}. The estimators here are for treatments that stay. If the effect "
            f"stays too, pass the first treated period as cohort=; otherwise keep each unit's rows before it switches "
            f"off, or look at estimators for switchers (de Chaisemartin and D'Haultfoeuille 2020)."
        )
    seen = np.unique(first[first < len(times)])
    position = np.full(len(times) + 1, -1)
    position[seen] = np.arange(seen.size)
    labels = tuple(periods.labels[each] for each in seen.tolist())
    return Cohorts(first[units.codes], position, labels, periods.values[seen])


def late_as_never(cohorts: Cohorts, periods: Periods, anticipation: float, warned: Warned) -> Cohorts:
    """Give units first treated after the last period, and those never treated, the code after the last cohort."""
    n_inside = int(np.searchsorted(cohorts.values, periods.values[-1] + anticipation, side="right"))
    late = cohorts.labels[n_inside:]
    if late:
        warned.add(
            f"Cohorts after the last period {periods.text[-1]!r} are not treated within the data and serve as never "
            f"treated: {', '.join(map(label_text, late[:3]))}{', ...' if len(late) > 3 else ''}.",
            DataWarning,
        )
    untreated = (cohorts.table < 0) | (cohorts.table >= n_inside)
    table = np.where(untreated, n_inside, cohorts.table)
    return Cohorts(cohorts.codes, table, cohorts.labels[:n_inside], cohorts.values[:n_inside])


def without_always_treated(
    units: Units | None, cohorts: Cohorts, periods: Periods, anticipation: float, warned: Warned
) -> tuple[Cohorts, BoolArray | None, dict[str, int]]:
    """Leave out cohorts that are treated, or anticipate it, in all periods: they have nothing to compare with."""
    n_always = int(np.searchsorted(cohorts.values, periods.values[0] + anticipation, side="right"))
    if n_always == 0:
        return cohorts, None, {}
    keep = cohorts.by_row() >= n_always
    n_rows = int(keep.size - np.count_nonzero(keep))
    n_units = n_rows if units is None else len(np.unique(units.codes[~keep]))
    what = "row" if units is None else "unit"
    warned.add(
        f"{counted(n_units, what)} treated (or anticipating it) in all periods were left out: without a period before "
        f"they say nothing about a change (cohorts {', '.join(map(label_text, cohorts.labels[:n_always]))}).",
        DataWarning,
    )
    left = Cohorts(cohorts.codes, cohorts.table - n_always, cohorts.labels[n_always:], cohorts.values[n_always:])
    if not keep.any():
        raise DesignError(
            f"All {counted(n_units, what)} are treated in all periods; there is no period before treatment and nobody "
            f"to compare with."
        )
    return left, keep, {"always treated": n_rows}
