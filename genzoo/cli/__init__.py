"""The `genzoo` command."""

from genzoo.cli.entry import main

__all__ = ["main"]
