"""Which columns move an effect: the answer of a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from causalkit.errors import OptionError
from causalkit.results import Effects, Result, Table
from causalkit.results._format import p_text
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit.results._table import Cell

__all__ = ["ScanResult"]

_SHOWN = 12
_SURE = 0.05
_HEADINGS = {
    "by": "strata by",
    "estimate": "effect within",
    "gap": "moved by",
    "p_max_t": "adjusted p",
    "p_adds": "pair adds, p",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class ScanResult(Result):
    """How far each column, alone or in pairs, moves the crude difference.

    Attributes
    ----------
    ranking : Table
        One row per stratification, single columns first, each kind from the largest gap to the smallest:

        - ``by, depth, n_strata, share_one_armed``: the columns, how many, the strata with rows, the share of the
          weight in strata with one arm only (left out);
        - ``estimate, std_error``: the standardised effect;
        - ``gap, gap_std_error, statistic, p_value``: crude difference (over the comparable strata) less that effect,
          and the test that it is zero;
        - ``p_max_t, p_holm, p_bh``: that p-value adjusted for the number of stratifications, by the distribution of
          the largest of the correlated statistics, by Holm, and (for the false discovery rate) by Benjamini and
          Hochberg;
        - ``reverses, p_reversal, p_reversal_holm``: whether the two effects have opposite signs, and the
          intersection-union test of it;
        - ``adds, p_adds``: what a pair moves beyond the better of its two columns, and Holm's p-value of it; missing
          for single columns.
    gaps : Effects
        The crude difference over all rows and the gaps, with their joint covariance.
    """

    ranking: Table
    gaps: Effects

    def row(self, by: str) -> Mapping[str, Cell]:
        """Return one row of the ranking.

        Parameters
        ----------
        by : str
            A column, or two joined as in the ranking: ``"age × sex"``.

        Returns
        -------
        mapping of str to value
            The row by column of the ranking.

        Raises
        ------
        OptionError
            There is no such stratification.
        """
        labels = self.ranking["by"]
        if by not in labels:
            raise OptionError(f"{by!r} was not compared. There are: {', '.join(map(str, labels))}.")
        at = labels.index(by)
        return {name: values[at] for name, values in self.ranking.columns.items()}

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return f"Which columns move the difference that {self.treatment} seems to make in {self.outcome}?"

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence or two, in units of the outcome."""
        crude = (
            f"The crude difference is {_signed(self.estimate)} ({100 * level:.4g}% interval "
            f"{self.conf_int(level).format()})."
        )
        return f"{crude} {self._best()}"

    def _best(self) -> str:
        moving = [row for row in self._rows() if _below(row["p_max_t"], _SURE)]
        if not moving:
            return "No column moves it by more than chance would."
        first = moving[0]
        turned = " and turns its sign" if first["reverses"] else ""
        text = (
            f"{first['by']} moves it most: within its strata the effect is {_signed(_number(first['estimate']))}"
            f"{turned} (adjusted p {p_text(_number(first['p_max_t']))})."
        )
        more = [str(row["by"]) for row in moving[1:] if row["depth"] == 1]
        if more:
            text += f" So do, less, {', '.join(more[:5])}{' and others' if len(more) > 5 else ''}."
        better = [str(row["by"]) for row in self._rows() if _below(row["p_adds"], _SURE)]
        if better:
            text += f" Pairs that move it further than their columns alone: {', '.join(better[:3])}."
        return text

    def terms(self) -> Effects:
        """Return the crude difference and the gaps of single columns; those of pairs are in ``gaps`` too."""
        alone = [f"gap by {row['by']}" for row in self._rows() if row["depth"] == 1]
        return self.gaps.select(("crude", *alone))

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the head of the ranking."""
        del level
        names = ["by", "estimate", "gap", "p_max_t", "reverses"]
        if any(depth == 2 for depth in self.ranking["depth"]):
            names.append("p_adds")
        n = len(self.ranking)
        return (
            Table(
                title="What moves the difference",
                columns={name: self.ranking[name][:_SHOWN] for name in names},
                headings={name: _HEADINGS[name] for name in names if name in _HEADINGS},
                note=f"The first {_SHOWN} of {n}; ranking has all." if n > _SHOWN else "",
            ),
        )

    def _rows(self) -> list[dict[str, Cell]]:
        names = list(self.ranking.columns)
        return [dict(zip(names, row, strict=True)) for row in self.ranking.rows()]


def _below(value: Cell, bound: float) -> bool:
    return isinstance(value, float) and value < bound


def _number(value: Cell) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _signed(value: float) -> str:
    return significant(value) if value <= 0 else f"+{significant(value)}"
