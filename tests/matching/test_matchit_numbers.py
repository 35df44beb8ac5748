"""Balance, estimates and errors beside those of R's MatchIt, Matching and sandwich, key by key."""

import json
import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from causalkit import matching
from causalkit._numerics._abadie_imbens import common_variance, matching_contrast, matching_variance
from causalkit._numerics._aipw import fit_outcome
from causalkit._numerics._metric import coordinates
from causalkit._numerics._nearest_nd import nearest_in_space
from causalkit.errors import DesignWarning
from causalkit.matching import Blocks, CoarsenedExact, Exact, Full, InverseProbability, Nearest
from causalkit.matching._distances import space_of
from tests.lalonde import COVARIATES, GOLDEN, lalonde, nsw_cps, nsw_cps_arrays

REFERENCE = json.loads((GOLDEN / "matching_matchit.json").read_text())
BLOCKS = json.loads((GOLDEN / "blocks.json").read_text())
NODEGREE = ["race", "married", "nodegree"]
NSW = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]

pytestmark = pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")


@pytest.fixture(scope="module")
def score():
    return matching.propensity_score(lalonde(), treatment="treat", covariates=COVARIATES)


@pytest.fixture(scope="module")
def cps():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DesignWarning)
        return matching.propensity_score(nsw_cps(), treatment="treat", covariates=NSW)


def once(**options):
    return Nearest(replace=False, **options)


BALANCE = {
    "nn_ps_largest": once(distance="score"),
    "nn_ps_smallest": once(distance="score", order="smallest"),
    "nn_ps_data": once(distance="score", order="data"),
    "nn_ps_largest_cal02": once(distance="score", caliper=0.2),
    "nn_lin_largest": once(),
    "nn_lin_data": once(order="data"),
    "nn_lin_largest_cal02": once(caliper=0.2),
    "nn_lin_data_cal02": once(caliper=0.2, order="data"),
    "nn_lin_repl_3": Nearest(ratio=3, ties="first"),
    "nn_lin_exact": once(exact=["race", "married"]),
    "nn_lin_discard_both": once(),
    "nn_lin_closest": once(order="closest"),
    "nn_maha": once(distance="mahalanobis"),
    "subclass5_att": Blocks(n=5),
    "subclass5_ate": Blocks(n=5, estimand="ATE"),
    "cem_default": CoarsenedExact(),
    "exact_race_married_nodegree": Exact(columns=NODEGREE),
    "exact_ate": Exact(columns=NODEGREE, estimand="ATE"),
}


@pytest.mark.parametrize("name", BALANCE)
def test_balance_after_matching_is_that_of_matchit(name, score):
    if name == "nn_lin_discard_both":
        score = matching.common_support(score, rule="minmax")
    elif name.startswith("exact"):
        score = matching.propensity_score(lalonde(), treatment="treat", covariates=NODEGREE)
    table = matching.match(score, BALANCE[name]).balance()
    compared = 0
    for statistic, columns in REFERENCE["lalonde"][name].items():
        got = dict(zip(table.covariates, table.column(statistic), strict=True))
        for row, want in columns.items():
            # MatchIt's row of the distance is the linear predictor under link = "linear.logit"; ours is the score.
            if want == "NA" or (row == "distance" and not name.startswith(("nn_ps", "subclass"))):
                continue
            column = row.replace("distance", "score").replace("race", "race=")
            assert got[column] == pytest.approx(want, rel=1e-8, abs=2e-9), (statistic, row)
            compared += 1
    assert compared >= 12


@pytest.mark.parametrize("distance", ["mahalanobis", "scaled_euclidean"])
def test_matching_on_covariates_gives_ties_to_the_first_row_as_an_earlier_matchit(distance, score):
    want = REFERENCE["first_row_wins"][distance]
    match = matching.match(score, once(distance=distance))
    assert (match.sets.links().partner + 1).sum() == want["rows"]
    assert matching.effect(match, outcome="re78").estimate == pytest.approx(want["estimate"], rel=1e-11)
    points = space_of(score, Nearest(distance=distance)).points
    links = matching.match(score, Nearest(distance=distance, ties="first")).sets.links()
    gaps = np.linalg.norm(points[links.focal] - points[links.partner], axis=1)
    assert gaps.sum() == pytest.approx(want["total_distance_replace"], rel=1e-11)


