"""Whether units placed themselves on one side of the cutoff: a jump in the density of the score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from causalkit._numerics._density import (
    DENSITY_BANDWIDTHS,
    DensityPilotError,
    binomial_windows,
    density_bandwidths,
    density_jump,
)
from causalkit._numerics._density_restricted import restricted_bandwidths, restricted_jump
from causalkit._numerics._mccrary import mccrary
from causalkit._numerics._rd_side import KERNELS
from causalkit._numerics._tails import two_sided_p
from causalkit._validate import choice, positive, whole
from causalkit.errors import DesignError, OptionError
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

DensityMethod = Literal["unrestricted", "restricted", "mccrary"]
_METHODS: tuple[DensityMethod, ...] = ("unrestricted", "restricted", "mccrary")
_RESTRICTED_BANDWIDTHS = ("comb", "diff", "sum")
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
        Degree of the fits behind the windows; the test uses one more (with McCrary's method, a line as it is).
    windows : Table
        Rows on either side in narrow windows, with the exact binomial test of equal numbers.
    edges : (m + 1,) array
        Ends of the histogram around the cutoff.
    shares : (m,) array
        Density of the histogram.
    method : {"unrestricted", "restricted", "mccrary"}
        How the densities were found.
    covariance : float
        Of the two densities; zero where each side is fitted by itself.
    bin_width : float
        Width of the bins behind McCrary's method, in units of the score; NaN for the others.
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
    method: str = "unrestricted"
    covariance: float = 0.0
    bin_width: float = math.nan

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        self._freeze(edges=read_only(self.edges), shares=read_only(self.shares))

    @property
    def std_error(self) -> float:
        """Standard error of the difference of the densities."""
        return math.sqrt(max(self.se_below**2 + self.se_above**2 - 2 * self.covariance, 0.0))

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
            note=(
                f"Difference {'of logarithms, ' if self.method == 'mccrary' else ''}above less below: "
                f"z = {self.statistic:.4g}, p = {self.p_value:.4g}."
            ),
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
    method: str = "unrestricted",
    order: int | None = None,
    kernel: str = "triangular",
    bandwidth: str | float | Sequence[float] | None = None,
    variance: str | None = None,
    bin_width: float | None = None,
    missing: Missing = "raise",
) -> DensityTest:
    """Test whether the density of the score jumps at the cutoff.

    Units that can choose their score exactly pile up on the better side. By default the density is the slope of a
    local polynomial fitted to the distribution function of the score; it needs neither bins nor a first smoothing.

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
    method : {"unrestricted", "restricted", "mccrary"}
        Each side by itself; or with a distribution function whose higher derivatives are common to both sides, which
        finds smaller jumps where they are; or McCrary's (2008) lines through a histogram, which tests the difference
        of the logarithms.
    order : int, optional
        Degree of the polynomial for which windows are chosen (2); the test uses one more, so that its bias is small.
        Not for McCrary's method.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function; triangular for McCrary's method.
    bandwidth : str or float or pair of float, optional
        ``"each"``, ``"diff"`` or ``"sum"`` minimise the mean squared error of each density, their difference or
        their sum; ``"comb"``, the default, takes the median of the three (restricted, where both sides share a window
        and ``"each"`` has no meaning, the smaller of the last two); or half-widths in units of the score. For
        McCrary's method his rule of thumb, or a number.
    variance : {"jackknife", "plugin"}, optional
        From the influence of each row, the default, or from the asymptotic formula. Not for McCrary's method.
    bin_width : float, optional
        Width of the bins of McCrary's histogram, in units of the score; by default twice the standard deviation of the
        score over the root of the number of rows.
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
    1449-1455. McCrary, J. (2008). Journal of Econometrics 142(2), 698-714.

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
    how = cast("DensityMethod", choice("method", method, _METHODS))
    if how == "mccrary":
        if order is not None or variance is not None or kernel != "triangular" or isinstance(bandwidth, str):
            raise OptionError(
                "method='mccrary' fits lines with a triangular kernel and its own variance: leave out order, kernel "
                "and variance, and give bandwidth as a number, if at all."
            )
        return _by_mccrary(cut, bandwidth, bin_width)
    if bin_width is not None:
        raise OptionError(f"bin_width is for method='mccrary'; method={method!r} has no bins.")
    return density_of(
        cut,
        restricted=how == "restricted",
        order=2 if order is None else order,
        kernel=kernel,
        bandwidth="comb" if bandwidth is None else bandwidth,
        variance="jackknife" if variance is None else variance,
    )


@dataclass(frozen=True, slots=True)
class _Jump:
    """Densities on the (untreated, treated) side of the oriented score, with what they were found by."""

    density: tuple[float, float]
    error: tuple[float, float]
    covariance: float
    widths: tuple[float, float]
    n_window: tuple[int, int]
    order: int
    method: DensityMethod
    statistic: float
    bin_width: float = math.nan


