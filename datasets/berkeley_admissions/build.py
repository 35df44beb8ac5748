"""Write the Berkeley admissions of 1973 from the published counts."""

from __future__ import annotations

# department: ((men admitted, men rejected), (women admitted, women rejected))
COUNTS = {
    "A": ((512, 313), (89, 19)),
    "B": ((353, 207), (17, 8)),
    "C": ((120, 205), (202, 391)),
    "D": ((138, 279), (131, 244)),
    "E": ((53, 138), (94, 299)),
    "F": ((22, 351), (24, 317)),
}


def build() -> str:
    """Text of the CSV file: one line per department, gender and decision."""
    lines = ["department,gender,admitted,count"]
    for department, by_gender in COUNTS.items():
        for gender, (admitted, rejected) in zip(("male", "female"), by_gender, strict=True):
            lines += [f"{department},{gender},1,{admitted}", f"{department},{gender},0,{rejected}"]
    return "\n".join(lines) + "\n"
