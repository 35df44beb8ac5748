"""The regression discontinuity generator keeps what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from causalkit import rdd, simulate
from causalkit.errors import OptionError

CUT = {"outcome": "y", "running": "score", "cutoff": 0, "treated": "above"}


def test_the_mean_outcome_is_the_one_described():
    data = simulate.discontinuity(500, rng=3, jump=4.0, noise=0.0, take_up=0.6).data
    mean = 1 + data.score + 1.5 * data.score * data.score.abs() + 0.5 * data.age + 4 * data.treated
    np.testing.assert_allclose(data.y, mean, rtol=1e-13)
    assert data.treated[data.score < 0].sum() == 0


def test_sharp_and_fuzzy_estimates_recover_the_truth():
    sharp = simulate.discontinuity(20_000, rng=5)
    assert sharp.truth["jump"] in rdd.local_polynomial(sharp.data, **CUT).conf_int(0.99)
    fuzzy = simulate.discontinuity(20_000, rng=6, take_up=0.7)
    assert fuzzy.truth["LATE"] in rdd.local_polynomial(fuzzy.data, **CUT, treatment="treated").conf_int(0.99)
    assert fuzzy.truth["jump"] in rdd.local_polynomial(fuzzy.data, **CUT).conf_int(0.99)


def test_a_share_outside_its_range_is_refused():
    with pytest.raises(OptionError, match=r"take_up=0 must lie in \(0, 1\]"):
        simulate.discontinuity(10, rng=1, take_up=0)
