"""The piece of a comparison that scores a row which is not trained."""

import hashlib
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from genzoo.core.metric import Estimate
from genzoo.core.model import Batch
from genzoo.experiment.controls import CONTROLS
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.experiment.progress import EVALUATION_COST, Tick
from genzoo.experiment.rows import are_complete, as_scores
from genzoo.results.types import Score
from genzoo.storage import run_files
from genzoo.storage.evaluation import RealSamples, rows_sample, score
from genzoo.storage.identity import row_folder, seed_folder
from genzoo.storage.score_files import read_scores, write_scores

SAMPLING = "sampling seconds"
"""Under which name the time to draw the samples is kept among the scores."""


@dataclass(frozen=True)
class RowTask:
    """Score a row that is not trained: a control, or samples that somebody else generated.

    Attributes:
        experiment: The comparison that it is a part of.
        problem: The source on which its samples are scored.
        row: The row that it fills.
        root: Folder of the comparison.
        real: What the row is held against, shared with the other tasks of the problem.
    """

    experiment: Experiment
    problem: Problem
    row: str
    root: Path
    real: RealSamples = field(compare=False)

    @property
    def cost(self) -> float:
        """Rough core-seconds in all."""
        return EVALUATION_COST * sum(not self._stored(seed) for seed in self.experiment.seeds)

    def run(self, tick: Tick) -> list[Score]:
        """Draw and score every seed that is not on disk."""
        scores: list[Score] = []
        source = self.problem.name
        for count, seed in enumerate(self.experiment.seeds):
            tick(count / len(self.experiment.seeds), "scoring")
            estimates = self._stored(seed) or self._make(seed)
            seconds = estimates.pop(SAMPLING).value
            scores += as_scores(
                self.row, source, seed, estimates, self.experiment, sampling_seconds=seconds
            )
        return scores

    @cached_property
    def folder(self) -> Path:
        """Where its samples and scores are kept."""
        source = dict(self.problem.config)
        identity: list[Any] = [self.experiment.version, source, self.experiment.n]
        if self.row not in CONTROLS:
            for rows in self.experiment.samples[self.row][self.problem.name].sets:
                for part in (rows.x, rows.context):
                    if part is not None:
                        content = part.contiguous().numpy().tobytes()
                        identity.append(hashlib.sha256(content).hexdigest())
        return row_folder(self.root, self.problem.name, self.row, identity)

    def samples(self, seed: int) -> Batch | None:
        """The samples that were scored at a seed."""
        return run_files.read_samples(seed_folder(self.folder, seed))

    def _stored(self, seed: int) -> dict[str, Estimate]:
        """The estimates on disk; none where one is missing."""
        metrics = self.experiment.metrics_on(self.problem)
        stored = read_scores(seed_folder(self.folder, seed), metrics)
        estimates = self.problem.lasting(stored, metrics)
        if SAMPLING in estimates and are_complete(estimates, metrics):
            return estimates
        return {}

    def _make(self, seed: int) -> dict[str, Estimate]:
        """Draw the samples, score them by what is not on disk yet, and keep both."""
        problem = self.problem
        metrics = self.experiment.metrics_on(problem)
        folder = seed_folder(self.folder, seed)
        stored = read_scores(folder, metrics)
        reference = self.real.at(seed)
        start = time.perf_counter()
        every = self._every(seed)
        if every is None:
            # A control draws for itself, real examples too, for its time is shown in the table.
            samples = CONTROLS[self.row](problem.source, len(reference.x), seed)
        else:
            samples = rows_sample(every, len(reference.x), seed)
        seconds = Estimate(time.perf_counter() - start)
        estimates = score(
            samples,
            reference,
            problem.source,
            metrics,
            seed=seed,
            known=problem.lasting(stored, metrics) | {SAMPLING: seconds},
            features=problem.features,
            every=None if every is None else every.x,
            real_facts=self.real.facts(seed),
        )
        run_files.save_samples(folder, samples)
        write_scores(folder, stored | problem.lasting(estimates, metrics), metrics)
        return estimates

    def _every(self, seed: int) -> Batch | None:
        """All rows that were given for a seed; None for a control."""
        if self.row in CONTROLS:
            return None
        samples = self.experiment.samples[self.row][self.problem.name]
        return samples.at(list(self.experiment.seeds).index(seed))
