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
from collections.abc import Callable
from typing import Literal

import torch

from genzoo.errors import InputError
from genzoo.training.compiler import has_compiler
from genzoo.training.price import Price

EngineName = Literal["auto", "eager", "replay", "compiled", "captured"]
ENGINES: tuple[EngineName, ...] = ("eager", "replay", "compiled", "captured")

WORTH_RECORDING = 1000
"""Steps from which on losses are replayed; tracing them takes the time of about a hundred."""
COMPILING, COMPILING_OPERATION = 36.0, 0.075
"""Nominal seconds of a training from which on its steps are compiled, whatever was before: some,
and some more for each operation of a step.

Compiling takes 15 to 60 seconds; compiled steps take a half to a fifth of the time.
"""


def check_engine(name: EngineName) -> None:
    """Refuse a name that is no engine's.

    Raises:
        InputError: When it is none.
    """
    if name not in ("auto", *ENGINES):
        raise InputError(f"engine must be one of auto, {', '.join(ENGINES)}, got {name!r}")


def chosen_engine(
    asked: EngineName, steps: int, device: str | torch.device, price: Callable[[], Price]
) -> EngineName:
    """The engine of a fit.

    Args:
        asked: What the user says; `auto` leaves it to the size of the work.
        steps: Training steps.
        device: Where they are made.
        price: What a step costs that can be compiled, see `price.compiling_price`; asked only
            where it decides.

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
    if steps < WORTH_RECORDING:
        return chosen
    for engine in ENGINES:
        if steps >= least_steps(engine, device, price):
            chosen = engine
    return chosen


def least_steps(
    engine: EngineName, device: str | torch.device, price: Callable[[], Price]
) -> float:
    """The least number of steps for which `auto` takes an engine, infinite where it never does."""
    if engine == "replay":
        return WORTH_RECORDING
    if engine == "compiled":
        if torch.device(device).type != "cpu" or not has_compiler():
            return math.inf
        seconds, operations = price()
        if not seconds:
            return math.inf
        worth = COMPILING + COMPILING_OPERATION * operations
        return max(WORTH_RECORDING, math.ceil(worth / seconds))
    if engine == "captured":
        return WORTH_RECORDING if has_graphs(device) else math.inf
    return 0


def has_graphs(device: str | torch.device) -> bool:
    """Whether a device has CUDA graphs."""
    return torch.device(device).type == "cuda"
