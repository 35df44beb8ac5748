"""Effects by cohort and period, and all that their aggregates need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit.did._result import DidResult
from causalkit.results import Effects, Record, Table
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray
    from causalkit.results import JointTest

__all__ = ["CellEffects", "GroupTime"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellEffects(Record):
    """Effects on each cohort in each period, with the shares of the cohorts and their joint covariance.

    Attributes
    ----------
    cohort, time, base : (K,) arrays of int
        Cohort, period and base period of each cell, as positions in the roll-out's labels.
    event_time : (K,) array
        Periods since treatment began.
    estimates : (K,) array
        ATT(g, t), in units of the outcome; zero where a period is its own base.
    shares : (C,) array
        Share of each cohort among all units.
    cov : (K + C, K + C) array
        Covariance of the estimates and the shares.
    draws : (b, K + C) array
        Bootstrap draws of their errors; no rows without a bootstrap.
    n_treated, n_control : (K,) arrays of int
        Units of each arm in each cell; rows for cross-sections.
    largest_score : (K,) array
        Largest propensity score among the controls kept; NaN without one.
    """

    cohort: IntArray
    time: IntArray
    base: IntArray
    event_time: FloatArray
    estimates: FloatArray
    shares: FloatArray
    cov: FloatArray
    draws: FloatArray
    n_treated: IntArray
    n_control: IntArray
    largest_score: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        whole = ("cohort", "time", "base", "n_treated", "n_control")
        self._freeze(
            **{
                name: read_only(value, dtype=np.int64 if name in whole else np.float64)
                for name, value in self.fields().items()
            }
        )

    def __len__(self) -> int:
        """Return the number of cells."""
        return self.cohort.size

    @property
    def is_reference(self) -> BoolArray:
        """Cells that are zero by construction, (K,)."""
        return np.asarray(self.time == self.base)

    @property
    def is_post(self) -> BoolArray:
        """Cells in which treatment has begun, (K,)."""
        return np.asarray(self.event_time >= 0)

    def covariance_of(self, jacobian: FloatArray) -> FloatArray:
        """Return the covariance of functions of the effects and the shares: of their draws, where there are any.

        Parameters
        ----------
        jacobian : (m, K + C) array
            Their derivatives.
        """
        if self.draws.size:
            draws = self.draws @ jacobian.T
            return np.asarray(draws.T @ draws / len(draws))
        cov = jacobian @ self.cov @ jacobian.T
        return np.asarray((cov + cov.T) / 2)

    def pre_trend(self, anticipation: float) -> JointTest | None:
        """Return the Wald test that all effects before treatment and its anticipation are zero; None without any."""
        before = np.flatnonzero((self.event_time < -anticipation) & ~self.is_reference)
        if not before.size:
            return None
        return Effects(
            dimension="cell",
            labels=tuple(map(str, before.tolist())),
            estimates=self.estimates[before],
            cov=self.cov[np.ix_(before, before)],
        ).joint_test()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GroupTime(DidResult):
    """Average effects on those treated by cohort and period, ATT(g, t).

    The headline is their mean over all cohorts and periods after treatment, weighted by the cohorts' sizes;
    :func:`aggregate` gives others.

    Attributes
    ----------
    cells : CellEffects
        The effects.
    """

    cells: CellEffects

    @property
    def effects(self) -> Effects:
        """The effects with their joint covariance, without cells that are zero by construction."""
        cells = self.cells
        keep = np.flatnonzero(~cells.is_reference)
        labels = self._labels()
        return Effects(
            dimension="cohort and period",
            labels=tuple(labels[each] for each in keep.tolist()),
            estimates=cells.estimates[keep],
            cov=cells.covariance_of(np.eye(len(cells.cov))[keep]),
        )

    def terms(self) -> Effects:
        """Return the estimates as a labelled vector, the headline first."""
        inner = self.effects
        k = len(inner)
        cov = np.full((k + 1, k + 1), np.nan)
        cov[0, 0], cov[1:, 1:] = self.effect.std_error**2, inner.cov
        return Effects(
            dimension="term",
            labels=(self.effect.estimand, *inner.labels),
            estimates=np.append(self.effect.estimate, inner.estimates),
            cov=cov,
        )

    def pre_trend(self) -> JointTest | None:
        """Return the Wald test that all effects before treatment and its anticipation are zero; None without any."""
        return self.cells.pre_trend(float(str(self.options["anticipation"])))

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return one row per cohort and period."""
        cells = self.cells
        keep = np.flatnonzero(~cells.is_reference)
        effects = self.effects
        low, high = effects.bands(level)
        roll_out = self.roll_out
        periods = () if roll_out is None else roll_out.periods
        cohorts = () if roll_out is None else roll_out.cohorts
        return (
            Table(
                title="Effects by cohort and period",
                columns={
                    "cohort": [cohorts[each] for each in cells.cohort[keep].tolist()],
                    "time": [periods[each] for each in cells.time[keep].tolist()],
                    "estimate": effects.estimates.tolist(),
                    "std_error": effects.std_errors.tolist(),
                    "conf_low": low.tolist(),
                    "conf_high": high.tolist(),
                    "n_treated": cells.n_treated[keep].tolist(),
                    "n_control": cells.n_control[keep].tolist(),
                },
                headings={
                    "std_error": "std. error",
                    "conf_low": f"{100 * level:.4g}% interval from",
                    "conf_high": "to",
                    "n_treated": "treated",
                    "n_control": "controls",
                },
            ),
        )

    def _labels(self) -> tuple[str, ...]:
        roll_out = self.roll_out
        cells = self.cells
        pairs = zip(cells.cohort.tolist(), cells.time.tolist(), strict=True)
        if roll_out is None:
            return tuple(f"ATT({g}, {t})" for g, t in pairs)
        return tuple(f"ATT({roll_out.cohorts[g]}, {roll_out.periods[t]})" for g, t in pairs)
