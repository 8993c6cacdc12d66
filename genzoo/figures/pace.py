"""Drawing without the searches for garbage that cost a quarter of it."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_collections() -> Iterator[None]:
    """Pause Python's cyclic garbage collector for one picture.

    A figure is many thousands of small objects that refer to each other. While they are made, the
    collector looks again and again through all that the process holds, torch included.
    """
    gc.collect(1)  # the picture before, which is large
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()
