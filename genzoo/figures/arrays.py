"""Examples as plain arrays, checked once at the door."""

from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from genzoo.arrays import FloatArray
from genzoo.core.context_fields import Field
from genzoo.errors import InputError

AnyArray = TypeVar("AnyArray", bound=npt.NDArray[Any])


@dataclass(frozen=True)
class Conditioned:
    """Examples with conditions, of which pictures show one label or one number.

    Attributes:
        x: Examples `(n, *event_shape)`.
        given: Of each the place of its class or its number, `(n,)`.
        field: What that is.
    """

    x: Any
    given: Any
    field: Field


@dataclass(frozen=True)
class Sample:
    """Examples to draw.

    Attributes:
        finite: Those without NaN or infinity, `(m, *event_shape)` float64.
        n: How many there were, those with NaN or infinity included.
        given: Where they have conditions, the place of the class or the number of each, `(m,)`.
    """

    finite: FloatArray
    n: int
    given: FloatArray | None = None

    @property
    def lost(self) -> float:
        """Share of examples that hold NaN or infinity."""
        if not self.n:
            return 0.0
        return 1 - len(self.finite) / self.n


def read_sample(x: Any, what: str, event_shape: tuple[int, ...] | None = None) -> Sample:
    """Check examples `(n, *event_shape)`, or `Conditioned` ones.

    A plain `(n,)` is read as `(n, 1)`.

    Raises:
        InputError: When they are not numbers, or of another shape than expected.
    """
    given = None
    if isinstance(x, Conditioned):
        given = numbers(x.given, f"what is given of {what}")
        x = x.x
    array = numbers(x, what)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim < 2 or (event_shape is not None and array.shape[1:] != event_shape):
        sizes = ", ".join(map(str, event_shape or ())) or "..."
        raise InputError(f"{what} must have shape (n, {sizes}), got {array.shape}")
    if 0 in array.shape[1:]:
        raise InputError(
            f"{what} must hold at least one number per example, got shape {array.shape}"
        )
    finite = np.isfinite(array).all(axis=tuple(range(1, array.ndim)))
    if given is None:
        return Sample(array[finite], len(array))
    if given.shape != array.shape[:1]:
        expected = f"what is given of {what} must have shape ({len(array)},)"
        raise InputError(f"{expected}, got {given.shape}")
    return Sample(array[finite], len(array), given[finite])


def read_truth(x: Any, what: str) -> FloatArray:
    """Finite examples of the truth, at least one.

    Raises:
        InputError: When they are not numbers, or none is finite.
    """
    sample = read_sample(x, what)
    if not len(sample.finite):
        raise InputError(
            f"{what} must hold at least one finite example, got {sample.n} examples and none finite"
        )
    return sample.finite


def numbers(x: Any, what: str) -> FloatArray:
    """Anything numeric as float64.

    Raises:
        InputError: When it is not numeric.
    """
    try:
        return np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{what} must be a numeric array, got {type(x).__name__}") from error


def thin(x: AnyArray, most: int) -> AnyArray:
    """At most `most` examples, the same ones each time, from all over a file that may be sorted."""
    if len(x) <= most:
        return x
    return cast(AnyArray, x[np.random.default_rng(0).permutation(len(x))[:most]])
