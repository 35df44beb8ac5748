"""The columns of an instrumental-variables model, read and checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit._frames import read_rows
from causalkit._numerics._absorb import NotConvergedError, absorb, absorbed_parameters, is_nested
from causalkit._numerics._iv_projection import IvProjection, project
from causalkit._validate import counted, labels, listed
from causalkit._warnings import Warned
from causalkit.errors import DesignError, OptionError
from causalkit.iv._covariance import NeweyWest, dependence_of

if TYPE_CHECKING:
    from causalkit._frames import Rows
    from causalkit._numerics._dependence import Dependence
    from causalkit._typing import Columns, FloatArray, Missing
    from causalkit.iv._covariance import CovOption

__all__ = ["IvDesign", "read_design"]

# Part of a regressor that must be left after partialling out for it to count as moving at all.
COLLINEAR = 1e-12
# Sine of the angle between the regressors and what the instruments cannot move, below which they move nothing.
UNMOVED = 1e-9
# Rows looked at to say which columns an instrument left out is a combination of, and the least weight to be named.
PROBED = 10_000
NAMED = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IvDesign:
    """The model as arrays and names.

    Attributes
    ----------
    rows : Rows
        The rows read.
    projection : IvProjection
        Sufficient statistics.
    dependence : Dependence
        Which rows move together.
    endogenous, instruments, exogenous : tuple of str
        Names of the columns; of instruments and exogenous columns only those kept, categories one by one.
    absorbed : tuple of str
        Columns whose levels were partialled out.
    warned : Warned
        What was warned of so far.
    """

    rows: Rows
    projection: IvProjection
    dependence: Dependence
    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    exogenous: tuple[str, ...]
    absorbed: tuple[str, ...]
    warned: Warned

    @property
    def n_absorbed(self) -> int:
        """Parameters of the absorbed effects."""
        p = self.projection
        return p.n_exogenous - p.n_kept_w if self.absorbed else 0

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Columns by role, for the result; the treatment is the endogenous regressors."""
        names = {role: self.rows.names(role) for role in ("instruments", "exogenous", "absorb", "cluster", "weights")}
        found = {role: each for role, each in names.items() if each}
        return {"outcome": self.rows.names("outcome"), "treatment": self.endogenous, **found}


def read_design(
    data: Any,
    *,
    outcome: str | None,
    endogenous: Columns,
    instruments: Columns | None,
    exogenous: Columns | None,
    absorb_levels: Columns | None,
    weights: str | None,
    cluster: Columns | None,
    cov_type: CovOption,
    missing: Missing,
    covariates: tuple[str, ...] | None = None,
) -> IvDesign:
    """Read the columns of the model: without instruments, of least squares; without outcome, of the first stage.

    Raises
    ------
    DataError, OptionError, DesignError
        What cannot be used, named with the way out.
    """
    warned = Warned()
    time = cov_type.time if isinstance(cov_type, NeweyWest) else None
    roles = {
        "outcome": outcome,
        "endogenous": labels("endogenous", endogenous),
        "instruments": None if instruments is None else _instrument_names(instruments),
        "exogenous": _optional("exogenous", exogenous),
        "absorb": _optional("absorb", absorb_levels),
        "cluster": _optional("cluster", cluster),
        "weights": weights,
        "time": time,
        "covariates": covariates,
    }
    rows = read_rows(data, roles=roles, missing=missing)
    d = rows.matrix("endogenous")
    # The first stage alone has no outcome; a regressor in its place touches none of its numbers.
    y = d[:, 0] if outcome is None else rows.numbers("outcome")
    w, z = rows.covariates("exogenous"), rows.covariates("instruments")
    # Least squares is two-stage least squares with the regressors as their own instruments.
    drivers = d if instruments is None else z.values
    dependence = dependence_of(rows, cov_type, warned)
    weight = None if weights is None else rows.weights()
    projection = _project(rows, w.values, drivers, d, y, weight, dependence)
    _check_size(projection, drivers="endogenous regressor" if instruments is None else "instrument")
    _check_columns(projection, d, rows.names("endogenous"))
    at = projection.kept[: projection.n_kept_w]
    design = IvDesign(
        rows=rows,
        projection=projection,
        dependence=dependence,
        endogenous=rows.names("endogenous"),
        instruments=() if instruments is None else tuple(z.names[j] for j in projection.kept_instruments.tolist()),
        exogenous=tuple(w.names[j] for j in at.tolist()),
        absorbed=rows.names("absorb"),
        warned=warned,
    )
    if projection.dropped_exogenous.size:
        gone = [w.names[j] for j in projection.dropped_exogenous.tolist()]
        warned.add(
            f"exogenous {listed(gone)} left out: constant, or a linear combination of the other exogenous columns."
        )
    if instruments is not None:
        _check_instruments(design, [z.names[j] for j in projection.dropped_instruments.tolist()])
    return design


def _instrument_names(instruments: Columns) -> tuple[str, ...]:
    names = labels("instruments", instruments, least=0)
    if not names:
        raise OptionError("instruments must name at least one column; without an instrument use iv.ols.")
    return names


def _optional(role: str, names: Columns | None) -> tuple[str, ...] | None:
    found = () if names is None else labels(role, names, least=0)
    return found or None


