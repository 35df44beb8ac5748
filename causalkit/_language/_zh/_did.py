"""What difference-in-differences says."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "What did {treatment} change in {outcome}, for those who were treated?": "对接受处理者，{treatment} 使 {outcome} 改变了多少？",
    "What did the treatment change in {outcome}, for those who were treated?": "对接受处理者，处理使 {outcome} 改变了多少？",
    "Those treated have {outcome} {estimate:n} from what it would have been, had it moved like that of the untreated "
    "({level:n} interval {set}).": (
        "若走势与未处理者相同，接受处理者的 {outcome} 会是另一数值；实际相差 {estimate}（{level} 置信区间 {set}）。"
    ),
    "Those treated have {outcome} {estimate:n} from what it would have been; with {t:n} treated of {n:n} clusters only "
    "placebo assignments tell what chance does: p = {p:n} ({level:n} interval {set}).": (
        "接受处理者的 {outcome} 与若无处理时相差 {estimate}；{n} 个聚类中仅 {t} 个接受处理，"
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
    "group": "组",
}
