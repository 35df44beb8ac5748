"""Put every method to the test on data whose truth is known, and write the calibration page.

Usage::

    python tools/calibration.py                    # 1,000 replications each; writes docs/calibration.md
    python tools/calibration.py --only weak        # the parts whose title holds this; the others stay
    python tools/calibration.py --n-sim 50 --show  # a quick look, printed

Each line is :func:`causalkit.simulate.calibrate` of one estimator. Estimators of one part see the same samples.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages import sections, write

from causalkit import did, iv, matching, rdd, simpson, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).resolve().parents[1] / "docs" / "calibration.md"
SEED = 20_261_122
X = ["x1", "x2", "x3", "x4"]

HEAD = """\
# Calibration

An interval that says 95 % should cover the truth in 95 of 100 samples. Each line below draws {n_sim:,} samples from a
simulation whose truth is known, estimates in each, and counts (`make calibration` writes this page;
`simulate.calibrate` is the function, for estimators of your own too). The ± is the Monte Carlo error of the bias; the
brackets hold the coverage that {n_sim:,} samples cannot tell apart. A ratio below one in the column SE / SD means
standard errors that are too small.

Lines in *italics* are there to fail: what is done without the method, or where its assumption does not hold. SATT is
the average over the units in the sample, for estimators whose errors take the sizes of the cohorts as given.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One estimator on one kind of data."""

    name: str
    estimator: Callable[[Any], Any]
    estimand: str
    fails: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Estimators that see the same samples."""

    title: str
    data: str
    generator: Callable[[Any], simulate.Simulation]
    lines: tuple[Line, ...]


