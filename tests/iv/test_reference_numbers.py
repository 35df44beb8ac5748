"""Estimates, standard errors and tests against linearmodels and R (AER, sandwich), in every convention."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest

from causalkit import iv
from causalkit.errors import CausalkitWarning
from tests.iv.cases import GOLDEN, frame, roles

MODELS = tuple(GOLDEN)
ONE_REGRESSOR = tuple(name for name in MODELS if GOLDEN[name]["n_endog"] == 1)
OVERIDENTIFIED = tuple(name for name in MODELS if "sargan" in GOLDEN[name])
INDEPENDENT = ("iid0", "iid", "HC0", "HC1")
# Digits that the reference itself does not hold: linearmodels works on raw columns, whose condition number is 1e8.
CARD = "card_exper_endog"


def conventions(name: str) -> tuple[str, ...]:
    return (*INDEPENDENT, "CR0", "CR1") if GOLDEN[name]["spec"]["cl"] else INDEPENDENT


EVERY = [(name, cov_type) for name in MODELS for cov_type in conventions(name)]


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return function(*args, **options)


@cache
def fitted(name: str, cov_type: str, estimator: str = "tsls") -> Any:
    cluster = GOLDEN[name]["spec"]["cl"] if cov_type.startswith("CR") else None
    function = {"tsls": iv.tsls, "liml": iv.liml, "fuller1": iv.fuller}[estimator]
    return quietly(function, frame(name), **roles(name), cluster=cluster, cov_type=cov_type)


def close(got: Any, expected: Any, *, rel: float = 1e-8) -> None:
    np.testing.assert_allclose(np.asarray(got, dtype=float), np.asarray(expected, dtype=float), rtol=rel, atol=0)


@pytest.mark.parametrize(("name", "cov_type"), EVERY)
def test_two_stage_least_squares_equals_the_reference(name, cov_type):
    got, golden = fitted(name, cov_type), GOLDEN[name]["tsls"]
    assert got.sample.n_used == GOLDEN[name]["n"]
    close(got.coefficients.estimates, golden["coef"])
    close(got.coefficients.std_errors, golden["se"][cov_type])


@pytest.mark.parametrize(("name", "cov_type"), EVERY)
def test_least_squares_equals_the_reference_alone_and_beside_the_instrument(name, cov_type):
    golden = GOLDEN[name]["ols"]
    named = {role: columns for role, columns in roles(name).items() if role != "instruments"}
    cluster = GOLDEN[name]["spec"]["cl"] if cov_type.startswith("CR") else None
    alone = iv.ols(frame(name), **named, cluster=cluster, cov_type=cov_type).coefficients
    for got in (alone, fitted(name, cov_type).ols):
        close(got.estimates, golden["coef"])
        if cov_type in golden["se"]:
            close(got.std_errors, golden["se"][cov_type])


@pytest.mark.parametrize(("name", "cov_type"), EVERY)
def test_first_stage_and_reduced_form_equal_the_reference(name, cov_type):
    got, golden = fitted(name, cov_type), GOLDEN[name]
    for j, stage in enumerate(golden["first_stage"]):
        effects = got.first_stage.coefficients[golden["spec"]["D"][j]]
        close(effects.estimates, stage["coef"])
        close(effects.std_errors, stage["se"][cov_type])
        close(got.first_stage.partial_r2[j], stage["partial_r2"])
        close(got.first_stage.f[j], stage["F"][cov_type])
        close(got.first_stage.effective_f[j], stage["F_eff"][cov_type])
    close(got.reduced_form.estimates, golden["reduced_form"]["coef"])
    if cov_type in golden["reduced_form"]["se"]:
        close(got.reduced_form.std_errors, golden["reduced_form"]["se"][cov_type])


@pytest.mark.parametrize("name", ONE_REGRESSOR)
def test_critical_values_of_the_effective_f_equal_the_reference(name):
    golden = GOLDEN[name]["first_stage"][0]["mop_crit"]
    got = fitted(name, "CR1" if GOLDEN[name]["spec"]["cl"] else "HC1").first_stage.critical_values
    close(list(got.values()), list(golden.values()))


@pytest.mark.parametrize("name", ONE_REGRESSOR)
def test_identification_statistics_equal_the_reference(name):
    golden = GOLDEN[name]
    close(fitted(name, "iid").first_stage.cragg_donald, golden["cragg_donald_F"])
    close(fitted(name, "HC1").first_stage.kleibergen_paap, golden["kp_F_HC1"])
    close(fitted(name, "HC0").first_stage.kleibergen_paap_lm, golden["kp_LM_HC0"])
    if golden["spec"]["cl"]:
        close(fitted(name, "CR1").first_stage.kleibergen_paap, golden["kp_F_CR1"])


@pytest.mark.parametrize("estimator", ["liml", "fuller1"])
@pytest.mark.parametrize("name", ONE_REGRESSOR)
def test_liml_and_fuller_equal_the_reference(name, estimator):
    golden = GOLDEN[name]
    for cov_type in conventions(name):
        got = fitted(name, cov_type, estimator)
        close(got.coefficients.estimates, golden[estimator]["coef"])
        if cov_type in golden[estimator]["se"]:
            close(got.coefficients.std_errors, golden[estimator]["se"][cov_type])
    close(fitted(name, "HC1", "liml").kappa, golden["liml_kappa"], rel=1e-12)


def by_name(name: str, cov_type: str) -> dict[str, Any]:
    got = fitted(name, cov_type)
    return {test.name: test for test in (*got.endogeneity, *got.overidentification)}


@pytest.mark.parametrize("name", ONE_REGRESSOR)
def test_tests_of_endogeneity_equal_the_reference(name):
    golden = GOLDEN[name]
    tests = by_name(name, "iid")
    close(tests["Durbin"].statistic, golden["durbin"])
    close(tests["Durbin"].p_value, golden["durbin_p"])
    close(tests["Wu-Hausman"].statistic, golden["wu_hausman"])
    close([tests["Wu-Hausman"].df, tests["Wu-Hausman"].df_denom], golden["wu_hausman_df"])
    close(tests["Wu-Hausman"].p_value, golden["wu_hausman_p"])
    for cov_type in conventions(name):
        close(by_name(name, cov_type)["Wooldridge regression"].statistic, golden["control_fn_wald"][cov_type])
    close(by_name(name, "HC1")["Wooldridge score"].statistic, golden["wooldridge_score"])


def test_a_regressor_that_the_instruments_fix_exactly_is_not_tested():
    # Potential experience is age - education - 6, and age is an instrument: the residuals of the two first stages are
    # one, so that two restrictions are tested, not three. The reference counts three and divides by rounding errors.
    tests = by_name(CARD, "iid")
    data, model = frame(CARD), GOLDEN[CARD]["spec"]

    def standard(columns: list[str]) -> np.ndarray:
        values = data[columns].to_numpy()
        return (values - values.mean(axis=0)) / values.std(axis=0)

    def squares(regressors: np.ndarray) -> float:
        y = data[model["y"]].to_numpy()
        return float(np.sum((y - regressors @ np.linalg.lstsq(regressors, y, rcond=1e-12)[0]) ** 2))

    constant = np.ones((len(data), 1))
    given = np.hstack([constant, standard(model["X"]), standard(model["Z"])])
    d = standard(model["D"])
    residuals = d - given @ np.linalg.lstsq(given, d, rcond=None)[0]
    without = np.hstack([constant, standard(model["X"]), d])
    restricted, full = squares(without), squares(np.hstack([without, residuals[:, [0, 2]]]))
    close(tests["Durbin"].statistic, len(data) * (restricted - full) / restricted)
    assert [tests["Durbin"].df, tests["Wu-Hausman"].df, tests["Wooldridge score"].df] == [2, 2, 2]


@pytest.mark.parametrize("name", OVERIDENTIFIED)
def test_tests_of_overidentification_equal_the_reference(name):
    golden, tests = GOLDEN[name], by_name(name, "HC1")
    close(tests["Sargan"].statistic, golden["sargan"])
    close(tests["Sargan"].p_value, golden["sargan_p"])
    close(tests["Sargan"].df, golden["overid_df"])
    close(tests["Basmann"].statistic, golden["basmann"])
    close(tests["Basmann F"].statistic, golden["basmann_f"])
    close(tests["Anderson-Rubin"].statistic, golden["anderson_rubin_overid"])
    close(tests["Hansen J"].statistic, golden["wooldridge_overid"])
    close(tests["Hansen J"].statistic, golden["gmm2_robust"]["J"])
    if "gmm2_cluster" in golden:
        close(by_name(name, "CR1")["Hansen J"].statistic, golden["gmm2_cluster"]["J"])


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in ONE_REGRESSOR for kind in GOLDEN[name]["ar"]])
def test_anderson_rubin_sets_equal_the_closed_forms(name, kind):
    golden = GOLDEN[name]["ar"][kind]
    cov_type, _, reference = kind.partition("_")
    got = fitted(name, cov_type).anderson_rubin
    got = got.chi_squared() if reference == "chi2" else got
    close(got.statistic(0.0), golden["stat0"])
    parts = [[part.low, part.high] for part in got.conf_int(0.95).parts]
    expected = [[-np.inf if low is None else low, np.inf if high is None else high] for low, high in golden["set"]]
    close(parts, expected)


def test_published_numbers():
    card, mroz = fitted("card_full", "iid"), fitted("mroz_2iv", "iid")
    assert card.estimate == pytest.approx(0.1315038362, abs=5e-11)
    assert card.std_error == pytest.approx(0.0549636726, abs=5e-11)
    assert card.ols["educ"].estimate == pytest.approx(0.07469325559, abs=5e-12)
    assert card.ols["educ"].std_error == pytest.approx(0.003498345658, abs=5e-13)
    assert mroz.estimate == pytest.approx(0.06139662866, abs=5e-12)
    assert mroz.std_error == pytest.approx(0.03143669564, abs=5e-12)
    assert by_name("mroz_2iv", "iid")["Sargan"].statistic == pytest.approx(0.378071342, abs=5e-10)
    assert mroz.first_stage.f[0] == pytest.approx(55.40030043, abs=5e-9)
    assert fitted("mroz_2iv", "iid", "liml").estimate == pytest.approx(0.06119965478, abs=5e-12)


@pytest.mark.parametrize(
    ("options", "std_error"),
    [
        ({"cluster": "st"}, 0.1958242623),
        ({"cluster": "st", "cov_type": "CR0"}, 0.1906895617),
        ({"cov_type": "HC1"}, 0.1969433325),
        ({"cov_type": "iid"}, 0.1711928539),
    ],
)
def test_fixed_effects_equal_pyfixest_and_dummies(options, std_error):
    data = frame("cig_pooled_cluster").assign(year=lambda table: table.y95.astype(int))
    got = quietly(
        iv.tsls,
        data,
        outcome="lp",
        endogenous="lrp",
        instruments=["tdiff", "rtax"],
        exogenous="lri",
        absorb=["st", "year"],
        **options,
    )
    assert got.estimate == pytest.approx(-1.202403373, abs=5e-10)
    assert got.std_error == pytest.approx(std_error, abs=5e-11)


def test_every_coefficient_equals_linearmodels():
    from linearmodels.iv import IV2SLS

    data = frame("mroz_3iv").assign(constant=1.0)
    named = roles("mroz_3iv")
    model = IV2SLS(
        data[named["outcome"]],
        data[["constant", *named["exogenous"]]],
        data[named["endogenous"]],
        data[named["instruments"]],
    )
    for cov_type, theirs in {"HC1": "robust", "iid": "unadjusted"}.items():
        reference = model.fit(cov_type=theirs, debiased=True)
        got = quietly(iv.tsls, frame("mroz_3iv"), **named, cov_type=cov_type, terms="all").coefficients
        labels = list(got.labels)
        assert set(labels) == {"constant", *named["exogenous"], *named["endogenous"]}
        close(got.estimates, reference.params[labels])
        close(got.cov, reference.cov.loc[labels, labels])
