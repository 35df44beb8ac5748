"""What the diagnosis of Simpson's paradox says."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "What is the effect of {treatment} on {outcome}, comparing like with like in {by}?": (
        "在 {by} 相同者之间比较，{treatment} 对 {outcome} 的效应是多少？"
    ),
    "Between rows of the same {by}, {contrast} changes {outcome} by {estimate:n} on average ({level}% interval {set}; "
    "{estimand}).": (
        "在 {by} 相同的行之间，{contrast} 使 {outcome} 平均变化 {estimate}（{level}% 置信区间 {set}；{estimand}）。"
    ),
    "{crude:t} tells the same story: what differs is within chance or rounding.": (
        "{crude}说法一致：差别在偶然或舍入误差之内。"
    ),
    "{crude:t} has the opposite sign: {why:t}.": "{crude}符号相反：{why}。",
    "{crude:t} has the opposite sign: {why:t}; chance could have turned the sign (p = {p:n}).": (
        "{crude}符号相反：{why}；符号也可能因偶然而反转（p = {p}）。"
    ),
    "{crude:t} exaggerates it: {why:t}.": "{crude}夸大了效应：{why}。",
    "{crude:t} hides part of it: {why:t}.": "{crude}掩盖了一部分效应：{why}。",
    "The crude difference, {estimate:n},": "直接之差 {estimate} ",
    "The crude difference over the same strata, {estimate:n},": "同样各层上的直接之差 {estimate} ",
    "the arms are made up of different strata, which moves it by {gap:n}": "两组的层构成不同，使它移动了 {gap}",
    "Stratification by {by} ({n:n} strata), standard errors from influence functions, {cov}": (
        "按 {by} 分层（{n} 层），标准误由影响函数得出，{cov}"
    ),
    "Stratification by {by} (1 stratum), standard errors from influence functions, {cov}": (
        "按 {by} 分层（1 层），标准误由影响函数得出，{cov}"
    ),
    # Terms and tables.
    "crude, comparable strata": "直接之差（可比各层）",
    "effect within strata": "层内效应",
    "different composition": "结构不同",
    "treated without counterpart": "无对应者的处理组",
    "controls without counterpart": "无对应者的对照组",
    "crude difference": "直接之差",
    "crude": "直接之差",
    "Strata of {by}": "按 {by} 的各层",
    "share of all": "占全部比例",
    "What the crude difference is made of": "直接之差由什么构成",
    "Effects of the strata weighted like the {arm:t} arm.": "各层效应按{arm}的构成加权。",
    "{n:n} smaller stratum not shown.": "较小的 {n} 层未列出。",
    "{n:n} smaller strata not shown.": "较小的 {n} 层未列出。",
    "p (ratio 1)": "p 值（比值为 1）",
    "ratio": "比值",
    "risk ratio": "风险比",
    "odds ratio": "优势比",
    "Ratios": "比值",
    "stratum with one arm only": "只有一组的层",
    "stratum with one arm only {n:n}": "只有一组的层 {n}",
    "all rows": "全部",
    # Checks.
    "overlap": "重叠",
    "small cells": "小单元格",
    "composition": "构成",
    "reversal": "反转",
    "homogeneity": "同质性",
    "qualitative interaction": "定性交互",
    "strata come first": "分层变量在先",
    "nothing else differs": "别无差异",
    "Does every stratum hold treated and control rows to compare?": "每一层是否都有处理组和对照组可供比较？",
    "All {n:n} strata hold treated and control rows.": "{n} 层都有处理组和对照组。",
    "All 1 stratum hold treated and control rows.": "唯一的一层有处理组和对照组。",
    "In {n:n} strata of {all:n} fewer than {share:n} of the rows are in one of the arms: the comparison rests on few "
    "rows there.": "{all} 层中有 {n} 层，某一组所占不足 {share}：那里的比较只依据很少的行。",
    "In {n:n} stratum of {all:n} fewer than {share:n} of the rows are in one of the arms: the comparison rests on few "
    "rows there.": "{all} 层中有 {n} 层，某一组所占不足 {share}：那里的比较只依据很少的行。",
    "One arm only in {n:n} strata of {all:n}, with {share:n} of the weight: nothing can be said about the effect there, "
    "and it is left out.": "{all} 层中有 {n} 层只有一组，占权重 {share}：那里的效应无从得知，已剔除。",
    "One arm only in {n:n} stratum of {all:n}, with {share:n} of the weight: nothing can be said about the effect "
    "there, and it is left out.": "{all} 层中有 {n} 层只有一组，占权重 {share}：那里的效应无从得知，已剔除。",
    "Are there enough rows in each arm of each stratum?": "每层每组的行数是否足够？",
    "Every arm of every stratum has at least {n:n} rows.": "每层每组至少有 {n} 行。",
    "Fewer than {few:n} rows in an arm of {n:n} strata of {all:n}, with {share:n} of the rows: standard errors there "
    "are too small to be trusted.": "{all} 层中有 {n} 层的某一组不足 {few} 行，占全部行的 {share}：那里的标准误不可信。",
    "Fewer than {few:n} rows in an arm of {n:n} stratum of {all:n}, with {share:n} of the rows: standard errors there "
    "are too small to be trusted.": "{all} 层中有 {n} 层的某一组不足 {few} 行，占全部行的 {share}：那里的标准误不可信。",
    "An arm of {n:n} strata has a single row, whose variance is unknown and counts as zero.": (
        "有 {n} 层的某一组只有一行，其方差未知，按零计。"
    ),
    "An arm of {n:n} stratum has a single row, whose variance is unknown and counts as zero.": (
        "有 {n} 层的某一组只有一行，其方差未知，按零计。"
    ),
    "Are the two arms composed of the same strata, so that the crude difference can be believed?": (
        "两组的层构成是否相同，从而直接之差可信？"
    ),
    "arm and stratum are independent": "组别与层相互独立",
    "{share:n} of one arm would have to change stratum for the arms to be composed alike; this makes the crude "
    "difference and the {estimand} differ by {gap:n} (p {p}): read the {other}.": (
        "要使两组构成相同，其中一组须有 {share} 换层；这使直接之差与 {estimand} 相差 {gap}（p {p}）：应读 {other}。"
    ),
    "{share:n} of one arm would have to change stratum for the arms to be composed alike; there is no evidence that "
    "this moves the difference (p {p}).": (
        "要使两组构成相同，其中一组须有 {share} 换层；没有证据表明这会移动差值（p {p}）。"
    ),
    "Do crude and standardised effect surely have the signs that they show?": "直接之差与标准化效应的符号是否可靠？",
    "one of the two effects is zero or has the other sign": "两个效应之一为零或符号相反",
    "Crude and standardised effect have opposite signs, and chance is no explanation (probability of opposite signs "
    "{p:n}).": "直接之差与标准化效应符号相反，且不能归于偶然（符号相反的概率 {p}）。",
    "Crude and standardised effect have opposite signs, but chance could have turned one of them (probability of "
    "opposite signs {p:n}).": "直接之差与标准化效应符号相反，但其一可能因偶然而反转（符号相反的概率 {p}）。",
    "Crude and standardised effect point the same way (probability of opposite signs {p:n}).": (
        "直接之差与标准化效应方向一致（符号相反的概率 {p}）。"
    ),
    "Crude and standardised effect point the same way, or one is zero, but chance could have done that (probability of "
    "opposite signs {p:n}).": "直接之差与标准化效应方向一致或其一为零，但可能出于偶然（符号相反的概率 {p}）。",
    "Is the effect the same in all strata, so that one number describes it?": "各层效应是否相同，从而一个数字即可概括？",
    "all strata have the same effect (Cochran's Q)": "各层效应相同（Cochran Q）",
    "There is only one stratum with both arms.": "只有一层同时有两组。",
    "The strata range from {low:n} to {high:n}; without variance in every stratum this cannot be tested.": (
        "各层效应从 {low} 到 {high}；并非每层都有方差，无法检验。"
    ),
    "The effects of the strata range from {low:n} to {high:n}, more than chance allows: look at each.": (
        "各层效应从 {low} 到 {high}，超出偶然所能解释：应逐层查看。"
    ),
    "The effects of the strata range from {low:n} to {high:n}; there is no evidence that they differ.": (
        "各层效应从 {low} 到 {high}；没有证据表明它们不同。"
    ),
    "Does the effect have the same sign in all strata?": "各层效应的符号是否相同？",
    "all strata have effects of one sign (Gail and Simon)": "各层效应同号（Gail 与 Simon）",
    "Needs independent strata, each with variance.": "需要各层相互独立且均有方差。",
    "No stratum has an effect of the other sign.": "没有一层的效应符号相反。",
    "The effect has opposite signs in different strata, beyond chance.": "不同层的效应符号相反，超出偶然。",
    "Some strata have an effect of the other sign, but there is no evidence that it is more than chance.": (
        "有些层的效应符号相反，但没有证据表明超出偶然。"
    ),
    "Was {by} settled before {treatment}, and not changed by it?": "{by} 是否在 {treatment} 之前已定，且不受其影响？",
    "Data cannot tell a confounder from a consequence. If {treatment} changes {by}, or both share a consequence, "
    "comparing within {same} removes part of the effect or creates a false one.": (
        "数据分不清混杂因素与后果。若 {treatment} 会改变 {by}，或两者有共同的后果，"
        "在 {same} 之内比较就会抹去部分效应，或造出虚假的效应。"
    ),
    "Within {by}, are treated and control rows alike in everything else that matters?": (
        "在 {by} 之内，处理组与对照组在其他重要方面是否相同？"
    ),
    "The standardised effect is causal only if nothing but {by} drives both {treatment} and the outcome; another column "
    "could turn the sign again.": (
        "只有除 {by} 之外没有别的因素同时影响 {treatment} 与结果，标准化效应才是因果效应；另一列可能再次使符号反转。"
    ),
    # Warnings.
    "Only {n:n} treated rows can be compared: the interval is unreliable.": "处理组只有 {n} 行可比：区间不可靠。",
    "Only {n:n} control rows can be compared: the interval is unreliable.": "对照组只有 {n} 行可比：区间不可靠。",
    "{n:n} clusters are few: the standard errors are likely too small.": "{n} 个聚类偏少：标准误可能偏小。",
    "The outcome does not vary within strata and arms: the standard error is zero.": "结果在各层各组内没有变化：标准误为零。",
    "Over all rows the crude difference has one sign, over the strata with both arms the other: part of it comes from "
    "rows that have nobody to be compared with.": (
        "直接之差在全部行上是一种符号，在两组俱全的各层上却相反：其中一部分来自无人可比的行。"
    ),
    # The scan.
    "Which columns move the difference that {treatment} seems to make in {outcome}?": (
        "哪些列会移动 {treatment} 看似对 {outcome} 造成的差别？"
    ),
    "The crude difference is {estimate:n} ({level}% interval {set}).": "直接之差为 {estimate}（{level}% 置信区间 {set}）。",
    "No column moves it by more than chance would.": "没有哪一列使它的变动超出偶然。",
    "{by} moves it most: within its strata the effect is {estimate:n} (adjusted p {p}).": (
        "{by} 使它变动最大：在其各层之内效应为 {estimate}（校正后 p {p}）。"
    ),
    "{by} moves it most: within its strata the effect is {estimate:n} and turns its sign (adjusted p {p}).": (
        "{by} 使它变动最大：在其各层之内效应为 {estimate}，符号反转（校正后 p {p}）。"
    ),
    "So do, less, {names}.": "影响较小的还有 {names}。",
    "So do, less, {names} and others.": "影响较小的还有 {names} 等。",
    "Pairs that move it further than their columns alone: {names}.": "成对使用时比单列变动更大的：{names}。",
    "What moves the difference": "什么移动了差值",
    "The first {n:n} of {all:n}; ranking has all.": "共 {all} 项，列出前 {n} 项；全部见 ranking。",
    "strata by": "分层依据",
    "effect within": "层内效应",
    "moved by": "移动量",
    "adjusted p": "校正后 p 值",
    "pair adds, p": "成对增量的 p 值",
    "gap by {by}": "按 {by} 的差距",
    "strata": "层数",
    "reverses": "是否反转",
    "{n:n} stratification[s] of {columns:n} column[s], {estimand}; standard errors from influence functions, {cov}; "
    "p-values adjusted by the largest statistic": (
        "{columns} 列的 {n} 种分层，{estimand}；标准误由影响函数得出，{cov}；p 值按最大统计量校正"
    ),
    "sign": "符号",
    "candidates come first": "候选变量在先",
    "Are the two arms composed alike in the candidates, so that the crude difference can be believed?": (
        "两组在候选变量上的构成是否相同，从而直接之差可信？"
    ),
    "no candidate moves the difference": "没有候选变量移动差值",
    "{n:n} stratification[s] of {all:n} move the difference by more than chance: the crude difference is not the "
    "effect, if those columns came before the treatment.": (
        "{all} 种分层中有 {n} 种使差值的变动超出偶然：若这些列先于干预，直接之差就不是效应。"
    ),
    "No candidate moves the difference by more than chance; others might.": (
        "没有候选变量使差值的变动超出偶然；别的变量仍有可能。"
    ),
    "Does the sign of the difference survive every stratification?": "差值的符号在每种分层下是否不变？",
    "no stratification turns the sign": "没有分层使符号反转",
    "No stratification gives an effect of the other sign.": "没有分层得到符号相反的效应。",
    "{n:n} stratification[s] of {all:n} turn the sign: {names}.": "{all} 种分层中有 {n} 种使符号反转：{names}。",
    "Beyond chance: {names}.": "超出偶然的：{names}。",
    "None of them beyond chance.": "均未超出偶然。",
    "Every stratum of every stratification holds treated and control rows.": "每种分层的每一层都有处理组和对照组。",
    "{n:n} stratification[s] of {all:n} have strata with one arm only, which are left out; most of all {by}, with "
    "{share:n} of the weight.": "{all} 种分层中有 {n} 种含有只有一组的层，已剔除；最多的是 {by}，占权重 {share}。",
    "Was every candidate settled before {treatment}?": "每个候选变量是否都在 {treatment} 之前已定？",
    "A column that {treatment} changes, or that {same} and the outcome both change, moves the difference as a confounder "
    "does, and adjusting for it misleads. Which came first, the data cannot say.": (
        "被 {treatment} 改变的列，或被 {same} 与结果共同改变的列，也会像混杂因素一样移动差值，控制它会误导。"
        "孰先孰后，数据无法判断。"
    ),
    "Left out as known to come after: {names}.": "已知在其后而剔除：{names}。",
    "Between rows of the same {by}, {a} instead of {b} changes {outcome} by {estimate:n} on average ({level}% interval "
    "{set}; {estimand}).": (
        "在 {by} 相同的行之间，{a} 而非 {b} 使 {outcome} 平均变化 {estimate}（{level}% 置信区间 {set}；{estimand}）。"
    ),
    "gap": "差距",
    "inverse variance": "逆方差加权",
    "given standard": "给定构成",
    "part": "部分",
    "from": "起",
    "to": "止",
    "difference": "差值",
    "mean difference": "均值之差",
    "crude odds ratio": "直接优势比",
    "crude risk ratio": "直接风险比",
    "standardised odds ratio": "标准化优势比",
    "standardised risk ratio": "标准化风险比",
    "Mantel-Haenszel odds ratio": "Mantel-Haenszel 优势比",
    "Mantel-Haenszel risk ratio": "Mantel-Haenszel 风险比",
    "Means of both arms in each stratum and in the total.": "各层及合计中两组的均值。",
    "Each arm's mean against the share of the first stratum.": "两组均值随第一层占比的变化。",
    "What the crude difference is made of.": "直接之差由什么构成。",
    "Where each stratification moves the crude difference.": "各种分层把直接之差移到何处。",
}
