"""Group-time effects and their averages against R's did, cell by cell."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from causalkit import did
from tests.did.panels import CASTLE, MPDTA, castle, mpdta

pytestmark = pytest.mark.filterwarnings("ignore::causalkit.errors.CausalkitWarning")

METHODS = {"dr": "doubly_robust", "reg": "regression", "ipw": "ipw"}
CONTROLS = {"nevertreated": "never_treated", "notyettreated": "not_yet_treated"}
AVERAGES = {"simple": "overall", "group": "cohort", "dynamic": "event_time", "calendar": "calendar"}
# The numbers have 12 significant digits; R stops its logit at 1e-11.
DIGITS = {"reg": 2e-12, "dr": 2e-11, "ipw": 6e-11}


def golden() -> dict[tuple[str, ...], list[dict[str, str]]]:
    """Rows of R's output by setting."""
    settings = defaultdict(list)
    with (Path(__file__).parents[1] / "golden" / "did_mpdta_cs.csv").open() as file:
        for row in csv.DictReader(file):
            names = ("xformla", "est_method", "control_group", "base_period", "anticipation")
            settings[tuple(row[name].strip() for name in names)].append(row)
    return dict(settings)


GOLDEN = golden()


def number(text: str) -> float:
    return float("nan" if text.strip() in ("NA", "") else text)


def test_all_rows_of_the_reference_are_there():
    assert len(GOLDEN) == 32
    assert sum(map(len, GOLDEN.values())) == 736


@pytest.mark.parametrize("setting", list(GOLDEN), ids="-".join)
def test_equals_r_did(setting):
    formula, method, controls, base, anticipation = setting
    cells = did.group_time(
        mpdta(),
        **MPDTA,
        covariates="lpop" if "lpop" in formula else None,
        method=METHODS[method],
        control_group=CONTROLS[controls],
        base_period=base,
        anticipation=int(anticipation),
    )
    averages = {what: did.aggregate(cells, by=by) for what, by in AVERAGES.items()}
    tolerance = DIGITS["reg" if formula == "~1" else method]
    for row in GOLDEN[setting]:
        at = number(row["group_or_event"])
        estimate, std_error = number(row["est"]), number(row["se"])
        if row["what"] == "gt":
            effects, label = cells.effects, f"ATT({at:.0f}, {number(row['time']):.0f})"
        elif np.isnan(at):
            effect = averages[row["what"]].effect
            assert_allclose([effect.estimate, effect.std_error], [estimate, std_error], rtol=0, atol=tolerance)
            continue
        else:
            effects, label = averages[row["what"]].path.effects, f"{at:.0f}"
        if np.isnan(std_error):
            # A period that is its own base: zero by construction, and no estimate of ours.
            assert estimate == 0
            assert label not in effects.labels
            continue
        found = effects[label]
        assert_allclose([found.estimate, found.std_error], [estimate, std_error], rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("covariates", "statistic", "p_value"), [(None, 7.7912366272, 0.1681224949), ("lpop", 6.84182498166, 0.23267)]
)
def test_test_of_the_effects_before_treatment_equals_r(covariates, statistic, p_value):
    test = did.group_time(mpdta(), **MPDTA, covariates=covariates).pre_trend()
    assert test.df == 5
    assert test.statistic == pytest.approx(statistic, abs=1e-9)
    assert test.p_value == pytest.approx(p_value, abs=5e-6)  # printed with five digits


def test_critical_value_of_the_uniform_band_is_the_limit_of_the_bootstrap():
    # From 1e6 Gaussian draws, right to 2e-3.
    cells = did.group_time(mpdta(), **MPDTA)
    assert did.aggregate(cells, by="event_time").path.critical_value() == pytest.approx(2.659, abs=4e-3)
    low, high = cells.effects.bands(kind="uniform")
    assert_allclose((high - low) / 2 / cells.effects.std_errors, 2.830, atol=4e-3)


CASTLE_AVERAGES = {
    "overall": (0.019402816185, 0.0383886460478),
    "cohort": (0.0115278286434, 0.0396183856151),
    "event_time": (0.0590541802359, 0.0343293678181),
    "calendar": (0.0589931117929, 0.0291389939959),
}
CASTLE_WEIGHTED = {
    "overall": (0.0785429994113, 0.0512699827878),
    "cohort": (0.0632307162247, 0.0435687243546),
    "event_time": (0.107358894912, 0.0435589804032),
    "calendar": (0.110175981826, 0.038725923902),
}


