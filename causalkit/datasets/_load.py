"""Load a dataset by its name in the fixed table."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit._frames import to_native
from causalkit._validate import choice, flag, listed
from causalkit.datasets._table import TABLE
from causalkit.errors import DataError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causalkit._typing import AnyArray
    from causalkit.datasets._table import Kind, Source

_PACKAGE = Path(__file__).resolve().parent
# An installed wheel carries the folders inside the package; a checkout has them at its top.
_HOMES = (_PACKAGE / "data", _PACKAGE.parents[1] / "datasets")
_DTYPES = {"int": np.int64, "float": np.float64}


def names() -> tuple[str, ...]:
    """Names of the datasets, sorted.

    Returns
    -------
    tuple of str
        What :func:`load` and :func:`describe` accept.

    Examples
    --------
    >>> from causalkit import datasets
    >>> "kidney_stones" in datasets.names()
    True
    """
    return tuple(sorted(TABLE))


def describe(name: str) -> str:
    """Source, licence, columns with units and published numbers of a dataset.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Returns
    -------
    str
        Its README, in Markdown.

    Raises
    ------
    OptionError
        The name is not in the table.
    DataError
        The file is not where the installation should have put it.

    Examples
    --------
    >>> from causalkit import datasets
    >>> datasets.describe("kidney_stones").splitlines()[0]
    '# kidney_stones'
    """
    return _read(choice("name", name, names()), "README.md").decode("utf-8")


def load(name: str, *, counts: bool = False, backend: str = "pandas") -> Any:
    """Load a dataset as a data frame.

    The file is part of the installation: nothing is downloaded, its SHA-256 is checked on every call, and nothing is
    ever put in its place.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    counts : bool
        For a dataset published as a table of counts: return that table, one row per cell with its frequency in the
        column ``count`` (to be passed on as frequency weights), in place of one row per unit. Refused for the others.
    backend : str
        Library of the frame: ``"pandas"``, ``"polars"``, ``"pyarrow"`` or another eager one that narwhals knows.

    Returns
    -------
    data frame
        Of that library, with the columns that :func:`describe` explains. Each call returns a new one.

    Raises
    ------
    OptionError
        The name is not in the table, the library is not known or not installed, or ``counts=True`` for a dataset
        that is not a table of counts.
    DataError
        The file is missing, or is not the one that was published.

    Examples
    --------
    >>> from causalkit import datasets
    >>> df = datasets.load("service_gmv")
    >>> served = df["used_service"] == 1
    >>> float(df.loc[served, "gmv"].mean() - df.loc[~served, "gmv"].mean())
    -123.0
    >>> datasets.load("kidney_stones", counts=True).head(2)
      stone_size     treatment  success  count
    0      small  open surgery        1     81
    1      small  open surgery        0      6
    """
    source = TABLE[choice("name", name, names())]
    if flag("counts", counts) and source.count is None:
        tables = listed(each for each in names() if TABLE[each].count is not None)
        raise OptionError(f"counts=True: {name!r} is not a table of counts. Those that are: {tables}.")
    content = _checked(_read(name, source.file), name, source)
    columns = _parse(gzip.decompress(content) if source.file.endswith(".gz") else content, source.columns)
    if source.count is not None and not counts:
        columns = _repeated(columns, source.count)
    return to_native(columns, backend=backend)


def _read(name: str, file: str) -> bytes:
    """Bytes of a file of the table, from the wheel or the checkout."""
    for home in _HOMES:
        path = home / name / file
        if path.is_file():
            return path.read_bytes()
    raise DataError(
        f"dataset {name!r}: {file} is in none of {', '.join(str(home / name) for home in _HOMES)}. "
        f"The installation is incomplete; install causalkit again."
    )


def _checked(content: bytes, name: str, source: Source) -> bytes:
    """Return the content if its hash is the one of the table."""
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise DataError(
            f"dataset {name!r}: {source.file} is not the file that was published (SHA-256 {found[:12]}..., expected "
            f"{source.sha256[:12]}...). It was changed or damaged; install causalkit again or restore it from git."
        )
    return content


def _parse(content: bytes, kinds: Mapping[str, Kind]) -> dict[str, AnyArray | list[str]]:
    """Columns of a CSV file with the types of the table, whatever the library of the frame would have guessed."""
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    if header != list(kinds):
        raise DataError(f"the file has the columns {header}, the table of datasets has {list(kinds)}.")
    fields = zip(*rows, strict=True)
    return {column: _typed(list(values), kind) for (column, kind), values in zip(kinds.items(), fields, strict=True)}


def _typed(values: list[str], kind: Kind) -> AnyArray | list[str]:
    if kind == "text":
        return values
    if kind == "float":
        values = [value or "nan" for value in values]
    return np.array(values).astype(_DTYPES[kind])


def _repeated(columns: dict[str, AnyArray | list[str]], count: str) -> dict[str, AnyArray | list[str]]:
    """One row per unit: each line repeated as often as its count says."""
    times = np.asarray(columns[count])
    return {
        column: np.repeat(np.asarray(values), times).tolist() if isinstance(values, list) else np.repeat(values, times)
        for column, values in columns.items()
        if column != count
    }
