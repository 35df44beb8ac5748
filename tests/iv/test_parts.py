"""GMM, the jackknife, the bootstrap, the sets that weak instruments cannot spoil, the compliers, sensitivity."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from causalkit import iv, simulate
from causalkit._numerics._absorb import absorb
from causalkit._numerics._stock_yogo import stock_yogo_values
from causalkit._numerics._tf import tf_critical
from causalkit._numerics._weak_tests import conditional_lr_p
from causalkit.errors import CausalkitWarning, DesignError, OptionError
from tests.iv.cases import GOLDEN, frame, roles

THREE = {"outcome": "y", "endogenous": "d", "instruments": ["z1", "z2", "z3"], "exogenous": "x"}
ONE = {"outcome": "y", "endogenous": "d", "instruments": "z", "exogenous": "x"}


def quietly(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return function(*args, **options)


def left_of(data, name, by):
    w = np.column_stack([np.ones(len(data)), data[by]])
    return data[name].to_numpy() - w @ np.linalg.lstsq(w, data[name].to_numpy(), rcond=None)[0]


# --- other estimators ---


@pytest.mark.parametrize("name", [name for name in GOLDEN if "gmm2_robust" in GOLDEN[name]])
def test_two_step_gmm_equals_the_reference(name):
    golden, data = GOLDEN[name]["gmm2_robust"], frame(name)
    got = quietly(iv.gmm, data, **roles(name))
    np.testing.assert_allclose(got.coefficients.estimates, golden["coef"], rtol=1e-8)
    np.testing.assert_allclose(got.coefficients.std_errors, golden["se"], rtol=1e-8)
    assert got.overidentification[0].statistic == pytest.approx(golden["J"], rel=1e-8)
    if "gmm2_cluster" in GOLDEN[name]:
        clustered, golden = quietly(iv.gmm, data, **roles(name), cluster="st"), GOLDEN[name]["gmm2_cluster"]
        np.testing.assert_allclose(clustered.coefficients.estimates, golden["coef"], rtol=1e-8)
        np.testing.assert_allclose(clustered.coefficients.std_errors, golden["se"], rtol=1e-8)


def test_the_continuously_updated_estimate_minimises_its_own_criterion():
    data = simulate.instrument(400, n_instruments=2, heteroskedasticity=0.4, rng=3).data
    named = {"outcome": "y", "endogenous": "d", "instruments": ["z1", "z2"]}
    got = iv.cue(data, **named)
    x = np.column_stack([np.ones(400), data.d])
    z = np.column_stack([np.ones(400), data.z1, data.z2])

    def criterion(b):
        s = z * (data.y.to_numpy() - x @ b)[:, None]
        return s.sum(axis=0) @ np.linalg.solve(s.T @ s, s.sum(axis=0))

    from scipy import optimize

    # The search of the reference stops early on a flat criterion, and its J takes the weights of the last step.
    best = optimize.minimize(
        criterion, [0.0, got.estimate], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
    )
    assert got.estimate == pytest.approx(best.x[1], abs=1e-4)
    assert got.overidentification[0].statistic == pytest.approx(best.fun, rel=1e-2)


def test_the_jackknife_predicts_each_row_without_itself():
    data = simulate.instrument(80, n_instruments=3, rng=2).data
    got = iv.jive(data, **THREE, cov_type="HC0")
    full = np.column_stack([np.ones(80), data.x, data.z1, data.z2, data.z3])
    d, y = data.d.to_numpy(), data.y.to_numpy()
    predicted = np.empty(80)
    for i in range(80):
        rest = np.arange(80) != i
        predicted[i] = full[i] @ np.linalg.lstsq(full[rest], d[rest], rcond=None)[0]
    z, x = np.column_stack([np.ones(80), data.x, predicted]), np.column_stack([np.ones(80), data.x, d])
    bread = np.linalg.inv(z.T @ x)
    beta = bread @ z.T @ y
    scores = z * (y - x @ beta)[:, None]
    assert got.estimate == pytest.approx(beta[2], rel=1e-10)
    assert got.std_error == pytest.approx((bread @ scores.T @ scores @ bread.T)[2, 2] ** 0.5, rel=1e-10)


def test_the_contrast_with_least_squares_equals_stacked_influence_functions():
    data = simulate.instrument(300, n_instruments=3, strength=1.0, rng=2).data
    got = iv.tsls(data, **THREE, cov_type="HC0")
    z = np.column_stack([left_of(data, name, ["x"]) for name in ("z1", "z2", "z3")])
    d, y = left_of(data, "d", ["x"]), left_of(data, "y", ["x"])
    fitted = z @ np.linalg.lstsq(z, d, rcond=None)[0]
    b_iv, b_ols = fitted @ y / (fitted @ d), d @ y / (d @ d)
    influence = fitted * (y - b_iv * d) / (fitted @ d) - d * (y - b_ols * d) / (d @ d)
    assert got.contrast.estimate == pytest.approx(b_iv - b_ols, rel=1e-10)
    assert got.contrast.std_error == pytest.approx((influence @ influence) ** 0.5, rel=1e-10)


# --- several endogenous regressors ---


def two_regressors():
    rng = np.random.default_rng(6)
    data = simulate.instrument(500, n_instruments=3, rng=6).data
    data["e"] = 0.4 * data.z1 - 0.3 * data.z3 + 0.3 * data.y * 0 + rng.normal(size=500) + 0.4 * (data.y - data.d)
    return data


def test_conditional_f_equals_the_regression_that_defines_it():
    data = two_regressors()
    stage = iv.first_stage(data, endogenous=["d", "e"], instruments=["z1", "z2", "z3"], cov_type="iid")
    z = np.column_stack([left_of(data, name, []) for name in ("z1", "z2", "z3")])
    for j, (this, other) in enumerate([("d", "e"), ("e", "d")]):
        a, b = left_of(data, this, []), left_of(data, other, [])
        fitted = z @ np.linalg.lstsq(z, b, rcond=None)[0]
        rest = a - b * (fitted @ a) / (fitted @ b)
        by_z = z @ np.linalg.lstsq(z, rest, rcond=None)[0]
        f = (by_z @ by_z) / 2 / (np.sum((rest - by_z) ** 2) / (500 - 4))
        assert stage.conditional_f[j] == pytest.approx(f, rel=1e-9)


def test_cragg_donald_and_kleibergen_paap_equal_the_canonical_correlations():
    data = two_regressors()
    stage = iv.first_stage(data, endogenous=["d", "e"], instruments=["z1", "z2", "z3"], cov_type="iid")
    z = np.column_stack([left_of(data, name, []) for name in ("z1", "z2", "z3")])
    d = np.column_stack([left_of(data, name, []) for name in ("d", "e")])
    q, r = (np.linalg.qr(part)[0] for part in (z, d))
    smallest = np.linalg.svd(q.T @ r, compute_uv=False)[-1] ** 2
    assert stage.cragg_donald == pytest.approx(smallest / (1 - smallest) * (500 - 4) / 3, rel=1e-9)
    assert stage.kleibergen_paap == pytest.approx(stage.cragg_donald, rel=1e-9)
    assert stage.kleibergen_paap_lm == pytest.approx(500 * smallest, rel=1e-9)


def test_the_robust_rank_statistic_does_not_depend_on_how_regressors_and_instruments_are_combined():
    data = two_regressors().assign(g=np.arange(500) % 40)
    mixed = data.assign(d=data.d + 2 * data.e, e=data.e - data.d, z1=data.z1 + data.z3, z3=data.z3 - 4 * data.z2)
    for options in ({}, {"cluster": "g"}):
        base, got = (
            iv.first_stage(each, endogenous=["d", "e"], instruments=["z1", "z2", "z3"], **options)
            for each in (data, mixed)
        )
        assert got.kleibergen_paap == pytest.approx(base.kleibergen_paap, rel=1e-8)
        assert got.kleibergen_paap_lm == pytest.approx(base.kleibergen_paap_lm, rel=1e-8)
        assert got.cragg_donald == pytest.approx(base.cragg_donald, rel=1e-8)


def test_the_factors_of_clustered_conventions():
    data = simulate.instrument(300, strength=1.0, rng=3).data.assign(g=np.arange(300) % 30)
    cr0, crg, cr1 = (iv.tsls(data, **ONE, cluster="g", cov_type=kind) for kind in ("CR0", "CRG", "CR1"))
    assert crg.std_error == pytest.approx(cr0.std_error * (30 / 29) ** 0.5, rel=1e-12)
    assert cr1.std_error == pytest.approx(cr0.std_error * (30 / 29 * 299 / 297) ** 0.5, rel=1e-12)
    assert [each.effect.df for each in (cr0, crg, cr1)] == [np.inf, 29, 29]


def test_the_effective_f_does_not_move_with_a_constant_on_the_instrument():
    data = frame("mroz_2iv")
    named = {role: names for role, names in roles("mroz_2iv").items() if role != "outcome"}
    base = iv.first_stage(data, **named).effective_f[0]
    moved = iv.first_stage(data.assign(motheduc=data.motheduc + 1000), **named).effective_f[0]
    assert moved == pytest.approx(base, rel=1e-11)
    assert base == pytest.approx(GOLDEN["mroz_2iv"]["first_stage"][0]["F_eff"]["HC1"], rel=1e-9)


def test_published_critical_values():
    assert stock_yogo_values(1, 1) == {"size 10%": 16.38, "size 15%": 8.96, "size 20%": 6.66, "size 25%": 5.53}
    assert stock_yogo_values(1, 30)["bias 5%"] == 21.42
    assert stock_yogo_values(2, 30)["size 25%"] == 18.35
    assert stock_yogo_values(3, 5) == {"bias 5%": 9.53, "bias 10%": 6.61, "bias 20%": 4.99, "bias 30%": 4.30}
    assert tf_critical(4.0) == 18.66
    assert tf_critical(25.0) == pytest.approx(2.46, abs=1e-12)
    assert tf_critical(10.0) == pytest.approx(3.43, abs=0.01)


# --- sets that weak instruments cannot spoil ---


def test_the_conditional_lr_p_value_equals_its_simulation():
    rng = np.random.default_rng(0)
    one, rest = rng.chisquare(1, 400_000), rng.chisquare(3, 400_000)
    for rank in (0.5, 8.0):
        gap = one + rest - rank
        drawn = 0.5 * (gap + np.sqrt(gap**2 + 4 * rank * one))
        for statistic in (1.0, 5.0):
            share = np.mean(drawn > statistic)
            # Four Monte Carlo standard errors.
            assert conditional_lr_p(statistic, rank, 4) == pytest.approx(share, abs=4 * (share / 400_000) ** 0.5)


def test_with_one_instrument_all_sets_are_the_anderson_rubin_set():
    data = simulate.instrument(150, strength=0.4, rng=5).data
    sets = [iv.weak_robust(data, **ONE, method=method, cov_type="HC0").conf_int() for method in ("AR", "CLR", "K")]
    for each in sets[1:]:
        np.testing.assert_allclose(list(each), list(sets[0]), rtol=1e-7)


def test_the_conditional_lr_statistic_equals_moreiras_under_equal_variances():
    data = simulate.instrument(200, n_instruments=3, strength=0.3, rng=5).data
    got = quietly(iv.weak_robust, data, **THREE, method="CLR", cov_type="iid").effect.uncertainty
    z = np.linalg.qr(np.column_stack([left_of(data, name, ["x"]) for name in ("z1", "z2", "z3")]))[0]
    yd = np.column_stack([left_of(data, "y", ["x"]), left_of(data, "d", ["x"])])
    rest = yd - z @ (z.T @ yd)
    omega = rest.T @ rest / (200 - 5)
    for null in (0.0, 0.7, 2.0):
        b, a = np.array([1.0, -null]), np.array([null, 1.0])
        s = z.T @ yd @ b / np.sqrt(b @ omega @ b)
        t = z.T @ yd @ np.linalg.solve(omega, a) / np.sqrt(a @ np.linalg.solve(omega, a))
        q = s @ s - t @ t
        statistic = 0.5 * (q + np.sqrt(q**2 + 4 * (s @ t) ** 2))
        assert got.p_value(null) == pytest.approx(conditional_lr_p(statistic, t @ t, 3), rel=1e-8)


def test_the_jackknife_statistic_equals_its_double_sum():
    data = simulate.instrument(60, n_instruments=3, rng=5).data
    got = iv.weak_robust(data, **THREE, method="jackknife").effect.uncertainty
    z = np.linalg.qr(np.column_stack([left_of(data, name, ["x"]) for name in ("z1", "z2", "z3")]))[0]
    p = z @ z.T
    np.fill_diagonal(p, 0.0)
    for null in (-1.0, 1.0, 3.0):
        e = left_of(data.assign(gap=data.y - null * data.d), "gap", ["x"])
        statistic = e @ p @ e / np.sqrt(2 * np.sum(p**2 * np.outer(e**2, e**2)))
        from causalkit._numerics._decision import upper_tail

        assert got.p_value(null) == pytest.approx(upper_tail(statistic), rel=1e-8)
    for part in got.conf_int(0.9).parts:
        assert all(np.isinf(end) or got.p_value(end) == pytest.approx(0.1, rel=1e-6) for end in part)


def test_an_empty_set_is_said_to_reject_the_instruments():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(500, 2))
    d = z.sum(axis=1) + rng.normal(size=500)
    import pandas as pd

    data = pd.DataFrame({"z1": z[:, 0], "z2": z[:, 1], "d": d, "y": d + 2 * z[:, 0] - 2 * z[:, 1]})
    data["y"] += rng.normal(size=500)
    got = iv.weak_robust(data, outcome="y", endogenous="d", instruments=["z1", "z2"])
    assert got.conf_int().parts == ()
    assert "jointly rejected" in got.headline()


def test_an_irrelevant_instrument_leaves_the_effect_unbounded():
    data = simulate.instrument(100, strength=0.0, rng=9).data
    got = quietly(iv.tsls, data, **ONE)
    assert not got.conf_int().is_bounded
    assert "do not bound the effect" in got.headline()


# --- the bootstrap ---


def test_the_wild_bootstrap_equals_running_every_regression():
    rng = np.random.default_rng(0)
    data = simulate.instrument(90, n_instruments=3, rng=8).data.assign(g=np.arange(90) % 15)
    data["y"] += rng.normal(size=15)[data.g]
    got = quietly(iv.wild_bootstrap, data, **THREE, cluster="g", null=0.5, draws=49, rng=3)
    z = np.column_stack([left_of(data, name, ["x"]) for name in ("z1", "z2", "z3")])
    w = np.column_stack([np.ones(90), data.x])
    hat = z @ np.linalg.solve(z.T @ z, z.T)
    sums = np.eye(15)[data.g].T

    def annihilate(values):
        return values - w @ np.linalg.lstsq(w, values, rcond=None)[0]

    def t_statistic(y, d):
        fitted = hat @ d
        beta = fitted @ y / (fitted @ d)
        scores = sums @ (fitted * annihilate(y - beta * d))
        return (beta - 0.5) * (fitted @ d) / np.sqrt(scores @ scores * 15 / 14 * 89 / 87)

    y, d = data.y.to_numpy(), data.d.to_numpy()
    u = annihilate(y - 0.5 * d)
    stage = np.column_stack([w, z, u])
    fitted = stage[:, :-1] @ np.linalg.lstsq(stage, d, rcond=None)[0][:-1]
    signs = np.random.default_rng(3).integers(0, 2, size=(49, 15)) * 2.0 - 1.0
    sample = t_statistic(y, d)
    drawn = []
    for sign in signs[:, data.g]:
        treatment = fitted + sign * (d - fitted)
        drawn.append(t_statistic(0.5 * treatment + sign * u, treatment))
    assert got.statistic == pytest.approx(sample, rel=1e-10)
    assert got.p_value == (1 + sum(abs(each) >= abs(sample) for each in drawn)) / 50


# --- a binary instrument ---


def test_the_wald_estimate_and_its_compliers_are_ratios_of_means():
    data = simulate.encouragement(4_000, rng=3).data
    got = iv.wald(data, outcome="y", endogenous="d", instruments="z", covariates="age")
    arms = data.groupby("z").mean()
    gap = arms.loc[1] - arms.loc[0]
    assert got.estimate == pytest.approx(gap.y / gap.d, rel=1e-10)
    who, described = got.complements
    np.testing.assert_allclose(who["share"], [gap.d, arms.d[0], 1 - arms.d[1]], rtol=1e-10)
    assert who["mean_treated"][0] - who["mean_control"][0] == pytest.approx(got.estimate, rel=1e-10)
    assert who["mean_treated"][1] == pytest.approx(data.y[(data.z == 0) & (data.d == 1)].mean())
    assert who["mean_control"][2] == pytest.approx(data.y[(data.z == 1) & (data.d == 0)].mean())
    sides = [float(described[side][0]) for side in ("mean_treated", "mean_control")]
    assert sides[0] - sides[1] == pytest.approx(gap.age / gap.d, rel=1e-9)
    assert all(29 < side < 31 for side in sides)


def test_an_instrument_that_pushes_away_describes_the_same_compliers():
    data = simulate.encouragement(2_000, rng=3).data
    a, b = (
        iv.wald(each, outcome="y", endogenous="d", instruments="z").complements[0]
        for each in (data, data.assign(z=1 - data.z))
    )
    np.testing.assert_allclose(a["share"], b["share"], rtol=1e-10)


def test_means_of_compliers_keep_their_digits_under_an_offset():
    data = simulate.encouragement(2_000, rng=1).data
    data = data.assign(y=(data.y * 8).round() / 8, age=(data.age * 8).round() / 8)
    found = []
    for offset in (0.0, 1e9):
        moved = data.assign(y=data.y + offset, age=data.age + offset)
        tables = iv.wald(moved, outcome="y", endogenous="d", instruments="z", covariates="age").complements
        means = [table[side][0] - offset for table in tables for side in ("mean_treated", "mean_control")]
        found.append([*means, tables[1]["p_value"][0]])
    # A mean near 1e9 is itself only told to 1e-7.
    np.testing.assert_allclose(found[1][:4], found[0][:4], atol=3e-7, rtol=0)
    assert found[1][4] == pytest.approx(found[0][4], rel=1e-11)


def test_a_wald_instrument_with_three_values_is_refused():
    with pytest.raises(DesignError, match="3 values where two are needed"):
        iv.wald(frame("mroz_2iv").assign(k=np.arange(428) % 3), outcome="lwage", endogenous="educ", instruments="k")


# --- what would overturn the answer ---


def test_the_overturning_direct_effect_is_where_the_shifted_set_reaches_the_threshold():
    data = simulate.instrument(800, rng=3).data
    got = iv.tsls(data, **ONE)
    found = iv.overturning(got, threshold=0.5)
    moved = iv.tsls(data.assign(y=data.y - found.to_doubt * data.z), **ONE)
    assert moved.effect.p_value_of(0.5) == pytest.approx(0.05, rel=1e-8)
    at = iv.tsls(data.assign(y=data.y - found.to_estimate * data.z), **ONE)
    assert at.estimate == pytest.approx(0.5, rel=1e-9)


def test_the_plausibly_exogenous_union_is_the_union_over_the_range():
    data = simulate.instrument(300, strength=0.7, rng=3).data
    got = iv.tsls(data, **ONE)
    union = iv.plausibly_exogenous(got, direct_effect=(-0.2, 0.3))
    sets = [iv.tsls(data.assign(y=data.y - g * data.z), **ONE).conf_int() for g in np.linspace(-0.2, 0.3, 21)]
    assert min(each.low for each in sets) == pytest.approx(union.low, rel=1e-9)
    assert max(each.high for each in sets) == pytest.approx(union.high, rel=1e-9)
    with pytest.raises(OptionError, match="smaller end first"):
        iv.plausibly_exogenous(got, direct_effect=(1.0, -1.0))


def test_local_to_zero_priors_shift_and_widen_by_what_direct_effects_add():
    data = simulate.instrument(300, n_instruments=3, strength=2.0, rng=3).data
    got = iv.tsls(data, **THREE)
    for j, name in enumerate(THREE["instruments"]):
        moved = iv.tsls(data.assign(y=data.y - 0.1 * data[name]), **THREE)
        means = [0.1 if k == j else 0.0 for k in range(3)]
        assert iv.local_to_zero(got, mean=means, sd=0.0).estimate == pytest.approx(moved.estimate, rel=1e-9)
    wide = iv.local_to_zero(got, sd=[0.1, 0.2, 0.3])
    added = np.dot(np.square(got.influence), np.square([0.1, 0.2, 0.3]))
    assert wide.std_error**2 == pytest.approx(got.std_error**2 + added, rel=1e-12)


def test_sets_widen_with_the_direct_effect_until_the_threshold_is_inside():
    data = simulate.instrument(800, n_instruments=3, strength=2.0, rng=3).data
    one = simulate.instrument(800, rng=3).data
    for result in (iv.tsls(data, **THREE), iv.tsls(one, **ONE)):
        table = iv.sensitivity(result)
        assert table["interval"][0] == result.conf_int().format()
        # Once inside, the threshold stays inside.
        assert list(table["rejected"]) == sorted(table["rejected"], reverse=True)
        assert table["rejected"][0]


def test_leaving_an_instrument_out_equals_estimating_without_it():
    data = simulate.instrument(300, n_instruments=3, strength=2.0, rng=3).data
    table = quietly(iv.instruments_apart, data, **THREE)
    without = iv.tsls(data, **{**THREE, "instruments": ["z1", "z3"]})
    alone = quietly(iv.tsls, data, **{**THREE, "instruments": "z2"})
    for label, other in {"without z2": without, "z2 alone": alone, "all": iv.tsls(data, **THREE)}.items():
        row = table["term"].index(label)
        assert table["estimate"][row] == pytest.approx(other.estimate, rel=1e-10)
        assert table["std_error"][row] == pytest.approx(other.std_error, rel=1e-10)


def test_absorbing_equals_least_squares_on_dummies():
    rng = np.random.default_rng(4)
    codes = [rng.integers(0, k, 200) for k in (9, 7, 4)]
    x, w = rng.normal(size=(200, 3)) + 1e6, rng.uniform(0.1, 2, 200)
    dummies = np.hstack([np.eye(c.max() + 1)[c] for c in codes])
    root = np.sqrt(w)[:, None]
    expected = (x - 1e6) - dummies @ np.linalg.lstsq(dummies * root, (x - 1e6) * root, rcond=None)[0]
    np.testing.assert_allclose(absorb(x, codes, weights=w), expected, atol=1e-9)
    np.testing.assert_allclose(absorb(x, codes, weights=w) @ np.eye(3), expected, atol=1e-9)


# --- recovery ---


def covers(sets, truth):
    return np.mean([truth in each for each in sets])


def test_sets_cover_the_truth_95_times_in_100_when_instruments_are_strong_or_weak():
    # Bounds: four binomial standard errors of 120 draws at 0.95.
    bound = 4 * (0.95 * 0.05 / 120) ** 0.5
    for strength in (1.0, 0.13):
        draws = [
            quietly(iv.tsls, simulate.instrument(400, strength=strength, heteroskedasticity=0.4, rng=seed).data, **ONE)
            for seed in range(120)
        ]
        assert abs(covers([each.conf_int() for each in draws], 1.0) - 0.95) <= bound


def test_thirty_instruments_leave_the_robust_sets_right_where_wald_is_not():
    named = {"outcome": "y", "endogenous": "d", "instruments": [f"z{j + 1}" for j in range(30)], "exogenous": "x"}
    wald, jackknife = [], []
    for seed in range(50):
        data = simulate.instrument(400, n_instruments=30, strength=0.5, rng=seed).data
        wald.append(quietly(iv.tsls, data, **named).wald.conf_int())
        jackknife.append(quietly(iv.weak_robust, data, **named, method="jackknife").conf_int())
    assert covers(wald, 1.0) < 0.85
    assert abs(covers(jackknife, 1.0) - 0.95) <= 4 * (0.95 * 0.05 / 50) ** 0.5


def test_the_wald_estimate_recovers_the_compliers_effect_not_the_average():
    sims = [simulate.encouragement(1_000, rng=seed) for seed in range(100)]
    found = [iv.wald(sim.data, outcome="y", endogenous="d", instruments="z") for sim in sims]
    estimates = np.array([each.estimate for each in found])
    error = estimates.std(ddof=1) / 100**0.5
    assert abs(estimates.mean() - 1.0) <= 4 * error
    assert abs(covers([each.conf_int() for each in found], 1.0) - 0.95) <= 4 * (0.95 * 0.05 / 100) ** 0.5


def test_a_simulated_least_squares_slope_is_its_population_value():
    sim = simulate.instrument(400_000, n_instruments=2, direct_effect=0.3, rng=5)
    got = iv.ols(sim.data, outcome="y", endogenous="d", exogenous="x")
    assert abs(got.estimate - sim.truth["OLS"]) <= 4 * got.std_error
    people = simulate.encouragement(200_000, rng=5)
    gap = people.data.groupby("z").y.mean()
    assert gap[1] - gap[0] == pytest.approx(people.truth["ITT"], abs=0.04)


# --- the whole recipe ---


def test_balance_is_the_robust_test_of_each_control_on_the_instruments():
    import statsmodels.api as sm

    data = simulate.instrument(400, n_instruments=3, strength=2.0, rng=3).data
    data["v"] = 0.5 * data.z1 + np.random.default_rng(1).normal(size=400)
    got = iv.estimate(data, **{**THREE, "exogenous": ["x", "v"]}).checks["balance"]
    z = sm.add_constant(data[["z1", "z2", "z3"]])
    for j, name in enumerate(("x", "v")):
        test = sm.OLS(data[name], z).fit(cov_type="HC1", use_t=True).f_test(np.eye(4)[1:])
        assert got.table["f"][j] == pytest.approx(float(test.fvalue), rel=1e-8)
        assert got.table["p_value"][j] == pytest.approx(float(test.pvalue), rel=1e-6)
    assert got.verdict == "questionable"
    assert got.reading.startswith("v moves with the instrument")


def test_the_slopes_of_the_pictures_are_first_stage_and_reduced_form():
    data = simulate.instrument(500, rng=3).data
    got = iv.estimate(data, **ONE)
    first = got.first_stage.coefficients["d"].estimates[0]
    np.testing.assert_allclose(got.bins.slopes, [first, got.reduced_form.estimates[0]], rtol=1e-9)
    assert got.bins.slopes[1] / got.bins.slopes[0] == pytest.approx(got.estimate, rel=1e-9)
    assert got.bins.rows.sum() == 500
    for values, column in ((got.bins.treatment, "d"), (got.bins.outcome, "y")):
        assert got.bins.rows @ values / 500 == pytest.approx(data[column].mean(), abs=1e-10)
    several = iv.estimate(simulate.instrument(500, n_instruments=3, strength=2.0, rng=3).data, **THREE)
    np.testing.assert_allclose(several.bins.slopes, [1.0, several.estimate], rtol=1e-9)


def test_the_tf_interval_is_wide_where_f_is_small_and_wald_where_it_is_large():
    weak = quietly(iv.tsls, simulate.instrument(400, strength=0.2, rng=2).data, **ONE)
    half = tf_critical(float(weak.first_stage.f[0])) * weak.std_error
    assert list(weak.tf_interval()) == pytest.approx([weak.estimate - half, weak.estimate + half])
    strong = iv.tsls(simulate.instrument(2_000, rng=2).data, **ONE, cov_type="HC0")
    assert list(strong.tf_interval()) == pytest.approx(list(strong.wald.conf_int()), rel=1e-12)
    with pytest.raises(DesignError, match="one instrument"):
        iv.tsls(simulate.instrument(400, n_instruments=3, strength=2.0, rng=2).data, **THREE).tf_interval()
