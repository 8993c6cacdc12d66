"""On which machine, and how, the training steps of runs were made, and how that is said."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from genzoo.results.typed import typed


@dataclass(frozen=True)
class Making:
    """Where and how training steps were made.

    Attributes:
        processor: Its model.
        instructions: The vector instructions that torch uses on it, such as AVX2: rounding depends
            on them.
        cores: Those that the process might use.
        device: The kind of device, `"cpu"`, or the name of a GPU.
        torch: Its version.
        engine: Which one really made the steps; empty where there were none.
    """

    processor: str
    instructions: str
    cores: int
    device: str
    torch: str
    engine: str

    @property
    def machine(self) -> str:
        """The machine in words."""
        counted = "1 core" if self.cores == 1 else f"{self.cores} cores"
        words = f"{self.processor} ({counted}, {self.instructions})"
        if self.device != "cpu":
            words = f"{self.device} beside {words}"
        return f"{words} with torch {self.torch}"


@dataclass(frozen=True)
class MadeRun:
    """How one run was made.

    Attributes:
        row: Its model; nothing where it need not be said.
        source: What it learned.
        together: How many seeds were trained together.
        makings: Each machine that worked on it, in the order in which they did.
    """

    row: str
    source: str
    together: int
    makings: Sequence[Making]


def makings_to_json(makings: Iterable[Making]) -> list[dict[str, Any]]:
    """As they are stored."""
    return [asdict(making) for making in makings]


def makings_from_json(stored: Iterable[Any]) -> tuple[Making, ...]:
    """The inverse of `makings_to_json`.

    Raises:
        TypeError: When a field is unknown, missing or of another type.
    """
    return tuple(typed(Making, fields) for fields in stored)


def making_sentences(runs: Sequence[MadeRun]) -> list[str]:
    """On which machine runs were made, and by which engine, in a sentence for each machine.

    >>> making = Making("Z80", "AVX2", 2, "cpu", "2.6", "replay")
    >>> making_sentences([MadeRun("vae", "ring", 10, [making])])
    ['Trained on Z80 (2 cores, AVX2) with torch 2.6: engine replay, 10 seeds together (vae).']
    """
    ways_of_row: dict[str, set[str]] = {}
    for run in runs:
        ways_of_row.setdefault(run.row, set()).update(_ways(run))
    # Dictionaries keep the order in which names are first met.
    by_machine: dict[str, dict[str, dict[str, None]]] = {}
    moved = 0
    for run in runs:
        name = run.row
        if len(ways_of_row[run.row]) > 1:
            name = f"{run.row} on {run.source}"
        for making, way in zip(run.makings, _ways(run), strict=True):
            names = by_machine.setdefault(making.machine, {}).setdefault(way, {})
            names[name] = None
        moved += len({making.machine for making in run.makings}) > 1
    sentences: list[str] = []
    for machine, ways in by_machine.items():
        parts = [_with_names(way, list(names)) for way, names in ways.items()]
        sentences.append(f"Trained on {machine}: {'; '.join(parts)}.")
    if moved:
        counted = "1 run was" if moved == 1 else f"{moved} runs were"
        sentences.append(f"{counted} begun on one machine and finished on another.")
    return sentences


def _ways(run: MadeRun) -> list[str]:
    return [_way(making, run.together) for making in run.makings]


def _with_names(way: str, names: Sequence[str]) -> str:
    if names == [""]:
        return way
    return f"{way} ({', '.join(names)})"


def _way(making: Making, together: int) -> str:
    if not making.engine:
        return "without steps"
    if together == 1:
        return f"engine {making.engine}, each seed alone"
    return f"engine {making.engine}, {together} seeds together"
