"""Pictures: dispatch, look, literal names, confidence sets of any form, and no trace left behind."""

from __future__ import annotations

import math

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy import integrate

from causalkit import compare, decide, plot
from causalkit.errors import OptionError
from causalkit.plot import _style
from causalkit.results import Draws, Effects, Result, Table
from tests.decide.cases import TWO_RAYS, WHOLE_LINE, effect, result

STRATA = Effects(dimension="stratum", labels=("a", "b", "c"), estimates=np.array([1.0, 3.0, -2.0]), cov=np.eye(3))
HOSTILE = "$x^2$ <b> 指标 1 (x) \\alpha_1 {"


def canvas():
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


def rendered(ax) -> None:
    ax.figure.canvas.draw()


def segments(ax, height: float) -> list[tuple[float, float]]:
    lines = [path for each in ax.collections if isinstance(each, LineCollection) for path in each.get_segments()]
    return sorted((float(path[0, 0]), float(path[1, 0])) for path in lines if np.all(path[:, 1] == height))


def arrows(ax, height: float) -> list[str]:
    return sorted(
        line.get_marker() for line in ax.lines if list(line.get_ydata()) == [height] and line.get_marker() in "<>"
    )


def drawable():
    yield STRATA
    yield STRATA["a"]
    yield STRATA.table()
    yield result()
    yield compare(a=result(), b=result(0.2, 0.1, outcome="spend"))
    yield decide(result(), value_per_unit=10.0, units=1000, unit_cost=3.0, currency="EUR")


@pytest.mark.parametrize("value", list(drawable()), ids=lambda value: type(value).__name__)
def test_everything_drawable_is_drawn_on_the_axes_given(value):
    ax = canvas()
    assert plot.draw(value, ax=ax) is ax
    rendered(ax)
    pictures = plot.figures(value)
    assert all(picture.caption.endswith(".") for picture in pictures)
    other = canvas()
    assert pictures[0].draw(ax=other) is other
    names = [picture.name for picture in pictures]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and not name.startswith("_") for name in names)
    for name in names:
        assert plot.draw(value, picture=name, ax=(fresh := canvas())) is fresh


def test_a_new_figure_is_made_when_no_axes_are_given_and_global_style_is_left_alone():
    before = dict(matplotlib.rcParams)
    ax = result().plot()
    assert ax.figure.number in plt.get_fignums()
    plt.close(ax.figure)
    assert dict(matplotlib.rcParams) == before


def test_a_subclass_of_a_result_without_a_picture_of_its_own_is_drawn_as_its_base():
    class Mine(Result):
        pass

    mine = Mine(**result().fields())
    assert plot.draw(mine, ax=canvas()).get_title(loc="left") == "What is the effect of promo on orders?"


@pytest.mark.parametrize("value", [None, 3.0, "x", [1, 2], object()])
def test_what_has_no_picture_is_refused(value):
    with pytest.raises(OptionError, match="no picture of a"):
        plot.draw(value)
    with pytest.raises(OptionError, match="no picture of a"):
        plot.figures(value)
    with pytest.raises(OptionError, match="forest plot needs"):
        plot.forest(value)


def test_a_forest_draws_each_interval_where_it_is():
    ax = plot.forest(STRATA, ax=canvas(), level=0.9)
    low, high = STRATA.bands(0.9)
    for row in range(3):
        assert segments(ax, row) == [pytest.approx((low[row], high[row]))]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert ax.get_ylim() == (2.5, -0.5)
    assert "90% interval" in ax.get_xlabel()


def test_a_forest_of_results_and_tables_agrees_with_that_of_effects():
    assert segments(plot.forest(STRATA.table(), ax=canvas()), 1) == segments(plot.forest(STRATA, ax=canvas()), 1)
    assert segments(plot.forest(result(), ax=canvas()), 0) == [pytest.approx(tuple(result().conf_int()))]


def test_two_rays_are_two_segments_with_arrows_and_the_gap_stays_empty():
    ax = plot.forest({"weak": effect(4.0, 1.0, uncertainty=TWO_RAYS), "ols": effect(2.0, 0.3)}, ax=canvas())
    left, right = TWO_RAYS.conf_int(0.95).parts
    (first, second) = segments(ax, 0)
    assert first[1] == pytest.approx(left.high)
    assert second[0] == pytest.approx(right.low)
    assert (first[0], second[1]) == pytest.approx(ax.get_xlim())
    assert arrows(ax, 0) == ["<", ">"]
    assert arrows(ax, 1) == []
    assert any("(−inf, −3.21] or [0.0952, inf)" in text.get_text() for text in ax.texts)


def test_the_whole_line_crosses_the_axes_and_no_interval_is_said_to_be_none():
    ax = plot.forest({"w": effect(4.0, 1.0, uncertainty=WHOLE_LINE), "n": effect(1.0, math.nan)}, ax=canvas())
    assert segments(ax, 0) == [pytest.approx(ax.get_xlim())]
    assert segments(ax, 1) == []
    assert any(text.get_text() == "(no interval)" for text in ax.texts)
    rendered(ax)


