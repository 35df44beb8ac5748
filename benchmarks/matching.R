# The peers of benchmarks/matching.py in R, on data of the same design: Rscript benchmarks/matching.R [rows]
# Ten covariates, 20 % treated, seconds of one run each; whatever is not installed is left out. The score is fitted beforehand
# and handed over, so that methods alone are timed.
rows <- as.integer(c(commandArgs(TRUE), "10000")[1]); set.seed(0); k <- 10
x <- matrix(rnorm(rows * k), rows, dimnames = list(NULL, paste0("x", 0:(k - 1))))
d <- data.frame(x, treated = as.integer(runif(rows) < plogis(-1.6 + 0.2 * rowSums(x)))); d$y <- rowSums(x) + d$treated + rnorm(rows)
f <- reformulate(colnames(x), "treated")
has <- function(p) requireNamespace(p, quietly = TRUE)
line <- function(name, expr) { t <- system.time(tryCatch(suppressWarnings(expr), error = function(e) cat(name, "failed:", conditionMessage(e), "\n")))[["elapsed"]]; cat(sprintf("  %-52s %9.3f\n", name, t)) }
cat(format(rows, big.mark = ","), "rows; R", as.character(getRversion()), "\n")
line("glm logit", g <- glm(f, binomial, d)); lin <- g$linear.predictors; p <- g$fitted.values
if (has("MatchIt")) { cat("MatchIt", as.character(packageVersion("MatchIt")), "\n"); m <- function(...) MatchIt::matchit(f, d, distance = lin, ...)
  line("Nearest 1:1, no replacement", n1 <- m()); line("Nearest 5, replacement", m(replace = TRUE, ratio = 5)); line("Nearest 1, replacement, caliper", m(replace = TRUE, caliper = .2))
  line("Blocks", m(method = "subclass", subclass = 5)); line("CoarsenedExact", MatchIt::matchit(f, d, method = "cem"))
  if (rows <= 1e4) { line("Nearest 1:1, Mahalanobis", MatchIt::matchit(f, d, distance = "mahalanobis")); if (has("optmatch")) { line("Optimal pairs", m(method = "optimal")); line("Full", m(method = "full")) } }
  line("balance table", summary(n1, un = TRUE)) }
if (has("Matching") && rows <= 1e4) line("Abadie-Imbens estimate and error", Matching::Match(d$y, d$treated, lin))
if (has("WeightIt")) line("InverseProbability, ATE, with errors", WeightIt::lm_weightit(y ~ treated, d, weightit = WeightIt::weightit(f, d, method = "glm", estimand = "ATE")))
