"""From an effect to a decision."""

from causalkit._decide._belief import Belief, DrawsBelief, NoBelief, StudentBelief
from causalkit._decide._decide import decide
from causalkit._decide._decision import Decision

__all__ = ["Belief", "Decision", "DrawsBelief", "NoBelief", "StudentBelief", "decide"]
