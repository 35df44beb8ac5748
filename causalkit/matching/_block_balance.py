"""Step 2: balance inside blocks of the score, before any matching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._blocks import assign_blocks, block_tests, quantile_edges, split_blocks
from causalkit._numerics._support import minmax_support
from causalkit._validate import counted, fraction, positive, whole
from causalkit.errors import DesignError
from causalkit.results import Check, Record, Table
from causalkit.results._drawable import Drawable
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import FloatArray, Verdict
    from causalkit.matching._score import PropensityScore


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockBalance(Record, Drawable):
    """Two-sample t tests of the score and of every covariate inside blocks of the score.

    Attributes
    ----------
    edges : (b + 1,) array
        Boundaries of the blocks on the score; closed on the left.
    n_treated, n_control : (b,) array
        Units in each block (sums of weights).
    covariates : tuple of str
        The columns tested.
    mean_treated, mean_control : (b, m) array
        Means by block and column; NaN for an empty arm.
    statistic, p_value : (b, m) array
        Student's t and its two-sided p-value; NaN where an arm has fewer than two units or nothing varies.
    score_p_value : (b,) array
        The same test of the score itself.
    significance : float
        Level below which a difference counts as an imbalance.
    recursive : bool
        Whether blocks were split until the score balanced, or are quantiles.
    n_outside : int
        Units outside the range of the treated scores, in no block.
    """

    edges: FloatArray
    n_treated: FloatArray
    n_control: FloatArray
    covariates: tuple[str, ...]
    mean_treated: FloatArray
    mean_control: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    score_p_value: FloatArray
    significance: float
    recursive: bool
    n_outside: int

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        names = ("edges", "n_treated", "n_control", "mean_treated", "mean_control", "statistic", "p_value")
        self._freeze(**{name: read_only(getattr(self, name)) for name in (*names, "score_p_value")})

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return int(self.edges.size - 1)

    def table(self) -> Table:
        """Return one row per block: its range, its sizes, the score's p-value and the covariates out of balance."""
        off = self.p_value < self.significance
        return Table(
            title="Blocks of the propensity score",
            columns={
                "block": list(range(1, self.n_blocks + 1)),
                "low": self.edges[:-1].tolist(),
                "high": self.edges[1:].tolist(),
                "n_treated": self.n_treated.tolist(),
                "n_control": self.n_control.tolist(),
                "score_p_value": self.score_p_value.tolist(),
                "unbalanced": [
                    ", ".join(name for name, each in zip(self.covariates, row, strict=True) if each) for row in off
                ],
            },
            headings={"n_treated": "treated", "n_control": "control", "score_p_value": "p, score"},
            note=self.check().reading,
        )

    def tests(self) -> Table:
        """Return one row per block and covariate: means, t statistic and p-value."""
        b, m = self.statistic.shape
        return Table(
            title="Balance inside blocks of the propensity score",
            columns={
                "block": np.repeat(np.arange(1, b + 1), m).tolist(),
                "covariate": list(self.covariates) * b,
                "mean_treated": self.mean_treated.ravel().tolist(),
                "mean_control": self.mean_control.ravel().tolist(),
                "statistic": self.statistic.ravel().tolist(),
                "p_value": self.p_value.ravel().tolist(),
            },
        )

    def check(self) -> Check:
        """Return the verdict: whether more differences are significant than chance alone would make."""
        tested = np.isfinite(self.p_value)
        n_tests, n_off = int(tested.sum()), int((self.p_value[tested] < self.significance).sum())
        lonely = int(((self.n_treated == 0) | (self.n_control == 0)).sum())
        expected = self.significance * n_tests
        score_off = int((self.score_p_value < self.significance).sum())
        excess = n_off > expected + 2 * np.sqrt(expected * (1 - self.significance))
        verdict: Verdict = "not run" if n_tests == 0 else "violated" if excess or score_off else "supported"
        reading = (
            f"{n_off} of {n_tests} differences of covariates inside {self.n_blocks} blocks are significant at "
            f"{self.significance:.0%}, where chance alone makes about {expected:.1f}: "
            + (
                "the score's model leaves imbalance; add squares or interactions"
                if excess
                else "no evidence against it"
            )
            + (f"; the score itself still differs in {counted(score_off, 'block')}" if score_off else "")
            + (f"; {counted(lonely, 'block')} with one arm only" if lonely else "")
            + "."
        )
        return Check(
            name="balance in blocks",
            question="Do treated and control units with about the same score have the same covariates?",
            null="equal means in both arms of every block",
            verdict=verdict,
            reading=reading,
        )

    def __str__(self) -> str:
        """Return the table of blocks."""
        return str(self.table())


