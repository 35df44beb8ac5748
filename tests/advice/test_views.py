"""Advice as text, HTML, Markdown, JSON and picture; its calls and page hold."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import pickle
import re

import matplotlib.pyplot as plt
import pytest

import causalkit
from causalkit import Advice, design_advice, plot
from causalkit._advice._designs import BY_NAME, DESIGNS
from causalkit._advice._flow import FLOW
from causalkit.plot._embed import embed
from tests.source import ROOT

ADVICE = design_advice(
    experiment="impossible", cutoff="sharp", push="random", exclusion="argued", selection="partly", measured="before"
)


def test_the_summary_says_every_design_its_reasons_and_its_call():
    text = ADVICE.summary()
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    for each in ADVICE.recommendations:
        said = (*each.because, *each.design.assumptions, *each.design.check_first, each.design.call)
        assert [sentence for sentence in said if sentence not in words] == []
    assert "Ruled out" in text
    assert str(ADVICE) == text


def test_markdown_and_html_say_the_headline():
    assert f"**{ADVICE.headline()}**" in ADVICE.to_markdown()
    assert f'<p class="ck-answer">{ADVICE.headline()}</p>' in ADVICE._repr_html_()


def test_it_is_read_back_copied_and_pickled():
    assert Advice.from_json(ADVICE.to_json()) == ADVICE
    assert copy.deepcopy(ADVICE) == ADVICE
    assert pickle.loads(pickle.dumps(ADVICE)) == ADVICE  # noqa: S301 - our own bytes
    assert repr(ADVICE) == "<Advice iv, rdd, matching>"


def test_the_table_has_every_design_that_is_decided_on():
    table = ADVICE.table()
    assert set(zip(table["design"], table["strength"], strict=True)) == {
        ("iv", "recommended"),
        ("rdd", "possible"),
        ("matching", "last resort"),
        ("experiment", "ruled out"),
    }


@pytest.mark.parametrize("design", DESIGNS, ids=lambda each: each.name)
def test_the_call_names_a_function_and_keywords_that_exist(design):
    call = ast.parse(design.call, mode="eval").body
    namespace, name = ast.unparse(call.func).split(".")
    if namespace not in causalkit.__all__:
        pytest.skip(f"{namespace} is not there yet")
    function = vars(importlib.import_module(f"causalkit.{namespace}"))[name]
    parameters = inspect.signature(function).parameters
    assert {each.arg for each in call.keywords} <= set(parameters)
    required = {key for key, each in parameters.items() if each.default is each.empty and key != "data"}
    assert required <= {each.arg for each in call.keywords}


@pytest.mark.parametrize("design", DESIGNS, ids=lambda each: each.name)
def test_what_to_look_at_first_exists(design):
    for mentioned in re.findall(r"\b(evidence|rdd|iv|did|matching|simpson)\.(\w+)", " ".join(design.check_first)):
        if mentioned[0] in causalkit.__all__:
            assert hasattr(importlib.import_module(f"causalkit.{mentioned[0]}"), mentioned[1]), mentioned


def test_the_chart_shows_every_question_and_what_is_said_of_each_design():
    (picture,) = plot.figures(ADVICE)
    ax = picture.draw()
    shown = [each.get_text().replace("\n", " ") for each in ax.texts]
    assert [step.asks for step in FLOW if step.asks not in shown] == []
    assert f"{BY_NAME['iv'].title} (recommended)" in shown
    assert BY_NAME["did"].title in shown
    assert all(step.asks in picture.caption for step in FLOW)
    ax.figure.canvas.draw()
    boxes = {each.get_text(): each.get_window_extent() for each in ax.texts if each.get_text() not in {"yes", "no", ""}}
    assert all(ax.get_window_extent().contains(box.x0, box.y0) for box in boxes.values())
    plt.close(ax.figure)


def test_the_chart_is_the_same_bytes_twice():
    (picture,) = plot.figures(design_advice())
    first = embed(picture)
    assert first == embed(picture)
    assert first.mime == "image/svg+xml"


def test_the_page_says_the_chart_in_words():
    page = " ".join((ROOT / "docs" / "which_design.md").read_text(encoding="utf-8").split())
    for number, step in enumerate(FLOW, start=1):
        at = page.index(f"{number}. {step.asks}")
        assert f"**{BY_NAME[step.design].title}**" in page[at : page.index(f" {number + 1}. ", at)]
