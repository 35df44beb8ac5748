"""Each dataset reproduces the numbers its README promises."""

from __future__ import annotations

import json
import runpy
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

from causalkit import datasets, simulate

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((ROOT / "tests" / "golden" / "datasets.json").read_text())


def share(rows, outcome, **cell):
    """Exact share of ones among the rows of a cell."""
    chosen = rows
    for column, value in cell.items():
        chosen = chosen[chosen[column] == value]
    return Fraction(int(chosen[outcome].sum()), len(chosen))


@pytest.mark.parametrize("name", ["berkeley_admissions", "titanic"])
def test_every_count_equals_the_table_in_r(name):
    ours = datasets.load(name, counts=True)
    keys = [column for column in ours.columns if column != "count"]
    theirs = pd.DataFrame(GOLDEN[name])
    merged = ours.merge(theirs, on=keys, suffixes=("", "_r"))
    assert len(merged) == len(ours) == len(theirs)
    assert (merged["count"] == merged["count_r"]).all()


def test_berkeley_admitted_men_more_often_by_fourteen_points():
    rows = datasets.load("berkeley_admissions")
    assert len(rows) == 4526
    men, women = share(rows, "admitted", gender="male"), share(rows, "admitted", gender="female")
    assert (men, women) == (Fraction(1198, 2691), Fraction(557, 1835))
    assert float(men - women) == pytest.approx(0.1416454282, abs=5e-11)
    sizes = rows["department"].value_counts()
    standardised = sum(
        Fraction(int(sizes[dept]), 4526)
        * (
            share(rows, "admitted", department=dept, gender="male")
            - share(rows, "admitted", department=dept, gender="female")
        )
        for dept in "ABCDEF"
    )
    assert float(standardised) == pytest.approx(-0.0426367978, abs=5e-11)


def test_open_surgery_wins_for_both_sizes_of_stone_and_loses_overall():
    rows = datasets.load("kidney_stones")
    assert len(rows) == 700
    arms = {arm: rows[rows["treatment"] == arm] for arm in ("open surgery", "PCNL")}
    assert {arm: (int(part["success"].sum()), len(part)) for arm, part in arms.items()} == {
        "open surgery": (273, 350),
        "PCNL": (289, 350),
    }

    def gap(**cell):
        return float(
            share(rows, "success", treatment="open surgery", **cell) - share(rows, "success", treatment="PCNL", **cell)
        )

    assert gap() == pytest.approx(-0.0457142857, abs=5e-11)
    assert gap(stone_size="small") == pytest.approx(0.0643678161, abs=5e-11)
    assert gap(stone_size="large") == pytest.approx(0.0425380228, abs=5e-11)


def test_the_crew_of_the_titanic_survived_more_often_within_each_sex_and_less_overall():
    rows = datasets.load("titanic")
    assert (len(rows), int(rows["survived"].sum())) == (2201, 711)
    by_class = rows.groupby("class")["survived"].agg(["sum", "size"])
    assert by_class.to_dict("index") == {
        "1st": {"sum": 203, "size": 325},
        "2nd": {"sum": 118, "size": 285},
        "3rd": {"sum": 178, "size": 706},
        "crew": {"sum": 212, "size": 885},
    }

    def gap(**cell):
        return share(rows, "survived", **{"class": "crew"}, **cell) - share(
            rows, "survived", **{"class": "3rd"}, **cell
        )

    assert gap() < 0 < min(gap(sex="male"), gap(sex="female"))
    assert gap() == Fraction(212, 885) - Fraction(178, 706)
    assert gap(sex="female") == Fraction(20, 23) - Fraction(90, 196)


@pytest.fixture(scope="module")
def service():
    return datasets.load("service_gmv")


def mean(values):
    return Fraction(sum(values.tolist()), len(values))


def test_the_service_table_is_exact_row_by_row(service):
    cells = {key: part["gmv"] for key, part in service.groupby(["activity", "used_service"])}
    assert {key: (len(gmv), mean(gmv)) for key, gmv in cells.items()} == {
        ("active", 1): (1025, 3116),
        ("active", 0): (4425, 2116),
        ("inactive", 1): (3075, 1120),
        ("inactive", 0): (1475, 620),
    }
    arms = {arm: part["gmv"] for arm, part in service.groupby("used_service")}
    assert mean(arms[1]) - mean(arms[0]) == -123
    # In floating point too, whatever the order of summation: every partial sum is a whole number below 2**53.
    assert arms[1].mean() - arms[0].mean() == -123.0
    assert np.mean(arms[1].to_numpy(np.float64)[::-1]) - np.mean(arms[0].to_numpy(np.float64)) == -123.0


def test_the_standardised_effects_of_the_service_are_those_of_the_readme(service):
    groups = {
        "ATE": service,
        "ATT": service[service["used_service"] == 1],
        "ATC": service[service["used_service"] == 0],
    }
    active = {name: Fraction(int((rows["activity"] == "active").sum()), len(rows)) for name, rows in groups.items()}
    effects = {name: 1000 * part + 500 * (1 - part) for name, part in active.items()}
    assert effects == {"ATE": Fraction(1545, 2), "ATT": 625, "ATC": 875}
    within = (effects["ATT"] + effects["ATC"]) / 2
    assert (within, -123 - within) == (750, -873)


