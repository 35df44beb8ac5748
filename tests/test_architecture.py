"""The layers: who may import whom, what may be imported only when called, and how long a file may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.source import Imported, Source, imports, sources, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

METHODS = ("did", "iv", "matching", "rdd", "simpson")

_BASE = {"errors", "_typing"}
_BORDER = _BASE | {"_validate", "_warnings", "_frames"}
_BELOW_METHODS = _BORDER | {"_numerics", "_language", "results"}
_READOUTS = {"_advice", "_compare", "_decide"}

# The units each unit may import, also for types alone. A new unit gets its row here, and its place in
# docs/architecture.md; a new method only its name in METHODS.
LAYERS: dict[str, set[str]] = {
    "errors": set(),
    "_typing": set(),
    "_validate": _BASE,
    "_warnings": _BASE,
    # Fixed wording by language: sentences alone, so that every part may speak through it.
    "_language": _BASE | {"_validate"},
    "_numerics": _BASE,
    "_frames": _BASE | {"_validate", "_warnings", "_numerics"},
    "results": _BORDER | {"_numerics", "_language"},
    **dict.fromkeys(METHODS, _BELOW_METHODS),
    # From what is known of a treatment to a design.
    "_advice": _BELOW_METHODS,
    # From an effect to a decision.
    "evidence": _BELOW_METHODS,
    "_compare": _BELOW_METHODS | {"evidence"},
    "_decide": _BELOW_METHODS | {"evidence"},
    "plot": _BASE | _READOUTS | {"_language", "_validate", "_warnings", "_numerics", "results", "evidence", *METHODS},
    "_report": _BELOW_METHODS | _READOUTS | {"_report_style", "plot", "evidence"},
    "_report_style": _BASE | {"results"},
    # Data with a known truth must not share the code that it puts to the test: of it, only the writer of frames.
    "simulate": _BASE | {"_validate", "_frames"},
    "datasets": _BASE | {"_validate", "_frames"},
    "_demo": {"datasets", "plot", "results", *METHODS, *_READOUTS, "compare", "decide"},
    # The command line speaks the public names, as a user's script would.
    "_cli": {
        "_language",
        "_validate",
        "_frames",
        "_demo",
        "datasets",
        "decide",
        "errors",
        "results",
        *METHODS,
        *_READOUTS,
    },
    "__main__": {"_cli"},
    "causalkit": {"datasets", "errors", "evidence", "plot", "results", "simulate", *METHODS, *_READOUTS},
}

# The only upward calls: a view of a value imports what draws or writes it when it is asked for.
UPWARD_WHEN_CALLED = {
    "results": {"plot", "_report"},
    "_compare": {"plot", "_report"},
    "_decide": {"plot", "_report"},
    "rdd": {"plot"},
}

# Libraries that are imported only when called, and the units that may do so (None: every unit).
WHEN_CALLED: dict[str, set[str] | None] = {
    "duckdb": {"_frames"},
    "linearmodels": None,
    "matplotlib": {"plot"},
    "pandas": {"_frames", "results", "_compare"},
    "scipy.stats.qmc": {"_numerics"},
    "sklearn": None,
    "statsmodels": None,
}
# Libraries of one unit, at any time.
OWNED = {"narwhals": "_frames"}
# Import one of these and some decision of the project has been forgotten.
BANNED = {
    "formulaic": "there is no formula language",
    "patsy": "there is no formula language",
    "polars": "frames are read and written through narwhals",
    "pyarrow": "frames are read and written through narwhals",
    "random": "randomness comes from a numpy Generator",
    "scipy.stats": "tails come from causalkit._numerics._tails",
    "seaborn": "pictures are matplotlib alone",
}

LONGEST_FILE = 600


def breaches(source: Source) -> Iterator[str]:
    """What a file imports and should not, in words."""
    if source.unit not in LAYERS:
        yield f"{source.module}: {source.unit} has no row in LAYERS of tests/test_architecture.py"
        return
    for each in imports(source):
        reasons = _reasons_inside if each.module.split(".")[0] == "causalkit" else _reasons_outside
        yield from (f"{source.module}:{each.line} imports {each.module}: {why}" for why in reasons(source.unit, each))


def _reasons_inside(unit: str, each: Imported) -> Iterator[str]:
    """Why a unit may not import this part of the package."""
    target = unit_of(each.module)
    if target in {unit, "__version__"}:
        return
    lazily = each.where != "module" and target in UPWARD_WHEN_CALLED.get(unit, set())
    if target not in LAYERS[unit] and not lazily:
        yield f"{unit} may not import {target}"
    elif each.where != "types" and _is_private_step(each.module):
        yield f"a step file is its method's own; import the public name from causalkit.{target}"


def _reasons_outside(unit: str, each: Imported) -> Iterator[str]:
    """Why a unit may not import this library, or not here."""
    if each.where == "types":
        return
    for name, why in BANNED.items():
        if _within(each.module, name) and not _named(each.module, WHEN_CALLED):
            yield why
    for library in _named(each.module, OWNED):
        if OWNED[library] != unit:
            yield f"only {OWNED[library]} may"
    for library in _named(each.module, WHEN_CALLED):
        if each.where == "module":
            yield "not on import; import it in the function that needs it"
        units = WHEN_CALLED[library]
        if units is not None and unit not in units:
            yield f"only {', '.join(sorted(units))} may"


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _named(module: str, table: Iterable[str]) -> list[str]:
    """The entries of a table that a module is part of."""
    return [name for name in table if _within(module, name)]


def _is_private_step(module: str) -> bool:
    """Whether a module is a private file of a method or its like; layers below, and pictures, are reached by file."""
    parts = module.split(".")
    return len(parts) > 2 and parts[2].startswith("_") and parts[1] in {*METHODS, "datasets", "evidence", "simulate"}


def described(module: str, text: str) -> str:
    """The breaches of a source string, as one text."""
    return "\n".join(breaches(Source(module=module, text=text)))


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.module)
def test_a_file_imports_only_what_its_layer_may(source):
    assert list(breaches(source)) == []


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.module)
def test_a_file_is_short_enough_to_hold_one_idea(source):
    assert source.text.count("\n") <= LONGEST_FILE


def test_layers_have_no_cycle():
    left = {unit: set(below) & set(LAYERS) for unit, below in LAYERS.items()}
    while left:
        lowest = {unit for unit, below in left.items() if not below & set(left)}
        assert lowest, f"these import one another: {sorted(left)}"
        left = {unit: below for unit, below in left.items() if unit not in lowest}


# The checker itself, on what it has to catch.


@pytest.mark.parametrize(
    ("module", "text", "said"),
    [
        ("causalkit.did._x", "from causalkit.iv import tsls", "did may not import iv"),
        ("causalkit.did._x", "from causalkit import iv", "did may not import iv"),
        ("causalkit.did._x", "from ..iv import tsls", "did may not import iv"),
        ("causalkit.did._x", "def f():\n    from causalkit.iv import tsls", "did may not import iv"),
        ("causalkit.did._x", "if TYPE_CHECKING:\n    from causalkit.iv import X", "did may not import iv"),
        ("causalkit._numerics._x", "from causalkit.results import Effect", "_numerics may not import results"),
        ("causalkit._numerics._x", "from causalkit._frames import read_rows", "_numerics may not import _frames"),
        ("causalkit.results._x", "from causalkit.plot import draw", "results may not import plot"),
        (
            "causalkit.results._x",
            "def f():\n    from causalkit.simpson import diagnose",
            "results may not import simpson",
        ),
        ("causalkit.simulate._x", "from causalkit._numerics._linear import f", "simulate may not import _numerics"),
        ("causalkit.plot._x", "from causalkit.simpson._cells import Cells", "a step file is its method's own"),
        ("causalkit.plot._x", "import matplotlib.pyplot as plt", "not on import"),
        ("causalkit.did._x", "def f():\n    import matplotlib.pyplot as plt", "only plot may"),
        ("causalkit.did._x", "from statsmodels.api import OLS", "not on import"),
        ("causalkit.iv._x", "class A:\n    import linearmodels", "not on import"),
        ("causalkit.matching._x", "try:\n    import sklearn\nexcept ImportError:\n    pass", "not on import"),
        ("causalkit.did._x", "import narwhals as nw", "only _frames may"),
        ("causalkit.did._x", "def f():\n    import pandas as pd", "only _compare, _frames, results may"),
        ("causalkit.did._x", "from scipy.stats import norm", "tails come from"),
        ("causalkit.did._x", "from scipy import stats", "tails come from"),
        ("causalkit.did._x", "from scipy.stats import qmc", "only _numerics may"),
        ("causalkit.did._x", "import random", "numpy Generator"),
        ("causalkit.synth._x", "import math", "no row in LAYERS"),
    ],
)
def test_the_checker_sees(module, text, said):
    assert said in described(module, text)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("causalkit.did._x", "import numpy as np\nfrom causalkit.results import Effect"),
        ("causalkit.did._x", "from causalkit._numerics._linear import f"),
        ("causalkit.did._x", "def f():\n    from statsmodels.api import OLS"),
        ("causalkit.did._x", "if TYPE_CHECKING:\n    import pandas as pd\n    from matplotlib.axes import Axes"),
        ("causalkit.did._x", "from causalkit.did._design import Design"),
        ("causalkit.results._x", "def f():\n    from causalkit.plot import draw"),
        ("causalkit.results._x", "if TYPE_CHECKING:\n    from causalkit.plot import Picture"),
        ("causalkit.plot._x", "def f():\n    import matplotlib.pyplot as plt"),
        ("causalkit._numerics._x", "def f():\n    from scipy.stats import qmc"),
        ("causalkit._frames._x", "import narwhals as nw\nfrom scipy import special"),
    ],
)
def test_the_checker_lets_pass(module, text):
    assert described(module, text) == ""
