"""Ranges of options, checked the same way in every model."""

import math

from genzoo.errors import InputError


def at_least(minimum: int, **options: int) -> None:
    """Require whole numbers of at least `minimum`.

    Raises:
        InputError: When one is smaller.
    """
    for name, value in options.items():
        if value < minimum:
            raise InputError(f"{name} must be at least {minimum}, got {value}")


def not_negative(**options: float) -> None:
    """Require finite numbers of at least 0.

    Raises:
        InputError: When one is not.
    """
    for name, value in options.items():
        if not 0 <= value < math.inf:
            raise InputError(f"{name} must be a number of at least 0, got {value}")
