"""The weights of many seeds as one set of tensors, and losses evaluated on all of them at once."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import vmap

from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Declared
from genzoo.errors import InputError
from genzoo.training.checks import about_conditions, check_step, owners_of


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
            end = offset + value.numel()
            self.views[name] = nn.Parameter(self.flat[offset:end].view(shape))
            offset = end

    def cut(self, flat: Tensor) -> dict[str, Tensor]:
        """The views that another vector in the place of `flat` would have."""
        views: dict[str, Tensor] = {}
        offset = 0
        for name, view in self.views.items():
            end = offset + view.numel()
            views[name] = flat[offset:end].view(view.shape)
            offset = end
        return views


class Stack:
    """S models of one architecture, held as stacked parameters and buffers.

    Args:
        models: Built, standardised and prepared models; their values are copied.
        updates: The updates of the first; they name the groups.
    """

    def __init__(self, models: Sequence[GenerativeModel], updates: Sequence[Update]) -> None:
        self.size = len(models)
        self.template = models[0]
        self.groups = _groups(models, updates)
        self.parameters: dict[str, nn.Parameter] = {}
        for group in self.groups.values():
            self.parameters.update(group.views)
        self.buffers = dict(self.template.named_buffers())
        if self.size == 1:
            _install(self.template, self.parameters)
        else:
            self.buffers = _stacked(models, self.buffers)
        self._slots = _Slots(self.template)
        held = {**self.parameters, **self.buffers}
        self._names = list(_tensors_of(self.template))
        self.state = [held[name] for name in self._names]

    @property
    def flats(self) -> list[Tensor]:
        """The vectors of all groups."""
        return [group.flat for group in self.groups.values()]

    def groups_of(self, update: str) -> list[Group]:
        """The groups that an update may change."""
        return [group for owners, group in self.groups.items() if update in owners]

    def evaluate(
        self, update: Update, batch: Batch, noise: Mapping[str, Tensor], state: Sequence[Tensor]
    ) -> Step:
        """The loss of every seed, with a graph to the parameters of this update alone.

        Args:
            update: The update whose loss it is.
            batch: The examples of every seed.
            noise: The noise of every seed, by name.
            state: `self.state`, or tensors that stand for it while operations are traced.

        Returns:
            Tensors `(S,)`, or 0-d for one seed.
        """
        for owners, group in self.groups.items():
            for view in group.views.values():
                view.requires_grad_(update.name in owners)
        if self.size == 1:
            return self._loss(update, batch, noise, state)
        examples = [batch.x]
        if batch.context is not None:
            examples.append(batch.context)
        start, end = len(state), len(state) + len(examples)

        def loss(*tensors: Tensor) -> tuple[dict[str, Tensor], ...]:
            # How far training is, is the same for all seeds: the vmap leaves it alone.
            own_batch = Batch(*tensors[start:end])._replace(progress=batch.progress)
            own_noise = dict(zip(noise, tensors[end:], strict=True))
            step = self._loss(update, own_batch, own_noise, tensors[:start])
            return dict(step.terms), dict(step.monitors), dict(step.state)

        parts = vmap(loss, randomness="error")(*state, *examples, *noise.values())
        return Step(*parts)

    def _loss(
        self, update: Update, batch: Batch, noise: Mapping[str, Tensor], state: Sequence[Tensor]
    ) -> Step:
        """The loss of one seed, or of one in a vmap."""
        with self._slots.filled(state):
            given = Declared.of_update(update.name, noise)
            try:
                step = update.loss(self.template, batch, given)
            except (TypeError, AttributeError) as error:
                advice = about_conditions(self.template, update, error)
                if not advice:
                    raise
                raise InputError(
                    f"the loss of update {update.name!r} failed ({error}){advice}"
                ) from error
            return check_step(step, update, self.buffers)

    def state_of(self, flats: Sequence[Tensor], buffers: Mapping[str, Tensor]) -> list[Tensor]:
        """What `state` would be, were these the vectors of the groups and the buffers."""
        held = dict(buffers)
        for group, flat in zip(self.groups.values(), flats, strict=True):
            held.update(group.cut(flat))
        return [held[name] for name in self._names]

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
        state = self.cut(seed, flats or self.flats, list(self.buffers.values()))
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
            for name, view in group.cut(flat).items():
                state[name] = view if self.size == 1 else view[seed]
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
    """The places in a module that hold its parameters and buffers.

    Stacked tensors are put into them for one call. That is what `torch.func.functional_call` does,
    but without walking the module at each step.
    """

    def __init__(self, model: nn.Module) -> None:
        places: dict[int, list[tuple[dict[str, Any], str]]] = {}
        for module in model.modules():
            for holder in (module._parameters, module._buffers):
                for name, tensor in holder.items():
                    places.setdefault(id(tensor), []).append((holder, name))
        self.tensors = list(_tensors_of(model).values())
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


def _tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """Parameters, then buffers."""
    return dict((*model.named_parameters(), *model.named_buffers()))


def _groups(
    models: Sequence[GenerativeModel], updates: Sequence[Update]
) -> dict[tuple[str, ...], Group]:
    """The stacked parameters of models, by the names of the updates that may change them."""
    names = dict(models[0].named_parameters())
    members: dict[tuple[str, ...], dict[str, Tensor]] = {}
    for name, value in _stacked(models, names).items():
        owners = owners_of(name, updates)
        members.setdefault(owners, {})[name] = value
    groups: dict[tuple[str, ...], Group] = {}
    for owners, values in members.items():
        groups[owners] = Group(values, alone=len(models) == 1)
    return groups


def _stacked(models: Sequence[GenerativeModel], names: Iterable[str]) -> dict[str, Tensor]:
    """The tensors of these names of all models, `(S, *shape)`."""
    tensors = [_tensors_of(model) for model in models]
    stacked: dict[str, Tensor] = {}
    for name in names:
        stacked[name] = torch.stack([own[name].detach() for own in tensors])
    return stacked


def _install(model: nn.Module, parameters: Mapping[str, nn.Parameter]) -> None:
    """Let a model's layers hold these parameters in place of their own."""
    replacement = {id(old): parameters[name] for name, old in model.named_parameters()}
    for module in model.modules():
        for name, old in module._parameters.items():
            if old is not None:
                module._parameters[name] = replacement[id(old)]
