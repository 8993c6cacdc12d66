"""What a computation costs by its operations alone: no clock is read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

COUNTED = 16
"""Examples on which operations are counted."""
OPERATION, ELEMENT, MULTIPLICATION = 6e-6, 3e-10, 2e-11
"""Nominal seconds of a tensor operation, of each number it makes, of a multiplication in it.

They are those of one core of a laptop.
"""
PRODUCTS = ("linear", "matmul", "__matmul__", "mm", "bmm")
CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")


class CountedOperations(TorchFunctionMode):
    """Counts tensor operations, what they make, and multiplications of those that have many.

    As a context, around a computation of `COUNTED` examples.

    Args:
        with_gradients: How often an operation counts that is recorded for gradients.
    """

    def __init__(self, with_gradients: int = 1) -> None:
        super().__init__()
        self.with_gradients = with_gradients
        self.operations = self.elements = self.multiplications = 0

    def seconds(self, examples: int) -> float:
        """About how long an ordinary core takes for so many examples."""
        of_counted = self.elements * ELEMENT + self.multiplications * MULTIPLICATION
        return self.operations * OPERATION + of_counted / COUNTED * examples

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        times = self.with_gradients if torch.is_grad_enabled() else 1
        self.operations += times
        if isinstance(result, Tensor):
            self.elements += times * result.numel()
        if isinstance(result, Tensor) and len(args) > 1:
            name = getattr(func, "__name__", "")
            self.multiplications += times * _multiplications(name, args, result)
        return result


def _multiplications(name: str, args: Sequence[Any], result: Tensor) -> int:
    """Multiplications of the operation of this name; 0 for one that has few."""
    x, weight = args[:2]
    if name in PRODUCTS:
        return result.numel() * int(x.shape[-1])
    if name in CONVOLUTIONS:
        return result.numel() * int(weight[0].numel())
    if name in TRANSPOSED:
        return int(x.numel()) * int(weight[0].numel())
    return 0
