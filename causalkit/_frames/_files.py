"""A data file as a frame."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import narwhals as nw

from causalkit._validate import choice, listed
from causalkit.errors import DataError

_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}
_PARQUET: Final = ".parquet"
# What an empty field may be called; anything else, a country's code NA apart, stays the text that it is.
_MISSING: Final = ("", "NA", "NaN", "nan", "null", "NULL")


def read_file(path: str | Path) -> Any:
    """Return a CSV, TSV or Parquet file as a pandas frame.

    Parameters
    ----------
    path : str or Path
        A file whose name ends in ``.csv``, ``.tsv`` or ``.parquet``. Text files are UTF-8 with one line of column
        names; empty fields, and ``NA``, ``NaN`` and ``null``, are missing values.

    Returns
    -------
    data frame
        Of pandas.

    Raises
    ------
    OptionError
        The name ends in something else.
    DataError
        The file is not there, cannot be read, or has two columns of one name.
    """
    file = Path(path)
    ending = choice("the ending of the data file", file.suffix.lower(), (*_SEPARATORS, _PARQUET))
    if not file.is_file():
        raise DataError(f"There is no data file {str(file)!r}.")
    try:
        return _read_parquet(file) if ending == _PARQUET else _read_text(file, _SEPARATORS[ending])
    except UnicodeDecodeError as error:
        raise DataError(
            f"The data file {str(file)!r} is not UTF-8 (byte {error.start}); save it as 'CSV UTF-8'."
        ) from error
    except DataError:
        raise
    except (ImportError, OSError, ValueError) as error:
        raise DataError(f"The data file {str(file)!r} cannot be read: {error}") from error


def _read_parquet(file: Path) -> Any:
    return nw.to_native(nw.read_parquet(str(file), backend="pandas"))


def _read_text(file: Path, separator: str) -> Any:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        header = next(csv.reader(stream, delimiter=separator), [])
    # pandas would rename the second one without a word.
    repeated = [name for name, n in Counter(header).items() if n > 1]
    if repeated:
        raise DataError(f"The data file {str(file)!r} has more than one column {listed(repeated)}; rename all but one.")
    import pandas as pd

    return pd.read_csv(
        file,
        sep=separator,
        encoding="utf-8-sig",
        keep_default_na=False,
        low_memory=False,
        na_values=list(_MISSING),
        **_all_digits(),
    )


def _all_digits() -> dict[str, Any]:
    """Return what makes pandas read every digit of a number; from 3.1 on it does, and refuses to be told."""
    major, minor = map(int, version("pandas").split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}
