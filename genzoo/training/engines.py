"""Which engine makes training steps: four ways to the same numbers, up to rounding.

- `eager`: losses are evaluated at every step.
- `replay`: the operations of each loss and of its gradients are recorded once and replayed. They
  give the numbers of `eager` to the bit.
- `compiled`: these operations, norms, optimiser, averages and history are compiled as one function.
- `captured`: the same, captured as a CUDA graph on a GPU.

The choice follows from what is asked for and from whether there is a C++ compiler, and from nothing
that changes between runs, such as what was compiled before: adversarial training amplifies
rounding, and the same command must give the same numbers.
"""

import math
from typing import Literal

import torch

from genzoo.errors import InputError
from genzoo.training.compiler import has_compiler

EngineName = Literal["auto", "eager", "replay", "compiled", "captured"]
ENGINES: tuple[EngineName, ...] = ("eager", "replay", "compiled", "captured")

WORTH_RECORDING = 1000
"""Steps from which on losses are replayed; tracing them takes the time of about a hundred."""
WORTH_COMPILING = 240_000
"""Steps times (seeds + `OVERHEAD`) from which on steps are compiled, whatever was before."""
OVERHEAD = 8
"""Seeds that cost as much arithmetic as calling the operations of a step costs beside it."""


def check_engine(name: EngineName) -> None:
    """Refuse a name that is no engine's.

    Raises:
        InputError: When it is none.
    """
    if name not in ("auto", *ENGINES):
        raise InputError(f"engine must be one of auto, {', '.join(ENGINES)}, got {name!r}")


def chosen_engine(
    asked: EngineName, steps: int, seeds: int, device: str | torch.device
) -> EngineName:
    """The engine of a fit.

    Args:
        asked: What the user says; `auto` leaves it to the size of the work.
        steps: Training steps.
        seeds: Seeds that are trained together.
        device: Where they are trained.

    Raises:
        InputError: When there is no such engine, or none on this device.
    """
    check_engine(asked)
    if asked == "captured" and not has_graphs(device):
        raise InputError(
            f"engine captured needs a GPU, and the device is {device}: train on one "
            "(--device cuda), or choose another engine"
        )
    if asked != "auto":
        return asked
    chosen: EngineName = "eager"
    for engine in ENGINES:
        if steps >= least_steps(engine, seeds, device):
            chosen = engine
    return chosen


def least_steps(engine: EngineName, seeds: int, device: str | torch.device) -> float:
    """The least number of steps for which `auto` takes an engine, infinite where it never does."""
    if engine == "replay":
        return WORTH_RECORDING
    if engine == "compiled":
        if torch.device(device).type != "cpu" or not has_compiler():
            return math.inf
        return max(WORTH_RECORDING, math.ceil(WORTH_COMPILING / (seeds + OVERHEAD)))
    if engine == "captured":
        return WORTH_RECORDING if has_graphs(device) else math.inf
    return 0


def has_graphs(device: str | torch.device) -> bool:
    """Whether a device has CUDA graphs."""
    return torch.device(device).type == "cuda"
