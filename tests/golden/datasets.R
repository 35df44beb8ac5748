# Counts of the tables that ship with R, to compare ours with.
# Run from the top of the repository: Rscript tests/golden/datasets.R > tests/golden/datasets.json
library(jsonlite)

berkeley <- as.data.frame(UCBAdmissions)
titanic <- as.data.frame(Titanic)
cat(toJSON(list(
  program = paste(R.version.string, "datasets::UCBAdmissions, datasets::Titanic"),
  berkeley_admissions = data.frame(
    department = as.character(berkeley$Dept),
    gender = tolower(berkeley$Gender),
    admitted = as.integer(berkeley$Admit == "Admitted"),
    count = berkeley$Freq
  ),
  titanic = data.frame(
    class = ifelse(titanic$Class == "Crew", "crew", as.character(titanic$Class)),
    sex = tolower(titanic$Sex),
    age = tolower(titanic$Age),
    survived = as.integer(titanic$Survived == "Yes"),
    count = titanic$Freq
  )
), pretty = FALSE, auto_unbox = TRUE, digits = NA), "\n")
