"""The design of a matching analysis: who is treated, and what is known about everyone before treatment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit._frames import read_rows, snapshot
from causalkit._frames._levels import label_text
from causalkit._validate import rows_where
from causalkit.errors import DataError, DesignError
from causalkit.results import FrozenMap, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit._frames import Rows
    from causalkit._frames._levels import Label
    from causalkit._typing import BoolArray, Columns, FloatArray, IntoDataFrame, Missing
    from causalkit._warnings import Warned

_FEW = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchingDesign:
    """Treatment and covariates of the rows used; the outcome is not part of it.

    Holds row-level data, because matching needs them; results do not.

    Attributes
    ----------
    frame : data frame
        The used rows of the caller's frame with all its columns, from which the outcome is read at the end.
        Row ``i`` belongs to entry ``i`` of every array.
    treated : (n,) array of bool
        Treatment indicator.
    x : (n, k) array
        Covariates: numbers as they are, categories one-hot without their reference level.
    terms : tuple of str
        Names of the columns of ``x``: ``"age"``, ``"race=white"``.
    term_covariate : tuple of str
        For each column of ``x`` the covariate it comes from.
    reference : mapping of str to label
        The level without a column, for each categorical covariate.
    weights : (n,) array
        Sampling or frequency weights; ones if none were given.
    roles : mapping of str to tuple of str
        Columns by role.
    treated_label, control_label : label
        The two values of the treatment column.
    sample : Sample
        What happened to the rows.
    backend : str
        Library of the caller's frame.
    """

    frame: Any
    treated: BoolArray
    x: FloatArray
    terms: tuple[str, ...]
    term_covariate: tuple[str, ...]
    reference: Mapping[str, Label]
    weights: FloatArray
    roles: Mapping[str, tuple[str, ...]]
    treated_label: Label
    control_label: Label
    sample: Sample
    backend: str

    @property
    def n(self) -> int:
        """Number of rows used."""
        return int(self.treated.size)

    @property
    def weighted(self) -> bool:
        """Whether the caller gave weights."""
        return "weights" in self.roles

    @property
    def covariates(self) -> tuple[str, ...]:
        """The covariates as the caller named them."""
        return self.roles["covariates"]

    def read(self, **roles: Columns | None) -> Rows:
        """Read further columns of the design's rows: the outcome, clusters, columns to adjust for.

        Parameters
        ----------
        roles : column name(s) by role
            Those that are None are not given. The treatment, and the covariates unless others are given, keep their
            roles, so that a column with two is noticed.

        Returns
        -------
        Rows
            One row for each row of the design.

        Raises
        ------
        DataError
            A column is missing or has missing values.
        """
        given = {role: names for role, names in roles.items() if names is not None}
        fixed = {role: names for role, names in self.roles.items() if role in ("treatment", "covariates")}
        rows = read_rows(self.frame, roles={**fixed, **given}, missing="drop")
        if rows.n_used < self.n:
            raise DataError(self._missing(given))
        return rows

    def _missing(self, given: Mapping[str, Columns]) -> str:
        """Say which further columns have missing values, and what to do."""
        found = []
        for role, names in given.items():
            for name in (names,) if isinstance(names, str) else names:
                kept = read_rows(self.frame, roles={role: name}, missing="drop").kept()
                if not kept.all():
                    found.append(f"{role}={name!r} in {rows_where(~kept)}")
        return (
            f"Missing values: {'; '.join(found)}. The score was fitted on these rows, and missing='drop' looks at its "
            f"columns only: leave the rows out of the data before propensity_score(), so that design and effect speak "
            f"of the same units."
        )

    def all_levels(self) -> tuple[FloatArray, tuple[str, ...]]:
        """Return the covariates with one column for every level of a category of three or more.

        Returns
        -------
        (n, m) array
            Columns, stored column by column.
        tuple of str
            Their names.
        """
        columns: list[FloatArray] = []
        names: list[str] = []
        for covariate in self.covariates:
            positions = [j for j, source in enumerate(self.term_covariate) if source == covariate]
            own = [self.x[:, j] for j in positions]
            labels = [self.terms[j] for j in positions]
            if covariate in self.reference and len(own) > 1:
                columns.append(1.0 - np.sum(own, axis=0))
                names.append(f"{covariate}={label_text(self.reference[covariate])}")
            columns.extend(own)
            names.extend(labels)
        matrix = np.empty((self.n, len(columns)), order="F")
        for j, column in enumerate(columns):
            matrix[:, j] = column
        return matrix, tuple(names)


def read_design(
    data: IntoDataFrame,
    *,
    treatment: str,
    covariates: Columns,
    treated: Label | None,
    weights: str | None,
    missing: Missing,
    warned: Warned,
) -> MatchingDesign:
    """Read and check the columns of a matching analysis.

    Parameters
    ----------
    data : data frame
        One row per unit.
    treatment : str
        Column of the treatment.
    covariates : str or sequence of str
        Columns known before treatment.
    treated : label, optional
        The value of ``treatment`` that means treated, where it does not hold 0/1 or booleans.
    weights : str, optional
        Column of sampling or frequency weights.
    missing : {"raise", "drop"}
        What happens to rows with missing values.
    warned : Warned
        Collects warnings.

    Returns
    -------
    MatchingDesign
        Arrays, read-only.
    """
    roles = {"treatment": treatment, "covariates": covariates, "weights": weights}
    rows = read_rows(data, roles=roles, missing=missing)
    arms = rows.binary("treatment", option="treated", chosen=treated)
    columns = rows.covariates()
    if not columns.names:
        raise DataError(
            f"None of the covariates {', '.join(rows.names('covariates'))} has two values in the rows used: "
            f"there is nothing to match on."
        )
    sample = Sample.of(rows, arms.values)
    if len(columns.names) + 1 >= rows.n_used:
        raise DesignError(
            f"{len(columns.names):,} covariate columns and a constant for {rows.n_used:,} rows: any such score fits "
            f"perfectly. Use fewer covariates, or group the levels of categories."
        )
    fewer = min(sample.n_treated or 0, sample.n_control or 0)
    if fewer < _FEW:
        warned.add(
            f"Only {sample.n_treated:,} treated and {sample.n_control:,} control rows: with fewer than {_FEW} in an "
            f"arm the score is fragile and intervals are unreliable."
        )
    ones = np.ones(rows.n_used)
    ones.flags.writeable = False
    return MatchingDesign(
        frame=snapshot(data, rows.kept()),
        treated=arms.values,
        x=columns.values,
        terms=columns.names,
        term_covariate=columns.source,
        reference=FrozenMap(dict(columns.reference)),
        weights=ones if weights is None else rows.weights(),
        roles=FrozenMap({role: rows.names(role) for role, given in roles.items() if given is not None}),
        treated_label=arms.chosen,
        control_label=arms.other,
        sample=sample,
        backend=rows.backend,
    )
