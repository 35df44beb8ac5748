"""Results of every kind of match keep the promises of a result, and take odd and bad input as the recipe does."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkit import matching, simulate
from causalkit._numerics._blocks import block_weights
from causalkit.errors import DesignWarning
from causalkit.matching import (
    Blocks,
    EntropyBalance,
    Full,
    InverseProbability,
    Kernel,
    Nearest,
    Optimal,
    Radius,
)
from tests import adversarial
from tests.contract import check_contract

ROLES = {"outcome": "y", "treatment": "treated", "covariates": ["x1", "x2"]}


def by_steps(method, *, adjusted=False):
    """The six steps with one method, called as a method of the package is."""

    def call(data, roles=None, **options):
        roles = roles or ROLES
        design = {name: column for name, column in roles.items() if name != "outcome"}
        match = matching.match(matching.propensity_score(data, **design, **options), method)
        return matching.effect(match, outcome=roles["outcome"], adjust=roles["covariates"] if adjusted else None)

    return call


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [Blocks(n=4), InverseProbability(estimand="ATE"), Nearest(replace=False, caliper=0.3), Kernel(bandwidth=0.3)],
    ids=lambda method: type(method).__name__,
)
@pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")
def test_results_of_every_kind_of_match_keep_the_contract(method):
    def make(n):
        return by_steps(method)(simulate.observational(n, rng=3, n_covariates=2).data)

    check_contract(make(300), make_at_4n=lambda: make(1200))


SKIP = {
    "one_column_in_two_roles": "outcome and treatment meet in effect, when the treatment has been read",
    "dropping_missing_rows_equals_leaving_them_out_and_is_counted": "the score is fitted before the outcome is seen; "
    "matching.estimate drops rows for both",
}


def subject(method, *, adjusted=False):
    return adversarial.Subject(
        call=by_steps(method, adjusted=adjusted),
        frame=simulate.observational(400, rng=11, n_covariates=2).data,
        roles=ROLES,
        numeric=("outcome", "covariates"),
        skip=SKIP,
    )


test_bad_and_odd_input_of_blocks = adversarial.suite(subject(Blocks(n=4)))
test_bad_and_odd_input_of_weights = adversarial.suite(subject(InverseProbability(estimand="ATE")))
test_bad_and_odd_input_of_balancing_weights = adversarial.suite(subject(EntropyBalance(), adjusted=True))
test_bad_and_odd_input_of_full_matching = adversarial.suite(subject(Full()))
test_bad_and_odd_input_of_covariate_distance = adversarial.suite(subject(Nearest(distance="mahalanobis")))
test_bad_and_odd_input_of_radius = adversarial.suite(subject(Radius(radius=0.3)))


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    ratio=st.integers(1, 3),
    optimal=st.booleans(),
    estimand=st.sampled_from(["ATT", "ATC"]),
)
def test_weights_of_sets_are_the_weights_of_blocks_made_of_them(seed, ratio, optimal, estimand):
    data = simulate.observational(80, rng=seed, n_covariates=1, share_treated=0.4).data
    spec = (
        Optimal(ratio=ratio, estimand=estimand) if optimal else Nearest(replace=False, ratio=ratio, estimand=estimand)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        score = matching.propensity_score(data, treatment="treated", covariates=["x1"])
        match = matching.match(score, spec)
    links = match.sets.links()
    blocks = np.full(80, -1)
    blocks[links.focal] = np.searchsorted(match.sets.focal, links.focal)
    blocks[links.partner] = np.searchsorted(match.sets.focal, links.focal)
    weights = block_weights(blocks, score.design.treated, np.ones(80), estimand)
    np.testing.assert_allclose(match.weights, weights, rtol=1e-12)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(["nearest", "radius", "optimal", "full"]))
def test_no_matched_set_is_wider_than_its_caliper_and_nobody_is_used_twice(seed, method):
    data = simulate.observational(100, rng=seed, n_covariates=2).data
    specs = {
        "nearest": Nearest(replace=False, ratio=2, caliper=0.1),
        "radius": Radius(radius=0.1),
        "optimal": Optimal(caliper=0.1),
        "full": Full(caliper=0.1),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        score = matching.propensity_score(data, treatment="treated", covariates=["x1", "x2"])
        match = matching.match(score, specs[method])
    treated, line = score.design.treated, score.linear
    caliper = 0.1 * line.std(ddof=1) * (1 + 1e-12)
    if match.sets is None:
        for block in range(match.blocks.max() + 1):
            inside = match.blocks == block
            gaps = np.abs(line[inside & treated][:, None] - line[inside & ~treated])
            assert gaps.size
            assert gaps.max() <= caliper
            assert min(gaps.shape) == 1
    else:
        links = match.sets.links()
        assert np.abs(line[links.focal] - line[links.partner]).max() <= caliper
        if method != "radius":
            assert np.unique(links.partner).size == links.partner.size


@pytest.mark.parametrize(
    "method",
    [
        Nearest(caliper=0.5, caliper_scale="raw"),
        Nearest(estimand="ATE"),
        Nearest(distance="mahalanobis"),
        Nearest(distance="robust_mahalanobis"),
        Radius(radius=0.5, scale="raw"),
        Kernel(bandwidth=0.5, scale="raw"),
        Blocks(edges=[0.2, 0.4, 0.6]),
        InverseProbability(estimand="ATE"),
        EntropyBalance(),
    ],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")
def test_a_weight_of_k_is_k_rows_where_distances_are_in_units_of_the_score(method):
    data = simulate.observational(300, rng=0, n_covariates=2).data.round(1)
    data = data.assign(w=np.random.default_rng(2).integers(1, 4, 300))
    long = data.loc[data.index.repeat(data["w"])]
    one, two = by_steps(method)(data, weights="w"), by_steps(method)(long)
    assert one.estimate == pytest.approx(two.estimate, rel=1e-11)
    assert one.mean_control == pytest.approx(two.mean_control, rel=1e-11)
