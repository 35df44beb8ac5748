"""A regression discontinuity design: roles checked, rows read once, oriented so that treatment lies to the right."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from causalkit._frames import read_rows
from causalkit._numerics._linear import orthonormal_design
from causalkit._numerics._rd_side import two_sides
from causalkit._validate import choice, counted
from causalkit._warnings import Warned
from causalkit.errors import DesignError, DesignWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._frames import Rows
    from causalkit._numerics._rd_side import Side
    from causalkit._typing import BoolArray, FloatArray, IntArray, IntoDataFrame, Missing

__all__ = [
    "Cut",
    "RddDesign",
    "read_cut",
    "read_design",
    "standardized",
    "without_repeated_covariates",
    "without_treatment",
]

TreatedSide = Literal["above", "below"]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A score and its cutoff, oriented so that treatment starts at zero and goes up.

    Attributes
    ----------
    rows : Rows
        The rows read.
    warned : Warned
        What the call has warned of so far.
    treated : {"above", "below"}
        Which side is treated.
    score : (n,) array
        Scores as given; days from the cutoff for dates.
    cutoff : float
        On the scale of ``score``.
    unit : str
        ``"days"`` for dates, else empty.
    place : float or str
        The cutoff as results name it: the number, or the date.
    oriented : (n,) array
        Distance from the cutoff towards treatment over ``scale``; zero or more on the treated side.
    scale : float
        A power of two near the spread of the score.
    n_at_cutoff : int
        Rows exactly at the cutoff, which count as treated.
    """

    rows: Rows
    warned: Warned
    treated: TreatedSide
    score: FloatArray
    cutoff: float
    unit: str
    place: float | str
    oriented: FloatArray
    scale: float
    n_at_cutoff: int

    @property
    def on_treated_side(self) -> BoolArray:
        """Which rows lie at the cutoff or on the treated side."""
        return self.oriented >= 0

    @property
    def names(self) -> tuple[str, str]:
        """Names of the untreated and the treated side."""
        return ("below", "above") if self.treated == "above" else ("above", "below")

    def below_above(self, untreated: _T, treated: _T) -> tuple[_T, _T]:
        """Return what belongs to the untreated and the treated side in the order of the score."""
        return (untreated, treated) if self.treated == "above" else (treated, untreated)

    def at_score(self, oriented: FloatArray | float) -> FloatArray:
        """Scores at oriented, scaled distances."""
        toward = 1.0 if self.treated == "above" else -1.0
        return np.asarray(self.cutoff + toward * self.scale * np.asarray(oriented))


@dataclass(frozen=True, slots=True, eq=False)
class RddDesign:
    """A design with its outcome, standardised for the arithmetic.

    Attributes
    ----------
    cut : Cut
        Score and cutoff.
    columns : (k, n) array
        Outcome, treatment if take-up is imperfect, covariates; each centred and divided by its deviation.
    scales : (k,) array
        Those deviations.
    centers : (k,) array
        Means taken out.
    is_fuzzy : bool
        Whether the second column is the treatment.
    covariate_names : tuple of str
        Names of the covariates kept.
    weights : (n,) array or None
        Weights of the rows.
    clusters : (n,) array of int or None
        Clusters of the rows.
    """

    cut: Cut
    columns: FloatArray
    scales: FloatArray
    centers: FloatArray
    is_fuzzy: bool
    covariate_names: tuple[str, ...]
    weights: FloatArray | None
    clusters: IntArray | None

    @property
    def n_treatments(self) -> int:
        """1 where take-up is imperfect."""
        return int(self.is_fuzzy)

    def of_columns(self, keep: slice, names: tuple[str, ...] = ()) -> RddDesign:
        """Return the design with some of its columns as outcomes or covariates; none of them is a treatment."""
        return replace(
            self,
            columns=self.columns[keep],
            scales=self.scales[keep],
            centers=self.centers[keep],
            is_fuzzy=False,
            covariate_names=names,
        )

    def sides(self, keep: BoolArray | None = None, *, at: float = 0.0) -> tuple[Side, Side]:
        """Return the rows of the untreated and the treated side, nearest first.

        Parameters
        ----------
        keep : (n,) array of bool, optional
            Rows to keep.
        at : float
            Where the sides meet, on the oriented scale.
        """
        score, columns, weights, clusters = self.cut.oriented, self.columns, self.weights, self.clusters
        if keep is not None:
            score, columns = score[keep], columns[:, keep]
            weights = None if weights is None else weights[keep]
            clusters = None if clusters is None else np.unique(clusters[keep], return_inverse=True)[1]
        return two_sides(score, columns, cutoff=at, weights=weights, clusters=clusters)


