"""The pieces of a comparison that can run on their own, in any order and in any process."""

import hashlib
import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from genzoo.core.metric import Estimate
from genzoo.core.model import GenerativeModel
from genzoo.disk import write_text
from genzoo.errors import InputError
from genzoo.experiment.controls import CONTROLS
from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.experiment.rows import as_scores
from genzoo.observation.events import diagnosed
from genzoo.observation.filming import film, steps_to_keep
from genzoo.observation.live import LiveModes
from genzoo.results.diagnosis import TrainingEvent, events_from_json, summarise_weights
from genzoo.results.recording import Gauge, Recording
from genzoo.results.types import FitResult, History, Score, TrainedRun
from genzoo.storage import run_files
from genzoo.storage.evaluation import model_sample, reference_sample, rows_sample, score
from genzoo.storage.identity import digest, slug
from genzoo.storage.run_record import run_config, run_facts
from genzoo.training import Trainer, TrainingProgress

Tick = Callable[[float, str], None]
"""Told how much of a task is done, as a fraction, and what it is doing; may raise to stop it."""

EVALUATION_COST = 0.4
SAMPLING = "sampling seconds"
"""Rough core-seconds to score one row at one seed, for the time left."""


@dataclass(frozen=True)
class FitTask:
    """Train one contestant on one problem, all seeds together, and score every seed."""

    experiment: Experiment
    contestant: Contestant
    problem: Problem
    root: Path

    @property
    def row(self) -> str:
        """The row that it fills."""
        return self.contestant.name

    @property
    def folder(self) -> Path:
        """Where its runs are kept."""
        identity = self._identity()
        return self.root / "runs" / slug(self.problem.name) / f"{slug(self.row)}-{digest(identity)}"

    @property
    def training_cost(self) -> float:
        """Rough core-seconds to train the seeds, where one of them is not on disk."""
        stack = len(self.experiment.seeds)
        return (0.003 + 0.0005 * stack) * self.contestant.recipe.steps if self._missing() else 0.0

    @property
    def cost(self) -> float:
        """Rough core-seconds in all."""
        unscored = sum(not self._scored(seed) for seed in self.experiment.seeds)
        return self.training_cost + EVALUATION_COST * unscored

    def run(self, tick: Tick) -> list[Score]:
        """Make what is missing on disk, and read the rest."""
        share = self.training_cost / max(self.cost, EVALUATION_COST)
        missing = self._missing()
        if missing:
            self._train(missing, lambda done, doing: tick(share * done, doing))
        self._trainer().discard_checkpoints()
        scores: list[Score] = []
        for count, seed in enumerate(self.experiment.seeds):
            tick(share + (1 - share) * count / len(self.experiment.seeds), "scoring")
            scores += self._scores(seed)
        return scores

    def samples(self, seed: int) -> Tensor | None:
        """The samples of a finished run, or None where it diverged or failed."""
        return run_files.read_samples(self._run_folder(seed))

    def histories(self) -> list[History]:
        """The histories of the runs on disk, in the order of the seeds."""
        folders = [self._run_folder(seed) for seed in self.experiment.seeds]
        return [
            run_files.read_history(folder)
            for folder in folders
            if (folder / run_files.HISTORY).exists()
        ]

    def watched(self) -> dict[int, History]:
        """By seed, what was watched of the runs on disk that were recorded."""
        folders = {seed: self._run_folder(seed) for seed in self.experiment.seeds}
        return {
            seed: run_files.read_history(folder, run_files.WATCHED)
            for seed, folder in folders.items()
            if (folder / run_files.WATCHED).exists()
        }

    def events(self) -> dict[int, tuple[TrainingEvent, ...]]:
        """By seed, what happened to the runs on disk."""
        done = [seed for seed in self.experiment.seeds if seed not in self._missing()]
        return {
            seed: events_from_json(run_files.read_config(self._run_folder(seed)).get("events", []))
            for seed in done
        }

    def weights_note(self) -> str:
        """What averaging the weights of the runs on disk changed, in words."""
        done = [seed for seed in self.experiment.seeds if seed not in self._missing()]
        return summarise_weights(
            run_files.read_config(self._run_folder(seed)).get("by_weights", {}) for seed in done
        )

    def recordings(self) -> list[Recording]:
        """The films on disk, in the order of the seeds."""
        films = [run_files.read_recording(self._run_folder(seed)) for seed in self.experiment.seeds]
        return [film for film in films if film is not None]

    def _train(self, missing: Sequence[int], tick: Tick) -> None:
        def observe(progress: TrainingProgress) -> None:
            tick(progress.step / max(progress.steps, 1), progress.summary)

        # All seeds, whichever are missing: float32 rounding depends on the size of a stack.
        seeds = list(self.experiment.seeds)
        source, recipe, gauge = self.problem.source, self.contestant.recipe, self.experiment.gauge
        keep = () if gauge is None else steps_to_keep(self._build, recipe.steps, len(seeds))
        told = observe if gauge is None else LiveModes(source, gauge, observe)
        fit = self._trainer().fit(self._build, source, seeds, recipe, [told], keep)
        recorded = fit if gauge is None else self._film(fit, gauge, seeds, tick)
        films = {recording.seed: recording for recording in recorded.recordings}
        for seed in missing:
            self._store(diagnosed(recorded.run(seed), source), films.get(seed))

    def _trainer(self) -> Trainer:
        return Trainer(
            device=self.experiment.device, checkpoint=self.folder / "checkpoint.safetensors"
        )

    def _film(self, fit: FitResult, gauge: Gauge, seeds: Sequence[int], tick: Tick) -> FitResult:
        """A fault in what is only shown of a model does not cost its training; a wish to stop is obeyed."""
        stops: list[BaseException] = []

        def tell(doing: str) -> None:
            try:
                tick(1.0, doing)
            except BaseException as stop:
                stops.append(stop)
                raise

        try:
            return film(fit, self.problem.source, gauge, seeds, tell)
        except Exception:
            if stops:
                raise
            write_text(self.folder / "recording-failure.txt", traceback.format_exc())
            return fit

    def _store(self, run: TrainedRun, recording: Recording | None) -> None:
        reference = reference_sample(self.problem.source, self.experiment.n, run.seed)
        samples, seconds = (None, None)
        if run.diverged_at is None:
            samples, seconds = model_sample(run.model, len(reference), run.seed)
        config = run_config(run, self._identity()) | {"sampling_seconds": seconds}
        folder = self._run_folder(run.seed)
        shutil.rmtree(folder, ignore_errors=True)  # what is left of a damaged run
        run_files.write_run(folder, run, config, samples, recording)

    def _scores(self, seed: int) -> list[Score]:
        folder = self._run_folder(seed)
        config = run_files.read_config(folder)
        problem = self.problem
        metrics = self.experiment.metrics_on(problem)
        known = problem.lasting(run_files.read_scores(folder), metrics)
        if config["diverged_at"] is not None:
            gone = Estimate.absent(f"diverged at step {config['diverged_at']}")
            known = {metric.name: gone for metric in metrics}
        elif any(metric.name not in known for metric in metrics):
            samples = run_files.read_samples(folder)
            if samples is None:
                raise InputError(f"{folder} has lost its samples: delete the folder to train again")
            model = self._build()
            model.load_state_dict(run_files.read_weights(folder))
            reference = reference_sample(problem.source, self.experiment.n, seed)
            known = score(
                samples,
                reference,
                problem.source,
                metrics,
                seed=seed,
                model=model.eval(),
                known=known,
                features=problem.features,
            )
            run_files.write_scores(
                folder, run_files.read_scores(folder) | problem.lasting(known, metrics)
            )
        facts = run_facts(config, self._build)
        return as_scores(self.row, self.problem.name, seed, known, self.experiment, **facts)

    def _scored(self, seed: int) -> bool:
        metrics = self.experiment.metrics_on(self.problem)
        known = self.problem.lasting(run_files.read_scores(self._run_folder(seed)), metrics)
        return all(metric.name in known for metric in metrics)

    def _build(self) -> GenerativeModel:
        return self.contestant.build(self.problem.source.event_shape)

    def _identity(self) -> dict[str, Any]:
        stacked = len(self.experiment.seeds) > 1
        return self.experiment.identity(self.contestant, self.problem, stacked=stacked)

    def _run_folder(self, seed: int) -> Path:
        return self.folder / f"seed-{seed:04d}"

    def _missing(self) -> list[int]:
        return [
            seed for seed in self.experiment.seeds if not run_files.is_whole(self._run_folder(seed))
        ]


