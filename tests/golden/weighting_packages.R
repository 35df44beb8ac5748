# Reference numbers of R packages on lalonde.csv: WeightIt 1.4.0, cobalt 4.5.5, MatchIt 4.7.2 (not 4.5.1).
#   Rscript tests/golden/weighting_packages.R > tests/golden/weighting_packages.json
# entropy and cbps were run with WeightIt's default tolerances: the balance left over is in the file, and the
# estimates are those of the exact solution to about 1e-5.
suppressMessages({library(WeightIt); library(cobalt); library(MatchIt); library(sandwich); library(jsonlite)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
d <- read.csv(file.path(here, "lalonde.csv"), row.names = 1)
d$race <- factor(d$race, levels = c("black", "hispan", "white"))
f <- treat ~ age + educ + race + married + nodegree + re74 + re75; t <- d$treat
out <- list(versions = lapply(c(WeightIt = "WeightIt", cobalt = "cobalt", MatchIt = "MatchIt"), function(p) as.character(packageVersion(p))))
weighted <- function(method, estimand) {
  w <- weightit(f, data = d, method = method, estimand = estimand, over = FALSE); s <- lm_weightit(re78 ~ treat, data = d, weightit = w); W <- w$weights
  list(est = unname(coef(s)[2]), se = sqrt(vcov(s)[2, 2]), ess_control = sum(W[t == 0])^2 / sum(W[t == 0]^2))
}
for (e in c("ATE", "ATT", "ATO")) out[[paste0("weightit_glm_", e)]] <- weighted("glm", e)
for (m in c("ebal", "cbps")) out[[paste0("weightit_", m, "_ATT")]] <- weighted(m, "ATT")
b <- bal.tab(weightit(f, data = d, method = "glm", estimand = "ATT"), un = TRUE, stats = c("m", "v", "ks"), binary = "std", s.d.denom = "treated")$Balance
out$cobalt_att <- lapply(as.list(b[, c("Diff.Un", "Diff.Adj", "V.Ratio.Un", "V.Ratio.Adj", "KS.Un", "KS.Adj")]), function(v) as.list(setNames(v, rownames(b))))
for (e in c("ATT", "ATE")) {
  m <- matchit(f, data = d, method = "subclass", subclass = 5, estimand = e); s <- summary(m, un = TRUE); a <- s$sum.across; w <- m$weights; l <- lm(re78 ~ treat, d, weights = w)
  col <- function(x, name) as.list(x[, name])
  out[[paste0("subclass5_", tolower(e))]] <- list(smd_before = col(s$sum.all, "Std. Mean Diff."), smd_after = col(a, "Std. Mean Diff."), vr_after = col(a, "Var. Ratio"), ecdf_mean_after = col(a, "eCDF Mean"), ecdf_max_after = col(a, "eCDF Max"),
    ess_control = sum(w[t == 0])^2 / sum(w[t == 0]^2), coef = unname(coef(l)[2]), se_hc0 = sqrt(vcovHC(l, "HC0")[2, 2]))
}
cat(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE))
