"""The model of a run at each step whose weights were kept: gauges, and the frames of a film."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from genzoo.arrays import FloatArray
from genzoo.core.any_range import within_any_range
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, Modes, SupportsModes, take_rows, training_examples
from genzoo.observation.events import mode_shares
from genzoo.observation.frame import frame_of, last_density
from genzoo.observation.generation import recorded_path
from genzoo.observation.series import window_means
from genzoo.observation.stage import Stage
from genzoo.observation.viewing import affordable, thinned
from genzoo.results.recording import Recording, Role, pick
from genzoo.results.types import History, TrainedRun
from genzoo.training.preparation import fit_by

GAUGED = 1000
"""Samples that gauges read."""
Tell = Callable[[str], None]
"""Told what is being done, before each look and each frame; may raise to stop it."""
EX_POST_EXAMPLES = 256
"""Training examples that an ex-post fit gets at each frame.

After the last step it has had all of them.
"""


class Playback:
    """The model of a run at each of its snapshots."""

    def __init__(
        self,
        run: TrainedRun,
        source: DataSource,
        read: Callable[..., Mapping[str, float]],
        tell: Tell,
    ) -> None:
        self.run = run
        self.read = read
        self.tell = tell
        self.model = copy.deepcopy(run.model).requires_grad_(False)
        self.values: dict[int, dict[str, float]] = {}
        self.modes: Modes | None = None
        if isinstance(source, SupportsModes):
            self.modes = source.modes()
        self.shares: dict[int, FloatArray] = {}
        self.watched: tuple[int, ...] = ()
        self._fitted: dict[int, Mapping[str, torch.Tensor]] = {}
        self.last = 0
        if len(run.history.steps):
            self.last = int(run.history.steps[-1])
        generator = stream(run.seed, "frame examples")
        rows = training_examples(source, EX_POST_EXAMPLES, generator=generator)
        order = torch.randperm(len(rows.x), generator=stream(run.seed, "frame rows"))
        self.rows = take_rows(rows, order[:EX_POST_EXAMPLES])

    def at(self, step: int) -> GenerativeModel:
        """The model after a step, ready to sample."""
        if step == self.last and self.run.diverged_at is None:
            self.model.load_state_dict(self.run.model.state_dict())
            return self.model
        if step in self._fitted:
            self.model.load_state_dict(self._fitted[step])
            return self.model
        self.model.load_state_dict(self.run.snapshots[step])
        if self.model.finalizes:
            generator = stream(self.run.seed, "frame finalize")
            fit_by(self.model.finalize, self.model, self.rows, generator=generator)
            self._fitted[step] = copy.deepcopy(self.model.state_dict())
        return self.model

    def watch(self, steps: Sequence[int]) -> None:
        """Read the gauges after these steps, or fewer where sampling is dear."""
        with_weights = pick(self.run.snapshots, steps)
        self.watched = thinned(with_weights, self.at(with_weights[0]), GAUGED)
        for count, step in enumerate(self.watched, 1):
            look = f"look {count} of {len(self.watched)}"
            self.tell(f"watching seed {self.run.seed}, {look}")
            self._gauge(step, self.at(step))

    def history(self) -> History:
        """What has been watched at even steps."""
        steps = np.array(self.watched, dtype=np.int64)
        return History(steps, self._gauges(self.watched))

    def last_distance(self) -> float:
        """The distance at the end; NaN where the run diverged."""
        if self.run.diverged_at is not None:
            return math.nan
        return self.values[self.watched[-1]]["distance"]

    def watched_run(self) -> TrainedRun:
        """The run with what was watched of it."""
        return replace(
            self.run,
            watched=self.history(),
            mode_shares=self.share_history(),
            by_weights=self.by_weights(),
        )

    def share_history(self) -> History | None:
        """The share of samples nearest to each mode at the same steps."""
        if self.modes is None:
            return None
        shares = np.stack([self.shares[step] for step in self.watched])
        columns = {f"mode {k}": shares[:, k] for k in range(len(self.modes))}
        steps = np.array(self.watched, dtype=np.int64)
        return History(steps, columns)

    def by_weights(self) -> dict[str, dict[str, float]]:
        """The gauges of each kind of weights at the end.

        There are none without averaged weights, or where the run diverged.
        """
        if len(self.run.weights) < 2 or self.run.diverged_at is not None:
            return {}
        gauges = {}
        for name in sorted(self.run.weights):
            samples = self._sampled(self.run.model_of(name))
            gauges[name] = dict(self.read(samples))
        return gauges

    def record(self, stage: Stage, role: Role, seconds: float) -> Recording:
        """The film of this run.

        It has a frame at each snapshot, or at fewer where they take longer than so many seconds.
        """
        snapshots = sorted(self.run.snapshots)
        frames: dict[int, dict[str, FloatArray]] = {}
        with torch.no_grad(), within_any_range():
            for position in affordable(len(snapshots), seconds):
                count = f"{len(frames) + 1} of {len(snapshots)}"
                self.tell(f"filming seed {self.run.seed}, frame {count}")
                step = snapshots[position]
                model = self.at(step)
                if step not in self.values:
                    self._gauge(step, model)
                frames[step] = dict(frame_of(model, stage, self.run.seed))
            steps = sorted(frames)
            last = self.at(steps[-1])
            at_last = recorded_path(last, stage, self.run.seed) | last_density(last, stage)
        arrays = {}
        for name in frames[steps[0]]:
            arrays[name] = np.stack([frames[step][name] for step in steps])
        if "codes" in arrays:
            arrays["codes"] = _plane(arrays["codes"])
        values = self._gauges(steps) | _since_last_frame(self.run.history, steps)
        places = np.array(steps, dtype=np.int64)
        spec = self.model.context_spec
        constants = stage.constants(spec) | at_last
        return Recording(self.run.seed, places, values, arrays, constants, role, spec)

    def _gauges(self, steps: Sequence[int]) -> dict[str, FloatArray]:
        """What was read after these steps, a column for each gauge."""
        columns = {}
        for name in self.values[steps[0]]:
            columns[name] = np.array([self.values[step][name] for step in steps])
        return columns

    def _gauge(self, step: int, model: GenerativeModel) -> None:
        samples = self._sampled(model)
        self.values[step] = dict(self.read(samples))
        if self.modes is not None:
            self.shares[step] = mode_shares(samples, self.modes)

    def _sampled(self, model: GenerativeModel) -> Tensor:
        return model.sample(GAUGED, generator=stream(self.run.seed, "gauge"))


def _since_last_frame(history: History, steps: Sequence[int]) -> dict[str, FloatArray]:
    """Of each series, the means over the steps since the frame before; NaN where there is none."""
    ends = np.searchsorted(history.steps, steps, side="right")
    starts = [0, *ends[:-1]]
    means = {}
    for name, series in history.series.items():
        values = np.asarray(series, dtype=np.float64)
        means[name] = window_means(values, starts, ends)
    return means


def _plane(codes: FloatArray) -> FloatArray:
    """Codes `(F, m, L)`, where L > 2 in the plane of two principal components.

    These are the first two of the last frame's codes.
    """
    if codes.shape[-1] <= 2:
        return codes
    mean = codes[-1].mean(axis=0)
    last = codes[-1] - mean
    if not np.isfinite(last).all():
        return codes[..., :2]
    _, _, rows = np.linalg.svd(last, full_matrices=False)
    return np.asarray((codes - mean) @ rows[:2].T)
