"""The gradients of a loss as a list of tensor operations, recorded once and replayed at every step.

A loss is a pure function of weights, a batch and noise, so the operations of its value and of its
gradients are the same at every step. Replayed, they cost neither the transforms nor the graph that
found them, and what is computed twice (a gradient penalty evaluates scores that the objective has)
is computed once.

A recording is never trusted blindly. None is made of a loss that reads the values of tensors, that
brings in tensors of its own, or whose shapes depend on values. The next `TRIALS` steps are
evaluated and replayed, on weights, buffers and batches that change as training goes; then again one
step in `CHECKED`.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode

from genzoo.core.model import Batch, Step, Update
from genzoo.errors import InputError
from genzoo.training.stack import Stack

aten = torch.ops.aten
TRANSPOSITIONS = (aten.t.default, aten.transpose.int)
SHAPINGS = (aten.expand.default, aten.view.default, aten._unsafe_view.default, aten.detach.default)
READS = {
    getattr(Tensor, name)
    for name in (
        "tolist",
        "numpy",
        "__array__",
        "item",
        "__bool__",
        "__float__",
        "__int__",
        "__deepcopy__",
        "__reduce_ex__",
    )
}
"""Methods that make Python values of tensors."""
TRIALS = 3
"""Steps on which a new recording must give the numbers of the loss to the bit."""
CHECKED = 100
"""Of so many later steps, one is evaluated and replayed."""
FAR = 1e-3
"""Relative difference from which later numbers are wrong; a smaller one may be a device's own."""


@dataclass(frozen=True)
class Outcome:
    """What an optimiser step needs of a loss.

    Attributes:
        step: What the loss returned, tensors `(S,)`, or 0-d for one seed.
        losses: The sum of its terms.
        gradients: Of the sum over seeds, one for each parameter of the update; zeros where the loss
            reads none.
    """

    step: Step
    losses: Tensor
    gradients: Sequence[Tensor]


class Gradients:
    """The loss of one update and its gradients, for every seed of a stack.

    Args:
        update: Whose loss.
        stack: Where the weights live.
        replays: Whether to record the operations at the first call and to replay them from then on.

    Attributes:
        replays: False also once a recording could not be made or failed a trial: each call then
            evaluates the loss.
    """

    def __init__(self, update: Update, stack: Stack, *, replays: bool) -> None:
        self.update = update
        self.stack = stack
        self.replays = replays
        positions = {id(tensor): i for i, tensor in enumerate(stack.state)}
        self._own = [
            positions[id(view)]
            for group in stack.groups_of(update.name)
            for view in group.views.values()
        ]
        self._names: tuple[tuple[str, ...], ...] = ()
        self._recording: fx.GraphModule | None = None
        self._calls = 0

    def __call__(self, batch: Batch, noise: Mapping[str, Tensor]) -> Outcome:
        """Evaluate or replay.

        Raises:
            InputError: When the loss turns out not to be a pure function after its recording was
                trusted.
        """
        call, self._calls = self._calls, self._calls + 1
        if self.replays and call == 0:
            self._recording = self._recorded(batch, noise)
            self.replays = self._recording is not None
        elif self.replays and (recording := self._recording) is not None:
            if call > TRIALS and call % CHECKED:
                return self._outcome(self._replayed(recording, batch, noise))
            return self._outcome(self._checked(recording, batch, noise, trial=call <= TRIALS))
        return self._outcome(self._evaluated(batch, noise, self.stack.state))

    def _recorded(self, batch: Batch, noise: Mapping[str, Tensor]) -> fx.GraphModule | None:
        """The operations on the inputs of `_replayed`; weights, buffers and global generators are put back."""
        fields = [name for name, value in batch._asdict().items() if value is not None]

        def operations(*tensors: Tensor) -> list[Tensor]:
            given = iter(tensors)
            examples = Batch(**{name: next(given) for name in fields})
            own = {name: next(given) for name in noise}
            return self._evaluated(examples, own, list(given))

        try:
            with self._nothing_changed(), _NoReads():
                recording = make_fx(operations)(*_flat(batch, noise), *self.stack.state)
            return None if any(map(_of_its_time, recording.graph.nodes)) else simplified(recording)
        except (
            Exception
        ):  # A wrong loss fails in evaluation too; one that only cannot be recorded does not.
            return None

    def _replayed(
        self, recording: fx.GraphModule, batch: Batch, noise: Mapping[str, Tensor]
    ) -> list[Tensor]:
        with torch.no_grad():
            values: list[Tensor] = recording(*_flat(batch, noise), *self.stack.state)
        return values

    def _checked(
        self, recording: fx.GraphModule, batch: Batch, noise: Mapping[str, Tensor], *, trial: bool
    ) -> list[Tensor]:
        """The evaluated values; replays end where the replayed ones differ."""
        try:
            with self._nothing_changed():
                replayed = self._replayed(recording, batch, noise)
        except Exception:
            replayed = []
        values = self._evaluated(batch, noise, self.stack.state)
        self.replays = len(replayed) == len(values) and all(map(_equal, values, replayed))
        if not self.replays and not trial and not all(map(_near, values, replayed)):
            raise InputError(
                f"the loss of update {self.update.name!r} no longer does what it did at its first call: let it depend "
                "on nothing but parameters, buffers, the batch and noise (batch.progress tells how far training is)"
            )
        return values

    def _evaluated(
        self, batch: Batch, noise: Mapping[str, Tensor], state: Sequence[Tensor]
    ) -> list[Tensor]:
        """All values of the step, the losses, the gradients; none shares memory with what training changes."""
        step = self.stack.evaluate(self.update, batch, noise, state)
        terms = tuple(step.terms.values())
        losses = torch.stack(terms).sum(0) if len(terms) > 1 else terms[0]
        own = [state[i] for i in self._own]
        gradients = torch.autograd.grad(
            losses.sum() if losses.ndim else losses, own, allow_unused=True
        )
        filled = [
            torch.zeros_like(o) if g is None else g for o, g in zip(own, gradients, strict=True)
        ]
        parts = (step.terms, step.monitors, step.state)
        self._names = tuple(tuple(part) for part in parts)
        return [value.detach().clone() for part in parts for value in part.values()] + [
            losses.detach(),
            *filled,
        ]

    def _outcome(self, values: Sequence[Tensor]) -> Outcome:
        found = iter(values)
        step = Step(*({name: next(found) for name in part} for part in self._names))
        return Outcome(step, next(found), list(found))

    @contextlib.contextmanager
    def _nothing_changed(self) -> Iterator[None]:
        device = self.stack.state[0].device
        with (
            torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
            self.stack.restored(),
        ):
            yield


