"""The whole recipe: estimate, and everything that would show that it cannot be trusted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from causalkit.errors import DesignError
from causalkit.rdd._assemble import local_result
from causalkit.rdd._bins import scatter_of
from causalkit.rdd._density_test import density_of
from causalkit.rdd._design import read_design
from causalkit.rdd._falsification import continuity_of, placebos_of
from causalkit.rdd._fit import fit_local
from causalkit.rdd._sensitivity import bandwidths_of, donuts_of
from causalkit.rdd._settings import check_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import IntoDataFrame, Missing
    from causalkit.rdd._density_test import DensityTest
    from causalkit.rdd._design import Cut
    from causalkit.rdd._result import RddResult
    from causalkit.rdd._settings import BandwidthOption

__all__ = ["estimate"]

# Evenly spaced on each side; the rules of bins() would make a result grow with the rows.
_BINS = 20


def estimate(
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
    derivative: int = 0,
    kernel: str = "triangular",
    bandwidth: BandwidthOption = "mserd",
    bandwidth_target: str = "ratio",
    missing: Missing = "raise",
) -> RddResult:
    """Estimate the effect at a cutoff and run every check of the design.

    The estimate is that of :func:`local_polynomial`, without covariates in the fit: covariates are used to test
    whether units on the two sides are alike. Beside it stand the binned scatter, the density test, the jumps of
    the covariates, placebo cutoffs, donuts and other windows.

    Parameters
    ----------
    data : data frame
        One row per unit.
    outcome, running : str
        Columns of the outcome and the score.
    cutoff : number or date
        Where treatment starts. Units exactly at it count as treated.
    treated : {"above", "below"}
        Which side is treated.
    treatment : str, optional
        Column of the treatment taken, where not everybody follows the rule.
    covariates : str or sequence of str, optional
        Columns settled before treatment, to be tested for jumps.
    cluster, weights, order, derivative, kernel, bandwidth, bandwidth_target : optional
        As for :func:`local_polynomial`.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    RddResult
        With ``scatter``, ``density``, ``series`` and their checks; ``plot()`` and ``plot_checks()`` show them.

    Raises
    ------
    DataError, DesignError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Cattaneo, M. D., Idrobo, N. and Titiunik, R. (2020). A Practical Introduction to Regression Discontinuity
    Designs: Foundations. Cambridge University Press.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(1)
    >>> points = rng.uniform(0, 1200, 3000)
    >>> df = pd.DataFrame(
    ...     {
    ...         "points": points,
    ...         "spend": 40 + 0.02 * points + 5 * (points >= 600) + rng.normal(0, 4, 3000),
    ...         "age": rng.normal(40, 9, 3000),
    ...     }
    ... )
    >>> result = rdd.estimate(df, outcome="spend", running="points", cutoff=600, treated="above", covariates="age")
    >>> list(result.checks)[:4]
    ['rows in the window', 'repeated scores', 'density', 'covariates']
    """
    settings = check_settings(
        order=order, derivative=derivative, kernel=kernel, bandwidth=bandwidth, clustered=cluster is not None,
        bandwidth_target=bandwidth_target, fuzzy=treatment is not None,
    )  # fmt: skip
    whole = read_design(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=treatment,
        covariates=covariates, cluster=cluster, weights=weights, missing=missing,
    )  # fmt: skip
    first = 1 + whole.n_treatments
    design = replace(whole.of_columns(slice(first)), is_fuzzy=whole.is_fuzzy)
    local = fit_local(design, settings)
    series = []
    if whole.covariate_names:
        series.append(continuity_of(whole.of_columns(slice(first, None), whole.covariate_names), settings))
    series.append(placebos_of(whole.of_columns(slice(1)), settings, None))
    series.append(donuts_of(design, settings, local))
    series.append(bandwidths_of(design, settings, local))
    return local_result(
        design,
        settings,
        local,
        scatter=scatter_of(design, n_bins=_BINS),
        density=_density_or_none(design.cut),
        series=series,
    )


def _density_or_none(cut: Cut) -> DensityTest | None:
    """Density test, where the score has enough values for it."""
    try:
        return density_of(cut)
    except DesignError:
        return None