def read_cut(
    data: IntoDataFrame,
    *,
    running: str,
    cutoff: object,
    treated: str,
    missing: Missing,
    roles: dict[str, str | Sequence[str] | None],
) -> Cut:
    """Read the rows of a design and place its score against the cutoff.

    Raises
    ------
    DesignError
        There is nobody on one side, or the score has one value.
    """
    side = choice("treated", treated, ("above", "below"))
    rows = read_rows(data, roles={**roles, "running": running}, missing=missing)
    found = rows.score("running", cutoff=cutoff)
    warned = Warned()
    low, high = float(found.values.min()), float(found.values.max())
    gap = found.values - found.cutoff if side == "above" else found.cutoff - found.values
    n_treated = int(np.count_nonzero(gap >= 0))
    if low == high:
        raise DesignError(
            f"running={running!r} has only the value {low:g} in {counted(rows.n_used, 'row')}; "
            f"a cutoff needs scores on both sides."
        )
    if n_treated in (0, rows.n_used):
        others = "treated" if n_treated == 0 else "untreated"
        raise DesignError(
            f"Nobody is {others}: cutoff={found.cutoff:g} with treated={side!r} leaves {n_treated:,} rows on the "
            f"treated and {rows.n_used - n_treated:,} on the other side; {running!r} runs from {low:g} to {high:g}."
        )
    scale = 2.0 ** round(math.log2(float(gap.std())))
    return Cut(
        rows=rows,
        warned=warned,
        treated=side,  # type: ignore[arg-type]
        score=found.values,
        cutoff=found.cutoff,
        unit=found.unit,
        place=str(cutoff).removesuffix(" 00:00:00") if found.unit else found.cutoff,
        oriented=gap / scale,
        scale=scale,
        n_at_cutoff=int(np.count_nonzero(gap == 0)),
    )


def read_design(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    treatment: str | None,
    covariates: str | Sequence[str] | None,
    cluster: str | None,
    weights: str | None,
    missing: Missing,
) -> RddDesign:
    """Read a design with an outcome.

    Raises
    ------
    DesignError
        There is nobody on one side, or ``treatment`` says the opposite of ``treated``.
    """
    roles = {"outcome": outcome, "treatment": treatment, "covariates": covariates, "cluster": cluster}
    cut = read_cut(
        data, running=running, cutoff=cutoff, treated=treated, missing=missing, roles={**roles, "weights": weights}
    )
    rows = cut.rows
    parts = [rows.numbers("outcome")]
    taken = rows.numbers("treatment") if treatment is not None else None
    is_fuzzy = taken is not None and not _follows_the_rule(taken, cut, str(treatment))
    if is_fuzzy and taken is not None:
        parts.append(taken)
    names: tuple[str, ...] = ()
    if covariates is not None:
        given = rows.covariates()
        moving = np.ptp(given.values, axis=0) > 0
        constant = [name for name, moves in zip(given.names, moving, strict=True) if not moves]
        if constant:
            cut.warned.add(f"Covariates that never vary were left out: {', '.join(constant)}.", DesignWarning)
        names = tuple(name for name, moves in zip(given.names, moving, strict=True) if moves)
        parts.extend(given.values[:, moving].T)
    columns, centers, scales = standardized(parts)
    if scales[0] == 0:
        cut.warned.add(f"outcome={outcome!r} is constant; the effect is 0 without error.", DesignWarning)
    return RddDesign(
        cut=cut,
        columns=columns,
        scales=np.where(scales > 0, scales, 1.0),
        centers=centers,
        is_fuzzy=is_fuzzy,
        covariate_names=names,
        weights=None if weights is None else rows.weights(),
        clusters=None if cluster is None else rows.clusters().codes,
    )


def without_repeated_covariates(design: RddDesign) -> RddDesign:
    """Return the design without the covariates that those before them determine, and say so."""
    first = 1 + design.n_treatments
    if len(design.covariate_names) < 2:
        return design
    repeated = set(orthonormal_design(design.columns[first:].T).dropped.tolist())
    if not repeated:
        return design
    names = [name for k, name in enumerate(design.covariate_names) if k in repeated]
    design.cut.warned.add(f"Covariates that the others determine were left out: {', '.join(names)}.", DesignWarning)
    keep = [k for k in range(len(design.columns)) if k - first not in repeated]
    return replace(
        design,
        columns=np.ascontiguousarray(design.columns[keep]),
        scales=design.scales[keep],
        centers=design.centers[keep],
        covariate_names=tuple(name for name in design.covariate_names if name not in names),
    )


def without_treatment(sides: tuple[Side, Side]) -> tuple[Side, Side]:
    """Return the sides without the treatment, for the bandwidth of the outcome alone."""
    left, right = (replace(side, columns=np.delete(side.columns, 1, axis=0)) for side in sides)
    return left, right


def _follows_the_rule(taken: FloatArray, cut: Cut, name: str) -> bool:
    """Whether everybody on the treated side took the treatment and nobody else did."""
    inside, outside = taken[cut.on_treated_side], taken[~cut.on_treated_side]
    own, other = float(inside.mean()), float(outside.mean())
    if np.ptp(inside) == 0 and np.ptp(outside) == 0:
        if own == other:
            raise DesignError(f"treatment={name!r} has the same value on both sides; take-up does not jump.")
        if own < other:
            opposite = "below" if cut.treated == "above" else "above"
            raise DesignError(
                f"treatment={name!r} is {own:g} {cut.treated} the cutoff and {other:g} on the other side, "
                f"which contradicts treated={cut.treated!r}. Did you mean treated={opposite!r}?"
            )
        return own == 1 and other == 0
    return False


def standardized(parts: list[FloatArray]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Columns less their means over their deviations, one per row; means; deviations, zero for a constant."""
    columns = np.empty((len(parts), parts[0].size))
    centers, scales = np.empty(len(parts)), np.empty(len(parts))
    for k, part in enumerate(parts):
        # Halves first, so that the largest floats have a mean.
        middle = float(np.mean(part / 2)) * 2
        left = part - middle
        size = max(float(left.max()), -float(left.min()))
        spread = 0.0
        if size > abs(middle) * 1e-14:
            left /= size
            spread = size * math.sqrt(float(np.einsum("i,i->", left, left)) / left.size)
            left *= size / spread
        columns[k] = left if spread > 0 else 0.0
        centers[k], scales[k] = middle, spread
    return columns, centers, scales
