"""The scatter of a regression discontinuity: means of the outcome in bins of the score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._local_polynomial import local_window
from causalkit._numerics._rd_bins import bin_counts, evenly_spaced, quantile_spaced
from causalkit._numerics._tails import critical_value
from causalkit._validate import choice, fraction, whole
from causalkit.errors import DesignError
from causalkit.rdd._design import read_design
from causalkit.rdd._fit import curves_of, fit_local
from causalkit.rdd._settings import check_settings
from causalkit.results import Record, Table
from causalkit.results._drawable import Drawable
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray, IntArray, IntoDataFrame, Missing
    from causalkit.rdd._design import RddDesign

__all__ = ["BinnedScatter", "bins", "scatter_of"]

BinMethod = Literal["es", "qs", "esmv", "qsmv", "espr", "qspr", "esmvpr", "qsmvpr"]
_METHODS = ("esmv", "es", "qs", "qsmv", "espr", "qspr", "esmvpr", "qsmvpr")
_MANY_TIES = 0.2
# Of the polynomials behind the numbers of bins, whatever polynomial is drawn.
_RULE_ORDER = 4
_GRID = 101


@dataclass(frozen=True, kw_only=True, eq=False)
class BinnedScatter(Record, Drawable):
    """Means of the outcome by bins of the score, a global polynomial on either side, and the local fit at the cutoff.

    Attributes
    ----------
    outcome, running : str
        Columns.
    cutoff : float
        Where treatment starts.
    method : str
        How the number of bins was found; ``"given"`` where it was.
    low, high : (m,) array
        Ends of the bins, from left to right.
    score, mean : (m,) array
        Mean score and mean outcome of each bin, weighted where rows have weights; empty bins are left out.
    std_error : (m,) array
        Of the mean; NaN for a bin of one row.
    n : (m,) array of int
        Rows.
    n_bins : tuple of int
        Bins below and above, with empty ones.
    curve_score, curve : (2, g) array
        The polynomial on a grid, below and above.
    order : int
        Its degree.
    window : tuple of float or None
        Bandwidth of the local linear fit, below and above; None where it was not made or the score has too few values.
    local_below, local_above : tuple of float
        Intercept and slope of that fit in the score less the cutoff; empty without it.
    jump : float or None
        Jump of that fit, of the treated over the untreated side.
    """

    outcome: str
    running: str
    cutoff: float
    method: str
    low: FloatArray
    high: FloatArray
    score: FloatArray
    mean: FloatArray
    std_error: FloatArray
    n: IntArray
    n_bins: tuple[int, int]
    curve_score: FloatArray
    curve: FloatArray
    order: int
    window: tuple[float, float] | None = None
    local_below: tuple[float, ...] = ()
    local_above: tuple[float, ...] = ()
    jump: float | None = None

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        names = ("low", "high", "score", "mean", "std_error", "curve_score", "curve")
        self._freeze(**{name: read_only(getattr(self, name)) for name in names})
        self._freeze(n=read_only(self.n, dtype=np.int64))

    def bands(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return the ends of the intervals of the means by Student's t, (m,) each; NaN for a bin of one row."""
        half = np.asarray(critical_value(fraction("level", level), np.maximum(self.n - 1.0, 1.0))) * self.std_error
        return self.mean - half, self.mean + half

    def plot(self, *, ax: Axes | None = None, level: float | None = None) -> Axes:
        """Draw the bins, the global polynomial, and the local fit with its jump.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        level : float, optional
            Draw intervals of the means with this coverage.

        Returns
        -------
        matplotlib Axes
            The axes drawn on.
        """
        from causalkit.plot._rdd import binned_scatter

        return binned_scatter(self, ax=ax, level=level)

    def table(self, level: float = 0.95) -> Table:
        """Return one row per bin, with intervals of the means."""
        low, high = self.bands(level)
        return Table(
            title=f"{self.outcome} by {self.running}",
            columns={
                "low": self.low.tolist(),
                "high": self.high.tolist(),
                "n": self.n.tolist(),
                "mean": self.mean.tolist(),
                "std_error": self.std_error.tolist(),
                "conf_low": low.tolist(),
                "conf_high": high.tolist(),
            },
            note=f"{self.n_bins[0]} bins below and {self.n_bins[1]} above the cutoff {self.cutoff:g} ({self.method}).",
        )

    def __str__(self) -> str:
        """Return the table."""
        return str(self.table())


