"""Write did_group_time_csdid.json: group-time effects of the Python package csdid 0.4.3 where designs are awkward.

Usage: ``python did_group_time_csdid.py mpdta.csv``. csdid follows R's did and equals it wherever the two were compared.
For each design the averages of each kind, overall and one by one, with their analytic standard errors.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt

data = pd.read_csv(sys.argv[1])
data["state"], data["population"] = data["countyreal"] // 1000, np.exp(data["lpop"])
holes = data[(data["countyreal"] + data["year"]) % 17 != 0]
early = data.assign(**{"first.treat": data["first.treat"].mask(data["countyreal"] % 4 == 1, 2003)})
sections, given = {"panel": False, "idname": None}, {"xformla": "lemp ~ lpop"}
cases = {
    "cross-sections": sections,
    "cross-sections, doubly robust": {**sections, **given},
    "cross-sections, regression": {**sections, **given, "method": "reg"},
    "cross-sections, ipw": {**sections, **given, "method": "ipw"},
    "clusters": {"clustervar": "state"},
    "clusters, doubly robust": {"clustervar": "state", **given},
    "weights": {"weights_name": "population"},
    "weights, doubly robust": {"weights_name": "population", **given},
    "gap": {"data": data[data["year"] != 2005]},
    "gap, universal base": {"data": data[data["year"] != 2005], "base": "universal"},
    "units with gaps left out": {"data": holes},
    "gaps as cross-sections": {"data": holes, "allow_unbalanced_panel": True},
    "nobody never treated": {"data": data[data["first.treat"] != 0], "control_group": ["notyettreated"]},
    "treated in all periods": {"data": early},
}
found = {}
for name, case in cases.items():
    options = {
        "data": data,
        "idname": "countyreal",
        "control_group": ["nevertreated"],
        "xformla": "lemp ~ 1",
        **case,
    }
    how = {"est_method": options.pop("method", "dr"), "base_period": options.pop("base", "varying")}
    with contextlib.redirect_stdout(io.StringIO()):
        cells = ATTgt(yname="lemp", tname="year", gname="first.treat", **options).fit(**how, bstrap=False)
    found[name] = {}
    for kind in ("simple", "group", "dynamic", "calendar"):
        with contextlib.redirect_stdout(io.StringIO()):
            cells.aggte(typec=kind, bstrap=False, cband=False)
        average = cells.atte
        overall = [float(average["overall_att"]), float(np.ravel(average["overall_se"])[0])]
        found[name][kind] = {"all": overall}
        if kind != "simple":
            parts = zip(average["egt"], average["att_egt"], np.ravel(average["se_egt"]), strict=True)
            found[name][kind] |= {f"{at:.0f}": [float(att), float(se)] for at, att, se in parts}
text = json.dumps(found, indent=1).replace("NaN", "null")
(Path(__file__).parent / "did_group_time_csdid.json").write_text(text + "\n")
