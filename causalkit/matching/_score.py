"""The propensity score of every unit, as it goes from step to step."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from causalkit._numerics._binary_response import response
from causalkit._numerics._tails import two_sided_p
from causalkit.matching._distribution import score_histogram
from causalkit.results import Table
from causalkit.results._drawable import Drawable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from causalkit._numerics._binary_response import BinaryResponseFit, Link, Response
    from causalkit._typing import BoolArray, FloatArray, IntArray
    from causalkit.matching._design import MatchingDesign
    from causalkit.matching._distribution import ScoreHistogram
    from causalkit.matching._support import Support

# A column of the design, or the product of two of them.
Term: TypeAlias = "int | tuple[int, int]"


@dataclass(frozen=True, kw_only=True, eq=False)
class PropensityScore(Drawable):
    """Probability of treatment given covariates, for every unit of a design.

    Made by :func:`causalkit.matching.propensity_score`, narrowed by :func:`causalkit.matching.common_support`.
    It holds row-level data, because matching needs them; results do not.

    Attributes
    ----------
    design : MatchingDesign
        Treatment, covariates and the frame they come from.
    model : str
        ``"logit"``, ``"probit"``, or the name of a classifier.
    score : (n,) array
        Probability of treatment, strictly between 0 and 1.
    linear : (n,) array
        Linear predictor: log-odds for the logit and for classifiers, the index for the probit.
    fit : BinaryResponseFit or None
        The maximum-likelihood fit; None for classifiers and cross-fitted scores.
    columns : tuple of int
        Columns of ``design.x`` in the model: all of them unless they were selected.
    products : tuple of pairs of int
        Second-order terms of the model, as pairs of columns of ``design.x``; a square is a pair of equals.
    folds : (n,) array of int or None
        The fold in which each unit was scored by a model fitted on the other folds; None if not cross-fitted.
    selection : Table or None
        How the terms were selected, if they were.
    support : (n,) array of bool
        Units inside the common support; all of them until a rule is applied.
    overlap : Support or None
        The rule and who is outside.
    warnings : tuple of str
        What the steps so far warned of.
    """

    design: MatchingDesign
    model: str
    score: FloatArray
    linear: FloatArray
    support: BoolArray
    columns: tuple[int, ...]
    fit: BinaryResponseFit | None = field(default=None, repr=False)
    products: tuple[tuple[int, int], ...] = ()
    folds: IntArray | None = None
    selection: Table | None = None
    overlap: Support | None = None
    warnings: tuple[str, ...] = ()

    @property
    def link(self) -> Link:
        """The response function that leads from ``linear`` to ``score``."""
        return "probit" if self.model == "probit" else "logit"

    @cached_property
    def response(self) -> Response:
        """Probability of treatment, of control, and density, each with full relative precision."""
        return response(self.linear, self.link)

    @property
    def base(self) -> FloatArray:
        """Sampling weights, zero outside the common support; (n,)."""
        return self.design.weights * self.support

    @property
    def n_outside(self) -> int:
        """Number of units outside the common support."""
        return int((~self.support).sum())

    def regressors(self) -> FloatArray:
        """Return the raw columns of the model: covariates and second-order terms, (n, k')."""
        return model_matrix(self.design.x, self.columns, self.products)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the model's columns."""
        return term_names(self.design.terms, (*self.columns, *self.products))

    def table(self) -> Table:
        """Return one row per coefficient: term, estimate, std_error, statistic, p_value.

        Second-order terms are products of centred covariates. A term without an estimate was constant or a
        linear combination of others and left out. Empty for classifiers and cross-fitted scores.
        """
        names = ("constant", *self.terms) if self.fit is not None else ()
        estimates = self.fit.coefficients if self.fit is not None else np.empty(0)
        errors = np.sqrt(np.diag(self.fit.cov)) if self.fit is not None else np.empty(0)
        z = estimates / errors
        return Table(
            title=f"Propensity score: {self.model}",
            columns={
                "term": names,
                "estimate": estimates.tolist(),
                "std_error": errors.tolist(),
                "statistic": z.tolist(),
                "p_value": np.asarray(two_sided_p(z)).tolist(),
            },
        )

    def histogram(self) -> ScoreHistogram:
        """Return the distribution of the score in both arms."""
        return score_histogram(self)

    def summary(self) -> str:
        """Return the score in words and numbers, as text of at most 80 columns."""
        return "\n".join([*self._lines(), "", str(self.table())]) if self.fit is not None else "\n".join(self._lines())

    def _lines(self) -> list[str]:
        d = self.design
        lines = [
            f"Propensity score of {d.roles['treatment'][0]}: {self.model}"
            + ("" if self.folds is None else f", cross-fitted in {int(self.folds.max()) + 1} folds"),
            d.sample.describe(),
        ]
        for name, arm in (("treated", d.treated), ("control", ~d.treated)):
            low, middle, high = np.quantile(self.score[arm], [0, 0.5, 1])
            lines.append(f"score of the {name}: {low:.4g} to {high:.4g}, median {middle:.4g}")
        if self.overlap is not None:
            lines.extend(textwrap.wrap(self.overlap.reading(), width=80))
        return lines

    def __str__(self) -> str:
        """Return the summary."""
        return self.summary()

    def __repr__(self) -> str:
        """Return one line."""
        outside = f" outside={self.n_outside:,}" if self.n_outside else ""
        return f"<PropensityScore {self.model} n={self.design.n:,} treated={int(self.design.treated.sum()):,}{outside}>"


def model_matrix(x: FloatArray, columns: tuple[int, ...], products: tuple[tuple[int, int], ...]) -> FloatArray:
    """Return some columns of ``x`` followed by products of pairs of columns, each centred first.

    Centring changes neither the fit nor what a product stands for beside its two columns, and keeps digits.
    """
    if not products and columns == tuple(range(x.shape[1])):
        return x
    center = x.mean(axis=0)
    out = np.empty((x.shape[0], len(columns) + len(products)), order="F")
    out[:, : len(columns)] = x[:, columns]
    for position, (a, b) in enumerate(products, start=len(columns)):
        out[:, position] = (x[:, a] - center[a]) * (x[:, b] - center[b])
    return out


def term_names(names: tuple[str, ...], terms: Iterable[Term]) -> tuple[str, ...]:
    """Names of columns and of products: ``"age"``, ``"age squared"``, ``"age × educ"``."""
    return tuple(
        names[term] if isinstance(term, int) else _product_name(names[term[0]], names[term[1]]) for term in terms
    )


def _product_name(a: str, b: str) -> str:
    return f"{a} squared" if a == b else f"{a} × {b}"
