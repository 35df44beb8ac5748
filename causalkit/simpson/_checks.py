"""What a stratified comparison rests on, and what the data say about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._tails import chi2_sf
from causalkit._validate import counted
from causalkit.results import Check
from causalkit.results._format import p_text
from causalkit.results._interval import significant
from causalkit.simpson._design import names_in_words

if TYPE_CHECKING:
    from causalkit._typing import Verdict
    from causalkit.results import Effect
    from causalkit.simpson._cells import Cells
    from causalkit.simpson._result import Strata
    from causalkit.simpson._reversal import Reversal
    from causalkit.simpson._strata import ChiSquared

# Levels at which a check raises a doubt.
ALPHA = 0.05
FEW_ROWS = 10
MOST_ONE_ARMED = 0.1
LEAST_PROPENSITY = 0.02

__all__ = [
    "composition_check",
    "homogeneity_check",
    "overlap_check",
    "pre_treatment_check",
    "qualitative_check",
    "reversal_check",
    "small_cells_check",
    "unconfounded_check",
]


def overlap_check(strata: Strata) -> Check:
    """Whether both arms are present in every stratum.

    Violated if more than a tenth of the weight lies in strata with one arm only; questionable if any does, or if a
    stratum has fewer than 2 % in one of the arms.
    """
    total = strata.weight.sum(axis=1)
    alone = ~strata.comparable
    share = float(total[alone].sum() / total.sum())
    treated = strata.weight[:, 1] / total
    thin = strata.comparable & (np.minimum(treated, 1 - treated) < LEAST_PROPENSITY)
    verdict: Verdict = "supported"
    reading = f"All {counted(len(strata), 'stratum', 'strata')} hold treated and control rows."
    if thin.any():
        verdict = "questionable"
        reading = (
            f"In {counted(int(thin.sum()), 'stratum', 'strata')} of {len(strata)} fewer than "
            f"{LEAST_PROPENSITY:.0%} of the rows are in one of the arms: the comparison rests on few rows there."
        )
    if alone.any():
        verdict = "violated" if share > MOST_ONE_ARMED else "questionable"
        reading = (
            f"One arm only in {counted(int(alone.sum()), 'stratum', 'strata')} of {len(strata)}, with {share:.1%} of "
            f"the weight: nothing can be said about the effect there, and it is left out."
        )
    return Check(
        name="overlap",
        question="Does every stratum hold treated and control rows to compare?",
        verdict=verdict,
        reading=reading,
    )


def small_cells_check(strata: Strata) -> Check:
    """Whether there are enough rows in every arm of every stratum, above all two, the least that have a variance."""
    small = strata.comparable & (strata.rows < FEW_ROWS).any(axis=1)
    n_single = int((strata.comparable & (strata.rows == 1).any(axis=1)).sum())
    single = (
        f" An arm of {counted(n_single, 'stratum', 'strata')} has a single row, whose variance is unknown and counts "
        f"as zero."
        if n_single
        else ""
    )
    n_small, n_all = int(small.sum()), int(strata.comparable.sum())
    share = float(strata.rows[small].sum() / strata.rows[strata.comparable].sum())
    return Check(
        name="small cells",
        question="Are there enough rows in each arm of each stratum?",
        verdict="questionable" if n_small else "supported",
        reading=(
            f"Fewer than {FEW_ROWS} rows in an arm of {counted(n_small, 'stratum', 'strata')} of {n_all}, with "
            f"{share:.1%} of the rows: standard errors there are too small to be trusted.{single}"
            if n_small
            else f"Every arm of every stratum has at least {FEW_ROWS} rows."
        ),
    )


def composition_check(cells: Cells, gap: Effect, estimand: str, *, independent: bool) -> Check:
    """Whether treated and controls are composed alike, so that the crude difference could be believed.

    The verdict follows the gap between crude and standardised effect. The statistic is Pearson's test of stratum and
    arm, for independent unweighted rows.
    """
    weight = cells.weight[cells.comparable]
    share = weight / weight.sum(axis=0)
    moved = float(np.abs(share[:, 1] - share[:, 0]).sum() / 2)
    statistic = df = p_value = math.nan
    if independent:
        expected = np.outer(weight.sum(axis=1), weight.sum(axis=0)) / weight.sum()
        statistic, df = float(((weight - expected) ** 2 / expected).sum()), float(len(weight) - 1)
        p_value = chi2_sf(statistic, df)
    clear = gap.p_value < ALPHA
    reading = f"{moved:.0%} of one arm would have to change stratum for the arms to be composed alike"
    if clear:
        reading += (
            f"; this makes the crude difference and the {estimand} differ by {significant(gap.estimate)} "
            f"(p {p_text(gap.p_value)}): read the {estimand}."
        )
    else:
        reading += f"; there is no evidence that this moves the difference (p {p_text(gap.p_value)})."
    return Check(
        name="composition",
        question="Are the two arms composed of the same strata, so that the crude difference can be believed?",
        verdict="questionable" if clear else "supported",
        reading=reading,
        null="arm and stratum are independent" if independent else "",
        statistic=statistic,
        df=df,
        p_value=p_value,
    )


def reversal_check(crude: float, standardised: float, reversal: Reversal, agreement_p_value: float) -> Check:
    """Whether the signs of crude and standardised effect are surely what they seem."""
    opposite = crude * standardised < 0
    p_value = reversal.p_value if opposite else agreement_p_value
    sure = p_value < ALPHA
    if opposite:
        reading = (
            "Crude and standardised effect have opposite signs, and chance is no explanation"
            if sure
            else "Crude and standardised effect have opposite signs, but chance could have turned one of them"
        )
    else:
        reading = (
            "Crude and standardised effect point the same way"
            if sure
            else "Crude and standardised effect point the same way, or one is zero, but chance could have done that"
        )
    return Check(
        name="sign",
        question="Do crude and standardised effect surely have the signs that they show?",
        verdict="supported" if sure else "questionable",
        reading=f"{reading} (probability of opposite signs {reversal.probability:.1%}).",
        null="one of the two effects is zero or has the other sign",
        p_value=p_value,
    )


def homogeneity_check(strata: Strata, test: ChiSquared) -> Check:
    """Whether the effect is the same in all strata."""
    effects = strata.estimate[strata.comparable]
    spread = f"from {significant(float(effects.min()))} to {significant(float(effects.max()))}"
    verdict, reading = _heterogeneity_verdict(test, spread)
    return Check(
        name="homogeneity",
        question="Is the effect the same in all strata, so that one number describes it?",
        verdict=verdict,
        reading=reading,
        null="all strata have the same effect (Cochran's Q)",
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
    )


def _heterogeneity_verdict(test: ChiSquared, spread: str) -> tuple[Verdict, str]:
    if test.df == 0:
        return "not run", "There is only one stratum with both arms."
    if math.isnan(test.p_value):
        return "not run", f"The strata range {spread}; without variance in every stratum this cannot be tested."
    if test.p_value < ALPHA:
        return "questionable", f"The effects of the strata range {spread}, more than chance allows: look at each."
    return "supported", f"The effects of the strata range {spread}; there is no evidence that they differ."


def qualitative_check(strata: Strata, test: ChiSquared) -> Check:
    """Whether the treatment helps in some strata and harms in others."""
    effects = strata.estimate[strata.comparable]
    verdict: Verdict
    if math.isnan(test.p_value):
        verdict, reading = "not run", "Needs independent strata, each with variance."
    elif not effects.min() < 0 < effects.max():
        verdict, reading = "supported", "No stratum has an effect of the other sign."
    elif test.p_value < ALPHA:
        verdict, reading = "questionable", "The effect has opposite signs in different strata, beyond chance."
    else:
        verdict, reading = (
            "supported",
            "Some strata have an effect of the other sign, but there is no evidence that it is more than chance.",
        )
    return Check(
        name="qualitative interaction",
        question="Does the effect have the same sign in all strata?",
        verdict=verdict,
        reading=reading,
        null="all strata have effects of one sign (Gail and Simon)",
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
    )


def pre_treatment_check(names: tuple[str, ...], treatment: str) -> Check:
    """Whether the strata were fixed before the treatment."""
    by = names_in_words(names)
    return Check(
        name="strata come first",
        question=f"Was {by} settled before {treatment}, and not changed by it?",
        verdict="untestable",
        reading=(
            f"Data cannot tell a confounder from a consequence. If {treatment} changes {by}, or both share a "
            f"consequence, comparing within {by} removes part of the effect or creates a false one."
        ),
    )


def unconfounded_check(names: tuple[str, ...], treatment: str) -> Check:
    """Whether everything that matters is in the strata."""
    by = names_in_words(names)
    return Check(
        name="nothing else differs",
        question=f"Within {by}, are treated and control rows alike in everything else that matters?",
        verdict="untestable",
        reading=(
            f"The standardised effect is causal only if nothing but {by} drives both {treatment} and the outcome; "
            f"another column could turn the sign again."
        ),
    )
