"""Where conditions may lie outside of what training saw, and nobody need be warned."""

import contextlib
import warnings
from collections.abc import Iterator

from genzoo.core.context_fields import OutsideRange


@contextlib.contextmanager
def within_any_range() -> Iterator[None]:
    """No warning of conditions outside what training saw: real examples have them as they come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutsideRange)
        yield
