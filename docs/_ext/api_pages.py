"""The reference pages: one per namespace, from its ``__all__``, so that no public name can be forgotten."""

from __future__ import annotations

import importlib
import inspect
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# Functions at the top of the package, and what they return.
AT_THE_TOP = {"compare": "Comparison", "decide": "Decision", "design_advice": "Advice"}

INDEX = """\
# Reference

{table}

```{{toctree}}
:hidden:

{pages}
```
"""

NAMESPACE = """\
{title}
{rule}

.. automodule:: {module}
   :no-members:

{sections}
"""

SECTION = """\
.. rubric:: {title}

.. currentmodule:: {module}

.. autosummary::
   :toctree: generated
   :nosignatures:

{names}
"""

TOP = """\
{title}
{rule}

.. autofunction:: causalkit.{name}

.. autoclass:: causalkit.{returned}
   :members:
   :inherited-members:
"""


def namespaces() -> list[str]:
    """The public namespaces, as the package lists them."""
    import causalkit

    elsewhere = {*AT_THE_TOP, *AT_THE_TOP.values()}
    return [each for each in causalkit.__all__ if not each.startswith("_") and each not in elsewhere]


def first_line(value: Any) -> str:
    """The summary of a docstring."""
    return (inspect.getdoc(value) or "").strip().partition("\n")[0]


def page(module: str, names: list[str], *, title: str) -> str:
    """One reference page: what the module says of itself, then its functions and its classes."""
    found = {name: getattr(importlib.import_module(module), name) for name in names}
    groups = {
        "Functions": [name for name, value in found.items() if inspect.isfunction(value)],
        "Classes": [name for name, value in found.items() if inspect.isclass(value)],
    }
    rest = sorted(set(found) - {name for group in groups.values() for name in group})
    sections = [
        SECTION.format(title=heading, module=module, names="\n".join(f"   {name}" for name in group))
        for heading, group in groups.items()
        if group
    ]
    sections += [f".. autodata:: {module}.{name}\n   :no-value:\n" for name in rest]
    return NAMESPACE.format(title=title, rule="=" * len(title), module=module, sections="\n".join(sections))


def write(app: Sphinx, _config: object) -> None:
    """Write the pages before Sphinx looks for its sources."""
    import causalkit

    folder = Path(app.srcdir) / "api"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    rows = ["| name | what |", "|---|---|"]
    for namespace in namespaces():
        module = importlib.import_module(f"causalkit.{namespace}")
        text = page(module.__name__, list(module.__all__), title=f"causalkit.{namespace}")
        (folder / f"{namespace}.rst").write_text(text, encoding="utf-8")
        rows.append(f"| [`causalkit.{namespace}`]({namespace}.rst) | {first_line(module)} |")
    for name, returned in AT_THE_TOP.items():
        text = TOP.format(title=f"causalkit.{name}", rule="=" * (10 + len(name)), name=name, returned=returned)
        (folder / f"{name}.rst").write_text(text, encoding="utf-8")
        rows.append(f"| [`causalkit.{name}`]({name}.rst) | {first_line(getattr(causalkit, name))} |")
    pages = "\n".join([*namespaces(), *AT_THE_TOP])
    (folder / "index.md").write_text(INDEX.format(table="\n".join(rows), pages=pages), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before autosummary, which reads them."""
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
