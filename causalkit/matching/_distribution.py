"""Distributions of the score and of covariates in both arms, small enough to keep and to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._balance import weighted_ecdf
from causalkit._validate import near_match
from causalkit.errors import OptionError
from causalkit.results import Record, Table
from causalkit.results._drawable import Drawable
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import FloatArray
    from causalkit.matching._score import PropensityScore

_BINS = 40
_POINTS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreHistogram(Record, Drawable):
    """Shares of both arms by score, before and after.

    Attributes
    ----------
    edges : (b + 1,) array
        Boundaries of the bins.
    before, after : (2, b) array
        Share of the treated (first row) and of the controls in each bin, under the sampling weights of all units
        and under the weights after matching; equal where nothing has been matched yet.
    low, high : float
        The common support; NaN where no rule was applied.
    treatment : str
        Column of the treatment.
    matched : bool
        Whether ``after`` is the result of a match.
    """

    edges: FloatArray
    before: FloatArray
    after: FloatArray
    low: float
    high: float
    treatment: str
    matched: bool

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        self._freeze(**{name: read_only(getattr(self, name)) for name in ("edges", "before", "after")})

    def table(self) -> Table:
        """Return one row per bin, arm and side: its limits and the share of the arm."""
        b = self.edges.size - 1
        return Table(
            title="Distribution of the propensity score",
            columns={
                "when": _when(b),
                "arm": _arm(b),
                "low": self.edges[:-1].tolist() * 4,
                "high": self.edges[1:].tolist() * 4,
                "share": np.concatenate([*self.before, *self.after]).tolist(),
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class CovariateDistribution(Record, Drawable):
    """Distribution functions of one covariate in both arms, before and after.

    Attributes
    ----------
    covariate : str
        The column.
    values : (g,) array
        Where the functions are evaluated: every distinct value, or 200 quantiles if there are more.
    before, after : (2, g) array
        Share of the treated (first row) and of the controls at or below each value.
    """

    covariate: str
    values: FloatArray
    before: FloatArray
    after: FloatArray

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        self._freeze(**{name: read_only(getattr(self, name)) for name in ("values", "before", "after")})

    def quantiles(self, *, after: bool = True, points: int = 99) -> FloatArray:
        """Quantiles of the treated (first row) and of the controls at equally spaced levels; (2, points)."""
        levels = np.arange(1, points + 1) / (points + 1)
        steps = self.after if after else self.before
        return np.array([self.values[np.minimum(np.searchsorted(row, levels), len(row) - 1)] for row in steps])

    def table(self) -> Table:
        """Return one row per value, arm and side: the share of the arm at or below it."""
        g = self.values.size
        return Table(
            title=f"Distribution of {self.covariate}",
            columns={
                "when": _when(g),
                "arm": _arm(g),
                "value": self.values.tolist() * 4,
                "share": np.concatenate([*self.before, *self.after]).tolist(),
            },
        )


def score_histogram(score: PropensityScore, weights: FloatArray | None = None) -> ScoreHistogram:
    """Count both arms in bins of the score.

    Parameters
    ----------
    score : PropensityScore
        The score.
    weights : (n,) array, optional
        Weights after matching.

    Returns
    -------
    ScoreHistogram
        Forty bins between the smallest and the largest score.
    """
    design = score.design
    edges = np.histogram_bin_edges(score.score, bins=_BINS)
    sides = [design.weights, design.weights if weights is None else weights]
    shares = []
    for side in sides:
        rows = [np.histogram(score.score[arm], bins=edges, weights=side[arm])[0] for arm in _arms(score)]
        shares.append(np.array([row / row.sum() for row in rows]))
    overlap = score.overlap
    return ScoreHistogram(
        edges=edges,
        before=shares[0],
        after=shares[1],
        low=float("nan") if overlap is None else overlap.low,
        high=float("nan") if overlap is None else overlap.high,
        treatment=design.roles["treatment"][0],
        matched=weights is not None,
    )


def covariate_distribution(score: PropensityScore, weights: FloatArray, covariate: str) -> CovariateDistribution:
    """Distribution functions of one column of the balance table.

    Parameters
    ----------
    score : PropensityScore
        Design and score.
    weights : (n,) array
        Weights after matching.
    covariate : str
        ``"score"`` or a column of the balance table: ``"age"``, ``"race=black"``.

    Returns
    -------
    CovariateDistribution
        On at most 200 values.
    """
    columns, names = score.design.all_levels()
    if covariate != "score" and covariate not in names:
        every = ("score", *names)
        raise OptionError(
            f"covariate={covariate!r} is not a column of the balance table.{near_match(covariate, every)} "
            f"The columns are: {', '.join(every)}."
        )
    column = score.score if covariate == "score" else columns[:, names.index(covariate)]
    values = np.unique(column)
    if values.size > _POINTS:
        values = np.unique(np.quantile(column, np.linspace(0, 1, _POINTS), method="inverted_cdf"))
    sides = []
    for side in (score.design.weights, weights):
        rows = []
        for arm in _arms(score):
            at, share = weighted_ecdf(column[arm], side[arm])
            rows.append(np.concatenate([[0.0], share])[np.searchsorted(at, values, side="right")])
        sides.append(np.array(rows))
    return CovariateDistribution(covariate=covariate, values=values, before=sides[0], after=sides[1])


def _when(size: int) -> list[str]:
    return ["before"] * (2 * size) + ["after"] * (2 * size)


def _arm(size: int) -> list[str]:
    return (["treated"] * size + ["control"] * size) * 2


def _arms(score: PropensityScore) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], ...]:
    return score.design.treated, ~score.design.treated
