"""How far trends may diverge before the answer changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from causalkit._numerics._honest_magnitudes import magnitudes_breakdown, magnitudes_p_value, magnitudes_set
from causalkit._numerics._honest_smoothness import shortest_interval, smoothness_breakdown, smoothness_p_value
from causalkit._validate import choice, fraction, listed, non_negative, real
from causalkit.did._cells import event_text
from causalkit.did._result import DidResult
from causalkit.errors import DesignError, OptionError
from causalkit.results import Effect, Interval, IntervalUnion, Record, Table
from causalkit.results._interval import significant
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import FloatArray
    from causalkit.results import ConfidenceSet

__all__ = ["Divergence", "DivergingTrends", "Sensitivity", "sensitivity"]

Divergence: TypeAlias = Literal["relative_magnitudes", "smoothness"]
MAGNITUDES = (0.0, 0.5, 1.0, 1.5, 2.0)
# Bends that are tried unless told otherwise, as parts of the one at which the interval reaches zero.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DivergingTrends(Record):
    """An effect whose interval allows for trends that diverge.

    Attributes
    ----------
    divergence : {"relative_magnitudes", "smoothness"}
        What is bounded.
    bound : float
        How far trends may diverge.
    estimates : (k,) array
        Event-study coefficients in order of time.
    cov : (k, k) array
        Their covariance.
    n_before : int
        How many lie before treatment.
    weights : (k - n_before,) array
        The effect is their combination of those after it.

    Examples
    --------
    >>> import numpy as np
    >>> trends = DivergingTrends(
    ...     divergence="smoothness",
    ...     bound=0.1,
    ...     estimates=np.array([0.0, 2.0]),
    ...     cov=0.25 * np.eye(2),
    ...     n_before=1,
    ...     weights=np.array([1.0]),
    ... )
    >>> trends.conf_int(0.95).format()
    '[0.6003, 3.4]'
    """

    divergence: str
    bound: float
    estimates: FloatArray
    cov: FloatArray
    n_before: int
    weights: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        choice("divergence", self.divergence, get_args(Divergence))
        self._freeze(estimates=read_only(self.estimates), cov=read_only(self.cov), weights=read_only(self.weights))

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the interval with coverage ``level`` for every divergence within the bound."""
        if self.divergence == "smoothness":
            found = shortest_interval(
                self.estimates, self.cov, self.n_before, self.weights, bound=self.bound, level=level
            )
            half = found.half_width(level)
            return Interval(found.estimate - half, found.estimate + half)
        pieces = magnitudes_set(self.estimates, self.cov, self.n_before, self.weights, bound=self.bound, level=level)
        parts = tuple(Interval(low, high) for low, high in pieces)
        return parts[0] if len(parts) == 1 else IntervalUnion(parts)

    def p_value(self, null: float) -> float:
        """Return the smallest ``1 - level`` whose interval leaves ``null`` out."""
        search = smoothness_p_value if self.divergence == "smoothness" else magnitudes_p_value
        return search(self.estimates, self.cov, self.n_before, self.weights, bound=self.bound, null=null)

    def breakdown(self, level: float, null: float) -> float:
        """Return the smallest bound, whatever the own one, whose interval contains ``null``."""
        search = smoothness_breakdown if self.divergence == "smoothness" else magnitudes_breakdown
        return search(self.estimates, self.cov, self.n_before, self.weights, null=null, level=level)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensitivity(Record):
    """Intervals for an effect by how far trends may have diverged.

    Attributes
    ----------
    original : Effect
        The effect if trends were parallel.
    divergence : {"relative_magnitudes", "smoothness"}
        What is bounded.
    bounds : (b,) array
        The bounds.
    trends : tuple of DivergingTrends
        What gives the interval of each.
    outcome, treatment : str
        Their names.
    """

    original: Effect
    divergence: str
    bounds: FloatArray
    trends: tuple[DivergingTrends, ...]
    outcome: str
    treatment: str

    def __post_init__(self) -> None:
        """Freeze the bounds."""
        self._freeze(bounds=read_only(self.bounds), trends=tuple(self.trends))

    def conf_int(self, bound: float, level: float = 0.95) -> ConfidenceSet:
        """Return the interval if trends diverge by no more than ``bound``.

        Parameters
        ----------
        bound : float
            Any, not only one of ``bounds``.
        level : float
            Coverage, strictly between 0 and 1.

        Returns
        -------
        Interval or IntervalUnion
            In units of the outcome.
        """
        first = self.trends[0]
        allowed = DivergingTrends(
            divergence=self.divergence,
            bound=non_negative("bound", bound),
            estimates=first.estimates,
            cov=first.cov,
            n_before=first.n_before,
            weights=first.weights,
        )
        return allowed.conf_int(fraction("level", level))

    def breakdown(self, level: float = 0.95, *, null: float = 0.0) -> float:
        """Return the breakdown value: the smallest bound at which the interval contains ``null``.

        Zero if it does even when trends are parallel (along a line, for smoothness); infinite if no bound is enough.
        """
        return self.trends[0].breakdown(fraction("level", level), real("null", null))

    def table(self, level: float = 0.95) -> Table:
        """Return one row per bound."""
        level = fraction("level", level)
        found = [each.conf_int(level) for each in self.trends]
        return Table(
            title=f"{self.original.estimand}, by {_WORDS[self.divergence]}",
            columns={
                "bound": self.bounds.tolist(),
                "conf_low": [each.parts[0].low if each.parts else math.nan for each in found],
                "conf_high": [each.parts[-1].high if each.parts else math.nan for each in found],
            },
            note=self._reading(level),
        )

    def __str__(self) -> str:
        """Return the table as text."""
        return str(self.table())

    def _reading(self, level: float) -> str:
        broken = self.breakdown(level)
        if broken == 0:
            return f"The {level:.0%} interval contains zero even without divergence after treatment."
        if math.isinf(broken):
            return f"The {level:.0%} interval leaves zero out whatever the bound."
        if self.divergence == "smoothness":
            return (
                f"Zero stays outside the {level:.0%} interval while the difference in trends bends by less than "
                f"{significant(broken)} (units of {self.outcome}) per period."
            )
        return (
            f"Zero stays outside the {level:.0%} interval while trends diverge after treatment, from period to period, "
            f"by less than {significant(broken)} times the most they did before."
        )


