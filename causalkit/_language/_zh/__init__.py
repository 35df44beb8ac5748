"""Simplified Chinese, by English template; one file for each part of the package that speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from causalkit._language._zh._advice import CATALOGUE as ADVICE
from causalkit._language._zh._decision import CATALOGUE as DECISION
from causalkit._language._zh._did import CATALOGUE as DID
from causalkit._language._zh._iv import CATALOGUE as IV
from causalkit._language._zh._matching import CATALOGUE as MATCHING
from causalkit._language._zh._rdd import CATALOGUE as RDD
from causalkit._language._zh._report import CATALOGUE as REPORT
from causalkit._language._zh._results import CATALOGUE as RESULTS
from causalkit._language._zh._simpson import CATALOGUE as SIMPSON

if TYPE_CHECKING:
    from collections.abc import Mapping

# A new method's catalogue is entered here.
PARTS: Final[tuple[Mapping[str, str], ...]] = (RESULTS, REPORT, DECISION, ADVICE, SIMPSON, MATCHING, RDD, IV, DID)
CATALOGUE: Final = {english: said for part in PARTS for english, said in part.items()}
