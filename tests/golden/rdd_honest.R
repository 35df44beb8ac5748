# Reference numbers of rdd_honest.json: RDHonest 1.0.2.9000 in R 4.6.1 on samples of its data sets rcp and cghs.
# Rows are drawn with R's default generator, so that any R from 3.6 on draws the same; they are kept in the JSON.
library(RDHonest)
set.seed(20260927)
rows_rcp <- sort(sample(nrow(rcp), 3000))
rows_cghs <- sort(sample(nrow(cghs), 6000))
r <- rcp[rows_rcp, ]
g <- cghs[rows_cghs, ]
show <- function(x) print(format(unlist(x$coefficients[2:6]), digits = 17))
show(RDHonest(log(cn) | retired ~ elig_year, data = r, M = c(0.001, 0.002), h = 3))
show(RDHonest(log(cn) | retired ~ elig_year, data = r))
show(RDHonest(log(earnings) ~ yearat14, data = g, cutoff = 1947, M = 0.04, h = 3))
show(RDHonestBME(log(earnings) ~ yearat14, data = g, cutoff = 1947, h = 3, order = 0))
show(RDHonestBME(log(earnings) ~ yearat14, data = g, cutoff = 1947, h = 5, order = 1))
show(RDHonestBME(log(earnings) ~ yearat14, data = g, cutoff = 1947, order = 2, alpha = 0.1))
show(RDHonestBME(log(earnings) ~ yearat14, data = cghs, cutoff = 1947, h = 6, order = 1))
