"""Write the kidney stone treatments of Charig et al. (1986) from the published counts."""

from __future__ import annotations

# stone size: ((open surgery: success, failure), (PCNL: success, failure))
COUNTS = {
    "small": ((81, 6), (234, 36)),
    "large": ((192, 71), (55, 25)),
}


def build() -> str:
    """Text of the CSV file: one line per stone size, treatment and outcome."""
    lines = ["stone_size,treatment,success,count"]
    for size, by_treatment in COUNTS.items():
        for treatment, (success, failure) in zip(("open surgery", "PCNL"), by_treatment, strict=True):
            lines += [f"{size},{treatment},1,{success}", f"{size},{treatment},0,{failure}"]
    return "\n".join(lines) + "\n"
