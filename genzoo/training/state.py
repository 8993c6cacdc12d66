"""What the parts of a fit must have back to go on: one pair of methods for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class State:
    """All that a part of a fit must have back.

    Attributes:
        tensors: By name; a part of a single tensor calls it "".
        facts: What is no tensor, in types of JSON; the facts of all parts lie together, so their
            names differ.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any] = field(default_factory=dict)


class Part(Protocol):
    """A part of a fit that a checkpoint keeps."""

    def state(self) -> State:
        """What the part must have back."""

    def load_state(self, state: State) -> None:
        """Go on from a state: the inverse of `state`."""


class InPlace:
    """Tensors that are written over, since others hold them: the layers of a model, an optimiser.

    Args:
        tensors: By name.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = tensors

    def state(self) -> State:
        """The tensors."""
        return State(self.tensors)

    @torch.no_grad()
    def load_state(self, state: State) -> None:
        """Write over them."""
        for name, tensor in self.tensors.items():
            tensor.copy_(state.tensors[name])


def gathered(parts: Mapping[str, Part]) -> State:
    """The states of all parts as one; the name of a tensor begins with that of its part."""
    tensors: dict[str, Tensor] = {}
    facts: dict[str, Any] = {}
    for part_name, part in parts.items():
        state = part.state()
        for name, tensor in state.tensors.items():
            tensors[_joined(part_name, name)] = tensor
        facts.update(state.facts)
    return State(tensors, facts)


def hand_out(state: State, parts: Mapping[str, Part]) -> None:
    """Give each part its own: the inverse of `gathered`."""
    for part_name, part in parts.items():
        own: dict[str, Tensor] = {}
        for name, tensor in state.tensors.items():
            if name == part_name:
                own[""] = tensor
            elif name.startswith(f"{part_name}/"):
                own[name.removeprefix(f"{part_name}/")] = tensor
        part.load_state(State(own, state.facts))


def _joined(part_name: str, name: str) -> str:
    return f"{part_name}/{name}" if name else part_name
