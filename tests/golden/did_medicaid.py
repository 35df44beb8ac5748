"""Event study of the Medicaid expansions of 2014, and the intervals of HonestDiD for its first year.

``python tests/golden/did_medicaid.py`` writes did_medicaid.json beside this file. The panel of states comes with the
package moderndid (``load_ehec``); coefficients and covariance are computed here by least squares on dummies, as
``feols(dins ~ i(year, D, ref = 2013) | stfips + year, cluster = ~stfips)`` of R's fixest has them. The intervals are
those that the README of R's HonestDiD prints, to its digits.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import moderndid
import numpy as np

panel = moderndid.load_ehec().to_pandas()
panel = panel[(panel["year"] < 2016) & (panel["yexp2"].isna() | (panel["yexp2"] != 2015))]
years = [2008, 2009, 2010, 2011, 2012, 2014, 2015]
treated = (panel["yexp2"] == 2014).to_numpy(dtype=float)
year = panel["year"].to_numpy()
states, state = np.unique(panel["stfips"].to_numpy(), return_inverse=True)
columns = [treated * (year == each) for each in years]
columns += [(year == each).astype(float) for each in years]
columns += [(state == each).astype(float) for each in range(len(states))]
x, y = np.column_stack(columns), panel["dins"].to_numpy()
bread = np.linalg.inv(x.T @ x)
beta = bread @ x.T @ y
scores = x * (y - x @ beta)[:, None]
sums = np.stack([scores[state == each].sum(axis=0) for each in range(len(states))])
n, g = len(y), len(states)
# Effects of states are nested in the clusters and not counted: 7 leads and lags, 7 years, and the constant.
factor = g / (g - 1) * (n - 1) / (n - 15)
cov = factor * bread @ sums.T @ sums @ bread

golden = {
    "program": f"numpy {version('numpy')} on the panel of moderndid {version('moderndid')}",
    "years": years,
    "estimates": beta[:7].tolist(),
    "covariance": cov[:7, :7].tolist(),
    "honestdid_relative_magnitudes": {
        "0.5": [0.0241, 0.0673],
        "1": [0.0171, 0.0720],
        "1.5": [0.00859, 0.0796],
        "2": [-0.00107, 0.0883],
    },
    "honestdid_smoothness": {
        "0": [0.0259, 0.0607],
        "0.01": [0.0132, 0.0787],
        "0.02": [0.00286, 0.0907],
        "0.03": [-0.00714, 0.101],
    },
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden, indent=1) + "\n")
