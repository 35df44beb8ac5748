"""What would show that a design is not what it seems: jumps where there should be none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._validate import listed, real
from causalkit.errors import DesignError, OptionError
from causalkit.rdd._design import RddDesign, read_cut, read_design, standardized
from causalkit.rdd._fit import fit_local
from causalkit.rdd._series import adjusted, robust_p, series_of
from causalkit.rdd._settings import check_settings, numbers_of
from causalkit.results import Check
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._rd_side import Side
    from causalkit._typing import FloatArray, IntoDataFrame, Missing, Verdict
    from causalkit.rdd._design import Cut
    from causalkit.rdd._fit import LocalFit
    from causalkit.rdd._series import RddSeries
    from causalkit.rdd._settings import BandwidthOption, Settings

__all__ = ["continuity_of", "covariate_continuity", "placebo_cutoffs", "placebos_of"]

_SIGNIFICANT = 0.05
_SHARES = (0.25, 0.5, 0.75)


def covariate_continuity(
    data: IntoDataFrame,
    *,
    covariates: str | Sequence[str],
    running: str,
    cutoff: object,
    treated: str,
    cluster: str | None = None,
    order: int = 1,
    kernel: str = "triangular",
    bandwidth: BandwidthOption = "mserd",
    missing: Missing = "raise",
) -> RddSeries:
    """Jumps of covariates at the cutoff, each in its own window.

    What was settled before the rule applied cannot be changed by it. A covariate that jumps shows that units on
    the two sides differ in more than the treatment.

    Parameters
    ----------
    data : data frame
        One row per unit.
    covariates : str or sequence of str
        Columns settled before treatment; categories become one column per level.
    running : str
        Column of the score.
    cutoff : number or date
        Where treatment starts.
    treated : {"above", "below"}
        Which side is treated.
    cluster : str, optional
        Column of groups within which errors may be correlated.
    order : int
        Degree of the polynomials.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    bandwidth : str or float or pair of float
        As for :func:`local_polynomial`.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    RddSeries
        One jump per covariate, with p-values adjusted for their number by Holm's method.

    Raises
    ------
    DataError, DesignError, OptionError
        As for :func:`local_polynomial`.

    References
    ----------
    Lee, D. S. (2008). Journal of Econometrics 142(2), 675-697, proposition 2. Holm, S. (1979). Scandinavian
    Journal of Statistics 6(2), 65-70.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(3)
    >>> score = rng.uniform(-1, 1, 2000)
    >>> df = pd.DataFrame({"score": score, "age": 40 + 5 * score + rng.normal(0, 3, 2000)})
    >>> rdd.covariate_continuity(df, covariates="age", running="score", cutoff=0, treated="above").check.verdict
    'supported'
    """
    settings = check_settings(order=order, kernel=kernel, bandwidth=bandwidth, clustered=cluster is not None)
    cut = read_cut(
        data, running=running, cutoff=cutoff, treated=treated, missing=missing,
        roles={"covariates": covariates, "cluster": cluster},
    )  # fmt: skip
    given = cut.rows.covariates()
    columns, centers, scales = standardized(list(given.values.T))
    everything = RddDesign(
        cut=cut, columns=columns, scales=np.where(scales > 0, scales, 1.0), centers=centers, is_fuzzy=False,
        covariate_names=given.names, weights=None,
        clusters=None if cluster is None else cut.rows.clusters().codes,
    )  # fmt: skip
    return continuity_of(everything, settings)


def continuity_of(design: RddDesign, settings: Settings) -> RddSeries:
    """Jump of each covariate of a design whose only columns they are; the rows are sorted once."""
    names = design.covariate_names
    sides = design.sides()
    fits: list[LocalFit | None] = []
    for k in range(len(names)):
        one = replace(design, scales=design.scales[k : k + 1], centers=design.centers[k : k + 1])
        below, above = (replace(side, columns=side.columns[k : k + 1]) for side in sides)
        fits.append(_or_none(one, settings, (below, above)))
    return series_of(
        "covariate", names, range(len(names)), fits, _continuity_check(names, fits), backend=design.cut.rows.backend
    )


def _continuity_check(names: Sequence[str], fits: list[LocalFit | None]) -> Check:
    p_values = adjusted(_p_values(fits))
    known = np.isfinite(p_values)
    jumping = [name for name, p in zip(names, p_values, strict=True) if p < _SIGNIFICANT]
    smallest = float(p_values[known].min()) if known.any() else float("nan")
    if jumping:
        reading = (
            f"{listed(jumping)} {'jumps' if len(jumping) == 1 else 'jump'} at the cutoff: the sides differ in more"
        )
    else:
        reading = f"No evidence that any of {int(known.sum())} covariates jumps at the cutoff"
    verdict: Verdict = "violated" if jumping else "supported" if known.any() else "not run"
    return Check(
        name="covariates",
        question="Are units just above and just below the cutoff alike?",
        null="no covariate jumps",
        verdict=verdict,
        p_value=smallest,
        reading=f"{reading} (smallest p-value, adjusted for their number: {smallest:.3g}).",
    )


def placebo_cutoffs(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    cutoffs: Sequence[float] | None = None,
    cluster: str | None = None,
    order: int = 1,
    kernel: str = "triangular",
    bandwidth: BandwidthOption = "mserd",
    missing: Missing = "raise",
) -> RddSeries:
    """Jumps of the outcome where treatment does not change.

    Each placebo uses the rows of its own side of the true cutoff only, so that the true jump is in none.

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
    cutoffs : sequence of float, optional
        Placebo cutoffs, in units of the score (days from the cutoff, for dates); the quartiles of either side if
        not given.
    cluster : str, optional
        Column of groups within which errors may be correlated.
    order : int
        Degree of the polynomials.
    kernel : {"triangular", "epanechnikov", "uniform"}
        Weight function.
    bandwidth : str or float or pair of float
        As for :func:`local_polynomial`, chosen anew at each placebo.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    RddSeries
        One jump per placebo, in the direction of treatment.

    Raises
    ------
    OptionError
        A placebo is the true cutoff, or outside the scores.
    DataError, DesignError
        As for :func:`local_polynomial`.

    References
    ----------
    Imbens, G. W. and Lemieux, T. (2008). Journal of Econometrics 142(2), 615-635, section 7.3.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(5)
    >>> score = rng.uniform(-1, 1, 4000)
    >>> df = pd.DataFrame({"score": score, "spend": 3 * (score >= 0) + score + rng.normal(0, 1, 4000)})
    >>> placebos = rdd.placebo_cutoffs(
    ...     df, outcome="spend", running="score", cutoff=0, treated="above", cutoffs=[-0.5, 0.5]
    ... )
    >>> placebos.labels, placebos.check.verdict
    (('-0.5', '0.5'), 'supported')
    """
    settings = check_settings(order=order, kernel=kernel, bandwidth=bandwidth, clustered=cluster is not None)
    design = read_design(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=None, covariates=None,
        cluster=cluster, weights=None, missing=missing,
    )  # fmt: skip
    return placebos_of(design, settings, cutoffs)


def placebos_of(design: RddDesign, settings: Settings, cutoffs: Sequence[float] | None) -> RddSeries:
    """Jumps at placebo cutoffs of a design that was read."""
    cut = design.cut
    treated = cut.on_treated_side
    if cutoffs is None:
        places = [float(np.quantile(cut.score[side], share)) for side in (~treated, treated) for share in _SHARES]
        places.sort()
    else:
        places = [_placebo(cut, each) for each in numbers_of("cutoffs", cutoffs, real)]
    toward = 1.0 if cut.treated == "above" else -1.0
    fits = []
    for place in places:
        at = toward * (place - cut.cutoff) / cut.scale
        sides = _from_first(design.sides(treated if at >= 0 else ~treated, at=at))
        enough = all(len(side) > settings.bias_order + 2 for side in sides)
        fits.append(_or_none(design, settings, sides) if enough else None)
    p_values = adjusted(_p_values(fits))
    known = np.isfinite(p_values)
    smallest = float(p_values[known].min()) if known.any() else float("nan")
    off = int(np.count_nonzero(p_values < _SIGNIFICANT))
    check = Check(
        name="placebo cutoffs",
        question="Does the outcome jump where treatment does not change?",
        null="no jump at any placebo",
        verdict="not run" if not known.any() else "questionable" if off else "supported",
        p_value=smallest,
        reading=(
            f"The outcome jumps at {off} of {int(known.sum())} placebo cutoffs (p-values adjusted for their number)."
            if off
            else f"No evidence of a jump at any of {int(known.sum())} placebo cutoffs."
        ),
    )
    labels = _distinct([significant(place) for place in places])
    return series_of("cutoff", labels, places, fits, check, backend=cut.rows.backend)


def _from_first(sides: tuple[Side, Side]) -> tuple[Side, Side]:
    """Return the sides with columns less their first values, so that what is constant on these rows is zero."""
    first = sides[0].columns[:, :1] if len(sides[0]) else 0.0
    below, above = (replace(side, columns=side.columns - first) for side in sides)
    return below, above


def _placebo(cut: Cut, value: float) -> float:
    low, high = float(cut.score.min()), float(cut.score.max())
    if value == cut.cutoff or not low < value < high:
        raise OptionError(
            f"cutoffs={value!r} must lie between the scores {low:g} and {high:g} and differ from the true cutoff "
            f"{cut.cutoff:g}."
        )
    return float(value)


def _or_none(design: RddDesign, settings: Settings, sides: object) -> LocalFit | None:
    try:
        return fit_local(design, settings, sides)  # type: ignore[arg-type]
    except DesignError:
        return None


def _p_values(fits: list[LocalFit | None]) -> FloatArray:
    centers = np.array([np.nan if fit is None else fit.corrected for fit in fits])
    errors = np.array([np.nan if fit is None else fit.se_robust for fit in fits])
    return robust_p(centers, errors)


def _distinct(labels: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        out.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return out
