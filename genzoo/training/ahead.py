"""The steps of a fit compiled without training it, into torch's cache on disk."""

import importlib
import time
from dataclasses import dataclass

from genzoo.training.compiled import Compiled
from genzoo.training.draws import CHUNK
from genzoo.training.fit import Fit
from genzoo.training.planning import active
from genzoo.training.steps import PlannedStep


@dataclass(frozen=True)
class Ahead:
    """What compiling ahead did for one stack of seeds.

    Attributes:
        seconds: That it took, by the clock.
        kinds: Kinds of steps, which differ in the updates that are active.
        found: How many of them torch found on disk.
        refusal: Why they are not compiled; empty where they are.
    """

    seconds: float
    kinds: int
    found: int
    refusal: str


def compiled_ahead(fit: Fit) -> Ahead:
    """Compile every kind of step of a fit, whose engine compiles.

    The draws of the fit go on, so it cannot be trained afterwards.
    """
    start = time.perf_counter()
    before = _found()
    engine = fit.engine
    kinds = first_steps(fit)
    refusal = ""
    if not kinds:
        refusal = "it is trained without steps"
    elif isinstance(engine, Compiled):
        for first in kinds:
            engine.prepare(_same(fit.planned(first, min(CHUNK, fit.steps - first))))
        refusal = engine.refusal
    return Ahead(time.perf_counter() - start, len(kinds), _found() - before, refusal)


def first_steps(fit: Fit) -> list[int]:
    """The first step, counted from 0, of each kind."""
    firsts: dict[tuple[str, ...], int] = {}
    for step in range(fit.steps):
        names = [update.name for update in active(fit.updates, step / fit.steps)]
        firsts.setdefault(tuple(names), step)
    return list(firsts.values())


def _same(steps: list[PlannedStep]) -> list[PlannedStep]:
    """Those at the beginning that are of one kind."""
    count = 0
    while count < len(steps) and steps[count].names == steps[0].names:
        count += 1
    return steps[:count]


def _found() -> int:
    """How often torch has found on disk what it was to compile."""
    # Loading it takes seconds.
    counters = importlib.import_module("torch._dynamo.utils").counters
    return int(counters["inductor"]["fxgraph_cache_hit"])
