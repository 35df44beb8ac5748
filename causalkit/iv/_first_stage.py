"""The first stage alone: strength of the instruments, without the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causalkit.iv._design import read_design
from causalkit.iv._fit import fit_k_class

if TYPE_CHECKING:
    from causalkit._typing import Columns, IntoDataFrame, Missing
    from causalkit.iv._covariance import CovOption
    from causalkit.iv._records import FirstStage

__all__ = ["first_stage"]


def first_stage(
    data: IntoDataFrame,
    *,
    endogenous: Columns,
    instruments: Columns,
    exogenous: Columns | None = None,
    absorb: Columns | None = None,
    cluster: Columns | None = None,
    weights: str | None = None,
    cov_type: CovOption = None,
    missing: Missing = "raise",
) -> FirstStage:
    """Measure how strongly the instruments move the treatment, before the outcome is seen.

    Parameters
    ----------
    data : data frame
        One row per observation.
    endogenous, instruments, exogenous, absorb, cluster : str or list of str
        As in :func:`tsls`.
    weights : str, optional
        Column of weights.
    cov_type : str or NeweyWest, optional
        As in :func:`tsls`.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    FirstStage
        Partial R², F, effective F with its critical values, conditional F, Cragg-Donald and Kleibergen-Paap.

    References
    ----------
    Montiel Olea, J. L. and Pflueger, C. (2013). Journal of Business & Economic Statistics 31(3), 358-369.
    Sanderson, E. and Windmeijer, F. (2016). Journal of Econometrics 190(2), 212-221.

    Examples
    --------
    >>> from causalkit import iv, simulate
    >>> sim = simulate.instrument(2_000, rng=1)
    >>> stage = iv.first_stage(sim.data, endogenous="d", instruments="z", exogenous="x")
    >>> bool(stage.effective_f[0] > stage.critical("10%")), round(stage.critical("10%"), 2)
    (True, 23.11)
    """
    design = read_design(
        data,
        outcome=None,
        endogenous=endogenous,
        instruments=instruments,
        exogenous=exogenous,
        absorb_levels=absorb,
        weights=weights,
        cluster=cluster,
        cov_type=cov_type,
        missing=missing,
    )
    return fit_k_class(design, lambda _, __: 1.0).first_stage()
