"""Characters that no font has: never a box, always a warning, and labels that differ still differ."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from causalkit import plot
from causalkit.errors import DataWarning
from causalkit.plot import _style
from causalkit.results import Effects

CHINESE = Effects(dimension="stratum", labels=("活跃", "沉默"), estimates=np.array([1.0, 3.0]), cov=np.eye(2))


def canvas():
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


@pytest.fixture
def no_east_asian_font(monkeypatch):
    monkeypatch.setattr(_style, "_east_asian_fonts", tuple)


def drawn(value) -> list[str]:
    """The labels of a picture as they are drawn; matplotlib's own complaints about glyphs are errors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        warnings.filterwarnings("ignore", category=DataWarning)
        ax = plot.draw(value, ax=canvas())
        ax.figure.canvas.draw()
        return [label.get_text() for label in ax.get_yticklabels()]


def test_labels_without_a_font_are_spelt_out_and_differ(no_east_asian_font):
    assert drawn(CHINESE) == [r"\u6d3b\u8dc3", r"\u6c89\u9ed8"]


def test_a_warning_names_the_characters_and_the_way_out(no_east_asian_font):
    with pytest.warns(DataWarning, match=r"No installed font has a glyph for '活', '跃'.*Noto Sans CJK"):
        _style.drawable("活跃")


def test_labels_with_a_font_are_as_given():
    if not _style._east_asian_fonts():
        pytest.skip("no East Asian font is installed here")
    assert drawn(CHINESE) == ["活跃", "沉默"]


@pytest.mark.parametrize("text", ["plain", "σ² – ×", "line\nline"])
def test_what_every_font_has_is_as_given_without_a_warning(text):
    assert _style.drawable(text) == text
