import json

import numpy as np
import pytest
from scipy import optimize

from causalkit._numerics._balancing_weights import balancing_score, entropy_balance
from causalkit._numerics._binary_response import fit_binary_response
from causalkit._numerics._weighting import influence_std_error, weighted_mean_difference
from tests.lalonde import GOLDEN, lalonde_arrays

PACKAGES = json.loads((GOLDEN / "weighting_packages.json").read_text())


def cbps(x, treated, target, base=None, *, overidentified=False):
    base = np.ones(treated.size) if base is None else base
    return balancing_score(x, treated, target=target, base=base, overidentified=overidentified)


def entropy(x, treated, target, base=None):
    return entropy_balance(x, treated, target=target, base=np.ones(treated.size) if base is None else base)


def effect(fit, y, treated):
    contrast = weighted_mean_difference(y, treated, fit.weights)
    return contrast.estimate, influence_std_error(contrast.influence + fit.model.correction(contrast.gradient))


def imbalance(fit, x, treated):
    means = [np.average(x[arm], axis=0, weights=fit.weights[arm]) for arm in (treated, ~treated)]
    return np.abs(means[0] - means[1]) / x.std(axis=0)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATC", "ATO"])
def test_balancing_score_balances_to_rounding(target):
    x, treated, _ = lalonde_arrays()
    got = cbps(x, treated, target)
    assert got.converged
    assert imbalance(got, x, treated).max() < 1e-12


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATC"])
def test_entropy_weights_have_the_means_of_the_target(target):
    x, treated, _ = lalonde_arrays()
    got = entropy(x, treated, target)
    goal = {"ATE": np.full(treated.size, True), "ATT": treated, "ATC": ~treated}[target]
    for arm in (treated, ~treated):
        assert got.weights[arm].sum() == pytest.approx(goal.sum(), rel=1e-12)
        np.testing.assert_allclose(got.weights[arm] @ x[arm] / goal.sum(), x[goal].mean(axis=0), rtol=1e-11)


