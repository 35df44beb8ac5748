"""One restrained look for every picture, set on the axes drawn on and never in matplotlib's global settings."""

from __future__ import annotations

import textwrap
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from causalkit._validate import listed
from causalkit._warnings import Warned
from causalkit.errors import DataWarning
from causalkit.results._escape import visible
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal, TypeAlias

    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    LegendPlace: TypeAlias = Literal[
        "best", "upper right", "upper left", "lower left", "lower right", "center left", "center right",
        "lower center", "upper center",
    ]  # fmt: skip

# Okabe and Ito's palette, told apart by readers with any kind of colour vision.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
VERMILLION: Final = "#D55E00"
SKY: Final = "#56B4E9"
PURPLE: Final = "#CC79A7"
INK: Final = "#262626"
MUTED: Final = "#737373"
FAINT: Final = "#BDBDBD"
GRID: Final = "#E9E9E9"

# What a colour means, the same in every picture.
TREATED: Final = BLUE
CONTROL: Final = ORANGE

TITLE_SIZE: Final = 11.0
LABEL_SIZE: Final = 9.5
TICK_SIZE: Final = 9.0
NOTE_SIZE: Final = 8.5

_LINES = 3
_LEGEND_CHARACTERS = 40
# Fonts with East Asian glyphs, in the order in which they are tried behind the user's own.
_EAST_ASIAN = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "SimHei",
    "Droid Sans Fallback",
)


