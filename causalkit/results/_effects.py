"""A labelled vector of estimates with its covariance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from causalkit._numerics._tails import critical_value, two_sided_p
from causalkit._numerics._wald import sup_t_critical, wald_test
from causalkit._validate import choice, fraction, near_match
from causalkit.errors import OptionError
from causalkit.results._effect import Effect
from causalkit.results._record import Record, read_only
from causalkit.results._table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causalkit._typing import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointTest(Record):
    """A test of several restrictions at once.

    Attributes
    ----------
    statistic : float
        Wald statistic; divided by ``df`` when the reference is F.
    df : int
        Number of restrictions that the covariance can tell apart.
    df_denom : float
        Denominator degrees of freedom; infinite means chi-squared.
    p_value : float
        Probability of a larger statistic if the restrictions hold.
    """

    statistic: float
    df: int
    df_denom: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effects(Record):
    """Estimates that belong together: strata, event times, cohorts, cutoffs.

    Attributes
    ----------
    dimension : str
        What the labels are: ``"stratum"``, ``"event_time"``, ``"estimand"``.
    labels : tuple of str
        One per estimate.
    estimates : (k,) array
        In units of the outcome.
    cov : (k, k) array
        Covariance of the estimates.
    df : float
        Degrees of freedom of the reference distribution; infinite means normal.

    Examples
    --------
    >>> import numpy as np
    >>> both = Effects(dimension="stratum", labels=("a", "b"), estimates=np.array([1.0, 3.0]), cov=np.eye(2))
    >>> both["b"].estimate, both.combine({"a": -1.0, "b": 1.0}).estimate, both.joint_test().statistic
    (3.0, 2.0, 10.0)
    """

    dimension: str
    labels: tuple[str, ...]
    estimates: FloatArray
    cov: FloatArray
    df: float = math.inf

    def __post_init__(self) -> None:
        """Freeze the arrays and check that they fit."""
        labels, estimates, cov = tuple(self.labels), read_only(self.estimates), read_only(self.cov)
        if estimates.shape != (len(labels),) or cov.shape != (len(labels), len(labels)):
            raise OptionError(
                f"{len(labels)} labels need as many estimates and a square covariance; "
                f"got shapes {estimates.shape} and {cov.shape}."
            )
        if len(set(labels)) < len(labels):
            raise OptionError("The labels must differ from one another.")
        self._freeze(labels=labels, estimates=estimates, cov=cov)

    def __len__(self) -> int:
        """Return the number of estimates."""
        return len(self.labels)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the labels."""
        return iter(self.labels)

    def __getitem__(self, label: str) -> Effect:
        """Return one of the estimates."""
        at = self._position(label)
        std_error = math.sqrt(max(float(self.cov[at, at]), 0.0))
        return Effect(estimand=label, estimate=float(self.estimates[at]), std_error=std_error, df=self.df)

    @property
    def std_errors(self) -> FloatArray:
        """Standard errors, (k,)."""
        return np.sqrt(np.maximum(np.diag(self.cov), 0.0))

    @property
    def statistics(self) -> FloatArray:
        """Estimates over standard errors, (k,); NaN where both are zero."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.estimates / self.std_errors

    @property
    def p_values(self) -> FloatArray:
        """Two-sided p-values of no effect, one by one, (k,)."""
        return np.asarray(two_sided_p(self.statistics, self.df))

    def combine(self, weights: dict[str, float], *, estimand: str = "combination") -> Effect:
        """Return the weighted sum of some of the estimates, with its standard error."""
        vector = np.zeros(len(self))
        for label, weight in weights.items():
            vector[self._position(label)] = weight
        variance = max(float(vector @ self.cov @ vector), 0.0)
        return Effect(
            estimand=estimand, estimate=float(vector @ self.estimates), std_error=math.sqrt(variance), df=self.df
        )

    def select(self, labels: tuple[str, ...]) -> Effects:
        """Return some of the estimates, in the order asked for."""
        at = [self._position(label) for label in labels]
        return Effects(
            dimension=self.dimension,
            labels=tuple(labels),
            estimates=self.estimates[at],
            cov=self.cov[np.ix_(at, at)],
            df=self.df,
        )

    def joint_test(self, null: float = 0.0) -> JointTest:
        """Return the Wald test that all of them equal ``null``.

        A covariance of lower rank tests as many restrictions as its rank; directions whose variance is less
        than 1e-10 of the largest (after scaling each estimate by its standard error) are left out.
        """
        test = wald_test(self.estimates, self.cov, null=null, df=self.df)
        statistic = test.statistic if math.isinf(self.df) and test.rank else test.f_statistic
        return JointTest(statistic=statistic, df=test.rank, df_denom=test.df_denom, p_value=test.p_value)

    def bands(self, level: float = 0.95, *, kind: str = "pointwise") -> tuple[FloatArray, FloatArray]:
        """Return lower and upper ends of the intervals of all estimates.

        Parameters
        ----------
        level : float
            Coverage of each interval, or of all of them at once.
        kind : {"pointwise", "uniform"}
            Uniform (sup-t) bands contain the whole vector with probability ``level`` (Montiel Olea and
            Plagborg-Møller 2019).

        Returns
        -------
        low, high : (k,) arrays
            In units of the outcome.
        """
        level = fraction("level", level)
        if choice("kind", kind, ("pointwise", "uniform")) == "uniform":
            moving = self.std_errors > 0
            scale = self.std_errors[moving]
            crit = float(sup_t_critical(self.cov[np.ix_(moving, moving)] / np.outer(scale, scale), level, df=self.df))
        else:
            crit = float(critical_value(level, self.df))
        half = crit * self.std_errors
        return self.estimates - half, self.estimates + half

    def table(self, level: float = 0.95) -> Table:
        """Return one row per estimate, in the columns that every frame of the package uses."""
        low, high = self.bands(level)
        return Table(
            title="",
            columns={
                "term": self.labels,
                "estimate": self.estimates.tolist(),
                "std_error": self.std_errors.tolist(),
                "statistic": self.statistics.tolist(),
                "p_value": self.p_values.tolist(),
                "conf_low": low.tolist(),
                "conf_high": high.tolist(),
            },
        )

    def _position(self, label: str) -> int:
        try:
            return self.labels.index(label)
        except ValueError:
            raise OptionError(
                f"{label!r} is no {self.dimension.replace('_', ' ')} of this result."
                f"{near_match(label, self.labels)} There are: {', '.join(self.labels[:12])}."
            ) from None
