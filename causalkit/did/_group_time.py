"""Effects by cohort and period (Callaway and Sant'Anna)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._frames._levels import label_text
from causalkit._validate import choice, counted, non_negative
from causalkit.did._aggregate import overall_effect
from causalkit.did._checks import (
    anticipation_check,
    clusters_check,
    cohort_size_check,
    controls_check,
    fewest_compared,
    overlap_check,
    pre_trend_check,
)
from causalkit.did._few_clusters import FEW_TREATED
from causalkit.did._group_time_fit import from_panel, from_rows, plan_of
from causalkit.did._group_time_result import CellEffects, GroupTime
from causalkit.did._multiplier import Multiplier
from causalkit.did._panel import read_panel
from causalkit.did._result import roll_out_of
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.results import Checks, Sample

if TYPE_CHECKING:
    from causalkit._numerics._did_doubly_robust import Method
    from causalkit._numerics._did_group_time import GroupTimeEstimates
    from causalkit._numerics._did_plan import BasePeriod, CellPlan, ControlGroup
    from causalkit._typing import Columns, IntoDataFrame, Missing
    from causalkit.did._panel import Panel
    from causalkit.did._result import RollOut

__all__ = ["Settings", "Unbalanced", "fit_cells", "group_time"]

Unbalanced = Literal["pairwise", "drop_units", "cross_sections"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How effects by cohort and period are estimated; see :func:`group_time`."""

    method: Method = "doubly_robust"
    control_group: ControlGroup = "never_treated"
    base_period: BasePeriod = "varying"
    anticipation: float = 0.0
    unbalanced: Unbalanced = "pairwise"
    bootstrap: Multiplier | None = None

    def __post_init__(self) -> None:
        """Check the options."""
        choice("method", self.method, ("doubly_robust", "regression", "ipw"))
        choice("control_group", self.control_group, ("never_treated", "not_yet_treated"))
        choice("base_period", self.base_period, ("varying", "universal"))
        choice("unbalanced", self.unbalanced, ("pairwise", "drop_units", "cross_sections"))
        if self.bootstrap is not None and not isinstance(self.bootstrap, Multiplier):
            raise OptionError(f"bootstrap={self.bootstrap!r} must be did.Multiplier(draws=..., rng=...).")
        object.__setattr__(self, "anticipation", non_negative("anticipation", self.anticipation))