@pytest.mark.parametrize(("weights", "expected"), [(None, CASTLE_AVERAGES), ("popwt", CASTLE_WEIGHTED)])
def test_castle_doctrine_averages_equal_r(weights, expected):
    # Weights in single precision, read as their shortest decimals as R's file has them.
    data = castle().assign(popwt=castle()["popwt"].map(lambda value: float(str(np.float32(value)))))
    cells = did.group_time(data, **CASTLE, weights=weights)
    for by, (estimate, std_error) in expected.items():
        effect = did.aggregate(cells, by=by).effect
        assert_allclose([effect.estimate, effect.std_error], [estimate, std_error], rtol=1e-8)


def test_castle_doctrine_with_those_not_yet_treated_equals_r():
    effect = did.group_time(castle(), **CASTLE, control_group="not_yet_treated").effect
    assert_allclose([effect.estimate, effect.std_error], [0.0174120551112, 0.0396204671975], rtol=1e-8)


EDGES = json.loads((Path(__file__).parents[1] / "golden" / "did_group_time_edges.json").read_text())
EDGE_CALLS = {
    "cross-sections": ({}, {"unit": None}),
    "cross-sections, regression": ({}, {"unit": None, "covariates": "lpop", "method": "regression"}),
    "cross-sections, ipw": ({}, {"unit": None, "covariates": "lpop", "method": "ipw"}),
    "gap": ({"year": 2005}, {}),
    "gap, universal base": ({"year": 2005}, {"base_period": "universal"}),
    "units with gaps left out": ({"holes": 17}, {"unbalanced": "drop_units"}),
    "nobody never treated": ({"never": True}, {"control_group": "not_yet_treated"}),
}


@pytest.mark.parametrize("name", list(EDGES))
def test_awkward_designs_equal_moderndid(name):
    without, options = EDGE_CALLS[name]
    data = mpdta()
    if "year" in without:
        data = data[data["year"] != without["year"]]
    if "holes" in without:
        data = data[(data["countyreal"] + data["year"]) % without["holes"] != 0]
    if "never" in without:
        data = data[data["first"].notna()]
    cells = did.group_time(data, **(MPDTA | options))
    for kind, (estimate, std_error) in EDGES[name].items():
        effect = did.aggregate(cells, by=AVERAGES[kind]).effect
        assert_allclose([effect.estimate, effect.std_error], [estimate, std_error], rtol=1e-10, atol=1e-12)


CSDID = json.loads((Path(__file__).parents[1] / "golden" / "did_group_time_csdid.json").read_text())
CSDID_CALLS = EDGE_CALLS | {
    "cross-sections, doubly robust": ({}, {"unit": None, "covariates": "lpop"}),
    "clusters": ({}, {"cluster": "state"}),
    "clusters, doubly robust": ({}, {"cluster": "state", "covariates": "lpop"}),
    "weights": ({}, {"weights": "population"}),
    "weights, doubly robust": ({}, {"weights": "population", "covariates": "lpop"}),
    "gaps as cross-sections": ({"holes": 17}, {"unbalanced": "cross_sections"}),
    "treated in all periods": ({"early": 4}, {}),
}


@pytest.mark.parametrize("name", list(CSDID))
def test_awkward_designs_equal_csdid(name):
    without, options = CSDID_CALLS[name]
    data = mpdta().assign(state=lambda t: t["countyreal"] // 1000, population=lambda t: np.exp(t["lpop"]))
    if "year" in without:
        data = data[data["year"] != without["year"]]
    if "holes" in without:
        data = data[(data["countyreal"] + data["year"]) % without["holes"] != 0]
    if "never" in without:
        data = data[data["first"].notna()]
    if "early" in without:
        data = data.assign(first=data["first"].mask(data["countyreal"] % without["early"] == 1, 2003))
    cells = did.group_time(data, **(MPDTA | options))
    for kind, expected in CSDID[name].items():
        average = did.aggregate(cells, by=AVERAGES[kind])
        for label, numbers in expected.items():
            if None in numbers:
                # A period that is its own base.
                assert label not in average.path.effects.labels
                continue
            effect = average.effect if label == "all" else average.path.effects[label]
            assert_allclose([effect.estimate, effect.std_error], numbers, rtol=1e-9, atol=1e-11)


def test_taking_a_panel_with_gaps_as_cross_sections_turns_the_sign():
    data = mpdta()
    holes = data[(data["countyreal"] + data["year"]) % 17 != 0]
    assert did.group_time(holes, **MPDTA).estimate < -0.03
    assert did.group_time(holes, **MPDTA, unbalanced="cross_sections").estimate > 0.03
