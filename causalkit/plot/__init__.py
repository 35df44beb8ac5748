"""Pictures of results: the only part of causalkit that imports matplotlib, and only when something is drawn.

``draw(result)`` is what ``result.plot()`` calls, and ``draw(result, picture="...")`` draws another of its pictures by
name; ``figures(result)`` lists all of them with captions; ``save`` writes them as files; ``forest`` puts estimates of
any origin side by side. Functions draw on the axes given, or on a new figure, and return the axes; they never call
``show`` and never touch global style.
"""

from causalkit.plot._dispatch import Drawing, Picture, draw, figures
from causalkit.plot._forest import forest
from causalkit.plot._save import save

__all__ = ["Drawing", "Picture", "draw", "figures", "forest", "save"]
