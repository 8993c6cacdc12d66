"""The guard of global randomness: nothing is drawn from it, and nobody seeds it."""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from genzoo.testing.support import require

PECULIAR = 1_964_523_871
"""A seed that nobody else sets: who reseeds leaves another state than this one does."""


@contextlib.contextmanager
def global_randomness_untouched(what: str) -> Iterator[None]:
    """Require that the body draws nothing from, and sets nothing in, the global random states.

    They are in a peculiar state meanwhile, so that setting a seed again shows too. What was there
    is restored, also where the body raises.

    Raises:
        CheckError: When the state of torch, numpy or `random` changed.
    """
    torch_state = torch.get_rng_state()
    numpy_state = np.random.get_state()  # noqa: NPY002
    python_state = random.getstate()
    try:
        torch.set_rng_state(torch.Generator().manual_seed(PECULIAR).get_state())
        np.random.set_state(np.random.RandomState(PECULIAR).get_state())  # noqa: NPY002
        random.setstate(random.Random(PECULIAR).getstate())
        before = _global_states()
        yield
        after = _global_states()
    finally:
        torch.set_rng_state(torch_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
    for name, state in after.items():
        require(
            state == before[name],
            f"{what} touched the global random state of {name}: "
            "draw from the generator or noise that is given, and set no seed",
        )


def _global_states() -> dict[str, Any]:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": (kind, np.asarray(keys).tobytes(), *rest),
        "random": random.getstate(),
    }
