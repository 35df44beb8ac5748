"""Difference-in-differences in causalkit and its peers, task by task, on one frame; used by ``did.py``.

Every program takes the frame and returns the effect at event time zero (or the one coefficient there is) with its
standard error, so that equal work can be told from equal numbers. Peers are imported when called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalkit import simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    Answer = tuple[float, float]
    Program = Callable[[pd.DataFrame], Answer]

X = ["x1", "x2", "x3"]
PANEL = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}
DRAWS = 999
TASKS = {
    "cells": "all ATT(g,t), averaged by event time",
    "cells, draws": f"the same with {DRAWS} multiplier draws and a uniform band",
    "cells, x": "the same, doubly robust with three covariates",
    "cells, x, draws": f"the same with {DRAWS} multiplier draws and a uniform band",
    "event study": "two-way fixed effects with leads and lags, errors by unit",
    "sun-abraham": "interaction-weighted event study, errors by unit",
    "imputation": "imputation, by event time, errors by unit",
    "twfe": "one coefficient beside unit and period effects, errors by unit",
    "wild": f"wild cluster restricted bootstrap of that coefficient, {DRAWS} draws, 40 clusters",
}


def frame(n: int, task: str) -> pd.DataFrame:
    """Cities by ten weeks, five cohorts, three covariates; rows shuffled; ``g0`` codes the never treated as 0.

    The effect is small for the bootstrap, which gives a p-value, and there are shocks to regions.
    """
    weak = {"effects": 0.4, "growth": 0.0, "cluster_sd": 1.0} if task == "wild" else {}
    sim = simulate.roll_out(
        n,
        rng=1,
        n_periods=10,
        cohorts=(3, 4, 6, 7, 9),
        n_covariates=3,
        selection=0.5,
        covariate_trend=0.3,
        n_clusters=40,
        **weak,
    )
    data: pd.DataFrame = sim.data.sample(frac=1.0, random_state=1, ignore_index=True)
    coded = data["launch_week"].fillna(0).astype("int64")
    since = (data["week"] - data["launch_week"]).fillna(-1).astype("int64")
    return data.assign(g0=coded, since=since)


def ours(task: str) -> Program:
    """Return causalkit's program for a task."""
    from causalkit import did

    covariates = {"covariates": X} if ", x" in task else {}
    bootstrap = did.Multiplier(draws=DRAWS, rng=1) if "draws" in task else None

    def cells(data: pd.DataFrame) -> Answer:
        found = did.group_time(data, **PANEL, **covariates, bootstrap=bootstrap)
        average = did.aggregate(found, by="event_time")
        if bootstrap is not None:
            average.path.bands(kind="uniform")
        return _at_zero(average)

    def event_study(data: pd.DataFrame) -> Answer:
        return _at_zero(did.event_study(data, **PANEL))

    def sun_abraham(data: pd.DataFrame) -> Answer:
        return _at_zero(did.sun_abraham(data, **PANEL))

    def imputation(data: pd.DataFrame) -> Answer:
        return _at_zero(did.imputation(data, **PANEL))

    def twfe(data: pd.DataFrame) -> Answer:
        found = did.twfe(data, **PANEL)
        return found.estimate, found.std_error

    def wild(data: pd.DataFrame) -> Answer:
        found = did.wild_bootstrap(data, **PANEL, cluster="region", draws=DRAWS, rng=1)
        return found.estimate, found.p_value

    steps = {"event study": event_study, "sun-abraham": sun_abraham, "imputation": imputation, "twfe": twfe}
    return {**steps, "wild": wild}.get(task, cells)


def _at_zero(result: object) -> Answer:
    at = result.path.effects["0"]  # type: ignore[attr-defined]
    return at.estimate, at.std_error


def diff_diff(task: str) -> Program | None:
    """Return diff-diff's program for a task."""
    roles = {"outcome": "orders", "unit": "city", "time": "week", "first_treat": "g0"}

    def cells(data: pd.DataFrame) -> Answer:
        from diff_diff import CallawaySantAnna

        model = CallawaySantAnna(n_bootstrap=DRAWS if "draws" in task else 0, seed=1)
        found = model.fit(data, **roles, covariates=X if ", x" in task else None, aggregate="event_study")
        at = found.event_study_effects[0]
        return at["effect"], at["se"]

    def sun_abraham(data: pd.DataFrame) -> Answer:
        from diff_diff import SunAbraham

        at = SunAbraham(cluster="city").fit(data, **roles).event_study_effects[0]
        return at["effect"], at["se"]

    def imputation(data: pd.DataFrame) -> Answer:
        from diff_diff import ImputationDiD

        found = ImputationDiD(cluster="city").fit(data, **roles, aggregate="event_study")
        at = found.event_study_effects[0]
        return at["effect"], at["se"]

    def wild(data: pd.DataFrame) -> Answer:
        from diff_diff import wild_bootstrap_se

        y, d = _within(data)
        slope = float(d @ y / (d @ d))
        found = wild_bootstrap_se(d[:, None], y, y - slope * d, data["region"].to_numpy(), 0, n_bootstrap=DRAWS, seed=1)
        return slope, found.p_value

    steps = {"sun-abraham": sun_abraham, "imputation": imputation, "wild": wild}
    return steps.get(task, cells if task.startswith("cells") else None)


