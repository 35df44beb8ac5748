"""Ratios and tests of stratified 2 x 2 tables against R's mantelhaen.test, statsmodels and published numbers."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from causalkit.simpson._binary import (
    breslow_day,
    crude_ratios,
    mantel_haenszel_odds_ratio,
    mantel_haenszel_ratios,
    standardised_ratios,
    stratified_tests,
    stratum_ratios,
)
from tests.simpson.cases import cells_of, golden, rows_of

Z = 1.959963984540054
PUBLISHED = {
    "kidney": {
        "crude_or": (0.7483485373, 0.5146049023, 1.0882631136),
        "mh_or": (1.4468466249, 0.9157934135, 2.2858486698),
        "mh_rr": 1.0690001539,
        "cmh_corrected": (2.0912568501, 0.1481441486),
        "cmh": (2.4338555156, 0.1187405297),
        "breslow_day": (0.9684464408, 1, 0.3250679379),
        "tarone": (0.9656297779, 0.3257725234),
    },
    "berkeley": {
        "crude_or": (1.8410800372, 1.6243769097, 2.0866928623),
        "mh_or": (0.9046968283, 0.7719073618, 1.0603297644),
        "mh_rr": 0.9449050226,
        "cmh_corrected": (1.4269462286, 0.2322634628),
        "cmh": (1.5246066604, 0.2169236971),
        "breslow_day": (18.8255137052, 5, 0.0020713903),
        "tarone": (18.8255012521, 0.0020714014),
    },
}


def interval(ratio):
    half = np.exp(Z * ratio.log_std_error)
    return ratio.estimate, ratio.estimate / half, ratio.estimate * half


@pytest.mark.parametrize("name", ["kidney", "berkeley"])
def test_published_tables_give_the_known_ratios_and_tests(name):
    cells, ref = cells_of(*rows_of(name)), PUBLISHED[name]
    tests = stratified_tests(cells)
    assert interval(crude_ratios(cells)["odds ratio"]) == pytest.approx(ref["crude_or"], abs=6e-11)
    assert interval(mantel_haenszel_odds_ratio(cells)) == pytest.approx(ref["mh_or"], abs=6e-11)
    assert mantel_haenszel_ratios(cells)["risk ratio"].estimate == pytest.approx(ref["mh_rr"], abs=6e-11)
    assert (tests.cmh.statistic, tests.cmh.p_value) == pytest.approx(ref["cmh"], abs=6e-11)
    corrected = tests.cmh_corrected
    assert (corrected.statistic, corrected.p_value) == pytest.approx(ref["cmh_corrected"], abs=6e-11)
    day = tests.breslow_day
    assert (day.statistic, day.df, day.p_value) == pytest.approx(ref["breslow_day"], abs=6e-11)
    tarone = tests.breslow_day_tarone
    assert (tarone.statistic, tarone.p_value) == pytest.approx(ref["tarone"], abs=6e-11)


@pytest.mark.parametrize("name", ["kidney", "berkeley"])
def test_r_gives_the_same_to_the_last_digits(name):
    cells, ref = cells_of(*rows_of(name)), golden()[name]
    tests = stratified_tests(cells)
    estimate, low, high = interval(mantel_haenszel_odds_ratio(cells))
    assert estimate == pytest.approx(ref["mh_or"], rel=1e-12)
    assert (low, high) == pytest.approx(ref["mh_or_ci"], rel=1e-12)
    assert (tests.cmh.statistic, tests.cmh.p_value) == pytest.approx((ref["cmh"], ref["cmh_p"]), rel=1e-11)
    assert tests.cmh_corrected.statistic == pytest.approx(ref["cmh_corrected"], rel=1e-11)
    woolf = crude_ratios(cells)["odds ratio"]
    assert woolf.estimate == pytest.approx(ref["crude_or"], rel=1e-12)
    assert woolf.log_std_error == pytest.approx(ref["crude_or_log_se"], rel=1e-10)


def test_standardised_ratios_are_those_of_the_standardised_risks():
    cells = cells_of(*rows_of("kidney"))
    share = np.array([357, 343]) / 700
    p1, p0 = share @ [81 / 87, 192 / 263], share @ [234 / 270, 55 / 80]
    got = standardised_ratios(cells)
    assert got["risk ratio"].estimate == pytest.approx(p1 / p0, rel=1e-13)
    assert got["odds ratio"].estimate == pytest.approx(p1 / (1 - p1) / (p0 / (1 - p0)), rel=1e-13)


def test_robust_and_model_based_errors_of_the_common_odds_ratio_agree_in_large_homogeneous_tables():
    rng = np.random.default_rng(11)
    n = 200_000
    stratum = rng.integers(0, 4, n)
    treated = rng.random(n) < 0.2 + 0.15 * stratum
    logit = -1.0 + 0.4 * stratum + 0.7 * treated
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    cells = cells_of(stratum, treated, y)
    robust, model = mantel_haenszel_ratios(cells)["odds ratio"], mantel_haenszel_odds_ratio(cells)
    assert robust.estimate == pytest.approx(model.estimate, rel=1e-12)
    # Two consistent estimators of one number from 200,000 rows: they differ by chance, below one per cent.
    assert robust.log_std_error == pytest.approx(model.log_std_error, rel=0.01)
    assert abs(np.log(robust.estimate) - 0.7) < 4 * robust.log_std_error


def test_breslow_day_equals_statsmodels_away_from_one_and_stays_finite_at_one():
    rng = np.random.default_rng(12)
    for _ in range(50):
        table = rng.integers(1, 60, (2, 2, 4)).astype(float)
        ref = StratifiedTable(table)
        for tarone in (False, True):
            expected = ref.test_equal_odds(adjust=tarone)
            got = breslow_day(table, tarone=tarone)
            # statsmodels subtracts nearly equal numbers where the odds ratio is near 1.
            assert got.statistic == pytest.approx(expected.statistic, rel=1e-8)
            assert got.p_value == pytest.approx(expected.pvalue, rel=1e-7)
    mirror = np.stack([np.array([[10.0, 20], [30, 15]]), np.array([[20.0, 10], [15, 30]])], axis=2)
    even = breslow_day(mirror, tarone=False)
    assert mirror[0, 0] @ mirror[1, 1] == mirror[0, 1] @ mirror[1, 0]
    # At odds ratio 1 the expected counts are products of the margins.
    row, col, n = mirror.sum(axis=1), mirror.sum(axis=0), mirror.sum(axis=(0, 1))
    expected = row[:, None] * col[None] / n
    by_hand = ((mirror[0, 0] - expected[0, 0]) ** 2 * (1 / expected).sum(axis=(0, 1))).sum()
    assert even.statistic == pytest.approx(by_hand, rel=1e-12)


def test_empty_cells_give_zero_infinite_or_missing_ratios_and_no_warning():
    #       stratum:       0 (no failures treated)   1 (nobody succeeds)
    stratum = np.array([0] * 6 + [1] * 4)
    treated = np.array([1, 1, 1, 0, 0, 0, 1, 1, 0, 0]) == 1
    y = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0], dtype=float)
    cells = cells_of(stratum, treated, y)
    ratios = stratum_ratios(cells)
    assert ratios["risk ratio"][0] == pytest.approx(3.0)
    assert ratios["odds ratio"][0] == np.inf
    assert np.isnan(ratios["odds ratio"][1])
    pooled = mantel_haenszel_odds_ratio(cells)
    assert pooled.estimate == np.inf
    assert np.isnan(pooled.log_std_error)
    tests = stratified_tests(cells)
    assert np.isfinite(tests.cmh.statistic)
    assert np.isnan(tests.breslow_day.statistic)


def test_a_table_without_variation_answers_nothing():
    cells = cells_of(np.zeros(4, int), np.array([True, True, False, False]), np.ones(4))
    assert np.isnan(stratified_tests(cells).cmh.statistic)
    assert np.isnan(mantel_haenszel_odds_ratio(cells).estimate)
    assert crude_ratios(cells)["risk ratio"].estimate == 1.0
