"""What is not a defect: mistakes that the user can put right, and the wish that the work ends."""

from types import FrameType


class InputError(ValueError):
    """A mistake in what the user gave: one sentence saying what was got, what was expected and what to do.

    The command line prints the sentence and exits with status 2; any other exception is a defect of genzoo
    (or of a plug-in) and keeps its traceback.
    """


class Terminated(KeyboardInterrupt):
    """SIGTERM, heard like Ctrl-C."""


def hear_termination(number: int, frame: FrameType | None) -> None:
    """A handler for SIGTERM."""
    raise Terminated
