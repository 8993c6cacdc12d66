"""Randomness as tensors: what noise a loss or a sampler needs, and the streams it is drawn from."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from genzoo.core.event import is_positive_integer
from genzoo.errors import InputError

Noise = Mapping[str, Tensor]
"""Named noise tensors, each `(B, *event_shape)` of its `NoiseSpec`."""
MOST = 2**25
"""Numbers of noise that are drawn at once, where that is more than one example: 134 MB."""


@dataclass(frozen=True)
class NoiseSpec:
    """The law and shape of one named noise tensor.

    Attributes:
        distribution: `"normal"` for N(0, 1), `"uniform"` for U[0, 1).
        event_shape: The shape of the noise of one example; () for one number.

    Raises:
        InputError: When it is another law, or the shape is no tuple of positive integers.
    """

    distribution: Literal["normal", "uniform"] = "normal"
    event_shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.distribution not in ("normal", "uniform"):
            raise InputError(
                "the distribution of noise must be 'normal' or 'uniform', "
                f"got {self.distribution!r}"
            )
        shape: Any = self.event_shape
        if not (isinstance(shape, tuple) and all(is_positive_integer(size) for size in shape)):
            raise InputError(
                "the event_shape of noise must be a tuple of positive integers such as (4,), or () "
                f"for one number, got {shape!r}"
            )

    def draw(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Draw `(n, *event_shape)` in float32, on the generator's device."""
        shape = (n, *self.event_shape)
        draw = torch.randn if self.distribution == "normal" else torch.rand
        return draw(shape, generator=generator, device=generator.device, dtype=torch.float32)


def draw_noise(
    specs: Mapping[str, NoiseSpec], n: int, *, generator: torch.Generator, like: Tensor
) -> dict[str, Tensor]:
    """Noise of n examples by name, in the type and on the device of a tensor."""
    noise: dict[str, Tensor] = {}
    for name, spec in specs.items():
        noise[name] = spec.draw(n, generator=generator).to(like)
    return noise


def at_once(specs: Mapping[str, NoiseSpec], block: int) -> int:
    """How many examples a model generates at a time.

    It is a block, which a model whose `generate` takes much memory makes smaller; or as many
    examples as have `MOST` numbers of noise, since a sampler gets that of all its steps at once.

    Args:
        specs: The noise of one example, by name.
        block: `GenerativeModel.sample_block`.
    """
    numbers = sum(math.prod(spec.event_shape) for spec in specs.values())
    if numbers * block <= MOST:
        return block
    return max(1, MOST // numbers)


class Declared(dict[str, Tensor]):
    """Named noise tensors that answer for one that was not declared.

    Args:
        reader: Who reads them: `"the loss of update 'generator'"`.
        remedy: The end of the message: who does not declare it, and what to do.
        noise: The tensors by name.
    """

    def __init__(
        self, reader: str, remedy: str, noise: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]]
    ) -> None:
        super().__init__(noise)
        self.reader = reader
        self.remedy = remedy

    @classmethod
    def of_update(
        cls, update: str, noise: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]]
    ) -> "Declared":
        """The noise of a loss, declared by the update of this name."""
        remedy = "which the update does not declare: add it to the noise of its Update"
        return cls(f"the loss of update {update!r}", remedy, noise)

    def __missing__(self, name: str) -> Tensor:
        raise InputError(f"{self.reader} reads the noise {name!r}, {self.remedy}")


def stream(seed: int, *names: str) -> torch.Generator:
    """A CPU generator of its own for each (seed, names).

    Streams never share or shift one another's draws.

    >>> draws = torch.rand(3, generator=stream(0, "a"))
    >>> torch.equal(draws, torch.rand(3, generator=stream(0, "a")))
    True
    >>> torch.equal(draws, torch.rand(3, generator=stream(0, "b")))
    False
    """
    digest = hashlib.sha256("/".join((str(seed), *names)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
