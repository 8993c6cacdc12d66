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
  training, see `improving`.
- **diverged**: a loss or a weight was NaN or infinite.

The untrained model and looks at which samples were not finite are not judged. Every state needs
several looks to begin and another threshold to end, so that the noise of 1,000 samples (it lowers s
by about .03 with 8 modes, by .06 with 25) makes no event.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from torch import Tensor

from genzoo.core.source import DataSource, Modes, SupportsModes
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.types import FloatArray, History, TrainedRun

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
"""A model that moves once, or there and back, is on its way; one that moves more often than not is turning."""
CERTAIN, UNCERTAIN = 0.99, 0.95
BINS, WINDOWS = 20, 2
RATE = 0.05
"""Nats. A beta of 100 leaves .001 and less, the defaults on any source that ships .1 and more."""
AT_THE_END = ("unfinished", "posterior collapsed")
"""Kinds that speak of the end of training, which a diverged run has not seen."""
LATER, EARLIER, LATEST, GAIN, FEWEST = 0.9, 0.75, 0.6, 0.05, 15
"""What `improving` asks of the looks."""

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


def mode_events(
    steps: Sequence[int], shares: FloatArray, weights: FloatArray
) -> list[TrainingEvent]:
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
    return sorted(
        [*_collapses(kept, held), *_rotations(kept, rows, held)], key=lambda event: event.step
    )


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
    events = []
    for at in _alternating(begins, ends):
        over = np.flatnonzero(ends[at:])
        until = int(starts[at + over[0]]) if len(over) else None
        events.append(TrainingEvent("saturated", int(starts[at]), until))
    return events


def posterior_events(history: History) -> list[TrainingEvent]:
    """When a code ceased for good to hold anything of the examples; nothing for models without the monitor "KL".

    A training of fewer than two steps for each twentieth is not judged.
    """
    rate = _binned(history, "KL")
    if rate is None or len(history.steps) < 2 * BINS:
        return []
    known = np.flatnonzero(np.isfinite(rate))
    first = int(np.flatnonzero(rate[known] >= RATE).max(initial=-1)) + 1
    if len(known) - first < WINDOWS:
        return []
    return [TrainingEvent("posterior collapsed", int(_edges(history)[known[first]]))]


def improving(distances: FloatArray) -> bool:
    """Whether distances at evenly spaced looks were still falling at the end, beyond their noise.

    Of the looks, which are cut into thirds, the last third is held against the third before. All of
    these hold:

    - in at least `LATER` of the pairs of a look of each, the later one is nearer;
    - the mean is at least `GAIN` of it smaller;
    - within the last third, in at least `LATEST` of the pairs the later one is nearer;
    - the third before was itself nearer than the first, in at least `EARLIER` of the pairs: a fall
      in the last third alone comes of a learning rate that is annealed, and would come as late in a
      longer training.

    Of pairs rather than means, so that one wild look decides nothing. Of 100 runs whose distance
    only fluctuates about a constant, at most 1 is said to improve, or 5 where looks are so alike
    that their correlation is .9.

    Args:
        distances: `(T,)`, without the untrained model; below `FEWEST` that are finite, the answer
            is no.
    """
    known = np.asarray(distances, dtype=np.float64)[np.isfinite(distances)]
    if len(known) < FEWEST:
        return False
    size = len(known) // 3
    first, before, last = known[-3 * size : -2 * size], known[-2 * size : -size], known[-size:]
    late, early = np.triu_indices(size, 1)[::-1]
    return bool(
        _nearer(before[:, None], last) >= LATER
        and before.mean() - last.mean() >= GAIN * before.mean()
        and _nearer(last[early], last[late]) >= LATEST
        and _nearer(first[:, None], before) >= EARLIER
    )


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
        diverged_at: See `TrainedRun`.
        watched: Gauges at evenly spaced steps, among them "distance", where they were read.
    """
    events = saturation_events(history) + posterior_events(history)
    if watched is not None and improving(watched.series["distance"][watched.steps > 0]):
        events.append(TrainingEvent("unfinished", int(watched.steps[-1])))
    if shares is not None and weights is not None:
        events += mode_events(
            shares.steps.tolist(), np.stack(list(shares.series.values()), axis=1), weights
        )
    if diverged_at is not None:
        events = [
            event for event in events if event.step < diverged_at and event.kind not in AT_THE_END
        ]
        events.append(TrainingEvent("diverged", diverged_at))
    return tuple(sorted(events, key=lambda event: event.step))


def diagnosed(run: TrainedRun, source: DataSource) -> TrainedRun:
    """The run with its events: those of its modes only where it was watched and the source knows its modes."""
    weights = source.modes().weights.numpy() if isinstance(source, SupportsModes) else None
    events = training_events(run.history, run.mode_shares, weights, run.diverged_at, run.watched)
    return replace(run, events=events)


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
        events.append(TrainingEvent("unspread", steps[lost]))
    return events


def _rotations(steps: Sequence[int], shares: FloatArray, held: FloatArray) -> list[TrainingEvent]:
    partial = held < HIGH
    moved = (0.5 * np.abs(np.diff(shares, axis=0)).sum(axis=1) > MOVED) & partial[:-1] & partial[1:]
    counts = np.array([moved[at : at + TURNS].sum() for at in range(len(moved) - TURNS + 1)])
    begins = _alternating(counts >= MOST_TURNS, counts == 0)
    return [TrainingEvent("rotating", steps[at + int(moved[at:].argmax())]) for at in begins]


def _nearer(earlier: FloatArray, later: FloatArray) -> float:
    """Share of the pairs in which the later distance is smaller; equal ones count half."""
    return float((later < earlier).mean() + 0.5 * (later == earlier).mean())


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
    return np.array(
        [part[np.isfinite(part)].mean() if np.isfinite(part).any() else np.nan for part in parts]
    )
