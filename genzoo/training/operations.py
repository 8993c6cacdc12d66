"""The tensor operations of a loss and its gradients, traced once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx
from torch._guards import TracingContext, tracing
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode

from genzoo.training.outcome import Layout, Outcome
from genzoo.training.simplification import is_random, simplified

aten = torch.ops.aten
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


@dataclass(frozen=True)
class Operations:
    """What was computed at one step, to be computed again on other inputs.

    Attributes:
        module: From inputs to the values of an outcome.
        layout: Their names.
    """

    module: fx.GraphModule
    layout: Layout

    @property
    def draws(self) -> bool:
        """Whether numbers are drawn in it."""
        return any(is_random(node) for node in self.module.graph.nodes)

    @torch.no_grad()
    def __call__(self, inputs: Sequence[Tensor]) -> Outcome:
        """The outcome on inputs of the shapes of those that were traced."""
        return self.layout.outcome(self.module(*inputs))


def trace(evaluate: Callable[..., Outcome], inputs: Sequence[Tensor]) -> Operations | None:
    """The operations of a function, or None where those of one step are not those of the next.

    Args:
        evaluate: From tensors to an outcome.
        inputs: What it is evaluated on.

    Raises:
        RuntimeError: When the function reads the values of tensors.
    """
    layouts: list[Layout] = []

    def values(*tensors: Tensor) -> list[Tensor]:
        outcome = evaluate(*tensors)
        # A trace returns tensors alone; the names go past it.
        layouts.append(outcome.layout)
        return outcome.values

    with NoReads():
        module = graph_of(values, inputs)
    for node in module.graph.nodes:
        if is_of_one_step(node):
            return None
    return Operations(simplified(module), layouts[-1])


def graph_of(function: Callable[..., list[Tensor]], inputs: Sequence[Tensor]) -> fx.GraphModule:
    """The operations of a function of tensors.

    Torch notes the shape of each value by one mode for all of them: without, it makes a mode for
    each, which takes as long as all the rest.
    """
    mode = FakeTensorMode(allow_fallback_kernels=True)
    with tracing(TracingContext(mode)):
        module: fx.GraphModule = make_fx(function)(*inputs)
    return module


class NoReads(TorchFunctionMode):
    """Refuses to turn tensors into Python values, which a trace would hold for ever."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch, unless it reads values."""
        if func in READS:
            raise RuntimeError(f"Tensor.{func.__name__} while operations are traced")
        return func(*args, **(kwargs or {}))


def is_of_one_step(node: fx.Node) -> bool:
    """Whether a traced value holds at its own step only.

    Such are tensors that the loss brought in, which may be others at the next step, and tensors
    whose shape depends on values.
    """
    if node.op == "get_attr":
        # A tensor that the code of a loss makes of numbers is copied before use; others are not.
        copying = aten.lift_fresh_copy.default
        return any(user.target is not copying for user in node.users)
    if not isinstance(node.target, torch._ops.OpOverload):
        return False
    if torch.Tag.dynamic_output_shape not in node.target.tags:
        return False
    if node.target is not aten.index.Tensor:
        return True
    # Rows by their numbers are always as many; by a mask they are as many as it says.
    indices: Any = node.args[1]
    for index in indices:
        if index is None:
            continue
        if index.meta["tensor_meta"].dtype in (torch.bool, torch.uint8):
            return True
    return False
