"""The loader: a fixed table, checked bytes, declared types, no way around."""

from __future__ import annotations

import gzip
import hashlib
import socket

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from causalkit import datasets
from causalkit.datasets import _load
from causalkit.datasets._table import TABLE, Source
from causalkit.errors import DataError, OptionError

NAMES = datasets.names()


@pytest.mark.parametrize("name", NAMES)
def test_every_library_gets_the_same_columns_types_and_values(name):
    as_pandas = datasets.load(name)
    as_polars = datasets.load(name, backend="polars")
    as_arrow = datasets.load(name, backend="pyarrow")
    assert isinstance(as_pandas, pd.DataFrame)
    assert isinstance(as_polars, pl.DataFrame)
    assert isinstance(as_arrow, pa.Table)
    for column in as_pandas.columns:
        values = as_pandas[column].to_numpy()
        np.testing.assert_array_equal(as_polars[column].to_numpy(), values)
        np.testing.assert_array_equal(as_arrow[column].to_pandas().to_numpy(), values)
    kinds = {"int": int, "float": float, "text": str}
    for column, kind in TABLE[name].columns.items():
        if column in as_polars.columns:
            assert all(type(each) is kinds[kind] for each in as_polars[column].to_list())


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_describes_every_column_and_names_source_and_licence(name):
    text = datasets.describe(name)
    table = [line for line in text.splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in table] == list(TABLE[name].columns)
    assert text.startswith(f"# {name}\n")
    assert "source" in text.lower()
    assert "icence" in text
    assert "CC0 1.0" in text or "MIT licence" in text


@pytest.mark.parametrize("name", [name for name in NAMES if TABLE[name].count])
def test_rows_are_the_counts_repeated(name):
    rows, table = datasets.load(name), datasets.load(name, counts=True)
    assert len(rows) == table["count"].sum()
    assert "count" not in rows.columns
    counted = rows.value_counts().rename("count").reset_index()
    filled = table[table["count"] > 0]
    merged = filled.merge(counted, on=list(rows.columns), suffixes=("", "_of_rows"))
    assert len(merged) == len(filled) == len(counted)
    assert (merged["count"] == merged["count_of_rows"]).all()


def test_each_call_returns_a_new_frame_that_may_be_written_to():
    first = datasets.load("kidney_stones")
    first.loc[0, "success"] = 99
    assert datasets.load("kidney_stones").loc[0, "success"] == 1


def test_the_names_are_sorted_and_all_in_the_table():
    assert tuple(sorted(TABLE)) == NAMES
    assert {"berkeley_admissions", "kidney_stones", "service_gmv", "titanic"} <= set(NAMES)


@pytest.mark.parametrize("ask", [datasets.load, datasets.describe])
def test_a_misspelt_name_is_answered_with_the_nearest_one(ask):
    with pytest.raises(OptionError, match=r"name='titanik' is not known\. Did you mean 'titanic'\?.*'kidney_stones'"):
        ask("titanik")


@pytest.mark.parametrize("name", ["../titanic", "/etc/passwd", "titanic/titanic.csv", "", "TITANIC", None, 3])
def test_nothing_outside_the_table_is_ever_opened(name, monkeypatch):
    monkeypatch.setattr(_load, "_read", lambda *_: pytest.fail("a file was opened"))
    with pytest.raises(OptionError, match="is not known"):
        datasets.load(name)


def test_a_table_of_counts_cannot_be_asked_of_rows():
    with pytest.raises(
        OptionError, match=r"'service_gmv' is not a table of counts.*'berkeley_admissions', 'kidney_stones', 'titanic'"
    ):
        datasets.load("service_gmv", counts=True)


def test_an_unknown_library_is_refused():
    with pytest.raises(OptionError, match="backend='excel'"):
        datasets.load("titanic", backend="excel")


def test_a_changed_file_is_refused(monkeypatch, tmp_path):
    folder = tmp_path / "titanic"
    folder.mkdir()
    (folder / "titanic.csv").write_text("class,sex,age,survived,count\n1st,male,adult,1,2201\n")
    monkeypatch.setattr(_load, "_HOMES", (tmp_path,))
    with pytest.raises(DataError, match=r"titanic\.csv is not the file that was published \(SHA-256"):
        datasets.load("titanic")


def test_a_compressed_file_is_read_as_if_it_were_not(monkeypatch, tmp_path):
    packed = gzip.compress(b"a,b\n1,2.5\n")
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "toy.csv.gz").write_bytes(packed)
    source = Source(file="toy.csv.gz", sha256=hashlib.sha256(packed).hexdigest(), columns={"a": "int", "b": "float"})
    monkeypatch.setattr(_load, "_HOMES", (tmp_path,))
    monkeypatch.setattr(_load, "TABLE", {"toy": source})
    assert datasets.load("toy").to_dict("list") == {"a": [1], "b": [2.5]}


def test_a_missing_file_is_an_error_and_nothing_takes_its_place(monkeypatch, tmp_path):
    monkeypatch.setattr(_load, "_HOMES", (tmp_path / "a", tmp_path / "b"))
    with pytest.raises(DataError, match=r"titanic\.csv is in none of .*a/titanic, .*b/titanic\. The installation"):
        datasets.load("titanic")


def test_loading_opens_no_socket(monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    assert len(datasets.load("titanic")) == 2201


def parse(text, **kinds):
    return _load._parse(text.encode(), kinds)


def test_types_come_from_the_table_and_not_from_the_values():
    got = parse('a,b,c\n1,2,"007, ""x"""\n3,,NA\n', a="int", b="float", c="text")
    assert got["a"].dtype == np.int64
    assert got["a"].tolist() == [1, 3]
    assert got["b"][0] == 2.0
    assert np.isnan(got["b"][1])
    assert got["c"] == ['007, "x"', "NA"]


def test_a_float_is_read_to_the_last_bit():
    assert parse("a\n0.1\n1e-300\n123456789.123456789\n", a="float")["a"].tolist() == [0.1, 1e-300, 123456789.123456789]


def test_columns_that_differ_from_the_table_are_refused():
    with pytest.raises(DataError, match=r"columns \['b'\], the table of datasets has \['a'\]"):
        parse("b\n1\n", a="int")


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        TABLE["x"] = Source(file="x", sha256="", columns={})
