"""How much an estimate depends on the window, and on the rows nearest to the cutoff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._rd_estimate import variance_rules
from causalkit._numerics._tails import critical_value
from causalkit._validate import non_negative, positive
from causalkit.errors import DesignError
from causalkit.rdd._design import read_design, without_repeated_covariates
from causalkit.rdd._fit import fit_local, with_bandwidth
from causalkit.rdd._series import series_of
from causalkit.rdd._settings import check_settings, numbers_of
from causalkit.results import Check
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import IntoDataFrame, Missing
    from causalkit.rdd._design import RddDesign
    from causalkit.rdd._fit import LocalFit
    from causalkit.rdd._series import RddSeries
    from causalkit.rdd._settings import BandwidthOption, Settings

__all__ = ["bandwidth_sensitivity", "bandwidths_of", "donut", "donuts_of"]

_MULTIPLES = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
_HOLES = (0.0, 0.05, 0.1, 0.2)
# Below this share of the outcome's deviation two estimates are the same.
_ROUNDING = 1e-12


def bandwidth_sensitivity(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    bandwidths: Sequence[float] | None = None,
    treatment: str | None = None,
    covariates: str | Sequence[str] | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    order: int = 1,
    kernel: str = "triangular",
    missing: Missing = "raise",
) -> RddSeries:
    """Estimate and robust interval in narrower and wider windows.

    Parameters
    ----------
    data : data frame
        One row per unit.
    outcome, running : str
        Columns of the outcome and the score.
    cutoff : number or date
        Where treatment starts.
    treated : {"above", "below"}
        Which side is treated.
    bandwidths : sequence of float, optional
        Half-widths in units of the score; half to twice the bandwidth of least mean squared error if not given. The
        window of the bias keeps its ratio to it.
    treatment, covariates, cluster, weights : str, optional
        As for :func:`local_polynomial`.
    order : int
        Degree of the polynomials.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    RddSeries
        One estimate per window.

    Raises
    ------
    DataError, DesignError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Lee, D. S. and Lemieux, T. (2010). Journal of Economic Literature 48(2), 281-355, section 4.3.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(7)
    >>> score = rng.uniform(-1, 1, 2000)
    >>> df = pd.DataFrame({"score": score, "spend": 3 * (score >= 0) + score + rng.normal(0, 1, 2000)})
    >>> curve = rdd.bandwidth_sensitivity(
    ...     df, outcome="spend", running="score", cutoff=0, treated="above", bandwidths=[0.2, 0.4]
    ... )
    >>> curve.n_window.tolist() == sorted(curve.n_window.tolist())
    True
    """
    design, settings = _read(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=treatment,
        covariates=covariates, cluster=cluster, weights=weights, order=order, kernel=kernel, bandwidth="mserd",
        missing=missing,
    )  # fmt: skip
    return bandwidths_of(design, settings, fit_local(design, settings), bandwidths)


def bandwidths_of(
    design: RddDesign, settings: Settings, base: LocalFit, bandwidths: Sequence[float] | None = None
) -> RddSeries:
    """Estimates of a design in windows around those of a fit."""
    factors: tuple[float, ...] = _MULTIPLES
    if bandwidths is not None:
        factors = tuple(each / base.h[0] for each in numbers_of("bandwidths", bandwidths, positive))
    rules = variance_rules(base.sides, settings.cov_type, settings.n_matches)
    h, b = (design.cut.below_above(*pair) for pair in (base.h, base.b))
    fits: list[LocalFit | None] = []
    for factor in factors:
        given = with_bandwidth(settings, (h[0] * factor, h[1] * factor), (b[0] * factor, b[1] * factor))
        try:
            fits.append(fit_local(design, given, base.sides, rules))
        except DesignError:
            fits.append(None)
    widths = [base.h[0] * factor for factor in factors]
    check = _agreement(
        "bandwidth", "Does the answer hold in narrower and wider windows?", fits, base.conventional, "windows"
    )
    labels = [significant(width) for width in widths]
    return series_of(
        "bandwidth", labels, widths, fits, check, reference=base.conventional, backend=design.cut.rows.backend
    )


def donut(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    radii: Sequence[float] | None = None,
    treatment: str | None = None,
    covariates: str | Sequence[str] | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    order: int = 1,
    kernel: str = "triangular",
    bandwidth: BandwidthOption = "mserd",
    missing: Missing = "raise",
) -> RddSeries:
    """Estimates without the rows nearest to the cutoff, where units that place themselves would be.

    Parameters
    ----------
    data : data frame
        One row per unit.
    outcome, running : str
        Columns of the outcome and the score.
    cutoff : number or date
        Where treatment starts.
    treated : {"above", "below"}
        Which side is treated.
    radii : sequence of float, optional
        Rows nearer to the cutoff than this are left out, in units of the score; up to a fifth of the bandwidth
        if not given. Zero leaves out none.
    treatment, covariates, cluster, weights : str, optional
        As for :func:`local_polynomial`.
    order : int
        Degree of the polynomials.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    bandwidth : str or float or pair of float
        As for :func:`local_polynomial`, chosen anew for each radius.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    RddSeries
        One estimate per radius.

    Raises
    ------
    DataError, DesignError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Barreca, A. I., Lindo, J. M. and Waddell, G. R. (2016). Economic Inquiry 54(1), 268-293.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(9)
    >>> score = rng.uniform(-1, 1, 3000)
    >>> df = pd.DataFrame({"score": score, "spend": 3 * (score >= 0) + score + rng.normal(0, 1, 3000)})
    >>> holes = rdd.donut(df, outcome="spend", running="score", cutoff=0, treated="above", radii=[0.0, 0.05])
    >>> holes.check.verdict
    'supported'
    """
    design, settings = _read(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=treatment,
        covariates=covariates, cluster=cluster, weights=weights, order=order, kernel=kernel, bandwidth=bandwidth,
        missing=missing,
    )  # fmt: skip
    return donuts_of(design, settings, fit_local(design, settings), radii)


def donuts_of(design: RddDesign, settings: Settings, base: LocalFit, radii: Sequence[float] | None = None) -> RddSeries:
    """Estimates of a design without its nearest rows."""
    scale = design.cut.scale
    holes = [share * min(base.h) for share in _HOLES] if radii is None else numbers_of("radii", radii, non_negative)
    distance = np.abs(design.cut.oriented)
    fits: list[LocalFit | None] = []
    for radius in holes:
        sides = design.sides(distance >= radius / scale)
        try:
            fits.append(fit_local(design, settings, sides) if min(map(len, sides)) else None)
        except DesignError:
            fits.append(None)
    check = _agreement(
        "donut", "Does the answer rest on the rows at the very cutoff?", fits, base.conventional, "donuts"
    )
    labels = [significant(radius) for radius in holes]
    return series_of("donut", labels, holes, fits, check, reference=base.conventional, backend=design.cut.rows.backend)


def _agreement(name: str, question: str, fits: list[LocalFit | None], base: float, what: str) -> Check:
    """Whether every robust interval holds the estimate that is reported."""
    known = [fit for fit in fits if fit is not None]
    crit = float(critical_value(0.95))
    apart = sum(abs(fit.corrected - base) > crit * fit.se_robust + _ROUNDING * abs(fit.unit) for fit in known)
    span = [fit.conventional for fit in known]
    if not known:
        return Check(name=name, question=question, verdict="not run", reading=f"No {what} have enough rows.")
    reach = f"from {significant(min(span))} to {significant(max(span))}"
    return Check(
        name=name,
        question=question,
        verdict="questionable" if apart else "supported",
        reading=(
            f"Over {len(known)} {what} the estimate goes {reach}; "
            + (
                f"{apart} of the 95% intervals leave out the reported {significant(base)}."
                if apart
                else f"every 95% interval holds the reported {significant(base)}."
            )
        ),
    )


def _read(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    treatment: str | None,
    covariates: str | Sequence[str] | None,
    cluster: str | None,
    weights: str | None,
    order: int,
    kernel: str,
    bandwidth: BandwidthOption,
    missing: Missing,
) -> tuple[RddDesign, Settings]:
    settings = check_settings(order=order, kernel=kernel, bandwidth=bandwidth, clustered=cluster is not None)
    design = without_repeated_covariates(
        read_design(
            data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=treatment,
            covariates=covariates, cluster=cluster, weights=weights, missing=missing,
        )
    )  # fmt: skip
    return design, settings
