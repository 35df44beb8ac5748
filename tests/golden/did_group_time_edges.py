"""Write did_group_time_edges.json: group-time effects of the Python package moderndid 0.2.0 where designs are awkward.

Usage: ``python did_group_time_edges.py mpdta.csv``. Left out, because moderndid does something else there: clusters
(ignored in its analytic errors), weights in the shares of cohorts (ignored; R's did has them), and the doubly robust
errors of cross-sections (0.03 % off the derivative of the estimate with respect to the rows' weights).
"""

import json
import sys
from pathlib import Path

import moderndid
import pandas as pd

data = pd.read_csv(sys.argv[1])
cases = {
    "cross-sections": {"data": data, "panel": False},
    "cross-sections, regression": {"data": data, "panel": False, "xformla": "~ lpop", "est_method": "reg"},
    "cross-sections, ipw": {"data": data, "panel": False, "xformla": "~ lpop", "est_method": "ipw"},
    "gap": {"data": data[data["year"] != 2005]},
    "gap, universal base": {"data": data[data["year"] != 2005], "base_period": "universal"},
    "units with gaps left out": {"data": data[(data["countyreal"] + data["year"]) % 17 != 0]},
    "nobody never treated": {"data": data[data["first.treat"] != 0], "control_group": "notyettreated"},
}
found = {}
for name, options in cases.items():
    unit = {} if options.get("panel") is False else {"idname": "countyreal"}
    cells = moderndid.att_gt(
        yname="lemp", tname="year", gname="first.treat", boot=False, cband=False, **unit, **options
    )
    found[name] = {}
    for kind in ("simple", "group", "dynamic", "calendar"):
        average = moderndid.aggte(cells, type=kind, boot=False, cband=False)
        found[name][kind] = [float(average.overall_att), float(average.overall_se)]
Path("did_group_time_edges.json").write_text(json.dumps(found, indent=1) + "\n")
