"""The whole recipe in one call."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from causalkit.did._aggregate import aggregate
from causalkit.did._checks import interference_check, no_placebo_check, placebo_check, too_few_check
from causalkit.did._decompositions import twfe_weights
from causalkit.did._design import recognize
from causalkit.did._estimate_result import DidEstimate, PlaceboAssignments
from causalkit.did._few_clusters import FEW_TREATED, RandomizationTest, randomization_inference
from causalkit.did._group_time import Settings, fit_cells
from causalkit.did._panel import read_panel
from causalkit.did._result import roll_out_of
from causalkit.did._twfe import twfe
from causalkit.errors import CausalkitWarning, DesignError, DesignWarning
from causalkit.results import Checks, Effect

if TYPE_CHECKING:
    from causalkit._numerics._did_doubly_robust import Method
    from causalkit._typing import Columns, IntoDataFrame, Missing, Rng
    from causalkit.did._decompositions import TwfeWeights
    from causalkit.did._group_time import Unbalanced
    from causalkit.did._panel import Panel
    from causalkit.did._result import DidResult
    from causalkit.results import Check

__all__ = ["estimate"]

# Fewer clusters than this and placebo assignments take the place of standard errors.
VERY_FEW_CLUSTERS = 10


def estimate(
    data: IntoDataFrame,
    *,
    outcome: str,
    time: str,
    unit: str | None = None,
    cohort: str | None = None,
    treatment: str | None = None,
    covariates: Columns | None = None,
    method: Method = "doubly_robust",
    anticipation: float = 0,
    unbalanced: Unbalanced = "pairwise",
    cluster: str | None = None,
    weights: str | None = None,
    rng: Rng = 0,
    missing: Missing = "raise",
) -> DidEstimate:
    """Estimate the effect on the treated by the recipe that fits the design, with all checks.

    It is the average effect on those treated (ATT) over all their treated periods, if treated and untreated would have
    moved in parallel without treatment, given the covariates if there are any. Cohorts are compared with units never
    treated, or, if there are none, with those not yet treated; never with units treated already. Two-way fixed effects
    stand beside it with the weights that they give to each effect.

    Parameters
    ----------
    data : data frame
        One row per unit and period; or, without ``unit``, repeated cross-sections.
    outcome, time : str
        Columns of the outcome and the period.
    unit : str, optional
        Column of the units.
    cohort : str, optional
        First treated period of the unit, in the form of ``time``; missing or infinite for never, 0 too where it is
        before all periods.
    treatment : str, optional
        Instead of ``cohort``: 0/1, the unit is treated in this row's period. It must stay on.
    covariates : str or sequence of str, optional
        Columns given which trends are parallel.
    method : {"doubly_robust", "regression", "ipw"}
        How covariates are used.
    anticipation : float
        Periods before treatment in which units may already react.
    unbalanced : {"pairwise", "drop_units", "cross_sections"}
        What to do with units that miss periods; see :func:`group_time`.
    cluster : str, optional
        Column of the clusters; units by default.
    weights : str, optional
        Column of sampling weights.
    rng : Generator or int
        Source of placebo assignments, where clusters are few and not all assignments can be taken.
    missing : {"raise", "drop"}
        What to do with missing values.

    Returns
    -------
    DidEstimate
        The effect, its path over event time, effects by cohort and period, the naive estimate with its weights, and
        the checks. With fewer than ten clusters, or fewer than five treated ones, headline and interval come from
        placebo assignments.

    Raises
    ------
    DataError, DesignError, OptionError
        What the columns hold cannot be used, or is no design of this kind: treatment that switches off, one period,
        nobody to compare with.

    See Also
    --------
    group_time, aggregate : The steps of the recipe.
    sensitivity : How far trends may diverge before the answer changes; takes this result.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Journal of Econometrics 225(2), 200-230. Roth, J., Sant'Anna, P. H. C.,
    Bilinski, A. and Poe, J. (2023). What's trending in difference-in-differences? Journal of Econometrics 235(2),
    2218-2244.

    Examples
    --------
    >>> from causalkit import did, simulate
    >>> df = simulate.roll_out(400, rng=1).data
    >>> found = did.estimate(df, outcome="orders", unit="city", time="week", cohort="launch_week")
    >>> found.design, found.naive.estimate < found.estimate
    ('staggered', True)
    """
    settings = Settings(method=method, base_period="universal", anticipation=anticipation, unbalanced=unbalanced)
    panel = read_panel(
        data,
        outcome=outcome,
        time=time,
        unit=unit,
        cohort=cohort,
        treatment=treatment,
        covariates=covariates,
        cluster=cluster,
        weights=weights,
        missing=missing,
        anticipation=settings.anticipation,
    )
    if not panel.has_never_treated:
        settings = replace(settings, control_group="not_yet_treated")
    cells = fit_cells(panel, settings)
    roll_out = roll_out_of(panel)
    design = recognize(roll_out, units_repeat=unit is not None)
    effect, name = cells.effect, cells.method
    naive: DidResult | None = None
    naive_weights: TwfeWeights | None = None
    placebo: RandomizationTest | Check | None = None
    checks = [*cells.checks.values(), interference_check()]
    messages = list(cells.warnings)
    if unit is not None:
        call = _Call(data, outcome, time, unit, cohort, treatment, covariates, cluster, weights, missing)
        placebo = call.placebo(panel, rng)
        naive = call.naive()
        naive_weights = call.naive_weights() if naive is not None and design == "staggered" else None
    if isinstance(placebo, RandomizationTest):
        effect, name = _from_placebo(placebo), "Difference-in-differences with placebo assignments"
        checks = [too_few_check() if each.name == "pre-trends" else each for each in checks]
        checks.append(placebo_check(placebo))
        panel.warned.add(
            f"{placebo.n_treated_clusters} treated of {placebo.n_clusters} clusters: headline, interval and p-value "
            f"come from placebo assignments; standard errors along the path are too small. The headline compares all "
            f"periods before treatment with all after, the path counts from the last one before.",
            DesignWarning,
        )
        messages = list(panel.warned.messages)
    elif placebo is not None:
        checks.append(placebo)
    return DidEstimate(
        method=f"{name}; {design}",
        effect=effect,
        sample=cells.sample,
        checks=Checks(tuple(checks)),
        roles=cells.roles,
        options={**cells.options, "design": design},
        warnings=tuple(messages),
        backend=cells.backend,
        roll_out=roll_out,
        path=aggregate(cells, by="event_time").path,
        design=design,
        cells=cells,
        naive=naive,
        naive_weights=naive_weights,
        placebo=placebo if isinstance(placebo, RandomizationTest) else None,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """The call, for steps that read the data by themselves; what they would warn of has been said before."""

    data: IntoDataFrame
    outcome: str
    time: str
    unit: str
    cohort: str | None
    treatment: str | None
    covariates: Columns | None
    cluster: str | None
    weights: str | None
    missing: Missing

    def naive(self) -> DidResult | None:
        """Two-way fixed effects; None where they explain the treatment completely."""
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always", CausalkitWarning)
            try:
                return twfe(
                    self.data,
                    outcome=self.outcome,
                    unit=self.unit,
                    time=self.time,
                    cohort=self.cohort,
                    treatment=self.treatment,
                    covariates=self.covariates,
                    cluster=self.cluster,
                    weights=self.weights,
                    missing=self.missing,
                )
            except DesignError:
                return None

    def naive_weights(self) -> TwfeWeights:
        """Return the weights of the effects in that coefficient."""
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always", CausalkitWarning)
            return twfe_weights(
                self.data,
                outcome=self.outcome,
                unit=self.unit,
                time=self.time,
                cohort=self.cohort,
                treatment=self.treatment,
                covariates=self.covariates,
                weights=self.weights,
                missing=self.missing,
            )

    def placebo(self, panel: Panel, rng: Rng) -> RandomizationTest | Check | None:
        """Placebo assignments where clusters are too few for standard errors, or why there are none."""
        treated = panel.group < panel.n_cohorts
        n_treated = int(np.count_nonzero(np.bincount(panel.clusters[treated])))
        if panel.n_clusters >= VERY_FEW_CLUSTERS and n_treated >= FEW_TREATED:
            return None
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always", CausalkitWarning)
            try:
                return randomization_inference(
                    self.data,
                    outcome=self.outcome,
                    unit=self.unit,
                    time=self.time,
                    cohort=self.cohort,
                    treatment=self.treatment,
                    cluster=self.cluster,
                    weights=self.weights,
                    missing=self.missing,
                    rng=rng,
                )
            except DesignError as why:
                return no_placebo_check(str(why))


def _from_placebo(test: RandomizationTest) -> Effect:
    """The headline where placebo assignments are all that tells what chance does."""
    return Effect(
        estimand="ATT",
        estimate=test.estimate,
        std_error=float(np.std(test.effects)),
        uncertainty=PlaceboAssignments(test=test),
    )
