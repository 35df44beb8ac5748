"""The instruments one by one: each alone, and all but each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._iv_projection import project
from causalkit.errors import DesignError
from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class
from causalkit.results import Table

if TYPE_CHECKING:
    from causalkit._typing import Columns, IntArray, IntoDataFrame, Missing
    from causalkit.iv._covariance import CovOption
    from causalkit.iv._design import IvDesign
    from causalkit.iv._fit import IvFit

__all__ = ["apart_table", "instruments_apart"]


def instruments_apart(
    data: IntoDataFrame,
    *,
    outcome: str,
    endogenous: str,
    instruments: Columns,
    exogenous: Columns | None = None,
    absorb: Columns | None = None,
    cluster: Columns | None = None,
    weights: str | None = None,
    cov_type: CovOption = None,
    missing: Missing = "raise",
) -> Table:
    """Estimate with each instrument alone, and with all but each.

    Instruments that are valid and move people with the same effect agree; one that stands apart deserves a look.

    Parameters
    ----------
    data : data frame
        One row per observation.
    outcome, endogenous : str
        Outcome and treatment.
    instruments, exogenous, absorb, cluster : str or list of str
        As in :func:`tsls`.
    weights : str, optional
        Column of weights.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    Table
        ``term, estimate, std_error, f, interval``: the interval of one instrument alone is its Anderson-Rubin set.

    References
    ----------
    Angrist, J. D. and Pischke, J.-S. (2009). Mostly Harmless Econometrics. Princeton University Press, section 4.6.4.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, n_instruments=2, rng=1)
    >>> apart = iv.instruments_apart(sim.data, outcome="y", endogenous="d", instruments=["z1", "z2"])
    >>> apart["term"]
    ('all', 'z1 alone', 'z2 alone', 'without z1', 'without z2')
    """
    design = read_design(
        data,
        outcome=outcome,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        absorb_levels=absorb,
        weights=weights,
        cluster=cluster,
        cov_type=cov_type,
        missing=missing,
    )
    if design.projection.n_instruments < 2 or design.projection.n_endogenous > 1:
        raise DesignError(
            "Instruments can be taken apart when there are two or more, for one endogenous regressor; there are "
            f"{design.projection.n_instruments} for {design.projection.n_endogenous}."
        )
    return apart_table(design)


def apart_table(design: IvDesign) -> Table:
    """Return one row for all instruments, one for each alone, and one for all but each."""
    columns = design.projection.kept_instruments
    fits: list[tuple[str, IvFit]] = [("all", fit_k_class(design, lambda _, __: 1.0))]
    fits += [(f"{name} alone", _with(design, columns[[j]], (name,))) for j, name in enumerate(design.instruments)]
    for j, name in enumerate(design.instruments):
        rest = tuple(each for each in design.instruments if each != name)
        fits.append((f"without {name}", _with(design, np.delete(columns, j), rest)))
    effects = [each.coefficients()[design.endogenous[0]] for _, each in fits]
    stages = [each.first_stage() for _, each in fits]
    intervals = []
    for (_, each), effect, stage in zip(fits, effects, stages, strict=True):
        robust = each.anderson_rubin()
        weak = each.projection.n_instruments == 1 or stage.is_weak
        intervals.append((effect if robust is None or not weak else robust).conf_int(0.95).format())
    return Table(
        title="The instruments one by one",
        columns={
            "term": [label for label, _ in fits],
            "estimate": [each.estimate for each in effects],
            "std_error": [each.std_error for each in effects],
            "effective_f": [float(stage.effective_f[0]) for stage in stages],
            "interval": intervals,
        },
        headings={"std_error": "std. error", "effective_f": "effective F", "interval": "95% set"},
    )


def _with(design: IvDesign, columns: IntArray, names: tuple[str, ...]) -> IvFit:
    """Fit with some of the instruments."""
    w, z, d, y = design.projection.parts
    projection = project(
        w,
        z[:, columns],
        d,
        y[:, 0],
        weights=design.projection.weights,
        intercept=not design.absorbed,
        n_absorbed=design.n_absorbed,
    )
    return fit_k_class(replace(design, projection=projection, instruments=names), lambda _, __: 1.0)
