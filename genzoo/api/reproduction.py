"""The command line that makes a comparison again."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genzoo.experiment import Contestant, Experiment


def reproduction(
    experiment: Experiment,
    fields: Mapping[str, Any],
    samples: Mapping[str, Any],
    metrics: str | Sequence[str],
) -> str:
    """The `genzoo compare` command of an experiment.

    Args:
        experiment: What was compared.
        fields: Recipe fields that replaced those of every model.
        samples: Rows generated elsewhere, as the user gave them.
        metrics: Panels and metrics, as the user gave them; which metrics a panel holds depends on
            the source.

    Returns:
        The command; nothing where a part of it has no name: a source or a sample given as an
        object, other seeds than the first n.
    """
    names = [contestant.config.get("name") for contestant in experiment.contestants]
    named = all("options" in contestant.config for contestant in experiment.contestants) and all(
        names
    )
    files = all(isinstance(given, str | Path) for given in samples.values())
    sources = [problem.spec for problem in experiment.problems]
    if not (names and named and files and all(sources)) or list(experiment.seeds) != list(
        range(len(experiment.seeds))
    ):
        return ""
    words = [
        "genzoo",
        "compare",
        "-m",
        *(_spelled(contestant) for contestant in experiment.contestants),
    ]
    words += ["-d", *sources, "--seeds", str(len(experiment.seeds))]
    words += ["--metrics", metrics if isinstance(metrics, str) else ",".join(metrics)]
    if samples:
        words += ["--samples", *(f"{name}={given}" for name, given in samples.items())]
    if experiment.match:
        words += ["--match", experiment.match]
    if fields:
        words += ["--recipe", *_assignments(fields)]
    return " ".join(shlex.quote(word) for word in words)


def _spelled(contestant: Contestant) -> str:
    return f"{contestant.name}={contestant.spec}" if contestant.spec else contestant.name


def _assignments(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{update}={number}" for update, number in value.items())
        elif isinstance(value, list | tuple):
            yield f"{name}={','.join(map(str, value))}"
        else:
            yield f"{name}={'none' if value is None else value}"
