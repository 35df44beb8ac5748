"""Effects, their joint covariance and Kitagawa's decomposition against published tables, R and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, special

from causalkit.simpson._cells import covariance
from causalkit.simpson._decomposition import kitagawa
from causalkit.simpson._standard import comparable_crude, crude, given_standard, standard, standardised
from causalkit.simpson._strata import StratumEffects, cochran_q, gail_simon, stratum_effects
from tests.simpson.cases import cells_of, golden, rows_of, small

POPULATIONS = ("all", "treated", "control")

# Charig et al. (1986) and the Berkeley admissions of 1973: estimate, standard error.
PUBLISHED = {
    "kidney": {
        "crude": (-0.0457142857, 0.0300242856),
        "all": (0.0536712174, 0.0335883035),
        "treated": (0.0479642857, 0.0448531444),
        "control": (0.0593781491, 0.0295566944),
        "overlap": (0.0538355702, None),
        "inverse_variance": (0.0588354575, None),
        "within": (0.0536712174, 0.0335876109),
        "composition": (-0.0993855031, 0.0187599190),
        "gap": (-0.0993855031, 0.0187611590),
    },
    "berkeley": {
        "crude": (0.1416454282, 0.0143872352),
        "all": (-0.0426367978, 0.0183502536),
        "treated": (-0.0709691758, 0.0246684814),
        "control": (-0.0010877901, 0.0158768727),
        "overlap": (-0.0184251962, None),
        "inverse_variance": (-0.0210483828, None),
        "within": (-0.0360284829, 0.0172636000),
        "composition": (0.1776739112, 0.0128571980),
        "gap": (0.1842822260, 0.0143294423),
    },
}
STRATA = {
    "kidney": [0.0643678161, 0.0425380228],
    "berkeley": [-0.2034680135, -0.0496428571, 0.0285899598, -0.0183980815, 0.0383011604, -0.0113999984],
}
COCHRAN = {"kidney": (0.1035746577, 1), "berkeley": (25.3902877359, 5)}


def statistics(cells):
    effects = {p: standardised(cells, standard(cells, p)) for p in (*POPULATIONS, "overlap", "inverse_variance")}
    parts = kitagawa(cells)
    return {"crude": crude(cells), **effects, **parts, "gap": comparable_crude(cells) - effects["all"]}


@pytest.mark.parametrize("name", ["kidney", "berkeley"])
def test_published_tables_give_the_known_effects_and_errors(name):
    cells = cells_of(*rows_of(name))
    found = statistics(cells)
    errors = np.sqrt(np.diag(covariance(list(found.values()), cells)))
    for (label, got), error in zip(found.items(), errors, strict=True):
        if label in PUBLISHED[name]:
            estimate, std_error = PUBLISHED[name][label]
            assert got.value == pytest.approx(estimate, abs=6e-11), label
            assert std_error is None or error == pytest.approx(std_error, abs=6e-11), label
    effects = stratum_effects(cells)
    np.testing.assert_allclose(effects.estimate, STRATA[name], atol=6e-11)
    q, df = COCHRAN[name]
    assert (cochran_q(effects).statistic, cochran_q(effects).df) == (pytest.approx(q, abs=6e-11), df)


@pytest.mark.parametrize("name", ["kidney", "berkeley"])
def test_joint_covariance_equals_the_influence_functions_summed_over_rows_in_r(name):
    cells = cells_of(*rows_of(name))
    found = [crude(cells), *(standardised(cells, standard(cells, p)) for p in POPULATIONS)]
    np.testing.assert_allclose([s.value for s in found], golden()[name]["estimate"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(covariance(found, cells), golden()[name]["cov"], rtol=1e-11)


@pytest.mark.parametrize("case", ["plain", "weighted", "clustered", "both"])
def test_weights_and_clusters_give_the_covariance_of_r(case):
    data, ref = small(), golden()["small"][case]
    cells = cells_of(
        data["stratum"],
        data["treated"],
        data["outcome"],
        weights=data["weights"] if case in ("weighted", "both") else None,
        cluster=data["cluster"] if case in ("clustered", "both") else None,
    )
    found = [crude(cells), *(standardised(cells, standard(cells, p)) for p in POPULATIONS)]
    np.testing.assert_allclose([s.value for s in found], ref["estimate"], rtol=1e-12)
    np.testing.assert_allclose(covariance(found, cells), ref["cov"], rtol=1e-10)


@pytest.mark.parametrize("case", ["plain", "weighted", "clustered", "both", "kidney", "berkeley"])
def test_overlap_effect_is_least_squares_with_stratum_dummies_and_its_sandwich(case):
    if case in ("kidney", "berkeley"):
        cells, ref = cells_of(*rows_of(case)), golden()[case]["overlap"]
    else:
        data, ref = small(), golden()["small"][case]["overlap"]
        cells = cells_of(
            data["stratum"],
            data["treated"],
            data["outcome"],
            weights=data["weights"] if case in ("weighted", "both") else None,
            cluster=data["cluster"] if case in ("clustered", "both") else None,
        )
    got = standardised(cells, standard(cells, "overlap"))
    assert got.value == pytest.approx(ref["estimate"], rel=1e-11)
    assert covariance([got], cells)[0, 0] ** 0.5 == pytest.approx(ref["std_error"], rel=1e-11)


def test_stratum_effects_have_the_clustered_covariance_of_a_saturated_fit():
    data = small()
    cells = cells_of(
        data["stratum"], data["treated"], data["outcome"], weights=data["weights"], cluster=data["cluster"]
    )
    ref = golden()["small"]["both"]["strata"]
    got = stratum_effects(cells)
    np.testing.assert_allclose(got.estimate, ref["estimate"], rtol=1e-11)
    np.testing.assert_allclose(got.covariance.toarray(), ref["cov"], rtol=1e-9, atol=1e-12)
    # The Wald test of equal effects, in the textbook form.
    contrast = np.array([[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1]]) @ np.eye(4)
    gap = contrast @ ref["estimate"]
    wald = gap @ np.linalg.solve(contrast @ np.array(ref["cov"]) @ contrast.T, gap)
    assert cochran_q(got).statistic == pytest.approx(wald, rel=1e-9)
    assert np.isnan(gail_simon(got).p_value)


def test_hc2_is_the_variance_of_independent_means_with_n_minus_1():
    data = small()
    cells = cells_of(data["stratum"], data["treated"], data["outcome"])
    np.testing.assert_allclose(
        np.sqrt(stratum_effects(cells, "HC2").variance), golden()["small"]["plain"]["hc2"]["strata"], rtol=1e-12
    )


def test_gail_simon_equals_its_formula_by_hand():
    # Effects 2, 1 and -1.5 with unit variances: Q- = 2.25, and p = [2 P(chi2_1 > Q) + P(chi2_2 > Q)] / 4.
    effects = StratumEffects(np.array([2.0, 1.0, -1.5]), np.ones(3), sparse.csr_array(np.eye(3)))
    got = gail_simon(effects)
    assert got.statistic == 2.25
    assert got.p_value == pytest.approx(0.5 * special.chdtrc(1, 2.25) + 0.25 * special.chdtrc(2, 2.25), rel=1e-12)


@pytest.mark.parametrize("base", ["symmetric", "treated", "control"])
def test_the_four_parts_add_up_to_the_crude_difference_with_one_armed_strata(base):
    rng = np.random.default_rng(8)
    stratum = rng.integers(0, 6, 500)
    treated = np.where(stratum == 4, True, np.where(stratum == 5, False, rng.random(500) < 0.5))
    y = rng.normal(size=500) + stratum
    cells = cells_of(stratum, treated, y)
    parts = kitagawa(cells, base)
    total = crude(cells)
    assert sum(p.value for p in parts.values()) == pytest.approx(total.value, rel=1e-13)
    assert np.allclose(sum(p.d_mean for p in parts.values()), total.d_mean, atol=1e-15)
    assert np.allclose(sum(p.d_weight for p in parts.values()), total.d_weight, atol=1e-15)
    comparable = parts["within"].value + parts["composition"].value
    assert comparable == pytest.approx(comparable_crude(cells).value, rel=1e-12)
    inside = stratum < 4
    by_hand = y[inside & treated].mean() - y[inside & ~treated].mean()
    assert comparable_crude(cells).value == pytest.approx(by_hand, rel=1e-12)
    only = y[treated].mean() - y[treated & inside].mean()
    assert parts["treated_only"].value == pytest.approx(only, rel=1e-10)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_derivatives_equal_finite_differences(seed):
    """Duplicating a row a little more often, and moving its outcome, changes every statistic as its influence says."""
    rng = np.random.default_rng(seed)
    n = 60
    stratum = np.concatenate([np.repeat(np.arange(3), 2), rng.integers(0, 3, n - 6)])
    treated = np.concatenate([np.tile([True, False], 3), rng.random(n - 6) < 0.4])
    y = rng.normal(size=n) + 2 * stratum * treated
    w = rng.uniform(0.5, 2, n)
    row, step = int(rng.integers(n)), 1e-6
    base = cells_of(stratum, treated, y, weights=w)
    cell = (stratum[row], int(treated[row]))
    values = []
    for sign in (1, -1):
        moved = w.copy()
        moved[row] += sign * step
        found = statistics(cells_of(stratum, treated, y, weights=moved))
        values.append(np.array([found[k].value for k in found if k != "inverse_variance"]))
    numeric = (values[0] - values[1]) / (2 * step)
    found = statistics(base)
    deviation = y[row] - base.origin - base.mean[cell]
    analytic = [
        s.d_mean[cell] / base.weight[cell] * deviation + s.d_weight[cell]
        for k, s in found.items()
        if k != "inverse_variance"
    ]
    np.testing.assert_allclose(analytic, numeric, rtol=1e-5, atol=1e-8)


def test_inverse_variance_weights_give_the_usual_fixed_effect_error():
    cells = cells_of(*rows_of("berkeley"))
    effect = standardised(cells, standard(cells, "inverse_variance"))
    precision = 1 / stratum_effects(cells).variance
    assert effect.value == pytest.approx((precision @ stratum_effects(cells).estimate) / precision.sum(), rel=1e-12)
    assert covariance([effect], cells)[0, 0] == pytest.approx(1 / precision.sum(), rel=1e-12)


def test_given_standard_averages_the_strata_with_the_shares_handed_in():
    cells = cells_of(*rows_of("kidney"))
    got = standardised(cells, given_standard(cells, np.array([3.0, 1.0])))
    assert got.value == pytest.approx(0.75 * STRATA["kidney"][0] + 0.25 * STRATA["kidney"][1], abs=1e-10)
    variance = stratum_effects(cells).variance
    assert covariance([got], cells)[0, 0] == pytest.approx(0.75**2 * variance[0] + 0.25**2 * variance[1], rel=1e-12)


def test_a_constant_of_1e9_changes_nothing():
    data = small()
    y = np.round(data["outcome"] * 1024) / 1024
    a = cells_of(data["stratum"], data["treated"], y)
    b = cells_of(data["stratum"], data["treated"], y + 2.0**30)
    for one, two in zip(statistics(a).values(), statistics(b).values(), strict=True):
        assert two.value == pytest.approx(one.value, rel=1e-12, abs=1e-12)
    va, vb = (covariance(list(statistics(c).values()), c) for c in (a, b))
    np.testing.assert_allclose(vb, va, rtol=1e-11, atol=1e-13)


def test_duplicated_rows_and_constant_weights_leave_estimates_alone():
    data = small()
    once = cells_of(data["stratum"], data["treated"], data["outcome"])
    thrice = cells_of(*(np.tile(data[k], 3) for k in ("stratum", "treated", "outcome")))
    scaled = cells_of(data["stratum"], data["treated"], data["outcome"], weights=np.full(240, 7.5))
    for a, b, c in zip(*(statistics(x).values() for x in (once, thrice, scaled)), strict=True):
        assert b.value == pytest.approx(a.value, rel=1e-11, abs=1e-13)
        assert c.value == pytest.approx(a.value, rel=1e-11, abs=1e-13)
    errors = [np.diag(covariance(list(statistics(x).values()), x)) for x in (once, thrice, scaled)]
    np.testing.assert_allclose(errors[1] * 3, errors[0], rtol=1e-10)
    np.testing.assert_allclose(errors[2], errors[0], rtol=1e-10)
