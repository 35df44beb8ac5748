"""A picture as bytes that a report can carry: the same result gives the same bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from causalkit.plot._dispatch import Picture

# A drawing of very many marks is smaller, and quicker to show, as an image.
_LARGEST_SVG: Final = 600_000
_DPI: Final = 200
_POINTS_PER_INCH: Final = 72
# No date, no program, no path: nothing but the picture.
_NO_METADATA: Final[dict[str, Any]] = {"Date": None, "Creator": None, "Format": None, "Type": None}
_SETTINGS: Final[Any] = {
    "svg.hashsalt": "causalkit",
    "svg.fonttype": "path",
    "savefig.facecolor": "auto",
    "savefig.edgecolor": "auto",
    "savefig.transparent": False,
    "savefig.bbox": None,
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
    width, height : int
        Size on paper, in points.
    """

    mime: str
    data: bytes
    width: int
    height: int


def embed(picture: Picture) -> Embedded:
    """Draw a picture on a figure of its own and return it as SVG, or as PNG where the SVG would be large.

    Parameters
    ----------
    picture : Picture
        One of ``causalkit.plot.figures(result)``.

    Returns
    -------
    Embedded
        The same bytes for the same result. The figure is closed again and no setting of matplotlib is changed.
    """
    import matplotlib.pyplot as plt
    from matplotlib import rc_context

    with rc_context(_SETTINGS):
        figure = picture.draw(ax=None).get_figure(root=True)
        try:
            return figure_bytes(figure)  # type: ignore[arg-type]
        finally:
            plt.close(figure)


def figure_bytes(figure: Figure) -> Embedded:
    """Return a figure as SVG, or as PNG where the SVG would be large."""
    from matplotlib import rc_context

    with rc_context(_SETTINGS):
        width, height = (round(_POINTS_PER_INCH * float(inches)) for inches in figure.get_size_inches())
        mime, data = "image/svg+xml", _saved(figure, format="svg", metadata=_NO_METADATA)
        if len(data) > _LARGEST_SVG:
            mime, data = "image/png", _saved(figure, format="png", dpi=_DPI, metadata={"Software": None})
    return Embedded(mime=mime, data=data, width=width, height=height)


def _saved(figure: Figure, **settings: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, **settings)
    return out.getvalue()
