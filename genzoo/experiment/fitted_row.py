"""The runs of one model on one source on disk: where they lie, and what is read of them."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from genzoo.core.model import Batch, GenerativeModel
from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.results.diagnosis import TrainingEvent, events_from_json, summarise_weights
from genzoo.results.recording import Recording
from genzoo.results.types import History
from genzoo.storage import run_files
from genzoo.storage.evaluation import RealSamples
from genzoo.storage.identity import row_folder, seed_folder


@dataclass(frozen=True)
class FittedRow:
    """The runs of one contestant on one problem, as they lie on disk.

    Attributes:
        experiment: The comparison that it is a part of.
        contestant: The model, as it is trained on this problem.
        problem: The source that is learned.
        root: Folder of the comparison.
        real: What its rows are held against, shared with the other tasks of the problem.
        stack: Of which seeds, where they are not all of the row.
    """

    experiment: Experiment
    contestant: Contestant
    problem: Problem
    root: Path
    real: RealSamples = field(compare=False)
    stack: tuple[int, ...] | None = None

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of these runs."""
        if self.stack is None:
            return tuple(self.experiment.seeds)
        return self.stack

    @cached_property
    def stacks(self) -> tuple[tuple[int, ...], ...]:
        """The seeds of the row as they are trained together."""
        return self.experiment.stacks(self.contestant, self.problem)

    @property
    def row(self) -> str:
        """The row that it fills."""
        return self.contestant.name

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What its runs share apart from the seed, in JSON types."""
        return self.experiment.identity(self.contestant, self.problem)

    @cached_property
    def folder(self) -> Path:
        """Where its runs are kept."""
        return row_folder(self.root, self.problem.name, self.row, self.identity)

    def of_stack(self, stack: tuple[int, ...]) -> Self:
        """The part of the row with these seeds; what is known of the row is not asked again."""
        part = replace(self, stack=stack)
        vars(part).update(identity=self.identity, folder=self.folder, stacks=self.stacks)
        return part

    def samples(self, seed: int) -> Batch | None:
        """The samples of a finished run, or None where it diverged or failed."""
        return run_files.read_samples(self.run_folder(seed))

    def trained(self) -> GenerativeModel | None:
        """The model of the first run on disk that did not diverge, or None."""
        for seed, config in self.configs().items():
            if config["diverged_at"] is None:
                return self.load(seed)
        return None

    def histories(self) -> list[History]:
        """The histories of the runs on disk, in the order of the seeds."""
        return list(self._histories(run_files.HISTORY).values())

    def watched(self) -> dict[int, History]:
        """By seed, what was watched of the runs on disk that were recorded."""
        return self._histories(run_files.WATCHED)

    def events(self) -> dict[int, tuple[TrainingEvent, ...]]:
        """By seed, what happened to the runs on disk."""
        events = {}
        for seed, config in self.configs().items():
            events[seed] = events_from_json(config.get("events", []))
        return events

    def weights_note(self) -> str:
        """What averaging the weights of the runs on disk changed, in words."""
        configs = self.configs().values()
        return summarise_weights(config.get("by_weights", {}) for config in configs)

    def recordings(self) -> list[Recording]:
        """The films on disk, in the order of the seeds."""
        films = []
        for seed in self.seeds:
            recording = run_files.read_recording(self.run_folder(seed))
            if recording is not None:
                films.append(recording)
        return films

    def _histories(self, name: str) -> dict[int, History]:
        """By seed, what a file of histories holds, for the runs that have it."""
        histories = {}
        for seed in self.seeds:
            folder = self.run_folder(seed)
            if (folder / name).exists():
                histories[seed] = run_files.read_history(folder, name)
        return histories

    def configs(self) -> dict[int, dict[str, Any]]:
        """By seed, the records of the runs on disk."""
        missing = self.missing()
        configs = {}
        for seed in self.seeds:
            if seed not in missing:
                configs[seed] = run_files.read_config(self.run_folder(seed))
        return configs

    def build(self) -> GenerativeModel:
        """An untrained model."""
        return self.contestant.build_on(self.problem.source)

    def load(self, seed: int) -> GenerativeModel:
        """The model of a run that is on disk."""
        model = self.build()
        model.load_state_dict(run_files.read_weights(self.run_folder(seed)))
        return model.eval()

    def run_folder(self, seed: int) -> Path:
        """Where the run of a seed is kept."""
        return seed_folder(self.folder, seed)

    def missing(self) -> list[int]:
        """The seeds whose runs are not on disk, or not whole."""
        return [seed for seed in self.seeds if not run_files.is_whole(self.run_folder(seed))]
