"""From the weights that a fit kept to what is seen of it: numbers of every seed, films of two."""

import copy
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, SupportsModes, training_examples
from genzoo.observation.events import mode_shares
from genzoo.observation.stage import Stage, observe
from genzoo.observation.viewing import affordable, film_seconds, thinned
from genzoo.results.frame import FloatArray
from genzoo.results.recording import (
    FRAMES,
    ROLES,
    Gauge,
    Recording,
    Role,
    affordable_frames,
    even_steps,
    frame_steps,
    median_and_worst,
    pick,
)
from genzoo.results.types import FitResult, History, TrainedRun

GAUGED = 1000
"""Samples that gauges read."""
Tell = Callable[[str], None]
"""Told what is being done, before each look and each frame; may raise to stop it."""
EX_POST_EXAMPLES = 256
"""Training examples that an ex-post fit gets at each frame; after the last step it has had all of them."""


def steps_to_keep(build: Callable[[], GenerativeModel], steps: int, seeds: int) -> tuple[int, ...]:
    """After which steps a fit must keep its weights to be filmed.

    Args:
        build: Makes an untrained model.
        steps: Of training.
        seeds: How many are trained together.
    """
    with torch.random.fork_rng(devices=[]):
        model = build()
    return frame_steps(steps if model.updates() else 0, _frames(model, seeds))


