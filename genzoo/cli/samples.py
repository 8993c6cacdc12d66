"""What `genzoo sample` and `genzoo evaluate` do."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import genzoo
from genzoo.cli import show
from genzoo.cli.fields import distinct
from genzoo.core.noise import stream
from genzoo.disk import check_new
from genzoo.errors import InputError


def sample(arguments: argparse.Namespace) -> None:
    """`genzoo sample`."""
    from genzoo.api.conditions import asked_conditions
    from genzoo.api.runs import column_names
    from genzoo.cli.runs import write_samples
    from genzoo.storage.run_files import read_config

    if not arguments.replace:
        check_new(Path(arguments.out))
    folder = Path(arguments.directory)
    model = genzoo.load(folder)
    given = distinct(arguments.given, "--given")
    generator = stream(arguments.seed, "conditions")
    context = asked_conditions(model, arguments.n, given, generator=generator)
    samples = model.sample(
        arguments.n, generator=stream(arguments.seed, "samples"), context=context
    )
    conditions: dict[str, Sequence[object]] = {}
    if model.context_spec is not None and context is not None:
        conditions.update(model.context_spec.decode(context))
    write_samples(Path(arguments.out), samples, column_names(read_config(folder)), conditions)
    if arguments.json:
        show.show_json({"file": arguments.out, "shape": list(samples.shape)})
    else:
        shape = tuple(samples.shape[1:])
        show.show_line(f"{arguments.n} samples of shape {shape} are in {arguments.out}.")


def evaluate(arguments: argparse.Namespace) -> None:
    """`genzoo evaluate`."""
    subject: Any = arguments.samples
    settings: dict[str, Any] = {
        "metrics": arguments.metrics or "quick",
        "name": Path(subject).name,
        "features": arguments.features,
        "weights": arguments.weights,
        "seeds": arguments.seeds,
        "train": arguments.train,
        "holdout": arguments.holdout,
    }
    if arguments.n is not None:
        settings["n"] = arguments.n
    if Path(subject).is_dir():
        if arguments.seeds is not None:
            raise InputError("a trained run is scored at its own seed: leave --seeds out")
        from genzoo.api.runs import read_fit

        subject = read_fit(Path(subject))
    table = genzoo.evaluate(subject, arguments.data, **settings)
    show.show_comparison(table, as_json=arguments.json)
