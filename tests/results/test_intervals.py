"""Confidence sets of every kind: numbers from other sources, and p-values that agree with them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from causalkit.errors import OptionError
from causalkit.results import Draws, Effect, Fieller, Interval, IntervalUnion, LogScale
from causalkit.results._interval import quadratic_set, significant

ALPHAS = (0.01, 0.05, 0.1, 0.32)
numbers = st.floats(-1e6, 1e6)
errors = st.floats(1e-6, 1e6)


def agree(effect: Effect, null: float, alpha: float) -> None:
    """The test rejects exactly what the set leaves out; a tie to rounding is neither."""
    p_value = effect.p_value_of(null)
    assume(abs(p_value - alpha) > 1e-7)
    assert (p_value < alpha) == (null not in effect.conf_int(1 - alpha)), (p_value, str(effect.conf_int(1 - alpha)))


# --- p < alpha exactly when the set leaves the value out ---


@given(numbers, errors, st.sampled_from([1.0, 3.0, 30.0, math.inf]), numbers, st.sampled_from(ALPHAS))
def test_symmetric_intervals_agree_with_their_p_values(estimate, std_error, df, null, alpha):
    agree(Effect(estimand="ATE", estimate=estimate, std_error=std_error, df=df), null, alpha)


@given(numbers, numbers, errors, numbers, st.sampled_from(ALPHAS))
def test_recentred_intervals_agree_with_their_p_values(estimate, center, std_error, null, alpha):
    agree(Effect(estimand="ATE", estimate=estimate, std_error=std_error, center=center), null, alpha)


@given(st.floats(1e-6, 1e6), st.floats(1e-3, 20), st.floats(0, 1e6), st.sampled_from(ALPHAS))
def test_ratios_agree_with_their_p_values(ratio, std_error, null, alpha):
    uncertainty = LogScale(estimate=ratio, std_error=std_error)
    agree(Effect(estimand="risk ratio", estimate=ratio, std_error=math.nan, uncertainty=uncertainty), null, alpha)


@given(
    st.floats(-50, 50), st.floats(-50, 50), st.floats(0.01, 9), st.floats(0.01, 9), st.floats(-0.99, 0.99),
    st.floats(-100, 100), st.sampled_from(ALPHAS),
)  # fmt: skip
def test_fieller_sets_agree_with_their_p_values(top, bottom, sd_top, sd_bottom, correlation, null, alpha):
    uncertainty = Fieller(
        numerator=top,
        denominator=bottom,
        var_numerator=sd_top**2,
        var_denominator=sd_bottom**2,
        cov=correlation * sd_top * sd_bottom,
    )
    agree(Effect(estimand="lift", estimate=0.0, std_error=1.0, uncertainty=uncertainty), null, alpha)


@given(
    st.lists(st.integers(-5, 5), min_size=150, max_size=200), st.sampled_from(["percentile", "basic"]),
    st.integers(-6, 6), st.sampled_from(ALPHAS),
)  # fmt: skip
def test_intervals_from_tied_draws_agree_with_their_p_values(draws, kind, null, alpha):
    uncertainty = Draws(estimate=1.0, draws=np.array(draws, dtype=float), kind=kind)
    p_value, answer = uncertainty.p_value(null), uncertainty.conf_int(1 - alpha)
    assume(abs(p_value - alpha) > 1e-7)
    assert (p_value < alpha) == (null not in answer)


@given(st.lists(st.floats(-10, 10), min_size=150, max_size=200), st.floats(-12, 12), st.sampled_from(ALPHAS))
def test_intervals_from_draws_agree_with_their_p_values(draws, null, alpha):
    uncertainty = Draws(estimate=0.5, draws=np.array(draws))
    p_value, answer = uncertainty.p_value(null), uncertainty.conf_int(1 - alpha)
    assume(abs(p_value - alpha) > 1e-7)
    assume(min(abs(null - answer.low), abs(null - answer.high)) > 1e-9)
    assert (p_value < alpha) == (null not in answer)


# --- numbers from elsewhere ---


def test_a_t_interval_is_that_of_scipy():
    effect = Effect(estimand="ATE", estimate=1.3, std_error=0.7, df=7.5)
    low, high = effect.conf_int(0.9)
    expected = stats.t(7.5, 1.3, 0.7).interval(0.9)
    assert (low, high) == pytest.approx(expected, rel=1e-12)
    assert effect.p_value == pytest.approx(2 * stats.t(7.5).sf(1.3 / 0.7), rel=1e-12)


def test_a_p_value_far_in_the_tail_keeps_its_digits():
    effect = Effect(estimand="ATE", estimate=30.0, std_error=1.0)
    assert effect.p_value == pytest.approx(9.813427e-198, rel=1e-6)  # 2 Φ(-30), Abramowitz and Stegun 26.2.12


def test_fieller_has_the_published_interval_of_a_lift():
    # A lift of 2 on 10 with variances 0.25 and 0.09 and covariance -0.09.
    lift = Fieller(numerator=2.0, denominator=10.0, var_numerator=0.25, var_denominator=0.09, cov=-0.09)
    low, high = lift.conf_int(0.95)
    assert (low, high) == pytest.approx((0.09842390327, 0.30990243453), rel=1e-9)


def test_fieller_is_unbounded_when_the_denominator_may_be_zero():
    wide = Fieller(numerator=5.0, denominator=0.5, var_numerator=1.0, var_denominator=1.0, cov=0.0)
    answer = wide.conf_int(0.95)
    assert isinstance(answer, IntervalUnion)
    assert not answer.is_bounded
    assert 10.0 in answer
    assert 0.0 not in answer
    whole = Fieller(numerator=0.1, denominator=0.1, var_numerator=1.0, var_denominator=1.0, cov=0.0)
    assert str(whole.conf_int(0.95)) == "(-inf, inf)"
    assert whole.p_value(1e6) > 0.05


def test_a_risk_ratio_has_the_interval_of_statsmodels():
    from statsmodels.stats.contingency_tables import Table2x2

    table = Table2x2(np.array([[20.0, 80.0], [10.0, 90.0]]))
    ratio = LogScale(estimate=table.riskratio, std_error=table.log_riskratio_se)
    assert tuple(ratio.conf_int(0.95)) == pytest.approx(table.riskratio_confint(0.05), rel=1e-10)
    assert ratio.p_value(1.0) == pytest.approx(table.riskratio_pvalue(), rel=1e-10)


@pytest.mark.parametrize("ratio", [LogScale(estimate=0.0, std_error=math.inf), LogScale(estimate=1.5, std_error=1e4)])
def test_a_ratio_of_no_cases_excludes_nothing(ratio):
    assert str(ratio.conf_int(0.95)) == "[0, inf)"
    assert ratio.p_value(1.0) > 0.99


def test_a_ratio_without_error_is_a_point():
    point = LogScale(estimate=2.0, std_error=0.0)
    assert tuple(point.conf_int(0.95)) == (2.0, 2.0)
    assert point.p_value(1.0) == 0.0
    assert math.isnan(point.p_value(2.0))


@pytest.mark.parametrize("kind", ["percentile", "basic"])
def test_draws_have_the_intervals_of_scipy(kind):
    data = np.random.default_rng(4).exponential(size=60)
    reference = stats.bootstrap(
        (data,), np.mean, n_resamples=499, confidence_level=0.9, method=kind, rng=np.random.default_rng(8)
    )
    ours = Draws(estimate=data.mean(), draws=reference.bootstrap_distribution, kind=kind)
    assert tuple(ours.conf_int(0.9)) == pytest.approx(tuple(reference.confidence_interval), rel=1e-12)


def test_draws_never_claim_more_than_their_number_allows():
    ours = Draws(estimate=5.0, draws=np.arange(1.0, 100.0))
    assert ours.p_value(-1.0) == 1 / 100
    assert ours.p_value(50.0) == pytest.approx(1.0, rel=1e-15)


def test_an_effect_without_error_is_a_point():
    effect = Effect(estimand="ATE", estimate=5.0, std_error=0.0)
    assert tuple(effect.conf_int()) == (5.0, 5.0)
    assert (effect.statistic, effect.p_value) == (math.inf, 0.0)
    nothing = Effect(estimand="ATE", estimate=0.0, std_error=0.0)
    assert math.isnan(nothing.p_value)
    assert 0.0 in nothing.conf_int()


# --- levels ---


@pytest.mark.parametrize("level", [95, 90.0, 1, 0, -0.1, math.nan, math.inf, "0.95", None, True])
def test_what_is_no_level_is_refused(level):
    with pytest.raises(OptionError, match="level="):
        Effect(estimand="ATE", estimate=1.0, std_error=1.0).conf_int(level)


def test_level_95_is_refused_with_the_right_spelling():
    with pytest.raises(OptionError, match=r"level=95 must lie strictly between 0 and 1\. Write 95 % as level=0\.95\."):
        Effect(estimand="ATE", estimate=1.0, std_error=1.0).conf_int(95)


# --- as sets and as text ---


def test_an_anderson_rubin_set_prints_honestly():
    union = IntervalUnion((Interval(-math.inf, 1.49), Interval(4.85, math.inf)))
    assert str(union) == "(-inf, 1.49] or [4.85, inf)"
    assert 0.0 in union
    assert 3.0 not in union
    assert union.width == math.inf
    assert str(IntervalUnion(())) == "empty"


def test_a_set_as_an_array_has_a_row_for_each_part():
    assert np.asarray(Interval(1.0, 2.0)).tolist() == [[1.0, 2.0]]
    union = IntervalUnion((Interval(-math.inf, 1.0), Interval(4.0, math.inf)))
    assert np.asarray(union).tolist() == [[-math.inf, 1.0], [4.0, math.inf]]


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(-100, 100), st.floats(-100, 100))
def test_a_quadratic_set_holds_exactly_where_the_quadratic_is_not_positive(a, b, c, x):
    value = a * x * x + b * x + c
    assume(abs(value) > 1e-6 * (1 + abs(a) * x * x + abs(b * x) + abs(c)))
    assert (x in quadratic_set(a, b, c)) == (value < 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1"), (-1234.5, "-1,234"), (999.96, "1,000"), (9999.6, "10,000"), (123456.7, "123,457"),
        (0.00012345, "0.0001234"), (1e-5, "1e-05"), (1e15, "1e+15"), (math.inf, "inf"), (1234567.0, "1,234,567"),
    ],
)  # fmt: skip
def test_four_significant_digits(value, text):
    assert significant(value) == text
