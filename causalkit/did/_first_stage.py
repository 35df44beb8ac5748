"""What the two estimators that impute untreated outcomes share: the fit to untreated rows, and whom it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit._numerics._did_imputation import fit_untreated
from causalkit._validate import counted
from causalkit.did._cells import warn_of_absorbed
from causalkit.errors import DesignError, DesignWarning

if TYPE_CHECKING:
    from causalkit._numerics._did_imputation import Untreated
    from causalkit._typing import BoolArray
    from causalkit.did._cells import Cells

__all__ = ["FirstStage", "first_stage"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FirstStage:
    """Unit and period effects of the untreated rows, and the rows that they speak for.

    Attributes
    ----------
    fit : Untreated
        The fit.
    imputable : (C + 1, T) array of bool
        Treated cells whose untreated outcome is identified.
    used : (C + 1, T) array of bool
        These and the untreated cells.
    """

    fit: Untreated
    imputable: BoolArray
    used: BoolArray


def first_stage(cells: Cells) -> FirstStage:
    """Fit unit and period effects to the untreated rows, and warn of treated rows that they cannot speak for."""
    panel = cells.panel
    fit = fit_untreated(cells.paths, ~cells.treated)
    warn_of_absorbed(cells, fit.fit.kept, panel.n_periods - 1)
    has_rows = cells.n_rows > 0
    imputable = cells.treated & fit.periods & (fit.system.weight > 0)
    if not imputable.any():
        raise DesignError(
            "No treated row has an untreated counterpart: in every period with treated units, no unit is left that is "
            "not treated yet."
        )
    lost = cells.rows_at(cells.treated & ~imputable)
    lost += int((cells.n_rows - fit.system.rows)[imputable].sum())
    if lost:
        panel.warned.add(
            f"{counted(lost, 'treated row')} left out: nobody is untreated any more in their period, or their unit has "
            f"no untreated row.",
            DesignWarning,
        )
    return FirstStage(fit=fit, imputable=imputable, used=imputable | (~cells.treated & has_rows))
