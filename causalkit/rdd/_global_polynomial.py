"""One polynomial per side over all rows: what textbooks name first, and what to be wary of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._local_polynomial import local_window
from causalkit._numerics._rd_variance import VarianceRule
from causalkit._validate import whole
from causalkit.errors import DesignError, DesignWarning
from causalkit.rdd._design import read_design
from causalkit.rdd._records import placed
from causalkit.results import Check, Checks, Effect, Effects, Result, Sample, Table
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray, IntoDataFrame, Missing
    from causalkit.rdd._design import RddDesign

__all__ = ["GlobalPolynomialResult", "global_polynomial"]

_HIGHEST = 6
_WARN_FROM = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GlobalPolynomialResult(Result):
    """A jump between two polynomials fitted to all rows.

    Attributes
    ----------
    by_order : Effects
        The jump with polynomials of order 1 to 6, as far as the scores allow; their covariance is left out.
    cutoff : float
        Where treatment starts.
    """

    by_order: Effects
    cutoff: float

    @property
    def treatment(self) -> str:
        """What the effect is of."""
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
            f"({level:.0%} interval {self.conf_int(level).format()}, by a polynomial through all rows)."
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the jump by order of the polynomial."""
        table = self.by_order.table(level)
        return (Table(title="By order of the polynomial", columns=table.columns),)


def global_polynomial(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    order: int = 1,
    missing: Missing = "raise",
) -> GlobalPolynomialResult:
    """Jump at the cutoff between polynomials fitted to all rows on either side.

    Rows far from the cutoff decide on the fit as much as those near it, and high orders swing at the ends:
    :func:`local_polynomial` is the estimate to report. This one shows how far the answer hangs on the order.

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
    order : int
        Degree of the polynomials, at most 6; from 3 on a warning is given.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    GlobalPolynomialResult
        The jump with HC1 errors, counted by side, and the jumps of orders 1 to 6.

    Raises
    ------
    DesignError
        Too few distinct scores for the order.
    DataError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Gelman, A. and Imbens, G. (2019). Journal of Business and Economic Statistics 37(3), 447-456.

    Examples
    --------
    >>> from causalkit import rdd, simulate
    >>> df = simulate.discontinuity(1000, rng=1).data
    >>> result = rdd.global_polynomial(df, outcome="y", running="score", cutoff=0, treated="above", order=2)
    >>> len(result.by_order)
    6
    """
    degree = whole("order", order, least=0, most=_HIGHEST)
    design = read_design(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=None, covariates=None,
        cluster=None, weights=None, missing=missing,
    )  # fmt: skip
    cut, sides = design.cut, design.sides()
    most = min(side.n_distinct for side in sides) - 1
    if degree > most:
        raise DesignError(
            f"order={degree} needs {degree + 1} distinct scores on each side; there are {most + 1} on one."
        )
    if degree >= _WARN_FROM:
        cut.warned.add(
            f"A global polynomial of order {degree} lets rows far from the cutoff decide on the jump; see "
            f"rdd.local_polynomial.",
            DesignWarning,
        )
    estimate, error = _jump(design, sides, degree)
    orders = range(1, min(_HIGHEST, most) + 1)
    found = np.array([_jump(design, sides, each) for each in orders]).reshape(-1, 2)
    by_order = Effects(
        dimension="order",
        labels=tuple(f"order {each}" for each in orders),
        estimates=found[:, 0],
        cov=np.diag(found[:, 1] ** 2),
    )
    return GlobalPolynomialResult(
        method=f"Global polynomial of order {degree} on either side of the cutoff",
        effect=Effect(estimand="ATE at the cutoff", estimate=estimate, std_error=error),
        sample=Sample.of(cut.rows, cut.on_treated_side),
        checks=Checks((_swing_check(found[:, 0], found[:, 1]),)),
        roles={role: cut.rows.names(role) for role in ("outcome", "running")},
        options={"cutoff": cut.place, "treated": cut.treated, "order": degree, "cov_type": "HC1"},
        warnings=cut.warned.messages,
        backend=cut.rows.backend,
        by_order=by_order,
        cutoff=cut.cutoff,
    )


def _jump(design: RddDesign, sides: tuple[Side, Side], order: int) -> tuple[float, float]:
    """Jump and its standard error, in units of the outcome."""
    estimate = variance = 0.0
    for sign, side in zip((-1.0, 1.0), sides, strict=True):
        window = local_window(side, side.range * (1 + 1e-9) or 1.0, order, "uniform")
        weights = window.functional(0, order)
        rule = VarianceRule("HC1", side, None)
        estimate += sign * float(weights @ side.columns[0])
        variance += rule.variance(weights, rule.residuals(window, order), np.ones(1), window, order)
    return float(design.scales[0]) * estimate, float(design.scales[0]) * float(np.sqrt(variance))


def _swing_check(estimates: FloatArray, errors: FloatArray) -> Check:
    if estimates.size == 0:
        return Check(name="order", question="Does the order matter?", verdict="not run", reading="Too few scores.")
    swing = float(np.ptp(estimates))
    apart = swing > 2 * float(np.nanmedian(errors))
    return Check(
        name="order",
        question="Does the answer hang on the order of the polynomial?",
        verdict="questionable" if apart else "supported",
        reading=(
            f"Over orders 1 to {estimates.size} the jump goes from {significant(float(estimates.min()))} to "
            f"{significant(float(estimates.max()))}, a swing of {significant(swing)}."
        ),
    )
