"""Whether units placed themselves on one side of the cutoff: a jump in the density of the score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from causalkit._numerics._density import (
    DENSITY_BANDWIDTHS,
    DensityPilotError,
    binomial_windows,
    density_bandwidths,
    density_jump,
)
from causalkit._numerics._rd_side import KERNELS
from causalkit._numerics._tails import two_sided_p
from causalkit._validate import choice, whole
from causalkit.errors import DesignError
from causalkit.rdd._design import read_cut
from causalkit.rdd._settings import pair_of
from causalkit.results import Check, Record, Table
from causalkit.results._drawable import Drawable
from causalkit.results._record import read_only
from causalkit.results._uncertainty import standardized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._density import DensityBandwidth, DensityVariance
    from causalkit._numerics._rd_side import KernelName
    from causalkit._typing import FloatArray, IntArray, IntoDataFrame, Missing, Verdict
    from causalkit.rdd._design import Cut

__all__ = ["DensityTest", "density_of", "density_test"]

_SIGNIFICANT = 0.05
_WINDOWS = 10
_LEAST_IN_WINDOW = 20
_HISTOGRAM = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityTest(Record, Drawable):
    """Density of the score on either side of the cutoff, and the test that it does not jump.

    Attributes
    ----------
    running : str
        Column of the score.
    cutoff : float
        Where treatment starts.
    below, above : float
        Density at the cutoff from either side, per unit of the score.
    se_below, se_above : float
        Their standard errors.
    statistic, p_value : float
        Of the difference, above less below.
    bandwidth_below, bandwidth_above : float
        Windows, in units of the score.
    n_below, n_above : int
        Rows.
    n_window_below, n_window_above : int
        Rows in the windows.
    order : int
        Degree of the fits behind the windows; the test uses one more.
    windows : Table
        Rows on either side in narrow windows, with the exact binomial test of equal numbers.
    edges : (m + 1,) array
        Ends of the histogram around the cutoff.
    shares : (m,) array
        Density of the histogram.
    """

    running: str
    cutoff: float
    below: float
    above: float
    se_below: float
    se_above: float
    statistic: float
    p_value: float
    bandwidth_below: float
    bandwidth_above: float
    n_below: int
    n_above: int
    n_window_below: int
    n_window_above: int
    order: int
    windows: Table
    edges: FloatArray
    shares: FloatArray

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        self._freeze(edges=read_only(self.edges), shares=read_only(self.shares))

    @property
    def std_error(self) -> float:
        """Standard error of the difference of the densities."""
        return math.hypot(self.se_below, self.se_above)

    def check(self) -> Check:
        """Return the verdict on sorting at the cutoff."""
        verdict: Verdict = "questionable" if self.p_value < _SIGNIFICANT else "supported"
        if math.isnan(self.p_value):
            verdict = "not run"
        finding = (
            "The score has more units on one side than its density around the cutoff explains"
            if verdict == "questionable"
            else "No evidence that units placed themselves on one side of the cutoff"
        )
        return Check(
            name="density",
            question="Did units place themselves on one side of the cutoff?",
            null="the density of the score does not jump",
            verdict=verdict,
            statistic=self.statistic,
            p_value=self.p_value,
            reading=f"{finding}: density {self.below:.3g} below and {self.above:.3g} above (p = {self.p_value:.3g}).",
            table=self.windows,
        )

    def table(self) -> Table:
        """Return one row per side."""
        return Table(
            title=f"Density of {self.running} at the cutoff {self.cutoff:g}",
            columns={
                "side": ["below", "above"],
                "n": [self.n_below, self.n_above],
                "bandwidth": [self.bandwidth_below, self.bandwidth_above],
                "n_window": [self.n_window_below, self.n_window_above],
                "estimate": [self.below, self.above],
                "std_error": [self.se_below, self.se_above],
            },
            headings={"n": "rows", "n_window": "rows within", "estimate": "density"},
            note=f"Difference above less below: z = {self.statistic:.4g}, p = {self.p_value:.4g}.",
        )

    def __str__(self) -> str:
        """Return the tables."""
        return f"{self.table()}\n\n{self.windows}"


def density_test(
    data: IntoDataFrame,
    *,
    running: str,
    cutoff: object,
    treated: str,
    order: int = 2,
    kernel: str = "triangular",
    bandwidth: str | float | Sequence[float] = "comb",
    variance: str = "jackknife",
    missing: Missing = "raise",
) -> DensityTest:
    """Test whether the density of the score jumps at the cutoff.

    Units that can choose their score exactly pile up on the better side. The density is the slope of a local
    polynomial fitted to the distribution function of the score; it needs neither bins nor a first smoothing.

    Parameters
    ----------
    data : data frame
        One row per unit.
    running : str
        Column of the score.
    cutoff : number or date
        Where treatment starts.
    treated : {"above", "below"}
        Which side is treated; rows at the cutoff belong to it.
    order : int
        Degree of the polynomial for which windows are chosen; the test uses one more, so that its bias is small.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    bandwidth : str or float or pair of float
        ``"each"``, ``"diff"`` or ``"sum"`` minimise the mean squared error of each density, their difference or
        their sum; ``"comb"`` takes the median of the three; or half-widths in units of the score.
    variance : {"jackknife", "plugin"}
        From the influence of each row, or from the asymptotic formula.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    DensityTest
        Densities, test, and a table of narrow windows with exact binomial tests.

    Raises
    ------
    DesignError
        Too few distinct scores in a window.
    DataError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Cattaneo, M. D., Jansson, M. and Ma, X. (2020). Journal of the American Statistical Association 115(531),
    1449-1455.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> df = pd.DataFrame({"score": np.random.default_rng(2).normal(0.3, 1, 3000)})
    >>> rdd.density_test(df, running="score", cutoff=0, treated="above").check().verdict
    'supported'
    """
    cut = read_cut(data, running=running, cutoff=cutoff, treated=treated, missing=missing, roles={})
    return density_of(cut, order=order, kernel=kernel, bandwidth=bandwidth, variance=variance)


def density_of(
    cut: Cut,
    *,
    order: int = 2,
    kernel: str = "triangular",
    bandwidth: str | float | Sequence[float] = "comb",
    variance: str = "jackknife",
) -> DensityTest:
    """Density test of a score that was read."""
    p = whole("order", order, least=1, most=6)
    kind = cast("KernelName", choice("kernel", kernel, KERNELS))
    rule = cast("DensityVariance", choice("variance", variance, ("jackknife", "plugin")))
    # Rows at the cutoff belong to the treated side, which is the upper one of the oriented score.
    score = np.sort(cut.oriented)
    try:
        if isinstance(bandwidth, str):
            selector = cast("DensityBandwidth", choice("bandwidth", bandwidth, DENSITY_BANDWIDTHS))
            widths = density_bandwidths(score, cutoff=0.0, order=p, kernel=kind, variance=rule, kind=selector)
        else:
            given = pair_of("bandwidth", bandwidth)
            widths = cut.below_above(given[0] / cut.scale, given[1] / cut.scale)
        fit = density_jump(score, cutoff=0.0, bandwidths=widths, order=p + 1, kernel=kind, variance=rule)
    except DensityPilotError as thin:
        raise DesignError(
            f"Too few distinct scores {cut.names[thin.side]} the cutoff for the density: {thin.distinct} in a window "
            f"that needs {thin.needed}. Widen it with bandwidth=..., or compare counts in windows."
        ) from None
    first = int(np.searchsorted(score, 0.0))
    distances = (-score[:first][::-1], score[first:])
    width, n_untreated, n_treated, p_window = binomial_windows(distances, n_windows=_WINDOWS, least=_LEAST_IN_WINDOW)
    counts = cut.below_above(n_untreated, n_treated)
    edges, shares = _histogram(score, widths)
    density = cut.below_above(fit.below / cut.scale, fit.above / cut.scale)
    error = cut.below_above(math.sqrt(fit.var_below) / cut.scale, math.sqrt(fit.var_above) / cut.scale)
    n_window = cut.below_above(fit.n_below, fit.n_above)
    n_side = cut.below_above(first, score.size - first)
    h = cut.below_above(widths[0] * cut.scale, widths[1] * cut.scale)
    statistic = standardized(density[1] - density[0], math.hypot(*error))
    return DensityTest(
        running=cut.rows.names("running")[0],
        cutoff=cut.cutoff,
        below=density[0],
        above=density[1],
        se_below=error[0],
        se_above=error[1],
        statistic=statistic,
        p_value=float(two_sided_p(statistic)),
        bandwidth_below=h[0],
        bandwidth_above=h[1],
        n_below=n_side[0],
        n_above=n_side[1],
        n_window_below=n_window[0],
        n_window_above=n_window[1],
        order=p,
        windows=_window_table(width * cut.scale, counts[0], counts[1], p_window),
        edges=np.sort(cut.at_score(edges)),
        shares=(shares if cut.treated == "above" else shares[::-1]) / cut.scale,
    )


def _window_table(width: FloatArray, below: IntArray, above: IntArray, p_value: FloatArray) -> Table:
    return Table(
        title="Rows near the cutoff, with exact binomial tests of equal numbers",
        columns={
            "bandwidth": width.tolist(),
            "n_below": below.tolist(),
            "n_above": above.tolist(),
            "p_value": p_value.tolist(),
        },
        headings={"n_below": "rows below", "n_above": "rows above"},
    )


def _histogram(score: FloatArray, widths: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Density of the oriented score in equal bins around the cutoff, one of whose ends is the cutoff."""
    step = (widths[0] + widths[1]) / _HISTOGRAM
    below = max(round(widths[0] / step), 1)
    above = max(round(widths[1] / step), 1)
    edges: FloatArray = step * np.arange(-below, above + 1, dtype=np.float64)
    counts = np.diff(np.searchsorted(score, edges, side="left"))
    return edges, np.asarray(counts / (score.size * step))
