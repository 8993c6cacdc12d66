"""What `genzoo precompile` does."""

import argparse
import warnings
from dataclasses import asdict

import genzoo
from genzoo.cli import show
from genzoo.cli.fields import recipe_fields
from genzoo.cli.progress import Meter
from genzoo.errors import EngineFallback


def precompile(arguments: argparse.Namespace) -> None:
    """`genzoo precompile`."""
    with Meter() as meter, warnings.catch_warnings():
        # The table says it.
        warnings.simplefilter("ignore", EngineFallback)
        try:
            done = genzoo.precompile(
                arguments.models or None,
                arguments.data or None,
                seeds=arguments.seeds,
                protocol=arguments.protocol,
                engine=arguments.engine,
                observer=meter.update,
                **recipe_fields(arguments),
            )
        except KeyboardInterrupt as interruption:
            sentence = "stopped; what was compiled is kept: run the same command again to continue"
            raise type(interruption)(sentence) from interruption
    if arguments.json:
        show.show_json([asdict(one) for one in done])
        return
    rows: list[list[str]] = []
    for one in done:
        rows.append([one.model, one.source, str(one.seeds), str(one)])
    show.show_table(["model", "source", "seeds together", "step"], rows)
