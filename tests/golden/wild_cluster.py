"""Wild cluster bootstrap statistics by the Python package wildboottest, all sign vectors enumerated.

``python tests/golden/wild_cluster.py`` reads covariance.csv and writes wild_cluster.json, both beside this
file. The package needs numba, so it runs in an environment of its own.
"""

from __future__ import annotations

import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from wildboottest.wildboottest import WildboottestCL

HERE = Path(__file__).parent
data = pd.read_csv(HERE / "covariance.csv")
x = np.column_stack([np.ones(len(data)), data["x1"], data["x2"]])

golden = {"program": f"wildboottest {version('wildboottest')}"}
for cluster in ("g", "h"):
    for coefficient in (1, 2):
        for restricted in (True, False):
            boot = WildboottestCL(
                X=x,
                Y=data["y"].to_numpy(),
                cluster=data[cluster].to_numpy(),
                R=np.eye(3)[coefficient],
                B=99_999,
                seed=1,
            )
            boot.get_scores(bootstrap_type="11", impose_null=restricted, adj=True, cluster_adj=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                boot.get_weights(weights_type="rademacher")
            boot.get_numer()
            boot.get_denom()
            boot.get_tboot()
            boot.get_vcov()
            boot.get_tstat()
            boot.get_pvalue(pval_type="two-tailed")
            drawn = np.sort(np.abs(np.ravel(boot.t_boot)))
            key = f"{cluster}.{coefficient}.{'WCR' if restricted else 'WCU'}"
            golden[key] = {
                "t": float(np.ravel(boot.t_stat)[0]),
                "p_value": float(np.ravel(boot.pvalue)[0]),
                "n_draws": int(drawn.size),
                "quantiles": np.quantile(drawn, np.linspace(0, 1, 21), method="lower").tolist(),
            }
(HERE / "wild_cluster.json").write_text(json.dumps(golden) + "\n")
