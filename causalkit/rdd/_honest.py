"""A jump with an interval that holds whatever the curvature within a bound, also for scores with few values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from causalkit._numerics._honest import (
    bias_aware_critical,
    bias_aware_p,
    honest_bandwidth,
    honest_jump,
    rule_of_thumb_bound,
)
from causalkit._numerics._rd_side import KERNELS
from causalkit._validate import choice, non_negative, positive
from causalkit.errors import DesignError, DesignWarning
from causalkit.rdd._design import read_design
from causalkit.results import Check, Checks, Effect, Interval, Record, Result, Sample
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import KernelName
    from causalkit._typing import IntoDataFrame, Missing
    from causalkit.rdd._design import RddDesign
    from causalkit.results import ConfidenceSet

__all__ = ["BiasAware", "HonestResult", "honest"]

_LEAST_DISTINCT = 5


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


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HonestResult(Result):
    """A local linear jump with a bias-aware interval.

    Attributes
    ----------
    bandwidth : float
        Half-width of the window, in units of the score.
    curvature_bound : float
        Largest second derivative of the mean outcome, per squared unit of the score.
    max_bias : float
        What it admits, in units of the outcome.
    n_below, n_above : int
        Rows in the window.
    cutoff : float
        Where treatment starts.
    """

    bandwidth: float
    curvature_bound: float
    max_bias: float
    n_below: int
    n_above: int
    cutoff: float

    @property
    def treatment(self) -> str:
        """What the effect is of."""
        return f"{self.roles['running'][0]} {self.options['treated']} the cutoff"

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return f"What is the effect of {self.treatment} on {self.outcome}, for units at the cutoff {self.cutoff:g}?"


def honest(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    curvature_bound: float | None = None,
    bandwidth: float | None = None,
    kernel: str = "triangular",
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
    curvature_bound : float, optional
        Largest second derivative of the mean outcome, in units of the outcome per squared unit of the score. From
        what is known of the outcome; if not given, that of a quartic on either side, which is only a guess.
    bandwidth : float, optional
        Half-width of the window; the one of least worst-case mean squared error if not given.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    HonestResult
        Local linear estimate with nearest-neighbour error, largest bias and bias-aware interval.

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
    bound = None if curvature_bound is None else non_negative("curvature_bound", curvature_bound)
    width = None if bandwidth is None else positive("bandwidth", bandwidth)
    design = read_design(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=None, covariates=None,
        cluster=None, weights=None, missing=missing,
    )  # fmt: skip
    cut, unit = design.cut, float(design.scales[0])
    sides = design.sides()
    for name, side in zip(cut.names, sides, strict=True):
        if side.n_distinct < _LEAST_DISTINCT:
            raise DesignError(
                f"Only {side.n_distinct} distinct scores lie {name} the cutoff; honest intervals need "
                f"{_LEAST_DISTINCT} on each side."
            )
    # Second derivatives are per squared unit of the score.
    scaled_bound = rule_of_thumb_bound(sides) if bound is None else bound * cut.scale**2 / unit
    scaled = honest_bandwidth(sides, scaled_bound, kind) if width is None else width / cut.scale
    for name, side in zip(cut.names, sides, strict=True):
        if side.distinct_within(side.within(scaled, kind)) < 2:
            raise DesignError(
                f"Fewer than 2 distinct scores lie {name} the cutoff within the bandwidth {scaled * cut.scale:.4g}."
            )
    fit = honest_jump(sides, scaled, scaled_bound, kind)
    estimate, error, bias = (unit * each for each in (fit.estimate, fit.std_error, fit.max_bias))
    if bound is None:
        cut.warned.add(
            f"The bound on the curvature, {significant(scaled_bound * unit / cut.scale**2)}, was guessed from a "
            f"quartic; an interval is only as good as its bound. Give curvature_bound=... from what you know.",
            DesignWarning,
        )
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
        options={"cutoff": cut.cutoff, "treated": cut.treated, "kernel": kernel, "cov_type": "nn"},
        warnings=cut.warned.messages,
        backend=cut.rows.backend,
        bandwidth=scaled * cut.scale,
        curvature_bound=scaled_bound * unit / cut.scale**2,
        max_bias=bias,
        n_below=n_below,
        n_above=n_above,
        cutoff=cut.cutoff,
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
