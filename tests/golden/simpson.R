# Reference numbers for tests/simpson: R's mantelhaen.test, least squares with sandwich covariances, and the influence
# functions evaluated row by row. Run from this folder: Rscript simpson.R > simpson.json
suppressPackageStartupMessages({library(jsonlite); library(sandwich)})

rows_of <- function(counts) {  # one row per person: stratum, arm, outcome
  do.call(rbind, lapply(names(counts), function(s) {
    k <- counts[[s]]  # success, failure of the treated; success, failure of the controls
    data.frame(s = s, a = rep(c(1, 1, 0, 0), k), y = rep(c(1, 0, 1, 0), k))
  }))
}

kidney <- list(small = c(81, 6, 234, 36), large = c(192, 71, 55, 25))
berkeley <- list(A = c(512, 313, 89, 19), B = c(353, 207, 17, 8), C = c(120, 205, 202, 391),
                 D = c(138, 279, 131, 244), E = c(53, 138, 94, 299), F = c(22, 351, 24, 317))

effects <- function(d, w = rep(1, nrow(d)), cluster = seq_len(nrow(d))) {
  a <- d$a; y <- d$y; W <- sum(w)
  by_cell <- function(arm) sapply(split(seq_len(nrow(d)), d$s), function(i) {
    i <- i[a[i] == arm]; sum(w[i] * y[i]) / sum(w[i])
  })[as.character(d$s)]
  m1 <- by_cell(1); m0 <- by_cell(0)
  e <- ave(w * a, d$s, FUN = sum) / ave(w, d$s, FUN = sum)
  p <- sum(w * a) / W
  mu1 <- sum(w * a * y) / sum(w * a); mu0 <- sum(w * (1 - a) * y) / sum(w * (1 - a))
  theta <- m1 - m0
  ate <- sum(w * theta) / W
  att <- sum(w * a * theta) / sum(w * a)
  atc <- sum(w * (1 - a) * theta) / sum(w * (1 - a))
  psi <- cbind(
    crude = a * (y - mu1) / p - (1 - a) * (y - mu0) / (1 - p),
    all = a * (y - m1) / e - (1 - a) * (y - m0) / (1 - e) + theta - ate,
    treated = (a * (y - m0) - (1 - a) * e / (1 - e) * (y - m0) - a * att) / p,
    control = (a * (1 - e) / e * (y - m1) - (1 - a) * (y - m1) - (1 - a) * atc) / (1 - p)
  )
  total <- rowsum(w * psi, cluster) / W
  list(estimate = c(crude = mu1 - mu0, all = ate, treated = att, control = atc),
       cov = unname(crossprod(total)))
}

stratified <- function(d) {
  x <- table(factor(d$a, c(1, 0)), factor(d$y, c(1, 0)), d$s)
  plain <- mantelhaen.test(x, correct = FALSE); corrected <- mantelhaen.test(x, correct = TRUE)
  fit <- glm(y ~ a, binomial, d, control = glm.control(epsilon = 1e-14, maxit = 100))
  list(mh_or = unname(plain$estimate), mh_or_ci = as.numeric(plain$conf.int),
       cmh = unname(plain$statistic), cmh_p = plain$p.value,
       cmh_corrected = unname(corrected$statistic), cmh_corrected_p = corrected$p.value,
       crude_or = unname(exp(coef(fit)[2])), crude_or_log_se = unname(sqrt(vcov(fit)[2, 2])))
}

overlap <- function(d, w = rep(1, nrow(d)), cluster = NULL) {  # least squares with a dummy for each stratum
  d$w <- w
  fit <- lm(y ~ a + factor(s), d, weights = w)
  v <- if (is.null(cluster)) vcovHC(fit, type = "HC0") else vcovCL(fit, cluster = cluster, type = "HC0", cadjust = FALSE)
  list(estimate = unname(coef(fit)["a"]), std_error = unname(sqrt(v["a", "a"])))
}

strata <- function(d, w, cluster, cadjust = FALSE) {  # a saturated fit: one effect per stratum
  d$w <- w
  fit <- lm(y ~ factor(s) + factor(s):a - 1, d, weights = w)
  v <- vcovCL(fit, cluster = cluster, type = "HC0", cadjust = cadjust)
  keep <- grep(":a$", names(coef(fit)))
  list(estimate = unname(coef(fit)[keep]), cov = unname(v[keep, keep]))
}

hc2 <- function(d) {
  fit <- lm(y ~ factor(s) + factor(s):a - 1, d)
  keep <- grep(":a$", names(coef(fit)))
  crude <- lm(y ~ a, d)
  list(strata = unname(sqrt(diag(vcovHC(fit, type = "HC2")))[keep]))
}

set.seed(20240611)
n <- 240
small <- data.frame(s = sample(1:4, n, TRUE), g = sample(1:30, n, TRUE))
small$a <- rbinom(n, 1, c(.2, .4, .6, .8)[small$s])
small$y <- round(rnorm(n, 10 * small$s + small$a * (3 - small$s) + 2 * sin(small$g)), 3)
small$w <- round(runif(n, 0.2, 3), 3)

out <- list(
  made_by = paste("R", getRversion(), "sandwich", packageVersion("sandwich")),
  kidney = c(list(counts = kidney), effects(rows_of(kidney)), stratified(rows_of(kidney)),
             list(overlap = overlap(rows_of(kidney)))),
  berkeley = c(list(counts = berkeley), effects(rows_of(berkeley)), stratified(rows_of(berkeley)),
               list(overlap = overlap(rows_of(berkeley)))),
  small = list(
    data = as.list(small),
    plain = c(effects(small), list(overlap = overlap(small), hc2 = hc2(small))),
    weighted = c(effects(small, small$w), list(overlap = overlap(small, small$w))),
    clustered = c(effects(small, cluster = small$g), list(overlap = overlap(small, cluster = small$g))),
    both = c(effects(small, small$w, small$g), list(overlap = overlap(small, small$w, small$g),
             strata = strata(small, small$w, small$g)))
  )
)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n")