def group_time(
    data: IntoDataFrame,
    *,
    outcome: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    method: Method = "doubly_robust",
    control_group: ControlGroup = "never_treated",
    base_period: BasePeriod = "varying",
    anticipation: float = 0,
    unbalanced: Unbalanced = "pairwise",
    cluster: str | None = None,
    weights: str | None = None,
    bootstrap: Multiplier | None = None,
    missing: Missing = "raise",
) -> GroupTime:
    """Estimate the average effect on each cohort in each period, ATT(g, t).

    Each cohort's change since its last period before treatment, less the change of units never (or not yet) treated. It
    is the effect on that cohort if both would have moved in parallel without treatment, given the covariates if there
    are any, and if nobody reacted earlier than ``anticipation`` allows.

    Parameters
    ----------
    data : data frame
        One row per unit and period; or, without ``unit``, repeated cross-sections.
    outcome, time : str
        Columns of the outcome and the period. Periods are numbers, dates or labels in their order.
    unit : str, optional
        Column of the units.
    cohort : str, optional
        First treated period of the unit, in the form of ``time``; missing or infinite for never, 0 too where it is
        before all periods.
    treatment : str, optional
        Instead of ``cohort``: 0/1, the unit is treated in this row's period.
    covariates : str or sequence of str, optional
        Columns given which trends are parallel. For panels their values in the base period count.
    method : {"doubly_robust", "regression", "ipw"}
        How covariates are used: doubly robust (Sant'Anna and Zhao 2020), regression of the controls' changes, or
        weights by the odds of a logit that sum to one. All three are the same without covariates.
    control_group : {"never_treated", "not_yet_treated"}
        Whom cohorts are compared with.
    base_period : {"varying", "universal"}
        Before treatment, measure from the period before, or from the same base as after treatment.
    anticipation : float
        Periods before treatment in which units may already react, in units of ``time``.
    unbalanced : {"pairwise", "drop_units", "cross_sections"}
        Where units miss periods: use in each cell the units seen in both of its periods; leave out units that miss any
        period; or compare means as if rows were repeated cross-sections, clustered by unit.
    cluster : str, optional
        Column of the clusters; units by default.
    weights : str, optional
        Column of sampling weights; for panels their values in the base period count.
    bootstrap : Multiplier, optional
        Draws, from which errors and bands are then taken. Without, both come from the joint covariance.
    missing : {"raise", "drop"}
        What to do with missing values.

    Returns
    -------
    GroupTime
        The effects with their joint covariance; :func:`aggregate` makes averages of them.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, does not make a design, or an option is not known.

    Notes
    -----
    Errors are roots of the summed squares of the clusters' influence functions, without small-sample factor, equal to
    R's ``sqrt(mean(IF^2)/n)``.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal of
    Econometrics 225(2), 200-230.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit import did
    >>> df = pd.DataFrame(
    ...     {
    ...         "shop": list("aabbccdd") * 10,
    ...         "week": [1, 2] * 40,
    ...         "launch": ([2] * 4 + [None] * 4) * 10,
    ...         "sales": [1.0, 4, 3, 5, 2, 3, 2, 4] * 10,
    ...     }
    ... )
    >>> df["shop"] += (df.index // 8).astype(str)
    >>> did.group_time(df, outcome="sales", unit="shop", time="week", cohort="launch").effect.estimate
    1.0
    """
    settings = Settings(
        method=method,
        control_group=control_group,
        base_period=base_period,
        anticipation=anticipation,
        unbalanced=unbalanced,
        bootstrap=bootstrap,
    )
    panel = read_panel(
        data,
        outcome=outcome,
        time=time,
        unit=unit,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=cluster,
        weights=weights,
        missing=missing,
        anticipation=settings.anticipation,
    )
    n_treated = int(panel.units_by_group[:-1].sum())
    if n_treated < FEW_TREATED:
        panel.warned.add(
            f"{counted(n_treated, 'treated unit')}: clustered standard errors are far too small with so few. Look at "
            f"randomisation inference.",
            DesignWarning,
        )
    return fit_cells(panel, settings)


def fit_cells(panel: Panel, settings: Settings) -> GroupTime:
    """Estimate the effects by cohort and period of a panel that has been read."""
    method, unbalanced, ahead = settings.method, settings.unbalanced, settings.anticipation
    panel = _balance(panel, unbalanced)
    as_rows = panel.unit is None or (not panel.is_balanced and unbalanced == "cross_sections")
    plan = plan_of(panel, settings.control_group, settings.base_period, ahead, as_rows=as_rows)
    draws = None if settings.bootstrap is None else settings.bootstrap.start()
    found = from_rows(panel, plan, method, draws) if as_rows else from_panel(panel, plan, method, draws)
    roll_out = roll_out_of(panel)
    cells = _cells(panel, plan, found, roll_out)
    options = {
        "method": method if panel.covariate_names else None,
        "control_group": settings.control_group,
        "base_period": settings.base_period,
        "anticipation": ahead,
        "unbalanced": None if panel.is_balanced else unbalanced,
        "cov_type": "influence function, clustered" if panel.cluster_name else "influence function",
        "draws": None if settings.bootstrap is None else settings.bootstrap.draws,
    }
    return _result(panel, cells, roll_out, found, options)


def _balance(panel: Panel, unbalanced: Unbalanced) -> Panel:
    """Say what is missing, and leave units out if asked to."""
    if panel.unit is None or panel.is_balanced:
        return panel
    seen = np.bincount(panel.unit, minlength=panel.n_units)
    if unbalanced != "cross_sections" and int(seen.max(initial=0)) == 1:
        raise DesignError(
            f"Every unit of unit={panel.rows.names('unit')[0]!r} is seen in one period only, so that nobody's change "
            f"is known. Leave out unit= if the rows are repeated cross-sections."
        )
    n_gaps = int(np.count_nonzero(seen < panel.n_periods))
    gaps = f"{n_gaps:,} of {counted(panel.n_units, 'unit')} are not observed in all {panel.n_periods} periods"
    if unbalanced == "drop_units":
        if n_gaps == panel.n_units:
            raise DesignError(f"{gaps}: none is left. Use unbalanced='pairwise'.")
        panel.warned.add(f"{gaps}; they were left out.", DesignWarning)
        return panel.take(seen[panel.unit] == panel.n_periods, reason="unit not observed in all periods")
    way = (
        "each cell uses those seen in both of its periods"
        if unbalanced == "pairwise"
        else "their rows are taken as repeated cross-sections, so that a change in who is observed counts as an effect"
    )
    panel.warned.add(f"{gaps}; {way}.", DesignWarning)
    return panel