def film(
    fit: FitResult,
    source: DataSource,
    gauge: Gauge,
    seeds: Collection[int],
    tell: Tell = lambda doing: None,
) -> FitResult:
    """Watch some runs of a fit, and record those of the median and the worst final distance.

    It draws from random streams of its own, so that nothing else depends on whether it was called.
    What it watches does not depend on how fast it is; a film has fewer frames where they are seen
    to take long, see `genzoo.observation.viewing`.

    Args:
        fit: With snapshots at `steps_to_keep`.
        source: What was learned.
        gauge: The cheap numbers.
        seeds: Which of its seeds.
        tell: Hears what is being done.

    Returns:
        These runs, with `watched` and without snapshots, and one or two recordings.
    """
    stage = Stage.of(source)
    read = gauge(source, stage.real)
    replays = {run.seed: _Replay(run, source, read, tell) for run in fit.runs if run.seed in seeds}
    for replay in replays.values():
        frames = _frames(replay.model, len(fit.runs))
        replay.watch(even_steps(fit.recipe.steps if replay.model.updates() else 0, frames // 2))
    seconds = film_seconds(sum(run.seconds for run in fit.runs))
    chosen = zip(
        ROLES, median_and_worst(_distances(replays)), strict=False
    )  # one seed alone has the first role
    recordings = [replays[seed].record(stage, role, seconds) for role, seed in chosen]
    runs = [
        replace(
            replay.run,
            watched=replay.history(),
            mode_shares=replay.share_history(),
            by_weights=replay.by_weights(),
            snapshots={},
        )
        for replay in replays.values()
    ]
    return FitResult(tuple(runs), fit.recipe, tuple(recordings))


def _distances(replays: Mapping[int, "_Replay"]) -> dict[int, float]:
    """The last distance of each seed; NaN where it diverged."""
    return {
        seed: replay.history().series["distance"][-1]
        if replay.run.diverged_at is None
        else math.nan
        for seed, replay in replays.items()
    }


def _frames(model: GenerativeModel, seeds: int) -> int:
    """Frames for each seed; a quarter of them where each needs a fit of its own, which costs ten times as much."""
    numbers = seeds * sum(value.numel() for value in model.state_dict().values())
    return min(affordable_frames(numbers), FRAMES // 4 if _fits_ex_post(model) else FRAMES)


def _fits_ex_post(model: GenerativeModel) -> bool:
    return model.finalizes


class _Replay:
    """The model of a run at each of its snapshots."""

    def __init__(
        self,
        run: TrainedRun,
        source: DataSource,
        read: Callable[..., Mapping[str, float]],
        tell: Tell,
    ) -> None:
        self.run, self.read, self.tell = run, read, tell
        self.model = copy.deepcopy(run.model).requires_grad_(False)
        self.values: dict[int, dict[str, float]] = {}
        self.modes = source.modes() if isinstance(source, SupportsModes) else None
        self.shares: dict[int, FloatArray] = {}
        self.watched: tuple[int, ...] = ()
        self._fitted: dict[int, Mapping[str, torch.Tensor]] = {}
        self.last = 0 if not len(run.history.steps) else int(run.history.steps[-1])
        rows = training_examples(
            source, EX_POST_EXAMPLES, generator=stream(run.seed, "frame examples")
        )
        order = torch.randperm(len(rows), generator=stream(run.seed, "frame rows"))
        self.rows = rows[order[:EX_POST_EXAMPLES]].to(self.model.shift)

    def at(self, step: int) -> GenerativeModel:
        """The model after a step, ready to sample."""
        finished = step == self.last and self.run.diverged_at is None
        known = self.run.model.state_dict() if finished else self._fitted.get(step)
        self.model.load_state_dict(self.run.snapshots[step] if known is None else known)
        if known is None and _fits_ex_post(self.model):
            generator = stream(self.run.seed, "frame finalize")
            self.model.finalize(self.model.to_model_units(self.rows), generator=generator)
            self._fitted[step] = copy.deepcopy(self.model.state_dict())
        return self.model

    def watch(self, steps: Sequence[int]) -> None:
        """Read the gauges after these steps, or fewer where sampling is dear."""
        kept = pick(self.run.snapshots, steps)
        self.watched = thinned(kept, self.at(kept[0]), GAUGED)
        for count, step in enumerate(self.watched, 1):
            self.tell(f"watching seed {self.run.seed}, look {count} of {len(self.watched)}")
            self._gauge(step, self.at(step))

    def history(self) -> History:
        """What has been watched at even steps."""
        steps = self.watched
        names = list(self.values[steps[0]])
        columns = {name: np.array([self.values[step][name] for step in steps]) for name in names}
        return History(np.array(steps, dtype=np.int64), columns)

    def share_history(self) -> History | None:
        """The share of samples nearest to each mode at the same steps."""
        if self.modes is None:
            return None
        shares = np.stack([self.shares[step] for step in self.watched])
        columns = {f"mode {k}": shares[:, k] for k in range(len(self.modes))}
        return History(np.array(self.watched, dtype=np.int64), columns)

    def by_weights(self) -> dict[str, dict[str, float]]:
        """The gauges of each kind of weights at the end, where there are averaged ones and the run is finished."""
        if len(self.run.weights) < 2 or self.run.diverged_at is not None:
            return {}
        return {
            name: dict(self.read(self._drawn(self.run.model_of(name))))
            for name in sorted(self.run.weights)
        }

    def record(self, stage: Stage, role: Role, seconds: float) -> Recording:
        """The film of this run: a frame at each snapshot, or at fewer where they take longer than so many seconds."""
        kept = sorted(self.run.snapshots)
        seen: dict[int, dict[str, FloatArray]] = {}
        with torch.no_grad():
            for position in affordable(len(kept), seconds):
                self.tell(f"filming seed {self.run.seed}, frame {len(seen) + 1} of {len(kept)}")
                step = kept[position]
                model = self.at(step)
                if step not in self.values:
                    self._gauge(step, model)
                seen[step] = dict(observe(model, stage, self.run.seed))
        steps = sorted(seen)
        arrays = {name: np.stack([seen[step][name] for step in steps]) for name in seen[steps[0]]}
        if "codes" in arrays:
            arrays["codes"] = _plane(arrays["codes"])
        gauges = {
            name: np.array([self.values[step][name] for step in steps])
            for name in self.values[steps[0]]
        }
        recorded = {name: _means(self.run.history, name, steps) for name in self.run.history.series}
        values = {**gauges, **recorded}
        known = stage.constants()
        return Recording(
            self.run.seed, np.array(steps, dtype=np.int64), values, arrays, known, role
        )

    def _gauge(self, step: int, model: GenerativeModel) -> None:
        samples = self._drawn(model)
        self.values[step] = dict(self.read(samples))
        if self.modes is not None:
            self.shares[step] = mode_shares(samples, self.modes)

    def _drawn(self, model: GenerativeModel) -> Tensor:
        return model.sample(GAUGED, generator=stream(self.run.seed, "gauge"))


def _means(history: History, name: str, steps: Sequence[int]) -> FloatArray:
    """Of a series, the mean over the steps since the frame before; NaN where nothing was recorded."""
    values = np.asarray(history.series[name], dtype=np.float64)
    places = np.searchsorted(history.steps, steps, side="right")
    starts = np.concatenate([[0], places[:-1]])
    parts = [values[start:end] for start, end in zip(starts, places, strict=True)]
    return np.array(
        [part[np.isfinite(part)].mean() if np.isfinite(part).any() else math.nan for part in parts]
    )


def _plane(codes: FloatArray) -> FloatArray:
    """Codes `(F, m, L)`, where L > 2 in the plane of the first two principal components of the last frame's."""
    if codes.shape[-1] <= 2:
        return codes
    last = codes[-1] - codes[-1].mean(axis=0)
    if not np.isfinite(last).all():
        return codes[..., :2]
    plane = np.linalg.svd(last, full_matrices=False)[2][:2].T
    return np.asarray((codes - codes[-1].mean(axis=0)) @ plane)
