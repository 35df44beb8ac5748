"""From what is known about a treatment to the designs that can find its effect."""

from causalkit._advice._advice import Advice, Excluded, Recommendation
from causalkit._advice._design_advice import design_advice
from causalkit._advice._designs import Design

__all__ = ["Advice", "Design", "Excluded", "Recommendation", "design_advice"]
