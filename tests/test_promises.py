"""What the package promises not to do: evaluate strings, touch global state, reach for the network."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.source import Source, ancestors, sources

if TYPE_CHECKING:
    from collections.abc import Iterator

# --- in the source ---

EVALUATORS = {"eval", "exec", "compile", "__import__", "globals", "locals", "print", "input", "breakpoint"}
DYNAMIC_ATTRIBUTES = {"getattr", "setattr", "delattr", "hasattr"}
# Calls whose name alone breaks a promise, whatever they are called on.
FORBIDDEN_METHODS = {
    "basicConfig": "configures logging for everybody",
    "eval": "evaluates a string",
    "putenv": "changes the environment",
    "set_loglevel": "configures logging for everybody",
    "set_option": "changes a global option",
    "set_printoptions": "changes a global option",
    "seterr": "changes numpy's error state; use np.errstate",
    "setlocale": "changes the locale",
    "setrecursionlimit": "changes the interpreter",
}
FORBIDDEN_CALLS = {
    "plt.show": "shows a window",
    "plt.ion": "changes matplotlib's mode",
    "plt.rc": "changes global style",
    "plt.style.use": "changes global style",
    "mpl.use": "changes the backend",
    "matplotlib.use": "changes the backend",
    "np.random.seed": "seeds the global generator",
}
# RandomState: the type is asked for, to be refused.
NUMPY_RANDOM = {"BitGenerator", "Generator", "PCG64", "Philox", "RandomState", "SeedSequence", "default_rng"}
NO_IMPORT = {
    "dill", "ftplib", "http", "marshal", "pickle", "requests", "shelve", "smtplib", "socket", "subprocess", "urllib",
    "yaml",
}  # fmt: skip
# Global state that is assigned rather than called.
GLOBAL_STATE = ("environ", "rcParams", "path_hooks")

# A module imported by a name that is not written in the code comes from a fixed table, in these files only.
IMPORTERS = {"causalkit", "causalkit.plot._dispatch", "causalkit.results._json"}
# An attribute's name is a literal, or runs over literals, or over the fields of a dataclass; the latter in these files.
FIELD_READERS = {"causalkit.results._record", "causalkit.simulate._calibration", "causalkit.simulate._replication"}


def broken(source: Source) -> Iterator[str]:
    """The promises that a file breaks, in words."""
    for node in ast.walk(source.tree):
        for why in _reasons(source, node):
            yield f"{source.module}:{getattr(node, 'lineno', 0)} {why}"


def _reasons(source: Source, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Assert):
        yield "asserts, which -O removes; raise a CausalkitError"
    elif isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        yield from (f"imports {name}" for name in names if name.split(".")[0] in NO_IMPORT)
    elif isinstance(node, ast.Call):
        yield from _call_reasons(source, node)
    elif isinstance(node, ast.Attribute):
        if ast.unparse(node.value) in {"np.random", "numpy.random"} and node.attr not in NUMPY_RANDOM:
            yield f"uses np.random.{node.attr}, numpy's global generator"
    elif isinstance(node, ast.Assign | ast.AugAssign | ast.Delete):
        targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
        yield from (f"changes {ast.unparse(each)}" for each in targets if _is_global_state(each))
    elif isinstance(node, ast.Global):
        yield f"rebinds the global {', '.join(node.names)}"


def _call_reasons(source: Source, call: ast.Call) -> Iterator[str]:
    called = ast.unparse(call.func)
    name = called.rpartition(".")[2]
    if called in EVALUATORS and not (called == "globals" and source.module == "causalkit"):
        yield f"calls {called}"
    if called in DYNAMIC_ATTRIBUTES and source.module not in FIELD_READERS and not _is_literal(call.args[1]):
        yield f"calls {called} with a computed name"
    if name == "import_module" and source.module not in IMPORTERS:
        yield "imports a module by a computed name"
    if isinstance(call.func, ast.Attribute) and name in FORBIDDEN_METHODS:
        yield f"calls {called}, which {FORBIDDEN_METHODS[name]}"
    if called in FORBIDDEN_CALLS:
        yield f"calls {called}, which {FORBIDDEN_CALLS[called]}"
    # Below the border there is no frame, and `query` asks a tree for neighbours.
    if isinstance(call.func, ast.Attribute) and name == "query" and source.unit != "_numerics":
        yield f"calls {called}, which evaluates a string on a frame"
    if any(f"{each}." in called for each in GLOBAL_STATE) and name in {"update", "setdefault", "pop", "clear"}:
        yield f"changes {called.rpartition('.')[0]}"
    if called in {"warnings.simplefilter", "warnings.filterwarnings"}:
        yield from _filter_reasons(call)


def _filter_reasons(call: ast.Call) -> Iterator[str]:
    if call.args and ast.unparse(call.args[0]) == "'ignore'":
        yield "ignores warnings; pass them on in our own words"
    if not any("warnings.catch_warnings" in ast.unparse(each) for each in _contexts(call)):
        yield "changes the filters of warnings for everybody"


def _contexts(node: ast.AST) -> Iterator[ast.expr]:
    for each in ancestors(node):
        if isinstance(each, ast.With):
            yield from (item.context_expr for item in each.items)


def _is_literal(node: ast.AST) -> bool:
    """A string in the code, or the variable of a loop over strings in the code."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, ast.Name) and any(
        isinstance(each, ast.Constant) and isinstance(each.value, str)
        for iterable in _iterables(node)
        for each in _elements(iterable)
    )


