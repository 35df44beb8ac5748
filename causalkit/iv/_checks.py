"""What an instrumental-variables estimate rests on, and what the data say about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from causalkit.results import Check
from causalkit.results._format import p_text
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from causalkit._typing import Verdict
    from causalkit.iv._records import FirstStage, ModelTest
    from causalkit.results import Effect, Table

__all__ = [
    "balance_check",
    "exclusion_check",
    "monotonicity_check",
    "need_check",
    "overidentification_check",
    "reduced_form_check",
    "relevance_check",
]

ALPHA: Final = 0.05


def relevance_check(stage: FirstStage) -> Check:
    """Whether the instruments move the treatment enough for Wald inference."""
    names = list(stage.coefficients)
    critical = stage.critical()
    if math.isnan(critical):
        weakest = min(range(len(names)), key=lambda j: float(stage.conditional_f[j]))
        value = float(stage.conditional_f[weakest])
        reading = (
            f"Given the other regressors, the instruments move {names[weakest]} least: conditional F "
            f"{significant(value)}, where 10 is the customary least."
        )
        statistic, p_value = value, float(stage.f_p_value[weakest])
    else:
        statistic, p_value = float(stage.effective_f[0]), float(stage.f_p_value[0])
        reading = (
            f"Effective F {significant(statistic)}; {significant(critical)} rules out a bias above 10% of the worst."
        )
    if p_value > ALPHA:
        verdict: Verdict = "violated"
        reading += " The data do not show that the instruments move the treatment at all."
    elif stage.is_weak:
        verdict = "questionable"
        reading += " The instruments are weak: read the Anderson-Rubin set, not the Wald interval."
    else:
        verdict = "supported"
    return Check(
        name="relevance",
        question="Do the instruments move the treatment?",
        null="the instruments do not move the treatment",
        verdict=verdict,
        reading=reading,
        statistic=statistic,
        p_value=p_value,
        table=stage.table(),
    )


def exclusion_check(exclusion: str, instruments: tuple[str, ...]) -> Check:
    """The argument for exclusion, or its absence; no test can replace it."""
    if exclusion.strip():
        argument = exclusion.strip()
        full_stop = "" if argument.endswith((".", "!", "?", "。", "！", "？")) else "."
        reading = f"No test can show it. The argument given: {argument}{full_stop}"
    else:
        reading = "No test can show it, and no argument was given: say why with exclusion='...'."
    return Check(
        name="exclusion",
        question=f"Does {', '.join(instruments)} touch the outcome only through the treatment?",
        verdict="untestable",
        reading=reading,
    )


def balance_check(table: Table) -> Check:
    """Whether covariates are alike at different values of the instruments, after Holm's adjustment."""
    adjusted = [float(str(each)) for each in table["p_holm"]]
    least = min(adjusted)
    off = [str(name) for name, p in zip(table["covariate"], adjusted, strict=True) if p <= ALPHA]
    if off:
        verb = "moves" if len(off) == 1 else "move"
        reading = (
            f"{', '.join(off[:3])}{' and others' if len(off) > 3 else ''} {verb} with the instrument "
            f"(smallest adjusted {_p(least)}): it is as good as random, if at all, only with these held fixed."
        )
    else:
        reading = f"No covariate moves with the instrument by more than chance (smallest adjusted {_p(least)})."
    return Check(
        name="balance",
        question="Are covariates alike at different values of the instrument?",
        null="no covariate moves with the instrument",
        verdict="questionable" if off else "supported",
        reading=reading,
        p_value=least,
        table=table,
    )


def monotonicity_check(estimand: str, stage: FirstStage) -> Check:
    """Whether nobody is moved against the others; asked for only when effects may differ."""
    if estimand != "LATE":
        reading = "Not needed: the effect is taken to be the same for everybody, which is an assumption of its own."
    else:
        coefficients = next(iter(stage.coefficients.values()))
        sign = "raise" if float(coefficients.estimates.sum()) > 0 else "lower"
        which = "The instrument should" if len(coefficients) == 1 else "Each instrument should"
        reading = (
            f"{which} {sign} the treatment or leave it alone, for everybody; whoever does the opposite counts with a "
            f"negative weight. The result is the effect on those who are moved, not on all."
        )
    return Check(
        name="monotonicity",
        question="Does the instrument move everybody in the same direction?",
        verdict="untestable",
        reading=reading,
    )


def reduced_form_check(test: ModelTest) -> Check:
    """Whether the instruments move the outcome at all."""
    seen = test.p_value <= ALPHA
    return Check(
        name="reduced form",
        question="Do the instruments move the outcome?",
        null=test.null,
        verdict="supported" if seen else "questionable",
        reading=(
            f"The outcome moves with the instruments ({_p(test.p_value)})."
            if seen
            else f"The outcome hardly moves with the instruments ({_p(test.p_value)}): no effect is seen, whatever "
            f"the treatment does."
        ),
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
    )


def need_check(tests: tuple[ModelTest, ...], contrast: Effect, *, homoskedastic: bool) -> Check:
    """Whether least squares would have done: the test of endogeneity."""
    question = "Is an instrument needed: is least squares off by more than chance?"
    name = "Wu-Hausman" if homoskedastic else "Wooldridge regression"
    test = next((each for each in tests if each.name == name and not math.isnan(each.p_value)), None)
    if test is None:
        return Check(
            name="need", question=question, verdict="not run", reading="The instruments leave nothing to compare."
        )
    low_high = contrast.conf_int().format()
    if test.p_value <= ALPHA:
        verdict: Verdict = "supported"
        reading = f"Least squares and the instrument disagree: their gap lies in {low_high} ({_p(test.p_value)})."
    else:
        verdict = "questionable"
        reading = (
            f"The data do not show that least squares is off ({_p(test.p_value)}); nor do they rule it out: the "
            f"gap lies in {low_high}."
        )
    return Check(
        name="need",
        question=question,
        null="the treatment is exogenous",
        verdict=verdict,
        reading=reading,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
    )


def overidentification_check(tests: tuple[ModelTest, ...], *, homoskedastic: bool, estimand: str) -> Check:
    """Whether several instruments tell the same story; where effects differ, valid ones need not."""
    question = "Do the instruments agree with one another?"
    name = "Sargan" if homoskedastic else "Hansen J"
    test = next((each for each in tests if each.name == name and not math.isnan(each.p_value)), None)
    if test is None:
        return Check(
            name="over-identification",
            question=question,
            verdict="untestable",
            reading="There are no more instruments than endogenous regressors, so there is nothing to compare.",
        )
    agree = test.p_value > ALPHA
    return Check(
        name="over-identification",
        question=question,
        null="all instruments are valid, and move people with the same average effect",
        verdict="supported" if agree else "questionable" if estimand == "LATE" else "violated",
        reading=(
            f"No evidence that the instruments disagree ({_p(test.p_value)}); they could still share a flaw."
            if agree
            else f"The instruments disagree ({_p(test.p_value)}): one is not excluded, or they move different people."
        ),
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
    )


def _p(p_value: float) -> str:
    text = p_text(p_value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"
