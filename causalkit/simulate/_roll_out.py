"""A feature that goes live in some cities, then in others: a panel with staggered adoption."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from causalkit import _validate
from causalkit._frames import to_native
from causalkit.errors import OptionError
from causalkit.simulate._roll_out_plan import Plan
from causalkit.simulate._simulation import Simulation, Truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import FloatArray, IntArray, Rng

_LEVEL = 100.0
_SHARE_TREATED = 0.6
_EFFECTS = (6.0, 2.0)
_ROUNDING = 1e-9
_LEAST_PERIODS = 2


def roll_out(
    n: int,
    *,
    rng: Rng,
    n_periods: int = 12,
    cohorts: Sequence[int] = (4, 7, 10),
    shares: Sequence[float] | None = None,
    share_always: float = 0.0,
    fixed_shares: bool = False,
    effects: float | Sequence[float] | None = None,
    growth: float | Sequence[float] = 1.0,
    heterogeneity: float = 0.0,
    anticipation: int = 0,
    anticipated: float = 0.5,
    n_covariates: int = 1,
    selection: float = 0.0,
    covariate_trend: float = 0.0,
    trend_gap: float = 0.0,
    n_clusters: int = 20,
    by_cluster: bool = False,
    unit_sd: float = 10.0,
    period_sd: float = 3.0,
    cluster_sd: float = 0.0,
    noise: float = 4.0,
    autocorrelation: float = 0.5,
    share_missing: float = 0.0,
    cross_sections: bool = False,
    potential_outcomes: bool = False,
    backend: str = "pandas",
) -> Simulation:
    r"""Simulate a feature that goes live in waves: cities by weeks, with effects that differ by wave and grow.

    City i belongs to region r and to a cohort with first week g, or never gets the feature. With h the earliness of
    the cohort (1 for the first, in equal steps down to 0 for cities that never get it), in week t = 1, ..., T::

        x1 ~ N(selection * h, 1)                             x2, x3, ... ~ N(0, 1)
        untreated = 100 + unit_sd * a[i] + period_sd * l[t] + cluster_sd * c[r, t] + noise * e[i, t]
                    + (trend_gap * h + covariate_trend * x1) * (t - 1)
        effect    = effects[g] + growth[g] * (t - g) + heterogeneity * x1      from week g on
                    anticipated * effects[g]                                   in the ``anticipation`` weeks before
        orders    = untreated + effect

    a and l are independent standard normals; c and e are stationary, standard normal, with the given autocorrelation
    from week to week. Trends are parallel without ``trend_gap`` if ``selection`` or ``covariate_trend`` is zero, and
    parallel given x1 otherwise; the log odds of one cohort against another are then linear in x1.

    Parameters
    ----------
    n : int
        Cities; with ``cross_sections``, rows per week.
    rng : Generator or int
        Source of randomness, or a seed.
    n_periods : int
        Weeks, T, at least 2.
    cohorts : (k,) sequence of int
        First treated week of each cohort, increasing, between 2 and T.
    shares : (k,) sequence of float, optional
        Share of the cities in each cohort; together 0.6, in equal parts, if not given. What ``shares`` and
        ``share_always`` leave are cities that never get it.
    share_always : float
        Share of cities that had the feature before the first week; ``launch_week`` is 1 there.
    fixed_shares : bool
        Whether cohorts have exactly their shares, rounded, as in a plan; else each city draws its own.
    effects : float or (k,) sequence of float, optional
        Effect in the first treated week, in orders, of all cohorts or of each; from 6 in the first cohort down to 2 in
        the last, in equal steps, if not given.
    growth : float or (k,) sequence of float
        What each further week adds to the effect.
    heterogeneity : float
        What one standard deviation of x1 adds to the effect.
    anticipation : int
        Weeks before the launch in which there is an effect already.
    anticipated : float
        That effect, as a share of the one in the launch week.
    n_covariates : int
        Covariates; only the first does anything.
    selection : float
        Mean of x1 in the first cohort, in standard deviations, over cities that never get the feature.
    covariate_trend : float
        Growth of untreated orders per week and standard deviation of x1.
    trend_gap : float
        Growth of untreated orders per week in the first cohort over cities that never get the feature: a violation
        of parallel trends that no covariate explains.
    n_clusters : int
        Regions, of equal size.
    by_cluster : bool
        Whether whole regions launch together.
    unit_sd, period_sd, cluster_sd, noise : float
        Standard deviations of what is peculiar to a city, to a week, to a region in a week, to a city in a week.
    autocorrelation : float
        Of the last two, from one week to the next; in (-1, 1).
    share_missing : float
        Share of rows that were never recorded, at random.
    cross_sections : bool
        Whether each week has other cities, so that none is seen twice; there is no column ``city`` then.
    potential_outcomes : bool
        Whether to return the untreated outcome and the effect of every row too.
    backend : str
        Library of the frames.

    Returns
    -------
    Simulation
        ``data`` has the columns ``city, week, launch_week`` (NaN: never)``, live`` (0/1)``, region, x1, ..., orders``.
        ``truth`` has, of the population, ``"ATT"`` (the average over treated cities and weeks), the averages
        ``"event_time"``, ``"cohort"`` and ``"calendar"`` of ``"event_time(0)"``, ..., ``"cohort(4)"``, ...,
        ``"calendar(4)"``, ...; every ``"ATT(4,5)"`` of cohort 4 in week 5; and ``"TWFE"``, what a regression on
        ``live`` with effects of cities and weeks converges to instead. ``"SATT"`` is the average effect on the treated
        rows drawn. The always treated enter ``"TWFE"`` and ``"SATT"`` only. ``potential`` has the columns
        ``untreated`` and ``effect``.

    Raises
    ------
    OptionError
        An argument is out of range, or the lengths of ``cohorts``, ``shares``, ``effects`` and ``growth`` differ.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal of
    Econometrics 225(2), 200-230, section 3 (the averages).
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. Journal of Econometrics
    225(2), 254-277 (what two-way fixed effects estimate).

    Examples
    --------
    >>> from causalkit import simulate
    >>> sim = simulate.roll_out(200, rng=1)
    >>> list(sim.data.columns)
    ['city', 'week', 'launch_week', 'live', 'region', 'x1', 'orders']
    >>> sim.truth["ATT(4,5)"], sim.truth["event_time(1)"], sim.truth["cohort(10)"]
    (7.0, 5.0, 3.0)
    >>> [round(sim.truth[name], 4) for name in ("ATT", "TWFE")]
    [7.6667, 5.5]
    """
    n = _validate.whole("n", n, least=1)
    plan = _plan(
        _validate.whole("n_periods", n_periods, least=_LEAST_PERIODS),
        cohorts,
        shares,
        share_always=share_always,
        effects=effects,
        growth=growth,
        heterogeneity=heterogeneity,
        anticipation=anticipation,
        anticipated=anticipated,
        selection=selection,
        covariate_trend=covariate_trend,
        trend_gap=trend_gap,
    )
    shocks = _Shocks(
        unit=_validate.non_negative("unit_sd", unit_sd),
        period=_validate.non_negative("period_sd", period_sd),
        cluster=_validate.non_negative("cluster_sd", cluster_sd),
        own=_validate.non_negative("noise", noise),
        autocorrelation=_correlation(autocorrelation),
    )
    n_regions = _validate.whole("n_clusters", n_clusters, least=1)
    n_covariates = _validate.whole("n_covariates", n_covariates, least=1)
    lost = _share("share_missing", share_missing)
    fixed, together = _validate.flag("fixed_shares", fixed_shares), _validate.flag("by_cluster", by_cluster)
    others = _validate.flag("cross_sections", cross_sections)
    keep = _validate.flag("potential_outcomes", potential_outcomes)
    generator = _validate.generator(rng)

    n_times = plan.n_periods
    n_units = n * n_times if others else n
    region = generator.permutation(n_units) % n_regions
    drawn = _assigned(n_regions if together else n_units, plan.shares, fixed=fixed, rng=generator)
    group = drawn[region] if together else drawn
    x = generator.standard_normal((n_units, n_covariates))
    x[:, 0] += plan.covariate_mean[group]
    unit, time = (
        (np.arange(n_units), np.tile(np.arange(n_times), n))
        if others
        else (np.repeat(np.arange(n), n_times), np.tile(np.arange(n_times), n))
    )
    untreated = _LEVEL + shocks.drawn(region, n_regions, n_times, unit=unit, time=time, rng=generator)
    slope = plan.trend_gap * plan.earliness[group] + plan.covariate_trend * x[:, 0]
    untreated += slope[unit] * time
    treated = plan.treated[group[unit], time]
    effect = plan.path[group[unit], time] + plan.heterogeneity * x[unit, 0] * treated

    seen = generator.random(unit.size) >= lost if lost else slice(None)
    columns: dict[str, FloatArray | IntArray] = {} if others else {"city": unit + 1}
    columns |= {"week": time + 1, "launch_week": plan.first[group[unit]], "live": treated.astype(np.int64)}
    columns |= {"region": region[unit] + 1, **{f"x{j + 1}": x[unit, j] for j in range(n_covariates)}}
    columns |= {"orders": untreated + effect}
    on_treated = effect[seen][treated[seen] > 0]
    truth = {**plan.estimands(), "SATT": float(on_treated.mean()) if on_treated.size else float("nan")}
    hidden = {"untreated": untreated[seen], "effect": effect[seen]}
    return Simulation(
        data=to_native({name: values[seen] for name, values in columns.items()}, backend=backend),
        truth=Truth(truth),
        potential=to_native(hidden, backend=backend) if keep else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shocks:
    """Standard deviations of the parts of an untreated outcome."""

    unit: float
    period: float
    cluster: float
    own: float
    autocorrelation: float

    def drawn(
        self,
        region: IntArray,
        n_regions: int,
        n_times: int,
        *,
        unit: IntArray,
        time: IntArray,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Sum of all shocks, one per row."""
        level = self.unit * rng.standard_normal(region.size)
        common = self.period * rng.standard_normal(n_times)
        regional = self.cluster * self._series(n_regions, n_times, rng)
        total = level[unit] + common[time] + regional[region[unit], time]
        if unit.size == region.size:
            # Nobody is seen twice.
            return total + self.own * rng.standard_normal(unit.size)
        return total + self.own * self._series(region.size, n_times, rng).ravel()

    def _series(self, n: int, n_times: int, rng: np.random.Generator) -> FloatArray:
        """(n, T) array of stationary autoregressions with variance 1."""
        found = rng.standard_normal((n, n_times))
        innovation = np.sqrt(1 - self.autocorrelation**2)
        for t in range(1, n_times):
            found[:, t] = self.autocorrelation * found[:, t - 1] + innovation * found[:, t]
        return found


