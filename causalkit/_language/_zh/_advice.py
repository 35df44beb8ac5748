"""What advice on designs says."""

# ruff: noqa: E501 - wide characters count twice

from __future__ import annotations

from typing import Final

CATALOGUE: Final = {
    "Which design fits?": "适合哪种设计？",
    "recommended": "推荐",
    "possible": "可行",
    "last resort": "不得已时",
    "ruled out": "排除",
    "Recommended: {title:t} ({estimand}).": "推荐：{title}（{estimand}）。",
    "Possible: {title:t} ({estimand}).": "可行：{title}（{estimand}）。",
    "Last resort: {title:t} ({estimand}).": "不得已时：{title}（{estimand}）。",
    "No design fits: as the answers stand, no analysis of these data shows an effect.": (
        "没有合适的设计：就目前的回答，这些数据无论怎样分析都显示不出效应。"
    ),
    "{title:t}: recommended": "{title}：推荐",
    "{title:t}: possible": "{title}：可行",
    "{title:t}: last resort": "{title}：不得已时",
    "Draw treatment by lot, if only for the next units or in the order of a roll-out.": (
        "用抽签决定干预，哪怕只是对接下来的对象，或只决定推行的先后。"
    ),
    "Measure the outcome from now on, before the next change reaches anybody.": "从现在起、在下一次变动之前就测量结果。",
    "Ask a question that the data can answer: who uses it, and how the outcome moves.": (
        "换一个数据能回答的问题：谁在使用，结果如何变化。"
    ),
    "Ruled out": "已排除",
    "Still to be found out": "尚待弄清",
    "Finds": "求得",
    "Assumes": "前提",
    "Look first": "先看",
    "Call": "调用",
    # Designs.
    "experiment": "随机实验",
    "regression discontinuity": "断点回归",
    "instrumental variables": "工具变量",
    "difference-in-differences": "双重差分",
    "matching on what decided treatment": "按决定干预的因素匹配",
    "standardisation over the groups": "分组标准化",
    "{whose:t} (ATE)": "{whose}（ATE）",
    "{whose:t} (ATT)": "{whose}（ATT）",
    "{whose:t} (LATE)": "{whose}（LATE）",
    "the average effect on all units that the lot is drawn for": "参与抽签的全部对象的平均效应",
    "the average effect on units at the cutoff, and on no others": "恰在断点处的对象的平均效应，不及其他对象",
    "the average effect on units that the push moves into treatment": "被推动而接受干预的对象的平均效应",
    "the average effect on the units that were treated, after they were": "接受干预的对象在干预之后的平均效应",
    "the average effect on the units that were treated": "接受干预的对象的平均效应",
    "the average effect on all units, if the groups hold every reason for being treated": (
        "若分组包含了决定干预的全部因素，则为全部对象的平均效应"
    ),
    "Treatment is drawn by lot.": "干预由抽签决定。",
    "Nobody is lost from the data because of the lot.": "没有人因抽签结果而从数据中流失。",
    "But for treatment, the outcome would not jump at the cutoff.": "若无干预，结果在断点处不会跳跃。",
    "Nothing else starts at the same cutoff.": "没有别的事情在同一断点开始。",
    "The push is as good as drawn by lot.": "推动如同抽签。",
    "It reaches the outcome only through treatment.": "它只通过干预影响结果。",
    "It moves nobody out of treatment.": "它不会使任何人退出干预。",
    "Without treatment, treated and other units would have moved in parallel.": "若无干预，处理组与其他对象走势平行。",
    "Nobody reacts before treatment starts.": "干预开始之前没有人提前反应。",
    "Among units alike in the covariates, treatment is as good as drawn by lot.": "协变量相同的对象之间，干预如同抽签。",
    "For every treated unit there are others like it.": "每个接受干预的对象都有与之相似的其他对象。",
    "Within a group, treatment is as good as drawn by lot.": "同一组内，干预如同抽签。",
    "the sizes of the arms against the plan: evidence.sample_ratio": "各组人数与计划是否相符：evidence.sample_ratio",
    "how small an effect the numbers can show: evidence.minimum_detectable": (
        "现有人数能显示多小的效应：evidence.minimum_detectable"
    ),
    "the picture: rdd.bins": "先看图：rdd.bins",
    "whether scores pile up past the cutoff: rdd.density_test": "得分是否在断点之后堆积：rdd.density_test",
    "whether anything known before jumps: rdd.covariate_continuity": "事先已知的变量是否跳跃：rdd.covariate_continuity",
    "how strongly the push moves treatment: iv.first_stage": "推动对干预的影响有多强：iv.first_stage",
    "whether it is connected with anything known before": "它是否与事先已知的变量有关",
    "whether trends were parallel before treatment: did.parallel_trends": "干预之前两组走势是否平行：did.parallel_trends",
    "how far the paths might have diverged: did.sensitivity": "两组走势可能偏离多远：did.sensitivity",
    "whether both groups share a range of scores: matching.common_support": (
        "两组得分是否有共同支撑域：matching.common_support"
    ),
    "balance before and after: matching.match(...).balance()": "匹配前后的平衡性：matching.match(...).balance()",
    "how strong a hidden cause would have to be: matching.sensitivity": "隐藏因素须有多强：matching.sensitivity",
    "which columns turn the sign: simpson.scan": "哪些列会使符号反转：simpson.scan",
    # Reasons.
    "Units of a group touch one another: compare whole groups, and cluster by them.": (
        "同组对象相互影响：应以整组作比较，并按组聚类。"
    ),
    "Units touch one another everywhere: draw whole markets or periods by lot, not units.": (
        "对象之间处处相互影响：应对整个市场或时段抽签，而不是对个体。"
    ),
    "Units touch one another everywhere: those not treated do not show a world without treatment.": (
        "对象之间处处相互影响：未受干预者并不能代表没有干预的世界。"
    ),
    "Treatment was drawn by lot: a difference of means is the effect.": "干预由抽签决定：均值之差就是效应。",
    "Treatment can be drawn by lot: no other design rests on so little.": "干预可以抽签决定：没有别的设计依赖的前提更少。",
    "Treatment cannot be drawn by lot.": "干预不能抽签决定。",
    "Find out first: a lot among some units, or for the order of a roll-out, is often possible.": (
        "先弄清楚：对部分对象抽签，或抽签决定推行先后，往往可行。"
    ),
    "No cutoff decides on treatment.": "没有断点决定干预。",
    "A cutoff decides who is treated: units just below it show what would have been.": (
        "断点决定谁接受干预：刚好低于断点者显示出若无干预会怎样。"
    ),
    "A cutoff moves the odds of treatment: the jump in the outcome is set against that in treatment.": (
        "断点改变接受干预的概率：以结果的跳跃除以干预的跳跃。"
    ),
    "Units cannot place themselves past it.": "对象无法自行越过断点。",
    "It is not known whether units can place themselves past it: look at the density first.": (
        "不知道对象能否自行越过断点：先看密度。"
    ),
    "Units can place themselves past it: those just above differ from those just below.": (
        "对象可以自行越过断点：刚越过者与刚不及者本来就不同。"
    ),
    "Nothing like a lot pushes units into treatment.": "没有类似抽签的力量推动对象接受干预。",
    "A push into treatment was drawn by lot.": "推动由抽签决定。",
    "Something outside everybody's control pushes units into treatment; that it is like a lot has to be argued.": (
        "某种无人能控制的力量推动对象接受干预；它是否如同抽签，需要论证。"
    ),
    "There is an argument why it has no other way to the outcome.": "有理由认为它没有别的途径影响结果。",
    "Why it should have no other way to the outcome is still to be argued.": "为何没有别的途径影响结果，尚待论证。",
    "It may have another way to the outcome.": "它可能另有途径影响结果。",
    "All units were treated on the same date: nobody shows what would have been.": (
        "所有对象在同一天接受干预：无人显示若无干预会怎样。"
    ),
    "Treatment has no date.": "干预没有日期。",
    "The outcome was not measured before treatment.": "干预之前没有测量结果。",
    "Units chose when to start, and hardly any history shows on what path they were.": (
        "对象自行选择开始时间，又几乎没有历史显示其原有走势。"
    ),
    "Few treated units: ordinary standard errors are too small; use permutation or a wild bootstrap.": (
        "接受干预的对象很少：普通标准误偏小，应使用置换检验或 wild bootstrap。"
    ),
    "Some units were treated on one date and others never: their changes can be compared.": (
        "一部分对象在某日接受干预，其余从未接受：可以比较两者的变化。"
    ),
    "Units were treated on several dates: those not yet treated show what would have been.": (
        "对象分批接受干预：尚未接受者显示若无干预会怎样。"
    ),
    "Each unit chose its date: those who start may be about to change anyway.": (
        "各对象自选日期：开始者也许本来就要发生变化。"
    ),
    "Several periods before treatment show whether both moved in parallel.": "干预之前的多个时期可以显示两组走势是否平行。",
    "With one or two periods before treatment, nothing shows whether both moved in parallel.": (
        "干预之前只有一两期，无从显示两组走势是否平行。"
    ),
    "The main reason for being treated is not in the data.": "决定干预的主要因素不在数据中。",
    "All that decided on treatment is in the data; that nothing is missing cannot be tested.": (
        "决定干预的因素都在数据中；是否有遗漏无法检验。"
    ),
    "Some of what decided on treatment is in the data: say how strong the rest may be.": (
        "决定干预的因素只有一部分在数据中：须说明其余因素可能有多强。"
    ),
    "Make sure that it was measured before treatment.": "须确认它是在干预之前测量的。",
    "It was measured before treatment.": "它是在干预之前测量的。",
    "What would be adjusted for was measured after treatment, and may be its effect.": (
        "拟控制的变量是在干预之后测量的，可能是干预的结果。"
    ),
    "The total and its groups say the same.": "合计与分组的方向一致。",
    "The total mixes the effect with who was treated: take it apart before anything else.": (
        "合计把效应与“谁接受了干预”混在一起：先把它拆开。"
    ),
    "It is an effect only if the groups hold every reason for being treated.": (
        "只有分组包含了决定干预的全部因素，它才是效应。"
    ),
    # Questions.
    "Can treatment be drawn by lot?": "能否用抽签决定干预？",
    "Does a cutoff of a score decide who is treated?": "是否由某个得分的断点决定谁接受干预？",
    "Can units place themselves past the cutoff?": "对象能否自行越过断点？",
    "Does something like a lot push units into treatment?": "是否有类似抽签的力量推动对象接受干预？",
    "Does the push reach the outcome only through treatment?": "推动是否只通过干预影响结果？",
    "When did treatment reach the units?": "干预何时到达各对象？",
    "In how many periods before treatment was the outcome measured?": "干预之前测量了多少期结果？",
    "How many units, or clusters of them, were treated?": "有多少对象（或聚类）接受了干预？",
    "Are the reasons for being treated in the data?": "决定干预的因素是否在数据中？",
    "Were these reasons measured before treatment?": "这些因素是否在干预之前测量？",
    "Does the treatment of one unit touch the outcomes of others?": "一个对象的干预是否影响其他对象的结果？",
    "Do the total and its groups say different things?": "合计与分组的方向是否不同？",
}
