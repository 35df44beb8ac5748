"""Small real datasets, and documented synthetic ones, for examples and tests.

Examples
--------
>>> from causalkit import datasets
>>> datasets.load("kidney_stones").shape
(700, 3)
"""

from causalkit.datasets._load import describe, load, names

__all__ = ["describe", "load", "names"]
