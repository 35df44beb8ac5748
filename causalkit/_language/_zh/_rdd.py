"""What regression discontinuity says."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "What is the effect of {treatment} on {outcome}, for units at the cutoff {cutoff:w}?": (
        "对处于断点 {cutoff} 的对象，{treatment} 对 {outcome} 的效应是多少？"
    ),
    "At the cutoff {cutoff:w}, {treatment} changes {outcome} by {estimate:n} ({level:n} robust bias-corrected interval "
    "{set}, not centred on the estimate).": (
        "在断点 {cutoff} 处，{treatment} 使 {outcome} 变化 {estimate}"
        "（{level} 稳健偏差校正置信区间 {set}，不以估计值为中心）。"
    ),
    "At the cutoff {cutoff:w}, {treatment} changes the slope of {outcome} by {estimate:n} ({level:n} robust "
    "bias-corrected interval {set}, not centred on the estimate).": (
        "在断点 {cutoff} 处，{treatment} 使 {outcome} 的斜率变化 {estimate}"
        "（{level} 稳健偏差校正置信区间 {set}，不以估计值为中心）。"
    ),
    "What is the effect of {running} above the cutoff on {outcome}, for units at the cutoff {cutoff:w}?": (
        "对处于断点 {cutoff} 的对象，{running} 高于断点对 {outcome} 的效应是多少？"
    ),
    "At the cutoff {cutoff:w}, {running} above the cutoff changes {outcome} by {estimate:n} ({level:n} robust "
    "bias-corrected interval {set}, not centred on the estimate).": (
        "在断点 {cutoff} 处，{running} 高于断点使 {outcome} 变化 {estimate}"
        "（{level} 稳健偏差校正置信区间 {set}，不以估计值为中心）。"
    ),
    "{running} above the cutoff changes {outcome} by {estimate:n} per unit ({level:n} interval {set}; {estimand:t}).": (
        "{running} 高于断点使 {outcome} 平均每单位变化 {estimate}（{level} 置信区间 {set}；{estimand}）。"
    ),
    "Is {running} above the cutoff worth it, by its effect on {outcome}?": (
        "从对 {outcome} 的效应看，{running} 高于断点值得做吗？"
    ),
    "What is the effect of {running} below the cutoff on {outcome}, for units at the cutoff {cutoff:w}?": (
        "对处于断点 {cutoff} 的对象，{running} 低于断点对 {outcome} 的效应是多少？"
    ),
    "At the cutoff {cutoff:w}, {running} below the cutoff changes {outcome} by {estimate:n} ({level:n} robust "
    "bias-corrected interval {set}, not centred on the estimate).": (
        "在断点 {cutoff} 处，{running} 低于断点使 {outcome} 变化 {estimate}"
        "（{level} 稳健偏差校正置信区间 {set}，不以估计值为中心）。"
    ),
    "{running} below the cutoff changes {outcome} by {estimate:n} per unit ({level:n} interval {set}; {estimand:t}).": (
        "{running} 低于断点使 {outcome} 平均每单位变化 {estimate}（{level} 置信区间 {set}；{estimand}）。"
    ),
    "Is {running} below the cutoff worth it, by its effect on {outcome}?": (
        "从对 {outcome} 的效应看，{running} 低于断点值得做吗？"
    ),
    "ATE at the cutoff": "断点处的 ATE",
    "LATE at the cutoff": "断点处的 LATE",
    "ATE on the slope at the cutoff": "断点处对斜率的 ATE",
    "{kind:t} regression discontinuity, {order:t}, robust bias-corrected": "{kind}断点回归，{order}，稳健偏差校正",
    "Sharp": "精确",
    "Fuzzy": "模糊",
    "local constant": "局部常数",
    "local linear": "局部线性",
    "local quadratic": "局部二次",
    "local polynomial of order {n:n}": "{n} 阶局部多项式",
    "Sharp regression discontinuity, local linear, bias-aware interval": "精确断点回归，局部线性，计入偏差的区间",
    "Global polynomial of order {n:n} on either side of the cutoff": "断点两侧的 {n} 阶全局多项式",
    # Tables.
    "Forms of the estimate": "估计值的各种形式",
    "conventional": "常规",
    "bias-corrected": "偏差校正",
    "robust": "稳健",
    "first stage": "第一阶段",
    "reduced form": "简约式",
    "first stage, robust": "第一阶段，稳健",
    "reduced form, robust": "简约式，稳健",
    "Robust: bias-corrected, with an error that allows for the correction.": "稳健：经偏差校正，标准误计入校正本身的误差。",
    "Sides of the window": "窗口两侧",
    "Window": "窗口",
    "side": "一侧",
    "below": "下方",
    "above": "上方",
    "bandwidth": "带宽",
    "bias bandwidth": "偏差带宽",
    "distinct scores": "不同得分数",
    "rows within": "窗口内行数",
    "rows within it": "偏差窗口内行数",
    "rows below": "下方行数",
    "rows above": "上方行数",
    "Bandwidths: {kind}; the score is {running}. Rows exactly at the cutoff: {n:n}, counted as treated.": (
        "带宽：{kind}；得分为 {running}。恰在断点处的行：{n}，计入处理组。"
    ),
    "Jumps of covariates at the cutoff": "协变量在断点处的跳跃",
    "Jumps at placebo cutoffs": "安慰剂断点处的跳跃",
    "Jumps without the rows nearest to the cutoff": "去掉最靠近断点的行之后的跳跃",
    "Jumps in other windows": "其他窗口中的跳跃",
    "Density of {running} at the cutoff {cutoff:n}": "{running} 在断点 {cutoff} 处的密度",
    "Difference above less below: z = {z:n}, p = {p:n}.": "上方减下方：z = {z}，p = {p}。",
    "Rows near the cutoff, with exact binomial tests of equal numbers": "断点附近的行数，附两侧相等的精确二项检验",
    "density": "密度",
    "p, Holm": "p 值（Holm）",
    "By order of the polynomial": "按多项式阶数",
    "order {n:n}": "{n} 阶",
    # Checks.
    "density of the score": "得分的密度",
    "continuity of covariates": "协变量的连续性",
    "placebo cutoffs": "安慰剂断点",
    "rows in the window": "窗口内的行",
    "repeated scores": "重复得分",
    "other windows": "其他窗口",
    "rows at the cutoff": "断点处的行",
    "curvature": "曲率",
    "order": "阶数",
    "polynomial": "多项式",
    "Did units place themselves on one side of the cutoff?": "对象是否自行选择了断点的一侧？",
    "the density of the score does not jump": "得分的密度没有跳跃",
    "No evidence that units placed themselves on one side of the cutoff: density {a:n} below and {b:n} above (p = "
    "{p:n}).": "没有证据表明对象自行选择了断点的一侧：下方密度 {a}，上方 {b}（p = {p}）。",
    "The score has more units on one side than its density around the cutoff explains: density {a:n} below and {b:n} "
    "above (p = {p:n}).": "得分在一侧的对象多于断点附近的密度所能解释：下方密度 {a}，上方 {b}（p = {p}）。",
    "Are units just above and just below the cutoff alike?": "断点两侧紧邻的对象是否相似？",
    "no covariate jumps": "没有协变量跳跃",
    "No evidence that any of {n:n} covariates jumps at the cutoff[.] (smallest p-value, adjusted for their number: "
    "{p:n}).": "没有证据表明 {n} 个协变量中有任何一个在断点处跳跃（按个数校正后的最小 p 值：{p}）。",
    "{names} jumps at the cutoff: the sides differ in more[.] (smallest p-value, adjusted for their number: {p:n}).": (
        "{names} 在断点处跳跃：两侧的差异不止于处理（按个数校正后的最小 p 值：{p}）。"
    ),
    "{names} jump at the cutoff: the sides differ in more[.] (smallest p-value, adjusted for their number: {p:n}).": (
        "{names} 在断点处跳跃：两侧的差异不止于处理（按个数校正后的最小 p 值：{p}）。"
    ),
    "Does the outcome jump where treatment does not change?": "在处理没有变化之处，结果是否跳跃？",
    "no jump at any placebo": "任何安慰剂断点处都没有跳跃",
    "The outcome jumps at {off:n} of {all:n} placebo cutoffs (p-values adjusted for their number).": (
        "{all} 个安慰剂断点中有 {off} 个出现跳跃（p 值按个数校正）。"
    ),
    "No evidence of a jump at any of {n:n} placebo cutoffs.": "{n} 个安慰剂断点均无跳跃的证据。",
    "Are there enough units near the cutoff?": "断点附近的对象是否足够？",
    "The window has {a:n} rows {side:t} and {b:n} rows {other:t} the cutoff.": (
        "窗口内断点{side}有 {a} 行，{other}有 {b} 行。"
    ),
    "The window has {a:n} rows {side:t} and {b:n} rows {other:t} the cutoff; with fewer than {few:n} on a side the "
    "robust interval can be too short. Look at rdd.honest.": (
        "窗口内断点{side}有 {a} 行，{other}有 {b} 行；一侧不足 {few} 行时稳健区间可能偏短，请看 rdd.honest。"
    ),
    "Is the score continuous near the cutoff?": "断点附近的得分是否连续？",
    "The score is nearly continuous: {share:n} of the rows in the window share a score with another.": (
        "得分近于连续：窗口内 {share} 的行与别的行得分相同。"
    ),
    "The score repeats: {n:n} distinct values on the thinner side of the window, and up to {share:n} of its rows share "
    "a score with another. Robust intervals take the score as continuous; look at rdd.honest or "
    "rdd.local_randomization. Clustering by the score does not help.": (
        "得分重复：窗口较稀一侧有 {n} 个不同取值，多达 {share} 的行与别的行得分相同。"
        "稳健区间假定得分连续，请看 rdd.honest 或 rdd.local_randomization；按得分聚类没有帮助。"
    ),
    "Does take-up of the treatment jump at the cutoff?": "接受处理的比例在断点处是否跳跃？",
    "take-up does not jump": "接受比例没有跳跃",
    "Take-up changes by {jump:n} at the cutoff (F = {f:n}): {tail:t}.": (
        "接受比例在断点处变化 {jump}（F = {f}）：{tail}。"
    ),
    "strong enough for the usual interval": "足以使用通常的区间",
    "take-up falls where treatment should start; see treated=...": "本应开始处理之处接受比例反而下降，见 treated=...",
    "too weak for a ratio with a normal distribution: the interval is the Anderson-Rubin set instead": (
        "太弱，比值不服从正态分布：改用 Anderson-Rubin 置信集"
    ),
    "Does the answer hold in narrower and wider windows?": "在更窄或更宽的窗口中结论是否成立？",
    "Does the answer rest on the rows at the very cutoff?": "结论是否依赖紧贴断点的行？",
    "No {what:t} have enough rows.": "没有{what}有足够的行。",
    "windows": "窗口",
    "donuts": "甜甜圈",
    "Windows": "窗口",
    "radii": "半径",
    "Over {n:n} {what:t} the estimate goes from {low:n} to {high:n}; every 95% interval holds the reported {base:n}.": (
        "在 {n} 个{what}上估计值从 {low} 到 {high}；每个 95% 区间都含所报告的 {base}。"
    ),
    "Over {n:n} {what:t} the estimate goes from {low:n} to {high:n}; {off:n} of the 95% intervals leave out the "
    "reported {base:n}.": "在 {n} 个{what}上估计值从 {low} 到 {high}；有 {off} 个 95% 区间不含所报告的 {base}。",
    "Does the answer hang on the order of the polynomial?": "结论是否取决于多项式的阶数？",
    "Does the order matter?": "阶数是否要紧？",
    "Too few scores.": "得分取值太少。",
    "Over orders 1 to {n:n} the jump goes from {low:n} to {high:n}, a swing of {swing:n}.": (
        "阶数从 1 到 {n}，跳跃从 {low} 到 {high}，摆动 {swing}。"
    ),
    "How much of the interval is room for curvature?": "区间中有多少是为曲率留的余地？",
    "The bound admits a bias of up to {bias:n}, {share:n} standard errors; the data cannot show whether the bound "
    "holds. Rows exactly at the cutoff: {n:n}.": (
        "该界限容许的偏差至多 {bias}，即 {share} 个标准误；数据无法显示界限是否成立。恰在断点处的行：{n}。"
    ),
    # Warnings.
    "The bound on the curvature, {bound:n}, was guessed from a quartic; an interval is only as good as its bound. Give "
    "curvature_bound=... from what you know.": (
        "曲率界限 {bound} 由四次多项式猜得；区间的好坏取决于界限。请据所知给出 curvature_bound=...。"
    ),
    "A global polynomial of order {n:n} lets rows far from the cutoff decide on the jump; see rdd.local_polynomial.": (
        "{n} 阶全局多项式让远离断点的行决定跳跃，见 rdd.local_polynomial。"
    ),
    "Covariates that never vary were left out: {names}.": "已剔除从不变化的协变量：{names}。",
    "The outcome is fitted without error; the standard error is 0.": "结果被完全拟合，标准误为 0。",
    "covariates": "协变量",
    "donut": "甜甜圈",
    "largest bias": "最大偏差",
    "Density of the score on either side of the cutoff.": "断点两侧得分的密度。",
    "Jumps of covariates at the cutoff, in their own units.": "协变量在断点处的跳跃，以各自单位计。",
    "Jumps of the outcome at placebo cutoffs.": "结果在安慰剂断点处的跳跃。",
    "Means of the outcome by bins of the score, and the jump at the cutoff.": "按得分分箱的结果均值，以及断点处的跳跃。",
    "The estimate in narrower and wider windows.": "更窄与更宽窗口中的估计值。",
    "The estimate without the rows nearest to the cutoff.": "去掉最靠近断点的行之后的估计值。",
    "continuity": "连续性",
    "Would the outcome have gone on smoothly without treatment?": "若无处理，结果是否会平滑延续？",
    "That the mean of the outcome would have gone through the cutoff without a jump had nobody been treated, so that "
    "nothing but treatment changes there, is assumed; it cannot be tested.": (
        "假定若无人接受处理，结果的均值在断点处不会跳跃，即那里除处理外别无变化；这无法检验。"
    ),
    # Kinks, honest intervals and what is assumed of take-up.
    "At the cutoff {cutoff:w}, {running} above the cutoff changes the slope of {outcome} by {estimate:n} ({level:n} "
    "robust bias-corrected interval {set}, not centred on the estimate).": (
        "在断点 {cutoff} 处，{running} 高于断点使 {outcome} 的斜率变化 {estimate}"
        "（{level} 稳健偏差校正置信区间 {set}，不以估计值为中心）。"
    ),
    "At the cutoff {cutoff:w}, {running} below the cutoff changes the slope of {outcome} by {estimate:n} ({level:n} "
    "robust bias-corrected interval {set}, not centred on the estimate).": (
        "在断点 {cutoff} 处，{running} 低于断点使 {outcome} 的斜率变化 {estimate}"
        "（{level} 稳健偏差校正置信区间 {set}，不以估计值为中心）。"
    ),
    "{kind:t} regression kink, {order:t}, robust bias-corrected": "{kind}拐点回归，{order}，稳健偏差校正",
    "That the slope of the outcome would have gone through the cutoff without a jump had nobody been treated, so that "
    "nothing but treatment changes there, is assumed; it cannot be tested.": (
        "假定若无人接受处理，结果的斜率在断点处不会跳跃，即那里除处理外别无变化；这无法检验。"
    ),
    "exclusion and monotonicity": "排他性与单调性",
    "Does the cutoff move the outcome through take-up alone, and nobody against the rule?": (
        "断点是否只通过接受处理影响结果，且不使任何人反向行事？"
    ),
    "That crossing the cutoff moves the outcome through nothing but take-up, and makes nobody refuse the treatment who "
    "would have taken it otherwise, is assumed; it cannot be tested.": (
        "假定越过断点只通过接受处理影响结果，且不会使原本会接受处理的人拒绝；这无法检验。"
    ),
    "At the cutoff {cutoff:w}, {treatment} changes {outcome} by {estimate:n} ({level:n} bias-aware interval {set}).": (
        "在断点 {cutoff} 处，{treatment} 使 {outcome} 变化 {estimate}（{level} 计入偏差的区间 {set}）。"
    ),
    "At the cutoff {cutoff:w}, {running} above the cutoff changes {outcome} by {estimate:n} ({level:n} bias-aware "
    "interval {set}).": (
        "在断点 {cutoff} 处，{running} 高于断点使 {outcome} 变化 {estimate}（{level} 计入偏差的区间 {set}）。"
    ),
    "At the cutoff {cutoff:w}, {running} below the cutoff changes {outcome} by {estimate:n} ({level:n} bias-aware "
    "interval {set}).": (
        "在断点 {cutoff} 处，{running} 低于断点使 {outcome} 变化 {estimate}（{level} 计入偏差的区间 {set}）。"
    ),
    "At the cutoff {cutoff:w}, {running} above the cutoff changes {outcome} by {estimate:n} ({level:n} interval {set}, "
    "by a polynomial through all rows).": (
        "在断点 {cutoff} 处，{running} 高于断点使 {outcome} 变化 {estimate}（{level} 置信区间 {set}，由拟合全部行的多项式得出）。"
    ),
    "At the cutoff {cutoff:w}, {running} below the cutoff changes {outcome} by {estimate:n} ({level:n} interval {set}, "
    "by a polynomial through all rows).": (
        "在断点 {cutoff} 处，{running} 低于断点使 {outcome} 变化 {estimate}（{level} 置信区间 {set}，由拟合全部行的多项式得出）。"
    ),
    "Fuzzy regression discontinuity, local linear, bias-aware interval": "模糊断点回归，局部线性，计入偏差的区间",
    "Sharp regression discontinuity, polynomial of order {n:n}, bounded misspecification": (
        "精确断点回归，{n} 阶多项式，误设有界"
    ),
    "jump of take-up": "接受比例的跳跃",
    "too weak for a linearised ratio; the interval inverts tests of each ratio instead": (
        "太弱，比值不宜线性化：改为反演对每个比值的检验"
    ),
    "The bound on the curvature, {bound:n} and {other:n}, was guessed from a quartic; an interval is only as good as its "
    "bound. Give curvature_bound=... from what you know.": (
        "曲率界限 {bound} 与 {other} 由四次多项式猜得；区间的好坏取决于界限。请据所知给出 curvature_bound=...。"
    ),
    "largest misfit": "最大失拟",
    "How far is the polynomial from the means at the scores?": "多项式与各得分处的均值相差多远？",
    "At its worst scores on the two sides the polynomial misses the mean by {worst:n} in sum, {share:n} standard errors; "
    "that it misses no more at the cutoff is assumed.": (
        "在两侧最差的得分处，多项式与均值合计相差 {worst}，即 {share} 个标准误；假定在断点处相差不会更大。"
    ),
    "Covariates that the others determine were left out: {names}.": "已剔除由其他协变量决定的协变量：{names}。",
    # Local randomization.
    "What is the effect of {treatment} on {outcome}, for units with {running} between {low:n} and {high:n}?": (
        "对 {running} 在 {low} 与 {high} 之间的对象，{treatment} 对 {outcome} 的效应是多少？"
    ),
    "What is the effect of {score} above the cutoff on {outcome}, for units with {running} between {low:n} and {high:n}?": (
        "对 {running} 在 {low} 与 {high} 之间的对象，{score} 高于断点对 {outcome} 的效应是多少？"
    ),
    "What is the effect of {score} below the cutoff on {outcome}, for units with {running} between {low:n} and {high:n}?": (
        "对 {running} 在 {low} 与 {high} 之间的对象，{score} 低于断点对 {outcome} 的效应是多少？"
    ),
    "For units with {running} between {low:n} and {high:n}, {treatment} changes {outcome} by {estimate:n} ({level:n} "
    "{kind:t} interval {set}).": (
        "对 {running} 在 {low} 与 {high} 之间的对象，{treatment} 使 {outcome} 变化 {estimate}（{level} {kind}置信区间 {set}）。"
    ),
    "For units with {running} between {low:n} and {high:n}, {score} above the cutoff changes {outcome} by {estimate:n} "
    "({level:n} {kind:t} interval {set}).": (
        "对 {running} 在 {low} 与 {high} 之间的对象，{score} 高于断点使 {outcome} 变化 {estimate}"
        "（{level} {kind}置信区间 {set}）。"
    ),
    "For units with {running} between {low:n} and {high:n}, {score} below the cutoff changes {outcome} by {estimate:n} "
    "({level:n} {kind:t} interval {set}).": (
        "对 {running} 在 {low} 与 {high} 之间的对象，{score} 低于断点使 {outcome} 变化 {estimate}"
        "（{level} {kind}置信区间 {set}）。"
    ),
    "randomization": "随机化",
    "large-sample": "大样本",
    "ATE in the window": "窗口内的 ATE",
    "LATE in the window": "窗口内的 LATE",
    "outside the window": "窗口之外",
    "{kind:t} regression discontinuity, local randomization, {how:t}": "{kind}断点回归，局部随机化，{how}",
    "randomization test": "随机化检验",
    "exact randomization test": "精确随机化检验",
    "adjusted by a polynomial of order {n:n}": "以 {n} 阶多项式调整",
    "Estimates in the window": "窗口内的估计",
    "estimate, large sample": "估计值，大样本",
    "Tests of no effect on anybody in the window": "对窗口内任何人都无效应的检验",
    "difference in means": "均值之差",
    "rank sum": "秩和",
    "Kolmogorov-Smirnov": "Kolmogorov-Smirnov",
    "p, randomization": "p，随机化",
    "p, large sample": "p，大样本",
    "The rank sum is standardised. Tests of the outcome between the sides, also where take-up is imperfect.": (
        "秩和经标准化。即使接受处理不完全，检验的也是两侧的结果。"
    ),
    "reaches": "延伸",
    "Rows exactly at the cutoff: {n:n}, counted as treated.": "恰在断点处的行：{n}，计入处理组。",
    "outcome at the cutoff": "断点处的结果",
    "Are there enough units in the window?": "窗口内的对象是否足够？",
    "The window has {a:n} rows below and {b:n} above the cutoff.": "窗口内断点下方有 {a} 行，上方有 {b} 行。",
    "The window has {a:n} rows below and {b:n} above the cutoff; with fewer than {few:n} on a side little can be found.": (
        "窗口内断点下方有 {a} 行，上方有 {b} 行；一侧不足 {few} 行时难有发现。"
    ),
    "counts in the window": "窗口内的计数",
    "Are units as likely on one side of the cutoff as on the other?": "对象落在断点两侧的机会是否相等？",
    "a unit in the window lies on either side with equal chance": "窗口内的对象落在两侧的机会相等",
    "No evidence of unequal chances: {a:n} below and {b:n} above (p = {p:n}).": (
        "没有机会不等的证据：下方 {a}，上方 {b}（p = {p}）。"
    ),
    "The window holds unequal numbers: {a:n} below and {b:n} above (p = {p:n}).": (
        "窗口两侧行数不等：下方 {a}，上方 {b}（p = {p}）。"
    ),
    "Are units on the two sides of the window alike?": "窗口两侧的对象是否相似？",
    "no covariate differs between the sides": "两侧没有协变量不同",
    "No covariate varies in the window.": "窗口内没有协变量变化。",
    "{name} differs between the sides of the window (p = {p:n}).": "{name} 在窗口两侧不同（p = {p}）。",
    "No evidence that any of {n:n} covariates differs between the sides of the window: the smallest p-value is {p:n}.": (
        "没有证据表明 {n} 个协变量中有任何一个在窗口两侧不同：最小 p 值为 {p}。"
    ),
    "Covariates in the window": "窗口内的协变量",
    "mean below": "下方均值",
    "mean above": "上方均值",
    "Does take-up of the treatment differ between the sides?": "两侧接受处理的比例是否不同？",
    "take-up does not differ": "接受比例没有不同",
    "Take-up differs by {jump:n} in the window (F = {f:n}): {tail:t}.": "窗口内接受比例相差 {jump}（F = {f}）：{tail}。",
    "too weak for a large-sample interval of a ratio": "太弱，比值不宜用大样本区间",
    "strong enough for a ratio": "足以估计比值",
    "as if at random": "如同随机",
    "Is the side on which units in the window fell a matter of chance?": "窗口内的对象落在哪一侧是否出于偶然？",
    "That the score decides in the window as a coin would, and moves the outcome there through nothing but the "
    "treatment, is assumed; counts and covariates can only speak against it.": (
        "假定得分在窗口内如掷硬币般决定，且只通过处理影响结果；计数与协变量只能提供反证。"
    ),
    "window": "窗口",
    "No covariate speaks against windows of up to {width:n} on either side: the smallest p-value is {p:n}, the threshold "
    "{threshold:n}.": "没有协变量反对每侧至多 {width} 的窗口：最小 p 值为 {p}，阈值为 {threshold}。",
    "The outcome does not vary within the sides of the window.": "结果在窗口各侧内没有变化。",
}
