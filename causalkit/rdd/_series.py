"""The same analysis many times: other outcomes, cutoffs, rows or windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._multiplicity import holm
from causalkit._numerics._tails import critical_value, two_sided_p
from causalkit._validate import fraction
from causalkit.results import Check, Record, Table
from causalkit.results._drawable import Drawable
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from causalkit._typing import FloatArray, IntArray
    from causalkit.rdd._fit import LocalFit

__all__ = ["RddSeries", "SeriesKind", "series_of"]

SeriesKind = Literal["covariate", "cutoff", "donut", "bandwidth"]


@dataclass(frozen=True, kw_only=True, eq=False)
class RddSeries(Record, Drawable):
    """Jumps of several analyses, with robust bias-corrected intervals.

    Attributes
    ----------
    kind : {"covariate", "cutoff", "donut", "bandwidth"}
        What differs from one analysis to the next.
    labels : tuple of str
        Names of the analyses.
    at : (k,) array
        The placebo cutoff, the radius of the donut or the bandwidth; the position for covariates.
    estimates, centers, std_errors : (k,) array
        Conventional estimates, bias-corrected ones and robust errors; NaN where the rows do not suffice.
    bandwidths : (k,) array
        Window of each estimate, in units of the score; the wider of the two sides.
    n_window : (k,) array of int
        Rows in it.
    reference : float
        The estimate that the series is compared with; zero where no jump is expected.
    check : Check
        What the series says of the design.
    backend : str
        Library of the caller's frame.
    """

    kind: SeriesKind
    labels: tuple[str, ...]
    at: FloatArray
    estimates: FloatArray
    centers: FloatArray
    std_errors: FloatArray
    bandwidths: FloatArray
    n_window: IntArray
    reference: float
    check: Check
    backend: str = "pandas"

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        names = ("at", "estimates", "centers", "std_errors", "bandwidths")
        self._freeze(**{name: read_only(getattr(self, name)) for name in names})
        self._freeze(n_window=read_only(self.n_window, dtype=np.int64))

    @property
    def p_values(self) -> FloatArray:
        """Robust p-values of no jump, (k,)."""
        return robust_p(self.centers, self.std_errors)

    def bands(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return the ends of the robust intervals, (k,) each."""
        half = float(critical_value(fraction("level", level))) * self.std_errors
        return self.centers - half, self.centers + half

    def table(self, level: float = 0.95) -> Table:
        """Return one row per analysis."""
        low, high = self.bands(level)
        columns = {
            "term": list(self.labels),
            "estimate": self.estimates.tolist(),
            "std_error": self.std_errors.tolist(),
            "p_value": self.p_values.tolist(),
            "conf_low": low.tolist(),
            "conf_high": high.tolist(),
            "bandwidth": self.bandwidths.tolist(),
            "n_window": self.n_window.tolist(),
        }
        if self.kind in ("covariate", "cutoff"):
            columns["p_holm"] = adjusted(self.p_values).tolist()
        return Table(
            title=_TITLES[self.kind],
            columns=columns,
            headings={"n_window": "rows within", "p_holm": "p, Holm"},
            note=self.check.reading,
        )

    def to_frame(self, level: float = 0.95) -> object:
        """Return one row per analysis as a frame of the caller's kind."""
        return self.table(level).to_frame(backend=self.backend)

    def __str__(self) -> str:
        """Return the table."""
        return str(self.table())


_TITLES = {
    "covariate": "Jumps of covariates at the cutoff",
    "cutoff": "Jumps at placebo cutoffs",
    "donut": "Jumps without the rows nearest to the cutoff",
    "bandwidth": "Jumps in other windows",
}


def robust_p(centers: FloatArray, std_errors: FloatArray) -> FloatArray:
    """Two-sided p-values; one for a jump that is zero without error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = np.asarray(two_sided_p(centers / std_errors))
    return np.where((centers == 0) & (std_errors == 0), 1.0, p_values)


def adjusted(p_values: FloatArray) -> FloatArray:
    """Holm's p-values of those that are numbers."""
    out = np.full(p_values.size, np.nan)
    known = np.isfinite(p_values)
    if known.any():
        out[known] = holm(p_values[known])
    return out


def series_of(
    kind: SeriesKind,
    labels: Sequence[str],
    at: Sequence[float],
    fits: Sequence[LocalFit | None],
    check: Check,
    *,
    reference: float = 0.0,
    backend: str,
) -> RddSeries:
    """Series of the fits; None stands for one that the rows do not suffice for."""

    def column(value: Callable[[LocalFit], float]) -> FloatArray:
        return np.array([np.nan if fit is None else value(fit) for fit in fits], dtype=float)

    return RddSeries(
        kind=kind,
        labels=tuple(labels),
        at=np.asarray(at, dtype=float),
        estimates=column(lambda fit: fit.conventional),
        centers=column(lambda fit: fit.corrected),
        std_errors=column(lambda fit: fit.se_robust),
        bandwidths=column(lambda fit: max(fit.h)),
        n_window=np.array([0 if fit is None else sum(fit.fit.n_h) for fit in fits]),
        reference=reference,
        check=check,
        backend=backend,
    )