def _cells(panel: Panel, plan: CellPlan, found: GroupTimeEstimates, roll_out: RollOut) -> CellEffects:
    """The cells that could be estimated."""
    keep = found.is_identified
    if not keep.all():
        names = [
            f"({label_text(panel.cohort_labels[g])}, {panel.periods.text[t]})"
            for g, t in zip(plan.cohort[~keep].tolist(), plan.time[~keep].tolist(), strict=True)
        ]
        why = (
            f"in {', '.join(names[:3])}{', ...' if len(names) > 3 else ''} the covariates separate the cohort from its "
            f"controls. Use fewer covariates, or leave out the cohort."
        )
        if not (keep & (plan.time != plan.base)).any():
            raise DesignError(f"No effect can be estimated given the covariates: {why}")
        panel.warned.add(f"{counted(len(names), 'effect')} cannot be estimated: {why}", DesignWarning)
    if found.n_trimmed.any():
        panel.warned.add(
            f"Controls with a propensity score of 0.995 or more were left out: up to {found.n_trimmed.max():,} in one "
            f"comparison.",
            DesignWarning,
        )
    plan = plan.take(keep)
    joint = np.concatenate([keep, np.ones(found.shares.size, dtype=bool)])
    return CellEffects(
        cohort=plan.cohort,
        time=plan.time,
        base=plan.base,
        event_time=roll_out.period_values[plan.time] - roll_out.cohort_values[plan.cohort],
        estimates=found.estimates[keep],
        shares=found.shares,
        cov=found.cov[np.ix_(joint, joint)],
        draws=found.draws[:, joint],
        n_treated=found.n_treated[keep],
        n_control=found.n_control[keep],
        largest_score=found.largest_score[keep],
    )


def _result(
    panel: Panel,
    cells: CellEffects,
    roll_out: RollOut,
    found: GroupTimeEstimates,
    options: dict[str, str | float | None],
) -> GroupTime:
    if not cells.is_post.any():
        raise DesignError("No effect after treatment can be estimated; effects before it alone answer no question.")
    effect = overall_effect(cells)
    if effect.std_error == 0:
        panel.warned.add("The outcome leaves no sampling error: every standard error is zero.", DesignWarning)
    roles = {
        role: panel.rows.names(role)
        for role in ("outcome", "unit", "time", "cohort", "treatment", "covariates", "cluster", "weights")
        if panel.rows.names(role)
    }
    compared = fewest_compared(roll_out, control_group=str(options["control_group"]), n_clusters=panel.n_clusters)
    checks = [
        pre_trend_check(cells.pre_trend(float(str(options["anticipation"]))), n_clusters=compared),
        anticipation_check(float(str(options["anticipation"]))),
        controls_check(roll_out, str(options["control_group"])),
        cohort_size_check(roll_out),
        clusters_check(panel.n_clusters, panel.cluster_name),
    ]
    if not np.isnan(cells.largest_score).all():
        checks.append(overlap_check(float(np.nanmax(cells.largest_score)), int(found.n_trimmed.max(initial=0))))
    return GroupTime(
        method="Group-time effects (Callaway and Sant'Anna)",
        effect=effect,
        sample=sample_of(panel),
        checks=Checks(tuple(checks)),
        roles=roles,
        options=options,
        warnings=panel.warned.messages,
        backend=panel.rows.backend,
        roll_out=roll_out,
        cells=cells,
    )


def sample_of(panel: Panel) -> Sample:
    """Return what happened to the rows; arms count units where units repeat."""
    n_never = int(panel.units_by_group[-1])
    return Sample(
        n_rows=panel.rows.n_rows,
        n_used=panel.n,
        n_treated=int(panel.units_by_group.sum()) - n_never,
        n_control=n_never,
        n_units=None if panel.unit is None else panel.n_units,
        n_clusters=panel.n_clusters,
        dropped=panel.dropped,
    )
