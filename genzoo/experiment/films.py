"""Films of a model whose seeds are several stacks, and what a fault in filming may cost."""

import math
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from genzoo.disk import write_text
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.experiment.fitted_row import FittedRow
from genzoo.experiment.progress import Tick
from genzoo.observation.filming import film_run
from genzoo.observation.playback import Tell
from genzoo.results.recording import ROLES, Gauge, median_and_worst
from genzoo.results.types import Score, TrainedRun
from genzoo.storage import run_files
from genzoo.storage.reels import discard_reels, has_reel, read_reel

FILM_COST = 2.0
"""Rough core-seconds of two films."""

T = TypeVar("T")


@dataclass(frozen=True)
class FilmTask:
    """Film the median and the worst seed of a row, once all its stacks are trained.

    Attributes:
        fitted: The row.
    """

    fitted: FittedRow

    @property
    def experiment(self) -> Experiment:
        """The comparison that it is a part of."""
        return self.fitted.experiment

    @property
    def problem(self) -> Problem:
        """The source that was learned."""
        return self.fitted.problem

    @property
    def row(self) -> str:
        """The row that it belongs to."""
        return self.fitted.row

    @property
    def root(self) -> Path:
        """Folder of the comparison."""
        return self.fitted.root

    @property
    def cost(self) -> float:
        """Rough core-seconds in all."""
        folder = self.fitted.folder
        if self.fitted.missing() or any(has_reel(folder, seed) for seed in self.fitted.seeds):
            return FILM_COST
        return 0.0

    def run(self, tick: Tick) -> list[Score]:
        """Make the films, and delete the weights that were kept for them; there are no scores."""
        gauge = self.experiment.gauge
        if gauge is not None:
            unharmed(lambda tell: self._film(gauge, tell), None, self.fitted.folder, tick)
        discard_reels(self.fitted.folder)
        return []

    def _chosen(self) -> dict[str, int]:
        """By role, the seed that is filmed; those whose weights are no longer kept are left out.

        They are runs of an earlier comparison, and stay as they were made.
        """
        distances: dict[int, float] = {}
        configs = self.fitted.configs()
        for seed, watched in self.fitted.watched().items():
            if seed in configs:
                distances[seed] = math.nan
                if configs[seed]["diverged_at"] is None:
                    distances[seed] = float(np.asarray(watched.series["distance"])[-1])
        chosen: dict[str, int] = {}
        if distances:
            # One seed alone has the first role.
            for role, seed in zip(ROLES, median_and_worst(distances), strict=False):
                if has_reel(self.fitted.folder, seed):
                    chosen[role] = seed
        return chosen

    def _film(self, gauge: Gauge, tell: Tell) -> None:
        configs = self.fitted.configs().values()
        seconds = sum(config["training_seconds"] for config in configs)
        chosen = self._chosen()
        for role in ROLES:
            if role in chosen:
                run = self._run(chosen[role])
                recording = film_run(run, self.problem.source, gauge, role, seconds, tell)
                run_files.add_recording(self.fitted.run_folder(run.seed), recording)

    def _run(self, seed: int) -> TrainedRun:
        """A run on disk, as far as a film needs it."""
        folder = self.fitted.run_folder(seed)
        config = run_files.read_config(folder)
        return TrainedRun(
            seed,
            self.fitted.load(seed),
            {},
            run_files.read_history(folder),
            config["diverged_at"],
            config["training_seconds"],
            config["seeds_together"],
            read_reel(self.fitted.folder, seed),
        )


def unharmed(see: Callable[[Tell], T], otherwise: T, folder: Path, tick: Tick) -> T:
    """What is shown of a model, or something else where that fails.

    A fault in it does not cost the training, and is written to a file; a wish to stop is obeyed.

    Args:
        see: Makes it, and tells what it is doing.
        otherwise: What is returned where it fails.
        folder: Of the row.
        tick: Hears of progress, and may raise to stop it.
    """
    stops: list[BaseException] = []

    def tell(doing: str) -> None:
        try:
            tick(1.0, doing)
        except BaseException as stop:
            stops.append(stop)
            raise

    try:
        return see(tell)
    except Exception:
        if stops:
            raise
        write_text(folder / "recording-failure.txt", traceback.format_exc())
        return otherwise