def _iterables(name: ast.Name) -> Iterator[ast.expr]:
    """What the loops around a name run over with it; a name of the function's own list is looked up."""
    for each in ancestors(name):
        loops: list[Any] = [each] if isinstance(each, ast.For) else getattr(each, "generators", [])
        for loop in loops:
            if ast.unparse(loop.target) == name.id:
                yield loop.iter
                if isinstance(loop.iter, ast.Name):
                    yield from _assigned(loop.iter)


def _assigned(name: ast.Name) -> Iterator[ast.expr]:
    function = next((each for each in ancestors(name) if isinstance(each, ast.FunctionDef)), None)
    for each in ast.walk(function) if function else ():
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == name.id:
            yield each.value


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else []


def _is_global_state(node: ast.expr) -> bool:
    """``os.environ[...]``, ``mpl.rcParams[...]``, ``pd.options.display...``, ``sys.path...``."""
    if isinstance(node, ast.Name):
        return False
    text = ast.unparse(node)
    return any(f".{each}" in text for each in GLOBAL_STATE) or text.startswith(("pd.options.", "sys.", "np.core."))


def described(text: str, module: str = "causalkit.did._x") -> str:
    """The broken promises of a source string, as one text."""
    return "\n".join(broken(Source(module=module, text=text)))


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.module)
def test_a_file_keeps_the_promises(source):
    assert list(broken(source)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("eval('1+1')", "calls eval"),
        ("exec(code)", "calls exec"),
        ("compile(code, '', 'eval')", "calls compile"),
        ("pd.eval('a+b')", "evaluates a string"),
        ("df.eval('a+b')", "evaluates a string"),
        ("df.query(text)", "evaluates a string on a frame"),
        ("getattr(x, name)", "computed name"),
        ("setattr(x, name, 1)", "computed name"),
        ("hasattr(x, f'a{b}')", "computed name"),
        ("for name in names:\n    getattr(x, name)", "computed name"),
        ("def f(x, name):\n    return getattr(x, name)", "computed name"),
        ("importlib.import_module(name)", "computed name"),
        ("assert x > 0", "raise a CausalkitError"),
        ("np.random.seed(1)", "seeds the global generator"),
        ("np.random.normal(size=3)", "global generator"),
        ("numpy.random.rand()", "global generator"),
        ("warnings.filterwarnings('ignore')", "ignores warnings"),
        ("warnings.simplefilter('always')", "for everybody"),
        ("with warnings.catch_warnings():\n    warnings.simplefilter('ignore')", "ignores warnings"),
        ("plt.show()", "shows a window"),
        ("mpl.rcParams['font.size'] = 9", "changes mpl.rcParams"),
        ("mpl.rcParams.update(style)", "changes mpl.rcParams"),
        ("os.environ['A'] = 'b'", "changes os.environ"),
        ("os.environ.setdefault('A', 'b')", "changes os.environ"),
        ("pd.options.mode.copy_on_write = True", "changes pd.options"),
        ("pd.set_option('a', 1)", "global option"),
        ("np.seterr(all='ignore')", "np.errstate"),
        ("logging.basicConfig()", "logging"),
        ("sys.path.insert(0, '.')\nsys.path += ['.']", "changes sys.path"),
        ("import pickle", "imports pickle"),
        ("from urllib.request import urlopen", "imports urllib"),
        ("def f():\n    global _CACHE\n    _CACHE = 1", "rebinds the global"),
    ],
)
def test_the_checker_sees(text, said):
    assert said in described(text)


