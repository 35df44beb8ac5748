"""What decisions say."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "Is {treatment} worth it, by its effect on {outcome}?": "从对 {outcome} 的效应看，{treatment} 值得做吗？",
    "No causal reading. The data reject every value of the effect, so that what it was estimated under cannot be "
    "right.": "不能作因果解读。数据拒绝了效应的所有取值，因此估计所依据的前提不可能成立。",
    "No causal reading. Violated: {names:l}. No arithmetic mends that.": (
        "不能作因果解读。不成立的前提：{names}。任何计算都无法弥补。"
    ),
    "Stop. Worse than its margin at {level}: {names}.": "停止。在 {level} 水平上比容许界限更差：{names}。",
    "Stop. Every effect that the data allow at {level} costs more than it brings: {against:t}.": (
        "停止。在 {level} 水平上数据允许的每个效应都得不偿失：{against}。"
    ),
    "Ship. Every effect that the data allow at {level} pays: {against:t}.": (
        "上线。在 {level} 水平上数据允许的每个效应都划算：{against}。"
    ),
    "Undecided. The effect has no standard error, so that nothing says how far off it may be.": (
        "未决。效应没有标准误，无从知道可能偏差多少。"
    ),
    "Undecided. The effect pays ({against:t}), but not shown to keep its margin: {names}.": (
        "未决。效应划算（{against}），但以下护栏指标尚未证明守住界限：{names}。"
    ),
    "Undecided. At {level} the data allow effects on both sides of break-even: {against:t}.": (
        "未决。在 {level} 水平上，数据允许的效应分居盈亏平衡点两侧：{against}。"
    ),
    "Undecided. At {level} the data allow effects on both sides of break-even: {against:t}. They do not bound it.": (
        "未决。在 {level} 水平上，数据允许的效应分居盈亏平衡点两侧：{against}，且没有界限。"
    ),
    "{set:t} against {break_even:n}": "{set}，盈亏平衡点 {break_even}",
    "The numbers below would hold only if that were mended.": "以下数字仅在上述问题得到解决后才成立。",
    "If it cannot wait, acting has the smaller expected loss; finding out more is worth at most {money}.": (
        "如果不能再等，采取行动的期望损失较小；进一步了解最多值 {money}。"
    ),
    "If it cannot wait, holding has the smaller expected loss; finding out more is worth at most {money}.": (
        "如果不能再等，按兵不动的期望损失较小；进一步了解最多值 {money}。"
    ),
    "About {factor:n} times these data would tell an effect of this size from break-even ({power:n} power).": (
        "约 {factor} 倍的数据才能把这么大的效应与盈亏平衡点区分开（检验功效 {power}）。"
    ),
    "Effect": "效应",
    "Break-even": "盈亏平衡点",
    "Net value": "净价值",
    "Probability": "概率",
    "Expected loss": "期望损失",
    "Based on": "依据",
    "With prior": "结合先验",
    "Detectable": "可检出",
    "Conditions": "条件",
    "Guardrails": "护栏指标",
    "guardrail": "护栏指标",
    "worst put up with": "可容忍的最差值",
    "state": "状态",
    "keeps its margin": "守住界限",
    "not shown to keep its margin": "尚未证明守住界限",
    "worse than its margin": "超出界限",
    "no causal reading: {names:l} violated": "不能作因果解读：{names} 不成立",
    "{estimate:n} {outcome} per unit ({estimand}; {level} {set:t})": (
        "每单位 {estimate} {outcome}（{estimand}；{level} {set}）"
    ),
    "{estimate:n} {outcome} per unit": "每单位 {estimate} {outcome}",
    "{estimate:n} {outcome} per unit ({worth} for each unit of {unit})": (
        "每单位 {estimate} {outcome}（每单位 {unit} 值 {worth}）"
    ),
    "{estimate:n} {outcome} per unit ({worth} for each unit of {unit}; acting costs {costs:t})": (
        "每单位 {estimate} {outcome}（每单位 {unit} 值 {worth}；行动成本为{costs}）"
    ),
    "{money} per unit": "每单位 {money}",
    "{money} once": "一次性 {money}",
    "{unit} per unit and {once} once": "每单位 {unit}，一次性 {once}",
    "{money} if acting on {n:n} unit[s] ({level} {set:t})": "若对 {n} 个单位行动，为 {money}（{level} {set}）",
    "{p:t} that the effect beats break-even": "效应超过盈亏平衡点的概率为 {p}",
    "over 99.9%": "99.9% 以上",
    "under 0.1%": "0.1% 以下",
    "{acting:t} if acting, {holding:t} if holding": "若行动，{acting}；若不行动，{holding}",
    "almost none": "几乎没有",
    "not given: {why:t}": "不给出：{why}",
    "effect {effect:n}, net value {money}": "效应 {effect}，净价值 {money}",
    "{distance:n} {outcome} per unit away from break-even ({power:n} power)": (
        "与盈亏平衡点相差每单位 {distance} {outcome}（检验功效 {power}）"
    ),
    "normal approximation, flat prior": "正态近似，无信息先验",
    "t distribution with {df:n} degrees of freedom, flat prior": "自由度为 {df} 的 t 分布，无信息先验",
    "{n:n} bootstrap draws, flat prior": "{n} 次自助法抽样，无信息先验",
    "normal approximation matched to the {level}% interval, flat prior": "与 {level}% 区间匹配的正态近似，无信息先验",
    "normal approximation, normal prior with mean {mean:n} and standard deviation {sd:n}": (
        "正态近似，正态先验（均值 {mean}，标准差 {sd}）"
    ),
    "normal approximation matched to the {level}% interval, normal prior with mean {mean:n} and standard deviation "
    "{sd:n}": "与 {level}% 区间匹配的正态近似，正态先验（均值 {mean}，标准差 {sd}）",
    "the estimate taken as exact: it has no standard error but zero": "视估计值为准确值：其标准误为零",
    "the data reject every value of the effect": "数据拒绝效应的所有取值",
    "there is no standard error": "没有标准误",
    "the data do not bound the effect": "数据不能界定效应",
    "the confidence set is not one interval": "置信集不是一个区间",
    "The effect on {whom:t} ({estimand}) holds for the units decided on.": (
        "{whom}的效应（{estimand}）适用于本次决策的对象。"
    ),
    "The effect estimated ({estimand}) holds for the units decided on.": "所估计的效应（{estimand}）适用于本次决策的对象。",
    "the average unit of the data": "数据中平均对象",
    "those who were treated": "接受干预者",
    "those who were not treated": "未接受干预者",
    "those who could as well have been treated as not": "两可之间者",
    "those whom the instrument moved": "被工具变量推动者",
    "Values and costs are taken as known.": "价值与成本视为已知。",
    "The standard error is zero: the effect is taken as known exactly.": "标准误为零：效应视为准确已知。",
    "What may be believed about the effect after these data, on either side of break-even (dashed). The bar below is "
    "the confidence set that the verdict rests on.": (
        "看过这些数据后对效应的判断，虚线为盈亏平衡点。下方横条是结论所依据的置信集。"
    ),
}
