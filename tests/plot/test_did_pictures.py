"""Pictures of differences-in-differences: what is drawn is what was estimated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from causalkit import did, plot, simulate
from causalkit.errors import OptionError
from causalkit.plot import _did_marks as marks
from causalkit.plot._did import trends
from causalkit.results import Effects

PANEL = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}


@pytest.fixture(scope="module")
def data():
    return simulate.roll_out(120, rng=7).data


@pytest.fixture(scope="module")
def cells(data):
    return did.group_time(data, **PANEL)


@pytest.fixture(scope="module")
def one_cohort():
    data = simulate.roll_out(80, rng=7, n_periods=6, cohorts=(4,), shares=(0.4,), fixed_shares=True).data
    return did.event_study(data, **PANEL)


def drawn(result, picture=None):
    return plot.draw(result, picture=picture, ax=Figure(figsize=(6, 4)).subplots())


def test_every_result_has_its_pictures_and_each_draws_on_the_axes_given(cells):
    names = {"group_time_map", "trends", "treatment_timing"}
    assert {each.name for each in plot.figures(cells)} == names
    for by in ("overall", "event_time", "cohort", "calendar"):
        average = did.aggregate(cells, by=by)
        assert {each.name for each in plot.figures(average)} == {"effects", "trends", "treatment_timing"}
        for picture in plot.figures(average):
            ax = Figure().subplots()
            assert picture.draw(ax=ax) is ax
            assert ax.get_title(loc="left")
            assert ax.get_xlabel()


def test_the_recipe_shows_the_naive_estimate_and_its_weights(data):
    found = did.estimate(data, **PANEL)
    names = ["effects", "trends", "group_time_of", "naive_beside", "naive_weights", "treatment_timing"]
    assert [each.name for each in plot.figures(found)] == names
    for name in names:
        assert drawn(found, name).get_title(loc="left")
    dashed = [line for line in drawn(found, "trends").lines if line.get_linestyle() == "--" and len(line.get_xdata())]
    assert len(dashed) == 3


def test_trends_that_the_test_can_see_run_through_the_reference(data):
    found = did.parallel_trends(data, **PANEL)
    assert plot.figures(found)[0].name == "pre_trends"
    lines = [line for line in drawn(found).lines if str(line.get_label()).startswith("trend seen")]
    for line, slope in zip(lines, found.power.slopes, strict=True):
        (a, b), (low, high) = line.get_xdata(), line.get_ydata()
        assert (high - low) / (b - a) == pytest.approx(slope)
        assert low == pytest.approx(slope * (a + 1))


@pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")
def test_one_treated_unit_is_shown_among_placebo_assignments():
    data = simulate.roll_out(20, rng=7, n_periods=6, cohorts=(4,), shares=(0.05,), fixed_shares=True).data
    found = did.estimate(data, **PANEL)
    everyone = drawn(found, "placebo_assignments").patches[0].get_data().values
    assert everyone.sum() == 20
    assert found.placebo is not None


def test_points_and_whiskers_are_the_estimates_and_their_intervals(one_cohort):
    ax = drawn(one_cohort)
    path = one_cohort.path
    points = np.concatenate([each.get_offsets() for each in ax.collections if isinstance(each, PathCollection)])
    points = points[np.argsort(points[:, 0])]
    assert_allclose(points[:, 0], [-3, -2, -1, 0, 1, 2])
    assert_allclose(points[:, 1], np.insert(path.effects.estimates, 2, 0.0))
    marks_drawn = [each for each in ax.collections if isinstance(each, PathCollection)]
    hollow = [each for each in marks_drawn if (each.get_facecolor() == 1).all()]
    assert_allclose(hollow[0].get_offsets(), [[-1, 0]])
    low, high = path.bands()
    whiskers = [each for each in ax.collections if hasattr(each, "get_segments") and len(each.get_segments()[0]) == 2]
    ends = np.concatenate([np.array(each.get_segments())[:, :, 1] for each in whiskers])
    assert_allclose(ends, np.column_stack([low, high]))


def test_the_map_writes_each_effect_and_nothing_where_there_is_none(cells):
    ax = drawn(cells)
    known = int((~cells.cells.is_reference).sum())
    assert len(ax.texts) == known
    at = {(round(text.get_position()[0]), round(text.get_position()[1])): text.get_text() for text in ax.texts}
    assert float(at[4, 0].replace("−", "-")) == pytest.approx(cells.effects["ATT(4, 5)"].estimate, abs=0.051)
    assert (0, 0) not in at


def test_the_dashed_line_is_the_mean_less_the_effect(cells):
    ax = drawn(cells, "trends")
    dashed = [line for line in ax.lines if line.get_linestyle() == "--" and len(line.get_xdata())]
    assert len(dashed) == 3
    roll_out, third = cells.roll_out, dashed[2]
    assert_allclose(third.get_xdata(), [9, 10, 11, 12])
    effects = [cells.effects[f"ATT(10, {week})"].estimate for week in (10, 11, 12)]
    assert_allclose(third.get_ydata(), roll_out.mean[2, 8:] - [0.0, *effects])


def test_timing_shows_one_band_for_each_cohort_with_its_units(cells):
    ax = drawn(cells, "treatment_timing")
    shown = [text.get_text() for text in ax.get_yticklabels()]
    units = cells.roll_out.n_units
    assert shown == [f"{name} ({n})" for name, n in zip(["4", "7", "10", "never"], units, strict=True)]


@pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")
def test_comparisons_and_weights_of_two_way_fixed_effects(data):
    found = did.bacon_decomposition(data, **PANEL)
    ax = drawn(found)
    points = np.concatenate([np.asarray(each.get_offsets()) for each in ax.collections])
    assert points[:, 0].sum() == pytest.approx(1.0)
    assert points[:, 0] @ points[:, 1] == pytest.approx(found.coefficient)
    weights = did.twfe_weights(data, **PANEL)
    assert len(drawn(weights).texts) == len(weights.weights)
    assert f"{weights.n_negative} of {len(weights.weights)} are negative" in drawn(weights).get_title(loc="left")


def test_the_honest_curve_shows_each_interval_and_the_original(one_cohort):
    found = did.sensitivity(one_cohort)
    ax = drawn(found)
    whiskers = [each for each in ax.collections if hasattr(each, "get_segments") and len(each.get_segments()[0]) == 2]
    ends = np.concatenate([np.array(each.get_segments())[:, :, 1] for each in whiskers])
    want = [list(found.original.conf_int(0.95)), *(list(each.conf_int(0.95)) for each in found.trends)]
    assert_allclose(ends, want)


def test_the_histogram_counts_every_assignment():
    data = simulate.roll_out(20, rng=7, n_periods=6, cohorts=(4,), shares=(0.1,), fixed_shares=True).data
    found = did.randomization_inference(data, **PANEL, rng=1)
    ax = drawn(found)
    everyone, far = (patch.get_data().values for patch in ax.patches)
    assert everyone.sum() == found.effects.size == 190
    assert far.sum() / 190 == pytest.approx(found.p_value)


@pytest.mark.filterwarnings("ignore::causalkit.errors.DesignWarning")
def test_few_variations_are_lines_and_many_are_sorted(data):
    few = did.leave_one_out(data, **PANEL, left_out="cohort")
    shown = [text.get_text() for text in drawn(few).get_yticklabels()]
    assert shown[0] == "as usually estimated"
    assert len(shown) == len(few) + 1
    many = did.leave_one_out(data, **PANEL, cluster="region", left_out="cluster")
    twice = replace(many, effects=joined(many.effects))
    ax = drawn(twice)
    assert_allclose(ax.lines[0].get_ydata(), np.sort(twice.effects.estimates))
    assert ax.lines[1].get_ydata()[0] == many.original.estimate


def joined(effects):
    """Effects and themselves again under other names."""
    return Effects(
        dimension=effects.dimension,
        labels=(*effects.labels, *(f"{label} again" for label in effects.labels)),
        estimates=np.tile(effects.estimates, 2),
        cov=np.kron(np.eye(2), effects.cov),
    )


def test_two_by_two_shows_four_means_and_the_treated_without_the_effect(data):
    rows = data[data.week.isin([3, 4]) & (data.launch_week.isna() | (data.launch_week == 4))]
    rows = rows.assign(treated=(rows.launch_week == 4).astype(int), after=(rows.week == 4).astype(int))
    found = did.two_by_two(rows, outcome="orders", treated="treated", post="after", unit="city")
    controls, treated, without = drawn(found).lines[:3]
    means = rows.groupby(["treated", "after"]).orders.mean()
    assert_allclose(controls.get_ydata(), [means[0, 0], means[0, 1]])
    assert_allclose(treated.get_ydata(), [means[1, 0], means[1, 1]])
    assert_allclose(without.get_ydata(), [means[1, 0], means[1, 1] - found.estimate])


def test_many_periods_have_fewer_ticks_and_many_cohorts_no_numbers():
    ax = Figure().subplots()
    marks.period_axis(ax, np.arange(36.0), [f"2024-{week:02d}" for week in range(36)])
    assert 2 <= len(ax.get_xticks()) <= 7
    assert ax.get_xticklabels()[-1].get_text() == "2024-35"
    wide = Figure().subplots()
    marks.cell_map(wide, np.ones((2, 30)), rows=["a", "b"], columns=[str(each) for each in range(30)], legend="x")
    assert not wide.texts
    assert len(set(marks.cohort_colors(9))) == 9


def test_a_result_without_its_roll_out_says_where_it_is_kept(one_cohort):
    with pytest.raises(OptionError, match="holds no roll-out"):
        trends(replace(one_cohort, roll_out=None))
