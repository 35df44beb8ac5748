# %% [markdown]
# # What did the city roll-out do?
#
# A delivery feature went live in twelve cities in week 7, in twelve in week 12, in eight in week 17, and not yet in
# eight more. Each city pays 2,500 yuan a week for it. Does it bring enough orders to go on?
#
# Nobody drew lots. But every city was seen for weeks before its launch, and others were seen without the feature at
# the same time. Comparing the *change* in cities that launched with the change in cities that had not takes out what
# was always different about a city, and what happened everywhere that week. This is *difference-in-differences*.
#
# The usual way to compute it is a regression that goes wrong exactly when a launch comes in waves. The data are
# synthetic, so that the truth can be shown at the end (`datasets.describe("city_roll_out")`).

# %%
import warnings

import numpy as np

from causalkit import datasets, decide, did, plot, simulate
from causalkit.errors import DesignWarning

warnings.simplefilter("ignore", DesignWarning)  # It is printed below.

cities = datasets.load("city_roll_out")
panel = {"outcome": "orders", "unit": "city", "time": "week", "cohort": "launch_week"}
cities.pivot_table(index="launch_week", columns="week", values="orders", dropna=False).round(0).astype(int).iloc[:, ::3]

# %% [markdown]
# ## 1 The naive answer
#
# A regression of orders on "live or not", with an effect for every city and every week, is what most teams run. It is
# called *two-way fixed effects*.

# %%
naive = did.twfe(cities, **panel)
print(naive.headline())

# %% [markdown]
# ## 2 Why it is wrong here
#
# The regression is an average of comparisons of two waves. Some are sound: a wave against cities without the feature.
# But it also compares cities that launch late with cities that launched *earlier*, as if those were untreated. Their
# effect is still growing, and that growth is subtracted.

# %%
print(naive.warnings[0])
pieces = did.bacon_decomposition(cities, **panel)
_ = plot.draw(pieces)

# %% [markdown]
# The comparisons of later with earlier launches give about zero, some less. Nearly a third of the coefficient is made
# of them.
#
# ## 3 One wave and one week at a time
#
# The cure is to compare only with cities that are not live yet. For each wave and each week: the change since the week
# before the launch, less the same change in cities without the feature in that week.

# %%
cells = did.group_time(cities, control_group="not_yet_treated", **panel)
_ = plot.draw(cells)

# %% [markdown]
# The 39 effects to the right of the launches can be averaged in several ways, and each is the answer to a question of
# its own.

# %%
questions = {
    "overall": "over all live cities and weeks",
    "event_time": "over weeks since the launch",
    "cohort": "over waves",
    "calendar": "over calendar weeks",
}
averages = {by: did.aggregate(cells, by=by) for by in questions}
for by, words in questions.items():
    print(f"{words:<31} {averages[by].estimate:5.2f}  95% {averages[by].conf_int().format()}")

# %% [markdown]
# The effect by weeks since the launch is the picture to show. Left of the launch it should be flat at zero; right of
# it, the effect grows by about one order a week. The wide band holds for all weeks at once.

# %% tags=["gallery"]
_ = averages["event_time"].plot()

# %% [markdown]
# ## 4 What it rests on
#
# Without the feature, orders in all waves would have moved alike (*parallel trends*). No test can show that. The weeks
# before the launch can speak against it, as far as so few cities allow:

# %%
answer = averages["overall"]
for name in ("pre-trends", "controls", "clusters"):
    print(f"{answer.checks[name].verdict:<10} {answer.checks[name].reading}")

# %% [markdown]
# Thirty effects at once are too many for the eight cities of the last wave and the eight without the feature. So ask
# one thing, the one that matters most: was there a steady drift, and how large a drift would have been noticed?

# %%
drift = did.parallel_trends(cities, **panel)
print(drift.headline())

