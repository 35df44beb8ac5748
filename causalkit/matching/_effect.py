"""Step 6: the effect in the matched or weighted sample. The outcome is first seen here."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from causalkit._numerics._clusters import cluster_robust, two_way
from causalkit._numerics._matched_regression import block_effects, matched_regression
from causalkit._numerics._sandwich import heteroskedastic
from causalkit._numerics._weighting import horvitz_thompson, influence_std_error, weighted_mean_difference
from causalkit._validate import choice, counted, whole
from causalkit._warnings import Warned
from causalkit.errors import DesignError, OptionError
from causalkit.matching._bootstrap import bootstrap_estimates
from causalkit.matching._checks import overlap_check, unconfoundedness_check
from causalkit.matching._errors import AbadieImbens, matches_estimated_score, uses_partners_again
from causalkit.matching._matched import Match
from causalkit.matching._result import MatchingResult
from causalkit.matching._specs import Full, Nearest, Optimal
from causalkit.matching._weighting import InverseProbability
from causalkit.results import Check, Checks, Effect, Effects, Sample

if TYPE_CHECKING:
    from causalkit._frames import Rows
    from causalkit._numerics._matched_regression import Adjustment
    from causalkit._typing import Columns, FloatArray, IntArray, Rng

CovType: TypeAlias = Literal[
    "ai2016", "ai2006", "pair_cluster", "block", "HC0", "HC1", "HC2", "HC3", "cluster", "stacked", "bootstrap"
]
_COV_TYPES = get_args(CovType)
_FEW_TREATED = 10
_BLOCKS_SHOWN = 50
# Standard errors below this share of the largest outcome are rounding.
_ROUNDING = 1e-12
# Units per coefficient of the score below which counting its estimation is more noise than correction.
_FEW_PER_COEFFICIENT = 5


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What one way of estimating found.

    Attributes
    ----------
    value, std_error : float
        The effect and its standard error.
    mean_treated, mean_control : float
        Its two sides.
    df : float
        Degrees of freedom.
    """

    value: float
    std_error: float
    mean_treated: float
    mean_control: float
    df: float = math.inf


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Everything that one estimate needs."""

    match: Match
    y: FloatArray
    x: FloatArray | None
    adjustment: Adjustment
    cov_type: str
    clusters: IntArray | None
    draws: int
    rng: Rng
    abadie_imbens: AbadieImbens | None


def effect(
    match: Match,
    *,
    outcome: str,
    adjust: Columns | None = None,
    adjustment: Adjustment = "separate",
    cov_type: CovType | None = None,
    cluster: str | None = None,
    draws: int = 500,
    rng: Rng = 0,
) -> MatchingResult:
    """Estimate the effect on the population that the match stands for.

    The difference of weighted means; with ``adjust``, the covariate differences that matching has left are taken off
    by regression in the matched sample. It is the causal effect if the covariates of the score contain everything
    that moves both treatment and outcome.

    Parameters
    ----------
    match : Match
        From :func:`match`.
    outcome : str
        Column of the outcome.
    adjust : str or sequence of str, optional
        Columns to adjust for by regression; covariates of the score or others known before treatment.
    adjustment : {"separate", "common"}
        Slopes of their own in each arm, averaged over the target population (g-computation; for matching with
        replacement the bias correction of Abadie and Imbens 2011), or the same slopes in both arms.
    cov_type : str, optional
        How the standard error is computed. By default what is right for the method:

        - ``"ai2016"`` for nearest neighbours in an estimated score, with replacement: Abadie and Imbens (2016);
        - ``"ai2006"`` for other matching with replacement, and where an arm of the matched sample has fewer than five
          units per coefficient of the score: Abadie and Imbens (2006);
        - ``"pair_cluster"`` for matching without replacement and full matching: clustered by matched set;
        - ``"block"`` for exact, coarsened and block matching: variances within blocks;
        - ``"stacked"`` for weighting: counts the estimation of the weights;
        - ``"HC0"`` to ``"HC3"`` take the weights as known, the default for kernels being ``"HC1"``;
        - ``"cluster"``: by the column ``cluster``, weights as known;
        - ``"bootstrap"``: the whole design is repeated; not for nearest neighbours.
    cluster : str, optional
        Column of groups within which errors may be correlated; with ``"pair_cluster"`` in both ways.
    draws : int
        Bootstrap repetitions.
    rng : Generator or int
        For the bootstrap.

    Returns
    -------
    MatchingResult
        The effect, with balance, overlap and what cannot be tested among its checks.

    Raises
    ------
    OptionError
        A standard error that is not valid for the method; the message says why.
    DataError
        The outcome is missing or not numeric.

    References
    ----------
    Abadie, A. and Imbens, G. W. (2006). Econometrica 74(1), 235-267; (2008) 76(6), 1537-1557; (2016) 84(2), 781-807.
    Abadie, A. and Spiess, J. (2022). Robust post-matching inference. Journal of the American Statistical Association
    117(538), 983-995.

    Examples
    --------
    >>> from causalkit import matching, simulate
    >>> sim = simulate.observational(2_000, rng=1)
    >>> names = ["x1", "x2", "x3", "x4"]
    >>> score = matching.propensity_score(sim.data, treatment="treated", covariates=names)
    >>> matched = matching.match(score, matching.Nearest(caliper=0.2))
    >>> result = matching.effect(matched, outcome="y", adjust=names)
    >>> result.options["cov_type"]
    'ai2016'
    """
    if not isinstance(match, Match):
        raise OptionError(f"match must be the answer of matching.match(score, ...); got {type(match).__name__}.")
    choice("adjustment", adjustment, ("separate", "common"))
    whole("draws", draws, least=20)
    kind = _cov_type(match, cov_type, cluster, adjusted=adjust is not None, adjustment=adjustment)
    rows = match.score.design.read(outcome=outcome, covariates=adjust, cluster=cluster)
    x = None if adjust is None else rows.covariates().values
    clusters = None if cluster is None else rows.clusters().codes
    y = rows.numbers("outcome")
    shared = AbadieImbens(match, y) if match.sets is not None else None
    task = Task(match, y, x, adjustment, kind, clusters, draws, rng, shared)
    found = estimate(task)
    warned = Warned()
    if 0 < match.n_treated < _FEW_TREATED or 0 < match.n_control < _FEW_TREATED:
        warned.add(
            f"Only {match.n_treated:,} treated and {match.n_control:,} control units are in the matched sample: the "
            f"interval is unreliable. For one-to-one pairs, sensitivity() has an exact test at gamma 1."
        )
    rounding = _ROUNDING * float(np.abs(y).max())
    if found.std_error <= rounding:
        found = _without_error(found, rounding)
        within = (
            "does not vary within the arms"
            if x is None
            else "does not vary, or follows the columns of adjust= exactly, within the arms"
        )
        warned.add(f"The standard error is zero: {outcome} {within} of the matched sample.")
    plain, plain_kind = None, None
    if x is not None:
        plain_kind = _cov_type(match, None, cluster, adjusted=False, adjustment="separate")
        bare = _without_error(estimate(replace(task, x=None, adjustment="separate", cov_type=plain_kind)), rounding)
        plain = Effect(estimand=match.population, estimate=bare.value, std_error=bare.std_error, df=bare.df)
    result = _result(task, rows, found, plain, (*match.warnings, *warned.messages), cluster)
    if plain_kind is None:
        return result
    return replace(result, options={**result.options, "unadjusted_cov_type": plain_kind})


def _without_error(found: Estimate, rounding: float) -> Estimate:
    """An estimate whose standard error is rounding alone has none, and an effect of rounding alone is zero."""
    if found.std_error > rounding:
        return found
    return replace(found, std_error=0.0, value=0.0 if abs(found.value) <= rounding else found.value)


def _cov_type(match: Match, given: str | None, cluster: str | None, *, adjusted: bool, adjustment: str) -> str:
    """Choose the standard error that is right for the method, or refuse one that is not."""
    kind = _default(match, cluster, adjusted=adjusted) if given is None else choice("cov_type", given, _COV_TYPES)
    if given is None and adjusted and adjustment == "common" and kind in {"ai2016", "ai2006", "block"}:
        kind = "HC1"
    refused = {
        "ai2016": "needs nearest neighbours with replacement in a logit or probit score that is not cross-fitted"
        if not (uses_partners_again(match) and matches_estimated_score(match))
        else "",
        "ai2006": "needs matching with replacement" if not uses_partners_again(match) else "",
        "pair_cluster": "needs sets or blocks in which units are used once; here they are used again"
        if not _in_disjoint_sets(match) and match.blocks is None
        else "",
        "block": "needs blocks" if match.blocks is None or isinstance(match.spec, Full) else "",
        "stacked": "needs weights from a model: InverseProbability, EntropyBalance or CBPS on a fitted score"
        if match.weight_model is None
        else "",
        "bootstrap": "is not valid for matching to a fixed number of neighbours: their use as partners does not "
        "settle down in resamples (Abadie and Imbens 2008). Use the default"
        if isinstance(match.spec, (Nearest, Optimal, Full))
        else "needs a logit or probit score that is not cross-fitted, to be fitted again"
        if match.score.fit is None
        else "",
        "cluster": "needs cluster=, a column" if cluster is None else "",
    }.get(kind, "")
    if refused:
        raise OptionError(f"cov_type={kind!r} {refused}.")
    if cluster is not None and kind not in {"pair_cluster", "stacked", "cluster"}:
        raise OptionError(f"cluster={cluster!r} cannot be combined with cov_type={kind!r}; use cov_type='cluster'.")
    if adjusted and kind in {"ai2016", "ai2006"} and adjustment == "common":
        raise OptionError(f"cov_type={kind!r} goes with adjustment='separate', the bias-corrected matching estimator.")
    if adjusted and kind == "block":
        raise OptionError("cov_type='block' compares means; with adjust= use 'HC1' or 'bootstrap'.")
    return kind


def _default(match: Match, cluster: str | None, *, adjusted: bool) -> str:
    if match.weight_model is not None:
        return "stacked"
    if _in_disjoint_sets(match):
        return "pair_cluster"
    if cluster is not None:
        return "cluster"
    if uses_partners_again(match):
        few = min(match.n_treated, match.n_control) < _FEW_PER_COEFFICIENT * len(match.score.terms)
        return "ai2016" if matches_estimated_score(match) and not few else "ai2006"
    return "HC1" if match.blocks is None or adjusted else "block"


def _in_disjoint_sets(match: Match) -> bool:
    """Whether every unit is in one matched set at most."""
    return isinstance(match.spec, (Optimal, Full)) or (isinstance(match.spec, Nearest) and not match.spec.replace)


def estimate(task: Task) -> Estimate:
    """Carry out one way of estimating."""
    kind = task.cov_type
    if kind in {"ai2016", "ai2006"} and task.abadie_imbens is not None:
        found = task.abadie_imbens.estimate(task.x, estimated_score=kind == "ai2016")
        c = found.contrast
        return Estimate(c.estimate, math.sqrt(found.variance), c.mean_treated, c.mean_control)
    if kind == "stacked":
        return _stacked(task)
    if kind == "block":
        return _block(task)
    return _regression(task)


def _population(match: Match) -> FloatArray:
    """How much each unit counts in the population that the match stands for."""
    treated = match.score.design.treated
    base: FloatArray = match.score.base * (match.weights > 0)
    if match.estimand in {"ATE", "ATO"}:
        return base
    return base * (treated if match.estimand == "ATT" else ~treated)


def _regression(task: Task) -> Estimate:
    """Weighted regression in the matched sample."""
    match = task.match
    design = match.score.design
    population = match.weights if match.estimand == "ATO" else _population(match)
    found = matched_regression(task.y, design.treated, match.weights, task.x, population, adjustment=task.adjustment)
    if found.fit.df_resid < 1:
        raise DesignError(
            f"The matched sample has {found.rows.size:,} units for a regression with {found.fit.rank} coefficients. "
            f"Adjust for fewer columns, or match more units."
        )
    if task.cov_type == "bootstrap":
        booted = bootstrap_estimates(match, task.y, task.x, draws=task.draws, rng=task.rng)
        variance, df = float(booted.var(ddof=1)), math.inf
    else:
        clusters = None if task.clusters is None else task.clusters[found.rows]
        if task.cov_type == "pair_cluster":
            sets = _set_codes(match)[found.rows]
            covariance = cluster_robust(found.fit, sets) if clusters is None else two_way(found.fit, sets, clusters)
        elif task.cov_type == "cluster" and clusters is not None:
            covariance = cluster_robust(found.fit, clusters)
        else:
            covariance = heteroskedastic(found.fit, kind=task.cov_type)  # type: ignore[arg-type]
        variance = float(covariance.matrix[1, 1]) + found.composition
        df = float(np.max(covariance.df))
    mean = found.mean_control
    return Estimate(found.estimate, math.sqrt(max(variance, 0.0)), mean + found.estimate, mean, df)


def _set_codes(match: Match) -> IntArray:
    """Matched set of every unit, from zero; units in none share a code that is not used."""
    if match.sets is None:
        return np.where(match.blocks < 0, 0, match.blocks) if match.blocks is not None else np.zeros(0, np.int64)
    sets = match.sets
    codes = np.zeros(match.score.design.n, np.int64)
    number, position = sets.positions()
    codes[sets.focal] = np.arange(sets.focal.size)
    codes[sets.partners[position]] = number
    return codes


def _stacked(task: Task) -> Estimate:
    """Weighted means or g-computation, counting how the weights were estimated."""
    match = task.match
    design = match.score.design
    if task.x is not None:
        from causalkit._numerics._g_computation import g_computation

        # The overlap population is made of the estimated weights themselves; g_computation counts that.
        population = None if match.estimand == "ATO" else _population(match)
        contrast = g_computation(task.y, task.x, design.treated, match.weights, population)
    elif isinstance(match.spec, InverseProbability) and match.spec.estimator == "horvitz-thompson":
        contrast = horvitz_thompson(task.y, design.treated, match.weights, _population(match))
    else:
        contrast = weighted_mean_difference(task.y, design.treated, match.weights)
    influence = contrast.influence
    if match.weight_model is not None:
        influence = influence + match.weight_model.correction(contrast.gradient)
    df = math.inf if task.clusters is None else float(np.unique(task.clusters).size - 1)
    return Estimate(
        contrast.estimate,
        influence_std_error(influence, task.clusters),
        contrast.mean_treated,
        contrast.mean_control,
        df,
    )


def _block(task: Task) -> Estimate:
    """Differences inside blocks, averaged over the target population's blocks."""
    match = task.match
    design = match.score.design
    if match.blocks is None:
        raise DesignError("cov_type='block' needs blocks.")
    blocks = block_effects(task.y, design.treated, match.score.base, match.weights, match.blocks)
    contrast = weighted_mean_difference(task.y, design.treated, match.weights)
    if not math.isfinite(blocks.variance):
        raise DesignError("Every block has a single unit of one arm, so no variance can be estimated; use 'HC1'.")
    return Estimate(contrast.estimate, math.sqrt(blocks.variance), contrast.mean_treated, contrast.mean_control)