CPS = {
    "nn_lin_largest": once(),
    "nn_lin_data": once(order="data"),
    "nn_lin_smallest": once(order="smallest"),
    "nn_lin_cal02": once(caliper=0.2),
    "nn_lin_cal_raw005": once(caliper=0.05, caliper_scale="raw"),
    "nn_lin_repl1": Nearest(ties="first"),
    "nn_lin_ratio2": once(ratio=2),
    "nn_lin_exact": once(exact=["black", "hisp", "marr", "nodegree"]),
    "subclass5": Blocks(n=5),
    "subclass6": Blocks(n=6),
    "subclass10": Blocks(n=10),
    "cem": CoarsenedExact(),
    "exact": Exact(columns=["black", "hisp", "marr", "nodegree"]),
}


@pytest.mark.parametrize("name", CPS)
def test_estimates_on_the_cps_comparison_are_those_of_matchit(name, cps):
    match, want = matching.match(cps, CPS[name]), REFERENCE["nsw_cps"][name]
    assert (match.n_treated, match.n_control) == (want["n_treated"], want["n_control"])
    assert match.balance().effective_sizes[3] == pytest.approx(want["ess_control"], rel=1e-10)
    for kind in ("HC1", "HC3"):
        got = matching.effect(match, outcome="re78", cov_type=kind)
        assert got.estimate == pytest.approx(want["att"], rel=1e-10)
        assert got.std_error == pytest.approx(want[f"se_{kind.lower()}"], rel=1e-10)


@pytest.mark.parametrize("estimand", ["ATT", "ATE", "ATO"])
def test_weights_on_the_cps_comparison_are_those_of_r(estimand, cps):
    match, want = matching.match(cps, InverseProbability(estimand=estimand)), REFERENCE["nsw_cps"]
    want = want[f"ipw_{estimand.lower()}_w"]
    assert match.balance().effective_sizes[3] == pytest.approx(want["ess_c"], rel=1e-11)
    for kind in ("HC0", "HC1"):
        got = matching.effect(match, outcome="re78", cov_type=kind)
        assert got.estimate == pytest.approx(want["est"], rel=1e-11)
        assert got.std_error == pytest.approx(want[f"se_{kind.lower()}"], rel=1e-11)


@pytest.mark.parametrize(
    ("name", "kind", "ratio", "caliper", "corrected"),
    [
        ("ai_lin_m1", "linear", 1, np.inf, False),
        ("ai_ps_m1", "score", 1, np.inf, False),
        ("ai_lin_m3", "linear", 3, np.inf, False),
        ("ai_lin_m5", "linear", 5, np.inf, False),
        ("ai_lin_cal02", "linear", 1, 0.2, False),
        ("ai_cov_ivw_m1", "scaled", 1, np.inf, False),
        ("ai_cov_ivw_m1_biasadj", "scaled", 1, np.inf, True),
        ("ai_cov_maha_m4_biasadj", "mahalanobis_full", 4, np.inf, True),
    ],
)
def test_abadie_imbens_errors_on_the_cps_comparison_are_those_of_r(name, kind, ratio, caliper, corrected, cps):
    x, t, y, want = cps.design.x, cps.design.treated, nsw_cps_arrays()[2], REFERENCE["nsw_cps"][name]
    if kind in {"linear", "score"}:
        z = {"linear": cps.linear, "score": cps.score}[kind]
        points = (z / z.std(ddof=1))[:, None]
    else:
        points = (x - x.mean(0)) / x.std(0, ddof=1) if kind == "scaled" else coordinates(x, t, kind)
    sets = nearest_in_space(points, t, ~t, ratio=ratio, caliper=caliper, slack=0.0, squared_slack=1e-5)
    prediction = None
    if corrected:
        prediction = np.column_stack([fit_outcome(x, y, sets.totals(y.size)[0] * ~t).prediction] * 2)
    contrast = matching_contrast(y, t, sets, np.ones(y.size), prediction)
    sigma2 = np.full(y.size, common_variance(y, t, sets, contrast, prediction))
    assert sets.n_links == want["n_pairs"]
    assert contrast.estimate == pytest.approx(want["est"], rel=1e-11)
    assert matching_variance(contrast, sets, sigma2, both=False) ** 0.5 == pytest.approx(want["se_ai"], rel=1e-11)


def test_exact_ties_alone_are_averaged_as_in_r_without_its_tolerance(cps):
    match, want = matching.match(cps, Nearest()), REFERENCE["nsw_cps"]["ai_lin_m1_tol0"]
    assert match.sets.n_links == want["n_pairs"]
    assert matching.effect(match, outcome="re78").estimate == pytest.approx(want["est"], rel=1e-11)


