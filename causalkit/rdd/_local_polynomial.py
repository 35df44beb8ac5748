"""The jump of a local polynomial at a cutoff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causalkit.rdd._assemble import local_result
from causalkit.rdd._design import read_design, without_repeated_covariates
from causalkit.rdd._fit import fit_local
from causalkit.rdd._settings import check_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import IntoDataFrame, Missing
    from causalkit.rdd._result import RddResult
    from causalkit.rdd._settings import BandwidthOption

__all__ = ["local_polynomial"]


def local_polynomial(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    treatment: str | None = None,
    covariates: str | Sequence[str] | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    order: int | None = None,
    bias_order: int | None = None,
    derivative: int = 0,
    kernel: str = "triangular",
    bandwidth: BandwidthOption = "mserd",
    bandwidth_target: str = "ratio",
    bias_bandwidth: float | Sequence[float] | None = None,
    rho: float | None = None,
    cov_type: str | None = None,
    n_matches: int = 3,
    mass_points: str = "adjust",
    regularize: bool = True,
    missing: Missing = "raise",
) -> RddResult:
    """Effect of treatment on units at a cutoff, from local polynomials on either side.

    The jump in the mean outcome at the cutoff is the average effect of treatment on units there, if nothing
    else changes at the cutoff and units cannot place themselves exactly on one side of it.

    Parameters
    ----------
    data : data frame
        One row per unit.
    outcome, running : str
        Columns: the outcome, and the score that decides on treatment. Dates are read as days.
    cutoff : number or date
        The score at which treatment starts. Units exactly at it count as treated.
    treated : {"above", "below"}
        Which side is treated; the effect is that of treatment, not of crossing upward.
    treatment : str, optional
        Column of the treatment taken, where not everybody follows the rule: the effect is then the ratio
        of the jumps of outcome and take-up, for those at the cutoff who follow the rule.
    covariates : str or sequence of str, optional
        Columns measured before treatment; they make the estimate more precise. Those that never vary, or that the
        others determine, are left out with a warning.
    cluster, weights : str, optional
        Columns: groups within which errors may be correlated; weight of each row.
    order, bias_order : int, optional
        Degree of the polynomial (1; ``derivative + 1`` for a kink), and of the one that estimates its bias
        (one more). Whatever its degree, the bias is of the coefficient of power ``order + 1``.
    derivative : int
        0 for a jump in the level, 1 for a kink, a jump in the slope per unit of the score.
    kernel : {"triangular", "epanechnikov", "uniform"}
        How rows in the window are weighted by their distance.
    bandwidth : str or float or pair of float
        A selector (``"mserd"``, ``"msetwo"``, ``"msesum"``, ``"msecomb1"``, ``"msecomb2"`` minimise the mean
        squared error, their ``"cer..."`` twins the coverage error), or the half-width of the window in units of
        the score (days, for dates), or a pair (below, above).
    bandwidth_target : {"ratio", "outcome"}
        With imperfect take-up: whether a selected bandwidth is best for the ratio of the jumps, or for the jump of the
        outcome alone (rdrobust's ``sharpbw``).
    bias_bandwidth : float or pair of float, optional
        With a given bandwidth: the window of the bias; the same if not given.
    rho : float, optional
        Ratio of bandwidth to bias bandwidth, in place of the latter.
    cov_type : str, optional
        ``"nn"`` (nearest neighbours along the score, the default), ``"HC0"`` to ``"HC3"``; with clusters
        ``"CR1"`` (the default), ``"CR2"``, ``"CR3"``.
    n_matches : int
        Nearest neighbours.
    mass_points : {"adjust", "check", "off"}
        Whether repeated scores widen the pilot windows of the bandwidths.
    regularize : bool
        Whether a bias that is estimated imprecisely is kept away from zero when a bandwidth is chosen.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    RddResult
        Conventional estimate; robust bias-corrected interval, which is not centred on it.

    Raises
    ------
    DataError
        A column is missing, not numeric, or has missing or infinite values.
    DesignError
        Nobody is on one side, too few distinct scores are in a window, or take-up contradicts ``treated``.
    OptionError
        An option is unknown or contradicts another.

    Notes
    -----
    Numbers are those of rdrobust 2.1.1. With ``bias_order`` above ``order + 1`` the selected bandwidth follows
    Calonico, Cattaneo and Titiunik (2014), as rdrobust for R and Stata does; rdrobust for Python takes another
    coefficient there, and its bandwidth changes with the units of the score.

    References
    ----------
    Calonico, S., Cattaneo, M. D. and Titiunik, R. (2014). Econometrica 82(6), 2295-2326. Calonico, S.,
    Cattaneo, M. D. and Farrell, M. H. (2020). Econometrics Journal 23(2), 192-210. Calonico, S., Cattaneo,
    M. D., Farrell, M. H. and Titiunik, R. (2019). Review of Economics and Statistics 101(3), 442-451.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(1)
    >>> points = rng.uniform(0, 1200, 2000)
    >>> spend = 40 + 0.02 * points + 5 * (points >= 600) + rng.normal(0, 4, 2000)
    >>> df = pd.DataFrame({"points": points, "spend": spend})
    >>> result = rdd.local_polynomial(df, outcome="spend", running="points", cutoff=600, treated="above")
    >>> 5.0 in result.conf_int(), result.effect.center != result.estimate
    (True, True)
    """
    settings = check_settings(
        order=order, bias_order=bias_order, derivative=derivative, kernel=kernel, bandwidth=bandwidth,
        bias_bandwidth=bias_bandwidth, rho=rho, cov_type=cov_type, n_matches=n_matches, mass_points=mass_points,
        regularize=regularize, clustered=cluster is not None, bandwidth_target=bandwidth_target,
        fuzzy=treatment is not None,
    )  # fmt: skip
    design = without_repeated_covariates(
        read_design(
            data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=treatment,
            covariates=covariates, cluster=cluster, weights=weights, missing=missing,
        )
    )  # fmt: skip
    return local_result(design, settings, fit_local(design, settings))
