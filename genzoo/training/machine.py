"""Where the training steps of a fit are made."""

import torch

from genzoo.machine import cores, processor
from genzoo.results.making import Making


def making_here(device: torch.device, engine: str) -> Making:
    """What is recorded of steps that this process makes.

    Args:
        device: Where tensors live.
        engine: The name of the engine that makes them; nothing where there are no steps.
    """
    name = device.type
    if name == "cuda":
        name = torch.cuda.get_device_name(device)
    return Making(
        processor(),
        torch.backends.cpu.get_cpu_capability(),
        cores(),
        name,
        torch.__version__,
        engine,
    )


def continued(earlier: list[Making], own: Making, *, works: bool) -> list[Making]:
    """Who worked on a fit.

    Args:
        earlier: Those who did before it was interrupted, in order.
        own: This process.
        works: Whether it made a step, or there was none to make.
    """
    if not works or earlier[-1:] == [own]:
        return earlier
    return [*earlier, own]
