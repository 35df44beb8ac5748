"""Arguments checked at the border: one wording for each kind of mistake."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from causalkit.errors import DataError, OptionError

if TYPE_CHECKING:
    import numpy as np

    from causalkit._typing import AnyArray, Rng

_T = TypeVar("_T")
_SHOWN = 3
_LISTED = 12


def choice(name: str, value: _T, allowed: Sequence[_T]) -> _T:
    """Return ``value`` if it is one of ``allowed``, else raise with the nearest one."""
    for option in allowed:
        if type(value) is type(option) and value == option:
            return value
    hint = near_match(value, allowed) if isinstance(value, str) else ""
    raise OptionError(f"{name}={value!r} is not known.{hint} Choose one of: {listed(allowed)}.")


def number(name: str, value: object) -> float:
    """Return ``value`` as a float, be it NaN or infinite; texts and truth values are no numbers."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise OptionError(f"{name}={value!r} must be a number.")
    return float(value)


def real(name: str, value: object) -> float:
    """Return ``value`` as a finite float."""
    found = number(name, value)
    if not math.isfinite(found):
        raise OptionError(f"{name}={value!r} must be a finite number.")
    return found


def positive(name: str, value: object) -> float:
    """Return ``value`` as a finite float above zero."""
    found = real(name, value)
    if found <= 0:
        raise OptionError(f"{name}={value!r} must be positive.")
    return found


def non_negative(name: str, value: object) -> float:
    """Return ``value`` as a finite float of at least zero."""
    found = real(name, value)
    if found < 0:
        raise OptionError(f"{name}={value!r} must not be negative.")
    return found


def fraction(name: str, value: object) -> float:
    """Return ``value`` as a float strictly between 0 and 1."""
    found = number(name, value)
    if 0 < found < 1:
        return found
    hint = f" Write {found:g} % as {name}={found / 100:g}." if 1 < found < 100 else ""
    raise OptionError(f"{name}={value!r} must lie strictly between 0 and 1.{hint}")


def whole(name: str, value: object, *, least: int = 0, most: int | None = None) -> int:
    """Return ``value`` as an int within the limits; 2.0 and True are not whole numbers here."""
    try:
        if isinstance(value, bool):
            raise TypeError
        found = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise OptionError(f"{name}={value!r} must be a whole number.") from None
    if found < least or (most is not None and found > most):
        limits = f"{least} or more" if most is None else f"between {least} and {most}"
        raise OptionError(f"{name}={value!r} must be {limits}.")
    return found


def flag(name: str, value: object) -> bool:
    """Return ``value`` if it is True or False; truthy stand-ins are refused."""
    if not isinstance(value, bool):
        raise OptionError(f"{name}={value!r} must be True or False.")
    return value


def label(name: str, value: object) -> str:
    """Return ``value`` if it is a string, as every column name must be."""
    if not isinstance(value, str):
        raise OptionError(
            f"{name}={value!r} must be a column name, a string; got {type(value).__name__}. "
            f"If the data have unnamed or numbered columns, rename them first."
        )
    return value


def labels(name: str, value: object, *, least: int = 1) -> tuple[str, ...]:
    """Return one column name or a sequence of them as a tuple without repetitions."""
    if isinstance(value, str):
        names: tuple[str, ...] = (value,)
    elif isinstance(value, Iterable):
        names = tuple(label(name, each) for each in value)
    else:
        raise OptionError(f"{name}={value!r} must be a column name or a list of column names.")
    if len(names) < least:
        raise OptionError(f"{name} must name at least {counted(least, 'column')}; got {len(names)}.")
    repeated = sorted({each for each in names if names.count(each) > 1})
    if repeated:
        raise OptionError(f"{name} names {listed(repeated)} more than once.")
    return names


def generator(rng: Rng) -> np.random.Generator:
    """Return the Generator given, or a new one seeded by the int given."""
    import numpy as np

    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, np.random.RandomState):
        raise OptionError("rng is a legacy RandomState; pass numpy.random.default_rng(seed) or an int.")
    return np.random.default_rng(whole("rng", rng))


def equal_length(**arrays: AnyArray) -> None:
    """Raise unless all arrays have the same number of rows."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {n:,}" for name, n in lengths.items())
        raise DataError(f"The arrays must have one row per unit, in the same order: {found}.")


def require_columns(available: Sequence[object], roles: dict[str, tuple[str, ...]]) -> None:
    """Raise if a role names a column the data do not have, or have twice."""
    for role, names in roles.items():
        for name in names:
            found = sum(1 for each in available if isinstance(each, str) and each == name)
            if found == 0:
                hint = near_match(name, [each for each in available if isinstance(each, str)])
                raise DataError(
                    f"{role}={name!r} is not a column of the data.{hint} The columns are: {listed(available)}."
                )
            if found > 1:
                raise DataError(f"{role}={name!r} names {found} columns of the data; rename all but one of them.")


def one_role_each(roles: dict[str, tuple[str, ...]], *, sharing: frozenset[frozenset[str]]) -> None:
    """Raise if one column is given two roles, unless the pair of roles is in ``sharing``."""
    first: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            if name in first and frozenset((first[name], role)) not in sharing:
                raise OptionError(
                    f"Column {name!r} is given two roles, {first[name]} and {role}; a column can have one. "
                    f"Drop it from one of them."
                )
            first.setdefault(name, role)


def near_match(value: Any, allowed: Iterable[Any]) -> str:
    """Return `` Did you mean 'x'?``, or nothing when no allowed name is near."""
    near = get_close_matches(str(value), [str(each) for each in allowed], n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def listed(values: Iterable[object], *, most: int = _LISTED) -> str:
    """Return the values in words: ``'a', 'b' and 7 more``."""
    every = list(values)
    text = ", ".join(repr(each) for each in every[:most])
    return text if len(every) <= most else f"{text} and {len(every) - most} more"


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 row`` or ``3 rows``, with thousands separated."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def rows_where(mask: AnyArray) -> str:
    """Return how many rows a mask selects and the first three: ``2 rows (3, 17)``."""
    found = mask.nonzero()[0]
    shown = ", ".join(str(each) for each in found[:_SHOWN].tolist())
    more = ", ..." if found.size > _SHOWN else ""
    return f"{counted(found.size, 'row')} ({shown}{more})"