def adjusted(rows, by):
    """Difference standardised to all rows, and whether it has the same sign in every stratum."""
    cells = rows.groupby([by, "used_service"])["gmv"].agg(["size", "mean"]).unstack().dropna()
    size = cells["size"].sum(axis=1)
    gap = cells["mean"][1] - cells["mean"][0]
    return float((size * gap).sum() / size.sum()), bool((np.sign(gap) == np.sign(gap.iloc[0])).all())


def test_activity_is_the_only_covariate_from_before_that_turns_the_sign(service):
    assert adjusted(service, "activity") == (pytest.approx(772.5), True)
    rows = service.assign(tenure=pd.qcut(service["tenure_months"], 5, labels=False))
    for by in ("region", "city_tier", "orders_before", "tenure"):
        assert adjusted(rows, by)[0] < -25


def test_the_column_from_afterwards_moves_the_difference_as_a_confounder_would(service):
    assert adjusted(service, "orders_after")[0] > 0


def test_inside_an_activity_group_the_service_is_unrelated_to_everything_before(service):
    for _, rows in service.groupby("activity"):
        served = rows["used_service"] == 1
        for column in ("tenure_months", "orders_before", "city_tier"):
            a, b = rows.loc[served, column], rows.loc[~served, column]
            z = (a.mean() - b.mean()) / np.sqrt(a.var() / a.size + b.var() / b.size)
            assert 2 * special.ndtr(-abs(z)) > 0.05


def test_the_service_data_look_like_a_shop(service):
    assert service["user_id"].is_unique
    assert service["gmv"].min() == 0
    assert (service.loc[service["orders_after"] == 0, "gmv"] == 0).all()
    assert service["gmv"].skew() > 1
    assert Counter(service["activity"]) == {"active": 5450, "inactive": 4550}
    assert (ROOT / "datasets" / "service_gmv" / "service_gmv.csv").stat().st_size < 500_000


def test_the_training_programme_raised_earnings_by_1794_and_the_survey_says_the_opposite():
    men = datasets.load("nsw_cps")
    assert men["sample"].value_counts().to_dict() == {"CPS control": 15_992, "NSW control": 260, "NSW treated": 185}
    earnings = men.groupby("sample")["re78"].mean()
    # Dehejia and Wahba (1999), table 4: 1,794 and -8,498.
    assert earnings["NSW treated"] - earnings["NSW control"] == pytest.approx(1794.342382, abs=1e-6)
    assert earnings["NSW treated"] - earnings["CPS control"] == pytest.approx(-8497.516148, abs=1e-6)


def test_the_training_programme_is_the_one_of_causaldata():
    causaldata = pytest.importorskip("causaldata", reason="carries the published files")
    ours = datasets.load("nsw_cps").drop(columns="sample")
    theirs = pd.concat([causaldata.nsw_mixtape.load_pandas().data, causaldata.cps_mixtape.load_pandas().data])
    theirs = theirs.drop(columns="data_id").astype(float)
    np.testing.assert_array_equal(ours.to_numpy(float), theirs.to_numpy())


# The calls that made the synthetic data, and the truths that their pages state.
MADE_BY = {
    "acquisition_channels": (
        simulate.acquisition(9_000, rng=7),
        {"crude(search)": 0.4085, "crude(social)": 0.3090, "crude(referral)": 0.2985}
        | {"standardised(search)": 0.3487, "standardised(social)": 0.2987, "standardised(referral)": 0.4087},
    ),
    "city_roll_out": (
        simulate.roll_out(40, rng=4, n_periods=24, cohorts=(7, 12, 17), shares=(0.3, 0.3, 0.2), fixed_shares=True),
        {"ATT": 11.57, "event_time": 13.44, "cohort": 10.56, "calendar": 10.81, "TWFE": 6.39},
    ),
    "coupon_buyers": (
        simulate.coupon(6_000, rng=2),
        {"SATT(0-13)": -2.9, "SATT(14-60)": 30.9, "SATT(61-120)": -19.6, "SATT(0-120)": 8.4, "SATT(bought)": 0.103},
    ),
    "feature_push": (
        simulate.adoption(8_000, rng=6),
        {"ATE": 60.0, "LATE": 68.6, "complier": 0.285, "ITT": 19.6, "always": 0.136, "never": 0.579},
    ),
    "loyalty_tier": (simulate.loyalty_tier(8_000, rng=5), {"jump": 60.0, "SATT": 73.9}),
}


@pytest.mark.parametrize("name", MADE_BY)
def test_synthetic_data_are_what_the_call_makes_and_its_truth_is_the_one_stated(name):
    simulation, stated = MADE_BY[name]
    ours = datasets.load(name)
    for column in simulation.data.columns.intersection(ours.columns):
        made = simulation.data[column]
        if pd.api.types.is_numeric_dtype(made):
            # Rounded to whole numbers, at most.
            np.testing.assert_allclose(ours[column], made, atol=0.5 + 1e-9, rtol=0)
        else:
            assert ours[column].tolist() == made.tolist()
    for estimand, value in stated.items():
        digits = len(str(value).partition(".")[2])
        # Half a unit of the last digit stated.
        assert simulation.truth[estimand] == pytest.approx(value, abs=0.51 * 10.0**-digits)


def test_the_scripts_rebuild_the_files_byte_by_byte():
    rebuilt = runpy.run_path(str(ROOT / "datasets" / "build.py"))["rebuilt"]()
    assert {path.stem for path in rebuilt} >= {"berkeley_admissions", "kidney_stones", "service_gmv", "titanic"}
    assert all(path.read_bytes() == content for path, content in rebuilt.items())
