"""The reference calls: data, roles and options of each, in our words."""

from __future__ import annotations

from typing import Any

SENATE = {"outcome": "vote", "running": "margin", "cutoff": 0, "treated": "above"}
LEE = {"outcome": "voteshare", "running": "margin", "cutoff": 0, "treated": "above"}
HEADST = {"outcome": "mortHS", "running": "povrate", "cutoff": 0, "treated": "above"}
RCP = {"outcome": "log_cn", "running": "elig_year", "cutoff": 0, "treated": "above", "treatment": "retired"}
CGHS = {"outcome": "log_earnings", "running": "yearat14", "cutoff": 1947, "treated": "above"}
LMB = {"outcome": "score", "running": "lagdemvoteshare", "cutoff": 0.5, "treated": "above"}
GOV = {"outcome": "Support", "running": "Income_Centered", "cutoff": 0, "treated": "above"}
MORTGAGES = {"outcome": "home_ownership", "running": "qob_minus_kw", "cutoff": 0, "treated": "above"}
_THREE = ["class", "termshouse", "termssenate"]

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "senate.default": ("senate", SENATE),
    "senate.p2": ("senate", {**SENATE, "order": 2}),
    "senate.uniform": ("senate", {**SENATE, "kernel": "uniform"}),
    "senate.epa": ("senate", {**SENATE, "kernel": "epanechnikov"}),
    **{
        f"senate.{kind}": ("senate", {**SENATE, "bandwidth": kind})
        for kind in ("msetwo", "msesum", "msecomb1", "msecomb2", "cerrd", "cersum", "cercomb1", "cercomb2")
    },
    **{f"senate.hc{k}": ("senate", {**SENATE, "cov_type": f"HC{k}"}) for k in range(4)},
    "senate.cluster.nn": ("senate", {**SENATE, "cluster": "state"}),
    "senate.cluster.cr2": ("senate", {**SENATE, "cluster": "state", "cov_type": "CR2"}),
    "senate.covs": ("senate", {**SENATE, "covariates": _THREE}),
    "senate.covs.cluster": ("senate", {**SENATE, "covariates": _THREE, "cluster": "state"}),
    "senate.h15": ("senate", {**SENATE, "bandwidth": 15}),
    "senate.h15b30": ("senate", {**SENATE, "bandwidth": 15, "bias_bandwidth": 30}),
    "senate.rho05": ("senate", {**SENATE, "rho": 0.5}),
    "senate.scaleregul0": ("senate", {**SENATE, "regularize": False}),
    "senate.stdvars_off": ("senate", SENATE),
    "senate.weights": ("senate", {**SENATE, "weights": "log_population"}),
    "senate.masspoints_off": ("senate", {**SENATE, "mass_points": "off"}),
    "senate.deriv1": ("senate", {**SENATE, "derivative": 1}),
    "lee08.default": ("lee08", LEE),
    "lee08.p2": ("lee08", {**LEE, "order": 2}),
    "lee08.uniform": ("lee08", {**LEE, "kernel": "uniform"}),
    "lee08.hc3": ("lee08", {**LEE, "cov_type": "HC3"}),
    "headst.default": ("headst", HEADST),
    "headst.p2": ("headst", {**HEADST, "order": 2}),
    "headst.uniform": ("headst", {**HEADST, "kernel": "uniform"}),
    "headst.cerrd": ("headst", {**HEADST, "bandwidth": "cerrd"}),
    "headst.covs": ("headst", {**HEADST, "covariates": ["urban", "black"]}),
    "headst.cluster": ("headst", {**HEADST, "cluster": "statefp"}),
    "rcp.fuzzy": ("rcp", RCP),
    "rcp.fuzzy.sharpbw": ("rcp", {**RCP, "bandwidth_target": "outcome"}),
    "rcp.fuzzy.p2": ("rcp", {**RCP, "order": 2}),
    "rcp.fuzzy.h10": ("rcp", {**RCP, "bandwidth": 10}),
    "cghs.default": ("cghs", CGHS),
    "cghs.h6uni": ("cghs", {**CGHS, "bandwidth": 6, "kernel": "uniform", "cov_type": "HC1"}),
    "lmb.score_on_lagvote": ("lmb", LMB),
    "lmb.p2": ("lmb", {**LMB, "order": 2}),
    "lmb.uniform_h05_hc1": ("lmb", {**LMB, "bandwidth": 0.05, "kernel": "uniform", "cov_type": "HC1"}),
    "gov.support": ("gov", GOV),
    "gov.support.flipped": ("gov", {**GOV, "treated": "below"}),
    "gov.support.uniform": ("gov", {**GOV, "kernel": "uniform"}),
    "gov.support.p2": ("gov", {**GOV, "order": 2}),
    "gov.support.covs": ("gov", {**GOV, "covariates": ["Education", "Age"]}),
    "mortgages.fuzzy.h12": ("mortgages", {**MORTGAGES, "treatment": "vet_wwko", "bandwidth": 12}),
    "mortgages.reducedform": ("mortgages", MORTGAGES),
}
