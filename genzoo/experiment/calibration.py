"""How long trainings take: timed once by short fits, and kept.

The kept times are used again, so that what follows from them repeats.
"""

import json
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.disk import write_text
from genzoo.errors import InputError
from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.storage.identity import digest
from genzoo.training import Trainer, TrainingProgress
from genzoo.training.engines import ENGINES, EngineName, least_steps

CALIBRATION = "calibration.json"
SHORT = 128
"""Steps of the fit that times evaluated steps, and what a model fits after training."""
TIMED = 1000
"""Steps of the fit that times recorded ones, where it is not stopped before."""
CHUNKS = 5
"""Chunks of steps that time recorded ones; the first records and compiles."""
LONG = 10.0
"""Seconds after which two chunks are enough."""

Told = Callable[[str], None]
"""Told what is being done; may raise to stop it."""


@dataclass(frozen=True)
class Pace:
    """The time of a fit, all seeds together: start + each * steps.

    Attributes:
        start: Seconds beside the steps: recording, and fitting what needs the trained weights.
        each: Seconds of one training step.
    """

    start: float
    each: float

    def seconds(self, steps: int) -> float:
        """What a fit takes."""
        return self.start + self.each * steps

    def steps(self, seconds: float) -> int:
        """The steps of a fit that takes so long, with two significant digits, and at least one."""
        return two_digits(max((seconds - self.start) / self.each, 1.0))


def two_digits(value: float) -> int:
    """The nearest integer with two significant digits.

    >>> two_digits(1249.0), two_digits(97.4), two_digits(3.2)
    (1200, 97, 3)
    """
    unit = 10 ** max(math.floor(math.log10(value)) - 1, 0)
    return int(unit * round(value / unit))


class Calibration:
    """The paces of an experiment's models on its sources, each timed when it is first asked for.

    Each engine has a pace of its own, timed with the largest stack of seeds.

    Args:
        path: Where paces are kept, a JSON file that is replaced as a whole; what it holds is not
            timed again.
        experiment: Whose models are timed, with as many seeds as it has.
        told: Hears of progress.

    Raises:
        InputError: When the file is damaged.
    """

    def __init__(self, path: Path, experiment: Experiment, told: Told) -> None:
        self.path = path
        self.experiment = experiment
        self.told = told
        self._entries = _read(path)
        self.count = len(experiment.seeds)

    def seconds(self, contestant: Contestant, problem: Problem) -> float:
        """What the training of a model takes by its recipe."""
        engine = self.experiment.engine_of(contestant, problem)
        return self._pace(contestant, problem, engine).seconds(contestant.recipe.steps)

    def steps(self, contestant: Contestant, problem: Problem, seconds: float) -> int:
        """The steps in which a model trains that long."""
        asked = self.experiment.engine
        if asked != "auto":
            return self._pace(contestant, problem, asked).steps(seconds)
        steps = self._pace(contestant, problem, "eager").steps(seconds)
        # An engine is not timed where there is no time for the steps from which on it is taken.
        price = partial(self.experiment.compiling_price, contestant, problem)
        for engine in ENGINES[1:]:
            least = least_steps(engine, self.experiment.device, price)
            if steps < least:
                return steps
            steps = max(self._pace(contestant, problem, engine).steps(seconds), int(least))
        return steps

    def _pace(self, contestant: Contestant, problem: Problem, engine: EngineName) -> Pace:
        """A pace from the file; where it is not there, it is timed and kept."""
        identity = self._identity(contestant, problem)
        entry = self._entries.setdefault(digest(identity), identity)
        if engine not in entry:
            entry[engine] = asdict(self._timed(contestant, problem, engine))
            write_text(self.path, json.dumps(self._entries, indent=1) + "\n")
        return _pace_from(self.path, entry[engine])

    def _timed(self, contestant: Contestant, problem: Problem, engine: EngineName) -> Pace:
        if engine == "eager":
            return self._evaluated(contestant, problem)
        return self._recorded(contestant, problem, engine)

    def _identity(self, contestant: Contestant, problem: Problem) -> dict[str, Any]:
        """What two trainings share that take equally long for each step."""
        identity = self.experiment.identity(contestant, problem)
        recipe = dict(identity["recipe"])
        del recipe["steps"]
        return identity | {"recipe": recipe, "seeds": self.count}

    def _evaluated(self, contestant: Contestant, problem: Problem) -> Pace:
        watch = _Stopwatch(self._doing(contestant, problem), chunks=None)
        recipe = contestant.recipe.override(steps=SHORT)
        of_stack = self._fit(contestant, problem, recipe, watch, "eager")
        seconds = of_stack * self.count / len(self.experiment.stacks(contestant, problem)[0])
        each = watch.each(self.count)
        return Pace(max(seconds - each * SHORT, 0.0), each)

    def _recorded(self, contestant: Contestant, problem: Problem, engine: EngineName) -> Pace:
        finish = self._pace(contestant, problem, "eager").start
        chunks: int | None = CHUNKS
        updates = contestant.build_on(problem.source).updates()
        if any(update.window != (0.0, 1.0) for update in updates):
            chunks = None  # the first chunks alone would not show every stage of the training
        watch = _Stopwatch(self._doing(contestant, problem), chunks=chunks)
        recipe = contestant.recipe.override(steps=TIMED)
        self._fit(contestant, problem, recipe, watch, engine)
        return Pace(watch.first(self.count) + finish, watch.each(self.count))

    def _fit(
        self,
        contestant: Contestant,
        problem: Problem,
        recipe: Recipe,
        watch: "_Stopwatch",
        engine: EngineName,
    ) -> float:
        """Seconds of training of a timed fit; those until it was stopped are in the watch alone."""

        def build() -> GenerativeModel:
            model = contestant.build_on(problem.source)
            watch.start()
            return model

        seeds = self.experiment.stacks(contestant, problem)[0]
        trainer = Trainer(device=self.experiment.device, engine=engine)
        with threadpool_limits(1):
            try:
                fit = trainer.fit(build, problem.source, seeds, recipe, [watch])
            except _EnoughError:
                return math.nan
            except InputError:
                raise
            except Exception as error:  # the author's own; the comparison says what it is
                raise UntimedError(f"{type(error).__name__}: {error}") from error
        return sum(run.seconds for run in fit.runs)

    def _doing(
        self, contestant: Contestant, problem: Problem
    ) -> Callable[[TrainingProgress], None]:
        what = f"{contestant.name} on {problem.name}: timing the training"

        def tell(progress: TrainingProgress) -> None:
            self.told(f"{what}, step {progress.step} of at most {progress.steps}")

        return tell


