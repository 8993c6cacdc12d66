"""Networks that the user brings, checked when the model is built."""

import copy
import inspect
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from genzoo.errors import InputError

Network = nn.Module | Callable[[], nn.Module]
"""A module, or a function that makes one.

A module is copied, so that no two models share weights: every model built from it starts at the
same weights. A function is called for each model, so that each seed draws its own.
"""


def choose_network(
    given: Network | None,
    default: Callable[[], nn.Module],
    role: str,
    in_shape: tuple[int, ...],
    *out_shapes: tuple[int, ...],
    like: str,
    context_shape: tuple[int, ...] = (0,),
    timed: bool = False,
) -> nn.Module:
    """The default network, or the user's own after a dry run on a batch of two.

    A module of the user is copied, so that the model has one of its own.

    Args:
        given: What the user gave, if anything.
        default: Makes the network otherwise.
        role: What it is to be, for the message: "encoder".
        in_shape: Shape of one input.
        *out_shapes: Shapes of one output that will do.
        like: How the expected output reads in the message: "(B, 2 * latent_dim)".
        context_shape: Shape of one condition, the last argument of a conditional network; of no
            numbers for a network without.
        timed: Whether its second argument are times `(B,)`.

    Raises:
        InputError: When it is no module, fails on a batch of the expected shape, or returns another
            shape.
    """
    if given is None:
        return default()
    module = copy.deepcopy(given) if isinstance(given, nn.Module) else _made(given, role)
    if not isinstance(module, nn.Module):
        raise InputError(
            f"{role} must be a torch module or a function that makes one, "
            f"got {type(module).__name__}"
        )
    inputs = [_text(in_shape)]
    shapes = [in_shape]
    if timed:
        inputs.append("times (B,)")
        shapes.append(())
    if math.prod(context_shape):
        inputs.append(f"conditions {_text(context_shape)}")
        shapes.append(context_shape)
    wanted = f"{role} must map {' and '.join(inputs)} to {like}"
    got = _dry_run(module, shapes, wanted)
    batches = [(2, *shape) for shape in out_shapes]
    if got not in batches:
        expected = " or ".join(str(shape) for shape in batches)
        raise InputError(
            f"{wanted}: for a batch of 2 it returned shape {got} where {expected} was expected"
        )
    return module


def _made(given: Callable[[], nn.Module], role: str) -> nn.Module:
    """What a function makes that is called without arguments."""
    expected = f"{role} must be a torch module or a function without arguments that makes one"
    if not callable(given):
        raise InputError(f"{expected}, got a {type(given).__name__}")
    try:
        inspect.signature(given).bind()
    except TypeError as error:
        raise InputError(f"{expected}, got a function that needs some ({error})") from error
    except ValueError:
        # what is written in C may have no signature
        pass
    return given()


def _dry_run(
    module: nn.Module, in_shapes: Sequence[tuple[int, ...]], wanted: str
) -> tuple[int, ...]:
    """Shape of the output for a batch of two."""
    probe = copy.deepcopy(module).eval()
    first = next(probe.parameters(), torch.empty(()))
    inputs: list[Tensor] = []
    for shape in in_shapes:
        inputs.append(torch.zeros(2, *shape, dtype=first.dtype, device=first.device))
    # The forward pass is the user's, and may fail in any way.
    try:
        with torch.no_grad():
            output = probe(*inputs)
    except Exception as error:
        raise InputError(
            f"{wanted}: on a batch of 2 it failed with {type(error).__name__}: {error}"
        ) from error
    if not isinstance(output, Tensor):
        raise InputError(
            f"{wanted}: it returned {type(output).__name__} where a tensor was expected"
        )
    return tuple(output.shape)


def _text(shape: tuple[int, ...]) -> str:
    """`(B, 8, 8)` for the shape (8, 8) of one input."""
    numbers = ["B", *map(str, shape)]
    return "(" + ", ".join(numbers) + ")"
