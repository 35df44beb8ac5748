"""Make rdd.json: full-precision output of rdrobust 2.1.1, rdplot and rddensity 3.0 for the calls in tests/rdd/cases.py.

``python tests/golden/rdd.py`` prints the calls that can be repeated here as JSON; rddensity need not be installed. The
programs are run, and their numbers are facts; nothing of their code is in this project.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.rdd.cases import CASES
from tests.rdd.data import load

WORDS = {
    "order": "p", "kernel": "kernel", "bandwidth": "h", "bias_bandwidth": "b", "rho": "rho", "cov_type": "vce",
    "mass_points": "masspoints", "derivative": "deriv",
}  # fmt: skip


def options(roles: dict[str, Any], data: Any) -> dict[str, Any]:
    """Return our options in rdrobust's words."""
    out: dict[str, Any] = {"c": roles["cutoff"]}
    for ours, theirs in WORDS.items():
        value = roles.get(ours)
        if value is None:
            continue
        if ours == "bandwidth" and isinstance(value, str):
            out["bwselect"] = value
        else:
            out[theirs] = value.lower() if isinstance(value, str) else value
    if "bandwidth_target" in roles:
        out["sharpbw"] = roles["bandwidth_target"] == "outcome"
    if roles.get("regularize") is False:
        out["scaleregul"] = 0
    for ours, theirs in (
        ("treatment", "fuzzy"),
        ("covariates", "covs"),
        ("cluster", "cluster"),
        ("weights", "weights"),
    ):
        if ours in roles:
            out[theirs] = data[roles[ours]]
    return out


def reference(name: str, roles: dict[str, Any]) -> dict[str, Any]:
    """Run rdrobust and return what the tests compare."""
    from rdrobust import rdrobust

    data = load(name)
    sign = -1 if roles["treated"] == "below" else 1
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = options(roles, data)
        got = rdrobust(data[roles["outcome"]], sign * data[roles["running"]], **given)
    coef, se, bws = got.coef.iloc[:, 0], got.se.iloc[:, 0], got.bws.to_numpy(float)
    return {
        "N": list(map(int, got.N)), "Nh": list(map(int, got.N_h)), "Nb": list(map(int, got.N_b)),
        "h": bws[0].tolist(), "b": bws[1].tolist(), "conv": float(coef.iloc[0]), "bc": float(coef.iloc[1]),
        "se_conv": float(se.iloc[0]), "se_rb": float(se.iloc[2]),
    }  # fmt: skip


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(CASES)
    print(json.dumps({key: reference(*CASES[key]) for key in wanted}, indent=1))
