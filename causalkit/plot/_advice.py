"""Picture of advice: the questions in a column, each design beside the question that leads to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from causalkit._advice import Advice
from causalkit._advice._designs import BY_NAME
from causalkit._advice._flow import FLOW, OTHERWISE
from causalkit.plot import _style
from causalkit.plot._dispatch import Picture, all_pictures, main_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_QUESTION_WIDTH: Final = 4.4
_DESIGN_WIDTH: Final = 3.2
_HEIGHT: Final = 0.72
_STEP: Final = 1.15
_DESIGN_LEFT: Final = 5.6
_COLORS: Final = {
    "recommended": _style.GREEN,
    "possible": _style.BLUE,
    "last resort": _style.ORANGE,
    "ruled out": _style.FAINT,
}


@main_picture.register(Advice)
def flow_chart(advice: Advice, *, ax: Axes | None = None) -> Axes:
    """Draw the chart of the decision, each design with what the answers say of it.

    Colours repeat the words in the boxes and say nothing by themselves.
    """
    ax = _style.new_axes(ax, figsize=(7.4, 1.0 + _STEP * 0.86 * len(FLOW)), grid="none")
    states = _states(advice)
    for at, step in enumerate(FLOW):
        y = -_STEP * at
        _box(ax, 0.0, y, _QUESTION_WIDTH, step.asks, edge=_style.FAINT)
        state = states.get(step.design, "")
        _box(ax, _DESIGN_LEFT, y, _DESIGN_WIDTH, _named(step.design, state), edge=_COLORS.get(state, _style.INK))
        _arrow(ax, (_QUESTION_WIDTH, y), (_DESIGN_LEFT, y), "yes")
        _arrow(ax, (_QUESTION_WIDTH / 2, y - _HEIGHT / 2), (_QUESTION_WIDTH / 2, y - _STEP + _HEIGHT / 2), "no")
    last = -_STEP * len(FLOW)
    _box(ax, 0.0, last, _QUESTION_WIDTH, f"{OTHERWISE}: collect a history, or draw by lot", edge=_style.VERMILLION)
    ax.set_xlim(-0.1, _DESIGN_LEFT + _DESIGN_WIDTH + 0.1)
    ax.set_ylim(last - 0.6, 0.6)
    ax.set_axis_off()
    return _style.finish(ax, title="Which design fits?")


@all_pictures.register(Advice)
def _pictures(advice: Advice) -> tuple[Picture, ...]:
    questions = " ".join(f"{step.asks} If so: {BY_NAME[step.design].title}." for step in FLOW)
    caption = f"Questions from top to bottom; the first yes leads to a design. {questions} Otherwise: {OTHERWISE}."
    return (Picture(caption, partial(flow_chart, advice)),)


def _states(advice: Advice) -> dict[str, str]:
    """Return what the answers say of each design; nothing where they are open."""
    return {
        **{each.design.name: each.strength for each in advice.recommendations},
        **{each.design.name: "ruled out" for each in advice.excluded},
    }


def _named(design: str, state: str) -> str:
    name = BY_NAME[design].title
    return f"{name}\n({state})" if state else name


def _box(ax: Axes, left: float, y: float, width: float, text: str, *, edge: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    ax.add_patch(
        FancyBboxPatch(
            (left, y - _HEIGHT / 2),
            width,
            _HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="white",
            edgecolor=edge,
            linewidth=1.6,
        )
    )
    words = _style.wrapped(text, width=int(11 * width))
    ax.text(left + width / 2, y, words, ha="center", va="center", fontsize=_style.NOTE_SIZE, color=_style.INK)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], word: str) -> None:
    ax.annotate(
        "", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": _style.MUTED, "linewidth": 1.1}
    )  # fmt: skip
    beside = (6, 0) if start[0] == end[0] else (0, 6)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    ax.annotate(
        word, xy=middle, xytext=beside, textcoords="offset points", fontsize=_style.NOTE_SIZE, color=_style.MUTED,
        ha="left" if beside[0] else "center", va="center" if beside[0] else "bottom",
    )  # fmt: skip
