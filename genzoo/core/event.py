"""What an example looks like, and the check at every public door."""

import math
from typing import Any

import torch
from torch import Tensor

from genzoo.core.context import ContextSpec, refuse_context
from genzoo.errors import InputError


def check_event_shape(event_shape: Any) -> tuple[int, ...]:
    """Return the shape as a tuple of positive integers.

    Raises:
        InputError: When it is empty or holds anything but positive integers.
    """
    shape: tuple[Any, ...] = (event_shape,)
    if isinstance(event_shape, list | tuple | torch.Size):
        shape = tuple(event_shape)
    if not shape or not all(is_positive_integer(size) for size in shape):
        raise InputError(
            f"event_shape must be a tuple of positive integers such as (2,), got {event_shape!r}"
        )
    return shape


def is_positive_integer(size: Any) -> bool:
    """Whether this can be the size of a dimension."""
    return isinstance(size, int) and not isinstance(size, bool) and size > 0


def check_examples(examples: Any, event_shape: tuple[int, ...], *, what: str = "x") -> Tensor:
    """Return examples as a floating-point tensor `(B, *event_shape)`, B >= 1.

    Args:
        examples: A tensor or anything that `torch.as_tensor` reads.
        event_shape: The expected shape of one example.
        what: The name used in the message.

    Raises:
        InputError: When it is not numeric, has another shape, is empty, or holds NaN or infinity.
    """
    x = _as_numbers(examples, what)
    if tuple(x.shape[1:]) != event_shape or x.ndim == 0 or x.shape[0] == 0:
        expected = "(n, " + ", ".join(map(str, event_shape)) + ")"
        raise InputError(f"{what} must have shape {expected} with n >= 1, got {tuple(x.shape)}")
    _require_finite(x, what)
    return x


def check_codes(codes: Any) -> Tensor:
    """Return codes as a floating-point tensor `(B, L)`, B >= 1.

    Args:
        codes: A tensor or anything that `torch.as_tensor` reads.

    Raises:
        InputError: When they are not numeric, have another shape, or hold NaN or infinity.
    """
    z = _as_numbers(codes, "z")
    if z.ndim != 2 or len(z) == 0:
        raise InputError(
            f"z must have shape (n, L) with n >= 1, got {tuple(z.shape)}: give it as encode does"
        )
    _require_finite(z, "z")
    return z


def _as_numbers(values: Any, what: str) -> Tensor:
    try:
        numbers: Tensor = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{what} must be a numeric tensor or array, got {type(values).__name__}"
        ) from error
    if numbers.is_complex():
        raise InputError(f"{what} must hold real numbers, got {numbers.dtype}")
    if not numbers.is_floating_point():
        numbers = numbers.to(torch.get_default_dtype())
    return numbers


def _require_finite(x: Tensor, what: str) -> None:
    if bool(torch.isfinite(x).all()):
        return
    bad = int((~torch.isfinite(x)).flatten(1).any(1).sum())
    raise InputError(
        f"{what} must be finite, got NaN or infinity in {bad} of {x.shape[0]} rows: "
        "remove them first"
    )


class EventSpace:
    """Where examples live: the base of models and sources, and of a law that is neither.

    A capability is written once for all: it converts its input and output by the underscored hooks
    below. Their defaults are for a class that computes in data units; a model brings its own.

    Attributes:
        event_shape: Shape of one example: `(D,)` for points, `(L,)` for curves, `(C, H, W)` for
            images.
        context_spec: What the conditions mean that examples come with, or that a model takes; None
            where there are none.
    """

    event_shape: tuple[int, ...]
    context_spec: ContextSpec | None = None

    @property
    def event_size(self) -> int:
        """Numbers in one example."""
        return math.prod(self.event_shape)

    def _receive(self, x: Any) -> Tensor:
        """Check examples in data units and return them in the units that the class computes in."""
        return check_examples(x, self.event_shape).to(torch.float64)

    def _receive_context(self, context: Any, n: int) -> Tensor | None:
        """Check the conditions of n examples and return them as the class computes with them.

        A class that computes in data units, such as a source, needs none: without them it speaks of
        all examples.
        """
        if context is None or self.context_spec is None:
            refuse_context(context)
            return None
        return self.context_spec.check(context, n).to(torch.float64)

    def _receive_codes(self, z: Any) -> Tensor:
        """Check codes and return them in the type that the class computes in."""
        return check_codes(z).to(torch.float64)

    def _return(self, x: Tensor) -> Tensor:
        """Bring examples from those units back to data units."""
        return x

    def _log_volume(self, x: Tensor) -> Tensor | float:
        """log |d internal / d data| at examples x in internal units, in nats.

        Added to a log-density, it brings that to data units. It is `(B,)`, or one number for all.
        """
        return 0.0