# %% [markdown]
# A drift of 0.4 orders a week could have been missed one time in five. Over the weeks since the launch it would add up
# to 4 of the 11 orders. So trends are not proven parallel; what can be said is that a drift large enough to explain
# the whole effect would have been seen.
#
# A quieter question than yes or no: *how far* may trends part after the launch before the answer changes? In multiples
# of the largest step by which they parted before it, for the effect four weeks after the launch:

# %%
path = did.aggregate(
    did.group_time(cities, control_group="not_yet_treated", base_period="universal", **panel), by="event_time"
)
robust = did.sensitivity(path, event_time=4.0)
_ = plot.draw(robust)

# %%
print(" ".join(str(robust).splitlines()[-2:]))

# %% [markdown]
# This is a severe question: the largest step before the launch is mostly noise of a few cities in one week, and a
# fifth of it, in every week and in the same direction, would be enough to undo the effect of the fourth week. Whoever
# knows a reason why trends should part by that much should not read the answer as an effect.

# %% [markdown]
# ## 5 Few cities
#
# Forty cities are enough for an interval. With one pilot wave of three cities and six to compare with they would not
# be: errors that are counted by city need many cities. What still works is a question that needs no formula. If the
# launch had happened in three *other* cities of the nine, how often would so large an effect have been found?

# %%
wave = cities[cities["launch_week"] == 7]["city"].unique()[:3]
never = cities[cities["launch_week"].isna()]["city"].unique()[:6]
pilot = cities[cities["city"].isin([*wave, *never]) & (cities["week"] <= 12)]
lottery = did.randomization_inference(pilot, rng=4, **panel)
print(lottery)

# %%
_ = plot.draw(lottery)

# %% [markdown]
# ## 6 The decision
#
# A city has 50,000 users, so one order per thousand users is 50 orders; an order earns 6 yuan. One unit of the effect
# is worth 300 yuan per city and week; the feature costs 2,500.

# %%
terms = {"value_per_unit": 300.0, "unit_cost": 2_500.0, "units": 32 * 52, "currency": "yuan"}
wrong, right = decide(naive, **terms), decide(answer, **terms)
print(f"two-way fixed effects: {wrong.verdict}, {wrong.net_value:,.0f} yuan a year for the 32 cities")
print(f"not-yet-live cities:   {right.verdict}, {right.net_value:,.0f} yuan a year\n")
print(right.summary())

# %% [markdown]
# `decide` refuses to read the first as an effect, because its check of the comparisons is violated. At face value it
# would have switched off a feature that pays. (A year ahead assumes that the effect stays at its average of these
# weeks; it was still growing.)
#
# ## 7 The truth
#
# The file was made by `simulate.roll_out(40, rng=4, ...)`; the full call is in `datasets.describe("city_roll_out")`.

# %%
truth = simulate.roll_out(40, rng=4, n_periods=24, cohorts=(7, 12, 17), shares=(0.3, 0.3, 0.2), fixed_shares=True).truth
for by, words in questions.items():
    found, true = averages[by], truth["ATT" if by == "overall" else by]
    print(f"{words:<31} truth {true:5.2f}  estimate {found.estimate:5.2f}  95% {found.conf_int().format()}")
print(f"{'two-way fixed effects':<31} limit {truth['TWFE']:5.2f}  estimate {naive.estimate:5.2f}")

# %% [markdown]
# Two-way fixed effects are not unlucky here: with ever more cities they would converge to 6.4 instead of 11.6. The
# intervals of the other way hold the truth because its comparisons are sound; how often they do in fresh samples is in
# the table of the recipes' page (`benchmarks/recipes_coverage.py`).
#
# The headline numbers of this page:

# %%
assert np.isclose(naive.estimate, 6.57, atol=0.01)
assert np.isclose(answer.estimate, 11.07, atol=0.01)
assert naive.conf_int().high < truth["ATT"]
assert all(truth["ATT" if by == "overall" else by] in found.conf_int() for by, found in averages.items())
assert 0 in drift.conf_int()
assert lottery.p_value < 0.05
assert (wrong.verdict, right.verdict) == ("no causal reading", "ship")
