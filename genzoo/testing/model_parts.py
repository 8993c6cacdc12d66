"""What a model is made of: layers that torch knows of, noise that can be drawn, free seeds."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import NoiseSpec
from genzoo.testing.support import Build, require


def require_known_layers(model: GenerativeModel) -> None:
    """No layer or parameter is hidden in a plain list, tuple or dict.

    Raises:
        CheckError: When one is: torch would neither train nor store it.
    """
    known = set()
    for tensor in (*model.parameters(), *model.buffers()):
        known.add(id(tensor))
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            hidden = any(id(tensor) not in known for tensor in _tensors_in(value))
            where = f"{path}.{name}".removeprefix(".")
            require(
                not hidden,
                f"{where} keeps layers in a plain {type(value).__name__}, where they are neither "
                "trained nor stored: use nn.ModuleList or nn.ModuleDict, and for parameters "
                "nn.ParameterList",
            )


def _tensors_in(value: Any) -> Iterator[Tensor]:
    """Parameters, and what layers hold, in lists, tuples and dicts inside one another."""
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, list | tuple):
        parts = list(value)
    for part in parts:
        if isinstance(part, nn.Parameter):
            yield part
        elif isinstance(part, nn.Module):
            yield from part.parameters()
            yield from part.buffers()
        else:
            yield from _tensors_in(part)


def require_noise(noise: Any, where: str) -> None:
    """What is said of noise maps names to `NoiseSpec`.

    Raises:
        CheckError: When it is anything else.
    """
    kind = type(noise).__name__
    require(
        isinstance(noise, Mapping),
        f"{where} is a {kind}, expected a dict such as {{'latent': NoiseSpec('normal', (2,))}}",
    )
    for name, spec in noise.items():
        is_named = isinstance(name, str) and bool(name)
        require(is_named, f"{where} has the name {name!r}, expected text")
        is_spec = isinstance(spec, NoiseSpec)
        require(is_spec, f"{where} has {name!r}: {spec!r}, expected a NoiseSpec")


def require_free_seed(build: Build) -> None:
    """Torch's state after a build follows from the state before it.

    Raises:
        CheckError: When the build has seeded torch anew.
    """
    states = []
    for seed in (0, 1):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            build()
            states.append(torch.get_rng_state())
    require(
        not torch.equal(*states),
        "build() sets torch's global seed itself, expected weights that follow from the seed "
        "of the run: take torch.manual_seed out of it",
    )
