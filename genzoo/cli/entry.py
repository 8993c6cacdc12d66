"""The door of the command line: what becomes of mistakes, interruptions and closed pipes."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

from genzoo.cli.parser import parse
from genzoo.errors import InputError, one_line
from genzoo.memory import is_refused
from genzoo.signals import Terminated, hear_termination, held_back, repeated_if_dropped


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after `genzoo`; by default those of this process.

    Returns:
        The exit status: 0; 2 after a mistake of the user, told in one sentence on standard error; 130 after
        Ctrl-C, 143 after SIGTERM; 141 when the reader of standard output has gone.
    """
    with _termination_heard(), repeated_if_dropped():
        return _run(argv)


@contextlib.contextmanager
def _termination_heard() -> Iterator[None]:
    """SIGTERM stops a command as Ctrl-C does, unless the program around it handles the signal itself."""
    mine = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if mine:
        signal.signal(signal.SIGTERM, hear_termination)
    try:
        yield
    finally:
        if mine:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _run(argv: Sequence[str] | None) -> int:
    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        with held_back(signal.SIGINT, signal.SIGTERM):
            from genzoo.cli.commands import COMMANDS  # torch and all that come in here, after the words are understood

        COMMANDS[arguments.command](arguments)
        sys.stdout.flush()
    except SystemExit as leave:
        return int(leave.code or 0)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - closed with the process
        return 141
    except InputError as mistake:
        return _say(str(mistake), 2)
    except OSError as failure:
        return _say(f"cannot use {failure.filename}: {failure.strerror}" if failure.filename else str(failure), 2)
    except (MemoryError, RuntimeError) as failure:
        if not is_refused(failure):
            raise
        return _say("there is not enough memory for this: choose fewer or smaller of what was asked for", 2)
    except KeyboardInterrupt as interruption:
        sentence = str(interruption) or "stopped; nothing was written"
        print(f"\ngenzoo: {sentence}", file=sys.stderr)  # noqa: T201
        return 143 if isinstance(interruption, Terminated) else 130
    return 0


def _say(sentence: str, status: int) -> int:
    print(f"genzoo: error: {one_line(sentence)}", file=sys.stderr)  # noqa: T201
    return status
