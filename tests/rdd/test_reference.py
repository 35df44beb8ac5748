"""Local polynomials against rdrobust 2.1.1, call by call."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from causalkit import rdd
from causalkit.errors import CausalkitWarning
from tests.rdd.cases import CASES, SENATE
from tests.rdd.data import load

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "rdd.json").read_text())
# The grids of scores repeat 74,000 and 214,000 times; rounding of the two programs differs accordingly.
FIXED = 1e-10


def estimate(name, **roles):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return rdd.local_polynomial(load(name), missing="drop", **roles)


@pytest.mark.parametrize("key", CASES)
def test_equals_rdrobust(key):
    name, roles = CASES[key]
    got, want = estimate(name, **roles), GOLDEN[key]
    rel = 1e-8 if isinstance(roles.get("bandwidth", ""), str) else FIXED
    sides = (got.below, got.above) if roles["treated"] == "above" else (got.above, got.below)
    assert [side.n for side in sides] == want["N"]
    if not key.endswith("masspoints_off"):  # rdrobust counts rows there
        assert [side.n_distinct for side in sides] == want["M"]
    assert [side.n_h for side in sides] == want["Nh"]
    assert [side.n_b for side in sides] == want["Nb"]
    widths = got.bandwidths
    below_above = [[widths.h_below, widths.h_above], [widths.b_below, widths.b_above]]
    golden_widths = [want["h"], want["b"]] if roles["treated"] == "above" else [want["h"][::-1], want["b"][::-1]]
    np.testing.assert_allclose(below_above, golden_widths, rtol=rel)
    assert got.estimate == pytest.approx(want["conv"], rel=rel)
    assert got.effect.center == pytest.approx(want["bc"], rel=rel)
    assert got.conventional.std_error == pytest.approx(want["se_conv"], rel=rel)
    assert got.std_error == pytest.approx(want["se_rb"], rel=rel)
    np.testing.assert_allclose(list(got.conventional.conf_int()), want["ci_conv"], rtol=1e-7)
    np.testing.assert_allclose(list(got.conf_int()), want["ci_rb"], rtol=1e-7)
    assert got.p_value == pytest.approx(want["p_rb"], rel=1e-7)
    if "clusters" in want and name == "senate":  # of Head Start rdrobust counts those of one side
        assert got.sample.n_clusters == want["clusters"]
    if "first_stage" in want:
        first = want["first_stage"]
        assert got.first_stage.estimate == pytest.approx(first["conv"], rel=rel)
        assert got.first_stage.center == pytest.approx(first["bc"], rel=rel)
        assert got.first_stage.std_error == pytest.approx(first["se_rb"], rel=rel)


def test_full_take_up_is_the_sharp_design():
    sharp = estimate("gov", outcome="Support", running="Income_Centered", cutoff=0, treated="below")
    fuzzy = estimate(
        "gov", outcome="Support", running="Income_Centered", cutoff=0, treated="below", treatment="Participation"
    )
    assert fuzzy.estimate == pytest.approx(GOLDEN["gov.fuzzy"]["conv"], rel=1e-8)
    assert (fuzzy.estimate, fuzzy.std_error) == (sharp.estimate, sharp.std_error)


def test_neighbours_are_searched_within_the_wider_window():
    one = estimate("senate", **SENATE, bandwidth=15, bias_bandwidth=15)
    two = estimate("senate", **SENATE, bandwidth=15, bias_bandwidth=30)
    assert one.conventional.std_error == pytest.approx(1.559731788, rel=1e-9)
    assert two.conventional.std_error == pytest.approx(1.559731526, rel=1e-9)


@pytest.mark.parametrize(
    ("width", "published", "n"), [(9, -1.895234, 524), (18, -1.198258, 954), (36, -1.113939, 2161)]
)
def test_ludwig_and_miller_with_a_uniform_window(width, published, n):
    got = estimate(
        "headst", outcome="mortHS", running="povrate", cutoff=0, treated="above", kernel="uniform", bandwidth=width
    )
    assert got.estimate == pytest.approx(published, abs=5e-7)
    assert got.below.n_h + got.above.n_h == n
