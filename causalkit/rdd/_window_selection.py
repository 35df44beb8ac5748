"""How wide a window around the cutoff may be before units on its two sides differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from scipy import special

from causalkit._numerics._randomization import (
    Assignments,
    mean_differences,
    rank_sum_p,
    rank_sums,
    smirnov_distances,
    smirnov_p,
)
from causalkit._numerics._tails import two_sided_p
from causalkit._validate import choice, fraction, generator, positive, whole
from causalkit.errors import DesignError, DesignWarning
from causalkit.rdd._design import read_cut
from causalkit.rdd._settings import numbers_of
from causalkit.results import Check, Record, Table
from causalkit.results._drawable import Drawable
from causalkit.results._interval import significant
from causalkit.results._record import read_only
from causalkit.results._uncertainty import standardized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._randomization import RandomizationStatistic
    from causalkit._typing import BoolArray, FloatArray, IntArray, IntoDataFrame, Missing, Rng
    from causalkit.rdd._design import Cut

__all__ = [
    "STATISTICS",
    "WindowSelection",
    "balance_p_values",
    "equal_counts_p",
    "large_sample_p",
    "mean_difference",
    "select_window",
    "window_of",
    "within",
]

BalanceMethod = Literal["permutation", "normal"]
STATISTICS: tuple[RandomizationStatistic, ...] = ("difference", "rank_sum", "ks")
# A score of 0.75 lies in a window of 0.75 also where the cutoff was subtracted from it.
_EDGE = 1.0 + 1e-9
_LEAST_IN_WINDOW = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowSelection(Record, Drawable):
    """Balance of covariates in nested windows, and the widest window up to which they are balanced.

    Attributes
    ----------
    running : str
        Column of the score.
    cutoff : float
        Where treatment starts.
    windows : (k,) array
        Half-widths, increasing.
    n_below, n_above : (k,) array of int
        Rows in each window.
    p_values : (k,) array
        The smallest p-value of any covariate.
    covariates : tuple of str
        Which covariate that is.
    count_p_values : (k,) array
        Of the binomial test that rows fall on either side with equal chance.
    threshold : float
        Least p-value that counts as balance.
    chosen : int
        Which window was chosen: the widest one up to which all are balanced; -1 if none is.
    backend : str
        Library of the caller's frame.
    """

    running: str
    cutoff: float
    windows: FloatArray
    n_below: IntArray
    n_above: IntArray
    p_values: FloatArray
    covariates: tuple[str, ...]
    count_p_values: FloatArray
    threshold: float
    chosen: int
    backend: str = "pandas"

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for name in ("windows", "p_values", "count_p_values"):
            self._freeze(**{name: read_only(getattr(self, name))})
        for name in ("n_below", "n_above"):
            self._freeze(**{name: read_only(getattr(self, name), dtype=np.int64)})

    @property
    def window(self) -> float | None:
        """Half-width of the window chosen, in units of the score; None if not even the narrowest is balanced."""
        return None if self.chosen < 0 else float(self.windows[self.chosen])

    def check(self) -> Check:
        """Return the verdict on the covariates."""
        if self.window is None:
            reading = (
                f"Even in the narrowest window, {significant(float(self.windows[0]))} on either side, "
                f"{self.covariates[0]!r} differs (p = {self.p_values[0]:.3g}, below the threshold {self.threshold:g})."
            )
        else:
            reading = (
                f"No covariate speaks against windows of up to {significant(self.window)} on either side: the smallest "
                f"p-value is {float(self.p_values[: self.chosen + 1].min()):.3g}, the threshold {self.threshold:g}."
            )
        return Check(
            name="window",
            question="In which windows are units on the two sides alike?",
            null="covariates are balanced in the window",
            verdict="violated" if self.window is None else "supported",
            p_value=float(self.p_values[max(self.chosen, 0)]),
            reading=reading,
            table=self.table(),
        )

    def table(self) -> Table:
        """Return one row per window."""
        return Table(
            title=f"Balance in windows of {self.running} around {self.cutoff:g}",
            columns={
                "window": self.windows.tolist(),
                "n_below": self.n_below.tolist(),
                "n_above": self.n_above.tolist(),
                "p_value": self.p_values.tolist(),
                "covariate": list(self.covariates),
                "p_count": self.count_p_values.tolist(),
            },
            headings={
                "window": "half-width", "n_below": "rows below", "n_above": "rows above", "p_value": "smallest p",
                "p_count": "p, equal counts",
            },
            note=(
                "No window was chosen."
                if self.window is None
                else f"Chosen: {significant(self.window)}, up to which no p-value is below {self.threshold:g}."
            ),
        )  # fmt: skip

    def to_frame(self) -> object:
        """Return one row per window as a frame of the caller's kind."""
        return self.table().to_frame(backend=self.backend)

    def __str__(self) -> str:
        """Return the table."""
        return str(self.table())


