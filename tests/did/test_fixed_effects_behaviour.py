"""Fixed-effects estimators: bad and odd input, the contract of results, warnings, and what must not change them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from causalkit import did
from causalkit.errors import CausalkitWarning, DataError, DesignError, DesignWarning, OptionError
from causalkit.results._json import dumps, loads
from tests.adversarial import Subject, suite
from tests.contract import check_contract
from tests.did.panels import toy

ROLES = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "first"}
ESTIMATORS = {
    "event_study": did.event_study,
    "imputation": did.imputation,
    "stacked": did.stacked,
    "sun_abraham": did.sun_abraham,
    "twfe": did.twfe,
    "two_stage": did.two_stage,
}
each_estimator = pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)


def quietly(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return function(*args, **options)


def one_launch(*, rng: int = 0) -> pd.DataFrame:
    """40 units, half of them treated from the third of four periods on, with the treatment by row."""
    data = toy({3: 20, None: 20}, 4, rng=rng)
    return data.assign(d=(data["time"] >= data["first"]).astype(int)).drop(columns=["first", "w"])


def five_treated() -> pd.DataFrame:
    n = 50_000
    data = pd.DataFrame({"unit": np.repeat(np.arange(n), 4), "time": np.tile(np.arange(1, 5), n)})
    data["d"] = ((data["unit"] < 5) & (data["time"] >= 3)).astype(int)
    return data.assign(y=np.random.default_rng(0).normal(size=len(data)), x=0.0)


def subject(estimator, **more):
    return Subject(
        call=lambda data, roles, **options: estimator(data, **roles, **options),
        frame=one_launch(),
        roles={"outcome": "y", "unit": "unit", "time": "time", "treatment": "d"},
        numeric=("outcome",),
        binary="treatment",
        skip={
            "a_treatment_with_other_labels_needs_the_treated_one_named": "the treatment of a panel is 0/1",
            **more,
        },
        large=five_treated,
    )


test_bad_and_odd_input_of_twfe = suite(subject(did.twfe))
test_bad_and_odd_input_of_event_study = suite(subject(did.event_study))
test_bad_and_odd_input_of_sun_abraham = suite(subject(did.sun_abraham))
test_bad_and_odd_input_of_imputation = suite(subject(did.imputation))
test_bad_and_odd_input_of_two_stage = suite(subject(did.two_stage))
test_bad_and_odd_input_of_stacked = suite(subject(did.stacked))


@pytest.mark.parametrize("name", ["imputation", "twfe"])
def test_results_keep_the_contract(name):
    """With effects by event time, and without; the type is the same for all estimators."""
    data = toy({3: 15, 4: 15, None: 20}, 5)
    data.loc[7, "y"] = 31415.9265

    def fourfold():
        copies = [data.assign(unit=data["unit"] + 1_000 * copy) for copy in range(4)]
        return quietly(ESTIMATORS[name], pd.concat(copies), **ROLES)

    check_contract(quietly(ESTIMATORS[name], data, **ROLES), make_at_4n=fourfold, markers=("31415.9265",))


@pytest.mark.parametrize("function", [did.bacon_decomposition, did.twfe_weights])
def test_decompositions_survive_json_and_hold_no_rows(function):
    data = toy({3: 15, 4: 15, None: 20}, 5)
    found = quietly(function, data, **ROLES)
    assert loads(dumps(found)) == found
    twice = pd.concat([data, data.assign(unit=data["unit"] + 100)])
    assert len(dumps(quietly(function, twice, **ROLES))) == pytest.approx(len(dumps(found)), rel=0.2)
    assert len(found.table()) == found.weights.size


# --- what is said of a staggered design ---


def test_twfe_with_several_cohorts_warns_with_negative_weights_and_forbidden_comparisons():
    data = toy({3: 20, 7: 20}, 10)
    with pytest.warns(
        DesignWarning, match=r"enter with a negative weight.* takes treated units as controls.*imputation"
    ):
        found = did.twfe(data, **ROLES)
    assert found.checks["weights"].verdict == "violated"
    assert found.effect.estimand == "TWFE coefficient"


def test_twfe_with_one_cohort_says_nothing_of_weights():
    data = toy({3: 20, None: 20}, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = did.twfe(data, **ROLES)
    assert found.checks["weights"].verdict == "supported"
    assert found.effect.estimand == "ATT"


def test_an_event_study_with_several_cohorts_warns_with_the_weight_of_other_event_times():
    data = toy({3: 20, 5: 20, None: 20}, 7)
    with pytest.warns(DesignWarning, match=r"coefficient of event time \S+ also takes in effects of other event times"):
        did.event_study(data, **ROLES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        did.event_study(data[data["first"] != 5], **ROLES)


def test_an_unbalanced_panel_is_counted_and_cannot_be_decomposed():
    data = toy({3: 20, 4: 20, None: 20}, 5).drop(index=[4, 17, 33])
    with pytest.warns(DesignWarning, match=r"3 of 300 cells"):
        did.imputation(data, **ROLES)
    with pytest.warns(DesignWarning), pytest.raises(DesignError, match="297 rows for 60 units in 5 periods"):
        did.bacon_decomposition(data, **ROLES)


def test_cohorts_of_one_unit_are_named():
    with pytest.warns(DesignWarning, match=r"1 cohort with a single unit \('4'\)"):
        did.sun_abraham(toy({3: 20, 4: 1, None: 20}, 5), **ROLES)


def test_treated_rows_without_an_untreated_counterpart_are_left_out_and_counted():
    data = toy({3: 20, 5: 20}, 6)
    for estimator in (did.imputation, did.two_stage):
        with pytest.warns(DesignWarning, match="80 treated rows left out"):
            found = estimator(data, **ROLES)
        assert found.sample.n_used == 240 - 80
        assert (found.sample.n_treated, found.sample.n_control) == (20, 20)
        assert found.path.effects.labels[-1] == "1"


def test_a_covariate_fixed_over_time_is_left_out_by_name():
    data = toy({3: 20, None: 20}, 5)
    data["fixed"] = data["unit"] % 3
    for estimator in ESTIMATORS.values():
        with pytest.warns(DesignWarning, match=r"covariates 'fixed' is constant within units"):
            found = estimator(data, **ROLES, covariates=["x", "fixed"])
        assert_allclose(found.estimate, estimator(data, **ROLES, covariates="x").estimate, rtol=1e-10)


@pytest.mark.parametrize(
    ("function", "options", "error", "words"),
    [
        (did.twfe, {"cov_type": "HC3"}, OptionError, "cov_type='HC3' is not known"),
        (did.twfe, {"cov_type": "HC1", "cluster": "group"}, OptionError, "takes rows as independent"),
        (did.twfe, {"cluster": ["group", "w"]}, OptionError, "one column and the periods"),
        (did.twfe, {"cluster": "time"}, OptionError, "alone"),
        (did.twfe, {"cluster": ["unit", "time"], "cov_type": "CV3"}, OptionError, "clusters of one kind"),
        (did.twfe, {"count_effects": "some"}, OptionError, "count_effects='some'"),
        (did.twfe, {"cluster": "w"}, DataError, "changes within unit"),
        (did.event_study, {"reference": -9}, OptionError, "reference=-9 is no event time"),
        (did.event_study, {"window": (1, 3)}, OptionError, "before zero"),
        (did.event_study, {"window": 3}, OptionError, "two event times"),
        (did.sun_abraham, {"reference": 0}, OptionError, "before treatment"),
        (did.sun_abraham, {"reference": -5}, DesignError, "no row up to event time -5"),
        (did.sun_abraham, {"cohort_shares": "known"}, OptionError, "cohort_shares='known'"),
        (did.sun_abraham, {"cluster": ["group", "time"]}, OptionError, "one column here"),
        (did.imputation, {"leads": -1}, OptionError, "leads=-1"),
        (did.stacked, {"window": (-6, 6)}, DesignError, "No cohort has all event times"),
        (did.stacked, {"weighting": "equal"}, OptionError, "weighting='equal'"),
        (did.twfe, {"unit": None}, OptionError, "unit=None"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_reason(function, options, error, words):
    data = toy({3: 20, 5: 20, None: 20}, 7, n_clusters=30)
    with pytest.raises(error, match=words):
        quietly(function, data, **{**ROLES, **options})


# --- what must not change the answer ---


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.sampled_from([0.0, 1e6, -3e3]), scale=st.sampled_from([1.0, 1e-6, 250.0]))
def test_constants_of_units_and_periods_and_the_unit_of_the_outcome(seed, shift, scale):
    data = toy({3: 9, 5: 8, None: 10}, 6, rng=seed)
    generator = np.random.default_rng(seed)
    of_unit, of_time = np.round(generator.normal(size=27) * 100), np.round(generator.normal(size=7) * 100)
    moved = data.assign(y=scale * (data["y"] + of_unit[data["unit"]] + of_time[data["time"]] + shift))
    for estimator in ESTIMATORS.values():
        a, b = quietly(estimator, data, **ROLES), quietly(estimator, moved, **ROLES)
        assert_allclose(b.terms().estimates, scale * a.terms().estimates, rtol=1e-6, atol=1e-7 * scale)
        assert_allclose(b.terms().std_errors, scale * a.terms().std_errors, rtol=1e-6, atol=1e-7 * scale)


@each_estimator
def test_weights_of_one_and_units_as_their_own_clusters_change_nothing(estimator):
    data = toy({3: 12, 5: 9, None: 10}, 6).assign(one=3.0)
    plain = quietly(estimator, data, **ROLES)
    for options in ({"weights": "one"}, {"cluster": "unit"}, {"weights": "one", "cluster": "unit"}):
        other = quietly(estimator, data, **ROLES, **options)
        assert_allclose(other.terms().estimates, plain.terms().estimates, rtol=1e-10, atol=1e-12)
        assert_allclose(other.terms().cov, plain.terms().cov, rtol=1e-9, atol=1e-12)


@each_estimator
def test_units_in_pairs_of_twins_as_clusters_double_the_variance(estimator):
    data = toy({3: 12, 5: 9, None: 10}, 6)
    twins = pd.concat([data.assign(pair=data["unit"]), data.assign(pair=data["unit"], unit=data["unit"] + 100)])
    alone, clustered = (quietly(estimator, twins, **ROLES, cluster=name) for name in ("unit", "pair"))
    assert clustered.estimate == pytest.approx(alone.estimate, rel=1e-10)
    has_factor = np.isfinite(alone.effect.df)
    factor = (31 / 30) / (62 / 61) if has_factor else 1.0
    assert clustered.std_error**2 / alone.std_error**2 == pytest.approx(2.0 * factor, rel=1e-9)


def test_one_cohort_and_two_periods_are_the_difference_of_differences():
    data = toy({2: 15, None: 20}, 2)
    means = data.groupby([data["first"].isna(), "time"])["y"].mean()
    want = means[False, 2] - means[False, 1] - means[True, 2] + means[True, 1]
    for estimator in ESTIMATORS.values():
        assert quietly(estimator, data, **ROLES).estimate == pytest.approx(want, rel=1e-10)


def test_imputation_sun_abraham_and_stacks_agree_with_one_cohort_and_one_period_before():
    data = toy({2: 15, None: 20}, 5)
    paths = [quietly(estimator, data, **ROLES).path for estimator in (did.imputation, did.sun_abraham, did.event_study)]
    for path in paths:
        assert_allclose(path.effects.estimates[-4:], paths[0].effects.estimates[-4:], rtol=1e-10)


# --- standard errors against the spread of the estimates ---


@pytest.mark.slow
def test_standard_errors_are_the_standard_deviations_of_the_estimates():
    n_sim, n_periods = 100, 5
    generator = np.random.default_rng(7)
    first = np.repeat([3.0, 4.0, np.nan], [20, 15, 35])
    n = first.size
    time = np.arange(1, n_periods + 1)
    frame = pd.DataFrame(
        {"unit": np.repeat(np.arange(n), n_periods), "time": np.tile(time, n), "first": np.repeat(first, n_periods)}
    )
    effect = np.nan_to_num(np.maximum(time - first[:, None] + 1, 0.0))
    # Errors drift and are larger for the treated, so that neither rows nor units are alike.
    spread = np.where(np.isnan(first), 0.5, 1.5)[:, None]
    # Those whose errors are checked to be derivatives of the estimates, digit by digit, need no simulation.
    exact = ("event_study", "twfe", "two_stage")
    calls = {
        **{name: (estimator, {}) for name, estimator in ESTIMATORS.items() if name not in exact},
        "CV3": (did.twfe, {"cov_type": "CV3"}),
        "rows": (did.stacked, {"window": (-2, 1), "weighting": "rows"}),
    }
    found = {name: np.empty((n_sim, 2)) for name in calls}
    lags = {name: np.empty((n_sim, 2)) for name in calls if name != "CV3"}
    for draw in range(n_sim):
        errors = spread * generator.normal(size=(n, n_periods)).cumsum(axis=1)
        data = frame.assign(y=(effect + errors).ravel())
        for name, (function, options) in calls.items():
            result = quietly(function, data, **ROLES, **options)
            found[name][draw] = result.estimate, result.std_error
            if name in lags:
                lag = result.path.effects["1"]
                lags[name][draw] = lag.estimate, lag.std_error
    # A standard deviation of 100 draws is known to 7 %; 70 clusters bias CR1 by a few per cent.
    for name, draws in [*found.items(), *lags.items()]:
        ratio = np.sqrt(np.mean(draws[:, 1] ** 2)) / draws[:, 0].std(ddof=1)
        assert 0.77 < ratio < 1.3, f"{name}: {ratio:.3f}"


@pytest.mark.slow
def test_estimated_shares_add_the_error_of_cohorts_drawn_at_random():
    generator = np.random.default_rng(3)
    draws = []
    time = np.arange(1, 5)
    for _ in range(120):
        first = generator.choice([2.0, 3.0, np.nan], size=60, p=[0.3, 0.3, 0.4])
        # Effects of 0 and 6: who happens to be in which cohort moves the average.
        effect = np.where(first == 2.0, 6.0, 0.0)[:, None] * (time >= first[:, None])
        y = effect + 0.5 * generator.normal(size=(60, 4))
        data = pd.DataFrame(
            {
                "unit": np.repeat(np.arange(60), 4),
                "time": np.tile(time, 60),
                "first": np.repeat(first, 4),
                "y": y.ravel(),
            }
        )
        fixed, estimated = (
            quietly(did.sun_abraham, data, **ROLES, cohort_shares=shares) for shares in ("fixed", "estimated")
        )
        draws.append(
            [fixed.path.effects["0"].estimate, fixed.path.effects["0"].std_error, estimated.path.effects["0"].std_error]
        )
    draws = np.array(draws)
    spread = draws[:, 0].std(ddof=1)
    assert 0.82 < np.sqrt(np.mean(draws[:, 2] ** 2)) / spread < 1.2
    assert np.sqrt(np.mean(draws[:, 1] ** 2)) / spread < 0.5