def _project(
    rows: Rows,
    w: FloatArray,
    z: FloatArray,
    d: FloatArray,
    y: FloatArray,
    weights: FloatArray | None,
    dependence: Dependence,
) -> IvProjection:
    """Sufficient statistics, after absorbing effects."""
    names = rows.names("absorb")
    if not names:
        return project(w, z, d, y, weights=weights)
    factors = [levels.codes for levels in rows.each_levels("absorb")]
    nested = [any(is_nested(codes, groups) for groups in dependence.codes) for codes in factors]
    n_w, n_z, n_d = w.shape[1], z.shape[1], d.shape[1]
    try:
        left = absorb(np.column_stack([w, z, d, y]), factors, weights=weights)
    except NotConvergedError:
        raise DesignError(
            f"The levels of absorb={listed(names)} are too weakly connected to be told apart: few rows link them. "
            f"Absorb the finer one alone, or list the coarser one in exogenous."
        ) from None
    return project(
        left[:, :n_w],
        left[:, n_w : n_w + n_z],
        left[:, n_w + n_z : n_w + n_z + n_d],
        left[:, -1],
        weights=weights,
        intercept=False,
        n_absorbed=absorbed_parameters(factors, nested=nested),
    )


def _check_columns(projection: IvProjection, d: FloatArray, names: tuple[str, ...]) -> None:
    """Refuse endogenous regressors that do not vary by themselves."""
    m = projection.n_endogenous
    by_w = (projection.coordinates[: projection.n_kept_w, :m] ** 2).sum(axis=0)
    total = np.maximum(np.diagonal(projection.total)[:m], 0.0)
    for j, name in enumerate(names):
        if np.ptp(d[:, j]) == 0:
            raise DesignError(
                f"endogenous={name!r} has the value {d[0, j]:g} in all rows: nothing varies to learn from."
            )
        if total[j] <= COLLINEAR * (by_w[j] + total[j]):
            raise DesignError(
                f"endogenous={name!r} is a linear combination of the exogenous columns and absorbed effects: "
                f"nothing of it is left to learn from. Leave those out that determine it."
            )
    scale = np.sqrt(total)
    if m > 1 and np.linalg.eigvalsh(projection.total[:m, :m] / np.outer(scale, scale))[0] <= COLLINEAR:
        raise DesignError(f"endogenous={listed(names)} are linearly dependent given the exogenous columns; drop one.")


def _check_instruments(design: IvDesign, dropped: list[str]) -> None:
    """Refuse instruments that cannot identify; warn of those left out."""
    projection, names = design.projection, design.endogenous
    m, n_instruments = projection.n_endogenous, projection.n_instruments
    why = "; ".join(f"{name!r} is {reason}" for name, reason in zip(dropped, _reasons(design), strict=True))
    if n_instruments == 0:
        raise DesignError(f"instruments: {why}. No variation of an instrument is left that is not a control's.")
    if dropped:
        design.warned.add(f"instruments left out: {why}.")
    if n_instruments < m:
        raise DesignError(
            f"{counted(n_instruments, 'instrument')} for {m} endogenous regressors ({listed(names)}): at least as many "
            f"instruments are needed. Find another one, or move a regressor to exogenous if that can be argued."
        )
    scale = np.sqrt(np.diagonal(projection.total)[:m])
    strength = np.linalg.svd(projection.first / scale, compute_uv=False)
    if strength[-1] <= UNMOVED:
        raise DesignError(
            f"The instruments {listed(design.instruments)} do not move {listed(names)} at all once the exogenous "
            f"columns are held fixed: the effect is not identified."
        )
    left = np.diagonal(projection.total - projection.explained)[:m]
    if np.all(left <= COLLINEAR * np.diagonal(projection.total)[:m]):
        design.warned.add(
            f"The instruments reproduce {listed(names)} exactly; nothing is instrumented, and this is least squares."
        )


def _reasons(design: IvDesign) -> list[str]:
    """Why each instrument left out is: constant, or a combination of columns named."""
    p = design.projection
    if not p.dropped_instruments.size:
        return []
    w, z, _, _ = p.parts
    rows = np.unique(np.linspace(0, p.parts[3].shape[0] - 1, PROBED).astype(np.int64))
    columns = np.column_stack([w[rows], z[rows]])
    if not design.absorbed:
        columns -= columns.mean(axis=0)
    size = np.linalg.norm(columns, axis=0)
    columns /= np.where(size > 0, size, 1.0)
    gone = columns[:, w.shape[1] + p.dropped_instruments]
    coefficients = np.linalg.lstsq(columns[:, p.kept], gone, rcond=None)[0]
    left = np.linalg.norm(gone - columns[:, p.kept] @ coefficients, axis=0)
    names = np.array([*design.exogenous, *design.instruments], dtype=object)
    constant = f"constant within the levels of {listed(design.absorbed)}" if design.absorbed else "constant"
    reasons = []
    for weights, rest in zip(coefficients.T, left, strict=True):
        of = names[np.abs(weights) > NAMED].tolist() if rest < NAMED else []
        reasons.append(f"a linear combination of {listed(of)}" if of else constant)
    return reasons


def _check_size(projection: IvProjection, *, drivers: str) -> None:
    """Refuse fewer rows than parameters; columns without a row of their own are counted too."""
    p = projection
    n_exogenous, n_drivers = p.n_exogenous, max(p.n_instruments, p.n_endogenous)
    if p.n > n_exogenous + n_drivers:
        return
    n_exogenous, n_drivers = n_exogenous + p.dropped_exogenous.size, max(p.parts[1].shape[1], p.n_endogenous)
    raise DesignError(
        f"{counted(p.n, 'row')} for {n_exogenous + n_drivers} parameters ({n_exogenous} exogenous with the constant, "
        f"{counted(n_drivers, drivers)}): more rows, or fewer columns, are needed."
    )
