"""Every error and warning that causalkit raises.

The tree::

    CausalkitError
    ├── DataError(ValueError)        a value in the data: missing, infinite, text, wrong labels
    ├── DesignError(ValueError)      the question cannot be answered with these data
    └── OptionError(ValueError)      an argument of the call
    CausalkitWarning(UserWarning)
    ├── DataWarning                  what was done to the data, or looks odd in them
    └── DesignWarning                what weakens the answer: thin overlap, few clusters, ...

Every message says which argument or column, what it was, how many rows and which, what is allowed
and the likely way out. Warnings of a call are also kept in ``result.warnings``.

Examples
--------
>>> from causalkit.errors import CausalkitError, DataError
>>> issubclass(DataError, CausalkitError) and issubclass(DataError, ValueError)
True
"""

__all__ = [
    "CausalkitError",
    "CausalkitWarning",
    "DataError",
    "DataWarning",
    "DesignError",
    "DesignWarning",
    "OptionError",
]


class CausalkitError(Exception):
    """Base of all errors raised on purpose by causalkit."""


class DataError(CausalkitError, ValueError):
    """A value in the data is not usable: missing, infinite, text, a wrong label."""


class DesignError(CausalkitError, ValueError):
    """The question cannot be answered with these data, whatever the options."""


class OptionError(CausalkitError, ValueError):
    """An argument of the call is not allowed, or contradicts another one."""


class CausalkitWarning(UserWarning):
    """Base of all warnings issued by causalkit."""


class DataWarning(CausalkitWarning):
    """Something was done to the data, or looks odd in them."""


class DesignWarning(CausalkitWarning):
    """Something weakens the answer: thin overlap, few clusters, a perfect fit."""
