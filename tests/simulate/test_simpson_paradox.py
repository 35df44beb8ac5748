"""Simpson's paradox: the truth in closed form, and rows that converge to it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit import simulate
from causalkit.errors import OptionError

KIDNEY = {
    "strata": ("small", "large"),
    "shares": (357 / 700, 343 / 700),
    "uptake": (87 / 357, 263 / 343),
    "baseline": (234 / 270, 55 / 80),
    "effects": (81 / 87 - 234 / 270, 192 / 263 - 55 / 80),
    "outcome": "binary",
}


def test_the_defaults_are_the_service_that_hides_its_effect():
    truth = simulate.simpson_paradox(10, rng=1).truth
    assert {name: truth[name] for name in truth if not name.startswith("S")} == {
        "ATE": 750.0,
        "ATT": 625.0,
        "ATC": 875.0,
        "crude": -123.0,
        "within": 750.0,
        "composition": -873.0,
        "CATE(active)": 1000.0,
        "CATE(inactive)": 500.0,
    }


def test_the_truth_of_the_kidney_stones_is_the_published_one():
    # Reference numbers of the kidney data (Charig et al. 1986), R 4.2: crude and standardised risk differences.
    truth = simulate.simpson_paradox(10, rng=1, **KIDNEY).truth
    published = {
        "crude": -0.0457142857,
        "ATE": 0.0536712174,
        "ATT": 0.0479642857,
        "ATC": 0.0593781491,
        "within": 0.0536712174,
        "composition": -0.0993855031,
    }
    assert {name: truth[name] for name in published} == pytest.approx(published, abs=6e-11)


@st.composite
def populations(draw):
    k = draw(st.integers(1, 5))
    sizes = draw(st.lists(st.integers(1, 20), min_size=k, max_size=k))
    treated = [draw(st.integers(0, 20)) for _ in range(k)]
    treated[0] = min(max(treated[0], 1), 19)
    numbers = st.lists(st.integers(-1000, 1000), min_size=k, max_size=k)
    return sizes, treated, draw(numbers), draw(numbers)


@given(populations())
def test_every_estimand_equals_exact_arithmetic(population):
    sizes, treated, baseline, effects = population
    total = sum(sizes)
    truth = simulate.simpson_paradox(
        1,
        rng=1,
        strata=[f"s{i}" for i in range(len(sizes))],
        shares=[size / total for size in sizes],
        uptake=[t / 20 for t in treated],
        baseline=baseline,
        effects=effects,
    ).truth
    w1 = [Fraction(size * t) for size, t in zip(sizes, treated, strict=True)]
    w0 = [Fraction(size * (20 - t)) for size, t in zip(sizes, treated, strict=True)]

    def average(weights, values):
        return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)

    after = [b + e for b, e in zip(baseline, effects, strict=True)]
    exact = {
        "ATE": average([Fraction(size) for size in sizes], effects),
        "ATT": average(w1, effects),
        "ATC": average(w0, effects),
        "crude": average(w1, after) - average(w0, baseline),
    }
    exact["within"] = (exact["ATT"] + exact["ATC"]) / 2
    exact["composition"] = exact["crude"] - exact["within"]
    for name, value in exact.items():
        assert truth[name] == pytest.approx(float(value), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("options", [{}, KIDNEY], ids=["normal", "binary"])
def test_the_rows_converge_to_the_truth(options):
    sim = simulate.simpson_paradox(200_000, rng=11, **options)
    df = sim.data
    cells = df.groupby(["stratum", "treated"])["y"].agg(["mean", "var", "size"]).unstack()
    for stratum, row in cells.iterrows():
        se = np.sqrt(row["var", 0] / row["size", 0] + row["var", 1] / row["size", 1])
        assert abs(row["mean", 1] - row["mean", 0] - sim.truth[f"CATE({stratum})"]) <= 4 * se
    arms = df.groupby("treated")["y"].agg(["mean", "var", "size"])
    se = np.sqrt((arms["var"] / arms["size"]).sum())
    assert abs(arms["mean"][1] - arms["mean"][0] - sim.truth["crude"]) <= 4 * se


THREE = {
    "strata": ("a", "b", "c"),
    "shares": (0.2, 0.3, 0.5),
    "uptake": (0.0, 1.0, 0.4),
    "baseline": (0.0, 0.0, 0.0),
    "effects": (1.0, 2.0, 3.0),
}


def test_strata_and_treatment_have_the_shares_asked_for():
    df = simulate.simpson_paradox(100_000, rng=2, **THREE).data
    share = df["stratum"].value_counts(normalize=True)
    for stratum, wanted in zip("abc", THREE["shares"], strict=True):
        assert abs(share[stratum] - wanted) <= 4 * (wanted * (1 - wanted) / 100_000) ** 0.5
    uptake = df.groupby("stratum")["treated"].mean()
    assert (uptake["a"], uptake["b"]) == (0.0, 1.0)
    assert abs(uptake["c"] - 0.4) <= 4 * (0.24 / 50_000) ** 0.5


def test_noise_is_the_spread_within_a_cell():
    df = simulate.simpson_paradox(50_000, rng=3, noise=2.0).data
    spread = df.groupby(["stratum", "treated"])["y"].std()
    assert np.allclose(spread, 2.0, atol=0.06)  # four standard errors of the smallest cell
    assert simulate.simpson_paradox(500, rng=3, noise=0.0).data["y"].isin([2116.0, 3116.0, 620.0, 1120.0]).all()


@pytest.mark.parametrize("options", [{}, KIDNEY], ids=["normal", "binary"])
def test_the_sample_truth_is_that_of_the_potential_outcomes(options):
    sim = simulate.simpson_paradox(3_000, rng=5, potential_outcomes=True, **options)
    y0, y1 = sim.potential["y0"], sim.potential["y1"]
    treated = sim.data["treated"] == 1
    assert (sim.data["y"] == np.where(treated, y1, y0)).all()
    assert sim.truth["SATE"] == pytest.approx((y1 - y0).mean(), rel=1e-12)
    assert sim.truth["SATT"] == pytest.approx((y1 - y0)[treated].mean(), rel=1e-12)
    assert sim.truth["SATC"] == pytest.approx((y1 - y0)[~treated].mean(), rel=1e-12)
    uptake = dict(zip(options.get("strata", ("active", "inactive")), options.get("uptake", (0.25, 0.75)), strict=True))
    assert (sim.potential["propensity"] == sim.data["stratum"].map(uptake)).all()


def test_without_a_treated_row_the_sample_has_no_att():
    only_a = {**THREE, "shares": (1 - 2e-9, 1e-9, 1e-9)}
    truth = simulate.simpson_paradox(5, rng=1, **only_a).truth
    assert np.isnan(truth["SATT"])
    assert (truth["SATE"], truth["SATC"]) == (pytest.approx(1.0), pytest.approx(1.0))


def test_the_seed_decides_and_the_library_does_not_matter():
    first = simulate.simpson_paradox(50, rng=9)
    assert first.data.equals(simulate.simpson_paradox(50, rng=np.random.default_rng(9)).data)
    assert not first.data.equals(simulate.simpson_paradox(50, rng=10).data)
    for backend, kind in (("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("pyarrow", pa.Table)):
        sim = simulate.simpson_paradox(50, rng=9, backend=backend, potential_outcomes=True)
        assert isinstance(sim.data, kind)
        assert isinstance(sim.potential, kind)
        as_pandas = sim.data if backend == "pandas" else sim.data.to_pandas()
        assert as_pandas["y"].tolist() == first.data["y"].tolist()
        assert as_pandas["stratum"].tolist() == first.data["stratum"].tolist()
    assert first.potential is None


def test_asking_for_the_potential_outcomes_does_not_change_the_data():
    plain, with_both = (simulate.simpson_paradox(50, rng=9, potential_outcomes=both).data for both in (False, True))
    assert plain.equals(with_both)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strata": "ab"}, "strata='ab' must be a sequence of labels"),
        ({"strata": ()}, "must be a sequence of labels"),
        ({"strata": ("a", "a")}, "names a stratum twice"),
        ({"strata": (1, 2)}, "one string per stratum"),
        ({"shares": (0.5, 0.4)}, "shares must sum to 1; they sum to 0.9"),
        ({"shares": (1.5, -0.5)}, r"shares=\(1\.5, -0\.5\) must lie between 0 and 1"),
        ({"uptake": (0.5, 1.5)}, "uptake=.* must lie between 0 and 1"),
        ({"uptake": (0.0, 0.0)}, "uptake treats a share of 0 of the population"),
        ({"uptake": (1.0, 1.0)}, "uptake treats a share of 1 of the population"),
        ({"effects": (1.0,)}, "effects has 1 value, strata has 2; there must be one per stratum"),
        ({"baseline": (1.0, float("nan"))}, "baseline=nan must be a finite number"),
        ({"outcome": "binary"}, r"baseline = \(2116\.0, 620\.0\) are probabilities"),
        ({**KIDNEY, "effects": (0.5, 0.5)}, r"baseline \+ effects = .* are probabilities"),
        ({**KIDNEY, "noise": 1.0}, "noise=1.0: a binary outcome has no noise of its own"),
        ({"outcome": "gamma"}, "outcome='gamma' is not known"),
        ({"noise": -1.0}, "noise=-1.0 must not be negative"),
        ({"potential_outcomes": "yes"}, "potential_outcomes='yes' must be True or False"),
        ({"backend": "excel"}, "backend='excel'"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(OptionError, match=message):
        simulate.simpson_paradox(10, rng=1, **options)


@pytest.mark.parametrize("n", [0, -1, 2.5, "10"])
def test_the_number_of_rows_is_a_whole_number_above_zero(n):
    with pytest.raises(OptionError, match="n="):
        simulate.simpson_paradox(n, rng=1)