def bins(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    method: str = "esmv",
    n_bins: int | Sequence[int] | None = None,
    order: int = 4,
    weights: str | None = None,
    missing: Missing = "raise",
) -> BinnedScatter:
    """Means of the outcome in bins of the score, with a global polynomial on either side of the cutoff.

    The local linear fit in its window of least mean squared error is added, so that the eye can compare the jump that
    would be estimated with the means around it. ``plot(level=0.95)`` draws intervals of the means.

    Parameters
    ----------
    data : data frame
        One row per unit.
    outcome, running : str
        Columns of the outcome and the score.
    cutoff : number or date
        Where treatment starts.
    treated : {"above", "below"}
        Which side is treated; rows at the cutoff belong to it.
    method : str
        ``"es"`` evenly or ``"qs"`` quantile spaced bins, in the number that minimises the integrated mean squared
        error; ``"esmv"``, ``"qsmv"``: in the number that makes the means as variable as the data; with ``"pr"`` at
        the end, variances come from the polynomial instead of neighbouring scores, as they do anyway where a
        fifth of the scores repeats.
    n_bins : int or pair of int, optional
        The number itself, or one below and one above.
    order : int
        Degree of the global polynomial that is drawn; the number of bins does not depend on it.
    weights : str, optional
        Column of the weight of each row, in the means, the polynomial and the local fit. The number of bins does not
        depend on them.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    BinnedScatter
        Bins and curve.

    Raises
    ------
    DataError, DesignError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Calonico, S., Cattaneo, M. D. and Titiunik, R. (2015). Journal of the American Statistical Association
    110(512), 1753-1769.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> score = np.linspace(-1, 1, 400)
    >>> df = pd.DataFrame({"score": score, "spend": 3.0 * (score >= 0) + np.sin(9 * score)})
    >>> dots = rdd.bins(df, outcome="spend", running="score", cutoff=0, treated="above", n_bins=4)
    >>> dots.n.tolist()
    [50, 50, 50, 50, 50, 50, 50, 50]
    """
    design = read_design(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=None, covariates=None,
        cluster=None, weights=weights, missing=missing,
    )  # fmt: skip
    return _with_local_fit(scatter_of(design, method=method, n_bins=n_bins, order=order), design)


def scatter_of(
    design: RddDesign, *, method: str = "esmv", n_bins: int | Sequence[int] | None = None, order: int = 4
) -> BinnedScatter:
    """Binned scatter of a design that was read."""
    rule = choice("method", method, _METHODS)
    order = whole("order", order, least=0, most=8)
    cut = design.cut
    sides = design.sides()
    lower_first = sides if cut.treated == "above" else sides[::-1]
    total = sum(map(len, sides))
    quantile = rule.startswith("q")
    counts = _counts(lower_first, total, rule, n_bins)
    parts = []
    curves = []
    for number, (side, count) in enumerate(zip(lower_first, counts, strict=True)):
        edges = quantile_spaced(side, count) if quantile else evenly_spaced(side, count)
        sign = -1.0 if number == 0 else 1.0
        part = _means(side, edges)
        place = cut.cutoff + sign * cut.scale * np.stack([part.low, part.high, part.score])
        low, high = np.minimum(place[0], place[1]), np.maximum(place[0], place[1])
        order_ = np.argsort(place[2])
        parts.append(np.stack([low, high, place[2], part.mean, part.error, part.n])[:, order_])
        grid = np.linspace(0.0, side.range, _GRID)
        window = local_window(side, side.range * (1 + 1e-9), min(order, side.n_distinct - 1), "uniform")
        curve = window.predicted(side.columns[:1], grid, window.order)[0]
        along = slice(None, None, -1) if number == 0 else slice(None)
        curves.append((cut.cutoff + sign * cut.scale * grid[along], _in_units(design, curve[along])))
    low, high, score, mean, error, n = np.concatenate(parts, axis=1)
    return BinnedScatter(
        outcome=cut.rows.names("outcome")[0],
        running=cut.rows.names("running")[0],
        cutoff=cut.cutoff,
        method=rule if n_bins is None else "given",
        low=low,
        high=high,
        score=score,
        mean=_in_units(design, mean),
        std_error=error * design.scales[0],
        n=n.astype(np.int64),
        n_bins=counts,
        curve_score=np.stack([curves[0][0], curves[1][0]]),
        curve=np.stack([curves[0][1], curves[1][1]]),
        order=order,
    )