class _NoReads(TorchFunctionMode):
    """Refuses to turn tensors into Python values, which a recording would hold for ever."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in READS:
            raise RuntimeError(f"Tensor.{func.__name__} while recording")
        return func(*args, **(kwargs or {}))


def simplified(recording: fx.GraphModule) -> fx.GraphModule:
    """Without what is computed twice or for nothing; as it is if an operation writes to a tensor or draws numbers."""
    operations = [
        node.target
        for node in recording.graph.nodes
        if isinstance(node.target, torch._ops.OpOverload)
    ]
    if any(
        op._schema.is_mutable or torch.Tag.nondeterministic_seeded in op.tags for op in operations
    ):
        return recording
    earlier: dict[tuple[object, str], fx.Node] = {}
    for node in recording.graph.nodes:
        if node.op == "call_function":
            # By text, as 1 == 1.0 == True; nodes are written by their names, which are unique.
            same = _equal_to(node) or earlier.setdefault(
                (node.target, repr((node.args, node.kwargs))), node
            )
            if same is not node:
                node.replace_all_uses_with(same)
    recording.graph.eliminate_dead_code()
    recording.recompile()
    return recording


def _equal_to(node: fx.Node) -> fx.Node | None:
    """An earlier value that this one is equal to in layout and numbers; transforms leave many such."""
    before = node.args[0] if node.args else None
    if not isinstance(before, fx.Node):
        return None
    if node.target in TRANSPOSITIONS and (node.target, node.args[1:]) == (
        before.target,
        before.args[1:],
    ):
        twice = before.args[0]
        return twice if isinstance(twice, fx.Node) else None
    shaped = node.target in SHAPINGS or (node.target is aten.mul.Scalar and node.args[1] == 1)
    layouts = [
        (meta.shape, meta.stride, meta.dtype)
        for n in (before, node)
        if (meta := n.meta.get("tensor_meta"))
    ]
    return before if shaped and layouts[1:] and layouts[0] == layouts[1] else None


def _of_its_time(node: fx.Node) -> bool:
    """Whether a node may stand for something else at another step: a tensor of the loss's own, a shape by values."""
    if node.op == "get_attr":
        return any(user.target is not aten.lift_fresh_copy.default for user in node.users)
    if (
        not isinstance(node.target, torch._ops.OpOverload)
        or torch.Tag.dynamic_output_shape not in node.target.tags
    ):
        return False
    if node.target is not aten.index.Tensor:
        return True
    indices = [index.meta["tensor_meta"] for index in node.args[1] if index is not None]  # type: ignore[union-attr]
    return any(meta.dtype in (torch.bool, torch.uint8) for meta in indices)


def _flat(batch: Batch, noise: Mapping[str, Tensor]) -> list[Tensor]:
    return [*(value for value in batch if value is not None), *noise.values()]


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(((one == other) | (one.isnan() & other.isnan())).all())


def _near(one: Tensor, other: Tensor) -> bool:
    if not one.is_floating_point():
        return torch.equal(one, other)
    away = (one - other).abs().nan_to_num(0.0, 0.0)
    return bool((away <= FAR * (1 + one.abs().nan_to_num(0.0, 0.0).max())).all())