def _by_block(task: Task) -> Effects | None:
    """Effects by block, where there are few."""
    match = task.match
    if match.blocks is None or not 1 < int(match.blocks.max()) + 1 <= _BLOCKS_SHOWN:
        return None
    found = block_effects(task.y, match.score.design.treated, match.score.base, match.weights, match.blocks)
    if not np.isfinite(found.variances).all():
        return None
    labels = tuple(f"block {number + 1}" for number in range(found.estimates.size))
    return Effects(dimension="block", labels=labels, estimates=found.estimates, cov=np.diag(found.variances))


def matching_check(match: Match) -> Check:
    """Say how much of the target population was matched."""
    score = match.score
    treated = score.design.treated
    target = {"ATT": treated, "ATC": ~treated}.get(match.estimand, np.ones_like(treated))
    total, used = int(target.sum()), int((target & (match.weights > 0)).sum())
    who = {"ATT": "treated unit", "ATC": "control unit"}.get(match.estimand, "unit")
    lost = total - used
    share = lost / total
    return Check(
        name="matched",
        question="Is everyone of interest in the comparison?",
        verdict="supported" if lost == 0 else "questionable" if share < 0.2 else "violated",
        reading=(
            f"All {counted(total, who)} are in the comparison."
            if lost == 0
            else f"{lost:,} of {counted(total, who)} unmatched: the effect is that of the other {used:,}."
        ),
        statistic=share,
    )


