"""The `genzoo` command: words in, the functions of `genzoo.api`, words out.

Nothing can be done here that cannot be done from Python.
"""

from genzoo.cli.entry import main, run

__all__ = ["main", "run"]
