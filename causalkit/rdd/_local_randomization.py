"""The comparison of units in a window so narrow that the side on which they fell can pass for chance."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from causalkit._numerics._linear import least_squares
from causalkit._numerics._randomization import (
    MOST_PAIRS,
    Assignments,
    effects_by_means,
    effects_by_ranks,
    effects_by_smirnov,
    rank_sums,
    smirnov_distances,
)
from causalkit._validate import choice, generator, whole
from causalkit.errors import DesignError, DesignWarning, OptionError
from causalkit.rdd._bins import scatter_of
from causalkit.rdd._design import read_design
from causalkit.rdd._randomization import RandomizationInference
from causalkit.rdd._records import placed
from causalkit.rdd._settings import pair_of
from causalkit.rdd._window_checks import first_stage_check, window_checks
from causalkit.rdd._window_fit import Window, fit_window, ratio_set
from causalkit.rdd._window_selection import (
    STATISTICS,
    WindowSelection,
    balance_p_values,
    large_sample_p,
    select_window,
)
from causalkit.results import Checks, Effect, Result, Sample, Table
from causalkit.results._interval import significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._numerics._randomization import RandomizationStatistic
    from causalkit._typing import BoolArray, FloatArray, IntoDataFrame, Missing, Rng
    from causalkit.rdd._bins import BinnedScatter
    from causalkit.rdd._design import RddDesign
    from causalkit.rdd._window_fit import WindowFit
    from causalkit.results import Uncertainty

__all__ = ["LocalRandomizationResult", "local_randomization"]

_WEAK = 10.0
_HIGHEST = 4
# Beyond it only the statistic chosen is reassigned; the others show their large-sample p-values alone.
_MANY_ROWS = 5_000
# The scatter shows this many half-widths on either side of the window, in this many bins.
_AROUND = 4.0
_BINS = 16
_NAMES = {"difference": "difference in means", "rank_sum": "rank sum", "ks": "Kolmogorov-Smirnov"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LocalRandomizationResult(Result):
    """A comparison in a window around the cutoff.

    Attributes
    ----------
    large_sample : Effect
        The same estimate with an interval from the normal distribution.
    first_stage, reduced_form : Effect or None
        Differences of the treatment taken and of the outcome, where take-up is imperfect.
    tests : Table
        Tests of no effect on anybody, by statistic.
    window_below, window_above : float
        How far the window reaches, in units of the score.
    n_below, n_above : int
        Rows in it.
    level_below, level_above : tuple of float
        Coefficients of the mean outcome on either side, in powers of ``score - cutoff``; one for a plain mean.
    cutoff : float
        Where treatment starts.
    selection : WindowSelection or None
        How the window was chosen.
    scatter : BinnedScatter or None
        Means of the outcome in and around the window.
    n_at_cutoff : int
        Rows exactly at the cutoff, which count as treated.
    """

    large_sample: Effect
    first_stage: Effect | None
    reduced_form: Effect | None
    tests: Table
    window_below: float
    window_above: float
    n_below: int
    n_above: int
    level_below: tuple[float, ...]
    level_above: tuple[float, ...]
    cutoff: float
    selection: WindowSelection | None = None
    scatter: BinnedScatter | None = None
    n_at_cutoff: int = 0

    @property
    def running(self) -> str:
        """Column of the score."""
        return self.roles["running"][0]

    @property
    def treatment(self) -> str:
        """What the effect is of: the treatment, or being on the treated side."""
        if self.roles.get("treatment"):
            return ", ".join(self.roles["treatment"])
        return f"{self.running} {self.options['treated']} the cutoff"

    def question(self) -> str:
        """Return the question that was asked, in plain words."""
        return f"What is the effect of {self.treatment} on {self.outcome}, for units {self._window()}?"

    def headline(self, level: float = 0.95) -> str:
        """Return the answer in one sentence, in units of the outcome."""
        kind = "randomization" if self.options["order"] == 0 else "large-sample"
        return (
            f"For units {self._window()}, {self.treatment} changes {self.outcome} by {self.estimate:+,.4g} "
            f"({level:.0%} {kind} interval {self.conf_int(level).format()})."
        )

    def tables(self, level: float = 0.95) -> tuple[Table, ...]:
        """Return the tests, the estimates by how they are judged, and the sides."""
        rows: dict[str, Effect] = {"estimate": self.effect}
        if self.effect.uncertainty is not None:
            rows["estimate, large sample"] = self.large_sample
        if self.first_stage is not None and self.reduced_form is not None:
            rows |= {"first stage": self.first_stage, "reduced form": self.reduced_form}
        intervals = [each.conf_int(level) for each in rows.values()]
        estimates = Table(
            title="Estimates in the window",
            columns={
                "term": list(rows),
                "estimate": [each.estimate for each in rows.values()],
                "std_error": [each.std_error for each in rows.values()],
                "p_value": [each.p_value for each in rows.values()],
                "conf_set": [each.format() for each in intervals],
            },
            headings={"conf_set": f"{level:.0%} interval"},
        )
        sides = Table(
            title="Sides of the window",
            columns={
                "side": ["below", "above"],
                "window": [self.window_below, self.window_above],
                "n_window": [self.n_below, self.n_above],
                "mean": [self.level_below[0], self.level_above[0]],
            },
            headings={"window": "reaches", "n_window": "rows within", "mean": "outcome at the cutoff"},
            note=f"Rows exactly at the cutoff: {self.n_at_cutoff:,}, counted as treated.",
        )
        return estimates, self.tests, sides

    def _window(self) -> str:
        low, high = self.cutoff - self.window_below, self.cutoff + self.window_above
        days = f" days from {placed(self.options)}" if isinstance(self.options["cutoff"], str) else ""
        return f"with {self.running} between {significant(low)} and {significant(high)}{days}"


def local_randomization(
    data: IntoDataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: object,
    treated: str,
    window: float | Sequence[float] | WindowSelection | None = None,
    treatment: str | None = None,
    covariates: str | Sequence[str] | None = None,
    order: int = 0,
    statistic: str = "difference",
    draws: int = 4999,
    rng: Rng = 0,
    missing: Missing = "raise",
) -> LocalRandomizationResult:
    """Compare units in a window around the cutoff as if they had been treated at random there.

    Closer to the cutoff than chance moves the score, the side on which a unit falls is like a coin flip. Then the
    difference in means is the effect, and a test asks how often other flips of the same coins would have given as
    large a statistic; it needs neither large samples nor a continuous score. The interval holds the constant effects
    that the test does not reject.

    Parameters
    ----------
    data : data frame
        One row per unit.
    outcome, running : str
        Columns of the outcome and the score.
    cutoff : number or date
        Where treatment starts. Units exactly at it count as treated.
    treated : {"above", "below"}
        Which side is treated.
    window : float, pair of float or WindowSelection, optional
        Half-width of the window in units of the score, or how far it reaches below and above; or what
        :func:`select_window` chose. If not given, it is chosen by the balance of ``covariates``.
    treatment : str, optional
        Column of the treatment taken, where not everybody follows the rule: the effect is then the ratio of the
        differences of outcome and take-up (two-stage least squares), and its interval inverts randomization tests of
        each ratio (Anderson-Rubin); it may be unbounded.
    covariates : str or sequence of str, optional
        Columns settled before treatment; their balance in the window is tested.
    order : int
        Degree of a polynomial in the score on either side, by which the outcome is adjusted to the cutoff. Rows can
        then no longer change places: the interval is a large-sample one with HC3 errors (of a ratio with a
        first-stage F below 10, the Anderson-Rubin set).
    statistic : {"difference", "rank_sum", "ks"}
        Statistic of the test behind interval and p-value: difference in means, rank sum, or Kolmogorov-Smirnov
        distance. The estimate is the difference in means (the ratio) throughout.
    draws : int
        Assignments drawn; where there are no more than that, all are listed and the test is exact.
    rng : numpy.random.Generator or int
        Source of the draws.
    missing : {"raise", "drop"}
        What happens to rows with missing values.

    Returns
    -------
    LocalRandomizationResult
        Estimate with a randomization interval; ``large_sample`` has the usual one.

    Raises
    ------
    DesignError
        A side has fewer than two rows in the window, or no window is balanced.
    OptionError
        Neither a window nor covariates were given, or a statistic cannot be adjusted by a polynomial.
    DataError
        As for :func:`local_polynomial`.

    Notes
    -----
    Standard errors are Neyman's (HC2) for the difference in means, HC0 for the ratio, and HC3 with a polynomial. With
    ties in the outcome, rank tests at effects other than zero are approximate; differences in means are exact.

    References
    ----------
    Cattaneo, M. D., Frandsen, B. R. and Titiunik, R. (2015). Journal of Causal Inference 3(1), 1-24. Imbens, G. W. and
    Rosenbaum, P. R. (2005). Journal of the Royal Statistical Society A 168(1), 109-126.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from causalkit import rdd
    >>> rng = np.random.default_rng(1)
    >>> score = rng.integers(-20, 20, 1500)
    >>> df = pd.DataFrame({"score": score, "spend": 5.0 * (score >= 0) + rng.normal(0, 4, 1500)})
    >>> result = rdd.local_randomization(
    ...     df, outcome="spend", running="score", cutoff=0, treated="above", window=2, rng=1
    ... )
    >>> 5.0 in result.conf_int()
    True
    """
    degree = whole("order", order, least=0, most=_HIGHEST)
    kind = cast("RandomizationStatistic", choice("statistic", statistic, STATISTICS))
    if degree and kind != "difference":
        raise OptionError(
            f"statistic={statistic!r} cannot be adjusted by a polynomial; use order=0 or statistic='difference'."
        )
    count = whole("draws", draws, least=99)
    source = generator(rng)
    selection = _selection(
        data, window=window, covariates=covariates, running=running, cutoff=cutoff, treated=treated, rng=source,
        missing=missing,
    )  # fmt: skip
    design = read_design(
        data, outcome=outcome, running=running, cutoff=cutoff, treated=treated, treatment=treatment,
        covariates=covariates, cluster=None, weights=None, missing=missing,
    )  # fmt: skip
    reach = _reach(selection, window)
    compared = Window.of(design, reach)
    if degree:
        compared.require_order(degree)
    return _result(design, compared, selection, degree, kind, count, source)


def _selection(
    data: IntoDataFrame,
    *,
    window: object,
    covariates: str | Sequence[str] | None,
    running: str,
    cutoff: object,
    treated: str,
    rng: np.random.Generator,
    missing: Missing,
) -> WindowSelection | None:
    if isinstance(window, WindowSelection):
        return window
    if window is not None:
        return None
    if covariates is None:
        raise OptionError(
            "window=None needs covariates=... by whose balance a window is chosen; or give the half-width as window=..."
        )
    return select_window(
        data, covariates=covariates, running=running, cutoff=cutoff, treated=treated, rng=rng, missing=missing
    )


def _reach(selection: WindowSelection | None, window: object) -> tuple[float, float]:
    if selection is None:
        return pair_of("window", window)
    if selection.window is None:
        raise DesignError(
            f"No window was chosen: {selection.covariates[0]!r} differs even in the narrowest one, "
            f"{significant(float(selection.windows[0]))} on either side (p = {selection.p_values[0]:.3g}). Give "
            f"window=... if you have reasons for one."
        )
    return selection.window, selection.window


def _result(
    design: RddDesign,
    window: Window,
    selection: WindowSelection | None,
    order: int,
    statistic: RandomizationStatistic,
    draws: int,
    rng: np.random.Generator,
) -> LocalRandomizationResult:
    cut = design.cut
    reduced, first = fit_window(window, window.y, order), fit_window(window, window.taken, order)
    if design.is_fuzzy and first.estimate == 0:
        raise DesignError("Take-up of the treatment does not differ between the sides of the window.")
    main = fit_window(window, window.y, order, by=window.taken) if design.is_fuzzy else reduced
    assignments = Assignments(treated=window.treated, draws=draws, rng=rng)
    test, tests = _tests(window, statistic, order, assignments)
    inference: Uncertainty | None = test
    if order and design.is_fuzzy and first.f < _WEAK:
        inference = ratio_set(window, order, reduced, first)
    estimand = f"{'LATE' if design.is_fuzzy else 'ATE'} in the window"
    checks = window_checks(design, window, selection, draws, rng)
    if design.is_fuzzy:
        checks.append(first_stage_check(first))
    for check in checks:
        # Unequal counts are no surprise where the score takes few values.
        if check.verdict in ("questionable", "violated") and check.name != "counts in the window":
            cut.warned.add(check.reading, DesignWarning)
    if main.std_error == 0 and design.columns[0].any():
        cut.warned.add("The outcome does not vary within the sides of the window.", DesignWarning)
    sizes = (int(np.count_nonzero(~window.treated)), int(np.count_nonzero(window.treated)))
    n_below, n_above = cut.below_above(*sizes)
    levels = cut.below_above(*(_levels(window, side, order) for side in (~window.treated, window.treated)))
    dropped = {**cut.rows.dropped, "outside the window": cut.rows.n_used - sum(sizes)}
    return LocalRandomizationResult(
        method=_method(design, order, exact=assignments.exact),
        effect=Effect(
            estimand=estimand, estimate=main.estimate, std_error=main.std_error, uncertainty=inference
        ),
        sample=Sample(
            n_rows=cut.rows.n_rows, n_used=sum(sizes), n_control=sizes[0], n_treated=sizes[1],
            dropped={why: n for why, n in dropped.items() if n},
        ),
        checks=Checks(tuple(checks)),
        roles={role: cut.rows.names(role) for role in _ROLES if cut.rows.names(role)},
        options={
            "cutoff": cut.place, "treated": cut.treated, "order": order, "statistic": statistic, "draws": draws,
            "cov_type": main.cov_type,
        },
        warnings=cut.warned.messages,
        backend=cut.rows.backend,
        large_sample=Effect(estimand=estimand, estimate=main.estimate, std_error=main.std_error),
        first_stage=_effect("difference of take-up", first) if design.is_fuzzy else None,
        reduced_form=_effect("difference of the outcome", reduced) if design.is_fuzzy else None,
        tests=tests,
        window_below=window.reach[0],
        window_above=window.reach[1],
        n_below=n_below,
        n_above=n_above,
        level_below=levels[0],
        level_above=levels[1],
        cutoff=cut.cutoff,
        selection=selection,
        scatter=_scatter(design, window.reach),
        n_at_cutoff=cut.n_at_cutoff,
    )  # fmt: skip


_ROLES = ("outcome", "running", "treatment", "covariates")


def _method(design: RddDesign, order: int, *, exact: bool) -> str:
    kind = "Fuzzy" if design.is_fuzzy else "Sharp"
    how = f"adjusted by a polynomial of order {order}" if order else f"{'exact ' if exact else ''}randomization test"
    return f"{kind} regression discontinuity, local randomization, {how}"


def _effect(name: str, fit: WindowFit) -> Effect:
    return Effect(estimand=name, estimate=fit.estimate, std_error=fit.std_error)


def _levels(window: Window, side: BoolArray, order: int) -> tuple[float, ...]:
    """Coefficients of the mean outcome on a side, in powers of the score less the cutoff."""
    if not order:
        return (float(window.y[side].mean()),)
    unit = max(window.reach)
    fit = least_squares((window.gap[side] / unit)[:, None] ** np.arange(1, order + 1), window.y[side])
    return tuple((fit.coefficients / unit ** np.arange(order + 1)).tolist())


def _tests(
    window: Window, statistic: RandomizationStatistic, order: int, assignments: Assignments
) -> tuple[RandomizationInference | None, Table]:
    """Inference by the statistic chosen, and a table of the tests of no effect by all of them."""
    y, treated = window.middle(), window.treated
    if order:
        fit = fit_window(window, window.y, order)
        effect = _effect("", fit)
        table = _test_table(["difference"], [fit.estimate], [math.nan], [effect.p_value])
        return None, table
    if statistic == "rank_sum" and int(treated.sum()) * int((~treated).sum()) > MOST_PAIRS:
        raise DesignError(
            f"The rank sum is inverted over pairs of rows, and the window has {int(treated.sum()):,} by "
            f"{int((~treated).sum()):,} of them. Narrow it, or use statistic='difference'."
        )
    if statistic == "difference":
        inference = RandomizationInference.of(effects_by_means(y - y.mean(), window.taken, assignments))
    elif not np.array_equal(window.taken, treated):
        raise OptionError(f"statistic={statistic!r} is for sharp designs; with treatment=... use 'difference'.")
    else:
        by = effects_by_ranks if statistic == "rank_sum" else effects_by_smirnov
        inference = RandomizationInference.of(by(y, assignments))
    names: list[RandomizationStatistic] = [statistic, *(each for each in STATISTICS if each != statistic)]
    permuted = [inference.p_value(0.0)]
    for name in names[1:]:
        if y.size > _MANY_ROWS:
            permuted.append(math.nan)
            continue
        p_values = balance_p_values(y[:, None], treated, name, "permutation", assignments.draws, assignments.rng)
        permuted.append(float(p_values[0]))
    values = [_value(y, treated, name) for name in names]
    return inference, _test_table(names, values, permuted, [large_sample_p(y, treated, name) for name in names])


def _value(y: FloatArray, treated: BoolArray, statistic: str) -> float:
    """Value of a statistic as the field prints it."""
    n, m = y.size, int(np.count_nonzero(treated))
    if statistic == "ks":
        return float(smirnov_distances(y, treated[None])[0]) / (m * (n - m))
    if statistic == "difference":
        return float(y[treated].mean() - y[~treated].mean())
    return float(rank_sums(y, treated[None])[0]) / 2 / math.sqrt(m * (n - m) * (n + 1) / 12)


def _test_table(
    names: Sequence[str], values: Sequence[float], permuted: Sequence[float], normal: Sequence[float]
) -> Table:
    return Table(
        title="Tests of no effect on anybody in the window",
        columns={
            "test": [_NAMES[name] for name in names],
            "statistic": list(values),
            "p_value": list(permuted),
            "p_large_sample": list(normal),
        },
        headings={"p_value": "p, randomization", "p_large_sample": "p, large sample"},
        note="The rank sum is standardised. Tests of the outcome between the sides, also where take-up is imperfect.",
    )


def _scatter(design: RddDesign, reach: tuple[float, float]) -> BinnedScatter | None:
    """Means of the outcome in and around the window."""
    cut = design.cut
    untreated, treated = cut.below_above(*reach)
    gap = cut.oriented * cut.scale
    near = (gap >= -_AROUND * untreated) & (gap <= _AROUND * treated)
    around = replace(
        design.of_columns(slice(1)), cut=replace(cut, oriented=cut.oriented[near]), columns=design.columns[:1, near],
        weights=None, clusters=None,
    )  # fmt: skip
    return scatter_of(around, n_bins=_BINS, order=0)
