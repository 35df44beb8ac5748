"""Group-time effects and the whole recipe: odd input, several ways to the same number, errors against simulation."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from causalkit import did
from causalkit._numerics._did_cross_sections import compare_cross_sections
from causalkit._numerics._did_doubly_robust import compare
from causalkit._numerics._did_group_time import UnitRows, from_moments
from causalkit._numerics._did_plan import plan_cells
from causalkit._numerics._did_unit_cells import from_units
from causalkit.errors import CausalkitWarning, DataError, DataWarning, DesignError, DesignWarning, OptionError
from tests.adversarial import Subject, suite
from tests.contract import check_contract
from tests.did.panels import MPDTA, ORGANS, mpdta, organs, toy

COLUMNS = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "first"}
BY_ROW = {"outcome": "y", "unit": "unit", "time": "time", "treatment": "on"}
METHODS = ("doubly_robust", "regression", "ipw")


def panel(n: int = 20, *, seed: int = 0) -> pd.DataFrame:
    data = toy({3: n, 4: n, None: 2 * n}, 5, rng=seed)
    # A covariate of the unit, with a trend of its own.
    fixed = data.groupby("unit")["x"].transform("first")
    return data.assign(
        x=fixed,
        y=data["y"] + 0.3 * fixed * data["time"],
        w=data.groupby("unit")["w"].transform("first"),
        on=(data["time"] >= data["first"]).astype(int),
        group=data["unit"] % 35,
    )


def quietly(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CausalkitWarning)
        return function(*args, **options)


def effects_of(result):
    return result.effects.estimates, result.effects.cov


# --- odd input ---

_SKIP = {"a_treatment_with_other_labels_needs_the_treated_one_named": "the treatment of a panel is 0/1"}

test_bad_and_odd_input_of_group_time = suite(
    Subject(
        call=lambda data, roles, **options: did.group_time(data, **roles, **options),
        frame=panel(),
        roles=BY_ROW | {"covariates": ["x"]},
        numeric=("outcome", "covariates"),
        skip=_SKIP,
    )
)
test_bad_and_odd_input_of_the_recipe = suite(
    Subject(
        call=lambda data, roles, **options: did.estimate(data, **roles, **options),
        frame=panel(),
        roles=BY_ROW,
        skip=_SKIP,
    )
)


def test_results_keep_the_contract():
    four = pd.concat([panel().assign(unit=lambda t, k=k: t["unit"] + 1000 * k) for k in range(4)])
    check_contract(did.group_time(panel(), **COLUMNS), make_at_4n=lambda: did.group_time(four, **COLUMNS))
    check_contract(quietly(did.estimate, panel(), **COLUMNS))
    check_contract(quietly(did.estimate, organs(), **ORGANS))


REFUSED = [
    ({"first": 3.5}, {}, DataError, "holds 3.5, which is no period"),
    ({"first": "never"}, {}, DataError, "'never', which is no period"),
    ({"first": lambda t: t["time"].clip(2)}, {}, DataError, r"varies within .* units, for example '0'"),
    ({"time": 1}, {}, DesignError, "one period '1'"),
    ({"first": 3.0}, {}, DesignError, "no controls: all 80 units"),
    ({"first": np.nan}, {}, DesignError, "0 units treated"),
    ({"first": 1.0}, {}, DesignError, "treated in all periods"),
    ({"first": lambda t: t["first"].fillna(5.0)}, {}, DesignError, "control_group='not_yet_treated'"),
    ({"w": 0.0}, {"weights": "w"}, DesignError, "zero weight"),
    ({"w": -1.0}, {"weights": "w"}, DataError, "negative"),
    ({"group": 1}, {"cluster": "group"}, DesignError, "same value in all"),
    ({"group": lambda t: t["time"] % 4}, {"cluster": "group"}, DataError, "changes within unit '0'"),
    ({}, {"treatment": "on"}, OptionError, "got both"),
    ({}, {"cohort": None}, OptionError, "got neither"),
    ({}, {"unit": None, "cohort": None, "treatment": "on"}, OptionError, "needs unit="),
    ({}, {"control_group": "never"}, OptionError, "control_group='never' is not known"),
    ({}, {"anticipation": -1}, OptionError, "must not be negative"),
    ({}, {"bootstrap": 999}, OptionError, "did.Multiplier"),
    ({"x": lambda t: t["first"].notna() * 1.0}, {"covariates": "x"}, DesignError, "separate the cohort"),
]


@pytest.mark.filterwarnings("ignore::causalkit.errors.CausalkitWarning")
@pytest.mark.parametrize(("change", "options", "error", "words"), REFUSED)
def test_what_cannot_be_answered_is_refused_with_its_reason(change, options, error, words):
    with pytest.raises(error, match=words):
        did.group_time(panel().assign(**change), **(COLUMNS | options))


def test_a_unit_twice_in_a_period_is_named():
    with pytest.raises(DataError, match=r"Unit '7' of unit='unit' has 2 rows in period '3'"):
        did.group_time(pd.concat([panel(), panel().query("unit == 7 and time == 3")]), **COLUMNS)


def test_treatment_that_switches_off_is_refused_with_a_pointer():
    data = panel()
    data.loc[(data["unit"] == 4) & (data["time"] == 5), "on"] = 0
    with pytest.raises(DesignError, match=r"switches off again in 1 unit, for example unit '4'.*switchers"):
        did.estimate(data, **BY_ROW)


def test_units_treated_in_all_periods_are_announced_counted_and_without_influence():
    data = panel()
    always = data[data["unit"] < 5].assign(unit=lambda t: t["unit"] + 900, first=1.0)
    with pytest.warns(DataWarning, match="5 units treated .* in all periods were left out"):
        found = did.group_time(pd.concat([data, always]), **COLUMNS)
    assert found.estimate == did.group_time(data, **COLUMNS).estimate
    assert dict(found.sample.dropped) == {"always treated": 25}


def test_a_cohort_after_the_last_period_is_a_control_with_a_note():
    data = panel()
    with pytest.warns(DataWarning, match="after the last period '5' are not treated within the data"):
        found = did.group_time(data.assign(first=data["first"].fillna(8.0)), **COLUMNS)
    assert found.estimate == did.group_time(data, **COLUMNS).estimate


@pytest.mark.parametrize("never", [0, np.inf, None])
def test_never_may_be_nothing_infinity_or_a_zero_that_is_no_period(never):
    data = panel()
    marked = data["first"].astype(object).where(data["first"].notna(), never)
    same = did.group_time(data.assign(first=marked), **COLUMNS)
    assert same.estimate == did.group_time(data, **COLUMNS).estimate


def test_zero_that_is_a_period_is_a_cohort():
    data = panel()
    shifted = data.assign(time=data["time"] - 3, first=data["first"] - 3)
    assert did.group_time(shifted, **COLUMNS).roll_out.cohorts == ("0", "1")


def test_few_clusters_are_said():
    with pytest.warns(DesignWarning, match="Only 24 units"):
        found = did.group_time(toy({3: 12, None: 12}, 4), **COLUMNS)
    assert found.checks["clusters"].verdict == "questionable"


def test_gaps_in_time_count_in_event_time():
    data = panel().query("time != 2")
    assert did.aggregate(did.group_time(data, **COLUMNS), by="event_time").path.effects.labels == ("-1", "0", "1", "2")


# --- several ways to the same number ---


def arrays(weights: bool, clusters: bool):
    data = panel()
    outcome = data.pivot(index="unit", columns="time", values="y").to_numpy()
    unit = data.drop_duplicates("unit")
    return UnitRows(
        outcome=outcome,
        group=unit["first"].map({3.0: 0, 4.0: 1}).fillna(2).to_numpy(dtype=np.int64),
        n_groups=3,
        weights=unit["w"].to_numpy() if weights else None,
        clusters=unit["group"].to_numpy() if clusters else None,
    )


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("clusters", [False, True])
@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("base_period", ["varying", "universal"])
def test_moments_of_cohorts_and_sums_over_units_give_the_same(weights, clusters, control_group, base_period):
    units = arrays(weights, clusters)
    plan = plan_cells(
        np.arange(1.0, 6),
        np.array([3.0, 4.0]),
        has_never_treated=True,
        control_group=control_group,
        base_period=base_period,
        anticipation=0,
    )
    short = from_moments(units, plan, bootstrap=None)
    own = None if units.weights is None else units.weights[None]
    long = from_units(units, plan, z=np.ones((1, 1, 80)), weights=own, method="regression", bootstrap=None)
    assert_allclose(long.estimates, short.estimates, atol=1e-13)
    assert_allclose(long.cov, short.cov, atol=1e-15)
    assert_allclose(long.shares, short.shares, rtol=1e-14)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_cells_at_once_and_cell_by_cell_give_the_same(method, control_group):
    # A covariate that moves by nothing but rounding is read period by period.
    once = did.group_time(panel(), **COLUMNS, covariates="x", method=method, control_group=control_group)
    data = panel().assign(x=lambda t: t["x"] * (1 + 1e-15 * (t["time"] % 2)))
    each = did.group_time(data, **COLUMNS, covariates="x", method=method, control_group=control_group)
    for a, b in zip(effects_of(once), effects_of(each), strict=True):
        assert_allclose(b, a, atol=1e-11)


@pytest.mark.parametrize("weights", [None, "w"])
def test_cross_sections_clustered_by_unit_equal_the_panel_without_covariates(weights):
    # Four means are two mean changes when the same units are seen twice, and their influence adds up within units.
    by_unit = did.group_time(panel(), **COLUMNS, weights=weights)
    by_row = did.group_time(panel(), **(COLUMNS | {"unit": None}), cluster="unit", weights=weights)
    for a, b in zip(effects_of(by_unit), effects_of(by_row), strict=True):
        assert_allclose(b, a, atol=1e-13)
    for by in ("overall", "event_time", "cohort", "calendar"):
        a, b = did.aggregate(by_unit, by=by).effect, did.aggregate(by_row, by=by).effect
        assert_allclose([b.estimate, b.std_error], [a.estimate, a.std_error], rtol=1e-11)


@pytest.mark.filterwarnings("ignore::causalkit.errors.CausalkitWarning")
def test_gaps_are_compared_pairwise_over_the_units_seen_in_both_periods():
    data = panel().query("(unit + time) % 7 != 0")
    found = did.group_time(data, **COLUMNS)
    wide = data.pivot(index="unit", columns="time", values="y")
    first = data.groupby("unit")["first"].first()
    change = (wide[5] - wide[2]).dropna()
    own, other = change[first[change.index] == 3], change[first[change.index].isna()]
    effect = found.effects["ATT(3, 5)"]
    assert effect.estimate == pytest.approx(own.mean() - other.mean(), abs=1e-12)
    variance = own.var(ddof=0) / own.size + other.var(ddof=0) / other.size
    assert effect.std_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    at = (found.cells.cohort == 0) & (found.cells.time == 4)
    assert (found.cells.n_treated[at], found.cells.n_control[at]) == (own.size, other.size)


def test_units_with_gaps_can_be_left_out():
    data = panel().query("not (unit in (3, 50) and time == 2)")
    with pytest.warns(DesignWarning, match="2 of 80 units are not observed in all 5 periods; they were left out"):
        found = did.group_time(data, **COLUMNS, unbalanced="drop_units")
    kept = did.group_time(panel().query("unit not in (3, 50)"), **COLUMNS)
    assert (found.estimate, found.std_error) == (kept.estimate, kept.std_error)
    assert dict(found.sample.dropped) == {"unit not observed in all periods": 8}


def test_one_cohort_and_two_periods_are_two_by_two():
    data = panel().query("time in (2, 3) and first != 4")
    found = did.estimate(data, **COLUMNS)
    mean = data.assign(treated=data["first"].notna()).groupby(["treated", "time"])["y"].mean()
    assert found.design == "two periods"
    assert found.estimate == pytest.approx(mean[True, 3] - mean[True, 2] - mean[False, 3] + mean[False, 2], abs=1e-12)


def test_splitting_a_label_of_never_changes_nothing():
    data = panel()
    never = data["first"].isna()
    split = data["first"].mask(never & (data["unit"] % 2 == 0), np.inf)
    assert did.group_time(data.assign(first=split), **COLUMNS).std_error == did.group_time(data, **COLUMNS).std_error


def test_a_constant_added_to_a_covariate_leaves_twelve_digits():
    plain = did.group_time(panel(), **COLUMNS, covariates="x")
    moved = did.group_time(panel().assign(x=lambda t: np.round(t["x"], 6) + 1e6), **COLUMNS, covariates="x")
    rounded = did.group_time(panel().assign(x=lambda t: np.round(t["x"], 6)), **COLUMNS, covariates="x")
    assert rounded.estimate == pytest.approx(plain.estimate, abs=1e-5)
    assert_allclose(moved.effects.estimates, rounded.effects.estimates, rtol=1e-8)


def test_balanced_event_time_keeps_one_composition():
    found = did.aggregate(did.group_time(panel(), **COLUMNS), by="event_time", balanced=2)
    assert found.path.n_treated.tolist() == [20] * 4
    with pytest.raises(DesignError, match="the longest is 2"):
        did.aggregate(did.group_time(panel(), **COLUMNS), by="event_time", balanced=9)
    with pytest.raises(OptionError, match="is for by='event_time'"):
        did.aggregate(did.group_time(panel(), **COLUMNS), balanced=1)


# --- errors against simulation ---


@pytest.mark.parametrize("options", [{}, {"covariates": "x"}, {"cluster": "group"}, {"weights": "w"}])
def test_bootstrap_errors_and_bands_are_those_of_the_joint_covariance(options):
    exact = did.aggregate(did.group_time(panel(50), **COLUMNS, **options), by="event_time")
    cells = did.group_time(panel(50), **COLUMNS, **options, bootstrap=did.Multiplier(draws=4000, rng=1))
    drawn = did.aggregate(cells, by="event_time")
    # The standard deviation of 4000 draws is right to 1.1 %.
    assert_allclose(drawn.path.effects.std_errors, exact.path.effects.std_errors, rtol=0.05)
    assert drawn.std_error == pytest.approx(exact.std_error, rel=0.05)
    assert drawn.path.critical_value() == pytest.approx(exact.path.critical_value(), rel=0.04)


def test_bootstrap_draws_repeat_with_the_seed():
    cells = [did.group_time(panel(), **COLUMNS, bootstrap=did.Multiplier(draws=99, rng=7)).cells for _ in range(2)]
    assert np.array_equal(cells[0].draws, cells[1].draws)


def ratio(estimates, errors):
    """Spread of the estimates over their mean error."""
    return np.std(estimates) / np.sqrt(np.mean(np.square(errors)))


# 250 simulations know a standard deviation to 4.5 %: four of those.
N_SIM, RATIO = 250, 0.18


def draw(rng, n=300):
    x = rng.normal(size=(2, n))
    treated = rng.random(n) < 1 / (1 + np.exp(0.3 - 0.5 * x[0] + 0.5 * x[1]))
    return np.vstack([np.ones(n), x]), treated


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_errors_of_a_panel_are_the_spread_of_its_estimates(method, weighted):
    rng = np.random.default_rng(5)
    estimates, errors = [], []
    for _ in range(N_SIM):
        z, treated = draw(rng)
        change = (1 + 0.7 * z[1] + treated * (1 + 0.5 * z[2]) + rng.normal(size=z.shape[1]) * (1 + 0.5 * treated))[
            :, None
        ]
        w = rng.uniform(0.5, 2, z.shape[1])
        arms = [(z[:, arm], change[arm], w[arm] if weighted else None) for arm in (treated, ~treated)]
        found = compare(*arms, method=method)
        parts = [found.influence(*arm, treated=number == 0) for number, arm in enumerate(arms)]
        assert abs(sum(part.sum() for part in parts)) < 1e-10
        estimates.append(found.gap[0])
        errors.append(np.sqrt(sum(np.square(part).sum() for part in parts)))
    assert ratio(estimates, errors) == pytest.approx(1, abs=RATIO)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_errors_of_cross_sections_are_the_spread_of_their_estimates(method, weighted):
    rng = np.random.default_rng(6)
    estimates, errors = [], []
    for _ in range(N_SIM):
        z, treated = draw(rng, 400)
        n = treated.size
        post = rng.random(n) < 0.5
        y = (
            z[1]
            + treated * (1 + 0.5 * z[2])
            + post * (1 + 0.7 * z[1] + treated * (1 + 0.5 * z[1]))
            + rng.normal(size=n)
        )
        w = rng.uniform(0.5, 2, n)
        cells = [[arm & when for when in (~post, post)] for arm in (treated, ~treated)]
        arms = [tuple((z[:, c], y[c], w[c] if weighted else None) for c in pair) for pair in cells]
        found = compare_cross_sections(*arms, method=method)
        parts = [
            found.influence(*arm, treated=number == 0, post=bool(when))
            for number, pair in enumerate(arms)
            for when, arm in enumerate(pair)
        ]
        assert abs(sum(part.sum() for part in parts)) < 1e-10
        estimates.append(found.gap)
        errors.append(np.sqrt(sum(np.square(part).sum() for part in parts)))
    assert ratio(estimates, errors) == pytest.approx(1, abs=RATIO)


def slope(estimate, n, at, step=1e-5):
    """Derivative of an estimate with respect to the weight of one row."""
    moved = [np.ones(n), np.ones(n)]
    moved[0][at] += step
    moved[1][at] -= step
    return (estimate(moved[0]) - estimate(moved[1])) / (2 * step)


@pytest.mark.parametrize("method", METHODS)
def test_the_influence_of_a_row_is_the_derivative_by_its_weight(method):
    # Nothing that estimation of scores and regressions adds can be missing or counted twice.
    rng = np.random.default_rng(1)
    z, treated = draw(rng, 120)
    post = rng.random(120) < 0.5
    y = z[1] + treated * (1 + z[2]) + post * (1 + z[1]) + rng.normal(size=120)

    def panel_arms(w):
        return [(z[:, arm], y[arm, None], w[arm]) for arm in (treated, ~treated)]

    def section_arms(w):
        cells = [[arm & when for when in (~post, post)] for arm in (treated, ~treated)]
        return [tuple((z[:, c], y[c], w[c]) for c in pair) for pair in cells]

    of_panel = compare(*panel_arms(np.ones(120)), method=method)
    of_sections = compare_cross_sections(*section_arms(np.ones(120)), method=method)
    for i in range(0, 120, 7):
        row, arm = (z[:, [i]], y[[i]]), bool(treated[i])
        own = of_panel.influence(row[0], row[1][:, None], None, treated=arm)[0, 0]
        assert own == pytest.approx(slope(lambda w: compare(*panel_arms(w), method=method).gap[0], 120, i), abs=1e-8)
        own = of_sections.influence(*row, None, treated=arm, post=bool(post[i]))[0]
        by_weight = slope(lambda w: compare_cross_sections(*section_arms(w), method=method).gap, 120, i)
        assert own == pytest.approx(by_weight, abs=1e-8)


# --- the recipe ---


def test_the_recipe_on_a_staggered_panel_shows_the_naive_estimate_and_its_weights():
    found = quietly(did.estimate, mpdta(), **MPDTA)
    assert found.design == "staggered"
    assert found.estimate == pytest.approx(-0.039951275155, abs=1e-11)
    assert found.std_error == pytest.approx(0.012034012770, abs=1e-11)
    assert found.naive.estimate == pytest.approx(-0.0365489366741, abs=1e-12)
    assert found.naive.std_error == pytest.approx(0.0132651554293, abs=1e-12)
    assert found.naive_weights.n_negative == 1
    assert "negative weight" in found.summary()
    assert did.sensitivity(found).bounds.size > 1


def test_the_recipe_without_never_treated_takes_those_not_yet_treated():
    data = panel()
    found = quietly(did.estimate, data.assign(first=data["first"].fillna(5.0)), **COLUMNS)
    assert found.options["control_group"] == "not_yet_treated"
    assert found.checks["controls"].verdict == "questionable"


def test_with_one_treated_cluster_placebo_assignments_are_the_headline():
    found = quietly(did.estimate, organs(), **ORGANS)
    assert found.design == "common timing"
    assert found.estimate == pytest.approx(-0.022458974359, abs=1e-10)
    assert found.p_value == pytest.approx(5 / 27, abs=1e-12)
    assert "placebo assignments" in found.headline()


def test_the_recipe_reads_repeated_cross_sections():
    found = did.estimate(panel(), **(COLUMNS | {"unit": None}))
    assert found.design == "repeated cross-sections"
    assert found.naive is None
    assert found.estimate == pytest.approx(did.group_time(panel(), **COLUMNS).estimate, abs=1e-12)
