"""What a diagnosis of Simpson's paradox found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._validate import choice, counted, fraction
from causalkit.errors import OptionError
from causalkit.results import Effect, Effects, Record, Result, Table
from causalkit.results._interval import significant
from causalkit.results._record import FrozenMap, read_only
from causalkit.simpson._design import names_in_words
from causalkit.simpson._pattern import kind
from causalkit.simpson._strata import MOST_JOINT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit._typing import BoolArray, FloatArray, IntArray
    from causalkit.simpson._binary import StratifiedTests
    from causalkit.simpson._decomposition import Base
    from causalkit.simpson._pattern import Kind, Pattern
    from causalkit.simpson._reversal import Reversal

__all__ = ["COMPARABLE", "SimpsonResult", "Strata"]

# Label of the crude difference without the strata that have one arm only.
COMPARABLE = "crude, comparable strata"
_STRATA_SHOWN = 20
_BASES = ("symmetric", "treated", "control")
_PARTS = {
    "within": "effect within strata",
    "composition": "different composition",
    "treated_only": "treated without counterpart",
    "control_only": "controls without counterpart",
    "crude": "crude difference",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Strata(Record):
    """The strata: sizes, means and effects.

    Attributes
    ----------
    names : tuple of str
        The columns that define the strata.
    labels : tuple of str
        One text per stratum.
    rows : (s, 2) array of int
        Rows of the control and the treated arm.
    weight : (s, 2) array
        Sum of weights of both arms; the rows, without weights.
    mean, std_dev : (s, 2) arrays
        Mean and standard deviation of the outcome in both arms; NaN where there is no row.
    estimate, std_error : (s,) arrays
        Treated minus control, and its standard error; NaN in strata with one arm only.
    independent : bool
        Whether the effects are independent of one another: no cluster spans strata.
    cov : (k, k) array
        Covariance of the effects of the comparable strata where they are not independent and at most 2,000; otherwise
        empty, (0, 0).
    df : float
        Degrees of freedom of the standard errors: one less than the clusters; infinite without clusters.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    rows: IntArray
    weight: FloatArray
    mean: FloatArray
    std_dev: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    independent: bool
    cov: FloatArray
    df: float

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        floats = {
            name: read_only(getattr(self, name))
            for name in ("weight", "mean", "std_dev", "estimate", "std_error", "cov")
        }
        self._freeze(rows=read_only(self.rows, dtype=np.int64), **floats)

    def __len__(self) -> int:
        """Return the number of strata."""
        return len(self.labels)

    @property
    def comparable(self) -> BoolArray:
        """Which strata have rows in both arms, (s,)."""
        return np.asarray((self.rows > 0).all(axis=1))

    def effects(self) -> Effects:
        """Return the effects of the comparable strata with their covariance.

        Raises
        ------
        OptionError
            There are more than 2,000; ``estimate`` and ``std_error`` have them one by one.
        """
        use = self.comparable
        if np.count_nonzero(use) > MOST_JOINT:
            raise OptionError(
                f"The joint covariance of {np.count_nonzero(use):,} strata is not kept, at most of {MOST_JOINT:,}. "
                f"Use strata.estimate and strata.std_error."
            )
        cov = np.diag(self.std_error[use] ** 2) if self.independent else self.cov
        labels = tuple(label for label, keep in zip(self.labels, use.tolist(), strict=True) if keep)
        return Effects(dimension="stratum", labels=labels, estimates=self.estimate[use], cov=cov, df=self.df)

    def table(self, *, most: int | None = None) -> Table:
        """Return one row per stratum.

        Parameters
        ----------
        most : int, optional
            Show only so many strata, those with the largest weight; all if not given.
        """
        total = self.weight.sum(axis=1)
        shown = np.arange(len(self))
        if most is not None and len(self) > most:
            shown = np.sort(np.argsort(-total, kind="stable")[:most])
        left_out = len(self) - len(shown)
        columns = {
            "n_treated": self.rows[:, 1],
            "n_control": self.rows[:, 0],
            "share": total / total.sum(),
            "share_treated": self.weight[:, 1] / total,
            "mean_treated": self.mean[:, 1],
            "mean_control": self.mean[:, 0],
            "estimate": self.estimate,
            "std_error": self.std_error,
        }
        return Table(
            title=f"Strata of {names_in_words(self.names)}",
            columns={
                "stratum": [self.labels[each] for each in shown],
                **{name: values[shown].tolist() for name, values in columns.items()},
            },
            headings={
                "n_treated": "n treated",
                "n_control": "n control",
                "share": "share of all",
                "share_treated": "share treated",
                "mean_treated": "mean treated",
                "mean_control": "mean control",
                "estimate": "difference",
                "std_error": "std. error",
            },
            note=f"{counted(left_out, 'smaller stratum', 'smaller strata')} not shown." if left_out else "",
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SimpsonResult(Result):
    """Why the difference in the total is not the effect within strata.

    Attributes
    ----------
    crude : Effect
        Treated minus control over all rows.
    gap : Effect
        Crude difference over the comparable strata less the standardised effect: what composition adds.
    reversal : Reversal
        How sure it is that crude and standardised effect have opposite signs.
    full_reversal_p_value : float
        Intersection-union p-value of "every stratum has the sign opposite to the crude difference".
    patterns : tuple of str
        Patterns in the estimates, by their names in the literature.
    effects : Effects
        All effects with their joint covariance: the headline first, then ``crude``, ``gap``, and the other standards.
    strata : Strata
        Sizes, means and effects by stratum.
    parts : mapping of str to Effects
        The decomposition of the crude difference for each base; see :meth:`decomposition`.
    ratios : mapping of str to Effect
        For outcomes that are 0 or 1: risk and odds ratios, crude, standardised and Mantel-Haenszel. Empty otherwise.
    stratified_tests : StratifiedTests, optional
        Cochran-Mantel-Haenszel and Breslow-Day tests, for such outcomes of independent unweighted rows.
    arms : tuple of str
        Labels of the control and the treated arm.
    """

    crude: Effect
    gap: Effect
    reversal: Reversal
    full_reversal_p_value: float
    patterns: tuple[Pattern, ...]
    effects: Effects
    strata: Strata
    parts: Mapping[str, Effects]
    ratios: Mapping[str, Effect]
    stratified_tests: StratifiedTests | None
    arms: tuple[str, str]

    def __post_init__(self) -> None:
        """Freeze the mappings."""
        super().__post_init__()
        self._freeze(parts=FrozenMap(dict(self.parts)), ratios=FrozenMap(dict(self.ratios)))

    def kind(self, level: float = 0.95) -> Kind:
        """Return the type of the paradox.

        Parameters
        ----------
        level : float
            Crude and standardised effects of the same sign differ in type only if the interval of their gap at this
            level leaves out zero.

        Returns
        -------
        {"reversal", "amplification", "masking", "none"}
            Opposite signs; crude effect too large; too small; no difference that the data can tell from chance.
            A reversal is one in the estimates: see ``reversal`` for how sure it is.
        """
        clear = self.gap.p_value < 1 - fraction("level", level)
        return kind(self.compared.estimate, self.estimate, gap_is_clear=clear)

    @property
    def compared(self) -> Effect:
        """The crude difference over the strata with both arms, which the gap and the reversal are about."""
        return self.effects[COMPARABLE] if COMPARABLE in self.effects.labels else self.crude

    def decomposition(self, base: Base = "symmetric") -> Effects:
        """Return the parts that add up to the crude difference.

        Parameters
        ----------
        base : {"symmetric", "treated", "control"}
            Whose composition weights the effects of the strata: the mean of both arms, the treated (the effect
            within is then the ATT), or the controls (ATC).

        Returns
        -------
        Effects
            ``within``, ``composition`` and ``crude``; where strata with one arm only exist, also what their rows add,
            ``treated_only`` and ``control_only``.
        """
        return self.parts[choice("base", base, _BASES)]

    def baker_kramer(self, stratum: str | None = None) -> Table:
        """Return the lines of the Baker-Kramer diagram, for two comparable strata.

        Parameters
        ----------
        stratum : str, optional
            The stratum whose share is on the horizontal axis; the first one if not given.

        Returns
        -------
        Table
            One row per arm: the mean at share 0 and at share 1, the share and the crude mean of the arm, and the mean
            at the share that both arms have in common.

        Raises
        ------
        OptionError
            There are not two comparable strata, or no such stratum.

        References
        ----------
        Baker, S. G. and Kramer, B. S. (2001). Good for women, good for men, bad for people: Simpson's paradox and the
        importance of sex-specific analysis in observational studies. Journal of Women's Health 10(9), 867-872.
        """
        use = np.flatnonzero(self.strata.comparable)
        labels = tuple(self.strata.labels[each] for each in use)
        if len(use) != 2:
            raise OptionError(f"A Baker-Kramer diagram needs two strata; there are {len(use)} with both arms.")
        first = choice("stratum", labels[0] if stratum is None else stratum, labels)
        one = use[labels.index(first)]
        zero = use[1 - labels.index(first)]
        weight, mean = self.strata.weight, self.strata.mean
        share = weight[one] / (weight[one] + weight[zero])
        common = float(weight[one].sum() / weight[[one, zero]].sum())
        arms = (1, 0)
        return Table(
            title=f"Mean of {self.outcome} by the share of {first}",
            columns={
                "arm": [self.arms[arm] for arm in arms],
                "at_share_0": [float(mean[zero, arm]) for arm in arms],
                "at_share_1": [float(mean[one, arm]) for arm in arms],
                "share": [float(share[arm]) for arm in arms],
                "mean_crude": [float(_between(mean[zero, arm], mean[one, arm], share[arm])) for arm in arms],
                "share_common": [common] * 2,
                "mean_standardised": [float(_between(mean[zero, arm], mean[one, arm], common)) for arm in arms],
            },
        )

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return f"What is the effect of {self.treatment} on {self.outcome}, comparing like with like in {self._by()}?"

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence or two, in units of the outcome."""
        within = (
            f"Between rows of the same {self._by()}, {self._contrast()} changes {self.outcome} by "
            f"{_signed(self.estimate)} on average ({100 * level:.4g}% interval {self.conf_int(level).format()}; "
            f"{self.effect.estimand})."
        )
        return f"{within} {self._versus_crude(level)}"

    def _versus_crude(self, level: float) -> str:
        rows = " over the same strata" if COMPARABLE in self.effects.labels else ""
        crude = f"The crude difference{rows}, {_signed(self.compared.estimate)},"
        found = self.kind(level)
        if found == "none":
            return f"{crude} tells the same story: what differs is within chance or rounding."
        confounded = f"the arms are made up of different strata, which moves it by {_signed(self.gap.estimate)}"
        if found == "reversal":
            sure = self.reversal.p_value < 1 - level
            doubt = "" if sure else f"; chance could have turned the sign (p = {self.reversal.p_value:.3f})"
            return f"{crude} has the opposite sign: {confounded}{doubt}."
        verb = "exaggerates it" if found == "amplification" else "hides part of it"
        return f"{crude} {verb}: {confounded}."

    def terms(self) -> Effects:
        """Return the effects, the headline first."""
        return self.effects

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the strata, the decomposition, and the ratios of a 0/1 outcome."""
        shown = [self.strata.table(most=_STRATA_SHOWN), self.decomposition_table(level)]
        if self.ratios:
            shown.append(self.ratio_table(level))
        return tuple(shown)

    def decomposition_table(self, level: float = 0.95, *, base: Base = "symmetric") -> Table:
        """Return the parts of the crude difference with their intervals."""
        table = self.decomposition(base).table(level)
        columns = {name: list(values) for name, values in table.columns.items()}
        columns["term"] = [_PARTS[str(term)] for term in columns["term"]]
        note = "" if base == "symmetric" else f"Effects of the strata weighted like the {base} arm."
        return Table(
            title="What the crude difference is made of",
            columns={name: columns[name] for name in ("term", "estimate", "std_error", "conf_low", "conf_high")},
            headings={"term": "part", "std_error": "std. error", "conf_low": "from", "conf_high": "to"},
            note=note,
        )

    def ratio_table(self, level: float = 0.95) -> Table:
        """Return the risk and odds ratios with their intervals."""
        ends = [ratio.conf_int(level).parts[0] for ratio in self.ratios.values()]
        return Table(
            title="Ratios",
            columns={
                "term": list(self.ratios),
                "ratio": [ratio.estimate for ratio in self.ratios.values()],
                "p_value": [ratio.p_value_of(1.0) for ratio in self.ratios.values()],
                "from": [low for low, _ in ends],
                "to": [high for _, high in ends],
            },
            headings={"p_value": "p (ratio 1)"},
        )

    def _contrast(self) -> str:
        control, treated = self.arms
        return self.treatment if treated in {"1", "True"} else f"{treated} instead of {control}"

    def _by(self) -> str:
        return names_in_words(self.strata.names)


def _between(at_0: float, at_1: float, share: float) -> float:
    return at_0 + share * (at_1 - at_0)


def _signed(value: float) -> str:
    return significant(value) if value <= 0 else f"+{significant(value)}"
