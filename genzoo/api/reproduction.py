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
        metrics: Panels and metrics, as the user gave them: which metrics a panel holds depends on
            the source.

    Returns:
        The command; nothing where a part of it has no name: a source or a sample given as an
        object, other seeds than the first n.
    """
    files = all(isinstance(file, str | Path) for file in samples.values())
    if not files or not _is_named(experiment):
        return ""
    words = ["genzoo", "compare", "-m"]
    for contestant in experiment.contestants:
        words.append(_spelled(contestant))
    words.append("-d")
    for problem in experiment.problems:
        words.append(problem.spec)
    words += ["--seeds", str(len(experiment.seeds))]
    words += ["--metrics", metrics if isinstance(metrics, str) else ",".join(metrics)]
    if samples:
        words.append("--samples")
        for name, file in samples.items():
            words.append(f"{name}={file}")
    if experiment.match:
        words += ["--match", experiment.match]
    if fields:
        words += ["--recipe", *_assignments(fields)]
    return shlex.join(words)


def _is_named(experiment: Experiment) -> bool:
    """Whether words of the command line name all its models, sources and seeds."""
    if not experiment.contestants:
        return False
    for contestant in experiment.contestants:
        if not contestant.config.get("name") or "options" not in contestant.config:
            return False
    for problem in experiment.problems:
        if not problem.spec:
            return False
    return list(experiment.seeds) == list(range(len(experiment.seeds)))


def _spelled(contestant: Contestant) -> str:
    if contestant.spec:
        return f"{contestant.name}={contestant.spec}"
    return contestant.name


def _assignments(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            for update, number in value.items():
                yield f"{name}.{update}={number}"
        elif isinstance(value, list | tuple):
            yield f"{name}={','.join(map(str, value))}"
        elif value is None:
            yield f"{name}=none"
        else:
            yield f"{name}={value}"
