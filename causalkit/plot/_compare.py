"""Picture of results side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from causalkit._compare import Comparison
from causalkit.plot._dispatch import Picture, all_pictures, main_picture
from causalkit.plot._forest import Row, forest, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@rows_of.register(Comparison)
def _(estimates: Comparison, level: float) -> list[Row]:
    return rows_of(estimates.results, level)


@main_picture.register(Comparison)
def comparison_forest(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw the headline effect of each result, one to a line; outcomes are named where they differ."""
    results = comparison.results
    if len({each.outcome for each in results.values()}) > 1:
        results = {f"{label} ({each.outcome})": each for label, each in results.items()}
    return forest(results, ax=ax, title=comparison.title())


@all_pictures.register(Comparison)
def _pictures(comparison: Comparison) -> tuple[Picture, ...]:
    return (Picture("Each result's effect with its 95% interval.", partial(comparison_forest, comparison)),)
