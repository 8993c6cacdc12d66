"""The gradients of a loss as a list of tensor operations, recorded once and replayed at every step.

A loss is a pure function of weights, a batch and noise, so the operations of its value and of its gradients are the
same at every step. Replayed, they cost neither the transforms nor the graph that found them, and what is computed
twice (a gradient penalty evaluates scores that the objective has) is computed once.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.passes.dialect.common.cse_pass import CSEPass

from genzoo.core.model import Batch, Step, Update
from genzoo.training.stack import Stack

aten = torch.ops.aten
TRANSPOSITIONS = (aten.t.default, aten.transpose.int)
SHAPINGS = (aten.expand.default, aten.view.default, aten._unsafe_view.default, aten.detach.default)


@dataclass(frozen=True)
class Outcome:
    """What an optimiser step needs of a loss.

    Attributes:
        step: What the loss returned, tensors `(S,)`, or 0-d for one seed.
        losses: The sum of its terms.
        gradients: Of the sum over seeds, one for each parameter of the update; zeros where the loss reads none.
    """

    step: Step
    losses: Tensor
    gradients: Sequence[Tensor]


class Gradients:
    """The loss of one update and its gradients, for every seed of a stack.

    Args:
        update: Whose loss.
        stack: Where the weights live.
    """

    def __init__(self, update: Update, stack: Stack) -> None:
        self.update = update
        self.stack = stack
        positions = {id(tensor): i for i, tensor in enumerate(stack.state)}
        self._own = [positions[id(view)] for group in stack.groups_of(update.name) for view in group.views.values()]
        self._names: tuple[tuple[str, ...], ...] = ()
        self._recording: fx.GraphModule | None = None

    def __call__(self, batch: Batch, noise: Mapping[str, Tensor]) -> Outcome:
        """Replay the recording, or evaluate the loss where there is none."""
        if self._recording is None:
            values = self._evaluate(batch, noise, self.stack.state)
        else:
            with torch.no_grad():
                values = self._recording(*_flat(batch, noise), *self.stack.state)
        found = iter(values)
        step = Step(*({name: next(found) for name in part} for part in self._names))
        return Outcome(step, next(found), list(found))

    def record(self, batches: Sequence[Batch], noise: Sequence[Mapping[str, Tensor]]) -> bool:
        """Record the operations on the first batch; keep them if they give the loss's own bits on the others.

        Nothing else changes: buffers that a loss writes to are put back, and torch's global generators too.

        Args:
            batches: Some that are trained on.
            noise: As many.

        Returns:
            Whether calls are replayed from now on. They are not where a loss decides by the values of tensors what to
            compute, or is not a pure function.
        """
        fields = [name for name, value in batches[0]._asdict().items() if value is not None]

        def operations(*tensors: Tensor) -> list[Tensor]:
            given = iter(tensors)
            batch = Batch(**{name: next(given) for name in fields})
            own = {name: next(given) for name in noise[0]}
            return self._evaluate(batch, own, list(given))

        calls = [(*_flat(*given), *self.stack.state) for given in zip(batches, noise, strict=True)]
        try:
            with self._nothing_changed():
                recording = make_fx(operations)(*calls[0])
        except Exception:  # A wrong loss fails in evaluation too; one that only cannot be recorded does not.
            return False
        if any(map(shaped_by_values, recording.graph.nodes)):
            return False
        recording = simplified(recording)
        for tensors in calls[1:]:
            with self._nothing_changed():
                expected = operations(*tensors)
            with self._nothing_changed(), torch.no_grad():
                found = recording(*tensors)
            if not all(torch.equal(one, other) for one, other in zip(expected, found, strict=True)):
                return False
        self._recording = recording
        return True

    def _evaluate(self, batch: Batch, noise: Mapping[str, Tensor], state: Sequence[Tensor]) -> list[Tensor]:
        """All values of the step, the losses, the gradients."""
        step = self.stack.evaluate(self.update, batch, noise, state)
        terms = tuple(step.terms.values())
        losses = torch.stack(terms).sum(0) if len(terms) > 1 else terms[0]
        own = [state[i] for i in self._own]
        gradients = torch.autograd.grad(losses.sum() if losses.ndim else losses, own, allow_unused=True)
        filled = [torch.zeros_like(o) if g is None else g for o, g in zip(own, gradients, strict=True)]
        parts = (step.terms, step.monitors, step.state)
        self._names = tuple(tuple(part) for part in parts)
        return [value.detach() for part in parts for value in part.values()] + [losses.detach(), *filled]

    @contextlib.contextmanager
    def _nothing_changed(self) -> Iterator[None]:
        before = {name: value.clone() for name, value in self.stack.buffers.items()}
        device = self.stack.state[0].device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            try:
                yield
            finally:
                self.stack.write_back(before)


def _flat(batch: Batch, noise: Mapping[str, Tensor]) -> list[Tensor]:
    return [*(value for value in batch if value is not None), *noise.values()]


def shaped_by_values(node: fx.Node) -> bool:
    """Whether an operation's shape depends on the values of its inputs: what follows was recorded for one shape."""
    if not isinstance(node.target, torch._ops.OpOverload) or torch.Tag.dynamic_output_shape not in node.target.tags:
        return False
    if node.target is not aten.index.Tensor:
        return True
    indices = [index.meta["tensor_meta"].dtype for index in node.all_input_nodes[1:]]
    return any(dtype in (torch.bool, torch.uint8) for dtype in indices)


def simplified(recording: fx.GraphModule) -> fx.GraphModule:
    """Without what is computed twice or for nothing; as it is if an operation writes to a tensor or draws numbers."""
    operations = [node.target for node in recording.graph.nodes if isinstance(node.target, torch._ops.OpOverload)]
    if any(op._schema.is_mutable or torch.Tag.nondeterministic_seeded in op.tags for op in operations):
        return recording
    found = CSEPass()(recording)
    simple = recording if found is None else found.graph_module
    for node in list(simple.graph.nodes):
        if (same := _equal_to(node)) is not None:
            node.replace_all_uses_with(same)
    simple.graph.eliminate_dead_code()
    simple.recompile()
    return simple


def _equal_to(node: fx.Node) -> fx.Node | None:
    """An earlier value that this one is equal to in layout and numbers; transforms leave many such."""
    before = node.args[0] if node.args else None
    if not isinstance(before, fx.Node):
        return None
    if node.target in TRANSPOSITIONS and (node.target, node.args[1:]) == (before.target, before.args[1:]):
        twice = before.args[0]
        return twice if isinstance(twice, fx.Node) else None
    shaped = node.target in SHAPINGS or (node.target is aten.mul.Scalar and node.args[1] == 1)
    layouts = [(meta.shape, meta.stride, meta.dtype) for n in (before, node) if (meta := n.meta.get("tensor_meta"))]
    return before if shaped and layouts[1:] and layouts[0] == layouts[1] else None
