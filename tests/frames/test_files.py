"""Data files as frames."""

from __future__ import annotations

import pandas as pd
import pytest

from causalkit._frames import read_file
from causalkit.errors import DataError, OptionError


def file(folder, text, name="data.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_number_keeps_all_its_digits(tmp_path):
    path = file(tmp_path, "x\n0.1\n1.7976931348623157e308\n4503599627370497.5\n")
    assert list(read_file(path)["x"]) == [0.1, 1.7976931348623157e308, 4503599627370497.5]


def test_empty_fields_and_their_usual_names_are_missing(tmp_path):
    found = read_file(file(tmp_path, "a,b\n1,x\n,NA\nNaN,null\n"))
    assert found.isna().sum().to_dict() == {"a": 2, "b": 2}


def test_other_words_stay_words(tmp_path):
    assert list(read_file(file(tmp_path, "a\nNone\nn/a\n-\n"))["a"]) == ["None", "n/a", "-"]


def test_names_are_labels(tmp_path):
    found = read_file(file(tmp_path, '指标 1 (x),"a,b"," c "\n1,2,3\n'))
    assert list(found.columns) == ["指标 1 (x)", "a,b", " c "]


def test_a_mark_of_byte_order_is_no_part_of_a_name(tmp_path):
    assert list(read_file(file(tmp_path, "a,b\n1,2\n", encoding="utf-8-sig")).columns) == ["a", "b"]


def test_tabs_separate_the_fields_of_tsv(tmp_path):
    assert list(read_file(file(tmp_path, "a\tb\n1\t2,3\n", "d.tsv"))["b"]) == ["2,3"]


def test_parquet_comes_back_as_it_was(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    frame.to_parquet(tmp_path / "d.parquet")
    pd.testing.assert_frame_equal(read_file(tmp_path / "d.parquet"), frame)


def test_two_columns_of_one_name_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"more than one column 'a'; rename all but one"):
        read_file(file(tmp_path, "a,b,a\n1,2,3\n"))


@pytest.mark.parametrize(
    ("content", "name", "error", "says"),
    [
        (b"", "d.csv", DataError, "cannot be read"),
        (b'a,b\n1,2\n"1,2\n', "d.csv", DataError, "cannot be read"),
        ("名\n甲\n".encode("gbk"), "d.csv", DataError, "not UTF-8"),
        (b"no parquet", "d.parquet", DataError, "cannot be read"),
        (b"a\n1\n", "d.xlsx", OptionError, r"'\.xlsx' is not known"),
    ],
)
def test_what_cannot_be_read_is_refused_in_our_words(tmp_path, content, name, error, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=says):
        read_file(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no data file '.*none\.csv'"):
        read_file(tmp_path / "none.csv")
