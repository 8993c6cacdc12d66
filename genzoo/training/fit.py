"""One fit in progress, from the weights of each seed to its trained run."""

import copy
import dataclasses
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import torch
from torch import Tensor

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.core.units import Units
from genzoo.results.making import Making, makings_from_json, makings_to_json
from genzoo.results.types import TrainedRun
from genzoo.training.captured import Captured
from genzoo.training.checkpoint import Checkpoint
from genzoo.training.checks import check_size
from genzoo.training.compiled import Compiled
from genzoo.training.draws import CHUNK, Draws
from genzoo.training.history_log import HistoryLog
from genzoo.training.machine import continued, making_here
from genzoo.training.optimiser import UpdateOptimiser
from genzoo.training.planning import planned
from genzoo.training.preparation import fit_by, fit_examples, untrained
from genzoo.training.process_state import drawing_from
from genzoo.training.progress import Observer, TrainingProgress
from genzoo.training.replay import Gradients
from genzoo.training.stack import Stack
from genzoo.training.state import InPlace, Part, State, gathered, hand_out
from genzoo.training.steps import Engine, PlannedStep, StepByStep, Training
from genzoo.training.weight_snapshots import WeightSnapshots


class Fit:
    """One fit in progress: a stack of seeds, their optimisers, their draws.

    Args:
        build: Makes a fresh, untrained model.
        source: What to learn.
        seeds: Those of the stack.
        recipe: Training settings.
        keep: Steps after which weights are kept.
        device: Where parameters, batches and noise live.
        dtype: Their floating-point type.
        engine: How steps are made, see `genzoo.training.engines`.
    """

    def __init__(
        self,
        build: Callable[[], GenerativeModel],
        source: DataSource,
        seeds: tuple[int, ...],
        recipe: Recipe,
        keep: Collection[int],
        *,
        device: torch.device,
        dtype: torch.dtype,
        engine: str,
    ) -> None:
        self.source = source
        self.seeds = seeds
        self.recipe = recipe
        self.keep = keep
        self.device = device
        self.dtype = dtype
        self.step = 0
        self.seconds = 0.0
        self._resumed_at, self._earlier = 0, list[Making]()
        models: list[GenerativeModel] = []
        units: list[Units] = []
        for seed in seeds:
            model = untrained(build, source, seed, recipe, dtype)
            units.append(model.units)
            models.append(model.to(device))
        self.updates = models[0].updates()
        self.steps = recipe.steps if self.updates else 0
        self.units = _stacked(units, device)
        self.stack = Stack(models, self.updates)
        self.gradients: dict[str, Gradients] = {}
        self.optimisers: dict[str, UpdateOptimiser] = {}
        for update in self.updates:
            name = update.name
            self.gradients[name] = Gradients(update, self.stack, replays=engine != "eager")
            self.optimisers[name] = UpdateOptimiser(update, self.stack, recipe)
        check_size(source.event_shape, self.updates, recipe.batch_size, len(seeds))
        self.draws = self._draws()
        self.log = HistoryLog(len(seeds), self.updates)
        self.averages: list[Tensor] = []
        if recipe.averaging is not None:
            self.averages = [flat.clone() for flat in self.stack.flats]
        training = Training(
            self.stack,
            self.gradients,
            self.optimisers,
            self.averages,
            recipe.averaging,
            self.log,
        )
        self.engine: Engine = StepByStep(training)
        if engine == "compiled":
            self.engine = Compiled(training)
        elif engine == "captured":
            self.engine = Captured(training)
        self.weight_snapshots = WeightSnapshots(self.stack, keep)
        self.weight_snapshots.visit(0, self.averages)

    def stacks(self) -> bool:
        """Whether every loss runs under vmap; tried once, on real draws, changing nothing."""
        if not self.stack.template.stackable:
            return False
        draws = self._draws()
        try:
            with self.stack.restored():
                for update in self.updates:
                    batches, noise = draws.inputs(update, 0, self.steps)
                    self.stack.evaluate(update, batches[0], noise[0], self.stack.state)
        except RuntimeError:
            return False
        return True

    @property
    def identity(self) -> str:
        """What must be the same for this fit to go on from the checkpoint of another."""
        shapes: dict[str, list[int]] = {}
        for name, view in self.stack.parameters.items():
            shapes[name] = list(view.shape)
        recipe, snapshots = self.recipe.to_dict(), sorted(self.keep)
        facts = [self.seeds, recipe, shapes, str(self.dtype), snapshots]
        return json.dumps(facts, sort_keys=True)

    def run(self, observers: Sequence[Observer], checkpoint: Checkpoint | None) -> list[TrainedRun]:
        """Train to the end and unpack the runs.

        Args:
            observers: Called after each chunk of steps.
            checkpoint: Where the fit goes on from, if it was interrupted, and is kept meanwhile.
        """
        if checkpoint is not None:
            self._resume(checkpoint)
        while self.step < self.steps and None in self.log.diverged_at:
            start = time.perf_counter()
            # Dropout and its like draw from the global generator.
            layers = stream(self.seeds[0], f"layers at step {self.step}")
            with drawing_from(layers, self.device):
                self._chunk()
            self.seconds += time.perf_counter() - start
            for observer in observers:
                observer(self._progress())
            if checkpoint is not None and checkpoint.due() and self.step < self.steps:
                self._keep(checkpoint)
        if checkpoint is not None and self.step:
            self._keep(checkpoint)
        runs = [self._unpacked(position) for position in range(len(self.seeds))]
        share = self.seconds / len(self.seeds)
        return [dataclasses.replace(run, seconds=share) for run in runs]

    def _chunk(self) -> None:
        size = min(CHUNK, self.steps - self.step)
        steps = self.planned(self.step, size)
        first = 0
        for i, step in enumerate(steps):
            stays = i + 1 < size and steps[i + 1].names == step.names
            if stays and step.number not in self.keep:
                continue
            self.engine.run(steps[first : i + 1])
            self.weight_snapshots.visit(step.number, self.averages)
            first = i + 1
        self.step += size
        self.log.close_chunk(self.step, self.stack.finite())

    def planned(self, first: int, count: int) -> list[PlannedStep]:
        """The steps of a chunk, the first counted from 0, with all that is drawn for them."""
        return planned(self.updates, self.draws, first, count, self.steps)

    def _draws(self) -> Draws:
        size = self.recipe.batch_size
        spec = self.stack.template.context_spec
        return Draws(self.source, self.updates, self.seeds, size, self.units, spec)

    def _unpacked(self, position: int) -> TrainedRun:
        """The run of the seed at a position; its share of the seconds is known after the last."""
        seed = self.seeds[position]
        weights = {"last": self.stack.state_dict(position)}
        if self.recipe.averaging is not None:
            weights["averaged"] = self.stack.state_dict(position, self.averages)
        rows = fit_examples(self.source, seed, self.dtype)
        diverged = self.log.diverged_at[position]
        for name, state in weights.items():
            model = self._model_with(state).requires_grad_(True)
            if diverged is None:
                start = time.perf_counter()
                fit_by(model.finalize, model, rows, generator=stream(seed, "finalize"))
                self.seconds += time.perf_counter() - start
            weights[name] = {key: value.clone() for key, value in model.state_dict().items()}
        return TrainedRun(
            seed,
            model,
            weights,
            self.log.history(position),
            diverged,
            0.0,
            len(self.seeds),
            self.weight_snapshots.of_seed(position, before=diverged),
            column_names=self.source.column_names,
            makings=tuple(self._makings()),
        )

    def _makings(self) -> list[Making]:
        """Each machine that worked on it."""
        engine = self.engine.name if self.steps else ""
        works = self.step > self._resumed_at or not self.steps
        return continued(self._earlier, making_here(self.device, engine), works=works)

    def _model_with(self, state: Mapping[str, Tensor]) -> GenerativeModel:
        """A copy of the model with these weights and buffers, on the CPU."""
        model = copy.deepcopy(self.stack.template).cpu()
        model.load_state_dict(state)
        return model.eval()

    def _progress(self) -> TrainingProgress:
        diverged = len(self.seeds) - self.log.diverged_at.count(None)
        latest = self.log.latest()
        return TrainingProgress(
            self.step, self.steps, self.seeds, latest, diverged, self._model_now
        )

    def _model_now(self) -> GenerativeModel:
        """The model of the first seed that has not diverged, or of the first."""
        position = 0
        if None in self.log.diverged_at:
            position = self.log.diverged_at.index(None)
        state = self.stack.state_dict(position, self.averages or None)
        return self._model_with(state).requires_grad_(False)

    def _parts(self) -> dict[str, Part]:
        """What a checkpoint keeps, by the names in its file."""
        parts: dict[str, Part] = {
            "draws": self.draws,
            "flat": InPlace(_numbered(self.stack.flats)),
            "average": InPlace(_numbered(self.averages)),
            "buffer": InPlace(self.stack.buffers),
            "record": self.log,
            "kept": self.weight_snapshots,
        }
        for update, optimiser in self.optimisers.items():
            parts[f"optimiser/{update}"] = optimiser
        return parts

    def _keep(self, checkpoint: Checkpoint) -> None:
        state = gathered(self._parts())
        own = {"step": self.step, "seconds": self.seconds, "made": makings_to_json(self._makings())}
        checkpoint.write(state.tensors, {**own, **state.facts})

    def _resume(self, checkpoint: Checkpoint) -> None:
        content = checkpoint.read()
        if content is None:
            return
        tensors, facts = content
        self.step, self.seconds = facts["step"], facts["seconds"]
        self._resumed_at, self._earlier = self.step, list(makings_from_json(facts.get("made", [])))
        hand_out(State(tensors, facts), self._parts())


def _stacked(units: Sequence[Units], device: torch.device) -> Units:
    """The units of all seeds, `(S, *event_shape)`; affine ones have no centre and no width."""
    columns: list[Tensor] = []
    for column in zip(*units, strict=True):
        if column[0] is not None:
            columns.append(torch.stack(column).to(device))
    return Units(*columns)


def _numbered(tensors: Sequence[Tensor]) -> dict[str, Tensor]:
    return {str(i): tensor for i, tensor in enumerate(tensors)}
