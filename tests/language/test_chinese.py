"""Chinese: no fixed English is left in any kind of result, and names and numbers are those of the English text."""

from __future__ import annotations

import dataclasses
import html
import re
from collections import Counter

import pytest

from causalkit import compare, decide, iv, simulate
from causalkit._language import wording
from causalkit._language._template import Template, places
from causalkit._language._zh import CATALOGUE, PARTS
from causalkit.errors import OptionError
from causalkit.results import Checks
from causalkit.results._wrap import display_width
from tests.decide.cases import TWO_RAYS, WHOLE_LINE, effect
from tests.decide.cases import result as toy
from tests.language.cases import MADE, PUSH, result, spoken, text_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names of the data, of people, of programs; the field's letters; what a reader would type.
NAMES = _words(
    """
    gmv used_service activity inactive active region city_tier success treatment stone_size open surgery PCNL large
    small treated x1 x2 d y z age score late OLS IV orders city week launch_week live
    launched after
    """
)
KEPT = _words(
    """
    ATE ATT ATC ATO LATE HC HC0 HC1 HC2 CR ai2016 KS Fuller Wald Anderson Rubin Cochran Gail Simon Wooldridge Durbin Wu
    Hausman Hansen Holm LIML GMM Mantel Haenszel Nearest Kernel logit linear mserd tF IV OLS causalkit Python numpy
    scipy pandas narwhals matplotlib sensitivity common_support difference rdd honest local_polynomial curvature_bound
    iv wild_bootstrap wild bootstrap matching balance did parallel_trends event_study first_stage bins density_test
    covariate_continuity match evidence sample_ratio minimum_detectable simpson scan stacked nan inf control
    compliers always never takers
    TWFE Callaway Sant Anna Borusyak Jaravel Spiess Sun Abraham Gardner
    group_time imputation sun_abraham bacon_decomposition twfe_weights cluster wild_bootstrap randomization_inference
    """
)
# A confidence set of two pieces is written as numbers are: "(-inf, 1] or [2, inf)".
TOY = frozenset({"or", "orders", "promo", "Difference", "in", "means"})
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]+")


def left(text: str) -> list[str]:
    """The Latin words of a text that are neither names nor meant to stay; settings and calls are as one types them."""
    calls = [each.design.call for each in result("design_advice").recommendations]
    flat = " ".join(html.unescape(text.replace("\\", "")).split())
    for call in [*calls, PUSH]:
        flat = flat.replace(call, "")
    flat = re.sub(
        r"\b\w+ = (?:\w+\((?:[^()]|\([^()]*\))*\)|open surgery|common timing|influence function(?:, clustered)?|\S+)",
        "",
        flat,
    )
    return sorted({word for word in WORD.findall(flat) if word not in NAMES | KEPT})


@pytest.mark.parametrize("name", MADE)
def test_no_fixed_english_is_left(name):
    assert left(spoken(name)) == [], "enter the sentence in causalkit/_language/_zh"


@pytest.mark.parametrize("name", MADE)
def test_markdown_and_html_are_in_the_language_too(name):
    subject = result(name)
    assert left(subject.to_markdown(lang="zh")) == []
    page = subject.to_html(lang="zh")
    assert left(text_of(page)) == []
    assert 'lang="zh-CN"' in page


@pytest.mark.parametrize("name", MADE)
def test_numbers_are_those_of_the_english_text(name):
    number = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")

    def numbers(lang: str) -> Counter[str]:
        return Counter(number.findall(text_of(result(name).to_html(lang=lang))))

    assert set(numbers("zh")) == set(numbers("en"))


@pytest.mark.parametrize("name", MADE)
def test_lines_fit_and_columns_stand_under_one_another(name):
    text = result(name).summary(lang="zh")
    assert max(map(display_width, text.splitlines())) <= 80
    title, rule = text.splitlines()[:2] if "====" in text.splitlines()[1] else ("", "")
    assert display_width(title) == len(rule) or not title


def test_columns_of_wide_headings_end_where_their_numbers_end():
    lines = result("simpson.diagnose").summary(lang="zh").splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("按 activity 的各层"))
    head, *rows = lines[at + 1 : at + 4]
    ends = [{display_width(line[: end.end()]) for end in re.finditer(r"\S(?=\s{2}|$)", line)} for line in (head, *rows)]
    assert ends[1] - {display_width("active")} == ends[2] - {display_width("inactive")}
    assert ends[1] - {display_width("active")} <= ends[0]


