"""Write the fate of the 2,201 people aboard the Titanic from the published counts."""

from __future__ import annotations

# class: {(sex, age): (survived, died)}
COUNTS = {
    "1st": {
        ("male", "adult"): (57, 118),
        ("male", "child"): (5, 0),
        ("female", "adult"): (140, 4),
        ("female", "child"): (1, 0),
    },
    "2nd": {
        ("male", "adult"): (14, 154),
        ("male", "child"): (11, 0),
        ("female", "adult"): (80, 13),
        ("female", "child"): (13, 0),
    },
    "3rd": {
        ("male", "adult"): (75, 387),
        ("male", "child"): (13, 35),
        ("female", "adult"): (76, 89),
        ("female", "child"): (14, 17),
    },
    "crew": {
        ("male", "adult"): (192, 670),
        ("male", "child"): (0, 0),
        ("female", "adult"): (20, 3),
        ("female", "child"): (0, 0),
    },
}


def build() -> str:
    """Text of the CSV file: one line per class, sex, age and fate, empty cells included."""
    lines = ["class,sex,age,survived,count"]
    for travelled, cells in COUNTS.items():
        for (sex, age), (survived, died) in cells.items():
            lines += [f"{travelled},{sex},{age},1,{survived}", f"{travelled},{sex},{age},0,{died}"]
    return "\n".join(lines) + "\n"
