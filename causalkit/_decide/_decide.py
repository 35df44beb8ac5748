"""The call that turns a result into a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causalkit._decide._decision import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit.evidence import Guardrail
    from causalkit.results import Result

__all__ = ["decide"]


def decide(
    result: Result,
    *,
    value_per_unit: float = 1.0,
    units: float = 1.0,
    unit_cost: float = 0.0,
    fixed_cost: float = 0.0,
    currency: str = "",
    prior: tuple[float, float] | None = None,
    guardrails: Mapping[str, Guardrail] | None = None,
    level: float = 0.95,
    power: float = 0.8,
) -> Decision:
    """Turn the headline effect of a result into a decision.

    Acting gains ``units * (value_per_unit * effect - unit_cost) - fixed_cost``. The decision says what that is, with
    its interval; which effect breaks even; how likely the effect beats it; what is lost on average by acting and by
    not acting; and one of four verdicts, the first that applies:

    * *no causal reading*: a check of the result is violated, and no arithmetic mends that;
    * *stop*: a guardrail is worse than its margin, or every effect in the confidence set falls short of break-even;
    * *ship*: every effect in the confidence set beats break-even, and every guardrail keeps its margin;
    * *undecided*: the data allow both.

    Parameters
    ----------
    result : Result
        What a method returned.
    value_per_unit : float
        Worth of one unit of the outcome, for each unit acted on; negative where less of the outcome is better. The
        defaults of this and the next three leave everything in units of the outcome and break-even at zero.
    units : float
        How many units (users, shops, orders) the decision is about.
    unit_cost, fixed_cost : float
        Cost of acting, per unit and once; negative if acting saves.
    currency : str
        What values and costs are counted in, for the readout.
    prior : pair of float, optional
        Mean and standard deviation of a normal prior of the effect, in units of the outcome, as earlier launches
        suggest it. It changes probability and expected losses, not the verdict. Flat if not given.
    guardrails : mapping of str to Guardrail, optional
        Effects on outcomes that must not suffer. Because all of them must keep their margins, their tests need no
        adjustment for their number.
    level : float
        Coverage of the confidence sets that the verdict rests on.
    power : float
        Power at which the minimum detectable effect is stated.

    Returns
    -------
    Decision
        Numbers, verdict and conditions; ``summary()``, ``plot()``, ``to_frame()``, ``to_json()``.

    Raises
    ------
    OptionError
        The first argument is not a result, or an option is out of range.

    Notes
    -----
    With estimate τ, standard error s, break-even b and z = (τ - b)/s, for a positive value per unit: the probability
    is Φ(z); the expected loss of acting is s[φ(z) - zΦ(-z)] and of holding s[φ(z) + zΦ(z)], both times
    ``units * value_per_unit``; the smaller of them is the expected value of perfect information. A t distribution or
    bootstrap draws take the place of the normal where the interval rests on them; with a prior, τ and s are those of
    the posterior. ``decision.belief.basis`` says which. Where the confidence set is not one bounded interval, none of
    these is given: the data do not say.

    References
    ----------
    Raiffa, H. and Schlaifer, R. (1961). Applied Statistical Decision Theory. Manski, C. F. (2019). Treatment choice
    with trial data: statistical decision theory should supplant hypothesis testing. American Statistician 73(S1).

    Examples
    --------
    >>> from causalkit import decide
    >>> from causalkit.results import Checks, Effect, Result, Sample
    >>> trial = Result(
    ...     method="Difference in means",
    ...     effect=Effect(estimand="ATE", estimate=0.8, std_error=0.5),
    ...     sample=Sample(n_rows=400, n_used=400, n_treated=200, n_control=200),
    ...     checks=Checks(()),
    ...     roles={"outcome": ("orders",), "treatment": ("promo",)},
    ...     options={},
    ... )
    >>> decision = decide(trial, value_per_unit=10.0, units=1000, unit_cost=3.0, currency="EUR")
    >>> decision.break_even, decision.net_value, decision.verdict
    (0.3, 5000.0, 'undecided')
    >>> round(decision.probability, 4), round(decision.loss_acting, 2), round(decision.loss_holding, 2)
    (0.8413, 416.58, 5416.58)
    """
    return Decision(
        result=result,
        value_per_unit=value_per_unit,
        units=units,
        unit_cost=unit_cost,
        fixed_cost=fixed_cost,
        currency=currency,
        prior=prior,
        guardrails={} if guardrails is None else guardrails,
        level=level,
        power=power,
    )
