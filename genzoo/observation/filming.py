"""From the weights that a fit kept to what is seen of it: numbers of every seed, films of two."""

from collections.abc import Callable, Collection
from dataclasses import replace

import torch

from genzoo.core.model import GenerativeModel
from genzoo.core.source import DataSource
from genzoo.observation.playback import Playback, Tell
from genzoo.observation.stage import Stage
from genzoo.observation.viewing import film_seconds
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
)
from genzoo.results.types import FitResult, TrainedRun


def steps_to_keep(build: Callable[[], GenerativeModel], steps: int, seeds: int) -> tuple[int, ...]:
    """After which steps a fit must keep its weights to be filmed.

    Args:
        build: Makes an untrained model.
        steps: How many steps it is trained.
        seeds: How many seeds are trained together.
    """
    with torch.random.fork_rng(devices=[]):
        model = build()
    return frame_steps(_steps_of(model, steps), _frames(model, seeds))


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
        fit: Runs that kept their weights after `steps_to_keep`.
        source: The source that was learned.
        gauge: Makes what reads the cheap numbers from samples.
        seeds: Which of its seeds to watch.
        tell: Told what is being done.

    Returns:
        These runs, with `watched` and without snapshots, and one or two recordings.
    """
    stage = Stage.of(source)
    playbacks = _watched(fit, source, gauge, stage, seeds, len(fit.runs), tell)
    seconds = film_seconds(sum(run.seconds for run in fit.runs))
    distances = {seed: playback.last_distance() for seed, playback in playbacks.items()}
    recordings = []
    # One seed alone has the first role.
    for role, seed in zip(ROLES, median_and_worst(distances), strict=False):
        recordings.append(playbacks[seed].record(stage, role, seconds))
    runs = []
    for playback in playbacks.values():
        runs.append(replace(playback.watched_run(), snapshots={}))
    return FitResult(tuple(runs), fit.recipe, tuple(recordings))


def watch(
    fit: FitResult,
    source: DataSource,
    gauge: Gauge,
    of: int,
    tell: Tell = lambda doing: None,
) -> FitResult:
    """Watch the runs of a fit as `film` does, and leave films to `film_run`.

    Args:
        fit: Runs of one stack that kept their weights after `steps_to_keep`.
        source: The source that was learned.
        gauge: Makes what reads the cheap numbers from samples.
        of: Seeds of the model in all its stacks.
        tell: Told what is being done.

    Returns:
        The runs, with `watched`; they keep their snapshots.
    """
    seeds = [run.seed for run in fit.runs]
    playbacks = _watched(fit, source, gauge, Stage.of(source), seeds, of, tell)
    runs = [playback.watched_run() for playback in playbacks.values()]
    return FitResult(tuple(runs), fit.recipe)


def film_run(
    run: TrainedRun,
    source: DataSource,
    gauge: Gauge,
    role: Role,
    seconds: float,
    tell: Tell = lambda doing: None,
) -> Recording:
    """The film of one run with its snapshots.

    Args:
        run: Its model, history and snapshots are read.
        source: The source that was learned.
        gauge: Makes what reads the cheap numbers from samples.
        role: Why it is filmed.
        seconds: What the training of all seeds took.
        tell: Told what is being done.
    """
    stage = Stage.of(source)
    playback = Playback(run, source, gauge(source, stage.real), tell)
    return playback.record(stage, role, film_seconds(seconds))


def _watched(
    fit: FitResult,
    source: DataSource,
    gauge: Gauge,
    stage: Stage,
    seeds: Collection[int],
    of: int,
    tell: Tell,
) -> dict[int, Playback]:
    """By seed, the runs whose gauges have been read."""
    read = gauge(source, stage.real)
    playbacks = {}
    for run in fit.runs:
        if run.seed in seeds:
            playbacks[run.seed] = Playback(run, source, read, tell)
    for playback in playbacks.values():
        frames = _frames(playback.model, of)
        steps = _steps_of(playback.model, fit.recipe.steps)
        playback.watch(even_steps(steps, frames // 2))
    return playbacks


def _steps_of(model: GenerativeModel, steps: int) -> int:
    """Steps of training; none for a model that has nothing to update."""
    if not model.updates():
        return 0
    return steps


def _frames(model: GenerativeModel, seeds: int) -> int:
    """Frames for each seed.

    There are a quarter of them where each needs a fit of its own, which costs ten times as much.
    """
    numbers = seeds * sum(value.numel() for value in model.state_dict().values())
    most = FRAMES
    if model.finalizes:
        most = FRAMES // 4
    return min(affordable_frames(numbers), most)
