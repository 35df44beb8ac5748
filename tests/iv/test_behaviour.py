"""Bad and odd input, the contract of results, and what must not change the answer."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkit import iv, simulate
from causalkit.errors import CausalkitWarning, DataError, DesignError, DesignWarning, OptionError
from tests.adversarial import Subject, suite
from tests.contract import check_contract

ROLES = {"outcome": "y", "endogenous": "d", "instruments": ["z1", "z2"], "exogenous": ["x"]}
ONE = {"outcome": "y", "endogenous": "d", "instruments": "z", "exogenous": "x"}


def strong(n: int = 300, *, seed: int = 4, **options) -> pd.DataFrame:
    return simulate.instrument(n, n_instruments=2, strength=1.0, rng=seed, **options).data


def single(n: int = 300, *, seed: int = 4, **options) -> pd.DataFrame:
    return simulate.instrument(n, strength=1.0, rng=seed, **options).data


def quietly(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return function(*args, **options)


def numbers(result) -> np.ndarray:
    """What must stay the same: estimate, standard error, effective F, Anderson-Rubin and over-identification."""
    found = [result.estimate, result.std_error, *result.first_stage.effective_f, result.contrast.std_error]
    if result.anderson_rubin is not None:
        found += [end for part in result.anderson_rubin.conf_int(0.9).parts for end in part]
    return np.array([*found, *(test.statistic for test in (*result.endogeneity, *result.overidentification))])


test_bad_and_odd_input_of_two_stage_least_squares = suite(
    Subject(
        call=lambda data, roles, **options: iv.tsls(data, **roles, **options),
        frame=strong(80),
        roles=ROLES,
        numeric=("outcome", "endogenous", "instruments", "exogenous"),
        binary="",
    )
)
test_bad_and_odd_input_of_least_squares = suite(
    Subject(
        call=lambda data, roles, **options: iv.ols(data, **roles, **options),
        frame=strong(80),
        roles={"outcome": "y", "endogenous": "d", "exogenous": ["x"]},
        numeric=("outcome", "endogenous", "exogenous"),
        binary="",
    )
)


def test_results_keep_the_contract():
    data = single()
    check_contract(
        iv.estimate(data, **ONE, exclusion="drawn by lot"),
        make_at_4n=lambda: iv.estimate(pd.concat([data] * 4), **ONE, exclusion="drawn by lot"),
    )
    check_contract(iv.ols(data, outcome="y", endogenous="d", exogenous="x"))
    check_contract(quietly(iv.tsls, single(seed=3, n=60).assign(z=lambda t: t.z * 0 + np.arange(60) % 7), **ONE))
    check_contract(iv.weak_robust(strong(), **ROLES, method="jackknife"))


# --- what cannot be identified, and what is said of it ---


@pytest.mark.parametrize(
    ("change", "roles", "error", "words"),
    [
        ({"z": 1.0}, ONE, DesignError, "'z' is constant"),
        ({"z": lambda t: 2 * t.x - 3}, ONE, DesignError, "'z' is a linear combination of 'x'"),
        ({}, {**ONE, "instruments": []}, OptionError, "at least one column"),
        ({}, {**ONE, "instruments": "d"}, OptionError, "'d' is given two roles"),
        ({}, {**ONE, "instruments": "x"}, OptionError, "'x' is given two roles"),
        ({}, {**ONE, "endogenous": ["d", "x"], "exogenous": None}, DesignError, "1 instrument for 2 endogenous"),
        ({"d": 3.0}, ONE, DesignError, "'d' has the value 3"),
        ({"d": lambda t: 1 - t.x}, ONE, DesignError, "'d' is a linear combination"),
    ],
)
def test_a_model_that_is_not_identified_is_refused_with_its_reason(change, roles, error, words):
    with pytest.raises(error, match=words):
        iv.tsls(single().assign(**change), **roles)


def test_an_instrument_that_moves_nothing_at_all_is_refused():
    d = np.tile([0.0, 1.0], 40)
    data = pd.DataFrame({"y": np.arange(80.0), "d": d, "z": np.repeat([0.0, 1.0], 40)})
    with pytest.raises(DesignError, match="do not move 'd' at all"):
        iv.tsls(data, outcome="y", endogenous="d", instruments="z")


def test_more_columns_than_rows_are_refused_with_the_count():
    with pytest.raises(DesignError, match=r"4 rows for 4 parameters"):
        iv.tsls(strong().head(4), **ROLES)
    with pytest.raises(DesignError, match=r"20 rows for 32 parameters \(2 exogenous with the constant, 30 instruments"):
        iv.tsls(
            simulate.instrument(20, n_instruments=30, rng=0).data,
            **{**ROLES, "instruments": [f"z{j}" for j in range(1, 31)]},
        )


@pytest.mark.parametrize("n", [1, 2, 3])
def test_too_few_rows_are_told_by_their_number_not_as_a_lack_of_variation(n):
    with pytest.raises(DesignError, match=f"{n} rows? for 3 parameters"):
        iv.tsls(single().head(n), **ONE)
    with pytest.raises(DesignError, match=f"{n} rows? for 3 parameters"):
        iv.ols(single().head(n), outcome="y", endogenous="d", exogenous="x")


def test_of_instruments_left_out_the_columns_they_repeat_are_named():
    data = strong().assign(sum=lambda t: t.x + 100 * t.z1, flat=7.3, g=np.arange(300) % 6, of_g=lambda t: t.g**2.0)
    with pytest.warns(DesignWarning, match="'sum' is a linear combination of 'x', 'z1'; 'flat' is constant"):
        iv.tsls(data, **{**ROLES, "instruments": ["z1", "sum", "z2", "flat"]})
    with pytest.warns(DesignWarning, match="'of_g' is constant within the levels of 'g'"):
        iv.tsls(data, **{**ROLES, "instruments": ["z1", "of_g"]}, absorb="g")


def test_a_duplicated_instrument_is_left_out_by_name_and_changes_nothing():
    data = strong().assign(copy=lambda t: t.z1)
    with pytest.warns(DesignWarning, match="instruments left out: 'copy' is a linear combination of 'z1'"):
        got = iv.tsls(data, **{**ROLES, "instruments": ["z1", "copy", "z2"]})
    np.testing.assert_allclose(numbers(got), numbers(iv.tsls(data, **ROLES)), rtol=1e-9)


def test_a_collinear_control_is_left_out_by_name_and_changes_nothing():
    data = strong().assign(twice=lambda t: 2 * t.x + 1)
    with pytest.warns(DesignWarning, match="exogenous 'twice' left out"):
        got = iv.tsls(data, **{**ROLES, "exogenous": ["x", "twice"]})
    np.testing.assert_allclose(numbers(got), numbers(iv.tsls(data, **ROLES)), rtol=1e-9)


def test_weak_instruments_are_said_and_the_anderson_rubin_set_takes_the_headline():
    data = simulate.instrument(200, n_instruments=2, strength=0.1, rng=1).data
    with pytest.warns(DesignWarning, match="Weak instruments: effective F"):
        got = iv.tsls(data, **ROLES)
    assert got.uses_anderson_rubin
    assert got.conf_int(0.9) == got.anderson_rubin.conf_int(0.9)
    assert got.checks["relevance"].verdict in {"questionable", "violated"}


def test_with_one_instrument_the_anderson_rubin_set_is_the_headline_at_any_strength():
    got = iv.tsls(single(), **ONE)
    assert got.uses_anderson_rubin
    assert not got.first_stage.is_weak


def test_with_several_strong_instruments_the_wald_interval_is_the_headline():
    got = iv.tsls(strong(), **ROLES)
    assert not got.uses_anderson_rubin
    assert got.conf_int() == got.wald.conf_int()


def test_a_probit_first_stage_is_refused_with_the_reason():
    for function in (iv.tsls, iv.estimate):
        with pytest.raises(OptionError, match="forbidden regression"):
            function(single(), **ONE, first_stage="probit")


def test_several_weakly_moved_regressors_are_said_without_a_remedy_that_is_not_there():
    data = strong().assign(d2=lambda t: np.random.default_rng(0).normal(size=len(t)))
    with pytest.warns(DesignWarning, match="smallest conditional F.*find stronger instruments"):
        iv.tsls(data, **{**ROLES, "endogenous": ["d", "d2"]})


def test_a_list_of_one_endogenous_column_is_that_column():
    one, listed = (iv.weak_robust(single(), **{**ONE, "endogenous": each}) for each in ("d", ["d"]))
    assert one.conf_int() == listed.conf_int()
    with pytest.raises(OptionError, match="must be one column"):
        iv.weak_robust(strong(), **{**ROLES, "endogenous": ["d", "x"], "exogenous": None})


def test_the_argument_for_exclusion_is_printed_and_so_is_its_absence():
    told = iv.tsls(single(), **ONE, exclusion="The queue rule is blind to spending.")
    assert "The queue rule is blind to spending." in " ".join(told.summary().split())
    assert "no argument was given" in " ".join(iv.tsls(single(), **ONE).summary().split())
    assert told.checks["exclusion"].verdict == "untestable"


def test_clusters_and_conventions_that_contradict_each_other_are_refused():
    data = single().assign(g=lambda t: np.arange(len(t)) % 30, t=range(300))
    with pytest.raises(OptionError, match="needs cluster="):
        iv.tsls(data, **ONE, cov_type="CR1")
    with pytest.raises(OptionError, match="takes rows as independent"):
        iv.tsls(data, **ONE, cov_type="HC1", cluster="g")
    with pytest.raises(OptionError, match="two answers to one question"):
        iv.tsls(data, **ONE, cov_type=iv.NeweyWest(time="t", lags=2), cluster="g")
    with pytest.raises(DesignError, match="same value in all rows"):
        iv.tsls(data.assign(g=1), **ONE, cluster="g")
    with pytest.warns(DesignWarning, match="5 clusters of 'g'"):
        iv.tsls(data.assign(g=data.g % 5), **ONE, cluster="g")


def test_negative_weights_are_counted():
    with pytest.raises(DataError, match=r"negative in 1 row \(2\)"):
        iv.tsls(single().assign(w=[1.0, 1.0, -1.0, *[1.0] * 297]), **ONE, weights="w")


def test_an_outcome_fitted_exactly_is_said():
    with pytest.warns(DesignWarning, match="fitted exactly"):
        got = iv.tsls(single().assign(y=lambda t: 3 * t.d), **ONE)
    assert got.estimate == pytest.approx(3.0, rel=1e-12)


@pytest.mark.parametrize("y", [5.0, lambda t: 3 * t.d + t.x])
def test_moments_without_variance_are_refused_and_the_jackknife_says_what_it_met(y):
    data = strong().assign(y=y)
    for function in (iv.gmm, iv.cue):
        with pytest.raises(DesignError, match="the moments have no variance"):
            function(data, **ROLES)
    with pytest.warns(DesignWarning, match="fitted exactly"):
        iv.jive(data, **ROLES)


# --- invariances ---


def test_a_cluster_for_each_row_equals_independent_rows():
    data = single().assign(g=range(300))
    by_row = iv.tsls(data, **ONE, cluster="g", cov_type="CR0")
    assert by_row.std_error == pytest.approx(iv.tsls(data, **ONE, cov_type="HC0").std_error, rel=1e-12)


def test_newey_west_without_lags_equals_independent_rows_and_with_lags_the_sum_by_hand():
    data = single().assign(t=np.random.default_rng(0).permutation(300))
    none = iv.tsls(data, **ONE, cov_type=iv.NeweyWest(time="t", lags=0))
    assert none.std_error == pytest.approx(iv.tsls(data, **ONE).std_error, rel=1e-12)
    two = iv.tsls(data, **ONE, cov_type=iv.NeweyWest(time="t", lags=2, debiased=False))
    ordered = data.sort_values("t")
    w = np.column_stack([np.ones(300), ordered.x])
    z, d, y = ((ordered[c] - w @ np.linalg.lstsq(w, ordered[c], rcond=None)[0]).to_numpy() for c in ("z", "d", "y"))
    s = z * (y - d * two.estimate)
    meat = s @ s + sum(2 * (1 - lag / 3) * (s[lag:] @ s[:-lag]) for lag in (1, 2))
    assert two.std_error == pytest.approx(np.sqrt(meat) / abs(z @ d), rel=1e-10)


def test_two_way_clusters_equal_linearmodels():
    from linearmodels.iv import IV2SLS

    rng = np.random.default_rng(2)
    data = single(600).assign(g=rng.integers(0, 40, 600), h=rng.integers(0, 30, 600), one=1.0)
    data["y"] += rng.normal(size=40)[data.g] + rng.normal(size=30)[data.h]
    model = IV2SLS(data.y, data[["one", "x"]], data[["d"]], data[["z"]])
    theirs = model.fit(cov_type="clustered", clusters=data[["g", "h"]], debiased=False)
    got = iv.tsls(data, **ONE, cluster=["g", "h"], cov_type="CR0")
    assert got.std_error == pytest.approx(float(theirs.std_errors["d"]), rel=1e-9)
    assert got.sample.n_clusters == 30


def test_weights_of_one_and_any_scale_of_weights_change_nothing():
    data = single().assign(one=1.0, w=np.random.default_rng(1).uniform(0.5, 2, 300))
    np.testing.assert_allclose(numbers(iv.tsls(data, **ONE, weights="one")), numbers(iv.tsls(data, **ONE)), rtol=1e-9)
    a, b = (iv.tsls(data.assign(w=data.w * k), **ONE, weights="w") for k in (1, 1e5))
    np.testing.assert_allclose(numbers(a), numbers(b), rtol=1e-9)


def test_weights_equal_linearmodels():
    from linearmodels.iv import IV2SLS

    data = strong().assign(one=1.0, w=np.random.default_rng(1).uniform(0.5, 2, 300))
    model = IV2SLS(data.y, data[["one", "x"]], data[["d"]], data[["z1", "z2"]], weights=data.w)
    for ours, theirs in {"iid": "unadjusted", "HC1": "robust"}.items():
        got = iv.tsls(data, **ROLES, weights="w", cov_type=ours)
        reference = model.fit(cov_type=theirs, debiased=True)
        assert got.estimate == pytest.approx(float(reference.params["d"]), rel=1e-10)
        assert got.std_error == pytest.approx(float(reference.std_errors["d"]), rel=1e-10)


def test_duplicated_rows_leave_the_estimate_and_hc0_shrinks_by_the_root():
    data = strong()
    once, twice = (iv.tsls(each, **ROLES, cov_type="HC0") for each in (data, pd.concat([data, data])))
    assert twice.estimate == pytest.approx(once.estimate, rel=1e-12)
    assert twice.std_error == pytest.approx(once.std_error / 2**0.5, rel=1e-10)


def test_the_treatment_as_its_own_instrument_is_least_squares():
    data = single().assign(copy=lambda t: t.d)
    with pytest.warns(DesignWarning, match="this is least squares"):
        got = iv.tsls(data, **{**ONE, "instruments": "copy"})
    ols = iv.ols(data, outcome="y", endogenous="d", exogenous="x")
    assert got.estimate == pytest.approx(ols.estimate, rel=1e-12)
    assert got.std_error == pytest.approx(ols.std_error, rel=1e-10)


def test_just_identified_liml_is_two_stage_least_squares():
    liml, tsls = iv.liml(single(), **ONE), iv.tsls(single(), **ONE)
    np.testing.assert_allclose(numbers(liml), numbers(tsls), rtol=1e-9)


def test_kappa_zero_is_least_squares():
    got = iv.k_class(strong(), **ROLES, kappa=0.0)
    assert got.estimate == pytest.approx(got.ols["d"].estimate, rel=1e-12)


def test_partialling_the_controls_out_first_changes_nothing_but_degrees_of_freedom():
    data = strong()
    w = np.column_stack([np.ones(len(data)), data.x])
    left = data.apply(lambda column: column - w @ np.linalg.lstsq(w, column, rcond=None)[0])
    a = iv.tsls(data, **ROLES, cov_type="HC0")
    b = iv.tsls(left, **{**ROLES, "exogenous": None}, cov_type="HC0")
    assert b.estimate == pytest.approx(a.estimate, rel=1e-12)
    assert b.std_error == pytest.approx(a.std_error, rel=1e-10)


def test_absorbed_effects_equal_dummies():
    rng = np.random.default_rng(5)
    data = strong().assign(g=rng.integers(0, 8, 300), h=rng.integers(0, 6, 300), w=rng.uniform(0.5, 2, 300))
    dummies = pd.get_dummies(data[["g", "h"]].astype(str), drop_first=True, dtype=float)
    wide = pd.concat([data, dummies], axis=1)
    listed = iv.tsls(wide, **{**ROLES, "exogenous": ["x", *dummies]}, weights="w")
    np.testing.assert_allclose(
        numbers(iv.tsls(data, **ROLES, absorb=["g", "h"], weights="w")), numbers(listed), rtol=1e-8
    )


@settings(max_examples=15)
@given(
    order=st.integers(0, 1000),
    mixing=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    shift=st.floats(-1e3, 1e3),
    scale=st.sampled_from([1e-6, 0.3, 7.0, 1e6]),
)
def test_rows_instruments_and_controls_may_be_rearranged(order, mixing, shift, scale):
    data = strong()
    changed = data.iloc[np.random.default_rng(order).permutation(len(data))]
    a, b = mixing
    changed = changed.assign(
        z1=scale * (data.z1 + a * data.z2) + b * data.x + shift, z2=data.z2 - shift, x=shift - scale * data.x
    )
    for function in (iv.tsls, iv.liml, partial(iv.tsls, cov_type="iid")):
        np.testing.assert_allclose(numbers(function(changed, **ROLES)), numbers(function(data, **ROLES)), rtol=1e-7)


@settings(max_examples=10)
@given(gain=st.sampled_from([-2.0, 1e-3, 1e4]), stretch=st.sampled_from([-0.5, 3.0]), slope=st.floats(-5, 5))
def test_outcome_and_treatment_rescale_the_answer(gain, stretch, slope):
    data = single()
    base = iv.tsls(data, **ONE)
    got = iv.tsls(data.assign(y=gain * data.y + slope * data.x + 5, d=stretch * data.d - 1), **ONE)
    ratio = gain / stretch
    assert got.estimate == pytest.approx(ratio * base.estimate, rel=1e-9)
    assert got.std_error == pytest.approx(abs(ratio) * base.std_error, rel=1e-9)
    ends = sorted(ratio * end for end in base.conf_int())
    np.testing.assert_allclose(list(got.conf_int()), ends, rtol=1e-8)


@pytest.mark.parametrize("column", ["y", "d", "z1", "z2", "x"])
def test_adding_a_billion_to_a_column_leaves_twelve_digits(column):
    # Eighths, so that the shifted column holds the same information.
    data = (strong(2_000) * 8).round() / 8
    base, got = (iv.tsls(each, **ROLES) for each in (data, data.assign(**{column: data[column] + 1e9})))
    assert got.estimate == pytest.approx(base.estimate, rel=1e-12)
    assert got.std_error == pytest.approx(base.std_error, rel=1e-12)
    np.testing.assert_allclose(numbers(got), numbers(base), rtol=1e-10)


@pytest.mark.parametrize("function", [iv.liml, iv.fuller, iv.jive, iv.gmm])
def test_adding_a_billion_to_all_columns_leaves_twelve_digits_of_every_estimator(function):
    data = (strong(1_000) * 8).round() / 8
    base, got = (function(each, **ROLES) for each in (data, data + 1e9))
    assert got.estimate == pytest.approx(base.estimate, rel=1e-12)
    assert got.std_error == pytest.approx(base.std_error, rel=1e-12)


def test_the_anderson_rubin_set_contains_exactly_what_its_test_does_not_reject():
    for seed in range(12):
        data = simulate.instrument(60, n_instruments=3, strength=0.4, heteroskedasticity=0.4, rng=seed).data
        got = quietly(iv.tsls, data, outcome="y", endogenous="d", instruments=["z1", "z2", "z3"]).anderson_rubin
        found = got.conf_int(0.9)
        for value in np.r_[np.linspace(-20, 20, 400), -1e6, 1e6]:
            assert (value in found) == (got.p_value(value) >= 0.1)
        for part in found.parts:
            for end in part:
                assert np.isinf(end) or got.p_value(end) == pytest.approx(0.1, rel=1e-9)
