"""The weights of many seeds as one set of tensors, and losses evaluated on all of them at once."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import vmap

from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Declared
from genzoo.training.checks import check_step


class Group:
    """Parameters that belong to the same updates, of all seeds, in one contiguous vector.

    An optimiser sees `flat` alone: one tensor to step however many layers and seeds there are, and
    a gradient that is contiguous by construction. Each parameter is a view of it, `(S, *shape)`, or
    `(*shape)` for one seed.

    Args:
        values: Initial values by parameter name, each `(S, *shape)`.
        alone: Whether views drop the seed dimension.
    """

    def __init__(self, values: Mapping[str, Tensor], *, alone: bool) -> None:
        self.flat = torch.cat([value.reshape(-1) for value in values.values()])
        self.gradient = torch.zeros_like(self.flat)
        self.flat.grad = self.gradient
        self.views: dict[str, nn.Parameter] = {}
        offset = 0
        for name, value in values.items():
            shape = value.shape[1:] if alone else value.shape
            self.views[name] = nn.Parameter(self.flat[offset : offset + value.numel()].view(shape))
            offset += value.numel()


class Stack:
    """S models of one architecture, held as stacked parameters and buffers.

    Args:
        models: Built, standardised and prepared models; their values are copied.
        updates: The updates of the first; they name the groups.
    """

    def __init__(self, models: Sequence[GenerativeModel], updates: Sequence[Update]) -> None:
        self.size = len(models)
        self.template = models[0]
        members = _memberships(self.template, updates)
        stacked = _stacked(models, [name for name, _ in self.template.named_parameters()])
        self.groups: dict[tuple[str, ...], Group] = {}
        for owners in dict.fromkeys(members.values()):
            values = {name: stacked[name] for name in stacked if members[name] == owners}
            self.groups[owners] = Group(values, alone=self.size == 1)
        self.parameters = {
            name: view for group in self.groups.values() for name, view in group.views.items()
        }
        if self.size == 1:
            _install(self.template, self.parameters)
            self.buffers = dict(self.template.named_buffers())
        else:
            self.buffers = _stacked(models, [name for name, _ in self.template.named_buffers()])
        self._slots = _Slots(self.template)
        names = (
            name for name, _ in (*self.template.named_parameters(), *self.template.named_buffers())
        )
        self.state = [{**self.parameters, **self.buffers}[name] for name in names]

    def groups_of(self, update: str) -> list[Group]:
        """The groups that an update may change."""
        return [group for owners, group in self.groups.items() if update in owners]

    def evaluate(
        self, update: Update, batch: Batch, noise: Mapping[str, Tensor], state: Sequence[Tensor]
    ) -> Step:
        """The loss of every seed: tensors `(S,)`, or 0-d for one seed, with a graph to this update's parameters.

        Args:
            update: Whose loss.
            batch: Of every seed.
            noise: Likewise.
            state: `self.state`, or tensors that stand for it while operations are recorded.
        """
        for owners, group in self.groups.items():
            for view in group.views.values():
                view.requires_grad_(update.name in owners)
        if self.size == 1:
            with self._slots.filled(state):
                return check_step(
                    update.loss(self.template, batch, Declared(update.name, noise)),
                    update,
                    self.buffers,
                )
        examples = (batch.x,) if batch.context is None else (batch.x, batch.context)
        names: list[tuple[str, ...]] = []

        def loss(*tensors: Tensor) -> tuple[Tensor, ...]:
            start, end = len(state), len(state) + len(examples)
            rebuilt = Batch(*tensors[start:end])._replace(progress=batch.progress)
            with self._slots.filled(tensors[:start]):
                own = Declared(update.name, zip(noise, tensors[end:], strict=True))
                step = check_step(update.loss(self.template, rebuilt, own), update, self.buffers)
            parts = (step.terms, step.monitors, step.state)
            names.extend(tuple(part) for part in parts)
            return tuple(value for part in parts for value in part.values())

        values = iter(vmap(loss, randomness="error")(*state, *examples, *noise.values()))
        return Step(*({name: next(values) for name in part} for part in names))

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        """Parameters and buffers are put back, whatever a loss wrote to them."""
        before = [tensor.detach().clone() for tensor in self.state]
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor, value in zip(self.state, before, strict=True):
                    tensor.copy_(value)

    @torch.no_grad()
    def write_back(self, state: Mapping[str, Tensor]) -> None:
        """Store the new values of buffers that a loss returned."""
        for name, value in state.items():
            self.buffers[name].copy_(value)

    @torch.no_grad()
    def project(self, update: Update) -> None:
        """Apply an update's projection to every seed."""
        if update.projection is None:
            return
        if self.size == 1:
            update.projection(self.template)
            return
        projection = update.projection

        def apply(*tensors: Tensor) -> Tensor:
            with self._slots.filled(tensors):
                projection(self.template)
            return torch.zeros(())

        vmap(apply, randomness="error")(*(tensor.detach() for tensor in self.state))

    def state_dict(self, seed: int, flats: Sequence[Tensor] | None = None) -> dict[str, Tensor]:
        """Copies of the weights and buffers of the seed at a position, on the CPU.

        Args:
            seed: Position in the stack.
            flats: Vectors to read instead of the groups' own, in their order (averaged weights).
        """
        own = [group.flat for group in self.groups.values()]
        state = self.cut(seed, flats or own, list(self.buffers.values()))
        return {name: value.detach().cpu().clone() for name, value in state.items()}

    def cut(
        self, seed: int, flats: Sequence[Tensor], buffers: Sequence[Tensor]
    ) -> dict[str, Tensor]:
        """Views of the part of the seed at a position.

        Args:
            seed: Position in the stack.
            flats: One vector for each group.
            buffers: One tensor for each buffer.
        """
        state = {}
        for group, flat in zip(self.groups.values(), flats, strict=True):
            offset = 0
            for name, view in group.views.items():
                value = flat[offset : offset + view.numel()].view(self.size, -1)[seed]
                state[name] = value.reshape(view.shape if self.size == 1 else view.shape[1:])
                offset += view.numel()
        for name, buffer in zip(self.buffers, buffers, strict=True):
            state[name] = buffer if self.size == 1 else buffer[seed]
        return state

    def finite(self) -> Tensor:
        """Whether all parameters of each seed are finite, `(S,)`."""
        finite = torch.ones(self.size, dtype=torch.bool)
        for view in self.parameters.values():
            finite &= torch.isfinite(view.detach()).view(self.size, -1).all(1).cpu()
        return finite


