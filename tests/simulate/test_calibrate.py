"""Calibration: figures checked by hand, known estimators judged rightly, failures named."""

from __future__ import annotations

import math
import pickle
import re
import warnings
from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from causalkit import simulate
from causalkit.errors import DataWarning, DesignError, OptionError
from causalkit.simulate._calibration import wilson
from tests.simulate import estimators as known


def calibrate(estimator, *, estimand="mean", n_sim=400, rng=20, **options):
    return simulate.calibrate(estimator, known.normals, estimand=estimand, n_sim=n_sim, rng=rng, **options)


def test_the_figures_are_those_computed_by_hand_from_the_same_draws():
    got = calibrate(known.t_interval, n_sim=50, level=0.9)
    draws = [known.normals(got.replay(i)).data for i in range(50)]
    error = np.array([x.mean() - 3 for x in draws])
    se = np.array([x.std(ddof=1) / 12**0.5 for x in draws])
    half = 1.7958848187036691 * se  # t quantile 0.95 with 11 degrees of freedom, R 4.2 qt(0.95, 11)
    assert got.truth == 3.0
    assert got.bias == pytest.approx(error.mean(), rel=1e-12)
    assert got.sd == pytest.approx(error.std(ddof=1), rel=1e-12)
    assert got.bias_error == pytest.approx(error.std(ddof=1) / 50**0.5, rel=1e-12)
    assert got.rmse == pytest.approx(np.mean(error**2) ** 0.5, rel=1e-12)
    assert got.mean_std_error == pytest.approx(se.mean(), rel=1e-12)
    assert got.std_error_ratio == pytest.approx(se.mean() / error.std(ddof=1), rel=1e-12)
    assert got.std_error_ratio_error == pytest.approx(got.std_error_ratio / 98**0.5, rel=1e-12)
    assert got.coverage == np.mean(np.abs(error) <= half)
    assert got.mean_length == pytest.approx(2 * half.mean(), rel=1e-9)
    assert (got.n_sim, got.n_failed, got.n_unbounded, got.failures, got.warnings) == (50, 0, 0, (), ())


def test_an_exact_interval_covers_at_its_level():
    got = calibrate(known.t_interval, n_sim=1000)
    # Four binomial standard errors.
    assert abs(got.coverage - 0.95) <= 4 * (0.95 * 0.05 / 1000) ** 0.5
    assert abs(got.bias) <= 4 * got.bias_error
    # E[s] / sigma for 12 normal draws: sqrt(2 / 11) * Gamma(6) / Gamma(5.5).
    assert abs(got.std_error_ratio - 0.9775593518547723) <= 4 * got.std_error_ratio_error
    assert "no evidence of bias" in got.summary()
    assert "no evidence against" in got.summary()


def test_half_the_standard_error_is_found_out():
    got = calibrate(known.half_the_std_error)
    assert abs(got.std_error_ratio - 0.49) < 0.07
    assert got.coverage_high < 0.8
    assert "too narrow" in got.summary()


def test_a_bias_is_found_out():
    got = calibrate(known.one_too_high)
    assert got.bias == pytest.approx(1.0, abs=4 * got.bias_error)
    assert "biased (z" in got.summary()
    assert got.rmse == pytest.approx(math.sqrt(got.bias**2 + got.sd**2 * (400 - 1) / 400), rel=1e-12)


def test_a_truth_that_varies_is_compared_with_its_own_estimate():
    got = calibrate(known.t_interval, estimand="sample mean", n_sim=60)
    assert (got.bias, got.sd, got.coverage) == (0.0, 0.0, 1.0)
    assert got.truth != 3.0
    assert got.std_error_ratio == math.inf
    assert "the same error every time" in got.summary()
    assert "too wide" in calibrate(known.t_interval, estimand="sample mean", n_sim=100).summary()


