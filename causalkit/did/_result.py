"""The result that all estimators of differences-in-differences return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from causalkit._numerics._did_moments import group_means
from causalkit._numerics._wald import sup_t_critical
from causalkit._validate import choice, fraction
from causalkit.results import Effects, Record, Result, Table
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray, IntArray
    from causalkit.did._panel import Panel
    from causalkit.results import JointTest

__all__ = ["DidResult", "EffectPath", "RollOut", "roll_out_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RollOut(Record):
    """Who was treated when, and how the cohorts' outcomes moved.

    Attributes
    ----------
    periods : tuple of str
        Labels of the periods, T.
    period_values : (T,) array
        Where they lie: event times are differences of these.
    cohorts : tuple of str
        Labels of the cohorts, C, in the order in which they start.
    cohort_values : (C,) array
        Where their first treated periods lie.
    n_units : (C + 1,) array of int
        Units in each cohort, the never treated last; rows for repeated cross-sections.
    n_rows : (C + 1, T) array of int
        Rows by cohort and period.
    mean : (C + 1, T) array
        Weighted mean outcome by cohort and period; NaN where there is no row.
    """

    periods: tuple[str, ...]
    period_values: FloatArray
    cohorts: tuple[str, ...]
    cohort_values: FloatArray
    n_units: IntArray
    n_rows: IntArray
    mean: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(
            periods=tuple(self.periods),
            cohorts=tuple(self.cohorts),
            period_values=read_only(self.period_values),
            cohort_values=read_only(self.cohort_values),
            n_units=read_only(self.n_units, dtype=np.int64),
            n_rows=read_only(self.n_rows, dtype=np.int64),
            mean=read_only(self.mean),
        )


def roll_out_of(panel: Panel) -> RollOut:
    """Return the roll-out of a panel."""
    n_groups, n_periods = panel.n_cohorts + 1, panel.n_periods
    if panel.is_balanced and panel.weights is None:
        moments = group_means(panel.outcome_matrix(), panel.unit_group, n_groups)
        n_rows, mean = np.repeat(panel.units_by_group, n_periods), moments.ravel()
    else:
        n_rows, mean = _by_cell(panel, n_groups * n_periods)
    return RollOut(
        periods=panel.periods.text,
        period_values=panel.periods.values,
        cohorts=panel.cohort_text,
        cohort_values=panel.cohort_values,
        n_units=panel.units_by_group,
        n_rows=n_rows.reshape(n_groups, n_periods),
        mean=mean.reshape(n_groups, n_periods),
    )


def _by_cell(panel: Panel, size: int) -> tuple[IntArray, FloatArray]:
    """Rows and weighted mean outcome by cohort and period."""
    cell = panel.group * panel.n_periods + panel.time
    start = float(panel.outcome[0])
    n_rows = np.bincount(cell, minlength=size)
    weight = n_rows if panel.weights is None else np.bincount(cell, panel.weights, minlength=size)
    gap = panel.outcome - start
    total = np.bincount(cell, gap if panel.weights is None else panel.weights * gap, minlength=size)
    mean = np.full(size, np.nan)
    np.divide(total, weight, out=mean, where=weight > 0)
    return n_rows, mean + start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectPath(Record):
    """Effects along event time, over cohorts or over the calendar.

    Attributes
    ----------
    effects : Effects
        The effects with their joint covariance; ``effects.dimension`` is ``"event_time"``, ``"cohort"`` or
        ``"time"``. A reference period is not among them.
    positions : (k,) array
        Where each lies on its axis: the event time, the cohort's first period, the period.
    is_post : (k,) array of bool
        Whether treatment has started.
    reference : float
        Event time that the others are measured from, zero by construction; NaN where there is none.
    n_treated : (k,) array of int
        Treated units (rows, for cross-sections) behind each effect.
    draws : (b, k) array
        Bootstrap draws of the estimation errors; no rows where there was no bootstrap.
    headline_cov : (k,) array, optional
        Covariance of the headline effect with each of them; not known when not given.
    """

    effects: Effects
    positions: FloatArray
    is_post: BoolArray
    reference: float
    n_treated: IntArray
    draws: FloatArray
    headline_cov: FloatArray | None = None

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(
            positions=read_only(self.positions),
            is_post=read_only(self.is_post, dtype=np.bool_),
            n_treated=read_only(self.n_treated, dtype=np.int64),
            draws=read_only(np.reshape(self.draws, (-1, len(self.effects)))),
            headline_cov=None if self.headline_cov is None else read_only(self.headline_cov),
        )

    def bands(self, level: float = 0.95, *, kind: str = "pointwise") -> tuple[FloatArray, FloatArray]:
        """Return lower and upper ends of the intervals of all effects.

        Parameters
        ----------
        level : float
            Coverage of each interval, or of all of them at once.
        kind : {"pointwise", "uniform"}
            Uniform bands contain the whole path with probability ``level``. Their critical value comes from the joint
            covariance (Montiel Olea and Plagborg-Møller 2019), or from the bootstrap draws where there are any.

        Returns
        -------
        low, high : (k,) arrays
            In units of the outcome.
        """
        if choice("kind", kind, ("pointwise", "uniform")) == "pointwise" or not self.draws.size:
            return self.effects.bands(level, kind=kind)
        half = self.critical_value(level) * self.effects.std_errors
        return self.effects.estimates - half, self.effects.estimates + half

    def critical_value(self, level: float = 0.95) -> float:
        """Return the half-width of the uniform band in standard errors."""
        level = fraction("level", level)
        moving = self.effects.std_errors > 0
        scale = self.effects.std_errors[moving]
        if self.draws.size:
            return float(np.quantile(np.abs(self.draws[:, moving] / scale).max(axis=1), level))
        corr = self.effects.cov[np.ix_(moving, moving)] / np.outer(scale, scale)
        return float(sup_t_critical(corr, level, df=self.effects.df))

    def pre_trend(self) -> JointTest | None:
        """Return the Wald test that all effects before treatment are zero; None where there is none to test."""
        before = tuple(label for label, post in zip(self.effects.labels, self.is_post, strict=True) if not post)
        return self.effects.select(before).joint_test() if before else None

    def table(self, level: float = 0.95) -> Table:
        """Return one row per effect with its pointwise and its uniform interval."""
        low, high = self.bands(level)
        uniform_low, uniform_high = self.bands(level, kind="uniform")
        return Table(
            title=f"Effects by {self.effects.dimension.replace('_', ' ')}",
            columns={
                "term": self.effects.labels,
                "estimate": self.effects.estimates.tolist(),
                "std_error": self.effects.std_errors.tolist(),
                "p_value": self.effects.p_values.tolist(),
                "conf_low": low.tolist(),
                "conf_high": high.tolist(),
                "band_low": uniform_low.tolist(),
                "band_high": uniform_high.tolist(),
                "n_treated": self.n_treated.tolist(),
            },
            headings={
                "term": self.effects.dimension.replace("_", " "),
                "std_error": "std. error",
                "conf_low": f"{100 * level:.4g}% interval from",
                "conf_high": "to",
                "band_low": f"{100 * level:.4g}% band from",
                "band_high": "to",
                "n_treated": "treated rows",
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DidResult(Result):
    """An effect of a treatment that units take up at different times, or never.

    Attributes
    ----------
    roll_out : RollOut or None
        Who was treated when, and how the cohorts' outcomes moved.
    path : EffectPath or None
        Effects by event time, cohort or calendar period, where the estimator has them.
    """

    roll_out: RollOut | None = None
    path: EffectPath | None = None

    tables_spell_out: ClassVar[bool] = True

    @property
    def treatment(self) -> str:
        """What the effect is of."""
        return ", ".join(self.roles.get("treatment", ())) or "the treatment"

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return f"What did {self.treatment} change in {self.outcome}, for those who were treated?"

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence, in units of the outcome."""
        return (
            f"Treatment changed {self.outcome} of those treated by {self.estimate:+,.4g} on average, if without it "
            f"they would have moved like the untreated ({level:.0%} interval {self.conf_int(level).format()})."
        )

    def terms(self) -> Effects:
        """Return the estimates as a labelled vector, the headline first."""
        if self.path is None:
            return super().terms()
        inner = self.path.effects
        k = len(inner)
        cov = np.full((k + 1, k + 1), np.nan)
        if self.path.headline_cov is not None:
            cov[0, 1:] = cov[1:, 0] = self.path.headline_cov
        cov[0, 0] = self.effect.std_error**2
        cov[1:, 1:] = inner.cov
        return Effects(
            dimension="term",
            labels=(self.effect.estimand, *inner.labels),
            estimates=np.append(self.effect.estimate, inner.estimates),
            cov=cov,
            df=inner.df,
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the effects along the path, with intervals in place of p-values."""
        if self.path is None:
            return ()
        found = self.path.table(level)
        shown = {name: values for name, values in found.columns.items() if name != "p_value"}
        return (Table(title=found.title, columns=shown, headings=found.headings),)

    def pre_trend(self) -> JointTest | None:
        """Return the Wald test that effects before treatment are zero, where the path has any."""
        return None if self.path is None else self.path.pre_trend()
