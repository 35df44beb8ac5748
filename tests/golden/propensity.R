# Reference numbers for propensity scores and weighting on lalonde.csv; base R and sandwich only.
#   Rscript tests/golden/propensity.R > tests/golden/propensity.json
suppressMessages({library(sandwich); library(jsonlite)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
d <- read.csv(file.path(here, "lalonde.csv"), row.names = 1)
d$race <- factor(d$race, levels = c("black", "hispan", "white"))
f <- treat ~ age + educ + race + married + nodegree + re74 + re75
t <- d$treat; y <- d$re78; n <- nrow(d)
out <- list(versions = list(R = as.character(getRversion()), sandwich = as.character(packageVersion("sandwich"))))

# glm() stops on the deviance and takes its covariance from the last but one iteration: restart it at its own
# solution until nothing moves. The probit's Fisher scoring converges slowly, hence the many rounds.
converged <- function(link, data = d, formula = f, weights = NULL) {
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else weights
  g <- suppressWarnings(glm(formula, data = data, family = binomial(link), weights = .w))
  for (i in 1:60) g <- suppressWarnings(glm(formula, data = data, family = binomial(link), weights = .w, start = coef(g), control = list(maxit = 1, epsilon = 1e-30)))
  g
}
for (link in c("logit", "probit")) {
  g <- converged(link)
  out[[link]] <- list(coef = unname(coef(g)), se = unname(sqrt(diag(vcov(g)))), loglik = as.numeric(logLik(g)),
    score_first5 = unname(fitted(g)[1:5]), linear_sd = sd(g$linear.predictors), score_sd = sd(fitted(g)), score_min = min(fitted(g)), score_max = max(fitted(g)))
}
w <- 1 + (seq_len(n) %% 3)
g <- converged("logit", weights = w)
out$logit_frequency <- list(coef = unname(coef(g)), se = unname(sqrt(diag(vcov(g)))))

# Stacked estimating equations: score of the propensity model and two weighted means. The derivatives are taken
# numerically (central differences), so that no formula is shared with the library.
mest <- function(link, weight) {
  g <- converged(link); X <- model.matrix(g); k <- ncol(X); F <- binomial(link)$linkinv
  scale <- apply(X, 2, sd); scale[1] <- 1; X <- sweep(X, 2, scale, "/"); b <- coef(g) * scale
  mu <- binomial(link)$mu.eta
  psi <- function(theta) {
    eta <- drop(X %*% theta[1:k]); p <- F(eta); w <- weight(p)
    cbind(X * ((t - p) * mu(eta) / (p * (1 - p))), t * w$one * (y - theta[k + 1]), (1 - t) * w$zero * (y - theta[k + 2]))
  }
  p <- F(drop(X %*% b)); w <- weight(p)
  m1 <- sum(t * w$one * y) / sum(t * w$one); m0 <- sum((1 - t) * w$zero * y) / sum((1 - t) * w$zero)
  theta <- c(b, m1, m0)
  A <- sapply(seq_along(theta), function(j) { h <- 1e-5 * max(1, abs(theta[j])); up <- dn <- theta; up[j] <- up[j] + h; dn[j] <- dn[j] - h; colMeans((psi(up) - psi(dn)) / (2 * h)) })
  V <- solve(A) %*% (crossprod(psi(theta)) / n) %*% t(solve(A)) / n
  W <- ifelse(t == 1, w$one, w$zero); l <- lm(y ~ t, weights = W)
  list(estimate = m1 - m0, se = sqrt(V[k + 1, k + 1] + V[k + 2, k + 2] - 2 * V[k + 1, k + 2]), treated_mean = m1, control_mean = m0,
       se_known_weights = sqrt(vcovHC(l, "HC0")[2, 2]), ess_treated = sum(W[t == 1])^2 / sum(W[t == 1]^2), ess_control = sum(W[t == 0])^2 / sum(W[t == 0]^2))
}
targets <- list(ATE = function(p) list(one = 1 / p, zero = 1 / (1 - p)), ATT = function(p) list(one = p^0, zero = p / (1 - p)),
                ATC = function(p) list(one = (1 - p) / p, zero = p^0), ATO = function(p) list(one = 1 - p, zero = p))
for (link in c("logit", "probit")) for (e in names(targets)) out[[paste("ipw", link, e, sep = "_")]] <- mest(link, targets[[e]])

g <- converged("logit"); p <- fitted(g)
out$horvitz_thompson <- list(ATE = mean(t * y / p - (1 - t) * y / (1 - p)), ATT = sum(t * y - (1 - t) * p / (1 - p) * y) / sum(t), ATC = sum(t * (1 - p) / p * y - (1 - t) * y) / sum(1 - t))
rhs <- update(f, re78 ~ .)
m1 <- predict(lm(rhs, d, subset = treat == 1), d); m0 <- predict(lm(rhs, d, subset = treat == 0), d)
aipw <- function(psi, member) { est <- sum(psi) / sum(member); inf <- (psi - member * est) / mean(member); list(estimate = est, se = sqrt(mean(inf^2) / n)) }
out$aipw <- list(ATE = aipw(m1 - m0 + t / p * (y - m1) - (1 - t) / (1 - p) * (y - m0), rep(1, n)),
                 ATT = aipw(t * (y - m0) - (1 - t) * p / (1 - p) * (y - m0), t), ATC = aipw((1 - t) * (m1 - y) + t * (1 - p) / p * (y - m1), 1 - t))

# Crump et al. (2009), equation 8.
k <- sort(1 / (p * (1 - p))); bound <- 2 * cumsum(k) / seq_along(k); gamma <- bound[max(which(k <= bound))]
a <- 0.5 - sqrt(0.25 - 1 / gamma)
out$crump <- list(cut = a, n = sum(p >= a & p <= 1 - a), n_fixed = sum(p >= 0.1 & p <= 0.9), n_fixed_treated = sum(t[p >= 0.1 & p <= 0.9]))
out$minmax <- list(n = sum(p >= max(min(p[t == 1]), min(p[t == 0])) & p <= min(max(p[t == 1]), max(p[t == 0]))))
cat(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE))
