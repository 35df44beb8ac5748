"""Intervals that allow for violations of parallel trends: HonestDiD's numbers, linear programs, brute force."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import optimize, special

from causalkit._numerics._honest import bias_aware_critical
from causalkit._numerics._honest_magnitudes import (
    HybridTest,
    magnitudes_breakdown,
    magnitudes_p_value,
    magnitudes_set,
    magnitudes_test,
)
from causalkit._numerics._honest_smoothness import shortest_interval, smoothness_breakdown, smoothness_p_value

if TYPE_CHECKING:
    from causalkit._typing import FloatArray

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "did_medicaid.json").read_text())
BETA, COV = np.array(GOLDEN["estimates"]), np.array(GOLDEN["covariance"])
FIRST = np.array([1.0, 0.0])


def test_event_study_of_medicaid_has_the_published_coefficients_and_errors():
    beta = [-0.0052853545327, -0.0112973246482, -0.0026759918118, -0.0014193122521, 0.0003396635190]
    error = [0.0086536025076, 0.0085243771720, 0.0071077787952, 0.0063271020430, 0.0073909824834]
    np.testing.assert_allclose(BETA, [*beta, 0.0464468541599, 0.0692061754790], rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(COV)), [*error, 0.0091518680195, 0.0103500494216], rtol=1e-9)


@pytest.mark.parametrize("bound", ["0.5", "1", "1.5", "2"])
def test_relative_magnitudes_are_those_of_honestdid(bound):
    # R inverts the test on a grid with steps of 4e-4, with critical values from 1,000 draws, and prints three digits.
    ((low, high),) = magnitudes_set(BETA, COV, 5, FIRST, bound=float(bound), level=0.95)
    np.testing.assert_allclose([low, high], GOLDEN["honestdid_relative_magnitudes"][bound], atol=5e-4)


@pytest.mark.parametrize("bound", ["0", "0.01", "0.02", "0.03"])
def test_smoothness_intervals_are_those_of_honestdid(bound):
    found = shortest_interval(BETA, COV, 5, FIRST, bound=float(bound), level=0.95)
    half = found.half_width(0.95)
    # R prints three digits: the last of them is worth 1e-4, or 1e-3 for "0.101".
    want = GOLDEN["honestdid_smoothness"][bound]
    np.testing.assert_allclose([found.estimate - half, found.estimate + half], want, atol=1e-4, rtol=3e-3)


def test_relative_magnitudes_of_zero_are_the_usual_interval():
    ((low, high),) = magnitudes_set(BETA, COV, 5, FIRST, bound=0.0, level=0.95)
    half = -special.ndtri(0.025) * np.sqrt(COV[5, 5])
    # The hybrid test spends a tenth of its size on a first stage that never decides here: 0.045/0.995 of 1 - 0.005.
    np.testing.assert_allclose([low, high], [BETA[5] - half, BETA[5] + half], rtol=1e-3)


@pytest.mark.parametrize(("weights", "bound"), [((1.0, 0.0), 0.5), ((0.5, 0.5), 1.5), ((1.0, -1.0), 1.0)])
def test_closed_form_of_the_hybrid_test_decides_as_its_linear_programs(weights, bound):
    rng = np.random.default_rng(7)
    test = magnitudes_test(BETA, COV, 5, np.array(weights), bound=bound, level=0.95)
    cones = itertools.product((True, False), range(-4, 1))
    for i, (positive, largest) in enumerate(cones):
        alone = HybridTest(
            change=test.change[i : i + 1],
            effect=test.effect,
            vertices=test.vertices[i : i + 1],
            cov=test.cov[i : i + 1],
            first_critical=test.first_critical[i : i + 1],
            size=test.size,
        )
        moments = Cone(np.array(weights), bound, largest, positive=positive)
        for null in test.effect + rng.uniform(-0.06, 0.06, 3):
            assert alone.accepts(np.array([null]))[0] == moments.accepts(null, test.first_critical[i])


def test_least_favourable_critical_value_is_the_quantile_of_simulated_linear_programs():
    test = magnitudes_test(BETA, COV, 5, FIRST, bound=1.0, level=0.95)
    for i in (0, 7):
        moments = Cone(FIRST, 1.0, i % 5 - 4, positive=i < 5)
        # 200,000 draws: the 99.5% quantile of a half-normal tail is known to about half a percent.
        simulated = np.quantile(moments.least_violations(200_000), 0.995)
        assert test.first_critical[i] == pytest.approx(simulated, rel=0.012)


class Cone:
    """The moment inequalities of one cone as matrices, and the test of Andrews, Roth and Pakes by linear programs."""

    def __init__(self, weights: FloatArray, bound: float, largest: int, *, positive: bool) -> None:
        steps = np.eye(8)[1:] - np.eye(8)[:-1]
        top = steps[largest + 4] * (1 if positive else -1)
        limits = np.vstack([np.tile(top, (5, 1)), np.tile(bound * top, (2, 1))])
        rows = np.delete(np.vstack([steps - limits, -steps - limits]), 5, axis=1)
        rows = rows[(rows[:, 5:] != 0).any(axis=1)]
        other = np.array([0.0, 1.0]) if weights[0] else np.array([1.0, 0.0])
        after = rows[:, 5:] @ np.linalg.inv(np.vstack([weights, other]))
        self.moments, self.along, self.nuisance = rows @ BETA, after[:, 0], after[:, 1:]
        self.cov = rows @ COV @ rows.T
        self.scale = np.sqrt(np.diag(self.cov))

    def accepts(self, null: float, first_critical: float) -> bool:
        y = self.moments - self.along * null
        found = linear_program(1.0, np.column_stack([self.scale, self.nuisance]), y)
        dual = -found.ineqlin.marginals
        if found.fun > first_critical:
            return False
        variance = dual @ self.cov @ dual
        slope = self.cov @ dual / variance
        rest = y - slope * (dual @ y)
        system = np.column_stack([self.scale - slope, self.nuisance])
        low, high = linear_program(1.0, system, rest), linear_program(-1.0, system, rest)
        ends = np.array([found.fun, low.fun if low.status == 0 else -np.inf, -high.fun if high.status == 0 else np.inf])
        ends[2] = min(ends[2], first_critical)
        at, start, end = special.ndtr(-ends / np.sqrt(variance))
        return not ((at - end) / (start - end) < 0.045 / 0.995 and found.fun > 0)

    def least_violations(self, n: int) -> FloatArray:
        """Values of the program for draws with mean zero, by its dual's vertices."""
        system = np.column_stack([self.scale, self.nuisance]).T
        vertices = []
        for chosen in itertools.combinations(range(self.scale.size), 2):
            square = system[:, chosen]
            if np.linalg.cond(square) > 1e10:
                continue
            values = np.linalg.solve(square, [1.0, 0.0])
            if (values >= -1e-12).all():
                vertices.append(np.zeros(self.scale.size))
                vertices[-1][list(chosen)] = values
        draws = np.random.default_rng(1).multivariate_normal(np.zeros(self.scale.size), self.cov, n, method="eigh")
        return (draws @ np.array(vertices).T).max(axis=1)


