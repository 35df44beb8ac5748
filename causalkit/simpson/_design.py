"""From a data frame to the arrays that strata are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit._frames import Levels, read_rows
from causalkit._validate import labels, listed
from causalkit.errors import DataError, OptionError
from causalkit.simpson._bins import binned, cuts_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from causalkit._frames import Rows
    from causalkit._typing import BoolArray, FloatArray, IntArray, Missing
    from causalkit.simpson._bins import Bins, Cuts

# A column of numbers with more distinct values than this is a measurement, not a set of strata.
MOST_LEVELS = 50

__all__ = ["MOST_LEVELS", "Design", "names_in_words", "read_design", "stratum_labels"]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The used rows as arrays.

    Attributes
    ----------
    rows : Rows
        Where they came from.
    outcome : (n,) array
        Outcome.
    treated : (n,) array of bool
        Whether the row is treated.
    treated_label, control_label : str
        The labels of the two arms.
    columns : tuple of Levels
        Levels of each column that makes strata.
    weights : (n,) array, optional
        Sampling weights, positive.
    cluster : (n,) array of int, optional
        Cluster of each row.
    n_clusters : int, optional
        Number of clusters.
    """

    rows: Rows
    outcome: FloatArray
    treated: BoolArray
    treated_label: str
    control_label: str
    columns: tuple[Levels, ...]
    weights: FloatArray | None
    cluster: IntArray | None
    n_clusters: int | None

    @property
    def is_binary(self) -> bool:
        """Whether the outcome holds nothing but 0 and 1."""
        first = self.outcome[:100]
        return all(bool(((each == 0) | (each == 1)).all()) for each in (first, self.outcome))


def read_design(
    data: Any,
    *,
    outcome: str,
    treatment: str,
    strata: Sequence[str] | str,
    role: str,
    treated: Any,
    weights: str | None,
    cluster: str | None,
    bins: Bins | None,
    missing: Missing,
    missing_level: str | None,
) -> Design:
    """Read the columns of a stratified comparison.

    Parameters
    ----------
    data : data frame
        The data.
    outcome, treatment, weights, cluster : str
        Columns.
    strata : str or sequence of str
        Columns that make strata.
    role : str
        What the caller calls them: ``"by"`` or ``"candidates"``.
    treated : label, optional
        Which value of the treatment counts as treated.
    bins : int or mapping, optional
        How columns of numbers are cut.
    missing : {"raise", "drop"}
        What happens to rows with missing values.
    missing_level : str, optional
        Label of the stratum of missing values in the columns that make strata.

    Returns
    -------
    Design
        The arrays.

    Raises
    ------
    DataError
        Values that cannot be used, among them a column of numbers with too many values to be strata.
    OptionError
        A column in two roles, ``bins`` for a column that has none.
    DesignError
        Only one arm, or only one cluster.
    """
    if missing_level is not None and not isinstance(missing_level, str):
        raise OptionError(f"missing_level={missing_level!r} must be a label, a string.")
    names = labels(role, strata)
    cuts = cuts_for(bins, names, role=role)
    rows = read_rows(
        data,
        roles={"outcome": outcome, "treatment": treatment, role: names, "weights": weights, "cluster": cluster},
        missing=missing,
        may_be_missing=() if missing_level is None else (role,),
    )
    y = rows.numbers("outcome")
    arm = rows.binary("treatment", option="treated", chosen=treated)
    clusters = None if cluster is None else rows.clusters()
    return Design(
        rows=rows,
        outcome=y,
        treated=arm.values,
        treated_label=str(arm.chosen),
        control_label=str(arm.other),
        columns=_levels(rows, role, cuts, everywhere=isinstance(bins, int), missing_level=missing_level),
        weights=None if weights is None else rows.weights(),
        cluster=None if clusters is None else clusters.codes,
        n_clusters=None if clusters is None else len(clusters),
    )


def _levels(
    rows: Rows, role: str, cuts: Mapping[str, Cuts], *, everywhere: bool, missing_level: str | None
) -> tuple[Levels, ...]:
    """Levels of each column; columns of numbers with many values must be cut."""
    found = []
    for name in rows.names(role):
        if not rows.is_number(role, name):
            if name in cuts and not everywhere:
                raise OptionError(f"bins[{name!r}] cuts a column that does not hold numbers; leave it out of bins.")
            found.append(rows.levels_named(role, name, missing_level=missing_level))
        else:
            most = _most(cuts.get(name), everywhere=everywhere)
            found.append(_levels_of_numbers(rows, role, name, cuts.get(name), most, missing_level))
    return tuple(found)


def _levels_of_numbers(
    rows: Rows, role: str, name: str, cuts: Cuts | None, most: int, missing_level: str | None
) -> Levels:
    """Levels of a column of numbers as they are, if they are at most so many; else cut."""
    # A glance spares the sorting of a measurement with millions of values, or the reading of a few labels as floats.
    if rows.glance(role, name) <= most + 1 or _n_values(rows.number_named(role, name)) <= most:
        levels = rows.levels_named(role, name, missing_level=missing_level)
        if len(levels) - (levels.labels[-1] == (missing_level,)) <= most:
            return levels
    values = rows.number_named(role, name)
    if cuts is None:
        raise DataError(_too_many_values(role, name, _n_values(values)))
    return binned(name, values, cuts, missing_level=missing_level)


def _n_values(values: FloatArray) -> int:
    return int(np.unique(values[~np.isnan(values)]).size)


def _most(cuts: Cuts | None, *, everywhere: bool) -> int:
    """How many different numbers a column may hold without being cut."""
    if cuts is None:
        return MOST_LEVELS
    return cuts if everywhere and isinstance(cuts, int) else 0


def _too_many_values(role: str, name: str, n_values: int) -> str:
    return (
        f"{role}={name!r} holds {n_values:,} different numbers; strata need rows in both arms, so at most "
        f"{MOST_LEVELS} are taken as they are. Cut it into groups with bins=5, or with edges of your own, "
        f"bins={{{name!r}: [...]}}; if the numbers are labels, such as identifiers of shops, convert the column to "
        f"text."
    )


def stratum_labels(levels: Levels) -> tuple[str, ...]:
    """One text per stratum, all different even if the parts of crossed labels run into one another."""
    if len(set(levels.text)) == len(levels):
        return levels.text
    return tuple(
        ", ".join(f"{name}={part!r}" for name, part in zip(levels.names, parts, strict=True)) for parts in levels.labels
    )


def names_in_words(names: Sequence[str]) -> str:
    """Column names as they stand in a sentence: ``age and sex``."""
    return " and ".join(names) if len(names) < 3 else listed(names).replace("'", "")
