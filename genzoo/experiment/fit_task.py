"""The piece of a comparison that trains one model on one source and scores its runs."""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from genzoo.core.metric import Estimate, Metric
from genzoo.core.source import real_size
from genzoo.errors import InputError
from genzoo.experiment.films import unharmed
from genzoo.experiment.fitted_row import FittedRow
from genzoo.experiment.progress import EVALUATION_COST, Tick
from genzoo.experiment.rows import absent_everywhere, are_complete, as_scores
from genzoo.memory import is_refused
from genzoo.observation.events import diagnosed
from genzoo.observation.filming import film, steps_to_keep, watch
from genzoo.observation.live import LiveModes
from genzoo.observation.playback import Tell
from genzoo.results.recording import Gauge, Recording
from genzoo.results.types import FitResult, Score, TrainedRun
from genzoo.storage import run_files
from genzoo.storage.evaluation import model_sample, score
from genzoo.storage.reels import write_reel
from genzoo.storage.run_record import run_config, run_facts
from genzoo.storage.score_files import read_scores, write_scores
from genzoo.training import Observer, Trainer, TrainingProgress
from genzoo.training.price import step_price


@dataclass(frozen=True)
class FitTask(FittedRow):
    """Train one contestant on one problem, a stack of seeds together, and score every seed.

    It stands for a whole row too, whose stacks are tasks of their own, see `pieces`.
    """

    @property
    def training_cost(self) -> float:
        """Nominal core-seconds to train the seeds, where one of them is not on disk."""
        if not self.missing():
            return 0.0
        return self._training_price

    @cached_property
    def _training_price(self) -> float:
        recipe = self.contestant.recipe
        build = partial(self.contestant.build_on, self.problem.source)
        return recipe.steps * step_price(build, recipe, len(self.seeds)).seconds

    @property
    def cost(self) -> float:
        """Rough core-seconds in all."""
        unscored = 0
        for seed in self.seeds:
            if not are_complete(self._stored(seed), self._metrics):
                unscored += 1
        return self.training_cost + EVALUATION_COST * unscored

    def run(self, tick: Tick) -> list[Score]:
        """Make what is missing on disk, and read the rest; of a stack, all but the films."""
        seeds = self.seeds
        share = self.training_cost / max(self.cost, EVALUATION_COST)
        missing = self.missing()
        if missing:
            self._train(missing, lambda done, doing: tick(share * done, doing))
        self.discard_checkpoints()
        scores: list[Score] = []
        for count, seed in enumerate(seeds):
            tick(share + (1 - share) * count / len(seeds), "scoring")
            scores += self._scores(seed)
        return scores

    def discard_checkpoints(self) -> None:
        """Delete what an interrupted training would go on from."""
        self._trainer().discard_checkpoints()

    def _train(self, missing: Sequence[int], tick: Tick) -> None:
        def observe(progress: TrainingProgress) -> None:
            tick(progress.step / max(progress.steps, 1), progress.summary)

        source = self.problem.source
        gauge = self.experiment.gauge
        if gauge is None:
            fit = self._fit(self.seeds, [observe], ())
        else:
            every = len(self.experiment.seeds)
            steps = steps_to_keep(self.build, self.contestant.recipe.steps, every)
            fit = self._fit(self.seeds, [LiveModes(source, gauge, observe)], steps)
            fit = self._watched(fit, gauge, tick)
        films = {recording.seed: recording for recording in fit.recordings}
        for seed in missing:
            run = fit.run(seed)
            if run.snapshots:
                write_reel(self.folder, seed, run.snapshots)
            self._store(diagnosed(run, source), films.get(seed))

    def _fit(
        self, seeds: tuple[int, ...], observers: Sequence[Observer], keep: Collection[int]
    ) -> FitResult:
        """All of these seeds, whichever are missing: float32 rounding depends on their number.

        Where memory is refused, they are trained in halves; the record of a run says how many were
        trained together.
        """
        recipe = self.contestant.recipe
        try:
            return self._trainer().fit(
                self.build, self.problem.source, seeds, recipe, observers, keep
            )
        except (MemoryError, RuntimeError) as failure:
            if len(seeds) == 1 or not is_refused(failure):
                raise
        half = len(seeds) // 2
        runs: list[TrainedRun] = []
        for part in (seeds[:half], seeds[half:]):
            runs += self._fit(part, observers, keep).runs
        return FitResult(tuple(runs), recipe)

    def _trainer(self) -> Trainer:
        # A name for each stack, whose first seed is no other's.
        name = "checkpoint.safetensors"
        if self.stack is not None:
            name = f"stack-{self.seeds[0]:04d}-{name}"
        experiment = self.experiment
        return Trainer(
            device=experiment.device,
            engine=experiment.engine_of(self.contestant, self.problem),
            checkpoint=self.folder / name,
        )

    def _watched(self, fit: FitResult, gauge: Gauge, tick: Tick) -> FitResult:
        """The fit with what is watched of it, and with its films where it is the only stack.

        A fault in what is only shown of a model does not cost its training; a wish to stop is
        obeyed.
        """
        source = self.problem.source

        def seen(tell: Tell) -> FitResult:
            if self.stack is None:
                return film(fit, source, gauge, self.seeds, tell)
            return watch(fit, source, gauge, len(self.experiment.seeds), tell)

        unwatched = replace(fit, runs=tuple(replace(run, snapshots={}) for run in fit.runs))
        return unharmed(seen, unwatched, self.folder, tick)

    def _store(self, run: TrainedRun, recording: Recording | None) -> None:
        samples, seconds = None, None
        if run.diverged_at is None:
            source = self.problem.source
            n = real_size(source, self.experiment.n)
            samples, seconds = model_sample(run.model, source, n, run.seed)
        config = run_config(run, self.identity) | {"sampling_seconds": seconds}
        folder = self.run_folder(run.seed)
        shutil.rmtree(folder, ignore_errors=True)  # what is left of a damaged run
        run_files.write_run(folder, run, config, samples, recording)

    def _scores(self, seed: int) -> list[Score]:
        config = run_files.read_config(self.run_folder(seed))
        estimates = self._estimates(seed, config["diverged_at"])
        facts = run_facts(config, self.build)
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
        folder = self.run_folder(seed)
        samples = run_files.read_samples(folder)
        if samples is None:
            raise InputError(f"{folder} has lost its samples: delete the folder to train again")
        estimates = score(
            samples,
            self.real.at(seed),
            self.problem.source,
            self._metrics,
            seed=seed,
            model=self.load(seed),
            known=stored,
            features=self.problem.features,
            real_facts=self.real.facts(seed),
        )
        lasting = self.problem.lasting(estimates, self._metrics)
        write_scores(folder, read_scores(folder, self._metrics) | lasting, self._metrics)
        return estimates

    def _stored(self, seed: int) -> dict[str, Estimate]:
        stored = read_scores(self.run_folder(seed), self._metrics)
        return self.problem.lasting(stored, self._metrics)

    @property
    def _metrics(self) -> tuple[Metric, ...]:
        return self.experiment.metrics_on(self.problem)
