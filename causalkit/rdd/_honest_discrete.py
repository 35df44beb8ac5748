"""A jump of a score with few values, with an interval that allows for the misfit seen at those values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._misspecification import side_gaps
from causalkit._numerics._tails import critical_value, two_sided_p
from causalkit._validate import positive, whole
from causalkit.errors import DesignError
from causalkit.rdd._design import read_design
from causalkit.rdd._honest import HonestResult
from causalkit.results import Check, Checks, Effect, Interval, Record, Sample
from causalkit.results._interval import significant
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, IntoDataFrame, Missing
    from causalkit.results import ConfidenceSet

__all__ = ["WorstMisfit", "honest_discrete"]

_HIGHEST = 4
_MOST_SCORES = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorstMisfit(Record):
    """An estimate whose model may be as wrong at the cutoff as it is at any score of the window.

    Attributes
    ----------
    estimate : float
        The jump of the model, in units of the outcome.
    gaps_untreated, gaps_treated : (k,), (m,) array
        Possible misfits on either side.
    variances_untreated, variances_treated : (k,), (m,) array
        Variances of the side's level with each misfit.

    Examples
    --------
    >>> import numpy as np
    >>> one = dict(gaps_untreated=np.array([0.5, -0.5]), variances_untreated=np.ones(2))
    >>> misfit = WorstMisfit(estimate=2.0, gaps_treated=np.zeros(2), variances_treated=np.zeros(2), **one)
    >>> misfit.conf_int(0.95).format()
    '[-0.46, 4.46]'
    """

    estimate: float
    gaps_untreated: FloatArray
    variances_untreated: FloatArray
    gaps_treated: FloatArray
    variances_treated: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        names = ("gaps_untreated", "variances_untreated", "gaps_treated", "variances_treated")
        self._freeze(**{name: read_only(getattr(self, name)) for name in names})

    def conf_int(self, level: float) -> ConfidenceSet:
        """Return the interval that holds those of every pair of misfits."""
        middle, error = self._pairs()
        half = float(critical_value(level)) * error
        return Interval(float((middle - half).min()), float((middle + half).max()))

    def p_value(self, null: float) -> float:
        """Return the largest ``1 - level`` whose interval holds ``null``."""
        middle, error = self._pairs()
        with np.errstate(divide="ignore", invalid="ignore"):
            from_above, from_below = (middle - null) / error, (null - middle) / error
        needed = max(float(np.nanmin(from_above)), float(np.nanmin(from_below)), 0.0)
        return float(two_sided_p(needed))

    def _pairs(self) -> tuple[FloatArray, FloatArray]:
        middle = self.estimate + np.add.outer(self.gaps_untreated, self.gaps_treated)
        return middle, np.sqrt(np.add.outer(self.variances_untreated, self.variances_treated))


def honest_discrete(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    bandwidth: float | None = None,
    order: int = 1,
    missing: Missing = "raise",
) -> HonestResult:
    """Effect at a cutoff of a score with few values, allowing for the misfit seen at its values.

    A polynomial is fitted on either side of the window with equal weights. At the cutoff it is taken to be no more
    wrong than at the value of the score where it is most wrong; the interval allows for that on both sides, and for the
    error with which the misfit is known. :func:`honest` asks for a bound on the curvature instead.

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
    bandwidth : float, optional
        Half-width of the window, in units of the score; all rows if not given.
    order : int
        Degree of the polynomials.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    HonestResult
        Jump of the polynomials with its error (HC0 times n over n - 1), the largest misfit, and the interval.

    Raises
    ------
    DesignError
        A side of the window has no more scores than the polynomial has coefficients, or more than 200.
    DataError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Kolesár, M. and Rothe, C. (2018). American Economic Review 108(8), 2277-2304, section V.B.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(1)
    >>> year = rng.integers(-10, 10, 4000)
    >>> df = pd.DataFrame({"year": year, "pay": 2.0 * (year >= 0) + 0.1 * year + rng.normal(0, 1, 4000)})
    >>> result = rdd.honest_discrete(df, outcome="pay", running="year", cutoff=0, treated="above", bandwidth=5)
    >>> 2.0 in result.conf_int()
    True
    """
    degree = whole("order", order, least=0, most=_HIGHEST)
    given = None if bandwidth is None else positive("bandwidth", bandwidth)
    design = read_design(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=None, covariates=None,
        cluster=None, weights=None, missing=missing,
    )  # fmt: skip
    cut, unit = design.cut, float(design.scales[0])
    sides = design.sides()
    width = max(side.range for side in sides) * (1 + 1e-12) if given is None else given / cut.scale * (1 + 1e-12)
    for name, side in zip(cut.names, sides, strict=True):
        distinct = side.distinct_within(side.within(width, "uniform"))
        if not degree + 1 < distinct <= _MOST_SCORES:
            raise DesignError(
                f"{distinct:,} distinct scores lie {name} the cutoff in the window; the misfit of a polynomial of "
                f"order {degree} shows in {degree + 2} to {_MOST_SCORES}. "
                + ("Narrow the window, or use rdd.honest." if distinct > _MOST_SCORES else "Widen the window.")
            )
    untreated, is_treated = (side_gaps(side, width, degree) for side in sides)
    estimate = unit * (is_treated.level - untreated.level)
    # The variance of influences about their mean, over one row less, as in the authors' program.
    n = untreated.n + is_treated.n
    squared = unit**2 * n / (n - 1)
    error = math.sqrt(squared * (is_treated.variance + untreated.variance))
    misfit = WorstMisfit(
        estimate=estimate,
        gaps_untreated=-unit * untreated.gaps,
        variances_untreated=squared * untreated.variances,
        gaps_treated=unit * is_treated.gaps,
        variances_treated=squared * is_treated.variances,
    )
    worst = unit * (float(np.abs(untreated.gaps).max()) + float(np.abs(is_treated.gaps).max()))
    n_below, n_above = cut.below_above(untreated.n, is_treated.n)
    return HonestResult(
        method=f"Sharp regression discontinuity, polynomial of order {degree}, bounded misspecification",
        effect=Effect(estimand="ATE at the cutoff", estimate=estimate, std_error=error, uncertainty=misfit),
        sample=Sample.of(cut.rows, cut.on_treated_side),
        checks=Checks((_misfit_check(worst, error),)),
        roles={role: cut.rows.names(role) for role in ("outcome", "running")},
        options={
            "cutoff": cut.place, "treated": cut.treated, "kernel": "uniform", "order": degree, "cov_type": "HC0"
        },
        warnings=cut.warned.messages,
        backend=cut.rows.backend,
        bandwidth=width * cut.scale if given is None else given,
        curvature_bound=math.nan,
        max_bias=worst,
        n_below=n_below,
        n_above=n_above,
        cutoff=cut.cutoff,
    )  # fmt: skip


def _misfit_check(worst: float, error: float) -> Check:
    share = worst / error if error > 0 else math.inf
    return Check(
        name="largest misfit",
        question="How far is the polynomial from the means at the scores?",
        verdict="untestable",
        reading=(
            f"At its worst scores on the two sides the polynomial misses the mean by {significant(worst)} in sum, "
            f"{significant(share, 2)} standard errors; that it misses no more at the cutoff is assumed."
        ),
    )
