"""The methods that an analysis file may name, and what each of them takes."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from causalkit._validate import listed, near_match
from causalkit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from causalkit.results import Result

# Parameters that name columns; all others are options.
ROLES: Final = frozenset(
    {
        "absorb", "by", "candidates", "cluster", "cohort", "covariates", "endogenous", "exogenous", "instruments",
        "outcome", "post", "post_treatment", "running", "time", "treatment", "unit", "weights",
    }
)  # fmt: skip
# Where one of the others names a column too.
_ROLES_OF: Final = {"did.two_by_two": frozenset({"treated"})}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A keyword of a method.

    Attributes
    ----------
    declared : str
        Its annotation.
    is_required : bool
        Whether it has no default.
    """

    declared: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Method:
    """A function from a data frame and keywords to a result.

    Attributes
    ----------
    name : str
        As in ``method = "matching.estimate"``.
    function : callable
        The function.
    """

    name: str
    function: Callable[..., Result]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The keywords by name, without those that the command line sets itself."""
        return {
            each.name: Parameter(str(each.annotation), each.default is each.empty)
            for each in inspect.signature(self.function).parameters.values()
            if each.kind is each.KEYWORD_ONLY and each.name != "progress"
        }

    @property
    def roles(self) -> dict[str, Parameter]:
        """The keywords that name columns."""
        return {name: each for name, each in self.parameters.items() if name in self._named_columns}

    @property
    def options(self) -> dict[str, Parameter]:
        """The other keywords."""
        return {name: each for name, each in self.parameters.items() if name not in self._named_columns}

    @property
    def _named_columns(self) -> frozenset[str]:
        return ROLES | _ROLES_OF.get(self.name, frozenset())

    def __call__(self, data: Any, keywords: Mapping[str, Any]) -> Result:
        """Run the method, without a progress bar: nobody watches a scheduled run."""
        quiet = {"progress": False} if "progress" in inspect.signature(self.function).parameters else {}
        return self.function(data, **keywords, **quiet)


def _did() -> dict[str, Callable[..., Result]]:
    from causalkit import did

    return {
        "did.estimate": did.estimate,
        "did.event_study": did.event_study,
        "did.imputation": did.imputation,
        "did.parallel_trends": did.parallel_trends,
        "did.stacked": did.stacked,
        "did.sun_abraham": did.sun_abraham,
        "did.twfe": did.twfe,
        "did.two_by_two": did.two_by_two,
        "did.two_stage": did.two_stage,
    }


def _iv() -> dict[str, Callable[..., Result]]:
    from causalkit import iv

    return {
        "iv.cue": iv.cue,
        "iv.estimate": iv.estimate,
        "iv.fuller": iv.fuller,
        "iv.gmm": iv.gmm,
        "iv.jive": iv.jive,
        "iv.liml": iv.liml,
        "iv.ols": iv.ols,
        "iv.tsls": iv.tsls,
        "iv.wald": iv.wald,
        "iv.weak_robust": iv.weak_robust,
    }


def _matching() -> dict[str, Callable[..., Result]]:
    from causalkit import matching

    return {"matching.estimate": matching.estimate}


def _rdd() -> dict[str, Callable[..., Result]]:
    from causalkit import rdd

    return {
        "rdd.estimate": rdd.estimate,
        "rdd.global_polynomial": rdd.global_polynomial,
        "rdd.honest": rdd.honest,
        "rdd.honest_discrete": rdd.honest_discrete,
        "rdd.local_polynomial": rdd.local_polynomial,
        "rdd.local_randomization": rdd.local_randomization,
    }


def _simpson() -> dict[str, Callable[..., Result]]:
    from causalkit import simpson

    return {"simpson.diagnose": simpson.diagnose, "simpson.scan": simpson.scan}


# One row per namespace, imported when one of its methods is named.
_TABLE: Final[Mapping[str, Callable[[], dict[str, Callable[..., Result]]]]] = {
    "did": _did,
    "iv": _iv,
    "matching": _matching,
    "rdd": _rdd,
    "simpson": _simpson,
}


def method_named(name: str) -> Method:
    """Return a method of the table.

    Parameters
    ----------
    name : str
        Namespace and function: ``"iv.estimate"``.

    Returns
    -------
    Method
        With what it takes.

    Raises
    ------
    OptionError
        The table has no such name; the nearest one is given.
    """
    namespace = name.partition(".")[0]
    functions = _TABLE[namespace]() if namespace in _TABLE else {}
    if name not in functions:
        every = method_names()
        raise OptionError(
            f"method={name!r} is not known.{near_match(name, every)} There are: {listed(every, most=99)}."
        )
    return Method(name, functions[name])


def method_names() -> list[str]:
    """Return the names of all methods, sorted."""
    return sorted(name for functions in _TABLE.values() for name in functions())