class UntimedError(Exception):
    """A model fails in training."""


class _EnoughError(Exception):
    """A fit has been timed."""


@dataclass(frozen=True)
class _Lap:
    """The time of one chunk of steps.

    Attributes:
        steps: Training steps in the chunk.
        seconds: Of the chunk, for all the seeds that train together.
    """

    steps: int
    seconds: float


class _Stopwatch:
    """An observer that times the chunks of a fit.

    Of seeds that train one by one, only the chunks of the first are timed.

    Args:
        told: Hears of progress.
        chunks: After how many chunks the fit is stopped; None for never.
    """

    def __init__(self, told: Callable[[TrainingProgress], None], chunks: int | None) -> None:
        self.told = told
        self.chunks = chunks
        self.laps: list[_Lap] = []
        self.together = 1
        self._seeds: tuple[int, ...] = ()
        self._began = self._last = time.perf_counter()
        self._step = 0

    def start(self) -> None:
        """The model is built; the last call counts."""
        if not self.laps:
            self._began = self._last = time.perf_counter()

    def __call__(self, progress: TrainingProgress) -> None:
        """Take the time of a chunk."""
        now = time.perf_counter()
        self._seeds = self._seeds or progress.seeds
        if progress.seeds == self._seeds:
            self.laps.append(_Lap(progress.step - self._step, now - self._last))
            self._step = progress.step
            self.together = len(progress.seeds)
        self.told(progress)
        self._last = time.perf_counter()
        if self.chunks is None:
            return
        took_long = len(self.laps) >= 2 and self._last - self._began > LONG
        if took_long or len(self.laps) >= self.chunks:
            raise _EnoughError

    def each(self, seeds: int) -> float:
        """Seconds of a step of all seeds.

        The median over chunks, or the mean where all chunks were to be timed.
        """
        laps = self.laps[1:] or self.laps
        rates = [lap.seconds / lap.steps for lap in laps]
        rate = statistics.fmean(rates) if self.chunks is None else statistics.median(rates)
        return max(rate, 1e-9) * seeds / self.together

    def first(self, seeds: int) -> float:
        """Seconds that the first chunk took beyond its steps, of all seeds."""
        lap = self.laps[0]
        beyond = lap.seconds * seeds / self.together - lap.steps * self.each(seeds)
        return max(beyond, 0.0)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The entries of the file, by the digest of what was timed."""
    if not path.exists():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise _damaged(path) from error
    if not isinstance(entries, dict):
        raise _damaged(path)
    if not all(isinstance(entry, dict) for entry in entries.values()):
        raise _damaged(path)
    return entries


def _pace_from(path: Path, entry: Any) -> Pace:
    """A pace as it was kept."""
    try:
        pace = Pace(float(entry["start"]), float(entry["each"]))
    except (TypeError, KeyError, ValueError) as error:
        raise _damaged(path) from error
    if not (0 <= pace.start < math.inf and 0 < pace.each < math.inf):
        raise _damaged(path)
    return pace


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged: delete it, and the models are timed again")
