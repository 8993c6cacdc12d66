"""From what was watched of a run to the events of its training: pure functions of recorded series.

Modes are counted by mass alone: every sample belongs to its nearest mode, however far. So a model
that reaches all modes with blurred samples has not collapsed, and one that sits sharply on one of
them has. What is judged is the *overlap* of the shares q with the true weights w,

    s = sum_k min(q_k, w_k) = 1 - TV(q, w),

which is the weight of the modes that the model holds: k / K where it shares its mass evenly among k
of K equal modes.

- **collapsed**: s < `LOW` at `LOOKS` looks in a row, after it had been at least `HIGH` for as many.
  A run that never got that far has a slow start, not a collapse.
- **recovered**: s >= `HIGH` at `LOOKS` looks in a row, after a collapse.
- **never spread over the modes**: s was never at least `HIGH` at `LOOKS` looks in a row; it is
  below `LOW` to the very end, and has been for at least `UNRECOVERED` of the looks.
- **rotating among modes**: of `TURNS` successive changes from look to look, at least `MOST_TURNS`
  moved more than `MOVED` of the mass to other modes, s being below `HIGH` before and after. It is
  said again only after `TURNS` changes of which none did.
- **discriminator saturated**: over `WINDOWS` successive twentieths of training, the mean accuracy
  is at least `CERTAIN` and, where the objective gives probabilities, the mean of D(G(z)) at most 1
  - `CERTAIN`: the gradient of log(1 - D(G(z))) is D(G(z)) in the logit, so the minimax generator
  then learns at a hundredth of the full rate. It is over, and may be said again, once the accuracy
  has been below `UNCERTAIN` for as long.
- **posterior collapsed**: over the last `WINDOWS` twentieths of training, or more, the mean of the
  monitor "KL", the rate E KL(q(z | x) || p(z)), is below `RATE`. The rate bounds the information
  between x and z, so that nearly none is left in any latent, whatever their number; single latents
  that hold nothing are no fault. (One latent counts as active from a variance of .01 of its
  posterior mean on, Burda, Grosse and Salakhutdinov 2016: a rate of .005.) On data that are one
  Gaussian in model units this is the optimum.
- **still improving when training ended**: the watched "distance" fell over the last third of
  training, see `genzoo.observation.improvement`.
- **diverged**: a loss or a weight was NaN or infinite.

The untrained model and looks at which samples were not finite are not judged. Every state needs
several looks to begin and another threshold to end, so that the noise of 1,000 samples (it lowers s
by about .03 with 8 modes, by .06 with 25) makes no event.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from torch import Tensor

from genzoo.arrays import FloatArray
from genzoo.core.source import DataSource, Modes, SupportsModes
from genzoo.observation.improvement import improving
from genzoo.observation.series import window_means
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.types import (
    History,
    TrainedRun,
)

LOW = 0.5
"""Below, more than half of the mass of the truth is in modes that the model has lost."""
HIGH = 0.7
"""From here on a model holds the bulk of the modes: 6 of 8, 18 of 25.

The gap to `LOW` is three times the noise.
"""
LOOKS = 2
"""A single look may catch a generator in the middle of a jump."""
UNRECOVERED = 0.5
"""Share of the looks: half of a training is more than a slow start."""
MOVED = 0.5
"""More than half of what was generated is now something else."""
TURNS, MOST_TURNS = 5, 3
"""A model that moves once, or there and back, is on its way.