_WORDS = {
    "relative_magnitudes": "how far trends diverge after treatment, as a multiple of the most before it",
    "smoothness": "how much the difference in trends bends per period",
}


def sensitivity(
    result: DidResult,
    *,
    divergence: Divergence = "relative_magnitudes",
    bounds: Sequence[float] | None = None,
    event_time: float | Literal["average"] = 0.0,
) -> Sensitivity:
    """Honest intervals: how far trends may diverge after treatment before the answer changes.

    ``"relative_magnitudes"`` lets the trends of treated and untreated diverge after treatment, between neighbouring
    periods, by at most ``bound`` times the most that they did before treatment. ``"smoothness"`` lets the difference
    in trends bend by at most ``bound`` from one period to the next: a bound of zero continues the trend before
    treatment along a line.

    Parameters
    ----------
    result : DidResult
        An event study: effects by event time, one period apart, measured from the period before treatment.
    divergence : {"relative_magnitudes", "smoothness"}
        What is bounded.
    bounds : sequence of float, optional
        The bounds to try: multiples, or units of the outcome. By default 0 to 2, or around the breakdown value.
    event_time : float or "average"
        Which effect: that of one event time, or the plain average of all after treatment.

    Returns
    -------
    Sensitivity
        The interval for each bound, and the breakdown value.

    Raises
    ------
    DesignError
        The result is no event study, or has no period before treatment beside the reference.
    OptionError
        An event time that the result does not have.

    Notes
    -----
    Relative magnitudes invert the conditional least-favourable hybrid test, whose size is right whichever change
    before treatment was really the largest; taking the estimated one as known, as some programs do, gives intervals
    that are too short. Smoothness has the shortest intervals of fixed length. Critical values are exact, not simulated,
    and the ends are found by bisection; R's HonestDiD simulates them and takes the ends from a grid. Both take the
    effects as jointly normal with their estimated covariance.

    References
    ----------
    Rambachan, A. and Roth, J. (2023). A more credible approach to parallel trends. Review of Economic Studies 90(5),
    2555-2591.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> sim = simulate.roll_out(400, rng=1, cohorts=(6,))
    >>> study = did.event_study(sim.data, outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> honest = did.sensitivity(study, bounds=[0.5, 1.0])
    >>> honest.conf_int(0.5).width < honest.conf_int(1.0).width
    True
    """
    choice("divergence", divergence, get_args(Divergence))
    tried = None if bounds is None else _read_bounds(bounds)
    estimates, cov, times = _coefficients(result)
    n_before = int(np.count_nonzero(times < 0))
    weights, label = _weights(times[n_before:], event_time)
    smooth = divergence == "smoothness"
    if smooth and not _is_positive_definite(cov):
        raise DesignError(
            f"The covariance of the {times.size} effects is singular: there are too few clusters for it. "
            f"divergence='relative_magnitudes' needs less of it."
        )
    if tried is None:
        tried = MAGNITUDES
        if smooth:
            broken = smoothness_breakdown(estimates, cov, n_before, weights, null=0.0, level=0.95)
            spread = math.sqrt(float(weights @ cov[n_before:, n_before:] @ weights))
            unit = broken if 0 < broken < math.inf else spread
            tried = tuple(unit * share for share in SHARES)
    return Sensitivity(
        original=Effect(
            estimand=label,
            estimate=float(weights @ estimates[n_before:]),
            std_error=math.sqrt(max(float(weights @ cov[n_before:, n_before:] @ weights), 0.0)),
        ),
        divergence=divergence,
        bounds=np.array(tried),
        trends=tuple(
            DivergingTrends(
                divergence=divergence, bound=bound, estimates=estimates, cov=cov, n_before=n_before, weights=weights
            )
            for bound in tried
        ),
        outcome=result.outcome,
        treatment=result.treatment,
    )


