"""What only the report says."""

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "Causal analysis": "因果分析",
    "Comparison": "对比",
    "Decision": "决策",
    "The picture": "图示",
    "Side by side": "并列对比",
    "How sure are we?": "把握有多大？",
    "What it rests on": "依据什么",
    "What would change our mind": "什么会改变结论",
    "Method and numbers": "方法与数字",
    "What it would bring": "会带来什么",
    "Both risks in one picture": "一图看两种风险",
    "The effect behind it": "背后的效应",
    "No check was made.": "没有做任何检验。",
    "A gap between two estimates is not tested here: estimates from the same rows move together.": (
        "两个估计值之差在此未作检验：同一批数据得出的估计值会一起变动。"
    ),
    "the data speak against it": "数据与之相悖",
    "the data raise a doubt, or the test is too weak to settle it": "数据提出疑问，或检验力度不足以定论",
    "the data hold no evidence against it, which is not proof": "数据中没有相反的证据，但这不是证明",
    "no data of this kind can tell; it needs an argument": "这类数据无法判断，需要论证",
    "nobody has looked yet": "尚未有人检验",
    "Read with care. Questionable: {names:l}.": "请谨慎解读。存疑：{names}。",
    "No evidence against what could be tested.": "凡能检验的，均未见反证。",
    "{n:n} assumption[s] the data cannot settle, or nobody has tested.": "另有 {n} 个前提，数据无法判断或尚未检验。",
    "None of what this rests on has been tested.": "所依据的前提均未检验。",
    "Estimate": "估计值",
    "Rows used": "使用的行数",
    "{estimand:t}, in units of {outcome}": "{estimand}，单位同 {outcome}",
    "{treated:n} treated, {control:n} control": "处理组 {treated}，对照组 {control}",
    "The effect with its {level}% interval. Pictures that show small cells are left out.": (
        "效应及其 {level}% 置信区间。显示小单元格的图已略去。"
    ),
    "If what it rests on holds, the data are compatible, at the {level}% level, with effects in {set}, in units of "
    "{outcome}. Zero is among them: the data do not settle whether there is any effect.": (
        "如果前提成立，在 {level}% 水平上，数据与 {set} 之内的效应相容（单位同 {outcome}）。"
        "其中包含零：数据不能判断是否有效应。"
    ),
    "If what it rests on holds, the data are compatible, at the {level}% level, with effects in {set}, in units of "
    "{outcome}. Zero is not among them: the data tell the effect from none.": (
        "如果前提成立，在 {level}% 水平上，数据与 {set} 之内的效应相容（单位同 {outcome}）。"
        "其中不含零：数据能把效应与零区分开。"
    ),
    "coverage": "置信水平",
    "effects compatible with the data, in units of {outcome}": "与数据相容的效应，单位同 {outcome}",
    "Were there no effect, an estimate at least this far from zero would come up in fewer than {n:n} in {of:n} "
    "repetitions (p {p}).": "若没有效应，得到离零这么远的估计值，在 {of} 次重复中不到 {n} 次（p {p}）。",
    "Were there no effect, an estimate at least this far from zero would come up in about {n:n} in {of:n} repetitions "
    "(p {p}).": "若没有效应，得到离零这么远的估计值，在 {of} 次重复中约有 {n} 次（p {p}）。",
    "Test of “{null:t}”: {test:t}": "检验“{null}”：{test}",
    "Test: {test:t}": "检验：{test}",
    "Until this is explained or repaired, nothing here is an effect: {names:l}.": (
        "在解释或修正之前，这里的数字都不是效应：{names}。"
    ),
    "A closer look at what is questionable: {names:l}.": "进一步查看存疑之处：{names}。",
    "A good argument against what no test settles: {names:l}.": "针对无法检验的前提提出有力的反驳：{names}。",
    "A test that has not been run yet: {names:l}.": "尚未做过的检验：{names}。",
    "A sharper design: the {level}% set {set} is not one bounded interval.": (
        "更有力的设计：{level}% 置信集 {set} 不是一个有界区间。"
    ),
    "A bias away from zero of {bias:n} or more in {outcome}, from something that was not measured, would leave zero "
    "compatible with the data; one of {whole:n} would account for the whole estimate.": (
        "若有未测量的因素使 {outcome} 偏离零 {bias} 或更多，零就会与数据相容；若偏离 {whole}，则足以解释整个估计值。"
    ),
    "More data, or a more precise design: as it is, the interval holds effects of either sign.": (
        "更多数据或更精确的设计：目前区间内正负效应都有。"
    ),
    "More data: the interval holds effects of either sign. Were the true effect {effect:n}, about {factor:n} times as "
    "many rows would give {power:n} odds of telling it from zero, as long as the error shrinks with the root of their "
    "number.": (
        "更多数据：目前区间内正负效应都有。若真实效应为 {effect}，约需 {factor} 倍的行数，"
        "才有 {power} 的把握把它与零区分开（假定误差随行数的平方根缩小）。"
    ),
    "Behind the check: {name:t}": "检验背后的数字：{name}",
    "Settings": "设置",
    "Outcome": "结果变量",
    "Treatment": "处理变量",
    "Covariates": "协变量",
    "By": "分层变量",
    "Running": "驱动变量",
    "Endogenous": "内生变量",
    "Exogenous": "外生变量",
    "Instruments": "工具变量",
    "Cluster": "聚类变量",
    "Weights": "权重",
    "Unit": "个体",
    "Time": "时间",
    "Cohort": "批次",
    "Post": "干预之后",
    "Candidates": "候选变量",
    "Absorb": "固定效应",
    "Made with {versions:x}. Intervals and tables are computed from the result as estimated.": (
        "由 {versions} 生成。区间与表格均由估计结果计算得出。"
    ),
    "Estimates with their {level}% intervals.": "估计值及其 {level}% 置信区间。",
    "Each result's effect with its {level}% interval.": "各结果的效应及其 {level}% 置信区间。",
    "The effect with its {level}% interval.": "效应及其 {level}% 置信区间。",
    "Adjust": "调整变量",
    "Post_treatment": "干预后变量",
}
