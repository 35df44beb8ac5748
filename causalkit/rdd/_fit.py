"""From a design to the numbers of one local polynomial analysis, in the user's units."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._rd_bandwidth import Bandwidths, PilotError, select_bandwidths
from causalkit._numerics._rd_estimate import estimate_jump, variance_rules
from causalkit._validate import counted
from causalkit.errors import DesignError
from causalkit.rdd._design import without_treatment

if TYPE_CHECKING:
    from causalkit._numerics._rd_bandwidth import BandwidthName
    from causalkit._numerics._rd_estimate import JumpFit
    from causalkit._numerics._rd_side import Side
    from causalkit._numerics._rd_variance import VarianceRule
    from causalkit._typing import FloatArray
    from causalkit.rdd._design import RddDesign
    from causalkit.rdd._settings import Settings

__all__ = ["LocalFit", "curves_of", "fit_local", "select", "with_bandwidth"]

# Below this share of the outcome's deviation an error is rounding.
_NO_ERROR = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class LocalFit:
    """One analysis in units of the outcome and the score; pairs are (untreated, treated) side.

    Attributes
    ----------
    sides : tuple of Side
        The rows.
    fit : JumpFit
        The estimate in standardised units.
    h, b : tuple of float
        Bandwidths of estimate and bias, in units of the score.
    unit : float
        Units of the outcome (or of the ratio) per standardised unit, with the sign of the orientation.
    jump_units : (c,) array
        The same for the jumps of outcome and treatment.
    """

    sides: tuple[Side, Side]
    fit: JumpFit
    h: tuple[float, float]
    b: tuple[float, float]
    unit: float
    jump_units: FloatArray

    @property
    def conventional(self) -> float:
        """The estimate."""
        return self._settled(self.fit.conventional)

    @property
    def corrected(self) -> float:
        """The estimate less its estimated bias."""
        return self._settled(self.fit.corrected)

    @property
    def se_conventional(self) -> float:
        """Standard error that takes the estimate as unbiased."""
        return self._clean(abs(self.unit) * self.fit.se_conventional)

    @property
    def se_robust(self) -> float:
        """Standard error of the corrected estimate."""
        return self._clean(abs(self.unit) * self.fit.se_robust)

    @property
    def first_stage_f(self) -> float:
        """Squared t statistic of the jump in take-up at the same bandwidth; infinite for a full jump."""
        jump, variance = float(self.fit.jumps.conventional[1]), float(self.fit.jumps.cov_conventional[1, 1])
        return jump**2 / variance if variance > 0 else (math.inf if jump else 0.0)

    def _settled(self, value: float) -> float:
        """An estimate in the user's units; zero where it is rounding of a fit without error."""
        return 0.0 if self.se_robust == 0 and abs(value) <= _NO_ERROR else self.unit * value

    def _clean(self, std_error: float) -> float:
        return 0.0 if std_error <= _NO_ERROR * abs(self.unit) else std_error


def fit_local(
    design: RddDesign,
    settings: Settings,
    sides: tuple[Side, Side] | None = None,
    rules: tuple[VarianceRule, VarianceRule] | None = None,
) -> LocalFit:
    """Choose bandwidths where they are not given, and estimate.

    Parameters
    ----------
    design : RddDesign
        The design.
    settings : Settings
        The options.
    sides : tuple of Side, optional
        Some of the rows, or other columns; all rows of the design if not given.
    rules : tuple of VarianceRule, optional
        Of these sides, where they are known.

    Returns
    -------
    LocalFit
        The estimate.

    Raises
    ------
    DesignError
        A window has too few distinct scores for its polynomial.
    """
    sides = design.sides() if sides is None else sides
    if rules is None:
        rules = variance_rules(sides, settings.cov_type, settings.n_matches)
    if settings.kind is not None:
        widths = select(design, settings, sides, rules, (settings.kind,))[settings.kind]
        if settings.rho is not None:
            widths = Bandwidths(widths.h, _over(widths.h, settings.rho))
    else:
        widths = _given(design, settings)
    _require_points(design, settings, sides, widths)
    fit = estimate_jump(sides, rules, settings.numeric(design.n_treatments), widths)
    if not math.isfinite(fit.conventional):
        raise DesignError(
            "Take-up of the treatment does not jump at the cutoff, so the effect of the treatment is not identified; "
            "leave out treatment=... for the effect of crossing the cutoff."
        )
    cut = design.cut
    toward = -1.0 if cut.treated == "below" and settings.derivative % 2 else 1.0
    units = toward * design.scales[: 1 + design.n_treatments] / cut.scale**settings.derivative
    h, b = (tuple(width * cut.scale for width in pair) for pair in (widths.h, widths.b))
    unit = float(units[0] / units[1]) if design.is_fuzzy else float(units[0])
    return LocalFit(sides, fit, (h[0], h[1]), (b[0], b[1]), unit, units)


