"""Doubly robust effects: a score and an outcome model, of which one has to be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from causalkit._numerics._aipw import OutcomeFit, augmented_estimate, fit_outcome
from causalkit._numerics._weighting import EstimatedWeights, WeightEquation, influence_std_error
from causalkit._validate import choice
from causalkit._warnings import Warned
from causalkit.errors import DesignError, OptionError
from causalkit.matching._checks import overlap_check, unconfoundedness_check
from causalkit.matching._result import MatchingResult
from causalkit.results import Checks, Effect, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._numerics._aipw import AugmentedEstimate
    from causalkit._typing import BoolArray, Columns, FloatArray
    from causalkit.matching._score import PropensityScore


def aipw(
    score: PropensityScore,
    *,
    outcome: str,
    adjust: Columns | None = None,
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT",
    outcome_model: Literal["linear"] | Any = "linear",
    cov_type: Literal["stacked", "influence"] | None = None,
    cluster: str | None = None,
) -> MatchingResult:
    """Augmented inverse-probability weighting.

    Predicts both outcomes for everyone and corrects the predictions by the weighted residuals. Consistent if the
    score's model or the outcome's is right, given that the covariates contain everything that moves both treatment
    and outcome. If the score was cross-fitted, the outcome models are too, in the same folds: use that with flexible
    learners (double machine learning).

    Parameters
    ----------
    score : PropensityScore
        The score; only units inside its common support count.
    outcome : str
        Column of the outcome.
    adjust : str or sequence of str, optional
        Columns of the outcome models; the covariates of the score if not given.
    estimand : {"ATT", "ATC", "ATE"}
        The target population.
    outcome_model : {"linear"} or scikit-learn regressor
        Least squares in each arm, or any regressor with ``predict``, which is cloned for each arm.
    cov_type : {"stacked", "influence"}, optional
        ``"stacked"``: estimating equations of score, outcome models and effect together, as Stata's ``teffects aipw``;
        right even when one of the models is wrong. ``"influence"``: the efficient influence function, which takes both
        models as known. By default stacked where both are parametric and not cross-fitted.
    cluster : str, optional
        Column of groups within which errors may be correlated.

    Returns
    -------
    MatchingResult
        The effect with its checks.

    Raises
    ------
    OptionError
        Stacked errors asked of a classifier, a regressor or a cross-fitted score.
    DataError
        The outcome cannot be used.

    References
    ----------
    Robins, J., Rotnitzky, A. and Zhao, L. (1994). Estimation of regression coefficients when some regressors are
    not always observed. Journal of the American Statistical Association 89(427), 846-866.
    Chernozhukov, V. et al. (2018). Double/debiased machine learning for treatment and structural parameters.
    Econometrics Journal 21(1), C1-C68.

    Examples
    --------
    >>> from causalkit import matching, simulate
    >>> sim = simulate.observational(2_000, rng=1, n_covariates=2)
    >>> score = matching.propensity_score(sim.data, treatment="treated", covariates=["x1", "x2"])
    >>> matching.aipw(score, outcome="y").effect.estimand
    'ATT'
    """
    choice("estimand", estimand, ("ATT", "ATC", "ATE"))
    if outcome_model != "linear" and not (hasattr(outcome_model, "fit") and hasattr(outcome_model, "predict")):
        raise OptionError(
            f"outcome_model={outcome_model!r} must be 'linear' or a scikit-learn regressor (an object with fit and "
            f"predict)."
        )
    linear = isinstance(outcome_model, str)
    stacked = _stacked(score, cov_type, linear=linear)
    design = score.design
    rows = design.read(outcome=outcome, covariates=adjust, cluster=cluster)
    y = rows.numbers("outcome")
    columns = design.x if adjust is None else rows.covariates().values
    clusters = None if cluster is None else rows.clusters()
    warned = Warned()
    if linear and score.folds is None:
        models = tuple(_linear(columns, y, score.base * arm) for arm in (design.treated, ~design.treated))
        predicted = models[0].prediction, models[1].prediction
    else:
        models = ()
        predicted = _predictions(score, columns, y, outcome_model, warned)
    found = augmented_estimate(y, design.treated, score.response, predicted, target=estimand, base=score.base)
    influence = found.influence
    if stacked:
        influence = influence + _through_models(score, columns, models, found)
    codes = None if clusters is None else clusters.codes
    std_error = influence_std_error(influence, codes)
    # Residuals that are rounding alone stand for a perfect fit.
    if std_error <= 1e-12 * float(np.abs(y).max(initial=0.0)):
        std_error = 0.0
        warned.add(
            f"outcome={outcome!r} is constant or an exact linear function of the covariates in each arm: the standard "
            f"error is zero and says nothing about chance."
        )
    outside = score.support if estimand == "ATE" else score.support[design.treated == (estimand == "ATT")]
    used = Sample(
        n_rows=design.sample.n_rows,
        n_used=int(score.support.sum()),
        n_treated=int((score.support & design.treated).sum()),
        n_control=int((score.support & ~design.treated).sum()),
        n_clusters=None if clusters is None else len(clusters),
        dropped={
            **design.sample.dropped,
            **({"outside the common support": score.n_outside} if score.n_outside else {}),
        },
    )
    return MatchingResult(
        method=_method(score, outcome_model, linear=linear),
        effect=Effect(
            estimand=estimand if outside.all() else f"{estimand} in the common support",
            estimate=found.estimate,
            std_error=std_error,
            df=float("inf") if clusters is None else float(len(clusters) - 1),
        ),
        sample=used,
        checks=Checks((overlap_check(score, estimand=estimand), unconfoundedness_check(score))),
        roles={**design.roles, "outcome": (outcome,), **({} if cluster is None else {"cluster": (cluster,)})},
        options={
            "estimand": estimand,
            "model": score.model,
            "outcome_model": "linear" if linear else type(outcome_model).__name__,
            "cov_type": "stacked" if stacked else "influence",
            "cross_fit": None if score.folds is None else int(score.folds.max()) + 1,
        },
        warnings=(*score.warnings, *warned.messages),
        backend=design.backend,
        mean_treated=found.mean_treated,
        mean_control=found.mean_control,
        overlap=score.histogram(),
    )


def _stacked(score: PropensityScore, cov_type: str | None, *, linear: bool) -> bool:
    parametric = linear and score.fit is not None
    if cov_type is None:
        return parametric
    choice("cov_type", cov_type, ("stacked", "influence"))
    if cov_type == "stacked" and not parametric:
        raise OptionError(
            "cov_type='stacked' needs a logit or probit score that is not cross-fitted and outcome_model='linear'; "
            "use cov_type='influence', which is right for cross-fitted learners."
        )
    return cov_type == "stacked"


def _method(score: PropensityScore, outcome_model: Any, *, linear: bool) -> str:
    outcome = "linear regression" if linear else type(outcome_model).__name__
    folds = "" if score.folds is None else f", cross-fitted in {int(score.folds.max()) + 1} folds"
    return f"Augmented inverse-probability weighting ({score.model} score, {outcome} in each arm{folds})"


def _linear(columns: FloatArray, y: FloatArray, weights: FloatArray) -> OutcomeFit:
    n = int((weights > 0).sum())
    if n <= columns.shape[1] + 1:
        raise DesignError(
            f"An arm has {n:,} units inside the common support, too few for an outcome model with "
            f"{columns.shape[1]:,} columns and a constant. Name fewer in adjust=."
        )
    return fit_outcome(columns, y, weights)


def _parts(score: PropensityScore) -> Iterator[tuple[BoolArray, BoolArray]]:
    """Rows to fit on and rows to predict: all of them, or the folds in turn."""
    if score.folds is None:
        everyone = np.ones(score.design.n, dtype=bool)
        yield everyone, everyone
        return
    for fold in range(int(score.folds.max()) + 1):
        yield score.folds != fold, score.folds == fold


def _predictions(
    score: PropensityScore, columns: FloatArray, y: FloatArray, outcome_model: Any, warned: Warned
) -> tuple[FloatArray, FloatArray]:
    """Outcomes predicted with and without treatment, each by a model that has not seen the fold."""
    design = score.design
    out = np.empty((2, design.n))
    for train, predicted in _parts(score):
        for row, arm in enumerate((design.treated, ~design.treated)):
            weights = score.base * (train & arm)
            if isinstance(outcome_model, str):
                out[row, predicted] = _linear(columns, y, weights).prediction[predicted]
                continue
            from sklearn.base import clone

            own = weights > 0
            given = {"sample_weight": weights[own]} if design.weighted else {}
            with warned.translated("The outcome model warned: "):
                fitted = clone(outcome_model).fit(columns[own], y[own], **given)
                out[row, predicted] = np.asarray(fitted.predict(columns[predicted]), dtype=np.float64).ravel()
    return out[0], out[1]


def _through_models(
    score: PropensityScore, columns: FloatArray, models: tuple[OutcomeFit, ...], found: AugmentedEstimate
) -> FloatArray:
    """Influence of the estimated coefficients of the score and of both outcome models."""
    if score.fit is None or len(models) != 2:
        return np.zeros(score.design.n)
    equation = WeightEquation(np.ones(score.design.n), (score.fit.residual,), (score.fit.bread,))
    through_score = EstimatedWeights(score.regressors(), score.fit.basis, (equation,)).correction(found.by_linear)
    return (
        through_score
        + models[0].correction(columns, found.by_treated)
        + models[1].correction(columns, found.by_control)
    )
