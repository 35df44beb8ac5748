import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from causalkit import matching, plot
from causalkit.matching._apply import apply
from tests.lalonde import COVARIATES, lalonde

matplotlib.use("agg")


@pytest.fixture(scope="module")
def match():
    score = matching.propensity_score(lalonde(), treatment="treat", covariates=COVARIATES)
    return apply(matching.EntropyBalance(), matching.common_support(score))


def axes():
    return Figure().subplots()


def test_the_mirror_histogram_shows_the_treated_above_and_the_controls_below(match):
    ax = match.score.plot(ax=axes())
    low, high = ax.get_ylim()
    assert low == -high
    heights = [patch.get_data().values for patch in ax.patches]
    assert heights[0].sum() == pytest.approx(1)
    assert heights[1].sum() == pytest.approx(-1)
    assert [tick.get_text() for tick in ax.get_legend().get_texts()] == ["treated", "control"]


def test_the_love_plot_puts_the_largest_difference_before_on_top(match):
    ax = match.plot(ax=axes())
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[0] == "race=white"
    before, after = (collection.get_offsets()[:, 0] for collection in ax.collections[1:3])
    assert (np.diff(before) <= 0).all()
    assert after.max() < 0.1


def test_the_heat_map_writes_numbers_where_balance_fails(match):
    balance = matching.block_balance(match.score, significance=0.05)
    ax = balance.plot(ax=axes())
    shown = [text.get_text() for text in ax.texts if text.get_text() != "–"]
    assert len(shown) == (balance.p_value < 0.05).sum()
    assert [each.caption for each in plot.figures(balance)] == ["Balance of the covariates in blocks of the score."]


def test_a_match_has_pictures_of_every_covariate_with_more_than_two_values(match):
    captions = [picture.caption for picture in plot.figures(match)]
    assert "Distribution functions of re74." in captions
    assert not any("married" in caption for caption in captions)
    for picture in plot.figures(match):
        assert picture.draw(ax=axes()).get_title(loc="left")


def test_dollar_signs_in_names_are_printed(match):
    df = lalonde().rename(columns={"age": "$age$"})
    score = matching.propensity_score(df, treatment="treat", covariates=["$age$", "educ"])
    ax = apply(matching.CBPS(), score).plot(ax=axes())
    assert "$age$" in [label.get_text() for label in ax.get_yticklabels()]
    assert not any(label.get_parse_math() for label in ax.get_yticklabels())


def test_a_result_shows_balance_then_its_effect_and_overlap(match):
    result = matching.effect(match, outcome="re78", adjust="age")
    pictures = plot.figures(result)
    assert [each.caption.split()[0] for each in pictures] == ["Balance", "The", "Overlap"]
    labels = [label.get_text() for label in pictures[1].draw(ax=axes()).get_yticklabels()]
    assert labels == ["adjusted", "unadjusted"]
    assert "Balance" in result.plot(ax=axes()).get_title(loc="left")


def test_a_doubly_robust_result_shows_its_effect(match):
    result = matching.aipw(match.score, outcome="re78")
    assert "Effect of treat on re78" in result.plot(ax=axes()).get_title(loc="left")
    assert len(plot.figures(result)) == 2
