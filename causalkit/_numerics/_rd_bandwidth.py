"""Bandwidths that minimise the mean squared error, or the coverage error, of a regression discontinuity estimate.

Three stages, each minimising the mean squared error of one coefficient (Calonico, Cattaneo and Titiunik
2014, section 4 and supplement; Calonico, Cattaneo, Farrell and Titiunik 2019 with covariates): a pilot for the
derivative behind the bias of the bias, then the bandwidth ``b`` of the bias, then ``h`` of the estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from causalkit._numerics._local_polynomial import local_window
from causalkit._numerics._rd_contrast import side_contrast

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._numerics._local_polynomial import Window
    from causalkit._numerics._rd_side import KernelName, Side
    from causalkit._numerics._rd_variance import VarianceRule
    from causalkit._typing import FloatArray

__all__ = ["BANDWIDTHS", "BandwidthName", "BandwidthSettings", "Bandwidths", "PilotError", "select_bandwidths"]

BandwidthName = Literal[
    "mserd", "msetwo", "msesum", "msecomb1", "msecomb2", "cerrd", "certwo", "cersum", "cercomb1", "cercomb2"
]
BANDWIDTHS: Final[tuple[BandwidthName, ...]] = (
    "mserd", "msetwo", "msesum", "msecomb1", "msecomb2", "cerrd", "certwo", "cersum", "cercomb1", "cercomb2",
)  # fmt: skip

# Rule-of-thumb constants of the kernels, and the least distinct scores in a window when scores repeat.
_PILOT_CONSTANT: Final = {"triangular": 2.576, "epanechnikov": 2.34, "uniform": 1.843}
_LEAST_DISTINCT: Final = 10
# Windows that end at a row are widened by it, so that the row is inside.
_WIDER: Final = 1.0 + math.sqrt(np.finfo(float).eps)
# Rows gone over at a time.
_BLOCK: Final = 8192


class PilotError(ValueError):
    """A pilot window has too few distinct scores for its polynomial."""

    def __init__(self, side: int, distinct: int, needed: int) -> None:
        super().__init__(f"side {side}: {distinct} distinct scores, {needed} needed")
        self.side, self.distinct, self.needed = side, distinct, needed


@dataclass(frozen=True, slots=True)
class BandwidthSettings:
    """What the bandwidths are for.

    Attributes
    ----------
    order, bias_order : int
        Degrees of the estimate and of its bias correction.
    derivative : int
        Which derivative jumps: 0 for the level, 1 for a kink.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    regularize : float
        Share of the regularisation term, 1 or 0.
    mass_points : {"adjust", "check", "off"}
        Whether repeated scores widen the pilots.
    n_treatments : int
        1 where the second column is a treatment with imperfect take-up, else 0.
    means : tuple of float
        Means that were taken out of the columns; empty for none.
    """

    order: int
    bias_order: int
    derivative: int
    kernel: KernelName
    regularize: float = 1.0
    mass_points: Literal["adjust", "check", "off"] = "adjust"
    n_treatments: int = 0
    means: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Bandwidths:
    """Bandwidths of the estimate and of its bias, left and right of the cutoff.

    Attributes
    ----------
    h, b : tuple of float
        In units of the score.
    """

    h: tuple[float, float]
    b: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Constants:
    """Variance, bias and regularisation of one coefficient on one side, and the rate of its bandwidth."""

    variance: float
    bias: float
    regularization: float
    rate: float


@dataclass(frozen=True, slots=True)
class _Stage:
    """A coefficient of interest: degree of its fit, its power, and the degree of the fit behind its bias."""

    order: int
    power: int
    bias_order: int
    regularize: float


def select_bandwidths(
    sides: tuple[Side, Side],
    rules: tuple[VarianceRule, VarianceRule],
    settings: BandwidthSettings,
    kinds: tuple[BandwidthName, ...],
    *,
    n_clusters: int | None = None,
) -> dict[BandwidthName, Bandwidths]:
    """Bandwidths of several kinds, which share their pilots.

    Parameters
    ----------
    sides, rules : pair
        The rows below and above the cutoff, and how variances are estimated.
    settings : BandwidthSettings
        What the bandwidths are for.
    kinds : tuple of str
        Some of ``BANDWIDTHS``.
    n_clusters : int, optional
        Clusters of both sides, which count in place of rows for the coverage-error kinds.

    Returns
    -------
    dict
        Bandwidths by kind.

    Raises
    ------
    PilotError
        A pilot window has too few distinct scores.
    """
    pilot = _Pilot.of(sides, rules, settings)
    found = {base: pilot.bandwidths(base) for base in _needed(kinds)}
    n = n_clusters or sum(map(len, sides))
    p = settings.order
    shrink: float = float(n) ** (-p / ((3 + p) * (3 + 2 * p)))
    out: dict[BandwidthName, Bandwidths] = {}
    for kind in kinds:
        mse = _combined(kind[3:], found)
        factor = shrink if kind.startswith("cer") else 1.0
        out[kind] = Bandwidths((mse.h[0] * factor, mse.h[1] * factor), mse.b)
    return out


def _needed(kinds: tuple[BandwidthName, ...]) -> set[str]:
    parts = {"rd": ("rd",), "two": ("two",), "sum": ("sum",), "comb1": ("rd", "sum"), "comb2": ("rd", "sum", "two")}
    return {base for kind in kinds for base in parts[kind[3:]]}


def _combined(kind: str, found: dict[str, Bandwidths]) -> Bandwidths:
    if kind in found:
        return found[kind]
    pick: Callable[[list[float]], float] = min if kind == "comb1" else _median
    every = [found[base] for base in (("rd", "sum") if kind == "comb1" else ("rd", "sum", "two"))]
    h, b = (tuple(pick([getattr(each, name)[s] for each in every]) for s in (0, 1)) for name in ("h", "b"))
    return Bandwidths((h[0], h[1]), (b[0], b[1]))


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


@dataclass(frozen=True, slots=True, eq=False)
class _Pilot:
    """What the three stages share."""

    sides: tuple[Side, Side]
    rules: tuple[VarianceRule, VarianceRule]
    settings: BandwidthSettings
    windows: tuple[Window, Window]
    derivative: tuple[_Constants, _Constants]

    @classmethod
    def of(
        cls, sides: tuple[Side, Side], rules: tuple[VarianceRule, VarianceRule], settings: BandwidthSettings
    ) -> _Pilot:
        first = _first_bandwidth(sides, settings)
        q = settings.bias_order
        # One degree more than is fitted, for the constants of the bias.
        windows = tuple(local_window(side, first, q + 2, settings.kernel) for side in sides)
        pair = (windows[0], windows[1])
        stage = _Stage(q + 1, q + 1, q + 2, 0.0)
        whole = [
            _constants(side, rule, settings, stage, window, side.range * _WIDER, number)
            for number, (side, rule, window) in enumerate(zip(sides, rules, pair, strict=True))
        ]
        return cls(sides, rules, settings, pair, (whole[0], whole[1]))

    def bandwidths(self, kind: str) -> Bandwidths:
        """Run the stages for one way of combining the sides."""
        p, q, nu = self.settings.order, self.settings.bias_order, self.settings.derivative
        d = self._minimise(kind, self.derivative)
        least = _least_widths(self.sides, self.settings)
        least = least if kind == "two" else (max(least), max(least))
        d = max(d[0], least[0]), max(d[1], least[1])
        b = self._minimise(kind, self._stage(_Stage(q, p + 1, q + 1, self.settings.regularize), d))
        h = self._minimise(kind, self._stage(_Stage(p, nu, q, self.settings.regularize), b))
        return Bandwidths(h, b)

    def _stage(self, stage: _Stage, widths: tuple[float, float]) -> tuple[_Constants, _Constants]:
        left, right = (
            _constants(self.sides[s], self.rules[s], self.settings, stage, self.windows[s], widths[s], s)
            for s in (0, 1)
        )
        return left, right

    def _minimise(self, kind: str, sides: tuple[_Constants, _Constants]) -> tuple[float, float]:
        left, right = sides
        if kind == "two":
            widths = tuple(_optimal(c.variance, c.bias, c.regularization, c.rate) for c in sides)
        else:
            bias = right.bias + left.bias if kind == "sum" else right.bias - left.bias
            shared = _optimal(
                left.variance + right.variance, bias, left.regularization + right.regularization, left.rate
            )
            widths = (shared, shared)
        return self._within_range(kind, widths)

    def _within_range(self, kind: str, widths: tuple[float, ...]) -> tuple[float, float]:
        left, right = (side.range for side in self.sides)
        if kind == "two":
            return min(widths[0], left), min(widths[1], right)
        width = min(widths[0], max(left, right))
        return width, width


def _optimal(variance: float, bias: float, regularization: float, rate: float) -> float:
    """Width of least mean squared error; unbounded where the rows show neither bias nor noise."""
    squared = bias**2 + regularization
    if not (variance > 0 and squared > 0):
        return math.inf
    return float((variance / squared) ** rate)


def _first_bandwidth(sides: tuple[Side, Side], settings: BandwidthSettings) -> float:
    """Rule-of-thumb window of the variances, widened where scores repeat."""
    left, right = sides
    n = len(left) + len(right)
    mean = (float(right.distance.sum()) - float(left.distance.sum())) / n
    squares = sum(_squared_gaps(side.distance, at) for side, at in ((left, -mean), (right, mean)))
    spread = min(math.sqrt(squares / (n - 1)), (_quantile(sides, 3) - _quantile(sides, 1)) / 1.349)
    if settings.mass_points == "adjust":
        n = left.n_distinct + right.n_distinct
    width: float = _PILOT_CONSTANT[settings.kernel] * spread * float(n) ** -0.2
    return max(min(width, max(left.range, right.range)), *_least_widths(sides, settings))


def _least_widths(sides: tuple[Side, Side], settings: BandwidthSettings) -> tuple[float, float]:
    """Widths of either side that hold the least distinct scores, where a fifth of a side's rows repeat one."""
    repeats = any(1.0 - side.n_distinct / len(side) >= 0.2 for side in sides)
    if settings.mass_points != "adjust" or not repeats:
        return 0.0, 0.0
    left, right = (side.nth_distinct(_LEAST_DISTINCT) * _WIDER for side in sides)
    return left, right


