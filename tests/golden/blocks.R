# Recursive blocks of the propensity score (Dehejia and Wahba 2002) on nsw_cps.csv.gz, base R only.
#   Rscript tests/golden/blocks.R > tests/golden/blocks.json
suppressMessages(library(jsonlite))
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
d <- read.csv(gzfile(file.path(here, "nsw_cps.csv.gz")))
f <- treat ~ age + I(age^2) + I(age^3) + educ + I(educ^2) + marr + nodegree + black + hisp + re74 + re75 + I(re74 == 0) + I(re75 == 0) + I(educ * re74)
g <- suppressWarnings(glm(f, data = d, family = binomial, control = list(epsilon = 1e-14, maxit = 200)))
p <- fitted(g); t <- d$treat == 1
inside <- p >= min(p[t]) & p <= max(p[t]); p <- p[inside]; t <- t[inside]; y <- d$re78[inside]
block <- function(edges) findInterval(p, edges[2:(length(edges) - 1)])
split <- function(alpha) {
  edges <- seq(0, 1, 0.2)
  repeat {
    b <- block(edges); add <- c()
    for (k in seq_len(length(edges) - 1)) {
      i <- b == k - 1; a <- p[i & t]; c <- p[i & !t]
      if (length(a) > 1 && length(c) > 1 && t.test(a, c, var.equal = TRUE)$p.value < alpha) add <- c(add, (edges[k] + edges[k + 1]) / 2)
    }
    if (is.null(add)) return(edges)
    edges <- sort(c(edges, add))
  }
}
one <- function(alpha) {
  edges <- split(alpha); b <- block(edges); k <- 0:(length(edges) - 2)
  n1 <- sapply(k, function(j) sum(b == j & t)); n0 <- sapply(k, function(j) sum(b == j & !t)); use <- n1 > 0 & n0 > 0
  gap <- sapply(k[use], function(j) mean(y[b == j & t]) - mean(y[b == j & !t]))
  v <- sapply(k[use], function(j) var(y[b == j & t]) / sum(b == j & t) + var(y[b == j & !t]) / sum(b == j & !t))
  age <- sapply(k[use], function(j) { r <- t.test(d$age[inside][b == j & t], d$age[inside][b == j & !t], var.equal = TRUE); c(unname(r$statistic), r$p.value) })
  list(edges = edges, n_treated = n1, n_control = n0, estimate = sum(n1[use] * gap) / sum(n1[use]), se = sqrt(sum(n1[use]^2 * v)) / sum(n1[use]), age_t = age[1, ], age_p = age[2, ])
}
out <- list(version = as.character(getRversion()), n_support = sum(inside), alpha_01 = one(0.01), alpha_05 = one(0.05))
cat(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE))
