"""Names of types used across the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    import numpy as np
    from narwhals.typing import IntoDataFrame, IntoFrame
    from numpy.typing import NDArray

    FloatArray: TypeAlias = NDArray[np.float64]
    IntArray: TypeAlias = NDArray[np.int64]
    BoolArray: TypeAlias = NDArray[np.bool_]
    AnyArray: TypeAlias = NDArray[Any]
    Rng: TypeAlias = "np.random.Generator | int"
    Columns: TypeAlias = "str | Sequence[str]"

Missing = Literal["raise", "drop"]
Verdict = Literal["supported", "questionable", "violated", "untestable", "not run"]

__all__ = [
    "AnyArray",
    "BoolArray",
    "Columns",
    "FloatArray",
    "IntArray",
    "IntoDataFrame",
    "IntoFrame",
    "Missing",
    "Rng",
    "Verdict",
]
