"""What comparison.json holds, and what is checked of the files of a report."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

import torch

from genzoo.data.curves import positions_of
from genzoo.errors import InputError
from genzoo.experiment import Contestant, Experiment
from genzoo.experiment.run import experiment_tasks
from genzoo.experiment.tasks import FitTask
from genzoo.metrics import METRICS
from genzoo.reporting import BEGINNING
from genzoo.version import __version__


def experiment_facts(experiment: Experiment, root: Path, command: str) -> dict[str, Any]:
    """How a comparison is made, and in which folders its runs lie, in JSON types.

    Args:
        experiment: What is compared.
        root: Folder of the comparison.
        command: What reproduces it on the command line.
    """
    metrics_on: dict[str, list[str]] = {}
    features: dict[str, str] = {}
    for problem in experiment.problems:
        metrics_on[problem.name] = [metric.name for metric in experiment.metrics_on(problem)]
        features[problem.name] = "pixels"
        if problem.features is not None:
            features[problem.name] = problem.features.name
    return {
        "genzoo": __version__,
        "torch": torch.__version__,
        "models": _models(experiment.contestants),
        "match": experiment.match,
        "matched": _matched(experiment),
        "sources": [dict(problem.config) for problem in experiment.problems],
        "seeds": list(experiment.seeds),
        "metrics": [metric.name for metric in experiment.metrics],
        "metrics_on": metrics_on,
        "described": _descriptions(experiment),
        "samples": experiment.n,
        "outside": list(experiment.samples),
        "features": features,
        "device": experiment.device,
        "command": command,
        "runs": _run_folders(experiment, root),
    }


def _models(contestants: Sequence[Contestant]) -> list[dict[str, Any]]:
    models = []
    for contestant in contestants:
        own = {"row": contestant.name, "recipe": contestant.recipe.to_dict()}
        models.append(dict(contestant.config) | own)
    return models


def _matched(experiment: Experiment) -> dict[str, list[dict[str, Any]]]:
    """By source, the models as they are trained there, where they were matched."""
    matched: dict[str, list[dict[str, Any]]] = {}
    if experiment.match:
        for problem in experiment.problems:
            matched[problem.name] = _models(experiment.contestants_on(problem))
    return matched


def _descriptions(experiment: Experiment) -> dict[str, str]:
    """What each registered metric measures, by name."""
    registered = METRICS.names()
    descriptions = {}
    for metric in experiment.metrics:
        if metric.name in registered:
            descriptions[metric.name] = METRICS.entry(metric.name).description
    return descriptions


def _run_folders(experiment: Experiment, root: Path) -> dict[str, dict[str, Any]]:
    """By source, the folders of its models, and where its examples are taken if they are curves."""
    runs: dict[str, dict[str, Any]] = {}
    for problem in experiment.problems:
        positions = positions_of(problem.source)
        numbers = None if positions is None else positions.tolist()
        runs[problem.name] = {"models": {}, "positions": numbers}
    for task in experiment_tasks(experiment, root):
        if isinstance(task, FitTask):
            folder = str(task.folder.relative_to(root))
            runs[task.problem.name]["models"][task.row] = folder
    return runs


def are_facts(facts: Any) -> bool:
    """Whether it is what comparison.json holds, as far as a report reads it."""
    if not isinstance(facts, dict):
        return False
    seeds, runs = facts.get("seeds", {}), facts.get("runs", {})
    if not isinstance(seeds, list) or not isinstance(runs, dict):
        return False
    if not all(isinstance(seed, int) and 0 <= seed < 2**63 for seed in seeds):
        return False
    texts = {"command": facts.get("command", ""), "genzoo": facts.get("genzoo", "")}
    if not _are_texts(texts) or not _are_texts(facts.get("described", {})):
        return False
    least = facts.get("least_losses", {})
    if not isinstance(least, dict) or not all(_are_numbers(of) for of in least.values()):
        return False
    return all(_are_runs(folders) for folders in runs.values())


def check_replaceable(path: Path) -> None:
    """Refuse to write a report over anything but a report.

    Raises:
        InputError: When there is something else.
    """
    if not path.exists():
        return
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(BEGINNING)) == BEGINNING.encode():
                return
    raise InputError(
        f"{path} exists and is no report: "
        "choose another file, or say that it may be replaced (--replace)"
    )


def _are_texts(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(text, str) for text in value.values())


def _are_numbers(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(number, int | float) for number in value.values())


def _are_runs(value: Any) -> bool:
    """Whether it names folders within the comparison, and positions of curves."""
    if not isinstance(value, dict) or not _are_texts(value.get("models", {})):
        return False
    for folder in value.get("models", {}).values():
        path = PurePath(folder)
        if path.is_absolute() or ".." in path.parts:
            return False
    positions = value.get("positions")
    if positions is None:
        return True
    if not isinstance(positions, list) or len(positions) < 2:
        return False
    return all(isinstance(number, int | float) for number in positions)