def test_a_table_shows_sets_that_are_not_one_interval_in_words():
    table = result(effect=effect(4.0, 1.0, uncertainty=TWO_RAYS)).table()
    ax = plot.forest(table, ax=canvas())
    assert segments(ax, 0) == []
    assert any("or" in text.get_text() for text in ax.texts)


def test_a_table_without_the_columns_is_refused():
    with pytest.raises(OptionError, match="absent: conf_low, conf_high"):
        plot.forest(Table("", {"term": ("a",), "estimate": (1.0,)}))
    with pytest.raises(OptionError, match="'a' is a float"):
        plot.forest({"a": 1.0})
    with pytest.raises(OptionError, match="no estimates"):
        plot.forest({})
    with pytest.raises(OptionError, match=r"level=0\.95"):
        plot.forest(STRATA, level=95)


def test_names_are_printed_literally():
    hostile = result(outcome=HOSTILE, treatment=HOSTILE)
    values = (hostile, compare({HOSTILE: hostile, "b": result()}), decide(hostile, units=7, currency=HOSTILE))
    for value in values:
        ax = plot.draw(value, ax=canvas())
        rendered(ax)
        texts = [each for each in ax.findobj(matplotlib.text.Text) if "x^2" in each.get_text()]
        assert texts
        assert not any(each.get_parse_math() for each in texts)


def test_outcomes_are_named_where_they_differ():
    ax = plot.draw(compare(a=result(), b=result(outcome="spend")), ax=canvas())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a (orders)", "b (spend)"]


def test_long_labels_are_wrapped_and_cut():
    text = _style.wrapped("a very long label " * 20, width=20)
    assert text.count("\n") == 2
    assert text.endswith("…")
    assert max(map(len, text.splitlines())) <= 20
    assert _style.wrapped("指标" * 10, width=20).count("\n") == 1
    assert not _style.wrapped("", width=20)


@pytest.mark.parametrize(
    "decision",
    [
        decide(result(0.8, 0.5), unit_cost=0.3),
        decide(result(0.8, 0.1, df=3.0)),
        decide(result(0.8, 0.1), value_per_unit=-2.0),
        decide(result(0.8, 0.0), unit_cost=0.8),
        decide(result(0.0, 0.0)),
        decide(result(0.8, math.nan)),
        decide(result(effect=effect(4.0, 1.0, uncertainty=TWO_RAYS))),
        decide(result(effect=effect(4.0, 1.0, uncertainty=WHOLE_LINE))),
        decide(result(effect=effect(0.4, 0.2, uncertainty=Draws(estimate=0.4, draws=np.linspace(-1, 2, 101))))),
        decide(result(effect=effect(0.4, 0.2, uncertainty=Draws(estimate=5.0, draws=np.linspace(4, 6, 101))))),
        decide(result(effect=effect(0.4, 0.2, uncertainty=Draws(estimate=5.0, draws=np.full(9, 5.0))))),
        decide(result(0.8, 0.1, checks={"overlap": "violated"})),
        decide(result(), prior=(0.0, 0.1), units=1e9, value_per_unit=1e6),
        decide(result(1e-9, 1e-10)),
    ],
    ids=range(14),
)
def test_every_kind_of_decision_can_be_drawn(decision):
    ax = decision.plot(ax=canvas())
    rendered(ax)
    assert ax.get_title(loc="left").startswith(decision.verdict.capitalize())
    left, right = ax.get_xlim()
    assert left < decision.break_even < right
    assert left < decision.result.estimate < right


def test_the_sides_of_the_density_hold_the_probabilities():
    decision = decide(result(0.8, 0.5), unit_cost=0.3)
    ax = decision.plot(ax=canvas())
    areas = {}
    for each in ax.collections:
        color = matplotlib.colors.to_hex(each.get_facecolor()[0]) if len(each.get_facecolor()) else ""
        if color in {_style.GREEN.lower(), _style.VERMILLION.lower()}:
            x, y = each.get_paths()[0].vertices.T
            areas[color] = abs(integrate.trapezoid(y, x))
    share = areas[_style.GREEN.lower()] / sum(areas.values())
    assert share == pytest.approx(decision.probability, abs=1e-3)  # the picture ends at 3.8 standard errors
    words = " ".join(text.get_text() for text in ax.texts)
    assert "84.1% pays" in words
    assert "15.9% does not pay" in words


def test_nothing_is_claimed_where_there_is_no_causal_reading():
    ax = decide(result(0.8, 0.1, checks={"overlap": "violated"})).plot(ax=canvas())
    words = " ".join(text.get_text() for text in ax.texts)
    assert "%" not in words
    assert "Violated: overlap" in words


def test_the_upper_axis_reads_the_effect_as_net_value():
    decision = decide(result(), value_per_unit=10.0, units=1000, unit_cost=3.0, currency="EUR")
    ax = decision.plot(ax=canvas())
    rendered(ax)
    (upper,) = ax.child_axes
    assert upper.get_xlabel() == "net value of acting, EUR"
    assert list(upper.get_xlim()) == pytest.approx([10_000 * x - 3000 for x in ax.get_xlim()])
    assert not decide(result()).plot(ax=canvas()).child_axes