def test_failures_and_warnings_are_counted_named_and_left_out():
    got = calibrate(known.fails_when_the_first_is_negative, n_sim=300)
    draws = [known.normals(got.replay(i)).data for i in range(300)]
    raised = [i for i, x in enumerate(draws) if x[0] < 0]
    not_finite = [i for i, x in enumerate(draws) if x[0] >= 0 and x[1] < 0]
    warned = [i for i, x in enumerate(draws) if x[0] >= 0 and x[1] >= 0 and x[2] < 0]
    assert got.n_failed == len(raised) + len(not_finite) > 0
    by_kind = {each.kind: each for each in got.failures}
    assert set(by_kind) == {"DesignError", "ArithmeticError"}
    assert (by_kind["DesignError"].count, by_kind["DesignError"].first) == (len(raised), raised[0])
    assert by_kind["DesignError"].message == f"the first is {draws[raised[0]][0]:.3f}"
    assert by_kind["ArithmeticError"].message == "the estimate is nan"
    assert got.failures[0].count >= got.failures[1].count
    (warning,) = got.warnings
    assert (warning.kind, warning.count, warning.first) == ("DataWarning", len(warned), warned[0])
    assert warning.message == "the third is negative"
    used = [x.mean() - 3 for x in draws if x[0] >= 0 and x[1] >= 0]
    assert got.bias == pytest.approx(np.mean(used), rel=1e-12)
    assert got.bias_error == pytest.approx(np.std(used, ddof=1) / len(used) ** 0.5, rel=1e-12)
    assert got.coverage * len(used) == pytest.approx(round(got.coverage * len(used)), abs=1e-9)
    assert re.search(rf"Failed in {len(raised)} of 300 .*DesignError", got.summary())
    assert re.search(rf"Warned in {len(warned)} of 300 .*DataWarning", got.summary())


def test_warnings_of_the_estimator_neither_escape_nor_change_the_filters():
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        calibrate(known.fails_when_the_first_is_negative, n_sim=100)
    assert caught == []
    assert warnings.filters == before
    with pytest.warns(DataWarning):
        warnings.warn("still heard", DataWarning, stacklevel=1)


def test_an_estimator_that_always_fails_is_an_error_with_its_cause():
    with pytest.raises(DesignError, match=r"failed in 10 of 10 replications; in replication 0: ZeroDivisionError") as e:
        calibrate(known.always_fails, n_sim=10)
    assert isinstance(e.value.__cause__, ZeroDivisionError)


def test_an_error_of_the_generator_is_the_users_to_see():
    with pytest.raises(LookupError, match="the generator itself is broken"):
        simulate.calibrate(known.t_interval, known.broken_generator, estimand="mean", n_sim=10, rng=1)


@pytest.mark.parametrize("n_sim", [7, 41])
def test_the_numbers_depend_on_the_seed_and_not_on_the_processes(n_sim):
    alone = calibrate(known.fails_when_the_first_is_negative, n_sim=n_sim)
    assert calibrate(known.fails_when_the_first_is_negative, n_sim=n_sim, n_jobs=2) == alone
    assert calibrate(known.fails_when_the_first_is_negative, n_sim=n_sim, rng=21) != alone
    assert calibrate(known.fails_when_the_first_is_negative, n_sim=n_sim, rng=np.random.default_rng(20)) == alone


def test_a_generator_moves_on_from_call_to_call():
    rng = np.random.default_rng(20)
    assert calibrate(known.t_interval, n_sim=5, rng=rng) != calibrate(known.t_interval, n_sim=5, rng=rng)


def test_the_first_replications_do_not_depend_on_how_many_follow():
    few, many = (calibrate(known.t_interval, n_sim=n) for n in (3, 30))
    assert [few.replay(i).random() for i in range(3)] == [many.replay(i).random() for i in range(3)]


def test_a_function_that_cannot_be_sent_to_other_processes_is_refused_with_the_way_out():
    with pytest.raises(OptionError, match=r"estimator=.*lambda.*cannot be sent to another process.*use n_jobs=1"):
        calibrate(lambda values: known.Estimate(values.mean(), 1.0), n_sim=4, n_jobs=2)


