"""Data sources.

Toy distributions with exact densities, 1-D curves, small images, and the user's own files. No
models and no scores.
"""

from genzoo.data import arcs as arcs
from genzoo.data import checkerboard as checkerboard
from genzoo.data import curves as curves
from genzoo.data import digits as digits
from genzoo.data import flat_mixture as flat_mixture
from genzoo.data import mixtures as mixtures
from genzoo.data import oscillations as oscillations
from genzoo.data import pinwheel as pinwheel
from genzoo.data.arrays import ArraySource
from genzoo.data.create import create_parts, create_source
from genzoo.data.files import FileSource, load_file
from genzoo.data.registry import SOURCES, register_source
from genzoo.data.samples import given_samples, load_samples

__all__ = [
    "SOURCES",
    "ArraySource",
    "FileSource",
    "create_parts",
    "create_source",
    "given_samples",
    "load_file",
    "load_samples",
    "register_source",
]
