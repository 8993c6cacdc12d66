"""The gradients of a loss, from operations that are traced once and replayed at every step.

A loss is a pure function of weights, a batch and noise, so the operations of its value and of its
gradients are the same at every step. Replayed, they cost neither the transforms nor the graph that
found them, and what is computed twice (a gradient penalty evaluates scores that the objective has)
is computed once.

A trace is never trusted blindly. None is made of a loss that reads the values of tensors, that
brings in tensors of its own, or whose shapes depend on values. The next `TRIALS` steps are
evaluated and replayed, on weights, buffers and batches that change as training goes; then again one
step in `CHECKED`.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from genzoo.core.model import Batch, Step, Update
from genzoo.errors import InputError
from genzoo.training.operations import Operations, trace
from genzoo.training.outcome import Outcome
from genzoo.training.stack import Stack

TRIALS = 3
"""Steps on which a new trace must give the numbers of the loss to the bit."""
MOVED = 1.01
"""By what weights are multiplied between the trials of a recording."""
CHECKED = 100
"""Of so many later steps, one is evaluated and replayed."""
FAR = 1e-3
"""Relative difference from which later numbers are wrong; a smaller one may be a device's own."""


class Gradients:
    """The loss of one update and its gradients, for every seed of a stack.

    Args:
        update: The update whose loss it is.
        stack: Where the weights live.
        replays: Whether to trace the operations at the first call and to replay them from then on.

    Attributes:
        replays: False also once no trace could be made or failed a trial: each call then
            evaluates the loss.
    """

    def __init__(self, update: Update, stack: Stack, *, replays: bool) -> None:
        self.update = update
        self.stack = stack
        self.replays = replays
        positions = {id(tensor): i for i, tensor in enumerate(stack.state)}
        self._own: list[int] = []
        for group in stack.groups_of(update.name):
            for view in group.views.values():
                self._own.append(positions[id(view)])
        self._operations: Operations | None = None
        self._calls = 0

    def __call__(self, batch: Batch, noise: Mapping[str, Tensor]) -> Outcome:
        """Evaluate or replay.

        Raises:
            InputError: When the loss turns out not to be a pure function after its trace was
                trusted.
        """
        call = self._calls
        self._calls += 1
        if self.replays and call == 0:
            self._operations = self._traced(batch, noise)
            self.replays = self._operations is not None
        operations = self._operations
        if call == 0 or not self.replays or operations is None:
            return self._evaluated(batch, noise, self.stack.state)
        if call > TRIALS and call % CHECKED:
            return operations(self._inputs(batch, noise))
        return self._checked(operations, batch, noise, trial=call <= TRIALS)

    def recorded(self, turns: Sequence[tuple[Batch, Mapping[str, Tensor]]]) -> Operations | None:
        """The operations, tried on the first of these inputs; None where there are none to trust.

        The weights are others in each trial, as they would be in training, and are put back.
        """
        batch, noise = turns[0]
        operations = self._traced(batch, noise)
        if operations is None:
            return None
        self.replays = True
        with self._nothing_changed():
            for batch, noise in turns[: TRIALS + 1]:
                self._checked(operations, batch, noise, trial=True)
                if not self.replays:
                    return None
                with torch.no_grad():
                    for flat in self.stack.flats:
                        flat.mul_(MOVED)
        self._operations = operations
        return operations

    def check(self, batch: Batch, noise: Mapping[str, Tensor]) -> None:
        """See that the loss still does what was recorded.

        Raises:
            InputError: When it does not.
        """
        if self._operations is not None:
            self._checked(self._operations, batch, noise, trial=False)

    def _inputs(self, batch: Batch, noise: Mapping[str, Tensor]) -> list[Tensor]:
        """What the operations read: the parts of a batch, noise, parameters and buffers."""
        return [*_present(batch).values(), *noise.values(), *self.stack.state]

    def _traced(self, batch: Batch, noise: Mapping[str, Tensor]) -> Operations | None:
        """The operations on `_inputs`; weights, buffers and global generators are put back."""
        fields = list(_present(batch))
        start, end = len(fields), len(fields) + len(noise)

        def evaluate(*inputs: Tensor) -> Outcome:
            examples = Batch(**dict(zip(fields, inputs[:start], strict=True)))
            own = dict(zip(noise, inputs[start:end], strict=True))
            return self._evaluated(examples, own, inputs[end:])

        try:
            with self._nothing_changed():
                return trace(evaluate, self._inputs(batch, noise))
        except Exception:
            # A wrong loss fails in evaluation too; one that only cannot be traced does not.
            return None

    def _checked(
        self, operations: Operations, batch: Batch, noise: Mapping[str, Tensor], *, trial: bool
    ) -> Outcome:
        """The evaluated outcome; replays end where the replayed one differs."""
        replayed: list[Tensor] = []
        # What fails when it is replayed differs too.
        with contextlib.suppress(Exception), self._nothing_changed():
            replayed = operations(self._inputs(batch, noise)).values
        outcome = self._evaluated(batch, noise, self.stack.state)
        values = outcome.values
        same_names = outcome.layout == operations.layout
        complete = same_names and len(replayed) == len(values)
        self.replays = complete and all(map(_equal, values, replayed))
        if not self.replays and not trial and not all(map(_near, values, replayed)):
            raise InputError(
                f"the loss of update {self.update.name!r} no longer does what it did "
                "at its first call: let it depend on nothing but parameters, buffers, "
                "the batch and noise (batch.progress tells how far training is)"
            )
        return outcome

    def _evaluated(
        self, batch: Batch, noise: Mapping[str, Tensor], state: Sequence[Tensor]
    ) -> Outcome:
        """What the loss gives now; no tensor of it shares memory with what training changes."""
        step = self.stack.evaluate(self.update, batch, noise, state)
        terms = list(step.terms.values())
        losses = terms[0]
        if len(terms) > 1:
            losses = torch.stack(terms).sum(0)
        total = losses
        if losses.ndim:
            total = losses.sum()
        own = [state[i] for i in self._own]
        gradients = torch.autograd.grad(total, own, allow_unused=True)
        filled: list[Tensor] = []
        for parameter, gradient in zip(own, gradients, strict=True):
            if gradient is None:
                filled.append(torch.zeros_like(parameter))
            else:
                filled.append(gradient)
        copied = Step(_copied(step.terms), _copied(step.monitors), _copied(step.state))
        return Outcome(copied, losses.detach(), filled)

    @contextlib.contextmanager
    def _nothing_changed(self) -> Iterator[None]:
        """Parameters, buffers and the global generators are put back."""
        device = self.stack.state[0].device
        devices = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), self.stack.restored():
            yield


def _present(batch: Batch) -> dict[str, Tensor]:
    """The parts of a batch that there are, by name."""
    return {name: value for name, value in batch._asdict().items() if value is not None}


def _copied(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in values.items()}


def _equal(one: Tensor, other: Tensor) -> bool:
    """Whether the numbers are the same, and NaN stands in the same places."""
    if one.shape != other.shape:
        return False
    same = (one == other) | (one.isnan() & other.isnan())
    return bool(same.all())


def _near(one: Tensor, other: Tensor) -> bool:
    """Whether no number is away by more than `FAR`, relative to the largest."""
    if not one.is_floating_point():
        return torch.equal(one, other)
    away = (one - other).abs().nan_to_num(0.0, 0.0)
    largest = one.abs().nan_to_num(0.0, 0.0).max()
    return bool((away <= FAR * (1 + largest)).all())