def test_a_function_written_at_a_prompt_is_refused_with_the_way_out(monkeypatch):
    import __main__

    def typed(values):
        return known.t_interval(values)

    typed.__module__, typed.__qualname__ = "__main__", "typed"
    monkeypatch.setattr(__main__, "typed", typed, raising=False)
    monkeypatch.setattr(__main__, "__file__", "<stdin>", raising=False)
    with pytest.raises(OptionError, match=r"notebook cell or at a prompt.*use n_jobs=1"):
        calibrate(typed, n_sim=4, n_jobs=2)


def test_a_process_that_dies_is_an_error_and_not_a_hang():
    with pytest.raises(OptionError, match=r"n_jobs=2: a process died"):
        calibrate(known.dies, n_sim=4, n_jobs=2)


def test_errors_of_other_processes_arrive():
    with pytest.raises(LookupError, match="the generator itself is broken"):
        simulate.calibrate(known.t_interval, known.broken_generator, estimand="mean", n_sim=4, rng=1, n_jobs=2)


class Outside:
    """Everything but (2, 4)."""

    def contains(self, value):
        return not 2 < value < 4


class Union:
    width = math.inf

    def __contains__(self, value):
        return value < 2.5 or value > 2.9


@pytest.mark.parametrize(
    ("interval", "coverage", "length", "n_unbounded"),
    [
        ((2.5, 3.5), 1.0, 1.0, 0),
        ([2.5, 3.0], 1.0, 0.5, 0),
        (np.array([3.5, 4.0]), 0.0, 0.5, 0),
        (known.Ends(-math.inf, 3.5), 1.0, math.inf, 10),
        (Outside(), 0.0, math.nan, 0),
        (Union(), 1.0, math.inf, 10),
    ],
)
def test_intervals_pairs_and_sets_are_understood(interval, coverage, length, n_unbounded):
    def estimator(values):
        return SimpleNamespace(estimate=values.mean(), std_error=1.0, conf_int=lambda level: interval)

    got = calibrate(estimator, n_sim=10)
    assert (got.coverage, got.n_unbounded) == (coverage, n_unbounded)
    assert got.mean_length == pytest.approx(length, nan_ok=True)


def test_the_intervals_of_our_own_results_are_understood():
    from causalkit.results import Effect, Interval, IntervalUnion

    def effect(values):
        return Effect(estimand="mean", estimate=values.mean(), std_error=2 / 12**0.5)

    normal = calibrate(effect, n_sim=400)
    assert abs(normal.coverage - 0.95) <= 4 * (0.95 * 0.05 / 400) ** 0.5
    assert normal.mean_length == pytest.approx(2 * 1.959963984540054 * 2 / 12**0.5, rel=1e-12)
    two_rays = IntervalUnion((Interval(-math.inf, 1.0), Interval(2.0, math.inf)))
    union = calibrate(
        lambda values: SimpleNamespace(estimate=1.0, std_error=1.0, conf_int=lambda level: two_rays), n_sim=5
    )
    assert (union.coverage, union.n_unbounded) == (1.0, 5)


def test_an_interval_that_is_not_a_number_is_a_failure():
    def estimator(values):
        ends = (math.nan, math.nan) if values[0] < 3 else (0.0, 1.0)
        return SimpleNamespace(estimate=1.0, std_error=1.0, conf_int=lambda level: ends)

    got = calibrate(estimator, n_sim=40)
    assert got.failures[0].message == "the interval is (nan, nan)"
    assert 0 < got.n_failed < 40


