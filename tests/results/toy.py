"""A small result of no method, for tests of what all results have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from causalkit.results import Check, Checks, Effect, Effects, Result, Sample, Table

CHECKS = Checks(
    (
        Check(
            name="overlap",
            question="Are both arms present in every stratum?",
            verdict="supported",
            reading="No evidence against overlap: every stratum has at least 200 users of each arm.",
            table=Table("Arms by stratum", {"stratum": ("active", "inactive"), "treated": (200, 12_345)}),
        ),
        Check(
            name="homogeneity",
            question="Is the effect the same in all strata?",
            verdict="questionable",
            reading="The effect differs across strata, so that one number hides who gains.",
            null="the effects are equal",
            statistic=12.3,
            df=1,
            p_value=0.00045,
        ),
        Check(
            name="unmeasured confounding",
            question="Are the arms alike in what was not measured?",
            verdict="untestable",
            reading="Nothing in the data can show it.",
        ),
    )
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ToyResult(Result):
    """The effect and two other estimates."""

    strata: Effects

    def terms(self) -> Effects:
        return self.strata

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        del level
        columns = {"stratum": (self.treatment, "inactive"), "n": (1_000, 52_000), "difference": (1000.0, 500.25)}
        return (Table("By stratum", columns, note=f"Differences of {self.outcome}."),)


def toy_result(**changes: Any) -> ToyResult:
    """A result with an estimate of 2.0 and a standard error of 0.5."""
    given: dict[str, Any] = {
        "method": "Difference of means, HC1 errors",
        "effect": Effect(estimand="ATE", estimate=2.0, std_error=0.5),
        "sample": Sample(n_rows=100, n_used=97, n_treated=40, n_control=57, dropped={"missing age": 3}),
        "checks": CHECKS,
        "roles": {"outcome": ("gmv",), "treatment": ("used_service",), "by": ("activity",)},
        "options": {"covariance": "HC1", "trim": 0.01},
        "warnings": ("Only 5 treated rows in stratum 'x': look at the counts.",),
        "strata": Effects(
            dimension="estimand",
            labels=("ATE", "ATT", "crude"),
            estimates=np.array([2.0, 1.5, -0.75]),
            cov=np.array([[0.25, 0.1, 0.0], [0.1, 0.36, 0.0], [0.0, 0.0, 0.04]]),
        ),
    }
    return ToyResult(**{**given, **changes})
