# The calls behind did_fixed_effects.json: R fixest 0.12.2, did2s 1.2.0, bacondecomp 0.1.3, did 2.5.1.
# usage: Rscript did_fixed_effects.R mpdta.csv castle.csv organ_donations.csv
# The last two are written from the Python package causaldata (to_csv), castle with its first year of post == 1 as
# `first`, organ_donations with `d` for California from the third quarter of 2011 on and the quarters 0 to 5 as `t`.
# The imputation standard errors are those of the Python package diff-diff 3.13.0 (its ImputationDiD with groups by
# cohort and period), which agree to 1e-12 with a direct evaluation of equation 8 of Borusyak, Jaravel and Spiess.
library(fixest); library(did2s); library(bacondecomp); library(did)
files <- commandArgs(TRUE)
d <- read.csv(files[1]); names(d)[names(d) == "first.treat"] <- "first"
d$post <- as.integer(d$first > 0 & d$year >= d$first)
d$rel <- ifelse(d$first == 0, -1, d$year - d$first)
show <- function(fit) print(cbind(coef(fit), se(fit)), digits = 12)

# mpdta: the coefficient and its standard errors by what is counted
static <- feols(lemp ~ post | countyreal + year, d, cluster = ~countyreal, fixef.tol = 1e-12)
show(static)
for (k in c("none", "nested", "full")) print(se(summary(static, ssc = ssc(fixef.K = k))), digits = 12)
print(se(summary(static, vcov = "hetero")), digits = 12); print(se(summary(static, vcov = "iid")), digits = 12)
full <- coef(static)
left <- sapply(unique(d$countyreal), function(g) coef(feols(lemp ~ post | countyreal + year, d[d$countyreal != g, ])))
print(sqrt((length(left) - 1) / length(left) * sum((left - full)^2)), digits = 12)   # the jackknife
show(feols(lemp ~ i(rel, ref = -1) | countyreal + year, d, cluster = ~countyreal, fixef.tol = 1e-12))
show(summary(feols(lemp ~ sunab(first, year) | countyreal + year, d, cluster = ~countyreal), agg = "att"))
show(feols(lemp ~ sunab(first, year) | countyreal + year, d, cluster = ~countyreal))
show(did2s(d, "lemp", ~0 | countyreal + year, ~i(post, ref = 0), "post", "countyreal"))
d$event <- ifelse(d$first == 0, Inf, d$year - d$first)
show(did2s(d, "lemp", ~0 | countyreal + year, ~i(event, ref = Inf), "post", "countyreal"))
print(bacon(lemp ~ post, d, "countyreal", "year"), digits = 12)
att <- att_gt("lemp", "year", "countyreal", "first", data = d, bstrap = FALSE, cband = FALSE)
print(aggte(att, "simple")$overall.se, digits = 12); print(aggte(att, "dynamic")$se.egt, digits = 12)

# castle
e <- read.csv(files[2]); e$first[is.na(e$first)] <- 10000
show(feols(l_homicide ~ post | sid + year, e, cluster = ~sid, fixef.tol = 1e-12))
show(feols(l_homicide ~ post | sid + year, e, cluster = ~sid, weights = ~popwt, fixef.tol = 1e-12))
show(summary(feols(l_homicide ~ sunab(first, year) | sid + year, e, cluster = ~sid), agg = "att"))
print(bacon(l_homicide ~ post, bacondecomp::castle, "state", "year"), digits = 12)

# organ_donations
o <- read.csv(files[3]); o$california <- as.integer(o$State == "California")
show(feols(Rate ~ d | State + t, o, cluster = ~State))
show(feols(Rate ~ i(t, california, ref = 2) | State + t, o, cluster = ~State))
