"""What instrumental variables say."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "How do {treatment} and {outcome} move together?": "{treatment} 与 {outcome} 如何一同变动？",
    "One unit more of {treatment} goes with {estimate:n} of {outcome} ({level:n} interval {set}); an effect only if "
    "nothing else moves both.": (
        "{treatment} 多一个单位，{outcome} 相应 {estimate}（{level} 置信区间 {set}）；"
        "只有在没有别的因素同时影响两者时才是效应。"
    ),
    "One unit more of {treatment} changes {outcome} by {estimate:n} for those whom the instrument moves ({level:n} "
    "interval {set}).": (
        "对被工具变量推动者，{treatment} 多一个单位使 {outcome} 变化 {estimate}（{level} 置信区间 {set}）。"
    ),
    "One unit more of {treatment} changes {outcome} by {estimate:n} on average ({level:n} interval {set}).": (
        "{treatment} 多一个单位使 {outcome} 平均变化 {estimate}（{level} 置信区间 {set}）。"
    ),
    "One unit more of {treatment} changes {outcome} by {estimate:n} for those whom the instrument moves; {set:t}.": (
        "对被工具变量推动者，{treatment} 多一个单位使 {outcome} 变化 {estimate}；{set}。"
    ),
    "One unit more of {treatment} changes {outcome} by {estimate:n} on average; {set:t}.": (
        "{treatment} 多一个单位使 {outcome} 平均变化 {estimate}；{set}。"
    ),
    "the instruments are jointly rejected: no effect fits them at the {level:n} level": (
        "各工具变量被一并拒绝：在 {level} 水平上没有效应与之相符"
    ),
    "the data do not bound the effect: the {level:n} Anderson-Rubin set is the whole line": (
        "数据不能界定效应：{level} Anderson-Rubin 置信集是整条实线"
    ),
    "the data do not bound the effect: the {level:n} Anderson-Rubin set is {set}": (
        "数据不能界定效应：{level} Anderson-Rubin 置信集为 {set}"
    ),
    "{level:n} Anderson-Rubin set {set}": "{level} Anderson-Rubin 置信集 {set}",
    # Methods.
    "Two-stage least squares": "两阶段最小二乘",
    "Least squares": "最小二乘",
    "OLS coefficient": "OLS 系数",
    "Limited-information maximum likelihood": "有限信息极大似然",
    "Fuller's modified LIML, constant {constant:n}": "Fuller 修正的 LIML，常数 {constant}",
    "k-class, kappa {kappa:n}": "k 类估计，kappa {kappa}",
    "Two-step GMM": "两步 GMM",
    "Continuously updated GMM": "连续更新 GMM",
    "Jackknife instrumental variables (JIVE1)": "刀切工具变量（JIVE1）",
    "Wald estimate (two-stage least squares with one binary instrument)": "Wald 估计（单一二值工具变量的两阶段最小二乘）",
    "Anderson-Rubin test, inverted": "反转 Anderson-Rubin 检验",
    "Conditional likelihood-ratio test, inverted": "反转条件似然比检验",
    "Kleibergen's K test, inverted": "反转 Kleibergen K 检验",
    "Jackknife Anderson-Rubin test, inverted": "反转刀切 Anderson-Rubin 检验",
    # Tables.
    "First stage": "第一阶段",
    "First-stage coefficients": "第一阶段系数",
    "Reduced form": "简约式",
    "Least squares beside the instrument": "最小二乘与工具变量并列",
    "Other estimators of the same effect": "同一效应的其他估计",
    "Apart from one another they speak of weak or many instruments, or of instruments that disagree.": (
        "若相距较远，说明工具变量偏弱、过多或相互不一致。"
    ),
    "Sets that weak instruments cannot spoil": "不受弱工具变量影响的置信集",
    "Do the exogenous columns move with the instruments?": "外生变量是否随工具变量变动？",
    "{level}% Wald interval": "{level}% Wald 置信区间",
    "p of no effect": "无效应的 p 值",
    "partial R²": "偏 R²",
    "effective F": "有效 F",
    "conditional F": "条件 F",
    "needed (10% bias)": "所需值（偏差 10%）",
    "if nothing is wrong": "若一切正常",
    "Tests": "检验",
    "IV minus OLS": "IV 减 OLS",
    "instrument": "工具变量",
    "A gap can mean that {reasons:l}; or that {last:t}.": "差距可能意味着：{reasons}；或{last}。",
    "something unobserved moves both treatment and outcome": "有未观测因素同时影响处理与结果",
    "the treatment is measured with error, which pulls least squares towards zero": (
        "处理变量有测量误差，使最小二乘偏向零"
    ),
    "those whom the instrument moves gain more or less than others": "被工具变量推动者的效应与他人不同",
    "the instrument touches the outcome past the treatment": "工具变量绕过处理影响结果",
    "Who follows the instrument": "谁跟随工具变量",
    "Means of the compliers": "依从者的均值",
    "Nobody can tell which row is a complier; their shares and means follow if there are no defiers.": (
        "无法知道哪一行是依从者；若没有反抗者，可得其占比与均值。"
    ),
    "Both sides describe the same people, so that a gap speaks against the instrument being random.": (
        "两侧描述同一批人，若有差距则说明工具变量并非随机。"
    ),
    "The instruments one by one": "逐个工具变量",
    # Checks.
    "relevance": "相关性",
    "exclusion": "排他性",
    "independence": "独立性",
    "monotonicity": "单调性",
    "endogeneity": "内生性",
    "over-identification": "过度识别",
    "overidentification": "过度识别",
    "weak instruments": "弱工具变量",
    "exogeneity": "外生性",
    "Do the instruments move the treatment?": "工具变量是否影响处理？",
    "the instruments do not move the treatment": "工具变量不影响处理",
    "Effective F {f:n}; {critical:n} rules out a bias above 10% of the worst.": (
        "有效 F {f}；达到 {critical} 可排除超过最坏情形 10% 的偏差。"
    ),
    "The data do not show that the instruments move the treatment at all.": "数据没有显示工具变量影响处理。",
    "The instruments are weak: read the Anderson-Rubin set, not the Wald interval.": (
        "工具变量偏弱：应读 Anderson-Rubin 置信集，而非 Wald 区间。"
    ),
    "Given the other regressors, the instruments move {name} least: conditional F {f:n}, where 10 is the customary "
    "least.": "在其他变量给定时，工具变量对 {name} 影响最小：条件 F {f}，通常至少要 10。",
    "Does {names} touch the outcome only through the treatment?": "{names} 是否只通过处理影响结果？",
    "No test can show it. The argument given: {argument:x}": "没有检验能够证明。给出的理由：{argument}",
    "No test can show it, and no argument was given: say why with exclusion='...'.": (
        "没有检验能够证明，也没有给出理由：请用 exclusion='...' 说明。"
    ),
    "Are covariates alike at different values of the instrument?": "工具变量取值不同时，协变量是否相似？",
    "no covariate moves with the instrument": "没有协变量随工具变量变动",
    "No covariate moves with the instrument by more than chance (smallest adjusted {p:t}).": (
        "没有协变量随工具变量的变动超出偶然（校正后最小 {p}）。"
    ),
    "{names} moves with the instrument (smallest adjusted {p:t}): it is as good as random, if at all, only with these "
    "held fixed.": "{names} 随工具变量变动（校正后最小 {p}）：只有固定它们，工具变量才可能近乎随机。",
    "{names} move with the instrument (smallest adjusted {p:t}): it is as good as random, if at all, only with these "
    "held fixed.": "{names} 随工具变量变动（校正后最小 {p}）：只有固定它们，工具变量才可能近乎随机。",
    "p = {p:n}": "p = {p}",
    "p <{p:n}": "p <{p}",
    "Does the instrument move everybody in the same direction?": "工具变量是否使所有人朝同一方向变动？",
    "The instrument should raise the treatment or leave it alone, for everybody; whoever does the opposite counts with "
    "a negative weight. The result is the effect on those who are moved, not on all.": (
        "对每个人，工具变量都应提高处理或使其不变；反向者以负权重计入。结果是被推动者的效应，而非全体的。"
    ),
    "The instrument should lower the treatment or leave it alone, for everybody; whoever does the opposite counts with "
    "a negative weight. The result is the effect on those who are moved, not on all.": (
        "对每个人，工具变量都应降低处理或使其不变；反向者以负权重计入。结果是被推动者的效应，而非全体的。"
    ),
    "Each instrument should raise the treatment or leave it alone, for everybody; whoever does the opposite counts with "
    "a negative weight. The result is the effect on those who are moved, not on all.": (
        "对每个人，每个工具变量都应提高处理或使其不变；反向者以负权重计入。结果是被推动者的效应，而非全体的。"
    ),
    "Each instrument should move the treatment or leave it alone, for everybody; whoever does the opposite counts with "
    "a negative weight. The result is the effect on those who are moved, not on all.": (
        "对每个人，每个工具变量都应使处理朝同一方向变动或不变；反向者以负权重计入。结果是被推动者的效应，而非全体的。"
    ),
    "Not needed: the effect is taken to be the same for everybody, which is an assumption of its own.": (
        "不需要：已假定效应对每个人相同，而这本身也是一个前提。"
    ),
    "Do the instruments move the outcome?": "工具变量是否影响结果？",
    "the instruments do not move the outcome": "工具变量不影响结果",
    "The outcome moves with the instruments ({p:t}).": "结果随工具变量变动（{p}）。",
    "The outcome hardly moves with the instruments ({p:t}): no effect is seen, whatever the treatment does.": (
        "结果几乎不随工具变量变动（{p}）：无论处理有何作用，都看不到效应。"
    ),
    "Is an instrument needed: is least squares off by more than chance?": "是否需要工具变量：最小二乘的偏离是否超出偶然？",
    "the treatment is exogenous": "处理是外生的",
    "The instruments leave nothing to compare.": "工具变量没有留下可比之处。",
    "Least squares and the instrument disagree: their gap lies in {set} ({p:t}).": (
        "最小二乘与工具变量不一致：两者之差在 {set} 之内（{p}）。"
    ),
    "The data do not show that least squares is off ({p:t}); nor do they rule it out: the gap lies in {set}.": (
        "数据没有显示最小二乘有偏（{p}），也不能排除：两者之差在 {set} 之内。"
    ),
    "Do the instruments agree with one another?": "各工具变量是否相互一致？",
    "There are no more instruments than endogenous regressors, so there is nothing to compare.": (
        "工具变量不多于内生变量，无从比较。"
    ),
    "all instruments are valid, and move people with the same average effect": (
        "所有工具变量有效，且推动的人群平均效应相同"
    ),
    "No evidence that the instruments disagree ({p:t}); they could still share a flaw.": (
        "没有证据表明各工具变量不一致（{p}）；但它们仍可能有共同的缺陷。"
    ),
    "The instruments disagree ({p:t}): one is not excluded, or they move different people.": (
        "各工具变量不一致（{p}）：其一不满足排他性，或推动的人群不同。"
    ),
    "Does nothing unobserved move both treatment and outcome?": "是否没有未观测因素同时影响处理与结果？",
    "Least squares takes it for granted. An instrument, if there is a good one, does not.": (
        "最小二乘视之为当然；好的工具变量则不必。"
    ),
    # Warnings.
    "Weak instruments: effective F {f:n} is below {critical:n}, the value that rules out a bias of 10% of the worst. "
    "The interval reported is the Anderson-Rubin set, which stays right.": (
        "弱工具变量：有效 F {f} 低于 {critical}（可排除最坏情形 10% 偏差的值）。"
        "所报告的区间是 Anderson-Rubin 置信集，它仍然成立。"
    ),
    "{n:n} clusters of {name}: clustered standard errors are too small with so few. See iv.wild_bootstrap.": (
        "{name} 只有 {n} 个聚类：聚类标准误偏小，见 iv.wild_bootstrap。"
    ),
    "need": "是否需要",
    "Intervals": "区间",
    "endogenous": "内生变量",
    "exogenous": "外生变量",
    "the endogenous regressors are exogenous": "内生变量其实是外生的",
    "all instruments are valid and agree": "所有工具变量有效且一致",
    "Wooldridge regression": "Wooldridge 回归",
    "Wooldridge score": "Wooldridge 得分",
    "reduced form": "简约式",
    "First stage: how the instrument moves the treatment.": "第一阶段：工具变量如何影响处理。",
    "Reduced form: how the instrument moves the outcome.": "简约式：工具变量如何影响结果。",
    "Least squares beside the instrument.": "最小二乘与工具变量并列。",
    "p-value of every effect; the Anderson-Rubin set is shaded.": "每个效应取值的 p 值；阴影为 Anderson-Rubin 置信集。",
    "mean if treated": "若处理的均值",
    "mean if not": "若不处理的均值",
    "compliers": "依从者",
    "always-takers": "始终接受者",
    "never-takers": "从不接受者",
    "all": "全部",
    "compliers, treated side": "依从者（处理一侧）",
    "compliers, untreated side": "依从者（未处理一侧）",
    "p of a gap": "差距的 p 值",
    "Effect of {treatment} on {outcome}: {level}% set {set}. Point estimate {estimate:n}.": (
        "{treatment} 对 {outcome} 的效应：{level}% 置信集 {set}。点估计 {estimate}。"
    ),
}
