"""The generators behind the recipes keep what they promise, and the right design recovers their truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from causalkit import iv, matching, rdd, simpson, simulate
from causalkit.errors import OptionError

KNOWN = ["recency_days", "orders_before", "spend_before", "first_product", "channel"]
CUT = {"running": "score", "cutoff": 600, "treated": "above"}


def apart(a, b):
    """Gap of two means in standard errors."""
    return (a.mean() - b.mean()) / np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))


# --- coupon ---


@pytest.fixture(scope="module")
def buyers():
    return simulate.coupon(40_000, rng=11, potential_outcomes=True)


def test_the_spend_seen_is_the_potential_outcome_of_the_arm(buyers):
    sent = buyers.data["coupon"] == 1
    for window in ("0_13", "14_60", "61_120"):
        seen = buyers.data[f"spend_{window}"]
        hidden = {arm: buyers.potential[f"spend_{window}_{arm}"] for arm in ("with", "without")}
        pd.testing.assert_series_equal(seen, hidden["with"].where(sent, hidden["without"]), check_names=False)
        gain = float((hidden["with"] - hidden["without"])[sent].mean())
        assert buyers.truth[f"SATT({window.replace('_', '-')})"] == pytest.approx(gain, rel=1e-12)
    assert buyers.truth["SATT(0-120)"] == pytest.approx(
        sum(buyers.truth[f"SATT({window})"] for window in ("0-13", "14-60", "61-120")), rel=1e-12
    )


def test_rates_change_by_the_factors_asked_for(buyers):
    # Four standard errors of a ratio of sums over 40,000 buyers.
    for window, factor in (("0_13", 0.85), ("14_60", 1.5), ("61_120", 0.75)):
        with_coupon, without = (buyers.potential[f"spend_{window}_{arm}"] for arm in ("with", "without"))
        error = np.std(with_coupon - factor * without) / np.sqrt(len(without)) / without.mean()
        assert with_coupon.mean() / without.mean() == pytest.approx(factor, abs=4 * error)


def test_the_coupon_is_sent_by_what_is_seen_and_nothing_else(buyers):
    index = 0.6 * np.log(buyers.data["orders_before"] / 3) - 0.6 * (buyers.data["recency_days"] - 60) / 100
    index += 0.2 * (buyers.data["first_product"] == "baby") + 0.2 * (buyers.data["channel"] == "referral")
    propensity = 1 / (1 + np.exp(0.7 - index))
    np.testing.assert_allclose(buyers.potential["propensity"], propensity, rtol=1e-12)
    assert abs(apart(buyers.data["coupon"] - propensity, pd.Series(np.zeros(40_000)))) < 4
    lottery = simulate.coupon(5_000, rng=1, confounding=0.0, potential_outcomes=True).potential["propensity"]
    assert lottery.nunique() == 1


def test_only_buyers_with_a_coupon_redeem_and_only_with_an_order_while_it_is_valid(buyers):
    redeemed = buyers.data["redeemed_day"].notna()
    assert (buyers.data.loc[redeemed, ["coupon", "bought_14_60"]] == 1).all().all()
    days = buyers.data.loc[redeemed, "redeemed_day"]
    assert (days.min(), days.max()) == (14, 60)
    could = (buyers.data["coupon"] == 1) & (buyers.data["bought_14_60"] == 1)
    assert redeemed.sum() / could.sum() == pytest.approx(0.8, abs=4 * 0.4 / np.sqrt(could.sum()))
    assert (buyers.data["bought_14_60"] == (buyers.data["spend_14_60"] > 0)).all()


def test_the_average_effect_does_not_depend_on_who_would_buy_anyway():
    nothing = simulate.coupon(2_000, rng=3, lift=0.0, postponed=0.0, pulled_forward=0.0)
    assert all(nothing.truth[name] == 0 for name in nothing.truth)


def test_matching_on_what_is_seen_recovers_the_effect_of_the_coupon(buyers):
    found = matching.estimate(buyers.data, outcome="spend_14_60", treatment="coupon", covariates=KNOWN)
    assert buyers.truth["SATT(14-60)"] in found.conf_int(0.999)
    crude = buyers.data.groupby("coupon")["spend_14_60"].mean().diff().iloc[-1]
    assert crude > found.conf_int(0.999).high


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lift": -1.5}, r"lift=-1\.5 must be -1 or more"),
        ({"postponed": 1.2}, r"postponed=1\.2 must lie between 0 and 1"),
        ({"pulled_forward": -0.1}, r"pulled_forward=-0\.1 must lie between 0 and 1"),
    ],
)
def test_rates_that_cannot_be_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        simulate.coupon(10, rng=1, **options)


# --- loyalty tier ---


def test_the_jump_is_the_effect_where_nobody_tops_up():
    sim = simulate.loyalty_tier(40_000, rng=12, heaping=0.0)
    found = rdd.local_polynomial(sim.data, outcome="spend", **CUT)
    assert sim.truth["jump"] in found.conf_int(0.999)
    assert rdd.density_test(sim.data, **CUT).p_value > 0.001


def test_topping_up_leaves_a_hole_below_a_heap_above_and_a_jump_that_is_too_large():
    sim = simulate.loyalty_tier(40_000, rng=13)
    assert rdd.density_test(sim.data, **CUT).p_value < 1e-6
    score = sim.data["score"]
    assert score.between(570, 600, inclusive="left").sum() < 0.6 * score.between(540, 570, inclusive="left").sum()
    assert rdd.local_polynomial(sim.data, outcome="spend", **CUT).conf_int(0.999).low > sim.truth["jump"]
    assert sim.data.loc[score.between(600, 606), "tenure_months"].mean() > sim.data["tenure_months"].mean() + 1
    outside = sim.data[(score < 570) | (score >= 640)]
    assert sim.truth["jump"] in rdd.local_polynomial(outside, outcome="spend", **CUT).conf_int(0.999)


def test_the_mean_spend_is_the_one_described():
    data = simulate.loyalty_tier(60_000, rng=14, heaping=0.0, noise=0.0, effect=50.0).data
    distance = data["score"] - 600
    eager = data["spend"] - 500 - 0.6 * distance - 0.0008 * distance**2 - (50 + 0.1 * distance) * data["gold"]
    assert eager.mean() == pytest.approx(0, abs=4 * 80 / np.sqrt(60_000))
    assert eager.std() == pytest.approx(80, rel=0.02)
    # The standard deviation of a correlation is about 1 / sqrt(n).
    assert abs(np.corrcoef(eager, data["score"])[0, 1]) < 4 / np.sqrt(60_000)
    assert (data["gold"] == (data["score"] >= 600)).all()


def test_a_share_that_tops_up_lies_between_none_and_all():
    with pytest.raises(OptionError, match=r"heaping=2 must lie between 0 and 1"):
        simulate.loyalty_tier(10, rng=1, heaping=2)


# --- adoption ---


def test_the_shares_and_effects_of_the_types_are_the_ones_stated():
    sim = simulate.adoption(200_000, rng=15)
    pushed = sim.data["push"] == 1
    take = sim.data.groupby("push")["feature"].mean()
    assert take[0] == pytest.approx(sim.truth["always"], abs=0.005)
    assert 1 - take[1] == pytest.approx(sim.truth["never"], abs=0.005)
    assert sim.truth["complier"] + sim.truth["always"] + sim.truth["never"] == pytest.approx(1, abs=1e-12)
    effect = sim.data.loc[pushed, "spend"].mean() - sim.data.loc[~pushed, "spend"].mean()
    error = sim.data["spend"].std() * 2 / np.sqrt(200_000)
    assert effect == pytest.approx(sim.truth["ITT"], abs=4 * error)
    assert sim.truth["ITT"] == pytest.approx(sim.truth["complier"] * sim.truth["LATE"], rel=1e-12)


def test_the_push_recovers_the_effect_on_those_it_moves_and_least_squares_does_not():
    sim = simulate.adoption(40_000, rng=16)
    found = iv.tsls(sim.data, outcome="spend", endogenous="feature", instruments="push", exogenous="spend_before")
    assert sim.truth["LATE"] in found.conf_int(0.999)
    naive = iv.ols(sim.data, outcome="spend", endogenous="feature", exogenous="spend_before")
    assert naive.conf_int(0.999).low > sim.truth["LATE"]


def test_without_ambition_in_adoption_compliers_gain_the_average():
    truth = simulate.adoption(10, rng=1, confounding=0.0, direct_effect=5.0).truth
    assert truth["LATE"] == truth["ATE"] == 60
    assert truth["ITT"] == pytest.approx(truth["complier"] * 60 + 5, rel=1e-12)


# --- acquisition ---


def test_the_shares_retained_are_the_ones_stated():
    sim = simulate.acquisition(300_000, rng=17)
    crude = sim.data.groupby("channel")["retained"].mean()
    by = sim.data.groupby(["first_basket", "city_tier", "channel"])["retained"].mean().unstack()
    shares = sim.data.groupby(["first_basket", "city_tier"]).size() / len(sim.data)
    for channel in ("search", "social", "referral"):
        # Four standard errors with at least 75,000 users a channel; strata add little.
        assert crude[channel] == pytest.approx(sim.truth[f"crude({channel})"], abs=0.0075)
        assert float(shares @ by[channel]) == pytest.approx(sim.truth[f"standardised({channel})"], abs=0.015)


def test_the_better_channel_looks_worse():
    sim = simulate.acquisition(40_000, rng=18)
    pair = sim.data[sim.data["channel"] != "social"]
    found = simpson.diagnose(
        pair, outcome="retained", treatment="channel", treated="referral", by=["first_basket", "city_tier"]
    )
    truth = sim.truth
    assert truth["standardised(referral)"] - truth["standardised(search)"] in found.conf_int(0.999)
    assert truth["crude(referral)"] - truth["crude(search)"] in found.crude.conf_int(0.999)
    assert found.kind() == "reversal"


@pytest.mark.parametrize(
    ("effects", "message"),
    [((0.0, 0.1), r"must have three values: search, social, referral"), ((0, 0, 0.7), r"leave \[0, 1\]")],
)
def test_effects_that_cannot_be_are_refused(effects, message):
    with pytest.raises(OptionError, match=message):
        simulate.acquisition(10, rng=1, effects=effects)
