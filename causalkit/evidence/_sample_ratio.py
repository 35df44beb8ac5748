"""Did the arms come out in the sizes planned: sample-ratio mismatch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from causalkit._numerics._tails import chi2_sf
from causalkit._validate import fraction, listed, positive, whole
from causalkit.errors import DesignError, OptionError
from causalkit.results import Check, Table

__all__ = ["sample_ratio"]

_LOOKED_AT: Final = 0.001


def sample_ratio(
    observed: Mapping[str, int], *, expected: Mapping[str, float] | None = None, threshold: float = _LOOKED_AT
) -> Check:
    """Test that the sizes of the arms fit the planned split (sample-ratio mismatch).

    Parameters
    ----------
    observed : mapping of str to int
        Units in each arm.
    expected : mapping of str to float, optional
        Planned share, or any weight, of each arm; equal shares if not given.
    threshold : float
        p-value below which the split counts as violated. The usual 0.001 keeps false alarms rare where every
        experiment is tested.

    Returns
    -------
    Check
        Named ``"sample ratio"``; Pearson's chi-squared test, with the counts in its table. A mismatch means that
        assignment or logging lost units unevenly, and then no effect from these data should be read.

    Raises
    ------
    OptionError
        The arms of the two mappings differ, there are fewer than two, or a number is out of range.
    DesignError
        No units at all.

    References
    ----------
    Fabijan, A. et al. (2019). Diagnosing sample ratio mismatch in online controlled experiments. KDD '19, 2156-2164.

    Examples
    --------
    >>> from causalkit.evidence import sample_ratio
    >>> check = sample_ratio({"treated": 5021, "control": 4979})
    >>> round(check.statistic, 4), round(check.p_value, 4), check.verdict
    (0.1764, 0.6745, 'supported')
    """
    counts = _counts(observed)
    planned = dict.fromkeys(counts, 1.0) if expected is None else dict(expected)
    if set(planned) != set(counts):
        raise OptionError(f"expected has the arms {listed(planned)}; observed has {listed(counts)}.")
    weights = {arm: positive(f"expected[{arm!r}]", planned[arm]) for arm in counts}
    threshold = fraction("threshold", threshold)
    n, whole_weight = sum(counts.values()), sum(weights.values())
    if n == 0:
        raise DesignError("There are no units in any arm.")
    shares = [weight / whole_weight for weight in weights.values()]
    statistic = sum(
        (count - n * share) ** 2 / (n * share) for count, share in zip(counts.values(), shares, strict=True)
    )
    p_value = float(chi2_sf(statistic, len(counts) - 1))
    violated = p_value < threshold
    return Check(
        name="sample ratio",
        question="Did the arms come out in the sizes planned?",
        null="the arms have their planned shares",
        statistic=statistic,
        df=len(counts) - 1,
        p_value=p_value,
        verdict="violated" if violated else "supported",
        reading=_reading(p_value, violated=violated),
        table=Table(
            title="Arms",
            columns={
                "arm": tuple(counts),
                "n": tuple(counts.values()),
                "expected": tuple(n * share for share in shares),
            },
            headings={"n": "units", "expected": "planned"},
        ),
    )


def _counts(observed: object) -> dict[str, int]:
    if not isinstance(observed, Mapping) or len(observed) < 2:
        raise OptionError("observed must map at least two arms to their numbers of units, as {'a': 5021, 'b': 4979}.")
    return {arm: whole(f"observed[{arm!r}]", count) for arm, count in observed.items()}


def _reading(p_value: float, *, violated: bool) -> str:
    if violated:
        return (
            f"The sizes of the arms are further from the plan than chance takes them (p = {p_value:.2g}): "
            f"assignment or logging lost units unevenly; find out where before reading any effect."
        )
    return f"No evidence against the planned split (p = {p_value:.2g})."
