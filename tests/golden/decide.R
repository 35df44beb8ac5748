# Reference numbers for decide and causalkit.evidence, by base R alone: expected losses by numerical integration of
# the densities, posteriors by numerical normalisation, robustness values by solving for the confounder, the rest by
# base functions.  Rscript tests/golden/decide.R  writes decide.json beside this file.

library(jsonlite)

integral <- function(f, low, high) integrate(f, low, high, rel.tol = 1e-13, abs.tol = 0, subdivisions = 2000)$value
# Integrates over both sides of a cut and out to where the density has fallen to nothing.
split_at <- function(f, cut, low, high) {
  (if (cut > low) integral(f, low, min(cut, high)) else 0) + (if (cut < high) integral(f, max(cut, low), high) else 0)
}

normal_losses <- function(mean, sd, b) {
  low <- mean - 40 * sd
  high <- mean + 40 * sd
  density <- function(x) dnorm(x, mean, sd)
  grid <- function(f, a, z) sum(mapply(function(l, h) integral(f, l, h), head(seq(a, z, length.out = 41), -1), tail(seq(a, z, length.out = 41), -1)))
  list(
    probability = pnorm(b, mean, sd, lower.tail = FALSE),
    acting = grid(function(x) (b - x) * density(x), max(low, min(b, mean) - 12 * sd), b),
    holding = grid(function(x) (x - b) * density(x), b, max(b, mean) + 12 * sd)
  )
}

t_losses <- function(mean, scale, df, b) {
  density <- function(x) dt((x - mean) / scale, df) / scale
  list(
    probability = pt((b - mean) / scale, df, lower.tail = FALSE),
    acting = integral(function(x) (b - x) * density(x), -Inf, mean - 8 * scale) +
      integral(function(x) (b - x) * density(x), mean - 8 * scale, b),
    holding = integral(function(x) (x - b) * density(x), b, mean + 8 * scale) +
      integral(function(x) (x - b) * density(x), mean + 8 * scale, Inf)
  )
}

posterior <- function(estimate, se, prior_mean, prior_sd) {
  joint <- function(x) exp(-0.5 * ((x - estimate) / se)^2 - 0.5 * ((x - prior_mean) / prior_sd)^2)
  at <- optimize(function(x) log(joint(x)), c(min(estimate, prior_mean), max(estimate, prior_mean)), maximum = TRUE, tol = 1e-12)$maximum
  reach <- 12 * min(se, prior_sd)
  whole <- integral(joint, at - reach, at + reach)
  mean <- integral(function(x) x * joint(x), at - reach, at + reach) / whole
  list(mean = mean, sd = sqrt(integral(function(x) (x - mean)^2 * joint(x), at - reach, at + reach) / whole))
}

case <- function(estimate, se, b, prior = NULL, df = Inf) {
  at <- if (is.null(prior)) list(mean = estimate, sd = se) else posterior(estimate, se, prior[1], prior[2])
  losses <- if (is.finite(df)) t_losses(at$mean, at$sd, df, b) else normal_losses(at$mean, at$sd, b)
  c(list(estimate = estimate, std_error = se, break_even = b, prior = prior, df = if (is.finite(df)) df else NULL), losses)
}

retro <- function(effect, se, df = Inf, level = 0.95) {
  z <- qt((1 + level) / 2, df)
  lambda <- abs(effect) / se
  right <- pt(z - lambda, df, lower.tail = FALSE)
  wrong <- pt(-z - lambda, df)
  beyond <- integral(function(x) abs(x) * dt(x - lambda, df), z, z + 30) + integral(function(x) abs(x) * dt(x - lambda, df), -z - 30, -z)
  if (is.finite(df)) {
    beyond <- beyond + integral(function(x) abs(x) * dt(x - lambda, df), z + 30, Inf) + integral(function(x) abs(x) * dt(x - lambda, df), -Inf, -z - 30)
  }
  list(effect = effect, std_error = se, df = if (is.finite(df)) df else NULL, level = level,
       power = right + wrong, type_s = wrong / (right + wrong), type_m = beyond / (right + wrong) / lambda)
}

