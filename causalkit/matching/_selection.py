"""Which covariates, squares and interactions enter the score: the procedure of Imbens and Rubin."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._stepwise import forward_selection
from causalkit._validate import labels, near_match, non_negative
from causalkit.errors import DesignError, OptionError
from causalkit.matching._score import model_matrix, term_names
from causalkit.results import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from causalkit._numerics._binary_response import Link
    from causalkit._numerics._stepwise import SelectionStep
    from causalkit._typing import Columns, FloatArray, IntArray
    from causalkit.matching._design import MatchingDesign


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepwise:
    """Select the terms of the propensity score by likelihood-ratio tests.

    First covariates, then squares and products of the covariates selected, each time the most significant one,
    as long as its likelihood ratio exceeds a threshold. Imbens and Rubin's thresholds are 1 and 2.71; infinity
    for ``quadratic`` stops after the covariates. A category enters with all its levels, judged at the
    significance that the threshold has for one column.

    Attributes
    ----------
    always : tuple of str
        Covariates in the model whatever the tests say.
    linear : float
        Threshold for covariates; 0 takes all of them.
    quadratic : float
        Threshold for squares and products.

    References
    ----------
    Imbens, G. and Rubin, D. (2015). Causal Inference for Statistics, Social, and Biomedical Sciences.
    Cambridge University Press, section 13.3.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.Stepwise(always=("age",), linear=1.0)
    Stepwise(always=('age',), linear=1.0, quadratic=2.71)
    """

    always: Columns = ()
    linear: float = 1.0
    quadratic: float = 2.71

    def __post_init__(self) -> None:
        """Check the thresholds."""
        object.__setattr__(self, "always", labels("always", self.always, least=0))
        for name in ("linear", "quadratic"):
            value = getattr(self, name)
            if value != float("inf"):
                non_negative(name, value)


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """What a selection kept.

    Attributes
    ----------
    columns : tuple of int
        Columns of ``design.x`` in the model.
    products : tuple of pairs of int
        Second-order terms, as pairs of columns of ``design.x``.
    table : Table
        One row per step.
    """

    columns: tuple[int, ...]
    products: tuple[tuple[int, int], ...]
    table: Table


def select_terms(design: MatchingDesign, spec: Stepwise, *, link: Link) -> Selected:
    """Run the two rounds of the selection.

    Parameters
    ----------
    design : MatchingDesign
        Treatment and covariates.
    spec : Stepwise
        Thresholds.
    link : {"logit", "probit"}
        The model whose likelihood decides.

    Returns
    -------
    Selected
        Columns and products, and the report.
    """
    for name in spec.always:
        if name not in design.covariates:
            raise OptionError(f"always={name!r} is not one of the covariates.{near_match(name, design.covariates)}")
    of = {name: _columns_of(design, (name,)) for name in design.covariates}
    open_names = [name for name in design.covariates if name not in spec.always]
    fixed = _columns_of(design, spec.always)
    first = forward_selection(
        design.x,
        design.treated,
        link=link,
        weights=design.weights,
        fixed=fixed,
        candidates=[of[name] for name in open_names],
        threshold=spec.linear,
    )
    added = [of[open_names[step.candidate]] for step in first if step.included]
    columns = tuple(sorted(int(j) for j in np.concatenate([fixed, *added])))
    if not columns:
        raise DesignError(
            "No covariate passed the threshold of the selection: none predicts treatment. Lower the threshold "
            "(Stepwise(linear=...)), name covariates in always=, or do without select."
        )
    rows = [("covariate", open_names[step.candidate], step) for step in first]
    products: tuple[tuple[int, int], ...] = ()
    if spec.quadratic != float("inf"):
        pairs = _second_order(design, columns)
        second = forward_selection(
            model_matrix(design.x, columns, pairs),
            design.treated,
            link=link,
            weights=design.weights,
            fixed=np.arange(len(columns)),
            candidates=[np.array([position]) for position in range(len(columns), len(columns) + len(pairs))],
            threshold=spec.quadratic,
        )
        names = term_names(design.terms, pairs)
        products = tuple(pairs[step.candidate] for step in second if step.included)
        rows += [("second order", names[step.candidate], step) for step in second]
    return Selected(columns, products, _report(rows, spec))


def _columns_of(design: MatchingDesign, names: Columns) -> IntArray:
    return np.array([j for j, source in enumerate(design.term_covariate) if source in names], dtype=np.int64)


def _second_order(design: MatchingDesign, columns: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Squares of columns with more than two values, and products across covariates."""
    two_valued = {j: _two_valued(design.x[:, j]) for j in columns}
    return tuple(
        (a, b)
        for a, b in combinations_with_replacement(columns, 2)
        if (not two_valued[a] if a == b else design.term_covariate[a] != design.term_covariate[b])
    )


def _two_valued(column: FloatArray) -> bool:
    return bool(((column == column.min()) | (column == column.max())).all())


def _report(rows: Iterable[tuple[str, str, SelectionStep]], spec: Stepwise) -> Table:
    every = list(rows)
    return Table(
        title="Selection of the score's terms",
        columns={
            "round": [kind for kind, _, _ in every],
            "term": [name for _, name, _ in every],
            "statistic": [step.statistic for _, _, step in every],
            "df": [step.df for _, _, step in every],
            "p_value": [step.p_value for _, _, step in every],
            "included": [step.included for _, _, step in every],
        },
        headings={"statistic": "likelihood ratio"},
        note=f"Thresholds {spec.linear:g} for covariates, {spec.quadratic:g} for squares and products (one column).",
    )
