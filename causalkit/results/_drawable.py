"""Values that are not results but have a picture: the steps on the way to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Drawable:
    """Gives a value of a method's step the ``plot()`` that results have."""

    __slots__ = ()

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the step's main picture.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib Axes
            The axes drawn on.
        """
        from causalkit.plot import draw

        return draw(self, ax=ax)
