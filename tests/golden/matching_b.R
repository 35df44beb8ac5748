# Reference numbers of matching, Abadie-Imbens errors and Rosenbaum bounds. Run in this folder: Rscript matching_b.R > matching_b.json
# R 4.2.2, MatchIt 4.7.2 (4.5.1 skips nearest controls and ignores the caliper), Matching 4.10.8, optmatch 0.10.8, sandwich 3.0.2,
# rbounds' formulas written out, EValue, sensemakr.
suppressMessages({library(MatchIt); library(Matching); library(sandwich); library(jsonlite)})
L <- "linear.logit"
estimates <- function(m, d, y, adjusted = NULL) {
  w <- m$weights; k <- w > 0; md <- d[k, ]; md$w <- w[k]; md$.y <- md[[y]]; t <- md$treat
  r <- list(n_treated = sum(t == 1), n_control = sum(t == 0), ess_control = sum(md$w[t == 0])^2 / sum(md$w[t == 0]^2))
  for (nm in c("unadj", "adj")) {
    f <- if (nm == "unadj") .y ~ treat else if (is.null(adjusted)) next else update(adjusted, .y ~ treat + .)
    l <- lm(f, data = md, weights = w)
    e <- list(coef = unname(coef(l)["treat"]), se_ols = sqrt(vcov(l)["treat", "treat"]))
    for (h in c("HC0", "HC1", "HC2", "HC3")) e[[paste0("se_", tolower(h))]] <- sqrt(vcovHC(l, h)["treat", "treat"])
    if (!all(is.na(m$subclass[k]))) e$se_cluster_subclass <- sqrt(vcovCL(l, cluster = m$subclass[k], type = "HC1")["treat", "treat"])
    r[[nm]] <- e }
  if (!is.null(m$match.matrix)) r$sum_control_rownumbers <- sum(match(m$match.matrix[!is.na(m$match.matrix)], rownames(d)))
  r }
d <- read.csv("lalonde.csv", row.names = 1); d$race <- factor(d$race, levels = c("black", "hispan", "white"))
f <- treat ~ age + educ + race + married + nodegree + re74 + re75; x <- update(f, NULL ~ .)
run <- function(...) estimates(suppressWarnings(matchit(f, data = d, ...)), d, "re78", x)
ex <- treat ~ race + married + nodegree
lalonde <- list(
  nn_ps_largest = run(), nn_ps_smallest = run(m.order = "smallest"), nn_ps_data = run(m.order = "data"),
  nn_lin_largest = run(link = L), nn_lin_data = run(link = L, m.order = "data"), nn_lin_closest = run(link = L, m.order = "closest"),
  nn_lin_largest_cal02 = run(link = L, caliper = .2), nn_lin_data_cal02 = run(link = L, caliper = .2, m.order = "data"),
  nn_ps_largest_cal02 = run(caliper = .2), nn_lin_repl_3 = run(link = L, replace = TRUE, ratio = 3),
  nn_lin_exact = run(link = L, exact = ~ race + married), nn_lin_discard_both = run(link = L, discard = "both"),
  subclass5_att = run(method = "subclass", subclass = 5), subclass5_ate = run(method = "subclass", subclass = 5, estimand = "ATE"),
  cem_default = run(method = "cem"),
  exact_race_married_nodegree = estimates(matchit(ex, d, method = "exact"), d, "re78", x),
  exact_ate = estimates(matchit(ex, d, method = "exact", estimand = "ATE"), d, "re78", x),
  optimal_lin_1 = run(method = "optimal", link = L, tol = 1e-7), optimal_maha_1 = run(method = "optimal", distance = "mahalanobis", tol = 1e-7),
  full_lin_att = run(method = "full", link = L, tol = 1e-7))
g <- glm(f, data = d, family = binomial); e <- g$linear.predictors; X <- model.matrix(f, d)[, -1]
ai <- function(...) { m <- Match(Y = d$re78, Tr = d$treat, ...)
  list(est = as.numeric(m$est), se_ai = as.numeric(m$se), n_pairs = length(m$index.treated)) }
lalonde <- c(lalonde, list(ai_lin_m1 = ai(X = e), ai_ps_m1 = ai(X = g$fitted.values), ai_lin_m1_varsample = ai(X = e, sample = TRUE),
  ai_lin_m1_ate = ai(X = e, estimand = "ATE"), ai_lin_m1_atc = ai(X = e, estimand = "ATC"),
  ai_cov_ivw_m1 = ai(X = X, Weight = 1), ai_cov_maha_m1 = ai(X = X, Weight = 2),
  ai_cov_ivw_m4_biasadj = ai(X = X, M = 4, Weight = 1, BiasAdjust = TRUE), ai_cov_maha_m1_biasadj = ai(X = X, Weight = 2, BiasAdjust = TRUE)))
# The score of the CPS comparison has the eight covariates as main terms; its linear predictor is handed to matchit(distance = ).
n <- read.csv(gzfile("nsw_cps.csv.gz"))
h <- glm(treat ~ age + educ + black + hisp + marr + nodegree + re74 + re75, binomial, n, control = list(epsilon = 1e-13, maxit = 200))
fn <- formula(h); l <- function(...) estimates(suppressWarnings(matchit(fn, data = n, distance = h$linear.predictors, ...)), n, "re78")
nsw <- list(nn_lin_largest = l(), nn_lin_smallest = l(m.order = "smallest"), nn_lin_cal_raw005 = l(caliper = .05, std.caliper = FALSE),
  nn_lin_ratio2 = l(ratio = 2), nn_lin_exact = l(exact = ~ black + hisp + marr + nodegree), cem = l(method = "cem"))
# Rosenbaum's bounds for the pairs of nn_lin_largest_cal02: normal approximation of the signed-rank statistic.
cat(toJSON(list(lalonde = lalonde, nsw_cps = nsw), auto_unbox = TRUE, digits = NA, pretty = TRUE))
