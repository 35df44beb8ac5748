# Forward selection of score terms by likelihood ratios (Imbens and Rubin 2015, section 13.3) on lalonde.csv, base R.
#   Rscript tests/golden/stepwise.R > tests/golden/stepwise.json
# Categories enter whole, judged by their p-value; second order: squares of columns with more than two values and
# products of columns of different covariates.
suppressMessages(library(jsonlite))
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
d <- read.csv(file.path(here, "lalonde.csv"), row.names = 1); d$hispan <- as.numeric(d$race == "hispan"); d$white <- as.numeric(d$race == "white")
for (v in c("age", "educ", "re74", "re75")) d[[v]] <- as.numeric(scale(d[[v]]))
fit <- function(terms) suppressWarnings(glm(reformulate(c("1", terms), "treat"), data = d, family = binomial, control = list(epsilon = 1e-14, maxit = 200)))
forward <- function(base, candidates, cut) {
  log <- list(); limit <- pchisq(cut, 1, lower.tail = FALSE); current <- fit(base)
  while (length(candidates)) {
    lr <- sapply(candidates, function(v) { g <- fit(c(base, v)); c(current$deviance - g$deviance, g$rank - current$rank) })
    p <- pchisq(lr[1, ], lr[2, ], lower.tail = FALSE); best <- order(p, -lr[1, ] / lr[2, ])[1]
    log[[length(log) + 1]] <- list(term = paste(candidates[[best]], collapse = "+"), statistic = lr[1, best], df = lr[2, best], included = unname(p[best] < limit))
    if (p[best] >= limit) break
    base <- c(base, candidates[[best]]); candidates <- candidates[-best]; current <- fit(base)
  }
  list(log = log, terms = base)
}
first <- forward(character(), list("age", "educ", c("hispan", "white"), "married", "nodegree", "re74", "re75"), 1)
num <- c("age", "educ", "re74", "re75"); chosen <- first$terms; source <- ifelse(chosen %in% c("hispan", "white"), "race", chosen)
pairs <- list()
for (i in seq_along(chosen)) for (j in i:length(chosen)) if (i == j && chosen[i] %in% num) pairs <- c(pairs, list(sprintf("I(%s^2)", chosen[i]))) else if (i != j && source[i] != source[j]) pairs <- c(pairs, list(sprintf("%s:%s", chosen[i], chosen[j])))
second <- forward(first$terms, pairs, 6)
final <- fit(second$terms)
cat(toJSON(list(version = as.character(getRversion()), first = first$log, second = second$log, loglik = as.numeric(logLik(final)), score_first5 = unname(fitted(final)[1:5])), auto_unbox = TRUE, digits = NA, pretty = TRUE))
