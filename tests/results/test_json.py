"""JSON: exact both ways, one schema, nothing unknown."""

from __future__ import annotations

import copy
import json
import math
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import causalkit
from causalkit import compare, decide
from causalkit.errors import DataError
from causalkit.results import Effect, Effects, Fieller, Interval, Result, Sample, Table
from causalkit.results import _json as codec
from causalkit.results._record import _REGISTRY
from tests.results.toy import ToyResult, toy_result

if TYPE_CHECKING:
    from collections.abc import Iterator

AWKWARD = (math.nan, math.inf, -math.inf, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 1 / 3)


def bits(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack("<d", value)


@given(st.floats())
def test_every_float_keeps_its_bits(value):
    back = codec.loads(codec.dumps(Effect(estimand="ATE", estimate=value, std_error=1.0)))
    assert bits(back.estimate) == bits(value)


@pytest.mark.parametrize("value", AWKWARD)
def test_awkward_floats_keep_their_bits_in_fields_arrays_and_tables(value):
    effects = Effects(dimension="x", labels=("a",), estimates=np.array([value]), cov=np.array([[value]]))
    given_ = toy_result(
        strata=effects, options={"value": value}, effect=Effect(estimand="a", estimate=value, std_error=1.0)
    )
    back = ToyResult.from_json(given_.to_json())
    for found in (back.strata.estimates[0], back.strata.cov[0, 0], back.options["value"], back.estimate):
        assert bits(float(found)) == bits(value)
    table = codec.loads(codec.dumps(Table("", {"x": (value,)})))
    assert bits(table["x"][0]) == bits(value)


def test_text_is_json_for_every_reader():
    text = toy_result(options={"value": math.nan}).to_json()
    raw = json.loads(text, parse_constant=pytest.fail)
    assert raw["schema"] == "causalkit-result/1"
    assert raw["value"]["$type"] == "ToyResult"


@given(st.text(), st.integers(-(2**70), 2**70), st.booleans())
def test_texts_integers_and_booleans_survive(text, number, flag):
    table = Table(text, {text: (text, number, flag, None)})
    back = codec.loads(codec.dumps(table))
    assert back == table
    assert [type(each) for each in back[text]] == [str, int, bool, type(None)]


def test_numpy_scalars_in_a_table_are_plain_values():
    table = Table("", {"x": (np.float64(0.1), np.int64(3), np.bool_(True), np.str_("a"))})
    assert [type(each) for each in table["x"]] == [float, int, bool, str]
    assert codec.loads(codec.dumps(table)) == table


def broken(**changes: object) -> str:
    raw = json.loads(toy_result().to_json())
    raw["value"] |= changes
    return json.dumps(raw)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"schema": "causalkit-result/1", "value": NaN}', "NaN is not JSON"),
        ("[]", "schema 'list'"),
        ("{}", "schema None"),
        ('{"schema": "causalkit-result/2", "value": {}}', "schema 'causalkit-result/2'"),
        ('{"schema": "causalkit-result/1", "value": {}, "more": 1}', "not a result of this version"),
        ('{"schema": "causalkit-result/1", "value": 3}', "holds no result"),
        ('{"schema": "causalkit-result/1", "value": {"a": 1}}', "not part of a result: 'a'"),
        ('{"schema": "causalkit-result/1", "value": {"$type": "os.system"}}', "does not have: 'os.system'"),
        ('{"schema": "causalkit-result/1", "value": {"$type": "simpson.os"}}', "does not have: 'simpson.os'"),
        ('{"schema": "causalkit-result/1", "value": {"$type": ["ToyResult"]}}', "does not have"),
        ('{"schema": "causalkit-result/1", "value": {"$float": "1e5"}}', "not part of a result"),
        ('{"schema": "causalkit-result/1", "value": {"$array": [1], "$dtype": "object", "$shape": [1]}}', "not part"),
        (
            '{"schema": "causalkit-result/1", "value": {"$array": [1], "$dtype": "float64", "$shape": [7]}}',
            "broken array",
        ),
        (broken(unknown=1), "unknown 'unknown'"),
        (broken(sample={"$type": "Sample", "n_rows": 3}), "absent 'dropped', 'n_clusters'"),
        (broken(roles=7), "is broken"),
        (
            broken(strata={"$type": "Effects", "dimension": "", "labels": ["a"], "estimates": 1, "cov": 2, "df": 3}),
            "broken",
        ),
    ],
)
def test_what_is_not_a_result_is_refused_in_words(text, says):
    with pytest.raises(DataError) as refused:
        Result.from_json(text)
    assert says in str(refused.value)