@pytest.mark.parametrize(("significance", "key"), [(0.01, "alpha_01"), (0.05, "alpha_05")])
def test_effects_over_recursive_blocks_are_those_of_r(significance, key):
    d = nsw_cps()
    d = d.assign(age2=d.age**2, age3=d.age**3, educ2=d.educ**2, u74=d.re74 == 0, u75=d.re75 == 0)
    d["educ_re74"] = d.educ * d.re74
    names = [name for name in d.columns if name not in {"treat", "re78"}]
    fitted = matching.propensity_score(d, treatment="treat", covariates=names)
    inside = matching.common_support(fitted, rule="treated")
    edges = matching.block_balance(inside, significance=significance).edges
    result = matching.effect(matching.match(inside, Blocks(edges=edges[1:-1])), outcome="re78")
    assert result.options["cov_type"] == "block"
    assert result.estimate == pytest.approx(BLOCKS[key]["estimate"], rel=1e-10)
    assert result.std_error == pytest.approx(BLOCKS[key]["se"], rel=1e-10)
    assert len(result.by_block.labels) == sum(n > 0 for n in BLOCKS[key]["n_treated"])


def test_full_matching_costs_as_little_as_a_linear_programme(score):
    # Dividing everybody into stars at least cost is the cheapest edge cover of a bipartite graph, whose linear
    # programme has whole-numbered solutions.
    t, line = score.design.treated, score.linear
    cost = np.abs(line[t][:, None] - line[~t])
    rows, columns = cost.shape
    index = np.arange(cost.size)
    cover = sparse.csr_array(
        (
            np.ones(2 * cost.size),
            (np.concatenate([index // columns, rows + index % columns]), np.concatenate([index, index])),
        )
    )
    # No pair farther apart than the two units' nearest neighbours together is in a cheapest cover.
    bound = cost.min(axis=1)[:, None] + cost.min(axis=0)
    kept = np.flatnonzero((cost <= bound + 1e-12).ravel())
    best = linprog(cost.ravel()[kept], A_ub=-cover[:, kept], b_ub=-np.ones(rows + columns))
    got = matching.match(score, Full()).details["total_distance"]
    assert got == pytest.approx(best.fun, rel=1e-9)


@pytest.mark.parametrize(
    ("estimand", "largest", "hc1", "hc3"),
    [
        ("ATE", 40.0772938120701, 910.962536539466, 939.660527084365),
        ("ATT", 3.74322176352342, 825.397103564815, 831.490568370512),
        ("ATO", 0.975048215463619, 776.362766705846, 781.51019667525),
    ],
)
def test_weights_and_weighted_regressions_are_those_of_sandwich(estimand, largest, hc1, hc3, score):
    # lm(re78 ~ treat, weights = w) with vcovHC; w from glm to 1e-14.
    match = matching.match(score, InverseProbability(estimand=estimand))
    assert match.weights.max() == pytest.approx(largest, rel=1e-11)
    for kind, want in (("HC1", hc1), ("HC3", hc3)):
        assert matching.effect(match, outcome="re78", cov_type=kind).std_error == pytest.approx(want, rel=1e-11)


@pytest.mark.parametrize(("estimand", "want"), [("ATE", 1074.9085413954), ("ATT", 1647.58325244023)])
def test_adjustment_without_matching_is_regression_in_each_arm(estimand, want, score):
    # mean(predict(lm in the treated) - predict(lm in the controls)) over everybody, and over the treated.
    everybody = matching.match(score, Blocks(edges=[1e-9], estimand=estimand))
    got = matching.effect(everybody, outcome="re78", adjust=COVARIATES)
    assert got.estimate == pytest.approx(want, rel=1e-12)


def test_the_experiment_itself_is_a_difference_of_means():
    data = pytest.importorskip("causaldata").nsw_mixtape.load_pandas().data
    fitted = matching.propensity_score(data, treatment="treat", covariates=["age", "educ"])
    match = matching.match(fitted, Blocks(edges=[1e-9]))
    # lm(re78 ~ treat) with vcovHC.
    for kind, want in (("HC0", 669.315322396799), ("HC2", 670.996544467325)):
        got = matching.effect(match, outcome="re78", cov_type=kind)
        assert got.estimate == pytest.approx(1794.34238185009, rel=1e-11)
        assert got.std_error == pytest.approx(want, rel=1e-11)