def _result(
    task: Task, rows: Rows, found: Estimate, plain: Effect | None, warnings: tuple[str, ...], cluster: str | None
) -> MatchingResult:
    match = task.match
    design = match.score.design
    balance = match.balance()
    n_clusters = None if task.clusters is None else int(np.unique(task.clusters).size)
    dropped = dict(design.sample.dropped)
    left = {
        "outside the common support": match.n_outside,
        "unmatched treated": match.n_unmatched_treated,
        "unmatched control": match.n_unmatched_control,
    }
    dropped.update({why: n for why, n in left.items() if n})
    adjusted = "" if task.x is None else f", adjusted by regression ({task.adjustment} slopes)"
    return MatchingResult(
        method=f"{_title(match)}{adjusted}",
        effect=Effect(estimand=match.population, estimate=found.value, std_error=found.std_error, df=found.df),
        sample=Sample(
            n_rows=design.sample.n_rows,
            n_used=match.n_treated + match.n_control,
            n_treated=match.n_treated,
            n_control=match.n_control,
            n_clusters=n_clusters,
            dropped=dropped,
        ),
        checks=Checks(
            (
                balance.check(),
                matching_check(match),
                overlap_check(match.score, estimand=match.estimand),
                unconfoundedness_check(match.score),
            )
        ),
        roles={
            **design.roles,
            "outcome": rows.names("outcome"),
            **({"adjust": rows.names("covariates")} if task.x is not None else {}),
            **({} if cluster is None else {"cluster": (cluster,)}),
        },
        options={
            "method": repr(match.spec),
            "estimand": match.estimand,
            "model": match.score.model,
            "cov_type": task.cov_type,
            "adjustment": task.adjustment if task.x is not None else None,
            **match.details,
        },
        warnings=tuple(dict.fromkeys(warnings)),
        backend=design.backend,
        mean_treated=found.mean_treated,
        mean_control=found.mean_control,
        balance=balance,
        overlap=match.histogram(),
        unadjusted=plain,
        by_block=_by_block(task),
    )


def _title(match: Match) -> str:
    """The method in words."""
    spec = match.spec
    if isinstance(spec, Nearest):
        way = "with" if spec.replace else "without"
        return f"Nearest-neighbour matching, {spec.ratio}:1 {way} replacement, distance {spec.distance!r}"
    names = {
        "Exact": "Exact matching",
        "CoarsenedExact": "Coarsened exact matching",
        "Blocks": "Subclassification on the propensity score",
        "Radius": "Radius matching",
        "Kernel": "Kernel matching",
        "Optimal": "Optimal matching",
        "Full": "Optimal full matching",
        "InverseProbability": "Inverse-probability weighting",
        "EntropyBalance": "Entropy balancing",
        "CBPS": "Covariate-balancing propensity score",
    }
    return names.get(match.method, match.method)
