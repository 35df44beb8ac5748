# %% [markdown]
# # Did the service raise GMV?
#
# A shop offers a personal service. Users who take it up spend 123 yuan *less* in the following 90 days than users
# who do not. Should it be switched off? The table that product managers know:
#
# | activity | with the service | without | difference |
# |---|---|---|---|
# | active | 3,116 | 2,116 | **+1,000** |
# | inactive | 1,120 | 620 | **+500** |
# | all | 1,619 | 1,742 | **−123** |
#
# In each group the service helps, in the total it seems to harm. This recipe takes the difference apart, asks how sure
# each part is, looks for other columns that could be behind it, and ends with a decision. Its data are synthetic
# (`datasets.describe("service_gmv")` says how they were made).

# %%
import numpy as np

from causalkit import datasets, decide, plot, simpson

users = datasets.load("service_gmv")
users.head()

# %% [markdown]
# ## 1 The difference in the total
#
# The comparison that a dashboard shows: everybody with the service against everybody without.

# %%
users.groupby("used_service")["gmv"].agg(["count", "mean"]).round(1)

# %% [markdown]
# ## 2 Who is compared with whom?
#
# The service went mostly to users who had become inactive. They spend less whatever is done for them.

# %%
users.groupby("used_service")["activity"].value_counts(normalize=True).unstack().round(2)

# %% [markdown]
# ## 3 Comparing like with like
#
# `diagnose` compares users of the same activity and averages over the activity of all users. It needs two things to be
# true to be the effect of the service: that activity was settled before the service was offered (it was: it counts the
# 30 days before), and that nothing else drives both take-up and spending. The data cannot show the second; the summary
# says so.

# %%
answer = simpson.diagnose(users, outcome="gmv", treatment="used_service", by="activity")
print(answer.summary())

# %% [markdown]
# The dots of the two strata and of the total, their area the number of users:

# %% tags=["gallery"]
_ = answer.plot()

# %% [markdown]
# Why the total can turn the sign: each arm lies on its own line, at its own share of active users. The lines never
# cross; the dots are compared at different places.

# %%
_ = plot.draw(answer, picture="baker_kramer")

# %% [markdown]
# ## 4 What the −123 is made of
#
# Kitagawa's decomposition: the service adds 750, the different composition of the two groups takes away 873. With the
# composition of those who used the service as the base, the effect within is the ATT; with that of the others, the ATC.

# %%
_ = plot.draw(answer, picture="decomposition")

# %%
for base in ("treated", "control", "symmetric"):
    parts = answer.decomposition(base)
    print(f"{base:<10}", dict(zip(parts.labels, parts.estimates.round(1).tolist(), strict=True)))

# %% [markdown]
# ## 5 How sure is it?
#
# Three different questions, three different answers:
#
# * Is the crude difference confounded by activity? The *gap* between crude and adjusted difference has its own
#   standard error, smaller than that of either.
# * Does the sign really turn? The reversal test asks that the crude difference is surely negative *and* the adjusted
#   one surely positive.
# * Do all groups have the other sign? The same test over every stratum.

# %%
print(f"gap {answer.gap.estimate:.1f}, 95% interval {answer.gap.conf_int().format()}")
print(f"reversal p {answer.reversal.p_value:.4f}; every stratum p {answer.full_reversal_p_value:.4f}")
print(f"probability of opposite signs {answer.reversal.probability:.3f}")

# %% [markdown]
# In small data these answers differ. In the kidney stone study of 1986 confounding by stone size is certain, while the
# reversal is not:

# %%
kidney = simpson.diagnose(
    datasets.load("kidney_stones"),
    outcome="success",
    treatment="treatment",
    treated="open surgery",
    by="stone_size",
)
print(kidney.headline())

# %% [markdown]
# ## 6 Is it really activity? And only activity?
#
# `scan` tries the other columns that were known before, alone and in pairs. Numbers such as `tenure_months` are cut
# into five groups. `orders_after` is a trap: it was measured after the service, and partly *because* of it.

# %%
which = simpson.scan(
    users,
    outcome="gmv",
    treatment="used_service",
    candidates=["activity", "region", "city_tier", "tenure_months", "orders_before", "orders_after"],
    post_treatment="orders_after",
    bins=5,
)
_ = which.plot()

# %%
which.ranking.to_frame()[["by", "estimate", "gap", "p_max_t", "reverses", "p_adds"]].round(3)

# %% [markdown]
# Activity moves the difference, and pairs with activity move it no further. `orders_before` moves it a little, because
# active users order more; within activity it adds nothing.
#
# What if the trap had not been declared? `orders_after` moves the difference too, and looks exactly like a
# confounder. Only the knowledge of what came first tells them apart.

# %%
trap = simpson.scan(users, outcome="gmv", treatment="used_service", candidates=["activity", "orders_after"], bins=5)
print(trap.headline())

# %% [markdown]
# ## 7 From the effect to a decision
#
# Twenty per cent of GMV is margin, serving a user costs 60 yuan, and ten thousand users are in question.

# %%
decision = decide(answer, value_per_unit=0.2, units=10_000, unit_cost=60.0)
print(decision.summary())

# %% [markdown]
# The headline numbers of this page:

# %%
assert np.isclose(answer.crude.estimate, -123)
assert np.allclose(answer.strata.effects().estimates, [1000, 500])
assert np.isclose(answer.estimate, 772.5)
assert np.isclose(answer.effects["ATT"].estimate, 625)
assert np.isclose(answer.effects["ATC"].estimate, 875)
assert np.allclose(answer.decomposition().estimates, [750, -873, -123])
assert answer.kind() == "reversal"
assert answer.reversal.p_value < 0.01
assert round(kidney.reversal.p_value, 3) == 0.064
assert which.ranking["by"][0] == "activity"
assert which.row("region")["p_max_t"] > 0.5
assert np.nanmin(which.ranking["p_adds"]) > 0.05