def new_axes(ax: Axes | None, *, figsize: tuple[float, float] = (6.6, 4.0), grid: str = "y") -> Axes:
    """Return the axes given, or those of a new figure, in the package's look.

    Parameters
    ----------
    ax : matplotlib Axes, optional
        Where to draw. Without it a pyplot figure is made, so that notebooks show it.
    figsize : tuple of float
        Width and height of a new figure, in inches.
    grid : {"x", "y", "both", "none"}
        Lines that carry the eye from the marks to the ticks.

    Returns
    -------
    matplotlib Axes
        With thin left and bottom spines and a faint grid under the marks.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=figsize, layout="constrained", facecolor="white")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(FAINT)
        ax.spines[side].set_linewidth(0.8)
    ax.tick_params(axis="both", colors=INK, labelsize=TICK_SIZE, length=3, width=0.8, color=FAINT)
    ax.set_axisbelow(True)
    for axis in ("x", "y") if grid == "both" else (grid,) if grid != "none" else ():
        ax.grid(visible=True, axis=axis, color=GRID, linewidth=0.8)
    return ax


def finish(ax: Axes, *, title: str = "", x: str = "", y: str = "") -> Axes:
    """Set the title and the axis labels, and make every text on the axes literal.

    ``$`` in a user's names is printed, not read as mathematics, and characters that the font in use lacks are
    taken from an installed East Asian font.

    Parameters
    ----------
    ax : matplotlib Axes
        The finished drawing.
    title, x, y : str
        What the picture shows, and what its axes measure, in words and units. Empty leaves them as they are.

    Returns
    -------
    matplotlib Axes
        The same axes.
    """
    texts: list[Text] = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels()]
    if title:
        texts.append(ax.set_title(wrapped(title, width=72), loc="left", fontsize=TITLE_SIZE, color=INK, pad=10))
    if x:
        texts.append(ax.set_xlabel(wrapped(x, width=72), fontsize=LABEL_SIZE, color=INK))
    if y:
        texts.append(ax.set_ylabel(wrapped(y, width=36), fontsize=LABEL_SIZE, color=INK))
    literal(texts)
    return ax


def literal(texts: Iterable[Text]) -> None:
    """Print the texts as they are: no mathematics in dollar signs, and a font that has the characters."""
    for text in texts:
        text.set_parse_math(False)
        text.set_text(drawable("\n".join(map(visible, text.get_text().split("\n")))))
        if not text.get_text().isascii():
            text.set_fontfamily([*text.get_fontfamily(), *_east_asian_fonts()])


def category_axis(ax: Axes, labels: Sequence[str], *, axis: str = "y", width: int = 30) -> None:
    """Put one label at each whole number from 0; on the y axis the first is on top.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes.
    labels : sequence of str
        User's names, printed literally and wrapped.
    axis : {"x", "y"}
        Which axis.
    width : int
        Characters before a line is broken.
    """
    shown = [wrapped(each, width=width) for each in labels]
    positions = range(len(shown))
    if axis == "y":
        ax.set_yticks(positions, shown, parse_math=False)
        ax.set_ylim(len(shown) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
    else:
        ax.set_xticks(positions, shown, parse_math=False)
        ax.set_xlim(-0.5, len(shown) - 0.5)
        ax.tick_params(axis="x", length=0)


def legend(ax: Axes, *, loc: LegendPlace = "best", columns: int = 1) -> None:
    """Draw a frameless legend of the labelled marks."""
    _named(ax.legend(loc=loc, ncols=columns, frameon=False, fontsize=NOTE_SIZE, labelcolor=INK, handlelength=1.4))


def legend_below(ax: Axes, *, columns: int = 1) -> None:
    """Draw a frameless legend a fixed distance below the label of the x axis, however high the figure is."""
    from matplotlib.transforms import ScaledTranslation

    below = ax.transAxes + ScaledTranslation(0, -38 / 72, ax.figure.dpi_scale_trans)
    drawn = ax.legend(
        loc="upper left", bbox_to_anchor=(0.0, 0.0), bbox_transform=below, ncols=columns, frameon=False,
        fontsize=NOTE_SIZE, labelcolor=INK, borderaxespad=0.0, handletextpad=0.5, columnspacing=1.6,
    )  # fmt: skip
    _named(drawn)


def _named(drawn: Legend) -> None:
    """Print the names in a legend as they are, long ones on several lines."""
    for text in drawn.get_texts():
        text.set_text(wrapped(text.get_text(), width=_LEGEND_CHARACTERS))
    literal(drawn.get_texts())


def number(value: float) -> str:
    """Return a tick label: four significant digits, thousands separated, a true minus sign.

    Examples
    --------
    >>> number(-25000.0), number(0.25)
    ('−25,000', '0.25')
    """
    return significant(0.0 if value == 0 else value).replace("-", "−")


def wrapped(text: str, *, width: int = 30) -> str:
    """Return the text broken into at most three lines; what does not fit is cut with an ellipsis.

    Wide East Asian characters count as two.

    Examples
    --------
    >>> print(wrapped("share of users with a second order", width=20))
    share of users with
    a second order
    """
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    narrow = max(int(width * len(text) / (len(text) + wide)), 4) if text else width
    parts = map(drawable, map(visible, text.splitlines()))
    lines = [line for part in parts for line in textwrap.wrap(part, width=narrow, break_long_words=True)]
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], lines[_LINES - 1][: narrow - 1] + "…"]
    return "\n".join(lines) or visible(text)


def drawable(text: str) -> str:
    r"""Return the text with every character spelt out that no font in use has, which would be drawn as a box.

    Parameters
    ----------
    text : str
        A text of a picture.

    Returns
    -------
    str
        As given where the fonts have every character; else with ``\u6307`` for one that they lack, so that two
        labels that differ still differ in the picture. A warning says which font to install.
    """
    if text.isascii():
        return text
    known = frozenset().union(*map(_characters, _fonts()))
    boxes = sorted({each for each in text if ord(each) not in known and each != "\n"})
    if not boxes:
        return text
    Warned().add(
        f"No installed font has a glyph for {listed(boxes)}: the picture spells it out. Install a font that has it, "
        f"for example Noto Sans CJK for East Asian characters.",
        DataWarning,
    )
    spelt = {ord(each): each.encode("ascii", "backslashreplace").decode() for each in boxes}
    return text.translate(spelt)


def _fonts() -> tuple[str, ...]:
    """Return the files of the fonts that a text is drawn in: the user's own, and an East Asian one behind them."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties, findfont

    families = (*rcParams["font.family"], *_east_asian_fonts())
    return tuple(str(findfont(FontProperties(family=[family]))) for family in families)


@cache
def _characters(font: str) -> frozenset[int]:
    """Return the characters that a font file has, as code points."""
    from matplotlib.font_manager import get_font

    return frozenset(get_font(font).get_charmap())


@cache
def _east_asian_fonts() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    return tuple(name for name in _EAST_ASIAN if name in installed)[:1]
