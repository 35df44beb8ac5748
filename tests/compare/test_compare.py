"""Results side by side: what is shown, what is said first, and what is not claimed."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from causalkit import compare
from causalkit._compare import Comparison
from causalkit.errors import DataError, DesignError, OptionError
from causalkit.results import Sample
from tests.decide.cases import TWO_RAYS, effect, result

HOSTILE = "<img src=x onerror=alert(1)> $x$ |a| =1+1 指标"


def three() -> Comparison:
    instrumented = result(0.9, 0.6, estimand="LATE", checks={"relevance": "violated", "exclusion": "untestable"})
    return compare(
        {"OLS, all controls": result(checks={"overlap": "questionable", "balance": "supported"})},
        IV=replace(instrumented, sample=Sample(n_rows=400, n_used=380), method="Two-stage least squares"),
        weak=result(effect=effect(4.0, 1.0, uncertainty=TWO_RAYS, estimand="LATE")),
    )


def test_the_table_repeats_what_each_result_says():
    comparison, level = three(), 0.9
    table = comparison.table(level)
    for row, (label, each) in enumerate(comparison.results.items()):
        assert table["term"][row] == label
        assert table["estimate"][row] == each.estimate
        assert table["std_error"][row] == each.std_error
        assert table["p_value"][row] == each.p_value
        assert table["n_used"][row] == each.sample.n_used
        assert table["violated"][row] == len(each.checks.with_verdict("violated"))
        if len(each.conf_int(level).parts) == 1:
            assert [table["conf_low"][row], table["conf_high"][row]] == list(each.conf_int(level))
        else:
            assert table["conf_set"][row] == each.conf_int(level).format()
            assert math.isnan(table["conf_low"][row])
    assert "conf_set" not in compare(a=result(), b=result()).table().columns


def test_the_frame_is_of_the_library_that_the_data_came_in():
    polars = replace(result(), backend="polars")
    assert isinstance(compare(a=polars, b=result()).to_frame(), pl.DataFrame)
    frame = three().to_frame()
    assert list(frame["term"]) == ["OLS, all controls", "IV", "weak"]


def test_what_differs_is_said_before_the_numbers():
    comparison = three()
    notes = comparison.notes
    assert notes[0] == "IV: no causal reading, violated: relevance."
    assert "These answer different questions: ATE and LATE. That they differ is no contradiction." in notes
    assert any("different numbers of rows (400 and 380)" in each for each in notes)
    text = comparison.summary()
    assert text.index("different questions") < text.index("Estimates")
    other = compare(a=result(), b=result(outcome="spend", treatment="service"))
    assert "These are effects on different outcomes: orders and spend." in other.notes
    assert "These are effects of different treatments: promo and service." in other.notes
    assert compare(a=result(), b=result(0.1, 0.2)).notes == ()


@pytest.mark.parametrize(
    "comparison", [three(), compare({HOSTILE: result(outcome=HOSTILE), "b": result(0.1, math.nan)})]
)
def test_views_hold_the_labels_and_escape_them(comparison):
    text = comparison.summary(0.9)
    assert max(map(len, text.splitlines())) <= 80
    assert "90% interval" in text
    assert str(comparison) == comparison.summary()
    assert "<img" not in comparison._repr_html_()
    assert "<img" not in comparison.to_markdown().replace("\\<", "")
    assert "$x$" not in comparison.to_latex()
    assert comparison.title().startswith("What is the effect of promo")
    assert "nan" not in text
    assert comparison.to_dict()["results"].keys() == comparison.results.keys()


def test_json_and_pickle_give_back_an_equal_comparison():
    comparison = three()
    assert Comparison.from_json(comparison.to_json()) == comparison
    assert pickle.loads(pickle.dumps(comparison)) == copy.deepcopy(comparison) == comparison  # noqa: S301 - our own bytes
    with pytest.raises(DataError, match="holds a Result, not a Comparison"):
        Comparison.from_json(result().to_json())


def test_a_difference_needs_the_covariance_stated():
    comparison = compare(a=result(2.0, 0.3), b=result(1.2, 0.4))
    with pytest.raises(TypeError, match="covariance"):
        comparison.difference("a", "b")
    independent = comparison.difference("a", "b", covariance=0.0)
    assert independent.estimate == pytest.approx(0.8)
    assert independent.std_error == pytest.approx(0.5, rel=1e-14)
    assert independent.df == math.inf
    together = comparison.difference("a", "b", covariance=0.1)
    assert together.std_error == pytest.approx(math.sqrt(0.09 + 0.16 - 0.2), rel=1e-14)
    assert comparison.difference("b", "a", covariance=0.0).estimate == pytest.approx(-0.8)


def test_a_difference_of_independent_samples_is_welchs_test():
    rng = np.random.default_rng(2)
    x, y = rng.normal(0, 1, 12), rng.normal(0.5, 3, 7)
    means = [result(float(v.mean()), float(v.std(ddof=1) / math.sqrt(v.size)), df=float(v.size - 1)) for v in (x, y)]
    gap = compare(x=means[0], y=means[1]).difference("x", "y", covariance=0.0)
    from scipy import stats

    welch = stats.ttest_ind(x, y, equal_var=False)
    assert gap.df == pytest.approx(welch.df, rel=1e-12)
    assert gap.p_value == pytest.approx(welch.pvalue, rel=1e-12)
    assert compare(x=means[0], y=means[1]).difference("x", "y", covariance=0.01).df == 6.0


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (compare, OptionError, "at least two results; got 0"),
        (lambda: compare(a=result()), OptionError, "at least two results; got 1"),
        (lambda: compare(a=result(), b=0.8), OptionError, "'b' must be what a method of causalkit returned; got float"),
        (lambda: compare(result(), b=result()), OptionError, "Give each result a label"),
        (lambda: compare([result(), result()]), OptionError, "Give each result a label"),
        (lambda: compare({"a": result()}, a=result()), OptionError, "'a' are used twice"),
        (lambda: compare({3: result(), "b": result()}), OptionError, "label 3 must be a string"),
        (lambda: compare({"": result(), "b": result()}), OptionError, "label '' must be a string"),
        (lambda: three()["OLS"], OptionError, "There is no result 'OLS'"),
        (lambda: three()["weka"], OptionError, "Did you mean 'weak'"),
        (lambda: three().difference("weak", "IV", covariance=0.0), DesignError, "'weak' is not its estimate plus or"),
        (lambda: three().difference("IV", "IV", covariance=9.0), OptionError, "covariance=9.0 is larger"),
        (lambda: three().table(95), OptionError, r"level=0\.95"),
    ],
)
def test_a_mistake_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_length_and_access():
    comparison = three()
    assert len(comparison) == 3
    assert comparison["IV"].effect.estimand == "LATE"
    assert repr(comparison) == "<Comparison OLS, all controls 0.8, IV 0.9, weak 4>"
