"""Simpson's paradox: why an effect in the total differs from the effect within groups.

Start with :func:`diagnose`, which takes a difference apart for strata that you name; :func:`scan` looks for the
columns that move it.
"""

from causalkit.simpson._diagnose import diagnose
from causalkit.simpson._result import SimpsonResult, Strata
from causalkit.simpson._scan import scan
from causalkit.simpson._scan_result import ScanResult

__all__ = ["ScanResult", "SimpsonResult", "Strata", "diagnose", "scan"]
