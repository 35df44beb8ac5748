"""Why crude and standardised effects differ: Kitagawa's decomposition, adding up exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from causalkit.simpson._standard import CONTROL, TREATED, crude_mean, standard, standardised_mean

if TYPE_CHECKING:
    from causalkit.simpson._cells import Cells, Statistic

Base = Literal["symmetric", "treated", "control"]

__all__ = ["Base", "kitagawa"]


def kitagawa(cells: Cells, base: Base = "symmetric") -> dict[str, Statistic]:
    """Split the crude difference into within-stratum effect, composition and one-armed strata.

    With composition ``f`` and stratum means ``m`` of the treated (1) and the controls (0), over comparable strata:

    ============== ==================================== ==========================================
    base           within                               composition
    ============== ==================================== ==========================================
    ``treated``    ``sum f1 (m1 - m0)`` (ATT)           ``sum (f1 - f0) m0``
    ``control``    ``sum f0 (m1 - m0)`` (ATC)           ``sum (f1 - f0) m1``
    ``symmetric``  ``sum (f1 + f0) / 2 (m1 - m0)``      ``sum (f1 - f0) (m1 + m0) / 2``
    ============== ==================================== ==========================================

    Parameters
    ----------
    cells : Cells
        The stratum by arm table.
    base : {"symmetric", "treated", "control"}
        Whose composition weights the stratum effects.

    Returns
    -------
    dict of Statistic
        ``within``, ``composition``, and ``treated_only`` and ``control_only``: what rows in strata with one arm only
        add to the crude difference. The four add up to the crude difference over all rows.

    References
    ----------
    Kitagawa, E. M. (1955). Components of a difference between two rates. JASA 50(272), 1168-1194.
    Nopo, H. (2008). Matching as a tool to decompose wage gaps. Review of Economics and Statistics 90(2),
    290-299, equation (4): the parts of those without counterpart.
    """
    composition_of = {TREATED: standard(cells, "treated"), CONTROL: standard(cells, "control")}
    mean = {
        (arm, like): standardised_mean(cells, arm, composition_of[like])
        for arm in (TREATED, CONTROL)
        for like in (TREATED, CONTROL)
    }
    att = mean[TREATED, TREATED] - mean[CONTROL, TREATED]
    atc = mean[TREATED, CONTROL] - mean[CONTROL, CONTROL]
    at_control_means = mean[CONTROL, TREATED] - mean[CONTROL, CONTROL]
    at_treated_means = mean[TREATED, TREATED] - mean[TREATED, CONTROL]
    within, composition = {
        "treated": (att, at_control_means),
        "control": (atc, at_treated_means),
        "symmetric": (0.5 * (att + atc), 0.5 * (at_control_means + at_treated_means)),
    }[base]
    return {
        "within": within,
        "composition": composition,
        "treated_only": crude_mean(cells, TREATED) - mean[TREATED, TREATED],
        "control_only": mean[CONTROL, CONTROL] - crude_mean(cells, CONTROL),
    }
