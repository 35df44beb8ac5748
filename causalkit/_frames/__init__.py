"""The border between data frames and arrays: the only reader and writer of frames.

A method reads its columns once, by role::

    rows = read_rows(data, roles={"outcome": outcome, "treatment": treatment, "by": by}, missing=missing)
    y = rows.numbers("outcome")
    d = rows.binary("treatment", option="treated", chosen=treated)
    strata = rows.levels("by")

and has no column name and no frame below that line.
"""

from causalkit._frames._columns import backend_of, to_native
from causalkit._frames._covariates import Covariates
from causalkit._frames._files import read_file
from causalkit._frames._levels import Levels, cross
from causalkit._frames._rows import Binary, Rows, Score, read_rows
from causalkit._frames._snapshot import snapshot

__all__ = [
    "Binary",
    "Covariates",
    "Levels",
    "Rows",
    "Score",
    "backend_of",
    "cross",
    "read_file",
    "read_rows",
    "snapshot",
    "to_native",
]
