"""Results in the tables of statsmodels and maketables, beside a regression."""

from __future__ import annotations

import math

import maketables
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from maketables.extractors import PluginExtractor
from statsmodels.iolib.summary2 import summary_col, summary_params

from causalkit.results import Effect, Fieller, LogScale, Result
from tests.results.toy import toy_result


@pytest.fixture(scope="module")
def ols():
    frame = pd.DataFrame({"gmv": np.arange(20.0) ** 1.1, "ATE": np.tile([0, 1], 10)})
    return smf.ols("gmv ~ ATE", frame).fit()


def one_term() -> Result:
    return Result(**{name: value for name, value in toy_result().fields().items() if name != "strata"})


@pytest.mark.parametrize("ours", [toy_result(), one_term()], ids=["three terms", "one term"])
def test_summary_col_prints_ours_beside_an_ols(ours, ols):
    table = summary_col(
        [ours, ols],
        stars=True,
        model_names=["ours", "OLS"],
        info_dict={"N": lambda each: f"{int(each.nobs)}"},
    ).tables[0]
    assert list(table.columns) == ["ours", "OLS"]
    assert table.loc["ATE", "ours"] == "2.0000***"
    assert table.loc["ATE", "OLS"] == f"{ols.params['ATE']:.4f}"
    assert table.iloc[1, 0] == "(0.5000)"
    assert table.loc["N", "ours"] == "97"
    for label in ours.terms().labels:
        assert label in table.index


def test_summary_col_takes_ours_second_and_in_another_order(ols):
    text = str(summary_col([ols, toy_result()], regressor_order=["crude", "ATE"], float_format="%.2f"))
    assert text.index("crude") < text.index("ATE ")
    assert "-0.75" in text


def test_the_face_has_the_numbers_of_the_table():
    result = toy_result()
    table = result.table()
    assert result.params.to_list() == list(table["estimate"])
    assert result.bse.to_list() == list(table["std_error"])
    assert result.tvalues.to_list() == list(table["statistic"])
    assert result.pvalues.to_list() == list(table["p_value"])
    assert np.asarray(result.conf_int(0.9)).tolist() == [
        list(ends) for ends in zip(result.table(0.9)["conf_low"], result.table(0.9)["conf_high"], strict=True)
    ]
    assert result.cov_params().loc["ATE", "ATT"] == 0.1


def test_a_table_of_statsmodels_that_asks_with_its_alpha_gets_no_interval_rather_than_a_wrong_one():
    ours = toy_result()
    table = summary_params((ours, ours.params, ours.bse, ours.tvalues, ours.pvalues, ours.conf_int(0.05)))
    assert table["Coef."].tolist() == ours.params.tolist()
    assert np.isnan(np.asarray(ours.conf_int(0.05))).all()
    assert np.asarray(ours.conf_int(0.05)).shape == (3, 2)
    assert table[["[0.025", "0.975]"]].isna().all(axis=None)


def test_a_set_that_is_no_interval_has_no_ends_in_the_face():
    lift = Fieller(numerator=5.0, denominator=0.5, var_numerator=1.0, var_denominator=1.0, cov=0.0)
    result = toy_result(effect=Effect(estimand="ATE", estimate=10.0, std_error=3.0, uncertainty=lift))
    assert np.isnan(np.asarray(result.conf_int())[0]).all()
    assert math.isnan(result.table()["conf_low"][0])
    assert result.to_frame()["conf_set"][0] == result.conf_int().format()


def test_maketables_prints_ours_beside_an_ols(ols):
    table = maketables.ETable([toy_result(), ols])
    text = table.df.astype(str)
    assert "2.000***" in text.loc[("coef", "ATE")].iloc[0]
    assert "(0.500)" in text.loc[("coef", "ATE")].iloc[0]
    assert f"{ols.params['ATE']:.3f}" in text.loc[("coef", "ATE")].iloc[1]
    assert text.loc[("stats", "Observations")].tolist() == ["97", "20"]
    assert "gmv" in str(text.columns)


def test_maketables_prints_the_kind_of_error():
    results = [toy_result(), toy_result(options={}, roles={"cluster": ("city",)}), toy_result(options={})]
    assert maketables.ETable(results, model_stats=["se_type"]).df.iloc[-1].tolist() == ["HC1", "cluster", "-"]


def test_maketables_plug_in_reader_takes_our_own_intervals():
    ratio = LogScale(estimate=2.0, std_error=0.3)
    result = toy_result(effect=Effect(estimand="ATE", estimate=2.0, std_error=0.6, uncertainty=ratio))
    reader = PluginExtractor()
    assert reader.can_handle(result)
    table = reader.coef_table(result)
    assert tuple(table.loc["ATE", ["ci95l", "ci95u"]]) == tuple(result.conf_int(0.95))
    assert reader.depvar(result) == "gmv"
    assert reader.stat(result, "N") == 97
    assert reader.default_stat_keys(result) == ["N"]
    assert reader.vcov_info(result) == {"vcov_type": "HC1", "clustervar": None}


def test_maketables_protocol_has_its_exact_types():
    result = toy_result()
    table = result.__maketables_coef_table__
    assert list(table.columns) == ["b", "se", "t", "p", "ci95l", "ci95u"]
    assert table.index.name == "Coefficient"
    assert table.loc["ATE", "ci95l"] == result.conf_int(0.95).low
    assert result.__maketables_stat__("N") == 97
    assert result.__maketables_stat__("r2") is None
    assert type(result.__maketables_default_stat_keys__) is list
    assert result.__maketables_depvar__ == "gmv"
    assert result.__maketables_vcov_info__ == {"vcov_type": "HC1", "clustervar": None}
