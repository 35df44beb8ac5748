"""What a summary says: each number once, in 80 columns, in plain words; and that answers come back from JSON."""

from __future__ import annotations

import re

import numpy as np
import pytest

from causalkit import did, simulate
from causalkit.errors import DataError, DesignError, DesignWarning

PANEL = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}


@pytest.fixture(scope="module")
def cities():
    return simulate.roll_out(120, rng=1).data


@pytest.fixture(scope="module")
def answer(cities):
    return did.estimate(cities, **PANEL)


def test_each_event_time_is_listed_once_and_lines_keep_to_80_columns(answer):
    text = answer.summary()
    assert len(re.findall(r"^-4 ", text, flags=re.MULTILINE)) == 1
    assert max(map(len, text.split("\n"))) <= 80


def test_the_frame_still_has_every_event_time(answer):
    assert len(answer.to_frame()) == 1 + len(answer.path.effects)


def test_the_question_names_the_treatment_and_not_the_date_of_its_start(cities, answer):
    assert "launch_week" not in answer.question()
    assert "live" in did.estimate(cities, outcome="orders", unit="city", time="week", treatment="live").question()


def test_weights_of_cohorts_are_those_of_their_cells(answer):
    weights = answer.naive_weights
    table = weights.by_cohort()
    assert sum(table["weight"]) == pytest.approx(1.0, abs=1e-12)
    assert sum(table["weight_negative"]) == pytest.approx(weights.negative_sum, abs=1e-12)
    assert sum(table["n"]) == int(np.sum(weights.n_rows))
    assert sum(table["share"]) == pytest.approx(1.0, abs=1e-12)


def test_an_answer_comes_back_from_json_whatever_else_is_loaded(answer):
    # The name of a set of words in a result must not be that of a record of another part of the package.
    import causalkit._advice._designs  # noqa: F401

    assert type(answer).from_json(answer.to_json()) == answer


def test_a_code_for_never_below_zero_is_refused_and_not_taken_for_a_date(cities):
    coded = cities.assign(launch_week=cities.launch_week.fillna(-1))
    with pytest.raises(DataError, match=r"holds -1.*leave it missing"):
        did.estimate(coded, **PANEL)


def test_units_seen_once_are_pointed_to_repeated_cross_sections(cities):
    people = cities.assign(city=np.arange(len(cities)))
    with pytest.raises(DesignError, match="Leave out unit="):
        did.estimate(people, **PANEL)


def test_group_time_effects_on_few_treated_units_say_so(cities):
    first = cities.city[cities.launch_week == 7].iloc[0]
    few = cities[(cities.city == first) | cities.launch_week.isna()]
    with pytest.warns(DesignWarning, match="1 treated unit: clustered standard errors are far too small"):
        did.group_time(few, **PANEL)


def test_the_parts_of_two_way_fixed_effects_print_as_tables(cities):
    for parts in (did.bacon_decomposition(cities, **PANEL), did.twfe_weights(cities, **PANEL)):
        assert max(map(len, str(parts).split("\n"))) <= 80
