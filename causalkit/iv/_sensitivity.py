"""How much an answer depends on the instrument having no effect of its own on the outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._anderson_rubin import critical_form
from causalkit._validate import fraction, non_negative, real
from causalkit.errors import DesignError, OptionError
from causalkit.iv._records import AndersonRubin, as_set
from causalkit.iv._result import IvResult
from causalkit.results import Effect, Record, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import FloatArray
    from causalkit.results import ConfidenceSet

__all__ = ["Overturning", "local_to_zero", "overturning", "plausibly_exogenous", "sensitivity"]

# Direct effects of the instrument, as shares of its whole effect on the outcome.
SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


def plausibly_exogenous(result: IvResult, *, direct_effect: tuple[float, float], level: float = 0.95) -> ConfidenceSet:
    """Union of the confidence sets over all direct effects of the instrument in a range.

    Parameters
    ----------
    result : IvResult
        With one instrument and one endogenous regressor.
    direct_effect : (low, high)
        Range of the effect of one unit of the instrument on the outcome past the treatment, in units of the outcome.
    level : float
        Coverage, whatever the direct effect in the range.

    Returns
    -------
    Interval or IntervalUnion
        The union of Anderson-Rubin sets, exactly.

    Raises
    ------
    DesignError
        More than one instrument or endogenous regressor.
    OptionError
        A range in the wrong order.

    References
    ----------
    Conley, T. G., Hansen, C. B. and Rossi, P. E. (2012). Review of Economics and Statistics 94(1), section II.B.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, rng=1)
    >>> res = iv.tsls(sim.data, outcome="y", endogenous="d", instruments="z", exogenous="x")
    >>> wide = iv.plausibly_exogenous(res, direct_effect=(-0.1, 0.1))
    >>> wide.width > res.conf_int().width
    True
    """
    base = _one_instrument(result)
    low, high = (real("direct_effect", each) for each in direct_effect)
    if low > high:
        raise OptionError(f"direct_effect={direct_effect!r} must be (low, high), the smaller end first.")
    shift = float(base.direct[0, 0])
    sets = [_shifted(base, end * shift).conf_int(level) for end in (low, high)]
    # Between the ends the estimate itself moves along an interval, all of which some direct effect makes exact.
    path = sorted(float((base.second[0] - end * shift) / base.first[0]) for end in (low, high))
    pieces = [(part.low, part.high) for each in sets for part in each.parts]
    return as_set(_merged([*pieces, (path[0], path[1])]))


def local_to_zero(result: IvResult, *, mean: float | Sequence[float] = 0.0, sd: float | Sequence[float]) -> Effect:
    """Wald inference when the direct effects are drawn from normal priors, independent of one another.

    Parameters
    ----------
    result : IvResult
        Of any number of instruments.
    mean, sd : float or sequence of float
        Prior mean and standard deviation of the direct effect of one unit of each instrument, in units of the outcome.

    Returns
    -------
    Effect
        Estimate less what the mean direct effects add, with the priors' variance added.

    Raises
    ------
    OptionError
        Not one value per instrument.

    References
    ----------
    Conley, T. G., Hansen, C. B. and Rossi, P. E. (2012). Review of Economics and Statistics 94(1), section II.C.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, rng=1)
    >>> res = iv.tsls(sim.data, outcome="y", endogenous="d", instruments="z")
    >>> iv.local_to_zero(res, sd=0.1).std_error > res.std_error
    True
    """
    influence = np.array(result.influence)
    prior_mean = _per_instrument("mean", mean, influence.size)
    prior_sd = _per_instrument("sd", sd, influence.size)
    wald = result.wald
    variance = wald.std_error**2 + float(((influence * prior_sd) ** 2).sum())
    return Effect(
        estimand=result.effect.estimand,
        estimate=wald.estimate - float(influence @ prior_mean),
        std_error=math.sqrt(variance),
        df=wald.df,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overturning(Record):
    """How large a direct effect of the instrument would overturn the decision.

    Attributes
    ----------
    threshold : float
        Value of the effect at which the decision turns.
    to_estimate : float
        Direct effect that moves the estimate to the threshold, in units of the outcome per unit of the instrument.
    to_doubt : float
        Smallest direct effect at which the threshold is no longer rejected; zero if it is not rejected as it is.
    share_of_reduced_form : float
        The latter as a share of the instrument's total effect on the outcome.
    level : float
        Coverage of the set meant.
    """

    threshold: float
    to_estimate: float
    to_doubt: float
    share_of_reduced_form: float
    level: float

    def table(self) -> Table:
        """Return the numbers with their meaning."""
        return Table(
            title="Direct effect of the instrument that would overturn the decision",
            columns={
                "term": ["moves the estimate to the threshold", "lets the data no longer reject the threshold"],
                "estimate": [self.to_estimate, self.to_doubt],
            },
            headings={"term": "a direct effect that", "estimate": "per unit of the instrument"},
        )

    def __str__(self) -> str:
        """Return one sentence."""
        if self.to_doubt == 0:
            return f"The data do not reject {self.threshold:g} even without a direct effect."
        return (
            f"A direct effect of {self.to_doubt:+.4g} per unit of the instrument, {self.share_of_reduced_form:.0%} of "
            f"its whole effect on the outcome, would do: {self.threshold:g} would no longer be rejected at the "
            f"{self.level:.0%} level."
        )


def overturning(result: IvResult, *, threshold: float = 0.0, level: float = 0.95) -> Overturning:
    """How large a direct effect of the instrument would overturn the decision.

    Parameters
    ----------
    result : IvResult
        With one instrument and one endogenous regressor.
    threshold : float
        Value of the effect at which the decision turns, such as a break-even.
    level : float
        Coverage of the set meant.

    Returns
    -------
    Overturning
        The direct effects, in units of the outcome per unit of the instrument.

    Raises
    ------
    DesignError
        More than one instrument or endogenous regressor.

    References
    ----------
    Conley, T. G., Hansen, C. B. and Rossi, P. E. (2012). Review of Economics and Statistics 94(1), 260-272.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, rng=1)
    >>> res = iv.tsls(sim.data, outcome="y", endogenous="d", instruments="z", exogenous="x")
    >>> found = iv.overturning(res)
    >>> 0 < found.to_doubt < found.to_estimate
    True
    """
    base = _one_instrument(result)
    threshold = real("threshold", threshold)
    line, shift = base.line(), float(base.direct[0, 0])
    gap = float(line.gap(threshold)[0])
    reach = math.sqrt(critical_form(fraction("level", level), 1, base.df) * float(line.cov(threshold)[0, 0]))
    to_doubt = 0.0 if abs(gap) <= reach else (gap - math.copysign(reach, gap)) / shift
    whole = float(base.second[0]) / shift
    return Overturning(
        threshold=threshold,
        to_estimate=gap / shift,
        to_doubt=to_doubt,
        share_of_reduced_form=to_doubt / whole if whole else math.nan,
        level=level,
    )


def sensitivity(result: IvResult, *, threshold: float = 0.0, level: float = 0.95) -> Table:
    """How the set of effects widens as the instrument may touch the outcome past the treatment.

    With one instrument the rows are unions of Anderson-Rubin sets over all direct effects up to a share of the
    instrument's whole effect on the outcome, of either sign. With several, the direct effects have normal priors around
    zero with that share as standard deviation, and the intervals are Wald's.

    Parameters
    ----------
    result : IvResult
        Of any number of instruments.
    threshold : float
        Value of the effect at which the decision turns.
    level : float
        Coverage of the sets.

    Returns
    -------
    Table
        ``share, interval, rejected``: the last says whether the threshold lies outside.

    References
    ----------
    Conley, T. G., Hansen, C. B. and Rossi, P. E. (2012). Review of Economics and Statistics 94(1), 260-272.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, rng=1)
    >>> res = iv.tsls(sim.data, outcome="y", endogenous="d", instruments="z", exogenous="x")
    >>> table = iv.sensitivity(res)
    >>> table["rejected"]
    (True, True, True, True, True, False)
    """
    threshold, level = real("threshold", threshold), fraction("level", level)
    whole = np.abs(result.reduced_form.estimates)
    single = result.anderson_rubin is not None and result.anderson_rubin.n_instruments == 1
    found: list[ConfidenceSet] = [
        plausibly_exogenous(result, direct_effect=(-share * float(whole[0]), share * float(whole[0])), level=level)
        if single
        else local_to_zero(result, sd=(share * whole).tolist()).conf_int(level)
        for share in SHARES
    ]
    return Table(
        title=f"What a direct effect of the instrument{'' if single else 's'} would do",
        columns={
            "share": SHARES,
            "interval": [each.format() for each in found],
            "rejected": [threshold not in each for each in found],
        },
        headings={
            "share": "direct, share of whole effect",
            "interval": f"{100 * level:.4g}% set",
            "rejected": f"{threshold:g} rejected",
        },
    )


def _one_instrument(result: IvResult) -> AndersonRubin:
    if not isinstance(result, IvResult):
        raise OptionError(f"result must be what iv.tsls or iv.estimate returned; got {type(result).__name__}.")
    if result.anderson_rubin is None or result.anderson_rubin.n_instruments != 1:
        raise DesignError(
            "This is for one instrument and one endogenous regressor with an outcome that varies; with more "
            "instruments use iv.local_to_zero, and iv.instruments_apart to see which one matters."
        )
    return result.anderson_rubin


def _shifted(base: AndersonRubin, by: float) -> AndersonRubin:
    return AndersonRubin(first=base.first, second=base.second - by, cov=base.cov, direct=base.direct, df=base.df)


def _merged(pieces: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Union of intervals."""
    merged: list[tuple[float, float]] = []
    for low, high in sorted(pieces):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _per_instrument(name: str, value: float | Sequence[float], size: int) -> FloatArray:
    values = [value] * size if isinstance(value, (int, float)) else list(value)
    if len(values) != size:
        raise OptionError(f"{name} must be one number, or one for each of the {size} instruments; got {len(values)}.")
    check = non_negative if name == "sd" else real
    return np.array([check(name, each) for each in values])
