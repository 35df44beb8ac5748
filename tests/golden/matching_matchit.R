# Balance after matching, the estimates on the CPS comparison and R's Abadie-Imbens errors there, as reference numbers.
# Run in this folder: Rscript matching_matchit.R > matching_matchit.json
# R 4.2.2, MatchIt 4.7.2, Matching 4.10.8, sandwich 3.0.2. The part "first_row_wins" is MatchIt 4.5.1's, whose matching on
# covariates gives a tie to the first row, as we do (4.7.2 gives it to the first in order of a whitened covariate); its
# matching on a score is not a reference, because it passes over nearer controls.
suppressMessages({library(MatchIt); library(sandwich); library(jsonlite)})
L <- "linear.logit"; old <- packageVersion("MatchIt") < "4.5.3"
d <- read.csv("lalonde.csv", row.names = 1); d$race <- factor(d$race, levels = c("black", "hispan", "white"))
f <- treat ~ age + educ + race + married + nodegree + re74 + re75; ex <- treat ~ race + married + nodegree
balance <- function(m) {
  s <- summary(m, un = TRUE, standardize = TRUE); s <- if (!is.null(s$sum.matched)) s$sum.matched else s$sum.across
  list(difference = as.list(s[, "Std. Mean Diff."]), variance_ratio = as.list(s[, "Var. Ratio"]),
       ecdf_mean = as.list(s[, "eCDF Mean"]), ecdf_max = as.list(s[, "eCDF Max"])) }
run <- function(formula = f, ...) balance(suppressWarnings(matchit(formula, data = d, ...)))
lalonde <- list(nn_ps_largest = run(), nn_ps_smallest = run(m.order = "smallest"), nn_ps_data = run(m.order = "data"),
  nn_ps_largest_cal02 = run(caliper = .2), nn_lin_largest = run(link = L), nn_lin_data = run(link = L, m.order = "data"),
  nn_lin_largest_cal02 = run(link = L, caliper = .2), nn_lin_data_cal02 = run(link = L, caliper = .2, m.order = "data"),
  nn_lin_repl_3 = run(link = L, replace = TRUE, ratio = 3), nn_lin_exact = run(link = L, exact = ~ race + married),
  nn_lin_discard_both = run(link = L, discard = "both"), nn_lin_closest = run(link = L, m.order = if (old) "largest" else "closest"),
  nn_maha = run(distance = "mahalanobis"), subclass5_att = run(method = "subclass", subclass = 5),
  subclass5_ate = run(method = "subclass", subclass = 5, estimand = "ATE"), cem_default = run(method = "cem"),
  exact_race_married_nodegree = run(ex, method = "exact"), exact_ate = run(ex, method = "exact", estimand = "ATE"))
first_row_wins <- sapply(c("mahalanobis", "scaled_euclidean"), function(distance) {
  m <- matchit(f, data = d, distance = distance); md <- match.data(m); r <- matchit(f, data = d, distance = distance, replace = TRUE)
  far <- if (distance == "mahalanobis") mahalanobis_dist(f, d) else scaled_euclidean_dist(f, d)
  total <- function(m) sum(far[cbind(rownames(m$match.matrix), m$match.matrix[, 1])])
  list(estimate = unname(coef(lm(re78 ~ treat, md, weights = weights))[2]), rows = sum(match(m$match.matrix, rownames(d))),
       total_distance = total(m), total_distance_replace = total(r)) }, simplify = FALSE)
# The CPS comparison: eight main terms, the linear predictor handed to matchit(distance = ).
n <- read.csv(gzfile("nsw_cps.csv.gz")); main <- treat ~ age + educ + black + hisp + marr + nodegree + re74 + re75
g <- glm(main, binomial, n, control = list(epsilon = 1e-13, maxit = 200)); lin <- g$linear.predictors; ps <- g$fitted.values; t <- n$treat
estimates <- function(m) {
  w <- m$weights; k <- w > 0; md <- n[k, ]; md$w <- w[k]; l <- lm(re78 ~ treat, md, weights = w)
  list(n_treated = sum(md$treat == 1), n_control = sum(md$treat == 0), att = unname(coef(l)[2]),
       ess_control = sum(md$w[md$treat == 0])^2 / sum(md$w[md$treat == 0]^2),
       se_hc1 = sqrt(vcovHC(l, "HC1")[2, 2]), se_hc3 = sqrt(vcovHC(l, "HC3")[2, 2])) }
l <- function(...) estimates(suppressWarnings(matchit(main, data = n, distance = lin, ...)))
cps <- list(nn_lin_largest = l(), nn_lin_data = l(m.order = "data"), nn_lin_smallest = l(m.order = "smallest"), nn_lin_cal02 = l(caliper = .2),
  nn_lin_cal_raw005 = l(caliper = .05, std.caliper = FALSE), nn_lin_repl1 = l(replace = TRUE), nn_lin_ratio2 = l(ratio = 2),
  nn_lin_exact = l(exact = ~ black + hisp + marr + nodegree), subclass5 = l(method = "subclass", subclass = 5),
  subclass6 = l(method = "subclass", subclass = 6), subclass10 = l(method = "subclass", subclass = 10),
  cem = estimates(matchit(main, data = n, method = "cem")),
  exact = estimates(matchit(treat ~ black + hisp + marr + nodegree, data = n, method = "exact")))
weights <- list(ipw_att_w = ifelse(t == 1, 1, ps / (1 - ps)), ipw_ate_w = ifelse(t == 1, 1 / ps, 1 / (1 - ps)), ipw_ato_w = ifelse(t == 1, 1 - ps, ps))
cps <- c(cps, lapply(weights, function(w) { l <- lm(re78 ~ treat, n, weights = w)
  list(est = unname(coef(l)[2]), se_hc0 = sqrt(vcovHC(l, "HC0")[2, 2]), se_hc1 = sqrt(vcovHC(l, "HC1")[2, 2]), ess_c = sum(w[t == 0])^2 / sum(w[t == 0]^2)) }))
X <- model.matrix(main, n)[, -1]
ai <- function(...) { m <- Matching::Match(Y = n$re78, Tr = t, ...); list(est = as.numeric(m$est), se_ai = as.numeric(m$se), n_pairs = length(m$index.treated)) }
if (!old) cps <- c(cps, list(ai_lin_m1 = ai(X = lin), ai_ps_m1 = ai(X = ps), ai_lin_m1_tol0 = ai(X = lin, tolerance = 0, distance.tolerance = 0),
  ai_lin_m3 = ai(X = lin, M = 3), ai_lin_m5 = ai(X = lin, M = 5), ai_lin_cal02 = ai(X = lin, caliper = .2), ai_cov_ivw_m1 = ai(X = X, Weight = 1),
  ai_cov_ivw_m1_biasadj = ai(X = X, Weight = 1, BiasAdjust = TRUE), ai_cov_maha_m4_biasadj = ai(X = X, M = 4, Weight = 2, BiasAdjust = TRUE)))
cat(toJSON(if (old) list(first_row_wins = first_row_wins, lalonde = lalonde, nsw_cps = cps) else list(lalonde = lalonde, nsw_cps = cps), auto_unbox = TRUE, digits = NA, pretty = TRUE))
