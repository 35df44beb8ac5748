"""What every matching and weighting estimate rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit.results import Check, Table

if TYPE_CHECKING:
    from causalkit._numerics._inverse_probability import Target
    from causalkit._typing import Verdict
    from causalkit.matching._score import PropensityScore

# Shares of the target population without counterpart at which the verdict changes.
_SOME, _MANY = 0.01, 0.1


def unconfoundedness_check(score: PropensityScore) -> Check:
    """Name the assumption that no data can test."""
    covariates = score.design.covariates
    named = ", ".join(covariates[:6]) + (f" and {len(covariates) - 6} more" if len(covariates) > 6 else "")
    return Check(
        name="unconfoundedness",
        question="Is everything that moves both treatment and outcome among the covariates?",
        verdict="untestable",
        reading=(
            f"The data cannot say whether {named} are enough. Ask what else decided who was treated; sensitivity() "
            f"tells how strong it would have to be."
        ),
    )


def overlap_check(score: PropensityScore, *, estimand: Target) -> Check:
    """Count the units of the target population whose score nobody in the other arm reaches.

    Parameters
    ----------
    score : PropensityScore
        The score; units outside the common support are not counted.
    estimand : {"ATE", "ATT", "ATC", "ATO"}
        The target population.

    Returns
    -------
    Check
        "questionable" from 1 %, "violated" from 10 % of the target population without counterpart.
    """
    p, inside = score.score, score.support
    treated = score.design.treated
    arms = {True: inside & treated, False: inside & ~treated}
    targets = {"ATT": (True,), "ATC": (False,), "ATE": (True, False), "ATO": (True, False)}[estimand]
    beyond, size = 0, 0
    for arm in targets:
        other = p[arms[not arm]]
        beyond += int(((p[arms[arm]] < other.min()) | (p[arms[arm]] > other.max())).sum())
        size += int(arms[arm].sum())
    share = beyond / size
    verdict: Verdict = "supported" if share < _SOME else "questionable" if share < _MANY else "violated"
    if estimand == "ATO" and verdict == "violated":
        # The overlap population gives these units next to no weight.
        verdict = "questionable"
    who = {"ATT": "treated units", "ATC": "control units", "ATE": "units", "ATO": "units"}[estimand]
    return Check(
        name="overlap",
        question="Does everyone of interest have counterparts in the other arm?",
        verdict=verdict,
        reading=(
            f"{beyond:,} of {size:,} {who} ({share:.1%}) have a propensity score that nobody in the other arm reaches"
            + ("." if share < _SOME else ": for them the estimate extrapolates; see common_support().")
        ),
        statistic=share,
        table=_ranges(score),
    )


def _ranges(score: PropensityScore) -> Table:
    levels = (0.0, 0.05, 0.5, 0.95, 1.0)
    arms = (("treated", score.design.treated), ("control", ~score.design.treated))
    quantiles = [np.quantile(score.score[arm & score.support], levels) for _, arm in arms]
    names = ("min", "p5", "median", "p95", "max")
    return Table(
        title="Propensity scores of the two arms",
        columns={
            "arm": [name for name, _ in arms],
            **{name: [float(row[j]) for row in quantiles] for j, name in enumerate(names)},
        },
    )
