"""Diagnose Simpson's paradox for given strata."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from causalkit._frames import cross
from causalkit._numerics._grouped import cluster_sums, grouped_moments
from causalkit._validate import choice, counted, listed, near_match, non_negative
from causalkit._warnings import Warned
from causalkit.errors import DataWarning, DesignError, OptionError
from causalkit.results import Checks, Effect, Effects, LogScale, Sample
from causalkit.simpson import _checks
from causalkit.simpson._binary import (
    crude_ratios,
    mantel_haenszel_odds_ratio,
    mantel_haenszel_ratios,
    standardised_ratios,
    stratified_tests,
)
from causalkit.simpson._cells import Cells, covariance
from causalkit.simpson._decomposition import kitagawa
from causalkit.simpson._design import names_in_words, read_design, stratum_labels
from causalkit.simpson._pattern import patterns
from causalkit.simpson._result import COMPARABLE, SimpsonResult, Strata
from causalkit.simpson._reversal import full_reversal_p_value, reversal
from causalkit.simpson._standard import (
    Population,
    comparable_crude,
    crude,
    given_standard,
    standard,
    standardised,
)
from causalkit.simpson._strata import cochran_q, gail_simon, stratum_effects

if TYPE_CHECKING:
    from causalkit._frames import Levels
    from causalkit._typing import Columns, FloatArray, IntoDataFrame, Missing
    from causalkit.simpson._bins import Bins
    from causalkit.simpson._cells import CovType, Statistic
    from causalkit.simpson._decomposition import Base
    from causalkit.simpson._design import Design
    from causalkit.simpson._strata import StratumEffects

CovarianceName: TypeAlias = Literal["HC0", "HC2", "CR0", "CR1"]
StandardName: TypeAlias = "Population | Mapping[str, float]"

ESTIMANDS: dict[Population, str] = {
    "all": "ATE",
    "treated": "ATT",
    "control": "ATC",
    "overlap": "ATO",
    "inverse_variance": "inverse variance",
}
FEW_TREATED = 10
FEW_CLUSTERS = 20

__all__ = ["diagnose"]


def diagnose(
    data: IntoDataFrame,
    *,
    outcome: str,
    treatment: str,
    by: Columns,
    treated: str | float | bool | None = None,
    standard: StandardName = "all",
    weights: str | None = None,
    cluster: str | None = None,
    bins: Bins | None = None,
    missing: Missing = "raise",
    missing_level: str | None = None,
    cov_type: CovarianceName | None = None,
) -> SimpsonResult:
    """Take a difference apart: the effect within strata, and the different composition of the two arms.

    The crude difference compares all treated with all control rows. The standardised effect averages the differences
    within strata, with the same weights for both arms; it is the average effect of the treatment if treated and
    control rows of a stratum differ in nothing else that matters, and if the strata were settled before the treatment.
    Simpson's paradox is a crude difference of the opposite sign.

    Parameters
    ----------
    data : data frame
        One row per unit; pandas, polars, pyarrow or any frame narwhals reads.
    outcome, treatment : str
        Columns: the outcome, a number; the treatment, with two values.
    by : str or sequence of str
        Columns whose combinations are the strata. A column with more than 50 different numbers is refused unless
        ``bins`` cuts it.
    treated : label, optional
        Value of the treatment that counts as treated; needed unless it holds 0/1 or booleans.
    standard : {"all", "treated", "control", "overlap", "inverse_variance"} or mapping of str to float
        Whose composition weights the strata in the headline effect: everybody's (ATE), that of the treated (ATT), of
        the controls (ATC), the overlap ``n1 n0 / (n1 + n0)`` of Mantel and Haenszel (ATO, the coefficient of least
        squares with stratum dummies), the inverse variances of the effects, or shares of your own by stratum label.
        The others are reported beside it.
    weights : str, optional
        Column of sampling weights: how many units of the population a row stands for. They are scaled freely; a row
        with weight 0 is left out, and standard errors are robust. Counts of identical rows (frequency weights) give
        the right estimates, but the standard errors of so many *rows*; repeat the rows instead.
    cluster : str, optional
        Column of clusters, within which rows may depend on one another.
    bins : int, or mapping of str to int or edges, optional
        How columns of numbers in ``by`` are cut: into so many groups of about equal size (columns with no more values
        are left alone), or for each column a number or its inner edges.
    missing : {"raise", "drop"}
        What happens to rows with a missing value.
    missing_level : str, optional
        Makes missing values of ``by`` a stratum of their own, with this label.
    cov_type : {"HC0", "HC2", "CR0", "CR1"}, optional
        Divisor of the variances: n (``"HC0"``, the default) or n - 1 of each cell (``"HC2"``); with clusters the plain
        sum over the G clusters (``"CR0"``, the default) or that times G / (G - 1) (``"CR1"``), both with t quantiles
        on G - 1 degrees of freedom.

    Returns
    -------
    SimpsonResult
        The effects with their joint covariance, the strata, the decomposition, how sure the reversal is, and checks.

    Raises
    ------
    DataError
        Values that cannot be used: missing, infinite, text, a treatment without two values, a continuous ``by``.
    DesignError
        No stratum has rows in both arms, or there is one cluster only.
    OptionError
        An argument that is not allowed, or one column in two roles.

    Notes
    -----
    All statistics are smooth functions of the weights and means of the stratum by arm cells; their joint covariance
    is that of their influence functions. The gap between crude and standardised effect therefore has a standard error
    of its own, usually much smaller than that of either.

    Strata with rows in one arm only say nothing about the effect. They are left out of the standardised effects and
    of the gap, are counted in ``sample.dropped``, and what they add to the crude difference is a part of its own in
    the decomposition, which starts from the crude difference over all rows and adds up to it exactly.

    References
    ----------
    Simpson, E. H. (1951). The interpretation of interaction in contingency tables. JRSS B 13(2), 238-241.
    Kitagawa, E. M. (1955). Components of a difference between two rates. JASA 50(272), 1168-1194.
    Hernán, M. A., Clayton, D. and Keiding, N. (2011). The Simpson's paradox unraveled. International Journal of
    Epidemiology 40(3), 780-785.

    Examples
    --------
    >>> from causalkit import datasets, simpson
    >>> users = datasets.load("service_gmv")
    >>> found = simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity")
    >>> round(found.crude.estimate), round(found.estimate, 1), found.kind()
    (-123, 772.5, 'reversal')
    """
    correction = _cov_type(cov_type, clustered=cluster is not None)
    if not isinstance(standard, Mapping):
        choice("standard", standard, get_args(Population))
    design = read_design(
        data,
        outcome=outcome,
        treatment=treatment,
        strata=by,
        role="by",
        treated=treated,
        weights=weights,
        cluster=cluster,
        bins=bins,
        missing=missing,
        missing_level=missing_level,
    )
    levels = cross(design.columns)
    cells = _cells(design, levels)
    if not cells.comparable.any():
        raise DesignError(
            f"No stratum of by={listed(levels.names)} has rows in both arms: {_n_strata(levels)}, each with "
            f"{design.treated_label!r} only or {design.control_label!r} only. Use coarser strata."
        )
    return _Diagnosis(design, levels, cells, standard, correction).result(
        options={
            "standard": standard if isinstance(standard, str) else "given",
            "treated": treated,
            "bins": bins if isinstance(bins, int) else None if bins is None else str(dict(bins)),
            "missing": missing,
            "missing_level": missing_level,
            "cov_type": _covariance_name(correction, clustered=cluster is not None),
        }
    )


def _cov_type(name: CovarianceName | None, *, clustered: bool) -> CovType:
    if name is None:
        return "HC0"
    choice("cov_type", name, get_args(CovarianceName))
    if clustered != name.startswith("CR"):
        allowed = ("CR0", "CR1") if clustered else ("HC0", "HC2")
        raise OptionError(
            f"cov_type={name!r} does not go {'with' if clustered else 'without'} cluster=...; "
            f"choose one of: {listed(allowed)}."
        )
    return "HC0" if name.endswith("0") else "HC2"


def _covariance_name(cov_type: CovType, *, clustered: bool) -> str:
    if not clustered:
        return cov_type
    return "CR0" if cov_type == "HC0" else "CR1"


def _n_strata(levels: Levels) -> str:
    return counted(len(levels), "stratum", "strata")


def _cells(design: Design, levels: Levels) -> Cells:
    """The one pass over the rows (two with clusters)."""
    cell = 2 * levels.codes + design.treated
    moments = grouped_moments(cell, design.outcome, 2 * len(levels), weights=design.weights)
    if design.cluster is None or design.n_clusters is None:
        return Cells.of(moments)
    sums = cluster_sums(
        design.cluster,
        cell,
        design.outcome,
        moments,
        n_clusters=design.n_clusters,
        weights=design.weights,
    )
    return Cells.of(moments, sums)


@dataclass(frozen=True, slots=True)
class _Diagnosis:
    """The steps from cells to the result."""

    design: Design
    levels: Levels
    cells: Cells
    standard: StandardName
    cov_type: CovType

    def result(self, options: Mapping[str, str | float | None]) -> SimpsonResult:
        cells = self.cells
        within = stratum_effects(cells, self.cov_type)
        effects = self._effects()
        headline = effects.labels[0]
        has_alone = COMPARABLE in effects.labels
        gap_of = COMPARABLE if has_alone else "crude"
        pair = effects.select((gap_of, headline))
        compared, adjusted = (float(each) for each in pair.estimates)
        strata = self._strata(within)
        use = cells.comparable
        turned = reversal(compared, adjusted, pair.cov, df=self._df)
        agreement = reversal(compared, -adjusted, pair.cov * np.array([[1, -1], [-1, 1]]), df=self._df).p_value
        independent = self.design.weights is None and cells.clusters is None
        warned = self._warned(effects, has_alone=has_alone)
        return SimpsonResult(
            method=self._method(),
            effect=effects[headline],
            sample=self._sample(),
            checks=Checks(
                (
                    _checks.overlap_check(strata),
                    _checks.small_cells_check(strata),
                    _checks.composition_check(cells, effects["gap"], headline, independent=independent),
                    _checks.reversal_check(compared, adjusted, turned, agreement),
                    _checks.homogeneity_check(strata, cochran_q(within, df_denom=self._df)),
                    _checks.qualitative_check(strata, gail_simon(within)),
                    _checks.pre_treatment_check(self.levels.names, self._name("treatment")),
                    _checks.unconfounded_check(self.levels.names, self._name("treatment")),
                )
            ),
            roles={
                role: self.design.rows.names(role)
                for role in ("outcome", "treatment", "by", "weights", "cluster")
                if self.design.rows.names(role)
            },
            options=options,
            warnings=warned.messages,
            backend=self.design.rows.backend,
            crude=effects["crude"],
            gap=effects["gap"],
            reversal=turned,
            full_reversal_p_value=full_reversal_p_value(
                compared, float(pair.cov[0, 0]), within.estimate[use], within.variance[use], df=self._df
            ),
            patterns=patterns(compared, adjusted, within.estimate[use]),
            effects=effects,
            strata=strata,
            parts={base: self._parts(base) for base in ("symmetric", "treated", "control")},
            ratios=self._ratios(),
            stratified_tests=stratified_tests(cells) if self.design.is_binary and independent else None,
            arms=(self.design.control_label, self.design.treated_label),
        )

    @property
    def _df(self) -> float:
        return math.inf if self.design.n_clusters is None else self.design.n_clusters - 1.0

    def _effects(self) -> Effects:
        """The headline, the crude difference, their gap, and the other standards, with their joint covariance."""
        headline = self._headline()
        label = ESTIMANDS[self.standard] if isinstance(self.standard, str) else "given standard"
        found: dict[str, Statistic] = {label: headline, "crude": crude(self.cells)}
        if not self.cells.comparable.all():
            found[COMPARABLE] = comparable_crude(self.cells)
        found["gap"] = comparable_crude(self.cells) - headline
        for population, name in ESTIMANDS.items():
            if name != label:
                found[name] = standardised(self.cells, standard(self.cells, population, self.cov_type))
        if not math.isfinite(headline.value):
            raise DesignError(
                "standard='inverse_variance' needs an outcome that varies within every stratum and arm; in one it does "
                "not. Choose another standard."
            )
        usable = {name: each for name, each in found.items() if math.isfinite(each.value)}
        return Effects(
            dimension="estimand",
            labels=tuple(usable),
            estimates=np.array([self._zeroed(each.value) for each in usable.values()]),
            cov=covariance(list(usable.values()), self.cells, self.cov_type),
            df=self._df,
        )

    def _zeroed(self, value: float) -> float:
        """A difference that is zero but for rounding is zero."""
        return 0.0 if abs(value) <= self.cells.rounding else value

    def _headline(self) -> Statistic:
        if isinstance(self.standard, str):
            return standardised(self.cells, standard(self.cells, self.standard, self.cov_type))
        return standardised(self.cells, given_standard(self.cells, self._given_shares(self.standard)))

    def _given_shares(self, shares: Mapping[str, float]) -> FloatArray:
        labels = stratum_labels(self.levels)
        unknown = [each for each in shares if each not in labels]
        absent = [each for each in labels if each not in shares]
        if unknown:
            raise OptionError(
                f"standard names {unknown[0]!r}, which is not a stratum.{near_match(unknown[0], labels)} "
                f"The strata are: {listed(labels)}."
            )
        if absent:
            raise OptionError(f"standard has no share for {listed(absent)}; give every stratum one, 0 if need be.")
        values = np.array([non_negative(f"standard[{each!r}]", shares[each]) for each in labels])
        if not values[self.cells.comparable].sum() > 0:
            raise OptionError("standard gives no share to any stratum with both arms.")
        return values

    def _parts(self, base: Base) -> Effects:
        parts = kitagawa(self.cells, base)
        alone = self.cells.rows[~self.cells.comparable]
        for arm, part in enumerate(("control_only", "treated_only")):
            if not alone[:, arm].any():
                del parts[part]
        parts["crude"] = crude(self.cells)
        return Effects(
            dimension="part",
            labels=tuple(parts),
            estimates=np.array([each.value for each in parts.values()]),
            cov=covariance(list(parts.values()), self.cells, self.cov_type),
            df=self._df,
        )

    def _strata(self, within: StratumEffects) -> Strata:
        cells = self.cells
        filled = cells.rows > 0
        variance = np.full(cells.weight.shape, np.nan)
        np.divide(cells.square, cells.weight, out=variance, where=filled)
        joint = within.covariance
        spans = joint is None or joint.nnz > joint.shape[0]
        return Strata(
            names=self.levels.names,
            labels=stratum_labels(self.levels),
            rows=cells.rows,
            weight=cells.weight,
            mean=np.where(filled, cells.origin + cells.mean, np.nan),
            std_dev=np.sqrt(variance),
            estimate=within.estimate,
            std_error=np.sqrt(np.where(cells.comparable, within.variance, np.nan)),
            independent=not spans,
            cov=joint.toarray() if spans and joint is not None else np.empty((0, 0)),
            df=self._df,
        )

    def _ratios(self) -> dict[str, Effect]:
        """Risk and odds ratios of a 0/1 outcome."""
        if not self.design.is_binary:
            return {}
        pooled = mantel_haenszel_ratios(self.cells, self.cov_type)
        if self.design.weights is None and self.cells.clusters is None:
            pooled["odds ratio"] = mantel_haenszel_odds_ratio(self.cells)
        kinds = {
            "crude": crude_ratios(self.cells, self.cov_type),
            "standardised": standardised_ratios(self.cells, self.cov_type),
            "Mantel-Haenszel": pooled,
        }
        found = {}
        for how, ratios in kinds.items():
            for what, ratio in ratios.items():
                if math.isfinite(ratio.log_std_error) and ratio.log_std_error > 0:
                    scale = LogScale(estimate=ratio.estimate, std_error=ratio.log_std_error, df=self._df)
                    found[f"{how} {what}"] = Effect(
                        estimand=f"{how} {what}",
                        estimate=ratio.estimate,
                        std_error=ratio.estimate * ratio.log_std_error,
                        df=self._df,
                        uncertainty=scale,
                    )
        return found

    def _sample(self) -> Sample:
        rows = self.design.rows
        sample = Sample.of(rows, self.design.treated, n_clusters=self.design.n_clusters)
        used = self.cells.rows[self.cells.comparable].sum(axis=0)
        alone = rows.n_used - int(used.sum())
        if not alone:
            return sample
        return replace(
            sample,
            n_used=int(used.sum()),
            n_treated=int(used[1]),
            n_control=int(used[0]),
            dropped={**sample.dropped, "stratum with one arm only": alone},
        )

    def _method(self) -> str:
        clustered = self.design.n_clusters is not None
        return (
            f"Stratification by {names_in_words(self.levels.names)} ({_n_strata(self.levels)}), "
            f"standard errors from influence functions, {_covariance_name(self.cov_type, clustered=clustered)}"
        )

    def _name(self, role: str) -> str:
        return self.design.rows.names(role)[0]

    def _warned(self, effects: Effects, *, has_alone: bool) -> Warned:
        """Say what the analyst must weigh."""
        warned = Warned()
        rows = self.cells.rows
        by = listed(self.levels.names)
        if len(self.levels) == 1:
            warned.add(f"by={by} has one value in all rows: there is nothing to compare with.", DataWarning)
        if has_alone:
            alone = ~self.cells.comparable
            n = rows[alone].sum(axis=0)
            warned.add(
                f"Left out of the standardised effect: {counted(int(alone.sum()), 'stratum', 'strata')} of "
                f"{len(self.levels)} in by={by} with one arm only ({n[1]:,} treated, {n[0]:,} control rows). The crude "
                f"difference keeps them, and decomposition() says what they add."
            )
        for n, arm in zip(rows[self.cells.comparable].sum(axis=0).tolist(), ("control", "treated"), strict=True):
            if n < FEW_TREATED:
                warned.add(f"Only {n} {arm} rows can be compared: the interval is unreliable.")
        if self.design.n_clusters is not None and self.design.n_clusters < FEW_CLUSTERS:
            warned.add(f"{self.design.n_clusters} clusters are few: the standard errors are likely too small.")
        if has_alone and effects["crude"].estimate * effects[COMPARABLE].estimate < 0:
            warned.add(
                "Over all rows the crude difference has one sign, over the strata with both arms the other: part of it "
                "comes from rows that have nobody to be compared with."
            )
        if effects.std_errors[0] == 0:
            warned.add("The outcome does not vary within strata and arms: the standard error is zero.")
        return warned
