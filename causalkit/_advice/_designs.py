"""The designs that advice may name: what each finds, what it rests on, and the call to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from causalkit.results._record import Record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design(Record):
    """A way to find an effect.

    Attributes
    ----------
    name : str
        Short name: ``"rdd"``.
    title : str
        The field's name.
    estimand : str
        What it estimates: ``"LATE"``.
    identifies : str
        Whose effect that is, in words.
    assumptions : tuple of str
        What has to hold.
    check_first : tuple of str
        What to look at before any estimate.
    call : str
        The call to write, with the names of columns to be filled in.
    """

    name: str
    title: str
    estimand: str
    identifies: str
    assumptions: tuple[str, ...]
    check_first: tuple[str, ...]
    call: str


# The less a design rests on what cannot be tested, the earlier it stands.
DESIGNS: Final = (
    Design(
        name="experiment",
        title="experiment",
        estimand="ATE",
        identifies="the average effect on all units that the lot is drawn for",
        assumptions=("Treatment is drawn by lot.", "Nobody is lost from the data because of the lot."),
        check_first=(
            "the sizes of the arms against the plan: evidence.sample_ratio",
            "how small an effect the numbers can show: evidence.minimum_detectable",
        ),
        call='iv.ols(df, outcome="outcome", endogenous=["drawn"])',
    ),
    Design(
        name="rdd",
        title="regression discontinuity",
        estimand="LATE",
        identifies="the average effect on units at the cutoff, and on no others",
        assumptions=(
            "But for treatment, the outcome would not jump at the cutoff.",
            "Nothing else starts at the same cutoff.",
        ),
        check_first=(
            "the picture: rdd.bins",
            "whether scores pile up past the cutoff: rdd.density_test",
            "whether anything known before jumps: rdd.covariate_continuity",
        ),
        call='rdd.estimate(df, outcome="outcome", running="score", cutoff=600, treated="above", covariates=["age"])',
    ),
    Design(
        name="iv",
        title="instrumental variables",
        estimand="LATE",
        identifies="the average effect on units that the push moves into treatment",
        assumptions=(
            "The push is as good as drawn by lot.",
            "It reaches the outcome only through treatment.",
            "It moves nobody out of treatment.",
        ),
        check_first=(
            "how strongly the push moves treatment: iv.first_stage",
            "whether it is connected with anything known before",
        ),
        call='iv.estimate(df, outcome="outcome", endogenous="treated", instruments="push", exclusion="why")',
    ),
    Design(
        name="did",
        title="difference-in-differences",
        estimand="ATT",
        identifies="the average effect on the units that were treated, after they were",
        assumptions=(
            "Without treatment, treated and other units would have moved in parallel.",
            "Nobody reacts before treatment starts.",
        ),
        check_first=(
            "whether trends were parallel before treatment: did.parallel_trends",
            "how far the paths might have diverged: did.sensitivity",
        ),
        call='did.estimate(df, outcome="outcome", unit="shop", time="week", cohort="first_week")',
    ),
    Design(
        name="matching",
        title="matching on what decided treatment",
        estimand="ATT",
        identifies="the average effect on the units that were treated",
        assumptions=(
            "Among units alike in the covariates, treatment is as good as drawn by lot.",
            "For every treated unit there are others like it.",
        ),
        check_first=(
            "whether both groups share a range of scores: matching.common_support",
            "balance before and after: matching.match(...).balance()",
            "how strong a hidden cause would have to be: matching.sensitivity",
        ),
        call='matching.estimate(df, outcome="outcome", treatment="treated", covariates=["age", "tenure"])',
    ),
    Design(
        name="simpson",
        title="standardisation over the groups",
        estimand="ATE",
        identifies="the average effect on all units, if the groups hold every reason for being treated",
        assumptions=("Within a group, treatment is as good as drawn by lot.",),
        check_first=("which columns turn the sign: simpson.scan",),
        call='simpson.diagnose(df, outcome="outcome", treatment="treated", by="group")',
    ),
)

BY_NAME: Final = {each.name: each for each in DESIGNS}
