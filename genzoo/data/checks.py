"""Ranges of options: each check returns the value or raises one sentence."""

import math

from genzoo.errors import InputError


def positive(option: str, value: float) -> float:
    """A finite number above 0.

    Raises:
        InputError: When it is not.
    """
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{option} must be a finite number above 0, got {value}")
    return float(value)


def finite(option: str, value: float) -> float:
    """A finite number.

    Raises:
        InputError: When it is not.
    """
    if not math.isfinite(value):
        raise InputError(f"{option} must be a finite number, got {value}")
    return float(value)


def at_least(option: str, value: float, minimum: float, why: str = "") -> float:
    """A finite number not below a minimum.

    Raises:
        InputError: When it is not; `why` is added in brackets.
    """
    if not (math.isfinite(value) and value >= minimum):
        reason = f" ({why})" if why else ""
        raise InputError(f"{option} must be at least {minimum}{reason}, got {value}")
    return float(value)


def count(option: str, value: int, minimum: int = 1) -> int:
    """An integer not below a minimum.

    Raises:
        InputError: When it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise InputError(f"{option} must be an integer of at least {minimum}, got {value!r}")
    return value


def interval(low_option: str, low: float, high_option: str, high: float) -> tuple[float, float]:
    """Two finite numbers, the first below the second.

    Raises:
        InputError: When they are not.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"{low_option} must be below {high_option}, both finite, got {low} and {high}")
    return float(low), float(high)
