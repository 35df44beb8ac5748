"""One result of each kind, and everything that it says in Chinese."""

from __future__ import annotations

import html
import re
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest import mock

from causalkit import (
    _report,
    compare,
    datasets,
    decide,
    design_advice,
    did,
    evidence,
    iv,
    matching,
    rdd,
    simpson,
    simulate,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from causalkit._language import Wording
    from causalkit.plot import Picture

PUSH = "the push was drawn by lot"


def _gmv() -> Any:
    users = datasets.load("service_gmv")
    return simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity")


def _scan() -> Any:
    return simpson.scan(
        datasets.load("service_gmv"),
        outcome="gmv",
        treatment="used_service",
        candidates=["activity", "region", "city_tier"],
        progress=False,
    )


def _kidney() -> Any:
    stones = datasets.load("kidney_stones")
    return simpson.diagnose(stones, outcome="success", treatment="treatment", by="stone_size", treated="open surgery")


def _observational() -> dict[str, Any]:
    return {"data": simulate.observational(1_200, rng=0).data}


def _score() -> Any:
    return matching.propensity_score(**_observational(), treatment="treated", covariates=["x1", "x2"])


def _encouragement() -> dict[str, Any]:
    return {
        "data": simulate.encouragement(1_200, rng=0).data,
        "outcome": "y",
        "endogenous": "d",
        "exogenous": ["age"],
        "instruments": "z",
        "exclusion": PUSH,
    }


def _cut() -> dict[str, Any]:
    frame = simulate.discontinuity(1_500, rng=0).data
    return {"data": frame, "outcome": "y", "running": "score", "cutoff": 0.0, "treated": "above"}


def _ols() -> Any:
    roles = {name: value for name, value in _encouragement().items() if name not in {"instruments", "exclusion"}}
    return iv.ols(**roles)


def _roll_out() -> dict[str, Any]:
    frame = simulate.roll_out(60, rng=0, n_periods=6, cohorts=(3, 5)).data
    return {"data": frame, "outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}


def _roll_out_of_few() -> dict[str, Any]:
    frame = simulate.roll_out(12, rng=2, n_periods=6, cohorts=(4,), shares=(0.2,), fixed_shares=True).data
    return {**_roll_out(), "data": frame}


def _before_and_after(*, cities: int) -> Any:
    frame = simulate.roll_out(60, rng=0, n_periods=4, cohorts=(4,), shares=(0.5,), fixed_shares=True).data
    launched = frame["launch_week"].notna().astype(int)
    frame = frame.assign(launched=launched, after=(frame["week"] == 4).astype(int))
    chosen = [*frame.loc[launched == 0, "city"].unique()[: cities // 2]]
    chosen += [*frame.loc[launched == 1, "city"].unique()[: cities - len(chosen)]]
    return frame[(frame["week"] >= 3) & frame["city"].isin(chosen)]


# The kinds of results; a new one is entered here, and its sentences in the catalogue.
MADE: dict[str, Callable[[], Any]] = {
    "simpson.diagnose": _gmv,
    "simpson.diagnose of two outcomes": _kidney,
    "simpson.scan": _scan,
    "matching.estimate": lambda: matching.estimate(
        **_observational(), outcome="y", treatment="treated", covariates=["x1", "x2"]
    ),
    "matching.effect": lambda: matching.effect(matching.match(_score(), matching.Kernel()), outcome="y"),
    "matching.aipw": lambda: matching.aipw(_score(), outcome="y"),
    "rdd.estimate": lambda: rdd.estimate(**_cut(), covariates=["age"]),
    "rdd.global_polynomial": lambda: rdd.global_polynomial(**_cut(), order=3),
    "rdd.honest": lambda: rdd.honest(**_cut()),
    "iv.estimate": lambda: iv.estimate(**_encouragement()),
    "iv.liml": lambda: iv.liml(**_encouragement()),
    "iv.gmm": lambda: iv.gmm(**_encouragement()),
    "iv.ols": _ols,
    "iv.wald": lambda: iv.wald(
        **{name: value for name, value in _encouragement().items() if name != "exogenous"}, covariates=["age"]
    ),
    "iv.weak_robust": lambda: iv.weak_robust(**_encouragement()),
    "did.estimate": lambda: did.estimate(**_roll_out()),
    "did.event_study": lambda: did.event_study(**_roll_out()),
    "did.twfe": lambda: did.twfe(**_roll_out()),
    "did.imputation": lambda: did.imputation(**_roll_out()),
    "did.sun_abraham": lambda: did.sun_abraham(**_roll_out()),
    "did.two_by_two": lambda: did.two_by_two(
        _before_and_after(cities=60), outcome="orders", treated="launched", post="after", unit="city"
    ),
    "did.two_by_two of few clusters": lambda: did.two_by_two(
        _before_and_after(cities=8), outcome="orders", treated="launched", post="after", cluster="city"
    ),
    "did.parallel_trends": lambda: did.parallel_trends(**_roll_out()),
    "did.estimate of few clusters": lambda: did.estimate(**_roll_out_of_few()),
    "compare": lambda: compare(OLS=_ols(), IV=result("iv.estimate")),
    "decide": lambda: decide(
        result("simpson.diagnose"),
        value_per_unit=0.2,
        units=10_000,
        unit_cost=60.0,
        prior=(500.0, 300.0),
        guardrails={"late": evidence.Guardrail(result=result("matching.aipw"), margin=0.1, better="higher")},
    ),
    "design_advice": lambda: design_advice(
        experiment="impossible", cutoff="sharp", push="natural", roll_out="staggered", history="several",
        treated_units="few", selection="partly", measured="before", interference="everywhere",
    ),
}  # fmt: skip


@cache
def result(name: str) -> Any:
    """Return the result of that name, made once."""
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        return MADE[name]()


@cache
def spoken(name: str, lang: str = "zh") -> str:
    """Return all that a result says: its summary, and the text of its report where it has one."""
    subject = result(name)
    said = subject.summary(lang=lang)
    if hasattr(subject, "report"):
        with mock.patch.object(_report, "_figure", _caption):
            said += text_of(_report.report_html(subject, lang=lang))
    return said


def _caption(say: Wording, picture: Picture) -> str:
    """Return what stands under a picture; drawing it takes the time of a hundred such pages."""
    return say(picture.caption)


def text_of(page: str) -> str:
    """Return the text of an HTML page, captions of pictures included and styles left out, one line to an element."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    body = re.sub(r'<img alt="([^"]*)"[^>]*>', r"\1", body)
    return html.unescape(re.sub(r"<[^>]*>", "\n", body))
