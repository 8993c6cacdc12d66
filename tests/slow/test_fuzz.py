"""Whatever is given: no traceback, no hang, and no message over a few lines."""

import contextlib
import io
import os
import re
import signal
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import genzoo.api.compare
from genzoo.cli import main
from tests.slow import fuzz

SEED, COUNT, SECONDS = (
    int(os.environ.get("FUZZ_SEED", "0")),
    int(os.environ.get("FUZZ_COUNT", "2000")),
    120,
)
LINES, CHARACTERS = 3, 600
"""A few lines: what a message may take, and what one line of it may."""
PROGRESS = re.compile(r"genzoo: \d+ %  ")


class TooLong(BaseException):
    """The command did not come to an end."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def heard(out: io.StringIO, err: io.StringIO) -> Iterator[None]:
    """Standard output and standard error, and on it the warnings that a user sees."""
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def fault(case: fuzz.Case) -> tuple[str, int]:
    """What is wrong with the answer, and the exit status; nothing and 0 or 2 where all is well."""
    out, err = io.StringIO(), io.StringIO()
    status = -1
    try:
        with heard(out, err), limited(SECONDS):
            status = main(list(case.words))
    except TooLong:
        return f"no end within {SECONDS} s:\n{traceback.format_exc()[-1500:]}", status
    except BaseException:
        return traceback.format_exc()[-3000:], status
    lines = err.getvalue().splitlines(keepends=True)
    said = "".join(line for line in lines if not PROGRESS.match(line))
    if status not in (0, 2):
        return f"exit status {status}: {said[:500]!r}", status
    lines = said.splitlines()
    if len(lines) > LINES or any(len(line) > CHARACTERS for line in lines):
        return f"a message of {len(lines)} lines, {len(said)} characters: {said[:1500]!r}", status
    if any(not (character.isprintable() or character == "\n") for character in said):
        return f"control characters: {said[:500]!r}", status
    if "\x1b" in out.getvalue():
        return f"control characters on standard output: {out.getvalue()[:500]!r}", status
    if "failed:" in out.getvalue():
        at = out.getvalue().index("failed:")
        return f"blamed on the model: {out.getvalue()[at - 100 : at + 300]!r}", status
    return "", status


@pytest.mark.slow
def test_every_answer_is_short_and_none_is_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Both take seconds, and read none of the hostile input.
    for dear in ("write_pictures", "write_page"):
        monkeypatch.setattr(genzoo.api.compare, dear, lambda *given: None)
    fuzz.furnish(tmp_path, main)
    counts: Counter[tuple[str, int]] = Counter()
    faults = []
    for number, case in enumerate(fuzz.cases(SEED, COUNT, tmp_path)):
        found, status = fault(case)
        counts[case.kind, status] += 1
        if found:
            words = f"{list(case.words)!r:.600}"
            faults.append(f"{number}, {case.kind}, {words}, {case.done:.600}: {found}")
    print(dict(counts))
    assert not faults, "\n\n".join([f"{len(faults)} of {COUNT}", *faults])
