"""The one trainer: it knows no model by name, and trains all seeds of a stack at once."""

import copy
import dataclasses
import glob
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource, training_examples
from genzoo.core.units import Units
from genzoo.errors import InputError
from genzoo.results.types import FitResult, TrainedRun
from genzoo.signals import Interruption
from genzoo.training.checkpoint import Checkpoint
from genzoo.training.checks import check_model, check_size
from genzoo.training.draws import CHUNK, Draws
from genzoo.training.optimiser import UpdateOptimiser
from genzoo.training.process_state import drawing_from, threads
from genzoo.training.progress import Observer, TrainingProgress
from genzoo.training.recorder import Recorder
from genzoo.training.replay import Gradients
from genzoo.training.stack import Stack
from genzoo.training.units import fit_units
from genzoo.training.weight_snapshots import WeightSnapshots

WORTH_REPLAYING = 1000
"""Steps from which on losses are recorded and replayed; recording takes the time of about a hundred."""
FIT_EXAMPLES = 10_000
"""Draws of an endless source that units, closed forms and ex-post densities are fitted on."""


@dataclass
class Trainer:
    """Trains models by their declared updates.

    Attributes:
        device: Where tensors live; draws are always made on the CPU, so that they are the same
            everywhere.
        dtype: Floating-point type of parameters and batches.
        threads: Intra-op threads on the CPU while training; networks as small as these are fastest
            with one.
        checkpoint: A file to continue from after an interruption; it outlasts the fit, see
            `discard_checkpoints`.
        checkpoint_seconds: Seconds between its writes.
    """

    device: str | torch.device = "cpu"
    dtype: torch.dtype = torch.float32
    threads: int = 1
    checkpoint: Path | None = None
    checkpoint_seconds: float = 5.0

    def discard_checkpoints(self) -> None:
        """Delete the checkpoints, those of lone seeds too: once runs are stored, a full disk costs no training."""
        if self.checkpoint is not None:
            for path in self.checkpoint.parent.glob(f"{glob.escape(self.checkpoint.name)}*"):
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
        seeds = tuple(seeds)
        if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
            raise InputError(
                f"seeds must be distinct non-negative integers, at least one, got {list(seeds)}"
            )
        with threads(self.threads), Interruption() as interruption:
            observers = [lambda _: interruption.check(), *observers]
            fit = _Fit(self, build, source, seeds, recipe, keep)
            if len(seeds) == 1 or fit.stacks():
                return FitResult(tuple(fit.run(observers)), recipe)
            alone = [
                _Fit(self, build, source, (seed,), recipe, keep).run(observers) for seed in seeds
            ]
        return FitResult(tuple(run for runs in alone for run in runs), recipe)


