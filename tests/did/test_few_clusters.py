"""Wild cluster bootstrap and randomisation inference: published numbers, dummies written out, size in simulations."""

from __future__ import annotations

import itertools
import warnings

import causaldata
import numpy as np
import pandas as pd
import pytest

from causalkit import did
from causalkit._numerics._clusters import cluster_sums
from causalkit._numerics._did_placebo import placebo_assignments
from causalkit._numerics._did_wild import two_way_wild
from causalkit._numerics._linear import least_squares
from causalkit._numerics._wild import wild_cluster
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.results._json import dumps, loads
from tests.did import panels

ORGANS = {"outcome": "Rate", "unit": "State", "time": "Quarter_Num", "cohort": "start"}


@pytest.fixture(scope="module")
def organs():
    data = causaldata.organ_donations.load_pandas().data
    return data.assign(start=np.where(data.State == "California", 4.0, np.nan))


@pytest.fixture(scope="module")
def castle():
    return panels.castle().rename(columns={"first": "start"})


def panel(rng, n_units=20, n_periods=5, n_clusters=8):
    """Units in clusters with common shocks; half of the clusters are treated from the third period on."""
    unit, time = np.repeat(np.arange(n_units), n_periods), np.tile(np.arange(n_periods), n_units)
    cluster = unit % n_clusters
    treated = ((cluster < n_clusters // 2) & (time >= 2)).astype(float)
    y = rng.normal(size=unit.size) + rng.normal(size=(n_clusters, n_periods))[cluster, time] + unit
    return y, treated, unit, time, cluster


def with_dummies(y, d, unit, time, cluster, *, x=None, weights=None):
    """The general bootstrap of a regression with all period dummies written out, units taken off by their means."""
    columns = [d[:, None], np.eye(time.max() + 1)[time][:, 1:]] + ([] if x is None else [x])
    columns = np.hstack(columns)
    w = np.ones(y.size) if weights is None else weights

    def within(values):
        total = cluster_sums(values * (w if values.ndim == 1 else w[:, None]), unit, unit.max() + 1)
        size = np.bincount(unit, w)
        return values - (total / (size if values.ndim == 1 else size[:, None]))[unit]

    fit = least_squares(within(columns), within(y), weights=weights, intercept=False)
    contrast = np.eye(columns.shape[1])[0]
    return wild_cluster(fit, cluster, contrast, n_draws=2**12, rng=np.random.default_rng(0))


def test_castle_doctrine_has_the_published_p_value(castle):
    with pytest.warns(DesignWarning, match="5 different periods"):
        found = did.wild_bootstrap(
            castle, outcome="l_homicide", unit="sid", time="year", cohort="start", rng=1, draws=40_000
        )
    assert found.estimate == pytest.approx(0.0693984338855, rel=1e-9)
    # wildboottest with 99,999 draws says 0.23936 and 0.23909; four standard errors of our 40,000.
    assert found.p_value == pytest.approx(0.2392, abs=4 * (0.24 * 0.76 / 40_000) ** 0.5)
    # fixest's CRV1 with unit effects nested.
    assert found.std_error == pytest.approx(0.0558596356956, rel=1e-9)


def test_organ_donations_have_the_published_p_values(organs):
    with pytest.warns(DesignWarning, match="1 treated cluster of 27"):
        wild = did.wild_bootstrap(organs, **ORGANS, rng=1, draws=40_000)
    # Published with two digits more than its draws can tell; ours has four standard errors of 0.0025.
    assert wild.p_value == pytest.approx(0.454, abs=0.012)
    assert wild.std_error == pytest.approx(0.00613123200564, rel=1e-9)
    exact = did.randomization_inference(organs, **ORGANS, rng=1)
    assert exact.estimate == pytest.approx(-0.022458974359, rel=1e-10)
    assert (exact.enumerated, exact.effects.size, exact.rank) == (True, 27, 3)
    assert exact.p_value == pytest.approx(5 / 27, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("covariate", [False, True])
def test_bootstrap_from_sums_equals_the_one_with_dummies(weighted, gaps, covariate):
    rng = np.random.default_rng(5)
    y, d, unit, time, cluster = panel(rng)
    keep = rng.random(y.size) > 0.15 if gaps else np.ones(y.size, dtype=bool)
    y, d, unit, time, cluster = (each[keep] for each in (y, d, unit, time, cluster))
    weights = rng.uniform(0.5, 2, y.size) if weighted else None
    x = rng.normal(size=(y.size, 2)) if covariate else None
    reference = with_dummies(y, d, unit, time, cluster, x=x, weights=weights)
    found = two_way_wild(y, d, unit, time, cluster, n_draws=99, rng=rng, covariates=x, weights=weights)
    assert found.enumerated
    assert found.estimate == pytest.approx(reference.estimate, rel=1e-10)
    for null in (0.0, 0.7):
        ours, theirs = (np.sort(each.statistics(null)) for each in (found, reference))
        scale = reference.std_error / found.std_error
        np.testing.assert_allclose(ours, theirs * scale, rtol=1e-7, atol=1e-9)
        assert found.p_value(null) == reference.p_value(null)
    np.testing.assert_allclose(found.conf_int(), reference.conf_int(), rtol=1e-8)


def test_interval_holds_the_values_that_are_not_rejected(castle):
    with pytest.warns(DesignWarning):
        found = did.wild_bootstrap(castle, outcome="l_homicide", unit="sid", time="year", cohort="start", rng=2)
    for end, inside in ((found.low, 1e-6), (found.high, -1e-6)):
        for step, accepted in ((inside, True), (-inside, False)):
            with pytest.warns(DesignWarning):
                again = did.wild_bootstrap(
                    castle,
                    outcome="l_homicide",
                    unit="sid",
                    time="year",
                    cohort="start",
                    rng=2,
                    null=end + step,
                )
            assert (again.p_value > 0.05) == accepted


@pytest.mark.parametrize("unit_of_outcome", [1e-9, 1.0, 1e9])
def test_interval_of_the_bootstrap_scales_with_the_outcome(unit_of_outcome):
    y, d, unit, time, cluster = panel(np.random.default_rng(5))
    base = two_way_wild(y, d, unit, time, cluster, n_draws=99, rng=np.random.default_rng(0))
    scaled = two_way_wild(unit_of_outcome * y, d, unit, time, cluster, n_draws=99, rng=np.random.default_rng(0))
    low, high = base.conf_int(0.9)
    assert np.isfinite([low, high]).all()
    np.testing.assert_allclose(scaled.conf_int(0.9), [unit_of_outcome * low, unit_of_outcome * high], rtol=1e-8)


def test_placebo_effects_are_the_regressions_on_placebo_treatments(organs):
    found = did.randomization_inference(organs, **ORGANS, rng=1)
    states = sorted(organs.State.unique())
    by_hand = []
    for state in states:
        placebo = organs.assign(start=np.where(organs.State == state, 4.0, np.nan))
        with pytest.warns(DesignWarning):
            by_hand.append(did.twfe(placebo, **ORGANS).estimate)
    np.testing.assert_allclose(found.effects, np.sort(by_hand), rtol=1e-9, atol=1e-15)


def test_all_distinct_assignments_are_taken_once_and_random_ones_look_like_them():
    rng = np.random.default_rng(4)
    total, weight = rng.normal(size=(7, 4)), rng.uniform(1, 2, 7)
    cohort, first = np.array([0, 0, 1, 2, 2, 2, 2]), np.array([1, 3, 4])
    every = placebo_assignments(total, weight, cohort, first, 2, n_draws=200, rng=rng)
    orders = sorted(set(itertools.permutations(cohort.tolist())))
    assert every.enumerated
    assert every.effects.size == len(orders) == 105
    by_hand = [staggered_by_hand(total, weight, np.array(order), first) for order in orders]
    np.testing.assert_allclose(np.sort(every.effects), np.sort(by_hand), rtol=1e-10)
    some = placebo_assignments(total, weight, cohort, first, 2, n_draws=99, rng=rng)
    assert not some.enumerated
    assert np.isin(some.effects.round(10), every.effects.round(10)).all()
    assert some.effects[0] == pytest.approx(some.estimate)


def staggered_by_hand(total, weight, cohort, first):
    effects, sizes = [], []
    for code in (0, 1):
        own, controls = cohort == code, cohort == 2
        gap = total[own].sum(axis=0) / weight[own].sum() - total[controls].sum(axis=0) / weight[controls].sum()
        effects.append(gap[first[code] :].mean() - gap[: first[code]].mean())
        sizes.append(weight[own].sum() * (4 - first[code]))
    return np.average(effects, weights=sizes)


def test_randomisation_interval_inverts_the_test_of_a_constant_effect(organs):
    found = did.randomization_inference(organs, **ORGANS, rng=1)
    low, high = found.conf_int(0.9)
    for value, accepted in ((low - 1e-6, False), (low + 1e-6, True), (high - 1e-6, True), (high + 1e-6, False)):
        treated = (organs.State == "California") & (organs.Quarter_Num >= 4)
        shifted = organs.assign(Rate=organs.Rate - value * treated)
        p = did.randomization_inference(shifted, **ORGANS, rng=1).p_value
        assert (p > 0.1) == accepted
        assert found.p_value_of(value) == pytest.approx(p)


def test_too_few_assignments_leave_the_interval_unbounded():
    data = pd.DataFrame({"y": [0.0, 1, 0, 3, 0, 1, 0, 1.5], "u": [0, 0, 1, 1, 2, 2, 3, 3], "t": [0, 1] * 4})
    data["g"] = np.where(data.u == 1, 1.0, np.nan)
    found = did.randomization_inference(data, outcome="y", unit="u", time="t", cohort="g", rng=1)
    assert found.p_value == 0.25
    assert found.conf_int().low == -np.inf
    assert found.conf_int().high == np.inf


def test_bootstrap_and_randomisation_keep_their_size_with_eight_clusters():
    # Clustered errors with normal quantiles reject a true null in about one of eight such samples.
    rng = np.random.default_rng(8)
    n, wild, placebo, naive = 300, 0, 0, 0
    for _ in range(n):
        y, d, unit, time, cluster = panel(rng)
        found = two_way_wild(y, d, unit, time, cluster, n_draws=19, rng=rng)
        wild += found.p_value() < 0.05
        naive += abs(found.estimate / found.std_error) > 1.96
        total = np.zeros((8, 5))
        np.add.at(total, (cluster, time), y)
        weight = np.bincount(cluster) / 5.0
        cohort = np.where(np.arange(8) < 4, 0, 1)
        test = placebo_assignments(total, weight, cohort, np.array([2, 5]), 1, n_draws=99, rng=rng)
        placebo += test.p_value() < 0.05
    bound = 4 * (0.05 * 0.95 / n) ** 0.5
    assert abs(wild / n - 0.05) <= bound
    assert abs(placebo / n - 0.05) <= bound
    assert naive / n > 0.05 + bound


def test_one_treated_cluster_is_told_apart_by_placebos_and_not_by_clustered_errors():
    rng = np.random.default_rng(3)
    n, naive, placebo = 200, 0, 0
    for _ in range(n):
        time, unit = np.tile(np.arange(4), 20), np.repeat(np.arange(20), 4)
        y = rng.normal(size=80) + rng.normal(size=(20, 2))[unit, time // 2]
        treated = ((unit == 0) & (time >= 2)).astype(float)
        found = two_way_wild(y, treated, unit, time, unit, n_draws=19, rng=rng)
        naive += abs(found.estimate / found.std_error) > 2.09
        cohort = np.where(np.arange(20) == 0, 0, 1)
        test = placebo_assignments(y.reshape(20, 4), np.ones(20), cohort, np.array([2, 4]), 1, n_draws=99, rng=rng)
        placebo += test.p_value() <= 0.05
    assert naive / n > 0.5
    assert abs(placebo / n - 0.05) <= 4 * (0.05 * 0.95 / n) ** 0.5


def test_records_survive_json_and_say_what_was_done(organs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        wild = did.wild_bootstrap(organs, **ORGANS, rng=1, draws=99)
    exact = did.randomization_inference(organs, **ORGANS, rng=1)
    assert "1 of them treated" in " ".join(str(wild).split())
    assert "rank 3 of 27 (all assignments of 1 treated among 27 clusters; p 0.1852" in str(exact)
    assert wild.warnings
    for record in (wild, exact):
        assert loads(dumps(record)) == record


def test_clusters_that_hold_several_cohorts_and_gaps_are_refused(organs):
    with pytest.raises(DesignError, match="hold units of several cohorts"):
        did.randomization_inference(organs.assign(west=organs.State < "D"), **ORGANS, cluster="west", rng=1)
    with pytest.raises(DesignError, match="1 cell of unit by period have no row"):
        did.randomization_inference(organs.iloc[1:], **ORGANS, rng=1)
    constant = organs.assign(Rate=3.0, start=np.where(organs.State < "I", 4.0, np.nan))
    with pytest.raises(DesignError, match="nothing to test"):
        did.wild_bootstrap(constant, **ORGANS, rng=1)
    with pytest.raises(OptionError, match="multiplier='webbs'"):
        did.wild_bootstrap(organs, **ORGANS, rng=1, multiplier="webbs")
