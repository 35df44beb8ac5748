"""Inference with few clusters, or few of them treated: wild cluster bootstrap and randomisation inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from causalkit._numerics._clusters import cluster_factor
from causalkit._numerics._did_placebo import Placebo, placebo_assignments
from causalkit._numerics._did_wild import two_way_wild
from causalkit._validate import choice, counted, fraction, generator, real, whole
from causalkit.did._panel import read_panel
from causalkit.errors import DataError, DesignError, DesignWarning
from causalkit.results import Interval, Record
from causalkit.results._record import read_only

if TYPE_CHECKING:
    from causalkit._typing import Columns, FloatArray, IntArray, IntoDataFrame, Missing, Rng
    from causalkit.did._panel import Panel

__all__ = ["RandomizationTest", "WildTest", "randomization_inference", "wild_bootstrap"]

Multipliers = Literal["rademacher", "webb"]
# Fewer treated clusters than this and the wild bootstrap cannot be trusted either (MacKinnon and Webb 2018).
FEW_TREATED = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WildTest(Record):
    """A wild cluster bootstrap test of the effect, and the interval of effects it does not reject.

    Attributes
    ----------
    estimate, std_error : float
        The two-way fixed effects coefficient and its clustered standard error (CR1).
    null : float
        The value tested.
    p_value : float
        Symmetric bootstrap p-value.
    low, high : float
        Ends of the interval; infinite where no value is far enough to be rejected.
    level : float
        Coverage of the interval.
    draws : int
        Number of draws, the sample itself among them.
    enumerated : bool
        Whether the draws are all sign vectors, which leaves no simulation error.
    n_clusters, n_treated_clusters : int
        Clusters, and those with treated rows.
    warnings : tuple of str
        What the call warned of.
    """

    estimate: float
    std_error: float
    null: float
    p_value: float
    low: float
    high: float
    level: float
    draws: int
    enumerated: bool
    n_clusters: int
    n_treated_clusters: int
    warnings: tuple[str, ...] = ()

    def conf_int(self) -> Interval:
        """Return the interval of values not rejected."""
        return Interval(self.low, self.high)

    def __str__(self) -> str:
        """Return one sentence."""
        how = "all sign vectors" if self.enumerated else f"{self.draws:,} draws"
        return (
            f"Effect {self.estimate:+.4g}, {self.level:.0%} wild cluster bootstrap interval "
            f"{self.conf_int().format()} ({how} over {self.n_clusters:,} clusters, {self.n_treated_clusters:,} of them "
            f"treated; p {self.p_value:.4g} of {self.null:g})."
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RandomizationTest(Record):
    """How the effect compares with those that placebo assignments of the treatment would have found.

    Attributes
    ----------
    estimate : float
        The effect.
    null : float
        The constant effect tested.
    p_value : float
        Share of assignments whose effect is at least as large in absolute value, the true one among them.
    rank : int
        Place of the estimate among all assignments, from the lowest.
    effects : (b,) array
        Effects of all assignments, in increasing order: the randomisation distribution if there is no effect.
    reach : (b,) array
        What each of them would find of a constant effect of one.
    enumerated : bool
        Whether these are all assignments, which makes the test exact.
    n_clusters, n_treated_clusters : int
        Clusters, and those ever treated.
    """

    estimate: float
    null: float
    p_value: float
    rank: int
    effects: FloatArray
    reach: FloatArray
    enumerated: bool
    n_clusters: int
    n_treated_clusters: int

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self._freeze(effects=read_only(self.effects), reach=read_only(self.reach))

    def p_value_of(self, null: float) -> float:
        """Return the p-value of a constant effect of ``null``."""
        return self._placebo().p_value(real("null", null))

    def conf_int(self, level: float = 0.95) -> Interval:
        """Return the constant effects that are not rejected at ``1 - level``.

        Parameters
        ----------
        level : float
            Coverage, strictly between 0 and 1. The whole line where there are too few assignments for it.

        Returns
        -------
        Interval
            In units of the outcome.
        """
        return Interval(*self._placebo().conf_int(fraction("level", level)))

    def __str__(self) -> str:
        """Return one sentence."""
        how = "all" if self.enumerated else "random"
        return (
            f"Effect {self.estimate:+.4g}, rank {self.rank:,} of {self.effects.size:,} ({how} assignments of "
            f"{self.n_treated_clusters:,} treated among {self.n_clusters:,} clusters; p {self.p_value:.4g} of "
            f"{self.null:g}; 95% interval {self.conf_int().format()})."
        )

    def _placebo(self) -> Placebo:
        return Placebo(estimate=self.estimate, effects=self.effects, reach=self.reach, enumerated=self.enumerated)


def wild_bootstrap(
    data: IntoDataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    rng: Rng,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    null: float = 0.0,
    level: float = 0.95,
    draws: int = 9_999,
    multiplier: Multipliers = "rademacher",
    missing: Missing = "raise",
) -> WildTest:
    """Test the two-way fixed effects coefficient by the wild cluster bootstrap, for few clusters.

    Each draw changes the signs of the residuals of whole clusters, with the null imposed (WCR). With up to twelve
    clusters all sign vectors are taken. It is right with few clusters, but not with few treated ones: then use
    :func:`randomization_inference`.

    Parameters
    ----------
    data : data frame
        One row per unit and period.
    outcome, unit, time : str
        Columns of the outcome, of who is observed, and of when.
    rng : Generator or int
        Source of randomness, or a seed.
    cohort, treatment : str, optional
        One of the two: first treated period of the unit, or 0/1 by row.
    covariates : str or list of str, optional
        Columns to hold fixed.
    cluster : str, optional
        Column of the groups of units; the units themselves when not given.
    weights : str, optional
        Column of weights.
    null : float
        Value of the effect that is tested.
    level : float
        Coverage of the interval, found by testing other values with the same draws.
    draws : int
        Number of draws.
    multiplier : {"rademacher", "webb"}
        Signs, or Webb's six points.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    WildTest
        p-value and interval.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or does not make a design.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Review of Economics and Statistics 90(3), 414-427.
    MacKinnon, J. G. and Webb, M. D. (2018). The Econometrics Journal 21(2), 114-135.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(200, rng=1, cohorts=(6,)).data
    >>> df["region"] = df["city"].astype("category").cat.codes % 11
    >>> found = did.wild_bootstrap(
    ...     df, outcome="orders", unit="city", time="week", cohort="launch_week", cluster="region", rng=1
    ... )
    >>> found.enumerated, found.p_value
    (True, 0.0009765625)
    """
    null, level = real("null", null), fraction("level", level)
    n_draws, random = whole("draws", draws, least=19), generator(rng)
    choice("multiplier", multiplier, get_args(Multipliers))
    panel = read_panel(
        data,
        outcome=outcome,
        unit=unit,
        time=time,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=cluster,
        weights=weights,
        missing=missing,
        for_few_clusters=True,
    )
    own = panel.unit_clusters
    clusters = panel.unit_codes() if own is None else own[panel.unit_codes()]
    treated = panel.time >= panel.first_treated[panel.group]
    n_treated = int(np.unique(clusters[treated]).size)
    _warn_of_limits(panel, n_treated)
    found = two_way_wild(
        panel.outcome,
        treated.astype(np.float64),
        panel.unit_codes(),
        panel.time,
        clusters,
        n_draws=n_draws,
        rng=random,
        covariates=panel.covariates if panel.covariate_names else None,
        weights=panel.weights,
        multiplier=multiplier,
        factor=cluster_factor(
            "full",
            n=panel.n,
            n_parameters=1 + len(panel.covariate_names) + panel.n_periods,
            n_clusters=panel.n_clusters,
        ),
    )
    if found is None:
        raise DesignError(
            "Units, periods and covariates explain the treatment completely: in no period are treated and untreated "
            "units seen side by side whose treatment changes."
        )
    if found.std_error <= 1e-12 * max(abs(found.estimate), float(np.ptp(panel.outcome))):
        raise DesignError(f"outcome={outcome!r} is constant or fitted exactly: there is nothing to test.")
    low, high = found.conf_int(level)
    return WildTest(
        estimate=found.estimate,
        std_error=found.std_error,
        null=null,
        p_value=found.p_value(null),
        low=low,
        high=high,
        level=level,
        draws=found.n_draws,
        enumerated=found.enumerated,
        n_clusters=panel.n_clusters,
        n_treated_clusters=n_treated,
        warnings=panel.warned.messages,
    )


def _warn_of_limits(panel: Panel, n_treated: int) -> None:
    """Warn of few treated, or untreated, clusters, and of a coefficient that mixes effects."""
    if min(n_treated, panel.n_clusters - n_treated) < FEW_TREATED and n_treated < panel.n_clusters:
        panel.warned.add(
            f"{counted(n_treated, 'treated cluster')} of {panel.n_clusters}: with fewer than {FEW_TREATED} on one side "
            f"the wild bootstrap rejects far too rarely. Use did.randomization_inference.",
            DesignWarning,
        )
    if panel.n_cohorts > 1:
        panel.warned.add(
            f"Units start in {panel.n_cohorts} different periods: the two-way fixed effects coefficient that is tested "
            f"weights their effects oddly, some perhaps negatively. See did.twfe for its weights.",
            DesignWarning,
        )


def randomization_inference(
    data: IntoDataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    rng: Rng,
    cohort: str | None = None,
    treatment: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    null: float = 0.0,
    draws: int = 9_999,
    missing: Missing = "raise",
) -> RandomizationTest:
    """Compare the effect with those of placebo assignments of the same roll-out to other clusters.

    If nothing changed but who was treated when, the true assignment is one of many, and its effect should not stand
    out. That is an exact test if assignment was at random, and a telling comparison otherwise; it holds with a single
    treated cluster, where clustered standard errors mean nothing.

    Parameters
    ----------
    data : data frame
        One row per unit and period, every unit in every period.
    outcome, unit, time : str
        Columns of the outcome, of who is observed, and of when.
    rng : Generator or int
        Source of randomness, or a seed; not used where all assignments are taken.
    cohort, treatment : str, optional
        One of the two: first treated period of the unit, or 0/1 by row.
    cluster : str, optional
        Column of the groups of units that are treated together; the units themselves when not given.
    weights : str, optional
        Column of weights of the units.
    null : float
        Constant effect that is tested.
    draws : int
        Number of random assignments; all distinct ones are taken where they are no more.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    RandomizationTest
        p-value, rank, interval, and the randomisation distribution.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, the panel is unbalanced, or a cluster holds several cohorts.

    Notes
    -----
    The effect compares the change of each cohort, after its start against before it, with that of the clusters never
    treated (or, if there are none, of the last cohort until it starts), and weights the cohorts by their treated
    rows. With one cohort it is the two-way fixed effects coefficient. With clusters of very unequal size placebo
    effects differ in spread, and the comparison is rough.

    References
    ----------
    Conley, T. G. and Taber, C. R. (2011). Review of Economics and Statistics 93(1), 113-125. MacKinnon, J. G. and
    Webb, M. D. (2020). Journal of Econometrics 218(2), 435-450.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(24, rng=1, cohorts=(6,), fixed_shares=True).data
    >>> found = did.randomization_inference(
    ...     df, outcome="orders", unit="city", time="week", cohort="launch_week", rng=1, draws=999
    ... )
    >>> found.p_value <= 0.05, found.effects.size
    (True, 1000)
    """
    null, n_draws, random = real("null", null), whole("draws", draws, least=19), generator(rng)
    panel = read_panel(
        data,
        outcome=outcome,
        unit=unit,
        time=time,
        cohort=cohort,
        treatment=treatment,
        cluster=cluster,
        weights=weights,
        missing=missing,
        for_few_clusters=True,
    )
    clusters = np.arange(panel.n_units) if panel.unit_clusters is None else panel.unit_clusters
    _refuse_uneven(panel, clusters)
    n_clusters = int(clusters.max()) + 1
    by_cluster = np.zeros(n_clusters, dtype=np.int64)
    by_cluster[clusters] = panel.unit_group
    control = panel.n_cohorts if panel.has_never_treated else panel.n_cohorts - 1
    until = int(panel.first_treated[control])
    if not np.any(panel.first_treated[:control] < until):
        raise DesignError("No cluster is treated while others are not yet: there is nothing to compare.")
    outcomes = panel.outcome_matrix()
    outcomes = (outcomes - outcomes[:, :1])[:, :until]
    unit_weights = np.ones(panel.n_units) if panel.unit_weights is None else panel.unit_weights
    total = np.zeros((n_clusters, until))
    np.add.at(total, clusters, outcomes * unit_weights[:, None])
    found = placebo_assignments(
        total,
        np.asarray(np.bincount(clusters, weights=unit_weights, minlength=n_clusters), dtype=np.float64),
        by_cluster,
        panel.first_treated,
        control,
        n_draws=n_draws,
        rng=random,
    )
    order = np.argsort(found.effects, kind="stable")
    size = float(np.abs(found.effects).max())
    return RandomizationTest(
        estimate=found.estimate,
        null=null,
        p_value=found.p_value(null),
        rank=int(np.count_nonzero(found.effects < found.estimate - 1e-9 * size)) + 1,
        effects=found.effects[order],
        reach=found.reach[order],
        enumerated=found.enumerated,
        n_clusters=n_clusters,
        n_treated_clusters=int(np.count_nonzero(by_cluster != control)),
    )


def _refuse_uneven(panel: Panel, clusters: IntArray) -> None:
    """Raise unless every unit is there in every period, with one weight, and clusters are treated as a whole."""
    if not panel.is_balanced:
        gaps = panel.n_units * panel.n_periods - panel.n
        raise DesignError(
            f"{counted(gaps, 'cell')} of unit by period have no row. Placebo assignments are compared on units seen in "
            f"all periods: keep those, or use did.wild_bootstrap."
        )
    if panel.weights_vary:
        raise DataError("weights change over time within units; placebo assignments need one weight per unit.")
    own = np.zeros(int(clusters.max()) + 1, dtype=np.int64)
    own[clusters] = panel.unit_group
    mixed = np.flatnonzero(own[clusters] != panel.unit_group)
    if mixed.size:
        raise DesignError(
            f"{counted(np.unique(clusters[mixed]).size, 'cluster')} of {panel.cluster_name!r} hold units of several "
            f"cohorts, for example unit {panel.unit_label(int(mixed[0]))!r} and others. Placebo assignments move "
            f"whole clusters: name the groups that were treated together."
        )
