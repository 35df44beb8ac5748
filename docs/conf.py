"""Sphinx settings of the site; builds without a network, and the pages load nothing from one."""

from __future__ import annotations

import base64
import os
import shutil
import sys
from pathlib import Path

import nbformat

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "_ext"), str(ROOT)]

import causalkit  # noqa: E402

# Kernels choose the backend that puts pictures into the page.
os.environ.pop("MPLBACKEND", None)

project = "causalkit"
author = "The causalkit developers"
project_copyright = "2026, the causalkit developers"
release = version = causalkit.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "api_pages",
    "mathml",
    "sentences",
]
exclude_patterns = ["_ext", "_templates"]
templates_path = ["_templates"]
suppress_warnings = ["myst.header"]  # A recipe may start below its title.

# --- pages ---

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath", "smartquotes"]
myst_heading_anchors = 3
# Cells of guides run when the site is built, so that no number on a page is stale; a recipe is run by its own target.
nb_execution_mode = "auto"
nb_execution_excludepatterns = ["recipes/*"]
nb_execution_timeout = 180
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True

# --- reference ---

autosummary_generate = True
autodoc_typehints = "none"  # The docstrings say the types in words.
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

# --- look ---

html_theme = "pydata_sphinx_theme"
html_title = "causalkit"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "collapse_navigation": True,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_context = {"default_mode": "auto"}
# A page that has no section of its own needs no list of its section: wide tables get the room.
html_sidebars = {
    page: []
    for page in (
        "quickstart", "zh/quickstart", "which_design", "concepts", "glossary", "covariances", "validation",
        "calibration", "benchmarks", "features", "architecture", "dependencies", "contributing", "changelog",
    )
}  # fmt: skip


def copy_recipes() -> None:
    """Bring the executed notebooks into the site."""
    target = HERE / "recipes"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        shutil.copy(notebook, target)
        (target / notebook.name).with_suffix(".png").write_bytes(gallery_picture(notebook))


def gallery_picture(notebook: Path) -> bytes:
    """Return the picture of the cell that is tagged for the gallery."""
    cells = nbformat.read(notebook, as_version=4).cells
    outputs = [each for cell in cells if "gallery" in cell.metadata.get("tags", ()) for each in cell.outputs]
    pictures = [each["data"]["image/png"] for each in outputs if "image/png" in each.get("data", {})]
    if len(pictures) != 1:
        raise ValueError(f"{notebook.name}: {len(pictures)} pictures are tagged for the gallery; there must be one.")
    return base64.b64decode(pictures[0])


copy_recipes()
