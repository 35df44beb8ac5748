"""Several estimates with their covariance: against statsmodels and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats

from causalkit.errors import OptionError
from causalkit.results import Effects


def effects(estimates, cov, df=math.inf):
    labels = tuple("abcdefgh"[: len(estimates)])
    return Effects(dimension="stratum", labels=labels, estimates=np.array(estimates, dtype=float), cov=cov, df=df)


def regression():
    rng = np.random.default_rng(3)
    x = sm.add_constant(rng.normal(size=(80, 3)) * [1.0, 1e4, 1e-3])
    return sm.OLS(x @ [1.0, 0.2, 2e-5, 30.0] + rng.normal(size=80), x).fit()


def test_the_joint_test_is_statsmodels_f_test():
    fit = regression()
    found = effects(fit.params, fit.cov_params(), df=fit.df_resid).joint_test()
    expected = fit.f_test(np.eye(4))
    assert found.statistic == pytest.approx(float(expected.fvalue), rel=1e-9)
    assert found.p_value == pytest.approx(float(expected.pvalue), rel=1e-8)
    assert (found.df, found.df_denom) == (4, 76)


def test_the_joint_test_is_statsmodels_chi_squared_test():
    fit = regression()
    found = effects(fit.params, fit.cov_params()).joint_test()
    expected = fit.wald_test(np.eye(4), use_f=False, scalar=True)
    assert found.statistic == pytest.approx(float(expected.statistic), rel=1e-9)
    assert found.p_value == pytest.approx(stats.chi2(4).sf(float(expected.statistic)), rel=1e-8)


def test_a_redundant_estimate_is_not_a_further_restriction():
    spread = np.array([[1.0, 0.0], [0.0, 2.0]])
    make = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    full = effects([1.0, 2.0], spread).joint_test()
    redundant = effects(make @ [1.0, 2.0], make @ spread @ make.T).joint_test()
    assert redundant.df == 2
    assert redundant.statistic == pytest.approx(full.statistic, rel=1e-10)


def test_nothing_to_test_is_no_test():
    found = effects([1.0], np.zeros((1, 1))).joint_test()
    assert found.df == 0
    assert math.isnan(found.p_value)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_uniform_bands_of_independent_estimates_have_the_sidak_width(k):
    one = effects(np.zeros(k), np.diag(np.arange(1.0, k + 1) ** 2))
    low, high = one.bands(0.95, kind="uniform")
    width = special.ndtri((1 + 0.95 ** (1 / k)) / 2)
    # The critical value is an integral or a simulation with an error of a few per mille.
    assert (high - low) / 2 == pytest.approx(width * np.arange(1.0, k + 1), rel=4e-3)


def test_uniform_bands_of_one_direction_are_pointwise():
    direction = np.array([1.0, 2.0, -3.0])
    one = effects([0.0, 0.0, 0.0], np.outer(direction, direction))
    assert one.bands(0.9, kind="uniform")[1] == pytest.approx(one.bands(0.9)[1], rel=4e-3)


def test_uniform_bands_keep_an_estimate_without_error_a_point():
    one = effects([0.0, 5.0], np.diag([1.0, 0.0]))
    low, high = one.bands(0.9, kind="uniform")
    assert low[1] == high[1] == 5.0


def test_pointwise_bands_are_the_intervals_of_the_single_effects():
    one = effects([1.0, -2.0], np.array([[0.04, 0.01], [0.01, 0.09]]), df=12)
    low, high = one.bands(0.9)
    for at, label in enumerate(one):
        assert tuple(one[label].conf_int(0.9)) == pytest.approx((low[at], high[at]), rel=1e-14)
        assert one[label].p_value == pytest.approx(one.p_values[at], rel=1e-14)


def test_a_combination_has_the_variance_of_the_sum():
    cov = np.array([[0.04, 0.01], [0.01, 0.09]])
    gap = effects([1.0, -2.0], cov).combine({"a": 1.0, "b": -1.0})
    assert gap.estimate == 3.0
    assert gap.std_error == pytest.approx(math.sqrt(0.04 + 0.09 - 0.02), rel=1e-14)


def test_selected_effects_keep_their_covariance():
    cov = np.array([[4.0, 1.0, 0.5], [1.0, 9.0, 0.2], [0.5, 0.2, 1.0]])
    picked = effects([1.0, 2.0, 3.0], cov).select(("c", "a"))
    assert picked.labels == ("c", "a")
    assert picked.estimates.tolist() == [3.0, 1.0]
    assert picked.cov.tolist() == [[1.0, 0.5], [0.5, 4.0]]


def test_an_unknown_label_is_named_with_the_nearest():
    both = Effects(dimension="event_time", labels=("-1", "control"), estimates=np.ones(2), cov=np.eye(2))
    with pytest.raises(OptionError, match=r"'contrl' is no event time of this result\. Did you mean 'control'\?"):
        both["contrl"]


@pytest.mark.parametrize(
    ("labels", "estimates", "cov"),
    [(("a",), [1.0, 2.0], np.eye(2)), (("a", "b"), [1.0, 2.0], np.eye(3)), (("a", "a"), [1.0, 2.0], np.eye(2))],
)
def test_what_does_not_fit_together_is_refused(labels, estimates, cov):
    with pytest.raises(OptionError):
        Effects(dimension="x", labels=labels, estimates=np.array(estimates), cov=cov)