@dataclass(frozen=True)
class RowTask:
    """Score a row that is not trained: a control, or samples that somebody else generated."""

    experiment: Experiment
    problem: Problem
    row: str
    root: Path

    @property
    def cost(self) -> float:
        """Rough core-seconds in all."""
        return EVALUATION_COST * sum(not self._known(seed) for seed in self.experiment.seeds)

    def run(self, tick: Tick) -> list[Score]:
        """Draw and score every seed that is not on disk."""
        scores: list[Score] = []
        for count, seed in enumerate(self.experiment.seeds):
            tick(count / len(self.experiment.seeds), "scoring")
            known = self._known(seed) or self._make(seed)
            seconds = known.pop(SAMPLING).value
            scores += as_scores(
                self.row, self.problem.name, seed, known, self.experiment, sampling_seconds=seconds
            )
        return scores

    @property
    def folder(self) -> Path:
        """Where its samples and scores are kept."""
        identity: list[Any] = [
            self.experiment.version,
            dict(self.problem.config),
            self.experiment.n,
        ]
        if self.row not in CONTROLS:
            sets = self.experiment.samples[self.row][self.problem.name].sets
            identity += [
                hashlib.sha256(rows.contiguous().numpy().tobytes()).hexdigest() for rows in sets
            ]
        return self.root / "runs" / slug(self.problem.name) / f"{slug(self.row)}-{digest(identity)}"

    def samples(self, seed: int) -> Tensor | None:
        """The samples that were scored at a seed."""
        return run_files.read_array(self._folder(seed) / run_files.SAMPLES)

    def _folder(self, seed: int) -> Path:
        return self.folder / f"seed-{seed:04d}"

    def _known(self, seed: int) -> dict[str, Estimate]:
        metrics = self.experiment.metrics_on(self.problem)
        known = self.problem.lasting(run_files.read_scores(self._folder(seed)), metrics)
        complete = all(name in known for name in (SAMPLING, *(metric.name for metric in metrics)))
        return known if complete else {}

    def _make(self, seed: int) -> dict[str, Estimate]:
        problem, metrics = self.problem, self.experiment.metrics_on(self.problem)
        source, stored = problem.source, run_files.read_scores(self._folder(seed))
        reference = reference_sample(source, self.experiment.n, seed)
        start = time.perf_counter()
        every, n = self._every(seed), len(reference)
        samples = (
            CONTROLS[self.row](source, n, seed) if every is None else rows_sample(every, n, seed)
        )
        seconds = Estimate(time.perf_counter() - start)
        known = problem.lasting(stored, metrics) | {SAMPLING: seconds}
        known = score(
            samples,
            reference,
            source,
            metrics,
            seed=seed,
            known=known,
            features=problem.features,
            every=every,
        )
        run_files.save_array(self._folder(seed) / run_files.SAMPLES, samples)
        run_files.write_scores(self._folder(seed), stored | problem.lasting(known, metrics))
        return known

    def _every(self, seed: int) -> Tensor | None:
        """All rows that were given for a seed; None for a control."""
        if self.row in CONTROLS:
            return None
        given = self.experiment.samples[self.row][self.problem.name]
        return given.at(list(self.experiment.seeds).index(seed))


Task = FitTask | RowTask


def failed_scores(task: FitTask, error: Exception) -> list[Score]:
    """What is recorded of a contestant whose code raised an exception; nothing is kept on disk."""
    gone = Estimate.absent(f"failed: {type(error).__name__}: {error}")
    estimates = {metric.name: gone for metric in task.experiment.metrics_on(task.problem)}
    return [
        row
        for seed in task.experiment.seeds
        for row in as_scores(
            task.row, task.problem.name, seed, estimates, task.experiment, status="failed"
        )
    ]
