# Covariances of least squares by R sandwich and clubSandwich.
#   Rscript tests/golden/covariance.R        (from the root of the repository)
# writes covariance.csv (the data, exact at six decimals) and covariance.json beside itself.
suppressMessages({library(sandwich); library(clubSandwich); library(jsonlite)})
here <- "tests/golden/"

set.seed(20240611)
n <- 120
g <- sort(sample(0:9, n, replace = TRUE, prob = c(1, 1, 2, 2, 3, 3, 4, 5, 6, 8)))
h <- sample(0:6, n, replace = TRUE)
x1 <- rnorm(n) + rnorm(10)[g + 1]
x2 <- as.numeric(rnorm(n) + x1 / 2 > 0)
e <- as.numeric(arima.sim(list(ar = 0.5), n)) * (1 + abs(x1)) + rnorm(10)[g + 1] + rnorm(7)[h + 1]
y <- 1 + 2 * x1 - x2 + e
d <- round(data.frame(y, x1, x2, w = runif(n, 0.3, 3), g, h), 6)
write.csv(d, paste0(here, "covariance.csv"), row.names = FALSE)
d <- read.csv(paste0(here, "covariance.csv"))
d$wg <- ave(d$w, d$g)  # weights constant within clusters

covariances <- function(fit) {
  out <- list(coefficients = coef(fit), classical = vcov(fit))
  for (type in paste0("HC", 0:3)) {
    out[[type]] <- vcovHC(fit, type = type)
    for (cadjust in c(TRUE, FALSE)) {
      key <- paste0("CL.", type, if (cadjust) ".cadjust" else "")
      out[[key]] <- vcovCL(fit, cluster = d$g, type = type, cadjust = cadjust)
    }
  }
  for (type in c("HC0", "HC1")) {
    out[[paste0("CL2.", type, ".cadjust")]] <- vcovCL(fit, cluster = d[c("g", "h")], type = type)
    out[[paste0("CL2.", type)]] <- vcovCL(fit, cluster = d[c("g", "h")], type = type, cadjust = FALSE)
  }
  for (adjust in c(TRUE, FALSE)) {
    key <- if (adjust) ".adjust" else ""
    out[[paste0("NW3", key)]] <- NeweyWest(fit, lag = 3, prewhite = FALSE, adjust = adjust)
    out[[paste0("Parzen", key)]] <- kernHAC(fit, bw = 4.5, kernel = "Parzen", prewhite = FALSE, adjust = adjust)
    out[[paste0("QS", key)]] <- kernHAC(fit, bw = 2.5, kernel = "Quadratic Spectral", prewhite = FALSE,
                                         adjust = adjust, tol = 0)
  }
  # clubSandwich on rows multiplied by the root of their weight: working variances inverse to the weights.
  root <- if (is.null(weights(fit))) rep(1, n) else sqrt(weights(fit))
  scaled <- lm(I(y * root) ~ 0 + root + I(x1 * root) + I(x2 * root), d)
  for (type in c("CR0", "CR1", "CR1S", "CR2", "CR3")) {
    v <- vcovCR(scaled, cluster = d$g, type = type)
    out[[paste0("club.", type)]] <- as.matrix(v)
  }
  out$satterthwaite <- coef_test(scaled, vcov = vcovCR(scaled, cluster = d$g, type = "CR2"))$df
  lapply(out, function(m) if (is.matrix(m)) unclass(unname(as.matrix(m)))[, , drop = FALSE] else unname(m))
}

# The automatic bandwidth is asked of standardised regressors, the form in which we compute it.
z <- scale(d[c("x1", "x2")]) * sqrt(n / (n - 1))
scores <- cbind(resid(lm(y ~ x1 + x2, d)) * z)
bandwidth <- sapply(c("Bartlett", "Parzen", "Quadratic Spectral"), function(kernel)
  bwNeweyWest(scores, kernel = kernel, weights = c(1, 1), prewhite = 0))

golden <- list(
  program = paste0("R ", getRversion(), ", sandwich ", packageVersion("sandwich"),
                   ", clubSandwich ", packageVersion("clubSandwich")),
  unweighted = covariances(lm(y ~ x1 + x2, d)),
  weighted = covariances(lm(y ~ x1 + x2, d, weights = w)),
  cluster_weighted = covariances(lm(y ~ x1 + x2, d, weights = wg)),
  bandwidth = as.list(bandwidth)
)
writeLines(toJSON(golden, digits = NA, auto_unbox = TRUE), paste0(here, "covariance.json"))
