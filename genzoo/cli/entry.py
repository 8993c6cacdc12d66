"""The door of the command line: what becomes of mistakes, interruptions and closed pipes."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence

from genzoo.cli.parser import parse
from genzoo.errors import InputError, one_line
from genzoo.memory import is_refused
from genzoo.processes import import_ahead
from genzoo.signals import Interruption, Terminated, held_back


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after `genzoo`; by default those of this process.

    Returns:
        The exit status: 0; 2 after a mistake of the user, told in one sentence on standard error;
        130 after Ctrl-C, 143 after SIGTERM; 141 when the reader of standard output has gone.
    """
    with Interruption(repeats=True) as interruption:
        return _run(argv, interruption)


def run() -> None:
    """The `genzoo` command as a process.

    Once the work is done, a wish to stop changes nothing any more.
    """
    status = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(status)


def _run(argv: Sequence[str] | None, interruption: Interruption) -> int:
    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        if argv is None and _has_workers(arguments):
            import_ahead()
        # torch and all that come in here, after the words are understood
        with held_back(signal.SIGINT, signal.SIGTERM):
            from genzoo.cli.commands import COMMANDS

        _obey(COMMANDS[arguments.command], arguments, interruption)
        sys.stdout.flush()
    except SystemExit as leave:
        return int(leave.code or 0)
    except BrokenPipeError:
        # it is closed with the process
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        return 141
    except InputError as mistake:
        return _say(str(mistake), 2)
    except OSError as failure:
        if failure.filename:
            return _say(f"cannot use {failure.filename}: {failure.strerror}", 2)
        return _say(str(failure), 2)
    except (MemoryError, RuntimeError) as failure:
        if not is_refused(failure):
            raise
        sentence = (
            "there is not enough memory for this: choose fewer or smaller of what was asked for"
        )
        return _say(sentence, 2)
    except KeyboardInterrupt as wish:
        sentence = str(wish) or "stopped; nothing was written"
        print(f"\ngenzoo: {sentence}", file=sys.stderr)  # noqa: T201
        return 143 if isinstance(wish, Terminated) else 130
    return 0


def _has_workers(arguments: argparse.Namespace) -> bool:
    """Whether the command may start processes on this machine."""
    if "workers" not in arguments or arguments.scheduler is not None:
        return False
    workers = arguments.workers or os.cpu_count() or 1
    return bool(workers > 1)


def _obey(
    command: Callable[[argparse.Namespace], None],
    arguments: argparse.Namespace,
    interruption: Interruption,
) -> None:
    try:
        command(arguments)
    except Exception:
        # what a wish to stop has broken is no mistake of the user
        interruption.check()
        raise


def _say(sentence: str, status: int) -> int:
    print(f"genzoo: error: {one_line(sentence)}", file=sys.stderr)  # noqa: T201
    return status
