"""Pictures of a regression discontinuity: drawn on the axes given, from the result alone."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from causalkit import plot, rdd, simulate
from causalkit.errors import OptionError

CUT = {"running": "score", "cutoff": 0, "treated": "above"}


@pytest.fixture(scope="module")
def result():
    return rdd.estimate(simulate.discontinuity(3000, rng=7).data, outcome="y", covariates="age", **CUT)


def test_each_part_has_its_picture(result):
    pictures = plot.figures(result)
    assert len(pictures) == 6
    for picture in pictures:
        ax = Figure().subplots()
        assert picture.draw(ax=ax) is ax
        assert ax.get_xlabel()


def test_the_picture_shows_the_jump_of_the_local_fit(result):
    ax = plot.draw(result, ax=Figure().subplots())
    heavy = [line for line in ax.lines if line.get_linewidth() > 2 and len(line.get_xdata()) == 2]
    low, high = heavy[0].get_ydata()
    assert high - low == pytest.approx(result.estimate, rel=1e-9)


def test_steps_draw_themselves(result):
    for step in (result.scatter, result.density, *result.series):
        ax = Figure().subplots()
        assert step.plot(ax=ax) is ax


def test_a_result_without_checks_says_where_they_come_from():
    alone = rdd.local_polynomial(simulate.discontinuity(1000, rng=7).data, outcome="y", **CUT)
    with pytest.raises(OptionError, match=r"rdd.estimate\(...\) runs them"):
        alone.plot_checks()
