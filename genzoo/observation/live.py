"""What is said of a model while it trains, beyond what its losses say."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from torch import Tensor

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, SupportsModes
from genzoo.observation.stage import Stage
from genzoo.results.recording import Gauge
from genzoo.training import Observer, TrainingProgress

SECONDS = 2.0
"""Between two looks: one costs some milliseconds."""
SAMPLES = 1000
PATIENCE = 5.0
"""Seconds after training before anything is said of what follows it.

Mostly that is done by then.
"""
Reading = Callable[[Tensor], Mapping[str, float]]


class LiveModes:
    """An observer that adds to progress how many modes one seed captures, and passes it on.

    It reads a copy of the model and draws from a random stream of its own. Nothing is added where
    the source knows no modes, or where the model can be sampled only after a fit that follows
    training.

    Args:
        source: The source that is learned.
        gauge: The cheap numbers, among them "modes captured".
        observer: Told of progress, with the modes beside it.
    """

    def __init__(self, source: DataSource, gauge: Gauge, observer: Observer) -> None:
        self.observer = observer
        self._modes = 0
        self._read: Reading | None = None
        if isinstance(source, SupportsModes) and len(source.modes()):
            self._modes = len(source.modes())
            self._read = gauge(source, Stage.of(source).real)
        self._due = 0.0
        self._notes: tuple[str, ...] = ()
        self._last = TrainingProgress(0, 0, (), {}, 0)
        self._heard = time.monotonic()

    def __call__(self, progress: TrainingProgress) -> None:
        """Hear of progress."""
        self._last = progress
        self._heard = time.monotonic()
        read, build = self._read, progress.model
        if read is not None and build is not None and time.monotonic() >= self._due:
            self._look(read, build(), progress.seeds[0])
            self._due = time.monotonic() + SECONDS
        self.observer(replace(progress, notes=self._notes))

    def _look(self, read: Reading, model: GenerativeModel, seed: int) -> None:
        if model.finalizes:
            return
        samples = model.sample(SAMPLES, generator=stream(seed, "live"))
        captured = read(samples).get("modes captured", math.nan)
        self._notes = ()
        if not math.isnan(captured):
            self._notes = (f"{captured:.0f} of {self._modes} modes",)

    def tell(self, doing: str) -> None:
        """Say what is done after training, beside how far that went."""
        if time.monotonic() - self._heard >= PATIENCE:
            self.observer(replace(self._last, notes=(doing,)))
