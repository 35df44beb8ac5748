"""A jump with an interval that holds whatever the curvature within a bound, also for scores with few values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from causalkit._numerics._honest import (
    bias_aware_critical,
    bias_aware_p,
    honest_bandwidth,
    honest_jump,
    rule_of_thumb_bound,
)
from causalkit._numerics._honest_fuzzy import honest_ratio, honest_ratio_bandwidth
from causalkit._numerics._rd_side import KERNELS
from causalkit._validate import choice, non_negative, positive, real
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.rdd._design import read_design
from causalkit.rdd._records import placed
from causalkit.results import Check, Checks, Effect, Interval, IntervalUnion, Record, Result, Sample
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from causalkit._numerics._honest_fuzzy import HonestRatio
    from causalkit._numerics._rd_side import KernelName, Side
    from causalkit._typing import FloatArray, IntoDataFrame, Missing
    from causalkit.rdd._design import RddDesign
    from causalkit.results import ConfidenceSet

__all__ = ["BiasAware", "BiasAwareRatio", "HonestResult", "honest"]

_LEAST_DISTINCT = 5
_WEAK = 10.0
_ANGLES = 4001


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BiasAware(Record):
    """An estimate whose bias is bounded rather than removed.

    Attributes
    ----------
    estimate, std_error : float
        In units of the outcome.
    max_bias : float
        Largest bias that the bound on the curvature admits.

    Examples
    --------
    >>> BiasAware(estimate=2.0, std_error=1.0, max_bias=0.0).conf_int(0.95).format()
    '[0.04004, 3.96]'
    """

    estimate: float
    std_error: float
    max_bias: float

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the interval with coverage of at least ``level`` for every bias within the bound."""
        if self.std_error == 0:
            return Interval(self.estimate - self.max_bias, self.estimate + self.max_bias)
        half = bias_aware_critical(level, self.max_bias / self.std_error) * self.std_error
        return Interval(self.estimate - half, self.estimate + half)

    def p_value(self, null: float) -> float:
        """Return the two-sided p-value of ``effect = null`` under the worst bias."""
        gap = abs(self.estimate - null)
        if self.std_error == 0:
            return 1.0 if gap <= self.max_bias else 0.0
        return min(bias_aware_p(gap / self.std_error, self.max_bias / self.std_error), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BiasAwareRatio(Record):
    """The ratio of two jumps, each with a bounded bias, by inverting a test; may be unbounded.

    Attributes
    ----------
    numerator, denominator : float
        The two jumps.
    var_numerator, var_denominator, cov : float
        Their variances and covariance.
    bias_numerator, bias_denominator : float
        The largest bias of each.

    References
    ----------
    Noack, C. and Rothe, C. (2024). Econometrica 92(3), 687-711.

    Examples
    --------
    >>> lift = BiasAwareRatio(
    ...     numerator=2.0,
    ...     denominator=10.0,
    ...     var_numerator=0.25,
    ...     var_denominator=0.09,
    ...     cov=-0.09,
    ...     bias_numerator=0.0,
    ...     bias_denominator=0.0,
    ... )
    >>> lift.conf_int(0.95).format(6)
    '[0.0984239, 0.309902]'
    """

    numerator: float
    denominator: float
    var_numerator: float
    var_denominator: float
    cov: float
    bias_numerator: float
    bias_denominator: float

    def p_value(self, null: float) -> float:
        """Return the two-sided p-value of ``ratio = null`` under the worst biases."""
        return self._p_at(math.atan(null))

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the set of ratios at which the numerator less the ratio times the denominator can pass for zero."""
        from scipy.optimize import brentq

        # Ratios as tangents, so that the whole line is searched, from minus to plus infinity.
        angles = np.linspace(-math.pi / 2, math.pi / 2, _ANGLES)
        kept = np.array([self._p_at(float(angle)) >= 1 - level for angle in angles])
        turns = np.flatnonzero(kept[1:] != kept[:-1])
        ends = [
            math.tan(brentq(lambda at: self._p_at(at) - (1 - level), angles[k], angles[k + 1], xtol=1e-15))
            for k in turns.tolist()
        ]
        points = [*([-math.inf] if kept[0] else []), *ends, *([math.inf] if kept[-1] else [])]
        parts = tuple(Interval(low, high) for low, high in zip(points[::2], points[1::2], strict=True))
        return parts[0] if len(parts) == 1 else IntervalUnion(parts)

    def _p_at(self, angle: float) -> float:
        one, ratio = math.cos(angle), math.sin(angle)
        gap = abs(one * self.numerator - ratio * self.denominator)
        bias = abs(one) * self.bias_numerator + abs(ratio) * self.bias_denominator
        variance = one**2 * self.var_numerator - 2 * one * ratio * self.cov + ratio**2 * self.var_denominator
        if variance <= 0:
            return 1.0 if gap <= bias else 0.0
        error = math.sqrt(variance)
        return min(bias_aware_p(gap / error, bias / error), 1.0)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HonestResult(Result):
    """A local linear jump with a bias-aware interval.

    Attributes
    ----------
    bandwidth : float
        Half-width of the window, in units of the score.
    curvature_bound : float
        Largest second derivative of the mean outcome, per squared unit of the score; NaN where none is used.
    max_bias : float
        Largest bias of the effect, in its units.
    n_below, n_above : int
        Rows in the window.
    cutoff : float
        Where treatment starts.
    first_stage : Effect or None
        Jump of the treatment's take-up, where it is imperfect, with a bias-aware interval.
    take_up_bound : float
        Largest second derivative of the mean take-up, likewise; NaN in a sharp design.
    """

    bandwidth: float
    curvature_bound: float
    max_bias: float
    n_below: int
    n_above: int
    cutoff: float
    first_stage: Effect | None = None
    take_up_bound: float = math.nan

    @property
    def treatment(self) -> str:
        """What the effect is of."""
        if self.roles.get("treatment"):
            return ", ".join(self.roles["treatment"])
        return f"{self.roles['running'][0]} {self.options['treated']} the cutoff"

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return (
            f"What is the effect of {self.treatment} on {self.outcome}, for units at the cutoff {placed(self.options)}?"
        )

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence, in units of the outcome."""
        return (
            f"At the cutoff {placed(self.options)}, {self.treatment} changes {self.outcome} by {self.estimate:+,.4g} "
            f"({level:.0%} bias-aware interval {self.conf_int(level).format()})."
        )


def honest(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    treatment: str | None = None,
    curvature_bound: float | Sequence[float] | None = None,
    bandwidth: float | None = None,
    kernel: str = "triangular",
    pilot_effect: float = 0.0,
    missing: Missing = "raise",
) -> HonestResult:
    """Effect at a cutoff with an interval that holds for every curvature up to a bound.

    The mean outcome on either side is taken to bend by at most ``curvature_bound``: no second derivative is larger.
    Under that bound the interval covers in any sample, also where the score takes few values and the cutoff can
    never be approached.

    Parameters
    ----------
    data : data frame
        One row per unit.
    outcome, running : str
        Columns of the outcome and the score.
    cutoff : number or date
        Where treatment starts. Units exactly at it count as treated.
    treated : {"above", "below"}
        Which side is treated.
    treatment : str, optional
        Column of the treatment taken, where not everybody follows the rule: the effect is then the ratio of the jumps
        of outcome and take-up, for those at the cutoff who follow the rule.
    curvature_bound : float or pair of float, optional
        Largest second derivative of the mean outcome, in units of the outcome per squared unit of the score; with
        imperfect take-up a pair, the second for the mean of the treatment taken. From what is known of them; if not
        given, those of a quartic on either side, which are only a guess.
    bandwidth : float, optional
        Half-width of the window; the one of least worst-case mean squared error if not given.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    pilot_effect : float
        Effect of the treatment supposed when a window is chosen for imperfect take-up; an estimate made with another
        one can be put in.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    HonestResult
        Local linear estimate with nearest-neighbour error, largest bias and bias-aware interval. The interval of a
        ratio is linearised; below a first-stage F of 10 it inverts bias-aware tests of each ratio.

    Raises
    ------
    DesignError
        Too few distinct scores.
    DataError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Armstrong, T. B. and Kolesár, M. (2020). Quantitative Economics 11(1), 1-39. Kolesár, M. and Rothe, C. (2018).
    American Economic Review 108(8), 2277-2304. Imbens, G. and Kalyanaraman, K. (2012). Review of Economic
    Studies 79(3), 933-959, for the preliminary window.

    Examples
    --------
    >>> from causalkit import rdd, simulate
    >>> df = simulate.discontinuity(2000, rng=1).data
    >>> cut = dict(outcome="y", running="score", cutoff=0, treated="above")
    >>> result = rdd.honest(df, **cut, curvature_bound=3.0)
    >>> 2.0 in result.conf_int()
    True
    """
    kind = cast("KernelName", choice("kernel", kernel, KERNELS))
    width = None if bandwidth is None else positive("bandwidth", bandwidth)
    supposed = real("pilot_effect", pilot_effect)
    design = read_design(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=treatment, covariates=None,
        cluster=None, weights=None, missing=missing,
    )  # fmt: skip
    bounds = _bounds(curvature_bound, fuzzy=treatment is not None)
    if design.is_fuzzy:
        return _fuzzy(design, bounds, width, kind, supposed)
    bound = None if bounds is None else bounds[0]
    cut, unit = design.cut, float(design.scales[0])
    sides = _sides_of(design)
    # Second derivatives are per squared unit of the score.
    scaled_bound = rule_of_thumb_bound(sides) if bound is None else bound * cut.scale**2 / unit
    scaled = honest_bandwidth(sides, scaled_bound, kind) if width is None else width / cut.scale
    _require_line(design, sides, scaled, kind)
    fit = honest_jump(sides, scaled, scaled_bound, kind)
    estimate, error, bias = (unit * each for each in (fit.estimate, fit.std_error, fit.max_bias))
    if bound is None:
        _warn_of_guess(design, significant(scaled_bound * unit / cut.scale**2))
    n_below, n_above = cut.below_above(*fit.n)
    return HonestResult(
        method="Sharp regression discontinuity, local linear, bias-aware interval",
        effect=Effect(
            estimand="ATE at the cutoff",
            estimate=estimate,
            std_error=error,
            uncertainty=BiasAware(estimate=estimate, std_error=error, max_bias=bias),
        ),
        sample=Sample.of(cut.rows, cut.on_treated_side),
        checks=Checks((_bias_check(design, bias, error),)),
        roles={role: cut.rows.names(role) for role in ("outcome", "running")},
        options={"cutoff": cut.place, "treated": cut.treated, "kernel": kernel, "cov_type": "nn"},
        warnings=cut.warned.messages,
        backend=cut.rows.backend,
        bandwidth=scaled * cut.scale,
        curvature_bound=scaled_bound * unit / cut.scale**2,
        max_bias=bias,
        n_below=n_below,
        n_above=n_above,
        cutoff=cut.cutoff,
    )


def _bounds(value: object, *, fuzzy: bool) -> tuple[float, ...] | None:
    """Bounds on the curvatures of outcome and take-up, as given."""
    if value is None:
        return None
    given = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    if len(given) != 1 + fuzzy:
        wanted = "a pair, of the outcome and of the take-up" if fuzzy else "one number"
        raise OptionError(f"curvature_bound={value!r} must be {wanted}.")
    return tuple(non_negative("curvature_bound", each) for each in given)


def _sides_of(design: RddDesign) -> tuple[Side, Side]:
    sides = design.sides()
    for name, side in zip(design.cut.names, sides, strict=True):
        if side.n_distinct < _LEAST_DISTINCT:
            raise DesignError(
                f"Only {side.n_distinct} distinct scores lie {name} the cutoff; honest intervals need "
                f"{_LEAST_DISTINCT} on each side. Look at rdd.local_randomization."
            )
    return sides


def _require_line(design: RddDesign, sides: tuple[Side, Side], width: float, kernel: KernelName) -> None:
    for name, side in zip(design.cut.names, sides, strict=True):
        if side.distinct_within(side.within(width, kernel)) < 2:
            raise DesignError(
                f"Fewer than 2 distinct scores lie {name} the cutoff within the bandwidth "
                f"{width * design.cut.scale:.4g}."
            )


def _warn_of_guess(design: RddDesign, bound: str) -> None:
    design.cut.warned.add(
        f"The bound on the curvature, {bound}, was guessed from a quartic; an interval is only as good as its bound. "
        f"Give curvature_bound=... from what you know.",
        DesignWarning,
    )


def _fuzzy(
    design: RddDesign, bounds: tuple[float, ...] | None, width: float | None, kernel: KernelName, pilot_effect: float
) -> HonestResult:
    """Ratio of the jumps of outcome and take-up."""
    cut, units = design.cut, design.scales[:2]
    sides = _sides_of(design)
    per_square = units / cut.scale**2
    if bounds is None:
        scaled_bounds = (rule_of_thumb_bound(sides), rule_of_thumb_bound(sides, 1))
        guess = " and ".join(significant(float(b * u)) for b, u in zip(scaled_bounds, per_square, strict=True))
        _warn_of_guess(design, guess)
    else:
        scaled_bounds = (float(bounds[0] / per_square[0]), float(bounds[1] / per_square[1]))
    ratio_unit = float(units[0] / units[1])
    if width is None:
        scaled = honest_ratio_bandwidth(sides, scaled_bounds, kernel, pilot_effect / ratio_unit)
    else:
        scaled = width / cut.scale
    _require_line(design, sides, scaled, kernel)
    fit = honest_ratio(sides, scaled, kernel)
    if fit.jumps[1] == 0:
        raise DesignError("Take-up of the treatment does not jump at the cutoff; the effect is not identified.")
    effect, first, max_bias = _ratio_effect(fit, scaled_bounds, units)
    check = _first_stage(first)
    if check.verdict != "supported":
        cut.warned.add(check.reading, DesignWarning)
    n_below, n_above = cut.below_above(*fit.n)
    return HonestResult(
        method="Fuzzy regression discontinuity, local linear, bias-aware interval",
        effect=effect,
        sample=Sample.of(cut.rows, cut.on_treated_side),
        checks=Checks((check, _bias_check(design, max_bias, effect.std_error))),
        roles={role: cut.rows.names(role) for role in ("outcome", "running", "treatment")},
        options={
            "cutoff": cut.place, "treated": cut.treated, "kernel": kernel, "cov_type": "nn",
            "pilot_effect": pilot_effect,
        },
        warnings=cut.warned.messages,
        backend=cut.rows.backend,
        bandwidth=scaled * cut.scale,
        curvature_bound=float(scaled_bounds[0] * per_square[0]),
        max_bias=max_bias,
        n_below=n_below,
        n_above=n_above,
        cutoff=cut.cutoff,
        first_stage=first,
        take_up_bound=float(scaled_bounds[1] * per_square[1]),
    )  # fmt: skip


def _ratio_effect(fit: HonestRatio, bounds: tuple[float, float], units: FloatArray) -> tuple[Effect, Effect, float]:
    """Effect, first stage, and largest bias of the effect, in the user's units."""
    jumps, cov = fit.jumps * units, fit.cov * np.outer(units, units)
    biases = fit.bias * np.asarray(bounds) * units
    ratio = float(jumps[0] / jumps[1])
    gradient = np.array([1.0, -ratio]) / jumps[1]
    error = math.sqrt(max(float(gradient @ cov @ gradient), 0.0))
    max_bias = float(biases[0] + abs(ratio) * biases[1]) / abs(float(jumps[1]))
    first_error = math.sqrt(float(cov[1, 1]))
    weak = float(jumps[1]) ** 2 < _WEAK * float(cov[1, 1])
    uncertainty = (
        BiasAwareRatio(
            numerator=float(jumps[0]), denominator=float(jumps[1]), var_numerator=float(cov[0, 0]),
            var_denominator=float(cov[1, 1]), cov=float(cov[0, 1]), bias_numerator=float(biases[0]),
            bias_denominator=float(biases[1]),
        )
        if weak
        else BiasAware(estimate=ratio, std_error=error, max_bias=max_bias)
    )  # fmt: skip
    first = Effect(
        estimand="jump of take-up",
        estimate=float(jumps[1]),
        std_error=first_error,
        uncertainty=BiasAware(estimate=float(jumps[1]), std_error=first_error, max_bias=float(biases[1])),
    )
    effect = Effect(estimand="LATE at the cutoff", estimate=ratio, std_error=error, uncertainty=uncertainty)
    return effect, first, max_bias


def _first_stage(first: Effect) -> Check:
    f = (first.estimate / first.std_error) ** 2 if first.std_error > 0 else math.inf
    weak = f < _WEAK
    return Check(
        name="first stage",
        question="Does take-up of the treatment jump at the cutoff?",
        null="take-up does not jump",
        verdict="violated" if weak else "supported",
        statistic=f,
        df=1.0,
        reading=(
            f"Take-up changes by {first.estimate:+.3g} at the cutoff (F = {f:.3g}): "
            + (
                "too weak for a linearised ratio; the interval inverts tests of each ratio instead."
                if weak
                else "strong enough for the usual interval."
            )
        ),
    )


def _bias_check(design: RddDesign, bias: float, error: float) -> Check:
    share = bias / error if error > 0 else math.inf
    return Check(
        name="largest bias",
        question="How much of the interval is room for curvature?",
        verdict="untestable",
        reading=(
            f"The bound admits a bias of up to {significant(bias)}, {significant(share, 2)} standard errors; the data "
            f"cannot show whether the bound holds. Rows exactly at the cutoff: {design.cut.n_at_cutoff:,}."
        ),
    )
