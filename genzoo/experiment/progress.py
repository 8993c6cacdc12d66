"""What a task says of itself while it runs."""

from collections.abc import Callable

Tick = Callable[[float, str], None]
"""Told how much of a task is done, as a fraction, and what it is doing; may raise to stop it."""

EVALUATION_COST = 0.4
"""Rough core-seconds to score one row at one seed, for the time left."""
