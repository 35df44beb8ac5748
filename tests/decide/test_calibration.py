"""If effects come from the prior, stated probabilities come true and stated losses are what is lost on average."""

from __future__ import annotations

import numpy as np
import pytest

from causalkit import decide
from tests.decide.cases import result

N = 4000
PRIOR = (0.2, 0.5)


@pytest.fixture(scope="module")
def launches():
    rng = np.random.default_rng(20240817)
    truth = rng.normal(*PRIOR, N)
    std_errors = rng.uniform(0.2, 1.0, N)
    estimates = rng.normal(truth, std_errors)
    decisions = [
        decide(result(float(estimate), float(error)), unit_cost=0.1, prior=PRIOR)
        for estimate, error in zip(estimates, std_errors, strict=True)
    ]
    return truth - 0.1, decisions


def test_stated_probabilities_come_true(launches):
    gains, decisions = launches
    stated = np.array([each.probability for each in decisions])
    for low in np.arange(0.1, 0.9, 0.2):
        inside = (stated >= low) & (stated < low + 0.2)
        share, expected = (gains[inside] > 0).mean(), stated[inside].mean()
        # Four standard errors of a share of that many launches.
        assert abs(share - expected) < 4 * np.sqrt(0.25 / inside.sum())


@pytest.mark.parametrize(("name", "sign"), [("loss_acting", -1.0), ("loss_holding", 1.0)])
def test_stated_losses_are_lost_on_average(launches, name, sign):
    gains, decisions = launches
    lost = np.maximum(sign * gains, 0.0)
    stated = np.array([getattr(each, name) for each in decisions])
    assert abs((lost - stated).mean()) < 4 * (lost - stated).std() / np.sqrt(N)
    for half in (stated < np.median(stated), stated >= np.median(stated)):
        assert abs((lost - stated)[half].mean()) < 4 * (lost - stated)[half].std() / np.sqrt(half.sum())


def test_following_the_smaller_expected_loss_loses_less_than_always_acting_or_holding(launches):
    gains, decisions = launches
    acts = np.array([each.leaning == "act" for each in decisions])
    followed = np.where(acts, gains, 0.0)
    assert followed.mean() > max(gains.mean(), 0.0)
    best = np.maximum(gains, 0.0)
    stated = np.array([each.value_of_information for each in decisions])
    assert abs((best - followed - stated).mean()) < 4 * (best - followed - stated).std() / np.sqrt(N)


def test_under_a_flat_prior_ship_is_wrong_no_more_often_than_the_level_allows():
    rng = np.random.default_rng(5)
    estimates = rng.normal(0.0, 1.0, N)
    shipped = np.mean([decide(result(float(each), 1.0), level=0.9).verdict == "ship" for each in estimates])
    # An effect of exactly break-even ships in 5 % of the studies, the upper tail of a 90 % interval.
    assert abs(shipped - 0.05) < 4 * np.sqrt(0.05 * 0.95 / N)