def select(
    design: RddDesign,
    settings: Settings,
    sides: tuple[Side, Side],
    rules: tuple[VarianceRule, VarianceRule],
    kinds: tuple[BandwidthName, ...],
) -> dict[BandwidthName, Bandwidths]:
    """Bandwidths from the data, in units of the design.

    With a treatment that everybody on one side takes, or nobody, those of the outcome alone are used: the
    ratio has no variance of its own there.
    """
    n_treatments = design.n_treatments
    by_outcome = settings.bandwidth_target == "outcome"
    if n_treatments and (by_outcome or any(np.ptp(side.columns[1]) == 0 for side in sides)):
        sides, n_treatments = without_treatment(sides), 0
        rules = variance_rules(sides, settings.cov_type, settings.n_matches)
    n_clusters = None
    if design.clusters is not None:
        n_clusters = sum(np.unique(side.clusters).size for side in sides if side.clusters is not None)
    means = tuple((design.centers / design.scales).tolist()) if n_treatments else ()
    numeric = settings.numeric(n_treatments, means)
    try:
        return select_bandwidths(sides, rules, numeric, kinds, n_clusters=n_clusters)
    except PilotError as thin:
        wider = "" if settings.mass_points == "adjust" else " use mass_points='adjust',"
        raise DesignError(
            f"Too few distinct scores {design.cut.names[thin.side]} the cutoff to choose a bandwidth: "
            f"{thin.distinct} in a pilot window that needs {thin.needed}. Give bandwidth=...,{wider} or use rdd.honest "
            f"or rdd.local_randomization for a score with few values."
        ) from None


def curves_of(design: RddDesign, local: LocalFit) -> tuple[FloatArray, FloatArray]:
    """Local fits of the outcome as coefficients of powers of the score less the cutoff; untreated and treated side."""
    found = []
    for name, curve in zip(design.cut.names, local.fit.curves, strict=True):
        # The fit is in powers of the scaled distance, which grows downwards below the cutoff.
        step = (-1.0 if name == "below" else 1.0) / design.cut.scale
        coefficients = curve * step ** np.arange(curve.size) * design.scales[0]
        coefficients[0] += design.centers[0]
        found.append(coefficients)
    return found[0], found[1]


def with_bandwidth(settings: Settings, h: tuple[float, float], b: tuple[float, float]) -> Settings:
    """Return the settings with bandwidths given, as (below, above)."""
    return replace(settings, kind=None, bandwidth=h, bias_bandwidth=b, rho=None)


def _given(design: RddDesign, settings: Settings) -> Bandwidths:
    h = _oriented(design, settings.bandwidth or (math.nan, math.nan))
    if settings.bias_bandwidth is not None:
        return Bandwidths(h, _oriented(design, settings.bias_bandwidth))
    return Bandwidths(h, h if settings.rho is None else _over(h, settings.rho))


def _oriented(design: RddDesign, pair: tuple[float, float]) -> tuple[float, float]:
    """From (below, above) in units of the score to (untreated, treated) in units of the design."""
    low, high = (width / design.cut.scale for width in pair)
    return (low, high) if design.cut.treated == "above" else (high, low)


def _over(h: tuple[float, float], rho: float) -> tuple[float, float]:
    return h[0] / rho, h[1] / rho


def _require_points(design: RddDesign, settings: Settings, sides: tuple[Side, Side], widths: Bandwidths) -> None:
    for name, side, h, b in zip(design.cut.names, sides, widths.h, widths.b, strict=True):
        for what, width, order in (("bandwidth", h, settings.order), ("bias bandwidth", b, settings.bias_order)):
            distinct = side.distinct_within(side.within(width, settings.kernel))
            if distinct < order + 1:
                raise DesignError(
                    f"Only {counted(distinct, 'distinct score')} {'lies' if distinct == 1 else 'lie'} {name} the "
                    f"cutoff within the {what} {width * design.cut.scale:.4g}; a polynomial of order {order} needs "
                    f"{order + 1}. Widen the window, lower the order, or use rdd.honest or rdd.local_randomization for "
                    f"a score with few values."
                )
