"""Standard errors against numerical derivatives of the estimates by the weights of clusters: no formula is involved.

The influence of a cluster is the derivative of the estimate with respect to its weight. Whatever is estimated on the
way (scores, regressions of the controls, shares of cohorts, unit effects) moves with the weights too, so that nothing
of it can be missing in the errors, or be counted twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.testing import assert_allclose

from causalkit import did
from tests.did.panels import toy

if TYPE_CHECKING:
    import pandas as pd

pytestmark = pytest.mark.filterwarnings("ignore::causalkit.errors.CausalkitWarning")

PANEL = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "first", "cluster": "group", "weights": "w"}
SECTIONS = {role: column for role, column in PANEL.items() if role != "unit"}
N_CLUSTERS = 11
STEP = 1e-4


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """Units whose trends, weights and effects differ between cohorts, in clusters that mix the cohorts."""
    found = toy({3: 25, 4: 30, None: 45}, 5, rng=4)
    fixed = found.groupby("unit")[["x", "w"]].transform("first")
    return found.assign(
        x=fixed["x"] + 0.3 * found["first"].eq(3),
        w=fixed["w"],
        y=found["y"] + 0.4 * fixed["x"] * found["time"] + 2 * (found["first"].eq(3) & (found["time"] >= 3)),
        group=(found["unit"] * 7 % 13) % N_CLUSTERS,
    )


def numbers(result):
    """Estimates and errors of the headline and of what it is made of."""
    if result.path is None:
        return np.array([result.estimate]), np.array([result.std_error])
    effects = result.path.effects
    return np.append(result.estimate, effects.estimates), np.append(result.std_error, effects.std_errors)


def squared_derivatives(estimates, data):
    """Sum over clusters of the squared derivatives by their weights."""
    total = 0.0
    for group in range(N_CLUSTERS):
        ends = [
            estimates(data.assign(w=data["w"] * np.where(data["group"] == group, 1 + step, 1.0)))
            for step in (STEP, -STEP)
        ]
        total = total + ((ends[0] - ends[1]) / (2 * STEP)) ** 2
    return total


def averages(data, roles, **options):
    cells = did.group_time(data, **roles, **options)
    found = [numbers(did.aggregate(cells, by=by)) for by in ("overall", "event_time", "cohort", "calendar")]
    return tuple(map(np.concatenate, zip(*found, strict=True)))


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("method", [None, "doubly_robust", "regression", "ipw"])
@pytest.mark.parametrize("roles", [PANEL, SECTIONS], ids=["panel", "cross-sections"])
def test_errors_of_all_averages_over_cohorts_and_periods(roles, method, control_group, data):
    options = {"control_group": control_group}
    if method is not None:
        options |= {"method": method, "covariates": "x"}
    want = squared_derivatives(lambda changed: averages(changed, roles, **options)[0], data)
    assert_allclose(averages(data, roles, **options)[1], np.sqrt(want), rtol=1e-5)


@pytest.mark.parametrize("unbalanced", ["pairwise", "cross_sections"])
def test_errors_of_averages_where_units_have_gaps(unbalanced, data):
    holes = data[(data["unit"] + data["time"]) % 6 != 0]
    options = {"unbalanced": unbalanced, "covariates": "x"}
    want = squared_derivatives(lambda changed: averages(changed, PANEL, **options)[0], holes)
    assert_allclose(averages(holes, PANEL, **options)[1], np.sqrt(want), rtol=1e-5)


def with_estimated_shares(data, **roles):
    return did.sun_abraham(data, **roles, cohort_shares="estimated")


# Coefficients counted beside the periods: units are nested in the clusters. Cohorts start in periods 3 and 4 of 5.
@pytest.mark.parametrize(
    ("estimator", "n_coefficients"),
    [(did.twfe, 1), (did.event_study, 5), (with_estimated_shares, 8), (did.two_stage, None)],
    ids=["twfe", "event_study", "sun_abraham", "two_stage"],
)
def test_errors_of_the_regressions_with_their_small_sample_factor(estimator, n_coefficients, data):
    want = squared_derivatives(lambda changed: numbers(estimator(changed, **PANEL))[0], data)
    if n_coefficients is not None:
        n = len(data)
        want = want * N_CLUSTERS / (N_CLUSTERS - 1) * (n - 1) / (n - n_coefficients - 5)
    assert_allclose(numbers(estimator(data, **PANEL))[1], np.sqrt(want), rtol=1e-5)
