"""An assumption or diagnostic with its verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from causalkit._validate import choice
from causalkit.results._record import Record

if TYPE_CHECKING:
    from causalkit._typing import Verdict
    from causalkit.results._table import Table

VERDICTS: Final[tuple[Verdict, ...]] = ("supported", "questionable", "violated", "untestable", "not run")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Check(Record):
    """What an estimate rests on, and what the data say about it.

    Attributes
    ----------
    name : str
        Short name, the key in ``result.checks``: ``"overlap"``.
    question : str
        What is asked, in plain words.
    verdict : {"supported", "questionable", "violated", "untestable", "not run"}
        What the data say. "supported" means no evidence against, never proof.
    reading : str
        One sentence for whoever decides.
    null : str
        The hypothesis tested, where there is a test.
    statistic, p_value : float
        Of that test; NaN without one.
    df : float
        Its degrees of freedom; NaN without any.
    table : Table, optional
        The numbers behind the verdict.

    Examples
    --------
    >>> check = Check(
    ...     name="overlap",
    ...     question="Are both arms present everywhere?",
    ...     verdict="supported",
    ...     reading="Every stratum has users with and without the service.",
    ... )
    >>> check.verdict
    'supported'
    """

    name: str
    question: str
    verdict: Verdict
    reading: str
    null: str = ""
    statistic: float = math.nan
    df: float = math.nan
    p_value: float = math.nan
    table: Table | None = None

    def __post_init__(self) -> None:
        """Check the verdict."""
        choice("verdict", self.verdict, VERDICTS)