class _Slots:
    """The places in a module that hold its parameters and buffers, to put stacked tensors into for one call.

    It does what `torch.func.functional_call` does, without walking the module at each step.
    """

    def __init__(self, model: nn.Module) -> None:
        places: dict[int, list[tuple[dict[str, Any], str]]] = {}
        for module in model.modules():
            for holder in (module._parameters, module._buffers):
                for name, tensor in holder.items():
                    places.setdefault(id(tensor), []).append((holder, name))
        self.tensors = [tensor for _, tensor in (*model.named_parameters(), *model.named_buffers())]
        self.places = [places[id(tensor)] for tensor in self.tensors]

    @contextlib.contextmanager
    def filled(self, tensors: Sequence[Tensor]) -> Iterator[None]:
        """Hold other tensors, in the order of `named_parameters` and then `named_buffers`."""
        self._put(tensors)
        try:
            yield
        finally:
            self._put(self.tensors)

    def _put(self, tensors: Sequence[Tensor]) -> None:
        for tensor, places in zip(tensors, self.places, strict=True):
            for holder, name in places:
                holder[name] = tensor


def _memberships(model: nn.Module, updates: Sequence[Update]) -> dict[str, tuple[str, ...]]:
    members: dict[str, tuple[str, ...]] = {}
    for name, _ in model.named_parameters():
        owners = tuple(
            update.name
            for update in updates
            if any(name == part or name.startswith(part + ".") for part in update.parameters)
        )
        members[name] = owners
    return members


def _stacked(models: Sequence[GenerativeModel], names: Sequence[str]) -> dict[str, Tensor]:
    states = [dict((*model.named_parameters(), *model.named_buffers())) for model in models]
    return {name: torch.stack([state[name].detach() for state in states]) for name in names}


def _install(model: nn.Module, parameters: Mapping[str, nn.Parameter]) -> None:
    replacement = {id(old): parameters[name] for name, old in model.named_parameters()}
    for module in model.modules():
        for name, old in module._parameters.items():
            if old is not None:
                module._parameters[name] = replacement[id(old)]
