"""The figures that a comparison writes, from what is on disk."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from genzoo import figures
from genzoo.api.drawing import Drawing
from genzoo.api.model_pictures import density_figure, draws_field, field_figure
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.context import ContextSpec
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource
from genzoo.data.curves import Paintings, positions_of
from genzoo.experiment import Experiment, Problem
from genzoo.experiment.controls import CONTROLS
from genzoo.experiment.run import experiment_tasks
from genzoo.experiment.tasks import FitTask, Row
from genzoo.figures.pace import without_collections
from genzoo.reporting import Story, page_pictures
from genzoo.results.recording import by_role
from genzoo.results.types import ComparisonTable, History
from genzoo.storage.evaluation import reference_sample
from genzoo.storage.identity import slug

COST = 0.07
"""Rough core-seconds that the pictures of all sources together take for each row of a source."""


def write_pictures(
    root: Path,
    experiment: Experiment,
    table: ComparisonTable,
    story: Story,
    workers: int = 1,
) -> dict[str, str]:
    """Write figures/: the zoo at a glance, samples, scores and losses.

    Of GANs in 1-D and of paintings also their training.

    Args:
        root: Folder of the comparison; its runs are read.
        experiment: What was compared.
        table: What came of it.
        story: What its page tells.
        workers: The number of processes that draw.

    Returns:
        The pictures of the page's sections as SVG, by key.
    """
    folder = root / "figures"
    jobs = []
    for picture in page_pictures(story):
        jobs.append((picture, folder / f"{picture.kind}-{slug(picture.source)}"))
    rows = sum(len(source_table.rows) for source_table in table.tables)
    with Drawing(jobs, workers, busy=COST * rows) as drawing:
        _write_others(folder, experiment, table, experiment_tasks(experiment, root))
        return drawing.finish()


def _write_others(
    folder: Path, experiment: Experiment, table: ComparisonTable, tasks: Sequence[Row]
) -> None:
    """The pictures that are not on the page, or on its first screen."""
    with without_collections():
        figures.save(figures.glance_figure(table.tables), folder / "glance")
        figures.save(_sheet(experiment, tasks), folder / "samples")
    for source_table, problem in zip(table.tables, experiment.problems, strict=True):
        name = slug(problem.name)
        mine = _tasks_on(problem, tasks)
        for task in mine:
            if isinstance(task, FitTask):
                _goodfellow(task, folder / f"figure1-{name}-{slug(task.row)}")
        if problem.source.event_shape == (2,):
            _of_models(problem, mine, source_table.rows, folder)
        if isinstance(problem.source, Paintings):
            with without_collections():
                painting = _painting(problem.source, experiment, mine, _histories(mine))
                figures.save(painting, folder / f"training-{name}")


def _tasks_on(problem: Problem, tasks: Sequence[Row]) -> list[Row]:
    return [task for task in tasks if task.problem == problem]


def _sheet(experiment: Experiment, tasks: Sequence[Row]) -> Figure:
    """Samples of every row on every source, of the first seed."""
    seed = experiment.seeds[0]
    truth, samples, grids, densities = {}, {}, {}, {}
    for problem in experiment.problems:
        name, source = problem.name, problem.source
        mine = _tasks_on(problem, tasks)
        spec = source.context_spec if _has_conditions(mine, seed) else None
        real = reference_sample(source, experiment.n, seed)
        truth[name] = figures.with_conditions(real, spec)
        samples[name] = _samples(mine, seed, spec)
        positions = positions_of(source)
        if positions is not None:
            grids[name] = positions
        density = _density(source, real.x)
        if density is not None:
            densities[name] = density
    rows = list(dict.fromkeys(task.row for task in tasks))
    caption = f"The runs of seed {seed}."
    return figures.samples_sheet(
        truth, samples, rows=rows, grids=grids, densities=densities, caption=caption
    )


@without_collections()
def _goodfellow(task: FitTask, path: Path) -> None:
    """Figure 1 of Goodfellow et al. (2014) of the median seed of a 1-D GAN.

    Nothing for other models.
    """
    recording = by_role(task.recordings()).get("median")
    if recording is None or not figures.shows_goodfellow(recording):
        return
    caption = f"{task.row} on {task.problem.name}, seed {recording.seed}."
    figures.save(figures.recorded_goodfellow_figure(recording, caption=caption), path)


@without_collections()
def _of_models(problem: Problem, tasks: Sequence[Row], rows: Sequence[str], folder: Path) -> None:
    """Fields and densities in the plane, of the first seed of each row that was trained."""
    name = slug(problem.name)
    densities: dict[str, GenerativeModel] = {}
    for task in tasks:
        model = task.trained() if isinstance(task, FitTask) else None
        if model is None:
            continue
        if isinstance(model, SupportsLogProb):
            densities[task.row] = model
        if draws_field(model):
            figure = field_figure(
                model,
                problem.source,
                name=task.row,
                rows=rows,
                title=f"The field on {problem.name}",
                generator=stream(0, "field figure"),
            )
            figures.save(figure, folder / f"field-{name}-{slug(task.row)}")
    if densities:
        title = f"Densities on {problem.name}"
        figure = density_figure(densities, problem.source, rows=rows, title=title)
        figures.save(figure, folder / f"density-{name}")


def _density(source: DataSource, truth: Tensor) -> figures.DensityGrid | None:
    """The exact density on the sheet's grid, of a source of one or two numbers that knows it."""
    if not isinstance(source, SupportsLogProb) or source.event_shape not in ((1,), (2,)):
        return None
    log_prob = source.log_prob
    return figures.density_grid(truth, lambda x: log_prob(torch.from_numpy(x).float()))


def _has_conditions(tasks: Sequence[Row], seed: int) -> bool:
    """Whether a row was asked for conditions, beside the controls, which come with those they had.

    Otherwise pictures show none.
    """
    for task in tasks:
        drawn = task.samples(seed)
        if task.row not in CONTROLS and drawn is not None and drawn.context is not None:
            return True
    return False


def _samples(tasks: Sequence[Row], seed: int, spec: ContextSpec | None = None) -> dict[str, Any]:
    """The samples of a seed, by row, with what is shown of their conditions."""
    samples: dict[str, Any] = {}
    for task in tasks:
        drawn = task.samples(seed)
        samples[task.row] = None
        if drawn is not None:
            samples[task.row] = figures.with_conditions(drawn, spec)
    return samples


def _histories(tasks: Sequence[Row]) -> dict[str, list[History]]:
    """The histories of all seeds, by row; rows without any are left out."""
    histories = {}
    for task in tasks:
        if isinstance(task, FitTask):
            of_row = task.histories()
            if of_row:
                histories[task.row] = of_row
    return histories


def _painting(
    source: Paintings,
    experiment: Experiment,
    tasks: Sequence[Row],
    histories: Mapping[str, Sequence[History]],
) -> Figure:
    seed = experiment.seeds[0]
    samples = _samples(tasks, seed)
    return figures.curve_training_figure(
        source.grid,
        source.lower_bound,
        source.upper_bound,
        reference_sample(source, experiment.n, seed).x,
        samples,
        histories,
        rows=list(samples),
        bound_labels=("lower bound x²", "upper bound 2x² + 1"),
    )
