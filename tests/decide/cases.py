"""Results to decide on, and the reference numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from causalkit.results import Check, Checks, Effect, Fieller, Result, Sample

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "decide.json").read_text())


def effect(estimate: float, std_error: float, *, df: float | None = None, **kwargs: Any) -> Effect:
    return Effect(
        estimand=kwargs.pop("estimand", "ATE"),
        estimate=estimate,
        std_error=std_error,
        df=math.inf if df is None else df,
        **kwargs,
    )


def result(
    estimate: float = 0.8, std_error: float = 0.5, *, checks: dict[str, str] | None = None, **kwargs: Any
) -> Result:
    """A result; checks maps names to verdicts."""
    outcome, treatment = kwargs.pop("outcome", "orders"), kwargs.pop("treatment", "promo")
    made = tuple(
        Check(name=name, question="?", verdict=verdict, reading=f"What {name} says.")
        for name, verdict in (checks or {}).items()
    )
    return Result(
        method="Difference in means",
        effect=kwargs.pop("effect", None) or effect(estimate, std_error, **kwargs),
        sample=Sample(n_rows=400, n_used=400, n_treated=200, n_control=200),
        checks=Checks(made),
        roles={"outcome": (outcome,), "treatment": (treatment,)},
        options={},
    )


# Confidence sets: two rays, the whole line.
TWO_RAYS = Fieller(numerator=2.0, denominator=0.5, var_numerator=1.0, var_denominator=0.2, cov=0.05)
WHOLE_LINE = Fieller(numerator=0.5, denominator=0.1, var_numerator=1.0, var_denominator=0.2, cov=0.05)
