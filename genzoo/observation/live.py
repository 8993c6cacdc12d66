"""What is said of a model while it trains, beyond what its losses say."""

import time
from dataclasses import replace

from genzoo.core.noise import stream
from genzoo.core.source import DataSource, SupportsModes
from genzoo.observation.stage import Stage
from genzoo.results.recording import Gauge
from genzoo.training import Observer, TrainingProgress

SECONDS = 2.0
"""Between two looks: one costs some milliseconds."""
SAMPLES = 1000
PATIENCE = 5.0
"""Seconds after training before anything is said of what follows it; mostly that is done by then.
"""


class LiveModes:
    """An observer that adds to progress how many modes one seed captures, and passes it on.

    It reads a copy of the model and draws from a random stream of its own. Nothing is added where
    the source knows no modes, or where the model can be sampled only after a fit that follows
    training.

    Args:
        source: What is learned.
        gauge: The cheap numbers, among them "modes captured".
        observer: Hears of progress.
    """

    def __init__(self, source: DataSource, gauge: Gauge, observer: Observer) -> None:
        self.observer = observer
        self._modes = len(source.modes()) if isinstance(source, SupportsModes) else 0
        self._read = gauge(source, Stage.of(source).real) if self._modes else None
        self._due = 0.0
        self._notes: tuple[str, ...] = ()
        self._last, self._heard = TrainingProgress(0, 0, (), {}, 0), time.monotonic()

    def __call__(self, progress: TrainingProgress) -> None:
        """Hear of progress."""
        self._last, self._heard = progress, time.monotonic()
        if self._read is not None and progress.model is not None and time.monotonic() >= self._due:
            model = progress.model()
            if not model.finalizes:
                samples = model.sample(SAMPLES, generator=stream(progress.seeds[0], "live"))
                found = self._read(samples).get("modes captured", float("nan"))
                self._notes = (f"{found:.0f} of {self._modes} modes",) if found == found else ()
            self._due = time.monotonic() + SECONDS
        self.observer(replace(progress, notes=self._notes))

    def tell(self, doing: str) -> None:
        """Say what is done after training, beside how far that went."""
        if time.monotonic() - self._heard >= PATIENCE:
            self.observer(replace(self._last, notes=(doing,)))
