"""Repetitions of a trial, kept in build/studies.

So a study can be run in parts, and goes on where it stopped.

"""

import json
import re
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from genzoo.disk import write_text

FOLDER = Path(__file__).parents[2] / "build" / "studies"


def repeated(
    name: str, trial: Callable[[int], Any], wanted: int, pool: Executor | None
) -> list[Any]:
    """What `trial(0)`, `trial(1)`, ... gave: from this name's file, then as many as are wanted.

    Args:
        name: Of the file. Delete it when what it holds has changed.
        trial: One repetition; picklable, and so that JSON holds its result.
        wanted: Repetitions.
        pool: Where they run; None reads the file only, however few it has.
    """
    path = FOLDER / f"{re.sub(r'[^a-z0-9.]+', '-', name.lower())}.json"
    found: list[Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    if pool is not None and len(found) < wanted:
        saved = time.monotonic()
        for result in pool.map(trial, range(len(found), wanted)):
            found.append(result)
            if len(found) == wanted or time.monotonic() - saved > 20:
                write_text(path, json.dumps(found))
                saved = time.monotonic()
    return found