def linear_program(sign: float, system: FloatArray, least: FloatArray) -> optimize.OptimizeResult:
    cost = np.array([sign] + [0.0] * (system.shape[1] - 1))
    return optimize.linprog(cost, A_ub=-system, b_ub=-least, bounds=(None, None), method="highs")


@pytest.mark.parametrize("bound", [0.0, 0.003, 0.01, 0.05])
def test_no_other_weights_make_the_smoothness_interval_shorter(bound):
    found = shortest_interval(BETA, COV, 5, FIRST, bound=bound, level=0.95)
    mine = half_width(found.weights[:5], bound)
    assert found.half_width(0.95) == pytest.approx(mine, rel=1e-10)
    rng = np.random.default_rng(3)
    for size in (1e-4, 1e-2, 0.3):
        for _ in range(100):
            move = rng.normal(size=5) * size
            move[4] = -(move[:4] @ [5.0, 4.0, 3.0, 2.0])
            assert half_width(found.weights[:5] + move, bound) >= mine * (1 - 1e-12)


def half_width(before: FloatArray, bound: float) -> float:
    """From the definition: the worst of all violations whose slope changes by at most the bound."""
    weights = np.concatenate([before, FIRST])
    assert abs(weights @ [-5, -4, -3, -2, -1, 1, 2]) < 1e-12
    spread = np.sqrt(weights @ COV @ weights)
    # Violations through zero at the reference, whatever the slope: a linear program over seven values.
    path = np.insert(np.eye(7), 5, 0.0, axis=0)
    bends = np.diff(path, 2, axis=0)
    if bound == 0:
        return float(-special.ndtri(0.025) * spread)
    box = np.concatenate([bends, -bends])
    worst = optimize.linprog(-weights, A_ub=box, b_ub=np.full(len(box), 1.0), bounds=(None, None), method="highs")
    return bias_aware_critical(0.95, -bound * worst.fun / spread) * float(spread)


