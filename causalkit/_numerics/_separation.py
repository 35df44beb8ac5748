"""Which columns separate two groups, once a likelihood has turned out to have no maximum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from causalkit._typing import BoolArray, FloatArray

__all__ = ["separating_columns"]

# A separating direction may fail its inequalities by this share of its own spread.
_TOLERANCE = 1e-7
# Entries of a separating direction below this share of the largest one are rounding.
_ACTIVE = 1e-5
# Largest number of rows handed to the linear programme.
_PROGRAMME_ROWS = 50_000


def separating_columns(z: FloatArray, y: BoolArray, weights: FloatArray, direction: FloatArray) -> BoolArray:
    """Mark the regressors that separate the outcomes, completely or but for ties on the boundary.

    Single columns are looked at first: one that splits the groups by a threshold is the plainest
    explanation. Then the direction in which the coefficients ran away, and if it does not separate, the
    direction found by the linear programme of Konis (2007).

    Parameters
    ----------
    z : (q, n) array
        Regressors, the constant first.
    y : (n,) array of bool
        The outcome.
    weights : (n,) array
        Row weights; rows of weight zero play no role.
    direction : (q,) array
        The last Newton step.

    Returns
    -------
    (q - 1,) array of bool
        The separating regressors, the constant left out; all false if none could be found.

    References
    ----------
    Konis, K. (2007). Linear programming algorithms for detecting separated data in binary logistic
    regression models. DPhil thesis, University of Oxford.
    """
    used = weights > 0
    one, zero = z[1:, used & y], z[1:, used & ~y]
    alone: BoolArray = (one.min(axis=1) >= zero.max(axis=1)) | (one.max(axis=1) <= zero.min(axis=1))
    if alone.any():
        return alone
    signed = np.concatenate([z[:, used & y], -z[:, used & ~y]], axis=1)
    if not _separates(signed, direction):
        direction = _programme(signed)
    if not _separates(signed, direction):
        return np.zeros(z.shape[0] - 1, dtype=bool)
    slopes = np.abs(direction[1:])
    return np.asarray(slopes > _ACTIVE * slopes.max())


def _separates(signed: FloatArray, direction: FloatArray) -> bool:
    """Whether no row lies on the wrong side and some rows lie strictly on the right one."""
    margin = direction @ signed
    spread = float(np.abs(margin).max(initial=0.0))
    return spread > 0 and bool(margin.min() >= -_TOLERANCE * spread)


def _programme(signed: FloatArray) -> FloatArray:
    """Maximise the summed margins over a box, no margin negative; zero if only zero is feasible."""
    n = signed.shape[1]
    # A subset that cannot be separated proves that the whole cannot; one that can is checked on all rows after.
    rows = signed[:, :: max(1, -(-n // _PROGRAMME_ROWS))]
    found = optimize.linprog(
        -rows.sum(axis=1),
        A_ub=-rows.T,
        b_ub=np.zeros(rows.shape[1]),
        bounds=[(-1.0, 1.0)] * rows.shape[0],
        method="highs",
    )
    return np.asarray(found.x) if found.success else np.zeros(rows.shape[0])