# t statistic that remains when a confounder with partial R2 of y and of d is adjusted for (omitted-variable bias).
adjusted <- function(t, df, y, d) {
  bias <- sqrt(y * d / (1 - d) * df)
  (abs(t) - bias) / sqrt((1 - y) / (1 - d) * df / (df - 1))
}
# Smallest r such that some confounder with both partial R2 at most r brings t down to the critical value.
robustness <- function(t, df, alpha) {
  crit <- if (alpha < 1) qt(1 - alpha / 2, df - 1) else 0
  worst <- function(r) {
    if (alpha == 1) return(adjusted(t, df, r, r))
    inner <- function(y) adjusted(t, df, y, r)
    min(optimize(inner, c(0, r), tol = 1e-13)$objective, inner(0), inner(r))
  }
  if (abs(t) * sqrt((df - 1) / df) <= crit) return(0)
  uniroot(function(r) worst(r) - crit, c(1e-12, 1 - 1e-9), tol = 1e-15)$root
}

fieller <- function(num, den, v1, v2, cov, level) {
  z2 <- qnorm((1 + level) / 2)^2
  roots <- polyroot(c(num^2 - z2 * v1, -2 * (num * den - z2 * cov), den^2 - z2 * v2))
  sort(Re(roots))
}

lift_se <- sqrt(0.25 - 2 * 0.2 * -0.09 + 0.2^2 * 0.09) / 10
srm <- chisq.test(c(5021, 4979))
uneven <- chisq.test(c(300, 620, 110), p = c(0.3, 0.6, 0.1))
p <- c(0.001, 0.012, 0.034, 0.047, 0.2)
many <- c(0.04, 0.5, 0.001, 0.04, 0.9, 0.03, 0.011)

golden <- list(
  program = R.version.string,
  cases = list(
    case(0.8, 0.5, 0), case(0.8, 0.5, 0.3), case(0.8, 0.5, 0, prior = c(0, 0.3)), case(-2, 0.7, 0.3),
    case(0.8, 0.5, 0.3, prior = c(1.5, 0.4)), case(0.8, 0.5, 0.3, df = 12), case(-1, 0.4, 0.1, df = 5.5)
  ),
  detectable = list(
    list(std_error = 0.5, level = 0.95, power = 0.8, df = NULL, value = 0.5 * (qnorm(0.975) + qnorm(0.8))),
    list(std_error = 2, level = 0.9, power = 0.9, df = 17, value = 2 * (qt(0.95, 17) + qt(0.9, 17)))
  ),
  retrodesign = list(retro(0.3, 0.5), retro(-1.2, 0.4), retro(0.3, 0.5, df = 9), retro(0.5, 0.2, level = 0.9)),
  lift = list(
    estimate = 0.2, std_error = lift_se, delta = 0.2 + c(-1, 1) * qnorm(0.975) * lift_se,
    fieller = fieller(2, 10, 0.25, 0.09, -0.09, 0.95)
  ),
  sample_ratio = list(
    even = list(statistic = unname(srm$statistic), p_value = srm$p.value),
    uneven = list(statistic = unname(uneven$statistic), df = unname(uneven$parameter), p_value = uneven$p.value)
  ),
  margins = list(
    non_inferiority = pnorm((-0.1 + 0.3) / 0.2, lower.tail = FALSE),
    non_inferiority_t = pt((-0.1 + 0.3) / 0.2, 20, lower.tail = FALSE),
    equivalence = max(pnorm((0.1 + 0.5) / 0.2, lower.tail = FALSE), pnorm((0.1 - 0.5) / 0.2))
  ),
  adjusted = list(
    list(p = p, holm = p.adjust(p, "holm"), benjamini_hochberg = p.adjust(p, "BH")),
    list(p = many, holm = p.adjust(many, "holm"), benjamini_hochberg = p.adjust(many, "BH"))
  ),
  e_value = list(ratio = 1.5, value = 1.5 + sqrt(1.5 * 0.5)),
  robustness = lapply(
    list(c(1.98167775, 604), c(4.18444, 783), c(12, 30), c(25, 20), c(1, 50)),
    function(each) list(
      statistic = each[1], df = each[2], partial_r2 = each[1]^2 / (each[1]^2 + each[2]),
      value = robustness(each[1], each[2], 1), value_at_level = robustness(each[1], each[2], 0.05)
    )
  )
)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
write_json(golden, file.path(here, "decide.json"), auto_unbox = TRUE, digits = NA, null = "null", pretty = TRUE)
