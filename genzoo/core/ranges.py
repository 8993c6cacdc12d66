"""Ranges of options, for rooms that build models and sources."""

import math
from typing import TypeVar

from genzoo.errors import InputError

Number = TypeVar("Number", int, float)


def at_least(option: str, value: Number, minimum: float, why: str = "") -> Number:
    """A finite number not below a minimum.

    Args:
        option: Its name, for the message.
        value: The number, returned as it is.
        minimum: The smallest that will do.
        why: The reason for the minimum, which the message gives in brackets.

    Raises:
        InputError: When it is smaller, infinite or NaN.
    """
    # Not math.isfinite, which fails on integers beyond the range of floats.
    if not minimum <= value < math.inf:
        reason = f" ({why})" if why else ""
        raise InputError(f"{option} must be at least {minimum}{reason}, got {value}")
    return value
