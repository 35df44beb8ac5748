"""A decision: the economics, what they make of the effect, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from causalkit._decide._belief import Belief, belief_of, spread
from causalkit._decide._verdict import VerdictOnAction, verdict_of
from causalkit._language import wording
from causalkit._numerics._decision import detectable
from causalkit._validate import fraction, positive, real
from causalkit.errors import OptionError
from causalkit.evidence import Guardrail
from causalkit.results import FrozenMap, Interval, IntervalUnion, Result, Table, _json
from causalkit.results._answer import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from causalkit._language import Lang
    from causalkit.results import ConfidenceSet

__all__ = ["Decision"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision(Answer):
    """What an effect is worth, how sure that is, and what follows.

    Acting on ``units`` units gains ``units * (value_per_unit * effect - unit_cost) - fixed_cost``. Everything else
    follows from that, the effect's confidence set at ``level``, and its distribution (``belief``).

    Attributes
    ----------
    result : Result
        The result decided on.
    value_per_unit : float
        Worth of one unit of the outcome, for each unit acted on; negative where less of the outcome is better.
    units : float
        How many units the decision is about.
    unit_cost, fixed_cost : float
        Cost of acting, per unit and once; negative if acting saves.
    currency : str
        What values and costs are counted in.
    prior : pair of float, optional
        Mean and standard deviation of a normal prior of the effect, in units of the outcome; None means flat.
    guardrails : mapping of str to Guardrail
        Outcomes that must not suffer.
    level : float
        Coverage of the confidence sets that the verdict rests on.
    power : float
        Power at which the minimum detectable effect is stated.
    """

    result: Result
    value_per_unit: float = 1.0
    units: float = 1.0
    unit_cost: float = 0.0
    fixed_cost: float = 0.0
    currency: str = ""
    prior: tuple[float, float] | None = None
    guardrails: Mapping[str, Guardrail] = FrozenMap()
    level: float = 0.95
    power: float = 0.8

    def __post_init__(self) -> None:
        """Check the parts."""
        if not isinstance(self.result, Result):
            raise OptionError(
                f"result must be what a method of causalkit returned; got {type(self.result).__name__}. "
                f"Published numbers can be decided on as a causalkit.results.Result built from them."
            )
        if not isinstance(self.currency, str):
            raise OptionError(f"currency={self.currency!r} must be a string.")
        value = real("value_per_unit", self.value_per_unit)
        if value == 0:
            raise OptionError("value_per_unit=0 leaves nothing to gain; give the worth of one unit of the outcome.")
        self._freeze(
            value_per_unit=value,
            units=positive("units", self.units),
            unit_cost=real("unit_cost", self.unit_cost),
            fixed_cost=real("fixed_cost", self.fixed_cost),
            prior=_prior(self.prior),
            guardrails=_guardrails(self.guardrails),
            level=fraction("level", self.level),
            power=fraction("power", self.power),
        )

    @property
    def belief(self) -> Belief:
        """Distribution of the effect behind probability and expected losses, or the reason why there is none."""
        return belief_of(self.result.effect, level=self.level, prior=self.prior)

    @property
    def break_even(self) -> float:
        """Effect at which acting costs what it brings, in units of the outcome."""
        return (self.fixed_cost / self.units + self.unit_cost) / self.value_per_unit

    @property
    def net_value(self) -> float:
        """What acting brings at the estimated effect, in the currency."""
        return self._worth(self.result.estimate)

    @property
    def net_value_set(self) -> ConfidenceSet:
        """Confidence set of what acting brings, in the currency."""
        parts = [sorted(self._worth(end) for end in part) for part in self.result.conf_int(self.level).parts]
        intervals = tuple(Interval(*ends) for ends in (parts if self.value_per_unit > 0 else reversed(parts)))
        return intervals[0] if len(intervals) == 1 else IntervalUnion(intervals)

    @property
    def expected_value(self) -> float:
        """What acting is expected to bring, in the currency; differs from ``net_value`` where there is a prior."""
        return self._worth(self.belief.mean)

    @property
    def probability(self) -> float:
        """Probability that the effect beats break-even; NaN where there is no distribution."""
        return self.belief.above(self.break_even) if self.value_per_unit > 0 else self.belief.below(self.break_even)

    @property
    def loss_acting(self) -> float:
        """Expected loss of acting, in the currency: what is lost where the effect falls short, times how likely."""
        return self._stake * self._side(acting=True)

    @property
    def loss_holding(self) -> float:
        """Expected loss of not acting, in the currency: what is missed where the effect beats break-even."""
        return self._stake * self._side(acting=False)

    @property
    def value_of_information(self) -> float:
        """The most that knowing the effect exactly would be worth, in the currency: the smaller expected loss."""
        return min(self.loss_acting, self.loss_holding) if self.leaning else math.nan

    @property
    def leaning(self) -> Literal["act", "hold", ""]:
        """The choice with the smaller expected loss, were it to be made today; empty where losses are unknown."""
        acting, holding = self.loss_acting, self.loss_holding
        if math.isnan(acting) or math.isnan(holding):
            return ""
        return "act" if acting < holding else "hold"

    @property
    def minimum_detectable(self) -> float:
        """Distance from break-even at which a true effect is found with the given power, in units of the outcome."""
        effect = self.result.effect
        if effect.uncertainty is None:
            return detectable(effect.std_error, level=self.level, power=self.power, df=effect.df)
        return detectable(spread(effect, self.level), level=self.level, power=self.power)

    @property
    def data_factor(self) -> float:
        """How many times the data tell an effect as estimated from break-even, with the given power.

        Takes the estimate for the truth, and standard errors to fall with the root of the sample size.
        """
        gap = abs(self.result.estimate - self.break_even)
        ratio = self.minimum_detectable / gap if gap else math.inf
        return ratio * ratio

    @property
    def guardrail_states(self) -> dict[str, Literal["kept", "open", "broken"]]:
        """Each guardrail's state at the level."""
        return {name: guardrail.status(self.level) for name, guardrail in self.guardrails.items()}

    @property
    def verdict(self) -> VerdictOnAction:
        """The first of: no causal reading, stop, ship, undecided."""
        return verdict_of(self.result, gains=self.net_value_set, guardrails=self.guardrail_states.values())

    @property
    def conditions(self) -> tuple[str, ...]:
        """What the verdict rests on, one sentence each."""
        from causalkit._decide._document import conditions_of

        return conditions_of(self)

    def headline(self) -> str:
        """Return the verdict with its reason, in one or two sentences."""
        from causalkit._decide._document import headline_of

        return headline_of(self)

    def table(self) -> Table:
        """Return one row per number: term, estimate, conf_low, conf_high, unit."""
        from causalkit._decide._document import table_of

        return table_of(self)

    def to_frame(self) -> Any:
        """Return :meth:`table` as a frame of the library that the data came in."""
        return self.table().to_frame(backend=self.result.backend)

    def summary(self, *, lang: Lang = "en") -> str:
        """Return the decision as text of at most 80 columns, in the language given."""
        from causalkit._decide._document import document_of
        from causalkit.results._text import document_text

        return document_text(document_of(self), wording(lang))

    def __str__(self) -> str:
        """Return the summary."""
        return self.summary()

    def __repr__(self) -> str:
        """Return one line: the verdict, the net value and its interval."""
        return (
            f"<Decision {self.verdict!r} net value {self.net_value:.6g} {self.level:.0%} {self.net_value_set.format()}>"
        )

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_html(self, *, lang: Lang = "en") -> str:
        """Return the summary as one ``div`` of HTML, every label escaped, in the language given."""
        from causalkit._decide._document import document_of
        from causalkit.results._html import document_html

        return document_html(document_of(self), wording(lang))

    def to_markdown(self, *, lang: Lang = "en") -> str:
        """Return the summary in Markdown, every label escaped, in the language given."""
        from causalkit._decide._document import document_of
        from causalkit.results._markup import document_markdown

        return document_markdown(document_of(self), wording(lang))

    def to_dict(self) -> dict[str, Any]:
        """Return every field, and the numbers that follow from them, as nested dicts, lists and scalars."""
        derived = (
            "break_even", "net_value", "expected_value", "probability", "loss_acting", "loss_holding",
            "value_of_information", "minimum_detectable", "data_factor", "verdict",
        )  # fmt: skip
        sets = [[part.low, part.high] for part in self.net_value_set.parts]
        plain: dict[str, Any] = _json.plain(self)
        return plain | {name: getattr(self, name) for name in derived} | {"net_value_set": sets}

    def report(self, path: str | Path, *, smallest_cell: int = 1, lang: Lang = "en") -> Path:
        """Write the decision and the effect behind it as one self-contained HTML file.

        Parameters
        ----------
        path : str or Path
            The file to write; one that is there is replaced.
        smallest_cell : int
            Rows of the data that a cell of a table must have to be shown, as in :meth:`Result.report`.
        lang : {"en", "zh"}
            Language of the fixed wording; names and numbers are the same in each.

        Returns
        -------
        Path
            The file written.
        """
        from causalkit._report import write_report

        return write_report(self, path, level=self.level, smallest_cell=smallest_cell, lang=lang)

    @property
    def _stake(self) -> float:
        """What one unit of the outcome more or less is worth over all units, in the currency."""
        return self.units * abs(self.value_per_unit)

    def _side(self, *, acting: bool) -> float:
        falls_short = acting == (self.value_per_unit > 0)
        return self.belief.shortfall(self.break_even) if falls_short else self.belief.excess(self.break_even)

    def _worth(self, effect: float) -> float:
        return self.units * (self.value_per_unit * effect - self.unit_cost) - self.fixed_cost


def _prior(given: object) -> tuple[float, float] | None:
    if given is None:
        return None
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise OptionError(
            f"prior={given!r} must be a pair: mean and standard deviation of the effect before these data, "
            f"in units of the outcome."
        )
    return real("prior mean", given[0]), positive("prior standard deviation", given[1])


def _guardrails(given: object) -> FrozenMap[Guardrail]:
    if not isinstance(given, Mapping):
        raise OptionError("guardrails must map names to causalkit.evidence.Guardrail objects.")
    for name, each in given.items():
        if not isinstance(name, str) or not isinstance(each, Guardrail):
            raise OptionError(
                f"guardrails[{name!r}] must be a causalkit.evidence.Guardrail(result=..., margin=..., better=...); "
                f"got {type(each).__name__}."
            )
    return FrozenMap(dict(given))