def quiet(estimator: Callable[[Any], Any], data: Any) -> Any:
    """Estimate; the warnings are the point of some lines, and are read elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator(data)


# --- Simpson's paradox ---


def diagnosed(data: Any, *, standard: str) -> Any:
    """Return the effect standardised to a population."""
    return simpson.diagnose(data, outcome="y", treatment="treated", by="stratum", standard=standard)


def crude_of_strata(data: Any) -> Any:
    """Return the difference of means."""
    return diagnosed(data, standard="all").crude


# --- matching ---


def crude(data: Any) -> Any:
    """Return the difference of means."""
    return iv.ols(data, outcome="y", endogenous="treated")


def matched(data: Any, *, method: Any, adjusted: bool = False) -> Any:
    """Return the effect after a match."""
    score = matching.propensity_score(data, treatment="treated", covariates=X)
    return matching.effect(matching.match(score, method), outcome="y", adjust=X if adjusted else None)


def recipe(data: Any) -> Any:
    """Return what ``matching.estimate`` says."""
    return matching.estimate(data, outcome="y", treatment="treated", covariates=X)


def doubly_robust(data: Any) -> Any:
    """Return the augmented estimate."""
    return matching.aipw(matching.propensity_score(data, treatment="treated", covariates=X), outcome="y")


# --- instruments ---

PUSHED = {"outcome": "y", "endogenous": "d", "exogenous": ["age"], "instruments": "z"}
WEAK = {"outcome": "y", "endogenous": "d", "exogenous": ["x"], "instruments": [f"z{j}" for j in range(1, 11)]}


def two_stages(data: Any, *, roles: dict[str, Any], wald: bool = False) -> Any:
    """Return 2SLS with its Anderson-Rubin set, or with the Wald interval."""
    result = iv.tsls(data, **roles)
    return result.wald if wald else result


def least_squares(data: Any, *, exogenous: list[str]) -> Any:
    """Return least squares without the instrument."""
    return iv.ols(data, outcome="y", endogenous="d", exogenous=exogenous)


# --- cutoffs ---

CUT = {"running": "score", "cutoff": 0.0, "treated": "above"}


def at_cutoff(data: Any, *, fuzzy: bool = False, **options: Any) -> Any:
    """Return the local polynomial."""
    return rdd.local_polynomial(data, outcome="y", **CUT, treatment="treated" if fuzzy else None, **options)


def conventional(data: Any) -> Any:
    """Return the local polynomial with the interval that forgets the bias."""
    return at_cutoff(data).conventional


def honest(data: Any) -> Any:
    """Return the bias-aware interval with the true bound on the curvature."""
    return rdd.honest(data, outcome="y", **CUT, curvature_bound=3.0)


def above_and_below(data: Any) -> Any:
    """Return the difference of all above and all below."""
    return iv.ols(data.assign(above=(data["score"] >= 0).astype(int)), outcome="y", endogenous="above")


# --- roll-outs ---

PANEL = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}


def aggregated(data: Any, **options: Any) -> Any:
    """Return the overall ATT over cohorts and periods."""
    return did.aggregate(did.group_time(data, **PANEL, **options), by="overall")


def rolled_out(data: Any, *, function: Callable[..., Any]) -> Any:
    """Return an estimator that takes the panel as it is."""
    return function(data, **PANEL)


PARTS = (
    Part(
        title="Simpson's paradox",
        data="2,000 users in two strata; the inactive are served more (`simulate.simpson_paradox`)",
        generator=partial(simulate.simpson_paradox, 2_000),
        lines=(
            Line(name="`simpson.diagnose`", estimator=partial(diagnosed, standard="all"), estimand="ATE"),
            Line(name="standardised to the treated", estimator=partial(diagnosed, standard="treated"), estimand="ATT"),
            Line(name="crude difference", estimator=crude_of_strata, estimand="ATE", fails=True),
        ),
    ),
    Part(
        title="Matching and weighting",
        data="1,000 rows, four confounders, good overlap, linear outcome (`simulate.observational`)",
        generator=partial(simulate.observational, 1_000, overlap=0.85, share_treated=0.3),
        lines=(
            Line(name="`matching.estimate`", estimator=recipe, estimand="ATT"),
            Line(
                name="five nearest, adjusted",
                estimator=partial(matched, method=matching.Nearest(ratio=5), adjusted=True),
                estimand="ATT",
            ),
            Line(
                name="blocks, adjusted",
                estimator=partial(matched, method=matching.Blocks(), adjusted=True),
                estimand="ATT",
            ),
            Line(
                name="inverse probability",
                estimator=partial(matched, method=matching.InverseProbability(estimand="ATE")),
                estimand="ATE",
            ),
            Line(
                name="overlap weights",
                estimator=partial(matched, method=matching.InverseProbability(estimand="ATO")),
                estimand="ATO",
            ),
            Line(name="entropy balance", estimator=partial(matched, method=matching.EntropyBalance()), estimand="ATT"),
            Line(name="balancing score (CBPS)", estimator=partial(matched, method=matching.CBPS()), estimand="ATT"),
            Line(name="`matching.aipw`", estimator=doubly_robust, estimand="ATT"),
            Line(name="crude difference", estimator=crude, estimand="ATT", fails=True),
        ),
    ),
    Part(
        title="Difference-in-differences",
        data="200 cities over 12 weeks, three waves and a group that waits, effects that grow and differ by wave "
        "(`simulate.roll_out`)",
        generator=partial(simulate.roll_out, 200),
        lines=(
            Line(name="`did.group_time`, aggregated", estimator=aggregated, estimand="ATT"),
            Line(name="`did.imputation`", estimator=partial(rolled_out, function=did.imputation), estimand="SATT"),
            Line(name="`did.two_stage`", estimator=partial(rolled_out, function=did.two_stage), estimand="ATT"),
            Line(name="`did.sun_abraham`", estimator=partial(rolled_out, function=did.sun_abraham), estimand="SATT"),
            Line(
                name="two-way fixed effects",
                estimator=partial(rolled_out, function=did.twfe),
                estimand="ATT",
                fails=True,
            ),
        ),
    ),
    Part(
        title="Regression discontinuity, sharp",
        data="2,000 scores, curved on both sides (`simulate.discontinuity`)",
        generator=partial(simulate.discontinuity, 2_000),
        lines=(
            Line(name="`rdd.local_polynomial`, robust interval", estimator=at_cutoff, estimand="jump"),
            Line(name="`rdd.honest`, curvature known", estimator=honest, estimand="jump"),
            Line(name="all above less all below", estimator=above_and_below, estimand="jump", fails=True),
        ),
    ),
    Part(
        title="Regression discontinuity, fuzzy",
        data="3,000 scores, 60 % take up above the cutoff",
        generator=partial(simulate.discontinuity, 3_000, take_up=0.6),
        lines=(Line(name="`rdd.local_polynomial`", estimator=partial(at_cutoff, fuzzy=True), estimand="LATE"),),
    ),
    Part(
        title="Instruments: a push drawn by lot",
        data="1,000 users, 40 % compliers (`simulate.encouragement`)",
        generator=partial(simulate.encouragement, 1_000),
        lines=(
            Line(name="`iv.tsls`, Anderson-Rubin set", estimator=partial(two_stages, roles=PUSHED), estimand="LATE"),
            Line(
                name="`iv.tsls`, Wald interval",
                estimator=partial(two_stages, roles=PUSHED, wald=True),
                estimand="LATE",
            ),
            Line(
                name="least squares", estimator=partial(least_squares, exogenous=["age"]), estimand="LATE", fails=True
            ),
        ),
    ),
    Part(
        title="Instruments: ten weak ones",
        data="500 rows, first-stage F about 2 (`simulate.instrument`)",
        generator=partial(simulate.instrument, 500, n_instruments=10, strength=0.15),
        lines=(
            Line(name="`iv.tsls`, Anderson-Rubin set", estimator=partial(two_stages, roles=WEAK), estimand="LATE"),
            Line(
                name="`iv.tsls`, Wald interval",
                estimator=partial(two_stages, roles=WEAK, wald=True),
                estimand="LATE",
                fails=True,
            ),
        ),
    ),
)


def rows_of(part: Part, n_sim: int) -> Iterator[str]:
    """Run the estimators of a part; yield their lines."""
    yield f"## {part.title}\n"
    yield f"{part.data[0].upper()}{part.data[1:]}.\n"
    yield "| estimator | of the | truth | bias | SD | SE / SD | covers | mean length |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for line in part.lines:
        got = simulate.calibrate(
            partial(quiet, line.estimator),
            part_generator(part),
            estimand=line.estimand,
            n_sim=n_sim,
            rng=SEED,
            progress=False,
        )
        mark = "*" if line.fails else ""
        cells = (
            f"{mark}{line.name}{mark}",
            line.estimand,
            f"{got.truth:.3f}",
            f"{got.bias:+.3f} ± {got.bias_error:.3f}",
            f"{got.sd:.3f}",
            f"{got.mean_std_error / got.sd:.2f}",
            f"{got.coverage:.1%} [{got.coverage_low:.1%}, {got.coverage_high:.1%}]",
            f"{got.mean_length:.2f}",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def part_generator(part: Part) -> Callable[[Any], simulate.Simulation]:
    """Return the generator as a function of its source of randomness alone."""
    return lambda rng: part.generator(rng=rng)


def main() -> None:
    """Run everything; print it, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-sim", type=int, default=1_000)
    parser.add_argument("--show", action="store_true", help="print; write nothing")
    parser.add_argument("--only", default="", help="parts whose title holds this")
    options = parser.parse_args()
    kept = sections(PAGE)
    for part in PARTS:
        if options.only not in part.title:
            continue
        rows = []
        for row in rows_of(part, options.n_sim):
            rows.append(row)
            if options.show:
                print(row, flush=True)
        kept[part.title] = "\n".join(rows)
    if not options.show:
        write(PAGE, HEAD.format(n_sim=options.n_sim), [part.title for part in PARTS], kept)


if __name__ == "__main__":
    main()
