"""The wild restricted efficient bootstrap: inference with few clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._weak_tests import search_set
from causalkit._numerics._wild_iv import multipliers, wild_p_value, wild_sums
from causalkit._validate import fraction, generator, real, whole
from causalkit.errors import DesignError, OptionError
from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class
from causalkit.iv._records import as_set
from causalkit.results import Interval, IntervalUnion, Record

if TYPE_CHECKING:
    from causalkit._typing import Columns, IntoDataFrame, Missing, Rng
    from causalkit.results import ConfidenceSet

__all__ = ["WildTest", "wild_bootstrap"]

# Numbers in the sums that are kept, one set for each cluster or, without clusters, for each row.
MOST_NUMBERS = 50_000_000
# Points at which the set is searched: each is a whole bootstrap, whose p-value moves in steps of one draw.
SEARCH_POINTS = 25
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WildTest(Record):
    """A wild bootstrap test of the effect, and the set of effects it does not reject.

    Attributes
    ----------
    estimate : float
        Two-stage least squares.
    null : float
        The value tested.
    statistic : float
        t statistic of the sample.
    p_value : float
        Symmetric bootstrap p-value, at least ``1 / (draws + 1)``.
    parts : tuple of Interval
        The values not rejected; more than one interval, or none, or an unbounded one, can occur.
    level : float
        Coverage of the set.
    draws : int
        Number of draws.
    n_clusters : int
        Number of clusters; the rows, without clusters.
    """

    estimate: float
    null: float
    statistic: float
    p_value: float
    parts: tuple[Interval, ...]
    level: float
    draws: int
    n_clusters: int

    def conf_int(self) -> ConfidenceSet:
        """Return the set of values not rejected."""
        return self.parts[0] if len(self.parts) == 1 else IntervalUnion(self.parts)

    def __str__(self) -> str:
        """Return one sentence."""
        return (
            f"Effect {self.estimate:+.4g}, {self.level:.0%} wild bootstrap set {self.conf_int().format()} "
            f"({self.draws:,} draws over {self.n_clusters:,} clusters; p {self.p_value:.4g} of {self.null:g})."
        )


def wild_bootstrap(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: str,
    instruments: Columns,
    rng: Rng,
    exogenous: Columns | None = None,
    null: float = 0.0,
    level: float = 0.95,
    draws: int = 999,
    absorb: Columns | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    missing: Missing = "raise",
) -> WildTest:
    """Test an effect by the wild restricted efficient bootstrap, which stays honest with few clusters.

    Each draw changes the signs of the residuals of whole clusters, with the null imposed and the first stage
    estimated efficiently under it. It is run from sums within clusters: the rows are read twice, whatever the draws.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome, endogenous : str
        Outcome and treatment.
    instruments : str or list of str
        As in :func:`tsls`.
    rng : Generator or int
        Source of randomness, or a seed.
    exogenous : str or list of str, optional
        Columns to hold fixed.
    null : float
        Value of the effect that is tested.
    level : float
        Coverage of the set, found by testing other values with the same draws.
    draws : int
        Number of draws; ``(draws + 1) * (1 - level)`` had best be whole.
    absorb : str or list of str, optional
        Columns whose levels are partialled out once; the draws take them as given.
    cluster : str, optional
        Column of the groups; without it every row is its own.
    weights : str, optional
        Column of weights.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    WildTest
        p-value and set.

    Raises
    ------
    OptionError
        More than one endogenous regressor, or sums too large to keep.

    References
    ----------
    Davidson, R. and MacKinnon, J. G. (2010). Journal of Business & Economic Statistics 28(1), 128-144.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> df = simulate.instrument(400, rng=1).data
    >>> df["shop"] = [i % 25 for i in range(400)]
    >>> found = iv.wild_bootstrap(df, outcome="y", endogenous="d", instruments="z", cluster="shop", rng=1, draws=199)
    >>> found.p_value, 1.0 in found.conf_int()
    (0.005, True)
    """
    if not isinstance(endogenous, str):
        raise OptionError("endogenous must be one column here: the test is of one coefficient.")
    null, level = real("null", null), fraction("level", level)
    n_draws, random = whole("draws", draws, least=19), generator(rng)
    design = read_design(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        absorb_levels=absorb,
        weights=weights,
        cluster=cluster,
        cov_type=None,
        missing=missing,
    )
    p = design.projection
    codes = design.dependence.codes[0] if cluster is not None else np.arange(p.parts[3].shape[0])
    n_clusters = int(codes.max()) + 1
    size = p.n_instruments * (p.n_instruments + p.n_kept_w + 3)
    if n_clusters * max(size, n_draws) > MOST_NUMBERS * 20 or n_clusters * size > MOST_NUMBERS:
        raise OptionError(
            f"{n_clusters:,} groups with {p.n_instruments} instruments and {p.n_kept_w} exogenous columns are too many "
            f"for the bootstrap; with so many the robust covariance of iv.tsls is right by itself."
        )
    fit = fit_k_class(design, lambda _, __: 1.0)
    if fit.is_exact:
        raise DesignError(f"outcome={outcome!r} is constant or fitted exactly: there is nothing to test.")
    sums = wild_sums(
        fit.projection, codes, intercept=not design.absorbed, factor=design.dependence.factor(p.n, p.n_parameters)
    )
    signs = multipliers(random, n_draws, n_clusters)
    unit, wald = float(fit.units[0]), fit.coefficients()[endogenous]
    statistic, p_value = wild_p_value(sums, null / unit, signs)
    pieces = search_set(
        lambda value: wild_p_value(sums, value / unit, signs)[1],
        center=wald.estimate,
        unit=2.0 * wald.std_error,
        size=1.0 - level,
        n_points=SEARCH_POINTS,
        tolerance=TOLERANCE,
    )
    return WildTest(
        estimate=wald.estimate,
        null=null,
        statistic=statistic,
        p_value=p_value,
        parts=as_set(pieces).parts,
        level=level,
        draws=n_draws,
        n_clusters=n_clusters,
    )
