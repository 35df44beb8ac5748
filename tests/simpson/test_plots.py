"""Pictures of simpson results: what is drawn where, and that nothing breaks on odd data."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from causalkit import datasets, plot, simpson
from causalkit.errors import OptionError
from causalkit.plot import _simpson
from causalkit.plot._embed import embed
from tests import contract


@pytest.fixture(scope="module")
def users():
    return datasets.load("service_gmv")


@pytest.fixture(scope="module")
def gmv(users):
    return simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity")


def axes():
    return Figure().subplots()


def texts(ax):
    return [each.get_text() for each in ax.texts]


def test_strata_show_both_means_and_the_differences(gmv):
    ax = plot.draw(gmv, ax=axes())
    assert [each.get_text() for each in ax.get_yticklabels()] == ["active", "inactive", "all rows"]
    assert texts(ax)[:3] == ["+1,000", "+500", "−123"]
    control, treated = (ax.collections[k] for k in (1, 3))
    np.testing.assert_allclose(treated.get_offsets()[:2, 0], [3116, 1120], rtol=1e-12)
    np.testing.assert_allclose(control.get_offsets()[:2, 0], [2116, 620], rtol=1e-12)
    area = treated.get_sizes()
    assert area[0] / area[1] == pytest.approx(1025 / 3075)


def test_baker_kramer_lines_pass_through_the_crude_means(gmv):
    ax = _simpson.baker_kramer(gmv, ax=axes())
    treated = ax.lines[0].get_ydata()
    np.testing.assert_allclose(treated, [1120, 3116], rtol=1e-12)
    share, mean = ax.collections[0].get_offsets()[0]
    assert (share, mean) == pytest.approx((0.25, 1619), rel=1e-12)
    assert np.interp(share, [0, 1], treated) == pytest.approx(mean, rel=1e-12)


def test_the_waterfall_ends_at_the_crude_difference(gmv):
    ax = _simpson.decomposition(gmv, ax=axes())
    bars = [(bar.get_y(), bar.get_height()) for bar in ax.patches]
    np.testing.assert_allclose(bars, [(0, 750), (750, -873), (0, -123)], rtol=1e-12)


def test_intervals_of_pictures_have_the_tails_of_their_tables(users):
    few = users.assign(shop=np.arange(len(users)) % 25)
    options = {"outcome": "gmv", "treatment": "used_service", "cluster": "shop"}
    found = simpson.diagnose(few, **options, by="activity")
    ax = _simpson.decomposition(found, ax=axes())
    table = found.decomposition_table()
    ends = np.array([segment[:, 1] for segment in ax.collections[-1].get_segments()])
    lengths = np.subtract(table["conf_high"], table["conf_low"])
    np.testing.assert_allclose(np.ptp(ends, axis=1), lengths, rtol=1e-10)
    scanned = simpson.scan(few, **options, candidates=["activity", "region"])
    ax = _simpson.ranking(scanned, ax=axes())
    bars = sorted(
        np.ptp(s[:, 0]) for c in ax.collections for s in getattr(c, "get_segments", list)() if c.get_alpha() == 0.3
    )
    half = stats.t.ppf(0.975, 24) * np.array(scanned.ranking["std_error"])
    np.testing.assert_allclose(bars, np.sort(2 * half), rtol=1e-10)


def test_ranking_marks_what_turns_the_sign(users):
    found = simpson.scan(users, outcome="gmv", treatment="used_service", candidates=["activity", "region"])
    ax = plot.draw(found, ax=axes())
    assert [each.get_text() for each in ax.get_yticklabels()] == ["activity", "region", "activity × region"]
    legend = [each.get_text() for each in ax.get_legend().get_texts()]
    assert legend[0] == "crude difference −123"
    assert "moves it and turns its sign" in legend


def test_figures_list_the_diagram_only_where_it_exists(gmv):
    assert [picture.name for picture in plot.figures(gmv)] == ["strata", "baker_kramer", "decomposition"]
    ax = plot.draw(gmv, picture="decomposition", ax=axes())
    assert [bar.get_height() for bar in ax.patches] == pytest.approx([750, -873, -123], rel=1e-12)
    with pytest.raises(OptionError, match=r"picture='baker_kramr'.*'baker_kramer'"):
        plot.draw(gmv, picture="baker_kramr")
    berkeley = simpson.diagnose(
        datasets.load("berkeley_admissions"), outcome="admitted", treatment="gender", treated="male", by="department"
    )
    assert len(plot.figures(berkeley)) == 2


@pytest.mark.filterwarnings("ignore::causalkit.errors.CausalkitWarning")
def test_one_armed_strata_and_names_with_dollars_are_drawn_literally(users):
    data = users.rename(columns={"region": "$x$ 指标"})
    data.loc[data["$x$ 指标"] == "east", "used_service"] = 1
    found = simpson.diagnose(data, outcome="gmv", treatment="used_service", by=["$x$ 指标", "city_tier"])
    ax = plot.draw(found, ax=axes())
    assert texts(ax).count("one arm only") == 3
    assert "$x$ 指标" in ax.get_title(loc="left")
    parts = _simpson.decomposition(found, ax=axes())
    assert len(parts.patches) == 4


@pytest.mark.filterwarnings("ignore:No installed font has a glyph")
@pytest.mark.parametrize("name", ["$x^2$", r"cost in $\broken{$", "x" * 300, "word " * 60, "指标 1 (x)"])
def test_legends_print_the_treatment_literally_on_every_width(users, name):
    data = users.rename(columns={"used_service": name})
    found = simpson.diagnose(data, outcome="gmv", treatment=name, by="activity")
    for picture in plot.figures(found):
        for narrow in (False, True):
            assert embed(picture, narrow=narrow).mime == "image/svg+xml"
    legend = plot.draw(found, ax=axes()).get_legend()
    assert not any(each.get_parse_math() for each in legend.get_texts())


def planted(users, n):
    data = users.sample(n, random_state=1, ignore_index=True).astype({"gmv": float})
    data.loc[3, "gmv"] = 31415.9265
    return data


def test_a_diagnosis_keeps_the_contract(users):
    def make(n):
        data = planted(users, n)
        return simpson.diagnose(data, outcome="gmv", treatment="used_service", by=["activity", "region"])

    contract.check_contract(make(2_000), make_at_4n=lambda: make(8_000), markers=("31415.9265",))


def test_a_scan_keeps_the_contract(users):
    def make(n):
        candidates = ["activity", "region", "city_tier"]
        return simpson.scan(planted(users, n), outcome="gmv", treatment="used_service", candidates=candidates)

    contract.check_contract(make(2_000), make_at_4n=lambda: make(8_000), markers=("31415.9265",))


def test_a_diagnosis_of_a_binary_outcome_with_clusters_keeps_the_contract(users):
    clicks = users.assign(gmv=(users["gmv"] > 1500).astype(int))
    options = {"outcome": "gmv", "treatment": "used_service", "by": "activity"}
    contract.check_contract(simpson.diagnose(clicks, **options, cluster="user_id"))
