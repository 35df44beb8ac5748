"""Step 1: the propensity score."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from causalkit._numerics._binary_response import fit_binary_response, response
from causalkit._numerics._standardize import linear_index
from causalkit._validate import choice, counted, generator, listed, whole
from causalkit._warnings import Warned
from causalkit.errors import DesignError, OptionError
from causalkit.matching._design import read_design
from causalkit.matching._score import PropensityScore, model_matrix, term_names
from causalkit.matching._selection import Stepwise, select_terms

if TYPE_CHECKING:
    from causalkit._frames._levels import Label
    from causalkit._numerics._binary_response import BinaryResponseFit, Link
    from causalkit._typing import BoolArray, Columns, FloatArray, IntArray, IntoDataFrame, Missing, Rng
    from causalkit.matching._design import MatchingDesign
    from causalkit.matching._score import Term

_LINKS: tuple[Link, ...] = ("logit", "probit")
# A score this close to 0 or 1 stands for a unit without counterpart in the other arm.
_EXTREME = 1e-10


def propensity_score(
    data: IntoDataFrame,
    *,
    treatment: str,
    covariates: Columns,
    model: Literal["logit", "probit"] | Any = "logit",
    treated: Label | None = None,
    select: Literal["stepwise"] | Stepwise | None = None,
    cross_fit: int | None = None,
    weights: str | None = None,
    missing: Missing = "raise",
    rng: Rng = 0,
) -> PropensityScore:
    """Probability of treatment given covariates, by maximum likelihood or a classifier.

    Given the score, treatment is as good as random if the covariates contain everything that moves both
    treatment and outcome. The outcome plays no part here.

    Parameters
    ----------
    data : data frame
        One row per unit; pandas, polars or any eager frame narwhals reads.
    treatment : str
        Column of the treatment: 0/1, booleans, or two labels and ``treated``.
    covariates : str or sequence of str
        Columns known before treatment: numbers, booleans and categories (one-hot, first level as reference).
    model : {"logit", "probit"} or scikit-learn classifier
        The maximum-likelihood fit, converged to rounding; or any classifier with ``predict_proba``, which is
        cloned and never changed.
    treated : label, optional
        The value of ``treatment`` that means treated.
    select : {"stepwise"} or Stepwise, optional
        Choose covariates, squares and interactions by likelihood-ratio tests. Logit and probit only.
    cross_fit : int, optional
        Number of folds: each unit is scored by a model fitted on the other folds. Use it with classifiers.
    weights : str, optional
        Column of sampling or frequency weights; they enter the fit and everything after it.
    missing : {"raise", "drop"}
        What happens to rows with a missing value in a used column.
    rng : Generator or int
        Draws the folds.

    Returns
    -------
    PropensityScore
        The score of every row, to be passed on to the next steps.

    Raises
    ------
    DesignError
        Covariates separate the arms (they are named), one arm only, more columns than rows, or a classifier
        that is certain.
    DataError, OptionError
        Columns that cannot be used, options that do not go together.

    Warns
    -----
    DesignWarning
        Covariates left out as constant or collinear, scores close to 0 or 1, few rows in an arm.

    References
    ----------
    Rosenbaum, P. and Rubin, D. (1983). The central role of the propensity score in observational studies for
    causal effects. Biometrika 70(1), 41-55.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from causalkit import matching
    >>> rng = np.random.default_rng(1)
    >>> df = pd.DataFrame({"age": rng.normal(40, 10, 500), "city": rng.choice(["Rome", "Oslo"], 500)})
    >>> df["promo"] = rng.random(500) < 1 / (1 + np.exp(2 - 0.04 * df.age))
    >>> score = matching.propensity_score(df, treatment="promo", covariates=["age", "city"])
    >>> score
    <PropensityScore logit n=500 treated=187>
    >>> score.terms
    ('age', 'city=Rome')
    """
    named = isinstance(model, str)
    if named:
        choice("model", model, _LINKS)
    elif not (hasattr(model, "fit") and hasattr(model, "predict_proba")) or isinstance(model, type):
        raise OptionError(
            f"model={model!r} must be 'logit', 'probit' or a scikit-learn classifier (an object with fit and "
            f"predict_proba, not a class)."
        )
    selection = _selection(select, named=named)
    n_folds = None if cross_fit is None else whole("cross_fit", cross_fit, least=2)
    draw = generator(rng)
    warned = Warned()
    design = read_design(
        data,
        treatment=treatment,
        covariates=covariates,
        treated=treated,
        weights=weights,
        missing=missing,
        warned=warned,
    )
    folds = None if n_folds is None else draw_folds(design, n_folds, draw)
    selected = None if selection is None else select_terms(design, selection, link=model)
    columns = tuple(range(design.x.shape[1])) if selected is None else selected.columns
    products = () if selected is None else selected.products
    x = model_matrix(design.x, columns, products)
    fit = None
    if not named:
        linear = _classify(design, x, model, folds, warned)
    elif folds is not None:
        linear = _fit_in_folds(design, x, (*columns, *products), folds, link=model, warned=warned)
    else:
        fit = fit_score(design, x, (*columns, *products), link=model, warned=warned)
        linear = fit.linear
    probability = response(linear, model if named else "logit").probability
    everyone = np.ones(design.n, dtype=bool)
    for array in (probability, linear, everyone):
        array.flags.writeable = False
    _warn_of_extremes(probability, design, warned)
    return PropensityScore(
        design=design,
        model=model if named else type(model).__name__,
        score=probability,
        linear=linear,
        fit=fit,
        columns=columns,
        products=products,
        folds=folds,
        selection=None if selected is None else selected.table,
        support=everyone,
        warnings=warned.messages,
    )


def fit_score(
    design: MatchingDesign, x: FloatArray, terms: tuple[Term, ...], *, link: Link, warned: Warned
) -> BinaryResponseFit:
    """Fit a logit or probit, or say which columns stand in its way.

    Parameters
    ----------
    design : MatchingDesign
        Treatment and weights; rows of weight zero do not count.
    x : (n, k) array
        Columns of the model.
    terms : tuple
        What each column is: a column of ``design.x``, or a pair of them for a product.
    link : {"logit", "probit"}
        The response function.
    warned : Warned
        Collects a warning for columns left out.

    Returns
    -------
    BinaryResponseFit
        Converged.
    """
    names = term_names(design.terms, terms)
    fit = fit_binary_response(x, design.treated, link=link, weights=design.weights)
    _warn_of_columns(fit, names, warned)
    if fit.converged:
        return fit
    if fit.separating.any():
        raise DesignError(_separation_message(design, x, fit, names))
    raise DesignError(
        f"The {link} did not converge: its likelihood is too flat in this precision. Fewer covariates, or coarser "
        f"categories, usually help."
    )


def draw_folds(design: MatchingDesign, n_folds: int, rng: np.random.Generator) -> IntArray:
    """Draw folds of nearly equal size, each with its share of both arms; (n,) codes from zero."""
    smaller = int(min(design.treated.sum(), (~design.treated).sum()))
    if n_folds > smaller:
        raise OptionError(
            f"cross_fit={n_folds} needs at least one unit of each arm per fold; the smaller arm has "
            f"{counted(smaller, 'row')}."
        )
    folds = np.empty(design.n, dtype=np.int64)
    for arm in (design.treated, ~design.treated):
        rows = np.flatnonzero(arm)
        folds[rng.permutation(rows)] = np.arange(rows.size) % n_folds
    return folds


def refit_on(score: PropensityScore, inside: BoolArray, warned: Warned) -> PropensityScore:
    """Fit a logit or probit score again on some rows; the others are scored by the same coefficients."""
    if score.fit is None:
        raise OptionError("refit=True needs a logit or probit that is not cross-fitted.")
    design = replace(score.design, weights=score.design.weights * inside)
    fit = fit_score(design, score.regressors(), (*score.columns, *score.products), link=score.link, warned=warned)
    probability = response(fit.linear, score.link).probability
    for array in (probability, fit.linear):
        array.flags.writeable = False
    return replace(score, fit=fit, linear=fit.linear, score=probability)


def _selection(select: Literal["stepwise"] | Stepwise | None, *, named: bool) -> Stepwise | None:
    if select is None:
        return None
    if not named:
        raise OptionError("select= needs a likelihood: model must be 'logit' or 'probit'.")
    if isinstance(select, Stepwise):
        return select
    choice("select", select, ("stepwise",))
    return Stepwise()


def _fit_in_folds(
    design: MatchingDesign, x: FloatArray, terms: tuple[Term, ...], folds: IntArray, *, link: Link, warned: Warned
) -> FloatArray:
    linear = np.empty(design.n)
    for fold in range(int(folds.max()) + 1):
        out = folds == fold
        rest = replace(design, treated=design.treated[~out], weights=design.weights[~out])
        fit = fit_score(rest, x[~out], terms, link=link, warned=warned)
        linear[out] = linear_index(fit.theta, fit.basis.regressors(x[out]))
    return linear


def _classify(design: MatchingDesign, x: FloatArray, model: Any, folds: IntArray | None, warned: Warned) -> FloatArray:
    """Log-odds from a classifier, fitted on all rows or, fold by fold, on the rows outside."""
    from sklearn.base import clone

    probability = np.empty(design.n)
    everyone = np.ones(design.n, dtype=bool)
    parts = [(everyone, everyone)] if folds is None else [(folds != k, folds == k) for k in range(folds.max() + 1)]
    for train, scored in parts:
        weights = {"sample_weight": design.weights[train]} if design.weighted else {}
        with warned.translated("The propensity model warned: "):
            fitted = clone(model).fit(x[train], design.treated[train], **weights)
            column = [bool(each) for each in fitted.classes_].index(True)
            probability[scored] = np.asarray(fitted.predict_proba(x[scored]), dtype=np.float64)[:, column]
    certain = (probability <= 0) | (probability >= 1)
    if certain.any():
        arms = [int((certain & arm).sum()) for arm in (design.treated, ~design.treated)]
        raise DesignError(
            f"{type(model).__name__} gives {counted(int(certain.sum()), 'row')} a score of exactly 0 or 1 "
            f"({arms[0]:,} treated, {arms[1]:,} control): such units have no counterpart in the other arm. Calibrate "
            f"or regularise the classifier, cross-fit it (cross_fit=5), or leave these units out."
        )
    return np.asarray(np.log(probability) - np.log1p(-probability))


def _warn_of_columns(fit: BinaryResponseFit, names: tuple[str, ...], warned: Warned) -> None:
    for mask, why in ((fit.basis.constant, "constant"), (fit.basis.collinear, "a linear combination of the others")):
        if mask.any():
            left_out = [names[j] for j in np.flatnonzero(mask)]
            warned.add(f"Left out of the score as {why}: {listed(left_out)}. The score is the same without.")


def _warn_of_extremes(score: FloatArray, design: MatchingDesign, warned: Warned) -> None:
    alone0, alone1 = score < _EXTREME, score > 1 - _EXTREME
    n_extreme = int(alone0.sum() + alone1.sum())
    if n_extreme:
        warned.add(
            f"{counted(n_extreme, 'row')} of {design.n:,} have a score within {_EXTREME:g} of 0 or 1 "
            f"({int(alone0.sum()):,} and {int(alone1.sum()):,}): nearly sure to be in their arm, without counterpart. "
            f"Look at common_support(score) next."
        )


def _separation_message(design: MatchingDesign, x: FloatArray, fit: BinaryResponseFit, names: tuple[str, ...]) -> str:
    separating = np.flatnonzero(fit.separating)
    found = []
    for j in separating[:3]:
        one, zero = (x[arm & (design.weights > 0), j] for arm in (design.treated, ~design.treated))
        found.append(
            f"{names[j]!r} runs from {one.min():.4g} to {one.max():.4g} among the treated and from {zero.min():.4g} to "
            f"{zero.max():.4g} among the controls"
        )
    together = "" if separating.size == 1 else " (together)"
    return (
        f"The covariates separate treated and control units, so that the score's likelihood has no maximum: "
        f"{listed([names[j] for j in separating])}{together}. {'; '.join(found)}. There is no counterpart to compare "
        f"with there: leave out the covariate if it does not matter for the outcome, merge the level with another, "
        f"or leave out the units on the far side."
    )
