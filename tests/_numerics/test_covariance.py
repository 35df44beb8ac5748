"""Covariances: every cell of docs/covariances.md against the program it names, and invariances."""

from __future__ import annotations

import json
import math
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
import statsmodels.api as sm
from linearmodels.iv import IV2SLS
from statsmodels.stats.sandwich_covariance import cov_cluster

from causalkit._numerics import _cluster_leverage
from causalkit._numerics._cluster_leverage import cluster_leverage, satterthwaite_df
from causalkit._numerics._clusters import (
    cluster_factor,
    cluster_robust,
    cluster_sums,
    meat_cluster,
    meat_two_way,
    nearest_psd,
    pair_codes,
    two_way,
)
from causalkit._numerics._hac import hac, kernel_weights, meat_hac, newey_west_bandwidth
from causalkit._numerics._linear import least_squares
from causalkit._numerics._sandwich import classical, heteroskedastic, meat_hc

GOLDEN = Path(__file__).parents[1] / "golden"
R = json.loads((GOLDEN / "covariance.json").read_text())
DATA = pd.read_csv(GOLDEN / "covariance.csv")
X, Y = DATA[["x1", "x2"]].to_numpy(), DATA["y"].to_numpy()
G, H = DATA["g"].to_numpy(), DATA["h"].to_numpy()
WEIGHTS = {
    "unweighted": None,
    "weighted": DATA["w"].to_numpy(),
    "cluster_weighted": DATA.groupby("g")["w"].transform("mean").to_numpy(),
}
KINDS = ("HC0", "HC1", "HC2", "HC3")


def close(got, expected, rtol=1e-10):
    np.testing.assert_allclose(got, np.asarray(expected), rtol=rtol, atol=0)


@pytest.fixture(params=sorted(WEIGHTS))
def case(request):
    weights = WEIGHTS[request.param]
    return least_squares(X, Y, weights=weights), R[request.param], weights


def test_r_lm_and_sandwich_vcovhc(case):
    fit, r, _ = case
    close(fit.coefficients, r["coefficients"])
    close(classical(fit).matrix, r["classical"])
    for kind in KINDS:
        close(heteroskedastic(fit, kind=kind).matrix, r[kind])


@pytest.mark.parametrize(
    ("small_sample", "key"),
    [("none", "CL.HC0"), ("clusters", "CL.HC0.cadjust"), ("full", "CL.HC1.cadjust"), ("full", "club.CR1S")],
)
def test_r_sandwich_vcovcl_and_clubsandwich_cr1(case, small_sample, key):
    fit, r, _ = case
    close(cluster_robust(fit, G, small_sample=small_sample).matrix, r[key])


@pytest.mark.parametrize(("small_sample", "key"), [("none", "club.CR0"), ("clusters", "club.CR1")])
def test_r_clubsandwich_cr0_and_cr1(case, small_sample, key):
    fit, r, _ = case
    close(cluster_robust(fit, G, small_sample=small_sample).matrix, r[key])


@pytest.mark.parametrize(("kind", "key"), [("CR2", "CL.HC2.cadjust"), ("CR3", "CL.HC3.cadjust"), ("CV3", "CL.HC3")])
@pytest.mark.parametrize("name", ["unweighted", "cluster_weighted"])
def test_r_sandwich_vcovcl_with_leverage(name, kind, key):
    fit = least_squares(X, Y, weights=WEIGHTS[name])
    close(cluster_leverage(fit, G, kind=kind).matrix, R[name][key])


def test_r_clubsandwich_cr2_cr3_and_satterthwaite(case):
    fit, r, _ = case
    cr2 = cluster_leverage(fit, G, kind="CR2")
    close(cr2.matrix, r["club.CR2"])
    close(cr2.df, r["satterthwaite"])
    close(cluster_leverage(fit, G, kind="CR3").matrix, r["club.CR3"])


@pytest.mark.parametrize(
    ("small_sample", "key"),
    [("none", "CL2.HC0"), ("clusters", "CL2.HC0.cadjust"), ("full", "CL2.HC1.cadjust")],
)
def test_r_sandwich_two_way_where_it_is_positive_definite(case, small_sample, key):
    fit, r, _ = case
    got = two_way(fit, G, H, small_sample=small_sample, clusters_counted="each")
    assert got.clipped == bool(np.linalg.eigvalsh(np.array(r[key])).min() < 0)
    if not got.clipped:
        close(got.matrix, r[key])


