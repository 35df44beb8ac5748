"""A picture as bytes that a report can carry: the same result gives the same bytes."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from causalkit._validate import listed
from causalkit._warnings import Warned
from causalkit.errors import DataWarning, OptionError
from causalkit.plot._style import wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from causalkit.plot._dispatch import Picture

# A drawing of very many marks is smaller, and quicker to show, as an image.
_LARGEST_SVG: Final = 600_000
_DPI: Final = 200
# How matplotlib complains of a character that is in no font.
_GLYPH: Final = re.compile(r"Glyph (\d+) .* missing from font")
_PHONE_INCHES: Final = 4.6
_PHONE_CHARACTERS: Final = 48
# Legends may have two columns.
_PHONE_LEGEND_CHARACTERS: Final = 24
# No date, no program, no path: nothing but the picture.
_NO_METADATA: Final[dict[str, Any]] = {"Date": None, "Creator": None, "Format": None, "Type": None}
_SETTINGS: Final[Any] = {
    "svg.hashsalt": "causalkit",
    "svg.fonttype": "path",
    "savefig.facecolor": "auto",
    "savefig.edgecolor": "auto",
    "savefig.transparent": False,
    # What stands beside the axes is part of the picture.
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.08,
}


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture in a file format.

    Attributes
    ----------
    mime : str
        ``"image/svg+xml"`` or ``"image/png"``.
    data : bytes
        The file.
    """

    mime: str
    data: bytes


def embed(picture: Picture, *, narrow: bool = False) -> Embedded:
    """Draw a picture on a figure of its own and return it as SVG, or as PNG where the SVG would be large.

    Parameters
    ----------
    picture : Picture
        One of ``causalkit.plot.figures(result)``.
    narrow : bool
        Draw it for the width of a phone: on a narrower figure, with the same sizes of text.

    Returns
    -------
    Embedded
        The same bytes for the same result. The figure is closed again and no setting of matplotlib is changed.
    """
    import matplotlib.pyplot as plt
    from matplotlib import rc_context

    with rc_context(_SETTINGS):
        figure = picture.draw(ax=None).get_figure(root=True)
        if figure is None:
            raise OptionError("The picture stands on no figure.")
        try:
            if narrow:
                _narrow(figure)
            return figure_bytes(figure)
        finally:
            plt.close(figure)


def _narrow(figure: Figure) -> None:
    """Set a figure to the width of a phone, and wrap the texts that are longer than that."""
    from matplotlib.text import Text

    width, height = figure.get_size_inches()
    figure.set_size_inches(min(width, _PHONE_INCHES), height)
    for text in figure.findobj(Text):
        words = text.get_text()
        if max(map(len, words.splitlines()), default=0) > _PHONE_CHARACTERS:
            text.set_text(wrapped(words.replace("\n", " "), width=_PHONE_CHARACTERS))
    for name in (name for ax in figure.axes if (legend := ax.get_legend()) for name in legend.get_texts()):
        name.set_text(wrapped(name.get_text().replace("\n", " "), width=_PHONE_LEGEND_CHARACTERS))


def figure_bytes(figure: Figure) -> Embedded:
    """Return a figure as SVG, or as PNG where the SVG would be large."""
    from matplotlib import rc_context

    with rc_context(_SETTINGS):
        mime, data = "image/svg+xml", _saved(figure, format="svg", metadata=_NO_METADATA)
        if len(data) > _LARGEST_SVG:
            mime, data = "image/png", _saved(figure, format="png", dpi=_DPI, metadata={"Software": None})
    return Embedded(mime=mime, data=data)


def _saved(figure: Figure, **settings: Any) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        figure.savefig(out, **settings)
    _pass_on(seen)
    return out.getvalue()


def _pass_on(seen: list[warnings.WarningMessage]) -> None:
    """Tell once which characters no font has; give any other warning of matplotlib as it is."""
    glyphs = {each: _GLYPH.match(str(each.message)) for each in seen}
    boxes = sorted({chr(int(found[1])) for found in glyphs.values() if found})
    if boxes:
        Warned().add(
            f"No installed font has a glyph for {listed(boxes)}: the picture shows a box instead. Install a font that "
            f"has it, for example Noto Sans CJK for East Asian characters.",
            DataWarning,
        )
    for each in (each for each, found in glyphs.items() if not found):
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
