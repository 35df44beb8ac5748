"""Look for the columns that move or reverse an effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from causalkit._numerics._multiplicity import benjamini_hochberg, holm
from causalkit._numerics._tails import two_sided_p
from causalkit._numerics._wald import max_t_p_values
from causalkit._validate import choice, counted, flag, labels, listed, near_match, whole
from causalkit._warnings import Warned
from causalkit.errors import DataWarning, DesignError, OptionError
from causalkit.results import Check, Checks, Effects, Sample, Table
from causalkit.simpson._design import names_in_words, read_design
from causalkit.simpson._records import gather
from causalkit.simpson._reversal import reversal, z_score
from causalkit.simpson._scan_result import ScanResult
from causalkit.simpson._sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from causalkit._typing import Columns, FloatArray, IntoDataFrame, Missing
    from causalkit.simpson._bins import Bins
    from causalkit.simpson._design import Design
    from causalkit.simpson._sweep import Stratification, Sweep

# Cells of one stratification held at a time; a pair with more strata than this is left out.
MOST_STRATA = 1 << 20
FEW_TREATED = 10
ALPHA = 0.05
ScanStandard = Literal["all", "treated", "control", "overlap"]
ESTIMANDS = {"all": "ATE", "treated": "ATT", "control": "ATC", "overlap": "ATO"}

__all__ = ["scan"]


def scan(
    data: IntoDataFrame,
    *,
    outcome: str,
    treatment: str,
    candidates: Columns,
    max_depth: int = 2,
    post_treatment: Columns = (),
    treated: str | float | bool | None = None,
    standard: ScanStandard = "all",
    weights: str | None = None,
    cluster: str | None = None,
    bins: Bins | None = None,
    missing: Missing = "raise",
    missing_level: str | None = None,
    progress: bool = True,
) -> ScanResult:
    """Rank columns, alone and in pairs, by how far they move the difference between treated and control rows.

    For each stratification the standardised effect is compared with the crude difference; the gap between the two has
    a standard error of its own, and p-values are adjusted for having looked at many.

    A column that moves the difference need not be a confounder. One that the treatment changes (a mediator), or that
    treatment and outcome both change (a collider), moves it too, and comparing within it misleads. Data cannot tell
    them apart: name what was settled after the treatment in ``post_treatment``, and read the ranking as a list of
    questions.

    Parameters
    ----------
    data : data frame
        One row per unit; pandas, polars, pyarrow or any frame narwhals reads.
    outcome, treatment : str
        Columns: the outcome, a number; the treatment, with two values.
    candidates : str or sequence of str
        Columns to stratify by. One with more than 50 different numbers is refused unless ``bins`` cuts it.
    max_depth : {1, 2}
        1 for single columns, 2 for pairs too.
    post_treatment : str or sequence of str
        Candidates that are known to have come after the treatment; they are left out and named in the result.
    treated : label, optional
        Value of the treatment that counts as treated; needed unless it holds 0/1 or booleans.
    standard : {"all", "treated", "control", "overlap"}
        Whose composition weights the strata: ATE, ATT, ATC or ATO, as in :func:`diagnose`.
    weights, cluster : str, optional
        Columns of sampling weights and of clusters, as in :func:`diagnose`.
    bins : int, or mapping of str to int or edges, optional
        How columns of numbers are cut, as in :func:`diagnose`.
    missing : {"raise", "drop"}
        What happens to rows with a missing value in any of the columns.
    missing_level : str, optional
        Makes missing values of a candidate a stratum of their own, with this label.
    progress : bool
        Whether to show a progress bar on standard error if the comparison takes longer than three seconds.

    Returns
    -------
    ScanResult
        The ranking, and the gaps with their joint covariance. Its headline effect is the crude difference.

    Raises
    ------
    DataError, OptionError
        As for :func:`diagnose`.
    DesignError
        No candidate is left, or none has a stratum with both arms.

    Notes
    -----
    The rows are read once and gathered into profiles of the candidates; all stratifications are computed from these.
    Standard errors are those of the influence functions: HC0 with normal tails; with G clusters CR0 with the tails of
    t on G - 1 degrees of freedom, as in :func:`diagnose`. The joint distribution of the gaps is integrated over fixed
    points, so that the same data always give the same p-values. For a column that is related neither to the treatment
    nor to the outcome, the gap and its standard error both vanish, and the test rejects less often than its level (as
    Sobel's test of mediation does).

    References
    ----------
    Hothorn, T., Bretz, F. and Westfall, P. (2008). Simultaneous inference in general parametric models. Biometrical
    Journal 50(3), 346-363: the adjustment by the largest statistic.

    Examples
    --------
    >>> from causalkit import datasets, simpson
    >>> users = datasets.load("service_gmv")
    >>> found = simpson.scan(
    ...     users, outcome="gmv", treatment="used_service", candidates=["activity", "region", "city_tier"]
    ... )
    >>> found.ranking["by"][0], found.row("activity")["reverses"], found.row("region")["reverses"]
    ('activity', True, False)
    """
    choice("standard", standard, get_args(ScanStandard))
    whole("max_depth", max_depth, least=1, most=2)
    show = flag("progress", progress)
    names, left_out = _candidates(candidates, post_treatment)
    design = read_design(
        data,
        outcome=outcome,
        treatment=treatment,
        strata=names,
        role="candidates",
        treated=treated,
        weights=weights,
        cluster=cluster,
        bins=bins,
        missing=missing,
        missing_level=missing_level,
    )
    warned = Warned()
    _warn_of_arms(design, warned)
    records = gather(
        [levels.codes for levels in design.columns],
        [len(levels) for levels in design.columns],
        design.treated,
        design.outcome,
        weights=design.weights,
        cluster=design.cluster,
    )
    found = sweep(records, _stratifications(design, max_depth, warned), standard, progress=show)
    _warn_of_overlap(found, names, warned)
    return _Scan(design, found, standard, left_out, warned).result(
        options={
            "max_depth": max_depth,
            "post_treatment": ", ".join(left_out) or None,
            "standard": standard,
            "treated": treated,
            "bins": bins if isinstance(bins, int) else None if bins is None else str(dict(bins)),
            "missing": missing,
            "missing_level": missing_level,
        }
    )


def _candidates(candidates: Columns, post_treatment: Columns) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns to compare, and those left out because they came after the treatment."""
    names = labels("candidates", candidates)
    after = labels("post_treatment", post_treatment, least=0)
    for name in after:
        if name not in names:
            raise OptionError(
                f"post_treatment names {name!r}, which is not a candidate.{near_match(name, names)} "
                f"candidates has {listed(names)}."
            )
    kept = tuple(name for name in names if name not in after)
    if not kept:
        raise DesignError("Every candidate is in post_treatment: none is left to stratify by.")
    return kept, after


def _warn_of_arms(design: Design, warned: Warned) -> None:
    n_treated = int(design.treated.sum())
    for n, arm in ((n_treated, "treated"), (len(design.treated) - n_treated, "control")):
        if n < FEW_TREATED:
            warned.add(f"Only {n} {arm} rows: the intervals are unreliable.")


def _stratifications(design: Design, max_depth: int, warned: Warned) -> list[tuple[int, ...]]:
    """Single columns and pairs, as positions; columns with one value cannot move anything."""
    constant = [levels.names[0] for levels in design.columns if len(levels) < 2]
    if constant:
        warned.add(f"candidates {listed(constant)} have one value in all rows and are left out.", DataWarning)
    usable = [k for k, levels in enumerate(design.columns) if len(levels) > 1]
    if not usable:
        raise DesignError("Every candidate has one value in all rows: there is nothing to stratify by.")
    chosen: list[tuple[int, ...]] = [(k,) for k in usable]
    if max_depth == 1:
        return chosen
    for pair in combinations(usable, 2):
        sizes = [len(design.columns[k]) for k in pair]
        if sizes[0] * sizes[1] <= MOST_STRATA:
            chosen.append(pair)
        else:
            both = " × ".join(design.columns[k].names[0] for k in pair)
            warned.add(f"{both} has up to {sizes[0] * sizes[1]:,} strata and is left out; at most {MOST_STRATA:,} are.")
    return chosen


def _warn_of_overlap(found: Sweep, names: Sequence[str], warned: Warned) -> None:
    hopeless = [" × ".join(names[k] for k in columns) for columns in found.not_comparable]
    if hopeless:
        warned.add(f"No stratum has both arms, and nothing can be compared, by: {', '.join(hopeless)}.")
    if not found.stratifications:
        raise DesignError("No candidate has a stratum with rows in both arms.")


@dataclass(frozen=True, slots=True)
class _Scan:
    """The steps from the sweep to the result."""

    design: Design
    found: Sweep
    standard: ScanStandard
    after: tuple[str, ...]
    warned: Warned

    def result(self, options: dict[str, str | float | None]) -> ScanResult:
        ranking, gaps = self._ranking()
        crude = gaps["crude"]
        if crude.std_error == 0:
            self.warned.add("The outcome does not vary within the arms: the standard error is zero.")
        rows = self.design.rows
        roles = ("outcome", "treatment", "candidates", "weights", "cluster")
        return ScanResult(
            method=(
                f"{counted(len(ranking), 'stratification')} of {counted(len(self.design.columns), 'column')}, "
                f"{ESTIMANDS[self.standard]}; standard errors from influence functions, "
                f"{self._cov_type}; p-values adjusted by the largest statistic"
            ),
            effect=crude,
            sample=Sample.of(rows, self.design.treated, n_clusters=self.design.n_clusters),
            checks=Checks(
                (
                    _moved_check(ranking),
                    _sign_check(ranking),
                    _overlap_check(ranking),
                    _after_check(rows.names("treatment")[0], self.after),
                )
            ),
            roles={role: rows.names(role) for role in roles if rows.names(role)},
            options={**options, "cov_type": self._cov_type},
            warnings=self.warned.messages,
            backend=rows.backend,
            ranking=ranking,
            gaps=gaps,
        )

    @property
    def _cov_type(self) -> str:
        return "HC0" if self.design.n_clusters is None else "CR0"

    @property
    def _df(self) -> float:
        return math.inf if self.design.n_clusters is None else self.design.n_clusters - 1.0

    def _ranking(self) -> tuple[Table, Effects]:
        every = self.found.stratifications
        gap = np.array([each.crude - each.standardised for each in every])
        order = sorted(range(len(every)), key=lambda k: (len(every[k].columns), -abs(gap[k]), every[k].columns))
        every = tuple(every[k] for k in order)
        gap = gap[order]
        rows = np.array([0, *(1 + k for k in order)])
        covariance = self.found.gap_covariance[np.ix_(rows, rows)]
        own = covariance[1:, 1:]
        std_error = np.sqrt(np.maximum(np.diag(own), 0.0))
        moves = std_error > 0
        statistic = np.full(len(every), np.nan)
        np.divide(gap, std_error, out=statistic, where=moves)
        p_value = two_sided_p(statistic, self._df)
        scale = np.where(moves, std_error, 1.0)
        turned = [
            reversal(each.crude, each.standardised, self.found.covariance[k], df=self._df).p_value
            for each, k in zip(every, order, strict=True)
        ]
        adds, p_adds = _beyond_parts(every, gap, own, self._df)
        names = [" × ".join(self.design.columns[k].names[0] for k in each.columns) for each in every]
        ranking = Table(
            title="",
            columns={
                "by": names,
                "depth": [len(each.columns) for each in every],
                "n_strata": [each.n_strata for each in every],
                "share_one_armed": [each.share_one_armed for each in every],
                "estimate": [each.standardised for each in every],
                "std_error": [math.sqrt(max(float(self.found.covariance[k][1, 1]), 0.0)) for k in order],
                "gap": gap.tolist(),
                "gap_std_error": std_error.tolist(),
                "statistic": statistic.tolist(),
                "p_value": p_value.tolist(),
                "p_max_t": max_t_p_values(statistic, own / np.outer(scale, scale), df=self._df).tolist(),
                "p_holm": holm(p_value).tolist(),
                "p_bh": benjamini_hochberg(p_value).tolist(),
                "reverses": [each.crude * each.standardised < 0 for each in every],
                "p_reversal": turned,
                "p_reversal_holm": holm(np.array(turned)).tolist(),
                "adds": adds.tolist(),
                "p_adds": p_adds.tolist(),
            },
        )
        return ranking, Effects(
            dimension="gap",
            labels=("crude", *(f"gap by {name}" for name in names)),
            estimates=np.array([self.found.crude, *gap]),
            cov=covariance,
            df=self._df,
        )


def _beyond_parts(
    every: Sequence[Stratification], gap: FloatArray, covariance: FloatArray, df: float
) -> tuple[FloatArray, FloatArray]:
    """What each pair moves beyond the better of its columns, and Holm's p-value of it."""
    single = {each.columns[0]: k for k, each in enumerate(every) if len(each.columns) == 1}
    adds, p_value = np.full(len(every), np.nan), np.full(len(every), np.nan)
    for k, each in enumerate(every):
        parts = [single[column] for column in each.columns if column in single]
        if len(each.columns) < 2 or not parts:
            continue
        best = max(parts, key=lambda part: abs(gap[part]))
        adds[k] = gap[k] - gap[best]
        variance = covariance[k, k] - 2 * covariance[k, best] + covariance[best, best]
        p_value[k] = two_sided_p(z_score(float(adds[k]), float(variance)), df)
    return adds, holm(p_value)


def _moved_check(ranking: Table) -> Check:
    p_values = [float(p) for p in ranking["p_max_t"] if isinstance(p, float) and not math.isnan(p)]
    p_value = min(p_values, default=math.nan)
    moved = p_value < ALPHA
    n = sum(p < ALPHA for p in p_values)
    return Check(
        name="composition",
        question="Are the two arms composed alike in the candidates, so that the crude difference can be believed?",
        verdict="questionable" if moved else "supported",
        reading=(
            f"{counted(n, 'stratification')} of {len(ranking)} move the difference by more than chance: "
            f"the crude difference is not the effect, if those columns came before the treatment."
            if moved
            else "No candidate moves the difference by more than chance; others might."
        ),
        null="no candidate moves the difference",
        p_value=p_value,
    )


def _sign_check(ranking: Table) -> Check:
    turned = [
        (str(by), float(p))  # type: ignore[arg-type]
        for by, reverses, p in zip(ranking["by"], ranking["reverses"], ranking["p_reversal_holm"], strict=True)
        if reverses
    ]
    if not turned:
        return Check(
            name="sign",
            question="Does the sign of the difference survive every stratification?",
            verdict="supported",
            reading="No stratification gives an effect of the other sign.",
        )
    sure = [by for by, p in turned if p < ALPHA]
    reading = (
        f"{counted(len(turned), 'stratification')} of {len(ranking)} turn the sign: {_some([by for by, _ in turned])}. "
    )
    reading += f"Beyond chance: {_some(sure)}." if sure else "None of them beyond chance."
    return Check(
        name="sign",
        question="Does the sign of the difference survive every stratification?",
        verdict="questionable",
        reading=reading,
        null="no stratification turns the sign",
        p_value=min(p for _, p in turned),
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _overlap_check(ranking: Table) -> Check:
    shares = [float(share) for share in ranking["share_one_armed"]]  # type: ignore[arg-type]
    worst = max(range(len(shares)), key=shares.__getitem__)
    n = sum(share > 0 for share in shares)
    reading = "Every stratum of every stratification holds treated and control rows."
    if n:
        reading = (
            f"{counted(n, 'stratification')} of {len(ranking)} have strata with one arm only, which are left out; most "
            f"of all {ranking['by'][worst]}, with {shares[worst]:.1%} of the weight."
        )
    return Check(
        name="overlap",
        question="Does every stratum hold treated and control rows to compare?",
        verdict="questionable" if n else "supported",
        reading=reading,
    )


def _after_check(treatment: str, after: tuple[str, ...]) -> Check:
    reading = (
        f"A column that {treatment} changes, or that {treatment} and the outcome both change, moves the difference as "
        f"a confounder does, and adjusting for it misleads. Which came first, the data cannot say."
    )
    if after:
        reading += f" Left out as known to come after: {names_in_words(after)}."
    return Check(
        name="candidates come first",
        question=f"Was every candidate settled before {treatment}?",
        verdict="untestable",
        reading=reading,
    )