def select_window(
    data: IntoDataFrame,
    *,
    covariates: str | Sequence[str],
    running: str,
    cutoff: object,
    treated: str,
    windows: Sequence[float] | None = None,
    min_rows: int = 10,
    step_rows: int = 5,
    n_windows: int = 10,
    threshold: float = 0.15,
    statistic: str = "difference",
    method: str = "permutation",
    draws: int = 1999,
    rng: Rng = 0,
    missing: Missing = "raise",
) -> WindowSelection:
    """Choose the window in which treatment can pass for random, by the balance of covariates.

    Windows grow from the cutoff. In each, every covariate is compared between the two sides; the window chosen is the
    widest one such that in it and in all narrower ones no covariate differs. The outcome is not looked at.

    Parameters
    ----------
    data : data frame
        One row per unit.
    covariates : str or sequence of str
        Columns settled before treatment that the score would be related to.
    running : str
        Column of the score.
    cutoff : number or date
        Where treatment starts. Units exactly at it count as treated.
    treated : {"above", "below"}
        Which side is treated.
    windows : sequence of float, optional
        Half-widths to try, in units of the score. If not given, the first has ``min_rows`` rows on each side, and each
        further one at least ``step_rows`` more on each side.
    min_rows, step_rows, n_windows : int
        Of the windows made from the rows: rows of the first, rows added, and how many windows.
    threshold : float
        Least p-value that counts as balance; larger than usual, since here it is the null that is hoped for.
    statistic : {"difference", "rank_sum", "ks"}
        Difference in means, rank sum, or Kolmogorov-Smirnov distance.
    method : {"permutation", "normal"}
        p-values from reassigning treatment within the window, or from large-sample distributions.
    draws : int
        Assignments drawn; where there are no more than that, all are listed.
    rng : numpy.random.Generator or int
        Source of the draws.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    WindowSelection
        Its ``window`` is the half-width chosen; ``local_randomization(..., window=)`` takes the whole selection.

    Raises
    ------
    DesignError
        The score has fewer than ``min_rows`` rows on a side, or a window given has fewer than two.
    DataError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Cattaneo, M. D., Frandsen, B. R. and Titiunik, R. (2015). Journal of Causal Inference 3(1), 1-24, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(4)
    >>> score = rng.uniform(-1, 1, 2000)
    >>> df = pd.DataFrame({"score": score, "age": 40 + 9 * score + rng.normal(0, 1, 2000)})
    >>> found = rdd.select_window(
    ...     df, covariates="age", running="score", cutoff=0, treated="above", windows=[0.02, 0.05, 0.3], rng=1
    ... )
    >>> found.window
    0.05
    """
    balance = cast("RandomizationStatistic", choice("statistic", statistic, STATISTICS))
    how = cast("BalanceMethod", choice("method", method, ("permutation", "normal")))
    least = fraction("threshold", threshold)
    count = whole("draws", draws, least=99)
    source = generator(rng)
    cut = read_cut(
        data, running=running, cutoff=cutoff, treated=treated, missing=missing, roles={"covariates": covariates}
    )
    given = cut.rows.covariates()
    if windows is None:
        widths = _by_rows(
            cut,
            whole("min_rows", min_rows, least=_LEAST_IN_WINDOW),
            whole("step_rows", step_rows, least=1),
            whole("n_windows", n_windows, least=1),
        )
    else:
        widths = sorted(numbers_of("windows", windows, positive))
    return window_of(cut, given.values, given.names, widths, least, balance, how, count, source)


def window_of(
    cut: Cut,
    values: FloatArray,
    names: tuple[str, ...],
    widths: Sequence[float],
    threshold: float,
    statistic: RandomizationStatistic,
    method: BalanceMethod,
    draws: int,
    rng: np.random.Generator,
) -> WindowSelection:
    """Balance of the covariates of a design in windows of given half-widths."""
    treated = cut.on_treated_side
    smallest, which, counts, equal = [], [], [], []
    for width in widths:
        inside = within(cut, (width, width))
        p_values = balance_p_values(values[inside], treated[inside], statistic, method, draws, rng)
        known = np.where(np.isnan(p_values), np.inf, p_values)
        at = int(np.argmin(known))
        smallest.append(float(p_values[at]) if math.isfinite(known[at]) else 1.0)
        which.append(names[at])
        n_treated = int(np.count_nonzero(treated[inside]))
        n = int(np.count_nonzero(inside))
        counts.append(cut.below_above(n - n_treated, n_treated))
        equal.append(equal_counts_p(n - n_treated, n_treated))
    failing = np.flatnonzero(np.array(smallest) < threshold)
    chosen = int(failing[0]) - 1 if failing.size else len(widths) - 1
    if chosen < 0:
        cut.warned.add(
            f"Covariates differ even in the narrowest window, {significant(widths[0])} on either side "
            f"({which[0]!r}, p = {smallest[0]:.3g}); no window was chosen. Try narrower windows=, or do not take "
            f"treatment as random near the cutoff.",
            DesignWarning,
        )
    return WindowSelection(
        running=cut.rows.names("running")[0],
        cutoff=cut.cutoff,
        windows=np.asarray(widths, dtype=float),
        n_below=np.array([below for below, _ in counts]),
        n_above=np.array([above for _, above in counts]),
        p_values=np.array(smallest),
        covariates=tuple(which),
        count_p_values=np.array(equal),
        threshold=threshold,
        chosen=chosen,
        backend=cut.rows.backend,
    )


