"""Step 5: balance of the covariates before and after."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._balance import balance_scale, column_balance, effective_sample_size
from causalkit._validate import choice, counted, flag, positive
from causalkit.errors import OptionError
from causalkit.results import Check, Record, Table
from causalkit.results._drawable import Drawable
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._numerics._balance import ColumnBalance, Denominator
    from causalkit._numerics._inverse_probability import Target
    from causalkit._typing import BoolArray, FloatArray
    from causalkit.matching._score import PropensityScore

_DENOMINATORS: dict[Target, Denominator] = {"ATT": "treated", "ATC": "control", "ATE": "pooled", "ATO": "pooled"}
_ROUNDING = 1e-13
_STATISTICS = ("mean_treated", "mean_control", "difference", "variance_ratio", "ecdf_mean", "ecdf_max")


@dataclass(frozen=True, kw_only=True, eq=False)
class BalanceTable(Record, Drawable):
    """How alike the two arms are, covariate by covariate, before and after matching or weighting.

    Attributes
    ----------
    covariates : tuple of str
        The columns compared; the first is the score.
    before, after : (m, 6) array
        Per column: mean of the treated, mean of the controls, standardised difference, variance ratio (NaN for
        columns with two values), mean and largest difference of the distribution functions.
    denominator : {"treated", "control", "pooled"}
        Whose standard deviation before matching the differences are divided by; for columns of zeros and ones
        it is the root of p(1 - p).
    sample_sizes : tuple of int
        Treated and control units before, then with a positive weight after.
    effective_sizes : tuple of float
        Kish's effective sample sizes in the same order.
    estimand : str
        The target population.
    method : str
        How the arms were made alike.
    """

    covariates: tuple[str, ...]
    before: FloatArray
    after: FloatArray
    denominator: Denominator
    sample_sizes: tuple[int, int, int, int]
    effective_sizes: tuple[float, float, float, float]
    estimand: str
    method: str

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        self._freeze(before=read_only(self.before), after=read_only(self.after))

    def column(self, statistic: str, *, after: bool = True) -> FloatArray:
        """Return one statistic of every column.

        Parameters
        ----------
        statistic : str
            ``"mean_treated"``, ``"mean_control"``, ``"difference"``, ``"variance_ratio"``, ``"ecdf_mean"`` or
            ``"ecdf_max"``.
        after : bool
            After matching, or before.

        Returns
        -------
        (m,) array
            In the order of ``covariates``.
        """
        choice("statistic", statistic, _STATISTICS)
        return (self.after if after else self.before)[:, _STATISTICS.index(statistic)]

    @property
    def largest_difference(self) -> float:
        """Largest absolute standardised difference after, the score's own left out."""
        return float(np.nanmax(np.abs(self.column("difference")[1:]), initial=0.0))

    def table(self) -> Table:
        """Return one row per covariate, before and after: every statistic."""
        both = np.concatenate([self.before, self.after])
        return Table(
            title="Balance of the covariates",
            columns={
                "covariate": self.covariates * 2,
                "when": ["before"] * len(self.covariates) + ["after"] * len(self.covariates),
                **{name: both[:, position].tolist() for position, name in enumerate(_STATISTICS)},
            },
            note=self._note(),
        )

    def summary_table(self) -> Table:
        """Return one row per covariate: standardised difference, variance ratio and KS, before and after."""
        shown = {
            f"{name}_{when}": self.column(name, after=when == "after").tolist()
            for name in ("difference", "variance_ratio", "ecdf_max")
            for when in ("before", "after")
        }
        words = {"difference": "std. diff.", "variance_ratio": "var. ratio", "ecdf_max": "KS"}
        return Table(
            title=f"Balance before and after ({self.method}, {self.estimand})",
            columns={"covariate": self.covariates, **shown},
            headings={key: f"{words[key.rpartition('_')[0]]} {key.rpartition('_')[2]}" for key in shown},
            note=self._note(),
        )

    def sizes(self) -> Table:
        """Return sample sizes and effective sample sizes of both arms, before and after."""
        n, effective = self.sample_sizes, self.effective_sizes
        return Table(
            title="Sample sizes",
            columns={
                "when": ["before", "after"],
                "n_treated": [n[0], n[2]],
                "n_control": [n[1], n[3]],
                "effective_treated": [effective[0], effective[2]],
                "effective_control": [effective[1], effective[3]],
            },
        )

    def check(self, *, threshold: float = 0.1, variance_ratio: tuple[float, float] = (0.5, 2.0)) -> Check:
        """Return the verdict against the usual limits.

        Parameters
        ----------
        threshold : float
            Largest absolute standardised difference of means that counts as balanced.
        variance_ratio : tuple of float
            Lowest and highest variance ratio that count as balanced.

        Returns
        -------
        Check
            "violated" where a mean difference exceeds the limit, "questionable" where only variance ratios do.

        References
        ----------
        Stuart, E. (2010). Matching methods for causal inference: a review and a look forward. Statistical
        Science 25(1), 1-21, section 4.1.
        """
        positive("threshold", threshold)
        low, high = (positive("variance_ratio", each) for each in variance_ratio)
        if low >= high:
            raise OptionError(
                f"variance_ratio={variance_ratio!r} must be a lower and a higher limit, such as (0.5, 2)."
            )
        gap, ratio = np.abs(self.column("difference")[1:]), self.column("variance_ratio")[1:]
        names = self.covariates[1:]
        off = [name for name, each in zip(names, gap, strict=True) if each > threshold]
        spread = [
            name for name, each in zip(names, ratio, strict=True) if np.isfinite(each) and not low <= each <= high
        ]
        before = int((np.abs(self.column("difference", after=False)[1:]) > threshold).sum())
        means = (
            f"{len(off)} of {len(names)} covariates differ by more than {threshold:g} standard deviations "
            f"({before} before)"
        )
        if off:
            means += f": {_few(off)}; the largest difference is {self.largest_difference:.2g}"
        variances = (
            f"; {counted(len(spread), 'variance ratio')} outside {low:g} to {high:g}: {_few(spread)}" if spread else ""
        )
        return Check(
            name="balance",
            question="Do the two arms have the same covariates after matching?",
            verdict="violated" if off else "questionable" if spread else "supported",
            reading=means + variances + ".",
            statistic=self.largest_difference,
            table=self.summary_table(),
        )

    def _note(self) -> str:
        after = self.effective_sizes
        return (
            f"Differences in standard deviations ({self.denominator}) before matching. Effective sample sizes: "
            f"{after[0]:,.1f} and {after[1]:,.1f} before, {after[2]:,.1f} and {after[3]:,.1f} after."
        )

    def __str__(self) -> str:
        """Return the short table."""
        return str(self.summary_table())


