"""What matching and weighting say."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "With it {outcome} averages {with:n}, without {without:n} ({lift:n}).": (
        "有它时 {outcome} 平均为 {with}，没有时为 {without}（{lift}）。"
    ),
    "ATT among the matched": "匹配样本的 ATT",
    "ATC among the matched": "匹配样本的 ATC",
    "ATE among the matched": "匹配样本的 ATE",
    "ATT in the common support": "共同支撑域内的 ATT",
    "ATC in the common support": "共同支撑域内的 ATC",
    "ATE in the common support": "共同支撑域内的 ATE",
    "outside the common support {n:n}": "共同支撑域之外 {n}",
    "unmatched treated {n:n}": "未匹配的处理组 {n}",
    "unmatched control {n:n}": "未匹配的对照组 {n}",
    # Methods.
    "{method:t}, adjusted by regression (separate slopes)": "{method}，并以回归调整（各组斜率）",
    "{method:t}, adjusted by regression (common slopes)": "{method}，并以回归调整（共同斜率）",
    "Nearest-neighbour matching, {ratio}:1 with replacement, distance {distance:w}": (
        "最近邻匹配，{ratio}:1 有放回，距离 {distance}"
    ),
    "Nearest-neighbour matching, {ratio}:1 without replacement, distance {distance:w}": (
        "最近邻匹配，{ratio}:1 无放回，距离 {distance}"
    ),
    "Exact matching": "精确匹配",
    "Coarsened exact matching": "粗化精确匹配",
    "Subclassification on the propensity score": "按倾向得分分层",
    "Radius matching": "半径匹配",
    "Kernel matching": "核匹配",
    "Optimal matching": "最优匹配",
    "Optimal full matching": "最优完全匹配",
    "Inverse-probability weighting": "逆概率加权",
    "Entropy balancing": "熵平衡",
    "Covariate-balancing propensity score": "协变量平衡倾向得分",
    "Augmented inverse-probability weighting ({model} score, linear regression in each arm)": (
        "增广逆概率加权（{model} 得分，各组线性回归）"
    ),
    "Augmented inverse-probability weighting ({model} score, {outcome} in each arm)": (
        "增广逆概率加权（{model} 得分，各组 {outcome}）"
    ),
    "Augmented inverse-probability weighting ({model} score, linear regression in each arm, cross-fitted in {n:n} "
    "folds)": "增广逆概率加权（{model} 得分，各组线性回归，{n} 折交叉拟合）",
    "Augmented inverse-probability weighting ({model} score, {outcome} in each arm, cross-fitted in {n:n} folds)": (
        "增广逆概率加权（{model} 得分，各组 {outcome}，{n} 折交叉拟合）"
    ),
    # Tables.
    "Balance of the covariates": "协变量的平衡性",
    "Balance before and after ({method:t}, {estimand})": "匹配前后的平衡性（{method}，{estimand}）",
    "Sample sizes": "样本量",
    "With and without regression adjustment": "有无回归调整",
    "Matched, no regression adjustment": "匹配，未作回归调整",
    "std. diff.": "标准化均值差",
    "var. ratio": "方差比",
    "std. diff. before": "标准化均值差（前）",
    "std. diff. after": "标准化均值差（后）",
    "var. ratio before": "方差比（前）",
    "var. ratio after": "方差比（后）",
    "KS before": "KS（前）",
    "KS after": "KS（后）",
    "mean treated before": "处理组均值（前）",
    "mean treated after": "处理组均值（后）",
    "mean control before": "对照组均值（前）",
    "mean control after": "对照组均值（后）",
    "Propensity scores of the two arms": "两组的倾向得分",
    "Propensity score: {model}": "倾向得分：{model}",
    "effective treated": "处理组有效数",
    "effective control": "对照组有效数",
    "Differences in standard deviations ({by}) before matching. Effective sample sizes: {a:n} and {b:n} before, {c:n} "
    "and {d:n} after.": "差异以匹配前的标准差（{by}）为单位。有效样本量：之前 {a} 与 {b}，之后 {c} 与 {d}。",
    # Checks.
    "balance": "平衡性",
    "balance in blocks": "区块内平衡性",
    "unconfoundedness": "无混杂性",
    "common support": "共同支撑域",
    "everyone compared": "人人可比",
    "placebo outcome": "安慰剂结果",
    "Do the two arms have the same covariates after matching?": "匹配之后两组协变量是否相同？",
    "{off:n} of {all:n} covariates differ by more than {limit:n} standard deviations ({before:n} before).": (
        "{all} 个协变量中有 {off} 个相差超过 {limit} 个标准差（匹配前 {before} 个）。"
    ),
    "{off:n} of {all:n} covariates differ by more than {limit:n} standard deviations ({before:n} before); {spread:n} "
    "variance ratio[s] outside {low:n} to {high:n}: {names}.": (
        "{all} 个协变量中有 {off} 个相差超过 {limit} 个标准差（匹配前 {before} 个）；{spread} 个方差比超出 {low} 至 "
        "{high}：{names}。"
    ),
    "{off:n} of {all:n} covariates differ by more than {limit:n} standard deviations ({before:n} before): {names}; the "
    "largest difference is {largest:n}.": (
        "{all} 个协变量中有 {off} 个相差超过 {limit} 个标准差（匹配前 {before} 个）：{names}；最大的差异为 {largest}。"
    ),
    "{off:n} of {all:n} covariates differ by more than {limit:n} standard deviations ({before:n} before): {names}; the "
    "largest difference is {largest:n}; {spread:n} variance ratio[s] outside {low:n} to {high:n}: {others}.": (
        "{all} 个协变量中有 {off} 个相差超过 {limit} 个标准差（匹配前 {before} 个）：{names}；最大的差异为 {largest}；"
        "{spread} 个方差比超出 {low} 至 {high}：{others}。"
    ),
    "Is everything that moves both treatment and outcome among the covariates?": (
        "同时影响处理与结果的因素是否都在协变量之中？"
    ),
    "The data cannot say whether {names} are enough. Ask what else decided who was treated; sensitivity() tells how "
    "strong it would have to be.": (
        "数据无法说明 {names} 是否足够。应追问还有什么决定了谁接受处理；sensitivity() 说明它须有多强。"
    ),
    "Does everyone of interest have counterparts in the other arm?": "所关心的每个对象在另一组是否都有对应者？",
    "{n:n} of {all:n} treated units ({share:n}) have a propensity score that nobody in the other arm reaches.": (
        "处理组 {all} 个对象中有 {n} 个（{share}）的倾向得分在另一组无人达到。"
    ),
    "{n:n} of {all:n} treated units ({share:n}) have a propensity score that nobody in the other arm reaches: for them "
    "the estimate extrapolates; see common_support().": (
        "处理组 {all} 个对象中有 {n} 个（{share}）的倾向得分在另一组无人达到：对他们的估计是外推，见 common_support()。"
    ),
    "{n:n} of {all:n} control units ({share:n}) have a propensity score that nobody in the other arm reaches.": (
        "对照组 {all} 个对象中有 {n} 个（{share}）的倾向得分在另一组无人达到。"
    ),
    "{n:n} of {all:n} control units ({share:n}) have a propensity score that nobody in the other arm reaches: for them "
    "the estimate extrapolates; see common_support().": (
        "对照组 {all} 个对象中有 {n} 个（{share}）的倾向得分在另一组无人达到：对他们的估计是外推，见 common_support()。"
    ),
    "{n:n} of {all:n} units ({share:n}) have a propensity score that nobody in the other arm reaches.": (
        "{all} 个对象中有 {n} 个（{share}）的倾向得分在另一组无人达到。"
    ),
    "{n:n} of {all:n} units ({share:n}) have a propensity score that nobody in the other arm reaches: for them the "
    "estimate extrapolates; see common_support().": (
        "{all} 个对象中有 {n} 个（{share}）的倾向得分在另一组无人达到：对他们的估计是外推，见 common_support()。"
    ),
    "Is everyone of interest in the comparison?": "所关心的每个对象是否都进入比较？",
    "All {n:n} treated unit[s] are in the comparison.": "处理组 {n} 个对象全部进入比较。",
    "All {n:n} control unit[s] are in the comparison.": "对照组 {n} 个对象全部进入比较。",
    "All {n:n} unit[s] are in the comparison.": "{n} 个对象全部进入比较。",
    "{lost:n} of {all:n} treated unit[s] unmatched: the effect is that of the other {used:n}.": (
        "处理组 {all} 个对象中有 {lost} 个未匹配：效应是其余 {used} 个的。"
    ),
    "{lost:n} of {all:n} control unit[s] unmatched: the effect is that of the other {used:n}.": (
        "对照组 {all} 个对象中有 {lost} 个未匹配：效应是其余 {used} 个的。"
    ),
    "{lost:n} of {all:n} unit[s] unmatched: the effect is that of the other {used:n}.": (
        "{all} 个对象中有 {lost} 个未匹配：效应是其余 {used} 个的。"
    ),
    "Do treated and control units with about the same score have the same covariates?": (
        "得分相近的处理组与对照组，协变量是否相同？"
    ),
    "equal means in both arms of every block": "每个区块内两组均值相等",
    "Is there no effect where there cannot be one?": "在不可能有效应之处，是否确实没有效应？",
    "no effect on the placebo outcome": "对安慰剂结果没有效应",
    "An outcome that treatment cannot have moved differs by {gap:n} (p {p:n}): no evidence against.": (
        "处理不可能影响的结果相差 {gap}（p {p}）：未见反证。"
    ),
    "An outcome that treatment cannot have moved differs by {gap:n} (p {p:n}): the arms differ in more than the "
    "covariates.": "处理不可能影响的结果相差 {gap}（p {p}）：两组的差异不止于协变量。",
    # Warnings.
    "Only {t:n} treated and {c:n} control rows: with fewer than {few:n} in an arm the score is fragile and intervals "
    "are unreliable.": "只有处理组 {t} 行、对照组 {c} 行：一组不足 {few} 行时，得分脆弱，区间不可靠。",
    "Only {t:n} treated and {c:n} control units are in the matched sample: the interval is unreliable. For one-to-one "
    "pairs, sensitivity() has an exact test at gamma 1.": (
        "匹配样本中只有处理组 {t} 个、对照组 {c} 个对象：区间不可靠。对一对一配对，sensitivity() 在 gamma 为 1 时"
        "给出精确检验。"
    ),
    "{lost:n} of {all:n} treated unit[s] {why:t}: the effect will be the {estimand} among the matched, not of all.": (
        "处理组 {all} 个对象中有 {lost} 个未能匹配（{why}）：效应将是匹配样本的 {estimand}，而非全体的。"
    ),
    "{lost:n} of {all:n} control unit[s] {why:t}: the effect will be the {estimand} among the matched, not of all.": (
        "对照组 {all} 个对象中有 {lost} 个未能匹配（{why}）：效应将是匹配样本的 {estimand}，而非全体的。"
    ),
    "{n:n} row[s] of {all:n} have a score within {limit:n} of 0 or 1 ({a:n} and {b:n}): nearly sure to be in their arm, "
    "without counterpart. Look at common_support(score) next.": (
        "{all} 行中有 {n} 行的得分距 0 或 1 不足 {limit}（{a} 与 {b}）：几乎必定属于其组，没有对应者。"
        "接着请看 common_support(score)。"
    ),
    "matched": "匹配情况",
    "adjusted": "已调整",
    "unadjusted": "未调整",
    "score": "得分",
    "min": "最小值",
    "max": "最大值",
    "median": "中位数",
    "cov_type": "标准误类型",
    "effective_treated": "处理组有效数",
    "effective_control": "对照组有效数",
    "Balance of the covariates before and after.": "匹配前后协变量的平衡性。",
    "Balance of the covariates.": "协变量的平衡性。",
    "Overlap of the propensity score.": "倾向得分的重叠。",
    "found no partner": "找不到匹配对象",
    "found no partner within the caliper of {width:n}": "在卡尺 {width} 之内找不到匹配对象",
    "found no partner within the score caliper of {width:n}": "在得分卡尺 {width} 之内找不到匹配对象",
    "found nobody within the radius of {width:n}": "在半径 {width} 之内没有对象",
    "found nobody within the bandwidth of {width:n}": "在带宽 {width} 之内没有对象",
    "p5": "5% 分位数",
    "p95": "95% 分位数",
    "p25": "25% 分位数",
    "p75": "75% 分位数",
}
