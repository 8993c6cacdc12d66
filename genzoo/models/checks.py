"""Ranges of options, checked the same way in every model."""

from genzoo.errors import InputError


def at_least(minimum: int, **options: int) -> None:
    """Require whole numbers of at least `minimum`.

    Raises:
        InputError: When one is smaller.
    """
    for name, value in options.items():
        if value < minimum:
            raise InputError(f"{name} must be at least {minimum}, got {value}")
