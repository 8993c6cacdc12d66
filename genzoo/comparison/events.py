"""From what was watched of a run to the events of its training: pure functions of recorded series.

Modes are counted by mass alone: every sample belongs to its nearest mode, however far. So a model that reaches all
modes with blurred samples has not collapsed, and one that sits sharply on one of them has. What is judged is the
*overlap* of the shares q with the true weights w,

    s = sum_k min(q_k, w_k) = 1 - TV(q, w),

which is the weight of the modes that the model holds: k / K where it shares its mass evenly among k of K equal modes.

- **collapsed**: s < `LOW` at `LOOKS` looks in a row, after it had been at least `HIGH` for as many. A run that never
  got that far has a slow start, not a collapse; unless s is below `LOW` to the very end and has been for at least
  `UNRECOVERED` of the looks.
- **recovered**: s >= `HIGH` at `LOOKS` looks in a row, after a collapse.
- **rotating among modes**: of `TURNS` successive changes from look to look, at least `MOST_TURNS` moved more than
  `MOVED` of the mass to other modes, s being below `HIGH` before and after. It is said again only after `TURNS` changes
  of which none did.
- **discriminator saturated**: over `WINDOWS` successive twentieths of training, the mean accuracy is at least `CERTAIN`
  and, where the objective gives probabilities, the mean of D(G(z)) at most 1 - `CERTAIN`: the gradient of
  log(1 - D(G(z))) is D(G(z)) in the logit, so the minimax generator then learns at a hundredth of the full rate. It is
  over, and may be said again, once the accuracy has been below `UNCERTAIN` for as long.
- **diverged**: a loss or a weight was NaN or infinite.

The untrained model and looks at which samples were not finite are not judged. Every state needs several looks to
begin and another threshold to end, so that the noise of 1,000 samples (it lowers s by about .03 with 8 modes, by .06
with 25) makes no event.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from genzoo.core.diagnosis import TrainingEvent
from genzoo.core.results import FloatArray, History, TrainedRun
from genzoo.core.source import DataSource, Modes, SupportsModes

LOW = 0.5
"""Below, more than half of the mass of the truth is in modes that the model has lost."""
HIGH = 0.7
"""From here on a model holds the bulk of the modes: 6 of 8, 18 of 25. The gap to `LOW` is three times the noise."""
LOOKS = 2
"""A single look may catch a generator in the middle of a jump."""
UNRECOVERED = 0.5
"""Share of the looks: half of a training is more than a slow start."""
MOVED = 0.5
"""More than half of what was generated is now something else."""
TURNS, MOST_TURNS = 5, 3
"""A model that moves once, or there and back, is on its way; one that moves more often than not is turning."""
CERTAIN, UNCERTAIN = 0.99, 0.95
BINS, WINDOWS = 20, 2

Array = npt.NDArray[np.float64]


def mode_shares(samples: Tensor, modes: Modes) -> Array:
    """Shares of samples nearest to each mode `(K,)`; samples of no mode are in none, NaN where one is not finite."""
    if not bool(samples.isfinite().all()):
        return np.full(len(modes), np.nan)
    index = modes.assign(samples).numpy()
    return np.bincount(index[index >= 0], minlength=len(modes)) / max(len(samples), 1)


def overlap(shares: FloatArray, weights: FloatArray) -> FloatArray:
    """sum_k min(q_k, w_k) of each row of shares `(T, K)`: 1 minus the total variation, `(T,)`."""
    held: FloatArray = np.minimum(shares, weights).sum(axis=1)
    return held


def mode_events(steps: Sequence[int], shares: FloatArray, weights: FloatArray) -> list[TrainingEvent]:
    """Collapses, recoveries and rotations, in the order of their steps.

    Args:
        steps: `(T,)` of the looks; 0, the untrained model, is not judged.
        shares: `(T, K)` from `mode_shares`.
        weights: `(K,)` of the truth.
    """
    judged = (np.asarray(steps) > 0) & np.isfinite(shares).all(axis=1)
    kept, rows = np.asarray(steps)[judged].tolist(), np.asarray(shares)[judged]
    if not kept:
        return []
    held = overlap(rows, weights)
    return sorted([*_collapses(kept, held), *_rotations(kept, rows, held)], key=lambda event: event.step)


def saturation_events(history: History) -> list[TrainingEvent]:
    """When the discriminator told real from generated examples almost without error; nothing for other models."""
    accuracy, fake = (_binned(history, name) for name in ("accuracy", "D(fake)"))
    if accuracy is None:
        return []
    starts = _edges(history)[:-1]
    certain = accuracy >= CERTAIN
    if fake is not None:
        certain &= fake <= 1 - CERTAIN + 1e-9
    begins, ends = _streaks(certain, WINDOWS), _streaks(accuracy < UNCERTAIN, WINDOWS)
    return [TrainingEvent("saturated", int(starts[at])) for at in _alternating(begins, ends)]


def training_events(
    history: History, shares: History | None, weights: FloatArray | None, diverged_at: int | None
) -> tuple[TrainingEvent, ...]:
    """All events of a run, in the order of their steps.

    Args:
        history: Losses and monitors at every step.
        shares: Shares of samples nearest to each mode at some steps, a column for each mode, where they were watched.
        weights: `(K,)` of the truth.
        diverged_at: See `TrainedRun`.
    """
    events = saturation_events(history)
    if shares is not None and weights is not None:
        events += mode_events(shares.steps.tolist(), np.stack(list(shares.series.values()), axis=1), weights)
    if diverged_at is not None:
        events = [event for event in events if event.step < diverged_at]
        events.append(TrainingEvent("diverged", diverged_at))
    return tuple(sorted(events, key=lambda event: event.step))


def diagnosed(run: TrainedRun, source: DataSource) -> TrainedRun:
    """The run with its events: those of its modes only where it was watched and the source knows its modes."""
    weights = source.modes().weights.numpy() if isinstance(source, SupportsModes) else None
    return replace(run, events=training_events(run.history, run.mode_shares, weights, run.diverged_at))


def events_to_json(events: Sequence[TrainingEvent]) -> list[dict[str, Any]]:
    """Plain JSON types."""
    return [{"kind": event.kind, "step": event.step} for event in events]


def events_from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[TrainingEvent, ...]:
    """The inverse of `events_to_json`."""
    return tuple(TrainingEvent(event["kind"], event["step"]) for event in stored)


def _collapses(steps: Sequence[int], held: FloatArray) -> list[TrainingEvent]:
    low, high = _streaks(held < LOW, LOOKS), _streaks(held >= HIGH, LOOKS)
    events: list[TrainingEvent] = []
    state = "forming"
    for at in range(len(steps)):
        if state == "forming" and high[at]:
            state = "spread"
        elif state == "collapsed" and high[at]:
            events.append(TrainingEvent("recovered", steps[at]))
            state = "spread"
        elif state == "spread" and low[at]:
            events.append(TrainingEvent("collapsed", steps[at]))
            state = "collapsed"
    lost = int(np.flatnonzero(held >= LOW).max(initial=-1)) + 1
    if state == "forming" and len(steps) - lost >= max(UNRECOVERED * len(steps), LOOKS):
        events.append(TrainingEvent("collapsed", steps[lost]))
    return events


def _rotations(steps: Sequence[int], shares: FloatArray, held: FloatArray) -> list[TrainingEvent]:
    partial = held < HIGH
    moved = (0.5 * np.abs(np.diff(shares, axis=0)).sum(axis=1) > MOVED) & partial[:-1] & partial[1:]
    counts = np.array([moved[at : at + TURNS].sum() for at in range(len(moved) - TURNS + 1)])
    begins = _alternating(counts >= MOST_TURNS, counts == 0)
    return [TrainingEvent("rotating", steps[at + int(moved[at:].argmax())]) for at in begins]


def _streaks(holds: npt.NDArray[np.bool_], length: int) -> npt.NDArray[np.bool_]:
    """Where a streak of at least this length stands at its first places: true at i when i ... i + length - 1 hold."""
    found = np.zeros(len(holds), dtype=np.bool_)
    for at in range(len(holds) - length + 1):
        found[at] = holds[at : at + length].all()
    return found


def _alternating(begins: npt.NDArray[np.bool_], ends: npt.NDArray[np.bool_]) -> list[int]:
    """Places at which a state begins, each after the one before it has ended."""
    places, within = [], False
    for at, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        if begin and not within:
            places.append(at)
        within = (within or bool(begin)) and not end
    return places


def _edges(history: History) -> Array:
    first, last = (int(history.steps[0]), int(history.steps[-1])) if len(history.steps) else (1, 0)
    return np.unique(np.linspace(first, last + 1, BINS + 1).round())


def _binned(history: History, monitor: str) -> Array | None:
    """Means of the finite values of a monitor in each twentieth of training; NaN where there is none."""
    name = next((full for full in history.series if full.rpartition("/")[2] == monitor), None)
    if name is None or not len(history.steps):
        return None
    places = np.searchsorted(history.steps, _edges(history))
    values = np.asarray(history.series[name], dtype=np.float64)
    parts = [values[start:end] for start, end in itertools.pairwise(places)]
    return np.array([part[np.isfinite(part)].mean() if np.isfinite(part).any() else np.nan for part in parts])
