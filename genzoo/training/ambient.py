"""What a fit borrows of its process and gives back: threads and torch's global generators."""

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def layers_seeded(device: torch.device, seed: int) -> Iterator[None]:
    """Layers that draw for themselves, such as dropout, draw the same again and leave the global generators alone."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """This many intra-op threads, then as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
