"""Step 3: common support."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from causalkit._numerics._support import crump_cut, minmax_support
from causalkit._validate import choice, counted, flag, fraction
from causalkit._warnings import Warned
from causalkit.errors import DesignError, OptionError
from causalkit.matching._propensity import refit_on
from causalkit.results import Record, Table

if TYPE_CHECKING:
    from causalkit._typing import BoolArray
    from causalkit.matching._score import PropensityScore

_RULES = ("minmax", "treated", "control", "trim", "crump")
_ARMS = {"minmax": (True, False), "treated": (True,), "control": (False,)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Support(Record):
    """A rule for the common support, and who is outside.

    Attributes
    ----------
    rule : str
        The rule.
    low, high : float
        Scores inside lie between these.
    n_treated, n_control : int
        Units inside.
    n_treated_outside, n_control_outside : int
        Units outside.
    discarded : Table
        Means of the score and of every covariate inside and outside, by arm; empty where nobody is.
    """

    rule: str
    low: float
    high: float
    n_treated: int
    n_control: int
    n_treated_outside: int
    n_control_outside: int
    discarded: Table

    def reading(self) -> str:
        """Return the rule and the counts in one sentence."""
        if self.n_treated_outside + self.n_control_outside == 0:
            return f"Common support ({self.rule}): everyone is inside {self.low:.4g} to {self.high:.4g}."
        return (
            f"Common support ({self.rule}): scores of {self.low:.4g} to {self.high:.4g}; outside are "
            f"{self.n_treated_outside:,} treated and {self.n_control_outside:,} control units."
        )


def common_support(
    score: PropensityScore,
    *,
    rule: Literal["minmax", "treated", "control", "trim", "crump"] = "minmax",
    bounds: tuple[float, float] = (0.1, 0.9),
    refit: bool = False,
) -> PropensityScore:
    """Keep the units whose score occurs in both arms.

    What is estimated afterwards is the effect among the units inside: the estimand changes with the rule.

    Parameters
    ----------
    score : PropensityScore
        The score; a rule applied earlier is replaced.
    rule : {"minmax", "treated", "control", "trim", "crump"}
        ``"minmax"``: the overlap of the two arms' ranges. ``"treated"`` or ``"control"``: the range of that arm,
        so that only units of the other are discarded. ``"trim"``: fixed ``bounds``. ``"crump"``: the symmetric cut
        with the least asymptotic variance of the effect inside.
    bounds : tuple of float
        Lowest and highest score for ``"trim"``.
    refit : bool
        Estimate the logit or probit again on the units inside; who is inside does not change.

    Returns
    -------
    PropensityScore
        With ``support`` set and ``overlap`` describing who is outside.

    Raises
    ------
    DesignError
        An arm has nobody inside.

    References
    ----------
    Crump, R., Hotz, J., Imbens, G. and Mitnik, O. (2009). Dealing with limited overlap in estimation of
    average treatment effects. Biometrika 96(1), 187-199.
    Dehejia, R. and Wahba, S. (1999). Causal effects in nonexperimental studies. Journal of the American
    Statistical Association 94(448), 1053-1062.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from causalkit import matching
    >>> rng = np.random.default_rng(1)
    >>> df = pd.DataFrame({"age": rng.normal(40, 10, 500)})
    >>> df["promo"] = rng.random(500) < 1 / (1 + np.exp(8 - 0.2 * df.age))
    >>> score = matching.propensity_score(df, treatment="promo", covariates="age")
    >>> matching.common_support(score).overlap.n_control_outside
    37
    """
    choice("rule", rule, _RULES)
    flag("refit", refit)
    p, treated = score.score, score.design.treated
    if rule == "trim":
        low, high = fraction("bounds[0]", bounds[0]), fraction("bounds[1]", bounds[1])
        if low >= high:
            raise OptionError(f"bounds={bounds!r} must be a lower and a higher score, such as (0.1, 0.9).")
    elif rule == "crump":
        cut = crump_cut(score.response.probability, score.response.complement, score.design.weights)
        low, high = cut, 1 - cut
    else:
        low, high = minmax_support(p, treated, of=_ARMS[rule])
    inside = (p >= low) & (p <= high)
    counts = [int((inside & arm).sum()) for arm in (treated, ~treated)]
    if min(counts) == 0:
        raise DesignError(
            f"rule={rule!r} leaves scores of {low:.4g} to {high:.4g}, with {counts[0]:,} treated and {counts[1]:,} "
            f"control units inside: the arms do not overlap. Treated scores run from {p[treated].min():.4g} to "
            f"{p[treated].max():.4g}, control scores from {p[~treated].min():.4g} to {p[~treated].max():.4g}."
        )
    inside.flags.writeable = False
    overlap = Support(
        rule=rule,
        low=low,
        high=high,
        n_treated=counts[0],
        n_control=counts[1],
        n_treated_outside=int(treated.sum()) - counts[0],
        n_control_outside=int((~treated).sum()) - counts[1],
        discarded=_discarded(score, inside),
    )
    warned = Warned()
    out = refit_on(score, inside, warned) if refit else score
    return replace(out, support=inside, overlap=overlap, warnings=(*score.warnings, *warned.messages))


def _discarded(score: PropensityScore, inside: BoolArray) -> Table:
    """Who is outside: means by arm and side."""
    design = score.design
    columns, names = design.all_levels()
    values = np.column_stack([score.score, columns])
    cells: dict[str, list[float]] = {}
    for arm, of in (("treated", design.treated), ("control", ~design.treated)):
        for side, rows in (("inside", of & inside), ("outside", of & ~inside)):
            cells[f"{arm}_{side}"] = (
                np.average(values[rows], axis=0, weights=design.weights[rows]).tolist()
                if rows.any()
                else [float("nan")] * values.shape[1]
            )
    n_outside = int((~inside).sum())
    return Table(
        title="Who is inside and outside the common support",
        columns={"covariate": ("score", *names), **cells},
        headings={name: name.replace("_", ", ") for name in cells},
        note=f"Means; {counted(n_outside, 'unit')} of {design.n:,} outside.",
    )
