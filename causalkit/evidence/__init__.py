"""What one number supports: lift, margins, power, planned splits, many tests, hidden confounders.

Small questions that stand around an effect on its way to a decision. Each takes an effect, a result or published
numbers, and answers with an effect, a check or a small frozen value; :func:`causalkit.decide` puts them together.
"""

from causalkit.evidence._confounding import (
    EValue,
    Robustness,
    e_value,
    e_value_of_difference,
    robustness,
)
from causalkit.evidence._guardrail import Guardrail
from causalkit.evidence._lift import lift
from causalkit.evidence._margin import MarginTest, equivalence, non_inferiority
from causalkit.evidence._multiplicity import adjust
from causalkit.evidence._power import Retrodesign, minimum_detectable, retrodesign
from causalkit.evidence._sample_ratio import sample_ratio

__all__ = [
    "EValue",
    "Guardrail",
    "MarginTest",
    "Retrodesign",
    "Robustness",
    "adjust",
    "e_value",
    "e_value_of_difference",
    "equivalence",
    "lift",
    "minimum_detectable",
    "non_inferiority",
    "retrodesign",
    "robustness",
    "sample_ratio",
]
