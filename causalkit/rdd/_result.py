"""The result of a regression discontinuity analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit.rdd._records import placed
from causalkit.results import Effect, Result, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from causalkit.rdd._bins import BinnedScatter
    from causalkit.rdd._density_test import DensityTest
    from causalkit.rdd._records import RddBandwidths, RddSide
    from causalkit.rdd._series import RddSeries

__all__ = ["RddResult"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RddResult(Result):
    """A jump at a cutoff with its windows, its three forms and what it rests on.

    The estimate is the conventional one; the interval and the p-value are robust and bias-corrected, so the
    interval is not centred on the estimate but on ``effect.center``.

    Attributes
    ----------
    conventional, bias_corrected, robust : Effect
        The estimate with an error that takes it as unbiased; the corrected estimate with the same error; the
        corrected estimate with an error that allows for the correction.
    first_stage : Effect or None
        Jump of the treatment's take-up, where it is imperfect.
    reduced_form : Effect or None
        Jump of the outcome, where take-up is imperfect.
    bandwidths : RddBandwidths
        The windows.
    below, above : RddSide
        Rows and fit on each side.
    cutoff : float
        Where treatment starts; zero for dates, in days.
    n_at_cutoff : int
        Rows exactly at it, which count as treated.
    scatter : BinnedScatter or None
        Means in bins of the score, where :func:`estimate` made them.
    density : DensityTest or None
        Test of the density of the score, likewise.
    series : tuple of RddSeries
        Covariates, placebo cutoffs, donuts and windows, likewise.
    """

    conventional: Effect
    bias_corrected: Effect
    robust: Effect
    first_stage: Effect | None
    reduced_form: Effect | None
    bandwidths: RddBandwidths
    below: RddSide
    above: RddSide
    cutoff: float
    n_at_cutoff: int
    scatter: BinnedScatter | None = None
    density: DensityTest | None = None
    series: tuple[RddSeries, ...] = ()

    @property
    def running(self) -> str:
        """Column of the score."""
        return self.roles["running"][0]

    @property
    def treatment(self) -> str:
        """What the effect is of: the treatment, or being on the treated side."""
        if self.roles.get("treatment"):
            return ", ".join(self.roles["treatment"])
        return f"{self.running} {self.options['treated']} the cutoff"

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return (
            f"What is the effect of {self.treatment} on {self.outcome}, for units at the cutoff {placed(self.options)}?"
        )

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence, in units of the outcome."""
        changes = "changes the slope of" if self.options["derivative"] else "changes"
        return (
            f"At the cutoff {placed(self.options)}, {self.treatment} {changes} {self.outcome} by {self.estimate:+,.4g} "
            f"({level:.0%} robust bias-corrected interval {self.conf_int(level).format()}, "
            f"not centred on the estimate)."
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the three forms of the estimate, and the windows."""
        forms = {
            "conventional": self.conventional,
            "bias-corrected": self.bias_corrected,
            "robust": self.robust,
        }
        if self.first_stage is not None and self.reduced_form is not None:
            forms |= {"first stage, robust": self.first_stage, "reduced form, robust": self.reduced_form}
        intervals = [each.conf_int(level) for each in forms.values()]
        estimates = Table(
            title="Forms of the estimate",
            columns={
                "term": list(forms),
                "estimate": [each.estimate if each.center is None else each.center for each in forms.values()],
                "std_error": [each.std_error for each in forms.values()],
                "p_value": [each.p_value for each in forms.values()],
                "conf_low": [each.parts[0].low for each in intervals],
                "conf_high": [each.parts[-1].high for each in intervals],
            },
            note="Robust: bias-corrected, with an error that allows for the correction.",
        )
        sides = (self.below, self.above)
        widths = self.bandwidths
        windows = Table(
            title="Windows",
            columns={
                "side": [side.name for side in sides],
                "n": [side.n for side in sides],
                "n_distinct": [side.n_distinct for side in sides],
                "bandwidth": [widths.h_below, widths.h_above],
                "n_window": [side.n_h for side in sides],
                "bias_bandwidth": [widths.b_below, widths.b_above],
                "n_bias_window": [side.n_b for side in sides],
            },
            headings={
                "n": "rows", "n_distinct": "distinct scores", "n_window": "rows within",
                "bias_bandwidth": "bias bandwidth", "n_bias_window": "rows within it",
            },
            note=(
                f"Bandwidths: {widths.kind}; the score is {self.running}. Rows exactly at the cutoff: "
                f"{self.n_at_cutoff:,}, counted as treated."
            ),
        )  # fmt: skip
        return estimates, windows

    def plot_checks(self) -> Figure:
        """Draw what the design rests on: density, covariates, placebo cutoffs, donuts, windows.

        Returns
        -------
        matplotlib Figure
            One panel for each check that :func:`estimate` ran.

        Raises
        ------
        OptionError
            The result holds no such check; :func:`estimate` runs them.
        """
        from causalkit.plot._rdd import check_panels

        return check_panels(self)
