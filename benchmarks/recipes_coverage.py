"""How often the designs of the recipes hold the truth: ``python benchmarks/recipes_coverage.py`` prints a table.

Each recipe shows one simulated sample. Here its naive comparison and its design are repeated on fresh samples of the
same simulation, so that a recipe whose interval holds the truth is not a matter of its seed.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any

from causalkit import did, iv, matching, rdd, simpson, simulate
from causalkit.simulate import Simulation, Truth

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from causalkit.results import Effect

KNOWN = ["recency_days", "orders_before", "spend_before", "first_product", "channel"]
CUT = {"outcome": "spend", "running": "score", "cutoff": 600, "treated": "above"}
PANEL = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}
FEATURE = {"outcome": "spend", "endogenous": "feature", "exogenous": "spend_before"}


def main() -> None:
    """Print one line per recipe and estimator."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-sim", type=int, default=200)
    parser.add_argument("--recipe", default="", help="only recipes whose name starts so")
    given = parser.parse_args()
    n_sim = given.n_sim
    print("| recipe | estimator | truth | mean estimate | SD | mean SE / SD | coverage of 95 % intervals |")
    print("|---|---|---|---|---|---|---|")
    wanted = {name: recipe for name, recipe in RECIPES.items() if name.startswith(given.recipe)}
    for recipe, (draw, estimand, estimators) in wanted.items():
        for name, estimator in estimators.items():
            found = simulate.calibrate(estimator, draw, estimand=estimand, n_sim=n_sim, rng=1, progress=False)
            print(
                f"| {recipe} | {name} | {found.truth:.3g} | {found.truth + found.bias:.3g} | {found.sd:.3g} | "
                f"{found.mean_std_error / found.sd:.2f} | "
                f"{found.coverage:.3f} [{found.coverage_low:.3f}, {found.coverage_high:.3f}] |",
                flush=True,
            )


def coupon(rng: np.random.Generator) -> Simulation:
    """Buyers, with the spend of all 120 days."""
    drawn = simulate.coupon(6_000, rng=rng)
    columns = ["spend_0_13", "spend_14_60", "spend_61_120"]
    return Simulation(data=drawn.data.assign(spend_0_120=drawn.data[columns].sum(axis=1)), truth=drawn.truth)


def channels(rng: np.random.Generator) -> Simulation:
    """Users of referral and search, with the effect of the one in place of the other."""
    drawn = simulate.acquisition(9_000, rng=rng)
    gap = drawn.truth["standardised(referral)"] - drawn.truth["standardised(search)"]
    return Simulation(data=drawn.data[drawn.data["channel"] != "social"], truth=Truth({"effect": gap}))


def matched(data: Any, *, outcome: str) -> matching.MatchingResult:
    """Matching on what was known on day 0."""
    return matching.estimate(data, outcome=outcome, treatment="coupon", covariates=KNOWN)


def crude(data: Any, *, outcome: str, treatment: str, by: str) -> Effect:
    """The difference in means; the strata are asked for by the function and not looked at."""
    return simpson.diagnose(data, outcome=outcome, treatment=treatment, by=by).crude


def cities(rng: np.random.Generator) -> Simulation:
    """The roll-out in three waves."""
    return simulate.roll_out(40, rng=rng, n_periods=24, cohorts=(7, 12, 17), shares=(0.3, 0.3, 0.2), fixed_shares=True)


def waves(data: Any) -> did.DidResult:
    """Each wave against cities that are not live yet, averaged over live cities and weeks."""
    return did.aggregate(did.group_time(data, control_group="not_yet_treated", **PANEL))


def without_those_nearby(data: Any) -> rdd.RddResult:
    """The jump without the users who may have topped up."""
    return rdd.local_polynomial(data[(data["score"] - 600).abs() >= 30], **CUT)


def channel(data: Any, *, by: list[str]) -> simpson.SimpsonResult:
    """Referral against search, like for like."""
    return simpson.diagnose(data, outcome="retained", treatment="channel", treated="referral", by=by)


RECIPES: dict[str, tuple[Callable[[np.random.Generator], Simulation], str, dict[str, Callable[[Any], Any]]]] = {
    "2, days 14 to 60": (
        coupon,
        "SATT(14-60)",
        {
            "difference in means": partial(crude, outcome="spend_14_60", treatment="coupon", by="channel"),
            "matching": partial(matched, outcome="spend_14_60"),
        },
    ),
    "2, days 0 to 120": (coupon, "SATT(0-120)", {"matching": partial(matched, outcome="spend_0_120")}),
    "4": (
        cities,
        "ATT",
        {"two-way fixed effects": partial(did.twfe, **PANEL), "waves against not yet live": waves},
    ),
    "5": (
        lambda rng: simulate.loyalty_tier(8_000, rng=rng),
        "jump",
        {
            "jump of everybody": partial(rdd.local_polynomial, **CUT),
            "jump without 570 to 630": without_those_nearby,
        },
    ),
    "6": (
        lambda rng: simulate.adoption(8_000, rng=rng),
        "LATE",
        {
            "least squares": partial(iv.ols, **FEATURE),
            "instrument, Anderson-Rubin set": partial(iv.tsls, instruments="push", **FEATURE),
        },
    ),
    "7, referral for search": (
        channels,
        "effect",
        {
            "difference in means": lambda data: channel(data, by=["city_tier"]).crude,
            "basket and city held fixed": partial(channel, by=["first_basket", "city_tier"]),
        },
    ),
}

if __name__ == "__main__":
    main()
