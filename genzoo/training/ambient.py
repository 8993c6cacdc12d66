"""What a fit borrows of its process and gives back: threads and torch's global generators."""

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def own_randomness(device: str | torch.device) -> Iterator[None]:
    """Layers that draw for themselves, such as dropout, leave the global generators as they were."""
    with torch.random.fork_rng(devices=[device] if torch.device(device).type == "cuda" else []):
        yield


def seed_layers(device: torch.device, seed: int) -> None:
    """Such layers draw the same again; they are never stacked, so that a seed has its draws to itself."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """This many intra-op threads, then as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
