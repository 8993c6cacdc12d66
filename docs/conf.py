"""Sphinx configuration: Markdown pages, and an API reference read from the docstrings."""

import re
import sys
from pathlib import Path

import genzoo

sys.path.insert(0, str(Path(__file__).parent))

project = "genzoo"
author = "the genzoo authors"
copyright = "the genzoo authors, MIT licence"
version = release = genzoo.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "citations",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"genzoo {release}"
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["pictures.css"]
html_math_renderer = "mathml"

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "pictures.place",
    "image_scrapers": ("pictures.scrape",),
    "capture_repr": (),
    "show_signature": False,
    "download_all_examples": False,
    "write_computation_times": False,
    "min_reported_time": 10**6,
}

default_role = "code"
autosummary_generate = True
autosummary_ignore_module_all = True
autodoc_default_options = {"members": True, "ignore-module-all": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_numpy_docstring = False
napoleon_use_ivar = True

_CODE = re.compile(r"(`[^`]*`)")
_PLURAL = re.compile(r"(`[^`]+`)(?=\w)")
_SPECIAL = re.compile(r"[*|]|(?<=\w)_(?!\w)")


def _escape(line: str) -> str:
    """Plain text in reStructuredText: docstrings use its markup only for `code` and lists."""
    if line.lstrip().startswith((">>>", "...")):
        return line
    plain = ""
    for part in _CODE.split(line):
        if part.startswith("`"):
            plain += part
        else:
            plain += _SPECIAL.sub(r"\\\g<0>", part)
    return _PLURAL.sub(r"\1\\ ", plain)


def _plain_docstring(app, what, name, obj, options, lines):
    lines[:] = [_escape(line) for line in lines]


def setup(app):
    # Before napoleon, whose priority is 500, adds its markup.
    app.connect("autodoc-process-docstring", _plain_docstring, priority=400)