def moderndid(task: str) -> Program | None:
    """Return moderndid's program for a task."""

    def cells(data: pd.DataFrame) -> Answer:
        from moderndid import aggte, att_gt

        boot = {"boot": "draws" in task, "biters": DRAWS, "random_state": 1}
        roles = {"yname": "orders", "tname": "week", "idname": "city", "gname": "g0"}
        found = att_gt(data, **roles, xformla=f"~{'+'.join(X)}" if ", x" in task else None, cband=boot["boot"], **boot)
        dynamic = aggte(found, type="dynamic", **boot)
        at = list(dynamic.event_times).index(0)
        return dynamic.att_by_event[at], dynamic.se_by_event[at]

    return cells if task.startswith("cells") else None


def csdid(task: str) -> Program | None:
    """Return csdid's program for a task."""

    def cells(data: pd.DataFrame) -> Answer:
        from csdid.att_gt import ATTgt

        roles = {"yname": "orders", "tname": "week", "idname": "city", "gname": "g0"}
        right = "+".join(X) if ", x" in task else "1"
        model = ATTgt(
            **roles, data=data, control_group="nevertreated", xformla=f"orders~{right}", biters=DRAWS,
            cband="draws" in task,
        )  # fmt: skip
        found = model.fit(est_method="dr", bstrap="draws" in task)
        dynamic = found.aggte(typec="dynamic", bstrap="draws" in task, biters=DRAWS, cband="draws" in task).atte
        at = list(dynamic["egt"]).index(0)
        return dynamic["att_egt"][at], np.ravel(dynamic["se_egt"])[at]

    return cells if task.startswith("cells") else None


def differences(task: str) -> Program | None:
    """Return differences' program for a task."""

    def cells(data: pd.DataFrame) -> Answer:
        from differences import ATTgt

        boot = {"boot_iterations": DRAWS if "draws" in task else 0, "random_state": 1}
        model = ATTgt(data=data.set_index(["city", "week"]), cohort_column="launch_week")
        right = f" ~ {' + '.join(X)}" if ", x" in task else ""
        model.fit(f"orders{right}", est_method="dr", progress_bar=False, **boot)
        at = model.aggregate("event", **boot).loc[0].tolist()
        return at[0], at[1]

    return cells if task.startswith("cells") else None


def pyfixest(task: str) -> Program | None:
    """Return pyfixest's program for a task."""

    def twfe(data: pd.DataFrame) -> Answer:
        import pyfixest as pf

        found = pf.feols("orders ~ live | city + week", data, vcov={"CRV1": "city"})
        return found.coef()["live"], found.se()["live"]

    def event_study(data: pd.DataFrame) -> Answer:
        import pyfixest as pf

        found = pf.feols("orders ~ i(since, ref=-1) | city + week", data, vcov={"CRV1": "city"})
        return found.coef()["since::0"], found.se()["since::0"]

    def sun_abraham(data: pd.DataFrame) -> Answer:
        import pyfixest as pf

        table = pf.event_study(data, "orders", "city", "week", "g0", estimator="saturated").aggregate()
        at = next(each for each in table.index if float(each) == 0)
        return table.loc[at, "Estimate"], table.loc[at, "Std. Error"]

    return {"twfe": twfe, "event study": event_study, "sun-abraham": sun_abraham}.get(task)


def linearmodels(task: str) -> Program | None:
    """Return linearmodels' program for a task."""

    def twfe(data: pd.DataFrame) -> Answer:
        from linearmodels.panel import PanelOLS

        panel = data.set_index(["city", "week"])
        model = PanelOLS(panel["orders"], panel[["live"]], entity_effects=True, time_effects=True)
        found = model.fit(cov_type="clustered", cluster_entity=True)
        return found.params["live"], found.std_errors["live"]

    return twfe if task == "twfe" else None


def wildboottest(task: str) -> Program | None:
    """Return wildboottest's program for a task: on data within units and periods, where it need not see dummies."""

    def wild(data: pd.DataFrame) -> Answer:
        import statsmodels.api as sm
        from wildboottest.wildboottest import wildboottest as call

        y, d = _within(data)
        import pandas as pd

        model = sm.OLS(y, pd.DataFrame({"live": d}))
        found = call(model, B=DRAWS, cluster=data["region"], param="live", seed=1, show=False)
        return float(d @ y / (d @ d)), float(found["p-value"].iloc[0])

    return wild if task == "wild" else None


def _within(data: pd.DataFrame) -> tuple[object, object]:
    """Outcome and treatment less the means of cities and weeks, balanced."""
    found = []
    for name in ("orders", "live"):
        values = data[name].astype("float64")
        cities, weeks = values.groupby(data["city"]), values.groupby(data["week"])
        found.append((values - cities.transform("mean") - weeks.transform("mean") + values.mean()).to_numpy())
    return found[0], found[1]


PEERS = {
    "diff-diff": diff_diff,
    "moderndid": moderndid,
    "csdid": csdid,
    "differences": differences,
    "pyfixest": pyfixest,
    "linearmodels": linearmodels,
    "wildboottest": wildboottest,
}
