"""The one trainer: it knows no model by name, and trains all seeds of a stack at once."""

import glob
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.errors import InputError
from genzoo.results.types import FitResult, TrainedRun
from genzoo.signals import Interruption
from genzoo.training.ahead import Ahead, compiled_ahead
from genzoo.training.checkpoint import Checkpoint
from genzoo.training.engines import EngineName, chosen_engine
from genzoo.training.fit import Fit
from genzoo.training.price import compiling_price
from genzoo.training.process_state import threads
from genzoo.training.progress import Observer


@dataclass
class Trainer:
    """Trains models by their declared updates.

    Attributes:
        device: Where tensors live; draws are always made on the CPU, so that they are the same
            everywhere.
        dtype: Floating-point type of parameters and batches.
        threads: Intra-op threads on the CPU while training; networks as small as these are fastest
            with one.
        engine: How steps are made, see `genzoo.training.engines`.
        checkpoint: A file to continue from after an interruption; it outlasts the fit, see
            `discard_checkpoints`.
        checkpoint_seconds: Seconds between its writes.
    """

    device: str | torch.device = "cpu"
    dtype: torch.dtype = torch.float32
    threads: int = 1
    engine: EngineName = "auto"
    checkpoint: Path | None = None
    checkpoint_seconds: float = 5.0

    def discard_checkpoints(self) -> None:
        """Delete the checkpoints, those of lone seeds too.

        They are left until runs are stored, so that a full disk costs no training.
        """
        if self.checkpoint is None:
            return
        name = glob.escape(self.checkpoint.name)
        for path in self.checkpoint.parent.glob(f"{name}*"):
            path.unlink(missing_ok=True)

    def fit(
        self,
        build: Callable[[], GenerativeModel],
        source: DataSource,
        seeds: Sequence[int],
        recipe: Recipe,
        observers: Sequence[Observer] = (),
        keep: Collection[int] = (),
    ) -> FitResult:
        """Train one model for each seed, all in one stack where the model allows it.

        Args:
            build: Makes a fresh, untrained model; its weights are drawn under each seed in turn.
            source: What to learn.
            seeds: Distinct non-negative integers.
            recipe: Training settings.
            observers: Called after each chunk of steps.
            keep: Steps after which each seed's weights are kept in `TrainedRun.snapshots`; 0 is
                before the first.

        Returns:
            One run for each seed, diverged ones included.

        Raises:
            InputError: On repeated or negative seeds, no seeds, or a recipe that does not fit the
                model.
        """
        seeds = _checked(seeds)
        runs: list[TrainedRun] = []
        with threads(self.threads), Interruption() as interruption:
            observers = [lambda _: interruption.check(), *observers]
            for fit in self._fits(build, source, seeds, recipe, keep):
                runs += fit.run(observers, self._checkpoint_of(fit))
        return FitResult(tuple(runs), recipe)

    def compile_ahead(
        self,
        build: Callable[[], GenerativeModel],
        source: DataSource,
        seeds: Sequence[int],
        recipe: Recipe,
    ) -> Ahead:
        """Compile the steps that `fit` would make, without making them.

        Raises:
            InputError: As `fit`.
        """
        with threads(self.threads), Interruption() as interruption:
            fits = self._fits(build, source, _checked(seeds), recipe, ())
            ahead = compiled_ahead(next(fits))
            interruption.check()
        return ahead

    def _fits(
        self,
        build: Callable[[], GenerativeModel],
        source: DataSource,
        seeds: tuple[int, ...],
        recipe: Recipe,
        keep: Collection[int],
    ) -> Iterator[Fit]:
        """One for all seeds, or one for each where losses do not run under vmap.

        That is known only once they are tried, so the models of all seeds are built and stacked
        first. Where they do not run, that stack is thrown away.
        """
        stacks = [seeds]
        if len(seeds) > 1:
            fit = self._fit_of(build, source, seeds, recipe, keep)
            if fit.stacks():
                yield fit
                return
            del fit
            stacks = [(seed,) for seed in seeds]
        for stack in stacks:
            yield self._fit_of(build, source, stack, recipe, keep)

    def _fit_of(
        self,
        build: Callable[[], GenerativeModel],
        source: DataSource,
        seeds: tuple[int, ...],
        recipe: Recipe,
        keep: Collection[int],
    ) -> Fit:
        price = partial(compiling_price, build, recipe, len(seeds))
        return Fit(
            build,
            source,
            seeds,
            recipe,
            keep,
            device=torch.device(self.device),
            dtype=self.dtype,
            engine=chosen_engine(self.engine, recipe.steps, self.device, price),
        )

    def _checkpoint_of(self, fit: Fit) -> Checkpoint | None:
        path = self.checkpoint
        if path is None:
            return None
        if len(fit.seeds) == 1:
            path = path.with_name(f"{path.name}-{fit.seeds[0]}")
        return Checkpoint(path, fit.identity, self.checkpoint_seconds)


def _checked(seeds: Sequence[int]) -> tuple[int, ...]:
    seeds = tuple(seeds)
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise InputError(
            f"seeds must be distinct non-negative integers, at least one, got {list(seeds)}"
        )
    return seeds
