# %% [markdown]
# # Which design fits my data?
#
# "We have the data of everybody, with and without. Which method should we run?" The data do not say. What decides is
# how units came to be treated: by lot, by a rule, in waves, because something pushed them, or because they wanted to.
# That is known to the people who ran the campaign, and it is in no column.
#
# This page asks the questions in the order in which a good answer is least shaky, and goes through the cases of the
# other recipes.

# %%
from causalkit import datasets, design_advice, iv, matching, plot, simulate

# %% [markdown]
# ## 1 The questions
#
# With nothing known, there is one piece of advice and a list of what to find out. Often the best answer is the first
# question: a lot among some users, or for the order of a roll-out, is possible more often than one thinks.

# %%
open_case = design_advice()
print(open_case.summary())

# %% [markdown]
# ## 2 One case, from answers to a design
#
# The team of the feature recipe. Users choose whether to adopt (no lot, no rule). What makes them choose is ambition,
# which is in no column. But half of them, drawn by lot, were shown an invitation that offers nothing else.

# %% tags=["gallery"]
feature = design_advice(
    experiment="impossible",
    cutoff="none",
    push="random",
    exclusion="argued",
    roll_out="individual",
    history="one",
    selection="unmeasured",
    interference="none",
    disagreement="no",
)
_ = feature.plot()

# %%
print(feature.summary())

# %% [markdown]
# ## 3 Does it matter?
#
# The advice rules out matching, since the main reason for adopting is not in the data. It could be run all the same:
# the balance of what *is* in the data is perfect afterwards, and every check of the computer is content.

# %%
users = datasets.load("feature_push")
wrong = matching.estimate(users, outcome="spend", treatment="feature", covariates="spend_before")
right = iv.tsls(
    users,
    outcome="spend",
    endogenous="feature",
    instruments="push",
    exogenous="spend_before",
    exclusion="The invitation was drawn by lot and offers nothing but the feature.",
)
truth = simulate.adoption(8_000, rng=6).truth
_ = plot.forest({"matching": wrong, "instrument": right}, reference=truth["LATE"], title="Dashed: the truth, 69 yuan")
print(wrong.checks["balance"].reading)

# %% [markdown]
# In money: with a fifth of spend as margin and 20,000 users, matching promises 640,000 yuan a quarter. The instrument
# says 180,000, between 54,000 and 298,000. The truth is 274,000.

# %%
for name, found in (("matching", wrong), ("instrument", right)):
    low, high = found.conf_int().low, found.conf_int().high
    print(f"{name:<10} {0.2 * 20_000 * found.estimate:9,.0f} yuan, 95% [{4_000 * low:,.0f}, {4_000 * high:,.0f}]")
print(f"truth      {0.2 * 20_000 * truth['LATE']:9,.0f} yuan")

# %% [markdown]
# ## 4 The cases of the other recipes

# %%
nothing_else = {"cutoff": "none", "push": "none", "interference": "none"}
cases = {
    "service (1)": {"selection": "measured", "measured": "before", "disagreement": "yes", "roll_out": "none"},
    "coupon (2)": {"selection": "measured", "measured": "before", "disagreement": "no", "roll_out": "none"},
    "city roll-out (4)": {
        "roll_out": "staggered",
        "history": "several",
        "treated_units": "many",
        "selection": "unmeasured",
    },
    "loyalty tier (5)": {"cutoff": "sharp", "sorting": "possible", "roll_out": "none", "selection": "unmeasured"},
    "channels (7)": {"selection": "partly", "measured": "before", "disagreement": "yes", "roll_out": "none"},
}
advice = {
    name: design_advice(**{"experiment": "impossible", **nothing_else, **answers}) for name, answers in cases.items()
}
for name, found in advice.items():
    print(f"{name:<18}", "; ".join(f"{each.design.name}: {each.strength}" for each in found.recommendations))

# %% [markdown]
# Read the strength as well as the name. Matching, and its simplest form, the strata of `simpson`, is *possible*, since
# nobody can show that nothing is missing from the columns. A threshold that users can reach for is a *last resort*:
# recipe 5 had to leave those out who may have moved. Had the points not been known to the users, it would have been
# the recommended design:

# %%
tier = {**nothing_else, **cases["loyalty tier (5)"], "experiment": "impossible", "sorting": "impossible"}
print(design_advice(**tier).headline())

# %% [markdown]
# And whoever can still decide how the next coupon is handed out should not match at all:

# %%
lot = design_advice(**{**nothing_else, **cases["coupon (2)"], "experiment": "possible"})
print(lot.headline())
for each in lot.recommendations[0].because:
    print("-", each)

# %% [markdown]
# `design_advice().questions()` explains every question and every answer.
#
# The headline numbers of this page:

# %%
assert open_case.recommendations[0].strength == "possible"
assert feature.recommendations[0].design.name == "iv"
assert {each.design.name for each in feature.excluded} >= {"experiment", "rdd", "matching"}
assert [found.recommendations[0].design.name for found in advice.values()] == [
    "matching",
    "matching",
    "did",
    "rdd",
    "matching",
]
assert advice["loyalty tier (5)"].recommendations[0].strength == "last resort"
assert design_advice(**tier).recommendations[0].strength == "recommended"
assert lot.recommendations[0].design.name == "experiment"
assert wrong.checks["balance"].verdict == "supported"
assert truth["LATE"] not in wrong.conf_int()
assert truth["LATE"] in right.conf_int()