@pytest.mark.parametrize(
    "text",
    [
        "re.compile('a')",
        "getattr(x, 'dtype', None)",
        "for name in ('a', 'b'):\n    getattr(x, name)",
        "[name for name in ('a', 'b') if not hasattr(x, name)]",
        "def f(self):\n    names = ('a', 'b')\n    return {name: getattr(self, name) for name in names}",
        "object.__setattr__(self, name, value)",
        "np.random.default_rng(0)",
        "rng: np.random.Generator",
        "with warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')",
        "with np.errstate(divide='ignore'):\n    a / b",
        "with mpl.rc_context({'svg.hashsalt': 'causalkit'}):\n    figure.savefig(out)",
        "self.path = path",
    ],
)
def test_the_checker_lets_pass(text):
    assert described(text) == ""


def test_a_tree_of_neighbours_may_be_queried():
    assert described("tree.query(at, k=3)", module="causalkit._numerics._nearest_nd") == ""


# --- at run time, in a fresh interpreter ---

EVERY_MODULE = """
import importlib, pkgutil
import causalkit

def every_module():
    yield causalkit
    for each in pkgutil.walk_packages(causalkit.__path__, "causalkit."):
        yield importlib.import_module(each.name)
"""

OFFLINE = (
    EVERY_MODULE
    + """
import socket

def refuse(*args, **kwargs):
    raise RuntimeError("the network was asked for")

socket.socket = socket.create_connection = socket.getaddrinfo = refuse
assert len(list(every_module())) > 20
from causalkit import datasets
for name in datasets.names():
    assert len(datasets.load(name)) > 0
"""
)

# Heavy libraries are imported before the snapshot: what they change on import is theirs.
UNCHANGED = (
    EVERY_MODULE
    + """
import copy, locale, logging, os, sys, warnings
import matplotlib, matplotlib.pyplot, numpy, pandas, scipy.special, sklearn, statsmodels.api, linearmodels, tqdm.auto
import polars, pyarrow

def state():
    kind, keys, position, *rest = numpy.random.get_state()
    return {
        "numpy random": (kind, keys.tolist(), position, rest),
        "numpy errors": numpy.geterr(),
        "numpy printing": {k: str(v) for k, v in numpy.get_printoptions().items()},
        "warnings": [str(each) for each in warnings.filters],
        "showwarning": warnings.showwarning,
        "rcParams": {k: str(v) for k, v in matplotlib.rcParams.items()},
        "backend": matplotlib.get_backend(),
        "pandas": [pandas.get_option(k) for k in ("display.max_rows", "display.precision", "display.width")],
        "logging": (logging.root.level, list(logging.root.handlers), logging.root.disabled),
        "environment": dict(os.environ),
        "path": list(sys.path),
        "hooks": (sys.excepthook, sys.displayhook),
        "locale": locale.setlocale(locale.LC_ALL),
        "directory": os.getcwd(),
        "recursion": sys.getrecursionlimit(),
    }

before = state()
list(every_module())
from causalkit import datasets
frame = datasets.load("kidney_stones")
from causalkit import simpson
result = simpson.diagnose(frame, outcome="success", treatment="treatment", by="stone_size", treated="open surgery")
result.summary(), result.to_json(), result.to_frame(), result.to_latex(), result._repr_html_(), result.plot()
after = state()
changed = [key for key in before if before[key] != after[key]]
assert not changed, {key: (before[key], after[key]) for key in changed}
"""
)


def run(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_nothing_is_fetched_on_import_or_for_a_dataset():
    run(OFFLINE)


def test_import_and_use_leave_global_state_alone():
    run(UNCHANGED)