def test_entropy_weights_are_the_closest_to_equal_among_those_that_balance():
    rng = np.random.default_rng(3)
    x, treated = rng.normal(size=(40, 2)), np.arange(40) < 10
    x[treated] += 0.4
    got = entropy(x, treated, "ATT").weights[~treated] / 10
    controls, goal = x[~treated], x[treated].mean(axis=0)
    constraints = [
        {"type": "eq", "fun": lambda w: w.sum() - 1},
        {"type": "eq", "fun": lambda w: w @ controls - goal},
    ]
    found = optimize.minimize(
        lambda w: float(w @ np.log(w)),
        np.full(30, 1 / 30),
        bounds=[(1e-9, 1)] * 30,
        constraints=constraints,
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    # A general-purpose optimiser reaches the flat optimum to about the root of its tolerance.
    np.testing.assert_allclose(got, found.x, atol=1e-6)


def test_entropy_balance_agrees_with_weightit():
    x, treated, y = lalonde_arrays()
    got, want = entropy(x, treated, "ATT"), PACKAGES["weightit_ebal_ATT"]
    # WeightIt leaves 1.5e-5 standard deviations of imbalance (6e-5 for its CBPS); ours leaves none.
    assert effect(got, y, treated)[0] == pytest.approx(want["est"], rel=2e-5)
    controls = got.weights[~treated]
    assert controls.sum() ** 2 / (controls**2).sum() == pytest.approx(want["ess_control"], rel=1e-4)


def test_standard_error_holding_the_targets_fixed_is_that_of_weightit():
    x, treated, y = lalonde_arrays()
    got = entropy(x, treated, "ATT")
    contrast = weighted_mean_difference(y, treated, got.weights)
    # WeightIt's estimating equations run over the controls alone: the treated means count as known numbers.
    fixed = np.where(treated, 0.0, contrast.influence + got.model.correction(contrast.gradient))
    fixed += np.where(treated, contrast.influence, 0.0)
    assert influence_std_error(fixed) == pytest.approx(PACKAGES["weightit_ebal_ATT"]["se"], rel=2e-5)


def test_for_the_treated_the_balancing_score_gives_the_entropy_weights():
    x, treated, y = lalonde_arrays()
    a, b = cbps(x, treated, "ATT"), entropy(x, treated, "ATT")
    np.testing.assert_allclose(a.weights, b.weights, rtol=1e-10)
    assert effect(a, y, treated)[1] == pytest.approx(effect(b, y, treated)[1], rel=1e-10)
    want = PACKAGES["weightit_cbps_ATT"]
    assert effect(a, y, treated)[0] == pytest.approx(want["est"], rel=5e-5)
    assert effect(a, y, treated)[1] == pytest.approx(want["se"], rel=5e-5)


def test_for_the_overlap_the_balancing_score_is_the_logit():
    x, treated, _ = lalonde_arrays()
    logit = fit_binary_response(x, treated, link="logit", weights=np.ones(treated.size))
    np.testing.assert_allclose(cbps(x, treated, "ATO").linear, logit.linear, rtol=1e-10)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATC"])
def test_overidentified_score_minimises_the_gmm_objective(target):
    x, treated, _ = lalonde_arrays()
    base = np.ones(treated.size)
    got = cbps(x, treated, target, overidentified=True)
    assert got.converged
    first = cbps(x, treated, target)
    z = got.model.basis.regressors(x)

    def moments(linear):
        p = 1 / (1 + np.exp(-linear))
        balance = {"ATE": treated / p - ~treated / (1 - p), "ATT": (treated - p) / (1 - p), "ATC": (treated - p) / p}
        return np.concatenate([z @ (treated - p), z @ balance[target]]), p

    _, p = moments(first.linear)
    # Imai and Ratkovic's covariance of the moments given covariates, summed over rows.
    cross, own = {
        "ATE": (base, 1 / (p * (1 - p))),
        "ATT": (p, p / (1 - p)),
        "ATC": (1 - p, (1 - p) / p),
    }[target]
    middle = (z * cross) @ z.T
    weigh = np.linalg.inv(np.block([[(z * (p * (1 - p))) @ z.T, middle], [middle, (z * own) @ z.T]]))

    def objective(linear):
        g = moments(linear)[0]
        return g @ weigh @ g

    best = objective(got.linear)
    assert best == pytest.approx(got.overidentification, rel=1e-8)
    rng = np.random.default_rng(0)
    for _ in range(20):
        nudge = rng.normal(size=z.shape[0]) * 1e-3
        assert objective(got.linear + nudge @ z) > best


def test_sampling_weights_count_rows():
    x, treated, y = lalonde_arrays()
    base = 1.0 + np.arange(y.size) % 3
    repeated = np.repeat(np.arange(y.size), base.astype(int))
    for fit in (cbps, entropy):
        for target in ("ATE", "ATT", "ATC"):
            weighted = fit(x, treated, target, base)
            long = fit(x[repeated], treated[repeated], target)
            np.testing.assert_allclose((weighted.weights / base)[repeated], long.weights, rtol=1e-9)
            a = weighted_mean_difference(y, treated, weighted.weights).estimate
            assert a == pytest.approx(effect(long, y[repeated], treated[repeated])[0], rel=1e-10)


def test_affine_changes_of_the_columns_change_no_weight():
    x, treated, _ = lalonde_arrays()
    mixed = x @ np.triu(np.random.default_rng(9).normal(size=(8, 8)) + 3 * np.eye(8)) + 1e6
    for overidentified in (False, True):
        a, b = (cbps(v, treated, "ATE", overidentified=overidentified).weights for v in (x, mixed))
        np.testing.assert_allclose(a, b, rtol=1e-7)
    np.testing.assert_allclose(entropy(x, treated, "ATE").weights, entropy(mixed, treated, "ATE").weights, rtol=1e-7)


def test_a_target_out_of_reach_is_reported_with_its_column():
    x, treated, _ = lalonde_arrays()
    x[:, 1] = np.where(treated, x[:, 1] + 100, x[:, 1])
    for fit in (cbps, entropy):
        got = fit(x, treated, "ATT")
        assert not got.converged
        assert np.flatnonzero(got.blocking).tolist() == [1]


def test_standard_errors_are_calibrated_in_simulation():
    rng = np.random.default_rng(11)
    runs = {"entropy": [], "cbps": [], "over": []}
    for _ in range(250):
        x = rng.normal(size=(500, 2))
        treated = rng.random(500) < 1 / (1 + np.exp(0.5 - 0.6 * x[:, 0]))
        y = 1 + x @ [1.0, -0.5] + treated * (2 + x[:, 0]) + rng.normal(size=500)
        runs["entropy"].append(effect(entropy(x, treated, "ATE"), y, treated))
        runs["cbps"].append(effect(cbps(x, treated, "ATE"), y, treated))
        runs["over"].append(effect(cbps(x, treated, "ATE", overidentified=True), y, treated))
    for name, table in ((name, np.array(run)) for name, run in runs.items()):
        spread = table[:, 0].std()
        # Two-step GMM is biased at this size (0.09; 0.015 at n = 5,000), as GMM with many moments is.
        assert table[:, 0].mean() == pytest.approx(2, abs=0.12 if name == "over" else 4 * spread / 250**0.5)
        # The spread of 250 draws is known to 4.5 %; three of its standard errors.
        assert table[:, 1].mean() / spread == pytest.approx(1, abs=0.135)