def density_of(
    cut: Cut,
    *,
    restricted: bool = False,
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
        jump = (_restricted if restricted else _unrestricted)(cut, score, bandwidth, p, kind, rule)
    except DensityPilotError as thin:
        raise DesignError(
            f"Too few distinct scores {cut.names[thin.side]} the cutoff for the density: {thin.distinct} in a window "
            f"that needs {thin.needed}. Widen it with bandwidth=..., or compare counts in windows."
        ) from None
    return _test_of(cut, score, jump)


def _unrestricted(
    cut: Cut,
    score: FloatArray,
    bandwidth: str | float | Sequence[float],
    order: int,
    kernel: KernelName,
    variance: DensityVariance,
) -> _Jump:
    """Each side by itself."""
    if isinstance(bandwidth, str):
        selector = cast("DensityBandwidth", choice("bandwidth", bandwidth, DENSITY_BANDWIDTHS))
        widths = density_bandwidths(score, cutoff=0.0, order=order, kernel=kernel, variance=variance, kind=selector)
    else:
        given = pair_of("bandwidth", bandwidth)
        widths = cut.below_above(given[0] / cut.scale, given[1] / cut.scale)
    fit = density_jump(score, cutoff=0.0, bandwidths=widths, order=order + 1, kernel=kernel, variance=variance)
    error = (math.sqrt(fit.var_below), math.sqrt(fit.var_above))
    statistic = standardized(fit.above - fit.below, math.hypot(*error))
    return _Jump(
        (fit.below, fit.above), error, 0.0, widths, (fit.n_below, fit.n_above), order, "unrestricted", statistic
    )


def _restricted(
    cut: Cut,
    score: FloatArray,
    bandwidth: str | float | Sequence[float],
    order: int,
    kernel: KernelName,
    variance: DensityVariance,
) -> _Jump:
    """Both sides at once, with nothing but the density free to differ."""
    if isinstance(bandwidth, str):
        selector = choice("bandwidth", bandwidth, _RESTRICTED_BANDWIDTHS)
        width = restricted_bandwidths(score, cutoff=0.0, order=order, kernel=kernel, variance=variance)[selector]
    else:
        below, above = pair_of("bandwidth", bandwidth)
        if below != above:
            raise OptionError(f"bandwidth={bandwidth!r}: with method='restricted' both sides share one.")
        width = below / cut.scale
    fit = restricted_jump(score, cutoff=0.0, bandwidth=width, order=order + 1, kernel=kernel, variance=variance)
    error = (math.sqrt(fit.cov[0, 0]), math.sqrt(fit.cov[1, 1]))
    covariance = float(fit.cov[0, 1])
    spread = max(float(fit.cov[0, 0] + fit.cov[1, 1]) - 2 * covariance, 0.0)
    statistic = standardized(fit.above - fit.below, math.sqrt(spread))
    counts = (fit.n_below, fit.n_above)
    return _Jump((fit.below, fit.above), error, covariance, (width, width), counts, order, "restricted", statistic)


def _by_mccrary(cut: Cut, bandwidth: float | Sequence[float] | None, bin_width: float | None) -> DensityTest:
    """Lines through a histogram on either side."""
    score = np.sort(cut.oriented)
    h = None if bandwidth is None else positive("bandwidth", bandwidth) / cut.scale
    bins = None if bin_width is None else positive("bin_width", bin_width) / cut.scale
    fit = mccrary(score, cutoff=0.0, bandwidth=h, bin_width=bins)
    if fit is None:
        raise DesignError(
            "A side of the cutoff has too few bins of the score for McCrary's test; narrow bin_width=..., or use "
            "another method."
        )
    # By the delta method, at the share of each side in the variance of the difference of logarithms.
    first = int(np.searchsorted(score, 0.0))
    known = min(fit.below, fit.above) > 0
    total = fit.below + fit.above
    shares = (fit.above / total, fit.below / total) if known else (math.nan, math.nan)
    below, above = (
        level * math.sqrt(share) * fit.log_std_error
        for level, share in zip((fit.below, fit.above), shares, strict=True)
    )
    inside = (
        int(np.count_nonzero(score[:first] > -fit.bandwidth)),
        int(np.count_nonzero(score[first:] < fit.bandwidth)),
    )
    gap = math.log(fit.above / fit.below) if known else math.nan
    jump = _Jump(
        (fit.below, fit.above),
        (below, above),
        0.0,
        (fit.bandwidth, fit.bandwidth),
        inside,
        1,
        "mccrary",
        standardized(gap, fit.log_std_error),
        fit.bin_width * cut.scale,
    )
    return _test_of(cut, score, jump)


def _test_of(cut: Cut, score: FloatArray, jump: _Jump) -> DensityTest:
    """Turn densities on the oriented score into a test in the user's units."""
    first = int(np.searchsorted(score, 0.0))
    distances = (-score[:first][::-1], score[first:])
    width, n_untreated, n_treated, p_window = binomial_windows(distances, n_windows=_WINDOWS, least=_LEAST_IN_WINDOW)
    counts = cut.below_above(n_untreated, n_treated)
    edges, shares = _histogram(score, jump.widths)
    density = cut.below_above(*(each / cut.scale for each in jump.density))
    error = cut.below_above(*(each / cut.scale for each in jump.error))
    n_window = cut.below_above(*jump.n_window)
    n_side = cut.below_above(first, score.size - first)
    h = cut.below_above(*(each * cut.scale for each in jump.widths))
    # Above less below, whichever side is treated.
    statistic = jump.statistic if cut.treated == "above" else -jump.statistic
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
        order=jump.order,
        windows=_window_table(width * cut.scale, counts[0], counts[1], p_window),
        edges=np.sort(cut.at_score(edges)),
        shares=(shares if cut.treated == "above" else shares[::-1]) / cut.scale,
        method=jump.method,
        covariance=jump.covariance / cut.scale**2,
        bin_width=jump.bin_width,
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
