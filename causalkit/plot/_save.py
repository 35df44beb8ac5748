"""The pictures of a result as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from causalkit._validate import positive
from causalkit.errors import OptionError
from causalkit.plot._dispatch import figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from causalkit.plot._dispatch import Picture


def save(result: object, *, folder: str | Path, dpi: float = 160.0) -> tuple[Path, ...]:
    """Write every picture of a result as a PNG file.

    Parameters
    ----------
    result : Result, Decision, Comparison, Effects or other value of the package
        What to draw.
    folder : str or Path
        An existing folder. Files are called after the type of the result: ``simpson-result-1.png``, with the main
        picture first; files of the same name are overwritten.
    dpi : float
        Dots per inch.

    Returns
    -------
    tuple of Path
        The files written, in the order of :func:`figures`.

    Raises
    ------
    OptionError
        There is no picture of this type, the folder does not exist, or ``dpi`` is not positive.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from causalkit import plot
    >>> from causalkit.results import Effects
    >>> strata = Effects(dimension="stratum", labels=("a", "b"), estimates=np.array([1.0, 3.0]), cov=np.eye(2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in plot.save(strata, folder=folder)]
    ['effects-1.png']
    """
    target, dots = Path(folder), positive("dpi", dpi)
    if not target.is_dir():
        raise OptionError(f"folder={str(folder)!r} is not a folder. Make it first.")
    name = _file_name(type(result).__name__)
    written: list[Path] = []
    for number, picture in enumerate(figures(result), start=1):
        path = target / f"{name}-{number}.png"
        _write(picture, path, dots)
        written.append(path)
    return tuple(written)


def _write(picture: Picture, path: Path, dpi: float) -> None:
    import matplotlib.pyplot as plt

    figure: Figure | None = picture.draw(ax=None).get_figure(root=True)
    if figure is None:
        raise OptionError("The picture stands on no figure.")
    try:
        figure.savefig(path, dpi=dpi, bbox_inches="tight", pad_inches=0.08, metadata={"Software": None})
    finally:
        plt.close(figure)


def _file_name(type_name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in type_name).removeprefix("-")
