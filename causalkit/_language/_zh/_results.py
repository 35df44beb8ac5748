"""What every result says."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    # Verdicts and checks.
    "supported": "未见反证",
    "questionable": "存疑",
    "violated": "不成立",
    "untestable": "无法检验",
    "not run": "未检验",
    "none made": "未做",
    "{n:n} supported": "{n} 项未见反证",
    "{n:n} questionable": "{n} 项存疑",
    "{n:n} violated": "{n} 项不成立",
    "{n:n} untestable": "{n} 项无法检验",
    "{n:n} not run": "{n} 项未检验",
    "Checks": "检验",
    "Not tested": "未检验的前提",
    "None were made.": "没有做任何检验。",
    "Warnings": "警告",
    "Do not read this as a causal effect yet. Violated: {names:l}.": "暂且不能解读为因果效应。不成立的前提：{names}。",
    # Test statistics.
    "statistic": "统计量",
    "df": "自由度",
    # Facts.
    "Estimand": "估计目标",
    "Sample": "样本",
    "Method": "方法",
    # The sample in words.
    "{used:n} row[s]": "{used} 行",
    "{n:n} unit[s]": "{n} 个对象",
    "{n:n} cluster[s]": "{n} 个聚类",
    "{used:n} of {rows:n} row[s]": "{rows} 行中的 {used} 行",
    "{before:l} ({treated:n} treated, {control:n} control)": "{before}（处理组 {treated}，对照组 {control}）",
    "{before:l} ({treated:n} treated, {control:n} control), {clusters:n} cluster[s]": (
        "{before}（处理组 {treated}，对照组 {control}），{clusters} 个聚类"
    ),
    "{before:t}; left out: {reasons:l}": "{before}；剔除：{reasons}",
    "missing {column} {n:n}": "{column} 缺失 {n}",
    "zero weight {n:n}": "权重为零 {n}",
    # Tables of estimates.
    "Estimates": "估计值",
    "Comparison": "对比",
    "term": "项",
    "estimate": "估计值",
    "std. error": "标准误",
    "p": "p 值",
    "p_value": "p 值",
    "std_error": "标准误",
    "conf_low": "区间下限",
    "conf_high": "区间上限",
    "interval": "区间",
    "check": "检验",
    "verdict": "结论",
    "reading": "解读",
    "estimand": "估计目标",
    "method": "方法",
    "rows": "行数",
    "n": "行数",
    "n treated": "处理组行数",
    "n control": "对照组行数",
    "n_treated": "处理组行数",
    "n_control": "对照组行数",
    "mean treated": "处理组均值",
    "mean control": "对照组均值",
    "mean_treated": "处理组均值",
    "mean_control": "对照组均值",
    "share treated": "处理组占比",
    "share": "占比",
    "covariate": "协变量",
    "stratum": "层",
    "block": "区块",
    "arm": "组别",
    "value": "数值",
    "measure": "度量",
    "when": "时点",
    "test": "检验",
    "null": "原假设",
    "yes": "是",
    "no": "否",
    "treated": "处理组",
    "control": "对照组",
    "before": "之前",
    "after": "之后",
    "not known": "未知",
    "{level}% interval": "{level}% 置信区间",
    "{level}% set": "{level}% 置信集",
    "Numbers of {n:n} line[s] are left out: cells with fewer than {rows:n} row[s], and where there is one alone, the "
    "next smallest, from which it could be worked out.": (
        "略去 {n} 行数字：少于 {rows} 行数据的单元格；若只有一个这样的单元格，连同次小者一并略去，以免倒推。"
    ),
    # Questions and headlines of results without words of their own.
    "What is the effect of {treatment} on {outcome}?": "{treatment} 对 {outcome} 的效应是多少？",
    "{treatment} changes {outcome} by {estimate:n} per unit ({level:n} interval {set}; {estimand:t}).": (
        "{treatment} 使 {outcome} 平均每单位变化 {estimate}（{level} 置信区间 {set}；{estimand}）。"
    ),
    # Comparisons.
    "What is the effect of {treatment} on {outcome}, by {n:n} analyses?": (
        "{treatment} 对 {outcome} 的效应：{n} 种分析的对比"
    ),
    "What is the effect of the treatments on {outcome}, by {n:n} analyses?": (
        "各项干预对 {outcome} 的效应：{n} 种分析的对比"
    ),
    "What is the effect of {treatment} on the outcomes, by {n:n} analyses?": (
        "{treatment} 对各项结果的效应：{n} 种分析的对比"
    ),
    "What is the effect of the treatments on the outcomes, by {n:n} analyses?": (
        "各项干预对各项结果的效应：{n} 种分析的对比"
    ),
    "{label}: no causal reading, violated: {names:l}.": "{label}：不能作因果解读，不成立的前提：{names}。",
    "These are effects on different outcomes: {names}.": "这些是对不同结果的效应：{names}。",
    "These are effects of different treatments: {names}.": "这些是不同干预的效应：{names}。",
    "These answer different questions: {names:l}. That they differ is no contradiction.": (
        "它们回答的是不同的问题：{names}。数值不同并不矛盾。"
    ),
    "They use different numbers of rows ({names}): a gap may come from the rows.": (
        "它们使用的行数不同（{names}）：差距可能来自样本。"
    ),
    "What they rest on": "各自的依据",
    "checks": "检验",
    "A gap between two estimates is not tested here: see difference().": "两个估计值之差在此未作检验：见 difference()。",
}
