"""Step 4 by matching: the methods and their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from causalkit._validate import choice, flag, labels, positive, real, whole
from causalkit.errors import OptionError
from causalkit.results import FrozenMap

if TYPE_CHECKING:
    from causalkit._numerics._inverse_probability import Target
    from causalkit._typing import FloatArray

Distance: TypeAlias = Literal[
    "logit", "score", "mahalanobis", "mahalanobis_full", "robust_mahalanobis", "euclidean", "scaled_euclidean"
]
Order: TypeAlias = Literal["largest", "smallest", "data", "closest", "random"]
CaliperScale: TypeAlias = Literal["sd", "raw"]

_ESTIMANDS = ("ATT", "ATC", "ATE")
_DISTANCES = (
    "logit",
    "score",
    "mahalanobis",
    "mahalanobis_full",
    "robust_mahalanobis",
    "euclidean",
    "scaled_euclidean",
)
LINE = ("logit", "score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Put units with equal values into one stratum.

    Attributes
    ----------
    columns : tuple of str, optional
        Columns that must agree; all covariates of the score if not given.
    estimand : {"ATT", "ATC", "ATE"}
        Whose distribution over the strata both arms get.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.Exact(columns=["city", "device"]).columns
    ('city', 'device')
    """

    columns: Sequence[str] | None = None
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"

    def __post_init__(self) -> None:
        """Check the settings."""
        choice("estimand", self.estimand, _ESTIMANDS)
        _set(self, columns=None if self.columns is None else labels("columns", self.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarsenedExact:
    """Cut numbers into intervals, then match exactly on the intervals and on the categories.

    Attributes
    ----------
    bins : str, int or mapping
        How numeric covariates with more than two values are cut: a rule ("sturges", "scott",
        "freedman-diaconis") or a number of equal-width intervals for all, or per covariate a rule, a number or
        the inner cut points: ``{"age": [25, 40], "income": 8}``; covariates not named get Sturges' rule.
    estimand : {"ATT", "ATC", "ATE"}
        Whose distribution over the strata both arms get.

    References
    ----------
    Iacus, S., King, G. and Porro, G. (2012). Political Analysis 20(1), 1-24.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.CoarsenedExact(bins={"age": [25, 40]})
    CoarsenedExact(bins={'age': (25.0, 40.0)}, estimand='ATT')
    """

    bins: str | int | Mapping[str, str | int | Sequence[float]] = "sturges"
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"

    def __post_init__(self) -> None:
        """Check the settings."""
        choice("estimand", self.estimand, _ESTIMANDS)
        if isinstance(self.bins, Mapping):
            _set(self, bins=FrozenMap({name: _cut(f"bins[{name!r}]", cut) for name, cut in self.bins.items()}))
        else:
            _set(self, bins=_cut("bins", self.bins))


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Cut the propensity score into blocks and compare within them (subclassification).

    Attributes
    ----------
    n : int
        Number of blocks with equal numbers of units of the target population (rows, whatever their weights).
    edges : tuple of float, optional
        Inner cut points of the score instead.
    estimand : {"ATT", "ATC", "ATE"}
        Whose distribution over the blocks both arms get.

    References
    ----------
    Rosenbaum, P. R. and Rubin, D. B. (1984). Reducing bias in observational studies using subclassification on
    the propensity score. Journal of the American Statistical Association 79(387), 516-524.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.Blocks(n=5)
    Blocks(n=5, edges=None, estimand='ATT')
    """

    n: int = 5
    edges: Sequence[float] | None = None
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"

    def __post_init__(self) -> None:
        """Check the settings."""
        choice("estimand", self.estimand, _ESTIMANDS)
        whole("n", self.n, least=2)
        if self.edges is not None:
            _set(self, edges=_ascending("edges", self.edges))


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """Match each unit of the target population to its nearest units in the other arm.

    Attributes
    ----------
    ratio : int
        Partners per unit: rows, whatever their weights.
    replace : bool
        Whether a unit can be a partner more than once. With replacement the matches are closer and depend on
        nobody's place in a queue; without, each is used once and errors come from pairs.
    caliper : float, optional
        Largest distance allowed.
    caliper_scale : {"sd", "raw"}
        Unit of the caliper: standard deviations of the score in the whole sample, or the distance as it is.
    distance : str
        ``"logit"``: the linear predictor of the score. ``"score"``: the probability. On the covariates:
        ``"mahalanobis"`` (covariance pooled within arms), ``"mahalanobis_full"`` (of all), ``"robust_mahalanobis"``
        (ranks), ``"euclidean"``, ``"scaled_euclidean"``.
    covariates : tuple of str, optional
        Covariates for a distance on covariates; all if not given.
    score_caliper : float, optional
        Further caliper on the linear predictor, in its standard deviations, for a distance on covariates.
    exact : tuple of str
        Columns in which partners must agree.
    order : {"largest", "smallest", "data", "closest", "random"}, optional
        Without replacement, who chooses first: the largest score (default for the ATT), the smallest (default
        for the ATC), the first row (default on covariates), the closest pair, or at random.
    ties : {"average", "first"}
        With replacement, whether units at the same distance share the match or the first takes it. Averaging is the
        only answer that depends neither on the order of rows nor on rounding; distances count as the same within
        1e-9 of the distance's standard deviation.
    rng : int, optional
        Seed for ``order="random"``.
    estimand : {"ATT", "ATC", "ATE"}
        Who is matched: treated, controls, or (with replacement) everybody.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.Nearest(ratio=2, caliper=0.2).replace
    True
    """

    ratio: int = 1
    replace: bool = True
    caliper: float | None = None
    caliper_scale: CaliperScale = "sd"
    distance: Distance = "logit"
    covariates: Sequence[str] | None = None
    score_caliper: float | None = None
    exact: Sequence[str] = ()
    order: Order | None = None
    ties: Literal["average", "first"] = "average"
    rng: int | None = None
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"

    def __post_init__(self) -> None:
        """Check the settings."""
        whole("ratio", self.ratio, least=1)
        flag("replace", self.replace)
        _check_distance(self)
        choice("ties", self.ties, ("average", "first"))
        if self.order is not None:
            choice("order", self.order, ("largest", "smallest", "data", "closest", "random"))
            if self.replace:
                raise OptionError("order= settles who chooses first without replacement; use it with replace=False.")
        if (self.rng is not None) != (self.order == "random"):
            raise OptionError("order='random' needs rng=, a seed; other orders draw nothing.")
        if self.rng is not None:
            whole("rng", self.rng)
        if self.estimand == "ATE" and not self.replace:
            raise OptionError("estimand='ATE' matches everybody, so units serve more than once: use replace=True.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """Match each unit to all units of the other arm within a distance of the score.

    Attributes
    ----------
    radius : float
        The distance.
    scale : {"sd", "raw"}
        Its unit: standard deviations of the score in the whole sample, or the score as it is.
    distance : {"logit", "score"}
        The linear predictor or the probability.
    exact : tuple of str
        Columns in which partners must agree.
    estimand : {"ATT", "ATC", "ATE"}
        Who is matched.

    References
    ----------
    Dehejia, R. H. and Wahba, S. (2002). Propensity score-matching methods for nonexperimental causal studies.
    Review of Economics and Statistics 84(1), 151-161.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.Radius(radius=0.01, scale="raw", distance="score").radius
    0.01
    """

    radius: float
    scale: CaliperScale = "sd"
    distance: Literal["logit", "score"] = "logit"
    exact: Sequence[str] = ()
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"

    def __post_init__(self) -> None:
        """Check the settings."""
        positive("radius", self.radius)
        choice("scale", self.scale, ("sd", "raw"))
        choice("distance", self.distance, LINE)
        choice("estimand", self.estimand, _ESTIMANDS)
        _set(self, exact=labels("exact", self.exact, least=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """Match each unit to an average of the other arm, weighted by a kernel of the distance in the score.

    Attributes
    ----------
    kernel : {"epanechnikov", "gaussian", "triangular", "biweight", "tricube"}
        The kernel.
    bandwidth : float or {"pairs", "cross-validation"}
        Distance at which the kernel ends (standard deviation of the Gaussian); or 1.5 times the 90 % quantile of
        the distances of one-to-one matching (Huber, Lechner and Wunsch 2013); or the one that best predicts the
        covariates of units of the other arm from their neighbours. None of these looks at the outcome.
    scale : {"sd", "raw"}
        Unit of a numeric bandwidth: standard deviations of the score in the whole sample, or the score as it is.
    distance : {"logit", "score"}
        The linear predictor or the probability.
    exact : tuple of str
        Columns in which partners must agree.
    estimand : {"ATT", "ATC", "ATE"}
        Who is matched.

    References
    ----------
    Heckman, J., Ichimura, H. and Todd, P. (1998). Review of Economic Studies 65(2), 261-294.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.Kernel(bandwidth=0.06, scale="raw", distance="score").kernel
    'epanechnikov'
    """

    kernel: Literal["epanechnikov", "gaussian", "triangular", "biweight", "tricube"] = "epanechnikov"
    bandwidth: float | Literal["pairs", "cross-validation"] = "pairs"
    scale: CaliperScale = "sd"
    distance: Literal["logit", "score"] = "logit"
    exact: Sequence[str] = ()
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"

    def __post_init__(self) -> None:
        """Check the settings."""
        choice("kernel", self.kernel, ("epanechnikov", "gaussian", "triangular", "biweight", "tricube"))
        if isinstance(self.bandwidth, str):
            choice("bandwidth", self.bandwidth, ("pairs", "cross-validation"))
        else:
            positive("bandwidth", self.bandwidth)
        choice("scale", self.scale, ("sd", "raw"))
        choice("distance", self.distance, LINE)
        choice("estimand", self.estimand, _ESTIMANDS)
        _set(self, exact=labels("exact", self.exact, least=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimal:
    """Pairs (or sets of one to k) without replacement whose distances add up to the least.

    Attributes
    ----------
    ratio : int
        Partners per unit.
    caliper : float, optional
        Largest distance allowed; as many pairs as possible are formed.
    caliper_scale : {"sd", "raw"}
        Unit of the caliper: standard deviations of the score in the whole sample, or the distance as it is.
    distance : str
        On the score or on the covariates, as for :class:`Nearest`.
    covariates : tuple of str, optional
        Covariates for a distance on covariates; all if not given.
    exact : tuple of str
        Columns in which matched units must agree.
    estimand : {"ATT", "ATC"}
        Who is matched.

    References
    ----------
    Rosenbaum, P. R. (1989). Optimal matching for observational studies. Journal of the American Statistical
    Association 84(408), 1024-1032.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.Optimal(ratio=2).distance
    'logit'
    """

    ratio: int = 1
    caliper: float | None = None
    caliper_scale: CaliperScale = "sd"
    distance: Distance = "logit"
    covariates: Sequence[str] | None = None
    exact: Sequence[str] = ()
    estimand: Literal["ATT", "ATC"] = "ATT"

    def __post_init__(self) -> None:
        """Check the settings."""
        whole("ratio", self.ratio, least=1)
        _check_distance(self)
        choice("estimand", self.estimand, ("ATT", "ATC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """Everybody in sets of one treated with several controls or one control with several treated.

    The total distance inside sets is the least possible. On the score this takes a second per hundred thousand units;
    on many covariates it is limited to some ten thousand.

    Attributes
    ----------
    caliper : float, optional
        Largest distance allowed; units without anybody in reach are left out.
    caliper_scale : {"sd", "raw"}
        Unit of the caliper: standard deviations of the score in the whole sample, or the distance as it is.
    distance : str
        On the score or on the covariates, as for :class:`Nearest`.
    covariates : tuple of str, optional
        Covariates for a distance on covariates; all if not given.
    exact : tuple of str
        Columns in which matched units must agree.
    estimand : {"ATT", "ATC", "ATE"}
        Whose distribution over the sets both arms get.

    References
    ----------
    Hansen, B. B. (2004). Full matching in an observational study of coaching for the SAT. Journal of the American
    Statistical Association 99(467), 609-618.

    Examples
    --------
    >>> from causalkit import matching
    >>> matching.Full(estimand="ATE").caliper is None
    True
    """

    caliper: float | None = None
    caliper_scale: CaliperScale = "sd"
    distance: Distance = "logit"
    covariates: Sequence[str] | None = None
    exact: Sequence[str] = ()
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT"

    def __post_init__(self) -> None:
        """Check the settings."""
        _check_distance(self)


def target_of(spec: Any) -> Target:
    """Return the estimand of a specification."""
    estimand: Target = spec.estimand
    return estimand


def _check_distance(spec: Nearest | Optimal | Full) -> None:
    """Check what specifications with a distance share."""
    choice("distance", spec.distance, _DISTANCES)
    choice("caliper_scale", spec.caliper_scale, ("sd", "raw"))
    choice("estimand", spec.estimand, _ESTIMANDS)
    on_line = spec.distance in LINE
    if spec.caliper is not None:
        positive("caliper", spec.caliper)
        if not on_line and spec.caliper_scale == "sd":
            raise OptionError(
                f"caliper={spec.caliper:g} in standard deviations belongs to the score; with "
                f"distance={spec.distance!r} write caliper_scale='raw' for the distance itself"
                + (", or score_caliper= for the score." if isinstance(spec, Nearest) else ".")
            )
    if spec.covariates is not None:
        if on_line:
            raise OptionError(f"covariates= belongs to a distance on covariates, not to distance={spec.distance!r}.")
        _set(spec, covariates=labels("covariates", spec.covariates))
    if isinstance(spec, Nearest) and spec.score_caliper is not None:
        positive("score_caliper", spec.score_caliper)
        if on_line:
            raise OptionError(f"With distance={spec.distance!r} use caliper=; score_caliper= is for covariates.")
    _set(spec, exact=labels("exact", spec.exact, least=0))


def _cut(name: str, cut: Any) -> Any:
    """One entry of ``bins``, checked."""
    if isinstance(cut, str):
        return choice(name, cut, ("sturges", "scott", "freedman-diaconis"))
    if isinstance(cut, (Sequence, np.ndarray)):
        return _ascending(name, cut)
    return whole(name, cut, least=1)


def _ascending(name: str, values: Sequence[float] | FloatArray) -> tuple[float, ...]:
    """Cut points as ascending floats."""
    points = tuple(real(name, value) for value in values)
    if not points or any(b <= a for a, b in pairwise(points)):
        raise OptionError(f"{name}={list(values)!r} must hold cut points in ascending order.")
    return points


def _set(spec: Any, **values: Any) -> None:
    """Set fields while a frozen specification is being built."""
    for name, value in values.items():
        object.__setattr__(spec, name, value)
