"""What this machine is: its processor, and the cores that this process may use."""

import functools
import os
import platform
import subprocess
import sys
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
"""Where Linux describes processors."""


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def processor() -> str:
    """The model of the processor as its maker writes it, or the kind where that cannot be known."""
    try:
        found = _model_name()
    except OSError:
        found = ""
    return found or platform.processor() or platform.machine() or "unknown"


def _model_name() -> str:
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    if sys.platform != "linux":
        return ""
    for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return ""
