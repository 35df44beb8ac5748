"""A decision in words: headline, numbers, conditions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from causalkit.results import Table
from causalkit.results._document import Document, Facts, Heading, Notes, Paragraph, Verdicts, names_of
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from causalkit._decide._decision import Decision
    from causalkit.results import ConfidenceSet
    from causalkit.results._document import Block

_WHOM: Final = {
    "ATE": "the average unit of the data",
    "ATT": "those who were treated",
    "ATC": "those who were not treated",
    "ATO": "those who could as well have been treated as not",
    "LATE": "those whom the instrument moved",
    "ATE at the cutoff": "those at the cutoff",
    "LATE at the cutoff": "those at the cutoff who follow the rule",
}
_ALMOST_NONE: Final = 1e-6
_STATES: Final = {"kept": "keeps its margin", "open": "not shown to keep its margin", "broken": "worse than its margin"}


def document_of(decision: Decision) -> Document:
    """Return the readout: verdict, what is violated, numbers, guardrails, conditions."""
    checks = decision.result.checks
    violated = checks.with_verdict("violated")
    blocks: list[Block] = [Paragraph(headline_of(decision), strong=True)]
    if violated:
        blocks += [Verdicts(violated), Paragraph("The numbers below would hold only if that were mended.")]
    if advice := _advice(decision):
        blocks.append(Paragraph(advice))
    blocks.append(Facts(_facts(decision)))
    if decision.guardrails:
        blocks.append(_guardrail_table(decision))
    blocks += [Heading("Conditions"), Notes(_economic_conditions(decision))]
    doubts = checks.with_verdict("questionable", "untestable", "not run")
    if doubts:
        blocks.append(Verdicts(doubts))
    return Document(
        title=_title(decision), blocks=tuple(blocks), names=names_of(decision.result) | set(decision.guardrails)
    )


def headline_of(decision: Decision) -> str:
    """Return the verdict with its reason."""
    reasons = {
        "no causal reading": _why_not_causal,
        "stop": _why_stop,
        "ship": _why_ship,
        "undecided": _why_undecided,
    }
    verdict = decision.verdict
    return f"{verdict.capitalize()}. {reasons[verdict](decision)}"


def conditions_of(decision: Decision) -> tuple[str, ...]:
    """Return what the verdict rests on, the gravest first."""
    checks = decision.result.checks.with_verdict("violated", "questionable", "untestable", "not run")
    order = ("violated", "questionable", "untestable", "not run")
    graded = sorted(checks, key=lambda check: order.index(check.verdict))
    return (
        *(f"{check.name} ({check.verdict}): {check.reading}" for check in graded),
        *(
            f"guardrail {name}: {_state_text(decision, name)}"
            for name, state in decision.guardrail_states.items()
            if state != "kept"
        ),
        *_economic_conditions(decision),
    )


def loss_text(decision: Decision, amount: float) -> str:
    """Return an expected loss in words; one without weight beside the other is not spelt out."""
    larger = max(decision.loss_acting, decision.loss_holding)
    return "almost none" if amount < _ALMOST_NONE * larger else _money(decision, amount)


def percent(probability: float) -> str:
    """Return a probability in per cent; near certainty is not rounded to certainty."""
    if probability > 0.999:
        return "over 99.9%"
    return "under 0.1%" if probability < 0.001 else f"{probability:.1%}"


def table_of(decision: Decision) -> Table:
    """Return one row per number of the decision."""
    effect_set, value_set = decision.result.conf_int(decision.level), decision.net_value_set
    money = decision.currency or "value"
    unit = decision.result.outcome
    rows: list[tuple[str, float, float, float, str]] = [
        ("effect", decision.result.estimate, *_ends(effect_set), unit),
        ("break-even effect", decision.break_even, math.nan, math.nan, unit),
        ("net value", decision.net_value, *_ends(value_set), money),
        ("expected net value", decision.expected_value, math.nan, math.nan, money),
        ("probability of beating break-even", decision.probability, math.nan, math.nan, "probability"),
        ("expected loss of acting", decision.loss_acting, math.nan, math.nan, money),
        ("expected loss of holding", decision.loss_holding, math.nan, math.nan, money),
        ("value of perfect information", decision.value_of_information, math.nan, math.nan, money),
        ("minimum detectable effect", decision.minimum_detectable, math.nan, math.nan, unit),
        ("data needed, as a multiple", decision.data_factor, math.nan, math.nan, "factor"),
    ]
    names = ("term", "estimate", "conf_low", "conf_high", "unit")
    columns: dict[str, list[str | int | float | bool | None]] = {
        name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    if len(effect_set.parts) != 1:
        # The ends of a hull would hide what the data reject.
        sets = {"effect": effect_set.format(), "net value": value_set.format()}
        columns["conf_set"] = [sets.get(row[0], "") for row in rows]
    return Table(title="Decision", columns=columns)


def _title(decision: Decision) -> str:
    return f"Is {decision.result.treatment} worth it, by its effect on {decision.result.outcome}?"


def _why_not_causal(decision: Decision) -> str:
    violated = decision.result.checks.with_verdict("violated")
    if not violated:
        return "The data reject every value of the effect, so that what it was estimated under cannot be right."
    return f"Violated: {', '.join(check.name for check in violated)}. No arithmetic mends that."


def _why_stop(decision: Decision) -> str:
    broken = [name for name, state in decision.guardrail_states.items() if state == "broken"]
    if broken:
        return f"Worse than its margin at {_level(decision)}: {', '.join(broken)}."
    return f"Every effect that the data allow at {_level(decision)} costs more than it brings: {_against(decision)}."


def _why_ship(decision: Decision) -> str:
    return f"Every effect that the data allow at {_level(decision)} pays: {_against(decision)}."


def _why_undecided(decision: Decision) -> str:
    confidence_set = decision.result.conf_int(decision.level)
    ends = [end for part in confidence_set.parts for end in part]
    if any(map(math.isnan, ends)):
        return "The effect has no standard error, so that nothing says how far off it may be."
    gains = [end for part in decision.net_value_set.parts for end in part]
    if all(gain > 0 for gain in gains):
        unproven = [name for name, state in decision.guardrail_states.items() if state != "kept"]
        return f"The effect pays ({_against(decision)}), but not shown to keep its margin: {', '.join(unproven)}."
    unbounded = "" if confidence_set.is_bounded else " They do not bound it."
    return f"At {_level(decision)} the data allow effects on both sides of break-even: {_against(decision)}.{unbounded}"


def _advice(decision: Decision) -> str:
    """Return what to do while undecided."""
    if decision.verdict != "undecided" or not decision.leaning:
        return ""
    choice = "acting" if decision.leaning == "act" else "holding"
    text = (
        f"If it cannot wait, {choice} has the smaller expected loss; finding out more is worth at most "
        f"{_money(decision, decision.value_of_information)}."
    )
    if 1 < decision.data_factor < 1000:
        text += (
            f" About {decision.data_factor:.2g} times these data would tell an effect of this size from break-even "
            f"({decision.power:.0%} power)."
        )
    return text


def _facts(decision: Decision) -> tuple[tuple[str, str], ...]:
    result, unit = decision.result, f"{decision.result.outcome} per unit"
    estimand, level = result.effect.estimand, _level(decision)
    acted_on = f"{decision.units:,.10g} {'unit' if decision.units == 1 else 'units'}"
    effect = f"{significant(result.estimate)} {unit} ({estimand}; {level} {_set_text(result.conf_int(decision.level))})"
    value = f"{_money(decision, decision.net_value)} if acting on {acted_on}"
    items = [
        ("Effect", effect),
        ("Break-even", f"{significant(decision.break_even)} {unit}{_economics(decision)}"),
        ("Net value", f"{value} ({level} {_set_text(decision.net_value_set)})"),
        *_risks(decision),
    ]
    if math.isfinite(decision.minimum_detectable):
        distance = f"{significant(decision.minimum_detectable)} {unit} away from break-even"
        items.append(("Detectable", f"{distance} ({decision.power:.0%} power)"))
    return (*items, ("Sample", result.sample.describe()), ("Method", result.method))


def _risks(decision: Decision) -> list[tuple[str, str]]:
    belief = decision.belief
    if math.isnan(decision.probability):
        return [("Probability", f"not given: {belief.basis}")]
    acting, holding = decision.loss_acting, decision.loss_holding
    items = [
        ("Probability", f"{percent(decision.probability)} that the effect beats break-even"),
        ("Expected loss", f"{loss_text(decision, acting)} if acting, {loss_text(decision, holding)} if holding"),
        ("Based on", belief.basis),
    ]
    if decision.prior is not None:
        expected = _money(decision, decision.expected_value)
        items.append(("With prior", f"effect {significant(belief.mean)}, net value {expected}"))
    return items


def _guardrail_table(decision: Decision) -> Table:
    rails = decision.guardrails
    return Table(
        title="Guardrails",
        columns={
            "guardrail": tuple(rails),
            "estimate": tuple(each.result.estimate for each in rails.values()),
            "interval": tuple(_set_text(each.result.conf_int(decision.level)) for each in rails.values()),
            "limit": tuple(each.limit for each in rails.values()),
            "state": tuple(_state_text(decision, name) for name in rails),
        },
        headings={"interval": f"{_level(decision)} interval", "limit": "worst put up with"},
    )


def _state_text(decision: Decision, name: str) -> str:
    violated = decision.guardrails[name].result.checks.with_verdict("violated")
    if violated:
        return f"no causal reading: {', '.join(check.name for check in violated)} violated"
    return _STATES[decision.guardrail_states[name]]


def _economic_conditions(decision: Decision) -> tuple[str, ...]:
    estimand = decision.result.effect.estimand
    whom = _WHOM.get(estimand) or _WHOM.get(estimand.split("(")[0].split(" ")[0])
    described = f"the effect on {whom} ({estimand})" if whom else f"the effect estimated ({estimand})"
    conditions = [f"{described[0].upper()}{described[1:]} holds for the units decided on."]
    if (decision.value_per_unit, decision.unit_cost, decision.fixed_cost) != (1.0, 0.0, 0.0):
        conditions.append("Values and costs are taken as known.")
    if decision.result.std_error == 0:
        conditions.append("The standard error is zero: the effect is taken as known exactly.")
    return tuple(conditions)


def _economics(decision: Decision) -> str:
    costs = [
        f"{_money(decision, amount)} {when}"
        for amount, when in ((decision.unit_cost, "per unit"), (decision.fixed_cost, "once"))
        if amount
    ]
    if decision.value_per_unit == 1 and not costs:
        return ""
    worth = f"{_money(decision, decision.value_per_unit)} for each unit of {decision.result.outcome}"
    return f" ({worth}; acting costs {' and '.join(costs)})" if costs else f" ({worth})"


def _against(decision: Decision) -> str:
    confidence_set = decision.result.conf_int(decision.level)
    return f"{_set_text(confidence_set)} against {significant(decision.break_even)}"


def _set_text(confidence_set: ConfidenceSet) -> str:
    unknown = any(math.isnan(end) for part in confidence_set.parts for end in part)
    return "not known" if unknown else confidence_set.format()


def _money(decision: Decision, amount: float) -> str:
    return f"{significant(amount)} {decision.currency}".strip()


def _level(decision: Decision) -> str:
    return f"{100 * decision.level:.4g}%"


def _ends(confidence_set: ConfidenceSet) -> tuple[float, float]:
    if len(confidence_set.parts) != 1:
        return math.nan, math.nan
    low, high = confidence_set.parts[0]
    return low, high