@dataclass
class _Fit:
    """One fit in progress: a stack of seeds, their optimisers, their draws."""

    trainer: Trainer
    build: Callable[[], GenerativeModel]
    source: DataSource
    seeds: tuple[int, ...]
    recipe: Recipe
    keep: Collection[int] = ()
    averages: list[Tensor] = field(default_factory=list)
    step: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        models = [self._untrained(seed) for seed in self.seeds]
        self.device = torch.device(self.trainer.device)
        self.updates = models[0].updates()
        self.steps = self.recipe.steps if self.updates else 0
        self.units = _stacked([model.units for model in models], self.device)
        self.stack = Stack([model.to(self.device) for model in models], self.updates)
        long = self.steps >= WORTH_REPLAYING
        self.gradients = {
            update.name: Gradients(update, self.stack, replays=long) for update in self.updates
        }
        self.optimisers = {
            update.name: UpdateOptimiser(update, self.stack, self.recipe) for update in self.updates
        }
        check_size(self.source.event_shape, self.updates, self.recipe.batch_size, len(self.seeds))
        self.draws = self._draws()
        self.recorder = Recorder(len(self.seeds), self.updates)
        if self.recipe.averaging is not None:
            self.averages = [group.flat.clone() for group in self.stack.groups.values()]
        self.weight_snapshots = WeightSnapshots(self.stack, self.keep)
        self.weight_snapshots.visit(0, self.averages)

    def stacks(self) -> bool:
        """Whether every loss runs under vmap; tried once, on real draws, changing nothing."""
        if not self.stack.template.stackable:
            return False
        draws = self._draws()
        try:
            with self.stack.restored():
                for update in self.updates:
                    batch, noise = draws.batches(update, 0, self.steps)[0], draws.noise(update)[0]
                    self.stack.evaluate(update, batch, noise, self.stack.state)
        except RuntimeError:
            return False
        return True

    def run(self, observers: Sequence[Observer]) -> list[TrainedRun]:
        """Train to the end and unpack the runs."""
        checkpoint = self._checkpoint()
        if checkpoint is not None:
            self._resume(checkpoint)
        while self.step < self.steps and any(at is None for at in self.recorder.diverged_at):
            start = time.perf_counter()
            with drawing_from(stream(self.seeds[0], f"layers at step {self.step}"), self.device):
                self._chunk()
            self.seconds += time.perf_counter() - start
            for observer in observers:
                observer(self._progress())
            if checkpoint is not None and checkpoint.due() and self.step < self.steps:
                checkpoint.write(*self._snapshot())
        if checkpoint is not None and self.step:
            checkpoint.write(*self._snapshot())
        return self._unpack()

    def _chunk(self) -> None:
        batches = {
            update.name: self.draws.batches(update, self.step, self.steps)
            for update in self.updates
        }
        noise = {update.name: self.draws.noise(update) for update in self.updates}
        size = min(CHUNK, self.steps - self.step)
        for i in range(size):
            progress = (self.step + i) / self.steps
            for update in self.updates:
                if not update.window[0] <= progress < update.window[1]:
                    continue
                for j in range(i * update.steps, (i + 1) * update.steps):
                    outcome = self.gradients[update.name](
                        batches[update.name][j], noise[update.name][j]
                    )
                    norms = self.optimisers[update.name].step(outcome.gradients, progress)
                    self.stack.write_back(outcome.step.state)
                    self.stack.project(update)
                self.recorder.record(update, self.step + i + 1, outcome, norms)
            self._average(self.step + i + 1)
            self.weight_snapshots.visit(self.step + i + 1, self.averages)
        self.step += size
        self.recorder.close_chunk(self.step, self.stack.finite())

    def _average(self, step: int) -> None:
        if (decay := self.recipe.averaging) is not None:
            for average, group in zip(self.averages, self.stack.groups.values(), strict=True):
                average.lerp_(group.flat, (1 - decay) / (1 - decay**step))

    def _untrained(self, seed: int) -> GenerativeModel:
        """A model with this seed's weights, units and closed forms; the global generator is put back."""
        with drawing_from(stream(seed, "weights")):
            model = check_model(self.build()).to(self.trainer.dtype)
        if model.event_shape != self.source.event_shape:
            raise InputError(
                f"the model makes examples of shape {model.event_shape}, the source has {self.source.event_shape}: "
                "build it with the source's event_shape"
            )
        x = self._fit_examples(seed)
        model.standardise(*fit_units(x, self._standardisation()))
        model.train()
        model.prepare(model.to_model_units(x), generator=stream(seed, "prepare"))
        return model

    def _fit_examples(self, seed: int) -> Tensor:
        x = training_examples(self.source, FIT_EXAMPLES, generator=stream(seed, "fit examples"))
        return x.to(self.trainer.dtype)

    def _standardisation(self) -> str:
        chosen = self.recipe.standardisation
        return self.source.recommended_standardisation if chosen == "source" else chosen

    def _draws(self) -> Draws:
        return Draws(self.source, self.updates, self.seeds, self.recipe.batch_size, *self.units)

    def _unpack(self) -> list[TrainedRun]:
        runs = []
        for position, seed in enumerate(self.seeds):
            weights = {"last": self.stack.state_dict(position)}
            if self.recipe.averaging is not None:
                weights["averaged"] = self.stack.state_dict(position, self.averages)
            x = self._fit_examples(seed)
            diverged = self.recorder.diverged_at[position]
            for name, state in weights.items():
                model = copy.deepcopy(self.stack.template).cpu()
                model.load_state_dict(state)
                model.requires_grad_(True).eval()
                if diverged is None:
                    start = time.perf_counter()
                    model.finalize(model.to_model_units(x), generator=stream(seed, "finalize"))
                    self.seconds += time.perf_counter() - start
                weights[name] = {key: value.clone() for key, value in model.state_dict().items()}
            snapshots = self.weight_snapshots.states(position, before=diverged)
            history = self.recorder.history(position)
            runs.append(
                TrainedRun(seed, model, weights, history, diverged, 0.0, len(self.seeds), snapshots)
            )
        share = self.seconds / len(self.seeds)
        return [
            dataclasses.replace(run, seconds=share, column_names=self.source.column_names)
            for run in runs
        ]

    def _progress(self) -> TrainingProgress:
        diverged = sum(at is not None for at in self.recorder.diverged_at)
        return TrainingProgress(
            self.step, self.steps, self.seeds, self.recorder.latest(), diverged, self._model_now
        )

    def _model_now(self) -> GenerativeModel:
        position = next((i for i, at in enumerate(self.recorder.diverged_at) if at is None), 0)
        model = copy.deepcopy(self.stack.template).cpu()
        model.load_state_dict(self.stack.state_dict(position, self.averages or None))
        return model.requires_grad_(False).eval()

    def _checkpoint(self) -> Checkpoint | None:
        if self.trainer.checkpoint is None:
            return None
        shapes = {name: list(view.shape) for name, view in self.stack.parameters.items()}
        facts = [
            self.seeds,
            self.recipe.to_dict(),
            shapes,
            str(self.trainer.dtype),
            sorted(self.keep),
        ]
        identity = json.dumps(facts, sort_keys=True)
        path = self.trainer.checkpoint
        if len(self.seeds) == 1:
            path = path.with_name(f"{path.name}-{self.seeds[0]}")
        return Checkpoint(path, identity, self.trainer.checkpoint_seconds)

    def _snapshot(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        tensors = {"draws": self.draws.states()}
        tensors |= {f"flat/{i}": group.flat for i, group in enumerate(self.stack.groups.values())}
        tensors |= {f"average/{i}": average for i, average in enumerate(self.averages)}
        tensors |= {f"buffer/{name}": buffer for name, buffer in self.stack.buffers.items()}
        tensors |= {f"record/{name}": tensor for name, tensor in self.recorder.tensors().items()}
        tensors |= {
            f"kept/{name}": tensor for name, tensor in self.weight_snapshots.tensors().items()
        }
        for update, optimiser in self.optimisers.items():
            tensors |= {
                f"optimiser/{update}/{name}": tensor for name, tensor in optimiser.tensors().items()
            }
        return tensors, {"step": self.step, "seconds": self.seconds, "names": self.recorder.names}

    @torch.no_grad()
    def _resume(self, checkpoint: Checkpoint) -> None:
        found = checkpoint.read()
        if found is None:
            return
        tensors, facts = found
        self.step, self.seconds = facts["step"], facts["seconds"]
        self.draws.restore(tensors["draws"])
        for i, group in enumerate(self.stack.groups.values()):
            group.flat.copy_(tensors[f"flat/{i}"])
        for i, average in enumerate(self.averages):
            average.copy_(tensors[f"average/{i}"])
        for name, buffer in self.stack.buffers.items():
            buffer.copy_(tensors[f"buffer/{name}"])
        self.recorder.restore(_under(tensors, "record/"), facts["names"])
        self.weight_snapshots.restore(_under(tensors, "kept/"))
        for update, optimiser in self.optimisers.items():
            optimiser.restore(_under(tensors, f"optimiser/{update}/"))


def _stacked(units: Sequence[Units], device: torch.device) -> Units:
    """The units of all seeds, `(S, *event_shape)`; affine ones have no centre and no width."""
    columns = [column for column in zip(*units, strict=True) if column[0] is not None]
    return Units(*(torch.stack(column).to(device) for column in columns))


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
