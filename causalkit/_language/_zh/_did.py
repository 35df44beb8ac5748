"""What difference-in-differences says."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "What did {treatment} change in {outcome}, for those who were treated?": "对接受处理者，{treatment} 使 {outcome} 改变了多少？",
    "What did the treatment change in {outcome}, for those who were treated?": "对接受处理者，处理使 {outcome} 改变了多少？",
    "Treatment changed {outcome} of those treated by {estimate:n} on average, if without it they would have moved like "
    "the untreated ({level:n} interval {set}).": (
        "若无处理时走势会与未处理者相同，处理使接受处理者的 {outcome} 平均改变 {estimate}（{level} 置信区间 {set}）。"
    ),
    "Treatment changed {outcome} of those treated by {estimate:n} on average; with {t:n} treated of {n:n} clusters only "
    "placebo assignments tell what chance does: p = {p:n} ({level:n} interval {set}).": (
        "处理使接受处理者的 {outcome} 平均改变 {estimate}；{n} 个聚类中仅 {t} 个接受处理，"
        "只有安慰剂分配能说明偶然的作用：p = {p}（{level} 区间 {set}）。"
    ),
    "What did the change do to {outcome} of the group {treatment}?": "这一变动对 {treatment} 组的 {outcome} 有何影响？",
    # Methods.
    "Group-time effects (Callaway and Sant'Anna)": "分组分期效应（Callaway 与 Sant'Anna）",
    "{method:t}, averaged over cohorts and periods after treatment, weighted by the cohorts' sizes": (
        "{method}，对处理后各批次各期平均，按批次大小加权"
    ),
    "{method:t}, averaged by periods since treatment; headline: the plain mean of those after treatment": (
        "{method}，按距处理的期数平均；总括值为处理后各期的简单平均"
    ),
    "{method:t}, averaged by cohort; headline: their mean weighted by the cohorts' sizes": (
        "{method}，按批次平均；总括值按批次大小加权"
    ),
    "{method:t}, averaged by calendar period; headline: their plain mean": "{method}，按日历时期平均；总括值为简单平均",
    "{method:t}; staggered": "{method}；交错推行",
    "{method:t}; common timing": "{method}；同时处理",
    "{method:t}; two periods": "{method}；两期",
    "{method:t}; repeated cross-sections": "{method}；重复截面",
    "common timing": "同时处理",
    "repeated cross-sections": "重复截面",
    "two periods": "两期",
    "staggered adoption": "交错推行",
    "Difference-in-differences with placebo assignments": "以安慰剂分配作推断的双重差分",
    "Event study by two-way fixed effects": "双向固定效应的事件研究",
    "Two-way fixed effects": "双向固定效应",
    "Imputation (Borusyak, Jaravel and Spiess)": "插补法（Borusyak、Jaravel 与 Spiess）",
    "Stacked difference-in-differences": "堆叠双重差分",
    "Interaction-weighted event study (Sun and Abraham)": "交互加权事件研究（Sun 与 Abraham）",
    "Two-stage differences-in-differences (Gardner)": "两阶段双重差分（Gardner）",
    "Difference-in-differences, two groups, two periods": "双重差分，两组两期",
    "Difference-in-differences, two groups, two periods; covariates in the regression": "双重差分，两组两期；回归中含协变量",
    "Difference-in-differences, two groups, two periods; regression adjustment": "双重差分，两组两期；回归调整",
    "Difference-in-differences, two groups, two periods; inverse probability weighting": "双重差分，两组两期；逆概率加权",
    "Difference-in-differences, two groups, two periods; doubly robust": "双重差分，两组两期；双重稳健",
    "TWFE coefficient": "TWFE 系数",
    # Tables.
    "Effects by event time": "按事件时间的效应",
    "Effects by cohort": "按批次的效应",
    "Effects by period": "按时期的效应",
    "Effects by cohort and period": "按批次与时期的效应",
    "event_time": "事件时间",
    "event time": "事件时间",
    "cohort": "批次",
    "period": "时期",
    "{level}% uniform band": "{level}% 同时置信带",
    "With and without care for the design": "是否顾及设计",
    "this recipe": "本方法",
    "two-way fixed effects": "双向固定效应",
    "Four means": "四个均值",
    "treated before": "处理组之前",
    "treated after": "处理组之后",
    "controls before": "对照组之前",
    "controls after": "对照组之后",
    "change of the treated": "处理组的变化",
    "change of the controls": "对照组的变化",
    "difference of the changes": "变化之差",
    "change": "变化",
    "std. error of change": "变化的标准误",
    "controls": "对照组",
    "Mean outcome by cohort and period": "按批次与时期的结果均值",
    "never treated": "从未处理",
    "cohort sizes": "批次大小",
    "size": "大小",
    "All treated start together, so that the regression too compares treated with untreated only.": (
        "处理组同时开始，因此回归也只比较处理与未处理者。"
    ),
    "In the regression {n:n} of {all:n} effects have a negative weight (sum {sum:n}), because units treated already "
    "serve as controls: do not use it.": (
        "回归中 {all} 个效应有 {n} 个权重为负（合计 {sum}），因为已处理者被当作对照：不要使用它。"
    ),
    "No weight of the regression is negative, but it does not weight effects by how many were treated.": (
        "回归中没有负权重，但它并非按处理人数加权。"
    ),
    "Means of both groups before and after, and the effect.": "两组前后的均值与效应。",
    # Checks.
    "parallel trends": "共同趋势",
    "trends before treatment": "处理前的趋势",
    "pre-trends": "处理前的趋势",
    "anticipation": "预期效应",
    "comparison group": "对照组",
    "clusters": "聚类",
    "spillovers": "溢出效应",
    "no spillovers": "无溢出",
    "interference": "相互影响",
    "placebo assignments": "安慰剂分配",
    "weights": "权重",
    "Did treated and controls move alike before treatment?": "处理之前两组走势是否相同？",
    "There is only one period before treatment, so the data cannot show whether trends were parallel.": (
        "处理之前只有一期，数据无法显示趋势是否平行。"
    ),
    "{n:n} cluster[s] cannot test {k:n} effect[s] before treatment together: look at the picture.": (
        "{n} 个聚类无法一并检验处理前的 {k} 个效应：请看图。"
    ),
    "all effects before treatment are zero": "处理前的效应全为零",
    "Treated and controls already moved apart before treatment ({p:t}): part of the effect may be a trend that was there "
    "anyway.": "处理之前两组已经背离（{p}）：效应的一部分可能是原有的趋势。",
    "No evidence that treated and controls moved apart before treatment ({p:t}); a difference too small for these data "
    "to show could remain.": "没有证据表明处理之前两组背离（{p}）；但可能存在这些数据显示不出的小差异。",
    "Did units change what they do before they were treated?": "对象在处理之前是否已改变行为？",
    "No test can tell anticipation from a trend (none is allowed for); ask when the treatment was announced.": (
        "没有检验能区分预期与趋势（此处不容许预期）：应问处理何时宣布。"
    ),
    "No test can tell anticipation from a trend ({n:n} periods of anticipation are allowed for); ask when the treatment "
    "was announced.": "没有检验能区分预期与趋势（此处容许 {n} 期预期）：应问处理何时宣布。",
    "Everybody is treated in the end: the controls are those treated later, so the effect is known only until the last "
    "of them starts.": "最终人人都接受处理：对照是较晚处理者，因此效应只能知道到最后一批开始为止。",
    "Only {n:n} never-treated stand against {t:n} treated; their luck moves every effect.": (
        "只有 {n} 个从未处理者对 {t} 个处理者：前者的运气会影响每个效应。"
    ),
    "{n:n} never treated stand in for what would have happened to {t:n} treated.": (
        "以 {n} 个从未处理者代表 {t} 个处理者若无处理的情形。"
    ),
    "{n:n} never treated and those not yet treated stand in for what would have happened to {t:n} treated.": (
        "以 {n} 个从未处理者及尚未处理者代表 {t} 个处理者若无处理的情形。"
    ),
    "Is there somebody to compare the treated with?": "是否有人可与处理者相比？",
    "Are there enough independent clusters?": "独立的聚类是否足够？",
    "Only {n:n} clusters of {name}: read the wild cluster bootstrap or randomisation inference, not this.": "只有按 {name} 的 {n} 个聚类：应读 wild cluster bootstrap 或随机化推断，而非此处。",
    "Only {n:n} clusters of {name}: the interval is likely too short; compare the wild cluster bootstrap.": "只有按 {name} 的 {n} 个聚类：区间可能偏短，请对照 wild cluster bootstrap。",
    "{n:n} clusters of {name}: enough for the interval to be taken at its word.": "按 {name} 的 {n} 个聚类：足以采信区间。",
    "Only {n:n} rows: read the wild cluster bootstrap or randomisation inference, not this.": "只有 {n} 行：应读 wild cluster bootstrap 或随机化推断，而非此处。",
    "Only {n:n} rows: the interval is likely too short; compare the wild cluster bootstrap.": "只有 {n} 行：区间可能偏短，请对照 wild cluster bootstrap。",
    "{n:n} rows: enough for the interval to be taken at its word.": "{n} 行：足以采信区间。",
    "Only {n:n} clusters: read the wild cluster bootstrap or randomisation inference, not this.": "只有 {n} 个聚类：应读 wild cluster bootstrap 或随机化推断，而非此处。",
    "Only {n:n} clusters: the interval is likely too short; compare the wild cluster bootstrap.": "只有 {n} 个聚类：区间可能偏短，请对照 wild cluster bootstrap。",
    "{n:n} clusters: enough for the interval to be taken at its word.": "{n} 个聚类：足以采信区间。",
    "{n:n} cohort[s] of one unit ({names}): standard errors there hold the controls' variation only and are far too "
    "small.": "有 {n} 个批次只有一个对象（{names}）：那里的标准误只含对照组的变异，偏小很多。",
    "{n:n} cohort[s] of fewer than {few:n} units ({names}): standard errors of these are unreliable.": (
        "有 {n} 个批次不足 {few} 个对象（{names}）：其标准误不可靠。"
    ),
    "The smallest cohort has {n:n} units.": "最小的批次有 {n} 个对象。",
    "Is every cohort large enough?": "每个批次是否足够大？",
    "Are there controls like the treated?": "是否有与处理者相似的对照？",
    "The largest propensity score among controls is {score:n}: a few controls speak for many treated.": (
        "对照组中最大的倾向得分为 {score}：少数对照代表许多处理者。"
    ),
    "The largest propensity score among controls is {score:n}: every treated unit has controls like it.": (
        "对照组中最大的倾向得分为 {score}：每个处理者都有相似的对照。"
    ),
    "Does treating some units change the outcome of others?": "处理一些对象是否会改变其他对象的结果？",
    "No test can show it: if treated units drew orders from their controls, the effect would look too big.": (
        "没有检验能够证明：若处理者抢走了对照的订单，效应会显得过大。"
    ),
    "Does the effect stand out among those of clusters that were not treated?": "与未处理聚类的“效应”相比，它是否突出？",
    "the effect is zero for everybody": "对每个人的效应为零",
    "units never treated": "从未处理者",
    "units treated later": "较晚处理者",
    "Without treatment, would the treated have moved like the untreated?": "若无处理，处理者的走势是否会与未处理者相同？",
    "Taken for granted after treatment: the change among units never treated stands in for it. Periods before treatment "
    "can speak against it, never for it.": (
        "处理之后视为当然：以从未处理者的变化为代表。处理之前的各期只能提供反证，不能提供证明。"
    ),
    "Taken for granted after treatment: the change among units treated later stands in for it. Periods before treatment "
    "can speak against it, never for it.": (
        "处理之后视为当然：以较晚处理者的变化为代表。处理之前的各期只能提供反证，不能提供证明。"
    ),
    "Without the change, would treated and controls have moved alike?": "若无这一变动，处理组与对照组走势是否相同？",
    "Without the change, would treated and controls with the same covariates have moved alike?": (
        "若无这一变动，协变量相同的处理组与对照组走势是否相同？"
    ),
    "Taken for granted: one period before the change shows no trend. With more periods, did.parallel_trends looks at "
    "those before.": "视为当然：变动之前只有一期，显示不出趋势。期数更多时，did.parallel_trends 会查看之前各期。",
    "Is the coefficient an average of effects with weights that make sense?": "该系数是否为权重合理的效应平均？",
    "All treated units start in the same period, so that nobody treated already serves as a control.": (
        "处理者在同一期开始，因此没有已处理者被当作对照。"
    ),
    # Warnings.
    "{n:n} treated unit[s]: clustered standard errors are far too small with so few. Look at randomisation inference.": (
        "只有 {n} 个处理对象：聚类标准误偏小很多，请看随机化推断。"
    ),
    "The outcome leaves no sampling error: every standard error is zero.": "结果没有抽样误差：标准误全为零。",
    "The smallest of the four cells has {n:n} row[s]: its mean, and with it the effect, is hardly known.": (
        "四个单元格中最小的只有 {n} 行：其均值以及效应都很不确定。"
    ),
    "mean of the lags": "处理后各期均值",
    "{level}% interval from": "{level}% 置信区间起",
    "{level}% band from": "{level}% 置信带起",
    "treated rows": "处理行数",
    "Weight of each cohort in the two-way fixed-effects coefficient": "双向固定效应系数中各批次的权重",
    "share of them": "其占比",
    "of which negative": "其中为负",
    "band_low": "置信带下限",
    "band_high": "置信带上限",
    "time": "时期",
    "weight": "权重",
    "Weights of the effects in the two-way fixed-effects coefficient": "双向固定效应系数中各效应的权重",
    "{n:n} of {all:n} weights are negative and sum to {sum:n}. The average effect may be zero if effects vary with a "
    "standard deviation of {a:n}, and all may have the opposite sign with one of {b:n}.": (
        "{all} 个权重中有 {n} 个为负，合计 {sum}。若效应的标准差达到 {a}，平均效应可能为零；达到 {b}，则可能全部反号。"
    ),
    "Effects with their {level}% intervals and a band for all of them.": "各效应及其 {level}% 置信区间，以及全部效应的同时置信带。",
    "Mean outcome of each cohort over time.": "各批次结果均值随时间的变化。",
    "Effect on each cohort in each period; a line marks the first treated one.": "各批次各期的效应；竖线标出首个处理期。",
    "The estimate beside two-way fixed effects.": "估计值与双向固定效应并列。",
    "Weights that two-way fixed effects give to each effect.": "双向固定效应给予各效应的权重。",
    "Who is treated when.": "谁在何时接受处理。",
    "Two-way fixed effects with {n:n} cohorts: the coefficient of event time {at:n} also takes in effects of other event "
    "times, with weights that sum to {sum:n} in absolute value (to zero with their signs).": (
        "{n} 个批次的双向固定效应：事件时间 {at} 的系数还混入其他事件时间的效应，其权重绝对值合计 {sum}（带符号合计为零）。"
    ),
    "Where cohorts differ in their effects, did.sun_abraham, did.imputation or did.group_time keep event times apart.": (
        "若各批次效应不同，did.sun_abraham、did.imputation 或 did.group_time 可把各事件时间分开。"
    ),
    "Two-way fixed effects with {n:n} cohort[s]: {off:n} of {all:n} effect[s] by cohort and period enter[s] with a negative "
    "weight (sum {sum:n}).": "{n} 个批次的双向固定效应：{all} 个分批分期效应中有 {off} 个权重为负（合计 {sum}）。",
    "Two-way fixed effects with {n:n} cohort[s]: {off:n} of {all:n} effect[s] by cohort and period enter[s] with a negative "
    "weight (sum {sum:n}), and {share:n} of the coefficient takes treated units as controls.": (
        "{n} 个批次的双向固定效应：{all} 个分批分期效应中有 {off} 个权重为负（合计 {sum}），且系数有 {share} 以已处理者为对照。"
    ),
    "Effects that change over time bias it.": "随时间变化的效应会使其有偏。",
    "Use did.group_time, did.imputation or did.sun_abraham; did.bacon_decomposition and did.twfe_weights show the "
    "details.": "请用 did.group_time、did.imputation 或 did.sun_abraham；详情见 did.bacon_decomposition 与 did.twfe_weights。",
    # Trends before treatment.
    "Did {outcome} of the treated move like that of the untreated before treatment?": (
        "处理之前，处理组的 {outcome} 与未处理者走势是否相同？"
    ),
    "Before treatment, the difference changed by {slope:n} per period ({level:n} interval {set}).": (
        "处理之前，两组之差每期变化 {slope}（{level} 置信区间 {set}）。"
    ),
    "A trend of {slope:n} per period would have been seen with a probability of 80%.": (
        "若有每期 {slope} 的趋势，有 80% 的概率会被发现。"
    ),
    "Differences in trends before treatment": "处理前趋势之差",
    "slope before treatment": "处理前的斜率",
    "slope": "斜率",
    "power": "检验功效",
    "What the test before treatment can see": "处理前的检验能发现多大的趋势",
    "trend per period": "每期趋势",
    "bias of average effect": "平均效应的偏差",
    "bias if nothing is found": "检验未发现时的偏差",
    "Are all differences before treatment zero?": "处理之前的各期之差是否全为零？",
    "all differences before treatment are zero": "处理之前的各期之差全为零",
    "The differences before treatment have no variance: there is nothing to test.": "处理之前的各期之差没有变异：无可检验。",
    "No evidence against: differences before treatment are within what chance explains; see the power of the test for "
    "what it would have missed.": "没有反证：处理之前的差异在偶然所能解释的范围内；检验可能漏掉什么，见其功效。",
    "Groups moved apart already before treatment: part of an effect may be that trend. See did.sensitivity for what is "
    "left if it continues.": "处理之前两组已经背离：效应的一部分可能就是这一趋势。若趋势延续还剩多少，见 did.sensitivity。",
    "Did the difference drift steadily?": "两组之差是否持续漂移？",
    "the slope before treatment is zero": "处理之前的斜率为零",
    "The slope has no variance: there is nothing to test.": "斜率没有变异：无可检验。",
    "No evidence of a steady drift: {slope:n} per period, within chance.": "没有持续漂移的证据：每期 {slope}，在偶然范围内。",
    "The difference drifted by {slope:n} per period before treatment.": "处理之前，两组之差每期漂移 {slope}。",
    "What trend could the joint test have missed?": "联合检验可能漏掉多大的趋势？",
    "One of {slope:n} per period is missed one time in five.": "每期 {slope} 的趋势，五次中有一次会漏掉。",
    "It would move the average effect by {bias:n}, and by {passed:n} on average when the test finds nothing: if effects "
    "of that size matter, it is no comfort.": (
        "它会使平均效应偏移 {bias}，在检验没有发现时平均偏移 {passed}：若这样大小的效应要紧，检验就不足以令人放心。"
    ),
    "Covariates before treatment": "处理前的协变量",
    "difference in std. deviations": "以标准差计的差异",
    "difference in trends per period": "每期趋势之差",
    "p of trend": "趋势的 p 值",
    "Are the groups alike before treatment?": "处理之前两组是否相似？",
    "Levels and trends of the covariates are alike in both groups.": "两组协变量的水平与趋势相近。",
    "Groups differ in {names}, in level or trend: trends of the outcome that go with them would not be parallel.": (
        "两组在 {names} 的水平或趋势上不同：与之相随的结果走势便不平行。"
    ),
    "They are adjusted for here.": "此处已作调整。",
    "The smallest comparison has {n:n} cluster[s], too few to test {k:n} effect[s] before treatment together: look at the "
    "picture and at did.parallel_trends.": (
        "最小的比较只有 {n} 个聚类，不足以一并检验处理前的 {k} 个效应：请看图与 did.parallel_trends。"
    ),
    # Few clusters.
    "Only {n:n} units: intervals that count on many of them are too short.": "只有 {n} 个对象：依赖大量对象的区间偏短。",
    "Only {n:n} rows: intervals that count on many of them are too short.": "只有 {n} 行：依赖大量行的区间偏短。",
    "Only {n:n} clusters of {name}: intervals that count on many of them are too short.": (
        "按 {name} 只有 {n} 个聚类：依赖大量聚类的区间偏短。"
    ),
    "Look at the wild cluster bootstrap or at randomisation inference.": "请看 wild cluster bootstrap 或随机化推断。",
    "See did.wild_bootstrap and did.randomization_inference.": "见 did.wild_bootstrap 与 did.randomization_inference。",
    "{n:n} {what:t}: clustered standard errors are far too small with so few on one side.": (
        "只有 {n} 个{what}：一侧如此之少，聚类标准误偏小很多。"
    ),
    "treated unit": "处理对象",
    "treated units": "处理对象",
    "untreated unit": "未处理对象",
    "untreated units": "未处理对象",
    "treated cluster": "处理聚类",
    "treated clusters": "处理聚类",
    "untreated cluster": "未处理聚类",
    "untreated clusters": "未处理聚类",
    "The p-value to trust is that of did.randomization_inference.": "可信的 p 值是 did.randomization_inference 给出的。",
    "{n:n} treated of {all:n} clusters: headline, interval and p-value come from placebo assignments; standard errors along "
    "the path are too small.": (
        "{all} 个聚类中有 {n} 个接受处理：总括值、区间与 p 值来自安慰剂分配；路径上的标准误偏小。"
    ),
    "The headline compares all periods before treatment with all after, the path counts from the last one before.": (
        "总括值比较处理前各期与处理后各期，路径则以处理前最后一期为基准。"
    ),
    "Of {n:n} effects under {how:t} assignments the true one has rank {rank:n} ({p:t}): it stands out.": (
        "在{how}分配下的 {n} 个效应中，真实分配的效应排第 {rank}（{p}）：它很突出。"
    ),
    "Of {n:n} effects under {how:t} assignments the true one has rank {rank:n} ({p:t}): chance among the clusters explains "
    "as much.": "在{how}分配下的 {n} 个效应中，真实分配的效应排第 {rank}（{p}）：聚类之间的偶然差异也能造成这么大的效应。",
    "all possible": "全部可能的",
    "random": "随机",
    "There are too few clusters for standard errors, and placebo assignments could not be made: {why:x}": (
        "聚类太少，标准误不可用，也无法作安慰剂分配：{why}"
    ),
    "Too few treated clusters for a test: look at their paths before treatment beside those of the others.": (
        "处理聚类太少，无法检验：请把它们处理前的走势与其他聚类对照着看。"
    ),
    # Rows and cohorts left out.
    "in no stack {n:n}": "不在任何堆叠中 {n}",
    "unit not observed in all periods {n:n}": "对象并非各期都有观测 {n}",
    "{n:n} cohort[s] left out ({names}): not all event times from {low:n} to {high:n} are in the data, or no unit stays "
    "untreated throughout.": (
        "剔除 {n} 个批次（{names}）：数据未覆盖从 {low} 到 {high} 的全部事件时间，或没有对象始终未处理。"
    ),
    "{n:n} cohort[s] with a single unit ({names}): what varies in it does not show in the standard errors, which are too "
    "small wherever it weighs much.": (
        "有 {n} 个批次只有一个对象（{names}）：其变异不反映在标准误中，在它权重大的地方标准误偏小。"
    ),
    "{n:n} of {all:n} unit[s] are not observed in all {t:n} periods; each cell uses those seen in both of its periods.": (
        "{all} 个对象中有 {n} 个并非全部 {t} 期都有观测；每个单元格使用在其两期都有观测的对象。"
    ),
    "{n:n} of {all:n} unit[s] are not observed in all {t:n} periods; their rows are taken as repeated cross-sections, so that "
    "a change in who is observed counts as an effect.": (
        "{all} 个对象中有 {n} 个并非全部 {t} 期都有观测；其行按重复截面处理，因此观测对象的变化会被算作效应。"
    ),
    "{n:n} of {all:n} unit[s] are not observed in all {t:n} periods; they were left out.": (
        "{all} 个对象中有 {n} 个并非全部 {t} 期都有观测；已剔除。"
    ),
    "{n:n} unit[s] treated (or anticipating it) in all periods were left out: without a period before they say nothing about "
    "a change (cohorts {names}).": (
        "剔除各期均已处理（或已有预期）的 {n} 个对象：没有处理之前的时期，说明不了变化（批次 {names}）。"
    ),
    "{n:n} row[s] treated (or anticipating it) in all periods were left out: without a period before they say nothing about "
    "a change (cohorts {names}).": (
        "剔除各期均已处理（或已有预期）的 {n} 行：没有处理之前的时期，说明不了变化（批次 {names}）。"
    ),
    "Cohorts after the last period {period} are not treated within the data and serve as never treated: {names}.": (
        "晚于最后一期 {period} 的批次在数据内未接受处理，作为从未处理者：{names}。"
    ),
    "{n:n} effect[s] after treatment cannot be estimated: by then nobody is untreated.": (
        "处理后有 {n} 个效应无法估计：届时已无人未处理。"
    ),
    "{n:n} effect[s] after treatment cannot be estimated: no unit of one arm is observed in both periods.": (
        "处理后有 {n} 个效应无法估计：其中一组没有两期都有观测的对象。"
    ),
    "Covariates that are constant or repeat others were left out: {names}.": "剔除了恒定或与其他重复的协变量：{names}。",
    "Controls with a propensity score of 0.995 or more were left out: up to {n:n} in one comparison.": (
        "剔除了倾向得分达到 0.995 的对照：一次比较中最多 {n} 个。"
    ),
    "{outcome} is constant or fitted exactly: standard errors are zero, and tests say nothing.": (
        "{outcome} 恒定或被完全拟合：标准误为零，检验说明不了什么。"
    ),
    "{outcome} is constant or fitted exactly: standard errors are zero or undefined, and tests say nothing.": (
        "{outcome} 恒定或被完全拟合：标准误为零或无定义，检验说明不了什么。"
    ),
    "There are as many parameters as rows: the double difference is known, its error is not.": (
        "参数与行数一样多：双重差分可知，其误差不可知。"
    ),
    "No unit is seen both before and after: these are two cross-sections, whose groups must stay alike.": (
        "没有对象在前后都有观测：这是两个截面，各组的构成必须保持不变。"
    ),
    "{n:n} of {all:n} unit[s] are seen only before or only after the change: means compare partly different units.": (
        "{all} 个对象中有 {n} 个只在变动之前或之后有观测：均值比较的有一部分是不同的对象。"
    ),
    "after": "之后",
    "Treated": "处理组",
    "Differences before treatment, and the trends that their test would have seen.": "处理前的各期之差，以及检验能发现的趋势。",
    "The effect with its 95% interval.": "效应及其 95% 置信区间。",
    "The effect beside those of placebo assignments.": "效应与安慰剂分配下的效应对照。",
    "group": "组",
}
