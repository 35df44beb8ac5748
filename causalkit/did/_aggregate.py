"""From effects by cohort and period to the averages that answer a question."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._frames._levels import label_text
from causalkit._validate import choice, non_negative
from causalkit.did._averages import Averages, by_calendar, by_cohort, by_event_time, overall
from causalkit.did._group_time_result import GroupTime
from causalkit.did._result import DidResult, EffectPath
from causalkit.errors import DesignError, OptionError
from causalkit.results import Effect, Effects

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, IntArray
    from causalkit.did._group_time_result import CellEffects
    from causalkit.did._result import RollOut

__all__ = ["aggregate", "overall_effect"]

By = Literal["overall", "event_time", "cohort", "calendar"]
_WORDS = {
    "overall": "over cohorts and periods after treatment, weighted by the cohorts' sizes",
    "event_time": "by periods since treatment; headline: the plain mean of those after treatment",
    "cohort": "by cohort; headline: their mean weighted by the cohorts' sizes",
    "calendar": "by calendar period; headline: their plain mean",
}


def aggregate(result: GroupTime, *, by: By = "overall", balanced: float | None = None) -> DidResult:
    """Average effects by cohort and period into one number, a path over event time, or effects by cohort or period.

    All averages weight cohorts by their shares among the treated where they mix them; standard errors include what
    the estimation of the shares adds.

    Parameters
    ----------
    result : GroupTime
        From :func:`group_time`.
    by : {"overall", "event_time", "cohort", "calendar"}
        One number over all cohorts and periods after treatment; by periods since treatment (the headline is the plain
        mean of those after it); by cohort, each over its own periods after treatment (the headline weights them by
        size); or by calendar period (the headline is their plain mean).
    balanced : float, optional
        For event time: keep cohorts that are observed at least this many periods after treatment begins, and no event
        time beyond, so that the path has one composition.

    Returns
    -------
    DidResult
        The headline, and the path with its joint covariance, uniform bands and test of the effects before treatment.
        With bootstrap draws in ``result``, errors are the standard deviations of the draws.

    Raises
    ------
    OptionError
        ``result`` is no group-time result, ``by`` is not known, or ``balanced`` comes with another ``by``.
    DesignError
        No effect is left to average.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Journal of Econometrics 225(2), 200-230, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import did
    >>> shops = np.arange(40)
    >>> df = pd.DataFrame({"shop": np.repeat(shops, 3), "week": np.tile([1, 2, 3], 40)})
    >>> df["launch"] = np.where(df["shop"] % 2, 2.0, np.nan)
    >>> df["sales"] = df["shop"] % 7 + df["week"] + 1.5 * (df["week"] - 1) * (df["shop"] % 2)
    >>> df["sales"] += 0.1 * (df["shop"] * df["week"] % 3)
    >>> cells = did.group_time(df, outcome="sales", unit="shop", time="week", cohort="launch")
    >>> did.aggregate(cells, by="event_time").path.effects.estimates.round(4).tolist()
    [1.51, 3.005]
    """
    if not isinstance(result, GroupTime):
        raise OptionError(f"result must come from did.group_time; got {type(result).__name__}.")
    choice("by", by, tuple(_WORDS))
    if balanced is not None and by != "event_time":
        raise OptionError(f"balanced={balanced!r} is for by='event_time'; got by={by!r}.")
    cells, roll_out = result.cells, result.roll_out
    if not cells.is_post.any():
        raise DesignError("There is no effect after treatment to average: no cohort has controls by then.")
    path = None
    if by == "overall" or roll_out is None:
        effect = overall_effect(cells)
    else:
        averages = _averages_by(by, cells, roll_out, balanced)
        error = cells.covariance_of(averages.headline_jacobian[None, :])
        effect = Effect(estimand="ATT", estimate=averages.headline, std_error=math.sqrt(max(float(error[0, 0]), 0.0)))
        path = _path(by, averages, cells, roll_out, float(str(result.options["anticipation"])))
    return DidResult(
        method=f"{result.method}, averaged {_WORDS[by]}",
        effect=effect,
        sample=result.sample,
        checks=result.checks,
        roles=result.roles,
        options={**result.options, "by": by, "balanced": balanced},
        warnings=result.warnings,
        backend=result.backend,
        roll_out=roll_out,
        path=path,
    )


def overall_effect(cells: CellEffects) -> Effect:
    """Return the mean of all effects after treatment, weighted by the cohorts' shares."""
    estimate, jacobian = overall(cells)
    variance = float(cells.covariance_of(jacobian[None, :])[0, 0])
    return Effect(estimand="ATT", estimate=estimate, std_error=math.sqrt(max(variance, 0.0)))


def _averages_by(by: By, cells: CellEffects, roll_out: RollOut, balanced: float | None) -> Averages:
    if by == "cohort":
        return by_cohort(cells)
    if by == "calendar":
        return by_calendar(cells)
    use = np.ones(len(cells), dtype=bool) if balanced is None else _balanced(cells, roll_out, balanced)
    return by_event_time(cells, use)


def _balanced(cells: CellEffects, roll_out: RollOut, balanced: float) -> BoolArray:
    """Cells of cohorts seen long enough after treatment, at event times that all of them can have."""
    at_most = non_negative("balanced", balanced)
    last, first = roll_out.period_values[-1], roll_out.period_values[0]
    longest = last - roll_out.cohort_values
    use = (longest >= at_most)[cells.cohort] & (cells.event_time <= at_most)
    use &= cells.event_time >= at_most - (last - first)
    if not (use & cells.is_post).any():
        raise DesignError(
            f"No cohort is observed {at_most:g} periods after treatment begins; the longest is {longest.max():g}. "
            f"Use a smaller balanced=."
        )
    return np.asarray(use)


def _path(by: By, averages: Averages, cells: CellEffects, roll_out: RollOut, anticipation: float) -> EffectPath:
    """The averages with their joint covariance; what is zero by construction becomes the reference."""
    moving = (averages.cells & ~cells.is_reference).any(axis=1)
    positions, jacobian = averages.positions[moving], averages.jacobian[moving]
    every = np.vstack([averages.headline_jacobian[None, :], jacobian])
    cov = cells.covariance_of(every)
    codes = positions.astype(np.int64)
    if by == "event_time":
        labels = tuple(label_text(each) for each in positions.tolist())
        at = positions
    else:
        names = roll_out.cohorts if by == "cohort" else roll_out.periods
        labels = tuple(names[each] for each in codes.tolist())
        at = (roll_out.cohort_values if by == "cohort" else roll_out.period_values)[codes]
    still = averages.positions[~moving]
    return EffectPath(
        effects=Effects(
            dimension={"event_time": "event_time", "cohort": "cohort", "calendar": "time"}[by],
            labels=labels,
            estimates=averages.estimates[moving],
            cov=cov[1:, 1:],
        ),
        positions=at,
        is_post=positions >= -anticipation if by == "event_time" else np.ones(positions.size, dtype=bool),
        reference=float(still[0]) if still.size else math.nan,
        n_treated=_n_treated(averages.cells[moving], cells, roll_out),
        draws=cells.draws @ jacobian.T,
        headline_cov=cov[0, 1:],
    )


def _n_treated(members: BoolArray, cells: CellEffects, roll_out: RollOut) -> IntArray:
    """Treated units of the cohorts that enter each average."""
    inside = np.zeros((len(members), roll_out.cohort_values.size), dtype=bool)
    for row, member in zip(inside, members, strict=True):
        row[cells.cohort[member]] = True
    return np.asarray(inside @ roll_out.n_units[:-1], dtype=np.int64)