def _squared_gaps(values: FloatArray, center: float) -> float:
    """Sum of squared distances from a center, in blocks of rows that stay in cache."""
    total = 0.0
    for first in range(0, values.size, _BLOCK):
        gap = values[first : first + _BLOCK] - center
        total += float(gap @ gap)
    return total


def _quantile(sides: tuple[Side, Side], quarters: int) -> float:
    """Quantile of the score: the least value that so many quarters of the rows do not exceed; averaged at a step."""
    left, right = sides
    n_left = len(left)

    def nth(rank: int) -> float:
        if rank <= n_left:
            return -float(left.distance[n_left - rank])
        return float(right.distance[rank - n_left - 1])

    rank, beyond = divmod(quarters * (n_left + len(right)), 4)
    return nth(rank + 1) if beyond else (nth(rank) + nth(rank + 1)) / 2


def _constants(
    side: Side,
    rule: VarianceRule,
    settings: BandwidthSettings,
    stage: _Stage,
    window: Window,
    bias_width: float,
    number: int,
) -> _Constants:
    """Variance, bias and regularisation constants of a coefficient (CCT 2014, supplement S.2.6)."""
    o, nu = stage.order, stage.power
    if not window.identified(o):
        raise PilotError(number, side.distinct_within(len(window)), o + 1)
    weights = window.functional(nu, o)
    # Distances are reflected on the left, where odd coefficients change sign.
    sign = -1.0 if number == 0 and nu % 2 else 1.0
    contrast = side_contrast(side, window, o, nu, settings.n_treatments, sign=sign, means=settings.means)
    residuals = rule.residuals(window, o)
    variance = rule.variance(weights, residuals, contrast, window, o)
    width = window.bandwidth
    constant = width**nu * window.spill(nu, o)

    wide = local_window(side, bias_width, stage.bias_order, settings.kernel)
    if not wide.identified(stage.bias_order):
        raise PilotError(number, side.distinct_within(len(wide)), stage.bias_order + 1)
    coefficient = float(contrast @ wide.coefficient(o + 1, stage.bias_order))
    regularization = 0.0
    if stage.regularize:
        next_weights = wide.functional(o + 1, stage.bias_order)
        spread = rule.variance(next_weights, rule.residuals(wide, stage.bias_order), contrast, wide, stage.bias_order)
        regularization = stage.regularize * 2 * (o + 1 - nu) * 3 * constant**2 * spread
    return _Constants(
        variance=(2 * nu + 1) * width ** (2 * nu + 1) * variance,
        bias=sign * math.sqrt(2 * (o + 1 - nu)) * constant * coefficient,
        regularization=regularization,
        rate=1 / (2 * o + 3),
    )
