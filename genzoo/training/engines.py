"""Which engine makes training steps: three ways to the same numbers, up to rounding.

- `eager`: the loss is evaluated at every step.
- `replay`: the operations of each loss and its gradients are recorded once and replayed.
- `compiled`: these, norms, optimiser, averages and the history are compiled as one, several steps
  in a call.

The choice follows from what is asked for and from nothing that changes between runs, such as what
was compiled before: adversarial training amplifies rounding, and the same command must give the
same numbers.
"""

import shutil
import os
from typing import Literal

import torch

EngineName = Literal["auto", "eager", "replay", "compiled"]

WORTH_RECORDING = 1000
"""Steps from which on losses are replayed; tracing them takes the time of about a hundred."""


def chosen_engine(
    asked: EngineName, steps: int, seeds: int, device: str | torch.device
) -> Literal["eager", "replay", "compiled"]:
    """The engine of a fit.

    Args:
        asked: What the user says.
        steps: Training steps.
        seeds: Seeds of the stack.
        device: Where it is trained.
    """
    if asked != "auto":
        return asked
    if steps < WORTH_RECORDING:
        return "eager"
    return "replay"