def _with_local_fit(scatter: BinnedScatter, design: RddDesign) -> BinnedScatter:
    """Add the local linear fit, where the score has enough values for it."""
    try:
        local = fit_local(design, check_settings())
    except DesignError:
        return scatter
    below, above = design.cut.below_above(*(tuple(map(float, each)) for each in curves_of(design, local)))
    return replace(
        scatter,
        window=design.cut.below_above(*local.h),
        local_below=below,
        local_above=above,
        jump=local.conventional,
    )


def _counts(sides: tuple[Side, ...], total: int, rule: str, n_bins: int | Sequence[int] | None) -> tuple[int, int]:
    if n_bins is not None:
        pair = (n_bins, n_bins) if isinstance(n_bins, int) else tuple(n_bins)
        below, above = (whole("n_bins", each, least=1) for each in pair)
        return below, above
    quantile = rule.startswith("q")
    tied = any(1 - side.n_distinct / len(side) >= _MANY_TIES for side in sides)
    fitted = rule.endswith("pr") or tied
    found = []
    for side in sides:
        degree = min(_RULE_ORDER, side.n_distinct - 1)
        most = max(len(side), 1)
        by_rule = bin_counts(replace(side, weights=None), total, degree, quantile=quantile)
        if "mv" in rule:
            count = by_rule.mimic_fit if fitted else by_rule.mimic
        else:
            count = by_rule.imse_fit if fitted else by_rule.imse
        found.append(min(max(count, 1), most))
    return found[0], found[1]


@dataclass(frozen=True, slots=True, eq=False)
class _Means:
    """Bins of one side that have rows."""

    low: FloatArray
    high: FloatArray
    score: FloatArray
    mean: FloatArray
    error: FloatArray
    n: FloatArray


def _means(side: Side, edges: FloatArray) -> _Means:
    count = edges.size - 1
    at = np.clip(np.searchsorted(edges, side.distance, side="right") - 1, 0, count - 1)
    w = np.ones(at.size) if side.weights is None else side.weights
    n, total = (np.bincount(at, weights=each, minlength=count) for each in (None, w))
    has = n > 0
    safe = np.where(has, total, 1.0)
    y = side.columns[0]
    mean = np.bincount(at, weights=w * y, minlength=count) / safe
    spread = np.bincount(at, weights=np.square(w * (y - mean[at])), minlength=count)
    score = np.bincount(at, weights=w * side.distance, minlength=count) / safe
    # HC1 of a mean: with equal weights its usual standard error.
    error = np.where(n > 1, np.sqrt(spread * n / np.maximum(n - 1, 1)) / safe, np.nan)
    return _Means(edges[:-1][has], edges[1:][has], score[has], mean[has], error[has], n[has].astype(float))


def _in_units(design: RddDesign, values: FloatArray) -> FloatArray:
    return np.asarray(design.centers[0] + design.scales[0] * values)
