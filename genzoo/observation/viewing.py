"""How often a training is looked at, by what looking costs.

What is counted and what is only shown are limited in different ways. Gauges and events are results:
how many looks they are made of follows from the operations of the model's sampler, never from a
clock, so that the same command gives the same numbers on any machine. The frames of a film are only
shown: they are limited by the time that they are seen to take.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np

from genzoo.core.counted_operations import COUNTED, CountedOperations
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream

FRAME_SECONDS, FRAME_SHARE = 4.0, 0.1
"""A film takes at most about 4 seconds, or a tenth of the training time where that is more.

It has two frames in any case.
"""
LOOK_SECONDS = 3.0
"""Nominal seconds that the looks at one seed may take.

Beyond, there are half or a quarter as many.
"""


def thinned(steps: Sequence[int], model: GenerativeModel, samples: int) -> tuple[int, ...]:
    """The steps to look at: all of them, or every second or fourth where looks are dear.

    The first and the last are always among them.

    Args:
        steps: Steps of training, evenly spaced.
        model: A model that is ready to sample.
        samples: How many examples are generated at each look.
    """
    cost = nominal_seconds(model, samples) * (len(steps) - 1)
    every = 4
    if cost <= LOOK_SECONDS:
        every = 1
    elif cost <= 2 * LOOK_SECONDS:
        every = 2
    return tuple(sorted({steps[0], *steps[::-every]}))


def nominal_seconds(model: GenerativeModel, samples: int) -> float:
    """About how long an ordinary core takes to generate so many examples.

    It follows from the operations alone: no clock is read.

    Args:
        model: A model that is ready to sample.
        samples: How many examples are generated.
    """
    operations = CountedOperations()
    with operations:
        model.sample(COUNTED, generator=stream(0, "operations"))
    return operations.seconds(samples)


def affordable(count: int, seconds: float) -> Iterator[int]:
    """Positions of the frames of a film, in the order in which they are to be made.

    They are the first, the last, then evenly between them. The time that passes while a position is
    out is taken for the time of its frame. The first two frames tell how many fit; where later ones
    turn out to take longer, there are none after twice the time.

    Args:
        count: How many frames could be made.
        seconds: What they may take; see `film_seconds`.
    """
    start = time.perf_counter()
    yield 0
    first = time.perf_counter() - start
    if count > 1:
        yield count - 1
    spent = time.perf_counter() - start
    cost = max(min(first, spent - first), 1e-9)
    fit = min(count, 2 + int(max(seconds - spent, 0.0) / cost))
    chosen = np.linspace(0, count - 1, fit).round().astype(int)
    for place in _spread(len(chosen)):
        if time.perf_counter() - start > 2 * seconds:
            return
        yield int(chosen[place])


def film_seconds(training: float) -> float:
    """What a film may take, after a training of so many seconds."""
    return max(FRAME_SECONDS, FRAME_SHARE * training)


def _spread(count: int) -> Iterator[int]:
    """The places between the first and the last of `count`, halving ever finer.

    So any beginning of them is spread evenly.
    """
    gaps = deque([(0, count - 1)])
    while gaps:
        low, high = gaps.popleft()
        middle = (low + high) // 2
        if middle > low:
            yield middle
            gaps += [(low, middle), (middle, high)]