def test_what_is_not_text_is_refused():
    for given_ in (None, 3, toy_result().to_json().encode(), toy_result()):
        with pytest.raises(DataError, match="read from text"):
            Result.from_json(given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        '{"$float": ["inf"]}',
        '{"$float": {"a": 1}}',
        '{"$array": [], "$dtype": ["float64"], "$shape": [0]}',
        '{"$array": [1' + "0" * 400 + '], "$dtype": "int64", "$shape": [1]}',
        '{"$type": "Record"}',
        '{"$type": "Answer"}',
        "[" * 900 + "]" * 900,
        '{"$map": {"a":' * 400 + "1" + "}}" * 400,
    ],
)
def test_hostile_values_are_refused_in_words(value):
    with pytest.raises(DataError):
        Result.from_json('{"schema": "causalkit-result/1", "value": ' + value + "}")


def places(raw: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Every place inside nested lists and dicts."""
    inside = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in inside:
        yield (*path, key)
        yield from places(value, (*path, key))


@pytest.mark.parametrize("wrong", ["word", None, 5, [1], {"$map": {}}], ids=repr)
def test_a_field_of_another_type_is_refused_or_does_no_harm(wrong):
    raw = json.loads(toy_result().to_json())
    for path in places(raw["value"]):
        spoilt = copy.deepcopy(raw)
        inside = spoilt["value"]
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = wrong
        try:
            back = Result.from_json(json.dumps(spoilt))
        except DataError:
            continue
        assert back.summary(), path


@pytest.mark.parametrize(
    ("field", "value", "declared"),
    [
        ("method", 3, "str"),
        ("effect", "large", "Effect"),
        ("checks", None, "Checks"),
        ("warnings", "one", r"tuple\[str, \.\.\.\]"),
        ("roles", {"$map": {"outcome": "gmv"}}, r"Mapping\[str, tuple\[str, \.\.\.\]\]"),
        ("options", {"$map": {"trim": [1]}}, r"Mapping\[str, Cell\]"),
        ("strata", {"$type": "Interval", "low": 0, "high": 1}, "Effects"),
    ],
)
def test_a_field_of_another_type_is_named(field, value, declared):
    with pytest.raises(DataError, match=f"of a ToyResult is broken: its {field} is not of type {declared}"):
        Result.from_json(broken(**{field: value}))


def test_json_can_name_every_record_that_a_result_is_made_of():
    for name in causalkit.__all__:
        getattr(causalkit, name)
    ours = {tag for tag, cls in _REGISTRY.items() if cls.__module__.startswith("causalkit.")}
    spaces = {tag.partition(".")[0] for tag in ours if "." in tag}
    assert spaces <= set(codec._MODULES), "enter the namespace in _MODULES of causalkit/results/_json.py"


def test_an_absent_field_is_named():
    raw = json.loads(toy_result().to_json())
    del raw["value"]["strata"]
    with pytest.raises(DataError, match="absent 'strata'"):
        Result.from_json(json.dumps(raw))


def test_a_longer_text_than_any_result_is_not_parsed(monkeypatch):
    monkeypatch.setattr(codec, "LARGEST_TEXT", 100)
    with pytest.raises(DataError, match="at most 100 are read"):
        Result.from_json(toy_result().to_json())


def test_another_kind_of_record_is_not_a_result():
    with pytest.raises(DataError, match="holds a Interval, not a Result"):
        Result.from_json(codec.dumps(Interval(0.0, 1.0)))
    plain = Result(**{name: value for name, value in toy_result().fields().items() if name != "strata"})
    with pytest.raises(DataError, match="holds a Result, not a ToyResult"):
        ToyResult.from_json(plain.to_json())


def test_what_is_not_aggregate_cannot_be_written():
    with pytest.raises(TypeError, match="a result cannot hold a list"):
        codec.dumps(toy_result(options={"rows": [1, 2]}))


def test_nested_records_come_back_whole():
    uncertainty = Fieller(numerator=2.0, denominator=10.0, var_numerator=0.25, var_denominator=0.09, cov=-0.09)
    given_ = toy_result(
        effect=Effect(estimand="lift", estimate=0.2, std_error=0.05, uncertainty=uncertainty),
        sample=Sample(n_rows=5, n_used=4, dropped={"missing x": 1}),
    )
    back = ToyResult.from_json(given_.to_json())
    assert back == given_
    assert back.effect.uncertainty == uncertainty
    assert back.conf_int().format(9) == given_.conf_int().format(9)


READ_IN_A_FRESH_PROCESS = """
import sys
from causalkit.results import _json
sys.stdout.write(type(_json.loads(sys.stdin.read())).__name__)
"""


@pytest.mark.parametrize("kind", ["Comparison", "Decision", "Result"])
def test_a_fresh_process_knows_every_type(kind):
    plain = Result(**{name: value for name, value in toy_result().fields().items() if name != "strata"})
    record = {
        "Comparison": lambda: compare(a=plain, b=plain),
        "Decision": lambda: decide(plain, value_per_unit=1.0),
        "Result": lambda: plain,
    }[kind]()
    done = subprocess.run(
        [sys.executable, "-c", READ_IN_A_FRESH_PROCESS],
        input=record.to_json(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == kind, done.stderr
