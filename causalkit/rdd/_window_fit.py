"""Rows in a window around the cutoff, and the difference between its sides."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._linear import least_squares
from causalkit._numerics._sandwich import heteroskedastic
from causalkit.errors import DesignError
from causalkit.rdd._window_selection import mean_difference, within
from causalkit.results import Fieller

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray
    from causalkit.rdd._design import RddDesign

__all__ = ["Window", "WindowFit", "fit_window", "ratio_set"]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Rows in the window.

    Attributes
    ----------
    inside : (n,) array of bool
        Which rows of the design.
    treated : (m,) array of bool
        Which of them lie on the treated side.
    gap : (m,) array
        Their score less the cutoff.
    y : (m,) array
        Their outcome.
    taken : (m,) array
        Treatment they took; as assigned in a sharp design.
    reach : tuple of float
        The window below and above.
    """

    inside: BoolArray
    treated: BoolArray
    gap: FloatArray
    y: FloatArray
    taken: FloatArray
    reach: tuple[float, float]

    @classmethod
    def of(cls, design: RddDesign, reach: tuple[float, float]) -> Window:
        """Return the rows of a design in a window.

        Raises
        ------
        DesignError
            A side has fewer than two rows in it.
        """
        cut = design.cut
        inside = within(cut, reach)
        treated = cut.on_treated_side[inside]
        taken = cut.rows.numbers("treatment")[inside] if design.is_fuzzy else treated.astype(float)
        return cls(inside, treated, cut.score[inside] - cut.cutoff, cut.rows.numbers("outcome")[inside], taken, reach)

    def require_order(self, order: int) -> None:
        """Raise where a side has too few distinct scores for a polynomial."""
        for name, side in (("treated", self.treated), ("untreated", ~self.treated)):
            distinct = np.unique(self.gap[side]).size
            if distinct < order + 1:
                raise DesignError(
                    f"order={order} needs {order + 1} distinct scores on each side of the window; the {name} side has "
                    f"{distinct}."
                )

    def columns(self, order: int) -> FloatArray:
        """Side, powers of the score, and their products, the first column being the side."""
        powers = (self.gap / max(self.reach))[:, None] ** np.arange(1, order + 1)
        side = self.treated.astype(float)[:, None]
        return np.hstack([side, powers, side * powers])

    def middle(self) -> FloatArray:
        """Outcome less one of its middle values, so that equal values stay equal and offsets cost no digits."""
        return np.asarray(self.y - np.sort(self.y)[self.y.size // 2])


@dataclass(frozen=True, slots=True)
class WindowFit:
    """A difference at the cutoff, or the ratio of two, with its large-sample error."""

    estimate: float
    std_error: float
    cov_type: str

    @property
    def f(self) -> float:
        """Squared t statistic."""
        return (self.estimate / self.std_error) ** 2 if self.std_error > 0 else math.inf


def fit_window(window: Window, y: FloatArray, order: int, *, by: FloatArray | None = None) -> WindowFit:
    """Difference of a column between the sides at the cutoff; its ratio to that of another column."""
    if order:
        return _fit_polynomial(window, y, order, by)
    treated = window.treated
    if by is None:
        return WindowFit(*mean_difference(y[treated], y[~treated]), "HC2")
    jump = mean_difference(by[treated], by[~treated])[0]
    ratio = mean_difference(y[treated], y[~treated])[0] / jump
    left = y - ratio * by
    variance = sum(float(left[side].var()) / np.count_nonzero(side) for side in (treated, ~treated))
    return WindowFit(ratio, math.sqrt(variance) / abs(jump), "HC0")


def _fit_polynomial(window: Window, y: FloatArray, order: int, by: FloatArray | None) -> WindowFit:
    columns = window.columns(order)
    fit = least_squares(columns, y)
    if by is None:
        variance = float(heteroskedastic(fit, kind="HC3").matrix[1, 1])
        return WindowFit(float(fit.coefficients[1]), math.sqrt(variance), "HC3")
    first = least_squares(columns, by)
    jump = float(first.coefficients[1])
    ratio = float(fit.coefficients[1]) / jump
    structural = replace(fit, residuals=fit.residuals - ratio * first.residuals)
    return WindowFit(ratio, math.sqrt(float(heteroskedastic(structural, kind="HC3").matrix[1, 1])) / abs(jump), "HC3")


def ratio_set(window: Window, order: int, reduced: WindowFit, first: WindowFit) -> Fieller:
    """Anderson-Rubin set of the ratio of two differences adjusted by a polynomial, with their covariance."""
    unit = float(window.y.std()) or 1.0
    both = _fit_polynomial(window, window.y / unit + window.taken, order, None)
    cov = unit * (both.std_error**2 - (reduced.std_error / unit) ** 2 - first.std_error**2) / 2
    return Fieller(
        numerator=reduced.estimate,
        denominator=first.estimate,
        var_numerator=reduced.std_error**2,
        var_denominator=first.std_error**2,
        cov=cov,
    )