One that moves more often than not is turning.
"""
CERTAIN, UNCERTAIN = 0.99, 0.95
BINS, WINDOWS = 20, 2
RATE = 0.05
"""Nats. A beta of 100 leaves .001 and less, the defaults on any source that ships .1 and more."""
AT_THE_END = ("unfinished", "posterior collapsed")
"""Kinds that speak of the end of training, which a diverged run has not seen."""


BoolArray = npt.NDArray[np.bool_]


def mode_shares(samples: Tensor, modes: Modes) -> FloatArray:
    """Shares of samples nearest to each mode, `(K,)`; samples of no mode are in none.

    All are NaN where a sample is not finite.
    """
    if not bool(samples.isfinite().all()):
        return np.full(len(modes), np.nan)
    index = modes.assign(samples).numpy()
    counts = np.bincount(index[index >= 0], minlength=len(modes))
    return counts / max(len(samples), 1)


def overlap(shares: FloatArray, weights: FloatArray) -> FloatArray:
    """sum_k min(q_k, w_k) of each row of shares `(T, K)`: 1 minus the total variation, `(T,)`."""
    held: FloatArray = np.minimum(shares, weights).sum(axis=1)
    return held


def mode_events(
    steps: Sequence[int], shares: FloatArray, weights: FloatArray
) -> list[TrainingEvent]:
    """Collapses, recoveries and rotations, in the order of their steps.

    Args:
        steps: `(T,)` of the looks; 0, the untrained model, is not judged.
        shares: `(T, K)` from `mode_shares`.
        weights: `(K,)` of the truth.
    """
    is_judged = (np.asarray(steps) > 0) & np.isfinite(shares).all(axis=1)
    judged = np.asarray(steps)[is_judged].tolist()
    if not judged:
        return []
    rows = np.asarray(shares)[is_judged]
    held = overlap(rows, weights)
    events = _collapses(judged, held) + _rotations(judged, rows, held)
    return sorted(events, key=lambda event: event.step)


def saturation_events(history: History) -> list[TrainingEvent]:
    """When the discriminator told real from generated examples almost without error.

    Models without a discriminator have no such event.
    """
    accuracy, fake = _binned(history, "accuracy"), _binned(history, "D(fake)")
    if accuracy is None:
        return []
    starts = _edges(history)[:-1]
    certain = accuracy >= CERTAIN
    if fake is not None:
        certain &= fake <= 1 - CERTAIN + 1e-9
    begins = _streaks(certain, WINDOWS)
    ends = _streaks(accuracy < UNCERTAIN, WINDOWS)
    events = []
    for at in _alternating(begins, ends):
        until = None
        if ends[at:].any():
            until = int(starts[at + ends[at:].argmax()])
        events.append(TrainingEvent("saturated", int(starts[at]), until))
    return events


def posterior_events(history: History) -> list[TrainingEvent]:
    """When a code ceased for good to hold anything of the examples.

    Models without the monitor "KL" have no such event. A training of fewer than two steps for each
    twentieth is not judged.
    """
    rate = _binned(history, "KL")
    if rate is None or len(history.steps) < 2 * BINS:
        return []
    bins = np.flatnonzero(np.isfinite(rate))
    first = int(np.flatnonzero(rate[bins] >= RATE).max(initial=-1)) + 1
    if len(bins) - first < WINDOWS:
        return []
    return [TrainingEvent("posterior collapsed", int(_edges(history)[bins[first]]))]


def training_events(
    history: History,
    shares: History | None,
    weights: FloatArray | None,
    diverged_at: int | None,
    watched: History | None = None,
) -> tuple[TrainingEvent, ...]:
    """All events of a run, in the order of their steps.

    Args:
        history: Losses and monitors at every step.
        shares: Shares of samples nearest to each mode at some steps, a column for each mode, where
            they were watched.
        weights: `(K,)` of the truth.
        diverged_at: The step at which the run diverged, if it did, see `TrainedRun`.
        watched: Gauges at evenly spaced steps, among them "distance", where they were read.
    """
    events = saturation_events(history) + posterior_events(history)
    if watched is not None and improving(watched.series["distance"][watched.steps > 0]):
        events.append(TrainingEvent("unfinished", int(watched.steps[-1])))
    if shares is not None and weights is not None:
        columns = np.stack(list(shares.series.values()), axis=1)
        events += mode_events(shares.steps.tolist(), columns, weights)
    if diverged_at is not None:
        events = [event for event in events if _is_before(event, diverged_at)]
        events.append(TrainingEvent("diverged", diverged_at))
    return tuple(sorted(events, key=lambda event: event.step))


def _is_before(event: TrainingEvent, diverged_at: int) -> bool:
    return event.step < diverged_at and event.kind not in AT_THE_END


def diagnosed(run: TrainedRun, source: DataSource) -> TrainedRun:
    """The run with its events.

    Those of its modes are found only where it was watched and the source knows its modes.
    """
    weights = None
    if isinstance(source, SupportsModes):
        weights = source.modes().weights.numpy()
    events = training_events(run.history, run.mode_shares, weights, run.diverged_at, run.watched)
    return replace(run, events=events)


def _collapses(steps: Sequence[int], held: FloatArray) -> list[TrainingEvent]:
    low = _streaks(held < LOW, LOOKS)
    high = _streaks(held >= HIGH, LOOKS)
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
    least = max(UNRECOVERED * len(steps), LOOKS)
    if state == "forming" and len(steps) - lost >= least:
        events.append(TrainingEvent("unspread", steps[lost]))
    return events


def _rotations(steps: Sequence[int], shares: FloatArray, held: FloatArray) -> list[TrainingEvent]:
    partial = held < HIGH
    mass = 0.5 * np.abs(np.diff(shares, axis=0)).sum(axis=1)
    moved = (mass > MOVED) & partial[:-1] & partial[1:]
    counts = np.array([moved[at : at + TURNS].sum() for at in range(len(moved) - TURNS + 1)])
    events = []
    for at in _alternating(counts >= MOST_TURNS, counts == 0):
        first = at + int(moved[at:].argmax())
        events.append(TrainingEvent("rotating", steps[first]))
    return events


def _streaks(holds: BoolArray, length: int) -> BoolArray:
    """Where at least so many hold in a row: true at i when i ... i + length - 1 all hold."""
    streaks = np.zeros(len(holds), dtype=np.bool_)
    for at in range(len(holds) - length + 1):
        streaks[at] = holds[at : at + length].all()
    return streaks


def _alternating(begins: BoolArray, ends: BoolArray) -> list[int]:
    """Places at which a state begins, each after the one before it has ended."""
    places = []
    within = False
    for at, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        if begin and not within:
            places.append(at)
        within = (within or bool(begin)) and not end
    return places


def _edges(history: History) -> FloatArray:
    """First steps of the twentieths of training, and the step after the last."""
    first, last = 1, 0
    if len(history.steps):
        first, last = int(history.steps[0]), int(history.steps[-1])
    return np.unique(np.linspace(first, last + 1, BINS + 1).round())


def _binned(history: History, monitor: str) -> FloatArray | None:
    """Means of the finite values of a monitor in each twentieth of training.

    They are NaN where there is none. Returns None for a model without the monitor.
    """
    if not len(history.steps):
        return None
    places = np.searchsorted(history.steps, _edges(history))
    for name, series in history.series.items():
        if name.rpartition("/")[2] == monitor:
            values = np.asarray(series, dtype=np.float64)
            return window_means(values, places[:-1], places[1:])
    return None
