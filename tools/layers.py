"""Draw the layers of the package for docs/architecture.md: ``python tools/layers.py``.

A part may import what lies below it; ``tests/test_architecture.py`` holds that.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

TARGET = Path(__file__).resolve().parent.parent / "docs" / "_static" / "layers.svg"

# From the bottom up: the parts side by side, and what the layer is.
LAYERS = (
    (("errors", "_typing"), "words everybody uses"),
    (("_validate", "_warnings", "_numerics", "_frames"), "names become arrays; arrays become numbers"),
    (("results",), "what every method returns"),
    (("simpson", "matching", "did", "rdd", "iv"), "the methods, which never import one another"),
    (("evidence", "_compare", "_decide", "_advice"), "from results to a decision"),
    (("plot", "_report"), "pictures and pages"),
    (("_cli", "_demo"), "the command line"),
)
BESIDE = ("simulate", "datasets")
INK, MUTED, EDGE, FILL, ACCENT = "#262626", "#737373", "#BDBDBD", "#F4F6F8", "#DCEBF5"


def draw() -> Figure:
    """Return the picture."""
    figure = Figure(figsize=(9.2, 5.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(0, 12.4), ylim=(-0.1, len(LAYERS)))
    axes.axis("off")
    for level, (parts, says) in enumerate(LAYERS):
        width = 7.0 / len(parts)
        for place, part in enumerate(parts):
            box(axes, (0.05 + place * width, level + 0.1), width - 0.1, part, fill=ACCENT if len(parts) == 5 else FILL)
        axes.text(8.75, level + 0.45, says, va="center", ha="left", fontsize=8.5, color=MUTED)
    for place, part in enumerate(BESIDE):
        box(axes, (7.2, 1.1 + 2 * place), 1.3, part, height=1.7)
    axes.annotate("", (7.3, 0.85), (7.3, 0.1), arrowprops={"arrowstyle": "<-", "color": EDGE})
    axes.text(7.4, 0.45, "may import", va="center", ha="left", fontsize=8, color=MUTED)
    return figure


def box(
    axes: matplotlib.axes.Axes,
    corner: tuple[float, float],
    width: float,
    text: str,
    *,
    height: float = 0.7,
    fill: str = FILL,
) -> None:
    """Draw one part."""
    axes.add_patch(
        FancyBboxPatch(corner, width, height, boxstyle="round,pad=0,rounding_size=0.08", facecolor=fill, edgecolor=EDGE)
    )
    x, y = corner
    axes.text(
        x + width / 2, y + height / 2, text, va="center", ha="center", fontsize=9.5, color=INK, family="monospace"
    )


def main() -> None:
    """Write the picture, the same bytes each time."""
    with matplotlib.rc_context({"svg.hashsalt": "layers", "svg.fonttype": "none"}):
        text = io.StringIO()
        draw().savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    TARGET.write_text(re.sub(r"[ \t]+$", "", text.getvalue(), flags=re.MULTILINE), encoding="utf-8")


if __name__ == "__main__":
    main()
