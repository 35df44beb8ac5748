"""Absorbed effects, sums by cell and moments against regressions on all dummies, written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

from causalkit import did
from causalkit._numerics._did_cells import CohortPaths, UnitPaths
from causalkit._numerics._did_decomposition import EffectWeights
from causalkit._numerics._did_moments import cohort_moments
from causalkit._numerics._did_regression import fit_cells, period_dummies
from tests.did.panels import toy

pytestmark = pytest.mark.filterwarnings("ignore::causalkit.errors.CausalkitWarning")

ROLES = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "first"}
EXTRA = {"covariates": "x", "cluster": "group", "weights": "w"}


@pytest.fixture(scope="module")
def rough():
    """Unbalanced, weighted, with a covariate and clusters of three units."""
    data = toy({3: 9, 5: 12, 6: 9, None: 15}, 7, rng=3, n_clusters=15)
    data["y"] += 0.7 * data["x"]
    return data.sample(frac=0.85, random_state=2).reset_index(drop=True)


def dummies(codes, *, all_of=True):
    values = np.unique(codes)
    return (np.asarray(codes)[:, None] == values[0 if all_of else 1 :]).astype(float)


def effects_of(data):
    return np.column_stack([dummies(data["unit"]), dummies(data["time"], all_of=False)])


def event_time(data):
    return (data["time"] - data["first"]).to_numpy()


def clustered(scores, codes):
    sums = pd.DataFrame(scores).groupby(np.asarray(codes)).sum().to_numpy()
    return sums.T @ sums


def least_squares(x, y, w, codes):
    """Coefficients, residuals and the clustered covariance without a factor."""
    root = np.sqrt(w)
    b, _, rank, _ = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)
    e = y - x @ b
    bread = np.linalg.pinv((x * w[:, None]).T @ x)
    return b, e, bread @ clustered(x * (w * e)[:, None], codes) @ bread, rank


def factor(data, n_coefficients, *, n_clusters, n_rows=None, n_periods=None):
    n = len(data) if n_rows is None else n_rows
    k = n_coefficients + (data["time"].nunique() if n_periods is None else n_periods)
    return n_clusters / (n_clusters - 1) * (n - 1) / (n - k)


def test_twfe_of_an_unbalanced_weighted_panel_with_covariate_and_clusters(rough):
    x = np.column_stack([effects_of(rough), event_time(rough) >= 0, rough["x"]])
    b, _, cov, _ = least_squares(x, rough["y"].to_numpy(), rough["w"].to_numpy(), rough["group"])
    found = did.twfe(rough, **ROLES, **EXTRA)
    assert found.estimate == pytest.approx(b[-2], rel=1e-10)
    want = np.sqrt(cov[-2, -2] * factor(rough, 2, n_clusters=15))
    assert found.std_error == pytest.approx(want, rel=1e-10)


def test_the_jackknife_of_that_panel_by_leaving_out_cluster_after_cluster(rough):
    def coefficient(data):
        x = np.column_stack([effects_of(data), event_time(data) >= 0, data["x"]])
        root = np.sqrt(data["w"].to_numpy())
        return np.linalg.lstsq(x * root[:, None], data["y"].to_numpy() * root, rcond=None)[0][-2]

    full = coefficient(rough)
    left = np.array([coefficient(rough[rough["group"] != g]) for g in range(15)])
    want = np.sqrt(14 / 15 * np.sum((left - full) ** 2))
    assert did.twfe(rough, **ROLES, **EXTRA, cov_type="CV3").std_error == pytest.approx(want, rel=1e-9)


def test_errors_clustered_in_two_ways_and_robust_ones(rough):
    found = did.twfe(rough, **ROLES, covariates="x", weights="w", cluster=["unit", "time"])
    n, g = len(rough), rough["time"].nunique()
    x = np.column_stack([effects_of(rough), event_time(rough) >= 0, rough["x"]])
    w = rough["w"].to_numpy()
    _, e, _, rank = least_squares(x, rough["y"].to_numpy(), w, rough["unit"])
    bread = np.linalg.pinv((x * w[:, None]).T @ x)
    scores = x * (w * e)[:, None]
    meat = clustered(scores, rough["unit"]) + clustered(scores, rough["time"]) - scores.T @ scores
    cov = bread @ meat @ bread
    # Units and periods are both nested in the clusters: a constant is left to count.
    want = np.sqrt(cov[-2, -2] * g / (g - 1) * (n - 1) / (n - 3))
    assert found.std_error == pytest.approx(want, rel=1e-9)
    robust = bread @ (scores.T @ scores) @ bread
    assert did.twfe(rough, **ROLES, covariates="x", weights="w", cov_type="HC1").std_error == pytest.approx(
        np.sqrt(robust[-2, -2] * n / (n - rank)), rel=1e-9
    )
    s2 = (w * e**2).sum() / (n - rank)
    assert did.twfe(rough, **ROLES, covariates="x", weights="w", cov_type="iid").std_error == pytest.approx(
        np.sqrt(s2 * bread[-2, -2]), rel=1e-9
    )


def test_event_study_with_pooled_ends_by_dummies(rough):
    since = np.clip(event_time(rough), -2, 2)
    leads_and_lags = np.column_stack([since == e for e in (-2, 0, 1, 2)])
    x = np.column_stack([effects_of(rough), leads_and_lags, rough["x"]])
    b, _, cov, _ = least_squares(x, rough["y"].to_numpy(), rough["w"].to_numpy(), rough["group"])
    found = did.event_study(rough, **ROLES, **EXTRA, window=(-2, 2))
    assert found.path.effects.labels == ("-2 or before", "0", "1", "2 or later")
    assert_allclose(found.path.effects.estimates, b[-5:-1], rtol=1e-9)
    assert_allclose(found.path.effects.cov, cov[-5:-1, -5:-1] * factor(rough, 5, n_clusters=15), rtol=1e-8)
    assert found.estimate == pytest.approx(b[-4:-1].mean(), rel=1e-9)


def test_without_never_treated_the_last_cohort_is_the_control_until_it_starts():
    data = toy({3: 20, 5: 15, 6: 12}, 7, rng=5)
    until = data[data["time"] < 6]
    since = np.where(until["first"] == 6, np.nan, event_time(until))
    times = [e for e in np.unique(since[~np.isnan(since)]) if e != -1]
    x = np.column_stack([effects_of(until), *[since == e for e in times]])
    b, _, cov, _ = least_squares(x, until["y"].to_numpy(), np.ones(len(until)), until["unit"])
    found = did.event_study(data, **ROLES)
    assert_allclose(found.path.positions, times)
    assert_allclose(found.path.effects.estimates, b[-len(times) :], rtol=1e-9)
    want = cov[-len(times) :, -len(times) :] * factor(until, len(times), n_clusters=47)
    assert_allclose(found.path.effects.cov, want, rtol=1e-8, atol=1e-12)
    assert found.sample.n_used == len(until)


def test_sun_abraham_by_all_interactions(rough):
    since, first = event_time(rough), rough["first"].to_numpy()
    cells = [(g, e) for g in (3, 5, 6) for e in np.unique(since[first == g]) if e != -1]
    x = np.column_stack([effects_of(rough), rough["x"], *[(first == g) & (since == e) for g, e in cells]])
    w = rough["w"].to_numpy()
    b, _, cov, _ = least_squares(x, rough["y"].to_numpy(), w, rough["group"])
    k = len(cells)
    mass = np.array([w[(first == g) & (since == e)].sum() for g, e in cells])
    found = did.sun_abraham(rough, **ROLES, **EXTRA)
    times = found.path.positions
    take = np.array([[m * (e == t) for (_, e), m in zip(cells, mass, strict=True)] for t in times])
    after = np.array([m * (e >= 0) for (_, e), m in zip(cells, mass, strict=True)])
    take = np.vstack([after, take])
    take /= take.sum(axis=1, keepdims=True)
    c = factor(rough, k + 1, n_clusters=15)
    assert_allclose([found.estimate, *found.path.effects.estimates], take @ b[-k:], rtol=1e-9)
    want = take @ cov[-k:, -k:] @ take.T * c
    assert found.std_error == pytest.approx(np.sqrt(want[0, 0]), rel=1e-8)
    assert_allclose(found.path.effects.cov, want[1:, 1:], rtol=1e-7, atol=1e-12)


def imputed_by_dummies(data):
    """Weights of all rows in the average effect, effects of treated rows, and residuals of the others."""
    treated = event_time(data) >= 0
    z = np.column_stack([effects_of(data), data["x"]])
    w = data["w"].to_numpy()
    untreated = z[~treated]
    bread = np.linalg.pinv((untreated * w[~treated, None]).T @ untreated)
    gap = data["y"].to_numpy() - z @ (bread @ (untreated * w[~treated, None]).T @ data["y"].to_numpy()[~treated])
    return treated, z, w, bread, gap


def test_imputation_by_dummies_with_the_weights_of_the_paper(rough):
    seen = rough.groupby("unit")["time"].transform("min")
    data = rough[(seen < rough["first"]) | rough["first"].isna()].reset_index(drop=True)
    treated, z, w, bread, gap = imputed_by_dummies(data)
    found = did.imputation(data, **ROLES, **EXTRA, leads=2)
    since = event_time(data)
    positions = [e for e in found.path.positions if e >= 0]
    for label, members in [("ATT", treated), *[(f"{e:g}", since == e) for e in positions]]:
        share = np.where(members & treated, w, 0.0)
        share /= share.sum()
        weights = share.copy()
        weights[~treated] = -w[~treated] * (z[~treated] @ bread @ (z.T @ share))
        # Effects are measured from their mean by cohort and period, weighted by the squares of the weights.
        cell = data["first"].astype(str) + data["time"].astype(str)
        square = pd.Series(w**2)
        mean = (square * gap).groupby(cell).transform("sum") / square.groupby(cell).transform("sum")
        residual = np.where(treated, gap - mean, gap)
        variance = clustered((weights * residual)[:, None], data["group"])[0, 0]
        effect = found.effect if label == "ATT" else found.path.effects[label]
        assert effect.estimate == pytest.approx(share @ gap, rel=1e-9)
        assert effect.std_error == pytest.approx(np.sqrt(variance), rel=1e-8)


def test_leads_of_the_imputation_are_those_of_untreated_rows_alone(rough):
    data = rough[~(event_time(rough) >= 0)]
    since = event_time(data)
    x = np.column_stack([effects_of(data), data["x"], since == -2, since == -1])
    b, _, cov, _ = least_squares(x, data["y"].to_numpy(), data["w"].to_numpy(), data["group"])
    path = did.imputation(rough, **ROLES, **EXTRA, leads=2).path
    leads = path.effects.select(("-2", "-1"))
    assert_allclose(leads.estimates, b[-2:], rtol=1e-8)
    assert_allclose(leads.cov, cov[-2:, -2:], rtol=1e-7)
    test = path.pre_trend()
    assert test.df == 2
    assert test.statistic == pytest.approx(b[-2:] @ np.linalg.solve(cov[-2:, -2:], b[-2:]), rel=1e-7)


def test_two_stage_by_dummies_with_both_moment_conditions(rough):
    seen = rough.groupby("unit")["time"].transform("min")
    data = rough[(seen < rough["first"]) | rough["first"].isna()].reset_index(drop=True)
    treated, z, w, bread, gap = imputed_by_dummies(data)
    since = event_time(data)
    found = did.two_stage(data, **ROLES, **EXTRA)
    for x, effects in (
        (treated[:, None].astype(float), None),
        (np.column_stack([since == e for e in found.path.positions]).astype(float), found.path.effects),
    ):
        inverse = np.linalg.inv((x * w[:, None]).T @ x)
        b = inverse @ (x * w[:, None]).T @ gap
        first = np.where(treated, 0.0, w * gap)[:, None] * z @ bread @ (z * w[:, None]).T @ x
        cov = inverse @ clustered(x * (w * (gap - x @ b))[:, None] - first, data["group"]) @ inverse
        if effects is None:
            assert found.estimate == pytest.approx(b[0], rel=1e-9)
            assert found.std_error == pytest.approx(np.sqrt(cov[0, 0]), rel=1e-8)
        else:
            assert_allclose(effects.estimates, b, rtol=1e-8, atol=1e-11)
            assert_allclose(effects.cov, cov, rtol=1e-7, atol=1e-12)


def stacks_of(data, low, high):
    parts = []
    for g in sorted(data["first"].dropna().unique()):
        times = data["time"] - g
        inside = times.between(low, high)
        if times[inside].nunique() < high - low + 1:
            continue
        control = data["first"].isna() | (data["first"] > g + high)
        part = data[inside & (control | (data["first"] == g))]
        since = np.where(part["first"] == g, part["time"] - g, np.nan)
        parts.append(part.assign(stack=g, since=since))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("weighting", ["rows", "treated_shares"])
def test_stacked_by_stacking(rough, weighting):
    tall = stacks_of(rough, -2, 1)
    w = tall["w"].to_numpy().copy()
    if weighting == "treated_shares":
        treated = tall["since"].notna()
        units = rough.groupby("unit")["first"].first()
        n_treated = {g: int((units == g).sum()) for g in tall["stack"].unique()}
        n_control = {g: int((units.isna() | (units > g + 1)).sum()) for g in tall["stack"].unique()}
        ratio = {
            g: n_treated[g] / sum(n_treated.values()) / (n_control[g] / sum(n_control.values())) for g in n_treated
        }
        w *= np.where(treated, 1.0, tall["stack"].map(ratio))
    unit = tall["stack"].astype(str) + "-" + tall["unit"].astype(str)
    time = tall["stack"].astype(str) + "-" + tall["time"].astype(str)
    effects = np.column_stack([dummies(unit), dummies(time)])
    found = did.stacked(rough, **ROLES, **EXTRA, window=(-2, 1), weighting=weighting)
    n_periods = time.nunique()
    for columns, path in (([tall["since"] >= 0], None), ([tall["since"] == e for e in (-2, 0, 1)], found.path)):
        x = np.column_stack([effects, tall["x"], *columns]).astype(float)
        b, _, cov, _ = least_squares(x, tall["y"].to_numpy(), w, tall["group"])
        k = len(columns)
        cov = cov[-k:, -k:] * factor(tall, k + 1, n_clusters=15, n_periods=n_periods)
        if path is None:
            assert found.estimate == pytest.approx(b[-1], rel=1e-8)
            assert found.std_error == pytest.approx(np.sqrt(cov[0, 0]), rel=1e-7)
        else:
            assert_allclose(path.effects.estimates, b[-k:], rtol=1e-8)
            assert_allclose(path.effects.cov, cov, rtol=1e-6, atol=1e-12)


def test_stacks_by_treated_shares_average_their_own_differences():
    data = toy({3: 12, 5: 20, None: 30}, 7, rng=9)
    found = did.stacked(data, **ROLES, window=(-2, 2))
    wide = data.pivot_table(index="unit", columns="time", values="y")
    first = data.groupby("unit")["first"].first()
    for position, estimate in zip(found.path.positions, found.path.effects.estimates, strict=True):
        gaps = []
        for g in (3, 5):
            change = wide[g + position] - wide[g - 1]
            control = first.isna() | (first > g + 2)
            gaps.append(change[first == g].mean() - change[control].mean())
        assert estimate == pytest.approx(np.average(gaps, weights=(12, 20)), abs=1e-11)


# The two ways of knowing a panel.


def test_moments_and_paths_agree_to_the_last_digits_under_an_offset():
    rng = np.random.default_rng(1)
    outcome = np.round(rng.normal(size=(60, 6)), 6) + rng.integers(0, 3, size=(60, 1)) * 1e9
    cohort = np.repeat([0, 1, 2], 20)
    start = np.array([2, 4, 6])
    clusters = np.arange(60) // 3
    design = np.concatenate([period_dummies(3, 6), (np.arange(6) >= start[:, None])[:, :, None].astype(float)], axis=2)
    everything = np.ones((3, 6), dtype=bool)
    found = []
    for codes in (None, clusters):
        for paths in (
            CohortPaths(cohort_moments(outcome, cohort, 3, clusters=codes)),
            UnitPaths(outcome=outcome - outcome[:, :1], cohort=cohort, n_cohorts=3, cluster=codes),
        ):
            fit = fit_cells(paths.system(everything), design)
            found.append((fit.coefficients[-1], paths.meat([fit.scores(np.array([5]))])[0, 0], fit.residual_squares))
    assert_allclose(found[0], found[1], rtol=1e-12)
    assert_allclose(found[2], found[3], rtol=1e-12)


def test_a_covariate_with_an_offset_leaves_twelve_digits(rough):
    whole = rough.assign(x=np.round(rough["x"] * 1024) / 1024)
    plain = did.twfe(whole, **ROLES, covariates="x")
    moved = did.twfe(whole.assign(x=whole["x"] + 2.0**30), **ROLES, covariates="x")
    assert moved.estimate == pytest.approx(plain.estimate, rel=1e-12)
    assert moved.std_error == pytest.approx(plain.std_error, rel=1e-12)


# How much effects must vary.


def test_bounds_on_heterogeneity_are_the_optima_of_their_programmes():
    share = np.array([[0.0, 0.2, 0.15], [0.3, 0.25, 0.1]])
    weight = np.array([[0.0, 0.35, -0.12], [0.5, 0.32, -0.05]])
    found = EffectWeights(weight=weight, share=share)
    p, w = share[share > 0], weight[share > 0]
    beta = 1.3

    def least_sd(*, bounds, constraints):
        def variance(effects):
            return p @ (effects - p @ effects) ** 2

        start = np.linspace(-3.0, -0.1, p.size)
        best = min(
            (
                optimize.minimize(
                    variance,
                    start * scale,
                    method="SLSQP",
                    bounds=bounds,
                    constraints=constraints,
                    options={"ftol": 1e-16, "maxiter": 2_000},
                )
                for scale in (0.3, 1.0, 3.0, 10.0)
            ),
            key=lambda each: each.fun if each.success else np.inf,
        )
        return np.sqrt(best.fun)

    coefficient = {"type": "eq", "fun": lambda effects: w @ effects - beta}
    average = {"type": "eq", "fun": lambda effects: p @ effects}
    assert found.sign_bound(beta) == pytest.approx(least_sd(bounds=None, constraints=[coefficient, average]), rel=1e-5)
    assert found.reversal_bound(beta) == pytest.approx(
        least_sd(bounds=[(None, 0.0)] * p.size, constraints=[coefficient]), rel=1e-4
    )


def test_weights_times_effects_are_the_coefficient_of_a_panel_without_noise(rough):
    found = did.twfe_weights(rough, **ROLES, covariates="x", weights="w")
    effect = rough["time"] - rough["first"] + 1
    clean = rough.assign(y=np.where(event_time(rough) >= 0, effect, 0.0))
    want = sum(w * (int(t) - int(g) + 1) for w, g, t in zip(found.weights, found.cohorts, found.periods, strict=True))
    assert did.twfe(clean, **ROLES, covariates="x", weights="w").estimate == pytest.approx(want, rel=1e-9)
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-12)