def test_breakdown_values_are_where_the_interval_reaches_the_null():
    broken = magnitudes_breakdown(BETA, COV, 5, FIRST, null=0.0, level=0.95)
    ((low, _),) = magnitudes_set(BETA, COV, 5, FIRST, bound=broken, level=0.95)
    assert low == pytest.approx(0.0, abs=1e-9)
    assert 1.5 < broken < 2.0
    bend = smoothness_breakdown(BETA, COV, 5, FIRST, null=0.0, level=0.95)
    found = shortest_interval(BETA, COV, 5, FIRST, bound=bend, level=0.95)
    assert found.estimate == pytest.approx(found.half_width(0.95), rel=1e-9)


def test_p_values_are_the_levels_at_which_the_interval_reaches_the_null():
    p = magnitudes_p_value(BETA, COV, 5, FIRST, bound=1.0, null=0.0)
    ((low, _),) = magnitudes_set(BETA, COV, 5, FIRST, bound=1.0, level=1 - p)
    assert low == pytest.approx(0.0, abs=1e-6)
    p = smoothness_p_value(BETA, COV, 5, FIRST, bound=0.02, null=0.0)
    found = shortest_interval(BETA, COV, 5, FIRST, bound=0.02, level=1 - p)
    assert found.estimate == pytest.approx(found.half_width(1 - p), rel=1e-6)


def test_units_of_the_outcome_do_not_matter():
    ((low, high),) = magnitudes_set(BETA, COV, 5, FIRST, bound=1.0, level=0.9)
    np.testing.assert_allclose(
        magnitudes_set(-1e9 * BETA, 1e18 * COV, 5, FIRST, bound=1.0, level=0.9), [(-1e9 * high, -1e9 * low)], rtol=1e-9
    )
    found = shortest_interval(BETA, COV, 5, FIRST, bound=0.01, level=0.9)
    scaled = shortest_interval(1e-9 * BETA, 1e-18 * COV, 5, FIRST, bound=1e-11, level=0.9)
    np.testing.assert_allclose(scaled.weights, found.weights, rtol=1e-8, atol=1e-10)


def test_one_period_before_and_one_after_have_closed_forms():
    beta, cov = np.array([0.2, 1.0]), np.array([[0.04, 0.02], [0.02, 0.05]])
    found = shortest_interval(beta, cov, 1, np.array([1.0]), bound=0.1, level=0.95)
    # The line through the two periods before treatment is continued: twice nothing, less minus the first.
    np.testing.assert_allclose(found.weights, [1.0, 1.0], rtol=1e-12)
    assert found.max_bias == pytest.approx(0.1, rel=1e-12)
    assert len(magnitudes_set(beta, cov, 1, np.array([1.0]), bound=1.0, level=0.95)) == 1


def test_hybrid_intervals_cover_the_truth_when_trends_diverge_as_fast_as_before():
    rng = np.random.default_rng(11)
    drift = np.array([-0.02, -0.01, 0.01])
    cov = 2.5e-5 * (0.5 * np.eye(3) + 0.5)
    root, inside, n = np.linalg.cholesky(cov), 0, 400
    for _ in range(n):
        beta = drift + root @ rng.normal(size=3)
        # The true effect is zero; all of the third coefficient is drift, as large as the largest before.
        inside += magnitudes_test(beta, cov, 2, np.ones(1), bound=1.0, level=0.95).accepts(np.zeros(1))[0]
    assert inside / n >= 0.95 - 4 * (0.95 * 0.05 / n) ** 0.5
