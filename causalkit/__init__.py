"""Causal analysis for product decisions, from the assumptions of a method to a readable answer.

One namespace per method (``simpson``, ...), one kind of result for all of them (``results``), pictures in ``plot``,
data with a known truth in ``simulate``, small real data in ``datasets``. :func:`compare` puts results side by side and
:func:`decide` turns an effect into a decision.

Importing ``causalkit`` loads nothing else: a namespace is imported when it is first used.

Examples
--------
>>> import causalkit
>>> "simpson" in dir(causalkit)
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from causalkit import datasets, did, errors, evidence, iv, matching, plot, rdd, results, simpson, simulate
    from causalkit._advice import Advice, design_advice
    from causalkit._compare import Comparison, compare
    from causalkit._decide import Decision, decide

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "Comparison",
    "Decision",
    "__version__",
    "compare",
    "datasets",
    "decide",
    "design_advice",
    "did",
    "errors",
    "evidence",
    "iv",
    "matching",
    "plot",
    "rdd",
    "results",
    "simpson",
    "simulate",
]

_DEFINED_IN: Final = {
    "Advice": "causalkit._advice",
    "Comparison": "causalkit._compare",
    "Decision": "causalkit._decide",
    "compare": "causalkit._compare",
    "decide": "causalkit._decide",
    "design_advice": "causalkit._advice",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(_unknown(name))
    from importlib import import_module

    if name in _DEFINED_IN:
        value = vars(import_module(_DEFINED_IN[name]))[name]
        globals()[name] = value
        return value
    return import_module(f"causalkit.{name}")


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return list(__all__)


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, __all__, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"causalkit has no {name!r}.{hint} The public names are: {', '.join(__all__)}."
