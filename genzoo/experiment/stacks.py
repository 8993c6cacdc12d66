"""How the seeds of a model are split into stacks, each of which is trained as one.

The split follows from the model, its recipe and the seeds alone: float32 rounding depends on the
size of a stack, and a comparison gives the same numbers whatever machines it runs on.
"""

import math
from collections.abc import Sequence

import torch

from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe

MOST = 10
"""Seeds in a stack; more make each hardly cheaper, see `tests/benchmarks/stack_size.py`."""
BYTES = 2**28
"""Of the state of all seeds of a stack, see `state_bytes`."""
COPIES = 4
"""Of the parameters: weights, gradients, and two memories of the optimiser."""


def state_bytes(model: GenerativeModel, recipe: Recipe) -> int:
    """What the training of one seed holds in float32: copies of its parameters, and a batch."""
    numbers = COPIES * sum(parameter.numel() for parameter in model.parameters())
    widest = 0
    for update in model.updates():
        each = math.prod(model.event_shape)
        each += sum(math.prod(spec.event_shape) for spec in update.noise.values())
        widest = max(widest, each)
    numbers += widest * recipe.batch_size
    return numbers * torch.float32.itemsize


def stack_size(model: GenerativeModel, recipe: Recipe) -> int:
    """The most seeds of a stack."""
    return max(1, min(MOST, BYTES // max(state_bytes(model, recipe), 1)))


def split(seeds: Sequence[int], size: int) -> tuple[tuple[int, ...], ...]:
    """Seeds in stacks of at most a size, in their order, and as equal as can be.

    No seed is alone beside stacks of several: trained alone, it would be rounded otherwise.

    >>> split(range(5), 2)
    ((0,), (1,), (2,), (3,), (4,))
    >>> split(range(5), 3)
    ((0, 1, 2), (3, 4))
    """
    count = math.ceil(len(seeds) / size)
    if len(seeds) // count == 1 and count > 1:
        count = len(seeds)
    stacks: list[tuple[int, ...]] = []
    first = 0
    for k in range(count):
        end = first + math.ceil((len(seeds) - first) / (count - k))
        stacks.append(tuple(seeds[first:end]))
        first = end
    return tuple(stacks)
