"""From a result to its pictures, by type; each method's file is imported when one of its results is drawn."""

from __future__ import annotations

import importlib
from functools import partial, singledispatch
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from causalkit._validate import choice
from causalkit.errors import OptionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Part of the package that defines a type, and the file that draws it.
_FILES: Final = {
    "_advice": "causalkit.plot._advice",
    "_compare": "causalkit.plot._compare",
    "_decide": "causalkit.plot._decision",
    "did": "causalkit.plot._did",
    "iv": "causalkit.plot._iv",
    "matching": "causalkit.plot._matching",
    "rdd": "causalkit.plot._rdd",
    "results": "causalkit.plot._forest",
    "simpson": "causalkit.plot._simpson",
}


class Drawing(Protocol):
    """A function that draws on the axes given, or on new ones, and returns them."""

    def __call__(self, *, ax: Axes | None = None) -> Axes:
        """Draw."""
        ...


class Picture(NamedTuple):
    """A picture that a report can show.

    Attributes
    ----------
    caption : str
        What is to be seen, in one sentence.
    draw : callable
        ``draw(ax=ax)`` draws it and returns the axes.
    """

    caption: str
    draw: Drawing

    @property
    def name(self) -> str:
        """Name by which :func:`draw` finds it: that of the function that draws it."""
        function: Any = self.draw
        while isinstance(function, partial):
            function = function.func
        return str(function.__name__).removeprefix("_")


@singledispatch
def main_picture(result: Any, *, ax: Axes | None = None) -> Axes:
    """Draw the one picture that tells most; a method's plot file registers its result types here."""
    del ax
    raise _unknown(result)


@singledispatch
def all_pictures(result: Any) -> tuple[Picture, ...]:
    """Return all pictures with captions, the main one first; registered where there is more than one."""
    return (Picture("", partial(main_picture, result)),)


def draw(result: object, *, picture: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the main picture of a result, or another one by its name.

    Parameters
    ----------
    result : Result, Decision, Comparison, Effects or other value of the package
        What to draw.
    picture : str, optional
        Which picture, such as ``"baker_kramer"``: one of ``[each.name for each in figures(result)]``. The main one if
        not given.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        The axes drawn on.

    Raises
    ------
    OptionError
        There is no picture of this type or name, or ``ax`` is not one Axes.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from causalkit.plot import draw
    >>> from causalkit.results import Effects
    >>> strata = Effects(dimension="stratum", labels=("a", "b"), estimates=np.array([1.0, 3.0]), cov=np.eye(2))
    >>> draw(strata, ax=Figure().subplots()).get_xlabel()
    'estimate and 95% interval'
    """
    import_file_of(result)
    if ax is not None and not hasattr(ax, "spines"):
        raise OptionError(
            f"ax must be matplotlib Axes, as plt.subplots()[1] of one plot; got {type(ax).__name__}. "
            f"Of several, pass one: axes[0]."
        )
    if picture is None:
        return main_picture(result, ax=ax)
    by_name = {each.name: each for each in figures(result)}
    return by_name[choice("picture", picture, tuple(by_name))].draw(ax=ax)


def figures(result: object) -> tuple[Picture, ...]:
    """Return every picture of a result, the main one first.

    Parameters
    ----------
    result : Result, Decision, Comparison, Effects or other value of the package
        What to draw.

    Returns
    -------
    tuple of Picture
        Each with a ``name``, a ``caption`` and a function ``draw(ax=None)``.

    Raises
    ------
    OptionError
        There is no picture of this type.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.plot import figures
    >>> from causalkit.results import Effects
    >>> strata = Effects(dimension="stratum", labels=("a", "b"), estimates=np.array([1.0, 3.0]), cov=np.eye(2))
    >>> [picture.caption for picture in figures(strata)]
    ['Estimates with their 95% intervals.']
    """
    import_file_of(result)
    if main_picture.dispatch(type(result)) is main_picture.dispatch(object):
        raise _unknown(result)
    return all_pictures(result)


def import_file_of(result: object) -> None:
    """Import the plot file of the method that defines the type, so that it registers its pictures."""
    for each in reversed(type(result).__mro__):
        package, _, rest = each.__module__.partition(".")
        if package == "causalkit" and (file := _FILES.get(rest.partition(".")[0])):
            importlib.import_module(file)


def _unknown(result: object) -> OptionError:
    return OptionError(
        f"There is no picture of a {type(result).__name__}; pass what a method of causalkit returned, "
        f"or causalkit.plot.forest a mapping of labels to results."
    )