def within(cut: Cut, window: tuple[float, float]) -> BoolArray:
    """Which rows lie in a window given as half-widths (below, above); its ends belong to it.

    Raises
    ------
    DesignError
        A side has fewer than two rows in it.
    """
    untreated, treated = cut.below_above(*window)
    gap = cut.oriented * cut.scale
    inside: BoolArray = (gap >= -untreated * _EDGE) & (gap <= treated * _EDGE)
    sizes = (int(np.count_nonzero(inside & (gap < 0))), int(np.count_nonzero(inside & (gap >= 0))))
    for name, size, width in zip(cut.names, sizes, (untreated, treated), strict=True):
        if size < _LEAST_IN_WINDOW:
            raise DesignError(
                f"{size} {'row lies' if size == 1 else 'rows lie'} {name} the cutoff within the window {width:.4g}; "
                f"a comparison needs {_LEAST_IN_WINDOW} on each side. Widen the window."
            )
    return inside


def _by_rows(cut: Cut, first: int, step: int, count: int) -> list[float]:
    """Half-widths that hold a number of rows on each side, then so many more at each step."""
    gap = cut.oriented * cut.scale
    sides = [np.sort(-gap[gap < 0]), np.sort(gap[gap >= 0])]
    for name, side in zip(cut.names, sides, strict=True):
        if side.size < first:
            raise DesignError(f"Only {side.size} rows lie {name} the cutoff; min_rows={first} asks for more.")
    widths = [max(float(side[first - 1]) for side in sides)]
    while len(widths) < count:
        inside = [int(np.searchsorted(side, widths[-1] * _EDGE, side="right")) for side in sides]
        if any(n + step > side.size for n, side in zip(inside, sides, strict=True)):
            break
        widths.append(max(float(side[n + step - 1]) for n, side in zip(inside, sides, strict=True)))
    return widths


def balance_p_values(
    values: FloatArray,
    treated: BoolArray,
    statistic: RandomizationStatistic,
    method: BalanceMethod,
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Two-sided p-value of no difference of each covariate between the sides, (k,); NaN for a constant one."""
    if method == "normal":
        return np.array([large_sample_p(column, treated, statistic) for column in values.T])
    assignments = Assignments(treated=treated, draws=draws, rng=rng)
    middle = values - np.sort(values, axis=0)[values.shape[0] // 2]
    actual = _distances(middle, treated[None], statistic)[0]
    size = np.maximum(np.abs(actual), np.abs(middle).max(axis=0))
    reached, total = np.zeros(values.shape[1]), 0
    for drawn in assignments.blocks():
        reached += np.count_nonzero(_distances(middle, drawn, statistic) >= actual - 1e-12 * size, axis=0)
        total += drawn.shape[0]
    extra = 0 if assignments.exact else 1
    p_values = (reached + extra) / (total + extra)
    return np.where(np.ptp(values, axis=0) > 0, p_values, np.nan)


def _distances(values: FloatArray, assignments: BoolArray, statistic: RandomizationStatistic) -> FloatArray:
    """Size of the statistic of each covariate under each assignment, (b, k)."""
    if statistic == "difference":
        return np.abs(mean_differences(values, assignments))
    one = rank_sums if statistic == "rank_sum" else smirnov_distances
    return np.abs(np.stack([one(column, assignments) for column in values.T], axis=1)).astype(float)


def large_sample_p(y: FloatArray, treated: BoolArray, statistic: RandomizationStatistic) -> float:
    """Two-sided p-value of no difference between two groups without reassigning anybody."""
    inside, outside = y[treated], y[~treated]
    if statistic == "ks":
        return smirnov_p(y, treated)
    if statistic == "rank_sum":
        return rank_sum_p(y, treated)
    return float(two_sided_p(standardized(*mean_difference(inside, outside))))


def equal_counts_p(untreated: int, treated: int) -> float:
    """Two-sided exact p-value that a row is as likely on one side as on the other."""
    if untreated == treated:
        return 1.0
    return min(float(2 * special.bdtr(min(untreated, treated), untreated + treated, 0.5)), 1.0)


def mean_difference(treated: FloatArray, others: FloatArray) -> tuple[float, float]:
    """Difference in means and its standard error by Neyman, which is HC2."""
    variance = float(treated.var(ddof=1)) / treated.size + float(others.var(ddof=1)) / others.size
    return float(treated.mean() - others.mean()), math.sqrt(variance)
