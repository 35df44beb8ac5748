"""The truth that comes with the data: read-only, with a hint for a misspelt estimand."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest

from causalkit import simulate
from causalkit.simulate import Truth


def test_a_misspelt_estimand_is_answered_with_the_nearest_one():
    truth = simulate.simpson_paradox(10, rng=1).truth
    with pytest.raises(KeyError, match=r"estimand='crued' has no known truth here\. Did you mean 'crude'\?"):
        truth["crued"]
    assert truth.get("LATE") is None
    assert "ATE" in truth


def test_the_truth_cannot_be_changed():
    given = {"ATE": 1}
    truth = Truth(given)
    given["ATE"] = 2
    assert truth["ATE"] == 1.0
    with pytest.raises(TypeError):
        truth["ATE"] = 2.0
    with pytest.raises(FrozenInstanceError):
        simulate.observational(10, rng=1).truth = truth


def test_the_truth_compares_copies_and_survives_pickling():
    truth = Truth({"ATE": 0.1, "ATT": 0.2})
    assert truth == {"ATE": 0.1, "ATT": 0.2}
    assert copy.deepcopy(truth) == truth
    assert pickle.loads(pickle.dumps(truth)) == truth  # noqa: S301  our own bytes
    assert repr(truth) == "Truth({'ATE': 0.1, 'ATT': 0.2})"


def test_a_simulation_survives_pickling():
    sim = simulate.observational(10, rng=1, potential_outcomes=True)
    back = pickle.loads(pickle.dumps(sim))  # noqa: S301  our own bytes
    assert back.truth == sim.truth
    assert back.data.equals(sim.data)
    assert back.potential.equals(sim.potential)


def test_a_simulation_shows_its_truth_and_not_its_rows():
    assert repr(simulate.observational(10, rng=1)).startswith("Simulation(truth=Truth({'ATE': 1.0")
