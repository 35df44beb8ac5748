"""Make rdd_windows.json: rdlocrand 3.0 on the data of tests/rdd/data.py.

``python tests/golden/rdd_windows.py > tests/golden/rdd_windows.json`` where rdlocrand is installed. The program is run,
and its numbers are facts; nothing of its code is in this project.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.rdd.data import load

COVARIATES = ["class", "termshouse", "termssenate"]


def quietly(call: Any, *arguments: Any, **options: Any) -> Any:
    """Call without its printing and warnings."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments, **options, quietly=True)


def main() -> None:
    """Print the numbers."""
    from rdlocrand import rdrandinf, rdwinselect

    senate, out = load("senate"), {}
    for key, width, order in (("w0.75", 0.75, 0), ("w2.5", 2.5, 0), ("w2.5.p1", 2.5, 1), ("w5.p2", 5, 2)):
        got = quietly(rdrandinf, senate.vote, senate.margin, wl=-width, wr=width, p=order, reps=100)
        out[key] = {
            "window": width, "order": order, "estimate": float(np.ravel(got["obs.stat"])[0]),
            "p_large_sample": float(np.ravel(got["asy.pvalue"])[0]), "std_error": got.get("se"),
            "n": np.asarray(got["sumstats"])[1].astype(int).tolist(),
        }  # fmt: skip
    got = quietly(rdrandinf, senate.vote, senate.margin, wl=-0.75, wr=0.75, statistic="all", reps=20_000)
    out["w0.75.all"] = {
        "difference, ks, rank_sum": np.abs(got["obs.stat"]).tolist(),
        "p_large_sample": list(map(float, got["asy.pvalue"])),
        "p_value": list(map(float, got["p.value"])),
    }  # fmt: skip
    fetter = load("mortgages")[["home_ownership", "qob_minus_kw", "vet_wwko"]].dropna().astype(float)
    for order in (0, 1):
        got = quietly(
            rdrandinf, fetter.home_ownership.to_numpy(), fetter.qob_minus_kw.to_numpy(), wl=-2, wr=2, p=order,
            fuzzy=[fetter.vet_wwko.to_numpy(), "tsls"], ci=[0.05], reps=100,
        )  # fmt: skip
        ends = np.ravel(got["ci"]).tolist()
        out[f"fuzzy.p{order}"] = {
            "estimate": float(got["obs.stat"]), "p_large_sample": float(np.ravel(got["asy.pvalue"])[0]),
            "interval": ends,
        }  # fmt: skip
    complete = senate[["margin", *COVARIATES]].dropna()
    for key, options in (("by_rows", {}), ("by_width", {"wmin": 0.5, "wstep": 0.125, "nwindows": 20})):
        got = quietly(rdwinselect, complete.margin.to_numpy(), complete[COVARIATES].to_numpy(), approx=True, **options)
        table = np.asarray(got["results"], dtype=float)
        out[key] = {
            "window": table[:, 6].tolist(), "p_value": table[:, 0].tolist(),
            "covariate": table[:, 1].astype(int).tolist(),
            "p_count": table[:, 2].tolist(), "n_below": table[:, 3].astype(int).tolist(),
            "n_above": table[:, 4].astype(int).tolist(),
        }  # fmt: skip
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
