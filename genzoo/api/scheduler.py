"""The workers of a Dask scheduler, on one machine or on many."""

import contextlib
import importlib
from collections.abc import Iterator
from concurrent.futures import Executor

from genzoo.errors import InputError

PATIENCE = 30
"""Seconds within which a scheduler must answer."""


@contextlib.contextmanager
def executor_at(address: str | None) -> Iterator[Executor | None]:
    """An executor whose tasks go to a running Dask scheduler.

    Args:
        address: Such as `"tcp://10.0.0.1:8786"`; None for no executor.

    Raises:
        InputError: When Dask is not installed, or no scheduler answers.
    """
    if address is None:
        yield None
        return
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise InputError(
            "a scheduler needs Dask, which is not installed: pip install 'genzoo[dask]'"
        ) from error
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address!r} ({type(error).__name__}): start one with "
            "dask scheduler, and give its address, such as tcp://127.0.0.1:8786"
        ) from error
    with client:
        yield client.get_executor()