def _read_bounds(bounds: object) -> tuple[float, ...]:
    if isinstance(bounds, str) or not isinstance(bounds, (Sequence, np.ndarray)):
        raise OptionError(f"bounds={bounds!r} must be a list of numbers.")
    found = tuple(non_negative("bounds", each) for each in bounds)
    if not found:
        raise OptionError("bounds must hold at least one number.")
    return found


def _coefficients(result: object) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coefficients one period apart, their covariance and their event times, around the reference period."""
    path = result.path if isinstance(result, DidResult) else None
    if path is None or path.effects.dimension != "event_time":
        raise DesignError(
            "Sensitivity to diverging trends starts from effects by event time. Pass the result of did.event_study, "
            "did.sun_abraham, or did.aggregate(..., by='event_time')."
        )
    if math.isnan(path.reference):
        raise DesignError(
            "The effects before treatment are not measured from one reference period. Use did.event_study, or "
            "did.group_time(..., base_period='universal') before did.aggregate."
        )
    times = path.positions
    # The ends of a binned window are averages over many periods, whose changes mean nothing here.
    single = np.array([label == event_text(at) for label, at in zip(path.effects.labels, times.tolist(), strict=True)])
    order = np.argsort(times)
    order = order[single[order]]
    every = np.sort(np.append(times[order], path.reference))
    if not np.any(times[order] < path.reference):
        raise DesignError(
            "There is no effect before the reference period: how far trends diverged before treatment cannot be seen, "
            "so nothing bounds how far they may after it."
        )
    if path.reference != -1 or np.any(np.abs(np.diff(every) - 1.0) > 1e-9):
        raise DesignError(
            f"Effects must lie one period apart with the reference just before treatment (-1); there are "
            f"{listed([event_text(each) for each in every.tolist()])}, the reference {event_text(path.reference)}."
        )
    if np.any(path.effects.std_errors[order] <= 0):
        raise DesignError(
            "Some effects have no sampling error: the outcome is constant or fitted exactly, and nothing can be tested."
        )
    return path.effects.estimates[order], path.effects.cov[np.ix_(order, order)], times[order]


def _weights(after: FloatArray, event_time: object) -> tuple[FloatArray, str]:
    """Weights of the effects after treatment, and what they make."""
    if event_time == "average":
        return np.full(after.size, 1.0 / after.size), "average effect after treatment"
    at = real("event_time", event_time)
    weights = np.asarray(after == at, dtype=np.float64)
    if not weights.any():
        raise OptionError(
            f"event_time={event_time!r} is not an effect after treatment of this result; there are "
            f"{listed([event_text(each) for each in after.tolist()])}, and 'average'."
        )
    return weights, f"effect at event time {event_text(at)}"


def _is_positive_definite(cov: FloatArray) -> bool:
    scale = np.sqrt(np.diag(cov))
    return bool(np.all(scale > 0) and np.linalg.eigvalsh(cov / np.outer(scale, scale))[0] > 1e-10)
