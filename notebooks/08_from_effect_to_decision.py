# %% [markdown]
# # From effect to decision
#
# The personal service of the first recipe adds 772 yuan of GMV per user in 90 days. Should it be offered to ten
# thousand more? An effect is not yet an answer. What is a yuan of GMV worth, what does the service cost, how far may
# the effect be off, what must not suffer from it, and what would change our mind?
#
# This recipe carries one effect through all of it. The data are synthetic (`datasets.describe("service_gmv")`).

# %%
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from causalkit import Decision, datasets, decide, simpson
from causalkit.evidence import Guardrail

users = datasets.load("service_gmv")
roles = {"treatment": "used_service", "by": "activity"}
answer = simpson.diagnose(users, outcome="gmv", **roles)
print(answer.headline())

# %% [markdown]
# ## 1 The naive decision
#
# "The effect is significant, so ship." But significant means *surely not zero*, and the service is not free. A fifth
# of GMV is margin; serving a user costs 130 yuan; the roll-out itself 100,000.
#
# ## 2 What has to be beaten
#
# The *break-even* is the effect at which the gain is exactly zero. With 10,000 users the fixed cost is 10 yuan each,
# so an effect of (130 + 10) / 0.2 = 700 yuan only just pays.

# %% tags=["gallery"]
terms = {"value_per_unit": 0.2, "unit_cost": 130.0, "fixed_cost": 100_000.0, "units": 10_000, "currency": "yuan"}
first = decide(answer, **terms)
_ = first.plot()

# %% [markdown]
# The estimate lies above break-even, its interval on both sides. The verdict is *undecided*:
#
# * **ship**: every effect that the data allow pays;
# * **stop**: none does;
# * **undecided**: they allow both;
# * **no causal reading**: a check is violated, and no arithmetic mends that.
#
# ## 3 If it cannot wait
#
# Undecided is not helpless. Acting may lose money if the effect is small, holding may miss it if the effect is large.
# Averaged over what the data leave open:

# %%
print(f"probability that it pays  {first.probability:.0%}")
print(f"expected loss of acting   {first.loss_acting:10,.0f} yuan")
print(f"expected loss of holding  {first.loss_holding:10,.0f} yuan")
print(f"certainty is worth at most {first.value_of_information:9,.0f} yuan")

# %% [markdown]
# Acting has by far the smaller expected loss. And certainty would be worth 5,462 yuan at most: an experiment that
# costs more than that is not worth running for this decision.
#
# ## 4 What must not suffer
#
# A *guardrail* is a second outcome with the largest loss that would be put up with. Orders must not fall by more than
# a tenth of an order per user. Not "no significant harm", which a small study always shows, but the whole interval
# above −0.1:

# %%
orders = simpson.diagnose(users, outcome="orders_after", **roles)
guarded = decide(answer, guardrails={"orders": Guardrail(result=orders, margin=0.1, better="higher")}, **terms)
print(guarded.summary())

# %% [markdown]
# ## 5 What would change our mind?
#
# **The cost.** The verdict as a function of the cost per user. A hard negotiation with the provider decides more than
# more data:

# %%
table = [decide(answer, **{**terms, "unit_cost": cost}) for cost in (100.0, 115.0, 130.0, 145.0, 160.0, 175.0)]
pd.DataFrame(
    {
        "cost per user": [each.unit_cost for each in table],
        "break-even": [each.break_even for each in table],
        "probability": [round(each.probability, 3) for each in table],
        "verdict": [each.verdict for each in table],
    }
)

# %% [markdown]
# **Experience.** Most launches do less than their estimate says. If earlier services added 300 yuan on average, give
# or take 300, that belongs into the probability. The verdict itself stays with the data.

# %%
sceptical = decide(answer, prior=(300.0, 300.0), **terms)
print(
    f"probability that it pays {first.probability:.0%}, with the prior {sceptical.probability:.0%}: {sceptical.verdict}"
)

# %% [markdown]
# **More data.** About this many times as many, if the effect is as estimated:

# %%
print(
    f"{first.data_factor:.1f} times; an effect {first.minimum_detectable:.0f} yuan from break-even could be found today"
)

# %% [markdown]
# **Whom it is for.** The strongest lever is in the conditions of the summary: *the effects of the strata range from
# 500 to 1,000*. So decide for each group. Within an activity group the two arms were alike, so nothing needs to be
# held fixed; city tier is, because it explains some of the noise.

# %%
groups = {}
for activity, rows in users.groupby("activity"):
    effect = simpson.diagnose(rows, outcome="gmv", treatment="used_service", by="city_tier")
    groups[activity] = decide(effect, value_per_unit=0.2, unit_cost=130.0, units=5_000, currency="yuan")
    found = groups[activity]
    print(f"{activity:<9} effect {effect.estimate:6.0f} {effect.conf_int().format():<15} ", end="")
    print(f"break-even {found.break_even:.0f}: {found.verdict}, {found.net_value:+,.0f} yuan for 5,000 users")

# %% [markdown]
# For active users: ship. For inactive ones: stop. The undecided question "for all?" had two clear answers in it. What
# remains is whether 100,000 yuan once are paid by what 5,000 active users bring:

# %%
active = simpson.diagnose(users[users["activity"] == "active"], outcome="gmv", treatment="used_service", by="city_tier")
final = decide(active, **{**terms, "units": 5_000})
print(final.headline())

# %% [markdown]
# ## 6 The report
#
# One HTML file for the product manager: the decision with its conditions, every check in words, the pictures. No
# scripts, nothing loaded from elsewhere; it can be mailed and printed.

# %%
with tempfile.TemporaryDirectory() as folder:
    page = final.report(Path(folder) / "service.html").read_text(encoding="utf-8")
for heading in re.findall(r"<h2[^>]*>(.*?)</h2>", page):
    print("-", re.sub("<[^>]+>", "", heading))

# %% [markdown]
# And the same as data, for a dashboard or for the next quarter's comparison. What is read back is the same decision:

# %%
restored = Decision.from_json(final.to_json())
final.to_frame()[["term", "estimate", "unit"]].round(3)

# %% [markdown]
# ## 7 The truth
#
# The service adds exactly 1,000 yuan for active and 500 for inactive users: the table was built that way. At 130 yuan
# a user it gains 70 yuan with each active one and loses 30 with each inactive one. Offered to 10,000 users of the
# present mix it brings 145,000 yuan after the fixed cost; offered to 5,000 active ones, 250,000.
#
# The headline numbers of this page:

# %%
assert np.isclose(answer.estimate, 772.5)
assert np.isclose(first.break_even, 700)
assert first.verdict == guarded.verdict == "undecided"
assert np.isclose(first.probability, 0.899, atol=0.001)
assert np.isclose(first.loss_acting, 5462, atol=1)
assert first.loss_acting == first.value_of_information < first.loss_holding
assert guarded.guardrail_states["orders"] == "kept"
assert [each.verdict for each in table] == ["ship", "ship", "undecided", "undecided", "undecided", "stop"]
assert sceptical.probability < first.probability
assert {name: each.verdict for name, each in groups.items()} == {"active": "ship", "inactive": "stop"}
assert 1000 in groups["active"].result.conf_int()
assert 500 in groups["inactive"].result.conf_int()
assert final.verdict == "ship"
assert restored.summary() == final.summary()
assert "<script" not in page
