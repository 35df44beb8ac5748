"""From estimates to a result: sample, checks, warnings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit.did._checks import anticipation_check, clusters_check, pre_trend_check
from causalkit.did._result import DidResult, EffectPath, roll_out_of
from causalkit.errors import DesignWarning
from causalkit.results import Check, Checks, Effect, Effects, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from causalkit._typing import BoolArray, FloatArray
    from causalkit.did._cells import Cells
    from causalkit.results._table import Cell

__all__ = ["event_path", "finish", "standard_checks"]

ROLES = ("outcome", "unit", "time", "cohort", "treatment", "covariates", "cluster", "weights")


def event_path(
    cells: Cells,
    times: FloatArray,
    labels: Sequence[str],
    estimates: FloatArray,
    cov: FloatArray,
    *,
    df: float,
    reference: float = math.nan,
    n_treated: Sequence[int] | None = None,
) -> EffectPath:
    """Return effects along event time."""
    event_time = cells.event_time
    if n_treated is None:
        n_treated = [cells.rows_at(event_time == each) for each in times.tolist()]
    return EffectPath(
        effects=Effects(dimension="event_time", labels=tuple(labels), estimates=estimates, cov=cov, df=df),
        positions=times,
        is_post=times >= 0,
        reference=reference,
        n_treated=np.array(n_treated, dtype=np.int64),
        draws=np.empty((0, times.size)),
    )


def finish(
    cells: Cells,
    *,
    method: str,
    effect: Effect,
    path: EffectPath | None,
    checks: Sequence[Check],
    options: Mapping[str, Cell],
    used: BoolArray | None = None,
    unused: str = "no untreated unit left to compare with",
) -> DidResult:
    """Build the result.

    Parameters
    ----------
    cells : Cells
        The panel.
    method : str
        In the field's words.
    effect : Effect
        The headline.
    path : EffectPath, optional
        Effects by event time.
    checks : sequence of Check
        Diagnostics.
    options : mapping
        Settings of the call.
    used : (C + 1, T) array of bool, optional
        Cells whose rows are used; all when not given.
    unused : str
        Why the others are not.

    Returns
    -------
    DidResult
        The result.
    """
    panel = cells.panel
    n_used = panel.n if used is None else cells.rows_at(used)
    dropped = dict(panel.dropped)
    if n_used < panel.n:
        dropped[unused] = panel.n - n_used
    if effect.std_error == 0 or not math.isfinite(effect.std_error):
        panel.warned.add(
            f"{panel.rows.names('outcome')[0]!r} is constant or fitted exactly: standard errors are zero or undefined, "
            f"and tests say nothing.",
            DesignWarning,
        )
    rows = cells.n_rows if used is None else np.where(used, cells.n_rows, 0)
    units = panel.units_by_group
    # Cohorts none of whose treated rows are used, such as the last one where nobody is never treated, are controls.
    n_treated = int(units[(rows * cells.treated).any(axis=1)].sum())
    n_units = int(units[rows.any(axis=1)].sum())
    return DidResult(
        method=method,
        effect=effect,
        sample=Sample(
            n_rows=panel.rows.n_rows,
            n_used=n_used,
            n_treated=n_treated,
            n_control=n_units - n_treated,
            n_units=n_units,
            n_clusters=cells.paths.n_clusters,
            dropped=dropped,
        ),
        checks=Checks(tuple(checks)),
        roles={role: names for role in ROLES if (names := panel.rows.names(role))},
        options=options,
        warnings=panel.warned.messages,
        backend=panel.rows.backend,
        roll_out=roll_out_of(panel),
        path=path,
    )


def _trend_check(cells: Cells) -> Check:
    """Return what every difference-in-differences rests on."""
    against = "units never treated" if cells.panel.has_never_treated else "units treated later"
    return Check(
        name="parallel trends",
        question="Without treatment, would the treated have moved like the untreated?",
        verdict="untestable",
        reading=f"Taken for granted after treatment: the change among {against} stands in for it. Periods before "
        f"treatment can speak against it, never for it.",
    )


def standard_checks(cells: Cells, path: EffectPath | None) -> tuple[Check, ...]:
    """Return what every estimator here rests on, with the test of the effects before treatment where there is one."""
    panel = cells.panel
    before = () if path is None else (pre_trend_check(path.pre_trend(), n_clusters=panel.n_clusters),)
    return (_trend_check(cells), *before, anticipation_check(0.0), clusters_check(panel.n_clusters, panel.cluster_name))
