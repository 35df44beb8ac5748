"""The summary as text: what it says, in which order, and that it fits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit.results import Checks, Effect, Effects, Fieller, Table
from causalkit.results._format import numbers_text, p_text
from causalkit.results._wrap import display_width, pad, shorten, wrap
from tests.results.toy import CHECKS, toy_result

SUMMARY = """\
What is the effect of used_service on gmv?
==========================================

used_service changes gmv by +2 per unit (95% interval [1.02, 2.98]; ATE).

Estimand  ATE
Sample    97 of 100 rows (40 treated, 57 control); left out: missing age 3
Method    Difference of means, HC1 errors

Estimates
term   estimate  std. error        p  95% interval
ATE       2.000       0.500  <0.0001  [1.020, 2.980]
ATT       1.500       0.600   0.0124  [0.324, 2.676]
crude    -0.750       0.200   0.0002  [-1.142, -0.358]

By stratum
stratum            n  difference
used_service   1,000     1,000.0
inactive      52,000       500.2
Differences of gmv.

Checks
------
supported     overlap
              No evidence against overlap: every stratum has at least 200 users
              of each arm.
questionable  homogeneity (statistic 12.3, df 1, p 0.0004)
              The effect differs across strata, so that one number hides who
              gains.

Not tested
----------
untestable  unmeasured confounding
            Nothing in the data can show it.

Warnings
--------
- Only 5 treated rows in stratum 'x': look at the counts.
"""


def test_the_whole_summary():
    assert toy_result().summary() == SUMMARY


def test_a_violated_check_heads_the_summary():
    violated = CHECKS.checks[0].fields() | {"verdict": "violated"}
    checks = Checks((type(CHECKS.checks[0])(**violated),))
    lines = toy_result(checks=checks).summary().splitlines()
    assert lines[5] == "Do not read this as a causal effect yet. Violated: overlap."


def test_a_result_without_checks_says_so():
    assert "Checks\n------\nNone were made.\n" in toy_result(checks=Checks(())).summary()


def test_the_level_asked_for_heads_the_intervals():
    assert "90% interval" in toy_result().summary(0.9)
    assert "99.9% interval" in toy_result().summary(0.999)


def test_a_set_of_two_rays_stands_in_the_table():
    lift = Fieller(numerator=5.0, denominator=0.5, var_numerator=1.0, var_denominator=1.0, cov=0.0)
    text = toy_result(effect=Effect(estimand="lift", estimate=10.0, std_error=3.0, uncertainty=lift)).summary()
    assert "(-inf, -3.221] or [1.829, inf)" in text


# --- tables ---


def test_a_wide_table_is_continued_below_with_its_labels_and_all_numbers():
    columns = {f"quantity {at}": (1234.5678 + at, -0.5) for at in range(12)}
    text = str(Table("Wide", {"stratum": ("active", "inactive"), **columns}))
    assert all(display_width(line) <= 80 for line in text.splitlines())
    assert text.count("stratum") == text.count("inactive") == 2
    for at in range(12):
        assert f"{1234.5678 + at:,.1f}" in text


def test_a_long_label_is_wrapped_and_after_three_lines_shortened():
    label = " ".join(["several"] * 40)
    text = str(Table("", {"label": (label,), **{f"number {at}": (1.5,) for at in range(6)}}))
    first = [line[:12] for line in text.splitlines()]
    assert sum(cell.startswith("several") for cell in first) == 3
    assert any("..." in line for line in text.splitlines())
    assert all(display_width(line) <= 80 for line in text.splitlines())


def test_decimal_points_stand_under_one_another():
    lines = str(Table("", {"x": ("a", "b", "c"), "y": (1000.0, 0.001234, -22.5)})).splitlines()[1:]
    assert len({line.find(".") for line in lines if "." in line}) == 1


def test_years_have_no_thousands_separator_and_counts_have():
    text = str(Table("", {"year": (2003, 2004), "n": (1500, 12_000)}))
    assert "2003" in text
    assert "1,500" in text


def test_missing_infinite_and_other_cells():
    table = Table("", {"a": (1.5, math.nan, math.inf, -math.inf, None), "b": (True, False, None, "x", 2.5)})
    rows = [line.split() for line in str(table).splitlines()[1:]]
    assert [row[0] for row in rows] == ["1.5", "-", "inf", "-inf", "2.5"]
    assert [row[1] for row in rows[:2]] == ["yes", "no"]


def test_an_empty_table_is_its_head():
    assert str(Table("Nothing", {"a": (), "b": ()})) == "Nothing\na  b"


def test_estimates_share_the_decimals_of_their_errors():
    table = Table("", {"estimate": (1234.5678, 0.02), "std_error": (0.0512, 0.3), "conf_low": (-math.inf, 0.0)})
    assert [line.split() for line in str(table).splitlines()[1:]] == [
        ["1,234.5678", "0.0512", "-inf"],
        ["0.0200", "0.3000", "0.0000"],
    ]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.0, 0.0), ("0", "0")),
        ((-0.0, 1.5), ("0.0", "1.5")),
        ((1e-20, 5.0), ("1e-20", "5")),
        ((1e14, 2.0), ("1e+14", "2")),
        ((-0.0004, 12.5), ("-0.0004", "12.5")),
        ((-895.5, 1.8073), ("-895.500", "1.807")),
        ((123456.0, 0.25), ("123,456.00", "0.25")),
    ],
)
def test_numbers_in_a_column(values, texts):
    assert numbers_text(values) == texts


@pytest.mark.parametrize(
    ("p_value", "text"),
    [(0.5, "0.5000"), (0.00010001, "0.0001"), (0.0000999, "<0.0001"), (0.0, "<0.0001"), (1.0, "1.0000")],
)
def test_p_values(p_value, text):
    assert p_text(p_value) == text


# --- widths ---


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("指标", 4), ("ａｂ", 4), ("e\u0301", 1), ("ﾊﾟ", 2), ("👍", 2), ("a\u200bb", 2), ("", 0)],
)
def test_columns_that_a_text_takes(text, width):
    assert display_width(text) == width


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_nothing_but_white_space(text, width):
    lines = wrap(text, width)
    assert all(display_width(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(4, 40), st.integers(1, 3))
def test_a_limited_number_of_lines_is_kept_and_says_that_it_goes_on(text, width, most):
    lines = wrap(text, width, most=most)
    assert len(lines) <= most
    assert all(display_width(line) <= width for line in lines)
    if len(wrap(text, width)) > most:
        assert lines[-1].endswith("...")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(4, 40))
def test_shortened_and_padded_texts_have_the_width_asked_for(text, width):
    short = shorten(text, width)
    assert display_width(short) <= width
    assert display_width(pad(short, width)) == width
    assert display_width(pad(short, width, right=True)) == width


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), min_size=1, max_size=3),
    st.lists(st.floats() | st.integers() | st.none() | st.booleans() | st.text(max_size=50), min_size=2, max_size=2),
    st.integers(1, 14),
)
def test_every_table_fits(names, cells, n_columns):
    columns = {f"{names[at % len(names)]}{at}": tuple(cells) for at in range(n_columns)}
    for line in str(Table(names[0], columns, note=names[-1])).splitlines():
        assert display_width(line) <= 80


def test_terms_with_long_labels_keep_their_numbers():
    labels = ("ATE", "effect on users of the service in " + "very " * 30 + "large cities")
    plain = toy_result().strata
    both = Effects(dimension="stratum", labels=labels, estimates=plain.estimates[:2], cov=plain.cov[:2, :2])
    text = toy_result(strata=both).summary()
    assert "[0.324, 2.676]" in text