def block_balance(
    score: PropensityScore,
    *,
    blocks: int | None = None,
    significance: float = 0.01,
    start: int = 5,
    min_width: float = 1e-4,
) -> BlockBalance:
    """Test whether the score balances the covariates, before matching on it.

    Without ``blocks``, the unit interval is cut into ``start`` equal parts and each is halved while the mean score
    of its treated and control units differs (two-sample t test with pooled variance, p below ``significance``). Then
    every covariate is tested in every block. Control units outside the range of the treated scores are left out,
    and so are units outside a common support set before.

    Parameters
    ----------
    score : PropensityScore
        The score.
    blocks : int, optional
        Use this number of quantile blocks of the treated units' scores instead.
    significance : float
        Level of the tests, both for splitting and for the verdict.
    start : int
        Number of equal blocks that splitting starts from.
    min_width : float
        No block becomes narrower than this.

    Returns
    -------
    BlockBalance
        Tests by block and covariate; ``check()`` gives the verdict, ``plot()`` a heat map.

    References
    ----------
    Dehejia, R. and Wahba, S. (2002). Propensity score-matching methods for nonexperimental causal studies.
    Review of Economics and Statistics 84(1), 151-161, appendix.
    Becker, S. and Ichino, A. (2002). Estimation of average treatment effects based on propensity scores.
    Stata Journal 2(4), 358-377.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from causalkit import matching
    >>> rng = np.random.default_rng(1)
    >>> df = pd.DataFrame({"age": rng.normal(40, 10, 2000)})
    >>> df["promo"] = rng.random(2000) < 1 / (1 + np.exp(3 - 0.05 * df.age))
    >>> balance = matching.block_balance(matching.propensity_score(df, treatment="promo", covariates="age"))
    >>> balance.n_blocks, balance.check().verdict
    (5, 'supported')
    """
    fraction("significance", significance)
    positive("min_width", min_width)
    whole("start", start, least=1)
    design = score.design
    p, treated = score.score, design.treated
    low, high = minmax_support(p[score.support], treated[score.support], of=(True,))
    inside = score.support & (p >= low) & (p <= high)
    if not (inside & ~treated).any():
        raise DesignError(
            f"No control unit has a score in the range of the treated, {low:.4g} to {high:.4g}: there are no blocks."
        )
    values, arm, base = p[inside], treated[inside], design.weights[inside]
    if blocks is None:
        outer = np.linspace(0.0, 1.0, start + 1)
        edges = split_blocks(values, arm, base, edges=outer, alpha=significance, min_width=min_width)
    else:
        cuts = np.unique(quantile_edges(values[arm], whole("blocks", blocks, least=1)))
        edges = np.concatenate([[0.0], cuts, [1.0]])
    edges = _without_empty_ends(edges, values)
    codes = assign_blocks(values, edges[1:-1])
    n_blocks = edges.size - 1
    columns, names = design.all_levels()
    tests = block_tests(columns[inside], arm, base, codes, n_blocks)
    own = block_tests(values[:, None], arm, base, codes, n_blocks)
    return BlockBalance(
        edges=edges,
        n_treated=tests.n_treated,
        n_control=tests.n_control,
        covariates=names,
        mean_treated=tests.mean_treated,
        mean_control=tests.mean_control,
        statistic=tests.statistic,
        p_value=tests.p_value,
        score_p_value=own.p_value[:, 0],
        significance=significance,
        recursive=blocks is None,
        n_outside=int((~inside).sum()),
    )


def _without_empty_ends(edges: FloatArray, values: FloatArray) -> FloatArray:
    """Leave out blocks below the lowest and above the highest score."""
    first = int(np.searchsorted(edges[1:-1], values.min(), side="right"))
    last = int(np.searchsorted(edges[1:-1], values.max(), side="right"))
    return edges[first : last + 2]