def test_an_interval_that_raises_is_a_failure():
    def no_interval(level):
        raise DesignError("no interval")

    def estimator(values):
        conf_int = no_interval if values[0] < 3 else known.t_interval(values).conf_int
        return SimpleNamespace(estimate=1.0, std_error=1.0, conf_int=conf_int)

    assert calibrate(estimator, n_sim=40).failures[0].kind == "DesignError"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimand": "maen"}, r"estimand='maen' has no known truth here\. Did you mean 'mean'\?.*'sample mean'"),
        ({"estimand": 3}, "estimand=3"),
        ({"n_sim": 1}, "n_sim=1 must be 2 or more"),
        ({"n_sim": 10.0}, "n_sim=10.0 must be a whole number"),
        ({"n_jobs": 0}, "n_jobs=0 must be 1 or more"),
        ({"n_jobs": -1}, "n_jobs=-1 must be 1 or more"),
        ({"level": 95}, r"level=95 must lie strictly between 0 and 1.*level=0\.95"),
        ({"rng": np.random.RandomState(1)}, "legacy RandomState"),
        ({"progress": 1}, "progress=1 must be True or False"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(OptionError, match=message):
        calibrate(known.t_interval, **{"n_sim": 10, **options})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (3.0, r"estimator returned a float without estimate and std_error and conf_int"),
        (SimpleNamespace(estimate=1.0, conf_int=None), "without std_error"),
        (
            SimpleNamespace(estimate=[1.0, 2.0], std_error=1.0, conf_int=lambda level: (0, 1)),
            r"estimate=\[1\.0, 2\.0\]; it must be one number",
        ),
    ],
)
def test_an_estimator_that_returns_something_else_is_refused_at_once(answer, message):
    calls = []

    def estimator(values):
        calls.append(1)
        return answer

    with pytest.raises(OptionError, match=message):
        calibrate(estimator, n_sim=10)
    assert len(calls) == 1


def test_a_generator_that_returns_bare_data_is_refused():
    with pytest.raises(OptionError, match=r"generator returned a ndarray; it must return a Simulation"):
        simulate.calibrate(known.t_interval, lambda rng: rng.normal(size=3), estimand="mean", n_sim=10, rng=1)


def test_nothing_is_printed_by_a_short_run(capfd):
    calibrate(known.t_interval, n_sim=20)
    assert capfd.readouterr() == ("", "")


def test_a_bar_appears_when_patience_ends_unless_it_is_refused(capfd, monkeypatch):
    from causalkit.simulate import _calibrate

    monkeypatch.setattr(_calibrate, "_PATIENCE", 1e-9)
    calibrate(known.slow, n_sim=20)
    out, err = capfd.readouterr()
    assert out == ""
    assert "calibrate" in err
    calibrate(known.slow, n_sim=20, progress=False)
    assert capfd.readouterr() == ("", "")


@given(n=st.integers(1, 5000), share=st.floats(0, 1))
def test_the_wilson_interval_is_that_of_statsmodels(n, share):
    k = round(n * share)
    assert wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), rel=1e-9, abs=1e-12)


def test_the_frame_has_one_row_in_the_library_asked_for():
    got = calibrate(known.t_interval, n_sim=20)
    frame = got.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 1
    assert {name: frame[name][0] for name in frame} == {name: getattr(got, name) for name in frame}
    assert list(got.to_frame(backend="polars").columns) == list(frame.columns)
    assert isinstance(got.to_frame(backend="polars"), pl.DataFrame)


def test_the_texts_fit_and_escape():
    def estimator(values):
        if values[0] < 3:
            raise ValueError("<img onerror=x> " + "long " * 40)
        return known.t_interval(values)

    got = calibrate(estimator, n_sim=40)
    assert all(len(line) <= 80 for line in got.summary().splitlines())
    assert "<img" not in got._repr_html_()
    assert "&lt;img onerror=x&gt;" in got._repr_html_()


def test_it_is_frozen_compares_and_survives_pickling():
    got = calibrate(known.fails_when_the_first_is_negative, n_sim=60)
    with pytest.raises(FrozenInstanceError):
        got.bias = 0.0
    assert pickle.loads(pickle.dumps(got)) == got  # noqa: S301  our own bytes
    with pytest.raises(OptionError, match="replication=60 must be between 0 and 59"):
        got.replay(60)


def test_its_size_does_not_grow_with_the_replications():
    few, many = (len(pickle.dumps(calibrate(known.t_interval, n_sim=n))) for n in (50, 200))
    assert few == many
