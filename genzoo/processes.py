"""How worker processes start: on Linux from one that has imported genzoo, once for all of them.

Importing takes seconds of a processor; a process that is forked afterwards starts in a moment.
Nothing heavy is imported here, so that this can begin before the program itself imports it.
"""

import multiprocessing
import signal
import sys
from multiprocessing.context import BaseContext

from genzoo.signals import held_back

IMPORTED = ["genzoo.api.bench"]
"""What the process imports from which workers are forked; all the rest comes with it."""


def worker_context() -> BaseContext:
    """The way in which workers start; they never hear Ctrl-C."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def import_ahead() -> None:
    """Begin the imports of workers that will be needed, beside those of this process."""
    if sys.platform != "linux":
        return
    from multiprocessing import forkserver

    worker_context()
    with held_back(signal.SIGINT):
        forkserver.ensure_running()
