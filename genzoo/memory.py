"""What fits in the memory of this machine, asked before it is taken."""

import math
import os
import sys
from pathlib import Path

from genzoo.errors import InputError

GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much a container may take."""
REFUSALS = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "Storage size calculation overflowed",
)
"""What torch says when memory is refused."""


def check_memory(numbers: float, what: str, *, size: int = 4) -> None:
    """Refuse what needs more memory than this machine has, before it takes any.

    Args:
        numbers: How many numbers are held at once.
        what: The subject of the message: what holds them, with the options that make it large.
        size: Bytes of one number.

    Raises:
        InputError: When there is not as much memory.
    """
    needed, present = numbers * size, memory()
    if needed > present:
        raise InputError(
            f"{what} needs {_in_words(needed)} of memory "
            f"and this machine has {_in_words(present)}: choose less"
        )


def memory() -> float:
    """Bytes of memory that this process may hope for; infinity where that cannot be known."""
    if sys.platform == "win32":
        return math.inf
    present = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    try:
        allowed = GROUP_LIMIT.read_text(encoding="utf-8").strip()
    except OSError:
        return present
    # it holds "max" where nothing is limited
    if not allowed.isdigit():
        return present
    return min(present, float(allowed))


def is_refused(error: BaseException) -> bool:
    """Whether an error says that memory was refused."""
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, RuntimeError):
        return False
    return any(words in str(error) for words in REFUSALS)


def _in_words(count: float) -> str:
    if count >= 1e15:
        return "more than 1,000,000 GB"
    return f"{count / 1e9:,.3g} GB"