@pytest.mark.parametrize("debiased", [True, False])
def test_r_sandwich_hac(case, debiased):
    fit, r, _ = case
    suffix = ".adjust" if debiased else ""
    close(hac(fit, bandwidth=4, debiased=debiased).matrix, r["NW3" + suffix])
    close(hac(fit, kernel="parzen", bandwidth=4.5, debiased=debiased).matrix, r["Parzen" + suffix])
    close(hac(fit, kernel="quadratic spectral", bandwidth=2.5, debiased=debiased).matrix, r["QS" + suffix])


def test_r_sandwich_automatic_bandwidth():
    fit = least_squares(X, Y)
    series = ((X - X.mean(axis=0)) / X.std(axis=0) * fit.residuals[:, None]).sum(axis=1)
    for kernel, expected in R["bandwidth"].items():
        assert newey_west_bandwidth(series, kernel=kernel.lower()) == pytest.approx(expected, rel=1e-10)
    lags = math.floor(R["bandwidth"]["Bartlett"])
    close(hac(fit).matrix, hac(fit, bandwidth=lags + 1).matrix, rtol=1e-14)
    wide = R["bandwidth"]["Parzen"]
    close(hac(fit, kernel="parzen").matrix, hac(fit, kernel="parzen", bandwidth=wide).matrix, rtol=1e-9)


@pytest.mark.parametrize("name", ["unweighted", "weighted"])
def test_statsmodels(name):
    weights = WEIGHTS[name]
    fit = least_squares(X, Y, weights=weights)
    design = sm.add_constant(X)
    model = sm.OLS(Y, design) if weights is None else sm.WLS(Y, design, weights=weights)

    def cov(cov_type, **options):
        return model.fit(cov_type=cov_type, cov_kwds=options).cov_params()

    close(classical(fit).matrix, cov("nonrobust"))
    for kind in KINDS:
        close(heteroskedastic(fit, kind=kind).matrix, cov(kind))
    close(cluster_robust(fit, G).matrix, cov("cluster", groups=G))
    close(cluster_robust(fit, G, small_sample="none").matrix, cov("cluster", groups=G, use_correction=False))
    pairs = np.column_stack([G, H])
    close(two_way(fit, G, H, clusters_counted="each").matrix, cov("cluster", groups=pairs))
    close(hac(fit, bandwidth=4, debiased=False).matrix, cov("HAC", maxlags=3))
    close(hac(fit, bandwidth=4).matrix, cov("HAC", maxlags=3, use_correction=True))


@pytest.mark.skipif(version("statsmodels") < "0.15", reason="cov_cluster has no crv_type before 0.15")
@pytest.mark.parametrize("name", ["unweighted", "weighted"])
def test_statsmodels_cluster_jackknife(name):
    weights = WEIGHTS[name]
    fit = least_squares(X, Y, weights=weights)
    design = sm.add_constant(X)
    model = sm.OLS(Y, design) if weights is None else sm.WLS(Y, design, weights=weights)
    close(cluster_leverage(fit, G, kind="CV3").matrix, cov_cluster(model.fit(), G, crv_type="cluster-crv3"))
    close(cluster_leverage(fit, G, kind="CV3J").matrix, cov_cluster(model.fit(), G, crv_type="cluster-jk"))


@pytest.mark.parametrize("debiased", [True, False])
@pytest.mark.parametrize("name", ["unweighted", "weighted"])
def test_linearmodels(name, debiased):
    weights = WEIGHTS[name]
    fit = least_squares(X, Y, weights=weights)
    model = IV2SLS(Y, sm.add_constant(X), None, None, weights=weights)
    factor = "full" if debiased else "none"

    def cov(cov_type, **options):
        return model.fit(cov_type=cov_type, debiased=debiased, **options).cov

    close(classical(fit, debiased=debiased).matrix, cov("unadjusted"))
    close(heteroskedastic(fit, kind="HC1" if debiased else "HC0").matrix, cov("robust"))
    close(cluster_robust(fit, G, small_sample=factor).matrix, cov("clustered", clusters=G))
    got = two_way(fit, G, H, small_sample=factor, clusters_counted="each")
    if not got.clipped:
        close(got.matrix, cov("clustered", clusters=np.column_stack([G, H])))
    # linearmodels counts lags; the bandwidth of Bartlett and Parzen is one more.
    for kernel, theirs, ours in (("bartlett", 3, 4), ("parzen", 3, 4), ("quadratic-spectral", 2.5, 2.5)):
        expected = cov("kernel", kernel=kernel, bandwidth=theirs)
        close(hac(fit, kernel=kernel.replace("-", " "), bandwidth=ours, debiased=debiased).matrix, expected)