def balance_table(
    score: PropensityScore,
    weights: FloatArray,
    *,
    estimand: Target,
    method: str,
    squares: bool,
    interactions: bool,
    denominator: Denominator | None,
) -> BalanceTable:
    """Compare the arms under the sampling weights of all units and under the weights given.

    Parameters
    ----------
    score : PropensityScore
        Design and score.
    weights : (n,) array
        Weights after matching.
    estimand : {"ATT", "ATC", "ATE", "ATO"}
        Sets the default denominator.
    method : str
        For the title.
    squares, interactions : bool
        Additional columns.
    denominator : {"treated", "control", "pooled"}, optional
        Whose standard deviation.

    Returns
    -------
    BalanceTable
        Aggregates only.
    """
    flag("squares", squares)
    flag("interactions", interactions)
    used = _DENOMINATORS[estimand] if denominator is None else denominator
    choice("denominator", used, ("treated", "control", "pooled"))
    design = score.design
    columns, names = design.all_levels()
    columns, names = _with_second_order(columns, names, squares=squares, interactions=interactions)
    values = np.empty((design.n, columns.shape[1] + 1), order="F")
    values[:, 0], values[:, 1:] = score.score, columns
    before, after = column_balance(values, design.treated, (design.weights, weights))
    scale = balance_scale(before, used)
    arms = (design.treated, ~design.treated)
    return BalanceTable(
        covariates=("score", *names),
        before=_statistics(before, scale),
        after=_statistics(after, scale),
        denominator=used,
        sample_sizes=(*_sizes(design.weights, arms), *_sizes(weights, arms)),
        effective_sizes=(*_effective(design.weights, arms), *_effective(weights, arms)),
        estimand=estimand,
        method=method,
    )


def _with_second_order(
    columns: FloatArray, names: tuple[str, ...], *, squares: bool, interactions: bool
) -> tuple[FloatArray, tuple[str, ...]]:
    """Append squares of columns with more than two values, and products of pairs, of centred columns."""
    if not (squares or interactions):
        return columns, names
    centered = columns - columns.mean(axis=0)
    pairs: list[tuple[int, int]] = []
    if squares:
        low, high = columns.min(axis=0), columns.max(axis=0)
        pairs += [
            (j, j) for j in range(len(names)) if not ((columns[:, j] == low[j]) | (columns[:, j] == high[j])).all()
        ]
    if interactions:
        pairs += list(combinations(range(len(names)), 2))
    products = np.empty((columns.shape[0], len(pairs)), order="F")
    for position, (a, b) in enumerate(pairs):
        products[:, position] = centered[:, a] * centered[:, b]
    varies = products.max(axis=0, initial=-np.inf) > products.min(axis=0, initial=np.inf)
    labels = tuple(
        f"{names[a]} squared" if a == b else f"{names[a]} × {names[b]}"
        for (a, b), each in zip(pairs, varies, strict=True)
        if each
    )
    return np.asfortranarray(np.hstack([columns, products[:, varies]])), names + labels


def _statistics(side: ColumnBalance, scale: FloatArray) -> FloatArray:
    gap = side.mean_treated - side.mean_control
    # Means that agree to rounding agree; a column without spread in the reference arm has no other scale.
    size = np.maximum(np.abs(side.mean_treated), np.nan_to_num(scale))
    equal = np.abs(gap) <= _ROUNDING * np.maximum(size, 1e-300)
    standardised = np.where(equal, 0.0, gap / scale)
    ecdf = [np.where(each <= _ROUNDING, 0.0, each) for each in (side.ecdf_mean, side.ecdf_max)]
    return np.column_stack([side.mean_treated, side.mean_control, standardised, side.variance_ratio, *ecdf])


def _sizes(weights: FloatArray, arms: tuple[BoolArray, BoolArray]) -> tuple[int, int]:
    return int(((weights > 0) & arms[0]).sum()), int(((weights > 0) & arms[1]).sum())


def _effective(weights: FloatArray, arms: tuple[BoolArray, BoolArray]) -> tuple[float, float]:
    return effective_sample_size(weights[arms[0]]), effective_sample_size(weights[arms[1]])


def _few(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
