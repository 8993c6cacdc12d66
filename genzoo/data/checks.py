"""Ranges of options: each check returns the value or raises one sentence."""

import math

from genzoo.core.ranges import at_least
from genzoo.errors import InputError
from genzoo.memory import check_memory

LARGEST = 10_000
"""Of the modes, dimensions and positions of a source: beyond, scores would take days."""


HUGE = 1e15
"""Numbers of a source, in size: beyond, single precision and squares have nothing to say."""
ARMS = 100
"""Of a shape, at most."""


def positive(option: str, value: float) -> float:
    """A finite number above 0, neither so small nor so large that its square is lost.

    Raises:
        InputError: When it is not.
    """
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{option} must be a finite number above 0, got {value}")
    if not 1 / HUGE <= value <= HUGE:
        raise InputError(f"{option} must lie between {1 / HUGE:g} and {HUGE:g}, got {value}")
    return float(value)


def finite(option: str, value: float) -> float:
    """A finite number.

    Raises:
        InputError: When it is not.
    """
    if not math.isfinite(value):
        raise InputError(f"{option} must be a finite number, got {value}")
    if abs(value) > HUGE:
        raise InputError(f"{option} must be at most {HUGE:g} in size, got {value}")
    return float(value)


def amount(
    option: str,
    value: float,
    minimum: float = 0,
    why: str = "",
) -> float:
    """A number from a minimum to `HUGE`.

    Raises:
        InputError: When it is not; `why` is added in brackets.
    """
    return at_most(option, float(at_least(option, value, minimum, why)), HUGE)


def count(option: str, value: int, minimum: int = 1) -> int:
    """An integer not below a minimum.

    Raises:
        InputError: When it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise InputError(f"{option} must be an integer of at least {minimum}, got {value!r}")
    return value


def at_most(option: str, value: float, maximum: float) -> float:
    """A number not above a maximum.

    Raises:
        InputError: When it is.
    """
    if value > maximum:
        raise InputError(f"{option} must be at most {maximum:g}, got {value}")
    return value


def size(
    option: str,
    value: int,
    minimum: int = 1,
    maximum: int = LARGEST,
) -> int:
    """An integer that says how large a source is, between two bounds.

    Raises:
        InputError: When it is not.
    """
    if count(option, value, minimum) > maximum:
        raise InputError(f"{option} must be at most {maximum:,}, got {value}")
    return value


def matrices(count: int, dimension: int, what: str) -> None:
    """Require that a square matrix for each of `count` modes fits in memory a few times over.

    Raises:
        InputError: When it does not.
    """
    check_memory(6.0 * count * dimension**2, what, size=8)


def interval(
    low_option: str,
    low: float,
    high_option: str,
    high: float,
) -> tuple[float, float]:
    """Two finite numbers, the first below the second.

    Raises:
        InputError: When they are not.
    """
    if not -math.inf < low < high < math.inf:
        raise InputError(
            f"{low_option} must be below {high_option}, both finite, got {low} and {high}"
        )
    return finite(low_option, low), finite(high_option, high)