def test_linearmodels_panel_ols_counts_parameters_but_not_clusters():
    from linearmodels.panel import PooledOLS

    frame = DATA.assign(const=1.0, unit=np.arange(len(DATA)), time=0).set_index(["unit", "time"])
    model = PooledOLS(frame["y"], frame[["const", "x1", "x2"]])
    fit = least_squares(X, Y)
    plain = model.fit(cov_type="clustered", clusters=frame[["g"]])
    close(cluster_robust(fit, G, small_sample="parameters").matrix, plain.cov)
    both = model.fit(cov_type="clustered", clusters=frame[["g"]], group_debias=True)
    close(cluster_robust(fit, G, small_sample="full").matrix, both.cov)


def pyfixest_cov(vcov, formula="y ~ x1 + x2", **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of that package's own dependencies
        return pf.feols(formula, DATA.assign(time=np.arange(len(DATA))), vcov=vcov, **options)._vcov


def test_pyfixest():
    fit = least_squares(X, Y)
    n, k, groups = 120, 3, 10
    close(classical(fit).matrix, pyfixest_cov("iid"))
    close(heteroskedastic(fit, kind="HC1").matrix, pyfixest_cov("HC1"))
    for kind in ("HC2", "HC3"):  # pyfixest multiplies these by n / (n - k) as well
        close(n / (n - k) * heteroskedastic(fit, kind=kind).matrix, pyfixest_cov(kind))
    close(cluster_robust(fit, G).matrix, pyfixest_cov({"CRV1": "g"}))
    close(two_way(fit, G, H).matrix, pyfixest_cov({"CRV1": "g+h"}))
    each = two_way(fit, G, H, clusters_counted="each").matrix
    close(each, pyfixest_cov({"CRV1": "g+h"}, ssc=pf.ssc(G_df="conventional")))
    none = cluster_robust(fit, G, small_sample="none").matrix
    close(none, pyfixest_cov({"CRV1": "g"}, ssc=pf.ssc(k_adj=False, G_adj=False)))
    clusters = cluster_robust(fit, G, small_sample="clusters").matrix
    close(clusters, pyfixest_cov({"CRV1": "g"}, ssc=pf.ssc(k_adj=False)))
    # ... and CR3 by the factor of CR1, which makes it larger than the jackknife by that and G / (G - 1)
    full = cluster_factor("full", n=n, n_parameters=k, n_clusters=groups)
    close(full * cluster_leverage(fit, G, kind="CR3").matrix, pyfixest_cov({"CRV3": "g"}))


def test_pyfixest_newey_west():
    fit = least_squares(X, Y)
    n, k = 120, 3
    expected = pyfixest_cov("NW", vcov_kwargs={"time_id": "time", "lag": 3})
    # Its factor takes the periods for clusters: T / (T - 1) times (n - 1) / (n - k).
    close(n / (n - k) * hac(fit, bandwidth=4, debiased=False).matrix, expected)


def test_pyfixest_absorbed_effects_are_counted_by_n_parameters():
    absorbed = pyfixest_cov({"CRV1": "g"}, "y ~ x1 + x2 | h")
    dummies = (H[:, None] == np.arange(7)).astype(float)
    fit = least_squares(np.column_stack([X, dummies[:, 1:]]), Y)
    within = least_squares(dummies, np.column_stack([X, Y]), intercept=False).residuals
    demeaned = least_squares(within[:, :2], within[:, 2], intercept=False)
    close(cluster_robust(demeaned, G, n_parameters=9).matrix, cluster_robust(fit, G).matrix[1:3, 1:3])
    close(cluster_robust(demeaned, G, n_parameters=9).matrix, absorbed, rtol=1e-8)  # their demeaning iterates
    close(heteroskedastic(demeaned, n_parameters=9).matrix, heteroskedastic(fit).matrix[1:3, 1:3])


def test_the_jackknife_is_that_of_leaving_out_each_cluster():
    fit = least_squares(X, Y, weights=WEIGHTS["weighted"])
    w = WEIGHTS["weighted"]
    left_out = np.array([least_squares(X[g != G], Y[g != G], weights=w[g != G]).coefficients for g in range(10)])
    around_estimate, around_mean = left_out - fit.coefficients, left_out - left_out.mean(axis=0)
    close(cluster_leverage(fit, G, kind="CV3").matrix, 0.9 * around_estimate.T @ around_estimate)
    close(cluster_leverage(fit, G, kind="CV3J").matrix, 0.9 * around_mean.T @ around_mean)


def test_cr2_is_unbiased_and_its_degrees_of_freedom_are_its_moments_by_brute_force():
    w = WEIGHTS["weighted"]
    fit = least_squares(X, Y, weights=w)
    design = np.column_stack([np.ones(120), X]) * np.sqrt(w)[:, None]
    inverse = np.linalg.inv(design.T @ design)
    maker = np.eye(120) - design @ inverse @ design.T
    contrast = np.array([0.3, 1.0, -2.0])
    form = np.zeros((120, 120))
    for g in range(10):
        inside = np.flatnonzero(g == G)
        values, vectors = np.linalg.eigh(maker[np.ix_(inside, inside)])
        root = (vectors * values**-0.5) @ vectors.T
        direction = maker[:, inside] @ root @ design[inside] @ inverse @ contrast
        form += np.outer(direction, direction)
    # With unit working variances, E V = trace and Var V = 2 trace of the square.
    assert np.trace(form) == pytest.approx(contrast @ inverse @ contrast, rel=1e-10)
    expected = np.trace(form) ** 2 / np.trace(form @ form)
    direction = fit.design.to_coefficients.T @ contrast
    close(satterthwaite_df(fit, G, direction[:, None]), [expected])


@pytest.mark.parametrize(("cluster_kind", "row_kind"), [("CR2", "HC2"), ("CR3", "HC3")])
def test_clusters_of_one_row_are_rows(cluster_kind, row_kind):
    fit = least_squares(X, Y, weights=WEIGHTS["weighted"])
    each = np.arange(120)
    close(cluster_robust(fit, each, small_sample="none").matrix, heteroskedastic(fit, kind="HC0").matrix)
    close(cluster_robust(fit, each).matrix, heteroskedastic(fit, kind="HC1").matrix)
    close(cluster_leverage(fit, each, kind=cluster_kind).matrix, heteroskedastic(fit, kind=row_kind).matrix)


def test_both_groupings_equal_is_one_way():
    fit = least_squares(X, Y)
    close(two_way(fit, G, G).matrix, cluster_robust(fit, G).matrix)


def test_many_clusters_are_taken_in_parts(monkeypatch):
    fit = least_squares(X, Y, weights=WEIGHTS["weighted"])
    whole = {kind: cluster_leverage(fit, G, kind=kind) for kind in ("CR2", "CV3J")}
    monkeypatch.setattr(_cluster_leverage, "GRAM_NUMBERS", 27)
    for kind, expected in whole.items():
        got = cluster_leverage(fit, G, kind=kind)
        close(got.matrix, expected.matrix)
        close(got.df, expected.df)


def test_scores_of_any_estimator_give_the_same_meat():
    fit = least_squares(X, Y)
    influence = fit.influence()
    close(meat_hc(influence), heteroskedastic(fit, kind="HC0").matrix)
    close(meat_cluster(influence, G), cluster_robust(fit, G, small_sample="none").matrix)
    close(meat_hac(influence, kernel="bartlett", bandwidth=4), hac(fit, bandwidth=4, debiased=False).matrix)
    close(meat_two_way(influence, G, H), two_way(fit, G, H, small_sample="none").matrix)
    summed = meat_hac(cluster_sums(influence, np.arange(120) // 4, 30), kernel="bartlett", bandwidth=1)
    # Driscoll and Kraay without lags is clustering by period.
    close(summed, meat_cluster(influence, np.arange(120) // 4))


def test_two_way_clipping_zeroes_the_negative_direction_whatever_the_units():
    w = WEIGHTS["weighted"]
    options = {"small_sample": "none", "clusters_counted": "each"}
    a = two_way(least_squares(X, Y, weights=w), G, H, **options)
    assert a.clipped
    assert np.linalg.eigvalsh(a.matrix).min() > -1e-15
    units = np.array([1.0, 1e6, 1e-6])
    b = two_way(least_squares(X * units[1:], Y, weights=w), G, H, **options)
    np.testing.assert_allclose(b.matrix * np.outer(units, units), a.matrix, rtol=1e-9, atol=1e-14)
    fixed, changed = nearest_psd(np.diag([2.0, -1.0]))
    close(fixed, [[2.0, 0.0], [0.0, 0.0]])
    assert changed


def every_covariance(fit):
    return {
        "classical": classical(fit),
        **{kind: heteroskedastic(fit, kind=kind) for kind in KINDS},
        "CR1": cluster_robust(fit, G),
        "two-way": two_way(fit, G, H),
        **{kind: cluster_leverage(fit, G, kind=kind) for kind in ("CR2", "CR3", "CV3", "CV3J")},
        "HAC": hac(fit),
    }


def test_an_offset_of_a_billion_leaves_twelve_digits_of_every_slope_variance():
    x = np.round(X * 2**18) / 2**18
    plain, moved = every_covariance(least_squares(x, Y)), every_covariance(least_squares(x + 1e9, Y))
    for name, cov in plain.items():
        np.testing.assert_allclose(moved[name].matrix[1:, 1:], cov.matrix[1:, 1:], rtol=1e-12, err_msg=name)
    close(moved["CR2"].df[1:], plain["CR2"].df[1:], rtol=1e-11)


def test_weights_count_up_to_scale():
    w = WEIGHTS["weighted"]
    plain, scaled = (
        every_covariance(least_squares(X, Y, weights=w)),
        every_covariance(least_squares(X, Y, weights=7 * w)),
    )
    for name, cov in plain.items():
        close(scaled[name].matrix, cov.matrix, rtol=1e-11)


def test_rows_of_weight_zero_and_their_clusters_do_not_count():
    w = np.where((G == 3) | (np.arange(120) % 5 == 0), 0.0, WEIGHTS["weighted"])
    used = w > 0
    codes = np.unique(G[used], return_inverse=True)[1]
    whole, part = least_squares(X, Y, weights=w), least_squares(X[used], Y[used], weights=w[used])
    close(cluster_robust(whole, G).matrix, cluster_robust(part, codes).matrix)
    close(cluster_leverage(whole, G).matrix, cluster_leverage(part, codes).matrix)
    close(cluster_leverage(whole, G, kind="CV3J").matrix, cluster_leverage(part, codes, kind="CV3J").matrix)
    close(two_way(whole, G, H).matrix, two_way(part, codes, H[used]).matrix)
    for kind in KINDS:
        close(heteroskedastic(whole, kind=kind).matrix, heteroskedastic(part, kind=kind).matrix)


def test_dropped_columns_have_no_variance_and_leave_the_others_alone():
    wide = np.column_stack([X, X[:, 0] - X[:, 1]])
    plain, dropped = every_covariance(least_squares(X, Y)), every_covariance(least_squares(wide, Y))
    for name, cov in plain.items():
        close(dropped[name].matrix[:3, :3], cov.matrix)
        assert not dropped[name].matrix[3].any(), name
    assert math.isnan(dropped["CR2"].df[3])


def test_rows_and_clusters_with_full_leverage_are_counted_and_contribute_nothing():
    lone = np.zeros(120)
    lone[7] = 1.0
    fit = least_squares(np.column_stack([X, lone]), Y)
    for kind in ("HC2", "HC3"):
        assert heteroskedastic(fit, kind=kind).saturated == 1
    own = (G == 2).astype(float)
    clustered = cluster_leverage(least_squares(np.column_stack([X, own]), Y), G, kind="CR3")
    assert clustered.saturated == 1
    assert np.all(np.isfinite(clustered.matrix))


def test_no_degrees_of_freedom_give_nan_not_a_number():
    fit = least_squares(X[:3], Y[:3])
    assert np.isnan(classical(fit).matrix).all()
    assert np.isnan(heteroskedastic(fit).matrix).all()
    assert math.isnan(cluster_factor("full", n=10, n_parameters=2, n_clusters=1))


def test_long_and_short_sums_of_autocovariances_agree():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(700, 3)).cumsum(axis=0) * 0.1 + rng.normal(size=(700, 3))
    weights = kernel_weights("bartlett", np.arange(700) / 150)
    direct = np.einsum("ti,ts,sj->ij", scores, weights[np.abs(np.subtract.outer(range(700), range(700)))], scores)
    close(meat_hac(scores, kernel="bartlett", bandwidth=150), direct, rtol=1e-10)


def test_the_quadratic_spectral_kernel_is_smooth_near_zero():
    x = np.array([0.0, 1e-9, 2.6e-3, 2.7e-3])
    got = kernel_weights("quadratic spectral", x)
    close(got, 1 - (1.2 * np.pi * x) ** 2 / 10 + (1.2 * np.pi * x) ** 4 / 280, rtol=1e-11)


def test_pairs_are_numbered_without_gaps():
    codes = pair_codes(np.array([0, 0, 2, 2]), np.array([5, 5, 0, 5]))
    np.testing.assert_array_equal(codes, [0, 0, 1, 2])
