"""The figures that a comparison writes, from what is on disk."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor

from genzoo import figures
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.source import DataSource
from genzoo.data.curves import CurveFamily, Paintings
from genzoo.experiment import Experiment, Problem
from genzoo.experiment.run import experiment_tasks
from genzoo.experiment.tasks import FitTask, Task
from genzoo.results.recording import by_role
from genzoo.results.types import ComparisonTable, History
from genzoo.storage.evaluation import reference_sample
from genzoo.storage.identity import slug


def write_pictures(root: Path, experiment: Experiment, table: ComparisonTable) -> list[Path]:
    """Write figures/: the zoo at a glance, samples, scores, losses, and the training of GANs in 1-D and on paintings.

    Args:
        root: Folder of the comparison; its runs are read.
        experiment: What was compared.
        table: What came of it.

    Returns:
        The files written.
    """
    folder = root / "figures"
    tasks = experiment_tasks(experiment, root)
    written = figures.save(figures.glance_figure(table.tables), folder / "glance")
    written += figures.save(_sheet(experiment, tasks), folder / "samples")
    for source_table, problem in zip(table.tables, experiment.problems, strict=True):
        name = slug(problem.name)
        written += figures.save(figures.score_figure(source_table), folder / f"scores-{name}")
        histories = _histories(experiment, problem, tasks)
        if histories:
            events = {
                row: list(table.events.get((problem.name, row), {}).values()) for row in histories
            }
            curves = figures.loss_curves(
                histories, problem.name, rows=source_table.rows, events=events
            )
            written += figures.save(curves, folder / f"losses-{name}")
        for task in tasks:
            if isinstance(task, FitTask) and task.problem == problem:
                written += _goodfellow(task, folder / f"figure1-{name}-{slug(task.row)}")
        if isinstance(problem.source, Paintings):
            written += figures.save(
                _painting(problem.source, experiment, problem, tasks, histories),
                folder / f"training-{name}",
            )
    return written


def _sheet(experiment: Experiment, tasks: Sequence[Task]) -> Figure:
    seed = experiment.seeds[0]
    truth = {p.name: reference_sample(p.source, experiment.n, seed) for p in experiment.problems}
    samples = {p.name: _samples(experiment, p, tasks) for p in experiment.problems}
    grids = {
        p.name: p.source.grid for p in experiment.problems if isinstance(p.source, CurveFamily)
    }
    found = {p.name: _density(p.source, truth[p.name]) for p in experiment.problems}
    densities = {name: density for name, density in found.items() if density is not None}
    rows = list(dict.fromkeys(task.row for task in tasks))
    caption = f"The runs of seed {seed}."
    return figures.samples_sheet(
        truth, samples, rows=rows, grids=grids, densities=densities, caption=caption
    )


def _goodfellow(task: FitTask, path: Path) -> list[Path]:
    """Figure 1 of Goodfellow et al. (2014) of the median seed of a 1-D GAN; nothing for other models."""
    recording = by_role(task.recordings()).get("median")
    if recording is None or not figures.shows_goodfellow(recording):
        return []
    caption = f"{task.row} on {task.problem.name}, seed {recording.seed}."
    return figures.save(figures.recorded_goodfellow_figure(recording, caption=caption), path)


def _density(source: DataSource, truth: Tensor) -> figures.DensityGrid | None:
    """The exact density on the sheet's grid, of a source of one or two numbers that knows it."""
    if not isinstance(source, SupportsLogProb) or source.event_shape not in ((1,), (2,)):
        return None
    known: SupportsLogProb = source
    return figures.density_grid(truth, lambda x: known.log_prob(torch.from_numpy(x).float()))


def _samples(
    experiment: Experiment, problem: Problem, tasks: Sequence[Task]
) -> dict[str, Tensor | None]:
    return {
        task.row: task.samples(experiment.seeds[0]) for task in tasks if task.problem == problem
    }


def _histories(
    experiment: Experiment, problem: Problem, tasks: Sequence[Task]
) -> dict[str, list[History]]:
    return {
        task.row: histories
        for task in tasks
        if isinstance(task, FitTask) and task.problem == problem and (histories := task.histories())
    }


def _painting(
    source: Paintings,
    experiment: Experiment,
    problem: Problem,
    tasks: Sequence[Task],
    histories: Mapping[str, Sequence[History]],
) -> Figure:
    return figures.curve_training_figure(
        source.grid,
        source.lower_bound,
        source.upper_bound,
        reference_sample(source, experiment.n, experiment.seeds[0]),
        _samples(experiment, problem, tasks),
        histories,
        rows=[task.row for task in tasks if task.problem == problem],
        bound_labels=("lower bound x²", "upper bound 2x² + 1"),
    )