def _assigned(n: int, shares: FloatArray, *, fixed: bool, rng: np.random.Generator) -> IntArray:
    """Group of each unit: drawn, or dealt out in exact shares (largest remainders) and shuffled."""
    if not fixed:
        return rng.choice(shares.size, size=n, p=shares)
    count = np.floor(n * shares + _ROUNDING).astype(np.int64)
    short = n - int(count.sum())
    count[np.argsort(count - n * shares, kind="stable")[:short]] += 1
    return rng.permutation(np.repeat(np.arange(shares.size), count))


def _plan(
    n_periods: int,
    cohorts: Sequence[int],
    shares: Sequence[float] | None,
    *,
    share_always: float,
    effects: float | Sequence[float] | None,
    growth: float | Sequence[float],
    heterogeneity: float,
    anticipation: int,
    anticipated: float,
    selection: float,
    covariate_trend: float,
    trend_gap: float,
) -> Plan:
    first = tuple(_validate.whole("cohorts", each, least=2, most=n_periods) for each in cohorts)
    if not first or any(b <= a for a, b in pairwise(first)):
        raise OptionError(f"cohorts={cohorts!r} must be first treated periods in increasing order, one or more.")
    k = len(first)
    share = np.full(k, _SHARE_TREATED / k) if shares is None else _per_cohort("shares", shares, k)
    always = _share("share_always", share_always)
    never = 1.0 - always - float(share.sum())
    if (share <= 0).any() or never < -_ROUNDING:
        raise OptionError(
            f"shares={shares!r} must be positive and, with share_always={share_always!r}, sum to at most 1."
        )
    groups = np.array([*share, max(never, 0.0), always])
    return Plan(
        n_periods=n_periods,
        cohorts=first,
        shares=groups / groups.sum(),
        effects=np.linspace(*_EFFECTS, k) if effects is None else _per_cohort("effects", effects, k),
        growth=_per_cohort("growth", growth, k),
        heterogeneity=_validate.real("heterogeneity", heterogeneity),
        anticipation=_validate.whole("anticipation", anticipation),
        anticipated=_validate.real("anticipated", anticipated),
        selection=_validate.real("selection", selection),
        covariate_trend=_validate.real("covariate_trend", covariate_trend),
        trend_gap=_validate.real("trend_gap", trend_gap),
    )


def _per_cohort(name: str, values: float | Sequence[float], k: int) -> FloatArray:
    """One number for each cohort; a single number holds for all, except for shares."""
    if np.ndim(values) == 0 and name != "shares":
        return np.full(k, _validate.real(name, values))
    found = np.array([_validate.real(name, each) for each in np.atleast_1d(np.asarray(values, dtype=object))])
    if found.size != k:
        raise OptionError(
            f"{name} has {_validate.counted(found.size, 'value')}, cohorts has {k}; there must be one per cohort."
        )
    return found


def _share(name: str, value: float) -> float:
    found = _validate.real(name, value)
    if not 0 <= found < 1:
        raise OptionError(f"{name}={value!r} must lie in [0, 1).")
    return found


def _correlation(value: float) -> float:
    found = _validate.real("autocorrelation", value)
    if not -1 < found < 1:
        raise OptionError(f"autocorrelation={value!r} must lie in (-1, 1).")
    return found
