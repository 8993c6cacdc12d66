"""What the losses of a comparison cannot fall below, where that is known."""

from pathlib import Path

from genzoo.api.optimal_field import irreducible_loss, known_field
from genzoo.core.noise import stream
from genzoo.experiment import Experiment
from genzoo.experiment.run import experiment_tasks
from genzoo.experiment.tasks import FitTask
from genzoo.models.transport import Transport

DRAWS = 2**13
"""As many as a line in a picture needs."""


def least_losses(experiment: Experiment, root: Path) -> dict[str, dict[str, float]]:
    """By source and row, the least loss that any network can reach, see `irreducible_loss`.

    Args:
        experiment: What was compared.
        root: Folder of the comparison; units are those of the first run of a row that was trained.
    """
    found: dict[str, dict[str, float]] = {}
    for task in experiment_tasks(experiment, root):
        if isinstance(task, FitTask):
            value = _least_loss(task)
            if value is not None:
                found.setdefault(task.problem.name, {})[task.row] = value
    return found


def _least_loss(task: FitTask) -> float | None:
    model = task.trained()
    if not isinstance(model, Transport) or known_field(task.problem.source, model) is None:
        return None
    generator = stream(0, "least loss")
    loss = irreducible_loss(task.problem.source, model, draws=DRAWS, generator=generator)
    return loss.value
