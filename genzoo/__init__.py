"""genzoo: one interface, exact truth, honest comparisons."""

__version__ = "0.1.0"
