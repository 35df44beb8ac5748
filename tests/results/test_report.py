"""The report: one file, complete, the same bytes for the same result."""

from __future__ import annotations

import base64
import math
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from matplotlib import rcParams

from causalkit import compare, decide, simpson
from causalkit._report import report_html
from causalkit.errors import DataWarning, OptionError
from causalkit.plot import figures
from causalkit.plot._embed import embed, figure_bytes
from causalkit.results import Check, Checks, Effect, Fieller, Table
from causalkit.results._small_cells import without_small_cells
from tests.results.toy import toy_result


class Read(HTMLParser):
    """Headings and all words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.words = ""
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._in = tag

    def handle_data(self, data: str) -> None:
        if self._in in {"h1", "h2"}:
            self.headings.append(data)
        if self._in != "style":
            self.words += data
        self._in = "" if self._in in {"h1", "h2"} else self._in


def check(verdict: str, name: str = "overlap") -> Checks:
    return Checks((Check(name=name, question="Is it?", verdict=verdict, reading="No evidence against it."),))  # type: ignore[arg-type]


def words(**changes: object) -> str:
    return Read(report_html(toy_result(**changes))).words


def test_the_report_reads_from_the_question_to_the_method():
    assert Read(report_html(toy_result())).headings == [
        "What is the effect of used_service on gmv?",
        "The picture",
        "How sure are we?",
        "What it rests on",
        "What would change our mind",
        "Method and numbers",
    ]


def test_the_report_says_what_the_summary_says():
    result, said = toy_result(), words()
    for each in (result.headline(), result.method, result.sample.describe(), *result.warnings):
        assert each in said
    for each in result.checks.values():
        assert each.name in said
        assert each.question in said
        assert each.reading in said
    assert "covariance = HC1, trim = 0.01" in said
    assert "Behind the check: overlap" in said
    assert "12,345" in said


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        ("violated", "Do not read this as a causal effect yet. Violated: overlap."),
        ("questionable", "Read with care. Questionable: overlap."),
        ("supported", "No evidence against what could be tested."),
        ("untestable", "None of what this rests on has been tested. 1 assumption"),
        ("not run", "None of what this rests on has been tested. 1 assumption"),
    ],
)
def test_the_banner_says_how_far_to_trust_it(verdict, says):
    assert says in words(checks=check(verdict))


def test_what_would_change_our_mind_gives_the_size_of_a_bias():
    assert "A bias away from zero of 1.02 or more in gmv" in words()
    assert "one of 2 would account for the whole estimate" in words()


def test_what_would_change_our_mind_gives_the_data_needed():
    # ((1.95996 + 0.84162) 2 / 1)^2 = 31.4
    said = words(effect=Effect(estimand="ATE", estimate=1.0, std_error=2.0))
    assert "about 31 times as many rows would give 80% odds" in said
    assert "Zero is among them: the data do not settle whether there is any effect." in said


def test_an_unbounded_set_is_shown_as_it_is():
    lift = Fieller(numerator=5.0, denominator=0.5, var_numerator=1.0, var_denominator=1.0, cov=0.0)
    said = words(effect=Effect(estimand="lift", estimate=10.0, std_error=3.0, uncertainty=lift))
    assert "the 95% set (-inf, -3.221] or [1.829, inf) is not one bounded interval" in said


def test_a_result_without_error_or_checks_has_a_report():
    said = words(effect=Effect(estimand="ATE", estimate=0.0, std_error=0.0), checks=Checks(()), warnings=())
    assert "No check was made." in said
    assert "Were there no effect" not in said


def test_the_level_is_kept_throughout_and_checked(tmp_path):
    said = Read(report_html(toy_result(), level=0.9)).words
    assert "90% interval" in said
    assert "at the 90% level" in said
    with pytest.raises(OptionError, match=r"Write 95 % as level=0\.95"):
        toy_result().report(tmp_path / "r.html", level=95)
    assert not list(tmp_path.iterdir())


def test_the_style_is_allowed_by_its_hash_and_nothing_else_is():
    page = report_html(toy_result())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "style=" not in re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL)


def test_a_decision_is_reported_with_the_effect_behind_it():
    decision = decide(toy_result(), value_per_unit=0.2, units=10_000, unit_cost=0.1, currency="EUR")
    read = Read(report_html(decision))
    assert read.headings[0] == "Is used_service worth it, by its effect on gmv?"
    assert {"What it would bring", "The effect behind it", "What it rests on"} <= set(read.headings)
    assert decision.headline() in read.words
    assert toy_result().headline() in read.words


def test_a_decision_writes_its_report(tmp_path):
    decision = decide(toy_result(), value_per_unit=0.2, level=0.9)
    page = decision.report(tmp_path / "decision.html").read_text("utf-8")
    assert page == report_html(decision, level=0.9)
    assert "90% interval" in page


def test_a_comparison_reports_every_result_under_its_label(tmp_path):
    doubtful = toy_result(checks=check("violated", "no interference"), roles={"outcome": ("gmv",), "treatment": ("x",)})
    both = compare({"<b>first</b>": toy_result(), "second": doubtful})
    page = both.report(tmp_path / "both.html", level=0.9).read_text("utf-8")
    read = Read(page)
    assert read.headings == [both.title(), "The picture", "Side by side", "<b>first</b>", "second"]
    for words_ in (*both.notes, toy_result().headline(0.9), "Violated: no interference.", "90% interval"):
        assert words_ in read.words
    assert "<b>" not in page
    with pytest.raises(OptionError, match=r"level=0\.95"):
        both.report(tmp_path / "both.html", level=95)


STRATA = Table(
    "Strata",
    {"stratum": ("a", "b", "c", "d"), "n": (90, 3, 40, 0), "estimate": (1.25, 2.75, 3.5, math.nan)},
    note="Four of them.",
)


def test_small_cells_lose_their_numbers_and_one_alone_takes_the_next_smallest_along():
    got = without_small_cells(STRATA, 5)
    assert got["stratum"] == STRATA["stratum"]
    assert got["n"] == (90, None, None, 0)
    assert got["estimate"][:3] == (1.25, None, None)
    assert got.note.startswith("Four of them. Numbers of 2 lines are left out: cells with fewer than 5 rows")
    assert without_small_cells(STRATA, 50)["n"] == (90, None, None, 0)
    assert without_small_cells(STRATA, 1000)["n"] == (None, None, None, 0)
    assert without_small_cells(STRATA, 3) is STRATA


def test_tables_that_count_no_rows_are_left_as_they_are():
    table = Table("", {"term": ("a",), "n_strata": (2,), "estimate": (1.0,)})
    assert without_small_cells(table, 100) is table


def test_a_report_without_small_cells_shows_none_of_their_numbers_in_words_or_pictures():
    rows = {"a": (60, 1.0), "b": (3, 31.4159), "c": (40, 2.0)}
    data = pd.DataFrame(
        [
            {"by": name, "d": arm, "y": effect * arm + 0.1 * (at % 7)}
            for name, (n, effect) in rows.items()
            for arm in (0, 1)
            for at in range(n)
        ]
    )
    result = simpson.diagnose(data, outcome="y", treatment="d", by="by")
    open_, closed = (report_html(result, smallest_cell=smallest) for smallest in (1, 5))
    assert "31.4" in Read(open_).words
    assert "31.4" not in Read(closed).words
    assert "fewer than 5 rows" in Read(closed).words
    assert "Pictures that show small cells are left out." in closed
    assert closed.count("<figure>") == 1 < open_.count("<figure>")
    assert report_html(result, smallest_cell=3) == open_
    assert "31.4" not in Read(report_html(decide(result), smallest_cell=5)).words


def test_a_small_cell_behind_a_check_is_left_out_of_a_decision_too():
    support = Check(
        name="support",
        question="Are there enough?",
        verdict="questionable",
        reading="The smallest block changes by 31.4.",
        table=Table("", {"block": ("1", "2"), "n": (3, 50), "estimate": (31.4, 2.0)}),
    )
    decision = decide(toy_result(checks=Checks((support,)), warnings=("One block has 31.4.",)))
    assert "31.4" in Read(report_html(decision)).words
    closed = report_html(decision, smallest_cell=5)
    assert "31.4" not in Read(closed).words
    assert "The smallest block changes by …." in Read(closed).words
    assert "Pictures that show small cells are left out." in closed


@pytest.mark.parametrize("smallest", [0, -1, 2.5, "5", True, None])
def test_the_smallest_cell_is_a_whole_number_from_one(smallest, tmp_path):
    with pytest.raises(OptionError, match="smallest_cell="):
        toy_result().report(tmp_path / "r.html", smallest_cell=smallest)
    assert not list(tmp_path.iterdir())


def test_pictures_are_vectors_without_date_or_program():
    (image, *_) = re.findall(r"base64,([^\"]*)", report_html(toy_result()))
    svg = base64.b64decode(image)
    assert svg.startswith(b"<?xml")
    assert b"<svg" in svg
    for word in (b"<dc:date>", b"<dc:creator>", b"Matplotlib v"):
        assert word not in svg


def test_a_character_that_no_font_has_is_named_once_and_other_warnings_are_passed_on():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.subplots().set_title("\U0001f980 and \U0001f980 and \U0001f99e")
    with pytest.warns(DataWarning, match="No installed font has a glyph for '\U0001f980', '\U0001f99e'") as seen:
        figure_bytes(figure)
    assert len(seen) == 1
    crowded = Figure(figsize=(1, 1), layout="constrained")
    crowded.subplots().set_ylabel("y", fontsize=400)
    with pytest.warns(UserWarning, match="constrained_layout not applied"):
        figure_bytes(crowded)


def test_a_picture_of_very_many_marks_is_an_image():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    axes.scatter(range(8_000), [at % 97 for at in range(8_000)], c=range(8_000))
    first, second = figure_bytes(figure), figure_bytes(figure)
    assert first.mime == "image/png"
    assert first == second


def test_embedding_closes_its_figure_and_keeps_the_readers_own():
    import matplotlib.pyplot as plt

    own = plt.figure()
    before = dict(rcParams)
    embed(figures(toy_result())[0])
    assert plt.get_fignums() == [own.number]
    assert plt.gcf() is own
    assert dict(rcParams) == before
    plt.close(own)
