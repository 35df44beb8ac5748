"""Make rdd_density.json: restricted density tests of rddensity 3.0 on the data of tests/rdd/data.py.

``python tests/golden/rdd_density.py > tests/golden/rdd_density.json`` where rddensity is installed. The program is run,
and its numbers are facts; nothing of its code is in this project.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.rdd.data import load

SCORES = {"headst": ("povrate", 0.0), "cghs": ("yearat14", 1947.0), "gov": ("Income_Centered", 0.0)}


def main() -> None:
    """Print the numbers."""
    from rddensity import rddensity

    out = {}
    for name, order, kernel, variance in itertools.product(
        SCORES, (1, 3), ("triangular", "uniform"), ("jackknife", "plugin")
    ):
        running, cutoff = SCORES[name]
        score = load(name)[running].dropna().to_numpy(float)
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            got = rddensity(X=score, c=cutoff, p=order, kernel=kernel, vce=variance, fitselect="restricted")
        errors = got.sd_jk if variance == "jackknife" else got.sd_asy
        out[f"{name}.p{order}.{kernel}.{variance}"] = [
            float(each) for each in (got.h["left"], got.hat["left"], got.hat["right"], errors["diff"])
        ]
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
