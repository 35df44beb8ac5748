"""``causalkit datasets``: what there is, what one of them is, and its rows as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from causalkit import datasets
from causalkit.results._wrap import wrap

if TYPE_CHECKING:
    from argparse import Namespace

_WIDTH = 78


def show(arguments: Namespace) -> None:
    """List the datasets, describe one, or write it as CSV.

    Parameters
    ----------
    arguments : Namespace
        ``name`` (or None) and ``csv`` (a path, ``"-"`` for standard output, or None).
    """
    if arguments.name is None:
        sys.stdout.write("\n".join(map(_entry, datasets.names())))
    elif arguments.csv is None:
        sys.stdout.write(datasets.describe(arguments.name))
    else:
        text: str = datasets.load(arguments.name).to_csv(index=False, lineterminator="\n")
        if arguments.csv == "-":
            sys.stdout.write(text)
        else:
            Path(arguments.csv).write_text(text, encoding="utf-8", newline="")


def _entry(name: str) -> str:
    """Return a name, and below it the first paragraph of the dataset's page."""
    paragraph = datasets.describe(name).split("\n\n")[1].replace("**", "").replace("`", "")
    return "\n".join([name, *(f"  {line}" for line in wrap(paragraph, _WIDTH))]) + "\n"
