"""The piece of a comparison that trains one model on one source and scores its runs."""

import shutil
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from genzoo.core.metric import Estimate, Metric
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.source import real_size
from genzoo.disk import write_text
from genzoo.errors import InputError
from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.experiment.progress import EVALUATION_COST, Tick
from genzoo.experiment.rows import absent_everywhere, are_complete, as_scores
from genzoo.observation.events import diagnosed
from genzoo.observation.filming import film, steps_to_keep
from genzoo.observation.live import LiveModes
from genzoo.results.diagnosis import TrainingEvent, events_from_json, summarise_weights
from genzoo.results.recording import Gauge, Recording
from genzoo.results.types import FitResult, History, Score, TrainedRun
from genzoo.storage import run_files
from genzoo.storage.evaluation import RealSamples, model_sample, score
from genzoo.storage.identity import row_folder, seed_folder
from genzoo.storage.run_record import run_config, run_facts
from genzoo.storage.score_files import read_scores, write_scores
from genzoo.training import Trainer, TrainingProgress


@dataclass(frozen=True)
class FitTask:
    """Train one contestant on one problem, all seeds together, and score every seed.

    Attributes:
        experiment: The comparison that it is a part of.
        contestant: The model, as it is trained on this problem.
        problem: The source that is learned.
        root: Folder of the comparison.
        real: What its rows are held against, shared with the other tasks of the problem.
    """

    experiment: Experiment
    contestant: Contestant
    problem: Problem
    root: Path
    real: RealSamples = field(compare=False)

    @property
    def row(self) -> str:
        """The row that it fills."""
        return self.contestant.name

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What its runs share apart from the seed, in JSON types."""
        stacked = len(self.experiment.seeds) > 1
        return self.experiment.identity(self.contestant, self.problem, stacked=stacked)

    @cached_property
    def folder(self) -> Path:
        """Where its runs are kept."""
        return row_folder(self.root, self.problem.name, self.row, self.identity)

    @property
    def training_cost(self) -> float:
        """Rough core-seconds to train the seeds, where one of them is not on disk."""
        if not self._missing():
            return 0.0
        stack = len(self.experiment.seeds)
        return (0.003 + 0.0005 * stack) * self.contestant.recipe.steps

    @property
    def cost(self) -> float:
        """Rough core-seconds in all."""
        unscored = 0
        for seed in self.experiment.seeds:
            if not are_complete(self._stored(seed), self._metrics):
                unscored += 1
        return self.training_cost + EVALUATION_COST * unscored

    def run(self, tick: Tick) -> list[Score]:
        """Make what is missing on disk, and read the rest."""
        seeds = self.experiment.seeds
        share = self.training_cost / max(self.cost, EVALUATION_COST)
        missing = self._missing()
        if missing:
            self._train(missing, lambda done, doing: tick(share * done, doing))
        self._trainer().discard_checkpoints()
        scores: list[Score] = []
        for count, seed in enumerate(seeds):
            tick(share + (1 - share) * count / len(seeds), "scoring")
            scores += self._scores(seed)
        return scores

    def samples(self, seed: int) -> Batch | None:
        """The samples of a finished run, or None where it diverged or failed."""
        return run_files.read_samples(self._run_folder(seed))

    def trained(self) -> GenerativeModel | None:
        """The model of the first run on disk that did not diverge, or None."""
        for seed, config in self._configs().items():
            if config["diverged_at"] is None:
                return self._load(seed)
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
        for seed, config in self._configs().items():
            events[seed] = events_from_json(config.get("events", []))
        return events

    def weights_note(self) -> str:
        """What averaging the weights of the runs on disk changed, in words."""
        configs = self._configs().values()
        return summarise_weights(config.get("by_weights", {}) for config in configs)

    def recordings(self) -> list[Recording]:
        """The films on disk, in the order of the seeds."""
        films = []
        for seed in self.experiment.seeds:
            recording = run_files.read_recording(self._run_folder(seed))
            if recording is not None:
                films.append(recording)
        return films

    def _train(self, missing: Sequence[int], tick: Tick) -> None:
        def observe(progress: TrainingProgress) -> None:
            tick(progress.step / max(progress.steps, 1), progress.summary)

        # All seeds, whichever are missing: float32 rounding depends on the size of a stack.
        seeds = list(self.experiment.seeds)
        source = self.problem.source
        recipe = self.contestant.recipe
        gauge = self.experiment.gauge
        trainer = self._trainer()
        if gauge is None:
            fit = trainer.fit(self._build, source, seeds, recipe, [observe], ())
        else:
            steps = steps_to_keep(self._build, recipe.steps, len(seeds))
            live = LiveModes(source, gauge, observe)
            fit = trainer.fit(self._build, source, seeds, recipe, [live], steps)
            fit = self._film(fit, gauge, seeds, tick)
        films = {recording.seed: recording for recording in fit.recordings}
        for seed in missing:
            self._store(diagnosed(fit.run(seed), source), films.get(seed))

    def _trainer(self) -> Trainer:
        checkpoint = self.folder / "checkpoint.safetensors"
        experiment = self.experiment
        return Trainer(device=experiment.device, engine=experiment.engine, checkpoint=checkpoint)

    def _film(self, fit: FitResult, gauge: Gauge, seeds: Sequence[int], tick: Tick) -> FitResult:
        """The fit with its films.

        A fault in what is only shown of a model does not cost its training; a wish to stop is
        obeyed.
        """
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
        samples, seconds = None, None
        if run.diverged_at is None:
            source = self.problem.source
            n = real_size(source, self.experiment.n)
            samples, seconds = model_sample(run.model, source, n, run.seed)
        config = run_config(run, self.identity) | {"sampling_seconds": seconds}
        folder = self._run_folder(run.seed)
        shutil.rmtree(folder, ignore_errors=True)  # what is left of a damaged run
        run_files.write_run(folder, run, config, samples, recording)

    def _scores(self, seed: int) -> list[Score]:
        config = run_files.read_config(self._run_folder(seed))
        estimates = self._estimates(seed, config["diverged_at"])
        facts = run_facts(config, self._build)
        return as_scores(self.row, self.problem.name, seed, estimates, self.experiment, **facts)

    def _estimates(self, seed: int, diverged_at: int | None) -> dict[str, Estimate]:
        """By metric name, from disk where all are there."""
        if diverged_at is not None:
            reason = f"diverged at step {diverged_at}"
            return absent_everywhere(self.experiment, self.problem.name, reason)
        stored = self._stored(seed)
        if are_complete(stored, self._metrics):
            return stored
        return self._score(seed, stored)

    def _score(self, seed: int, stored: dict[str, Estimate]) -> dict[str, Estimate]:
        """Compute the estimates that are not on disk, and keep them there."""
        folder = self._run_folder(seed)
        samples = run_files.read_samples(folder)
        if samples is None:
            raise InputError(f"{folder} has lost its samples: delete the folder to train again")
        estimates = score(
            samples,
            self.real.at(seed),
            self.problem.source,
            self._metrics,
            seed=seed,
            model=self._load(seed),
            known=stored,
            features=self.problem.features,
            real_facts=self.real.facts(seed),
        )
        lasting = self.problem.lasting(estimates, self._metrics)
        write_scores(folder, read_scores(folder, self._metrics) | lasting, self._metrics)
        return estimates

    def _stored(self, seed: int) -> dict[str, Estimate]:
        stored = read_scores(self._run_folder(seed), self._metrics)
        return self.problem.lasting(stored, self._metrics)

    def _histories(self, name: str) -> dict[int, History]:
        """By seed, what a file of histories holds, for the runs that have it."""
        histories = {}
        for seed in self.experiment.seeds:
            folder = self._run_folder(seed)
            if (folder / name).exists():
                histories[seed] = run_files.read_history(folder, name)
        return histories

    def _configs(self) -> dict[int, dict[str, Any]]:
        """By seed, the records of the runs on disk."""
        missing = self._missing()
        configs = {}
        for seed in self.experiment.seeds:
            if seed not in missing:
                configs[seed] = run_files.read_config(self._run_folder(seed))
        return configs

    @property
    def _metrics(self) -> tuple[Metric, ...]:
        return self.experiment.metrics_on(self.problem)

    def _build(self) -> GenerativeModel:
        return self.contestant.build_on(self.problem.source)

    def _load(self, seed: int) -> GenerativeModel:
        model = self._build()
        model.load_state_dict(run_files.read_weights(self._run_folder(seed)))
        return model.eval()

    def _run_folder(self, seed: int) -> Path:
        return seed_folder(self.folder, seed)

    def _missing(self) -> list[int]:
        """The seeds whose runs are not on disk, or not whole."""
        seeds = self.experiment.seeds
        return [seed for seed in seeds if not run_files.is_whole(self._run_folder(seed))]