def test_a_column_that_is_called_like_a_word_of_ours_keeps_its_name():
    frame = simulate.encouragement(400, rng=1).data.rename(columns={"y": "gap", "d": "treated", "age": "robust"})
    answer = iv.ols(frame, outcome="gap", endogenous="treated", exogenous="robust", terms="all")
    text = answer.summary(lang="zh")
    assert "treated 与 gap 如何一同变动？" in text
    assert re.search(r"^treated +[-\d]", text, re.MULTILINE)
    assert re.search(r"^robust +[-\d]", text, re.MULTILINE)
    both = compare(gap=answer, crude=answer).to_markdown(lang="zh")
    assert "| gap |" in both
    assert "| crude |" in both


def test_a_label_of_a_comparison_keeps_its_name_as_a_heading():
    doubtful = result("iv.estimate")
    assert "\nChecks\n------" in compare(Checks=doubtful, other=doubtful).summary(lang="zh")


@pytest.mark.parametrize("name", ["exclusion. It moves everybody.", "a. B, c", "{x}", "[s]", "指标 1（x）", "No. 1"])
def test_hostile_names_come_through(name):
    answer = dataclasses.replace(toy(), roles={"outcome": (name,), "treatment": ("promo",)})
    assert name in " ".join(answer.summary(lang="zh").split())


@pytest.mark.parametrize("uncertainty", [None, TWO_RAYS, WHOLE_LINE])
@pytest.mark.parametrize("estimate", [-1.0, 0.0, 1.0])
def test_every_verdict_on_an_action_is_said(estimate, uncertainty):
    subject = dataclasses.replace(toy(), effect=effect(estimate, 0.2, uncertainty=uncertainty))
    decision = decide(subject, value_per_unit=10.0, units=100, unit_cost=1.0, fixed_cost=3.0)
    assert set(left(decision.summary(lang="zh"))) <= TOY, decision.summary()


def test_a_result_without_checks_is_said():
    text = dataclasses.replace(toy(), checks=Checks(())).summary(lang="zh")
    assert "没有做任何检验。" in text


def test_another_language_is_refused():
    with pytest.raises(OptionError, match=r"lang='cn' is not known.*'en', 'zh'"):
        toy().summary(lang="cn")


def test_english_is_what_it_was():
    assert toy().summary(lang="en") == toy().summary()


# --- the catalogue ---


def test_no_entry_is_there_twice_with_two_meanings():
    seen: dict[str, str] = {}
    for part in PARTS:
        for english, said in part.items():
            assert seen.setdefault(english, said) == said, english


def test_a_translation_has_the_places_of_its_template():
    assert {english: said for english, said in CATALOGUE.items() if not places(said) <= places(english)} == {}


def test_a_sentence_becomes_a_sentence():
    sentences = {english: said for english, said in CATALOGUE.items() if re.search(r"\w\W* \w.*[a-z}]\.$", english)}
    assert len(sentences) > 200
    ended = ("。", "...", "...。")
    assert {each: said for each, said in sentences.items() if not said.endswith(ended)} == {
        "std. diff.": "标准化均值差"
    }


# --- the engine ---


def translated(english: str, into: str, text: str) -> str | None:
    return Template.of(english, into).translated(text, {"small": "小"}.__getitem__)


@pytest.mark.parametrize(
    ("english", "into", "text", "said"),
    [
        ("{n:n} row[s]", "{n} 行", "1 row", "1 行"),
        ("{n:n} row[s]", "{n} 行", "1,200 rows", "1,200 行"),
        ("{n:n} row[s]", "{n} 行", "some rows", None),
        ("{n:n} of {m:n}", "{m} 之 {n}", "-3e-05 of 12.5%", "12.5% 之 -3e-05"),
        ("{a} moves {b}.", "{a} 推动 {b}。", "push (z) moves d.", "push (z) 推动 d。"),
        ("{a} moves {b}.", "{a} 推动 {b}。", "It ends. push moves d.", None),
        ("a {what:t} cell", "{what}单元格", "a small cell", "小单元格"),
        ("not: {names:l}.", "不：{names}。", "not: small, small and small.", "不：小，小，小。"),
        ("{text:x}!", "{text}！", "One. Two!", "One. Two！"),
        ("({w:w})", "（{w}）", "(a b)", None),
    ],
)
def test_a_template_recognises_what_was_made_from_it(english, into, text, said):
    assert translated(english, into, text) == said


def test_sentences_one_after_the_other_are_each_said_and_an_unknown_one_is_left():
    say = wording("zh")
    assert say("None were made. Nobody knows this sentence. None were made.") == (
        "没有做任何检验。Nobody knows this sentence. 没有做任何检验。"
    )
